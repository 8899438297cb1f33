--- The lines of the table: as many columns as fit, and of the rows those that are seen.
local changes = require "rollcall.cli.changes"
local text = require "rollcall.internal.text"
local widths = require "rollcall.internal.widths"

local grid = {}

local GAP = "  "
local MARK = 2 -- columns before each row
local LEAST_WIDTH = 6

local methods = {}
local metatable = { __index = methods }

---@param columns rollcall.report.column[]
---@param styles table<string, string>  of events
---@return rollcall.cli.live.grid
function grid.new(columns, styles)
  return setmetatable({ columns = columns, styles = styles, wanted = {} }, metatable)
end

---Forgets how wide cells were.
function methods:forget() self.wanted = {} end

---Widths never shrink while one scrolls, so that nothing jumps about.
---@param titles string[]
---@param items rollcall.cli.live.item[]  those that are seen
function methods:measure(titles, items)
  for i in ipairs(self.columns) do
    local width = math.max(self.wanted[i] or 0, text.width(titles[i]))
    for _, item in ipairs(items) do width = math.max(width, text.width(item.cells[i])) end
    self.wanted[i] = width
  end
end

---How wide columns are in so much room, and how many fit. Half a number would be another, so numbers are never cut.
---@return integer[]
local function fitted(columns, wanted, room)
  local list, whole, least = {}, {}, -#GAP
  for i, column in ipairs(columns) do
    least = least + #GAP + (column.right and wanted[i] or math.min(wanted[i], LEAST_WIDTH))
    if least > room and i > 1 then break end
    list[i], whole[i] = wanted[i], column.right
  end
  widths.shrink(list, room, #GAP, math.max(1, math.min(LEAST_WIDTH, room)), whole)
  return list
end

local function line_of(columns, list, cells)
  local parts = {}
  for i, width in ipairs(list) do
    local cell = columns[i].right and cells[i] or text.fit(cells[i], width)
    local padding = (" "):rep(width - text.width(cell))
    parts[i] = columns[i].right and padding .. cell or cell .. padding
  end
  return table.concat(parts, GAP)
end

---@param items rollcall.cli.live.item[]  those that are seen
---@param room integer  columns of the terminal
---@param sort? string
---@param is_reversed boolean
---@return string head
---@return rollcall.cli.live.line[] lines
function methods:lines(items, room, sort, is_reversed)
  local titles = {}
  for i, column in ipairs(self.columns) do
    titles[i] = (column.title or column.name) .. (column.name == sort and (is_reversed and "▼" or "▲") or "")
  end
  self:measure(titles, items)
  local list = fitted(self.columns, self.wanted, room - MARK)
  local head = (" "):rep(MARK) .. line_of(self.columns, list, titles)
  if #list < #self.columns then head = text.beginning(head, room - 2) .. " …" end
  local lines = {}
  for i, item in ipairs(items) do
    lines[i] = {
      text = text.beginning(("%-" .. MARK .. "s"):format(changes.signs[item.mark] or "") .. line_of(self.columns, list, item.cells), room),
      style = self.styles[item.mark],
    }
  end
  return head, lines
end

return grid
