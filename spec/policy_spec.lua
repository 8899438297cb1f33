-- Policies: the builtin rules, rules of one's own, verdicts, waivers, errors.
local network = require "rollcall.internal.network"
local policy = require "rollcall.policy"

local NOW = 1700000000 -- a Tuesday, 22:13:20 UTC

local function parsed(text)
  return assert(policy.parse(text, "policies.lua"))
end

local complete = {}
for i, kind in ipairs { "connection", "smb_session", "file", "access", "session", "logon" } do
  complete[i] = { source = kind == "session" and "workspace" or "smb", target = "t", query = kind, completeness = "complete" }
end

---Judges rows given as { kind, field = value, ... }.
local function judged(text, rows, outcomes)
  local position = 0
  return policy.evaluate(parsed(text), {
    now = NOW, outcomes = outcomes or complete,
    rows = function()
      position = position + 1
      local row = rows[position]
      if row then return row[1], row end
    end,
  })
end

local function messages(result, number)
  local list = {}
  for i, finding in ipairs(result.rules[number or 1].findings) do list[i] = finding.message end
  return list
end

local function connection(user, share, client, time, more)
  local row = { "connection", servername = "fs1", username = user, share = share, client = client, time = time, type = 0 }
  for name, value in pairs(more or {}) do row[name] = value end
  return row
end

local function smb_session(user, client, time, idle)
  return { "smb_session", servername = "fs1", username = user, client = client, time = time, idle_time = idle }
end

local function session(user, more)
  local row = { "session", origin = "region", login_user = user, session_state = "Active", machine_name = "vd-1", client_ip = "10.0.0.1",
    client_version = "22.4.2.12888", failed_code = "WKS.00000000" }
  for name, value in pairs(more or {}) do row[name] = value end
  return row
end

describe("the builtin rules", function()
  for name, case in pairs {
    sessions_per_user = {
      "max = 2", { smb_session("A\\x", "a"), smb_session("x", "b"), session("x@r"), session("y") }, { "x has 3 sessions, at most 2 are allowed" },
    },
    clients_per_user = {
      "max = 1", { connection("x", "s", "a"), connection("x", "s", "a"), smb_session("A\\X", "b"), connection("y", "s", "a") },
      { "x has 2 clients, at most 1 are allowed" },
    },
    two_clients = { "", { connection("x", "s", "a"), session("x", { client_ip = "b" }), connection("y", "s", "a"), session("y", { client_ip = "a" }) },
      { "x has 2 clients, at most 1 are allowed" } },
    idle_longer_than = { "seconds = 3600", { smb_session("x", "a", 9000, 3600), smb_session("y", "a", 9000, 3661) },
      { "y from a has been idle for 1h01m, longer than 1h00m" } },
    connected_longer_than = {
      "seconds = 86400", { connection("x", "s", "a", 86400), connection("y", "s", "a", 86401), session("z", { start_time = "2023-11-01 00:00:00" }) },
      { "y from a has been connected for 1d00h, longer than 1d00h", "z from 10.0.0.1 has been connected for 13d22h, longer than 1d00h" },
    },
    outside_hours = { 'from = "07:00", to = "19:00", days = { "mon", "tue" }', { connection("x", "s", "a", 5) },
      { "x from a is connected to s outside hours" } },
    client_networks = {
      'allow = { "10.0.0.0/8", "fd00::/8", "192.168.1.7" }',
      { connection("x", "s", "10.255.0.1"), connection("x", "s", "11.0.0.1"), connection("x", "s", "fdff::1"), connection("x", "s", "fe80::1%eth0"),
        connection("x", "s", "192.168.1.7"), connection("x", "s", "192.168.1.8"), connection("x", "s", "::ffff:10.0.0.1") },
      { "x comes from 11.0.0.1, which is in none of the allowed networks", "x comes from fe80::1%eth0, which is in none of the allowed networks",
        "x comes from 192.168.1.8, which is in none of the allowed networks" },
    },
    client_version_below = {
      'min = "22.4.2"', { session("x"), session("y", { client_version = "22.4.1.99999" }), session("z", { client_version = "22.10" }) },
      { "y uses client 22.4.1.99999 on 10.0.0.1, older than 22.4.2" },
    },
    administrative_shares = {
      "", { connection("x", "projects", "a"), connection("x", "ADMIN$", "a"), connection("x", "IPC$", "a"),
        connection("x", "odd", "a", 1, { type = 0x80000000 }) },
      { "x from a is connected to the administrative share ADMIN$ of fs1", "x from a is connected to the administrative share odd of fs1" },
    },
    accounts = { 'deny = { "svc-*", "guest", "test?" }', { connection("CORP\\SVC-backup", "s", "a"), connection("Guest", "s", "a"),
      connection("test1", "s", "a"), connection("tester", "s", "a"), connection("mysvc-x", "s", "a") },
      { "CORP\\SVC-backup is connected to s from a, and no such account should be", "Guest is connected to s from a, and no such account should be",
        "test1 is connected to s from a, and no such account should be" } },
    encrypted = {
      "", { connection("x", "s", "a", 1, { encryption = "full" }), connection("y", "s", "a", 1, { encryption = "partial", signing = "full" }),
        { "access", servername = "fs1", username = "z", share = "s", sources = "connection+session", encryption = "none", signing = "full" },
        { "access", servername = "fs1", username = "z", sources = "session", encryption = "partial" } },
      { "y from a is connected to s of fs1 without full encryption: encryption partial, signing full",
        "z from ? is connected to s of fs1 without full encryption: encryption none, signing full" },
    },
    signed = {
      "", { connection("x", "s", "a", 1, { encryption = "full", signing = "partial" }),
        connection("y", "s", "a", 1, { encryption = "none", signing = "full" }),
        connection("z", "s", "a", 1, { encryption = "partial", signing = "none" }) },
      { "z from a is connected to s of fs1 without full signing: encryption partial, signing none" },
    },
    logged_on_and_away = {
      "seconds = 60", { { "logon", servername = "pc1", username = "alice", logon_domain = "CORP" }, smb_session("CORP\\Alice", "a", 9999, 7200),
        smb_session("alice", "b", 9999, 9000), smb_session("bob", "c", 999, 61), { "logon", servername = "pc2", username = "carol" },
        smb_session("carol", "a", 999, 60), smb_session("carol", "b", 999, 999), { "logon", servername = "pc3", username = "dave" } },
      { "alice is logged on, and has been idle in every session for 2h00m or more, longer than 1m" },
    },
    failed_sessions = {
      "", { session("x"), session("y", { session_state = "InitFail", failed_code = "WKS.0001", failed_reason = "no GPU" }) },
      { "the session of y on vd-1 failed: WKS.0001 no GPU" },
    },
    share_and_desktop = {
      "", { connection("CORP\\x", "projects", "a"), session("X@corp"), session("y"), connection("z", "s", "a"),
        session("z", { session_state = "SignedOut" }) },
      { "x is on a share and on a desktop at once: projects, vd-1" },
    },
  } do
    it(name, function()
      local result = judged(("rule(builtin.%s { %s })"):format(name, case[1]), case[2])
      assert.same(case[3], messages(result))
      assert.equal("fail", result.rules[1].verdict)
      assert.equal(name:gsub("_", "-"), result.rules[1].id)
      assert.equal(1, policy.exit_code(result))
    end)

    it(name .. " passes where nobody is", function()
      local result = judged(("rule(builtin.%s { %s })"):format(name, case[1]), {})
      assert.equal("pass", result.rules[1].verdict)
      assert.equal(0, policy.exit_code(result))
    end)
  end

  it("are about no session of Workspace that has ended, or never began", function()
    local function of_x(state, more)
      local row = session("x", more)
      row.session_state, row.start_time = state, "2022-08-13 07:00:20"
      return row
    end
    local ended = { of_x "SignedOut", of_x "InitFail", of_x("Active", { end_time = "2022-08-13 09:00:00" }) }
    local there = { of_x "Active", of_x("Disconnected", { client_ip = "192.0.2.77" }) }
    for rule, seen in pairs {
      ["sessions_per_user { max = 1 }"] = 1, ["clients_per_user { max = 1 }"] = 1, ["connected_longer_than { seconds = 0 }"] = 2,
      ["outside_hours { from = '00:00', to = '00:01' }"] = 2, ["client_networks { allow = '172.16.0.0/12' }"] = 2,
      ["client_version_below { min = '99.1' }"] = 2, ["accounts { deny = 'x' }"] = 2,
      ["outside_hours { from = '00:00', to = '00:01', at = 'since' }"] = 5,
    } do
      local rows = { table.unpack(ended) }
      if seen < 5 then assert.same({}, messages(judged("rule(builtin." .. rule .. ")", rows)), rule) end
      table.move(there, 1, 2, #rows + 1, rows)
      assert.equal(seen, #messages(judged("rule(builtin." .. rule .. ")", rows)), rule)
    end
  end)

  it("encrypted and signed are unknown where the source does not say it", function()
    for _, name in ipairs { "encrypted", "signed" } do
      local result = judged(("rule(builtin.%s {})"):format(name), { connection("x", "s", "a", 1, { signing = "full" }) })
      assert.same({ "unknown", "field 'encryption' is missing in 1 row" }, { result.rules[1].verdict, result.rules[1].reasons[1] })
      local filled = { source = "smb", target = "nas1", query = "access", completeness = "placeholder" }
      assert.equal("unknown", judged(("rule(builtin.%s {})"):format(name), {}, { filled }).rules[1].verdict)
    end
  end)

  it("logged_on_and_away is unknown where an idle time is missing, or only logons or sessions were asked for", function()
    local rule, logon = "rule(builtin.logged_on_and_away { seconds = 60 })", { "logon", servername = "pc1", username = "alice" }
    local function verdict(rows, outcomes)
      local result = judged(rule, rows, outcomes).rules[1]
      return { result.verdict, result.reasons[1] }
    end
    assert.same({ "unknown", "field 'idle' is missing in 1 row" }, verdict { logon, smb_session("alice", "a", 9), smb_session("alice", "b", 9, 9) })
    assert.same({ "fail", "field 'idle' is missing in 1 row" }, verdict { logon, smb_session("eve", "a", 9), smb_session("alice", "b", 99, 99) })
    assert.same({ "pass" }, verdict { logon, smb_session("alice", "a", 9, 9) })
    assert.same({ "pass" }, verdict { logon })
    assert.same({ "unknown", "no rows of kind 'smb_session'; the sources gave: logon" }, verdict({ logon }, { complete[6] }))
    assert.same({ "unknown", "no rows of kind 'logon'; the sources gave: smb_session" },
      verdict({ smb_session("alice", "a", 9, 99) }, { complete[2] }))
    assert.same({ "unknown", "t: unreachable" },
      verdict({ logon }, { complete[6], { source = "smb", target = "t", query = "smb_session", completeness = "unreachable" } }))
    local lines = {}
    policy.evaluate(parsed(rule), {
      now = NOW, outcomes = complete, trace = require "rollcall.policy.trace"("logged-on-and-away", function(line) lines[#lines + 1] = line end),
      rows = coroutine.wrap(function() coroutine.yield("smb_session", smb_session("alice", "a", 9)) end),
    })
    assert.is_truthy(table.concat(lines):find("field 'idle' is missing: unknown", 1, true), table.concat(lines))
  end)

  it("blame the line of the policy in a trace, too, for a field that there is not", function()
    local lines = {}
    policy.evaluate(parsed 'rule { id = "r", message = "m", check = function(p) return p.nosuch == nil end }', {
      now = NOW, outcomes = complete, trace = require "rollcall.policy.trace"("r", function(line) lines[#lines + 1] = line end),
      rows = coroutine.wrap(function() coroutine.yield("smb_session", smb_session("alice", "a", 9)) end),
    })
    assert.is_truthy(lines[1]:find(": error: policies.lua:1: there is no field 'nosuch' in a row of kind 'smb_session'\n", 1, true), lines[1])
  end)

  it("say in a trace, too, what the rule that makes users raises, and no line of rollcall's", function()
    for _, its_trace in ipairs { false, require "rollcall.policy.trace"("accounts", function() end) } do
      local is_over = false
      local result = policy.evaluate(parsed "rule(builtin.accounts { deny = 'x' })", {
        now = NOW, trace = its_trace or nil, normalize_user = function() error("no user", 0) end,
        rows = function()
          if is_over then return nil end
          is_over = true
          return "connection", { username = "a", client = "c" }
        end,
      })
      assert.equal("no user", result.rules[1].error)
    end
  end)

  it("outside_hours knows working hours, time zones and when somebody came", function()
    local rows = { connection("x", "s", "a", 12 * 3600) }
    local function verdict(fields) return judged(("rule(builtin.outside_hours { %s })"):format(fields), rows).rules[1].verdict end
    assert.equal("fail", verdict 'from = "07:00", to = "22:13"')
    assert.equal("pass", verdict 'from = "07:00", to = "22:14"')
    assert.equal("fail", verdict 'from = "07:00", to = "22:14", days = { "wed" }')
    assert.equal("pass", verdict 'from = "07:00", to = "08:00", days = { "wed" }, utc_offset = 9 * 3600')
    assert.equal("pass", verdict 'from = "10:00", to = "11:00", at = "since"')
    assert.equal("fail", verdict 'from = "11:00", to = "12:00", at = "since"')
  end)

  it("accounts can name all who may be there", function()
    assert.same({ "eve is connected to s from a, and no such account should be" },
      messages(judged('rule(builtin.accounts { allow = { "alice", "svc-*" } })', { connection("A\\alice", "s", "a"), connection("eve", "s", "a") })))
  end)

  it("name the server where no call says to what on it somebody is connected", function()
    local rows = { smb_session("eve", "a", 60, 0) }
    assert.same({ "eve is connected to fs1 from a, and no such account should be" },
      messages(judged('rule(builtin.accounts { deny = "eve", kind = "smb_session" })', rows)))
    assert.same({ "eve from a is connected to fs1 outside hours" },
      messages(judged('rule(builtin.outside_hours { from = "07:00", to = "07:01", kind = "smb_session" })', rows)))
  end)

  it("about encryption are unknown of a row that does not say whether it is of a connection", function()
    local row = { "access", servername = "fs1", username = "alice", share = "s", client = "a", encryption = "full", signing = "full" }
    for _, name in ipairs { "encrypted", "signed" } do
      local rule = judged(("rule(builtin.%s {})"):format(name), { row }).rules[1]
      assert.same({ "unknown", { "field 'sources' is missing in 1 row" } }, { rule.verdict, rule.reasons })
    end
  end)

  it("take what every rule takes", function()
    local result = judged([[rule(builtin.administrative_shares {
      id = "admins", severity = "note", description = "d", message = "{user}!", filter = function(p) return p.user ~= "root" end })]],
      { connection("root", "C$", "a"), connection("x", "C$", "a") })
    assert.same({ "x!" }, messages(result))
    assert.same({ "admins", "note", "d" }, { result.rules[1].id, result.rules[1].severity, result.rules[1].description })
  end)
end)

describe("networks", function()
  it("are distinguished from other values", function()
    for _, bad in ipairs { "10.0.0.0/33", "10.0.0.256", "10.0.0", "10.0.0.1/8", "fd00::/129", "fd00:::1", "1:2:3:4:5:6:7:8:9", "x", "", "::1::2", "fd00::1/8" } do
      assert.is_nil(network.parse(bad), bad)
    end
    for _, good in ipairs { "0.0.0.0/0", "::/0", "10.1.2.3", "1:2:3:4:5:6:7:8", "2001:db8::/32", "::ffff:1.2.3.4" } do
      assert.is_truthy(network.parse(good), good)
    end
  end)

  it("contain what has their bits", function()
    for text, inside in pairs { ["10.0.0.0/9"] = "10.127.255.255", ["2001:db8:8000::/33"] = "2001:db8:ffff::1", ["::/0"] = "::1" } do
      assert.is_true(network.contains(network.parse(text), network.address(inside)))
    end
    for text, outside in pairs { ["10.0.0.0/9"] = "10.128.0.0", ["2001:db8:8000::/33"] = "2001:db8:7fff::1", ["::/0"] = "10.0.0.1" } do
      assert.is_false(network.contains(network.parse(text), network.address(outside)))
    end
  end)
end)

describe("a rule of one's own", function()
  it("judges rows, and groups of them", function()
    local result = judged([[
      rule { id = "rows", kind = { "connection", "smb_session" }, filter = function(p) return p.resource == "finance" end,
             check = function(p) return p.user == "alice" end, message = "{account} on {resource} for {duration}: {idle}" }
      rule { id = "groups", group_by = { "origin", "resource" }, distinct = "user",
             check_group = function(g) return g.distinct.user < 2 end,
             message = function(g) return g.resource .. " has " .. g.count end }
    ]], { connection("alice", "finance", "a", 5), connection("eve", "finance", "a", 5), connection("eve", "public", "a", 5) })
    assert.same({ "eve on finance for 5s: ?" }, messages(result, 1))
    assert.same({ "finance has 2" }, messages(result, 2))
  end)

  it("that loops, allocates, errs, reaches out or names an unknown field says so, and the others are evaluated", function()
    local result = judged([[
      rule { id = "loops", check = function() while true do end return true end, message = "" }
      rule { id = "allocates", check = function() local s = "x" while true do s = s .. s end return true end, message = "" }
      rule { id = "keeps", check = function() local t = {} while true do t[#t + 1] = {} end return true end, message = "" }
      rule { id = "matches", check = function() local f = (("a"):rep(5000) .. "b"):find(".-.-.-.-c") return f end, message = "" }
      rule { id = "errs", check = function() error "boom" return true end, message = "" }
      rule { id = "throws", check = function() error {} return true end, message = "" }
      rule { id = "reaches", check = function() return os.getenv "HOME" end, message = "" }
      rule { id = "names", check = function(p) return p.usr end, message = "" }
      rule { id = "changes", check = function(p) p.user = "nobody" return true end, message = "" }
      rule { id = "says", check = function() return false end, message = function() return nil .. "" end }
      rule { id = "says-nothing", check = function() return false end, message = function() return nil end }
      rule { id = "answers-nothing", check = function(p) return p.idle end, message = "" }
      rule { id = "asks-group", group_by = "user", check_group = function(g) return g.cuont < 2 end, message = "" }
      rule { id = "says-group", group_by = "user", check_group = function(g) return nil end, message = "" }
      rule { id = "asks-distinct", group_by = "user", distinct = "resource", check_group = function(g) return g.distinct.resouce ~= 2 end, message = "" }
      rule { id = "asks-values", group_by = "user", check_group = function(g) return not g.values.client end, message = "" }
      rule { id = "others", check = function(p) return p.user ~= "x" end, message = "{user}" }
    ]], { connection("x", "s", "a") })
    for i, words in ipairs {
      "policies.lua:1: took too many instructions", "took too much memory", "took too much memory", "policies.lua:4: took too many instructions",
      "policies.lua:5: boom", "an error that is not text", "policies.lua:7: 'os' is not available in policy files", "policies.lua:8: there is no field 'usr'",
      "policies.lua:9: a row or a group cannot be changed", "policies.lua:10: attempt to concatenate",
      "policies.lua:11: rule 'says-nothing': message returned a nil; it must return a string",
      "policies.lua:12: rule 'answers-nothing': check returned nothing; it must return true or false",
      "policies.lua:13: a group has no field 'cuont'; it has count, distinct, values and those of group_by; did you mean 'count'?", "policies.lua:14: rule 'says-group': check_group returned nothing",
      "policies.lua:15: distinct has resource, and no field 'resouce'",
      "policies.lua:16: values has nothing, and no field 'client'",
    } do
      assert.equal("unknown", result.rules[i].verdict)
      assert.is_truthy(result.rules[i].reasons[1]:find(words, 1, true), result.rules[i].reasons[1])
      assert.equal(result.rules[i].reasons[1], result.rules[i].error)
    end
    assert.same({ "x" }, messages(result, 17))
    assert.equal(1, policy.exit_code(result))
  end)

  it("cannot change what others see, nor reach the program through what it is given", function()
    local result = judged([[
      rule { id = "reaches", check = function(p) if p.settings then p.settings.user_of = function() return "nobody" end end return true end, message = "" }
      rule { id = "lists", kind = "access", check = function(p) p.files[1] = "changed" return true end, message = "" }
      rule(builtin.accounts { deny = "alice" })
      rule { id = "sees", kind = "access", check = function(p) return p.files[1] == "a.txt" end, message = "" }
    ]], { { "access", servername = "fs1", username = "alice", share = "s", files = { "a.txt" } } })
    assert.same({ "pass", "pass", "fail", "pass" },
      { result.rules[1].verdict, result.rules[2].verdict, result.rules[3].verdict, result.rules[4].verdict })
  end)

  it("has lists in groups and messages: a row is in the group of each value", function()
    local rows = {
      { "access", servername = "fs1", username = "a", share = "s", files = { "x", "y", "x" } },
      { "access", servername = "fs1", username = "b", share = "s", files = { "x" } },
      { "access", servername = "fs2", username = "c", share = "t", files = { "x" } },
    }
    local result = judged([[
      rule { id = "by-file", kind = "access", group_by = { "resource", "files" }, distinct = "user", check_group = function(g) return g.distinct.user < 2 end,
             message = "{files} is open by {user}" }
      rule { id = "of-files", kind = "access", group_by = "origin", distinct = "files", check_group = function(g) return g.distinct.files < 2 end,
             message = "{files}" }
      rule { id = "rows", kind = "access", check = function(p) return #p.files < 2 end, message = "{files}" }
    ]], rows)
    assert.same({ "x is open by a, b" }, messages(result, 1))
    assert.same({ "x, y" }, messages(result, 2))
    assert.same({ "x; y; x" }, messages(result, 3))
  end)

  it("needs every field that it requires, of those that all rows answer to and of others", function()
    local function verdict(requires)
      return judged("rule { id = 'x', kind = 'badge', requires = { '" .. table.concat(requires, "', '")
        .. "' }, check = function() return true end, message = '' }",
        { { "badge", account = "a", user = "a", origin = "o", target = "t", resource = "r", door = "d" } }).rules[1].verdict
    end
    for _, list in ipairs { { "user", "origin", "resource" }, { "user", "door" }, { "door", "user" }, { "user", "origin", "resource", "door" } } do
      assert.equal("pass", verdict(list), table.concat(list, " "))
      for i, name in ipairs(list) do
        list[i] = name == "door" and "zone" or "idle"
        assert.equal("unknown", verdict(list), table.concat(list, " "))
        list[i] = name
      end
    end
  end)

  it("has its groups to itself, in its order, where another rule groups by the same fields", function()
    local rows = {}
    for i, door in ipairs { 1.0, "b", 1, "c", "b" } do rows[i] = { "badge", user = "u" .. i, door = door, late = i == 1 } end
    local result = judged([[
      rule { id = "all", kind = "badge", group_by = "door", check_group = function() return false end,
             message = function(g) return (math.type(g.door) or g.door) .. " " .. g.count end }
      rule { id = "in-time", kind = "badge", filter = function(p) return not p.late end, group_by = "door", distinct = "user",
             check_group = function() return false end, message = function(g) return (math.type(g.door) or g.door) .. " " .. g.distinct.user end }
    ]], rows)
    assert.same({ "float 2", "b 2", "c 1" }, messages(result, 1))
    assert.same({ "b 2", "integer 1", "c 1" }, messages(result, 2))
  end)

  it("counts the rows up to the one of which it raises an error", function()
    local rows = {}
    for i = 1, 100 do rows[i] = connection("u" .. i, "s", "a") end
    local result = judged([[
      rule { id = "check", filter = function(p) return p.user ~= "u3" end, check = function(p) return p.user ~= "u70" or nil .. "" end, message = "" }
      rule { id = "filter", filter = function(p) return p.user ~= "u70" or nil .. "" end, check = function() return true end, message = "" }
      rule { id = "group", filter = function(p) return p.user ~= "u70" or nil .. "" end, group_by = "user",
             check_group = function() return true end, message = "" }
    ]], rows)
    local counts = {}
    for i, verdict in ipairs(result.rules) do counts[i] = { verdict.verdict, verdict.rows_seen, verdict.rows_judged } end
    assert.same({ { "unknown", 70, 69 }, { "unknown", 70, 69 }, { "unknown", 70, 69 } }, counts)
  end)

  it("leaves the views as they are that a program's `where` was given", function()
    local kept, position = {}, 0
    policy.evaluate(parsed "rule { id = 'any', check = function() return true end, message = '' }", {
      now = NOW, where = { text = "all", is_possible = function() return false end, filter = function(view)
        kept[#kept + 1] = view
        return true
      end },
      rows = function()
        position = position + 1
        if position <= 100 then return "connection", { username = "u" .. position } end
      end,
    })
    for i = 1, 100 do assert.equal("u" .. i, kept[i].user) end
  end)

  it("names five values of a group, and how many more there are", function()
    local rows = {}
    local function message()
      return messages(judged([[
        rule { id = "all", kind = "badge", group_by = "kind", distinct = "door", check_group = function() return false end, message = "{door}" }
      ]], rows))[1]
    end
    for i, name in ipairs { "a", "b", "c", "d", "e" } do rows[i] = { "badge", account = "x", door = name } end
    assert.equal("a, b, c, d, e", message())
    rows[6], rows[7] = { "badge", account = "x", door = "f" }, { "badge", account = "x", door = "g" }
    assert.equal("a, b, c, d, e and 2 more", message())
  end)

  it("counts in a group the values that there are, once each", function()
    local rows = { { "badge", account = "a", door = "x" }, { "badge", account = "b" }, { "badge", account = "c", door = "x" } }
    local result = judged([[
      rule { id = "doors", kind = "badge", group_by = "kind", distinct = "door",
             check_group = function(g) return g.count == 3 and g.distinct.door == 1 end, message = "{count}: {door}" }
    ]], rows)
    assert.same({}, messages(result, 1))
    assert.equal("pass", result.rules[1].verdict)
  end)

  it("ends with the exit code of an error where a rule raises one while it is evaluated, unless another fails", function()
    local wrong = "rule { id = 'm', severity = 'note', check = function(p) return p.usr == 1 end, message = '' }"
    local rows = { connection("x", "C$", "a") }
    assert.equal(3, policy.exit_code(judged(wrong, rows)))
    assert.equal(3, policy.exit_code(judged(wrong, rows, { complete[1], { source = "smb", target = "t", query = "connection", completeness = "denied" } }), "error"))
    assert.equal(1, policy.exit_code(judged(wrong .. " rule(builtin.administrative_shares {})", rows)))
  end)
end)

describe("the exit code", function()
  it("counts failures and unknowns from a severity on", function()
    local rows = { connection("x", "C$", "a") }
    local denied = { complete[1], { source = "smb", target = "t", query = "connection", completeness = "denied" } }
    for severity, codes in pairs { error = { note = 1, warning = 1, error = 1 }, warning = { note = 1, warning = 1, error = 0 }, note = { note = 1, warning = 0, error = 0 } } do
      for fail_on, code in pairs(codes) do
        local text = ("rule(builtin.administrative_shares { severity = %q })"):format(severity)
        assert.equal(code, policy.exit_code(judged(text, rows), fail_on))
        assert.equal(code * 2, policy.exit_code(judged(text, {}, denied), fail_on))
      end
    end
  end)
end)

describe("a verdict", function()
  local rule = [[rule(builtin.administrative_shares {})]]
  local down = { source = "smb", target = "fs2", query = "connection", completeness = "unreachable", reason = "refused" }

  it("is unknown where a target could not be asked, unless it fails all the same", function()
    local result = judged(rule, {}, { complete[1], down })
    assert.equal("unknown", result.rules[1].verdict)
    assert.same({ "fs2: unreachable, refused" }, result.rules[1].reasons)
    assert.equal(2, policy.exit_code(result))
    assert.equal(1, policy.exit_code(judged(rule, { connection("x", "C$", "a") }, { complete[1], down })))
  end)

  it("does not mind a target that it is not about", function()
    assert.equal("pass", judged(rule, {}, { complete[1], { source = "workspace", target = "r", query = "session", completeness = "denied" } }).rules[1].verdict)
  end)

  it("is unknown where no source gives what the rule is about", function()
    local result = judged(rule, {}, { complete[5], complete[2], complete[5] })
    assert.equal("unknown", result.rules[1].verdict)
    assert.same({ "no rows of kind 'connection', 'access'; the sources gave: session, smb_session" }, result.rules[1].reasons)
    assert.equal("unknown", judged(rule, {}, {}).rules[1].verdict)
  end)

  it("is unknown where no row was judged and nothing is known of the targets", function()
    local function verdict(rows)
      local position = 0
      return policy.evaluate(parsed(rule), { now = NOW, rows = function()
        position = position + 1
        if rows[position] then return rows[position][1], rows[position] end
      end }).rules[1].verdict
    end
    assert.equal("unknown", verdict {})
    assert.equal("pass", verdict { connection("x", "s", "a") })
  end)

  it("says how many rows were judged of how many", function()
    local result = judged("rule(builtin.two_clients { filter = function(p) return p.user == 'eve' end })",
      { connection("x", "s", "a"), smb_session("y", "b"), { "share", servername = "fs1", share = "s" } })
    assert.same({ "pass", 0, 2 }, { result.rules[1].verdict, result.rules[1].rows_judged, result.rules[1].rows_seen })
  end)

  it("is unknown where a snapshot could not be read, whatever the rule is about", function()
    local unread = { source = "snapshot", target = "x.jsonl", completeness = "unreachable", reason = "no such file" }
    assert.equal("unknown", judged("rule(builtin.failed_sessions {})", {}, { complete[5], unread }).rules[1].verdict)
    assert.equal("unknown", judged("rule { id = 'x', kind = 'badge', check = function() return true end, message = '' }", { { "badge" } }, { unread }).rules[1].verdict)
  end)

  it("is unknown with fewer rows than min_rows", function()
    local result = judged("rule(builtin.administrative_shares { min_rows = 2 })", { connection("x", "s", "a") })
    assert.same({ "unknown", "1 row was judged, and min_rows is 2" }, { result.rules[1].verdict, result.rules[1].reasons[1] })
    assert.equal("pass", judged("rule(builtin.administrative_shares { min_rows = 1 })", { connection("x", "s", "a") }).rules[1].verdict)
    assert.equal("fail", judged("rule(builtin.administrative_shares { min_rows = 9 })", { connection("x", "C$", "a") }).rules[1].verdict)
  end)

  it("is unknown where rows lack what the rule groups by, also those that a filter would leave out", function()
    local text = "rule { id = 'x', kind = 'connection', group_by = { 'user', 'resource' }, check_group = function() return true end, message = ''%s }"
    local rows = { connection("x", "s", "a"), connection(nil, "s", "a"), connection("y", nil, "a") }
    local result = judged(text:format "", rows)
    assert.same({ "unknown", 1, 3 }, { result.rules[1].verdict, result.rules[1].rows_judged, result.rules[1].rows_seen })
    assert.same({ "field 'resource' is missing in 1 row", "field 'user' is missing in 1 row" }, result.rules[1].reasons)
    assert.equal("pass", judged(text:format ", on_missing = 'skip'", rows).rules[1].verdict)
    assert.equal("unknown", judged("rule(builtin.sessions_per_user { max = 1 })", { smb_session(nil, "a"), smb_session("", "a") }).rules[1].verdict)
    assert.equal("unknown", judged("rule { id = 'x', requires = 'idle', filter = function(p) return p.user == 'y' end, check = function() return true end, message = '' }",
      { smb_session("x", "a", 5, nil) }).rules[1].verdict)
  end)

  it("knows what is missing in placeholders", function()
    local placeholder = { source = "smb", target = "fs3", query = "connection", completeness = "placeholder" }
    local row = connection("dummy_user", "projects", "dummy", 3, { placeholder = true })
    assert.equal("pass", judged(rule, { row }, { placeholder }).rules[1].verdict)
    assert.equal("unknown", judged("rule(builtin.two_clients {})", { row }, { placeholder }).rules[1].verdict)
  end)

  it("is unknown where a field that the rule requires is missing in a row, or not, as the rule says", function()
    local rows = { smb_session("x", "a", 5, nil) }
    local result = judged("rule(builtin.idle_longer_than { seconds = 5 })", rows)
    assert.same({ "unknown", "field 'idle' is missing in 1 row" }, { result.rules[1].verdict, result.rules[1].reasons[1] })
    assert.equal("pass", judged('rule(builtin.idle_longer_than { seconds = 5, on_missing = "skip" })', rows).rules[1].verdict)
  end)

  it("counts all findings and keeps the first thousand", function()
    local rows = {}
    for i = 1, 1500 do rows[i] = connection("u" .. i, "C$", "a") end
    local result = judged(rule, rows)
    assert.same({ 1500, 1000 }, { result.rules[1].violations, #result.rules[1].findings })
  end)
end)

describe("an outcome that does not say of what kind of rows it is", function()
  it("leaves rules about any of its source unknown, and no others", function()
    for source, expected in pairs { smb = { "unknown", "pass" }, workspace = { "pass", "unknown" }, other = { "unknown", "unknown" } } do
      local outcomes = table.move(complete, 1, #complete, 1, {})
      outcomes[#outcomes + 1] = { source = source, target = "t", completeness = "unreachable" }
      local verdicts = {}
      for i, kind in ipairs { "connection", "session" } do
        verdicts[i] = judged(("rule { id = 'x', kind = '%s', check = function() return true end, message = '' }"):format(kind), {}, outcomes)
          .rules[1].verdict
      end
      assert.same(expected, verdicts, source)
    end
  end)
end)

describe("a waiver", function()
  local text = [[
    rule(builtin.administrative_shares {})
    waive { rule = "administrative-shares", user = "CORP\\Backup", resource = "c$", reason = "the nightly copy", expires = "%s" }]]
  local rows = { connection("backup", "C$", "a"), connection("backup", "ADMIN$", "a") }

  it("lets pass what it names, with its reason", function()
    local result = judged(text:format "2023-11-14", rows)
    assert.equal(1, result.rules[1].violations)
    assert.same({ "the nightly copy", "2023-11-14" }, { result.rules[1].waived[1].waived, result.rules[1].waived[1].waived_until })
    assert.equal("pass", judged(text:format "2023-11-14", { rows[1] }).rules[1].verdict)
  end)

  it("lets any number pass, of which the first thousand are kept", function()
    local many = {}
    for i = 1, 1500 do many[i] = connection("backup", "C$", "a") end
    local verdict = judged(text:format "2023-11-14", many).rules[1]
    assert.same({ "pass", 0, 1000 }, { verdict.verdict, verdict.violations, #verdict.waived })
  end)

  it("names what is not too long", function()
    for name, limit in pairs { user = 256, client = 256, resource = 1024, origin = 256, reason = 1000 } do
      local function waived(length)
        local given = name == "reason" and "" or "reason = 'y', "
        return policy.parse(("rule(builtin.two_clients {}) waive { rule = 'two-clients', %s%s = '%s', expires = '2030-01-01' }"):format(
          given, name, ("x"):rep(length)), "policies.lua")
      end
      assert.is_truthy(waived(limit))
      local parsed_too_long, problem = waived(limit + 1)
      assert.is_nil(parsed_too_long)
      assert.matches("waive: " .. name, problem, 1, true)
    end
  end)

  it("is over after its last day, and that is reported", function()
    local result = judged(text:format "2023-11-13", rows)
    assert.equal(2, result.rules[1].violations)
    assert.equal("the nightly copy", result.expired[1].reason)
  end)

  it("names a user as the accounts are written, or by the inventory's rule", function()
    local function by_number(account) return ({ ["EMP-17"] = "alice", ["CORP\\alice"] = "alice" })[account] end
    for user, violations in pairs { ["EMP-17"] = 0, ["CORP\\\\alice"] = 0, ["corp\\\\ALICE"] = 0, Alice = 0, bob = 1 } do
      for _, rule in ipairs { "rule(builtin.administrative_shares { id = 'r' })",
        "rule { id = 'r', kind = 'connection', group_by = 'user', check_group = function() return false end, message = '' }" } do
        local position = 0
        local is_grouped = rule:find("group_by", 1, true)
        local result = policy.evaluate(parsed(("%s waive { rule = 'r', user = '%s', reason = 'x', expires = '2030-01-01' }"):format(rule, user)), {
          now = NOW, outcomes = complete, normalize_user = by_number,
          rows = function()
            position = position + 1
            if position == 1 then return "connection", connection("CORP\\alice", "C$", "a") end
          end,
        })
        -- Of a group only the user is known, and not how its rows spell the account.
        if not (is_grouped and user == "corp\\\\ALICE") then assert.equal(violations, result.rules[1].violations, user) end
      end
    end
  end)
end)

describe("an error in a policy", function()
  for words, text in pairs {
    ["policies.lua:1: 'os' is not available in policy files"] = "os.exit()",
    ["policies.lua:2: 'require' is not available in policy files"] = "\nrequire 'os'",
    ["'load' is not available"] = "load 'x'",
    [": is Lua bytecode; it must be text"] = string.dump(function() end),
    ["policies.lua:1: took too many"] = "while true do end",
    ["took too much memory"] = "local t = {} while true do t[#t+1] = ('x'):rep(1000) .. #t end",
    ["policies.lua:1: unexpected symbol"] = "rule {{{",
    ["policies.lua: declares no rule"] = "",
    ["policies.lua:3: rule: severity must be error, warning or note"] = "rule {\n  id = 'x', message = '',\n  severity = 'fatal', check = print1 }",
    ["policies.lua:2: rule: there is no field 'kinds'; did you mean 'kind'?"] = "rule { id = 'x',\n kinds = 'connection' }",
    ["policies.lua:1: rule: there is no field 'except'"] = "rule { id = 'x', except = 'share', message = '', check = print1 }",
    ["policies.lua:1: rule: message is missing"] = "rule { id = 'x', check = print1 }",
    ["policies.lua:1: rule 'x': takes check, or group_by and check_group"] = "rule { id = 'x', message = '' }",
    ["policies.lua:1: rule 'x': distinct belongs to group_by"] = "rule { id = 'x', message = '', distinct = 'user', check = print1 }",
    ["policies.lua:1: rule: id must be made of letters"] = "rule { id = '<x>', message = '', check = print1 }",
    ["policies.lua:2: rule: there is a rule 'two-clients' already"] = "rule(builtin.two_clients {})\nrule(builtin.two_clients {})",
    ["policies.lua:2: builtin.client_networks: allow has '10.0.0.1/8', which has bits set"] = "rule(builtin.client_networks {\n allow = '10.0.0.1/8' })",
    ["policies.lua:1: builtin.sessions_per_user: max is missing"] = "rule(builtin.sessions_per_user {})",
    ["policies.lua:1: builtin.outside_hours: from must be before to"] = "rule(builtin.outside_hours { from = '09:00', to = '08:00' })",
    ["policies.lua:1: there is no 'acounts' in 'builtin'; did you mean 'accounts'?"] = "rule(builtin.acounts { deny = 'x' })",
    ["policies.lua:2: builtin.two_clients: is not used; write rule(builtin.two_clients { ... })"] = "rule(builtin.failed_sessions {})\nbuiltin.two_clients {}",
    ["policies.lua:1: waive: reason is missing"] = "waive { rule = 'x', expires = '2030-01-01' }",
    ["policies.lua:1: waive: expires must be a day"] = "waive { rule = 'x', reason = 'y', expires = '2023-02-29' }",
    ["policies.lua:3: waive: there is no rule 'two-client'; did you mean 'two-clients'?"] = "rule(builtin.two_clients {})\nwaive { reason = 'y', expires = '2030-01-01',\n rule = 'two-client' }",
    ["policies.lua:2: rule 'x': there is no kind 'conection'; did you mean 'connection'?"] = "rule { id = 'x', message = '',\n kind = 'conection', check = print1 }",
    ["policies.lua:1: rule 'x': message: there is no field 'usr'; did you mean 'user'?"] = "rule { id = 'x', message = '{usr} bad', check = print1 }",
    ["policies.lua:1: rule 'x': message: there is no field 'idle_time'"] = "rule { id = 'x', kind = 'connection', message = '{idle_time}', check = print1 }",
    ["policies.lua:1: rule 'x': message: a group has no field 'client'; it has count"] = "rule { id = 'x', group_by = 'user', message = '{client}', check_group = print1 }",
    ["policies.lua:2: rule 'x': group_by: there is no field 'usr'; did you mean 'user'?"] = "rule { id = 'x', message = '',\n group_by = 'usr', check_group = print1 }",
    ["policies.lua:2: rule 'x': group_by: rows of kind 'smb_session' have no field 'resource'"] = "rule { id = 'x', message = '', kind = 'smb_session',\n group_by = 'resource', check_group = print1 }",
    ["policies.lua:1: rule 'x': group_by: 'count' is what every group has"] = "rule { id = 'x', kind = 'badge', group_by = 'count', message = '', check_group = print1 }",
    ["policies.lua:2: rule 'x': requires: there is no field 'usr'; did you mean 'user'?"] = "rule { id = 'x', message = '',\n requires = { 'usr' }, check = print1 }",
    ["policies.lua:1: rule 'x': requires: rows of kind 'connection' have no field 'idle'"] = "rule { id = 'x', message = '', kind = { 'smb_session', 'connection' }, requires = 'idle', check = print1 }",
    ["policies.lua:1: rule 'x': distinct: there is no field 'cleint'; did you mean 'client'?"] = "rule { id = 'x', message = '', group_by = 'user', distinct = 'cleint', check_group = print1 }",
    ["policies.lua:2: rule 'x': check returns nothing"] = "rule { id = 'x', message = '',\n check = function(p)\n local bad = p.user == 'x'\n end }",
    ["policies.lua:2: rule 'x': filter returns nothing"] = "rule { id = 'x', message = '', check = function() local x = 1 return true end,\nfilter = function(p) local _ = p.user end }",
    ["policies.lua:1: rule 'two-clients': filter returns nothing"] = "rule(builtin.two_clients { filter = function(p) local _ = p.user end })",
  } do
    it("is reported with its place: " .. words, function()
      text = text:gsub("print1", "function() return true end")
      local result, problem = policy.parse(text, "policies.lua")
      assert.is_nil(result)
      assert.is_truthy(problem:find(words, 1, true), problem)
    end)
  end

  it("is a kind that no source can give, where that is known", function()
    local text = "rule { id = 'x', kind = 'acess', check = function() return true end, message = '{door}' }"
    assert.is_truthy(policy.parse(text:gsub("acess", "badge"), "policies.lua"))
    assert.is_truthy(policy.parse(text:gsub("acess", "badge"), "policies.lua", { badge = true }))
    local result, problem = policy.parse(text:gsub("acess", "badge"), "policies.lua", {})
    assert.is_nil(result)
    assert.is_truthy(problem:find("policies.lua:1: rule 'x': there is no kind 'badge'; the kinds are access, connection, file", 1, true), problem)
    assert.matches("there is no kind 'acess'; did you mean 'access'?", select(2, policy.parse(text, "policies.lua")), 1, true)
  end)

  it("is no field of rows that only the user's kinds have", function()
    local text = "rule { id = 'x', check = function() return true end, message = '{door}' }"
    assert.is_truthy(policy.parse(text, "policies.lua"))
    assert.is_truthy(policy.parse(text, "policies.lua", { badge = true }))
    assert.matches("there is no field 'door'", select(2, policy.parse(text, "policies.lua", {})), 1, true)
  end)
end)

describe("a rule that asks for the settings of a row", function()
  it("gets the time and the zone, and no users of other rows", function()
    local result = judged([[rule { id = "settings", requires = { "user" }, check = function(row)
      local names = {}
      for name in pairs(row.settings) do names[#names + 1] = name end
      table.sort(names)
      error(table.concat(names, " "))
      return true
    end, message = "" }]], { connection("alice", "s", "c", 1) })
    assert.matches("now utc_offset$", result.rules[1].error)
  end)
end)
