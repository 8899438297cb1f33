--- Differences as an HTML page: who connected, who disconnected, what changed.
local document = require "rollcall.report.html.document"
local store = require "rollcall.report.html.store"
local text = require "rollcall.internal.text"

local columns = {
  { name = "event", title = "EVENT" }, { name = "user", title = "USER" }, { name = "resource", title = "RESOURCE" },
  { name = "client", title = "CLIENT" }, { name = "origin", title = "SERVER" }, { name = "changes", title = "CHANGES", no_chart = true },
  { name = "kind", title = "KIND" }, { name = "since", unit = "moment" },
}

local events = {
  { "connected", "connected" }, { "disconnected", "disconnected" }, { "changed", "changed" },
  { "unverified", "unverified: not asked for this time, or the target was not reachable" },
  { "newly_visible", "newly visible: not asked for last time, or the target was not reachable" },
}

local function said(value)
  return value == nil and "–" or text.of(value)
end

---@param change rollcall.diff.change
local function changes_of(change)
  local parts = {}
  for i, field in ipairs(change.fields or {}) do
    parts[i] = ("%s: %s → %s"):format(field, said(change.before[field]), said(change.row[field]))
  end
  return table.concat(parts, "; ")
end

local function outcomes_of(before, after)
  local outcomes = {}
  for _, one in ipairs { { poll = before, when = "before" }, { poll = after, when = "after" } } do
    for _, outcome in ipairs(one.poll.outcomes) do
      local named = {}
      for name, value in pairs(outcome) do named[name] = value end
      named.query = outcome.query and ("%s, %s"):format(outcome.query, one.when) or one.when
      outcomes[#outcomes + 1] = named
    end
  end
  return outcomes
end

---@class rollcall.diff.side
---@field poll rollcall.diff.poll
---@field generated_at integer
---@field normalize_user? fun(account: string): string?
---@field utc_offset? integer
---@field view_of fun(kind: string, row: table): rollcall.presence

---@param list rollcall.diff.change[]
---@param before rollcall.diff.side
---@param after rollcall.diff.side
---@param write fun(text: string)
---@param where? string  which of the differences are in the list; absent: all
return function(list, before, after, write, where)
  local function time(seconds) return os.date("!%Y-%m-%dT%H:%M:%SZ", seconds) end
  local rows, counts = store.new(columns), {}
  for _, change in ipairs(list) do
    counts[change.event] = (counts[change.event] or 0) + 1
    local view = after.view_of(change.kind, change.row)
    rows:add({
      event = change.event:gsub("_", " "), user = view.user, resource = view.resource, client = view.client, origin = view.origin,
      kind = change.kind, changes = changes_of(change),
    }, change.row, view)
  end
  local totals = {}
  for _, event in ipairs(events) do
    local count = counts[event[1]]
    if count or event[1] == event[2] then totals[#totals + 1] = ("%d %s"):format(count or 0, event[2]) end
  end
  if where then totals[#totals + 1] = "only where " .. text.printable(where) end
  document.write(write, {
    title = ("Changes from %s to %s"):format(time(before.generated_at), time(after.generated_at)), generated_at = time(after.generated_at),
    rows = rows, totals = totals, outcomes = outcomes_of(before.poll, after.poll),
  })
end
