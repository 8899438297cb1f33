--- The rows of the JSON of smbstatus, each call's as those of rollcall.smb.
local attribution = require "rollcall.smbstatus.attribution"

local rows = {}

local LONGEST_TIME = 0xFFFFFFFF

---Seconds from then to when the JSON was written.
local function time_since(document, since)
  if not (since and document.taken_at) then return nil end
  local time = math.max(0, document.taken_at - since)
  return time <= LONGEST_TIME and time or nil
end

local function protected(row, entry, session)
  row.dialect = session and session.dialect
  row.encryption, row.encryption_cipher = entry.encryption, entry.encryption_cipher
  row.signing, row.signing_cipher = entry.signing, entry.signing_cipher
  return row
end

---A session or a connection is as safe as the one inside the other: smbd says of both what it did with their own packets.
local function connection_of(document, facts, server, tcon)
  local session = facts.sessions[tcon.session_id or ""] or nil
  return protected({
    servername = server, share = tcon.share, username = session and session.username, client = tcon.client or session and session.client,
    address = session and session.address, id = tcon.tcon_id, session_id = tcon.session_id, since = tcon.since,
    time = time_since(document, tcon.since),
  }, tcon, session), session
end

local function session_of(document, server, session)
  return protected({
    servername = server, username = session.username, client = session.client, address = session.address, session_id = session.id,
    since = session.since, time = time_since(document, session.since),
  }, session, session)
end

local function username_of(facts, open)
  return open.username or facts.usernames[open.uid or ""] or nil
end

local function file_of(document, facts, server, open)
  local place = facts.of(open)
  return {
    servername = server, username = username_of(facts, open), permissions = open.permissions, pathname = open.pathname,
    share = place.tcon and place.tcon.share, client = place.client, address = place.address,
    session_id = place.session and place.session.id, share_file_id = open.share_file_id, since = open.since,
    time = time_since(document, open.since),
  }
end

---@return fun(): table?
local function over(list, make)
  local position = 0
  return function()
    position = position + 1
    local entry = list[position]
    if entry then return (make(entry)) end
  end
end

---Puts the paths of files to their connections, to their sessions, and to nobody.
local function sort_files(document, facts)
  local of_tcon, of_session, rest, rest_of = {}, {}, {}, {}
  for _, open in ipairs(document.opens or {}) do
    local place = facts.of(open)
    local owner = place.tcon or place.session
    if owner then
      local map = place.tcon and of_tcon or of_session
      map[owner] = map[owner] or {}
      table.insert(map[owner], open.pathname)
    else
      local username = username_of(facts, open)
      local key = table.concat({ open.process or "", username or "", place.client or "" }, "\0")
      local row = rest_of[key]
      if not row then
        row = { username = username, client = place.client, address = place.address, files = {}, sources = "file" }
        rest_of[key], rest[#rest + 1] = row, row
      end
      table.insert(row.files, open.pathname)
    end
  end
  return of_tcon, of_session, rest
end

---The combined view: a row for each connection, for each session that has none or has files of which it is not known over which
---connection they are open, and for files of which not even the session is known.
---@param document rollcall.smbstatus.document
---@param facts rollcall.smbstatus.facts
---@param server string
---@return fun(): rollcall.smbstatus.access?
local function access(document, facts, server)
  local of_tcon, of_session, rest = sort_files(document, facts)
  local has_tcon = {}
  for _, tcon in ipairs(document.tcons or {}) do has_tcon[tcon.session_id or ""] = true end
  local has_strays = #rest > 0
  local function of_connection(tcon)
    local row, session = connection_of(document, facts, server, tcon)
    local files = of_tcon[tcon]
    local process = facts.process_of(tcon)
    local alone = process and #process.tcons == 1 and process.tcons[1] == tcon
    row.id, row.files = nil, files
    row.open_files = document.opens and alone and not has_strays and #(files or {}) or nil
    row.sources = "connection" .. (session and "+session" or "") .. (files and "+file" or "")
    return row
  end
  local function of_session_alone(session)
    local row = session_of(document, server, session)
    row.files = of_session[session]
    row.open_files = row.files and #row.files
    row.sources = "session" .. (row.files and "+file" or "")
    return row
  end
  local alone = {}
  for _, session in ipairs(document.sessions or {}) do
    if of_session[session] or not has_tcon[session.id or ""] then alone[#alone + 1] = session end
  end
  local parts = {
    over(document.tcons or {}, of_connection), over(alone, of_session_alone),
    over(rest, function(row)
      row.servername = server
      return row
    end),
  }
  local part = 1
  return function()
    while parts[part] do
      local row = parts[part]()
      if row then return row end
      part = part + 1
    end
  end
end

---@class rollcall.smbstatus.call
---@field kind string  of its rows
---@field sections string[]  of the document; the first is what its rows are of
---@field rows fun(document: rollcall.smbstatus.document, server: string): fun(): table?

---@type table<string, rollcall.smbstatus.call>
rows.calls = {
  connections = {
    kind = "connection", sections = { "tcons", "sessions" },
    rows = function(document, server)
      local facts = attribution.new(document)
      return over(document.tcons or {}, function(tcon) return connection_of(document, facts, server, tcon) end)
    end,
  },
  sessions = {
    kind = "smb_session", sections = { "sessions" },
    rows = function(document, server)
      return over(document.sessions or {}, function(session) return session_of(document, server, session) end)
    end,
  },
  files = {
    kind = "file", sections = { "opens", "sessions", "tcons" },
    rows = function(document, server)
      local facts = attribution.new(document)
      return over(document.opens or {}, function(open) return file_of(document, facts, server, open) end)
    end,
  },
  rollcall = {
    kind = "access", sections = { "tcons", "sessions", "opens" },
    rows = function(document, server) return access(document, attribution.new(document), server) end,
  },
}

return rows
