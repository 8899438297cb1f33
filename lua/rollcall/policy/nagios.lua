--- The verdicts as a monitoring plugin says them: one line, with performance data.
local is_good = require("rollcall.internal.outcomes").is_good
local plugin = require "rollcall.policy.plugin"
local text = require "rollcall.internal.text"

local CRITICAL = 2
local severity_of = { "warning", [CRITICAL] = "error" }

---What is worst, in words.
local function worst(result, state)
  local failed, of_severity
  for _, verdict in ipairs(result.rules) do
    if verdict.verdict == "fail" then
      failed = failed or verdict
      if verdict.severity == severity_of[state] then of_severity = of_severity or verdict end
    end
  end
  if severity_of[state] then
    local verdict = of_severity or failed
    local more = verdict.violations > 1 and (" (and %d more)"):format(verdict.violations - 1) or ""
    return verdict.id .. ": " .. verdict.findings[1].message .. more
  end
  for _, outcome in ipairs(result.outcomes) do
    if not is_good(outcome) then return ("%s: %s"):format(outcome.target, outcome.reason or outcome.completeness) end
  end
  for _, verdict in ipairs(result.rules) do
    if verdict.verdict == "unknown" then return verdict.id .. ": " .. verdict.reasons[1] end
  end
end

---@param result rollcall.policy.result
---@param write fun(text: string)
---@param settings rollcall.policy.writer_settings
return function(result, write, settings)
  local counts, findings, failed = { pass = 0, fail = 0, unknown = 0 }, 0, 0
  for _, verdict in ipairs(result.rules) do
    counts[verdict.verdict] = counts[verdict.verdict] + 1
    findings = findings + verdict.violations
  end
  for _, outcome in ipairs(result.outcomes) do
    if not is_good(outcome) then failed = failed + 1 end
  end
  local state = plugin.state(result, settings.fail_on)
  local summary = ("%d pass, %d fail, %d unknown of %s"):format(counts.pass, counts.fail, counts.unknown, text.count(#result.rules, "rule"))
  if result.where then summary = summary .. ", of rows where " .. result.where end
  local performance = {}
  for i, verdict in ipairs { "pass", "fail", "unknown" } do
    performance[i] = ("%s=%d;;;0;%d"):format(verdict, counts[verdict], #result.rules)
  end
  -- How many there are of a rule that is unknown, nobody knows.
  if counts.unknown == 0 then performance[#performance + 1] = ("findings=%d;;;0"):format(findings) end
  performance[#performance + 1] = ("failed_targets=%d;;;0;%d"):format(failed, #result.outcomes)
  local words = state ~= 0 and worst(result, state)
  -- The summary comes first, since long words are cut.
  write(plugin.line(state, words and summary .. "; " .. words or summary, table.concat(performance, " ")))
end
