--- What an HTML page carries of its rows, field by field. That is small to write, quick to read, and lets the page search a value
-- once however many rows have it.
local new_field = require("rollcall.report.html.field").new
local embedded = require("rollcall.report.html.field").embedded
local presence = require "rollcall.presence"
local system = require "rollcall.system"
local text = require "rollcall.internal.text"

local store = {}

local methods = {}
local metatable = { __index = methods }

---@param columns rollcall.report.column[]  those without a title are not in the table, but among a row's fields
function store.new(columns)
  local self = setmetatable({ count = 0, shown = {}, fields = {}, by_name = {}, units = {} }, metatable)
  for _, column in ipairs(columns) do
    self.units[column.name] = column.unit
    if column.title then
      local field = new_field(column.name, 0)
      field.column, self.by_name[column.name] = column, field
      self.shown[#self.shown + 1] = field
      self.fields[#self.fields + 1] = field
    end
  end
  return self
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
  for _, field in ipairs(self.fields) do field:put(number, field.column and shown_value(field.column, row)) end
  for _, values in ipairs { view and presence.plain(view) or {}, own or {} } do
    for name, value in pairs(values) do
      local field = self.by_name[name]
      if not field and type(name) == "string" then
        field = new_field(name, number - 1)
        self.by_name[name] = field
        self.fields[#self.fields + 1] = field
      end
      if field and not field.column then field:put(number, value) end
    end
  end
  for _, field in ipairs(self.fields) do field:finish_row(number) end
end

---@param written (table|false)[]  the fields before it; false for those that are others' doubles
---@return integer? position  of the field that has the same values in the same rows
local function twin_of(field, written)
  for position, other in ipairs(written) do
    if other and field:is_double_of(other) then return position end
  end
end

local function write_head(write, field, unit)
  write(("{\"name\":%s"):format(embedded(text.printable(field.name))))
  if unit then write((",\"unit\":%s"):format(embedded(unit))) end
  local column = field.column
  if not column then return end
  write((",\"title\":%s"):format(embedded(text.printable(column.title))))
  if column.right then write ",\"right\":true" end
  if column.no_chart then write ",\"chart\":false" end
end

---@param write fun(text: string)
---@param head string  members of the object before the rows, each with a comma behind it
function methods:write(write, head)
  local fields = table.move(self.fields, #self.shown + 1, #self.fields, 1, {})
  table.sort(fields, function(a, b) return system.text_less(a.name, b.name) end)
  table.move(fields, 1, #fields, #self.shown + 1)
  table.move(self.shown, 1, #self.shown, 1, fields)
  write(("{%s\"rows\":%d,\"columns\":["):format(head, self.count))
  local written = {}
  for position, field in ipairs(fields) do
    field:finish()
    local twin = not field.column and twin_of(field, written)
    written[position] = not twin and field
    if position > 1 then write ",\n" end
    write_head(write, field, self.units[field.name])
    if twin then write((",\"same\":%d"):format(twin - 1)) else field:write(write) end
    write "}"
  end
  write "]}"
end

return store
