--- The format `table`: columns for a person at a terminal.
--
-- The widths come from the first rows; later ones that are wider are cut. So memory stays bounded
-- and rows show up while others are still being waited for.
local system = require "rollcall.system"
local text = require "rollcall.internal.text"
local widths = require "rollcall.internal.widths"

local ROWS_FOR_WIDTHS = 500
local GAP = "  "
local LEAST_WIDTH = 6

local writer_methods = {}
local writer_metatable = { __index = writer_methods }

local function cells_of(columns, row)
  local cells = {}
  for i, column in ipairs(columns) do
    local value = column.show and column.show(row[column.name], row) or row[column.name]
    cells[i] = value == nil and "-" or text.printable(text.of(value))
  end
  return cells
end

function writer_methods:line(cells, style)
  local parts = {}
  for i, column in ipairs(self.columns) do
    local cell = text.fit(cells[i], self.widths[i])
    local padding = (" "):rep(self.widths[i] - text.width(cell))
    parts[i] = column.right and padding .. cell or cell .. padding
  end
  local line = table.concat(parts, GAP):gsub(" +$", "")
  self.write((style and style .. line .. "\27[0m" or line) .. "\n")
end

---Of a server that does not say who: how many connections each share has.
local function connections_text(outcome)
  if not outcome.connections then return "" end
  local shares = {}
  for share, count in pairs(outcome.connections) do shares[#shares + 1] = ("%s %d"):format(share, count) end
  table.sort(shares, system.text_less)
  return #shares > 0 and " (connections: " .. table.concat(shares, ", ") .. ")" or ""
end

function writer_methods:start()
  self.widths = {}
  local titles = {}
  for i, column in ipairs(self.columns) do
    titles[i] = column.title
    self.widths[i] = text.width(column.title)
    for _, cells in ipairs(self.waiting) do
      self.widths[i] = math.max(self.widths[i], text.width(cells[i]))
    end
  end
  widths.shrink(self.widths, self.room, #GAP, LEAST_WIDTH)
  self:line(titles, self.color and "\27[1m")
  for _, cells in ipairs(self.waiting) do self:line(cells) end
  self.waiting = nil
end

---A line that is no row. Color, where it may be, for what nobody should overlook.
function writer_methods:note(words, loud)
  local line = "# " .. words
  if self.color and loud then line = "\27[33m" .. line .. "\27[0m" end
  self.write(line .. "\n")
end

function writer_methods:row(row)
  local cells = cells_of(self.columns, row)
  if not self.waiting then return self:line(cells) end
  self.waiting[#self.waiting + 1] = cells
  if #self.waiting == ROWS_FOR_WIDTHS then self:start() end
end

---After the rows, the result for each target: an empty answer and a failure are not the same.
function writer_methods:finish(outcomes, _, totals)
  if self.waiting and #self.waiting > 0 then self:start() end
  if totals then
    self:note(("%s, %s, %s, %s"):format(text.count(totals.rows, "row"), text.count(totals.users, "user"),
      text.count(totals.clients, "client"), text.count(totals.resources, "resource")))
  end
  if self.generated_at then self:note(("generated at %s"):format(self.generated_at)) end
  for _, outcome in ipairs(outcomes) do
    local what = ("%s: %s"):format(outcome.target, outcome.completeness)
    if outcome.received then
      what = ("%s, %d of %d"):format(what, outcome.received, math.max(outcome.claimed or 0, outcome.received))
    end
    local query = self.generated_at and outcome.query and (" (%s)"):format(outcome.query) or ""
    self:note(text.printable(what .. query .. connections_text(outcome) .. (outcome.reason and ": " .. outcome.reason or "")),
      outcome.completeness ~= "complete")
  end
end

---@type rollcall.report.format
return function(report)
  return setmetatable({
    write = report.write,
    columns = report.columns,
    room = report.width,
    color = report.color,
    generated_at = report.whole and report.generated_at or nil,
    waiting = {},
  }, writer_metatable)
end
