local report = require "rollcall.report"
local text = require "rollcall.internal.text"

local function rendered(format, rows, width)
  local parts = {}
  local writer = report.new(format, "connection", function(part) parts[#parts + 1] = part end, width)
  for _, row in ipairs(rows) do writer:row(row) end
  writer:finish({}, {})
  return table.concat(parts)
end

describe("text for a terminal", function()
  it("shows what could do harm as escapes", function()
    assert.equal("plain", text.printable("plain"))
    assert.equal("\\x1B[2J\\x07\\x0A", text.printable("\x1b[2J\a\n"))
    assert.equal("\\x9B", text.printable("\u{9b}"))
    assert.equal("a\\u{202E}b\\u{2066}\\u{200B}\\u{FEFF}", text.printable("a\u{202e}b\u{2066}\u{200b}\u{feff}"))
    assert.equal("\\xFF\\xC3x", text.printable("\xff\xc3x"))
    assert.equal("\\u{E0041}", text.printable("\u{e0041}"))
    assert.equal("张三é💻", text.printable("张三é💻"))
  end)

  it("has the width that a terminal gives it", function()
    assert.equal(5, text.width("plain"))
    assert.equal(4, text.width("张三"))
    assert.equal(2, text.width("💻"))
    assert.equal(1, text.width("e\u{301}"))
  end)

  it("is cut to a width with a sign of it", function()
    assert.equal("plain", text.fit("plain", 5))
    assert.equal("p…in", text.fit("plain", 4))
    assert.equal("…三", text.fit("张三三", 4))
    assert.equal("C:\\…\\x.xls", text.fit("C:\\staff\\x.xls", 10))
    assert.equal("…e\u{301}e\u{301}", text.fit(("e\u{301}"):rep(9), 3))
    assert.equal("…", text.fit("plain", 1))
    for most = 1, 30 do
      for _, value in ipairs { ("ab"):rep(40), ("三"):rep(40), ("a\u{301}三"):rep(20) } do
        local width = text.width(text.fit(value, most))
        assert.is_true(width <= most and width >= most - 2, value)
      end
    end
  end)

  it("keeps ports and file names apart where it is cut", function()
    assert.not_equal(text.fit("127.0.0.1:52461", 9), text.fit("127.0.0.1:52462", 9))
    assert.equal("C:\\pr…ort-7.xls", text.fit("C:\\projects\\2026\\report-7.xls", 15))
  end)
end)

describe("the table", function()
  it("is written in no time, however long a name is", function()
    local rows = { { username = ("x"):rep(100000), share = "s" }, { username = "y", share = "s" } }
    for _, width in ipairs { math.huge, 80 } do
      local began = os.clock()
      local lines = rendered("table", rows, width)
      assert.is_true(os.clock() - began < 2, os.clock() - began)
      assert.matches("\n%- +s +y ", lines)
    end
  end)

  local function row(i, username)
    return { servername = "fs1", share = "projects", client = "ws-" .. i, username = username or "u" .. i,
      num_opens = i, num_users = 1, time = i * 61, type = 0, id = i }
  end

  it("fits every line to the width", function()
    local output = rendered("table", { row(1, ("long "):rep(40)), row(2, ("宽"):rep(60)) }, 80)
    local lines = 0
    for line in output:gmatch("[^\n]+") do
      lines = lines + 1
      assert.is_true(text.width(line) <= 80, line)
    end
    assert.equal(3, lines)
  end)

  it("is cut in later rows where they are wider than the first", function()
    local rows = {}
    for i = 1, 600 do rows[i] = row(i) end
    rows[600].username = ("x"):rep(50)
    local output = rendered("table", rows, 200)
    assert.is_truthy(output:find("x+…"))
    assert.equal(601, select(2, output:gsub("\n", "")))
  end)

  it("has no header where there are no rows", function()
    assert.matches("^SERVER .*\nfs1 ", (rendered("table", { row(1) }, 200)))
    assert.equal("", rendered("table", {}, 80))
  end)

  it("says how long as a person would", function()
    for seconds, shown in pairs { [0] = "0s", [59] = "59s", [60] = "1m", [3661] = "1h01m", [90000] = "1d01h" } do
      local one = row(1)
      one.time = seconds
      assert.is_truthy(rendered("table", { one }, 200):find(" " .. shown .. " ", 1, true))
    end
  end)

  it("has a dash for what the server did not say", function()
    local output = rendered("table", { { servername = "fs1", share = "s", id = 1 } }, 200)
    assert.is_truthy(output:find("fs1%s+s%s+%-%s+%-%s+%-%s+%-%s+%-%s+%-%s+1"))
  end)
end)

describe("CSV", function()
  it("escapes formulas and quotes what needs it", function()
    for given, written in pairs {
      ["=1+1"] = "'=1+1", ["+1"] = "'+1", ["-1"] = "'-1", ["@x"] = "'@x", ["＝1"] = "'＝1",
      ['a"b'] = '"a""b"', ["a,b"] = '"a,b"', ["a\nb"] = "a\\x0Ab", ["=a,b"] = '"\'=a,b"',
    } do
      local output = rendered("csv", { { servername = "s", username = given } })
      assert.is_truthy(output:match("\r\n(.-)\r\n"):find("row,s,," .. written .. ",,,,,,,,,,", 1, true), output)
    end
  end)

  it("has the result for each target under the same header, and one column a name", function()
    local parts = {}
    report.render {
      rows = { { kind = "badge", account = "alice", target = "the door" } }, format = "csv", columns = { "account", "target" },
      outcomes = { { source = "smb", target = "fs1", completeness = "unreachable", reason = "no, nobody" } }, now = 0,
      write = function(part) parts[#parts + 1] = part end,
    }
    assert.equal("record,account,target,generated_at,source,query,completeness,claimed,received,reason\r\n"
      .. "row,alice,the door,1970-01-01T00:00:00Z,,,,,,\r\n"
      .. 'target,,fs1,1970-01-01T00:00:00Z,smb,,unreachable,,,"no, nobody"\r\n', table.concat(parts))
  end)

  it("has its header also where there are no rows", function()
    assert.equal("record,servername,share,username,client,num_opens,num_users,time,type,id,netname,placeholder,level,"
      .. "address,session_id,since,dialect,encryption,encryption_cipher,signing,signing_cipher,"
      .. "generated_at,source,target,query,completeness,claimed,received,reason\r\n", rendered("csv", {}))
  end)
end)

describe("a report", function()
  it("leaves the views as they are that a program's filter was given", function()
    local kept, rows = {}, {}
    for i = 1, 100 do rows[i] = { kind = "connection", username = "u" .. i, share = "s" } end
    report.render { rows = rows, group_by = "resource", format = "csv", write = function() end, filter = function(view)
      kept[#kept + 1] = view
      return true
    end }
    for i = 1, 100 do assert.equal("u" .. i, kept[i].user) end
  end)
end)
