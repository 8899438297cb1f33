--- The difference of two looks: who came, who left, what changed. Seconds that merely went by are no
-- change; and whoever cannot be seen for a target that did not answer has not left.
local names = require "rollcall.smb.names"
local own_logons = require "rollcall.diff.own"
local presence = require "rollcall.presence"
local system = require "rollcall.system"
local text = require "rollcall.internal.text"

local diff = {}

---One difference.
---@class rollcall.diff.change
---@field what "came"|"left"|"changed"|"unseen"|"seen"  unseen: was there, and could not be looked for; seen: is there, and could not be looked for before
---@field kind string
---@field row table  as it is, or if it left, as it was
---@field before? table  of what changed: as it was
---@field fields? string[]  of what changed

---What passes by itself.
local elapsing = { time = true, idle_time = true, status_continue_time = true, last_update_status_time = true }

---What makes a row the same row in another look.
local identities = {
  connection = { "servername", "share", "client", "username", "id" },
  smb_session = { "servername", "client", "username" },
  file = { "servername", "username", "pathname", "id" },
  share = { "servername", "share" },
  access = { "servername", "username", "client", "share" },
  session = { "origin", "id" },
}

-- Words that a server fills in, and an id that counts the others.
local filler = { id = true, type = true, num_users = true, username = true, netname = true }

local function joined_fields(kind, row, fields)
  local parts = { kind }
  for _, name in ipairs(fields) do
    local value = row[name]
    local said = value == nil and "" or text.of(value)
    parts[#parts + 1] = (value == nil and "-" or #said) .. ":" .. said
  end
  return table.concat(parts, "|")
end

local function identity_of(kind, row)
  local fields = identities[kind]
  if row.placeholder then fields = { "servername", "share" } end
  if kind == "session" and row.id == nil then fields = { "origin", "login_user", "machine_name", "start_time" } end
  if not fields then fields = row.id ~= nil and { "origin", "id" } or { "user", "account", "origin", "resource", "client" } end
  return joined_fields(kind, row, fields)
end

---What a session's rows in the combined view have in common. In which share it has files open may be certain now and not then.
---@return string?
local function session_of(kind, row)
  if kind ~= "access" or type(row.sources) ~= "string" or not row.sources:find "^session" then return nil end
  return joined_fields(kind, row, { "servername", "username", "client" })
end

---The open files of the combined view, each with its server and user: a file may have a row of its own now and not then.
---@return table<string, boolean>
local function open_files(look)
  local files = {}
  for _, entry in pairs(look.entries) do
    if entry.kind == "access" and type(entry.row.files) == "table" then
      for _, path in ipairs(entry.row.files) do
        files[joined_fields("", { entry.row.servername, names.key(tostring(entry.row.username or "")), path }, { 1, 2, 3 })] = true
      end
    end
  end
  return files
end

---@return fun(row: table): boolean  whether a row is one of a file that is open in the look
local function is_open_in(look)
  local files
  return function(row)
    if row.sources ~= "file" or type(row.files) ~= "table" then return false end
    files = files or open_files(look)
    return files[joined_fields("", { row.servername, names.key(tostring(row.username or "")), row.files[1] }, { 1, 2, 3 })] == true
  end
end

---@class rollcall.diff.look
---@field entries table<string, { kind: string, row: table, carried: boolean?, own: boolean? }>  carried: known from an earlier look; own: a logon of rollcall's, which is compared with nothing
---@field order string[]
---@field outcomes rollcall.outcome[]

---Takes in rows. Of several that are the same in all that tells them apart, each counts.
---@param rows fun(): string?, table?
---@param outcomes rollcall.outcome[]
---@return rollcall.diff.look
function diff.look(rows, outcomes)
  local look = { entries = {}, order = {}, outcomes = outcomes }
  local times, taken = {}, {}
  for kind, row in rows do taken[#taken + 1] = { kind = kind, row = row } end
  -- Now all outcomes are there.
  local is_own = own_logons(outcomes)
  for i, entry in ipairs(taken) do
    entry.own = is_own(entry.kind, entry.row) or nil
    local identity = (entry.own and "own|" or "") .. identity_of(entry.kind, entry.row)
    local number = (times[identity] or 0) + 1
    times[identity] = number
    identity = identity .. "|" .. number
    look.entries[identity] = entry
    look.order[i] = identity
  end
  return look
end

---Whether a row of this kind and origin would have been seen.
---@param look rollcall.diff.look
local function could_see(look, kind, row)
  local origin = presence.field(presence.of(kind, row), "origin")
  local asked = #look.outcomes == 0
  for _, outcome in ipairs(look.outcomes) do
    local everything = outcome.source == "snapshot" or outcome.source == "rows" and outcome.query == kind
    if everything or outcome.target == origin and (outcome.query == nil or outcome.query == kind) then
      asked = asked or outcome.source ~= "snapshot"
      if outcome.completeness ~= "complete" and outcome.completeness ~= "placeholder" then return false end
    end
  end
  return asked
end

local function same(a, b)
  if type(a) ~= "table" or type(b) ~= "table" then return a == b end
  for name, value in pairs(a) do
    if not same(value, b[name]) then return false end
  end
  for name in pairs(b) do
    if a[name] == nil then return false end
  end
  return true
end

local function changed_fields(before, after)
  local fields = {}
  local function counts(name)
    return not (elapsing[name] or after.placeholder and filler[name])
  end
  for name, value in pairs(after) do
    if counts(name) and not same(value, before[name]) then fields[#fields + 1] = name end
  end
  for name in pairs(before) do
    if counts(name) and after[name] == nil then fields[#fields + 1] = name end
  end
  table.sort(fields, system.text_less)
  return fields
end

local function changed(kind, before, after)
  local fields = changed_fields(before, after)
  return #fields > 0 and { what = "changed", kind = kind, row = after, before = before, fields = fields } or nil
end

---The entries of a look that the other does not have, and a function that takes from them one of the same session.
local function only_in(look, other)
  local entries, of_session = {}, {}
  for _, identity in ipairs(look.order) do
    local entry = look.entries[identity]
    if not (entry.own or other.entries[identity]) then
      entries[#entries + 1] = entry
      local session = session_of(entry.kind, entry.row)
      if session then
        of_session[session] = of_session[session] or {}
        table.insert(of_session[session], entry)
      end
    end
  end
  return entries, function(entry)
    local session = session_of(entry.kind, entry.row)
    return session and of_session[session] and table.remove(of_session[session], 1)
  end
end

---@param before rollcall.diff.look
---@param after rollcall.diff.look
---@return rollcall.diff.change[]  first who left, then who came and what changed
function diff.compare(before, after)
  local changes, paired = {}, {}
  local gone, take_gone = only_in(before, after)
  for _, entry in ipairs((only_in(after, before))) do
    local partner = take_gone(entry)
    if partner then
      paired[partner], paired[entry] = entry, partner
    end
  end
  local is_still_open, was_open = is_open_in(after), is_open_in(before)
  for _, entry in ipairs(gone) do
    local left = could_see(after, entry.kind, entry.row)
    if not paired[entry] and (left or not entry.carried) and not is_still_open(entry.row) then
      changes[#changes + 1] = { what = left and "left" or "unseen", kind = entry.kind, row = entry.row }
    end
  end
  for _, identity in ipairs(after.order) do
    local entry = after.entries[identity]
    local was = before.entries[identity] or paired[entry]
    if was and not entry.own then
      changes[#changes + 1] = changed(entry.kind, was.row, entry.row)
    elseif not entry.own and not was_open(entry.row) then
      changes[#changes + 1] = { what = could_see(before, entry.kind, entry.row) and "came" or "seen", kind = entry.kind, row = entry.row }
    end
  end
  return changes
end

---A look to compare the next with: the newer one, and of targets that could not be asked, what was
---known of them. So a target that is away for a while makes nobody leave and come.
---@param before rollcall.diff.look
---@param after rollcall.diff.look
---@return rollcall.diff.look
function diff.carried(before, after)
  local outcomes, carried_targets = {}, {}
  for i, outcome in ipairs(after.outcomes) do outcomes[i] = outcome end
  local result = { entries = {}, order = {}, outcomes = outcomes }
  for _, identity in ipairs(after.order) do
    result.entries[identity] = after.entries[identity]
    result.order[#result.order + 1] = identity
  end
  for _, identity in ipairs(before.order) do
    local entry = before.entries[identity]
    if not (entry.own or after.entries[identity]) and not could_see(after, entry.kind, entry.row) then
      result.entries[identity] = { kind = entry.kind, row = entry.row, carried = true }
      result.order[#result.order + 1] = identity
      carried_targets[entry.row.servername or entry.row.origin or ""] = true
    end
  end
  -- What is carried was seen once, so the next look is compared with it as if it had been seen now.
  for i, outcome in ipairs(outcomes) do
    if carried_targets[outcome.target] then
      local seen = {}
      for name, value in pairs(outcome) do seen[name] = value end
      seen.completeness = "complete"
      outcomes[i] = seen
    end
  end
  return result
end

return diff
