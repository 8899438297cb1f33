--- Which columns a report has, and what a person reads in them.
local columns = require "rollcall.internal.columns"
local grouping = require "rollcall.report.grouping"
local text = require "rollcall.internal.text"

local shown = {}

local for_people = { table = true, markdown = true }

---Those that people see, if a format is for people.
---@param all rollcall.report.column[]
---@param format any
---@return rollcall.report.column[]
function shown.for_format(all, format)
  if not for_people[format] then return all end
  local titled = {}
  for _, column in ipairs(all) do
    if column.title then titled[#titled + 1] = column end
  end
  return titled
end

---@param given { kind: string?, format: any, columns: string[]?, group_by: string[]?, measures: string[]? }  options of `report.render`
---@return rollcall.report.column[]
function shown.of(given)
  local titles, shows = {}, {}
  local default = columns[given.kind or "who"]
  for _, list in ipairs { columns.who, default } do
    for _, column in ipairs(list) do
      if column.title then titles[column.name] = column end
      shows[column.name] = column.show
    end
  end
  if given.group_by then return grouping.columns(given.group_by, given.measures, titles) end
  if not given.columns then return shown.for_format(default, given.format) end
  local chosen = {}
  for i, name in ipairs(given.columns) do
    chosen[i] = titles[name] or { name = name, title = text.upper(name), show = shows[name] }
  end
  return chosen
end

local function field_of(row, name) return row[name] end

---The cells of a row, fit for a terminal.
---@param list rollcall.report.column[]
---@param row table
---@param value_of? fun(row: table, name: string): any  of what is no plain row
---@return string[]
function shown.cells(list, row, value_of)
  value_of = value_of or field_of
  local cells = {}
  for i, column in ipairs(list) do
    local value = value_of(row, column.name)
    value = column.show and column.show(value, row) or value
    cells[i] = value == nil and "-" or text.printable(text.of(value))
  end
  return cells
end

return shown
