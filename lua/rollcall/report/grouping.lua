--- Groups of rows by the values of fields, and what is measured of each.
local presence = require "rollcall.presence"
local text = require "rollcall.internal.text"

local grouping = {}

local methods = {}
local metatable = { __index = methods }

local function lesser(a, b) return b == nil or a < b end
local function greater(a, b) return b == nil or a > b end

---For each way to measure: takes a group's state and a value.
local ways = {
  distinct = function(group, name, value)
    local seen = group.seen[name]
    if not seen then
      seen = {}
      group.seen[name] = seen
    end
    if not seen[value] then
      seen[value] = true
      group.row[name] = (group.row[name] or 0) + 1
    end
  end,
  sum = function(group, name, value)
    if math.type(value) then group.row[name] = (group.row[name] or 0) + value end
  end,
  min = function(group, name, value)
    if math.type(value) and lesser(value, group.row[name]) then group.row[name] = value end
  end,
  max = function(group, name, value)
    if math.type(value) and greater(value, group.row[name]) then group.row[name] = value end
  end,
}

-- What a distinct count of a field is called.
local plural = { user = "users", client = "clients", resource = "resources", origin = "origins", account = "accounts" }

local function split(measure)
  local way, field = measure:match "^(%a+):(.+)$"
  if not way or not ways[way] then return nil end
  return way, field, way == "distinct" and (plural[field] or "distinct_" .. field) or way .. "_" .. field
end

---@param measures string[]
---@return string? problem
function grouping.problem(measures)
  for _, measure in ipairs(measures) do
    if not split(measure) then return ("'%s' must be distinct:FIELD, sum:FIELD, min:FIELD or max:FIELD"):format(measure) end
  end
end

---@param fields string[]
---@param measures string[]
---@param known table<string, rollcall.report.column>  how fields are shown
---@return rollcall.report.column[]
function grouping.columns(fields, measures, known)
  local columns = {}
  local function show_of(field) return known[field] and known[field].show end
  for _, field in ipairs(fields) do columns[#columns + 1] = known[field] or { name = field, title = text.upper(field) } end
  columns[#columns + 1] = { name = "rows", title = "ROWS", right = true }
  for _, measure in ipairs(measures) do
    local way, field, name = split(measure)
    columns[#columns + 1] = {
      name = name, title = text.upper((name:gsub("_", " "))), right = true,
      show = way ~= "distinct" and way ~= "sum" and show_of(field) or nil,
    }
  end
  return columns
end

---@param fields string[]
---@param measures string[]
function grouping.new(fields, measures)
  local measured = {}
  for i, measure in ipairs(measures) do
    local way, field, name = split(measure)
    measured[i] = { take = ways[way], field = field, name = name }
  end
  return setmetatable({ fields = fields, measured = measured, groups = {}, order = {} }, metatable)
end

local UNKNOWN = "\0unknown"

---Texts that differ must not make the same key, so each has its length in front.
local function key_of(view, fields)
  local parts = {}
  for i, field in ipairs(fields) do
    local value = presence.field(view, field)
    local said = value == nil and UNKNOWN or text.of(value)
    parts[i] = #said .. ":" .. said
  end
  return table.concat(parts)
end

function methods:add(view)
  local fields, key = self.fields, UNKNOWN
  if fields[2] then
    key = key_of(view, fields)
  else
    local value = presence.field(view, fields[1])
    if value ~= nil then key = value end
  end
  local group = self.groups[key]
  if not group then
    local row = { rows = 0 }
    for _, field in ipairs(fields) do row[field] = presence.field(view, field) end
    group = { row = row, seen = {} }
    self.groups[key] = group
    self.order[#self.order + 1] = group
  end
  group.row.rows = group.row.rows + 1
  for _, measure in ipairs(self.measured) do
    local value = presence.field(view, measure.field)
    if value ~= nil then measure.take(group, measure.name, value) end
  end
end

---The groups' rows, in the order in which the groups appeared. A distinct count of nothing is 0.
---@return fun(): table?
function methods:each()
  local position = 0
  return function()
    position = position + 1
    local group = self.order[position]
    if not group then return nil end
    for _, measure in ipairs(self.measured) do
      if measure.take == ways.distinct then group.row[measure.name] = group.row[measure.name] or 0 end
    end
    return group.row
  end
end

return grouping
