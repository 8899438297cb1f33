--- Ends sessions and closes open files of SMB servers, and ends sessions of Huawei Cloud Workspace.
---
--- Nothing else of rollcall loads this module or its libraries, so a program that only looks has nothing loaded that can act.
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
local ways = require "rollcall.closing.smb"

---@class rollcall.closing
local closing = {}

---What every function for SMB takes besides the server and the credentials.
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

---A session of Huawei Cloud Workspace to end.
---@class rollcall.closing.workspace_session
---@field id string  as a row's `id`
---@field user_name string  whose sessions are looked through, as `client:sessions` takes it and gives it beside a row
---@field login_user? string  as a row's; nothing is done where it is another's; absent: whoever it is
---@field start_time? string  as a row's; nothing is done where it began at another time; absent: whenever it began

---@class rollcall.closing.logoff_options
---@field session rollcall.closing.workspace_session  which
---@field message? string  what the client shows, at most 255 bytes; absent: the service sends none
---@field title? string  of that, at most 255 bytes; absent: the service sends none
---@field message_type? integer  how serious it looks, from 0 (info) to 2; default 0
---@field delay_time? integer  seconds until the service ends the session, from 0 to 86400; default 0
---@field reason? string  why; for the audit, and nowhere else; absent: none is noted
---@field audit? string  a file that gets a line before the act and one after it; absent: nothing is written
---@field wait? number  seconds after `delay_time` in which the service may list it still, before it counts as `present`; default 30

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

local noted = { reason = options.text(4096), audit = options.text(4096), wait = options.seconds }
local common = options.merged(servers.connect_specification, noted)

local specifications = {
  session = options.merged(common, {
    session = part({ client = computer, username = name, since = times }, { "client", "username" }),
  }),
  file = options.merged(common, {
    file = part({ id = options.integer(0, 0xFFFFFFFF), pathname = options.text(65536), username = options.text(1024, 0) }, { "id" }),
  }),
}

local logoff_specification = options.merged(noted, {
  session = part({ id = options.text(64), user_name = options.text(1024), login_user = name, start_time = options.text(64) },
    { "id", "user_name" }),
  message = options.text(255), title = options.text(255), message_type = options.integer(0, 2),
  delay_time = options.integer(0, 86400),
})

local of_closing = { session = true, file = true, reason = true, audit = true, wait = true }

---@return rollcall.closing.audit?
local function audit_of(caller, path)
  if not path then return nil end
  local opened, problem = audit.open(path)
  if not opened then error(("%s: the audit cannot be written: %s"):format(caller, problem), 0) end
  return opened
end

local function close(caller, kind, given)
  local checked = options.check(caller, given, specifications[kind], 3)
  options.insist(caller, 3, checked, not checked[kind] and kind .. " is missing" or target.check_credentials(checked))
  local connect = {}
  for option, value in pairs(checked) do
    if not of_closing[option] then connect[option] = value end
  end
  local its_audit <close> = audit_of(caller, checked.audit)
  local server <close> = smb.server(connect)
  local wanted = options.merged(checked[kind], { kind = kind, servername = server.target.servername })
  return (act.close(ways[kind], server, wanted, { reason = checked.reason, audit = its_audit, wait = checked.wait }))
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

---Ends a session of Huawei Cloud Workspace. What the user had not saved is lost.
---
---     local result = closing.logoff(client, {
---       session = { id = row.id, user_name = user_name, start_time = row.start_time },
---       reason = "left the company", audit = "/var/log/rollcall/closed.jsonl",
---     })
---
---It is a function of this module, not of the client, so that `rollcall.workspace` loads nothing that can act. The service is asked once
---and never again: where its answer is lost, `result` says whether the session is still there.
---
---Raises what is wrong with the options, as text, and that the audit cannot be written, before anything is done where that is known then.
---@see Huawei Cloud Workspace, 'Logging Out of a Session': POST /v1/{project_id}/session/logoff
---@param client rollcall.workspace.client  of `workspace.client`
---@param given rollcall.closing.logoff_options  which, and why
---@return rollcall.closing.result  whether it is closed now
function closing.logoff(client, given)
  local caller = "closing.logoff"
  local checked = options.check(caller, given, logoff_specification, 2)
  local query = type(client) == "table" and client.query ---@diagnostic disable-line: invisible
  options.insist(caller, 2, checked, not query and "client must be a client of rollcall.workspace"
    or not checked.session and "session is missing" or nil)
  local its_audit <close> = audit_of(caller, checked.audit)
  local wanted = options.merged(checked.session, {
    kind = "workspace_session", servername = client:host(), project_id = query.project_id,
  })
  local result = act.close(require "rollcall.closing.workspace", client, wanted, options.merged(checked, { audit = its_audit }))
  return result
end

return closing
