--- The servers that a call names: one, a list, or an iterator.
local options = require "rollcall.internal.options"
local target = require "rollcall.smb.target"

local servers = {}

servers.LOCAL_COMPUTER = "localhost"

---The options of one server.
servers.connect_specification = options.merged(target.specification, { servername = target.check_servername })

local function is_list(value)
  return type(value) == "table" and not getmetatable(value)
end

---One server's name, a list, or an iterator.
---@type rollcall.options.check
function servers.check(value)
  if is_list(value) or options.callable(value) then return value end
  return target.check_servername(value)
end

---@return fun(): any
local function elements_of(names)
  if type(names) == "string" or is_list(names) and names.servername then names = { names } end
  if not is_list(names) then return names end
  local position = 0
  return function()
    position = position + 1
    return names[position]
  end
end

---Yields for each server what says how to reach it.
---@param caller string
---@param names string|table|fun(): any
---@param checked table  options that hold for all of them
---@return fun(): rollcall.smb.core.target?
function servers.each(caller, names, checked)
  local connect = {}
  for name in pairs(target.specification) do connect[name] = checked[name] end
  local next_element = elements_of(names)
  return function()
    local element = next_element()
    if element == nil then return nil end
    if type(element) ~= "table" then element = { servername = element } end
    local all = options.merged(connect, options.check(caller, element, servers.connect_specification, 0))
    options.insist(caller, 0, all, target.check_credentials(all))
    return target.new(all.servername or servers.LOCAL_COMPUTER, all)
  end
end

return servers
