--- Sorting, and the first so many. Without an order rows pass straight through; with one and a
-- `limit`, no more than that many are kept.
local system = require "rollcall.system"
local text = require "rollcall.internal.text"

local selection = {}

local methods = {}
local metatable = { __index = methods }

local rank = { number = 1, string = 2, boolean = 3 }

---Orders values of any type, so that a field with both numbers and text can be sorted by.
local function less(a, b)
  if type(a) == type(b) then
    if type(a) == "boolean" then return a and not b end
    if type(a) == "string" then return system.text_less(a, b) end
    return a < b
  end
  return (rank[type(a)] or 4) < (rank[type(b)] or 4)
end

local function field_of(row, name) return row[name] end

---What is not known comes last, whichever way.
---@param order string|fun(a: any, b: any): boolean
---@param value_of fun(item: any, name: string): any
---@return fun(a: any, b: any): boolean
local function comparison(order, value_of)
  if type(order) ~= "string" then return order end
  local sign, name = order:match "^(%-?)(.*)$"
  return function(a, b)
    local x, y = value_of(a, name), value_of(b, name)
    if x == nil or y == nil then return x ~= nil and y == nil end
    if type(x) == "table" then x = text.of(x) end
    if type(y) == "table" then y = text.of(y) end
    if sign == "-" then return less(y, x) end
    return less(x, y)
  end
end

---@param order? string|fun(a: any, b: any): boolean
---@param limit? integer
---@param give fun(item: any)
---@param value_of? fun(item: any, name: string): any  of what are no rows
function selection.new(order, limit, give, value_of)
  local before = order and comparison(order, value_of or field_of)
  return setmetatable({ before = before, limit = limit, give = give, kept = {}, given = 0 }, metatable)
end

---Puts a row behind all that do not come after it, so equal rows stay in the order of their arrival.
local function insert(kept, row, before)
  local low, high = 1, #kept + 1
  while low < high do
    local middle = (low + high) // 2
    if before(row, kept[middle]) then high = middle else low = middle + 1 end
  end
  table.insert(kept, low, row)
end

function methods:add(row)
  local kept, limit = self.kept, self.limit
  if not self.before then
    if limit and self.given == limit then return end
    self.given = self.given + 1
    self.give(row)
  elseif not limit then
    kept[#kept + 1] = row
  elseif #kept < limit or self.before(row, kept[limit]) then
    insert(kept, row, self.before)
    kept[limit + 1] = nil
  end
end

---A stable sort: halves, merged.
local function sorted(rows, before)
  local from, to, width = rows, {}, 1
  while width < #rows do
    for start = 1, #rows, 2 * width do
      local middle, finish = math.min(start + width, #rows + 1), math.min(start + 2 * width, #rows + 1)
      local left, right = start, middle
      for position = start, finish - 1 do
        if left < middle and (right >= finish or not before(from[right], from[left])) then
          to[position], left = from[left], left + 1
        else
          to[position], right = from[right], right + 1
        end
      end
    end
    from, to, width = to, from == rows and {} or from, 2 * width
  end
  return from
end

function methods:finish()
  if not self.before then return end
  for _, row in ipairs(self.limit and self.kept or sorted(self.kept, self.before)) do self.give(row) end
end

return selection
