--- What the JSON formats share: objects whose fields stand in a fixed order.
local cjson = require "cjson"

local json_text = {}

---The name and version of the shape of all JSON that rollcall writes; the README has it.
json_text.SCHEMA = "rollcall/1"

json_text.failure_fields = {
  "source", "target", "stage", "code", "name", "message", "status", "request_id", "user_name",
}

json_text.value = cjson.encode

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
        members[#members + 1] = cjson.encode(name) .. ": " .. cjson.encode(value)
      end
    end
  end
  return "{" .. table.concat(members, ", ") .. "}"
end

return json_text
