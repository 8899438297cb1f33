-- Sessions, files and shares, against real Samba and the doubles, with witnesses of the same moment.
local cjson = require "cjson"

local core = require "rollcall.smb.core"
local lab = require "spec.lab"
local smb = require "rollcall.smb"

local function rows_of(call, options)
  local rows = {}
  for row in smb[call](lab.as_auditor(options)) do rows[#rows + 1] = row end
  return rows
end

---The fields of a level, as the table in C has them.
local function fields_of(call, number)
  for _, level in ipairs(core.calls()[call].levels) do
    if level.level == number then return level.fields end
  end
end

local function only_fields(row, fields)
  local result = {}
  for _, field in ipairs(fields) do result[field.name] = row[field.name] end
  return result
end

local function sorted(rows, name)
  table.sort(rows, function(a, b) return tostring(a[name]) < tostring(b[name]) end)
  return rows
end

---Compares all fields at a level with what impacket's client gets. `moving`: fields that change by
---themselves from one moment to the next.
local function assert_agree(call, servername, port, level, by, moving)
  local expected = sorted(lab.witnessed(port, call, level), by)
  local rows = sorted(rows_of(call, { servername = servername, level = level }), by)
  local fields = fields_of(call, level)
  assert.equal(#expected, #rows)
  assert.is_true(#rows > 0)
  for i, row in ipairs(rows) do
    local got = only_fields(row, fields)
    for _, name in ipairs(moving or {}) do
      expected[i][name], got[name] = nil, nil
    end
    for _, field in ipairs(fields) do
      if field.type == "integer" and expected[i][field.name] then assert.equal("integer", math.type(got[field.name])) end
    end
    assert.same(expected[i], got)
  end
end

describe("a real Samba", function()
  local clients

  setup(function()
    clients = {
      lab.connect("alice", "projects", "plan.txt"), lab.connect("bob", "projects"), lab.connect("bob", "public"),
    }
  end)

  teardown(function()
    for _, client in ipairs(clients) do client.close() end
  end)

  it("lists its shares at every level that it knows, as impacket's client sees them", function()
    for _, level in ipairs { 0, 1, 2, 501 } do
      assert_agree("shares", lab.samba, lab.samba_port, level, "netname", { "current_uses" })
    end
    local names = {}
    for _, row in ipairs(rows_of("shares", { servername = lab.samba })) do names[row.share] = row.type end
    assert.same({ projects = 0, public = 0, ["IPC$"] = 0x80000003 }, names)
  end)

  it("lists its open files, as smbstatus and impacket's client see them", function()
    assert_agree("files", lab.samba, lab.samba_port, 3, "pathname")
    local files = rows_of("files", { servername = lab.samba })
    assert.equal(1, #files)
    assert.equal("alice", files[1].username)
    assert.is_truthy(files[1].pathname:find("plan.txt", 1, true))
    local opened = cjson.decode(lab.smbstatus "--json").open_files
    local names = {}
    for _, file in pairs(opened) do names[#names + 1] = file.filename end
    assert.same({ "plan.txt" }, names)
  end)

  it("lists its sessions, as smbstatus and impacket's client see them", function()
    assert_agree("sessions", lab.samba, lab.samba_port, 1, "username", { "time", "idle_time" })
    local users, expected = {}, {}
    for _, row in ipairs(rows_of("sessions", { servername = lab.samba })) do
      if row.username ~= lab.username then users[#users + 1] = row.username .. "@" .. row.client end
      assert.equal(1, row.level)
    end
    for _, session in pairs(cjson.decode(lab.smbstatus "--json").sessions) do
      if session.username ~= lab.username then expected[#expected + 1] = session.username .. "@127.0.0.1" end
    end
    table.sort(users)
    table.sort(expected)
    assert.same(expected, users)
    assert.equal(3, #users)
  end)

  it("is asked for a level that it does not know: a failure, or the next best one", function()
    for call, level in pairs { sessions = 502, files = 2 } do
      local ok, failure = pcall(rows_of, call, { servername = lab.samba, level = level })
      assert.is_false(ok)
      assert.equal("ERROR_INVALID_LEVEL", failure.name)
    end
    for call, level in pairs { sessions = 1, files = 3, shares = 2, connections = 1 } do
      local rows = rows_of(call, { servername = lab.samba, level = "best" })
      assert.is_true(#rows > 0)
      for _, row in ipairs(rows) do assert.equal(level, row.level) end
    end
    local page = smb.session_page(lab.as_auditor { servername = lab.samba, level = "best" })
    assert.equal(1, page.level)
    assert.equal(1, page.entries[1].level)
  end)

  it("is asked for one user's sessions and files", function()
    for _, row in ipairs(rows_of("sessions", { servername = lab.samba, filter = { username = "alice" } })) do
      assert.equal("alice", row.username)
    end
    assert.same({}, rows_of("files", { servername = lab.samba, filter = { username = "bob" } }))
  end)

  it("is asked for the files in a folder, which it does not heed, and for those of a user in another spelling", function()
    local path = rows_of("files", { servername = lab.samba })[1].pathname
    local folder = path:match("^(.*)\\[^\\]*$")
    local function count(filter)
      local rows = rows_of("files", { servername = lab.samba, filter = filter })
      local page = smb.file_page(lab.as_auditor { servername = lab.samba, filter = filter })
      assert.equal(#rows, #page.entries)
      return #rows
    end
    for wanted, found in pairs {
      ["Z:\\nowhere"] = 0, [folder] = 1, [folder:upper():gsub("\\", "/") .. "/"] = 1, [path] = 1, [folder:sub(1, -2)] = 0, ["C:\\"] = 1,
    } do
      assert.equal(found, count { basepath = wanted }, wanted)
    end
    assert.equal(1, count { username = "ALICE", basepath = folder })
    assert.equal(0, count { username = "bob", basepath = folder })
  end)

  it("is asked for a user in capitals, as it would let her log on", function()
    local client = lab.connect("ZOË", "public")
    local found = {}
    for _, name in ipairs { "ZOË", "zoë", "zoe" } do
      found[name] = #rows_of("sessions", { servername = lab.samba, filter = { username = name } })
    end
    client.close()
    assert.same({ ["ZOË"] = 1, ["zoë"] = 1, zoe = 0 }, found)
  end)

  it("gives a page of one user's sessions, and says how many it read", function()
    local page = smb.session_page(lab.as_auditor { servername = lab.samba, filter = { username = "alice" } })
    assert.equal(1, #page.entries)
    assert.equal("alice", page.entries[1].username)
    assert.equal(4, page.entriesread)
    local server <close> = smb.server(lab.as_auditor { servername = lab.samba })
    assert.equal(2, #server:session_page({ filter = { username = "Bob" } }).entries)
    assert.equal(0, #server:session_page({ filter = { client = "WS-7" } }).entries)
  end)

  it("lists the same shares to rpcclient", function()
    local output = lab.run(("rpcclient -p %d -U %s%%%s 127.0.0.1 -c netshareenumall"):format(
      lab.samba_port, lab.username, lab.password))
    local names = {}
    for name in output:gmatch("netname: ([^\n]+)") do names[#names + 1] = name end
    local ours = {}
    for _, row in ipairs(rows_of("shares", { servername = lab.samba })) do ours[#ours + 1] = row.share end
    assert.same(names, ours)
  end)

  it("is asked for the connections of every share in turn", function()
    local counts = {}
    for _, row in ipairs(rows_of("connections", { servername = lab.samba })) do
      counts[row.share] = (counts[row.share] or 0) + 1
    end
    assert.equal(2, counts.projects)
    assert.equal(1, counts.public)
    assert.is_true(counts["IPC$"] >= 1)
    for _, row in ipairs(rows_of("connections", { servername = lab.samba, hidden = false })) do
      assert.not_equal("IPC$", row.share)
    end
  end)

  it("denies all but the shares to who is no administrator", function()
    local function as_alice(call, level)
      return pcall(rows_of, call, { servername = lab.samba, username = "alice", level = level })
    end
    for _, call in ipairs { "sessions", "files", "connections" } do
      local ok, failure = as_alice(call)
      assert.is_false(ok)
      assert.equal("ERROR_ACCESS_DENIED", failure.name)
      assert.is_truthy(failure.message:find("Server Operators", 1, true))
    end
    assert.is_true((as_alice("shares", 1)))
  end)
end)

describe("a server that knows every level", function()
  local every = {
    connections = {}, sessions = { 0, 1, 2, 10, 502 }, files = { 2, 3 }, shares = { 0, 1, 2, 501 },
  }
  for call, levels in pairs(every) do
    for _, level in ipairs(levels) do
      it(("tells %s at level %d as impacket's client sees them"):format(call, level), function()
        assert_agree(call, lab.double, lab.double_port, level, call == "files" and "id" or call == "shares" and "netname" or "cname")
      end)
    end
  end

  it("has shares whose names are hard to handle, and connections to them", function()
    local by_share = {}
    for _, row in ipairs(rows_of("connections", { servername = lab.double })) do
      by_share[row.share] = (by_share[row.share] or "") .. row.username .. ";"
    end
    assert.same({
      projects = "CORP\\alice;bob;", public = "bob;", ["IPC$"] = "eve;", ["计划 💻"] = "Zoë;",
    }, by_share)
    local names = {}
    for _, row in ipairs(rows_of("shares", { servername = lab.double, level = 2 })) do names[#names + 1] = row.share end
    assert.same({
      "projects", "public", "ADMIN$", "C$", "IPC$", "Tom's \"own\" & <b>", "计划 💻", "two words$",
    }, names)
    local ok, page = pcall(smb.connection_page, lab.as_auditor { servername = lab.double, qualifier = "Tom's \"own\" & <b>" })
    assert.is_true(ok)
    assert.same({}, page.entries)
  end)

  it("filters by client, user and path", function()
    local sessions = rows_of("sessions", { servername = lab.double, filter = { client = "WS-BOB" } })
    assert.equal(1, #sessions)
    assert.equal("bob", sessions[1].username)
    assert.equal(1, #rows_of("sessions", { servername = lab.double, filter = { client = "\\\\WS-BOB", username = "bob" } }))
    assert.same({}, rows_of("sessions", { servername = lab.double, filter = { client = "WS-BOB", username = "alice" } }))
    local files = rows_of("files", { servername = lab.double, filter = { basepath = "D:\\plan" } })
    assert.equal(1, #files)
    assert.equal(4294967295, files[1].id)
    assert.equal(1, #rows_of("files", { servername = lab.double, filter = { username = "alice" } }))
  end)

  it("filters by the letters of a name, in capitals or not, and by the domain where both have one", function()
    local function count(call, filter)
      return #rows_of(call, { servername = lab.double, filter = filter })
    end
    assert.equal(1, count("sessions", { username = "ZOË" }))
    assert.equal(1, count("files", { username = "zoË" }))
    assert.equal(1, count("files", { username = "corp\\ALICE" }))
    assert.equal(0, count("files", { username = "other\\alice" }))
    assert.equal(1, count("sessions", { client = "ws-bob" }))
  end)

  it("is not asked for what cannot be filtered at a level", function()
    local server <close> = smb.server(lab.as_auditor { servername = lab.double })
    for name, ask in pairs {
      sessions = smb.sessions, session_page = smb.session_page, files = smb.files, file_page = smb.file_page,
    } do
      local is_sessions = name:find "^session"
      local options = { level = is_sessions and 0 or 2, filter = { username = "bob" } }
      local complaint = (": filter.username cannot be applied at level %d, whose entries have no username"):format(options.level)
      local ok, message = pcall(server[name], server, options)
      assert.is_false(ok)
      assert.is_truthy(message:find("server:" .. name .. complaint, 1, true), message)
      options.servername = lab.double
      ok, message = pcall(function() return (ask(lab.as_auditor(options))) end)
      assert.is_false(ok)
      assert.is_truthy(message:find("^[^:]*enumerations_spec.lua:%d+: smb." .. name .. ": filter"), message)
    end
    assert.equal(1, #rows_of("sessions", { servername = lab.double, level = 0, filter = { client = "WS-BOB" } }))
  end)

  it("fails where the best level that the server knows cannot be filtered", function()
    local options = { servername = lab.double, level = "best", filter = { username = "bob;levels=0" } }
    local ok, failure = pcall(rows_of, "sessions", options)
    assert.is_false(ok)
    assert.equal("ERROR_INVALID_LEVEL", failure.name)
    ok, failure = pcall(smb.session_page, lab.as_auditor(options))
    assert.is_false(ok)
    assert.equal("ERROR_INVALID_LEVEL", failure.name)
    local outcome
    options.on_error, options.on_target = function() end, function(its_outcome) outcome = its_outcome end
    options.filter = { username = ";levels=0" }
    assert.same({}, rows_of("sessions", options))
    assert.equal("partial", outcome.completeness)
  end)

  it("is checked at the door", function()
    assert.has_error(function() smb.sessions(lab.as_auditor { servername = "x", filter = { path = "y" } }) end)
    assert.has_error(function() smb.files(lab.as_auditor { servername = "x", filter = "y" }) end)
    assert.has_error(function() smb.shares(lab.as_auditor { servername = "x", filter = {} }) end)
    assert.has_error(function() smb.sessions(lab.as_auditor { servername = "x", level = 3 }) end)
    assert.has_error(function() smb.rollcall(lab.as_auditor { servername = "x", level = 1 }) end)
  end)

  it("gives all its pages, one by one and by hand", function()
    local ids, handle, page = {}, 0
    repeat
      page = smb.file_page(lab.as_auditor { servername = lab.big, prefmaxlen = 80 * 2100, resume_handle = handle })
      for _, entry in ipairs(page.entries) do ids[#ids + 1] = entry.id end
      handle = page.resume_handle
    until page.status ~= smb.ERROR_MORE_DATA
    assert.equal(5000, #ids)
    assert.equal(4999, ids[5000])
    local whole = smb.share_page(lab.as_auditor { servername = lab.big, prefmaxlen = smb.MAX_PREFERRED_LENGTH })
    assert.equal(500, whole.entriesread)
    for call, count in pairs { shares = 500, sessions = 5000, files = 5000 } do
      assert.equal(count, #rows_of(call, { servername = lab.big, prefmaxlen = 80 * 97 }))
    end
  end)
end)

describe("bad input to each call", function()
  local function ask(call, oddity)
    return pcall(function()
      local options = { servername = lab.double, timeout = 2, prefmaxlen = 160 }
      if call == "shares" then
        local number = ({ stuck = 0, ["circle=2"] = 1, ["status=87"] = 2, ["fault=5"] = 3, ["stop=30"] = 4, ["stub=00ff"] = 5,
          hang = 6, ["patch=2:07"] = 7 })[oddity]
        options.resume_handle = 0xF0000000 + number
      else
        options.filter = { username = ";" .. oddity }
      end
      return rows_of(call, options)
    end)
  end
  for _, call in ipairs { "sessions", "files", "shares" } do
    for oddity, name in pairs {
      ["stuck"] = "ERROR_INVALID_DATA", ["circle=2"] = "ERROR_INVALID_DATA", ["status=87"] = "ERROR_INVALID_PARAMETER",
      ["fault=5"] = "ERROR_ACCESS_DENIED", ["stop=30"] = "ERROR_NETNAME_DELETED", ["stub=00ff"] = "RPC_X_BAD_STUB_DATA",
      ["hang"] = "ERROR_SEM_TIMEOUT", ["patch=2:07"] = "RPC_S_PROTOCOL_ERROR",
    } do
      it(("%s: %s"):format(call, oddity), function()
        local ok, failure = ask(call, oddity)
        assert.is_false(ok)
        assert.equal(name, failure.name)
        assert.equal(lab.double, failure.target)
      end)
    end
  end
end)

describe("a server handle", function()
  it("serves every call over one logon", function()
    local server <close> = smb.server(lab.as_auditor { servername = lab.samba })
    local worker = lab.workers()
    local names = {}
    for row in server:shares() do names[#names + 1] = row.share end
    assert.equal(3, #names)
    local sessions = 0
    for _ in server:sessions { level = 1 } do sessions = sessions + 1 end
    assert.equal(1, sessions)
    assert.equal(0, server:file_page().entriesread)
    assert.equal(3, server:share_page({ level = 2 }).entriesread)
    assert.equal(1, server:session_page({ filter = { username = lab.username } }).entriesread)
    local connections = 0
    for _ in server:connections() do connections = connections + 1 end
    assert.equal(1, connections)
    assert.same(worker, lab.workers())
    assert.equal(1, #lab.workers())
  end)
end)
