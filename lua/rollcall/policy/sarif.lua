--- The verdicts as SARIF 2.1.0, of which GitHub takes a part: a result stands at the line of its rule in the policy, and has the user,
-- the resource and the client as logical locations. A rule whose verdict is unknown is a result of the kind "open". One that passes is
-- none, since who does not read `kind` would take it for an alert: the rule's properties have every verdict.
local fingerprint = require "rollcall.policy.fingerprint"
local json = require "rollcall.internal.json_text"
local platform = require "rollcall.internal.platform"
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

---A path as a URI: relative to where the check runs, as it was given, or with the scheme.
---@param path string
---@return string
local function uri(path)
  if platform.is_windows then path = path:gsub("\\", "/") end
  local is_absolute = path:find "^/" or platform.is_windows and path:find "^%a:/"
  local encoded = text.percent_encoded((path:gsub("^%./+", ""))):gsub("%%2F", "/")
  if not is_absolute then return encoded end
  return "file://" .. (encoded:find "^/" and "" or "/") .. encoded:gsub("^(%a)%%3A/", "%1:/")
end

local function locations(place, finding)
  local parts = {}
  for _, name in ipairs { "user", "resource", "client", "origin" } do
    if finding[name] then
      parts[#parts + 1] = members("name", json.value(text.printable(finding[name])),
        "fullyQualifiedName", json.value(name .. "/" .. text.printable(finding[name])), "kind", json.value(location_kinds[name]))
    end
  end
  return list { members("physicalLocation", place, "logicalLocations", #parts > 0 and list(parts)) }
end

---@param result rollcall.policy.result
---@param verdict rollcall.policy.verdict
local function place_of(result, verdict)
  return members("artifactLocation", members("uri", json.value(uri(result.policy))), "region", members("startLine", tostring(verdict.line)))
end

---GitHub reads the first of the two, and would otherwise make it of the line, which all findings of a rule have in common.
local function fingerprints(verdict, finding)
  local value = json.value(fingerprint(verdict, finding))
  return members("primaryLocationLineHash", value, "rollcall/1", value)
end

local function result_of(place, verdict, index, finding)
  local suppression = finding.waived and list { members("kind", '"external"',
    "justification", json.value(("%s (until %s)"):format(text.printable(finding.waived), finding.waived_until))) }
  return members("ruleId", json.value(verdict.id), "ruleIndex", tostring(index), "kind", '"fail"', "level", json.value(verdict.severity),
    "message", message(finding.message), "locations", locations(place, finding), "partialFingerprints", fingerprints(verdict, finding),
    "suppressions", suppression)
end

---That nobody knows whether a rule is broken.
local function open_result(place, verdict, index)
  local words = ("unknown, %d of %s: %s"):format(verdict.rows_judged, text.count(verdict.rows_seen, "row"),
    table.concat(verdict.reasons, "; "))
  return members("ruleId", json.value(verdict.id), "ruleIndex", tostring(index), "kind", '"open"', "level", '"none"',
    "message", message(words), "locations", locations(place, {}), "partialFingerprints", fingerprints(verdict, {}))
end

local function notification(words, level)
  return members("level", json.value(level or "warning"), "message", message(words))
end

---@param result rollcall.policy.result
---@param write fun(text: string)
return function(result, write)
  local rules, results, notifications = {}, {}, {}
  for i, verdict in ipairs(result.rules) do
    local description, place = message(verdict.description or verdict.id), place_of(result, verdict)
    rules[i] = members("id", json.value(verdict.id), "shortDescription", description, "fullDescription", description, "help", description,
      "defaultConfiguration", members("level", json.value(verdict.severity)),
      "properties", members("verdict", json.value(verdict.verdict), "rows_judged", tostring(verdict.rows_judged),
        "rows_seen", tostring(verdict.rows_seen)))
    for _, finding in ipairs(verdict.findings) do results[#results + 1] = result_of(place, verdict, i - 1, finding) end
    for _, finding in ipairs(verdict.waived) do results[#results + 1] = result_of(place, verdict, i - 1, finding) end
    if verdict.verdict == "unknown" then results[#results + 1] = open_result(place, verdict, i - 1) end
  end
  if result.where then notifications[1] = notification("only rows where " .. result.where, "note") end
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
