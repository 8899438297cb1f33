--- Values of fields that can be lists, as the files of a presence are.
local values = {}

---Calls a function with a value, or with each of a list, once for those that are the same.
---@param value any
---@param f fun(value: any)
function values.each(value, f)
  if type(value) ~= "table" then return f(value) end
  local seen = {}
  for _, element in ipairs(value) do
    if not seen[element] then
      seen[element] = true
      f(element)
    end
  end
end

---Whether a condition is true of a value, or of any in a list.
---@param value any
---@param holds fun(value: any): any
---@return boolean
function values.any(value, holds)
  if type(value) ~= "table" then return holds(value) and true or false end
  for _, element in ipairs(value) do
    if holds(element) then return true end
  end
  return false
end

return values
