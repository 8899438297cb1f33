-- The HTML page, read as text and used in a real browser.
local assets = require "rollcall.report.html_assets"
local browser = require "spec.lab.browser"
local hostile = require "spec.lab.hostile"
local lab = require "spec.lab"
local report = require "rollcall.report"

local rows = {
  { kind = "connection", servername = "fs1", share = "projects", username = "CORP\\bob", client = "10.0.0.9", time = 7200, id = 1 },
  { kind = "connection", servername = "fs1", share = "projects", username = "CORP\\alice", client = "10.0.0.10", time = 60, id = 2 },
  { kind = "connection", servername = "fs1", share = "public", username = "alice@corp", client = "10.0.0.2", time = 90000, id = 3 },
  { kind = "session", origin = "region", login_user = "carol", session_state = "Disconnected", machine_name = "vd-1" },
}
for _, name in pairs(hostile) do
  rows[#rows + 1] = { kind = "connection", servername = name, share = name, username = name, client = name, time = 5, id = 9 }
end

local outcomes = {
  { source = "smb", target = "fs1", query = "connections", completeness = "complete", claimed = 3, received = 3 },
  { source = "smb", target = hostile.markup, completeness = "denied", reason = hostile.markup },
}

local function page()
  local parts = {}
  report.render { rows = rows, format = "html", outcomes = outcomes, title = "Who? " .. hostile.markup,
    write = function(part) parts[#parts + 1] = part end }
  return table.concat(parts)
end

local function digest(text)
  local path = lab.folder .. "/asset"
  assert(io.open(path, "w")):write(text):close()
  return (lab.run(("openssl dgst -sha256 -binary %s | base64"):format(path)):gsub("\n", ""))
end

describe("the HTML page as text", function()
  local text = page()

  it("lets its own style and script through and nothing else", function()
    assert.equal(digest(assets.style), assets.style_hash)
    assert.equal(digest(assets.script), assets.script_hash)
    assert.is_truthy(text:find(("content=\"default-src 'none'; style-src 'sha256-%s'; script-src 'sha256-%s'; base-uri 'none'")
      :format(assets.style_hash, assets.script_hash), 1, true))
    assert.is_nil(text:find("unsafe", 1, true))
    assert.equal(1, select(2, text:gsub("<script", "")))
    assert.equal(1, select(2, text:gsub("<style", "")))
    assert.is_nil(text:find("style=", 1, true))
  end)

  it("names no address to load from", function()
    assert.is_nil(text:find "%ssrc=[\"']")
    assert.is_nil(text:find "href=")
    assert.is_nil(text:find "url%(")
  end)

  it("shows direction marks and controls as escapes", function()
    assert.is_truthy(text:find("abc\\u{202E}fed\\u{2066}", 1, true))
    assert.is_nil(text:find("\u{202e}", 1, true))
    assert.is_nil(text:find "[\0-\8\11-\31]")
  end)

  it("says first that it is incomplete", function()
    assert.is_truthy(text:find("Incomplete: 1 of 2 targets", 1, true))
    assert.is_true(text:find("Incomplete", 1, true) < text:find("<table", 1, true))
  end)
end)

describe("the HTML page in Chromium", function()
  local chromium
  local path = lab.folder .. "/page.html"

  setup(function()
    assert(io.open(path, "w")):write(page()):close()
    chromium = browser.new(lab.folder .. "/browser")
    chromium:open("file://" .. path)
  end)

  teardown(function() chromium:close() end)

  local function column(number)
    local script = [[
      return Array.from(document.querySelectorAll("section tbody tr")).filter(r => !r.hidden).map(r => r.cells[%d].textContent)]]
    return chromium:run(script:format(number))
  end

  it("runs nothing that a name brought along", function()
    assert.is_truthy(chromium:run("return document.title"):find("Who? <script>", 1, true))
    assert.equal(0, chromium:run "return document.images.length")
    local found = false
    for _, name in ipairs(column(0)) do found = found or name == hostile.markup end
    assert.is_true(found)
  end)

  it("sorts by a click, numbers as numbers, the unknown last, and back again", function()
    chromium:run [[document.querySelectorAll("section th button")[4].click()]]
    local ascending = column(4)
    assert.equal("5s", ascending[1])
    assert.same({ "1m", "2h00m", "1d01h", "–" }, { table.unpack(ascending, 9) })
    assert.equal("ascending", chromium:run [[return document.querySelectorAll("section th")[4].getAttribute("aria-sort")]])
    chromium:run [[document.querySelectorAll("section th button")[4].click()]]
    local descending = column(4)
    assert.same({ "1d01h", "2h00m", "1m", "5s" }, { table.unpack(descending, 1, 4) })
    assert.equal("–", descending[#descending])
  end)

  it("filters as one types, by keyboard alone", function()
    chromium:keys "/alice projects"
    assert.same({ "alice" }, column(0))
    assert.equal("1 of " .. #rows .. " rows", chromium:run [[return document.querySelector("output").value]])
    chromium:keys "\u{e00c}"
    assert.equal(#rows, #column(0))
  end)

  it("sorts by keyboard", function()
    chromium:run [[document.querySelector("section th button").focus()]]
    chromium:keys "\u{e007}"
    assert.equal("ascending", chromium:run [[return document.querySelector("section th").getAttribute("aria-sort")]])
  end)

  it("has the charts, with what they say as text", function()
    assert.same({ "Connections by share", "Sessions by state", "Busiest users" },
      chromium:run [[return Array.from(document.querySelectorAll("figcaption")).map(c => c.textContent)]])
    local titles = table.concat(chromium:run [[return Array.from(document.querySelectorAll("svg title")).map(t => t.textContent)]], "\n")
    for _, words in ipairs { "projects: 2", "Disconnected: 1", "alice: 2" } do assert.is_truthy(titles:find(words, 1, true), words) end
  end)

  it("has the heads of its columns on every sheet of paper, and no tools", function()
    local long, number = lab.folder .. "/long", 0
    local file = assert(io.open(long .. ".html", "w"))
    report.render {
      rows = function()
        number = number + 1
        if number <= 200 then return "connection", { username = "user" .. number, share = "s" } end
      end,
      format = "html", outcomes = {}, write = function(part) file:write(part) end,
    }
    file:close()
    chromium:open("file://" .. long .. ".html")
    chromium:print(long .. ".pdf")
    chromium:open("file://" .. path)
    local text = lab.run(("pdftotext -layout %s.pdf -"):format(long))
    local sheets, with_rows, with_heads = 0, 0, 0
    for sheet in text:gmatch "[^\f]+" do
      sheets = sheets + 1
      if sheet:find "%f[%w]user%d+" then with_rows = with_rows + 1 end
      if sheet:find "USER%s+RESOURCE%s+CLIENT" then with_heads = with_heads + 1 end
    end
    assert.is_true(with_rows > 2, text)
    assert.equal(with_rows, with_heads)
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
