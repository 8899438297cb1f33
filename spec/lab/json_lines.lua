--- The objects of JSON Lines, by their kinds.
local cjson = require "cjson"

---@param text string
---@return table<string, table[]>
return function(text)
  local kinds = {}
  for line in text:gmatch "[^\n]+" do
    local object = cjson.decode(line)
    kinds[object.kind] = kinds[object.kind] or {}
    table.insert(kinds[object.kind], object)
  end
  return kinds
end
