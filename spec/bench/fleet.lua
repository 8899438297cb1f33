-- A fleet of servers on loopback, a tenth of them dead: time, CPU and memory of one command's worth of asking.
--
--     lua5.4 spec/bench/fleet.lua [TARGETS]
local lab = require "spec.lab"
local smb = require "rollcall.smb"
local clock = require "spec.bench.clock"
local swarm = require "spec.bench.swarm"

local targets = math.tointeger(arg[1] or 20000)
local concurrency, latency, timeout, rows_each = 64, 0.5, 1, 10
local processes = 4 -- of the mock servers

local port, silent, close = swarm.start(processes)

local function options(servers, more)
  local all = lab.as_auditor { servername = servers, qualifier = ("rows-%d;delay=%g"):format(rows_each, latency), timeout = timeout }
  for name, value in pairs(more or {}) do all[name] = value end
  return all
end

local function peak_memory(process)
  for line in io.lines(("/proc/%s/status"):format(process)) do
    local kilobytes = line:match "^VmHWM:%s*(%d+)"
    if kilobytes then return tonumber(kilobytes) / 1024 end
  end
end

-- What all workers have for themselves, and their share of what they have in common.
local function memory_of_workers()
  local files, kilobytes = {}, 0
  for i, worker in ipairs(lab.workers()) do files[i] = ("/proc/%s/smaps_rollup"):format(worker) end
  for share in lab.run("cat " .. table.concat(files, " ")):gmatch "\nPss:%s*(%d+)" do kilobytes = kilobytes + share end
  return kilobytes / 1024
end

local one = math.huge
for i = 1, 5 do
  local started = clock.now()
  local rows = 0
  for _ in smb.connections(options(swarm.address(i) .. ":" .. port, { timeout = 20 })) do rows = rows + 1 end
  assert(rows == rows_each)
  one = math.min(one, clock.now() - started)
end

local rows, answered, failed, other, of_workers = 0, 0, 0, 0, nil
local started, cpu, cpu_of_workers = clock.now(), os.clock(), clock.children()
for _ in smb.connections(options(swarm.servers(targets, port, silent), {
  concurrency = concurrency, on_error = function(failure)
    if failure.name == "ERROR_SEM_TIMEOUT" then failed = failed + 1 else other = other + 1 end
  end,
  on_target = function(outcome)
    answered = answered + (outcome.completeness == "complete" and 1 or 0)
    if answered == targets // 2 then of_workers = memory_of_workers() end
  end,
})) do
  rows = rows + 1
end
local took = clock.now() - started
cpu, cpu_of_workers = os.clock() - cpu, clock.children() - cpu_of_workers
close() -- whose CPU would be the workers' from here on

local dead = targets // 10
local ideal = ((targets - dead) * one + dead * timeout) / concurrency
print(("%d servers, %d dead (timeout %g s), %d at once, each answers after %g s: %.1f s; one takes %.2f s, so at best %.1f s (%.2f of it)")
  :format(targets, dead, timeout, concurrency, latency, took, one, ideal, took / ideal))
print(("  %d answered with %d rows, %d did not in time, %d failed otherwise"):format(answered, rows, failed, other))
print(("  CPU %.1f s and the workers' %.1f s, %.1f ms a server; memory %.1f MiB and all workers' %.1f MiB"):format(
  cpu, cpu_of_workers, (cpu + cpu_of_workers) / targets * 1e3, peak_memory "self", of_workers or 0))
assert(answered + failed + other == targets and other == 0 and rows == answered * rows_each)
assert(failed >= dead, "a dead server has answered")
