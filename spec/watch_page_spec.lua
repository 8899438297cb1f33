-- The page that a watch writes, as somebody has it open all day: from a file and from a server.
local browser = require "spec.lab.browser"
local lab = require "spec.lab"
local new_history = require "rollcall.report.html.history"
local pages = require "spec.lab.pages"
local text_file = require "spec.lab.text_file"

local folder, page, process, server

local function put(name, text) return text_file.replace(folder .. "/" .. name, text) end

local function stop(id)
  if id then lab.run(("kill %s; while kill -0 %s; do sleep 0.05; done"):format(id, id)) end
end

---Who is there, as the watched inventory has it: so many users, the first so many of whom are new.
local function put_people(count, new)
  local lines = { '{"kind": "snapshot", "schema": "rollcall.snapshot/1", "generated_at": "2026-11-21T12:00:00Z"}' }
  local line = '{"kind": "connection", "servername": "fs%d", "share": "share", "username": "%s%03d", "client": "10.0.0.1", "time": %d, '
    .. '"id": %d}'
  for i = 1, new do lines[#lines + 1] = line:format(1, "new", i, 99999, 5000 + i) end
  for i = 1, count do lines[#lines + 1] = line:format(i % 3, "user", i, i * 10, i) end
  lines[#lines + 1] = '{"kind": "target", "source": "smb", "target": "fs1", "query": "connection", "completeness": "complete"}'
  lines[#lines + 1] = ('{"kind": "end", "rows": %d}'):format(count + new)
  put("state.jsonl", table.concat(lines, "\n") .. "\n")
end

local content = text_file.so_far

local function watch()
  process = lab.run(("%s watch %s --interval 1 --page %s > %s/log 2>&1 & echo $!"):format(lab.command,
    put("people.lua", ("snapshot %q"):format(folder .. "/state.jsonl")), page, folder)):match "%d+"
  lab.eventually("the page", function() return content(page):find "</html>" end)
end

before_each(function()
  folder = lab.new_folder "page"
  page = folder .. "/who.html"
  put_people(300, 0)
end)

after_each(function()
  stop(process)
  stop(server)
  process, server = nil, nil
end)

local function serve()
  put("lighttpd.conf", ('server.document-root = "%s"\nserver.port = 0\nserver.bind = "127.0.0.1"\n'
    .. 'mimetype.assign = (".html" => "text/html")\n'):format(folder))
  for _ = 1, 20 do
    local port = math.random(20000, 60000)
    lab.run(("sed -i 's/^server.port = .*/server.port = %d/' %s/lighttpd.conf"):format(port, folder))
    server = lab.run(("lighttpd -D -f %s/lighttpd.conf > %s/lighttpd.log 2>&1 & echo $!"):format(folder, folder)):match "%d+"
    for _ = 1, 40 do
      if lab.run(("curl -s -o %s/got http://127.0.0.1:%d/who.html && echo got"):format(folder, port)) == "got\n" then
        return ("http://127.0.0.1:%d/who.html"):format(port)
      end
      if select(2, lab.run("kill -0 " .. server)) ~= 0 then break end
      os.execute "sleep 0.05"
    end
  end
  error(content(folder .. "/lighttpd.log"))
end

local STATE = [[return { user: document.activeElement.parentElement.cells?.[0].textContent, column: document.activeElement.cellIndex,
  first: Array.from(document.querySelectorAll(".rows tbody tr")).find(row => row.getBoundingClientRect().top
    >= document.querySelector(".rows thead").getBoundingClientRect().bottom - 1).cells[0].textContent,
  filter: document.querySelector("input").value, sorted: document.querySelectorAll("th")[4].getAttribute("aria-sort"),
  count: document.querySelector("output").value, generated: data.generated_at, history: document.querySelectorAll(".history g").length }]]

for _, from in ipairs { "a file", "a server" } do
  it("in Chromium renews itself from " .. from .. ", and keeps filter, order, place and focus", function()
    watch()
    local chromium <close> = browser.new(folder .. "/browser")
    chromium:open((from == "a file" and "file://" .. page or serve()) .. "#filter=-user%3Auser001&sort=-duration")
    chromium:keys("/\u{e015}\u{e00f}\u{e00f}\u{e00f}\u{e015}\u{e014}")
    local before = chromium:run(STATE)
    assert.equal("299 of 300 rows", before.count)
    assert.equal("descending", before.sorted)
    assert.is_truthy(before.user:find "^user")
    put_people(300, 4)
    local after = lab.eventually("another page", function()
      local took, found = pcall(chromium.run, chromium, STATE)
      return took and found.count == "303 of 304 rows" and found.user and found
    end)
    assert.same({ before.user, 1, before.first, before.filter, "descending" },
      { after.user, after.column, after.first, after.filter, after.sorted })
    assert.is_true(after.history > before.history)
    assert.same({}, chromium:console())
  end)
end

it("in Chromium stays, and says that it is stale, when its server is gone", function()
  watch()
  local chromium <close> = browser.new(folder .. "/browser")
  chromium:open(serve())
  stop(server)
  server = nil
  -- Time enough for three renewals.
  os.execute "sleep 4"
  assert.equal("300 rows", chromium:run(STATE).count)
  assert.is_true(chromium:run [[return document.querySelector(".stale").hidden]])
  -- As if the clock had gone on.
  chromium:run "const now = Date.now; Date.now = () => now() + 60000"
  local words = lab.eventually("the words", function()
    local text = chromium:run [[return document.querySelector(".stale").innerText]]
    return text ~= "" and text
  end)
  assert.is_truthy(words:find("^Stale: the newest poll is 1m old, and one was due every 1s"), words)
end)

it("in Chromium does not renew itself while it is paused or a row is open", function()
  watch()
  local chromium <close> = browser.new(folder .. "/browser")
  chromium:open("file://" .. page)
  local generated = chromium:run(STATE).generated
  for _, hold in ipairs { [[document.querySelector(".pause").click()]], [[document.querySelector(".pause").click(); openDetails(0)]] } do
    chromium:run(hold)
    os.execute "sleep 4"
    assert.equal(generated, chromium:run(STATE).generated)
  end
  chromium:run "details.close()"
  lab.eventually("another page", function()
    local took, found = pcall(chromium.run, chromium, STATE)
    return took and found.generated ~= generated
  end)
end)

it("has a bar for each of the last polls, as high as it had rows", function()
  local history = new_history()
  for i = 1, 70 do
    history:add { at = "2026-11-21T07:00:00Z", rows = i, bad = i % 10 == 0 and 1 or 0, events = i > 1 and { connected = 1 } or nil }
  end
  local strip = history:strip()
  assert.is_truthy(strip:find("60 polls: 11 to 70 rows, 6 incomplete", 1, true), strip)
  assert.equal(60, select(2, strip:gsub("<g>", "")))
  assert.equal(6, select(2, strip:gsub('class="part"', "")))
  local heights = {}
  for height in strip:gmatch '<g><title>.-</title><rect [^>]*height="(%d+)"' do heights[#heights + 1] = tonumber(height) end
  for i, height in ipairs(heights) do assert.is_true(math.abs(height - 32 * (i + 10) / 70) <= 1) end
  assert.is_truthy(strip:find("since the last: 1 connected", 1, true))
end)

it("says nothing of being stale where it is written once", function()
  assert.is_nil(pages.hostile():find('class="strip stale"', 1, true))
  assert.is_nil(pages.hostile():find("connect-src", 1, true))
end)
