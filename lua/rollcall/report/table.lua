--- The format `table`: columns for a person at a terminal.
--
-- The widths come from the first rows: those that have come when others have to be waited for, at most
-- so many. On a terminal, wider cells of later rows are cut. So memory stays bounded.
local chosen = require "rollcall.report.chosen"
local generated = require "rollcall.report.generated"
local shown_columns = require "rollcall.report.columns"
local system = require "rollcall.system"
local text = require "rollcall.internal.text"
local widths = require "rollcall.internal.widths"

local ROWS_FOR_WIDTHS = 500
local GAP = "  "
local LEAST_WIDTH = 6
local MOST_SPARE = 8 -- columns for cells of rows to come
local FAILED, DOUBTFUL, PLAIN = "\27[31m", "\27[33m", "\27[0m"

local writer_methods = {}
local writer_metatable = { __index = writer_methods }

function writer_methods:line(cells, style)
  local parts = {}
  for i, column in ipairs(self.columns) do
    -- Half a number would be another.
    local cell = self.is_narrow and not column.right and text.fit(cells[i], self.widths[i]) or cells[i]
    local padding = (" "):rep(self.widths[i] - text.width(cell))
    parts[i] = column.right and padding .. cell or cell .. padding
  end
  -- Not by a pattern that is looked for at each blank of a wide padding anew.
  local line = table.concat(parts, GAP):match "^.*[^ ]" or ""
  self.write((style and style .. line .. PLAIN or line) .. "\n")
end

---Of a server that does not say who: how many connections each share has.
local function connections_text(outcome)
  if not outcome.connections then return "" end
  local shares = {}
  for share, count in pairs(outcome.connections) do shares[#shares + 1] = ("%s %d"):format(share, count) end
  table.sort(shares, system.text_less)
  return #shares > 0 and " (connections: " .. table.concat(shares, ", ") .. ")" or ""
end

---Gives cells of rows to come what is left of the terminal's width. The last column needs none: nothing stands behind it.
function writer_methods:share_spare_room()
  local columns, spare, texts = self.columns, self.room - #GAP * (#self.columns - 1), 0
  for i, column in ipairs(columns) do
    spare = spare - self.widths[i]
    if not column.right and i < #columns then texts = texts + 1 end
  end
  if not self.is_narrow or spare <= 0 then return end
  local each = texts > 0 and math.min(MOST_SPARE, spare // texts) or 0
  for i, column in ipairs(columns) do
    if i == #columns then
      self.widths[i] = self.widths[i] + (column.right and 0 or spare - each * texts)
    elseif not column.right then
      self.widths[i] = self.widths[i] + each
    end
  end
end

---@param is_whole boolean  no rows will come after those that are held back
function writer_methods:start(is_whole)
  self.widths = {}
  local titles = {}
  for i, column in ipairs(self.columns) do
    titles[i] = column.title
    self.widths[i] = text.width(column.title)
    for _, cells in ipairs(self.waiting) do
      self.widths[i] = math.max(self.widths[i], text.width(cells[i]))
    end
  end
  widths.shrink(self.widths, self.room, #GAP, LEAST_WIDTH, self.is_number)
  if not is_whole then self:share_spare_room() end
  self:line(titles, self.color and "\27[1m")
  for _, cells in ipairs(self.waiting) do self:line(cells) end
  self.waiting = nil
end

---Writes what is held back until the widths are known.
function writer_methods:flush()
  if self.waiting and #self.waiting > 0 then self:start(false) end
end

---A line that is no row.
---@param words string
---@param color? string  where there may be any, for what nobody should overlook
function writer_methods:note(words, color)
  local line = "# " .. words
  if self.color and color then line = color .. line .. PLAIN end
  self.write(line .. "\n")
end

local loudness = { complete = false, placeholder = DOUBTFUL }

function writer_methods:row(row)
  local cells = shown_columns.cells(self.columns, row)
  if not self.waiting then return self:line(cells) end
  self.waiting[#self.waiting + 1] = cells
  if #self.waiting == ROWS_FOR_WIDTHS then self:start(false) end
end

---After the rows, the result for each target: an empty answer and a failure are not the same.
function writer_methods:finish(outcomes, _, totals)
  if self.waiting and #self.waiting > 0 then self:start(true) end
  if totals then
    self:note(("%s, %s, %s, %s"):format(text.count(totals.rows, "row"), text.count(totals.users, "user"),
      text.count(totals.clients, "client"), text.count(totals.resources, "resource")))
  end
  if self.generated_at then self:note("generated at " .. self.generated_at) end
  if self.shard then self:note(("shard %s of the targets"):format(self.shard), true) end
  for _, words in ipairs(self.chosen) do self:note(words, true) end
  for _, outcome in ipairs(outcomes) do
    local what = ("%s: %s"):format(outcome.target, outcome.completeness)
    if outcome.received then
      what = ("%s, %d of %d"):format(what, outcome.received, math.max(outcome.claimed or 0, outcome.received))
    end
    if outcome.generated_at then what = ("%s, taken at %s"):format(what, outcome.generated_at) end
    local asked = {}
    if self.generated_at then
      asked[1] = outcome.query
      for _, name in ipairs { "qualifier", "project_id" } do
        if outcome[name] then asked[#asked + 1] = name .. " " .. outcome[name] end
      end
    end
    local query = #asked > 0 and (" (%s)"):format(table.concat(asked, ", ")) or ""
    local color = loudness[outcome.completeness]
    self:note(text.printable(what .. query .. connections_text(outcome) .. (outcome.reason and ": " .. outcome.reason or "")),
      color == nil and FAILED or color or nil)
  end
end

---@type rollcall.report.format
return function(report)
  local is_number = {}
  for i, column in ipairs(report.columns) do is_number[i] = column.right end
  return setmetatable({
    is_number = is_number,
    write = report.write,
    columns = report.columns,
    room = report.width,
    is_narrow = report.width < math.huge,
    color = report.color,
    generated_at = report.whole and generated(report) or nil,
    shard = report.shard,
    chosen = chosen(report),
    waiting = {},
  }, writer_metatable)
end
