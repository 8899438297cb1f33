--- What the formats `prometheus` and `openmetrics` share: the verdict of each rule. Users and clients are in findings, and not here.
local exposition = require "rollcall.internal.exposition"

local VERDICTS = { "pass", "fail", "unknown" }

---@param format "prometheus"|"openmetrics"
---@param result rollcall.policy.result
---@param write fun(text: string)
return function(format, result, write)
  local page = exposition.new(format, write)
  local function labels(verdict)
    local list = { "policy", result.policy }
    if result.where then table.move({ "where", result.where }, 1, 2, 3, list) end
    return verdict and table.move({ "rule", verdict.id, "severity", verdict.severity }, 1, 4, #list + 1, list) or list
  end
  page:family("rollcall_rule_verdict", "stateset", "The verdict of a rule.")
  for _, verdict in ipairs(result.rules) do page:states(verdict.verdict, VERDICTS, labels(verdict)) end
  page:family("rollcall_rule_findings", "gauge", "Findings of a rule that are not waived; none where its verdict is unknown.")
  for _, verdict in ipairs(result.rules) do
    if verdict.verdict ~= "unknown" then page:sample(verdict.violations, labels(verdict)) end
  end
  page:family("rollcall_rule_judged_rows", "gauge", "Rows that a rule judged.")
  for _, verdict in ipairs(result.rules) do page:sample(verdict.rows_judged, labels(verdict)) end
  page:family("rollcall_check_timestamp_seconds", "gauge", "When the rows that were checked were taken.")
  page:sample(result.generated_at, labels())
  page:finish()
end
