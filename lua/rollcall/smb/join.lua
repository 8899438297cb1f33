--- The joined listing of a server: shares, sessions, open files and connections as rows of who is
-- connected to what.
--
-- Sessions and files are kept for as long as the server is visited, connections never: each becomes
-- a row as it comes. Where the server gives placeholders for connections, as Samba does, rows come
-- from the sessions and the files alone, and say so in `told_by`.
local calls = require "rollcall.smb.calls"
local plans = require "rollcall.smb.plans"

local join = {}

---@class rollcall.smb.presence
---@field servername string
---@field username? string
---@field client? string  the computer, without backslashes
---@field share? string  nil: connected to the server; to which share was not told
---@field open_files? integer  how many files are open: over the connection; else the user's in the share; else in the session
---@field files? string[]  the user's open files in the share, on the server. The protocol does not say over which of a user's connections a file is open.
---@field time? integer  seconds since the connection was made, or if that was not told, the session
---@field idle_time? integer  seconds since the session was last used
---@field told_by string  which of "connection", "session" and "file" told this, with "+" between them

---A name as another call of the same server may have written it.
local function key(name)
  return name and name:gsub("^.*\\", ""):lower() or ""
end

---The table at a name, made if it is not there.
local function table_at(map, name)
  local found = map[name]
  if not found then
    found = {}
    map[name] = found
  end
  return found
end

---A path as another call may have written it: Samba answers `C:\tmp\x` for a share and `/tmp/x/y`,
---or `C:\tmp\x\y`, for a file in it.
local function path_key(path)
  return (path:gsub("\\", "/"):gsub("^%a:", ""):gsub("/+$", "")):lower()
end

---The share whose folder holds a file; of two, the deeper one.
local function share_of(visit, pathname)
  local folder = path_key(pathname)
  while folder ~= "" do
    if visit.share_at[folder] then return visit.share_at[folder] end
    folder = folder:match("^(.*)/") or ""
  end
end

local collectors = {
  shares = function(visit)
    visit.shares, visit.share_at = {}, {}
    return function(row)
      if not row.share then return end
      table.insert(visit.shares, row.share)
      -- An administrative share of a whole drive holds every file; that tells nothing.
      if row.path and not row.share:find("%$$") then visit.share_at[path_key(row.path)] = row.share end
    end
  end,
  sessions = function(visit)
    visit.sessions, visit.sessions_of = {}, {}
    return function(row)
      table.insert(visit.sessions, row)
      table.insert(table_at(visit.sessions_of, key(row.username) .. "@" .. key(row.client)), row)
    end
  end,
  files = function(visit)
    visit.files_of = {}
    return function(row)
      local share = row.username and row.pathname and share_of(visit, row.pathname)
      if not share then return end
      table.insert(table_at(table_at(visit.files_of, key(row.username)), share), row.pathname)
    end
  end,
}

-- What is asked of a server, in this order; then come the connections to each share.
local first_calls = { "shares", "sessions", "files" }

local function ask_first(visit, position)
  local name = first_calls[position]
  local asked = calls.target(visit.server, calls[name], { level = "best" })
  asked.position = position
  asked.counted = name ~= "shares"
  asked.collect = collectors[name](visit)
  return asked
end

local function ask_connections(visit, share)
  local asked = calls.target(visit.server, calls.connections, { level = 1 }, { qualifier = share })
  asked.position = #first_calls + 1
  asked.share_asked = share
  asked.counted = true
  return asked
end

---The least of what the sessions say, nil if none of them does: of two sessions of a user from one
---computer, nothing tells which the connection belongs to, so what holds for the livelier one.
local function least(sessions, field)
  local result
  for _, session in ipairs(sessions or {}) do
    if session[field] and (not result or session[field] < result) then result = session[field] end
  end
  return result
end

---@return rollcall.smb.presence
local function joined_connection(visit, row)
  local sessions = visit.sessions_of[key(row.username) .. "@" .. key(row.client)]
  local files = (visit.files_of[key(row.username)] or {})[row.share]
  for _, session in ipairs(sessions or {}) do visit.seen[session] = true end
  return {
    servername = row.servername, username = row.username, client = row.client, share = row.share,
    open_files = row.num_opens, files = files,
    time = row.time, idle_time = least(sessions, "idle_time"),
    told_by = "connection" .. (sessions and "+session" or "") .. (files and "+file" or ""),
  }
end

local function joined_session(session, share, files)
  return {
    servername = session.servername, username = session.username, client = session.client, share = share,
    open_files = files and #files or session.num_opens, files = files,
    time = session.time, idle_time = session.idle_time,
    told_by = "session" .. (files and "+file" or ""),
  }
end

---A session that no connection told of: a row for each share that its user has files open in, or
---one without a share.
local function add_session(visit, session, ready)
  local files_of = visit.files_of[key(session.username)]
  if not files_of then
    ready[#ready + 1] = joined_session(session)
    return
  end
  for share, files in pairs(files_of) do
    ready[#ready + 1] = joined_session(session, share, files)
  end
end

local function count_connection(visit, share)
  visit.connections = visit.connections or {}
  visit.connections[share] = (visit.connections[share] or 0) + 1
end

---Makes the handlers tell what came of a server only after its last row.
---@param handlers rollcall.smb.handlers
---@param ready table
---@return rollcall.smb.handlers
function join.handlers(handlers, ready)
  return {
    on_error = handlers.on_error,
    on_target = handlers.on_target and function(outcome)
      ready[#ready + 1] = { tell = function() handlers.on_target(outcome) end }
    end,
  }
end

---@return rollcall.smb.plan plan
---@return table ready  rows that wait to be given
function join.plan()
  local ready = {}
  return {
    begin = function(visit)
      visit.seen = {}
      -- What a call that fails leaves empty.
      visit.shares, visit.share_at, visit.sessions, visit.sessions_of, visit.files_of = {}, {}, {}, {}, {}
      return ask_first(visit, 1)
    end,
    follow = function(visit, ended, outcome)
      if first_calls[ended.position + 1] then return ask_first(visit, ended.position + 1) end
      if ended.share_asked and plans.is_denied(outcome) then return nil end
      visit.shares_asked = (visit.shares_asked or 0) + 1
      local share = visit.shares[visit.shares_asked]
      return share and ask_connections(visit, share)
    end,
    finish = function(visit)
      for _, session in ipairs(visit.sessions) do
        if not visit.seen[session] then add_session(visit, session, ready) end
      end
    end,
  }, ready
end

---The iterator over joined rows, given the one over what the servers tell.
---@param step fun(enumeration: userdata): table?, rollcall.smb.core.target?
---@param ready table  rows, and what is to be told after them
---@return fun(enumeration: userdata): rollcall.smb.presence?
function join.step(step, ready)
  local position = 1
  local function next_ready()
    while true do
      local row = ready[position]
      if not row then return nil end
      ready[position] = nil
      position = ready[position + 1] and position + 1 or 1
      if not row.tell then return row end
      row.tell()
    end
  end
  return function(enumeration)
    while true do
      local row = next_ready()
      if row then return row end
      local its_target
      row, its_target = step(enumeration)
      if not row then return next_ready() end
      if its_target.collect then
        its_target.collect(row)
      elseif row.placeholder then
        count_connection(its_target.visit, its_target.share_asked)
      else
        return joined_connection(its_target.visit, row)
      end
    end
  end
end

return join
