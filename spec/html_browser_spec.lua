-- The HTML page as a person uses it, in a real browser.
local cjson = require "cjson"

local browser = require "spec.lab.browser"
local hostile = require "spec.lab.hostile"
local lab = require "spec.lab"
local pages = require "spec.lab.pages"

local many, numbered, put, rendered, rows = pages.many, pages.numbered, pages.put, pages.rendered, pages.rows

local SHOWN = [[return Array.from(document.querySelectorAll(".rows tbody tr")).map(r => r.cells[%d].textContent)]]
local ENTER, ESCAPE, DOWN, PAGE_DOWN, END, CONTROL = "\u{e007}", "\u{e00c}", "\u{e015}", "\u{e00f}", "\u{e010}", "\u{e009}"

describe("the HTML page in Chromium", function()
  local chromium
  local path = put("page", pages.hostile())

  setup(function()
    chromium = browser.new(lab.folder .. "/browser")
    chromium:size(1400, 900)
  end)

  teardown(function() chromium:close() end)

  local function open(name, fragment)
    chromium:open "about:blank"
    chromium:open(("file://%s%s"):format(name, fragment or ""))
  end

  before_each(function() open(path) end)

  local function column(number) return chromium:run(SHOWN:format(number)) end

  local function filtered(query)
    chromium:run(("changeQuery(%s)"):format(cjson.encode(query)))
    local users = column(0)
    table.sort(users)
    return users
  end

  local function count_shown() return chromium:run [[return document.querySelector("output").value]] end

  it("runs nothing that a name brought along", function()
    assert.is_truthy(chromium:run("return document.title"):find("Who? <script>", 1, true))
    assert.equal(0, chromium:run "return document.images.length")
    local found = false
    for _, name in ipairs(column(0)) do found = found or name == hostile.markup end
    assert.is_true(found)
  end)

  it("has the table in the first screen, below one line of totals and a strip of what failed", function()
    for _, size in ipairs { { 390, 844 }, { 1400, 900 }, { 2560, 1400 } } do
      chromium:size(table.unpack(size))
      local strip, head, height = table.unpack(chromium:run [[return [document.querySelector(".strip").getBoundingClientRect().bottom,
        document.querySelector(".rows tbody tr:nth-child(3)").getBoundingClientRect().bottom, innerHeight] ]])
      assert.is_true(strip < head and head < height, size[1] .. " pixels")
    end
    chromium:size(1400, 900)
  end)

  it("sorts by a click, numbers as numbers, the unknown last, and back again", function()
    chromium:run [[document.querySelectorAll(".rows th button")[4].click()]]
    local ascending = column(4)
    assert.equal("5s", ascending[1])
    assert.same({ "1m", "2h00m", "1d01h", "–" }, { table.unpack(ascending, 9) })
    assert.equal("ascending", chromium:run [[return document.querySelectorAll(".rows th")[4].getAttribute("aria-sort")]])
    chromium:run [[document.querySelectorAll(".rows th button")[4].click()]]
    local descending = column(4)
    assert.same({ "1d01h", "2h00m", "1m", "5s" }, { table.unpack(descending, 1, 4) })
    assert.equal("–", descending[#descending])
    chromium:run [[document.querySelectorAll(".rows th button")[2].click()]]
    local clients = table.concat(column(2), " ")
    assert.is_truthy(clients:find("10.0.0.2 10.0.0.9 10.0.0.10", 1, true), clients)
  end)

  it("filters as one types, by keyboard alone", function()
    chromium:keys "/alice projects"
    assert.same({ "alice" }, column(0))
    assert.equal("1 of " .. #rows .. " rows", count_shown())
    chromium:keys(ESCAPE)
    assert.equal(#rows, #column(0))
  end)

  it("never takes two cells for one text", function()
    -- One row has server fs8 and then 1d01h.
    assert.same({ "alice" }, filtered "fs8 1d01h")
    assert.same({}, filtered "fs81")
    assert.same({}, filtered "fs8\"1d\"")
  end)

  it("searches one field, compares, leaves out, and takes what is not known", function()
    assert.same({ "alice", "alice" }, filtered "user:ALI")
    assert.same({ "alice" }, filtered "user:ali duration>1h")
    assert.same({ "alice", "bob" }, filtered "duration>=2h")
    assert.same({ "bob" }, filtered "duration>=1h30m duration<1d")
    assert.same({ "alice", "bob" }, filtered "resource=projects")
    assert.same({ "alice", "alice", "bob" }, filtered "resource=projects resource=public")
    assert.same({}, filtered "resource=project")
    assert.same({ "bob" }, filtered "resource=projects -user:ali")
    assert.same({ "carol" }, filtered "client=")
    assert.same({ "carol" }, filtered "session_state=Disconnected")
    assert.same({ "bob" }, filtered [[account:corp\ -alice]])
    assert.same({ "carol" }, filtered "server:region")
    assert.same({ hostile.markup }, filtered '"src=x onerror"')
    assert.equal(#rows, #filtered "user:")
  end)

  it("says what it cannot make sense of", function()
    local function note() return chromium:run [[return document.querySelector(".notes").textContent]] end
    assert.same({}, filtered "usr:alice")
    assert.is_truthy(note():find("There is no field 'usr'", 1, true))
    assert.equal(#rows, #filtered "duration>long")
    assert.is_truthy(note():find("'long' is not a number or a duration", 1, true))
    assert.same({}, filtered "nobody")
    assert.equal("No row passes the filter.", chromium:run [[return document.querySelector(".empty").innerText]])
  end)

  it("has filter and order in its address, and takes them from there", function()
    chromium:keys "/user:alice"
    chromium:run [[document.querySelectorAll(".rows th button")[4].click()]]
    local fragment = lab.eventually("the address", function()
      local hash = chromium:run "return location.hash"
      return hash:find("sort", 1, true) and hash
    end)
    assert.equal("#filter=user%3Aalice&sort=duration", fragment)
    open(path, fragment)
    assert.same({ "1m", "1d01h" }, column(4))
    assert.equal("user:alice", chromium:run [[return document.querySelector("input").value]])
    chromium:run [[location.hash = "#filter=bob"]]
    lab.eventually("the other filter", function() return column(0)[1] == "bob" end)
  end)

  it("sorts by keyboard", function()
    chromium:run [[document.querySelector(".rows th button").focus()]]
    chromium:keys(ENTER)
    assert.equal("ascending", chromium:run [[return document.querySelector(".rows th").getAttribute("aria-sort")]])
  end)

  it("opens a row to all its fields, and leads back to it", function()
    chromium:keys("/duration>1h user:bob" .. DOWN .. ENTER)
    local shown = chromium:run [[return document.querySelector("dialog[open]").innerText]]
    for _, words in ipairs { "CORP\\bob", "duration, time\n2h00m (7200)", "share\nprojects", "id\n1", "Row 1 of 1" } do
      assert.is_truthy(shown:find(words, 1, true), shown)
    end
    chromium:keys(ESCAPE)
    assert.is_false(chromium:run [[return document.querySelector("dialog").open]])
    assert.equal("bob", chromium:run "return document.activeElement.textContent")
  end)

  it("counts rows in charts whose bars have one scale, the rest's too", function()
    open(put("counts", many(2000, function(number) return numbered(number % 19 == 0 and 7 or number) end)))
    local bars = lab.eventually("the charts", function()
      local found = chromium:run [[
        return charts.map(chart => [chart.field.title, Array.from(chart.list.children).map(item =>
          [item.querySelector(".label").textContent, Number(item.querySelector(".number").textContent.replace(",", "")),
            item.querySelector("i").getBoundingClientRect().width])])]]
      return #found > 0 and found[1][2][1] and found
    end)
    local seen = {}
    for _, chart in ipairs(bars) do
      local sum, most = 0, { 0, 0, 0 }
      for _, bar in ipairs(chart[2]) do
        sum = sum + bar[2]
        if bar[2] > most[2] then most = bar end
      end
      assert.equal(2000, sum, chart[1])
      for _, bar in ipairs(chart[2]) do
        assert.is_true(math.abs(bar[3] - most[3] * bar[2] / most[2]) <= 1.1, chart[1] .. " " .. bar[1])
      end
      seen[#seen + 1] = chart[1]
    end
    assert.same({ "SERVER", "DURATION", "RESOURCE", "CLIENT", "USER" }, seen)
    assert.same({ "1887 others", 1887 }, { table.unpack(bars[5][2][#bars[5][2]], 1, 2) })
  end)

  it("has no chart where there is nothing to show", function()
    open(put("nothing", rendered { rows = {}, outcomes = {} }))
    assert.is_true(chromium:run [[return document.querySelector(".charts").hidden]])
    assert.equal("No rows.", chromium:run [[return document.querySelector(".empty").innerText]])
    open(put("alike", rendered { rows = { rows[1], rows[1] }, outcomes = {} }))
    assert.same({ "DURATION" }, chromium:run "return charts.map(chart => chart.field.title)")
  end)

  it("filters by a click on a bar, several of one column as alternatives, and counts what a click would give", function()
    open(put("bars", many(700, numbered)))
    local click = [[
      const bar = Array.from(document.querySelectorAll(".charts button")).find(button => button.firstChild.textContent === "%s");
      bar.click(); return document.querySelector("input").value]]
    assert.equal("origin=fs1", chromium:run(click:format "fs1"))
    assert.equal("", chromium:run(click:format "fs1"))
    -- One after the other, before the charts are drawn anew.
    local one, other = click:format "fs1", click:format "fs2"
    assert.equal("origin=fs1 origin=fs2", chromium:run(("{ %s }"):format(one:gsub("return.*", "")) .. other))
    assert.equal("200 of 700 rows", count_shown())
    lab.eventually("the charts' counts", function()
      local pressed = chromium:run [[
        return Array.from(document.querySelectorAll(".charts button[aria-pressed=true]")).map(bar => bar.textContent)]]
      return pressed[2] and pressed[1] == "fs1100" and pressed[2] == "fs2100"
    end)
    assert.equal("origin=fs2", chromium:run(click:format "fs1"))
    assert.equal("origin=fs2 duration>=1m duration<10m", chromium:run(click:format "1m to 10m"))
  end)

  it("has elements for what can be seen alone, and numbers for who hears it", function()
    open(put("long", many(20000, numbered)))
    local function grid()
      local found = chromium:run [[const table = document.querySelector("[role=grid]"); return {
        rows: table.tBodies[0].rows.length, count: table.getAttribute("aria-rowcount"), columns: table.getAttribute("aria-colcount"),
        focused: document.activeElement.closest("tr")?.getAttribute("aria-rowindex"), text: document.activeElement.textContent,
        stops: table.querySelectorAll("td[tabindex='0']").length, head: document.querySelector("thead th").getBoundingClientRect().top
          - document.querySelector(".rows").getBoundingClientRect().top }]]
      return found
    end
    local first = grid()
    assert.same({ "20001", "8", 1 }, { first.count, first.columns, first.stops })
    assert.is_true(first.rows < 80)
    chromium:keys("/" .. DOWN .. DOWN .. PAGE_DOWN)
    local paged = grid()
    assert.is_true(tonumber(paged.focused) > 10, paged.focused)
    chromium:keys(END, CONTROL)
    local last = lab.eventually("the last row", function()
      local found = grid()
      return found.focused == "20001" and found
    end)
    assert.is_true(last.rows < 80 and last.head < 2)
    chromium:run [[document.querySelector(".rows").scrollTop = 0]]
    lab.eventually("the first row", function() return column(0)[1] == "user1" end)
    chromium:keys(DOWN)
    assert.equal("20001", grid().focused)
  end)

  it("hands out what is shown, as CSV without formulas, as JSON and to the clipboard", function()
    local folder = lab.folder .. "/downloads"
    lab.run(("rm -rf %s; mkdir %s"):format(folder, folder))
    chromium:command("Browser.setDownloadBehavior", { behavior = "allow", downloadPath = folder })
    local function downloaded(kind)
      chromium:run(([[document.querySelector("[data-do=%s]").click()]]):format(kind))
      return lab.eventually("the " .. kind, function()
        local found = lab.run(("cat %s/*.%s"):format(folder, kind))
        return found ~= "" and found
      end)
    end
    filtered "cmd"
    local quoted = "'=cmd|'/C calc'!A0"
    assert.equal("user,resource,client,origin,duration,idle,state,kind\r\n" .. quoted:lower() .. "," .. (quoted .. ","):rep(3)
      .. "5,,,connection\r\n", downloaded "csv")
    filtered "user=bob"
    assert.same({ { user = "bob", resource = "projects", client = "10.0.0.9", origin = "fs1", duration = 7200, kind = "connection" } },
      cjson.decode(downloaded "json"))
    filtered "cmd"
    chromium:run [[document.querySelector("[data-do=copy]").focus()]]
    chromium:keys(ENTER)
    assert.equal("Copied 1 rows.", count_shown())
    chromium:run [[const area = document.createElement("textarea"); area.id = "paste"; document.body.append(area); area.focus()]]
    chromium:keys("v", CONTROL)
    local pasted = chromium:run [[return document.getElementById("paste").value]]
    assert.is_truthy(pasted:find("USER\tRESOURCE", 1, true))
    assert.is_truthy(pasted:find("\n" .. quoted:lower() .. "\t" .. (quoted .. "\t"):rep(3) .. "5\t\t\tconnection\n", 1, true), pasted)
  end)

  it("has everything within reach at 390 pixels", function()
    chromium:size(390, 844)
    local wide, beyond = table.unpack(chromium:run [[
      const beyond = Array.from(document.querySelectorAll("button, input, summary, .strip, .charts section"))
        .filter(element => !element.closest(".rows, dialog") && element.getBoundingClientRect().right > 390)
        .map(element => element.textContent);
      return [document.documentElement.scrollWidth, beyond] ]])
    assert.is_true(wide <= 390)
    assert.same({}, beyond)
    chromium:keys("/" .. DOWN .. END)
    assert.is_true(chromium:run [[return document.activeElement.getBoundingClientRect().right <= 390]])
    chromium:size(1400, 900)
  end)

  it("is a table without its script, too", function()
    local silent <close> = browser.new(lab.folder .. "/silent", { "--blink-settings=scriptEnabled=false" })
    silent:open("file://" .. path)
    silent:print(lab.folder .. "/silent.pdf")
    local text = lab.run(("pdftotext -layout %s/silent.pdf -"):format(lab.folder))
    assert.is_truthy(text:find "USER%s+RESOURCE%s+CLIENT")
    assert.is_truthy(text:find "bob%s+projects%s+10%.0%.0%.9%s+fs1%s+2h00m")
    assert.is_nil(text:find "Filter")
  end)

  it("has the heads of its columns on every sheet of paper, whole words, and no tools", function()
    local long = put("paper", many(200, function(number)
      local kind, row = numbered(number)
      row.share, row.servername = ("\\a folder\\of-many"):rep(number % 9) .. number, "server-in-eu-west-101"
      return kind, row
    end))
    open(long)
    chromium:print(long .. ".pdf")
    local text = lab.run(("pdftotext -layout %s.pdf -"):format(long))
    local sheets, with_rows, with_heads, whole = 0, 0, 0, 0
    for sheet in text:gmatch "[^\f]+" do
      sheets = sheets + 1
      if sheet:find "%f[%w]user%d+" then with_rows = with_rows + 1 end
      if sheet:find "USER%s+RESOURCE%s+CLIENT" then with_heads = with_heads + 1 end
      for _ in sheet:gmatch "%f[%w]user%d+[^\n]*10%.0%.0%.%d+%s+server%-in%-eu%-west%-101%s+%w+%s+–" do whole = whole + 1 end
    end
    assert.is_true(with_rows > 2, text)
    assert.equal(with_rows, with_heads)
    assert.equal(200, whole)
    assert.is_nil(text:find "Filter")
  end)

  it("has other colors in the dark", function()
    local light = chromium:run [[return getComputedStyle(document.body).backgroundColor]]
    assert.equal("rgb(255, 255, 255)", light)
    local dark <close> = browser.new(lab.folder .. "/dark", { "--force-dark-mode", "--blink-settings=preferredColorScheme=0" })
    dark:open("file://" .. path)
    assert.equal("rgb(20, 23, 26)", dark:run [[return getComputedStyle(document.body).backgroundColor]])
  end)

  it("says nothing on the console and asks nobody for anything", function()
    assert.same({}, chromium:console())
    assert.equal(0, chromium:run [[return performance.getEntriesByType("resource").length]])
  end)
end)

describe("axe-core on the HTML page in Chromium #conformance", function()
  local axe

  setup(function()
    local place = assert(os.getenv "AXE", "make conformance says where it is")
    local file = assert(io.open(place))
    axe = file:read "a"
    file:close()
  end)

  local once, again = put("once", pages.hostile()), put("again", pages.old())
  local states = {
    ["as it opens"] = "", ["that is stale"] = "", ["with a row open"] = "openDetails(0)",
    ["with a filter that finds nothing, and the help"] = [[hint.click(); changeQuery("usr:x")]],
  }
  for colors, arguments in pairs { light = {}, dark = { "--force-dark-mode", "--blink-settings=preferredColorScheme=0" } } do
    it("finds nothing, " .. colors, function()
      local chromium <close> = browser.new(lab.folder .. "/axe", arguments)
      for _, width in ipairs { 390, 1400 } do
        for state, script in pairs(states) do
          chromium:size(width, 900)
          chromium:open "about:blank"
          chromium:open("file://" .. (state == "that is stale" and again or once))
          chromium:run(axe)
          chromium:run(script)
          chromium:run [[axe.run(document).then(result => { window.found = result.violations.map(one => one.id + ": " + one.nodes[0].html);
            window.passed = result.passes.length; })]]
          local found = lab.eventually("axe", function()
            local list = chromium:run "return window.found"
            return type(list) == "table" and list
          end)
          assert.same({}, found, ("%d pixels, %s"):format(width, state))
          assert.is_true(chromium:run "return window.passed" > 8)
        end
      end
    end)
  end
end)
