--- The strip of a page over the last polls: a bar for each, as high as it had rows, and a mark below those in which a target failed
-- or answered in part.
local document = require "rollcall.report.html.document"

local MOST = 60
local WIDTH, HEIGHT, MARK = 10, 32, 6

local methods = {}
local metatable = { __index = methods }

---@class rollcall.report.poll
---@field at string  as `2026-11-21T07:00:00Z`
---@field rows integer
---@field bad integer  targets that failed or answered in part
---@field events? table<string, integer>  how many changes of each kind there were since the poll before; nil for the first

---Takes in a poll; of too many, the oldest go.
---@param poll rollcall.report.poll
function methods:add(poll)
  self[#self + 1] = poll
  if #self > MOST then table.remove(self, 1) end
end

local words = {
  { "connected", "connected" }, { "disconnected", "disconnected" }, { "changed", "changed" }, { "unverified", "unverified" },
  { "newly_visible", "newly visible" },
}

---@param events table<string, integer>
---@return string
local function said(events)
  local parts = {}
  for _, word in ipairs(words) do
    if events[word[1]] then parts[#parts + 1] = ("%d %s"):format(events[word[1]], word[2]) end
  end
  return #parts > 0 and table.concat(parts, ", ") or "no change"
end

---@return string  HTML
function methods:strip()
  local least, most, bad = math.huge, 0, 0
  for _, poll in ipairs(self) do
    least, most = math.min(least, poll.rows), math.max(most, poll.rows)
    if poll.bad > 0 then bad = bad + 1 end
  end
  local newest = self[#self]
  local summary = ("%s: %s%s"):format(document.plural(#self, "poll"),
    least == most and document.plural(most, "row") or ("%d to %d rows"):format(least, most),
    bad > 0 and (", %d incomplete"):format(bad) or "")
  local bars = {}
  for i, poll in ipairs(self) do
    local height = most > 0 and (poll.rows * HEIGHT + most - 1) // most or 0
    local x, width = (i - 1) * WIDTH, WIDTH - 2
    bars[i] = ('<g><title>%s: %s%s%s</title><rect x="%d" y="%d" width="%d" height="%d"/>%s</g>'):format(
      document.escaped(poll.at), document.plural(poll.rows, "row"), poll.events and "; " .. said(poll.events) or "",
      poll.bad > 0 and ("; %s failed or answered in part"):format(document.plural(poll.bad, "target")) or "",
      x, HEIGHT - height, width, height,
      poll.bad > 0 and ('<rect class="part" x="%d" y="%d" width="%d" height="%d"/>'):format(x, HEIGHT + 2, width, MARK - 2) or "")
  end
  return ('<div class="history"><svg viewBox="0 0 %d %d" role="img" aria-label="%s">%s</svg><span>%s%s</span></div>\n'):format(
    #self * WIDTH, HEIGHT + MARK, summary, table.concat(bars), summary,
    newest.events and " · since the last: " .. said(newest.events) or "")
end

---@return table
return function() return setmetatable({}, metatable) end
