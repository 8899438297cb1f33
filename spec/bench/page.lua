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

local function slowest(chromium, keys)
  chromium:keys(keys)
  os.execute "sleep 0.5"
  local took = chromium:run(TOOK)
  return took > 0 and ("%3d ms"):format(took) or "< 16 ms"
end

local HEADS = { "USER", "RESOURCE", "CLIENT", "SERVER", "DURATION", "IDLE", "STATE", "KIND" }
local ENTER = "\u{e007}"

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
  for _, typed in ipairs { "u", "s", "er12 ", "fs3 ", "idle>1", "h", "\u{e00c}", "-user:user1 ", "\u{e00c}" } do
    print(("  key %-14s %s"):format(typed == "\u{e00c}" and "Escape" or typed, slowest(chromium, typed)))
  end
  for i, head in ipairs(HEADS) do
    chromium:run(("document.querySelectorAll('.rows th button')[%d].focus()"):format(i - 1))
    local ascending = slowest(chromium, ENTER)
    print(("  sort %-13s %s, and back %s"):format(head, ascending, slowest(chromium, ENTER)))
  end
end

os.execute("rm -r " .. folder)
