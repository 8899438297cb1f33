--- The options of commands that many machines share: a part of the targets, and what their schedulers count as a failure.
local is_good = require("rollcall.internal.outcomes").is_good
local shard = require "rollcall.internal.shard"

local fleet_options = {}

---@param command table  of argparse
function fleet_options.declare_shard(command)
  command:option("--shard", "Only the targets in this of N parts; in a job array, slurm or kubernetes/N."):argname("I/N")
    :convert(shard.parse)
end

---@param command table  of argparse
function fleet_options.declare_tolerance(command)
  command:flag("--tolerate-unreachable", "Exit with 0 if targets failed only by being unreachable."):target "tolerate_unreachable"
end

---How many failures there are for the exit code.
---@param given table  as parsed
---@param outcomes rollcall.outcome[]
---@param failed integer
---@return integer
function fleet_options.failures(given, outcomes, failed)
  if given.shard and #outcomes == 0 then io.stderr:write("rollcall: no target is in the shard ", given.shard.label, "\n") end
  if failed == 0 or not given.tolerate_unreachable then return failed end
  local unreachable = 0
  for _, outcome in ipairs(outcomes) do
    if outcome.completeness == "unreachable" then
      unreachable = unreachable + 1
    elseif not is_good(outcome) then
      return failed
    end
  end
  io.stderr:write(("rollcall: %d of %d targets unreachable, which --tolerate-unreachable does not count\n"):format(unreachable, #outcomes))
  return 0
end

return fleet_options
