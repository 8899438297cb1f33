-- Sessions of many users over nginx with TLS: curl and h2load, which decode nothing, beside rollcall,
-- which makes tables of every answer; and the floors, a C loop over libcurl, one with lua-cjson, and
-- one that has rows of it as rollcall has.
-- All in one run, in turns, whole processes measured alike; beside the best, since whatever else the
-- machine does only ever slows down, stands the median.
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
  for _, floor in ipairs { { "libcurl", "discard" }, { "+ cjson", "decode" }, { "+ rows", "rows" } } do
    contenders[#contenders + 1] = {
      version = version, name = floor[1],
      command = ("build/bench/transfers %s %d %s"):format(ports[version], users, floor[2]),
    }
  end
end

for _, contender in ipairs(contenders) do
  contender.seconds, contender.processor, contender.peak = {}, {}, 0
end
for _ = 1, rounds do
  for _, contender in ipairs(contenders) do
    local result = measure(contender.command)
    table.insert(contender.seconds, result.seconds)
    table.insert(contender.processor, result.processor)
    contender.peak = math.max(contender.peak, result.peak)
  end
end

local BEST, MEDIAN = 1, rounds // 2 + 1
local by_name = {}
print(("%d users, best and median of %d rounds"):format(users, rounds))
print("                   queries/s             CPU s         peak MiB")
for _, contender in ipairs(contenders) do
  by_name[contender.version .. contender.name] = contender
  local seconds, processor = contender.seconds, contender.processor
  table.sort(seconds)
  table.sort(processor)
  print(("%-9s %-9s %7.0f %7.0f %8.2f %6.2f %10.1f"):format(contender.version, contender.name,
    users / seconds[BEST], users / seconds[MEDIAN], processor[BEST], processor[MEDIAN], contender.peak / 1024))
end
for _, version in ipairs { "HTTP/1.1", "HTTP/2" } do
  local curl = by_name[version .. "curl"]
  for _, name in ipairs { "rollcall", "+ rows", "+ cjson", "libcurl", "h2load" } do
    local contender = by_name[version .. name]
    local function of_curl(rank)
      return curl.seconds[rank] / contender.seconds[rank], contender.processor[rank] / curl.processor[rank]
    end
    local best, best_processor = of_curl(BEST)
    local median, median_processor = of_curl(MEDIAN)
    print(("%-9s %-9s %.2f, median %.2f times the queries a second of curl, with %.2f, median %.2f times its CPU"):format(
      version, name, best, median, best_processor, median_processor))
  end
end

local function peak_of(count)
  return measure(("lua5.4 %s/workspace_query.lua %s %d"):format(here, ports["HTTP/2"], count)).peak / 1024
end
local few, many = peak_of(500), peak_of(5000)
print(("peak memory: %.1f MiB for 500 users, %.1f MiB for 5000"):format(few, many))
