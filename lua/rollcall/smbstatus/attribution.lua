--- Which session and which connection to a share a file is open in, where the JSON leaves one way.
--
-- A file says which smbd has it open, and under which uid. One smbd serves one client, over any number of sessions and
-- connections. So a file is in its smbd's only session, and over its only connection to a share. The uid says no more: with
-- 'force user' it is that of another one, who may have a session there too. What was opened after the listing began may be in
-- a session that is not listed.
local attribution = {}

---@class rollcall.smbstatus.process  an smbd
---@field sessions rollcall.smbstatus.session[]
---@field tcons rollcall.smbstatus.tcon[]  over which files can be open

---@class rollcall.smbstatus.facts
---@field sessions table<string, rollcall.smbstatus.session|false>  by their ids; false: of several with one id
---@field usernames table<string, string|false>  by uids; false: of several names
---@field of fun(open: rollcall.smbstatus.open): rollcall.smbstatus.place
---@field process_of fun(entry: rollcall.smbstatus.tcon|rollcall.smbstatus.open): rollcall.smbstatus.process?

---@class rollcall.smbstatus.place
---@field session? rollcall.smbstatus.session
---@field tcon? rollcall.smbstatus.tcon
---@field client? string
---@field address? string

local function is_pipe_share(tcon)
  return tcon.share ~= nil and tcon.share:upper() == "IPC$"
end

---Puts entries to their smbds.
---@return boolean  whether all of them say which that is
local function gather(processes, entries, what, wanted)
  local whole = true
  for _, entry in ipairs(entries) do
    if not entry.process then
      whole = false
    elseif wanted(entry) then
      local process = processes[entry.process]
      if not process then
        process = { sessions = {}, tcons = {} }
        processes[entry.process] = process
      end
      table.insert(process[what], entry)
    end
  end
  return whole
end

---What entries have in common.
local function common(entries, name)
  local value = entries[1] and entries[1][name]
  for _, entry in ipairs(entries) do
    if entry[name] ~= value then return nil end
  end
  return value
end

local function note(map, key, value)
  if key == nil or value == nil then return end
  map[key] = (map[key] == nil or map[key] == value) and value
end

---@param document rollcall.smbstatus.document
---@return rollcall.smbstatus.facts
function attribution.new(document)
  local sessions, tcons = document.sessions or {}, document.tcons or {}
  local processes, by_id, usernames = {}, {}, {}
  local knows_sessions = gather(processes, sessions, "sessions", function() return true end)
    and document.sessions ~= nil and #sessions == document.claimed.sessions
  local knows_tcons = gather(processes, tcons, "tcons", function(tcon) return not is_pipe_share(tcon) end)
    and document.tcons ~= nil and #tcons == document.claimed.tcons
  for _, session in ipairs(sessions) do
    note(by_id, session.id, session)
    note(usernames, session.uid, session.username)
  end
  return {
    sessions = by_id, usernames = usernames,
    process_of = function(entry) return processes[entry.process or ""] end,
    of = function(open)
      local process = open.is_listed and knows_sessions and processes[open.process or ""]
      if not process then return {} end
      local place = { client = common(process.sessions, "client"), address = common(process.sessions, "address") }
      if knows_tcons and #process.tcons == 1 then
        place.tcon = process.tcons[1]
        place.session = by_id[place.tcon.session_id or ""] or nil
      elseif #process.sessions == 1 then
        place.session = process.sessions[1]
      end
      return place
    end,
  }
end

return attribution
