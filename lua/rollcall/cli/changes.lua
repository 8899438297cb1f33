--- Differences as text and as JSON Lines.
local json = require "rollcall.internal.json_text"
local presence = require "rollcall.presence"
local text = require "rollcall.internal.text"

local changes = {}

---What stands before each event.
---@type table<string, string>
changes.signs = { connected = "+", disconnected = "-", changed = "~", unverified = "?", newly_visible = "!" }
---@type table<string, string>
changes.colors = { connected = "\27[32m", disconnected = "\27[31m", changed = "\27[33m" }

local function shown(value)
  if value == nil then return "-" end
  return text.of(value)
end

---That what happened between two polls is not known, or not kept.
---@class rollcall.cli.gap
---@field event "gap"
---@field since string  the time of the earlier poll
---@field reason string
---@field lost? integer  so many differences were found, and not kept

---@param gap rollcall.cli.gap
---@return string
function changes.gap_line(gap)
  local lost = gap.lost and (", and %s lost"):format(text.count(gap.lost, "difference")) or ""
  return ("= gap            what came and went since %s is not known%s: %s\n"):format(gap.since, lost, gap.reason)
end

---@param change rollcall.diff.change|rollcall.cli.gap
---@param color boolean
---@return string
function changes.line(change, color)
  if change.event == "gap" then return changes.gap_line(change --[[@as rollcall.cli.gap]]) end
  local view = presence.of(change.kind, change.row)
  local words = ("%s %-13s  %s  %s on %s from %s at %s"):format(changes.signs[change.event], change.event, change.kind,
    shown(view.account or view.user), shown(view.resource), shown(view.client), shown(view.origin))
  for _, field in ipairs(change.fields or {}) do
    words = words .. ("; %s: %s -> %s"):format(field, shown(change.before[field]), shown(change.row[field]))
  end
  words = text.printable(words)
  if color and changes.colors[change.event] then words = changes.colors[change.event] .. words .. "\27[0m" end
  return words .. "\n"
end

---The differences whose row is, or was, as a filter says. So who ceases to be as it says is not taken for one who has gone.
---@param list rollcall.diff.change[]
---@param filter? fun(view: rollcall.presence): boolean  absent: all
---@param view_of fun(kind: string, row: table): rollcall.presence
---@param view_before? fun(kind: string, row: table): rollcall.presence  of a row of the earlier poll; absent: `view_of`
---@return rollcall.diff.change[]
function changes.selected(list, filter, view_of, view_before)
  if not filter then return list end
  view_before = view_before or view_of
  local selected = {}
  for _, change in ipairs(list) do
    local was_there = change.event == "disconnected" or change.event == "unverified"
    if filter((was_there and view_before or view_of)(change.kind, change.row))
      or change.before and filter(view_before(change.kind, change.before)) then
      selected[#selected + 1] = change
    end
  end
  return selected
end

---The rows of a poll.
---@param poll rollcall.diff.poll
---@return fun(): string?, table?
function changes.rows(poll)
  local position = 0
  return function()
    position = position + 1
    local entry = poll.entries[poll.order[position]]
    if entry then return entry.kind, entry.row end
  end
end

---@param change rollcall.diff.change|rollcall.cli.gap
---@param at? string  when it was noticed
---@return string
function changes.json(change, at)
  if change.event == "gap" then
    return json.object({ kind = "gap", id = change.id, at = at }, { "kind", "id", "at" }, change, { "since", "lost", "reason" }) .. "\n"
  end
  return json.object({ kind = "change", id = change.id, at = at, event = change.event, row_kind = change.kind, fields = change.fields,
    row = change.row, before = change.before }, { "kind", "id", "at", "event", "row_kind", "fields", "row", "before" }) .. "\n"
end

return changes
