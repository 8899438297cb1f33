--- How much memory is kept by a function: what can be reached from it through its upvalues.
local weight = {}

-- What Lua 5.4 takes on a machine of 64 bits, near enough for a bound.
local STRING, TABLE, FUNCTION, ELEMENT = 25, 56, 40, 32

local sizes = {
  string = function(value) return STRING + #value end,
  table = function() return TABLE end,
  ["function"] = function() return FUNCTION end,
}

---@param value any
---@param seen table<any, true>
---@param unvisited any[]
---@return integer bytes  of the value itself, if it is met for the first time
local function meet(value, seen, unvisited)
  local size = sizes[type(value)]
  if not size or seen[value] then return 0 end
  seen[value] = true
  if type(value) ~= "string" then unvisited[#unvisited + 1] = value end
  return size(value)
end

-- What the program has anyway, and every function of it leads to, is kept by nobody in a sandbox.
local function of_the_program()
  local seen = { [_G] = true }
  for _, module in pairs(package.loaded) do seen[module] = true end
  return seen
end

---Bytes of strings, tables and functions that a function of a sandbox can reach.
---@param f function
---@param enough integer  where to stop counting
---@return integer
function weight.of(f, enough)
  local seen, unvisited = of_the_program(), {}
  local bytes = meet(f, seen, unvisited)
  while #unvisited > 0 and bytes < enough do
    local value = table.remove(unvisited)
    if type(value) == "function" then
      local i = 1
      while true do
        local name, upvalue = debug.getupvalue(value, i)
        if not name then break end
        bytes = bytes + meet(upvalue, seen, unvisited)
        i = i + 1
      end
    else
      for key, element in next, value do
        bytes = bytes + ELEMENT + meet(key, seen, unvisited) + meet(element, seen, unvisited)
        if bytes >= enough then break end
      end
    end
  end
  return bytes
end

return weight
