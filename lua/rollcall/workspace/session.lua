--- What the fields of a session mean.
local session = {}

local floor = math.floor

---A session as the service answers it, every field a string as received; nil is absent or null.
---@see Huawei Cloud Workspace, 'Querying Current Session by Username': response parameters
---@class rollcall.workspace.session
---@field id? string  primary key
---@field session_stamp? string  the session's id
---@field os_session_id? string  its id in the operating system of the server
---@field protocol_type? string  `HDP`, in any case
---@field login_user? string  who is logged on
---@field session_type? string  "1" desktop sharing, "2" application
---@field app_group_id? string  the group of the application
---@field app_server_group_id? string  the group of the server
---@field pre_conn_time? string  of the pre-connection, like `2022-08-13 07:00:20`, without a zone, as all times
---@field start_time? string  when it began
---@field end_time? string  `0001-01-01 00:00:00` while it has not ended
---@field status_continue_time? string  how long it has been in its state
---@field machine_sid? string  the SID of the server
---@field machine_name? string  the name of the server
---@field session_state? string  Active, Disconnected, AppcInit, SignedOut or InitFail
---@field app_name? string  the application
---@field client_mac? string  the client's MAC address
---@field client_name? string  the client's name
---@field client_ip? string  the client's address
---@field public_ip? string  egress address of the client
---@field client_version? string  the client's version
---@field client_type? string  the client's type
---@field agent_version? string  the agent's version
---@field vm_ip? string  the server's address
---@field failed_reason? string  the message of an error
---@field failed_code? string  its code
---@field last_update_status_time? string  when its state last changed
---@field tenant_id? string  the tenant
---@field app_server_group_name? string  of `client:list_sessions`
---@field origin? string  of an inventory or a snapshot: the region or endpoint
---@field project_id? string  likewise: the project
---@field user_name? string  of an inventory or a snapshot: the user who was asked about

---The documented fields in their order.
---@type string[]
session.fields = {
  "id", "session_stamp", "os_session_id", "protocol_type", "login_user", "session_type", "app_group_id",
  "app_server_group_id", "pre_conn_time", "start_time", "end_time", "status_continue_time", "machine_sid",
  "machine_name", "session_state", "app_name", "client_mac", "client_name", "client_ip", "public_ip",
  "client_version", "client_type", "agent_version", "vm_ip", "failed_reason", "failed_code",
  "last_update_status_time", "tenant_id",
}

-- Days from 1970-01-01, in the Gregorian calendar, with years that begin in March.
local function days_of(year, month, day)
  if month <= 2 then year, month = year - 1, month + 12 end
  local before = floor(year / 4) - floor(year / 100) + floor(year / 400)
  return 365 * year + before + floor((153 * (month - 3) + 2) / 5) + day - 719469
end

-- The last day of each month, where February may have 29.
local last_days = { 31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 }

---A time of a session in seconds since 1970. The service gives times without a zone, so somebody has to know it.
---
---Raises nothing.
---@param text? string  such as `session.start_time`
---@param utc_offset? integer  seconds that the zone of `text` is ahead of UTC; 0
---@return integer?  nil for nil, for the zero time, which means 'not yet', and for what is no time
function session.epoch(text, utc_offset)
  if type(text) ~= "string" then return nil end
  local year, month, day, hour, minute, second =
    text:match("^(%d%d%d%d)%-(%d%d)%-(%d%d)[ T](%d%d):(%d%d):(%d%d)%.?%d*Z?$")
  if not year then return nil end
  year, month, day = tonumber(year), tonumber(month), tonumber(day)
  hour, minute, second = tonumber(hour), tonumber(minute), tonumber(second)
  if year <= 1 or month < 1 or month > 12 or day < 1 or day > last_days[month] then return nil end
  if hour > 23 or minute > 59 or second > 60 then return nil end
  return days_of(year, month, day) * 86400 + hour * 3600 + minute * 60 + second - (utc_offset or 0)
end

-- The states that are documented, and whether somebody is or may come back to the session.
local live_states = {
  Active = true, Disconnected = true, AppcInit = true, SignedOut = false, InitFail = false,
}

---Whether a session exists still: Active, Disconnected or AppcInit, and not ended.
---@param row rollcall.workspace.session  a session
---@return boolean?  nil if its state is not one of the documented ones
function session.is_live(row)
  local live = live_states[row.session_state]
  if live and session.epoch(row.end_time) then return false end
  return live
end

local types = { ["1"] = "desktop", ["2"] = "application" }

---The meaning of `session_type`.
---@param row rollcall.workspace.session  a session
---@return "desktop"|"application"|nil  nil if it is not one of the documented ones
function session.session_type(row)
  return types[row.session_type]
end

return session
