--- The servers that a call names: one, a list, or an iterator.
local options = require "rollcall.internal.options"
local servernames = require "rollcall.internal.servernames"
local target = require "rollcall.smb.target"

local servers = {}

servers.LOCAL_COMPUTER = "localhost"

-- Bytes of a name that is none, in failures and results.
local LONGEST_SHOWN = 300

---The options of one server.
servers.connect_specification = options.merged(target.specification, { servername = servernames.check })

local function is_list(value)
  return type(value) == "table" and not getmetatable(value)
end

---One server's name, a list, or an iterator.
---@type rollcall.options.check
function servers.check(value)
  if is_list(value) or options.callable(value) then return value end
  return servernames.check(value)
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

---What stands for a server that cannot be asked since its name is none. As every target it says which it is, and as whom it was asked: nobody.
---@class rollcall.smb.misnamed
---@field servername string
---@field username ""
---@field wrong string  what a name must be

---@param name any
---@return rollcall.smb.misnamed?
local function misnamed(name)
  if type(name) ~= "string" then return nil end
  local _, wrong = servernames.check(name)
  return wrong and { servername = name:sub(1, LONGEST_SHOWN), username = "", wrong = wrong } or nil
end

---Yields for each server what says how to reach it. Of many, one whose name is none does not end the others.
---@param caller string
---@param names string|table|fun(): any
---@param checked table  options that hold for all of them
---@return fun(): rollcall.smb.core.target|rollcall.smb.misnamed|nil
function servers.each(caller, names, checked)
  local connect = {}
  for name in pairs(target.specification) do connect[name] = checked[name] end
  local is_one = type(names) == "string" or is_list(names) and names.servername ~= nil
  local next_element = elements_of(names)
  return function()
    local element = next_element()
    if element == nil then return nil end
    if type(element) ~= "table" then element = { servername = element } end
    local unusable = not is_one and misnamed(element.servername)
    if unusable then return unusable end
    local all = options.merged(connect, options.check(caller, element, servers.connect_specification, 0))
    options.insist(caller, 0, all, target.check_credentials(all))
    return target.new(all.servername or servers.LOCAL_COMPUTER, all)
  end
end

return servers
