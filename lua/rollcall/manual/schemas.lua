--- The JSON Schemas of what is written, and the other files that stand beside this one.
local cjson = require "cjson"

local schemas = {}

local folder = select(2, ...):match "^(.*)[/\\]" or "."

---@type string[]
schemas.names = { "rollcall-1.schema.json", "rollcall-snapshot-1.schema.json" }

---@param name string  of a file of the manual
---@return string
function schemas.content(name)
  local file = assert(io.open(folder .. "/" .. name, "rb"))
  local content = file:read "a"
  file:close()
  return content
end

---@param name string
---@return table
function schemas.decoded(name)
  return cjson.decode(schemas.content(name))
end

return schemas
