--- Which rows of all a report has, for a person.
local text = require "rollcall.internal.text"

---@param frame { where: string?, limit: integer? }
---@return string[]  nothing where it has all
return function(frame)
  local list = {}
  if frame.where then list[1] = "only rows where " .. text.printable(frame.where) end
  if frame.limit then list[#list + 1] = "only the first " .. frame.limit end
  return list
end
