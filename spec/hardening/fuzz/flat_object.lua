-- A line of JSON that C decodes itself means the same to lua-cjson.
local cjson = require "cjson"
local system = require "rollcall.system"

return function(line)
  local object = system.flat_object(line)
  if not object then return end
  local expected = cjson.decode(line)
  for name, value in pairs(object) do
    local other = expected[name]
    -- lua-cjson has numbers as floats.
    if math.type(value) == "integer" then value, other = value + 0.0, other + 0.0 end
    assert(value == other, name)
  end
  for name in pairs(expected) do assert(object[name] ~= nil, name) end
end
