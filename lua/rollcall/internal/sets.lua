--- Sets of values, one for each group, at the group's place in a list. Of many groups most have one value or few, so a set begins as
-- its first value, which takes a tenth of the memory.
local sets = {}

---@param list table<integer, any>  the sets
---@param group integer
---@param value any
---@return boolean?
function sets.has(list, group, value)
  local set = list[group]
  return set == value or type(set) == "table" and set[value]
end

---@param list table<integer, any>  the sets
---@param group integer
---@param value any  not nil, and no table
function sets.add(list, group, value)
  local set = list[group]
  if set == value then return end
  if set == nil then
    list[group] = value
  elseif type(set) == "table" then
    set[value] = true
  else
    list[group] = { [set] = true, [value] = true }
  end
end

---@param set any  nil: nothing was added
---@return table<any, true> values
---@return integer size
function sets.values(set)
  if set == nil then return {}, 0 end
  if type(set) ~= "table" then return { [set] = true }, 1 end
  local values, size = {}, 0
  for value in pairs(set) do values[value], size = true, size + 1 end
  return values, size
end

---@param set any  nil: nothing was added
---@return integer
function sets.size(set)
  if set == nil then return 0 end
  if type(set) ~= "table" then return 1 end
  local size = 0
  for _ in pairs(set) do size = size + 1 end
  return size
end

return sets
