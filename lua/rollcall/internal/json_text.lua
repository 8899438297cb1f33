--- What the JSON formats share: objects whose fields stand in a fixed order.
local cjson = require "cjson"

local json_text = {}

---The name and version of the shape of all JSON that rollcall writes; the README has it.
json_text.SCHEMA = "rollcall/1"

json_text.outcome_fields = { "source", "target", "query", "completeness", "claimed", "received", "logon", "connections", "reason" }

json_text.totals_fields = { "rows", "users", "clients", "resources" }

json_text.failure_fields = {
  "source", "target", "stage", "code", "name", "message", "status", "request_id", "user_name",
}

local function list(values)
  local texts = {}
  for i, value in ipairs(values) do texts[i] = json_text.value(value) end
  return "[" .. table.concat(texts, ", ") .. "]"
end

local function map(fields)
  local names = {}
  for name in pairs(fields) do names[#names + 1] = name end
  table.sort(names)
  return json_text.object(fields, names)
end

---Every digit of it, in every locale; cjson writes 14 digits.
local function number(value)
  if math.type(value) == "integer" then return ("%d"):format(value) end
  local written = cjson.encode(value) -- raises what JSON cannot say
  if tonumber(written) == value then return written end
  return (("%.17g"):format(value):gsub("[^%d%-+e]+", "."))
end

---A value as JSON, the members of a map in the order of their names. cjson escapes every slash,
---which JSON does not ask for.
---@return string
function json_text.value(value)
  if math.type(value) then return number(value) end
  if type(value) ~= "table" then return (cjson.encode(value):gsub("\\/", "/")) end
  return #value > 0 and list(value) or map(value)
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
