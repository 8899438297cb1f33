--- What is in a table, in an order that is the same in any locale.
local system = require "rollcall.system"

local sorted = {}

---The keys of a table in the order of their bytes.
---@param map table<string, any>
---@return string[]
function sorted.keys(map)
  local keys = {}
  for key in pairs(map) do keys[#keys + 1] = key end
  table.sort(keys, system.text_less)
  return keys
end

return sorted
