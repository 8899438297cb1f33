--- The page that a watch writes after each poll.
local changes_of = require "rollcall.cli.changes"
local html = require "rollcall.report.html"
local is_good = require("rollcall.internal.outcomes").is_good
local new_history = require "rollcall.report.html.history"
local report = require "rollcall.report"
local source = require "rollcall.cli.source"

local methods = {}
local metatable = { __index = methods }

---@param changes? rollcall.diff.change[]  since the poll before
local function counts_of(changes)
  if not changes then return nil end
  local counts = {}
  for _, change in ipairs(changes) do counts[change.event] = (counts[change.event] or 0) + 1 end
  return counts
end

---@param poll rollcall.diff.poll
---@param generated_at integer
---@param inv rollcall.inventory
---@param changes? rollcall.diff.change[]
function methods:write(poll, generated_at, inv, changes)
  local bad = 0
  for _, outcome in ipairs(poll.outcomes) do
    if not is_good(outcome) then bad = bad + 1 end
  end
  self.history:add { at = report.time(generated_at), rows = #poll.order, bad = bad, events = counts_of(changes) }
  local output, unwritable = source.output(self.path)
  if not output then error(unwritable, 0) end
  local written, problem = pcall(report.render, {
    rows = changes_of.rows(poll),
    outcomes = poll.outcomes, now = generated_at, normalize_user = inv.normalize_user, utc_offset = inv.utc_offset,
    write = output.write, title = "Who is connected",
    format = function(frame) return html(frame, { above = self.history:strip(), interval = self.interval }) end,
  })
  if not written then
    output.abandon()
    error(problem, 0)
  end
  output.finish()
end

---@param path string
---@param interval number  seconds between two polls
return function(path, interval)
  return setmetatable({ path = path, interval = interval, history = new_history() }, metatable)
end
