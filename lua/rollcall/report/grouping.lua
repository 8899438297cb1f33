--- Groups of rows by the values of fields, and what is measured of each. A row with a list in such a
-- field is in the group of each of its values.
local presence = require "rollcall.presence"
local text = require "rollcall.internal.text"
local values = require "rollcall.internal.values"

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
---@param chosen table<integer, any>  the value of each field
local function key_of(chosen, count)
  local parts = {}
  for i = 1, count do
    local value = chosen[i]
    local said = value == nil and UNKNOWN or text.of(value)
    parts[i] = #said .. ":" .. said
  end
  return table.concat(parts)
end

---@param key any
---@param chosen table<integer, any>
function methods:new_group(key, chosen)
  local row = { rows = 0 }
  for i, field in ipairs(self.fields) do row[field] = chosen[i] end
  local group = { row = row, seen = {} }
  self.groups[key] = group
  self.order[#self.order + 1] = group
  return group
end

function methods:measure(group, view)
  group.row.rows = group.row.rows + 1
  for _, measure in ipairs(self.measured) do
    local value = presence.field(view, measure.field)
    if type(value) == "table" then
      values.each(value, function(one) measure.take(group, measure.name, one) end)
    elseif value ~= nil then
      measure.take(group, measure.name, value)
    end
  end
end

---Chooses a value of each field from a position on, and adds the view to the group of each choice.
function methods:choose(view, chosen, position)
  local count = #self.fields
  if position > count then
    local key = key_of(chosen, count)
    return self:measure(self.groups[key] or self:new_group(key, chosen), view)
  end
  local value = presence.field(view, self.fields[position])
  local function go_on(one)
    chosen[position] = one
    self:choose(view, chosen, position + 1)
  end
  if type(value) == "table" and next(value) ~= nil then return values.each(value, go_on) end
  if type(value) == "table" then value = nil end
  go_on(value)
end

function methods:add(view)
  if self.fields[2] then return self:choose(view, {}, 1) end
  local value = presence.field(view, self.fields[1])
  if type(value) == "table" then
    if next(value) ~= nil then
      return values.each(value, function(one) self:measure(self.groups[one] or self:new_group(one, { one }), view) end)
    end
    value = nil
  end
  local key = value
  if key == nil then key = UNKNOWN end
  self:measure(self.groups[key] or self:new_group(key, { value }), view)
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
