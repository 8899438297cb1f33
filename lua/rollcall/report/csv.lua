--- The format `csv`: RFC 4180, with a header line. A cell that a spreadsheet would run as a formula
-- gets an apostrophe in front; control characters are shown as escapes. In a whole report the first
-- column, `record`, is "row" or "target".
local text = require "rollcall.internal.text"

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
  if self.whole then row.record, row.made = "row", self.made end
  self:line(row, self.names)
end

---Of a whole report, each target is a record of its own; `record` tells them from the rows.
function writer_methods:finish(outcomes)
  if not self.whole then return end
  for _, outcome in ipairs(outcomes) do
    self:line({
      record = "target", made = self.made, target = outcome.target, completeness = outcome.completeness, reason = outcome.reason,
    }, self.names)
  end
end

---@type rollcall.report.format
return function(report)
  local names, header = {}, {}
  local function add(name)
    names[#names + 1] = name
    header[name] = name
  end
  if report.whole then add "record" end
  for _, column in ipairs(report.columns) do add(column.name) end
  if report.whole then
    for _, name in ipairs { "made", "target", "completeness", "reason" } do add(name) end
  end
  local writer = setmetatable({ write = report.write, names = names, whole = report.whole, made = report.made }, writer_metatable)
  writer:line(header, names)
  return writer
end
