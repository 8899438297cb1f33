--- The file of metrics that is written after each poll: whole at any time, and with what earlier polls knew.
local is_good = require("rollcall.internal.outcomes").is_good
local exposition = require "rollcall.internal.exposition"
local metrics = require "rollcall.report.metrics"
local presence = require "rollcall.presence"
local snapshot_file = require "rollcall.snapshot.file"

local textfile = {}

---@param path string
---@return fun(poll: rollcall.diff.poll, inv: rollcall.inventory, now: integer, seconds: number)  raises what goes wrong with the file
function textfile.new(path)
  local last_good = {}
  return function(poll, inv, now, seconds)
    for _, outcome in ipairs(poll.outcomes) do
      if is_good(outcome) then last_good[metrics.key(outcome)] = now end
    end
    local view_of = presence.viewer { now = now, normalize_user = inv.normalize_user, utc_offset = inv.utc_offset }
    local counts = metrics.new()
    for _, identity in ipairs(poll.order) do
      local entry = poll.entries[identity]
      counts:add(view_of(entry.kind, entry.row))
    end
    local output, problem = snapshot_file.writer(path)
    if not output then error(problem, 0) end
    local page = exposition.new("prometheus", output.write)
    counts:write(page, poll.outcomes, { now = now, seconds = seconds, last_good = last_good })
    page:finish()
    output.finish()
  end
end

return textfile
