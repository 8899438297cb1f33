--- The difference of two polls: who connected, who disconnected, what changed. Seconds that merely
--- went by are no change; and whoever cannot be seen for a target that did not answer is not disconnected.
local beginning = require "rollcall.internal.beginning"
local memory = require "rollcall.internal.memory"
local names = require "rollcall.smb.names"
local options = require "rollcall.internal.options"
local own_logons = require "rollcall.diff.own"
local presence = require "rollcall.presence"
local result = require "rollcall.internal.outcomes"
local shard = require "rollcall.internal.shard"
local system = require "rollcall.system"
local text = require "rollcall.internal.text"

---@class rollcall.diff
local diff = {}

---One difference.
---@class rollcall.diff.change
---@field event "connected"|"disconnected"|"changed"|"unverified"|"newly_visible"  unverified: it was not asked for this time, or the target was not reachable; newly_visible: likewise last time
---@field kind string  of the row
---@field row table  as it is, or if disconnected, as it was
---@field before? table  of what changed: as it was
---@field fields? string[]  of what changed: which fields did

---What passes by itself.
local elapsing = { time = true, idle_time = true, status_continue_time = true, last_update_status_time = true }

---What makes a row the same row in another poll.
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

-- One server may have been named in upper case, or with backslashes in front.
local is_target = { servername = true, origin = true }

local function value_of(row, name)
  local value = row[name]
  return is_target[name] and type(value) == "string" and shard.key(value) or value
end

local function joined_fields(kind, row, fields)
  local parts = { kind }
  for _, name in ipairs(fields) do
    local value = value_of(row, name)
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

local function open_file(row, path)
  return joined_fields("", { servername = row.servername, user = names.key(tostring(row.username or "")), path = path },
    { "servername", "user", "path" })
end

---The open files of the combined view, each with its server and user: a file may have a row of its own now and not then.
---@return table<string, boolean>
local function open_files(poll)
  local files = {}
  for _, entry in pairs(poll.entries) do
    if entry.kind == "access" and type(entry.row.files) == "table" then
      for _, path in ipairs(entry.row.files) do
        files[open_file(entry.row, path)] = true
      end
    end
  end
  return files
end

---@return fun(row: table): boolean  whether a row is one of a file that is open in the poll
local function is_open_in(poll)
  local files
  return function(row)
    if row.sources ~= "file" or type(row.files) ~= "table" then return false end
    files = files or open_files(poll)
    return files[open_file(row, row.files[1])] == true
  end
end

---@class rollcall.diff.entry
---@field kind string  of the row
---@field row table  as its source gave it
---@field same string  what all rows with the same identity have
---@field carried? boolean  it is known from an earlier poll
---@field own? boolean  it is a logon of rollcall's, which is compared with nothing

---Rows that were taken at one time.
---@class rollcall.diff.poll
---@field entries table<string, rollcall.diff.entry>  the rows by their identities
---@field order string[]  the identities of the entries, in the order of their arrival
---@field outcomes rollcall.outcome[]  the result for each target
---@field began? number  when the targets were asked, by `system.clock`; absent: it is not known
---@field ended? number  when all had answered, likewise

---Gives those of the same identity one of their own each, by age: servers list them in any order.
local function number(poll, taken, of_same)
  local identity_of_entry = {}
  for same_identity, entries in pairs(of_same) do
    local place = {}
    for i, entry in ipairs(entries) do place[entry] = i end
    local function age_of(entry) return math.type(entry.row.time) and entry.row.time or -1 end
    table.sort(entries, function(a, b)
      if age_of(a) ~= age_of(b) then return age_of(a) > age_of(b) end
      return place[a] < place[b]
    end)
    for i, entry in ipairs(entries) do
      local identity = i == 1 and same_identity or same_identity .. "|" .. i
      poll.entries[identity], identity_of_entry[entry] = entry, identity
    end
  end
  for i, entry in ipairs(taken) do poll.order[i] = identity_of_entry[entry] or poll.order[i] end
end

---Takes in rows. Of several with the same identity, each counts. All are kept, in at most half of what rows may take, since a poll is
---there to be compared with another. Raises what the iterator raises, and that it is full.
---@param rows fun(): string?, table?  an iterator of kind and row, such as `inventory.rows` gives
---@param outcomes rollcall.outcome[]  the result for each target; a list that may be filled while rows are read
---@return rollcall.diff.poll  to compare with another
function diff.poll(rows, outcomes)
  local poll = { entries = {}, order = {}, outcomes = outcomes }
  local taken, of_same = {}, {}
  local half = memory.LIMIT / 2
  local is_full = memory.room(half)
  local function check(count)
    if is_full() then memory.refuse("a poll", count, "compare parts of it", half) end
  end
  for kind, row in rows do
    taken[#taken + 1] = { kind = kind, row = row }
    check(#taken)
  end
  -- Now all outcomes are there.
  local is_own = own_logons(outcomes)
  for i, entry in ipairs(taken) do
    entry.own = is_own(entry.kind, entry.row) or nil
    entry.same = (entry.own and "own|" or "") .. identity_of(entry.kind, entry.row)
    poll.order[i] = entry.same
    if poll.entries[entry.same] then
      of_same[entry.same] = of_same[entry.same] or { poll.entries[entry.same] }
      table.insert(of_same[entry.same], entry)
    else
      poll.entries[entry.same] = entry
    end
    check(#taken)
  end
  if next(of_same) then number(poll, taken, of_same) end
  return poll
end

local view_of = presence.viewer()

---@param poll rollcall.diff.poll
---@return fun(kind: string, row: table): boolean could_see  whether a row of this kind and origin would have been seen
local function sight_of(poll)
  local of_target, of_rows, damaged = {}, {}, false
  for _, outcome in ipairs(poll.outcomes) do
    if outcome.source == "snapshot" then
      damaged = damaged or not result.is_good(outcome)
    elseif outcome.source == "rows" then
      of_rows[outcome.query] = of_rows[outcome.query] ~= false and result.is_good(outcome)
    else
      local key = shard.key(outcome.target)
      of_target[key] = of_target[key] or {}
      table.insert(of_target[key], { covers = result.covers(outcome), is_good = result.is_good(outcome) })
    end
  end
  return function(kind, row)
    if damaged then return false end
    local seen, origin = of_rows[kind], view_of(kind, row).origin
    for _, one in ipairs(type(origin) == "string" and of_target[shard.key(origin)] or {}) do
      if one.covers(kind, row) then seen = seen ~= false and one.is_good end
    end
    return seen or false
  end
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
    if counts(name) and not same(value, before[name])
      and not same(value_of(after, name), value_of(before, name)) then fields[#fields + 1] = name end
  end
  for name in pairs(before) do
    if counts(name) and after[name] == nil then fields[#fields + 1] = name end
  end
  table.sort(fields, system.text_less)
  return fields
end

local function changed(kind, before, after)
  local fields = changed_fields(before, after)
  return #fields > 0 and { event = "changed", kind = kind, row = after, before = before, fields = fields } or nil
end

---Which entry of one poll is which of the other.
---@return table<table, table> partner  of each
local function partners(before, after, elapsed)
  local partner, left = {}, {}
  local function pair(one, other)
    -- What fields of the user's own kinds mean is not known.
    local is_another = presence.is_known_kind(one.kind) and beginning.is_another(one.row, other.row, elapsed)
    if partner[one] or is_another then return false end
    partner[one], partner[other] = other, one
    return true
  end
  for _, identity in ipairs(after.order) do
    local one, other = before.entries[identity], after.entries[identity]
    if not (other.own or one and pair(one, other)) then left[#left + 1] = other end
  end
  local of_session = {}
  for _, identity in ipairs(before.order) do
    local one = before.entries[identity]
    if not (one.own or partner[one]) then
      for _, key in ipairs { one.same, session_of(one.kind, one.row) } do
        of_session[key] = of_session[key] or {}
        table.insert(of_session[key], one)
      end
    end
  end
  for _, other in ipairs(left) do
    for _, key in ipairs { other.same, session_of(other.kind, other.row) } do
      for _, one in ipairs(partner[other] and {} or of_session[key] or {}) do
        if pair(one, other) then break end
      end
    end
  end
  return partner
end

---What differs between two polls. Raises nothing.
---@param before rollcall.diff.poll  the earlier one
---@param after rollcall.diff.poll  the later one
---@return rollcall.diff.change[]  first who disconnected, then who connected and what changed
function diff.compare(before, after)
  local changes = {}
  local elapsed = before.ended and after.began and math.max(0, after.began - before.ended) or 0
  local partner = partners(before, after, elapsed)
  local is_still_open, was_open = is_open_in(after), is_open_in(before)
  local could_see, could_see_before = sight_of(after), sight_of(before)
  for _, identity in ipairs(before.order) do
    local entry = before.entries[identity]
    if not (entry.own or partner[entry]) then
      local disconnected = could_see(entry.kind, entry.row)
      if (disconnected or not entry.carried) and not is_still_open(entry.row) then
        changes[#changes + 1] = { event = disconnected and "disconnected" or "unverified", kind = entry.kind, row = entry.row }
      end
    end
  end
  for _, identity in ipairs(after.order) do
    local entry = after.entries[identity]
    local was = partner[entry]
    if was then
      changes[#changes + 1] = changed(entry.kind, was.row, entry.row)
    elseif not entry.own and not was_open(entry.row) then
      local event = could_see_before(entry.kind, entry.row) and "connected" or "newly_visible"
      changes[#changes + 1] = { event = event, kind = entry.kind, row = entry.row }
    end
  end
  return changes
end

---A poll to compare the next with: the newer one, and of targets that could not be asked, what was
---known of them. So a target that is away for a while disconnects and connects nobody. Raises nothing.
---@param before rollcall.diff.poll  the earlier one, or what was carried of it
---@param after rollcall.diff.poll  the later one
---@return rollcall.diff.poll  what the next one is to be compared with
function diff.carried(before, after)
  local carried = { entries = {}, order = {}, outcomes = {}, began = after.began, ended = after.ended }
  for _, identity in ipairs(after.order) do
    carried.entries[identity] = after.entries[identity]
    carried.order[#carried.order + 1] = identity
  end
  local could_see = sight_of(after)
  for _, identity in ipairs(before.order) do
    local entry = before.entries[identity]
    if not (entry.own or after.entries[identity]) and not could_see(entry.kind, entry.row) then
      carried.entries[identity] = { kind = entry.kind, row = entry.row, same = entry.same, carried = true }
      carried.order[#carried.order + 1] = identity
    end
  end
  -- What is carried was seen once, so the next poll is compared with it as if it had been seen now: as far as it was seen then.
  local was_good = {}
  for _, outcome in ipairs(before.outcomes) do
    local key = result.key(outcome)
    was_good[key] = was_good[key] ~= false and result.is_good(outcome)
  end
  for i, outcome in ipairs(after.outcomes) do
    carried.outcomes[i] = was_good[result.key(outcome)] and not result.is_good(outcome)
      and options.merged(outcome, { completeness = "complete" }) or outcome
  end
  return carried
end

return diff
