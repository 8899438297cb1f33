--- The combined view of a server: shares, sessions, open files and connections as rows of who is connected to what.
--
-- Sessions and files are kept for as long as the server is visited, connections never: each becomes a row as it comes, with what
-- sessions and files are known to say of it. Where the server gives placeholders for connections, as Samba does, rows come from
-- the sessions and the files alone, and say so in `sources`.
local attribution = require "rollcall.smb.attribution"
local calls = require "rollcall.smb.calls"
local enumerate = require "rollcall.smb.enumerate"
local plans = require "rollcall.smb.plans"

local join = {}

---A connection, a session, or an open file of which it is not known in which session it is open. What of the calls' answers
---belongs together is nil wherever they leave more than one way.
---@class rollcall.smb.access
---@field servername string  the server, as you named it
---@field username? string  as the server spells it
---@field client? string  the computer, without backslashes
---@field share? string  nil: not known
---@field open_files? integer  how many files are open: over the connection; else in the session, of which those in `files` if there are any
---@field files? string[]  the paths of open files, on the server; each is in one row
---@field time? integer  seconds since the connection was made; else since the session began
---@field idle_time? integer  seconds since the session was last used
---@field sources string  which of "connection", "session" and "file" the row is of, with "+" between them

-- What is asked of a server, in this order; then come the connections to each share.
local first_calls = { "shares", "sessions", "files" }

local function ask_first(visit, position)
  local name = first_calls[position]
  local asked = calls.target(visit.server, calls[name], { level = "best" })
  asked.position = position
  asked.counted = name ~= "shares"
  local facts = visit.facts
  local add = name == "shares" and facts.add_share or name == "sessions" and facts.add_session or facts.add_file
  asked.collect = function(row) add(facts, row) end
  return asked
end

local function ask_connections(visit, share)
  local asked = calls.target(visit.server, calls.connections, { level = 1 }, { qualifier = share })
  asked.position = #first_calls + 1
  asked.share_asked = share
  asked.counted = true
  return asked
end

---@param row rollcall.smb.connection
---@return rollcall.smb.access
local function joined_connection(visit, row)
  local session, files = visit.facts:add_connection(row)
  return {
    servername = row.servername, username = row.username, client = row.client, share = row.share,
    open_files = row.num_opens, files = files, time = row.time, idle_time = session and session.idle_time,
    sources = "connection" .. (session and "+session" or "") .. (files and "+file" or ""),
  }
end

local function joined_session(session, share, files)
  return {
    servername = session.servername, username = session.username, client = session.client, share = share,
    open_files = files and #files or session.num_opens, files = files, time = session.time, idle_time = session.idle_time,
    sources = "session" .. (files and "+file" or ""),
  }
end

local function count_connection(visit, row)
  visit.facts:add_connection(row)
  visit.connections = visit.connections or {}
  visit.connections[row.share] = (visit.connections[row.share] or 0) + 1
end

---Makes the handlers report the result of a server only after its last row.
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

---@param outcome rollcall.smb.core.outcome
local function is_whole(outcome)
  return not outcome.failure and outcome.received >= (outcome.claimed or 0)
end

---@return rollcall.smb.plan plan
---@return table ready  rows that wait to be given
function join.plan()
  local ready = {}
  return {
    begin = function(visit)
      visit.facts = attribution.new()
      return ask_first(visit, 1)
    end,
    follow = function(visit, ended, outcome)
      if ended.share_asked then
        visit.facts:end_share(ended.share_asked, is_whole(outcome))
        if plans.is_denied(outcome) then return nil end
      else
        visit.facts:end_call(first_calls[ended.position], is_whole(outcome))
      end
      if first_calls[ended.position + 1] then return ask_first(visit, ended.position + 1) end
      visit.shares_asked = (visit.shares_asked or 0) + 1
      local share = visit.facts.shares[visit.shares_asked]
      return share and ask_connections(visit, share)
    end,
    finish = function(visit)
      for _, entry in ipairs(visit.facts:rest()) do
        ready[#ready + 1] = entry.session and joined_session(entry.session, entry.share, entry.files) or {
          servername = visit.server.servername, username = entry.username, client = entry.client, share = entry.share,
          files = entry.files, sources = "file",
        }
      end
    end,
  }, ready
end

---The iterator over joined rows, given the one over what the servers say.
---@param step fun(enumeration: userdata): table|false|nil, rollcall.smb.core.target?
---@param ready table  rows, and what is to be reported after them
---@return fun(enumeration: userdata): rollcall.smb.access?
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
      if row == nil then return next_ready() end
      if not row then
        row = next_ready()
        if row then return row end
      elseif its_target.collect then
        enumerate.collect(enumeration, its_target, row)
      elseif row.placeholder then
        count_connection(its_target.visit, row)
      else
        return joined_connection(its_target.visit, row)
      end
    end
  end
end

return join
