--- The differences that a watch finds as events of the Open Cybersecurity Schema Framework: sessions and logons as Authentication, and what
-- that has no place for as its Base Event. Other rows are none.
local changes = require "rollcall.cli.changes"
local ocsf = require "rollcall.internal.ocsf"
local presence = require "rollcall.presence"
local session = require "rollcall.workspace.session"

local events = {}

local BASE_EVENT, AUTHENTICATION = 0, 3002
local LOGON, LOGOFF, OTHER = 1, 2, 99
local SUCCESS, INFORMATIONAL, LOW = 1, 1, 2
local NETWORK, REMOTE_INTERACTIVE = 3, 10

local activities = {
  connected = { LOGON, "Logon" }, disconnected = { LOGOFF, "Logoff" }, unverified = { OTHER, "Unverified" },
  newly_visible = { OTHER, "Newly visible" },
}

-- For each kind of row: what it says besides who and when.
local describe = {
  smb_session = function(event, row)
    event.src_endpoint, event.dst_endpoint = ocsf.endpoint(row.client, row.address), ocsf.server(row.servername)
    event.session.uid, event.session.is_remote, event.is_remote = row.session_id, true, true
    event.logon_type_id, event.logon_type = NETWORK, "Network"
  end,
  logon = function(event, row)
    event.dst_endpoint = ocsf.server(row.servername)
  end,
  session = function(event, row)
    event.src_endpoint, event.dst_endpoint = ocsf.endpoint(row.client_name, row.client_ip), ocsf.endpoint(row.machine_name, row.vm_ip)
    event.service = { name = "Huawei Cloud Workspace", uid = row.origin }
    event.session.uid, event.session.is_remote, event.is_remote = row.id, true, true
    event.logon_type_id, event.logon_type = REMOTE_INTERACTIVE, "Remote Interactive"
    event.metadata.tenant_uid = row.tenant_id
  end,
}

-- What an inventory's blocks may ask that gives such rows; true: whatever they ask.
local sources = {
  smb = { sessions = true, logons = true }, smbstatus = { sessions = true }, workspace = true, snapshot = true,
}

---Whether an inventory can give rows that are events.
---@param inv rollcall.inventory
---@return string? problem
function events.problem(inv)
  for _, one in ipairs(inv.sources) do
    local queries = sources[one.block]
    if queries == true or queries and queries[one.fields.query] then return nil end
  end
  return '--format ocsf has sessions and logons, and the inventory asks for none; add an smb block with query = "sessions"'
end

---@param gap rollcall.cli.gap
---@param generated_at integer
---@return string
local function gap_line(gap, generated_at)
  return ocsf.line {
    class_uid = BASE_EVENT, activity_id = OTHER, activity_name = "Gap", severity_id = LOW, time = ocsf.time(generated_at),
    start_time = ocsf.time(session.epoch(gap.since)), end_time = ocsf.time(generated_at),
    message = changes.gap_line(gap):match "^=%s+gap%s+(.-)\n$", status_detail = gap.reason, metadata = { uid = gap.id },
  }
end

---@param change rollcall.diff.change
---@param view rollcall.presence
---@return string
local function message(change, view)
  local words = ("%s: %s"):format(change.event:gsub("_", " "), view.account or "a user who is not known")
  if view.client then words = words .. " from " .. view.client end
  if view.kind == "session" and view.resource then words = words .. " on " .. view.resource end
  return view.origin and words .. " at " .. view.origin or words
end

---When a session began, as far as it is known. The row of one that has gone is of an earlier poll, whose seconds count from then.
---@param change rollcall.diff.change
---@param view rollcall.presence
---@param generated_at integer
---@return integer?
local function since_of(change, view, generated_at)
  local has_gone = change.event == "disconnected" or change.event == "unverified"
  if has_gone and change.row.time and not change.row.since then return nil end
  local since = presence.field(view, "since")
  return since and since > 0 and since <= generated_at and since or nil
end

---@param change rollcall.diff.change|rollcall.cli.gap
---@param generated_at integer  when it was noticed
---@param settings rollcall.presence.settings
---@return string?  nil of what is no event
function events.line(change, generated_at, settings)
  if change.event == "gap" then return gap_line(change --[[@as rollcall.cli.gap]], generated_at) end
  local activity, its_describe = activities[change.event], describe[change.kind]
  if not (activity and its_describe) then return nil end
  local view = presence.of(change.kind, change.row, { now = generated_at, utc_offset = settings.utc_offset })
  local began = ocsf.time(since_of(change, view, generated_at))
  local event = {
    class_uid = AUTHENTICATION, activity_id = activity[1], activity_name = activity[2], severity_id = INFORMATIONAL,
    time = activity[1] == LOGON and began or ocsf.time(generated_at), message = message(change, view),
    metadata = { uid = change.id, logged_time = ocsf.time(generated_at) }, session = { created_time = began },
  }
  if activity[1] ~= OTHER then event.status_id, event.status = SUCCESS, "Success" end
  its_describe(event, change.row)
  if not next(event.session) then event.session = nil end
  if change.kind == "logon" then
    event.user = change.row.username and { name = change.row.username, domain = change.row.logon_domain }
  else
    event.user = view.account and ocsf.user(view.account)
  end
  -- An Authentication has a user.
  if not event.user then
    event = {
      class_uid = BASE_EVENT, activity_id = OTHER, activity_name = activity[2], severity_id = INFORMATIONAL, time = event.time,
      message = event.message, metadata = { uid = change.id, logged_time = event.metadata.logged_time },
      status_detail = "the user is not known",
    }
  end
  return ocsf.line(event)
end

return events
