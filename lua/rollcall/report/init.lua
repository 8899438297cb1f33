--- Rows as text. A format is a function that takes a report's frame and returns a writer; each
-- stands in a file of its own beside this one.
local columns = require "rollcall.report.columns"

local report = {}

---@class rollcall.report.frame
---@field write fun(text: string)
---@field kind string  of the rows, such as "connection"
---@field columns rollcall.report.column[]
---@field width integer  columns of the terminal

---@class rollcall.report.writer
---@field row fun(self, row: table)
---@field finish fun(self, outcomes: rollcall.outcome[], failures: rollcall.failure[])

---@alias rollcall.report.format fun(frame: rollcall.report.frame): rollcall.report.writer

---@type string[]
report.formats = { "table", "csv", "json", "jsonl" }

-- The formats for people leave out what has no title.
local function with_title(all)
  local titled = {}
  for _, column in ipairs(all) do
    if column.title then titled[#titled + 1] = column end
  end
  return titled
end

---@param format "table"|"csv"|"json"|"jsonl"
---@param kind "connection"|"smb_session"|"file"|"share"|"presence"|"session"
---@param write fun(text: string)
---@param width? integer  columns of the terminal; 80
---@return rollcall.report.writer
function report.new(format, kind, write, width)
  local all = columns[kind]
  return require("rollcall.report." .. format) {
    write = write,
    kind = kind,
    columns = format == "table" and with_title(all) or all,
    width = width or 80,
  }
end

return report
