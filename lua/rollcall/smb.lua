--- Who is connected to the shares of SMB servers.
--
-- The calls and their names are those of MS-SRVS and of netapi32's NetConnectionEnum.
local core = require "rollcall.core"
local options = require "rollcall.options"
local target = require "rollcall.target"

local smb = {}

---ERROR_MORE_DATA: what a page's `status` is when the server has more.
smb.ERROR_MORE_DATA = 234

---The value of `prefmaxlen` that asks for everything in one answer: MAX_PREFERRED_LENGTH.
smb.MAX_PREFERRED_LENGTH = 0xFFFFFFFF

-- Some 600 connections, and what a page may take in memory with them.
local DEFAULT_PREFMAXLEN = 65536
local DEFAULT_CONCURRENCY = 16
local LOCAL_COMPUTER = "localhost"

---One connection, as CONNECTION_INFO_1 has it; of level 0 only `id` is there.
---@class rollcall.smb.connection
---@field servername string  the server, as you named it
---@field share? string  the share that the connection is to
---@field client? string  the computer that it is from, without backslashes
---@field id integer  unsigned, 32 bits
---@field type? integer  0 disk, 1 print queue, 2 device, 3 IPC; 0x80000000 is added for an administrative share, 0x40000000 for a temporary one
---@field num_opens? integer  files open over it
---@field num_users? integer
---@field time? integer  seconds since it was made
---@field username? string
---@field netname? string  the client if `qualifier` is a share, the share if it is a computer
---@field placeholder? true  the server cannot tell `username` and `netname` and filled in words of its own, as Samba does; `client` is nil then

---@class rollcall.smb.page_options: rollcall.smb.connect_options
---@field servername? string  a name or an address, with `\\` or without, with `:port` or without; absent: this computer
---@field qualifier string  a share, or a computer as `\\computer`
---@field level? 0|1  the CONNECTION_INFO that is asked for; 1
---@field prefmaxlen? integer  PreferedMaximumLength: bytes for the server to keep a page to; 65536
---@field resume_handle? integer  where an earlier enumeration stopped; 0

---@class rollcall.smb.connections_options: rollcall.smb.page_options
---@field servername? string|table|fun(): string|table|nil  also a list, or an iterator, of names, or of tables of a name and connect options of its own
---@field concurrency? integer  servers asked at the same time; 16
---@field on_error? fun(failure: rollcall.failure)  gets each failure while the others go on; absent: the first is raised

---@type rollcall.options.check
local function servernames(value)
  if type(value) == "table" and not getmetatable(value) or options.callable(value) then return value end
  return target.check_servername(value)
end

---@type rollcall.options.check
local function qualifier(value)
  local text, expectation = options.text(1024)(value)
  if text and not text:find("[^\\]") then return nil, "must be a share or \\\\computer" end
  return text, expectation
end

local query_specification = {
  qualifier = qualifier,
  level = options.integer(0, 1),
  prefmaxlen = options.integer(1, smb.MAX_PREFERRED_LENGTH),
  resume_handle = options.integer(0, 0xFFFFFFFF),
}

local function merged(...)
  local result = {}
  for _, fields in ipairs { ... } do
    for name, value in pairs(fields) do result[name] = value end
  end
  return result
end

local connect_specification = merged(target.specification, { servername = target.check_servername })
local page_specification = merged(connect_specification, query_specification)
local one_server_specification = merged(query_specification, { on_error = options.callable })
local many_servers_specification = merged(page_specification, one_server_specification, {
  servername = servernames,
  concurrency = options.integer(1, 1024),
})

-- Raised for the caller of the function that calls these.
local LEVEL = 3

local function check_qualifier(caller, checked)
  if not checked.qualifier then
    error(caller .. ": qualifier is missing: a share, or \\\\computer", LEVEL)
  end
end

local function check_credentials(caller, connect, level)
  local problem = target.check_credentials(connect)
  if problem then error(caller .. ": " .. problem, level) end
end

---@return rollcall.core.query
local function query_of(checked)
  return {
    call = "connections",
    level = checked.level or 1,
    prefmaxlen = checked.prefmaxlen or DEFAULT_PREFMAXLEN,
    resume_handle = checked.resume_handle,
  }
end

---Adds what NetrConnectionEnum asks a target for, and what its answer means.
---@return rollcall.core.target
local function with_qualifier(server, name)
  local computer = name:match("^\\\\(.*)$")
  server.qualifier = name
  server.client = computer
  server.share = not computer and name or nil
  return server
end

---Goes through one name, a list, or an iterator, and yields each element's name and options.
---@return fun(): string?, table?
local function each_server(caller, names, connect)
  local list, position = names, 0
  local function next_element()
    if type(list) == "table" and not getmetatable(list) then
      position = position + 1
      return list[position]
    end
    return list()
  end
  if type(names) == "string" then
    list = { names }
  elseif type(names) == "table" and names.servername then
    list = { names }
  end
  return function()
    local element = next_element()
    if element == nil then return nil end
    if type(element) == "table" then
      local own = options.check(caller, element, connect_specification, 1)
      local all = merged(connect, own)
      check_credentials(caller, all, 0)
      return own.servername or LOCAL_COMPUTER, all
    end
    local servername, expectation = target.check_servername(element)
    if not servername then error(("%s: servername %s"):format(caller, expectation), 0) end
    return servername, connect
  end
end

---The connections made to a share, or from a computer, of one server or of many.
--
--     for c in smb.connections { servername = "fs1", qualifier = "projects", ... } do
--       print(c.username, c.client)
--     end
--
-- Rows come as they arrive, each with its `servername`. A `break` ends what is under way.
---Raises what is wrong with the options at once, and a rollcall.failure for the first server
---that fails unless there is an `on_error`.
---@see MS-SRVS 3.1.4.1 NetrConnectionEnum
---@param given rollcall.smb.connections_options
---@return fun(enumeration: userdata): rollcall.smb.connection?
---@return userdata enumeration
---@return nil
---@return userdata enumeration
function smb.connections(given)
  local caller = "smb.connections"
  local checked = options.check(caller, given, many_servers_specification, 2)
  check_qualifier(caller, checked)
  local names = checked.servername or LOCAL_COMPUTER
  if type(names) == "string" then check_credentials(caller, checked, LEVEL) end
  local connect = {}
  for name in pairs(target.specification) do connect[name] = checked[name] end
  local next_server = each_server(caller, names, connect)
  local query = query_of(checked)
  query.concurrency = type(names) == "string" and 1 or checked.concurrency or DEFAULT_CONCURRENCY
  query.on_error = checked.on_error
  query.next_target = function()
    local servername, its_connect = next_server()
    if not servername then return nil end
    return with_qualifier(target.new(servername, its_connect), checked.qualifier)
  end
  return core.enumerate(query)
end

---One page of connections, by hand: the eight parameters of NetConnectionEnum.
--
-- While `status` is `smb.ERROR_MORE_DATA`, another call with the page's `resume_handle` goes on.
---Raises a rollcall.failure for any other status than success.
---@param given rollcall.smb.page_options
---@return rollcall.smb.page<rollcall.smb.connection>
function smb.connection_page(given)
  local caller = "smb.connection_page"
  local checked = options.check(caller, given, page_specification, 2)
  check_qualifier(caller, checked)
  check_credentials(caller, checked, LEVEL)
  local server = target.new(checked.servername or LOCAL_COMPUTER, checked)
  local handle <close> = core.server(server)
  return handle:page(query_of(checked), with_qualifier(server, checked.qualifier))
end

---A server whose pipe stays open over several calls: one logon for all of them.
---@class rollcall.smb.server
---@field private handle rollcall.core.server
---@field private target rollcall.core.target
local server_methods = {}
local server_metatable = { __name = "rollcall.smb.server", __index = server_methods }

---Connects and logs on; raises a rollcall.failure if that fails.
---@param given rollcall.smb.connect_options|{ servername: string? }
---@return rollcall.smb.server
function smb.server(given)
  local caller = "smb.server"
  local checked = options.check(caller, given, connect_specification, 2)
  check_credentials(caller, checked, LEVEL)
  local its_target = target.new(checked.servername or LOCAL_COMPUTER, checked)
  return setmetatable({ handle = core.server(its_target), target = its_target }, server_metatable)
end

-- A target of its own for each call: an iterator keeps its target while another call is made.
local function asked_for(self, name)
  return with_qualifier(merged(self.target), name)
end

---As `smb.connections`, over this server's pipe.
---@param given { qualifier: string, level: (0|1)?, prefmaxlen: integer?, resume_handle: integer?, on_error: function? }
---@return fun(enumeration: userdata): rollcall.smb.connection?
---@return userdata enumeration
---@return nil
---@return userdata enumeration
function server_methods:connections(given)
  local caller = "server:connections"
  local checked = options.check(caller, given, one_server_specification, 2)
  check_qualifier(caller, checked)
  local the_target = asked_for(self, checked.qualifier)
  local query = query_of(checked)
  query.server = self.handle
  query.on_error = checked.on_error
  query.next_target = function()
    local once = the_target
    the_target = nil
    return once
  end
  return core.enumerate(query)
end

---As `smb.connection_page`, over this server's pipe.
---@param given { qualifier: string, level: (0|1)?, prefmaxlen: integer?, resume_handle: integer? }
---@return rollcall.smb.page<rollcall.smb.connection>
function server_methods:connection_page(given)
  local caller = "server:connection_page"
  local checked = options.check(caller, given, query_specification, 2)
  check_qualifier(caller, checked)
  return self.handle:page(query_of(checked), asked_for(self, checked.qualifier))
end

---Closes the connection. May be called again.
function server_methods:close()
  self.handle:close()
end

server_metatable.__close = server_methods.close

function server_metatable:__tostring()
  return ("rollcall.smb.server: %s, %s"):format(self.target.servername, tostring(self.handle))
end

return smb
