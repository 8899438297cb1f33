-- The HTML page, read as text.
local cjson = require "cjson"

local hashes = require "rollcall.report.html.hashes"
local lab = require "spec.lab"
local pages = require "spec.lab.pages"

local function digest(text)
  local path = lab.folder .. "/asset"
  assert(io.open(path, "w")):write(text):close()
  return (lab.run(("openssl dgst -sha256 -binary %s | base64"):format(path)):gsub("\n", ""))
end

local function data_of(text)
  return cjson.decode(text:match '<script type="application/json" id="data">(.-)</script>')
end

describe("the HTML page as text", function()
  local text = pages.hostile()

  it("lets its own style and script through and nothing else", function()
    assert.equal(digest((require "rollcall.report.html.style")), hashes.style)
    assert.equal(digest((require "rollcall.report.html.script")), hashes.script)
    assert.is_truthy(text:find(("content=\"default-src 'none'; style-src 'sha256-%s'; script-src 'sha256-%s'; base-uri 'none'; "
      .. "form-action 'none'\""):format(hashes.style, hashes.script), 1, true))
    assert.is_nil(text:find("unsafe", 1, true))
    assert.equal(2, select(2, text:gsub("<script", "")))
    assert.equal(2, select(2, text:gsub("</script", "")))
    assert.equal(1, select(2, text:gsub("<style", "")))
    assert.is_nil(text:find("style=", 1, true))
    assert.is_nil(text:find "%f[%w]eval%f[%W]")
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

  it("carries rows that cannot leave the element they stand in", function()
    local told = pages.rendered { rows = { { kind = "badge", account = "</script><!--<script>\u{2028}\u{2029}", ["</script>"] = "x" } } }
    local between = told:match '<script type="application/json" id="data">(.-)</script>'
    assert.is_nil(between:find("<", 1, true))
    assert.is_nil(told:find "\u{2028}")
    local fields = {}
    for _, column in ipairs(data_of(told).columns) do fields[column.name] = column.values and column.values[1] end
    assert.equal("</script><!--<script>\\u{2028}\\u{2029}", fields.user)
    assert.equal("x", fields["</script>"])
  end)

  it("carries each value once, and each field that another one doubles not at all", function()
    local data = data_of(pages.many(1000, pages.numbered))
    local by_name = {}
    for _, column in ipairs(data.columns) do by_name[column.name] = column end
    assert.equal(1000, data.rows)
    assert.equal(50, #by_name.resource.values)
    assert.equal(1000, #by_name.resource.numbers)
    assert.is_nil(by_name.user.numbers)
    assert.equal("resource", data.columns[by_name.share.same + 1].name)
    assert.is_nil(by_name.share.values)
  end)

  it("keeps numbers that a browser has no room for as text", function()
    local row = { kind = "badge", account = "a", big = 2 ^ 53 | 1, most = 2 ^ 53 - 1, huge = math.huge }
    local data = data_of(pages.rendered { rows = { row } })
    local by_name = {}
    for _, column in ipairs(data.columns) do by_name[column.name] = column.values and column.values[1] end
    assert.same({ "9007199254740993", 9007199254740991, "inf" }, { by_name.big, by_name.most, by_name.huge })
  end)

  it("says first that it is incomplete, and who answers without names", function()
    assert.is_truthy(text:find("Incomplete: 1 of 3 targets", 1, true))
    assert.is_true(text:find("Incomplete", 1, true) < text:find("<table", 1, true))
    assert.is_truthy(text:find("1 target answered with placeholder rows, which do not say who", 1, true))
  end)

  it("says how many rows it has of how many", function()
    local function totals(options)
      options.rows, options.outcomes = pages.rows, {}
      return pages.rendered(options):match '<p class="totals">(.-)</p>':gsub("</?b>", "")
    end
    assert.equal("12 rows · 11 users · 11 clients · 11 resources", (totals {}))
    assert.equal("2 of 12 rows · 11 users · 11 clients · 11 resources", (totals { limit = 2 }))
    assert.equal("11 groups · 12 rows · 11 users · 11 clients · 11 resources", (totals { group_by = "user" }))
    assert.equal("12 rows", (totals { totals = false }))
  end)

  it("has no word of a server's filler", function()
    local row = { kind = "connection", servername = "fs1", share = "s", username = "Guest", id = 4711, placeholder = true }
    local told = pages.rendered { rows = { row } }
    assert.is_nil(told:find "Guest")
    assert.is_nil(told:find "4711")
    assert.is_truthy(told:find '"placeholder"')
  end)

  it("has the first rows as a table, and says where it ends", function()
    local told = pages.many(600, pages.numbered)
    local static = told:match '<div class="rows".-</table>'
    assert.equal(501, select(2, static:gsub("<tr>", "")))
    assert.is_truthy(told:find("Without its script the page shows the first 500 of 600 rows", 1, true))
    assert.is_truthy(static:find("<td class=\"right\">8m</td>", 1, true))
  end)
end)
