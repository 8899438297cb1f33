-- A thousand servers, a tenth of which refuse, asked 16, 64 and 256 at once, on the processors that the servers have, too.
local clock = require "spec.bench.clock"
local lab = require "spec.lab"
local smb = require "rollcall.smb"
local swarm = require "spec.bench.swarm"

local TARGETS, ROUNDS = 1000, 3

local port, _, close = swarm.start(2)
local refusing = lab.closed:match "%d+$"

local function ask(concurrency)
  local answered, failed, started = 0, {}, clock.now()
  for _ in smb.connections(lab.as_auditor {
    servername = swarm.servers(TARGETS, port, refusing), qualifier = "people", concurrency = concurrency,
    on_error = function(failure) failed[failure.name] = (failed[failure.name] or 0) + 1 end,
    on_target = function(outcome) answered = answered + (outcome.completeness == "complete" and 1 or 0) end,
  }) do end -- luacheck: ignore 542
  local took = clock.now() - started
  assert(answered == TARGETS - TARGETS // 10 and failed.ERROR_CONNECTION_REFUSED == TARGETS // 10 and next(failed, next(failed)) == nil,
    ("%d answered at %d at once"):format(answered, concurrency))
  return took
end

ask(16) -- the mock servers have their modules then
print(("%d servers, a tenth of which refuse, on the same processors:"):format(TARGETS))
local times = { [16] = {}, [64] = {}, [256] = {} }
for round = 1, ROUNDS do
  for concurrency, list in pairs(times) do list[round] = ask(concurrency) end
end
for _, concurrency in ipairs { 16, 64, 256 } do
  local list = times[concurrency]
  table.sort(list)
  print(("  %3d at once: best %.1f s, median %.1f s"):format(concurrency, list[1], list[ROUNDS // 2 + 1]))
end
close()
