-- What `rollcall close` shows, closes, leaves alone, and exits with.
local audit = require "spec.lab.audit"
local cjson = require "cjson"
local clients = require "spec.lab.clients"
local lab = require "spec.lab"
local text_file = require "spec.lab.text_file"

local scenario, audit_path = lab.folder .. "/close.json", lab.folder .. "/close.jsonl"

local content = text_file.so_far

---Runs the command; its audit is what the schema says, as all that is printed is.
local function close(arguments, user)
  local output, code, complaint = lab.run(("ROLLCALL_PASSWORD=$LAB_PASSWORD %s close %s -U %s"):format(
    lab.command, arguments, user or lab.username))
  lab.run(("cat '%s' 2> /dev/null"):format(audit_path))
  return output, code, complaint
end

local YES = ("--yes --audit %s"):format(audit_path)
local WHY = YES .. " --reason because"

describe("rollcall close, of a Samba,", function()
  before_each(function() os.remove(audit_path) end)

  after_each(clients.leave)

  it("shows, then closes a file", function()
    clients.connect("alice", "projects", "plan.txt")
    local arguments = lab.samba .. " --file --username alice"
    local output, code, complaint = close(arguments, "dora")
    assert.same({ 0, "" }, { code, complaint })
    assert.is_truthy(output:find("would close: file %d+, .*plan%.txt, of alice\n# 1 thing would be closed; %-%-yes closes them\n$"), output)
    assert.is_truthy(lab.smbstatus("-L"):find("plan.txt", 1, true))
    output, code, complaint = close(arguments .. " " .. WHY, "dora")
    assert.same({ 0, "" }, { code, complaint })
    assert.is_truthy(output:find("closed: file %d+, .*plan%.txt, of alice\n# 1 closed or gone, 0 not\n$"), output)
    assert.is_nil(lab.smbstatus("-L"):find("plan.txt", 1, true))
  end)

  it("ends everybody's session but its own", function()
    clients.connect("alice", "projects")
    clients.connect("bob", "public")
    local output, code, complaint = close(lab.samba .. " --session --all " .. WHY, "dora")
    assert.same({ 0, "" }, { code, complaint })
    for _, user in ipairs { "alice", "bob" } do
      assert.is_truthy(output:find("closed: session of " .. user .. " from 127.0.0.1, ", 1, true), output)
      assert.is_nil(lab.smbstatus("-p"):find(user, 1, true))
    end
    assert.is_truthy(output:find("left alone: session of dora from 127.0.0.1, [^\n]*: rollcall's own logon, or it may be\n"), output)
    assert.is_truthy(output:find("# 2 closed or gone, 0 not\n", 1, true))
  end)

  it("closes what a check finds", function()
    clients.connect("alice", "projects", "plan.txt")
    clients.connect("bob", "public")
    local inventory, policy, findings = lab.folder .. "/close.lua", lab.folder .. "/close_policy.lua", lab.folder .. "/findings.json"
    text_file.replace(inventory, ([[
      smb { servers = %q, query = "sessions", username = %q, password = env "LAB_PASSWORD" }
      smb { servers = %q, query = "files", username = %q, password = env "LAB_PASSWORD" }
    ]]):format(lab.samba, lab.username, lab.samba, lab.username))
    text_file.replace(policy, [[
      rule { id = "bob", kind = "smb_session", message = "{account} is there", check = function(p) return p.user ~= "bob" end }
      rule { id = "alice", kind = "smb_session", message = "no", check = function(p) return p.user ~= "alice" end }
      rule { id = "files", kind = "file", message = "{resource}", check = function() return false end }
      rule { id = "groups", kind = "file", group_by = { "user" }, message = "{count}", check_group = function() return false end }
      waive { rule = "alice", user = "alice", reason = "works", expires = "2036-01-01" }
    ]])
    local _, code = lab.run(("%s check %s -p %s -f json -o %s"):format(lab.command, inventory, policy, findings))
    assert.equal(1, code)
    local output, complaint
    output, code, complaint = close(("--findings %s %s"):format(findings, YES), "dora")
    assert.equal(2, code, output .. complaint)
    assert.equal("rollcall: 1 finding left alone: a finding that does not say which one session or open file it is about cannot be "
      .. "closed\n", complaint)
    assert.is_truthy(output:find("# 2 closed or gone, 1 not\n", 1, true), output)
    assert.is_nil(lab.smbstatus("-L"):find("plan.txt", 1, true))
    local sessions = lab.smbstatus "-p"
    assert.is_truthy(sessions:find "alice")
    assert.is_nil(sessions:find "bob")
    local recorded = content(audit_path)
    assert.is_truthy(recorded:find('"reason": "bob is there", "rule": "bob", "result": "closed"', 1, true), recorded)
  end)
end)

describe("rollcall close, of a server that can be anything,", function()
  local server, stop
  local alice = { cname = "\\\\WS-ALICE", username = "alice", num_opens = 1, time = 5000, idle_time = 30, user_flags = 0 }
  local own = { cname = "\\\\10.1.1.1", username = lab.username, num_opens = 0, time = 0, idle_time = 0, user_flags = 0 }
  local plan = { id = 7, permissions = 3, num_locks = 0, username = "alice", pathname = "D:\\plan.txt" }
  local other = { id = 8, permissions = 3, num_locks = 0, username = "al\27[31mice", pathname = "D:\\other.txt" }

  local function play(state)
    local all = { shares = {}, sessions = { alice, own }, files = { plan, other }, made = {}, acts = {} }
    for name, value in pairs(state) do all[name] = value end
    text_file.replace(scenario, cjson.encode(all))
  end

  local function acts()
    return cjson.decode(content(scenario)).acts
  end

  local function findings_of(rows)
    local findings = {}
    for i, row in ipairs(rows) do
      row.servername = row.servername or server
      findings[i] = { message = "m", row = row }
    end
    text_file.replace(lab.folder .. "/findings.json", cjson.encode {
      schema = "rollcall/1", kind = "check", rules = { { id = "r", findings = findings } } })
    return "--findings " .. lab.folder .. "/findings.json "
  end

  setup(function()
    play {}
    server, stop = lab.mock_server(scenario)
  end)

  teardown(function() stop() end)

  before_each(function() os.remove(audit_path) end)

  it("says how many violations the findings do not hold, and has not done all", function()
    play {}
    local arguments = findings_of { { client = "ws-alice", username = "alice", since = 1700000000 } }
    local document = cjson.decode(content(lab.folder .. "/findings.json"))
    document.rules[1].violations = 1500
    text_file.replace(lab.folder .. "/findings.json", cjson.encode(document))
    local output, code, complaint = close(arguments)
    assert.equal(2, code, output .. complaint)
    assert.equal("rollcall: 1499 violations left alone: they are not in the findings, which are at most 1000 of a rule; "
      .. "check and close again\n", complaint)
    assert.is_truthy(output:find("# 1 thing would be closed; --yes closes them\n", 1, true), output)
    document.rules[1].violations = 1
    text_file.replace(lab.folder .. "/findings.json", cjson.encode(document))
    assert.equal(0, (select(2, close(arguments))))
  end)

  it("shows and changes nothing without --yes", function()
    play {}
    for _, arguments in ipairs { " --session --all", " --session --client ws-alice", " --file --all", " --file --id 7 --id 8" } do
      local output, code, complaint = close(server .. arguments)
      assert.same({ 0, "" }, { code, complaint })
      assert.is_truthy(output:find("would close: ", 1, true), output)
      assert.is_nil(output:find("\27", 1, true))
    end
    assert.same({}, acts())
    assert.equal("", content(audit_path))
  end)

  it("closes a file by its id, and says which is not there", function()
    play {}
    local output, code = close(server .. " --file --id 7 --id 99 " .. WHY)
    assert.equal(0, code)
    assert.is_truthy(output:find(": absent: file 99\n", 1, true), output)
    assert.is_truthy(output:find(": closed: file 7, D:\\plan.txt, of alice\n", 1, true), output)
    assert.same({ { call = "NetrFileClose", id = 7, status = 0 } }, acts())
  end)

  it("exits with 2 where something is left, and says why", function()
    play { closing = { keeps = true } }
    local output, code = close(server .. " --file --id 7 " .. WHY)
    assert.equal(2, code)
    assert.is_truthy(output:find(": present: file 7, D:\\plan.txt, of alice\n# 0 closed or gone, 1 not\n", 1, true), output)
    play { closing = { status = 5 } }
    output, code = close(server .. " --file --id 7 " .. WHY)
    assert.equal(2, code)
    assert.is_truthy(output:find("failed: file 7, [^\n]*access denied: NetrFileClose"), output)
    play { closing = { breaks = true } }
    output, code = close(server .. " --file --id 7 " .. WHY)
    assert.equal(2, code)
    assert.is_truthy(output:find("unverified: file 7, [^\n]*could not look afterwards"), output)
  end)

  it("exits with 2 where a server cannot be looked at, and goes on with the others", function()
    play {}
    local output, code, complaint = close(("%s %s --file --id 7 %s"):format(lab.closed, server, WHY))
    assert.equal(2, code)
    assert.is_truthy(complaint:find("ERROR_CONNECTION_REFUSED", 1, true), complaint)
    assert.is_truthy(output:find("closed: file 7", 1, true), output)
    play { claims = 2 }
    output, code, complaint = close(server .. " --file --id 7 " .. WHY)
    assert.equal(2, code)
    assert.is_truthy(complaint:find("could not look: the server claimed", 1, true), complaint)
    assert.equal("# 0 closed or gone, 1 not\n", output)
    assert.same({}, acts())
  end)

  it("leaves alone what is no longer what was found", function()
    play {}
    local now = os.time()
    local arguments = findings_of {
      { username = "alice", client = "WS-ALICE", since = now - 60 }, { id = 7, pathname = "D:\\older.txt", username = "alice" },
      { username = "bob", client = "WS-BOB", since = now }, { id = 8, pathname = "D:\\other.txt", username = other.username },
    }
    local output, code = close(arguments .. YES)
    assert.equal(2, code)
    assert.is_truthy(output:find("changed: session of alice from WS-ALICE", 1, true), output)
    assert.is_truthy(output:find("changed: file 7, D:\\older.txt", 1, true), output)
    assert.is_truthy(output:find("absent: session of bob from WS-BOB", 1, true), output)
    assert.is_truthy(output:find("closed: file 8", 1, true), output)
    assert.is_truthy(output:find("# 2 closed or gone, 2 not\n", 1, true), output)
    assert.same({ { call = "NetrFileClose", id = 8, status = 0 } }, acts())
  end)

  it("ends several sessions of a user from a computer at once, where all were found", function()
    local second = {}
    for name, value in pairs(alice) do second[name] = value end
    second.time = 60
    play { sessions = { alice, second, own } }
    local now = os.time()
    local both = {
      { username = "alice", client = "WS-ALICE", since = now - 5000 }, { username = "ALICE", client = "ws-alice", since = now - 60 },
    }
    local output, code = close(findings_of { both[1] } .. YES)
    assert.equal(2, code)
    assert.is_truthy(output:find("which the call would end too", 1, true), output)
    assert.same({}, acts())
    output, code = close(findings_of(both) .. YES)
    assert.equal(0, code, output)
    assert.equal(1, #acts())
  end)

  it("ends a session of which the server does not say when it began", function()
    local timeless = {}
    for name, value in pairs(alice) do timeless[name] = value end
    timeless.time = 0xFFFFFFFF
    play { sessions = { timeless, own } }
    local output, code = close(server .. " --session --username alice " .. WHY)
    assert.equal(0, code, output)
    assert.is_truthy(output:find("closed: session of alice from WS-ALICE, 1 open file\n", 1, true), output)
  end)

  it("stops at Ctrl-C, with what was done on record", function()
    play { closing = { options = "delay=4" } }
    local command = "ROLLCALL_PASSWORD=$LAB_PASSWORD timeout --foreground -s INT 2 %s close %s --file --all %s -U %s"
    local output, code = lab.run(command:format(lab.command, server, WHY, lab.username))
    assert.is_true(code == 124 or code == 130, output)
    assert.equal(1, #acts())
    assert.equal("intent, result closed", audit.phases(audit_path))
  end)
end)
