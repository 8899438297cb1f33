--- Several snapshots as one: of shards of the same targets, or of several offices. Of a server that is in more than one of them,
-- what the newest says counts. What is missing is named.
local memory = require "rollcall.internal.memory"
local outcomes_of = require "rollcall.internal.outcomes"
local presence = require "rollcall.presence"
local printed = require "rollcall.snapshot.printed"
local shard = require "rollcall.internal.shard"
local snapshot = require "rollcall.snapshot"
local system = require "rollcall.system"
local text = require "rollcall.internal.text"
local users = require "rollcall.snapshot.users"

local merge = {}

local NO_RESULT, NO_SHARD = "no file has a result for it", "no file is of its shard %s"

-- Of a target of these, rows and result are known by their server.
local of_server = { smb = true, smbstatus = true }

---A file to be merged.
---@class rollcall.merge.part
---@field path string
---@field reason? string  why it cannot be read
---@field generated_at? integer
---@field last_generated_at? integer
---@field shards string[]  those that it has rows of
---@field is_snapshot? boolean
---@field utc_offset? integer
---@field chosen? string  which rows alone it has

---@param path string
---@return rollcall.snapshot|rollcall.printed|nil
---@return string? reason
---@return boolean is_snapshot
local function open(path)
  local opened, _, reason = snapshot.open(path)
  if opened or reason ~= "is not a snapshot" then return opened, reason, true end
  opened, reason = printed.open(path)
  return opened, reason, false
end

---@param path string
---@return rollcall.merge.part
local function part_of(path)
  local opened, reason, is_snapshot = open(path)
  if not opened then return { path = path, reason = reason, shards = {} } end
  if not is_snapshot then
    for _ in function() return opened:next() end do end -- Each output in it has its own beginning.
  end
  opened:close()
  return {
    path = path, is_snapshot = is_snapshot, generated_at = opened.generated_at, chosen = opened.chosen,
    last_generated_at = opened.last_generated_at or opened.generated_at, utc_offset = opened.utc_offset,
    shards = opened.shards or { opened.shard },
  }
end

---What there is to merge, the newest first, and what holds for the whole of it.
---@param paths string[]
---@return rollcall.merge.part[]?
---@return string|rollcall.snapshot.settings|nil settings  with `generated_at`; or the problem
function merge.parts(paths)
  local parts, whole, labels, first_snapshot, first_problem = {}, {}, {}, nil, nil
  for i, path in ipairs(paths) do
    local part = part_of(path)
    parts[i] = part
    if part.chosen then
      return nil, ("%s has only %s, and one that was left out would look as if it had not been there; "):format(path, part.chosen)
        .. "print all rows, and choose among those of the merged snapshot"
    end
    if part.reason then first_problem = first_problem or ("%s: %s"):format(path, part.reason) end
    if part.is_snapshot then
      first_snapshot = first_snapshot or part
      if part.utc_offset ~= first_snapshot.utc_offset then
        return nil, ("%s and %s differ in utc_offset, so their times do not belong together"):format(first_snapshot.path, path)
      end
      whole.utc_offset = part.utc_offset
    end
    if part.generated_at then
      whole.generated_at = math.min(whole.generated_at or part.generated_at, part.generated_at)
      whole.last_generated_at = math.max(whole.last_generated_at or part.last_generated_at, part.last_generated_at)
    end
    if not part.reason then whole.is_readable = true end
    table.move(part.shards, 1, #part.shards, #labels + 1, labels)
  end
  whole.shards = labels[1] and shard.labels(labels) or nil
  if not whole.is_readable then return nil, first_problem end
  table.sort(parts, function(a, b)
    local time_a, time_b = a.generated_at or 0, b.generated_at or 0
    if time_a ~= time_b then return time_a > time_b end
    return system.text_less(a.path, b.path)
  end)
  return parts, whole
end

---Which shards no part is of.
---@param parts rollcall.merge.part[]
---@param expected? integer  how many there should be
---@return rollcall.shard[]? missing
---@return integer|string unnamed  how many are missing of which nothing says which; or what is wrong with what is expected
function merge.missing(parts, expected)
  local labels, without = {}, 0
  for _, part in ipairs(parts) do
    for _, its_shard in ipairs(shard.of_labels(part.shards)) do
      if expected and its_shard.count ~= expected then
        return nil, ("%s is of the shard %s, and --shards says %d"):format(part.path, its_shard.label, expected)
      end
      labels[#labels + 1] = its_shard.label
    end
    if #part.shards == 0 and not part.reason then without = without + 1 end
  end
  local shards = shard.of_labels(labels)
  if expected and without > 0 then return {}, math.max(0, expected - #shards - without) end
  return shard.missing(shards, expected), 0
end

---@class rollcall.merge.overlap  of two files
---@field older string
---@field newer string
---@field count integer  how many targets or users are in both
---@field first string  one of them
---@field both? boolean  they count from both
---@field package seen? table<string, true>

---@class rollcall.merge
---@field outcomes rollcall.outcome[]
---@field overlaps rollcall.merge.overlap[]
---@field private absent rollcall.outcome[]  of earlier merges, which had none for these targets
---@field private overlap_of table<rollcall.merge.part, table<rollcall.merge.part, rollcall.merge.overlap>>
---@field private sum_of table<string, rollcall.outcome>  of a cloud service: the result over all parts
---@field private part_of table<string, rollcall.merge.part>  of each server, or user of a cloud service: what counts
---@field private part_with table<string, rollcall.merge.part>  of each kind of rows of one's own: the last that has them
---@field private is_full fun(): boolean
---@field private rows integer
local methods = {}
local metatable = { __index = methods }

---@return rollcall.merge
function merge.new()
  return setmetatable({
    outcomes = {}, absent = {}, overlaps = {}, overlap_of = {}, sum_of = {}, part_of = {}, part_with = {}, is_full = memory.room(),
    rows = 0,
  }, metatable)
end

---Whether a result is one of an earlier merge, which had none for its target.
local function is_absent(outcome)
  local reason = outcome.completeness == "unreachable" and outcome.source ~= "workspace" and outcome.reason
  return reason and (reason == NO_RESULT or reason:find(NO_SHARD:format("%d+/%d+")) ~= nil)
end

local function key_of(query, target)
  return (query or "") .. "\0" .. shard.key(target)
end

function methods:put(outcome)
  table.insert(self.outcomes, outcome)
  if self.is_full() then memory.refuse("merging", self.rows, "merge fewer files at once") end
end

---Whether a newer part has the target or the user already; if so, it is noted.
function methods:is_elsewhere(key, part, name)
  local newer = self.part_of[key]
  if not newer or newer == part then return false end
  local of_newer = self.overlap_of[newer] or {}
  self.overlap_of[newer] = of_newer
  local overlap = of_newer[part]
  if not overlap then
    overlap = { older = part.path, newer = newer.path, count = 0, first = name, seen = {} }
    of_newer[part] = overlap
    table.insert(self.overlaps, overlap)
  end
  if not overlap.seen[key] then overlap.seen[key], overlap.count = true, overlap.count + 1 end
  return true
end

---Rows of one's own have no targets by which they could be distinguished.
function methods:note_rows(part, kind)
  local newer = self.part_with[kind]
  if newer and newer ~= part then
    table.insert(self.overlaps,
      { older = part.path, newer = newer.path, count = 1, first = ("rows of kind '%s'"):format(kind), both = true })
  end
  self.part_with[kind] = part
end

---The results of a cloud service in several parts are of different users.
function methods:add_to_sum(outcome)
  local key = outcomes_of.key(outcome)
  local sum = self.sum_of[key]
  if not sum then
    self.sum_of[key] = outcome
    return self:put(outcome)
  end
  local known = outcomes_of.users(sum)
  if not known or not outcomes_of.users(outcome) then
    sum.users = nil
  else
    for _, name in ipairs(outcome.users or {}) do
      sum.users = sum.users or {}
      if not known[shard.key(name)] then table.insert(sum.users, name) end
    end
  end
  sum.claimed, sum.received = (sum.claimed or 0) + (outcome.claimed or 0), (sum.received or 0) + (outcome.received or 0)
  if sum.completeness ~= outcome.completeness then sum.completeness = "partial" end
  local reasons = { sum.reason }
  reasons[#reasons + 1] = outcome.reason
  sum.reason = #reasons > 0 and table.concat(reasons, "; ") or nil
end

---@param origin? string
---@param project_id? string
---@param user string
local function key_of_user(origin, project_id, user)
  return key_of("session", table.concat({ origin or "", project_id or "", user }, "\0"))
end

---@param server string
---@param qualifier string
local function key_of_qualifier(server, qualifier)
  return key_of("connection", server .. "\0" .. qualifier)
end

---By what a row's target is known to be elsewhere: its server, or the user of a cloud service.
---@return string? key
---@return string? name
---@return string[]? others  likewise: its server as far as it was asked about the row's share or computer
local function target_of(kind, row)
  if type(row.servername) == "string" then
    local others = {}
    if kind == "connection" then
      if type(row.share) == "string" then others[1] = key_of_qualifier(row.servername, row.share) end
      if type(row.client) == "string" then others[#others + 1] = key_of_qualifier(row.servername, "\\\\" .. row.client) end
    end
    return key_of(kind, row.servername), row.servername, others
  end
  if kind == "session" and type(row.user_name) == "string" then
    return key_of_user(row.origin, row.project_id, row.user_name), row.user_name
  end
end

---Reads a part, and takes what counts of it. Raises that it cannot be read any more.
---@param part rollcall.merge.part
---@param write fun(kind: string, row: table)
function methods:add(part, write)
  if part.reason then
    return self:put { source = "snapshot", target = part.path, completeness = "unreachable", reason = part.reason }
  end
  local opened, reason = open(part.path)
  if not opened then error(("%s: %s"):format(part.path, reason), 0) end
  local taken, newest = {}, {}
  for kind, row in function() return opened:next() end do
    local key, name, others = target_of(kind, row)
    local is_elsewhere = key and self:is_elsewhere(key, part, name)
    for _, other in ipairs(others or {}) do is_elsewhere = is_elsewhere or self:is_elsewhere(other, part, name) end
    if not is_elsewhere then
      users.keep(opened --[[@as rollcall.snapshot]], kind, row)
      if opened.generated_at and not presence.time_of(row) then presence.record_time(row, opened.generated_at) end
      write(kind, row)
      self.rows = self.rows + 1
      if key and not taken[key] then taken[key] = { source = "smb", target = row.servername, query = kind } end
    end
    if self.is_full() then memory.refuse("merging", self.rows, "merge fewer files at once") end
  end
  opened:close()
  for _, outcome in ipairs(opened.outcomes) do
    local key = key_of(outcome.query, outcome.target)
    if is_absent(outcome) then
      table.insert(self.absent, outcome)
    elseif outcome.source == "workspace" then
      for _, user in ipairs(outcomes_of.is_good(outcome) and outcome.users or {}) do
        newest[key_of_user(outcome.target, outcome.project_id, user)] = true
      end
      self:add_to_sum(outcome)
    elseif not of_server[outcome.source] then
      self:put(outcome)
      if outcome.source == "rows" then self:note_rows(part, outcome.target) end
    elseif not (self:is_elsewhere(key, part, outcome.target) or outcome.qualifier
      and self:is_elsewhere(key_of_qualifier(outcome.target, outcome.qualifier), part, outcome.target)) then
      self:put(outcome)
      if outcome.qualifier then
        newest[key_of_qualifier(outcome.target, outcome.qualifier)] = true
        if taken[key] and taken[key].target then taken[key] = nil end
      else
        taken[key] = {}
      end
    end
  end
  for key in pairs(newest) do self.part_of[key] = self.part_of[key] or part end
  local cut = {}
  for key, outcome in pairs(taken) do
    self.part_of[key] = part
    if outcome.target then cut[#cut + 1] = outcome end
  end
  table.sort(cut, function(a, b) return system.text_less(a.target .. a.query, b.target .. b.query) end)
  for _, outcome in ipairs(cut) do
    outcome.completeness, outcome.reason = "partial", part.path .. " ends before its result"
    self:put(outcome)
  end
end

---Tells the targets that have a result: for what they were asked, or for all of it.
---@return fun(one: table): boolean  whether a target has one
---@return fun(one: table) add
function methods:known()
  local known = {}
  local function add(one)
    known[outcomes_of.key(one)] = true
    if not one.qualifier then known[key_of(one.query, one.target)] = true end
  end
  for _, outcome in ipairs(self.outcomes) do add(outcome) end
  return function(one) return known[outcomes_of.key(one)] or known[key_of(one.query, one.target)] or false end, add
end

---Names what no part has: the targets of an inventory, or shards.
---@param parts rollcall.merge.part[]
---@param missing rollcall.shard[]
---@param unnamed integer
---@param named? rollcall.inventory.named_target[]  those of an inventory
function methods:add_missing(parts, missing, unnamed, named)
  local is_known = {}
  for _, part in ipairs(parts) do
    for _, label in ipairs(part.shards) do is_known["shard " .. label] = true end
  end
  for _, its_shard in ipairs(missing) do is_known["shard " .. its_shard.label] = true end
  -- What an earlier merge missed is here now, or missing still.
  local outcomes = self.outcomes
  self.outcomes = {}
  for _, outcome in ipairs(outcomes) do
    if outcome.source ~= "snapshot" or not is_known[outcome.target] then self:put(outcome) end
  end
  if named then self:add_missing_targets(named, missing) end
  local is_known_target, add = self:known()
  for _, outcome in ipairs(self.absent) do
    if not is_known_target(outcome) then self:put(outcome) end
    add(outcome)
  end
  if named then return end
  for _, its_shard in ipairs(missing) do self:put(shard.absent(its_shard)) end
  if unnamed > 0 then
    self:put { source = "snapshot", target = text.count(unnamed, "shard"), completeness = "unreachable",
      reason = "there are fewer files than shards" }
  end
end

---The users that the results for a service are of.
---@param one rollcall.inventory.named_target
---@return boolean is_known  there is a result
---@return table<string, string>? users  by `shard.key`; nil: all
function methods:users_of(one)
  local is_known, found = false, {}
  for _, outcome in ipairs(self.outcomes) do
    local is_its = shard.key(outcome.target) == shard.key(one.target) and (outcome.query or one.query) == one.query
    if is_its and (not (outcome.project_id and one.project_id) or outcome.project_id == one.project_id) then
      is_known = true
      local its_users = outcomes_of.users(outcome)
      if not its_users then return true end
      for key, name in pairs(its_users) do found[key] = name end
    end
  end
  return is_known, found
end

---@param named rollcall.inventory.named_target[]
---@param missing rollcall.shard[]
function methods:add_missing_targets(named, missing)
  local is_missing, counts, services, service_of = {}, {}, {}, {}
  local is_known, add = self:known()
  for _, its_shard in ipairs(missing) do is_missing[its_shard.label], counts[its_shard.count] = true, true end
  local function missing_shard_of(name)
    for count in pairs(counts) do
      local label = ("%d/%d"):format(shard.index_of(name, count), count)
      if is_missing[label] then return label end
    end
  end
  for _, one in ipairs(named) do
    local key, label = outcomes_of.key(one), missing_shard_of(one.name)
    if one.user then
      local service = service_of[key]
      if not service then
        service = { one = one, absent = {} }
        service.is_known, service.users = self:users_of(one)
        service_of[key], services[#services + 1] = service, service
      end
      local is_here = service.is_known and (service.users and service.users[shard.key(one.user)] or not service.users and not label)
      if not is_here then table.insert(service.absent, one.user) end
    elseif not is_known(one) then
      add(one)
      self:put { source = one.source, target = one.target, query = one.query, qualifier = one.qualifier, completeness = "unreachable",
        reason = label and NO_SHARD:format(label) or NO_RESULT }
    end
  end
  for _, service in ipairs(services) do
    local one, names = service.one, service.absent
    if #names > 0 then
      self:add_to_sum { source = "workspace", target = one.target, query = "session", project_id = one.project_id, users = names,
        completeness = "unreachable", claimed = #names, received = 0,
        reason = ("no file has a result for %s: %s"):format(text.count(#names, "user"), table.concat(names, ", ")) }
    end
  end
end

return merge
