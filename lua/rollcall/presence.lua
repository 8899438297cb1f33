--- One view over every kind of row: who is where, on what, from where, since when, idle for how long.
---
--- A view answers to the fields of a presence and to the row's own. What it is asked for is worked
--- out then, and not before; so a million rows grouped by user cost a million users and no more.
local case = require "rollcall.internal.case"
local options = require "rollcall.internal.options"
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
---@field seen_at? integer  of a row of a history or of merged snapshots: when its snapshot was taken, in seconds since 1970
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

---@param text string
---@return string? address  if the text is one
local function address_of(text)
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

---When a row was taken, where `record_time` has said it. Raises nothing.
---@param row table  as a source gave it
---@return integer? time  in seconds since 1970
function presence.time_of(row)
  return recorded_times[row]
end

local function now_of(row, settings)
  return recorded_times[row] or settings.now
end

---A name is that of many computers, and an address of one.
local function client_of(row)
  if not row.placeholder then return row.address or row.client end
end

local function since_of(row, settings)
  return row.since or row.time and now_of(row, settings) - row.time
end

---For each kind: the fields of a presence that its rows can have; what a view gets at once, and has to get of every row, since it may
---have been another's; and what is worked out when it is asked for, of the row, the settings and the view. To ask takes several times as
---long as to read what is there.
local sources = {
  connection = {
    fields = "user account origin resource client address since duration",
    fill = function(view, row)
      view.origin, view.resource = row.servername, row.share
      if row.placeholder then
        view.account, view.client, view.duration = nil, nil, nil
      else
        view.account, view.client, view.duration = row.username, row.address or row.client, row.time
      end
    end,
    later = { since = function(row, settings) return not row.placeholder and since_of(row, settings) or nil end },
  },
  smb_session = {
    fields = "user account origin client address since duration idle",
    fill = function(view, row)
      view.account, view.origin, view.client, view.duration, view.idle =
        row.username, row.servername, client_of(row), row.time, row.idle_time
    end,
    later = { since = since_of },
  },
  file = {
    fields = "user account origin resource client address since duration",
    fill = function(view, row)
      view.account, view.origin, view.resource, view.client, view.since, view.duration =
        row.username, row.servername, row.pathname, client_of(row), row.since, row.time
    end,
  },
  share = {
    fields = "origin resource",
    fill = function(view, row) view.origin, view.resource = row.servername, row.share end,
  },
  logon = {
    fields = "user account origin",
    fill = function(view, row)
      local name, domain = row.username, row.logon_domain
      view.account, view.origin = name and domain and domain .. "\\" .. name or name, row.servername
    end,
  },
  access = {
    fields = "user account origin resource client address since duration idle",
    fill = function(view, row)
      view.account, view.origin, view.resource, view.client, view.duration, view.idle =
        row.username, row.servername, row.share, client_of(row), row.time, row.idle_time
    end,
    later = { since = since_of },
  },
  session = {
    fields = "user account origin resource client address since duration state",
    fill = function(view, row)
      view.account, view.origin, view.resource = row.login_user or row.user_name, row.origin, row.app_name or row.machine_name or row.vm_ip
      view.client, view.state, view.since = row.client_ip or row.client_name, row.session_state, nil
    end,
    later = {
      since = function(row, settings, view)
        local since = session.epoch(row.start_time, settings.utc_offset)
        view.since = since
        return since
      end,
      duration = function(row, settings, view)
        local since, ended = view.since, session.epoch(row.end_time, settings.utc_offset)
        return since and (ended or now_of(row, settings)) - since
      end,
    },
  },
}

local is_of_presence = {}
for _, name in ipairs(presence.fields) do is_of_presence[name] = true end

for _, source in pairs(sources) do
  source.has = { kind = true, seen_at = true }
  for name in source.fields:gmatch "%S+" do source.has[name] = true end
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

---@return string|false|nil
local function user_of_row(row, account, user_of)
  local user = recorded_users[row]
  if user == nil and account then user = user_of[account] end
  return user
end

---A row with some of its fields changed, of the same user and time. Raises nothing.
---@param row table  as a source gave it
---@param fields table  in place of those that it has
---@return table  a copy
function presence.changed(row, fields)
  local copy = options.merged(row, fields)
  recorded_times[copy], recorded_users[copy] = recorded_times[row], recorded_users[row]
  return copy
end

---Works out, and keeps, the user of a view.
local function find_user(row, settings, view)
  local user = user_of_row(row, view.account, settings.user_of) or nil
  view.user = user
  return user
end

local function nothing() end

local function find_address(_, settings, view)
  local client = view.client
  return client and settings.address_of[client] or nil
end

---What is worked out for every kind.
local common = { user = find_user, address = find_address, seen_at = function(row) return recorded_times[row] end }

---Makes the function that answers for what does not stand in views of a kind.
---@return fun(view: rollcall.presence, name: any): any
local function index_of(kind, settings)
  local work_out = {}
  for _, name in ipairs(presence.fields) do work_out[name] = nothing end
  for name, f in pairs(common) do work_out[name] = f end
  for name, f in pairs(sources[kind].later or {}) do work_out[name] = f end
  return function(view, name)
    local f = work_out[name]
    if f then return f(view.row, settings, view) end
    local value = view.row[name]
    if value == nil and not (own_fields[kind] or fields_of(kind))[name] then
      error(("there is no field '%s' in a row of kind '%s'"):format(tostring(name), kind), 2)
    end
    return value
  end
end

---The same for kinds of the user's, whose rows can have any field.
local function index_of_others(_, settings)
  return function(view, name)
    local value = view.row[name]
    if value ~= nil then return value end
    if name == "duration" then
      local since = view.since
      return since and now_of(view.row, settings) - since
    end
    local f = common[name]
    return f and f(view.row, settings, view)
  end
end

---Makes the function that makes presences of rows, for many of them.
---@param settings? rollcall.presence.settings  for all of them
---@param reused? integer  the view of a row becomes that of the row of its kind so many rows later; absent: a row has its own
---@param with_users? boolean  each will be asked for its user, which is found at once; then it raises what `normalize_user` raises
---@return fun(kind: string, row: table): rollcall.presence  raises nothing
function presence.viewer(settings, reused, with_users)
  settings = settings or {}
  local resolved = {
    now = settings.now or os.time(),
    utc_offset = settings.utc_offset or 0,
    user_of = remembering(settings.normalize_user or presence.user_of),
    address_of = remembering(address_of),
  }
  -- A policy that asks for it gets a copy, so what is remembered must not be in it.
  resolved.shown = { now = resolved.now, utc_offset = resolved.utc_offset }
  local of_kinds, position, user_of = {}, 0, resolved.user_of
  local is_several = reused and reused > 1
  local function begin(kind)
    local source = sources[kind]
    of_kinds[kind] = {
      fill = source and source.fill or nothing, views = {}, has_users = with_users and source ~= nil,
      metatable = { __name = "rollcall.presence", __index = (source and index_of or index_of_others)(kind, resolved) },
    }
    return of_kinds[kind]
  end
  return function(kind, row)
    local its = of_kinds[kind] or begin(kind)
    local view = its.views[position]
    if not view then
      -- With room for what it gets: a table that is too small has to grow.
      view = setmetatable({
        kind = kind, settings = resolved.shown, row = nil, account = nil, origin = nil, resource = nil, client = nil, duration = nil,
        user = nil,
      }, its.metatable)
      if reused then its.views[position] = view end
    end
    if is_several then position = (position + 1) % reused end
    view.row = row
    its.fill(view, row)
    view.user = its.has_users and user_of_row(row, view.account, user_of) or nil
    return view
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
  if is_of_presence[name] then return view[name] end
  return view.row[name]
end

---Whether any kind that this project knows has rows with such a field.
---@param name string  the field
---@return boolean  true if one has
function presence.is_field(name)
  if is_of_presence[name] then return true end
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
  if not source then return true end
  if is_of_presence[name] then return source.has[name] == true end
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
