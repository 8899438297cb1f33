--- A line of JSON Lines that rollcall did not write just now.
local cjson = require "cjson"

local json_line = {}

---Numbers as they were written, and no cjson.null: what is null was not said.
local function cleaned(value)
  if type(value) == "table" then
    for name, member in pairs(value) do
      if member == cjson.null then value[name] = nil else value[name] = cleaned(member) end
    end
  elseif math.type(value) == "float" then
    return math.tointeger(value) or value
  end
  return value
end

---@param line string
---@return table?  nil for what is no JSON object or list; that is in UTF-8
function json_line.decode(line)
  if not utf8.len(line) then return nil end
  local decoded, value = pcall(cjson.decode, line)
  if decoded and type(value) == "table" then return cleaned(value) end
end

return json_line
