--- Widths of columns that stand beside each other.
local widths = {}

---Narrows the widest columns until a line fits, or all are as narrow as may be.
---@param list integer[]  is changed
---@param room integer  columns of the terminal
---@param gap integer  columns between two
---@param least integer
---@param whole? table<integer, boolean>  those that stay as wide as they are
function widths.shrink(list, room, gap, least, whole)
  local total = gap * (#list - 1)
  for i, width in ipairs(list) do
    if not (whole and whole[i]) then list[i] = math.min(width, math.max(room, least)) end
    total = total + list[i]
  end
  while total > room do
    local widest
    for i, width in ipairs(list) do
      if not (whole and whole[i]) and (not widest or width > list[widest]) then widest = i end
    end
    if not widest or list[widest] <= least then return end
    list[widest] = list[widest] - 1
    total = total - 1
  end
end

return widths
