--- The verdicts as SARIF 2.1.0. What was found has no place in a file, so its locations are logical:
-- the user, the resource, the client. A rule that passes is a result of the kind "pass", one
-- whose verdict is unknown of the kind "open".
local json = require "rollcall.internal.json_text"
local text = require "rollcall.internal.text"

local VERSION_NAME = "https://json.schemastore.org/sarif-2.1.0.json"

local function members(...)
  local parts, arguments = {}, { ... }
  for i = 1, #arguments, 2 do
    if arguments[i + 1] then parts[#parts + 1] = json.value(arguments[i]) .. ": " .. arguments[i + 1] end
  end
  return "{" .. table.concat(parts, ", ") .. "}"
end

local function list(parts)
  return "[" .. table.concat(parts, ",\n") .. "]"
end

local function message(value)
  -- In SARIF, braces in a message stand for arguments.
  return members("text", json.value((text.printable(value):gsub("[{}]", "%0%0"))))
end

local location_kinds = { user = "member", client = "resource", resource = "resource", origin = "module" }

local function locations(finding)
  local parts = {}
  for _, name in ipairs { "user", "resource", "client", "origin" } do
    if finding[name] then
      parts[#parts + 1] = members("name", json.value(text.printable(finding[name])),
        "fullyQualifiedName", json.value(name .. "/" .. text.printable(finding[name])), "kind", json.value(location_kinds[name]))
    end
  end
  return #parts > 0 and list { members("logicalLocations", list(parts)) } or nil
end

---The same finding of two runs has the same fingerprint, whatever the seconds in its message.
local function fingerprint(verdict, finding)
  local parts = { verdict.id }
  for _, name in ipairs { "user", "client", "resource", "origin" } do
    local value = finding[name] and text.printable(tostring(finding[name])) or ""
    parts[#parts + 1] = #value .. ":" .. value
  end
  return members("rollcall/1", json.value(table.concat(parts, "|")))
end

local function result_of(verdict, index, finding)
  local suppression = finding.waived and list { members("kind", '"external"',
    "justification", json.value(("%s (until %s)"):format(text.printable(finding.waived), finding.waived_until))) }
  return members("ruleId", json.value(verdict.id), "ruleIndex", tostring(index), "kind", '"fail"', "level", json.value(verdict.severity),
    "message", message(finding.message), "locations", locations(finding), "partialFingerprints", fingerprint(verdict, finding),
    "suppressions", suppression)
end

---What a rule is about as a whole: that it passes, or that its verdict is unknown.
local function whole_result(verdict, index)
  local rows = (", %d of %s"):format(verdict.rows_judged, text.count(verdict.rows_seen, "row"))
  local reasons = #verdict.reasons > 0 and ": " .. table.concat(verdict.reasons, "; ") or ""
  return members("ruleId", json.value(verdict.id), "ruleIndex", tostring(index),
    "kind", verdict.verdict == "pass" and '"pass"' or '"open"', "level", '"none"', "message", message(verdict.verdict .. rows .. reasons))
end

local function notification(words)
  return members("level", '"warning"', "message", message(words))
end

---@param result rollcall.policy.result
---@param write fun(text: string)
return function(result, write)
  local rules, results, notifications = {}, {}, {}
  for i, verdict in ipairs(result.rules) do
    rules[i] = members("id", json.value(verdict.id), "shortDescription", message(verdict.description or verdict.id),
      "defaultConfiguration", members("level", json.value(verdict.severity)),
      "properties", members("rows_judged", tostring(verdict.rows_judged), "rows_seen", tostring(verdict.rows_seen)))
    for _, finding in ipairs(verdict.findings) do results[#results + 1] = result_of(verdict, i - 1, finding) end
    for _, finding in ipairs(verdict.waived) do results[#results + 1] = result_of(verdict, i - 1, finding) end
    if verdict.verdict ~= "fail" then results[#results + 1] = whole_result(verdict, i - 1) end
  end
  local failed = false
  for _, verdict in ipairs(result.rules) do failed = failed or verdict.error ~= nil end
  for _, outcome in ipairs(result.outcomes) do
    if outcome.completeness ~= "complete" then
      notifications[#notifications + 1] = notification(("%s: %s%s"):format(outcome.target, outcome.completeness,
        outcome.reason and ": " .. outcome.reason or ""))
    end
  end
  local driver = members("name", '"rollcall"', "version", json.value(require("rollcall").version), "rules", list(rules))
  local invocation = members("executionSuccessful", tostring(not failed),
    "endTimeUtc", json.value(os.date("!%Y-%m-%dT%H:%M:%SZ", result.generated_at)),
    "toolExecutionNotifications", list(notifications))
  write(members("$schema", json.value(VERSION_NAME), "version", '"2.1.0"', "runs", list {
    members("tool", members("driver", driver), "columnKind", '"unicodeCodePoints"', "invocations", list { invocation },
      "results", list(results)),
  }) .. "\n")
end
