--- What may be said of who has which file open over which share from which computer.
--
-- No call says it: sessions have a user, a computer and a number of open files; files a user and a path; shares a folder;
-- connections, where the server names who made them, a share, a user, a computer and a number of open files. What is said
-- here holds in every way in which these can belong together; of what remains, nothing. It rests on three things:
--
-- A file is open in one session of its user, and a session has as many files open as it says. So where a user's sessions say
-- together as many as the user has, those that say 0 have none of them.
--
-- A file is open over a connection of its user to a share whose folder holds it. So a connection with as many open files as
-- its user has in the share's folder has all of these.
--
-- A file is open over a share that has a connection with open files.
local names = require "rollcall.smb.names"

local attribution = {}

---@class rollcall.smb.attribution.person  of one name; several accounts may have it
---@field sessions rollcall.smb.session[]
---@field files rollcall.smb.attribution.file[]
---@field files_in table<string, rollcall.smb.attribution.file[]>  by the shares whose folders hold them
---@field domain? string  of the accounts
---@field mixed? boolean  accounts of more than one domain have the name

---@class rollcall.smb.attribution.file
---@field row rollcall.smb.file
---@field shares string[]  whose folders hold it
---@field taken? boolean  known to be open over a connection

---@class rollcall.smb.attribution
---@field shares string[]  in the server's order
---@field sessions rollcall.smb.session[]
---@field private people table<string, rollcall.smb.attribution.person>
---@field private order rollcall.smb.attribution.person[]
---@field private whole table<string, boolean>  the calls that gave all that there is
---@field private merged table<rollcall.smb.session, boolean>  sessions that a connection is known to belong to
local methods = {}
local metatable = { __index = methods }

---@return rollcall.smb.attribution
function attribution.new()
  return setmetatable({
    shares = {}, sessions = {}, people = {}, order = {}, whole = {}, merged = {}, in_use = {}, asked = {},
    share_at = {}, share_at_any_drive = {}, without_folder = {}, pipe_shares = {}, nameless = false,
  }, metatable)
end

---@return rollcall.smb.attribution.person
local function person_of(self, username)
  local key = names.key(username)
  local person = self.people[key]
  if not person then
    person = { sessions = {}, files = {}, files_in = {} }
    self.people[key] = person
    self.order[#self.order + 1] = person
  end
  local domain = names.domain(username)
  if domain then
    person.mixed = person.mixed or person.domain ~= nil and person.domain ~= domain
    person.domain = domain
  end
  return person
end

local function append(map, key, value)
  local list = map[key]
  if not list then
    list = {}
    map[key] = list
  end
  list[#list + 1] = value
end

local IPC = 3

---@param row rollcall.smb.share
function methods:add_share(row)
  if not row.share then return end
  self.shares[#self.shares + 1] = row.share
  if row.type and row.type % 0x10000 == IPC then
    -- What is open there is a pipe, whatever folder the server names.
    self.pipe_shares[#self.pipe_shares + 1] = row.share
  elseif row.path and row.path ~= "" then
    local folder = names.path(row.path)
    append(self.share_at, folder, row.share)
    append(self.share_at_any_drive, (folder:gsub("^%a:", "")), row.share)
  else
    self.without_folder[#self.without_folder + 1] = row.share
  end
end

---@param row rollcall.smb.session
function methods:add_session(row)
  self.sessions[#self.sessions + 1] = row
  if row.username then
    table.insert(person_of(self, row.username).sessions, row)
  else
    self.nameless = true
  end
end

---The shares that a path may be reached by. A path without a drive is a pipe's, or one as Samba wrote them once.
local function shares_of(self, pathname)
  local shares = table.move(self.without_folder, 1, #self.without_folder, 1, {})
  local folder = names.path(pathname)
  local has_drive = folder:find "^%a:"
  local at = has_drive and self.share_at or self.share_at_any_drive
  if not has_drive then table.move(self.pipe_shares, 1, #self.pipe_shares, #shares + 1, shares) end
  while folder do
    local found = at[folder] or {}
    table.move(found, 1, #found, #shares + 1, shares)
    folder = folder:match "^(.*)\\"
  end
  return shares
end

---@param row rollcall.smb.file
function methods:add_file(row)
  if not row.pathname then return end
  local person = person_of(self, row.username)
  local file = { row = row, shares = shares_of(self, row.pathname) }
  person.files[#person.files + 1] = file
  for _, share in ipairs(file.shares) do append(person.files_in, share, file) end
end

---@param call "shares"|"sessions"|"files"
---@param is_whole boolean  whether all entries were received
function methods:end_call(call, is_whole)
  self.whole[call] = is_whole
end

---@param share string
---@param is_whole boolean
function methods:end_share(share, is_whole)
  self.asked[share] = is_whole
end

---@return string?  nil also where the server names none
local function client_of(row)
  return row.client ~= "" and row.client or nil
end

---The session that a connection belongs to.
---@param row rollcall.smb.connection
---@return rollcall.smb.session?  nil if it may be another one
local function session_of(self, row)
  local person = self.people[names.key(row.username)]
  if not (person and self.whole.sessions and row.username and client_of(row)) then return nil end
  local only
  for _, session in ipairs(person.sessions) do
    if not client_of(session) then return nil end
    if names.key(session.client) == names.key(row.client) then
      if only then return nil end
      only = session
    end
  end
  return only and names.same_user(only.username, row.username) and only or nil
end

---The files that are open over a connection.
---@param row rollcall.smb.connection
---@return rollcall.smb.attribution.file[]?  nil if they may be others
local function files_of(self, row)
  local person = self.people[names.key(row.username)]
  local files = person and person.files_in[row.share]
  if not files or row.num_opens ~= #files or not (self.whole.shares and self.whole.files) then return nil end
  local domain = names.domain(row.username)
  if person.mixed or domain and person.domain and domain ~= person.domain then return nil end
  for _, file in ipairs(files) do
    if file.taken then return nil end
  end
  return files
end

---Takes note of a connection.
---@param row rollcall.smb.connection
---@return rollcall.smb.session?  that it belongs to
---@return string[]?  the paths of the files that are open over it
function methods:add_connection(row)
  if row.placeholder or row.num_opens ~= 0 then self.in_use[row.share] = true end
  if row.placeholder then return nil end
  local session, files = session_of(self, row), files_of(self, row)
  if session then self.merged[session] = true end
  if not files then return session, nil end
  local paths = {}
  for i, file in ipairs(files) do
    file.taken = true
    paths[i] = file.row.pathname
  end
  return session, paths
end

---The session that has all the files of a person.
---@return rollcall.smb.session?  nil if there are several that may have some
---@return string? client  the computer of all that may
local function holder_of(self, person)
  if person.mixed or self.nameless or not (self.whole.sessions and self.whole.files) then return nil end
  local total, holders, same_client = 0, {}, true
  for _, session in ipairs(person.sessions) do
    if not session.num_opens then return nil end
    total = total + session.num_opens
    if session.num_opens > 0 then holders[#holders + 1] = session end
  end
  if total ~= #person.files then return nil end
  for _, session in ipairs(holders) do
    same_client = same_client and client_of(session) and names.key(session.client) == names.key(holders[1].client)
  end
  local one = holders[1]
  return #holders == 1 and one or nil, one and same_client and one.client or nil
end

---@param file rollcall.smb.attribution.file
---@return string? share  nil if it may be another one
local function share_of(self, file)
  if not self.whole.shares then return nil end
  local only
  for _, share in ipairs(file.shares) do
    if self.in_use[share] or not self.asked[share] then
      if only then return nil end
      only = share
    end
  end
  return only
end

---@class rollcall.smb.attribution.rest
---@field session? rollcall.smb.session
---@field share? string
---@field client? string
---@field username? string
---@field files? string[]

-- The files of a session, those in one share together.
local function add_files_of_session(self, session, files, rest)
  local entries = {}
  for _, file in ipairs(files) do
    local share = share_of(self, file)
    local entry = entries[share or false]
    if not entry then
      entry = { session = session, share = share, files = {} }
      entries[share or false] = entry
      rest[#rest + 1] = entry
    end
    entry.files[#entry.files + 1] = file.row.pathname
  end
end

---What no connection said: the files that are left, and sessions. A session that is not known to have any of these files stands
---there alone.
---@return rollcall.smb.attribution.rest[]
function methods:rest()
  local rest, told = {}, {}
  for _, person in ipairs(self.order) do
    local files = {}
    for _, file in ipairs(person.files) do
      if not file.taken then files[#files + 1] = file end
    end
    local holder, client = holder_of(self, person)
    if holder and not self.merged[holder] and #files > 0 then
      add_files_of_session(self, holder, files, rest)
      told[holder] = true
    else
      for _, file in ipairs(files) do
        rest[#rest + 1] = { username = file.row.username, client = client, share = share_of(self, file), files = { file.row.pathname } }
      end
    end
  end
  for _, session in ipairs(self.sessions) do
    if not (self.merged[session] or told[session]) then rest[#rest + 1] = { session = session } end
  end
  return rest
end

return attribution
