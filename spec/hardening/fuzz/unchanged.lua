-- Whether a sandbox left everything as it was: the library, the methods of strings, the globals.
local methods = getmetatable("").__index
local before = {}

local function remember(name, place)
  local copy = {}
  for key, value in pairs(place) do copy[key] = value end
  before[name] = { place = place, copy = copy }
end

for _, name in ipairs { "string", "table", "math", "utf8", "os", "io", "coroutine", "debug" } do remember(name, _G[name]) end
remember("_G", _G)

return function()
  assert(getmetatable("").__index == methods, "the methods of strings are others")
  for name, one in pairs(before) do
    for key, value in pairs(one.place) do
      assert(rawequal(one.copy[key], value) or (name == "_G" and key == "take"), name .. " has another " .. tostring(key))
    end
    for key in pairs(one.copy) do assert(one.place[key] ~= nil, name .. " lost " .. tostring(key)) end
  end
end
