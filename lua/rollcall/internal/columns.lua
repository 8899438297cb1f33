--- What the reports show of each kind of row: the fields in their order, and for people a title and
-- a way to show them.
local duration = require "rollcall.internal.duration"
local session = require "rollcall.workspace.session"

---A column of a report.
---@class rollcall.report.column
---@field name string  the row's field
---@field title? string  absent: machines only
---@field right? boolean  numbers stand at the right
---@field unit? "seconds"|"moment"  of the value: a duration, or seconds since 1970
---@field no_chart? boolean  how many rows have the same value says nothing
---@field show? fun(value: any, row: table): string?  how people see it; absent: as it is

local share_types = { [0] = "disk", "printer", "device", "ipc" }

local function share_type(value)
  if not value then return nil end
  local name = share_types[value & 0xFFFF] or tostring(value & 0xFFFF)
  return name .. (value & 0x80000000 ~= 0 and ",admin" or "") .. (value & 0x40000000 ~= 0 and ",temp" or "")
end

---The names of bits, `a,b`; a dash for none of them.
local function bits(names)
  return function(value)
    if not value then return nil end
    local set = {}
    for i, name in ipairs(names) do
      if value & 1 << i - 1 ~= 0 then set[#set + 1] = name end
    end
    return #set > 0 and table.concat(set, ",") or "-"
  end
end

local permissions = bits { "read", "write", "create" }
local user_flags = bits { "guest", "plain" }

local function max_uses(value)
  return value == 0xFFFFFFFF and "any" or value
end

local function file_names(files)
  if not files then return nil end
  local names = {}
  for i, path in ipairs(files) do names[i] = path:match("[^\\/]*$") end
  return table.concat(names, ", ")
end

local function moment(seconds)
  return seconds and os.date("!%Y-%m-%dT%H:%M:%SZ", seconds)
end

-- A server's filler is no fact to show to a person.
local function unless_placeholder(show)
  return function(value, row)
    if row.placeholder then return "-" end
    return show and show(value) or value
  end
end

local function session_type(_, row)
  return session.session_type(row) or row.session_type
end

---What only a Samba says of itself: for a person the protection, and for machines the rest.
local function with_protection(columns)
  for _, name in ipairs {
    "address", "session_id", "since", "dialect", "encryption", "encryption_cipher", "signing", "signing_cipher",
  } do columns[#columns + 1] = { name = name } end
  return columns
end

-- The columns for people first, then the other fields of a session in their documented order, then where it is.
local function session_columns()
  local columns = {
    { name = "user_name", title = "USER" },
    { name = "session_state", title = "STATE" },
    { name = "session_type", title = "TYPE", show = session_type },
    { name = "machine_name", title = "MACHINE" },
    { name = "client_name", title = "CLIENT" },
    { name = "client_ip", title = "CLIENT IP" },
    { name = "public_ip", title = "PUBLIC IP" },
    { name = "start_time", title = "SINCE" },
  }
  local listed = {}
  for _, column in ipairs(columns) do listed[column.name] = true end
  for _, name in ipairs(session.fields) do
    if not listed[name] then columns[#columns + 1] = { name = name } end
  end
  for _, name in ipairs { "origin", "project_id" } do columns[#columns + 1] = { name = name } end
  return columns
end

return {
  session = session_columns(),
  ---@type rollcall.report.column[]
  connection = with_protection {
    { name = "servername", title = "SERVER" },
    { name = "share", title = "SHARE" },
    { name = "username", title = "USER", show = unless_placeholder() },
    { name = "client", title = "CLIENT" },
    { name = "num_opens", title = "OPENS", right = true },
    { name = "num_users", title = "USERS", right = true, show = unless_placeholder() },
    { name = "time", title = "SINCE", right = true, show = unless_placeholder(duration), unit = "seconds" },
    { name = "type", title = "TYPE", show = unless_placeholder(share_type) },
    { name = "id", title = "ID", right = true, show = unless_placeholder() },
    { name = "netname" },
    { name = "placeholder" },
    { name = "level" },
  },
  ---@type rollcall.report.column[]
  smb_session = with_protection {
    { name = "servername", title = "SERVER" },
    { name = "username", title = "USER" },
    { name = "client", title = "CLIENT" },
    { name = "num_opens", title = "OPENS", right = true },
    { name = "time", title = "SINCE", right = true, show = duration, unit = "seconds" },
    { name = "idle_time", title = "IDLE", right = true, show = duration, unit = "seconds" },
    { name = "user_flags", title = "FLAGS", show = user_flags },
    { name = "cltype_name", title = "CLIENT TYPE" },
    { name = "transport" },
    { name = "cname" },
    { name = "level" },
  },
  ---@type rollcall.report.column[]
  file = {
    { name = "servername", title = "SERVER" },
    { name = "username", title = "USER" },
    { name = "permissions", title = "ACCESS", show = permissions },
    { name = "num_locks", title = "LOCKS", right = true },
    { name = "id", title = "ID", right = true },
    { name = "pathname", title = "PATH" },
    { name = "level" },
    { name = "share" },
    { name = "client" },
    { name = "address" },
    { name = "session_id" },
    { name = "share_file_id" },
    { name = "since" },
    { name = "time" },
  },
  ---@type rollcall.report.column[]
  share = {
    { name = "servername", title = "SERVER" },
    { name = "share", title = "SHARE" },
    { name = "type", title = "TYPE", show = share_type },
    { name = "current_uses", title = "USES", right = true },
    { name = "max_uses", title = "MAX USES", right = true, show = max_uses },
    { name = "path", title = "PATH" },
    { name = "remark", title = "REMARK" },
    { name = "netname" },
    { name = "permissions" },
    { name = "flags" },
    { name = "level" },
  },
  ---@type rollcall.report.column[]
  logon = {
    { name = "servername", title = "SERVER" },
    { name = "username", title = "USER" },
    { name = "logon_domain", title = "DOMAIN" },
    { name = "logon_server", title = "LOGON SERVER" },
    { name = "oth_domains" },
    { name = "level" },
  },
  ---@type rollcall.report.column[]
  access = with_protection {
    { name = "servername", title = "SERVER" },
    { name = "username", title = "USER" },
    { name = "share", title = "SHARE" },
    { name = "client", title = "CLIENT" },
    { name = "open_files", title = "OPENS", right = true },
    { name = "time", title = "SINCE", right = true, show = duration, unit = "seconds" },
    { name = "idle_time", title = "IDLE", right = true, show = duration, unit = "seconds" },
    { name = "files", title = "FILES", show = file_names },
    { name = "sources" },
  },
  -- Rows of any kind as rollcall.presence sees them.
  ---@type rollcall.report.column[]
  who = {
    { name = "user", title = "USER" },
    { name = "resource", title = "RESOURCE" },
    { name = "client", title = "CLIENT" },
    { name = "origin", title = "SERVER" },
    { name = "duration", title = "DURATION", right = true, show = duration, unit = "seconds" },
    { name = "idle", title = "IDLE", right = true, show = duration, unit = "seconds" },
    { name = "state", title = "STATE" },
    { name = "kind", title = "KIND" },
    { name = "account" },
    { name = "since", unit = "moment" },
    { name = "seen_at", unit = "moment", show = moment },
  },
}
