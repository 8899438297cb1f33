-- The command check: what it exits with, its traces, and tests of policies.
local lab = require "spec.lab"
local text_file = require "spec.lab.text_file"

local function rollcall(arguments)
  return lab.run(("%s %s"):format(lab.command, arguments))
end

local function put(name, text) return text_file.put(lab.folder .. "/" .. name, text) end

local content = text_file.content

describe("rollcall check of rows of one's own", function()
  local badges = put("badges.lua", [[rows { kind = "badge", { account = "CORP\\eve", resource = "lab", client = "10.0.0.9" },
    { account = "CORP\\alice", resource = "lab" }, { account = "bob", resource = "hall" } }]])
  local rules = put("badge_rules.lua", [[
    rule { id = "lab", kind = "badge", filter = function(p) return p.resource == "lab" end, check = function(p) return p.user == "alice" end,
           severity = "warning", message = "{account} is in {resource}" }
    rule { id = "crowd", kind = "badge", group_by = "resource", check_group = function(g) return g.count < 3 end, message = "{resource}" }]])

  it("fails from the severity on that is asked for", function()
    for option, expected in pairs { [""] = 1, ["--fail-on note"] = 1, ["--fail-on warning"] = 1, ["--fail-on error"] = 0 } do
      local output, code = rollcall(("check %s -p %s %s"):format(badges, rules, option))
      assert.equal(expected, code)
      assert.matches("fail     lab (warning), 2 of 3 rows", output, 1, true)
      assert.matches("pass     crowd (error), 3 of 3 rows", output, 1, true)
    end
    assert.equal(3, select(2, rollcall(("check %s -p %s --fail-on never"):format(badges, rules))))
  end)

  it("shows on standard error what a rule sees of each row, and why it counts", function()
    local output, code, complaint = rollcall(("check %s -p %s --trace lab"):format(badges, rules))
    assert.equal(1, code)
    assert.is_nil(output:find("trace", 1, true))
    assert.equal(table.concat({
      [[trace lab: row 1, badge, resource="lab" user="eve" account="CORP\\eve" client="10.0.0.9" origin=(missing): fail]],
      [[trace lab: row 2, badge, resource="lab" user="alice" account="CORP\\alice" client=(missing) origin=(missing): pass]],
      [[trace lab: row 3, badge, resource="hall" account="bob" client=(missing) origin=(missing): not judged: filter is false]], "",
    }, "\n"), complaint)
    complaint = select(3, rollcall(("check %s -p %s --trace crowd"):format(badges, rules)))
    assert.matches('trace crowd: group resource="lab" count=2: pass\n', complaint, 1, true)
    complaint = select(3, rollcall(("check %s -p %s --trace crwd"):format(badges, rules)))
    assert.matches("there is no rule 'crwd' in .*; did you mean 'crowd'?", complaint)
  end)

  it("traces rows that lack a field, that are waived, and an error of the rule itself", function()
    local function traced(text)
      return select(3, rollcall(("check %s -p %s --trace x"):format(badges, put("traced.lua", text))))
    end
    assert.matches(" client=%(missing%) [^\n]*: field 'client' is missing: unknown\n", traced(
      "rule { id = 'x', kind = 'badge', requires = 'client', check = function() return true end, message = '' }"))
    assert.matches("waived\n", traced([[rule { id = "x", kind = "badge", check = function() return false end, message = "m" }
      waive { rule = "x", reason = "r", expires = "2036-01-01" }]]), 1, true)
    assert.matches("error: .-:1: attempt to", traced("rule { id = 'x', kind = 'badge', check = function(p) return p.none.x end, message = 'm' }"))
  end)

  it("exits with 3 for an error in a rule, also for one that shows only while it is evaluated", function()
    local function code_of(text, source)
      local output, code, complaint = rollcall(("check %s -p %s"):format(source or badges, put("wrong.lua", text)))
      return code, output .. complaint
    end
    local code, said = code_of "rule { id = 'x', kind = 'badge', check = function(p) return p.none.name == 'x' end, message = '' }"
    assert.equal(3, code)
    assert.matches("wrong.lua:1: attempt to index a nil value", said, 1, true)
    code, said = code_of "\nrule { id = 'x', kind = 'acess', check = function(p) return true end, message = '' }"
    assert.equal(3, code)
    assert.matches("wrong.lua:2: rule 'x': there is no kind 'acess'; did you mean 'access'?", said, 1, true)
    code, said = code_of "rule { id = 'x', kind = 'bdge', check = function(p) return true end, message = '' }"
    assert.equal(3, code)
    assert.matches("there is no kind 'bdge'; did you mean 'badge'?", said, 1, true)
    local wrong = put("wrong_user.lua", content(badges) .. "\nnormalize_user(function(account) return account:lowr() end)")
    code, said = code_of("rule { id = 'x', kind = 'badge', check = function(p) return p.user ~= 'eve' end, message = '' }", wrong)
    assert.equal(3, code)
    assert.matches("wrong_user.lua:3: attempt to call a nil value (method 'lowr')", said, 1, true)
    local _, report_code, complaint = rollcall(("report %s -g user"):format(wrong))
    assert.equal(3, report_code)
    assert.matches("wrong_user.lua:3: attempt to call a nil value (method 'lowr')", complaint, 1, true)
  end)

  it("runs the tests of a policy", function()
    local tests = put("badge_tests.lua", [[
      test { name = "the lab is alice's", rows = { { kind = "badge", account = "eve", resource = "lab" }, { kind = "badge", account = "A\\alice", resource = "lab" } },
             verdicts = { lab = "fail", crowd = "pass" }, findings = { lab = { "eve is in lab" } } }
      test { name = "nobody", rows = {}, verdicts = { lab = "pass" }, findings = { lab = {} } }
      test { name = "not asked", rows = {}, targets = { { query = "badge", completeness = "denied" } }, verdicts = { lab = "unknown" } }
      test { name = "by number", rows = { { kind = "badge", account = "17", resource = "lab" } }, verdicts = { lab = "pass" },
             normalize_user = function(account) return account == "17" and "alice" or nil end, now = "2026-11-20 22:00:00" }]])
    local output, code, complaint = rollcall(("check -p %s --test %s"):format(rules, tests))
    assert.equal(0, code, complaint)
    assert.equal("pass  the lab is alice's\npass  nobody\npass  not asked\npass  by number\n# 4 pass, 0 fail\n", output)
    local failing = put("failing_tests.lua", [[
      test { name = "wrong", rows = { { kind = "badge", account = "eve", resource = "lab" } }, verdicts = { lab = "pass" }, findings = { lab = "x" } }]])
    output, code = rollcall(("check -p %s --test %s"):format(rules, failing))
    assert.equal(1, code)
    assert.equal("fail  wrong\n    rule 'lab': the verdict is fail, not pass\n    rule 'lab': the findings are {eve is in lab}, not {x}\n"
      .. "# 0 pass, 1 fail\n", output)
  end)

  it("fails a test whose rule raises an error, and refuses tests with errors", function()
    local wrong = put("wrong.lua", "rule { id = 'x', kind = 'badge', check = function(p) return p.none.x end, message = '' }")
    local output, code = rollcall(("check -p %s --test %s"):format(wrong, put("t.lua",
      "test { name = 't', rows = { { kind = 'badge' } }, findings = { x = {} } }")))
    assert.equal(1, code)
    assert.matches("wrong.lua:1: attempt to index a nil value", output, 1, true)
    for text, words in pairs {
      ["test { name = 't', rows = {}, verdicts = { lba = 'pass' } }"] = "t.lua:1: test: verdicts: there is no rule 'lba'; did you mean 'lab'?",
      ["test { name = 't', rows = {} }"] = "t.lua:1: test: verdicts or findings is missing",
      ["test { name = 't',\nrows = { {} }, verdicts = {} }"] = "t.lua:2: test: rows must have a kind each; number 1 has none",
      ["test { name = 't', rows = {}, verdicts = { lab = 'ok' } }"] = "t.lua:1: test: verdicts of rule 'lab' must be pass, fail or unknown",
      ["test { name = 't', rows = {},\nverdicts = {} }"] = "t.lua:2: test: expects nothing: verdicts or findings must name a rule",
      ["test { name = 't', rows = {}, findings = {} }"] = "t.lua:1: test: expects nothing",
      ["test { name = 't', rows = { { kind = 'badge' }, { kind = 'connection', usrname = 'eve' } }, verdicts = { lab = 'pass' } }"] =
        "t.lua:1: test: rows must be such as sources give; in number 2 a row of kind 'connection' has no field 'usrname'; did you mean 'username'?",
      ["test { name = 't', rows = { { kind = 'session', duration = 5 } }, verdicts = { lab = 'pass' } }"] =
        "in number 1 a row of kind 'session' has no field 'duration'; it has agent_version, app_group_id,",
      ["test { name = 't', rows = { { kind = 'connection', username = 5 } }, verdicts = { lab = 'pass' } }"] =
        "t.lua:1: test: rows must be such as sources give; in number 1 field 'username' must be text, not 5",
      ["test { name = 't', rows = { { kind = 'badge', user = 5 } }, verdicts = { lab = 'pass' } }"] = "field 'user' must be text, not 5",
      ["test { name = 't', rows = { { kind = 'badge', { 'x' } } }, verdicts = { lab = 'pass' } }"] = "1 is not the name of a field",
      ["test { name = 't', rows = {}, targets = { { query = 'conection', completeness = 'denied' } }, verdicts = { lab = 'pass' } }"] =
        "t.lua:1: test: targets must be results for targets; in number 1 there is no kind 'conection'; did you mean 'connection'?",
      ["test { name = 't', rows = {}, targets = { { query = 'badge', completeness = 'denied', reson = 'x' } }, verdicts = { lab = 'pass' } }"] =
        "in number 1 there is no field 'reson'; did you mean 'reason'?",
      ["test { name = 't', rows = {}, targets = { { query = 'badge', completeness = 'partial', claimed = 'x' } }, verdicts = { lab = 'pass' } }"] =
        "in number 1 field 'claimed' must be an integer, not 'x'",
      [" "] = "t.lua: declares no test", ["os.exit()"] = "t.lua:1: 'os' is not available in test files",
    } do
      local _, text_code, complaint = rollcall(("check -p %s --test %s"):format(rules, put("t.lua", text)))
      assert.equal(3, text_code)
      assert.matches(words, complaint, 1, true)
    end
    assert.equal(3, select(2, rollcall(("check %s -p %s --test %s"):format(badges, rules, put("t.lua", "x")))))
    assert.equal(3, select(2, rollcall(("check -p %s"):format(rules))))
  end)
end)

describe("a snapshot", function()
  local rows = [[rows { kind = "badge", { account = "EMP-17", resource = "lab" }, { account = "CORP\\\\Bob", resource = "lab" }, { account = "nobody", resource = "lab" },
    { account = "CORP\\\\eve", user = "visitor", resource = "lab" } }]]
  local rule = [[normalize_user(function(account)
    if account == "nobody" then return nil end
    return ({ ["EMP-17"] = "alice", ["CORP\\\\Bob"] = "the bobs" })[account] or account
  end)]]
  local policies = put("one_answer.lua", [[
    rule { id = "of-alice", kind = "badge", filter = function(p) return p.user == "alice" end, check = function() return false end, message = "{user}" }
    rule { id = "waived", kind = "badge", filter = function(p) return p.user == "the bobs" end, check = function() return false end, message = "{user}" }
    rule { id = "unknown", kind = "badge", requires = "user", check = function() return true end, message = "" }
    rule { id = "visitors", kind = "badge", filter = function(p) return p.user == "visitor" end, check = function() return false end, message = "{user}" }
    waive { rule = "waived", user = "corp\\\\bob", reason = "known", expires = "2036-01-01" }]])

  local function verdicts(source)
    local output, code, complaint = rollcall(("check %s -p %s"):format(source, policies))
    return output:gsub("# %d+ pass.*", ""), code, complaint
  end

  it("gives the same answers as what it was made of, and so do a snapshot of it and an inventory of it", function()
    local inventory = put("one_answer_inventory.lua", rows .. "\n" .. rule)
    local first, second = lab.folder .. "/one.jsonl", lab.folder .. "/two.jsonl.gz"
    local expected, expected_code, complaint = verdicts(inventory)
    assert.equal(1, expected_code, complaint)
    assert.matches("fail     of-alice (error), 1 of 4 rows\n    alice\npass     waived (error), 1 of 4 rows\n    waived until 2036-01-01 (known): the bobs\n", expected, 1, true)
    assert.matches("unknown: field 'user' is missing in 1 row", expected, 1, true)
    assert.matches("    visitor\n", expected, 1, true)
    assert.equal(0, select(2, rollcall(("snapshot %s -o %s"):format(inventory, first))))
    assert.equal(expected, (verdicts(first)))
    assert.equal(0, select(2, rollcall(("snapshot %s -o %s"):format(first, second))))
    assert.equal(expected, (verdicts(second)))
    local of_snapshot = put("of_snapshot.lua", ("snapshot %q"):format(second))
    assert.equal(expected, (verdicts(of_snapshot)))
    assert.equal(0, select(2, rollcall(("snapshot %s -o %s"):format(of_snapshot, first))))
    assert.equal(expected, (verdicts(first)))
    assert.equal("", (rollcall(("diff %s %s"):format(first, second))))
    assert.equal("", (rollcall(("diff %s %s"):format(first, inventory))))
    local users = {}
    for user in rollcall(("report %s -c user -f csv"):format(second)):gmatch "row,([^,]*)," do users[#users + 1] = user end
    assert.same({ "alice", "the bobs", "", "visitor" }, users)
  end)

  it("gives way to a rule that an inventory of it has itself", function()
    local first = lab.folder .. "/one.jsonl"
    rollcall(("snapshot %s -o %s"):format(put("one_answer_inventory.lua", rows .. "\n" .. rule), first))
    local own = put("own_rule.lua", ("snapshot %q normalize_user(function() return 'alice' end)"):format(first))
    assert.matches("fail     of-alice (error), 3 of 4 rows", (verdicts(own)), 1, true)
  end)

  it("keeps how far the times of Workspace are ahead of UTC", function()
    local path = lab.folder .. "/offset.jsonl"
    rollcall(("snapshot %s -o %s"):format(put("offset.lua", rows .. "\nutc_offset(3600)"), path))
    assert.matches('"utc_offset": 3600', content(path), 1, true)
    local opened = assert(require("rollcall.snapshot").open(path))
    assert.equal(3600, opened.utc_offset)
    opened:close()
  end)

  it("says of a line about a user that is damaged that it is", function()
    local path = put("damaged.jsonl", '{"kind": "snapshot", "schema": "rollcall.snapshot/1", "generated_at": "2026-11-21T12:00:00Z"}\n'
      .. '{"kind": "normalize_user", "user": "x"}\n{"kind": "normalize_user", "account": "a", "user": 7}\n{"kind": "end", "rows": 0}\n')
    local output, code = rollcall(("report %s -f csv"):format(path))
    assert.equal(2, code)
    assert.matches("line 2 is damaged", output, 1, true)
    assert.matches("line 3 is damaged", output, 1, true)
  end)
end)

describe("rollcall report of rows with lists", function()
  local lists = put("lists.lua", [[rows { kind = "badge", { account = "a", doors = { "north", "a1" } }, { account = "b", doors = { "north", "north" }, zone = { "x", "y" } },
    { account = "c", doors = {} }, { account = "d" } }]])

  local function users(arguments)
    local list = {}
    for user in rollcall(("report %s %s -c user -f csv"):format(lists, arguments)):gmatch "row,([^,]*)," do list[#list + 1] = user end
    return table.concat(list, " ")
  end

  it("takes a condition as true where any value fits, and never matches an address in memory", function()
    assert.equal("a b", users "-w doors=NORTH")
    assert.equal("a", users "-w doors~a1")
    assert.equal("b c d", users "-w 'doors!=a1'")
    assert.equal("", users "-w doors~table")
    assert.equal("", users "-w doors~0x")
  end)

  it("has a row in the group of each value, and sorts by the values", function()
    local groups = {}
    for door, count in rollcall(("report %s -g doors -f csv"):format(lists)):gmatch "row,([^,]*),(%d+)," do groups[door] = tonumber(count) end
    assert.same({ north = 2, a1 = 1, [""] = 2 }, groups)
    local pairs_of = {}
    for door, zone, count in rollcall(("report %s -g doors,zone -f csv"):format(lists)):gmatch "row,([^,]*),([^,]*),(%d+)," do
      pairs_of[door .. "/" .. zone] = tonumber(count)
    end
    assert.same({ ["north/"] = 1, ["a1/"] = 1, ["north/x"] = 1, ["north/y"] = 1, ["/"] = 2 }, pairs_of)
    assert.equal("c a b d", users "-s doors")
  end)
end)
