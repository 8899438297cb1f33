--- One view over every kind of row: who is where, on what, from where, since when, idle for how long.
---
--- A view answers to the fields of a presence and to the row's own. What it is asked for is worked
--- out then, and not before; so a million rows grouped by user cost a million users and no more.
local case = require "rollcall.internal.case"
local remembering = require "rollcall.internal.remembering"
local suggestion = require "rollcall.internal.suggestion"
local session = require "rollcall.workspace.session"

---@class rollcall.presence_module
local presence = {}

---A row as a presence. What the source did not say is nil.
---@class rollcall.presence
---@field kind string  "connection", "smb_session", "file", "share", "logon", "access" (the combined view of an SMB server), "session" (Workspace), or that of a user-made row
---@field user? string  who, comparable over all sources; see `presence.user_of`
---@field account? string  the user as the source spells it
---@field origin? string  the server or service that the row is from
---@field resource? string  the share, the path, the desktop or the application
---@field client? string  the computer that it is from: the address if it is known, else the name
---@field address? string  the client, if it is an address
---@field since? integer  when it began, in seconds since 1970
---@field duration? integer  seconds since it began
---@field idle? integer  seconds since it was last used
---@field state? string  "Active", "Disconnected", ... of a Workspace session; nil for SMB, which has no states
---@field seen_at? integer  of a row of a history: when its snapshot was taken, in seconds since 1970
---@field row table  the row itself
---@field [string] any  the row's own fields; one that rows of its kind do not have raises

---How rows become presences.
---@class rollcall.presence.settings
---@field now? integer  when the rows were taken, in seconds since 1970; default the present
---@field normalize_user? fun(account: string): string?  makes the user of an account; default `presence.user_of`
---@field utc_offset? integer  seconds that the times of Workspace are ahead of UTC; default 0

---The fields of a presence, in their order.
---@type string[]
presence.fields = { "user", "account", "origin", "resource", "client", "address", "since", "duration", "idle", "state", "seen_at", "kind" }

---The rule that makes `alice` of `CORP\alice`, `alice@corp.example` and `Alice`, in lower case as servers know it. Raises nothing.
---@param account string  as a source spells it
---@return string? user  nil for an account without a name
function presence.user_of(account)
  local name = string.match(account, "^[^\\]*\\(.+)$") or string.match(account, "^([^@]+)@[^@]*$") or account
  if name == "" then return nil end
  return case.lower(name)
end

---@param text? string
---@return string? address  if the text is one
local function address_of(text)
  if not text then return nil end
  if string.find(text, "^%d+%.%d+%.%d+%.%d+$") or string.find(text, "^[%x:%.]*:[%x:%.]*:[%x:%.%%%w]*$") then return text end
end

-- When rows were taken that were taken at several times.
local recorded_times = setmetatable({}, { __mode = "k" })

---Says when a row was taken, whatever time a view of it has.
---@param row table  as a source gave it
---@param time integer  in seconds since 1970
function presence.record_time(row, time)
  recorded_times[row] = time
end

local function now_of(view)
  return recorded_times[view.row] or view.settings.now
end

local function since_seconds(field)
  return {
    since = function(view)
      local elapsed = view.row[field]
      return view.row.since or elapsed and now_of(view) - elapsed
    end,
    duration = function(view) return view.row[field] end,
  }
end

local function unless_placeholder(name)
  return function(view)
    local row = view.row
    if not row.placeholder then return row[name] end
  end
end

local function own(name)
  return function(view) return view.row[name] end
end

---A name is that of many computers, and an address of one.
local function client_of(view)
  local row = view.row
  if not row.placeholder then return row.address or row.client end
end

local function never() end

local smb_since = since_seconds "time"

---For each kind, where the fields of a presence come from.
local sources = {
  connection = {
    account = unless_placeholder "username", client = client_of, origin = own "servername", resource = own "share",
    since = function(view) return not view.row.placeholder and smb_since.since(view) or nil end,
    duration = function(view) return not view.row.placeholder and smb_since.duration(view) or nil end,
  },
  smb_session = {
    account = own "username", client = client_of, origin = own "servername", since = smb_since.since, duration = smb_since.duration,
    idle = own "idle_time",
  },
  file = {
    account = own "username", client = client_of, origin = own "servername", resource = own "pathname", since = own "since",
    duration = own "time",
  },
  share = { origin = own "servername", resource = own "share" },
  logon = {
    account = function(view)
      local row = view.row
      return row.username and row.logon_domain and row.logon_domain .. "\\" .. row.username or row.username
    end,
    origin = own "servername",
  },
  access = {
    account = own "username", client = client_of, origin = own "servername", resource = own "share",
    since = smb_since.since, duration = smb_since.duration, idle = own "idle_time",
  },
  session = {
    account = function(view) return view.row.login_user or view.row.user_name end,
    origin = own "origin",
    resource = function(view) return view.row.app_name or view.row.machine_name or view.row.vm_ip end,
    client = function(view) return view.row.client_ip or view.row.client_name end,
    since = function(view) return session.epoch(view.row.start_time, view.settings.utc_offset) end,
    duration = function(view)
      local since, ended = view.since, session.epoch(view.row.end_time, view.settings.utc_offset)
      return since and (ended or now_of(view)) - since
    end,
    state = own "session_state",
  },
}

for _, source in pairs(sources) do
  for _, name in ipairs { "account", "origin", "resource", "client", "since", "idle", "state" } do
    source[name] = source[name] or never
  end
end

---The row's own fields of each kind; a view of such a row has these and no others.
local columns
local own_fields = {}
local function fields_of(kind)
  columns = columns or require "rollcall.internal.columns"
  local fields = { origin = true, user_name = true }
  for _, column in ipairs(columns[kind]) do fields[column.name] = true end
  own_fields[kind] = fields
  return fields
end

-- The users of rows that a snapshot keeps, where they are others than by the usual rule.
local recorded_users = setmetatable({}, { __mode = "k" })

---Says which user a row is of, whatever rule a view of it has.
---@param row table  as a source gave it
---@param user? string  nil: nobody
function presence.record_user(row, user)
  recorded_users[row] = user or false
end

local common = {
  user = function(view)
    local recorded = recorded_users[view.row]
    if recorded ~= nil then return recorded or nil end
    local account = view.account
    return account and view.settings.user_of(account) or nil
  end,
  address = function(view) return address_of(view.client) end,
  duration = function(view)
    local since = view.since
    return since and now_of(view) - since
  end,
  seen_at = function(view) return recorded_times[view.row] end,
}

local metatable = { __name = "rollcall.presence" }

function metatable.__index(view, name)
  -- These two are in every view, so they do not lead here again.
  local kind, row = view.kind, view.row
  local source = sources[kind]
  local value
  if source then
    local work_out = source[name] or common[name]
    if work_out then
      value = work_out(view)
    else
      value = row[name]
      if value == nil and not (own_fields[kind] or fields_of(kind))[name] then
        error(("there is no field '%s' in a row of kind '%s'"):format(tostring(name), kind), 2)
      end
    end
  else
    value = row[name]
    if value == nil then
      local work_out = common[name]
      value = work_out and work_out(view)
    end
  end
  view[name] = value
  return value
end

---Makes the function that makes presences of rows, for many of them.
---@param settings? rollcall.presence.settings  for all of them
---@return fun(kind: string, row: table): rollcall.presence  raises nothing
function presence.viewer(settings)
  settings = settings or {}
  local resolved = {
    now = settings.now or os.time(),
    utc_offset = settings.utc_offset or 0,
    user_of = remembering(settings.normalize_user or presence.user_of),
  }
  return function(kind, row)
    return setmetatable({ kind = kind, row = row, settings = resolved }, metatable)
  end
end

---One row as a presence. Raises nothing.
---@param kind string  of the row
---@param row table  as a source gave it
---@param settings? rollcall.presence.settings  absent: the defaults
---@return rollcall.presence  a view of the row, which is not copied
function presence.of(kind, row, settings)
  return presence.viewer(settings)(kind, row)
end

---A field of a view, nil also where rows of its kind have no such field.
---@param view rollcall.presence  a row
---@param name string  the field
---@return any  its value
function presence.field(view, name)
  local source = sources[view.kind]
  if not source or source[name] or common[name] or name == "kind" then return view[name] end
  return view.row[name]
end

---Whether any kind that this project knows has rows with such a field.
---@param name string  the field
---@return boolean  true if one has
function presence.is_field(name)
  if sources.connection[name] or common[name] or name == "kind" then return true end
  for kind in pairs(sources) do
    if (own_fields[kind] or fields_of(kind))[name] then return true end
  end
  return false
end

---Whether rows of a kind can have a field. Rows of a kind of the user's can have any.
---@param kind string  of rows
---@param name string  the field
---@return boolean  true if they can
function presence.has_field(kind, name)
  local source = sources[kind]
  if not source or name == "kind" then return true end
  if name == "seen_at" then return true end
  if name == "user" then return source.account ~= never end
  if name == "address" then return source.client ~= never end
  if name == "duration" then return source.duration ~= nil or source.since ~= never end
  if source[name] then return source[name] ~= never end
  return (own_fields[kind] or fields_of(kind))[name] == true
end

---The fields that rows of a kind can have.
---@param kind string  one that this project knows
---@return table<string, true>  by their names
function presence.names(kind)
  local names = {}
  for name in pairs(own_fields[kind] or fields_of(kind)) do names[name] = true end
  for _, name in ipairs(presence.fields) do
    if presence.has_field(kind, name) then names[name] = true end
  end
  return names
end

---The fields that rows of any kind of this project can have. Raises nothing.
---@return table<string, true>  their names
function presence.all_names()
  local names = {}
  for kind in pairs(sources) do
    for name in pairs(presence.names(kind)) do names[name] = true end
  end
  return names
end

---The kinds that this project knows.
---@return table<string, true>  by their names
function presence.kinds()
  local kinds = {}
  for kind in pairs(sources) do kinds[kind] = true end
  return kinds
end

---Checks a kind that rows of the user's are to have: one that is nearly one of this project's was probably meant to be that. Raises nothing.
---@param kind string  its name
---@return string? problem  nil: none
function presence.kind_problem(kind)
  if sources[kind] then return nil end
  local _, meant = suggestion(kind, sources)
  return meant and ("there is no kind '%s'; did you mean '%s'? A kind of your own must differ more from it"):format(kind, meant) or nil
end

---All the fields of a presence that are known, as a plain table.
---@param view rollcall.presence  a row
---@return table  with the fields of `presence.fields`
function presence.plain(view)
  local result = {}
  for _, name in ipairs(presence.fields) do result[name] = view[name] end
  return result
end

---Whether a kind is one that this project knows.
---@param kind string  of rows
---@return boolean  false of a kind of the user's
function presence.is_known_kind(kind)
  return sources[kind] ~= nil
end

return presence
