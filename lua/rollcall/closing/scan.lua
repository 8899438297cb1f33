--- What is there of sessions and files that are to be closed: a new listing, and whether it still has the same.
local beginning = require "rollcall.internal.beginning"
local names = require "rollcall.smb.names"

local scan = {}

---What is to be closed: all sessions of a user from a computer, since the call knows no finer, or one open file.
---@class rollcall.closing.wanted
---@field kind "session"|"file"|"workspace_session"  what it is
---@field servername string  the server, as you named it; of Workspace the host
---@field username? string  the user
---@field client? string  of a session: the computer
---@field since? integer[]  when each of the sessions began, in seconds since 1970; absent: whichever are there
---@field id? integer|string  of a file: its number, unsigned, 32 bits; of a Workspace session: its `id`
---@field pathname? string  of a file; absent: whichever it is
---@field project_id? string  of a Workspace session
---@field user_name? string  likewise: the user who was asked about
---@field login_user? string  likewise; absent: whoever it is
---@field start_time? string  likewise; absent: whenever it began

---A listing, as far as it is about what is wanted.
---@class rollcall.closing.seen
---@field rows table[]  those that the call would close
---@field neighbours table[]  other sessions from the same computer
---@field own? string  why the call might end the logon that it is made by

---@param row table
---@return integer?
local function since_of(row)
  return row.time and os.time() - row.time
end

local function is_pipe(pathname)
  return names.path(pathname):find "[\\]srvsvc$" ~= nil or names.path(pathname):find "[\\]wkssvc$" ~= nil
end

local listings = { session = { call = "sessions", level = "best" }, file = { call = "files", level = 3 } }

---Calls a function for each row. Raises that some are missing.
---@param server rollcall.smb.server
---@param kind "session"|"file"
---@param filter? table  as of `smb.sessions` and `smb.files`
---@param take fun(row: table)
function scan.each(server, kind, filter, take)
  local listing, outcome = listings[kind], nil
  filter = filter and next(filter) and filter or nil
  local function note(its) outcome = its end
  for row in server[listing.call](server, { level = listing.level, filter = filter, on_target = note }) do
    row.since = since_of(row)
    take(row)
  end
  if outcome.completeness ~= "complete" then error(outcome.reason or outcome.completeness, 0) end
end

---Whether a session may be the logon that the listing came over: of the same user, or of anybody where a ticket does not say whose it
---is; and begun as late. Whether a file may be the pipe that it came over.
---@param server rollcall.smb.server
---@param kind "session"|"file"
---@param row table
---@return boolean
function scan.may_be_own(server, kind, row)
  local own = server.target.username
  if own ~= "" and names.key(own) ~= names.key(row.username) then return false end
  if kind == "file" then return is_pipe(row.pathname or "") end
  return not row.since or row.since >= server.began or beginning.is_near(row.since, server.began)
end

local function own_problem(server, wanted, own_rows)
  local own = server.target.username
  for _, row in ipairs(own_rows) do
    if names.key(row.client) == names.key(wanted.client) and names.key(row.username) == names.key(wanted.username) then
      return "the sessions of this user from this computer include rollcall's own logon; use other credentials, or another computer"
    end
  end
  if own ~= "" and names.key(own) == names.key(wanted.username) and #own_rows == 0 then
    return "the server does not list rollcall's own logon, which is by the same user and might be ended too; use other credentials"
  end
end

local scans = {}

---@param server rollcall.smb.server
---@param wanted rollcall.closing.wanted
---@return rollcall.closing.seen
function scans.session(server, wanted)
  local seen, own_rows = { rows = {}, neighbours = {} }, {}
  scan.each(server, "session", nil, function(row)
    if not (row.username and row.client) then error("the server does not say whose its sessions are, or from where", 0) end
    if scan.may_be_own(server, "session", row) then own_rows[#own_rows + 1] = row end
    if names.key(row.client) == names.key(wanted.client) then
      local is_wanted = names.key(row.username) == names.key(wanted.username)
      table.insert(is_wanted and seen.rows or seen.neighbours, row)
    end
  end)
  seen.own = own_problem(server, wanted, own_rows)
  return seen
end

---@param server rollcall.smb.server
---@param wanted rollcall.closing.wanted
---@return rollcall.closing.seen
function scans.file(server, wanted)
  local seen = { rows = {}, neighbours = {} }
  scan.each(server, "file", nil, function(row)
    if row.id == wanted.id then
      seen.rows[#seen.rows + 1] = row
      if scan.may_be_own(server, "file", row) then
        seen.own = "this is the pipe that rollcall itself asks over, or may be"
      end
    end
  end)
  return seen
end

---Looks anew. Raises what keeps from it, or from seeing all that is there.
---@param server rollcall.smb.server
---@param wanted rollcall.closing.wanted
---@return rollcall.closing.seen
function scan.look(server, wanted)
  return scans[wanted.kind](server, wanted)
end

---Whether one of several sessions began at that time, as far as listings agree.
---@param list integer[]
---@param since integer
---@return boolean
function scan.has(list, since)
  for _, one in ipairs(list) do
    if beginning.is_near(one, since) then return true end
  end
  return false
end

---The rows whose beginning is none of those that were wanted, each of which stands for one row.
local function others(rows, since)
  local left, unmatched = table.move(since, 1, #since, 1, {}), {}
  for _, row in ipairs(rows) do
    local found
    for i, one in ipairs(left) do found = found or beginning.is_near(one, row.since) and i end
    if found then table.remove(left, found) else unmatched[#unmatched + 1] = row end
  end
  return unmatched
end

local function at(since)
  return since and os.date("!%Y-%m-%dT%H:%M:%SZ", since) or "an unknown time"
end

local problems = {}

function problems.session(wanted, seen)
  if not wanted.since then return end
  local other = others(seen.rows, wanted.since)[1]
  if not other then return end
  return ("there is a session of the same user and computer that began at %s, which the call would end too"):format(at(other.since))
end

function problems.file(wanted, seen)
  local row = seen.rows[1]
  if wanted.pathname and wanted.pathname ~= row.pathname then return "the id is now that of another file: " .. (row.pathname or "?") end
  if wanted.username and names.key(wanted.username) ~= names.key(row.username) then
    return ("the id is now that of a file of another user: %s"):format(row.username or "?")
  end
end

---What is no longer as it was shown.
---@param wanted rollcall.closing.wanted
---@param seen rollcall.closing.seen  with rows
---@return string? problem
function scan.change(wanted, seen)
  return problems[wanted.kind](wanted, seen)
end

---What is wanted, as it was found.
---@param wanted rollcall.closing.wanted
---@param seen rollcall.closing.seen  with rows
---@return rollcall.closing.wanted
function scan.found(wanted, seen)
  local row = seen.rows[1]
  if wanted.kind == "file" then
    return { kind = "file", servername = wanted.servername, id = row.id, pathname = row.pathname, username = row.username }
  end
  local found = { kind = "session", servername = wanted.servername, client = row.client, username = row.username, since = {} }
  for _, one in ipairs(seen.rows) do found.since[#found.since + 1] = one.since end
  return found
end

---Those of `before` that are still there.
---@param wanted rollcall.closing.wanted
---@param before rollcall.closing.seen
---@param after rollcall.closing.seen
---@return table[]
function scan.remaining(wanted, before, after)
  if wanted.kind == "file" then
    local row, its = before.rows[1], after.rows[1]
    return its and its.pathname == row.pathname and its.username == row.username and after.rows or {}
  end
  local since, unknown = {}, false
  for _, row in ipairs(before.rows) do
    if row.since then since[#since + 1] = row.since else unknown = true end
  end
  if unknown then return after.rows end
  local new, is_new = others(after.rows, since), {}
  for _, row in ipairs(new) do is_new[row] = true end
  local remaining = {}
  for _, row in ipairs(after.rows) do
    if not is_new[row] then remaining[#remaining + 1] = row end
  end
  return remaining
end

---The users whose sessions from the same computer are gone as well.
---@param before rollcall.closing.seen
---@param after rollcall.closing.seen
---@return string[]
function scan.also_gone(before, after)
  local count, users = {}, {}
  for _, row in ipairs(after.neighbours) do
    local key = names.key(row.username)
    count[key] = (count[key] or 0) + 1
  end
  for _, row in ipairs(before.neighbours) do
    local key = names.key(row.username)
    count[key] = (count[key] or 0) - 1
    if count[key] == -1 then users[#users + 1] = row.username end
  end
  return users
end

return scan
