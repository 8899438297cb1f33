--- What the JSON formats share: objects whose fields stand in a fixed order.
local cjson = require "cjson"
local system = require "rollcall.system"
local text = require "rollcall.internal.text"

local json_text = {}

---The name and version of the shape of all JSON that rollcall writes; the guide on reports has it.
json_text.SCHEMA = "rollcall/1"

json_text.outcome_fields = {
  "source", "target", "query", "qualifier", "project_id", "users", "completeness", "claimed", "received", "logon", "connections",
  "generated_at", "reason",
}

json_text.totals_fields = { "rows", "users", "clients", "resources" }

json_text.failure_fields = {
  "source", "target", "stage", "code", "name", "message", "status", "request_id", "user_name",
}

local DEEPEST = 100

local function list(values, depth)
  local texts = {}
  for i, value in ipairs(values) do texts[i] = json_text.value(value, depth) end
  return "[" .. table.concat(texts, ", ") .. "]"
end

local function map(fields, depth)
  local names, members = {}, {}
  for name in pairs(fields) do
    if type(name) ~= "string" then error(("a table cannot be written with the key %s"):format(text.of(name)), 0) end
    names[#names + 1] = name
  end
  table.sort(names, system.text_less)
  for i, name in ipairs(names) do members[i] = json_text.value(name) .. ": " .. json_text.value(fields[name], depth) end
  return "{" .. table.concat(members, ", ") .. "}"
end

---A value as JSON, the members of a map in the order of their names. What is not UTF-8 in a text is
---U+FFFD. Raises what JSON has no way to write.
---@param value any
---@param depth? integer  of the tables around it
---@return string
function json_text.value(value, depth)
  depth = depth or 0
  if type(value) == "number" then
    if value ~= value or value == math.huge or value == -math.huge then
      error(("the number %s cannot be written"):format(text.number(value)), 0)
    end
    return text.number(value)
  elseif type(value) == "table" then
    if depth == DEEPEST then error("a table is too deep, or contains itself", 0) end
    return #value > 0 and list(value, depth + 1) or map(value, depth + 1)
  end
  -- cjson escapes every slash, which JSON does not ask for.
  return (cjson.encode(type(value) == "string" and text.valid(value) or value):gsub("\\/", "/"))
end

---@param columns rollcall.report.column[]
---@return string[]
function json_text.names(columns)
  local names = {}
  for i, column in ipairs(columns) do names[i] = column.name end
  return names
end

---An object of the fields of one table or more, each followed by its names in order. What is nil
---is left out.
---@param ... table|string[]
---@return string
function json_text.object(...)
  local members, arguments = {}, { ... }
  for i = 1, #arguments, 2 do
    for _, name in ipairs(arguments[i + 1]) do
      local value = arguments[i][name]
      if value ~= nil then
        members[#members + 1] = json_text.value(name) .. ": " .. json_text.value(value)
      end
    end
  end
  return "{" .. table.concat(members, ", ") .. "}"
end

return json_text
