-- The result of a check and the difference of two snapshots as pages.
local cjson = require "cjson"
local text_file = require "spec.lab.text_file"

local browser = require "spec.lab.browser"
local hostile = require "spec.lab.hostile"
local lab = require "spec.lab"

local folder

local function put(name, text) return text_file.put(folder .. "/" .. name, text) end

local function snapshot(name, completeness, rows)
  local lines = { '{"kind": "snapshot", "schema": "rollcall.snapshot/1", "generated_at": "2026-11-21T12:00:00Z"}' }
  for _, row in ipairs(rows) do
    row.kind, row.servername, row.share = "connection", "fs1", row.share or "projects"
    lines[#lines + 1] = cjson.encode(row)
  end
  lines[#lines + 1] = cjson.encode { kind = "target", source = "smb", target = "fs1", query = "connection", completeness = "complete" }
  lines[#lines + 1] = cjson.encode { kind = "target", source = "smb", target = "fs2", query = "connection", completeness = completeness,
    reason = hostile.markup }
  lines[#lines + 1] = ('{"kind": "end", "rows": %d}'):format(#rows)
  return put(name, table.concat(lines, "\n") .. "\n")
end

local function data_of(page)
  local data = cjson.decode(page:match '<script type="application/json" id="data">(.-)</script>')
  local rows = {}
  for i = 1, data.rows do rows[i] = {} end
  for _, column in ipairs(data.columns) do
    local from = column.same and data.columns[column.same + 1] or column
    for i = 1, data.rows do rows[i][column.name] = from.values[from.numbers and from.numbers[i] or i] end
  end
  return rows
end

before_each(function() folder = lab.new_folder "pages" end)

local function is_safe(page)
  assert.equal(2, select(2, page:gsub("<script", "")))
  assert.is_nil(page:find("<img", 1, true))
  assert.is_nil(page:find "[\0-\8\11-\31]")
end

describe("rollcall diff --format html", function()
  local function pair(completeness)
    local before = snapshot("before.jsonl", "complete", {
      { username = "alice", client = "10.0.0.1", num_opens = 1, id = 1 }, { username = "bob", client = "10.0.0.2", num_opens = 1, id = 2 },
    })
    local after = snapshot("after.jsonl", completeness, {
      { username = "alice", client = "10.0.0.1", num_opens = 5, id = 1 }, { username = hostile.markup, client = hostile.rtl, id = 3 },
    })
    local page, code = lab.run(("%s diff %s %s --format html"):format(lab.command, before, after))
    return page, code
  end

  it("has who connected, who disconnected and what changed", function()
    local page, code = pair "complete"
    assert.equal(1, code)
    is_safe(page)
    assert.is_truthy(page:find('<p class="totals"><b>1</b> connected · <b>1</b> disconnected · <b>1</b> changed</p>', 1, true), page)
    assert.is_nil(page:find("Incomplete", 1, true))
    local by_event = {}
    for _, row in ipairs(data_of(page)) do by_event[row.event] = row end
    assert.equal("bob", by_event.disconnected.user)
    assert.equal(hostile.markup:lower(), by_event.connected.user)
    assert.same({ "alice", "num_opens: 1 → 5", 5 }, { by_event.changed.user, by_event.changed.changes, by_event.changed.num_opens })
  end)

  it("says which side of it is incomplete", function()
    local page = pair "unreachable"
    is_safe(page)
    assert.is_truthy(page:find("Incomplete: 1 of 4 targets", 1, true))
    assert.is_truthy(page:find("<b>fs2</b> (connection, after): unreachable", 1, true))
  end)

  it("of no difference has no rows, and exits with 0", function()
    local one = snapshot("one.jsonl", "complete", { { username = "alice", id = 1 } })
    local page, code = lab.run(("%s diff %s %s --format html"):format(lab.command, one, one))
    assert.equal(0, code)
    assert.is_truthy(page:find("<b>0</b> connected · <b>0</b> disconnected · <b>0</b> changed", 1, true))
    assert.same({}, data_of(page))
  end)
end)

describe("rollcall check --format html", function()
  local function check()
    local rows = snapshot("rows.jsonl", "denied", {
      { username = hostile.markup, client = hostile.rtl, id = 1 }, { username = "bob", client = "10.0.0.2", id = 2, share = "C$" },
    })
    local policies = put("policies.lua", [[
      rule { id = "passes", severity = "note", kind = "connection", check = function() return true end, message = "" }
      rule { id = "warns", severity = "warning", kind = "connection", check = function(p) return p.user ~= "bob" end, message = "{user}" }
      rule(builtin.accounts { deny = "*", severity = "error" })
      rule { id = "cannot-say", kind = "file", check = function() return true end, message = "" }
      waive { rule = "accounts", user = "bob", reason = "]] .. "x" .. [[", expires = "2036-01-01" }
    ]])
    return lab.run(("%s check %s -p %s -f html -o %s/check.html; cat %s/check.html"):format(lab.command, rows, policies, folder, folder))
  end

  it("has failed rules first, then those that are unknown", function()
    local page = check()
    is_safe(page)
    local order = {}
    for verdict, id in page:gmatch '<li><span class="%a+">(%a+)</span> <b>(.-)</b>' do order[#order + 1] = verdict .. " " .. id end
    assert.same({ "fail accounts", "fail warns", "unknown cannot-say", "unknown passes" }, order)
    assert.is_true(page:find('class="rules"', 1, true) < page:find("<table", 1, true))
    assert.is_truthy(page:find("<b>2</b> fail · <b>2</b> unknown · <b>0</b> pass", 1, true), page)
    assert.is_truthy(page:find("Incomplete: 1 of 2 targets", 1, true))
  end)

  it("has what they found, and what is waived until when", function()
    local found = {}
    for _, row in ipairs(data_of((check()))) do found[#found + 1] = ("%s %s %s"):format(row.rule, row.user, row.waived_until or "-") end
    assert.same({ ("accounts %s -"):format(hostile.markup:lower()), "accounts bob 2036-01-01", "warns bob -" }, found)
  end)

  it("is usable in Chromium", function()
    check()
    local chromium <close> = browser.new(lab.folder .. "/check-browser")
    chromium:open(("file://%s/check.html#filter=rule%%3Dwarns"):format(folder))
    assert.equal("1 of 3 rows", chromium:run [[return document.querySelector("output").value]])
    assert.same({}, chromium:console())
    assert.equal(0, chromium:run "return document.images.length")
  end)
end)
