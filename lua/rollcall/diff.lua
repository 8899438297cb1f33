--- The difference of two looks: who came, who left, what changed. Seconds that merely went by are no
-- change; and whoever cannot be seen for a target that did not answer has not left.
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
  presence = { "servername", "username", "client", "share" },
  session = { "origin", "id" },
}

-- Words that a server fills in, and an id that counts the others.
local filler = { id = true, type = true, num_users = true, username = true, netname = true }

local function identity_of(kind, row)
  local fields = identities[kind]
  if row.placeholder then fields = { "servername", "share" } end
  if kind == "session" and row.id == nil then fields = { "origin", "login_user", "machine_name", "start_time" } end
  if not fields then fields = row.id ~= nil and { "origin", "id" } or { "user", "account", "origin", "resource", "client" } end
  local parts = { kind }
  for _, name in ipairs(fields) do
    local value = row[name]
    local said = value == nil and "" or text.of(value)
    parts[#parts + 1] = (value == nil and "-" or #said) .. ":" .. said
  end
  return table.concat(parts, "|")
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

---@param before rollcall.diff.look
---@param after rollcall.diff.look
---@return rollcall.diff.change[]  first who left, then who came and what changed
function diff.compare(before, after)
  local changes = {}
  for _, identity in ipairs(before.order) do
    local entry = before.entries[identity]
    if not (entry.own or after.entries[identity]) then
      local left = could_see(after, entry.kind, entry.row)
      if left or not entry.carried then
        changes[#changes + 1] = { what = left and "left" or "unseen", kind = entry.kind, row = entry.row }
      end
    end
  end
  for _, identity in ipairs(after.order) do
    local entry, was = after.entries[identity], before.entries[identity]
    if not was and not entry.own then
      changes[#changes + 1] = { what = could_see(before, entry.kind, entry.row) and "came" or "seen", kind = entry.kind, row = entry.row }
    elseif not entry.own then
      local fields = changed_fields(was.row, entry.row)
      if #fields > 0 then
        changes[#changes + 1] = { what = "changed", kind = entry.kind, row = entry.row, before = was.row, fields = fields }
      end
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
