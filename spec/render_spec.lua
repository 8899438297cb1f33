-- report.render: what is in a report, in every format.
local cjson = require "cjson"

local hostile = require "spec.lab.hostile"
local lab = require "spec.lab"
local report = require "rollcall.report"
local text = require "rollcall.internal.text"

local NOW = 1700000000

local function connection(user, share, client, time, opens)
  return { kind = "connection", servername = "fs1", username = user, share = share, client = client, time = time, num_opens = opens }
end

local rows = {
  connection("CORP\\bob", "projects", "10.0.0.9", 7200, 4),
  connection("CORP\\alice", "projects", "10.0.0.10", 60, 1),
  connection("alice@corp", "public", "10.0.0.2", 90000, 2),
  { kind = "session", origin = "region", login_user = "Alice", session_state = "Active", machine_name = "vd-1", client_ip = "10.0.0.10" },
}

local outcomes = {
  { source = "smb", target = "fs1", query = "connections", completeness = "complete", claimed = 3, received = 3 },
  { source = "smb", target = "fs2", query = "connections", completeness = "unreachable", reason = "connect: connection refused" },
}

local function rendered(options)
  local parts = {}
  local all = { rows = rows, write = function(part) parts[#parts + 1] = part end, now = NOW, outcomes = outcomes }
  for name, value in pairs(options) do all[name] = value end
  local counts = report.render(all)
  return table.concat(parts), counts
end

---The rows of a report, by the format that is a function.
local function given(options)
  local seen = {}
  options.format = function() return function(row) seen[#seen + 1] = row end end
  rendered(options)
  return seen
end

local function values(list, name)
  local result = {}
  for i, row in ipairs(list) do result[i] = row[name] end
  return result
end

describe("a list of rows", function()
  it("has tables, and blames the caller for anything else", function()
    local ran, problem = pcall(function() report.render { rows = { {}, 5 }, write = function() end } end)
    assert.is_false(ran)
    assert.matches("^spec/render_spec.lua:%d+: report%.render: rows%[2%] must be a table$", problem)
  end)
end)

describe("a report", function()
  it("filters, sorts and takes the first so many", function()
    assert.same({ "alice", "alice", "alice" }, values(given { filter = function(view) return view.user == "alice" end }, "user"))
    assert.same({ 60, 7200, 90000 }, values(given { sort = "duration" }, "duration"))
    assert.same({ 90000, 7200 }, values(given { sort = "-duration", limit = 2 }, "duration"))
    assert.same({ 60, 7200 }, values(given { sort = "duration", limit = 2 }, "duration"))
    assert.same({ "bob", "alice" }, values(given { limit = 2 }, "user"))
    assert.same({ "bob" }, values(given { sort = function(a, b) return a.user > b.user end, limit = 1 }, "user"))
  end)

  it("keeps the order of equal rows, and puts what is not known last", function()
    local many = {}
    for i = 1, 100 do many[i] = connection("u" .. i, "s" .. i % 3, "c", i % 7 ~= 0 and i % 5 or nil) end
    local sorted = given { rows = many, sort = "resource" }
    local before
    for _, row in ipairs(sorted) do
      local number = tonumber(row.user:match "%d+")
      if before and before.resource == row.resource then assert.is_true(number > before.number) end
      before = { resource = row.resource, number = number }
    end
    local by_time = given { rows = many, sort = "-duration" }
    assert.equal(4, by_time[1].duration)
    assert.is_nil(by_time[100].duration)
    assert.equal(100, #by_time)
  end)

  it("groups the same person on a share and on a desktop as one", function()
    assert.same({
      { user = "alice", rows = 3, kinds = nil, distinct_kind = 2, clients = 2, sum_num_opens = 3, max_duration = 90000 },
      { user = "bob", rows = 1, distinct_kind = 1, clients = 1, sum_num_opens = 4, max_duration = 7200 },
    }, given { group_by = "user", measures = { "distinct:kind", "distinct:client", "sum:num_opens", "max:duration" } })
    assert.same({ { "fs1", "projects", 2 }, { "fs1", "public", 1 }, { "region", "vd-1", 1 } }, (function()
      local list = {}
      for i, group in ipairs(given { group_by = { "origin", "resource" } }) do list[i] = { group.origin, group.resource, group.rows } end
      return list
    end)())
  end)

  it("groups by a field of a row of one's own, whatever it is called", function()
    local badges = {}
    for i, value in ipairs { "a", "b", "a", false, { "a", "c" } } do
      badges[i] = { kind = "badge", account = "alice", settings = value, row = i % 2 == 0 and "even" or "odd" }
    end
    assert.same({ { settings = "a", rows = 3, distinct_row = 1 }, { settings = "b", rows = 1, distinct_row = 1 },
      { settings = false, rows = 1, distinct_row = 1 }, { settings = "c", rows = 1, distinct_row = 1 } },
      given { rows = badges, group_by = "settings", measures = "distinct:row" })
    assert.same({ { row = "odd", rows = 3, distinct_settings = 2 }, { row = "even", rows = 2, distinct_settings = 2 } },
      given { rows = badges, group_by = "row", measures = "distinct:settings" })
  end)

  it("measures numbers, those of a list too, and nothing else", function()
    local badges = {}
    for i, value in ipairs { 3, "7", { 5, 1.5, "9" }, true, -2, 3, {} } do
      badges[i] = { kind = "badge", door = "d", weight = value }
    end
    badges[8] = { kind = "badge", door = "d" }
    assert.same({ { door = "d", rows = 8, sum_weight = 10.5, min_weight = -2, max_weight = 5, distinct_weight = 7 } },
      given { rows = badges, group_by = "door", measures = { "sum:weight", "min:weight", "max:weight", "distinct:weight" } })
  end)

  it("has a group for what is not known, apart from every name", function()
    local three = { connection(nil, "s"), connection("nil", "s"), connection("unknown", "s") }
    local groups = given { rows = three, group_by = { "user", "resource" } }
    assert.equal(3, #groups)
  end)

  it("shows other fields where asked, also those that only some kinds have", function()
    local output = rendered { format = "csv", columns = { "user", "num_opens", "session_state" } }
    assert.equal("record,user,num_opens,session_state,generated_at,source,target,query,completeness,claimed,received,reason",
      output:match "^[^\r]*")
    assert.is_truthy(output:find("row,alice,,Active,", 1, true))
  end)

  it("counts", function()
    local _, counts = rendered { format = "json", group_by = "user" }
    assert.same({ 4, 2, {} }, { counts.rows, counts.written, counts.missing })
  end)

  it("reports which named fields no row has", function()
    local _, counts = rendered { columns = { "user", "usr", "num_opens" }, sort = "srot" }
    assert.same({ "srot", "usr" }, counts.missing)
    local _, own = rendered { rows = { { color = "red" } }, columns = { "color" } }
    assert.same({}, own.missing)
  end)

  it("names the option that is wrong", function()
    for words, options in pairs {
      ["unknown option 'formt'; did you mean 'format'?"] = { formt = "csv" },
      ["format must be table, csv"] = { format = "xml" },
      ["measures: 'average:x' must be"] = { group_by = "user", measures = "average:x" },
      ["limit must be an integer"] = { limit = 0 },
      ["group_by must be a field's name"] = { group_by = {} },
    } do
      options.rows = {}
      assert.error_matches(function() report.render(options) end, words, 1, true)
    end
  end)
end)

describe("every format", function()
  local made = "2023-11-14T22:13:20Z"

  -- Metrics have seconds since 1970, and no words for why.
  local function said_by(format, words)
    if not report.counts_all[format] then return words end
    return ({ [made] = tostring(NOW), ["connection refused"] = "unreachable" })[words] or words
  end

  for _, format in ipairs(report.formats) do
    it("says when, from which targets, and which could not be asked: " .. format, function()
      local output = rendered { format = format }
      for _, words in ipairs { made, "fs1", "fs2", "unreachable", "connection refused" } do
        assert.is_truthy(output:gsub("&#58;", ":"):find(said_by(format, words), 1, true), words)
      end
    end)

    it("says so also where nobody is connected: " .. format, function()
      local output = rendered { format = format, rows = {} }
      for _, words in ipairs { made, "fs2", "unreachable" } do assert.is_truthy(output:find(said_by(format, words), 1, true), words) end
    end)
  end

  local function hostile_rows()
    local list = {}
    for _, name in pairs(hostile) do list[#list + 1] = connection(name, name, name, 1) end
    return list
  end

  it("gives hostile names to a terminal as text", function()
    local output = rendered { rows = hostile_rows(), width = 80 }
    assert.is_nil(output:find "[\0-\9\11-\31\127]")
    assert.is_nil(output:find("\u{202e}", 1, true))
    local lines = 0
    for line in output:gmatch "[^\n]+" do
      lines = lines + 1
      assert.is_true(text.width(line) <= 80 or line:sub(1, 1) == "#", line)
    end
    assert.is_true(lines > #hostile_rows(), output)
  end)

  it("gives hostile names to a CSV reader as one cell each, and no formula", function()
    local path = lab.folder .. "/hostile.csv"
    assert(io.open(path, "wb")):write((rendered { format = "csv", rows = hostile_rows() })):close()
    local reader = [[import csv, json; print(json.dumps(list(csv.reader(open("%s", newline="")))))]]
    local read = cjson.decode((lab.run(("/usr/bin/python3 -c '%s'"):format(reader:format(path)))))
    assert.equal(#hostile_rows() + 3, #read)
    local found = {}
    for _, record in ipairs(read) do
      assert.equal(#read[1], #record)
      for _, value in ipairs(record) do assert.is_nil(value:find "^[=+@%-]", value) end
      found[record[3]] = true
    end
    assert.is_true(found[hostile.quotes] and found[hostile.markup])
    assert.is_true(found["'" .. hostile.formula])
  end)

  it("gives hostile names to jq unchanged", function()
    for format, query in pairs { json = ".rows[].account", jsonl = 'select(.kind=="connection").account' } do
      local path = lab.folder .. "/hostile." .. format
      assert(io.open(path, "wb")):write((rendered { format = format, rows = hostile_rows() })):close()
      local seen = {}
      for line in lab.run(("jq -c '%s' %s"):format(query, path)):gmatch "[^\n]+" do seen[cjson.decode(line)] = true end
      for _, name in pairs(hostile) do assert.is_true(seen[name], name) end
    end
  end)

  describe("Markdown, as GitHub's renderer reads it,", function()
    local entities = { amp = "&", lt = "<", gt = ">", quot = '"' }

    ---The cells of the first column of the rows; fails where anything but a table came of them.
    local function read_back(names)
      local many = {}
      for i, name in ipairs(names) do many[i] = { kind = "badge", account = name } end
      local path = lab.folder .. "/report.md"
      assert(io.open(path, "wb")):write((rendered { format = "markdown", rows = many, columns = { "account" }, outcomes = {} })):close()
      local html, code, complaint = lab.run("cmark-gfm -e table -e autolink -e strikethrough -e tasklist --unsafe " .. path)
      assert.equal(0, code, complaint)
      for tag in html:gmatch "<(%a%w*)" do
        assert.is_truthy((" h1 p table thead tbody tr th td code "):find(" " .. tag .. " ", 1, true), tag)
      end
      local cells = {}
      for shown in html:gmatch "<td>(.-)</td>" do
        cells[#cells + 1] = shown:gsub("</?code>", ""):gsub("&(%a+);", entities)
      end
      return cells
    end

    local function expect(names)
      local expected = {}
      for i, name in ipairs(names) do expected[i] = text.printable(name) end
      assert.same(expected, read_back(names))
    end

    it("has every name as it is, and none as a link or as markup", function()
      local names = {
        "www.evil.example", "http://evil.example", "https://evil.example/x", "ftp://evil.example", "alice@corp.example",
        "mailto:a@b.example", "xmpp:a@b.example/x", "@team", "#1", ":smile:", "a|b", "a\\|b", "a\\", "`", "``a`", "` x", "x `",
        "**b**", "_a_", "~~a~~", "~a~", "![x](y)",
        "[ ] x", "- x", "1. x", "# x", "> x", "<b>", "&amp;",
        "&#119;ww.evil.example", "$x$", "[^1]", "CORP\\bob", "10.0.0.9", "plain", "Zoë 张三",
      }
      for _, name in pairs(hostile) do names[#names + 1] = name end
      expect(names)
    end)

    it("has any name as it is", function()
      math.randomseed(4711)
      local alphabet, names = "``||\\\\<>&*_[]()#@:.~!$'\"-aw1/", {}
      for i = 1, 400 do
        local parts = {}
        for j = 1, math.random(1, 12) do
          local place = math.random(#alphabet)
          parts[j] = alphabet:sub(place, place)
        end
        names[i] = table.concat(parts)
      end
      expect(names)
    end)
  end)

  it("writes color only where it may", function()
    assert.is_nil(rendered({ format = "table" }):find("\27", 1, true))
    assert.is_truthy(rendered({ format = "table", color = true }):find("\27[31m# fs2", 1, true))
  end)
end)
