-- Sessions are ended and files closed on a real Samba, with smbstatus as the witness, and on a mock server that does what
-- no Samba does.
local audit = require "spec.lab.audit"
local cjson = require "cjson"
local clients = require "spec.lab.clients"
local closing = require "rollcall.closing"
local lab = require "spec.lab"
local smb = require "rollcall.smb"
local text_file = require "spec.lab.text_file"

local scenario, audit_path = lab.folder .. "/closing.json", lab.folder .. "/closing.jsonl"

local function merged(one, other)
  local all = {}
  for name, value in pairs(one) do all[name] = value end
  for name, value in pairs(other) do all[name] = value end
  return all
end

local content = text_file.so_far

local function entries() return audit.entries(audit_path) end

local function phases() return audit.phases(audit_path) end

describe("on a Samba", function()
  local closer = { servername = lab.samba, username = "dora", password = lab.password, timeout = 20 }
  local function the_file(pathname)
    for row in smb.files(closer) do
      if row.pathname:find(pathname, 1, true) then return row end
    end
  end

  before_each(function() os.remove(audit_path) end)

  after_each(clients.leave)

  it("closes the file that is meant, and no other", function()
    clients.connect("alice", "projects", "plan.txt")
    text_file.replace(lab.folder .. "/shares/public/other.txt", "other")
    clients.connect("bob", "public", "other.txt")
    local row = the_file "plan.txt"
    local result = closing.close_file(merged(closer, { file = { id = row.id, pathname = row.pathname, username = row.username } }))
    assert.equal("closed", result.result, result.detail)
    local locked = lab.smbstatus "-L"
    assert.is_nil(locked:find("plan.txt", 1, true))
    assert.is_truthy(locked:find("other.txt", 1, true))
    assert.is_truthy(lab.smbstatus("-p"):find "alice")
  end)

  it("says of a file that was closed meanwhile that it is absent", function()
    clients.connect("alice", "projects", "plan.txt")
    local row = the_file "plan.txt"
    local witness = "/usr/bin/python3 spec/lab/witness.py %d dora close_file %d"
    local output, _, complaint = lab.run(witness:format(lab.samba_port, row.id))
    assert.equal("0\n", output, complaint)
    lab.eventually("the end of the file", function() return not lab.smbstatus("-L"):find("plan.txt", 1, true) end)
    local result = closing.close_file(merged(closer, { audit = audit_path, file = { id = row.id, pathname = row.pathname } }))
    assert.equal("absent", result.result)
    assert.equal("result absent", phases())
  end)

  it("leaves an id alone that is another file's by now", function()
    clients.connect("alice", "projects", "plan.txt")
    local row = the_file "plan.txt"
    for _, other in ipairs { { id = row.id, pathname = "C:\\other.txt" }, { id = row.id, username = "bob" } } do
      local result = closing.close_file(merged(closer, { file = other }))
      assert.equal("changed", result.result)
      assert.is_truthy(result.detail:find("the id is now that of", 1, true))
    end
    assert.is_truthy(lab.smbstatus("-L"):find("plan.txt", 1, true))
  end)

  it("ends the session that is meant, and no other", function()
    clients.connect("alice", "projects")
    clients.connect("bob", "public")
    local result = closing.close_session(merged(closer, { session = { client = "127.0.0.1", username = "alice", since = os.time() } }))
    assert.equal("closed", result.result, result.detail)
    local sessions = lab.smbstatus "-p"
    assert.is_nil(sessions:find "alice")
    assert.is_truthy(sessions:find "bob")
  end)

  it("leaves a session alone that began at another time", function()
    clients.connect("alice", "projects")
    local result = closing.close_session(merged(closer, { session = { client = "127.0.0.1", username = "alice", since = os.time() - 60 } }))
    assert.equal("changed", result.result)
    assert.is_truthy(result.detail:find("which the call would end too", 1, true))
    assert.is_truthy(lab.smbstatus("-p"):find "alice")
  end)

  it("does not end its own logon, nor an older session that the call would end with it", function()
    clients.connect("dora", "projects")
    os.execute "sleep 4" -- older than what may be a logon of this call
    for _, since in ipairs { false, os.time() - 5 } do
      local result = closing.close_session(merged(closer, {
        audit = audit_path, session = { client = "\\\\127.0.0.1", username = "DORA", since = since or nil } }))
      assert.equal("own", result.result, result.detail)
    end
    assert.is_truthy(lab.smbstatus("-p"):find "dora")
    assert.equal("result own, result own", phases())
  end)

  it("says whose rights are missing", function()
    clients.connect("alice", "projects")
    local result = closing.close_session(lab.as_auditor {
      servername = lab.samba, audit = audit_path, session = { client = "127.0.0.1", username = "alice" } })
    assert.equal("failed", result.result)
    assert.is_truthy(result.detail:find("access denied: NetrSessionDel is for members of", 1, true), result.detail)
    assert.equal("intent, result failed", phases())
    assert.is_truthy(lab.smbstatus("-p"):find "alice")
  end)
end)

describe("on a server that can be anything", function()
  local server, stop
  local alice = { cname = "\\\\WS-ALICE", username = "alice", num_opens = 1, time = 5000, idle_time = 30, user_flags = 0 }
  local young = merged(alice, { time = 1, idle_time = 0 })
  local bob = merged(alice, { username = "bob" })
  local own = merged(alice, { cname = "\\\\10.1.1.1", username = lab.username, time = 0 })
  local plan = { id = 7, permissions = 3, num_locks = 0, username = "alice", pathname = "D:\\plan.txt" }

  local function play(state)
    local empty = setmetatable({}, cjson.array_mt)
    local held = { shares = empty, sessions = { alice, own }, files = { plan }, made = {}, acts = empty }
    text_file.replace(scenario, cjson.encode(merged(held, state)))
  end

  local function acts()
    return cjson.decode(content(scenario)).acts
  end

  local function options(more)
    return lab.as_auditor(merged({ servername = server, audit = audit_path, wait = 0.2 }, more))
  end

  local function end_alice(more)
    local session = { client = "WS-ALICE", username = "alice", since = os.time() - 5000 }
    return closing.close_session(options(merged({ session = session }, more or {})))
  end

  local function close_plan(more)
    return closing.close_file(options(merged({ file = { id = 7, pathname = "D:\\plan.txt", username = "alice" } }, more or {})))
  end

  setup(function()
    play {}
    server, stop = lab.mock_server(scenario)
  end)

  teardown(function() stop() end)

  before_each(function() os.remove(audit_path) end)

  it("asks for what impacket and rpcclient ask for", function()
    local port = server:match ":(%d+)"
    play {}
    assert.equal("closed", close_plan().result)
    assert.equal("closed", end_alice().result)
    local ours = acts()
    play {}
    for _, witness in ipairs {
      "/usr/bin/python3 spec/lab/witness.py %d %s close_file 7",
      "/usr/bin/python3 spec/lab/witness.py %d %s close_session alice '\\\\WS-ALICE'",
    } do
      local output, code, complaint = lab.run(witness:format(port, lab.username))
      assert.equal("0\n", output, complaint)
      assert.equal(0, code)
    end
    assert.same(ours, acts())
    play {}
    local _, code, complaint = lab.run(("rpcclient -p %d -U '%s%%%s' 127.0.0.1 -c 'netsessdel \\\\\\\\WS-ALICE alice'"):format(
      port, lab.username, lab.password))
    assert.equal(0, code, complaint)
    assert.same({ ours[2] }, acts())
  end)

  it("calls for nothing that is not there, or is another by now", function()
    for _, case in ipairs {
      { {}, "absent", { sessions = { own }, files = {} } },
      { {}, "changed", { sessions = { alice, young, own }, files = { merged(plan, { pathname = "D:\\other.txt" }) } } },
      { {}, "changed", { sessions = { young, own }, files = { merged(plan, { username = "bob" }) } } },
    } do
      local state = case[3]
      play { sessions = state.sessions, files = setmetatable(state.files, cjson.array_mt) }
      assert.equal(case[2], end_alice().result)
      assert.equal(case[2], close_plan().result)
      assert.same({}, acts())
    end
  end)

  it("calls for nothing where it cannot see all that is there", function()
    play { claims = 3 }
    for _, result in ipairs { end_alice(), close_plan() } do
      assert.equal("failed", result.result)
      assert.is_truthy(result.detail:find("could not look: the server claimed", 1, true), result.detail)
    end
    assert.same({}, acts())
    assert.equal("result failed, result failed", phases())
  end)

  it("does not end what may be its own logon, and closes no pipe of its own", function()
    local mine = { client = "10.1.1.1", username = lab.username }
    play {}
    assert.equal("own", closing.close_session(options { session = mine }).result)
    play { sessions = { alice, merged(own, { time = 0xFFFFFFFF }) } }
    assert.equal("own", closing.close_session(options { session = mine }).result)
    -- Its own is nowhere to be seen, so it may be this one.
    play { sessions = { alice, merged(own, { time = 5000 }) } }
    assert.equal("own", closing.close_session(options { session = mine }).result)
    play { sessions = { alice, own }, files = { merged(plan, { username = lab.username, pathname = "\\PIPE\\srvsvc" }) } }
    assert.equal("own", closing.close_file(options { file = { id = 7 } }).result)
    assert.same({}, acts())
    -- From another computer it is somebody else.
    play { sessions = { own, merged(own, { cname = "\\\\WS-2", time = 5000 }) } }
    assert.equal("closed", closing.close_session(options { session = { client = "ws-2", username = lab.username } }).result)
  end)

  it("says what is still there, and does not take its word", function()
    play { closing = { keeps = true } }
    assert.equal("present", end_alice().result)
    assert.equal("present", close_plan().result)
    assert.equal("intent, result present, intent, result present", phases())
  end)

  it("says that a server refused", function()
    play { closing = { status = 5 } }
    local result = end_alice()
    assert.equal("failed", result.result)
    assert.is_truthy(result.detail:find("access denied: NetrSessionDel", 1, true))
    play { closing = { options = "fault=5", keeps = true } }
    assert.equal("failed", close_plan().result)
  end)

  it("says that what a server refused has ended by itself", function()
    play { closing = { options = "fault=5" } }
    local result = close_plan()
    assert.equal("absent", result.result)
    assert.is_truthy(result.detail:find("it had ended, though the server said", 1, true))
  end)

  it("says that the same user has connected again", function()
    play { closing = { returns = true } }
    local result = end_alice()
    assert.equal("closed", result.result)
    assert.is_truthy(result.detail:find("connected again", 1, true))
  end)

  it("looks whether an act was done whose answer was lost", function()
    for _, case in ipairs { "hang", "stub=00", "stub=" .. ("00"):rep(40), "stop=20" } do
      play { closing = { options = case } }
      local result = close_plan { timeout = 1 }
      assert.equal("closed", result.result, case .. ": " .. tostring(result.detail))
      assert.is_truthy(result.detail:find("answer was lost", 1, true), case)
      play { closing = { options = case, keeps = true } }
      result = close_plan { timeout = 1 }
      assert.equal("present", result.result, case)
    end
  end)

  it("does not say that something is gone when it could not look", function()
    play { closing = { breaks = true } }
    local result = end_alice()
    assert.equal("unverified", result.result)
    assert.is_truthy(result.detail:find("could not look afterwards", 1, true))
    assert.equal("intent, result unverified", phases())
    assert.equal(1, #acts())
  end)

  it("says who else from the same computer is gone", function()
    play { sessions = { alice, bob, own } }
    local result = end_alice()
    assert.equal("closed", result.result)
    assert.is_nil(result.also_gone)
    play { sessions = { alice, bob, own }, closing = { with = "bob" } }
    assert.same({ "bob" }, end_alice().also_gone)
  end)

  describe("writes an audit", function()
    it("of who did what, when and why, before and after", function()
      play {}
      assert.equal("closed", end_alice({ reason = "left the company" }).result)
      local list = entries()
      assert.equal(2, #list)
      local intent, result = list[1], list[2]
      assert.equal("intent", intent.phase)
      assert.equal("result", result.phase)
      assert.equal(intent.act, result.act)
      for _, entry in ipairs(list) do
        assert.equal(lab.run("id -un"):match "%S+", entry.operator)
        assert.equal(lab.username, entry.logon)
        assert.equal("left the company", entry.reason)
        assert.equal("NetrSessionDel", entry.call)
        assert.equal(server, entry.servername)
        assert.equal("alice", entry.session.username)
        assert.equal("WS-ALICE", entry.session.client)
        assert.is_truthy(entry.session.since[1]:find "^%d+-%d+-%d+T%d+:%d+:%d+Z$")
        assert.is_truthy(entry.at:find "^%d+-%d+-%d+T%d+:%d+:%d+Z$")
      end
      assert.is_nil(intent.result)
      assert.equal("closed", result.result)
      assert.is_nil(content(audit_path):find(lab.password, 1, true))
      assert.equal("600\n", lab.run("stat -c %a " .. audit_path))
    end)

    it("whose first line is there before the server is asked to act", function()
      play { closing = { options = "delay=2" } }
      local seen, outcome = audit.meanwhile(audit_path, function() return close_plan { timeout = 10 } end)
      assert.equal("closed", outcome.result)
      assert.is_truthy(seen:find('"intent"', 1, true))
      assert.is_nil(seen:find('"result"', 1, true))
    end)

    it("and does nothing where it cannot be written", function()
      play {}
      for _, path in ipairs { lab.folder, "/dev/null", lab.folder .. "/nowhere/audit.jsonl" } do
        local closed, problem = pcall(close_plan, { audit = path })
        assert.is_false(closed)
        assert.is_truthy(tostring(problem):find("the audit cannot be written", 1, true), problem)
      end
      assert.same({}, acts())
    end)

    it("and does nothing where the disk is full when its first line is to be written", function()
      play {}
      local script = lab.folder .. "/full.lua"
      text_file.replace(script, ([[
        print(pcall(require("rollcall.closing").close_file,
          { servername = %q, username = %q, password = %q, audit = %q, file = { id = 7 } }))
      ]]):format(server, lab.username, lab.password, audit_path))
      local output = lab.run(("truncate -s 1M '%s'; trap '' XFSZ; ulimit -f 1000; lua5.4 '%s' 2>&1 | cat"):format(audit_path, script))
      assert.is_truthy(output:find("^false.*the audit cannot be written: .*File too large"), output)
      assert.same({}, acts())
    end)

    it("after a line that was never finished", function()
      play {}
      text_file.replace(audit_path, '{"broken')
      assert.equal("closed", close_plan().result)
      local first, second = content(audit_path):match "^([^\n]*)\n([^\n]*)\n"
      assert.equal('{"broken', first)
      assert.equal("intent", cjson.decode(second).phase)
    end)
  end)

  it("checks its options", function()
    for problem, given in pairs {
      ["session is missing"] = {},
      ["session is wrong: username is missing"] = { session = { client = "WS" } },
      ["session is wrong: client must be a computer"] = { session = { client = "\\\\", username = "alice" } },
      ["session is wrong: username must not be empty"] = { session = { client = "WS", username = "" } },
      ["unknown option 'file'"] = { file = { id = 1 } },
      ["audit must not be empty"] = { session = { client = "WS", username = "alice" }, audit = "" },
    } do
      local ok, said = pcall(closing.close_session, merged({ servername = server }, given))
      assert.is_false(ok)
      assert.is_truthy(said:find(problem, 1, true), said)
    end
  end)
end)

describe("a program that only looks", function()
  it("has nothing loaded that can act", function()
    local script = lab.folder .. "/looks.lua"
    text_file.replace(script, ([[
      local smb = require "rollcall.smb"
      local given = { servername = %q, username = %q, password = %q }
      for _, call in ipairs { "connections", "sessions", "files", "shares", "logons", "rollcall" } do
        local rows = 0
        for _ in smb[call](given) do rows = rows + 1 end
        assert(rows > 0, call)
      end
      local server <close> = smb.server(given)
      assert(#server:session_page().entries > 0)
      for name in pairs(package.loaded) do assert(not name:find "closing", name) end
      for line in io.lines "/proc/self/maps" do assert(not line:find "closing", line) end
      local all = require "rollcall.cli"
      for name in pairs(package.loaded) do assert(not name:find "rollcall.closing" and name ~= "rollcall.smb.closing", name) end
      require "rollcall.closing"
      local found
      for line in io.lines "/proc/self/maps" do found = found or line:find("smb/closing.so", 1, true) end
      print(assert(found, "not there either when it is loaded") and all and "done")
    ]]):format(lab.double, lab.username, lab.password))
    local output, code, complaint = lab.run("lua5.4 " .. script)
    assert.equal("done\n", output, complaint)
    assert.equal(0, code)
  end)

  it("has libraries that know no such call", function()
    local function knows(library, word)
      return content("build/lib/rollcall/" .. library):find(word, 1, true) ~= nil
    end
    for _, word in ipairs { "NetrSessionDel", "NetrFileClose" } do
      assert.is_true(knows("smb/closing.so", word))
      for _, library in ipairs { "smb/core.so", "smb/smbpipe", "workspace/core.so", "system.so" } do
        assert.is_false(knows(library, word), library)
      end
    end
  end)
end)
