--- The format `csv`: RFC 4180, with a header line. A cell that a spreadsheet would run as a formula
-- gets an apostrophe in front; control characters are shown as escapes. The first column, `record`, is
-- "row", or "target" for the result of a target, which has columns of its own behind those of the rows.
local text = require "rollcall.internal.text"

local writer_methods = {}
local writer_metatable = { __index = writer_methods }

local function cell(value)
  if value == nil then return "" end
  local is_number = type(value) == "number"
  value = text.printable(text.of(value))
  if is_number then return value end
  if value:find("^[=+%-@]") or value:find("^＝") or value:find("^＋") or value:find("^－")
    or value:find("^＠") then
    value = "'" .. value
  end
  if value:find('[",]') then value = '"' .. value:gsub('"', '""') .. '"' end
  return value
end

local target_fields = { "source", "target", "query", "completeness", "claimed", "received", "reason" }

function writer_methods:line(record, values, outcome)
  local cells = { record }
  for _, name in ipairs(self.columns) do cells[#cells + 1] = cell(values[name]) end
  cells[#cells + 1] = outcome.generated_at or self.generated_at
  for _, name in ipairs(self.chosen) do cells[#cells + 1] = cell(self.frame[name]) end
  for _, name in ipairs(self.target_columns) do cells[#cells + 1] = cell(outcome[name]) end
  self.write(table.concat(cells, ",") .. "\r\n")
end

function writer_methods:row(row)
  self:line("row", row, {})
end

function writer_methods:finish(outcomes)
  for _, outcome in ipairs(outcomes) do self:line("target", outcome, outcome) end
end

---@type rollcall.report.format
return function(report)
  local header, columns, target_columns, is_column = { "record" }, {}, {}, {}
  for i, column in ipairs(report.columns) do
    columns[i], is_column[column.name] = column.name, true
    header[#header + 1] = cell(column.name)
  end
  header[#header + 1] = "generated_at"
  local chosen = {}
  for _, name in ipairs { "where", "limit" } do
    if report[name] and not is_column[name] then
      chosen[#chosen + 1] = name
      header[#header + 1] = name
    end
  end
  -- A field of the rows with such a name is one column with it, since a reader takes columns by their names.
  for _, name in ipairs(target_fields) do
    if not is_column[name] then
      target_columns[#target_columns + 1] = name
      header[#header + 1] = name
    end
  end
  report.write(table.concat(header, ",") .. "\r\n")
  return setmetatable({
    write = report.write, columns = columns, target_columns = target_columns, generated_at = report.generated_at,
    chosen = chosen, frame = report,
  }, writer_metatable)
end
