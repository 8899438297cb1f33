--- What is counted of rows for Prometheus, by target, kind and share; never by user or client. What is not known is left out: a
-- target that was not asked in full has its completeness, and no counts.
local is_good = require("rollcall.internal.outcomes").is_good
local presence = require "rollcall.presence"
local sorted = require "rollcall.internal.sorted"
local text = require "rollcall.internal.text"

local metrics = {}

---The values of `completeness`, the best first.
metrics.completeness = { "complete", "placeholder", "partial", "denied", "unreachable" }

-- Seconds: from a minute to a week.
local BOUNDS = { 60, 300, 900, 3600, 14400, 28800, 86400, 604800 }

local families = {
  { kind = "connection", name = "rollcall_connections", help = "Connections to shares." },
  { kind = "smb_session", name = "rollcall_sessions", help = "SMB sessions." },
  { kind = "access", name = "rollcall_accesses", help = "Rows of the combined view: connections, and sessions without one." },
  { kind = "logon", name = "rollcall_logons", help = "Logons to the computer itself." },
  { kind = "share", name = "rollcall_shares", help = "Shares." },
  { kind = "session", name = "rollcall_workspace_sessions", help = "Sessions on cloud desktops." },
}
local OTHERS = { name = "rollcall_rows", help = "Rows of kinds that rollcall does not know." }

-- Of which rows the resource is a share, and what else their number is divided by.
local of_share = { connection = true, access = true, share = true }

-- The field with the number of open files; a row of kind `file` is one.
local opens_field = { connection = "num_opens", smb_session = "num_opens", access = "open_files" }

-- The fields of a presence that a server fills with placeholders, and whether it knows shares.
local placeholder_lacks = {
  connection = { user = true, client = true, duration = true, idle = true }, access = { share = true },
}

local methods = {}
local metatable = { __index = methods }

---@param kind? string  of all rows, if they are of one
function metrics.new(kind)
  return setmetatable({ kinds = kind and { [kind] = {} } or {} }, metatable)
end

local function new_histogram()
  local counts = {}
  for i = 1, #BOUNDS do counts[i] = 0 end
  return { counts = counts, count = 0, sum = 0 }
end

local function observe(histogram, value)
  if not math.type(value) or value < 0 then return end
  for i, bound in ipairs(BOUNDS) do
    if value <= bound then
      histogram.counts[i] = histogram.counts[i] + 1
      break
    end
  end
  histogram.count, histogram.sum = histogram.count + 1, histogram.sum + value
end

local function new_tally()
  return { rows = 0, opens = 0, user = {}, client = {}, users = 0, clients = 0 }
end

local function of_target(self, kind, target)
  local targets = self.kinds[kind]
  if not targets then
    targets = {}
    self.kinds[kind] = targets
  end
  local entry = targets[target]
  if not entry then
    entry = new_tally()
    entry.shares, entry.states, entry.uses, entry.duration, entry.idle = {}, {}, {}, new_histogram(), new_histogram()
    targets[target] = entry
  end
  return entry
end

local function add_to(tally, view, opens)
  tally.rows = tally.rows + 1
  tally.opens = opens and tally.opens and tally.opens + opens
  local user, client = presence.field(view, "user"), presence.field(view, "client")
  if user ~= nil and not tally.user[user] then
    tally.user[user], tally.users = true, tally.users + 1
  end
  if client ~= nil and not tally.client[client] then
    tally.client[client], tally.clients = true, tally.clients + 1
  end
end

---Counts a row.
---@param view rollcall.presence
function methods:add(view)
  local kind = view.kind
  local known = presence.is_known_kind(kind)
  -- Rows of one's own are of the target that their block is.
  local entry = of_target(self, kind, known and view.origin and text.of(view.origin) or not known and kind or "")
  local opens = kind == "file" and 1 or opens_field[kind] and view[opens_field[kind]]
  add_to(entry, view, opens)
  local share = of_share[kind] and view.resource
  if share then
    share = text.of(share)
    local tally = entry.shares[share]
    if not tally then
      tally = new_tally()
      entry.shares[share] = tally
    end
    add_to(tally, view, opens)
    if kind == "share" then entry.uses[share] = view.current_uses end
  end
  if kind == "session" then entry.states[view.state or ""] = (entry.states[view.state or ""] or 0) + 1 end
  observe(entry.duration, presence.field(view, "duration"))
  observe(entry.idle, presence.field(view, "idle"))
end

local rank = {}
for i, word in ipairs(metrics.completeness) do rank[word] = i end

---The results for each target and kind of rows; of several the worst counts.
local function merged(outcomes)
  local list, by_key = {}, {}
  for _, outcome in ipairs(outcomes) do
    local key = ("%s\0%s"):format(outcome.target, outcome.query or "")
    local one = by_key[key]
    if not one then
      one = { target = outcome.target, kind = outcome.query, source = outcome.source, completeness = "complete", claimed = 0, received = 0 }
      by_key[key], list[#list + 1] = one, one
    end
    -- A word that a newer rollcall wrote is not known to be good.
    local word = rank[outcome.completeness] and outcome.completeness or "partial"
    if rank[word] > rank[one.completeness] then one.completeness = word end
    for _, name in ipairs { "claimed", "received" } do one[name] = outcome[name] and one[name] and one[name] + outcome[name] end
  end
  table.sort(list, function(a, b)
    if a.target ~= b.target then return a.target < b.target end
    return (a.kind or "") < (b.kind or "")
  end)
  return list
end

---What is known in full: for each kind its targets, each with what its server only fills in.
local function known(self, results)
  local full, blind = {}, false
  for _, result in ipairs(results) do
    -- What a damaged snapshot lacks may be of any target.
    blind = blind or result.source == "snapshot" and not is_good(result)
  end
  if blind then return {} end
  for kind, targets in pairs(self.kinds) do
    full[kind] = {}
    -- A service that was asked alone is not named in its rows.
    if targets[""] and #results == 1 then targets[""], targets[results[1].target] = nil, targets[""] end
    for target, entry in pairs(#results == 0 and targets or {}) do full[kind][target] = { entry = entry, lacks = {} } end
  end
  local refused = {}
  for _, result in ipairs(results) do
    for kind in pairs(result.kind and { [result.kind] = true } or self.kinds) do
      full[kind] = full[kind] or {}
      local key = kind .. "\0" .. result.target
      if not is_good(result) then
        refused[key], full[kind][result.target] = true, nil
      elseif not refused[key] then
        local lacks = result.completeness == "placeholder" and placeholder_lacks[kind] or {}
        full[kind][result.target] = { entry = of_target(self, kind, result.target), lacks = lacks }
      end
    end
  end
  return full
end

---Calls a function with each target of a kind that is known in full.
local function each(full, kind, act)
  local targets = full[kind] or {}
  for _, target in ipairs(sorted.keys(targets)) do act(target, targets[target].entry, targets[target].lacks) end
end

---Writes a number for each share, and one for what is of no share, so that the sum over a target is there when nobody is.
local function write_by_share(page, target, more, entry, lacks, name)
  local rest = entry[name]
  for _, share in ipairs(lacks.share and {} or sorted.keys(entry.shares)) do
    local value = entry.shares[share][name]
    rest = rest and rest - value
    if value then page:sample(value, { "target", target, "share", share, table.unpack(more) }) end
  end
  if rest and (rest > 0 or entry.rows == 0 or lacks.share) then page:sample(rest, { "target", target, table.unpack(more) }) end
end

local function write_rows(page, full)
  local named = {}
  for _, family in ipairs(families) do
    local kind = family.kind
    named[kind] = true
    page:family(family.name, "gauge", family.help)
    each(full, kind, function(target, entry, lacks)
      if kind == "session" and entry.rows > 0 then
        for _, state in ipairs(sorted.keys(entry.states)) do
          page:sample(entry.states[state], { "target", target, "session_state", state })
        end
      elseif kind == "share" then
        page:sample(entry.rows, { "target", target })
      else
        write_by_share(page, target, {}, entry, lacks, "rows")
      end
    end)
  end
  named.file = true
  page:family(OTHERS.name, "gauge", OTHERS.help)
  for _, kind in ipairs(sorted.keys(full)) do
    if not named[kind] then
      each(full, kind, function(target, entry) page:sample(entry.rows, { "target", target, "kind", kind }) end)
    end
  end
  page:family("rollcall_share_current_uses", "gauge", "Connections to a share, as the server counts them.")
  each(full, "share", function(target, entry)
    for _, share in ipairs(sorted.keys(entry.uses)) do page:sample(entry.uses[share], { "target", target, "share", share }) end
  end)
  page:family("rollcall_open_files", "gauge", "Open files, by what says so: the files themselves, or a count of connections or sessions.")
  for _, kind in ipairs(sorted.keys(full)) do
    if kind == "file" or opens_field[kind] then
      each(full, kind, function(target, entry, lacks) write_by_share(page, target, { "kind", kind }, entry, lacks, "opens") end)
    end
  end
end

---Writes how many different users or clients there are. Where no row names any, they are not known.
local function write_names(page, full, field, name)
  page:family("rollcall_" .. name, "gauge", ("Different %s."):format(name))
  for _, kind in ipairs(sorted.keys(full)) do
    each(full, kind, function(target, entry, lacks)
      local has = presence.has_field(kind, field) and not lacks[field]
      if has and (entry[name] > 0 or entry.rows == 0) then page:sample(entry[name], { "target", target, "kind", kind }) end
    end)
  end
  page:family("rollcall_share_" .. name, "gauge", ("Different %s of a share."):format(name))
  for _, kind in ipairs { "access", "connection" } do
    each(full, kind, function(target, entry, lacks)
      if lacks[field] or lacks.share then return end
      for _, share in ipairs(sorted.keys(entry.shares)) do
        local value = entry.shares[share][name]
        if value > 0 then page:sample(value, { "target", target, "share", share, "kind", kind }) end
      end
    end)
  end
end

local function write_histogram(page, full, field, name, help)
  page:family(name, "gaugehistogram", help)
  for _, kind in ipairs(sorted.keys(full)) do
    each(full, kind, function(target, entry, lacks)
      local has = presence.has_field(kind, field) and not lacks[field]
      if has and (entry[field].count > 0 or entry.rows == 0) then
        page:histogram(entry[field], BOUNDS, { "target", target, "kind", kind })
      end
    end)
  end
end

---What is known of the poll itself.
---@class rollcall.metrics.poll
---@field now integer  when it began, in seconds since 1970
---@field seconds? number  how long it took
---@field last_good? table<string, integer>  when each target was last asked in full, by `metrics.key`; absent: only of this poll

---@param outcome { target: string, query: string?, kind: string? }
---@return string
function metrics.key(outcome)
  return ("%s\0%s"):format(outcome.target, outcome.query or outcome.kind or "")
end

---Writes how each target answered.
---@param page table  of `exposition.new`
---@param outcomes rollcall.outcome[]
---@param poll rollcall.metrics.poll
function metrics.write_targets(page, outcomes, poll)
  local results = merged(outcomes)
  local function labels(result) return { "target", result.target, "kind", result.kind, n = 4 } end
  page:family("rollcall_target_completeness", "stateset", "How completely a target answered.")
  for _, result in ipairs(results) do page:states(result.completeness, metrics.completeness, labels(result)) end
  for _, name in ipairs { "claimed", "received" } do
    page:family(("rollcall_target_%s_entries"):format(name), "gauge", name == "claimed"
      and "Entries that a target claims to have; of Workspace, users that were asked for."
      or "Entries that were received; of Workspace, users that were answered for.")
    for _, result in ipairs(results) do
      if result[name] then page:sample(result[name], labels(result)) end
    end
  end
  page:family("rollcall_target_last_good_poll_timestamp_seconds", "gauge", "When a target last answered in full.")
  for _, result in ipairs(results) do
    local at = is_good(result) and poll.now or poll.last_good and poll.last_good[metrics.key(result)]
    if at then page:sample(at, labels(result)) end
  end
  page:family("rollcall_poll_timestamp_seconds", "gauge", "When the poll began.")
  page:sample(poll.now, {})
  if poll.seconds then
    page:family("rollcall_poll_duration_seconds", "gauge", "How long the poll took.")
    page:sample(math.floor(poll.seconds * 1000 + 0.5) / 1000, {})
  end
end

---Writes all that was counted.
---@param page table  of `exposition.new`
---@param outcomes rollcall.outcome[]
---@param poll rollcall.metrics.poll
function methods:write(page, outcomes, poll)
  local full = known(self, merged(outcomes))
  write_rows(page, full)
  write_names(page, full, "user", "users")
  write_names(page, full, "client", "clients")
  write_histogram(page, full, "duration", "rollcall_age_seconds", "How long ago connections, sessions and other rows began.")
  write_histogram(page, full, "idle", "rollcall_idle_seconds", "How long sessions have been idle.")
  metrics.write_targets(page, outcomes, poll)
end

return metrics
