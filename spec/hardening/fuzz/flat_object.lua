-- A line of JSON that C decodes itself means the same to lua-cjson.
local cjson = require "cjson"
local system = require "rollcall.system"

local decode = system.flat_object_decoder()
local given_back

return function(line)
  local after, object = decode(line .. "\n", 1, given_back)
  if not object then return end
  given_back = object
  if after <= #line then return end -- which is of several lines
  local expected = cjson.decode(line)
  for name, value in pairs(object) do
    local other = expected[name]
    -- lua-cjson has numbers as floats.
    if math.type(value) == "integer" then value, other = value + 0.0, other + 0.0 end
    assert(value == other, name)
  end
  for name in pairs(expected) do assert(object[name] ~= nil, name) end
end
