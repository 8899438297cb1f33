--- Groups of rows by the values of fields, and what is measured of each. A row with a list in such a
-- field is in the group of each of its values. A group is a number, and its values stand at this place
-- in a list for each column, which takes much less memory than a table for each group.
local presence = require "rollcall.presence"
local sets = require "rollcall.internal.sets"
local suggestion = require "rollcall.internal.suggestion"
local text = require "rollcall.internal.text"
local values = require "rollcall.internal.values"

local grouping = {}

local methods = {}
local metatable = { __index = methods }

local is_of_presence = {}
for _, name in ipairs(presence.fields) do is_of_presence[name] = true end

local type_of_number = math.type

---For each way to measure: gets the values of all groups, the number of a group and what a row has, and gives whether it took that.
local ways = {
  distinct = function(list, group, value)
    if sets.has(list, group, value) then return true end
    if type(value) == "table" then return false end
    sets.add(list, group, value)
    return true
  end,
  sum = function(sums, group, value)
    if not type_of_number(value) then return false end
    sums[group] = (sums[group] or 0) + value
    return true
  end,
  min = function(found, group, value)
    if not type_of_number(value) then return false end
    local least = found[group]
    if not least or value < least then found[group] = value end
    return true
  end,
  max = function(found, group, value)
    if not type_of_number(value) then return false end
    local greatest = found[group]
    if not greatest or value > greatest then found[group] = value end
    return true
  end,
}

-- What a distinct count of a field is called.
local plural = { user = "users", client = "clients", resource = "resources", origin = "origins", account = "accounts" }

local function split(measure)
  local way, field = measure:match "^(%a+):(.+)$"
  if not way or not ways[way] then return nil end
  return way, field, way == "distinct" and (plural[field] or "distinct_" .. field) or way .. "_" .. field
end

---@param measure string
---@return string? problem
function grouping.problem(measure)
  if split(measure) then return nil end
  local way, field = measure:match "^([^:]*):(.+)$"
  local _, meant = suggestion(way or "", ways)
  return "must be distinct:FIELD, sum:FIELD, min:FIELD or max:FIELD" .. (meant and ("; did you mean '%s:%s'?"):format(meant, field) or "")
end

---@param fields string[]
---@param measures string[]
---@param known table<string, rollcall.report.column>  how fields are shown
---@return rollcall.report.column[]
function grouping.columns(fields, measures, known)
  local columns = {}
  local function shown_as(field, way)
    return way ~= "distinct" and way ~= "sum" and known[field] or {}
  end
  for _, field in ipairs(fields) do columns[#columns + 1] = known[field] or { name = field, title = text.upper(field) } end
  columns[#columns + 1] = { name = "rows", title = "ROWS", right = true }
  for _, measure in ipairs(measures) do
    local way, field, name = split(measure)
    local like = shown_as(field, way)
    columns[#columns + 1] = { name = name, title = text.upper((name:gsub("_", " "))), right = true, show = like.show, unit = like.unit }
  end
  return columns
end

---@param fields string[]
---@param measures string[]
function grouping.new(fields, measures)
  local self = setmetatable({ fields = fields, measured = {}, numbers = {}, count = 0, columns = { rows = {} } }, metatable)
  self.only_field, self.is_own = not fields[2] and fields[1], not is_of_presence[fields[1]]
  for _, field in ipairs(fields) do self.columns[field] = {} end
  for i, measure in ipairs(measures) do
    local way, field, name = split(measure)
    self.columns[name] = {}
    self.measured[i] = { take = ways[way], field = field, is_own = not is_of_presence[field], values = self.columns[name], name = name }
  end
  self.rows = self.columns.rows
  return self
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

function methods:new_group(key, chosen)
  local group = self.count + 1
  self.numbers[key], self.count = group, group
  for i, field in ipairs(self.fields) do self.columns[field][group] = chosen[i] end
  self.rows[group] = 0
  return group
end

---Adds a view to a group.
local function measure_for(self, group, view)
  local rows, measured = self.rows, self.measured
  rows[group] = rows[group] + 1
  for i = 1, #measured do
    local measure = measured[i]
    local value = (measure.is_own and view.row or view)[measure.field]
    if value ~= nil and not measure.take(measure.values, group, value) and type(value) == "table" then
      values.each(value, function(one) measure.take(measure.values, group, one) end)
    end
  end
end

---Chooses a value of each field from a position on, and adds the view to the group of each choice.
function methods:choose(view, chosen, position)
  local count = #self.fields
  if position > count then
    local key = key_of(chosen, count)
    return measure_for(self, self.numbers[key] or self:new_group(key, chosen), view)
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
  local field = self.only_field
  if not field then return self:choose(view, {}, 1) end
  local value = (self.is_own and view.row or view)[field]
  local known = self.numbers[value]
  if known then
    measure_for(self, known, view)
    return
  end
  if type(value) == "table" then
    if next(value) ~= nil then
      return values.each(value, function(one) measure_for(self, self.numbers[one] or self:new_group(one, { one }), view) end)
    end
    value = nil
  end
  local key = value
  if key == nil then key = UNKNOWN end
  measure_for(self, self.numbers[key] or self:new_group(key, { value }), view)
end

-- From so many groups on it pays to collect what led to them before they are sorted.
local MANY = 100000

---Ends the counting: a distinct count of nothing is 0.
function methods:finish()
  self.numbers = nil
  for _, measure in ipairs(self.measured) do
    if measure.take == ways.distinct then
      local list = measure.values
      for group = 1, self.count do list[group] = sets.size(list[group]) end
    end
  end
  if self.count > MANY then collectgarbage() end
end

---@param group integer  its number, in the order in which the groups appeared
---@param name string
function methods:value(group, name)
  local column = self.columns[name]
  return column and column[group]
end

---@param group integer
---@return table
function methods:row(group)
  local row = {}
  for name, column in pairs(self.columns) do row[name] = column[group] end
  return row
end

return grouping
