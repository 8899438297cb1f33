--- Ends sessions and closes open files of SMB servers.
---
--- Nothing else of rollcall loads this module or its library, so a program that only looks has nothing loaded that can act.
--- The server is listed anew right before each act, and nothing is done where that no longer shows what was meant; it is listed once
--- more afterwards, and `result` says what that showed:
---
--- - `closed`: it is no longer there;
--- - `absent`: it had ended before anything was done;
--- - `changed`: something else is there by now, and was left alone;
--- - `own`: it is rollcall's own logon or may be, and was left alone;
--- - `present`: the server was asked to close it, and still lists it;
--- - `failed`: it was not closed, or could not be looked for;
--- - `unverified`: the server was asked to close it, and could not be listed afterwards.
local act = require "rollcall.closing.act"
local audit = require "rollcall.closing.audit"
local options = require "rollcall.internal.options"
local servers = require "rollcall.smb.servers"
local smb = require "rollcall.smb"
local target = require "rollcall.smb.target"

---@class rollcall.closing
local closing = {}

---What every function takes besides the server and the credentials.
---@class rollcall.closing.options: rollcall.smb.one_options
---@field reason? string  why; for the audit, and nowhere else; absent: none is noted
---@field audit? string  a file that gets a line before the act and one after it; absent: nothing is written
---@field wait? number  seconds after which what the server still lists counts as `present`; default 5

---@class rollcall.closing.session_options: rollcall.closing.options
---@field session rollcall.closing.session  which

---@class rollcall.closing.file_options: rollcall.closing.options
---@field file rollcall.closing.file  which

---Sessions to end: the call knows no finer than all those of a user from a computer.
---@class rollcall.closing.session
---@field client string  the computer, as a row's `client`
---@field username string  the user, as a row's
---@field since? integer|integer[]  when it began, or each of them, in seconds since 1970: `os.time() - row.time` as the row arrives; nothing is done to others; absent: whichever are there

---A file to close.
---@class rollcall.closing.file
---@field id integer  a row's; servers use ids again
---@field pathname? string  as a row's; nothing is done where the id is another's; absent: whichever it is
---@field username? string  likewise

local name = options.text(1024)
local number = options.integer(0, 2 ^ 53 | 0)

---@type rollcall.options.check
local function computer(value)
  local text, expectation = name(value)
  if not text then return nil, expectation end
  local bare = text:gsub("^\\\\", "")
  if bare == "" then return nil, "must be a computer" end
  return bare
end

---@type rollcall.options.check
local function times(value)
  if type(value) ~= "table" then value = { value } end
  local list = {}
  for i, one in ipairs(value) do
    local checked, expectation = number(one)
    if not checked then return nil, expectation end
    list[i] = checked
  end
  return list
end

---@param specification table<string, rollcall.options.check>
---@param needed string[]
---@return rollcall.options.check
local function part(specification, needed)
  return function(value)
    local checked, problem = options.checked(value, specification)
    if not checked then return nil, "is wrong: " .. problem end
    for _, field in ipairs(needed) do
      if checked[field] == nil then return nil, ("is wrong: %s is missing"):format(field) end
    end
    return checked
  end
end

local common = options.merged(servers.connect_specification, {
  reason = options.text(4096), audit = options.text(4096), wait = options.seconds,
})

local specifications = {
  session = options.merged(common, {
    session = part({ client = computer, username = name, since = times }, { "client", "username" }),
  }),
  file = options.merged(common, {
    file = part({ id = options.integer(0, 0xFFFFFFFF), pathname = options.text(65536), username = options.text(1024, 0) }, { "id" }),
  }),
}

local of_closing = { session = true, file = true, reason = true, audit = true, wait = true }

local function close(caller, kind, given)
  local checked = options.check(caller, given, specifications[kind], 3)
  options.insist(caller, 3, checked, not checked[kind] and kind .. " is missing" or target.check_credentials(checked))
  local connect = {}
  for option, value in pairs(checked) do
    if not of_closing[option] then connect[option] = value end
  end
  local its_audit, problem
  if checked.audit then
    its_audit, problem = audit.open(checked.audit)
    if not its_audit then error(("%s: the audit cannot be written: %s"):format(caller, problem), 0) end
  end
  local _ <close> = its_audit
  local server <close> = smb.server(connect)
  local wanted = options.merged(checked[kind], { kind = kind, servername = server.target.servername })
  return (act.close(server, wanted, { reason = checked.reason, audit = its_audit, wait = checked.wait }))
end

---Ends the sessions of a user from a computer.
---
---     local result = closing.close_session {
---       servername = "fs1", username = "admin", password = password,
---       session = { client = row.client, username = row.username, since = os.time() - row.time },
---       reason = "left the company", audit = "/var/log/rollcall/closed.jsonl",
---     }
---     if result.result ~= "closed" then print(result.result, result.detail) end
---
---What a user had not saved is lost. A Samba ends the process that serves the connection, with the sessions of other users over it;
---`also_gone` names those. A client may connect again at once, which `detail` says.
---
---Raises what is wrong with the options, as text; a `rollcall.failure` if the server is not reached or refuses the credentials; and
---that the audit cannot be written, before anything is done where that is known then.
---@see MS-SRVS 3.1.4.6 NetrSessionDel
---@see Win32 NetSessionDel (lmshare.h)
---@param given rollcall.closing.session_options  where, as whom, and which
---@return rollcall.closing.result  whether it is closed now
function closing.close_session(given)
  local result = close("closing.close_session", "session", given)
  return result
end

---Closes an open file, whoever has it open. The program that has it open is not asked, and what it had not written is lost.
---
---Raises as `closing.close_session` does.
---@see MS-SRVS 3.1.4.4 NetrFileClose
---@see Win32 NetFileClose (lmshare.h)
---@param given rollcall.closing.file_options  where, as whom, and which
---@return rollcall.closing.result  whether it is closed now
function closing.close_file(given)
  local result = close("closing.close_file", "file", given)
  return result
end

return closing
