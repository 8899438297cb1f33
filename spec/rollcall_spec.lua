-- The combined view, and completeness as data.
local lab = require "spec.lab"
local smb = require "rollcall.smb"

local function listing(options)
  local rows, outcomes, failures = {}, {}, {}
  options.on_target = function(outcome) outcomes[outcome.target] = outcome end
  options.on_error = function(failure) failures[#failures + 1] = failure end
  for row in smb.rollcall(lab.as_auditor(options)) do rows[#rows + 1] = row end
  return rows, outcomes, failures
end

local function by_user(rows)
  local users = {}
  for _, row in ipairs(rows) do
    users[row.username] = users[row.username] or {}
    table.insert(users[row.username], row)
  end
  return users
end

describe("the combined view of several servers", function()
  it("gives all of one before it waits for another", function()
    local uptime = require("rollcall.system").clock
    local began, last = uptime(), nil
    local done = {}
    for row in smb.rollcall(lab.as_auditor {
      servername = { lab.double, lab.silent }, timeout = 3, on_error = function() end,
      on_target = function(outcome) done[outcome.target] = uptime() - began end,
    }) do
      assert.equal(lab.double, row.servername)
      last = uptime() - began
    end
    assert.is_true(last < 2.5, tostring(last))
    assert.is_true(done[lab.double] < 2.5, tostring(done[lab.double]))
    assert.is_true(done[lab.silent] >= 3)
  end)
end)

describe("the combined view of a server that tells connections", function()
  it("has a row for each, with what sessions and files say of it", function()
    local users = by_user((listing { servername = lab.double }))
    local alice = users["CORP\\alice"]
    assert.equal(1, #alice)
    assert.same({
      servername = lab.double, username = "CORP\\alice", share = "projects", client = "WS-ALICE", open_files = 2,
      files = { "C:\\shares\\projects\\plan.txt", "C:\\shares\\PROJECTS\\sub\\x.txt" },
      time = 660, idle_time = 30, sources = "connection+session+file",
    }, alice[1])
    assert.equal(2, #users.bob)
    assert.equal(900, users.bob[1].idle_time)
    assert.same({ "D:\\plan\\a.txt" }, users["Zoë"][1].files)
    assert.equal("10.0.0.9", users["Zoë"][1].client)
    assert.equal("connection", users.eve[1].sources)
    assert.is_nil(users.eve[1].idle_time)
  end)

  it("has a row for a session that has no connection", function()
    local users = by_user((listing { servername = lab.double }))
    assert.same({
      servername = lab.double, username = "dave", client = "WS-IDLE", open_files = 0, time = 10, idle_time = 10,
      sources = "session",
    }, users.dave[1])
  end)

  it("has a row for a file that nobody is known to have open", function()
    local users = by_user((listing { servername = lab.double }))
    assert.same({ { servername = lab.double, username = "", files = { "\\PIPE\\srvsvc" }, sources = "file" } }, users[""])
  end)

  it("is complete, and says so after the last row", function()
    local told_after
    local rows = 0
    for _ in smb.rollcall(lab.as_auditor {
      servername = lab.double, on_target = function() told_after = rows end,
    }) do rows = rows + 1 end
    assert.equal(7, rows)
    assert.equal(7, told_after)
    local _, outcomes = listing { servername = lab.double }
    local logon = outcomes[lab.double].logon
    assert.equal(lab.username, logon.username)
    assert.is_true(math.type(logon.seconds) == "integer" and logon.seconds >= 0 and logon.seconds < 60)
    outcomes[lab.double].logon = nil
    assert.same({ source = "smb", target = lab.double, completeness = "complete", claimed = 13, received = 13 },
      outcomes[lab.double])
  end)

  it("holds for a server with 500 shares, 2,000 connections, and 5,000 sessions and files", function()
    local rows, outcomes = listing { servername = lab.big, timeout = 60 }
    assert.equal("complete", outcomes[lab.big].completeness)
    assert.equal(12000, outcomes[lab.big].received)
    assert.equal(5000, #rows)
    local connected, files, in_shares = 0, 0, 0
    for _, row in ipairs(rows) do
      if row.sources:find("connection", 1, true) then connected = connected + 1 end
      if row.files then files = files + #row.files end
      if row.share then in_shares = in_shares + 1 end
    end
    assert.equal(2000, connected)
    -- A file in the folder of a share that nobody is connected to is open over some share that is not listed.
    assert.equal(2000 + 3000 * 200 // 500, in_shares)
    assert.equal(5000, files)
  end)

  it("makes one logon and one worker a server", function()
    local function logons()
      return tonumber((lab.run(("cat %s/log/* | grep -c 'user [^ ]*%s. at .*NT_STATUS_OK'"):format(lab.folder, lab.username))))
    end
    local before = logons()
    assert.is_true(before > 0)
    listing { servername = lab.samba }
    assert.equal(before + 1, logons())
    local most = 0
    for _ in smb.rollcall(lab.as_auditor { servername = lab.double }) do most = math.max(most, #lab.workers()) end
    assert.equal(1, most)
  end)

  it("takes memory for sessions and files, not for connections", function()
    local script = ([[
      local smb = require "rollcall.smb"
      local rows = 0
      for _ in smb.rollcall { servername = "%s", username = "%s", password = os.getenv "LAB_PASSWORD", timeout = 60 } do
        rows = rows + 1
      end
      for line in io.lines "/proc/self/status" do
        local kilobytes = line:match "^VmHWM:%%s*(%%d+)"
        if kilobytes then print(rows, kilobytes) end
      end
    ]])
    local function peak(servername)
      local output = lab.run(("lua5.4 -e '%s'"):format(script:format(servername, lab.username)))
      local rows, kilobytes = output:match("(%d+)%s+(%d+)")
      return tonumber(rows), tonumber(kilobytes)
    end
    local few, small = peak(lab.double)
    local many, large = peak(lab.crowd)
    assert.equal(7, few)
    assert.equal(200005, many)
    assert.is_true(large - small < 2048, ("%d KiB for %d rows, %d KiB for %d"):format(small, few, large, many))
  end)
end)

describe("the combined view of a real Samba", function()
  local clients

  setup(function()
    clients = { lab.connect("alice", "projects", "plan.txt"), lab.connect("alice", "public"), lab.connect("bob", "public") }
  end)

  teardown(function()
    for _, client in ipairs(clients) do client.close() end
  end)

  it("shows no placeholder as a fact, and what sessions and files do say", function()
    local rows, outcomes = listing { servername = lab.samba }
    local users = by_user(rows)
    assert.is_nil(users.dummy_user)
    assert.equal(2, #users.alice)
    table.sort(users.alice, function(one, other) return one.open_files > other.open_files end)
    assert.equal("projects", users.alice[1].share)
    assert.equal(1, users.alice[1].open_files)
    assert.equal("session+file", users.alice[1].sources)
    assert.is_truthy(users.alice[1].files[1]:find("plan.txt", 1, true))
    assert.same({ "127.0.0.1", 0, "session" }, { users.alice[2].client, users.alice[2].open_files, users.alice[2].sources })
    assert.is_nil(users.alice[2].share)
    assert.is_nil(users.alice[2].files)
    assert.is_nil(users.bob[1].share)
    assert.equal("127.0.0.1", users.bob[1].client)
    assert.equal("session", users.bob[1].sources)
    local outcome = outcomes[lab.samba]
    assert.equal("placeholder", outcome.completeness)
    assert.same({ projects = 1, public = 2, ["IPC$"] = 1 }, outcome.connections)
    assert.is_truthy(outcome.reason:find("does not say", 1, true))
  end)
end)

describe("completeness", function()
  local function outcome_of(call, options)
    local result
    options.on_target = function(outcome) result = outcome end
    options.on_error = options.on_error or function() end
    for _ in smb[call](lab.as_auditor(options)) do end
    result.logon = nil
    return result
  end

  it("is complete where all came, also where that is nobody", function()
    assert.same({ source = "smb", target = lab.double, qualifier = "rows-0", completeness = "complete", claimed = 0, received = 0 },
      outcome_of("connections", { servername = lab.double, qualifier = "rows-0" }))
    assert.equal("complete", outcome_of("sessions", { servername = lab.double }).completeness)
  end)

  it("is unreachable where nobody answered", function()
    for _, servername in ipairs { lab.closed, lab.silent, "no.such.host.invalid" } do
      local outcome = outcome_of("files", { servername = servername, timeout = 1 })
      assert.equal("unreachable", outcome.completeness)
      assert.equal(0, outcome.received)
      assert.is_truthy(outcome.reason)
    end
  end)

  it("is denied where the server refuses the query or the logon", function()
    assert.equal("denied", outcome_of("sessions", { servername = lab.samba, username = "alice" }).completeness)
    assert.equal("denied", outcome_of("sessions", { servername = lab.samba, password = "wrong" }).completeness)
    assert.equal("denied", outcome_of("rollcall", { servername = lab.samba, username = "alice" }).completeness)
    assert.equal("denied", outcome_of("connections", { servername = lab.samba, username = "alice" }).completeness)
  end)

  it("is partial where not all came that was claimed, or an error came first", function()
    local short = outcome_of("connections", { servername = lab.double, qualifier = "rows-20;total=30" })
    assert.same({ "partial", 30, 20 }, { short.completeness, short.claimed, short.received })
    assert.is_truthy(short.reason:find("claimed 30 entries, and gave 20", 1, true))
    local cut = outcome_of("connections", { servername = lab.double, qualifier = "rows-100;status=59@3", prefmaxlen = 700 })
    assert.same({ "partial", 100, 20 }, { cut.completeness, cut.claimed, cut.received })
    assert.equal("partial", outcome_of("connections", { servername = lab.double, qualifier = "nothing" }).completeness)
  end)

  it("is placeholder where the server does not know", function()
    assert.equal("placeholder", outcome_of("connections", { servername = lab.samba, qualifier = "IPC$" }).completeness)
  end)

  it("is reported for every server of a fan-out", function()
    local completeness = {}
    for _ in smb.connections(lab.as_auditor {
      servername = { lab.double, lab.closed, lab.samba }, qualifier = "IPC$", on_error = function() end,
      on_target = function(outcome) completeness[outcome.target] = outcome.completeness end,
    }) do end
    assert.same({ [lab.double] = "complete", [lab.closed] = "unreachable", [lab.samba] = "placeholder" }, completeness)
  end)
end)
