--- What a Samba server says of itself: the JSON of `smbstatus --json`, as rows of connections, sessions, files and the combined view.
---
--- It needs somebody who is root there. What it says is more than what the server tells over the network: whose each connection
--- is, and by which dialect, encryption and signing.
local core = require "rollcall.smb.core"
local document = require "rollcall.smbstatus.document"
local input = require "rollcall.smbstatus.input"
local options = require "rollcall.internal.options"
local rows = require "rollcall.smbstatus.rows"
local settings = require "rollcall.smbstatus.settings"

---@class rollcall.smbstatus
local smbstatus = {}

---What the rows of a connection and of a session have of it.
---@class rollcall.smbstatus.protection
---@field address? string  the address of the client
---@field session_id? string  the session, by a number of the server's
---@field since? integer  when it began, in seconds since 1970; of a session not from Samba 4.17
---@field dialect? string  such as "SMB3_11"
---@field encryption? string  "none", "partial", "full", "anonymous": how many of its packets were encrypted
---@field encryption_cipher? string  such as "AES-128-GCM"; nil if nothing was encrypted
---@field signing? string  as `encryption`, of those that were not encrypted
---@field signing_cipher? string  such as "AES-128-GMAC"

---A connection to a share. `num_opens`, `num_users`, `type` and `netname` are always nil, and nothing is a placeholder.
---@class rollcall.smbstatus.connection: rollcall.smbstatus.protection
---@field servername string  the server, as you named it
---@field share? string  the share that the connection is to
---@field username? string  whose session it is over
---@field client? string  the computer
---@field id? integer  its number, unsigned, 32 bits
---@field time? integer  seconds since it was made, when the JSON was written

---A session of a user.
---@class rollcall.smbstatus.smb_session: rollcall.smbstatus.protection
---@field servername string  the server, as you named it
---@field username? string  nil also of a session that is not logged on yet
---@field client? string  the computer
---@field time? integer  seconds since it began, when the JSON was written; not from Samba 4.17

---A file that is open, once for each time that it is.
---@class rollcall.smbstatus.file
---@field servername string  the server, as you named it
---@field username? string  under whose uid it is open: with 'force user' not who opened it
---@field pathname? string  on the server, with slashes
---@field permissions? integer  1 read, 2 write, added up
---@field share? string  nil: not certain
---@field client? string  nil: not certain
---@field address? string  the address of the client; nil: not certain
---@field session_id? string  the session; nil: not certain
---@field share_file_id? string  its number in its smbd, up to 20 digits
---@field since? integer  when it was opened, in seconds since 1970
---@field time? integer  seconds since it was opened, when the JSON was written

---A connection; a session without one, or with files of which the connection is not certain; or files of which the session is not.
---@class rollcall.smbstatus.access: rollcall.smbstatus.protection
---@field servername string  the server, as you named it
---@field username? string  the user
---@field client? string  the computer
---@field share? string  nil: not certain
---@field open_files? integer  how many files are open over the connection, or of those in the session the ones in `files`; nil: not certain
---@field files? string[]  the paths of open files, on the server; each is in one row
---@field time? integer  seconds since the connection, or else the session, was made, when the JSON was written
---@field sources string  which of "connection", "session" and "file" the row is of, with "+" between them

---Which server, and where its JSON is. Takes `command` or `file`.
---@class rollcall.smbstatus.options
---@field server string  what the rows and the result call it
---@field command? string  of the shell, which prints the JSON, such as "ssh fs1 sudo smbstatus --json"; not on Windows; absent: `file`
---@field file? string  the path of the JSON; "-" is standard input; absent: `command`
---@field deadline? number  seconds for the command; default 120
---@field on_error? fun(failure: rollcall.failure)  gets each failure; absent: the first is raised
---@field on_target? fun(outcome: rollcall.outcome)  gets the result, after the last row; absent: nobody does
---@field on_wait? rollcall.on_wait  waits for the command in place of rollcall; absent: the call blocks

local section_names = { sessions = "sessions", tcons = "tcons", opens = "open_files" }

---What of the document is not there, or not as it should be.
---@param call rollcall.smbstatus.call
---@param found rollcall.smbstatus.document
---@return { stage: string, code: string, message: string }?
local function fault_of(call, found)
  for _, section in ipairs(call.sections) do
    if not found[section] and not found.claimed[section] then
      local message = "the JSON has no %s, as with options of smbstatus that leave it out; run it with --json alone"
      return { stage = "answer", code = "MISSING_SECTION", message = message:format(section_names[section]) }
    end
  end
  if found.problem then return { stage = "answer", code = "INVALID_ENTRY", message = found.problem } end
end

---@param checked rollcall.smbstatus.options
---@param call rollcall.smbstatus.call
---@return fun(): table? next_row
---@return rollcall.outcome
---@return rollcall.failure?
local function begin(checked, call)
  local outcome = { source = "smbstatus", target = checked.server, query = nil, completeness = "complete", claimed = 0, received = 0 }
  local found
  local content, fault = input.read(checked)
  if content then
    found, fault = document.read(content)
    if fault then fault.stage = "answer" end
  end
  content = nil -- luacheck: ignore
  local next_row, is_answered = function() end, false
  if found then
    fault = fault_of(call, found)
    for _, section in ipairs(call.kind == "access" and call.sections or { call.sections[1] }) do
      is_answered = is_answered or found[section] ~= nil
      outcome.claimed = outcome.claimed + (found.claimed[section] or 0)
      outcome.received = outcome.received + #(found[section] or {})
    end
    next_row = call.rows(found, checked.server)
  end
  if not fault then return next_row, outcome end
  outcome.completeness = is_answered and "partial" or "unreachable"
  outcome.reason = ("%s: %s (%s)"):format(fault.stage, fault.message, fault.code)
  fault.source, fault.target = "smbstatus", checked.server
  return next_row, outcome, core.failure(fault)
end

local function run(name, given)
  local caller = "smbstatus." .. name
  local checked = options.check(caller, given, settings.specification, 3)
  options.insist(caller, 3, checked, (settings.problem(checked)))
  local call, next_row, outcome, is_over = rows.calls[name], nil, nil, false
  local function step()
    if is_over then return nil end
    if not next_row then
      local failure
      next_row, outcome, failure = begin(checked, call)
      if failure and not checked.on_error then
        is_over = true
        error(failure, 0)
      end
      if failure then checked.on_error(failure) end
    end
    local row = not is_over and next_row() or nil
    if row then return row end
    if not is_over and checked.on_target then checked.on_target(outcome) end
    is_over = true
  end
  local function close() is_over, next_row = true, function() end end
  local state = setmetatable({ close = close }, { __name = "rollcall.smbstatus.reading", __close = close })
  return step, state, nil, state
end

---The connections to the shares of a Samba server, each with its user.
---
---     for c in smbstatus.connections { server = "fs1", command = "ssh fs1 sudo smbstatus --json" } do
---       print(c.username, c.share, c.client, c.encryption)
---     end
---
---The command, or the file, is read at the first row; at most 128 MiB of it. Raises what is wrong with the options, as text, and a
---`rollcall.failure` where the command fails, or what it prints is no such JSON, or a part of it. With an `on_error`, that
---gets it, nothing is raised, and the rows come that there are.
---@see Samba smbstatus(1), --json
---@param given rollcall.smbstatus.options  which server, and where its JSON is
---@return fun(state: table): rollcall.smbstatus.connection?  gives the next row
---@return table state  what it is called with; `close` ends it
---@return nil
---@return table state  to be closed by the loop
function smbstatus.connections(given)
  local step, state, control, closing = run("connections", given)
  return step, state, control, closing
end

---The sessions on a Samba server. Otherwise as `smbstatus.connections`.
---
---Raises as `smbstatus.connections` does.
---@see Samba smbstatus(1), --json
---@param given rollcall.smbstatus.options  which server, and where its JSON is
---@return fun(state: table): rollcall.smbstatus.smb_session?  gives the next row
---@return table state  what it is called with; `close` ends it
---@return nil
---@return table state  to be closed by the loop
function smbstatus.sessions(given)
  local step, state, control, closing = run("sessions", given)
  return step, state, control, closing
end

---The files open on a Samba server. Otherwise as `smbstatus.connections`.
---
---Raises as `smbstatus.connections` does.
---@see Samba smbstatus(1), --json
---@param given rollcall.smbstatus.options  which server, and where its JSON is
---@return fun(state: table): rollcall.smbstatus.file?  gives the next row
---@return table state  what it is called with; `close` ends it
---@return nil
---@return table state  to be closed by the loop
function smbstatus.files(given)
  local step, state, control, closing = run("files", given)
  return step, state, control, closing
end

---The combined view of a Samba server: who is connected to what, from where, with what open. Files are with a connection or a
---session where the JSON leaves one way; otherwise as `smbstatus.connections`.
---
---Raises as `smbstatus.connections` does.
---@see Samba smbstatus(1), --json
---@param given rollcall.smbstatus.options  which server, and where its JSON is
---@return fun(state: table): rollcall.smbstatus.access?  gives the next row
---@return table state  what it is called with; `close` ends it
---@return nil
---@return table state  to be closed by the loop
function smbstatus.rollcall(given)
  local step, state, control, closing = run("rollcall", given)
  return step, state, control, closing
end

return smbstatus
