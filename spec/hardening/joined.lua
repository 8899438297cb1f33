-- Holds the combined view against servers of which all is known, for as long as is wanted.
--
--     spec/lab/run lua5.4 spec/hardening/joined.lua SECONDS FACTS [SEED]
local joined = require "spec.lab.joined"

local seconds, facts, seed = tonumber(arg[1]), arg[2], tonumber(arg[3]) or os.time()

local lines = {}
local function fact(what, counts)
  local how_often = ("%d scenarios, seed %d"):format(counts.scenarios, seed)
  local outcome = ("%d rows, no field wrong in any way in which the answers can belong together; %d scenarios had several"):format(
    counts.rows, counts.ambiguous)
  assert(counts.scenarios > 0 and counts.files > 0 and counts.ambiguous > 0 and counts.attributed > 0, what .. " was not tried")
  lines[#lines + 1] = what .. "\t" .. how_often .. "\t" .. outcome .. "\n"
  print(("  %s: %s: %s"):format(what, how_often, outcome))
end

print(("  seed %d"):format(seed))
fact("the combined view of a real Samba, shares over one another", joined.real(seed, seconds))
fact("the combined view of a mock server, shares over one another", joined.mock(seed, seconds))

assert(os.execute(("mkdir -p $(dirname '%s')"):format(facts)))
local file = assert(io.open(facts, "w"))
file:write(table.concat(lines))
file:close()
