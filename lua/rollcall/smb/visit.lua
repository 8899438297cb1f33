--- A visit to one server: one call or several over one pipe, the result, and whether it was
-- all there is. 'Nobody is connected' and 'the query failed' are different answers; this is where
-- they part.
local memory = require "rollcall.internal.memory"
local text = require "rollcall.internal.text"

local visit = {}

---The result for a target, as `on_target` gets it and the outputs show it.
---@class rollcall.outcome
---@field source "smb"|"smbstatus"|"workspace"|"snapshot"|"rows"|"test"  what the target is; "test" in tests of a policy
---@field target string  the server, as the caller named it; the region or endpoint, the path of a snapshot, the kind of rows
---@field query? string  of an inventory or a snapshot: the kind of the rows that were asked for
---@field qualifier? string  of connections: the share, or the computer as `\\computer`, that was asked about; absent: every share
---@field project_id? string  of "workspace": the project
---@field users? string[]  of "workspace": the users asked about; absent: all
---@field completeness "complete"|"partial"|"denied"|"unreachable"|"placeholder"  placeholder: the server filled in words of its own for what it does not know
---@field claimed? integer  entries that the server said there are; of "workspace" the users asked about
---@field received? integer  entries that were received; of "workspace" the users about whom it answered
---@field logon? { username: string, seconds: integer }  as whom it was asked, and for how many seconds so far; nil of a Kerberos ticket, whose name is not known
---@field connections? table<string, integer>  of a combined view whose server gave placeholders: how many connections each share has
---@field reason? string  why it is not complete

---@class rollcall.smb.visit
---@field server rollcall.smb.core.target
---@field began integer  when the first logon was made, in seconds since 1970
---@field upcoming (fun(): rollcall.smb.core.target?)  gives what to ask next, when the last call has ended
---@field claimed integer
---@field received integer
---@field placeholders integer
---@field answered integer  how many calls succeeded, of those whose entries the caller wanted
---@field failures rollcall.failure[]
---@field is_full boolean  its entries took more memory than there is
---@field private kept number  what its entries take that are kept until the last has come, in KiB
---@field private together { kept: number }  of it and all others that are under way
local methods = {}
local metatable = { __index = methods }

-- Where nothing was received: a server that was not reached, and one that would not have us.
local unreachable_stages = { worker = true, resolve = true, connect = true }
local ERROR_ACCESS_DENIED, ERROR_SEM_TIMEOUT, ERROR_NETNAME_DELETED = 5, 121, 64

---@param server rollcall.smb.core.target|rollcall.smb.misnamed
---@param began integer
---@param together { kept: number }
---@return rollcall.smb.visit
function visit.new(server, began, together)
  return setmetatable({
    server = server, began = began, claimed = 0, received = 0, placeholders = 0, answered = 0, failures = {},
    is_full = false, kept = 0, together = together,
  }, metatable)
end

-- What an entry takes besides its path, in KiB: itself, what is known to belong to it, and the row that it becomes.
local ENTRY = 1

---Takes note of an entry that is kept.
---@return string? problem  there is no room for more
function methods:keep(row)
  local size = ENTRY + 2 * #(row.pathname or row.path or "") / 1024
  self.kept, self.together.kept = self.kept + size, self.together.kept + size
  self.is_full = self.together.kept > memory.LIMIT
  if not self.is_full then return nil end
  return ("what has to be kept of the servers that are asked at the same time takes more memory than %s: ask fewer at once, "
    .. "or list sessions and files by themselves"):format(memory.said())
end

---Nothing is kept of it from now on.
function methods:let_go()
  self.together.kept = self.together.kept - self.kept
  self.kept = 0
end

---Takes note of how a call has ended.
---@param outcome rollcall.smb.core.outcome
---@param counted boolean  whether its entries are what the caller wanted
function methods:note(outcome, counted)
  if outcome.failure then self.failures[#self.failures + 1] = outcome.failure end
  if counted then
    self.answered = self.answered + (outcome.failure and 0 or 1)
    self.claimed = self.claimed + (outcome.claimed or 0)
    self.received = self.received + outcome.received
    self.placeholders = self.placeholders + outcome.placeholders
  end
end

---@return string completeness
---@return string? reason
function methods:judge()
  local failure = self.failures[1]
  if not failure then
    if self.received < self.claimed then
      return "partial", ("the server claimed %s, and gave %d"):format(text.count(self.claimed, "entry", "entries"), self.received)
    end
    if self.placeholders > 0 then
      return "placeholder", "the server does not say users, clients and times of connections"
    end
    return "complete"
  end
  local reason = ("%s: %s (%s %d)"):format(failure.stage, failure.message, failure.name, failure.code)
  if self.answered > 0 or self.received > 0 then return "partial", reason end
  if failure.code == ERROR_ACCESS_DENIED or failure.stage == "logon" then return "denied", reason end
  if unreachable_stages[failure.stage] or failure.code == ERROR_SEM_TIMEOUT or failure.code == ERROR_NETNAME_DELETED then
    return "unreachable", reason
  end
  return "partial", reason
end

---@return { username: string, seconds: integer }?
local function logon_of(server, began)
  if server.username == "" then return nil end
  local username = server.domain ~= "" and server.domain .. "\\" .. server.username or server.username
  return { username = username, seconds = math.max(0, os.time() - began) }
end

---@param qualifier? string  what the server was asked about; nil: all
---@return rollcall.outcome
function methods:outcome(qualifier)
  local completeness, reason = self:judge()
  return {
    source = "smb",
    target = self.server.servername,
    qualifier = qualifier,
    completeness = completeness,
    claimed = self.claimed,
    received = self.received,
    logon = logon_of(self.server, self.began),
    connections = self.connections,
    reason = reason,
  }
end

return visit
