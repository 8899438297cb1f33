--- What an HTML page carries of its rows: for each field its distinct values, once each, and for each row
-- the number of its value. That is small to write, quick to read, and lets the page search a value once
-- however many rows have it.
local json = require "rollcall.internal.json_text"
local presence = require "rollcall.presence"
local system = require "rollcall.system"
local text = require "rollcall.internal.text"

local store = {}

local methods = {}
local metatable = { __index = methods }

---A field that no row up to `count` has: 0 is the number of what is not known.
local function new_field(name, count)
  local field = { name = name, values = {}, numbers = {}, rows = {} }
  for row = 1, count do field.rows[row] = 0 end
  return field
end

---@param columns rollcall.report.column[]  those without a title are not in the table, but among a row's fields
function store.new(columns)
  local self = setmetatable({ count = 0, shown = {}, hidden = {}, by_name = {}, units = {} }, metatable)
  for _, column in ipairs(columns) do
    self.units[column.name] = column.unit
    if column.title then
      local field = new_field(column.name, 0)
      field.column, self.by_name[column.name] = column, field
      self.shown[#self.shown + 1] = field
    end
  end
  return self
end

-- Beyond it a number of a browser's is another one.
local MOST_EXACT = 2 ^ 53

local function plain(value)
  local kind = math.type(value)
  if kind and value > -MOST_EXACT and value < MOST_EXACT then return math.tointeger(value) or value end
  if value == nil then return nil end
  value = text.printable(text.of(value))
  return value ~= "" and value or nil
end

---The number of a value, by what it is written as. A value that was seen before is not written out again.
local function number_of(field, value)
  local numbers = field.numbers
  if numbers[value] then return numbers[value] end
  local written = plain(value)
  if written == nil then return 0 end
  local number = numbers[written]
  if not number then
    number = #field.values + 1
    field.values[number], numbers[written] = written, number
  end
  if type(value) ~= "table" and value == value then numbers[value] = number end
  return number
end

local function put(field, row, value)
  if value ~= nil then field.rows[row] = number_of(field, value) end
end

---What a person sees of a field. Seconds stay a number, which the page shows as a duration and sorts as a number.
local function shown_value(column, row)
  local value = row[column.name]
  if not column.show then return value end
  local said = column.show(value, row)
  if said == "-" then return nil end
  if column.unit and said ~= nil then return value end
  return said
end

---Takes in a row.
---@param row table  with the fields of the columns
---@param own? table  all fields of the row as its source gave it
---@param view? rollcall.presence  of the row; what is in it and not in the table is among the row's fields
function methods:add(row, own, view)
  local number = self.count + 1
  self.count = number
  for _, field in ipairs(self.shown) do field.rows[number] = 0 end
  for _, field in ipairs(self.hidden) do field.rows[number] = 0 end
  for _, field in ipairs(self.shown) do put(field, number, shown_value(field.column, row)) end
  for _, fields in ipairs { view and presence.plain(view) or {}, own or {} } do
    for name, value in pairs(fields) do
      local field = self.by_name[name]
      if not field and type(name) == "string" then
        field = new_field(name, number)
        self.by_name[name] = field
        self.hidden[#self.hidden + 1] = field
      end
      if field and not field.column then put(field, number, value) end
    end
  end
end

---@param row integer  its number
---@param field table  one of `shown`
---@return string|number|nil
function store.value(row, field)
  return field.values[field.rows[row]]
end

local function same(a, b, count)
  if #a.values ~= #b.values then return false end
  for number, value in ipairs(a.values) do
    if b.values[number] ~= value then return false end
  end
  for row = 1, count do
    if a.rows[row] ~= b.rows[row] then return false end
  end
  return true
end

---JSON that can stand in a script element: without the beginning of any tag.
local function embedded(value)
  return (json.value(value):gsub("<", "\\u003c"))
end
store.embedded = embedded

local PIECE = 4096

---Writes a list in pieces, so that no text is as long as the list.
local function write_list(write, list, encode)
  write "["
  for first = 1, #list, PIECE do
    local last, parts = math.min(#list, first + PIECE - 1), {}
    for i = first, last do parts[#parts + 1] = encode(list[i]) end
    write((first > 1 and "," or "") .. table.concat(parts, ","))
  end
  write "]"
end

local function write_numbers(write, list)
  write "["
  for first = 1, #list, PIECE do
    write((first > 1 and "," or "") .. table.concat(list, ",", first, math.min(#list, first + PIECE - 1)))
  end
  write "]"
end

---Whether each row has a value of its own, the first the first: then the numbers say nothing.
local function counts_up(rows, count)
  for row = 1, count do
    if rows[row] ~= row then return false end
  end
  return true
end

---@param written (table|false)[]  the fields before it; false for those that are others' doubles
---@return integer? position  of the field that has the same values in the same rows
local function twin_of(field, written, count)
  for position, other in ipairs(written) do
    if other and same(other, field, count) then return position end
  end
end

---@param write fun(text: string)
---@param head string  members of the object before the rows, each with a comma behind it
function methods:write(write, head)
  table.sort(self.hidden, function(a, b) return system.text_less(a.name, b.name) end)
  write(("{%s\"rows\":%d,\"columns\":["):format(head, self.count))
  local written = {}
  for position, field in ipairs(table.move(self.hidden, 1, #self.hidden, #self.shown + 1, table.move(self.shown, 1, #self.shown, 1, {}))) do
    local column = field.column
    local twin = not column and twin_of(field, written, self.count)
    written[position] = not twin and field
    write((position > 1 and ",\n" or "") .. ("{\"name\":%s"):format(embedded(text.printable(field.name))))
    local unit = self.units[field.name]
    if unit then write((",\"unit\":%s"):format(embedded(unit))) end
    if column then
      write((",\"title\":%s%s"):format(embedded(text.printable(column.title)), (column.right and ",\"right\":true" or "") .. (column.no_chart and ",\"chart\":false" or "")))
    end
    if twin then
      write((",\"same\":%d}"):format(twin - 1))
    else
      write ",\"values\":"
      write_list(write, field.values, embedded)
      if not counts_up(field.rows, self.count) then
        write ",\"numbers\":"
        write_numbers(write, field.rows)
      end
      write "}"
    end
  end
  write "]}"
end

return store
