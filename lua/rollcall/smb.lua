--- Who is connected to SMB servers: to which share, from where, with what open; and who is logged on to them.
---
--- The calls and their names are those of MS-SRVS, MS-WKST and of netapi32: NetConnectionEnum, NetSessionEnum,
--- NetFileEnum, NetShareEnum and NetWkstaUserEnum.
local calls = require "rollcall.smb.calls"
local core = require "rollcall.smb.core"
local enumerate = require "rollcall.smb.enumerate"
local join = require "rollcall.smb.join"
local options = require "rollcall.internal.options"
local plans = require "rollcall.smb.plans"
local servers = require "rollcall.smb.servers"
local target = require "rollcall.smb.target"
local versions = require "rollcall.internal.lua_versions"

---@class rollcall.smb
local smb = {}

---ERROR_MORE_DATA: what a page's `status` is when the server has more.
---@type integer
smb.ERROR_MORE_DATA = 234

---The value of `prefmaxlen` that asks for everything in one answer: MAX_PREFERRED_LENGTH.
---@type integer
smb.MAX_PREFERRED_LENGTH = 0xFFFFFFFF

---What every row of an SMB server has.
---@class rollcall.smb.row
---@field servername string  the server, as you named it
---@field level? integer  which level answered, if "best" was asked for

---A connection to a share: CONNECTION_INFO_1. Of level 0 only `id` is there.
---@see MS-SRVS 2.2.4.2 CONNECTION_INFO_1
---@see Win32 CONNECTION_INFO_1 (lmshare.h)
---@class rollcall.smb.connection: rollcall.smb.row
---@field share? string  the share that the connection is to
---@field client? string  the computer that it is from, without backslashes; of a placeholder nil, also where `qualifier` is a computer
---@field id integer  unsigned, 32 bits
---@field type? integer  0 disk, 1 print queue, 2 device, 3 IPC; 0x80000000 is added for an administrative share, 0x40000000 for a temporary one
---@field num_opens? integer  files open over it
---@field num_users? integer  users on it
---@field time? integer  seconds since it was made; nil, as of a session, if the server does not know
---@field username? string  as the server spells it
---@field netname? string  the client if `qualifier` is a share, the share if it is a computer
---@field placeholder? true  the server does not know `username` and `netname` and filled in words of its own, as Samba does; `client` is nil then

---A session of a user with a server: SESSION_INFO_502. Level 0 has `cname`, level 10 also `username`, `time` and `idle_time`, level 1 all up to
---`user_flags`, level 2 `cltype_name` too.
---@see MS-SRVS 2.2.4.15 SESSION_INFO_502
---@see Win32 SESSION_INFO_502 (lmshare.h)
---@class rollcall.smb.session: rollcall.smb.row
---@field client? string  `cname` without backslashes
---@field cname? string  the computer, as the server gave it
---@field username? string  as the server spells it
---@field num_opens? integer  files open in it
---@field time? integer  seconds since the session began
---@field idle_time? integer  seconds since it was last used
---@field user_flags? integer  1 guest, 2 without an encrypted password
---@field cltype_name? string  what kind of client it is
---@field transport? string  over which transport it is

---A file that is open on a server: FILE_INFO_3. Of level 2 only `id` is there.
---@see MS-SRVS FILE_INFO_3
---@see Win32 FILE_INFO_3 (lmshare.h)
---@class rollcall.smb.file: rollcall.smb.row
---@field id integer  unsigned, 32 bits
---@field permissions? integer  1 read, 2 write, 4 create, added up
---@field num_locks? integer  locks on it
---@field pathname? string  on the server
---@field username? string  who opened it, as the server spells it

---A share of a server: SHARE_INFO_2. Level 0 has the name, level 1 `type` and `remark` too, level 501 beside them `flags`.
---@see MS-SRVS SHARE_INFO_2
---@see Win32 SHARE_INFO_2, SHARE_INFO_501 (lmshare.h)
---@class rollcall.smb.share: rollcall.smb.row
---@field share? string  as `netname`
---@field netname? string  the name of the share
---@field type? integer  as in a connection
---@field remark? string  its comment
---@field permissions? integer  bits, of a server with share-level security
---@field max_uses? integer  0xFFFFFFFF: as many as like
---@field current_uses? integer  connections to it
---@field path? string  on the server
---@field passwd? string  of a server with share-level security
---@field flags? integer  SHI1005 flags, such as those of offline files and of DFS

---WKSTA_USER_INFO_1; of level 0 only `username` is there. An account that is logged on several times may be there as often.
---@class rollcall.smb.logon: rollcall.smb.row
---@field username? string  who is logged on
---@field logon_domain? string  the domain or computer whose account it is
---@field oth_domains? string  other domains, with blanks between them
---@field logon_server? string  the computer that checked the password

---What every query takes, by hand or as an iterator.
---@class rollcall.smb.query_options
---@field level? integer|"best"  "best": the richest that the server knows; default 1, of sessions and logons "best", of files 3
---@field prefmaxlen? integer  PreferedMaximumLength: bytes for the server to keep a page to, from 1 to 0xFFFFFFFF; default 65536
---@field resume_handle? integer  where an earlier enumeration stopped; default 0

---What is called while an enumeration runs.
---@class rollcall.smb.handler_options
---@field on_error? fun(failure: rollcall.failure)  gets each failure while the others go on; absent: the first is raised
---@field on_target? fun(outcome: rollcall.outcome)  gets the result for each server, after its last row; absent: nobody does
---@field on_wait? rollcall.on_wait  waits in place of rollcall; absent: the call blocks

---Which server is asked, and as whom.
---@class rollcall.smb.one_options: rollcall.smb.connect_options
---@field servername? string  a name or an address, with `\\` or without, with `:port` or without; absent: this computer

---Which servers are asked, as whom, and how many at once.
---@class rollcall.smb.many_options: rollcall.smb.connect_options, rollcall.smb.handler_options
---@field servername? string|table|fun(): string|table|nil  one, or a list, or an iterator, of names or tables of name and connect options; a wrong one of several fails alone; absent: this computer
---@field concurrency? integer  servers asked at the same time, from 1 to 1024, fewer where they answer faster than the processors keep up with; default 16

---@class rollcall.smb.connections_options: rollcall.smb.many_options, rollcall.smb.query_options
---@field qualifier? string  a share, or a computer as `\\computer`; absent: every share of the server in turn
---@field hidden? boolean  without a qualifier: also shares whose names end in `$`; default true

---@class rollcall.smb.sessions_options: rollcall.smb.many_options, rollcall.smb.query_options
---@field filter? rollcall.smb.session_filter  absent: every session

---@class rollcall.smb.files_options: rollcall.smb.many_options, rollcall.smb.query_options
---@field filter? rollcall.smb.file_filter  absent: every open file

---@class rollcall.smb.shares_options: rollcall.smb.many_options, rollcall.smb.query_options

---@class rollcall.smb.logons_options: rollcall.smb.many_options, rollcall.smb.query_options

---Which sessions: ClientName and UserName of NetrSessionEnum.
---@class rollcall.smb.session_filter
---@field client? string  from this computer, with `\\` or without; absent: from any
---@field username? string  of this user; absent: of any

---Which open files: BasePath and UserName of NetrFileEnum.
---@class rollcall.smb.file_filter
---@field basepath? string  in this folder of the server and those below it; absent: in any
---@field username? string  that this user has open; absent: that anybody has

---@class rollcall.smb.connection_page_options: rollcall.smb.one_options, rollcall.smb.query_options
---@field qualifier string  a share, or a computer as `\\computer`

---@class rollcall.smb.session_page_options: rollcall.smb.one_options, rollcall.smb.query_options
---@field filter? rollcall.smb.session_filter  absent: every session

---@class rollcall.smb.file_page_options: rollcall.smb.one_options, rollcall.smb.query_options
---@field filter? rollcall.smb.file_filter  absent: every open file

---@class rollcall.smb.share_page_options: rollcall.smb.one_options, rollcall.smb.query_options

---@class rollcall.smb.logon_page_options: rollcall.smb.one_options, rollcall.smb.query_options

---Checks what is given as `qualifier`: a share's name, or a computer's with two backslashes in front. Raises nothing.
---@param value any  what is given
---@return any checked  nil if it cannot be that
---@return string? expectation  what it must be
function smb.check_qualifier(value)
  local text, expectation = options.text(1024)(value)
  if text and not text:find("[^\\]") then return nil, "must be a share or \\\\computer" end
  return text, expectation
end

local handler_specification = { on_error = options.callable, on_target = options.callable, on_wait = options.callable }
local many_specification = options.merged(servers.connect_specification, handler_specification, {
  servername = servers.check,
  concurrency = options.integer(1, 1024),
})

---What each call takes: on a server handle, by hand, and over many servers.
local specifications = {}
for _, name in ipairs { "connections", "sessions", "files", "shares", "logons" } do
  local own = calls.specification(calls[name])
  if name == "connections" then own.qualifier = smb.check_qualifier end
  local walk = name == "connections" and { hidden = options.boolean } or {}
  specifications[name] = {
    page = own,
    one_page = options.merged(servers.connect_specification, own),
    handle = options.merged(own, walk, handler_specification),
    many = options.merged(many_specification, own, walk),
  }
end

-- Raised for the caller of the function that calls these.
local LEVEL = 3

---@return string? problem
local function with_qualifier(name, checked)
  if name ~= "connections" then return end
  if not checked.qualifier then return "qualifier is missing: a share, or \\\\computer" end
  checked.filter = { qualifier = checked.qualifier }
end

local function run(name, checked, next_server, server, began)
  local plan, tells_target = plans.of(name, checked)
  local step, state, control, closing = enumerate.run(plan, next_server, checked,
    { concurrency = checked.concurrency, server = server, began = began, tells_target = tells_target, on_wait = checked.on_wait })
  if name ~= "connections" and checked.filter then
    step = plans.only(calls[name], checked.filter, step)
  elseif tells_target then
    step = enumerate.without_collected(step)
  end
  return step, state, control, closing
end

---@param name? string  of the call; absent: the combined view
---@param given table
---@return table? checked
---@return string? problem
local function checked_many(name, given)
  local checked, problem = options.checked(given, name and specifications[name].many or many_specification)
  if not checked then return nil, problem end
  problem = name and calls.problem(calls[name], checked)
  if not problem and type(checked.servername or servers.LOCAL_COMPUTER) == "string" then problem = target.check_credentials(checked) end
  if problem then return nil, problem end
  return checked
end

local function check_many(caller, name, given)
  local checked = options.insist(caller, LEVEL, checked_many(name, given))
  return checked, servers.each(caller, checked.servername or servers.LOCAL_COMPUTER, checked)
end

---Checks the options of a call over many servers, and calls none. Raises nothing.
---@param name "connections"|"sessions"|"files"|"shares"|"logons"|"rollcall"  the function that they are for
---@param given table  its options
---@return string? problem  what is wrong with them; nil: nothing
function smb.problem(name, given)
  local _, problem = checked_many(name ~= "rollcall" and name or nil, given)
  return problem
end

local function page_of(handle, base, name, checked)
  local call = calls[name]
  local page = handle:page(calls.target(base, call, checked))
  if name == "connections" or not checked.filter then return page end
  local level = plans.keep_wanted(call, checked.filter, page)
  return level and page_of(handle, base, name, options.merged(checked, { level = level })) or page
end

local function one_page(caller, name, given)
  local checked = options.check(caller, given, specifications[name].one_page, LEVEL)
  options.insist(caller, LEVEL, checked, calls.problem(calls[name], checked) or with_qualifier(name, checked)
    or target.check_credentials(checked))
  local base = target.new(checked.servername or servers.LOCAL_COMPUTER, checked)
  return versions.closing(core.server(calls.target(base, calls[name], checked)), page_of, base, name, checked)
end

---The connections made to a share, or from a computer, of one server or of many; without a
---qualifier, to every share in turn.
---
---     for c in smb.connections { servername = "fs1", qualifier = "projects", username = "auditor", password = password } do
---       print(c.username, c.client)
---     end
---
---Rows come as they arrive, each with its `servername`. A `break` ends what is under way.
---
---Raises what is wrong with the options, as text, before any server is asked; then what is wrong with the name or the
---credentials of a server that an iterator or a list names, and a `rollcall.failure` for the first server that fails. With an
---`on_error`, that gets each failure, and nothing is raised for it.
---@see MS-SRVS 3.1.4.1 NetrConnectionEnum
---@see Win32 NetConnectionEnum (lmshare.h)
---@param given rollcall.smb.connections_options  where and what to ask
---@return fun(enumeration: userdata): rollcall.smb.connection?  gives the next row
---@return userdata enumeration  what it is called with; `close` ends what is under way
---@return nil
---@return userdata enumeration  to be closed by the loop
function smb.connections(given)
  local checked, next_server = check_many("smb.connections", "connections", given)
  return run("connections", checked, next_server)
end

---The sessions established on a server. Otherwise as `smb.connections`.
---
---Raises as `smb.connections` does.
---@see MS-SRVS 3.1.4.5 NetrSessionEnum
---@see Win32 NetSessionEnum (lmshare.h)
---@param given rollcall.smb.sessions_options  where and what to ask
---@return fun(enumeration: userdata): rollcall.smb.session?  gives the next row
---@return userdata enumeration  what it is called with; `close` ends what is under way
---@return nil
---@return userdata enumeration  to be closed by the loop
function smb.sessions(given)
  local checked, next_server = check_many("smb.sessions", "sessions", given)
  return run("sessions", checked, next_server)
end

---The files open on a server. Otherwise as `smb.connections`.
---
---Raises as `smb.connections` does.
---@see MS-SRVS 3.1.4.2 NetrFileEnum
---@see Win32 NetFileEnum (lmshare.h)
---@param given rollcall.smb.files_options  where and what to ask
---@return fun(enumeration: userdata): rollcall.smb.file?  gives the next row
---@return userdata enumeration  what it is called with; `close` ends what is under way
---@return nil
---@return userdata enumeration  to be closed by the loop
function smb.files(given)
  local checked, next_server = check_many("smb.files", "files", given)
  return run("files", checked, next_server)
end

---The shares of a server. Otherwise as `smb.connections`.
---
---Raises as `smb.connections` does.
---@see MS-SRVS 3.1.4.8 NetrShareEnum
---@see Win32 NetShareEnum (lmshare.h)
---@param given rollcall.smb.shares_options  where and what to ask
---@return fun(enumeration: userdata): rollcall.smb.share?  gives the next row
---@return userdata enumeration  what it is called with; `close` ends what is under way
---@return nil
---@return userdata enumeration  to be closed by the loop
function smb.shares(given)
  local checked, next_server = check_many("smb.shares", "shares", given)
  return run("shares", checked, next_server)
end

---The users logged on to a computer itself: at its console, over a remote desktop, or as a service. Otherwise as `smb.connections`.
---
---Raises as `smb.connections` does.
---@see MS-WKST 3.2.4.3 NetrWkstaUserEnum
---@see Win32 NetWkstaUserEnum (lmwksta.h)
---@param given rollcall.smb.logons_options  where and what to ask
---@return fun(enumeration: userdata): rollcall.smb.logon?  gives the next row
---@return userdata enumeration  what it is called with; `close` ends what is under way
---@return nil
---@return userdata enumeration  to be closed by the loop
function smb.logons(given)
  local checked, next_server = check_many("smb.logons", "logons", given)
  return run("logons", checked, next_server)
end

---The combined view: who is connected to what, from where, with what open, since when, idle for how long, as far as shares,
---connections, sessions and open files leave no other way. The rest is nil, and rows of files whose session is not certain.
---
---Raises as `smb.connections` does. A call that a server refuses is a failure, and the others are made all the same.
---@see MS-SRVS 3.1.4.1 NetrConnectionEnum, 3.1.4.2 NetrFileEnum, 3.1.4.5 NetrSessionEnum, 3.1.4.8 NetrShareEnum
---@param given rollcall.smb.many_options  where to ask
---@return fun(enumeration: userdata): rollcall.smb.access?  gives the next row
---@return userdata enumeration  what it is called with; `close` ends what is under way
---@return nil
---@return userdata enumeration  to be closed by the loop
function smb.rollcall(given)
  local checked, next_server = check_many("smb.rollcall", nil, given)
  local plan, ready = join.plan()
  local step, state, control, closing = enumerate.run(plan, next_server, join.handlers(checked, ready),
    { concurrency = checked.concurrency, tells_target = true, on_wait = checked.on_wait })
  return join.step(step, ready), state, control, closing
end

---One page of connections, by hand: the eight parameters of NetConnectionEnum.
---
---While `status` is `smb.ERROR_MORE_DATA`, another call with the page's `resume_handle` goes on.
---
---Raises what is wrong with the options, as text, and a `rollcall.failure` for any other status than success.
---@see MS-SRVS 3.1.4.1 NetrConnectionEnum
---@see Win32 NetConnectionEnum (lmshare.h)
---@param given rollcall.smb.connection_page_options  where and what to ask
---@return rollcall.smb.page<rollcall.smb.connection>  its entries are connections
function smb.connection_page(given)
  local page = one_page("smb.connection_page", "connections", given)
  return page
end

---One page of sessions, by hand.
---
---With a filter, `entries` holds what passes it; `entriesread` and `totalentries` are the server's numbers, of all that it read.
---
---Raises as `smb.connection_page` does.
---@see MS-SRVS 3.1.4.5 NetrSessionEnum
---@see Win32 NetSessionEnum (lmshare.h)
---@param given rollcall.smb.session_page_options  where and what to ask
---@return rollcall.smb.page<rollcall.smb.session>  its entries are sessions
function smb.session_page(given)
  local page = one_page("smb.session_page", "sessions", given)
  return page
end

---One page of open files, by hand; with a filter as `smb.session_page`.
---
---Raises as `smb.connection_page` does.
---@see MS-SRVS 3.1.4.2 NetrFileEnum
---@see Win32 NetFileEnum (lmshare.h)
---@param given rollcall.smb.file_page_options  where and what to ask
---@return rollcall.smb.page<rollcall.smb.file>  its entries are files
function smb.file_page(given)
  local page = one_page("smb.file_page", "files", given)
  return page
end

---One page of shares, by hand.
---
---Raises as `smb.connection_page` does.
---@see MS-SRVS 3.1.4.8 NetrShareEnum
---@see Win32 NetShareEnum (lmshare.h)
---@param given rollcall.smb.share_page_options  where to ask
---@return rollcall.smb.page<rollcall.smb.share>  its entries are shares
function smb.share_page(given)
  local page = one_page("smb.share_page", "shares", given)
  return page
end

---One page of logons, by hand.
---
---Raises as `smb.connection_page` does.
---@see MS-WKST 3.2.4.3 NetrWkstaUserEnum
---@param given rollcall.smb.logon_page_options  where and what to ask
---@return rollcall.smb.page<rollcall.smb.logon>  as the server gave it
function smb.logon_page(given)
  local page = one_page("smb.logon_page", "logons", given)
  return page
end

-- What a server can do is written down in meta/smb_server.lua, since most of it is made in a loop.
local server_methods = {}
local server_metatable = { __name = "rollcall.smb.server", __index = server_methods }

---Connects and logs on.
---
---Raises what is wrong with the options, as text, and a `rollcall.failure` if the server is not reached or refuses the credentials.
---@param given rollcall.smb.one_options  which server, and as whom
---@return rollcall.smb.server  to be closed, such as by `local server <close> = smb.server { ... }`
function smb.server(given)
  local caller = "smb.server"
  local checked = options.check(caller, given, servers.connect_specification, 2)
  options.insist(caller, 2, checked, target.check_credentials(checked))
  local its_target = target.new(checked.servername or servers.LOCAL_COMPUTER, checked)
  return setmetatable({ began = os.time(), handle = core.server(its_target), target = its_target }, server_metatable)
end

local page_names = {
  connections = "connection_page", sessions = "session_page", files = "file_page", shares = "share_page", logons = "logon_page",
}

for name, page_name in pairs(page_names) do
  server_methods[name] = function(self, given)
    local caller = "server:" .. name
    local checked = options.check(caller, given or {}, specifications[name].handle, 2)
    options.insist(caller, 2, checked, calls.problem(calls[name], checked))
    return run(name, checked, enumerate.once(self.target), self.handle, self.began)
  end

  server_methods[page_name] = function(self, given)
    local caller = "server:" .. page_name
    local checked = options.check(caller, given or {}, specifications[name].page, 2)
    options.insist(caller, 2, checked, calls.problem(calls[name], checked) or with_qualifier(name, checked))
    local page = page_of(self.handle, self.target, name, checked)
    return page
  end
end

function server_methods:close()
  self.handle:close()
end

server_metatable.__close = server_methods.close

function server_metatable:__tostring()
  return ("rollcall.smb.server: %s, %s"):format(self.target.servername, tostring(self.handle))
end

return smb
