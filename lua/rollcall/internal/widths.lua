--- Widths of columns that stand beside each other.
local widths = {}

---Narrows the widest columns until a line fits, or all are as narrow as may be.
---@param list integer[]  is changed
---@param room integer  columns of the terminal
---@param gap integer  columns between two
---@param least integer
function widths.shrink(list, room, gap, least)
  local total = gap * (#list - 1)
  for _, width in ipairs(list) do total = total + width end
  while total > room do
    local widest = 1
    for i, width in ipairs(list) do
      if width > list[widest] then widest = i end
    end
    if list[widest] <= least then return end
    list[widest] = list[widest] - 1
    total = total - 1
  end
end

return widths
