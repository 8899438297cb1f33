--- The verdicts as one JSON document.
local json = require "rollcall.internal.json_text"
local report = require "rollcall.report"

local finding_fields = { "message", "kind", "user", "client", "resource", "origin", "row", "waived", "waived_until" }

local rule_fields = { "id", "severity", "description", "verdict", "rows_judged", "rows_seen", "violations", "error" }

local function list(values, encode)
  local texts = {}
  for i, value in ipairs(values) do texts[i] = encode(value) end
  return "[" .. table.concat(texts, ",\n") .. "]"
end

local function finding(value) return json.object(value, finding_fields) end
local function outcome(value) return json.object(value, json.outcome_fields) end

local function rule(verdict)
  local head = json.object(verdict, rule_fields):sub(1, -2)
  return ("%s, \"reasons\": %s, \"findings\": %s, \"waived\": %s}"):format(head, list(verdict.reasons, json.value),
    list(verdict.findings, finding), list(verdict.waived, finding))
end

---@param result rollcall.policy.result
---@param write fun(text: string)
return function(result, write)
  write(('{"schema": %s, "kind": "check", "policy": %s, %s"generated_at": %s,%s\n"rules": %s,\n"targets": %s}\n'):format(
    json.value(json.SCHEMA), json.value(result.policy), result.where and ('"where": %s, '):format(json.value(result.where)) or "",
    json.value(report.time(result.generated_at)),
    result.last_generated_at and (' "last_generated_at": %s,'):format(json.value(report.time(result.last_generated_at))) or "",
    list(result.rules, rule), list(result.outcomes, outcome)))
end
