-- The HTML page in Chromium: how large it is, when it is there, and how long a key takes until the screen shows what it did,
-- by the browser's own event timing (in steps of 8 ms).
local browser = require "spec.lab.browser"
local report = require "rollcall.report"

local folder = assert(io.popen("mktemp -d")):read "l"

local function rows_of(count)
  local i, states = 0, { "Active", "Disconnected", "Active", "Initializing" }
  local path = "D:\\projects\\folder %d\\report %d.docx"
  return function()
    i = i + 1
    if i > count then return nil end
    local user = "CORP\\user" .. (i * 7919) % 5000
    if i % 4 == 0 then
      return "session", { origin = "eu-west-101", login_user = user, session_state = states[i // 4 % 4 + 1],
        machine_name = "vd-" .. i % 3000,
        client_ip = ("10.9.%d.%d"):format(i // 250 % 250, i % 250), start_time = ("2026-11-21 %02d:%02d:00"):format(i % 12, i % 60),
        id = ("%032x"):format(i) }
    end
    return "access", { servername = "fs" .. i % 40, share = "share" .. i * 31 % 200, username = user, open_files = i % 9,
      client = ("10.%d.%d.%d"):format(i % 4, i // 250 % 250, i % 250), time = i * 7 % 864000,
      idle_time = i % 3 > 0 and i * 13 % 40000 or nil, files = { path:format(i % 90, i) }, sources = "session,file" }
  end
end

local function write_page(count)
  local path = ("%s/%d.html"):format(folder, count)
  local file = assert(io.open(path, "w"))
  local begun = os.clock()
  report.render { rows = rows_of(count), format = "html", write = function(part) file:write(part) end, now = 1795262400 }
  local seconds, size = os.clock() - begun, file:seek()
  file:close()
  return path, seconds, size
end

local WATCH = [[
  window.slowest = 0;
  new PerformanceObserver(list => { for (const entry of list.getEntries()) slowest = Math.max(slowest, entry.duration); })
    .observe({ type: "event", durationThreshold: 16 });]]
local TOOK = "const took = window.slowest; window.slowest = 0; return took;"

local REPEATS = 5

---The best and the median of several times until the screen shows what a key did.
---@param prepare fun()  before each time
local function timed(chromium, name, prepare, keys)
  local times = {}
  for i = 1, REPEATS do
    prepare()
    os.execute "sleep 0.2"
    chromium:run(TOOK)
    chromium:keys(keys)
    os.execute "sleep 0.25"
    times[i] = chromium:run(TOOK)
  end
  table.sort(times)
  local function said(milliseconds) return milliseconds > 0 and ("%4d"):format(milliseconds) or "< 16" end
  print(("  %-40s %s ms, median %s"):format(name, said(times[1]), said(times[REPEATS // 2 + 1])))
end

local HEADS = { "USER", "RESOURCE", "CLIENT", "SERVER", "DURATION", "IDLE", "STATE", "KIND" }
local ENTER, ESCAPE = "\u{e007}", "\u{e00c}"

for _, count in ipairs { 500, 20000, 100000 } do
  local path, seconds, size = write_page(count)
  local chromium <close> = browser.new(folder .. "/browser")
  chromium:size(1400, 900)
  chromium:open("file://" .. path)
  os.execute "sleep 1"
  local painted, ready = table.unpack(chromium:run [[
    const navigation = performance.getEntriesByType("navigation")[0];
    return [performance.getEntriesByName("first-contentful-paint")[0].startTime, navigation.domContentLoadedEventEnd];
  ]])
  print(("%d rows: written in %.2f s, %.1f MB, first paint after %.0f ms, usable after %.0f ms"):format(
    count, seconds, size / 1e6, painted, ready))
  chromium:run(WATCH)
  chromium:keys "/"
  for _, typed in ipairs { { "", "u" }, { "user1", "2" }, { "fs3 user", "1" }, { "fs3 idle>1", "h" }, { "user:user12 -fs3 share", "4" } } do
    timed(chromium, ("key %s after '%s'"):format(typed[2], typed[1]), function()
      chromium:keys(ESCAPE .. typed[1])
    end, typed[2])
  end
  timed(chromium, "Escape after 'user12'", function() chromium:keys "user12" end, ESCAPE)
  for i, head in ipairs(HEADS) do
    timed(chromium, "sort by " .. head, function()
      chromium:run(("changeSort(null, false); document.querySelectorAll('.rows th button')[%d].focus()"):format(i - 1))
    end, ENTER)
  end
end

os.execute("rm -r " .. folder)
