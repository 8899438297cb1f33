-- Sessions of many users over nginx with TLS: curl and h2load, which decode nothing, beside rollcall,
-- which makes tables of every answer. All in one run, in turns, whole processes measured alike; the
-- best of each counts, since whatever else the machine does only ever slows down.
--
--   spec/lab/run lua5.4 spec/bench/workspace.lua [USERS [ROUNDS]]
local users = math.tointeger(arg[1]) or 5000
local rounds = math.tointeger(arg[2]) or 7

local function variable(name)
  return assert(os.getenv("LAB_" .. name), "run this with spec/lab/run")
end

local folder = variable "FOLDER"
local ports = { ["HTTP/1.1"] = variable "CLOUD_FIXED_HTTP1_PORT", ["HTTP/2"] = variable "CLOUD_FIXED_PORT" }
local here = arg[0]:match("^(.*)/[^/]*$") or "."

-- Runs a command and tells seconds, processor seconds and peak KiB as its parent sees them.
local MEASURE = [[
import os, sys, time
begun = time.monotonic()
child = os.spawnvp(os.P_NOWAIT, sys.argv[1], sys.argv[1:])
_, status, usage = os.wait4(child, 0)
assert status == 0, status
sys.stderr.write("%f %f %d\n" % (time.monotonic() - begun, usage.ru_utime + usage.ru_stime, usage.ru_maxrss))
]]

local function write_file(path, content)
  local file = assert(io.open(path, "w"))
  file:write(content)
  file:close()
end

local function measure(command)
  local pipe = assert(io.popen(("/usr/bin/python3 %s/measure.py %s 2>&1 >/dev/null"):format(folder, command)))
  local output = pipe:read("a")
  assert(pipe:close(), output)
  local seconds, processor, peak = output:match("(%S+) (%S+) (%d+)\n$")
  return { seconds = assert(tonumber(seconds), output), processor = tonumber(processor), peak = tonumber(peak) }
end

write_file(folder .. "/measure.py", MEASURE)
local path = "/v1/" .. variable "CLOUD_PROJECT" .. "/session/user-session-info?user_name=user"
local token = "'X-Auth-Token: " .. variable "CLOUD_TOKEN" .. "'"
local contenders = {}
for _, version in ipairs { "HTTP/1.1", "HTTP/2" } do
  local base = "https://127.0.0.1:" .. ports[version] .. path
  local urls = {}
  for i = 1, users do urls[i] = ('url="%s%d"\noutput=/dev/null'):format(base, i) end
  local list = folder .. "/urls-" .. ports[version]
  write_file(list, table.concat(urls, "\n"))
  local many = version == "HTTP/2" and "-c 1 -m 32" or "--h1 -c 32 -m 1"
  contenders[#contenders + 1] = {
    version = version, name = "h2load",
    command = ("h2load -n %d %s -H %s '%s1'"):format(users, many, token, base),
  }
  contenders[#contenders + 1] = {
    version = version, name = "curl",
    command = ("curl -s --no-progress-meter --cacert %s -H %s --parallel --parallel-max 32 -K %s"):format(
      variable "CLOUD_CA_FILE", token, list),
  }
  contenders[#contenders + 1] = {
    version = version, name = "rollcall",
    command = ("lua5.4 %s/workspace_query.lua %s %d"):format(here, ports[version], users),
  }
end

for _ = 1, rounds do
  for _, contender in ipairs(contenders) do
    local result = measure(contender.command)
    contender.seconds = math.min(contender.seconds or math.huge, result.seconds)
    contender.processor = math.min(contender.processor or math.huge, result.processor)
    contender.peak = math.max(contender.peak or 0, result.peak)
  end
end

local best = {}
print(("%d users, best of %d rounds"):format(users, rounds))
print("                     queries/s   CPU s   peak MiB")
for _, contender in ipairs(contenders) do
  best[contender.version .. contender.name] = contender
  print(("%-9s %-9s %11.0f %7.2f %10.1f"):format(contender.version, contender.name,
    users / contender.seconds, contender.processor, contender.peak / 1024))
end
for _, version in ipairs { "HTTP/1.1", "HTTP/2" } do
  local rollcall, curl, h2load = best[version .. "rollcall"], best[version .. "curl"], best[version .. "h2load"]
  print(("%-9s rollcall to curl: %.2f times the queries a second (goal: 1.5), %.2f times the CPU (goal: 1)"):format(
    version, curl.seconds / rollcall.seconds, rollcall.processor / curl.processor))
  print(("%-9s h2load to rollcall: %.2f times the queries a second (goal: 2.5)"):format(
    version, rollcall.seconds / h2load.seconds))
end

local function peak_of(count)
  return measure(("lua5.4 %s/workspace_query.lua %s %d"):format(here, ports["HTTP/2"], count)).peak / 1024
end
local few, many = peak_of(500), peak_of(5000)
print(("peak memory: %.1f MiB for 500 users, %.1f MiB for 5000 (goal: the same)"):format(few, many))
