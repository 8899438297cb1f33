--- The page of what rollcall writes, of its JSON Schemas.
local columns = require "rollcall.internal.columns"
local filling = require "rollcall.manual.filling"
local json = require "rollcall.internal.json_text"
local markdown = require "rollcall.manual.markdown"
local schemas = require "rollcall.manual.schemas"
local sorted = require "rollcall.internal.sorted"

local function type_of(property)
  if property.const ~= nil then return markdown.code(tostring(property.const)) end
  if property.enum then
    local values = {}
    for i, value in ipairs(property.enum) do values[i] = markdown.code(value) end
    return table.concat(values, ", ")
  end
  if type(property.type) == "table" then return table.concat(property.type, " or ") end
  return property.type or "object"
end

---The properties of a definition: first those that are named, then the others.
---@param definition table
---@param order string[]
---@param definitions table  that properties refer to
local function fields(definition, order, definitions)
  local items, listed = {}, {}
  local function add(name)
    local property = definition.properties[name]
    if not property or listed[name] then return end
    listed[name] = true
    local reference = property["$ref"]
    if reference then property = definitions[reference:match "[%w_]+$"] end
    items[#items + 1] = {
      term = ("`%s` (%s)"):format(name, type_of(property)), blocks = { { kind = "paragraph", text = property.description } },
    }
  end
  for _, name in ipairs(order) do add(name) end
  for _, name in ipairs(sorted.keys(definition.properties)) do add(name) end
  return { { kind = "definitions", items = items } }
end

local document = {
  "schema", "kind", "id", "act", "phase", "policy", "at", "operator", "logon", "call", "servername", "session", "file", "reason", "rule",
  "result", "detail", "also_gone", "event", "row_kind", "generated_at", "last_generated_at", "shard", "shards",
  "utc_offset", "rows", "rules", "totals", "targets", "failures",
  "fields", "row", "before", "account", "user",
}
local verdict = {
  "id", "severity", "description", "verdict", "rows_judged", "rows_seen", "violations", "error", "reasons", "findings", "waived",
}
local finding = { "message", "kind", "user", "client", "resource", "origin", "row", "waived", "waived_until" }

local orders = {
  outcome = json.outcome_fields, failure = json.failure_fields, totals = json.totals_fields, verdict = verdict, finding = finding,
}

---@return rollcall.manual.page
return function()
  local data = {}
  local definitions = schemas.decoded(schemas.names[1])["$defs"]
  for name, definition in pairs(schemas.decoded(schemas.names[2])["$defs"]) do definitions[name] = definition end
  for name, definition in pairs(definitions) do
    if definition.properties then
      local order = orders[name] or columns[name] and json.names(columns[name]) or document
      data[name] = fields(definition, order, definitions)
      if definition.description then table.insert(data[name], 1, { kind = "paragraph", text = definition.description }) end
    end
  end
  return filling.page("output", data)
end
