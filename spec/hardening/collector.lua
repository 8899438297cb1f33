-- The collector in its most eager modes, and several Lua states in one process.
--
--     collector.lua STATES ROUNDS RESULT SPEC...
--
-- STATES is the host of states.c. The specs run with a generational collector of the least parameters, and with an
-- incremental one that never pauses.
local harness = require "spec.hardening.harness"
local lab = require "spec.lab"

local states, rounds, result = arg[1], math.tointeger(arg[2]), arg[3]
local specs = table.concat(arg, " ", 4)

for _, pair in ipairs { { "generational", "generational, 1 and 1" }, { "incremental", "incremental, pause 0, step multiplier 1000" } } do
  local mode, words = table.unpack(pair)
  local output = lab.run(([[COLLECTOR_MODE=%s LUA_INIT_5_4=@$PWD/spec/hardening/eager.lua busted --lua=$LUA \
    --output=spec/lab/output.lua %s 2>&1]]):format(mode, specs))
  local passed, failed = output:match "(%d+) passed, (%d+) failed"
  if harness.expect(failed == "0" and tonumber(passed) > 0, "collector %s: %s", mode, output) then
    harness.fact("tests with the collector " .. words, passed, "all passed")
  end
end

local hosts = {
  { "eager", "one state, all garbage collected at every allocation", 1 },
  { "alternate", "two states in turns in one thread, one closed in the middle with its queries in flight", rounds },
  { "threads", "two threads with a state each, closed at any step with their queries in flight", rounds * 6 },
}
for _, host in ipairs(hosts) do
  local mode, words, times = table.unpack(host)
  local output, code, complaint = lab.run(("%s %s spec/hardening/states.lua %d"):format(states, mode, times))
  local opened, steps, collections = output:match "(%d+) states, (%d+) steps, (%d+) collections"
  if harness.expect(code == 0 and opened, "%s: exit code %d, %s", words, code, complaint) then
    local how_often = ("%s states, %s steps"):format(opened, steps)
    if mode == "eager" then
      harness.expect(tonumber(collections) > 1000, "%s: only %s collections", words, collections)
      how_often = how_often .. (", %s collections"):format(collections)
    end
    harness.fact(words, how_often, "the right rows, no descriptor and no process left")
  end
end
harness.finish(result)
