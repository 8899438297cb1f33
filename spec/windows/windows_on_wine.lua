--- What is particular to Windows: which parameters netapi32 gets, whose buffers are freed when, what only its
-- answers can hold, and what of the system's ways differs. Against the mock.
local core = require "rollcall.smb.core"
local system = require "rollcall.system"
local lab = require "spec.lab"
local platform = require "rollcall.internal.platform"
local smb = require "rollcall.smb"
local snapshot_file = require "rollcall.snapshot.file"

local function gather(call, options)
  local rows = {}
  for row in smb[call](options) do rows[#rows + 1] = row end
  return rows
end

local function failure_of(f, ...)
  local ok, failure = pcall(f, ...)
  assert.is_false(ok)
  assert.equal("table", type(failure), tostring(failure))
  return failure
end

---The failures of an enumeration, by their targets.
local function failures_of(options)
  local failures = {}
  options.qualifier = "people"
  options.on_error = function(failure) failures[failure.target] = failure end
  assert.same({}, gather("connections", options))
  return failures
end

local function eventually(what, name, expected)
  lab.eventually(what, function() return lab.counts()[name] == expected end, 30)
end

---Lets go of calls that hang, those that are only about to as well, until a count is right.
local function let_go(what, name, expected)
  lab.eventually(what, function()
    lab.release()
    return lab.counts()[name] == expected
  end, 30)
end

local function after()
  let_go("the end of all calls", "calls_under_way", 0)
  eventually("the freeing of all buffers", "live_buffers", 0)
  eventually("the end of all sessions", "open_sessions", 0)
end

describe("netapi32", function()
  after_each(after)

  it("gets the eight parameters of NetConnectionEnum", function()
    local before = lab.counts().all_buffers
    local page = smb.connection_page {
      servername = [[\\double]], qualifier = "rows-100", level = 0, prefmaxlen = 700, resume_handle = 30,
    }
    assert.same({ servername = [[\\double]], "rows-100", level = 0, prefmaxlen = 700, resume_handle = 30, id = 0 }, lab.counts().last)
    assert.same({ 10, 70, 40, 234 }, { page.entriesread, page.totalentries, page.resume_handle, page.status })
    assert.equal(31, page.entries[1].id)
    assert.equal(before + 1, lab.counts().all_buffers)
  end)

  it("gets a null servername for this computer", function()
    assert.equal(5, #gather("connections", { qualifier = "people" }))
    assert.is_nil(lab.counts().last.servername)
    assert.equal(4, #gather("sessions", { servername = "localhost" }))
    assert.is_nil(lab.counts().last.servername)
    assert.equal(5, #gather("connections", { servername = "double", qualifier = "people" }))
    assert.equal([[\\double]], lab.counts().last.servername)
  end)

  it("gets an IPv6 address as a name without colons", function()
    gather("shares", { servername = "fe80::1%3" })
    assert.equal([[\\fe80--1s3.ipv6-literal.net]], lab.counts().last.servername)
  end)

  it("gets filters, or null for none", function()
    gather("sessions", { servername = "double", filter = { client = "ws-bob", username = "bob" } })
    assert.same({ [[\\ws-bob]], "bob" }, { lab.counts().last[1], lab.counts().last[2] })
    gather("files", { servername = "double", filter = { basepath = [[C:\shares]] } })
    assert.equal([[C:\shares]], lab.counts().last[1])
    assert.is_nil(lab.counts().last[2])
  end)

  it("gets the session that is to be ended, and the id of the file that is to be closed", function()
    local closing = require "rollcall.smb.closing"
    local server <close> = smb.server { servername = "double" }
    closing.session(server.handle, server.target, [[\\WS-ÜBER]], "Zoë")
    assert.same({ [[\\double]], [[\\WS-ÜBER]], "Zoë" }, { lab.counts().last.servername, lab.counts().last[1], lab.counts().last[2] })
    closing.file(server.handle, server.target, 4294967295)
    assert.same({ [[\\double]], 4294967295 }, { lab.counts().last.servername, lab.counts().last.id })
    local failure = failure_of(closing.session, server.handle, server.target, [[\\WS]], "nobody")
    assert.same({ "call", "NERR_UserNotFound" }, { failure.stage, failure.name })
    -- What it says of its answer is not believed: its data are as they were.
    local result = require("rollcall.closing").close_file {
      servername = "double", wait = 0.1, audit = lab.folder .. "/audit.jsonl",
      file = { id = 1, pathname = [[C:\shares\projects\plan.txt]] },
    }
    assert.equal("present", result.result, result.detail)
    local lines = 0
    for _ in io.lines(lab.folder .. "/audit.jsonl") do lines = lines + 1 end
    assert.equal(2, lines)
  end)

  it("answers at every level, with every field of the right type", function()
    for call, description in pairs(core.calls()) do
      for _, level in ipairs(description.levels) do
        local options = { servername = "double", level = level.level, qualifier = call == "connections" and "projects" or nil }
        local rows = gather(call, options)
        assert.is_true(#rows >= 2, call)
        for _, row in ipairs(rows) do
          for _, field in ipairs(level.fields) do
            local kind = math.type(row[field.name]) or type(row[field.name])
            assert.equal(field.type, kind, call .. level.level .. field.name)
          end
        end
      end
    end
  end)

  it("answers with the values that were put in", function()
    assert.same({
      servername = "double", client = "10.0.0.9", cname = [[\\10.0.0.9]], username = "Zoë", num_opens = 1, time = 70, idle_time = 7,
      user_flags = 0, cltype_name = "Windows 10.0", transport = [[\Device\NetBT]],
    }, gather("sessions", { servername = "double", level = 502 })[3])
    assert.same({
      servername = "double", share = "计划 💻", netname = "计划 💻", type = 0, remark = "beyond the BMP", permissions = 0,
      max_uses = 0xFFFFFFFF, current_uses = 2, path = [[D:\plan]], passwd = "",
    }, gather("shares", { servername = "double", level = 2 })[7])
    assert.same({
      servername = "double", share = "projects", netname = "projects", type = 0, remark = "", flags = 0x30,
    }, gather("shares", { servername = "double", level = 501 })[1])
    assert.same({
      servername = "double", id = 4294967295, permissions = 1, num_locks = 0, pathname = [[D:\plan\a.txt]], username = "Zoë",
    }, gather("files", { servername = "double" })[3])
    assert.same({
      servername = "double", level = 1, username = "Zoë 💻", logon_domain = "CORP", oth_domains = "SALES PLAN", logon_server = "DC1",
    }, gather("logons", { servername = "double" })[4])
    assert.same({ servername = "double", username = "FS1$" }, gather("logons", { servername = "double", level = 0 })[5])
    local people = gather("connections", { servername = "double", qualifier = "people" })
    assert.equal("Zoë 💻 张三", people[2].username)
    assert.equal("WS-ÜBER", people[2].client)
    assert.equal("\27[31mred\u{202e}", people[4].username)
    assert.equal(4294967295, people[5].num_users)
  end)
end)

describe("what netapi32 allocated is freed", function()
  after_each(after)

  local function live() return lab.counts().live_buffers end

  it("before the rows of its page are seen, ERROR_MORE_DATA or not", function()
    local before, seen = lab.counts().all_buffers, 0
    for _ in smb.connections { servername = "double", qualifier = "rows-500", prefmaxlen = 700 } do
      seen = seen + 1
      assert.equal(0, live())
    end
    assert.equal(500, seen)
    assert.equal(before + 50, lab.counts().all_buffers)
  end)

  it("when the loop is left, by break, error, or for good", function()
    for _ in smb.connections { servername = { "double", "double" }, qualifier = "rows-500", prefmaxlen = 700 } do break end
    assert.is_false(pcall(function()
      for _ in smb.connections { servername = "double", qualifier = "rows-500", prefmaxlen = 700 } do error "mine" end
    end))
    local dropped = coroutine.wrap(function()
      for _ in smb.connections { servername = "double", qualifier = "rows-500", prefmaxlen = 700 } do coroutine.yield() end
    end)
    dropped()
    dropped = nil -- luacheck: ignore
    collectgarbage()
    eventually("the freeing of all buffers", "live_buffers", 0)
  end)

  it("by a call that comes back after it was given up", function()
    local before = lab.counts().all_buffers
    local failure = failure_of(smb.connection_page, { servername = "double", qualifier = "rows-9;hang", timeout = 0.3 })
    assert.equal("ERROR_SEM_TIMEOUT", failure.name)
    assert.equal(1, lab.counts().calls_under_way)
    let_go("the end of the call", "calls_under_way", 0)
    eventually("the freeing of its buffer", "live_buffers", 0)
    assert.is_true(lab.counts().all_buffers > before)
  end)
end)

describe("bad input from netapi32", function()
  after_each(after)

  it("is nil for a null string", function()
    local rows = gather("connections", { servername = "double", qualifier = "null" })
    assert.same({ { 1 }, { 2, "bob" }, { 3, nil, "WS-BOB" } }, {
      { rows[1].id, rows[1].username, rows[1].client }, { rows[2].id, rows[2].username, rows[2].client },
      { rows[3].id, rows[3].username, rows[3].client },
    })
  end)

  it("is U+FFFD for half a surrogate", function()
    local rows = gather("connections", { servername = "double", qualifier = "invalid" })
    assert.same({ "a\u{fffd}b", "\u{fffd}c", "d\u{fffd}", "ok" },
      { rows[1].username, rows[1].netname, rows[2].username, rows[2].netname })
  end)

  it("is a long name whole, and an error past 32,767 characters", function()
    for _, length in ipairs { 127, 128, 129, 300, 5000, 32767 } do
      local rows = gather("connections", { servername = "double", qualifier = "long-" .. length })
      assert.equal(("n"):rep(length), rows[1].username)
    end
    for _, length in ipairs { 32768, 60000 } do
      local failure = failure_of(gather, "connections", { servername = "double", qualifier = "long-" .. length })
      assert.equal("RPC_X_BAD_STUB_DATA", failure.name)
    end
  end)

  it("is an error where entries are counted and there is no buffer", function()
    local failure = failure_of(gather, "connections", { servername = "double", qualifier = "rows-3;counted" })
    assert.equal("RPC_X_BAD_STUB_DATA", failure.name)
  end)

  it("is an error with its number, at once or on the second page after the rows of the first", function()
    local expected = {
      [5] = { "call", "ERROR_ACCESS_DENIED" }, [53] = { "connect", "ERROR_BAD_NETPATH" }, [64] = { "call", "ERROR_NETNAME_DELETED" },
      [87] = { "call", "ERROR_INVALID_PARAMETER" }, [1722] = { "connect", "RPC_S_SERVER_UNAVAILABLE" },
      [1326] = { "logon", "ERROR_LOGON_FAILURE" }, [2310] = { "call", "NERR_NetNameNotFound" }, [4711] = { "call", "unknown status" },
    }
    for code, words in pairs(expected) do
      for page = 1, 2 do
        local rows, outcome = 0
        local failure = failure_of(function()
          for _ in smb.connections {
            servername = "double", qualifier = ("rows-30;status=%d@%d"):format(code, page), prefmaxlen = 700,
          } do rows = rows + 1 end
        end)
        assert.same({ words[1], code, words[2] }, { failure.stage, failure.code, failure.name })
        assert.equal(10 * (page - 1), rows)
        for _ in smb.connections {
          servername = "double", qualifier = ("rows-30;status=%d@%d"):format(code, page), prefmaxlen = 700,
          on_error = function() end, on_target = function(what) outcome = what end,
        } do end
        if page == 2 then assert.equal("partial", outcome.completeness) end
      end
    end
  end)

  it("is an error for a resume handle that stands still or goes in a circle", function()
    for _, oddity in ipairs { "stuck", "circle=2", "circle=5" } do
      local failure = failure_of(gather, "connections", { servername = "double", qualifier = "rows-100;" .. oddity, prefmaxlen = 700 })
      assert.is_truthy(failure.message:find("resume handle", 1, true))
    end
  end)

  it("is reported as what it is where a server goes away", function()
    local outcomes = {}
    local rows = gather("connections", {
      servername = { "gone", "closed", "nowhere", "double" }, qualifier = "people", on_error = function() end,
      on_target = function(outcome) outcomes[outcome.target] = outcome.completeness end,
    })
    assert.equal(5, #rows)
    assert.same({ gone = "unreachable", closed = "unreachable", nowhere = "unreachable", double = "complete" }, outcomes)
  end)
end)

describe("calls that block", function()
  after_each(after)

  it("run side by side, no more at once than asked for", function()
    lab.counts()
    local servers = {}
    for i = 1, 12 do servers[i] = "double" end
    local begun = os.time()
    local rows = gather("connections", { servername = servers, qualifier = "rows-1;delay=1", concurrency = 4 })
    assert.equal(12, #rows)
    assert.equal(4, lab.counts().most_at_once)
    assert.is_true(os.time() - begun <= 6)
  end)

  it("hold nobody up past a deadline", function()
    local servers = { "double" }
    for i = 1, 50 do servers[#servers + 1] = { servername = "silent", timeout = 0.5 + i / 100 } end
    local begun, failures = os.time(), {}
    local rows = gather("connections", {
      servername = servers, qualifier = "rows-3", concurrency = 64, on_error = function(failure) failures[#failures + 1] = failure.name end,
    })
    assert.equal(3, #rows)
    assert.equal(50, #failures)
    assert.equal("ERROR_SEM_TIMEOUT", failures[1])
    assert.is_true(os.time() - begun <= 4)
  end)

  it("give on_wait a time alone, which is short", function()
    local calls, rows = 0, 0
    for _ in smb.connections {
      servername = { "double", "double" }, qualifier = "people;delay=1",
      on_wait = function(waits)
        calls = calls + 1
        assert.is_nil(waits.descriptor)
        assert.is_true(waits.timeout > 0 and waits.timeout <= 0.02, waits.timeout)
        return system.wait(waits)
      end,
    } do rows = rows + 1 end
    assert.equal(10, rows)
    assert.is_true(calls >= 10 and calls <= 120, calls)
    local poller <close> = system.poller()
    assert.is_nil(poller:descriptor())
    assert.error_matches(function() poller:add(1) end, "Bad file descriptor", 1, true)
  end)

  it("cost no more than 1,024 threads, and say so", function()
    local names, servers = {}, {}
    for i = 1, 1100 do servers[i] = "silent" end
    gather("connections", {
      servername = servers, qualifier = "x", concurrency = 1024, timeout = 1,
      on_error = function(failure) names[failure.name] = (names[failure.name] or 0) + 1 end,
    })
    assert.equal(1024, names.ERROR_SEM_TIMEOUT)
    assert.equal(76, names.ERROR_NO_SYSTEM_RESOURCES)
    lab.eventually("room for calls", function()
      lab.release()
      return pcall(smb.connection_page, { servername = "double", qualifier = "people" })
    end, 30)
  end)

  it("give a hook its turn, as Lua's interpreter sets one at an interrupt", function()
    local begun, raised = os.time(), false
    debug.sethook(function()
      if raised or os.time() - begun < 1 then return end
      raised = true
      error("interrupted", 0)
    end, "c")
    local ok, message = pcall(gather, "connections", { servername = "silent", qualifier = "x", timeout = 20 })
    debug.sethook()
    assert.is_false(ok)
    assert.equal("interrupted", message)
    assert.is_true(os.time() - begun <= 4)
  end)

  it("may outlive the Lua state that made them", function()
    local path = lab.folder .. "/leave.lua"
    local file = assert(io.open(path, "wb"))
    file:write [[
      local smb = require "rollcall.smb"
      local ok, failure = pcall(smb.connection_page, { servername = "silent", qualifier = "x", timeout = 0.2 })
      assert(not ok and failure.name == "ERROR_SEM_TIMEOUT")
      step = smb.connections { servername = "silent", qualifier = "x", timeout = 20 }
    ]]
    file:close()
    local _, code, complaint = lab.run(". spec/windows/environment; wine build/windows/bin/host.exe " .. path)
    assert.equal(0, code, complaint)
    _, code = lab.run(". spec/windows/environment; wine build/windows/bin/lua.exe " .. path)
    assert.equal(0, code)
  end)
end)

describe("credentials", function()
  after_each(after)

  local function as(username, password, servername, more)
    local options = { servername = servername or "double", qualifier = "people", username = username, password = password }
    for name, value in pairs(more or {}) do options[name] = value end
    return options
  end

  it("make a session of our own, for as long as it is needed", function()
    local before = lab.counts().all_sessions
    local server = smb.server { servername = "double", username = [[CORP\auditor]], password = lab.password }
    assert.equal(1, lab.counts().open_sessions)
    assert.equal(5, server:connection_page({ qualifier = "people" }).entriesread)
    assert.equal(8, server:share_page().entriesread)
    server:close()
    assert.equal(0, lab.counts().open_sessions)
    assert.equal(before + 1, lab.counts().all_sessions)
    for _ in smb.connections(as("auditor", lab.password)) do
      assert.equal(1, lab.counts().open_sessions)
      break
    end
    assert.equal(0, lab.counts().open_sessions)
  end)

  it("are shared by all who ask the same server as the same user", function()
    local before = lab.counts().all_sessions
    local rows = gather("connections", as("auditor", lab.password, { "double", "DOUBLE", "double" }))
    assert.equal(15, #rows)
    assert.is_true(lab.counts().all_sessions - before <= 3)
    assert.equal(0, lab.counts().open_sessions)
  end)

  it("that are refused are an error of the logon, and nothing is asked as anybody else", function()
    local before = lab.counts().all_buffers
    for _, case in ipairs {
      { "auditor", "wrong", "double", "logon", 1326, "ERROR_LOGON_FAILURE" },
      { "mallory", lab.password, "double", "logon", 1326, "ERROR_LOGON_FAILURE" },
      { "carol", lab.password, "double", "logon", 1331, "ERROR_ACCOUNT_DISABLED" },
      { "auditor", lab.password, "nowhere", "connect", 53, "ERROR_BAD_NETPATH" },
    } do
      local failure = failure_of(smb.connection_page, as(case[1], case[2], case[3]))
      assert.same({ case[4], case[5], case[6] }, { failure.stage, failure.code, failure.name })
    end
    assert.equal(before, lab.counts().all_buffers)
  end)

  it("that one server refused are tried at no more of them, and what is under way ends", function()
    local before = lab.counts().all_logons
    local servers, ended = { "slow" }, 0
    for i = 1, 12 do servers[i + 1] = "s" .. i end
    local options = as("auditor", "wrong everywhere", servers, { concurrency = 2 })
    options.on_target = function() ended = ended + 1 end
    options.on_wait = function(waits)
      if ended == 12 then lab.release() end -- all but the slow one
      return system.wait(waits)
    end
    local failures = failures_of(options)
    for i, server in ipairs(servers) do
      local failure = failures[server]
      assert.same({ "logon", 1326, "ERROR_LOGON_FAILURE" }, { failure.stage, failure.code, failure.name })
      assert.equal(i > 2, failure.message:find("not tried", 1, true) ~= nil, failure.message)
    end
    assert.equal(before + 2, lab.counts().all_logons)
    -- A later call and a handle do not try them either, and others are no less welcome.
    local failure = failure_of(smb.connection_page, as("auditor", "wrong everywhere", "s13"))
    assert.is_truthy(failure.message:find("not tried", 1, true), failure.message)
    failure = failure_of(smb.server, { servername = "s13", username = "auditor", password = "wrong everywhere" })
    assert.is_truthy(failure.message:find("not tried", 1, true), failure.message)
    assert.equal(before + 2, lab.counts().all_logons)
    assert.equal(5, smb.connection_page(as("auditor", lab.password, "s13")).entriesread)
  end)

  it("may be refused as often as logon_attempts says, and again after retry_refused", function()
    local before = lab.counts().all_logons
    local servers = {}
    for i = 1, 8 do servers[i] = "s" .. i end
    failures_of(as("auditor", "wrong thrice", servers, { concurrency = 1, logon_attempts = 3 }))
    assert.equal(before + 3, lab.counts().all_logons)
    system.sleep(0.3)
    failures_of(as("auditor", "wrong thrice", servers, { concurrency = 1, retry_refused = 0.2 }))
    assert.equal(before + 4, lab.counts().all_logons)
  end)

  it("of one who may not ask are an error that says who may", function()
    local failure = failure_of(smb.connection_page, as("alice", lab.password))
    assert.same({ "call", 5 }, { failure.stage, failure.code })
    assert.is_truthy(failure.message:find("Administrators", 1, true))
  end)

  it("never replace a session that is there, nor end it", function()
    local before = lab.counts().all_sessions
    local failure = failure_of(smb.connection_page, as("auditor", lab.password, "taken"))
    assert.same({ "logon", 1219, "ERROR_SESSION_CREDENTIAL_CONFLICT" }, { failure.stage, failure.code, failure.name })
    assert.is_truthy(failure.message:find("leave out username and password", 1, true))
    assert.equal(before, lab.counts().all_sessions)
    assert.equal(5, smb.connection_page({ servername = "taken", qualifier = "people" }).entriesread)
    local server <close> = smb.server { servername = "double", username = "auditor", password = lab.password }
    failure = failure_of(smb.connection_page, as("alice", lab.password))
    assert.equal(1219, failure.code)
    failure = failure_of(smb.connection_page, as("auditor", "another"))
    assert.equal(1219, failure.code)
    assert.equal(5, server:connection_page({ qualifier = "people" }).entriesread)
  end)

  it("of a logon that hangs cost its deadline, and leave no session when it comes back", function()
    local failure = failure_of(smb.connection_page, as("auditor", lab.password, "slow", { timeout = 0.3 }))
    assert.same({ "logon", "ERROR_SEM_TIMEOUT" }, { failure.stage, failure.name })
    local before = lab.counts().all_sessions
    let_go("the session", "all_sessions", before + 1)
    eventually("its end", "open_sessions", 0)
  end)

  it("keep their session until a call that was given up is back", function()
    local failure = failure_of(smb.connection_page, as("auditor", lab.password, "double", { qualifier = "x;hang", timeout = 0.3 }))
    assert.equal("ERROR_SEM_TIMEOUT", failure.name)
    system.sleep(0.5)
    assert.equal(1, lab.counts().open_sessions)
    let_go("its end", "open_sessions", 0)
  end)

  it("cannot be what netapi32 does not take", function()
    for _, case in ipairs {
      { "nt_hash", { username = "u", nt_hash = ("0"):rep(32) } }, { "kerberos", { kerberos = true } },
      { "encrypt", { encrypt = true, username = "u", password = "p" } }, { "port", { port = 4450 } },
    } do
      case[2].servername, case[2].qualifier = "double", "people"
      local _, message = pcall(smb.connection_page, case[2])
      assert.is_truthy(tostring(message):find("smb.connection_page: " .. case[1] .. " cannot be", 1, true), tostring(message))
    end
    local _, message = pcall(smb.connection_page, { servername = "double:4450", qualifier = "people" })
    assert.is_truthy(tostring(message):find("must have the port 445 on Windows, or none", 1, true), tostring(message))
    assert.equal(5, smb.connection_page({ servername = "double:445", qualifier = "people" }).entriesread)
  end)
end)

describe("a server that is not there", function()
  after_each(after)

  it("is reported by netapi32 in one word for all ways", function()
    local failure = failure_of(smb.connection_page, { servername = "no.such.host.invalid", qualifier = "x" })
    assert.same({ "connect", 53, "ERROR_BAD_NETPATH" }, { failure.stage, failure.code, failure.name })
    local begun = os.time()
    failure = failure_of(smb.connection_page, { servername = "silent", qualifier = "x", timeout = 1 })
    assert.same({ "call", 121, "ERROR_SEM_TIMEOUT" }, { failure.stage, failure.code, failure.name })
    assert.is_truthy(failure.message:find("waited 1 second", 1, true))
    assert.is_true(os.time() - begun <= 3)
  end)
end)

describe("Windows' own ways", function()
  local function write(name, text, mode)
    local path = lab.folder .. "/" .. name
    local file = assert(io.open(path, "wb"))
    file:write(text)
    file:close()
    if mode then lab.run(("chmod %s %s"):format(mode, path)) end
    return path
  end

  it("show who may read a file with secrets", function()
    -- Wine makes access control lists of the owner's and the others' bits.
    assert.equal("secret", system.read_private_file(write("secret", "secret", 600)))
    for _, mode in ipairs { "604", "602", "666", "644" } do
      local content, problem = system.read_private_file(write("secret", "secret", mode))
      assert.is_nil(content)
      assert.is_truthy(problem:find("icacls", 1, true), problem)
    end
  end)

  it("put a file in the place of another when it is whole, and write into a device", function()
    local old = write("old", "old")
    local function content()
      local file = assert(io.open(old))
      local text = file:read "a"
      file:close()
      return text
    end
    local output = assert(system.output_file(old))
    assert.is_true(output:write "new")
    assert.equal("old", content())
    output:close()
    assert.equal("old", content())
    local first, second = assert(system.output_file(old)), assert(system.output_file(old))
    assert.is_true(first:write "first" and second:write "second")
    assert.is_true(first:finish() and second:finish())
    assert.equal("second", content())
    local device = assert(system.output_file "NUL")
    assert.is_true(device:write(("x"):rep(100000)) and device:finish())
    local refused, problem = system.output_file(lab.folder .. "\\none\\x")
    assert.is_nil(refused)
    assert.is_truthy(problem:find("No such file", 1, true), problem)
  end)

  it("need lua-zlib for .gz, and leave nothing where it is missing", function()
    local path = lab.folder .. "/x.jsonl.gz"
    local writer, problem = snapshot_file.writer(path)
    assert.is_nil(writer)
    assert.is_truthy(problem:find("lua-zlib", 1, true))
    assert.is_nil(io.open(path))
  end)

  it("quote an argument for cmd.exe, or refuse to", function()
    assert.equal('"https://host/a b?c=1&d=%20"', platform.quoted "https://host/a b?c=1&d=%20")
    for _, argument in ipairs { 'a"b', "%PATH%", "a\nb", [[C:\]] } do assert.is_nil(platform.quoted(argument)) end
    local pipe = io.popen("echo " .. platform.quoted "a & b | c > d")
    assert.equal("a & b | c > d", pipe:read "a":match '^"?([^"%c]+)')
    pipe:close()
  end)

  it("take a first line from a command of cmd.exe", function()
    local credentials = require "rollcall.internal.credentials"
    assert.equal(lab.password, (credentials.from_command("echo " .. lab.password)))
    assert.is_nil((credentials.from_command "no-such-command-here 2> NUL"))
  end)

  it("let a watch poll twice, and write a snapshot", function()
    local inventory = write("inventory.lua", 'smb { servers = "double", query = "sessions" }')
    local kept = write("kept.jsonl", "an older file")
    local output, code, complaint = lab.run(("%s watch %s --times 2 --interval 0.1 --snapshot %s"):format(lab.command, inventory, kept))
    assert.same({ 0, "" }, { code, complaint })
    assert.is_truthy(output:find("alice  -         WS-ALICE  double", 1, true), output)
    local file = assert(io.open(kept))
    local first = file:read "l"
    assert.equal("snapshot", require("cjson").decode(first).kind)
    file:close()
  end)

  it("leave the bytes of the command's output alone", function()
    local command = ("%s connections double -q people --format "):format(lab.command)
    local csv = lab.run(command .. "csv")
    assert.is_truthy(csv:find("\r\n", 1, true))
    assert.is_nil(csv:find("\r\r\n", 1, true))
    assert.is_nil(lab.run(command .. "jsonl"):find("\r", 1, true))
  end)

  it("let a program that catches signals come to its end when its console is closed", function()
    local path, ended = lab.folder .. "/closing.lua", lab.folder .. "/ended"
    assert(io.open(path, "wb")):write(([[
      local system = require "rollcall.system"
      system.catch_signals()
      assert(not system.sleep(20) and system.caught_signal() == 15)
      local until_then = os.time() + 2
      while os.time() < until_then do end
      assert(io.open(%q, "w")):write "ended":close()]]):format(ended)):close()
    local _, code, complaint = lab.run(". spec/windows/environment; wine build/windows/bin/closing.exe " .. path)
    assert.equal(0, code, complaint)
    assert(io.open(ended)):close()
  end)

  it("sleep, and report no signal where none came", function()
    system.catch_signals()
    assert.is_nil(system.caught_signal())
    assert.is_true(system.sleep(0.05))
  end)
end)
