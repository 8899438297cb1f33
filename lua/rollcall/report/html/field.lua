--- One field of a page's rows: its distinct values, once each, and for each row the number of its value; 0 is what is not
-- known. The numbers are kept as the text that they are written as, in pieces, which takes a quarter of a table's memory.
local json = require "rollcall.internal.json_text"
local text = require "rollcall.internal.text"

local field = {}

local methods = {}
local metatable = { __index = methods }

local PIECE = 512
local EMPTY = ("0,"):rep(PIECE - 1) .. "0"

---A field that no row up to `count` has.
---@param name string
---@param count integer
function field.new(name, count)
  local self = setmetatable({ name = name, values = {}, numbers = {}, piece = {}, pieces = {}, counts_up = count == 0 }, metatable)
  for i = 1, count // PIECE do self.pieces[i] = EMPTY end
  for i = 1, count % PIECE do self.piece[i] = 0 end
  return self
end

-- Beyond it a number of a browser's is another one.
local MOST_EXACT = 2 ^ 53

local function plain(value)
  local kind = math.type(value)
  if kind and value > -MOST_EXACT and value < MOST_EXACT then return math.tointeger(value) or value end
  value = text.printable(text.of(value))
  return value ~= "" and value or nil
end

---The number of a value, by what it is written as. A value that was seen before is not written out again.
local function number_of(self, value)
  local numbers = self.numbers
  if numbers[value] then return numbers[value] end
  local written = plain(value)
  if written == nil then return 0 end
  local number = numbers[written]
  if not number then
    number = #self.values + 1
    self.values[number], numbers[written] = written, number
  end
  if type(value) ~= "table" and value == value then numbers[value] = number end
  return number
end

---@param row integer  the newest; a later call for the same row takes the place of an earlier one
---@param value any  nil if it is not known
function methods:put(row, value)
  self.piece[(row - 1) % PIECE + 1] = value == nil and 0 or number_of(self, value)
end

---After each row: what is full is made a text. Whether each row has a value of its own, the first the first, is kept in mind: then
---the numbers say nothing.
---@param row integer
function methods:finish_row(row)
  local position = (row - 1) % PIECE + 1
  if self.piece[position] ~= row then self.counts_up = false end
  if position < PIECE then return end
  self.pieces[#self.pieces + 1] = table.concat(self.piece, ",")
  self.first = self.first or self.piece
  self.piece = {}
end

---@param row integer  one of the first 500
---@return string|number|nil
function methods:value(row)
  return self.values[(self.first or self.piece)[row]]
end

---Ends the rows: no more are put.
function methods:finish()
  if #self.piece > 0 then self.pieces[#self.pieces + 1] = table.concat(self.piece, ",") end
end

local function same(a, b)
  if #a ~= #b then return false end
  for i, value in ipairs(a) do
    if b[i] ~= value then return false end
  end
  return true
end

---Whether the same rows have the same values in two fields.
---@param other table
function methods:is_double_of(other)
  return same(self.values, other.values) and same(self.pieces, other.pieces)
end

---JSON that can stand in a script element: without the beginning of any tag.
---@param value any
---@return string
function field.embedded(value)
  return (json.value(value):gsub("<", "\\u003c"))
end

---Writes values and numbers as members of an object.
---@param write fun(text: string)
function methods:write(write)
  write ",\"values\":["
  for first = 1, #self.values, PIECE do
    local last, parts = math.min(#self.values, first + PIECE - 1), {}
    for i = first, last do parts[#parts + 1] = field.embedded(self.values[i]) end
    write((first > 1 and "," or "") .. table.concat(parts, ","))
  end
  write "]"
  if self.counts_up then return end
  write ",\"numbers\":["
  for i, piece in ipairs(self.pieces) do write(i > 1 and "," .. piece or piece) end
  write "]"
end

return field
