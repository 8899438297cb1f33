--- The format `csv`: RFC 4180, with a header line. A cell that a spreadsheet would run as a formula
-- gets an apostrophe in front; control characters are shown as escapes.
local text = require "rollcall.report.text"

local writer_methods = {}
local writer_metatable = { __index = writer_methods }

local function cell(value)
  if value == nil then return "" end
  if type(value) == "table" then value = table.concat(value, "; ") end
  if type(value) ~= "string" then return tostring(value) end
  value = text.printable(value)
  if value:find("^[=+%-@]") or value:find("^＝") or value:find("^＋") or value:find("^－")
    or value:find("^＠") then
    value = "'" .. value
  end
  if value:find('[",]') then value = '"' .. value:gsub('"', '""') .. '"' end
  return value
end

function writer_methods:line(values, names)
  local cells = {}
  for i, name in ipairs(names) do cells[i] = cell(values[name]) end
  self.write(table.concat(cells, ",") .. "\r\n")
end

function writer_methods:row(row)
  self:line(row, self.names)
end

function writer_methods.finish() end

---@type rollcall.report.format
return function(report)
  local names, header = {}, {}
  for i, column in ipairs(report.columns) do
    names[i] = column.name
    header[column.name] = column.name
  end
  local writer = setmetatable({ write = report.write, names = names }, writer_metatable)
  writer:line(header, names)
  return writer
end
