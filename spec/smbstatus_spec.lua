-- What a Samba says of itself: rows of its JSON, held against what it says over the network; and every form of the JSON that
-- there is or may be.
local cjson = require "cjson"

local input = require "rollcall.smbstatus.input"
local lab = require "spec.lab"
local memory = require "rollcall.internal.memory"
local presence = require "rollcall.presence"
local said = require "spec.reference.said"
local smb = require "rollcall.smb"
local smbstatus = require "rollcall.smbstatus"

local STATUS = ". spec/lab/samba.sh; samba_environment smbstatus -s %s/smb.conf --json"
local of_lab = STATUS:format(lab.folder)

---What a call gives of a command, of a file, or of a text or a table that becomes one.
local function gathered(call, what)
  local given = what
  if type(what) ~= "table" or not (what.command or what.file) then
    local path = lab.folder .. "/status.json"
    local file <close> = assert(io.open(path, "wb"))
    file:write(type(what) == "table" and cjson.encode(what) or what)
    file:flush()
    given = { file = path }
  end
  local rows, outcome, failures = {}, nil, {}
  local options = {
    server = "fs1", on_target = function(one) outcome = one end, on_error = function(one) failures[#failures + 1] = one end,
  }
  for name, value in pairs(given) do options[name] = value end
  for row in smbstatus[call](options) do rows[#rows + 1] = row end
  return rows, outcome, failures
end

local function by(rows, name)
  local map = {}
  for _, row in ipairs(rows) do map[row[name] or ""] = row end
  return map
end

local function sorted(rows, describe_row)
  local texts = {}
  for _, row in ipairs(rows) do texts[#texts + 1] = describe_row(row) end
  table.sort(texts)
  return texts
end

---A document as a later Samba than 4.17 writes it, of a client of each of two smbds; written for here.
local function sample()
  local function server(pid, unique) return { pid = pid, task_id = "0", vnn = "4294967295", unique_id = unique } end
  local first, second = server("100", "18446744073709551614"), server("100", "18446744073709551613")
  local function protection(encryption, signing)
    return { cipher = encryption and "AES-256-GCM" or "-", degree = encryption or "none" },
      { cipher = signing and "AES-128-GMAC" or "", degree = signing or "none" }
  end
  local function with(entry, encryption, signing)
    entry.encryption, entry.signing = protection(encryption, signing)
    return entry
  end
  local function open(its_server, uid, id, more)
    local entry = {
      server_id = its_server, uid = uid, share_file_id = id, opened_at = "2026-11-21T11:59:00.000001+01:00",
      sharemode = { hex = "0x00000003", READ = true }, access_mask = { hex = "0x00000003", text = "RW" }, oplock = {}, lease = {},
    }
    for name, value in pairs(more or {}) do entry[name] = value end
    return entry
  end
  return {
    timestamp = "2026-11-21T12:00:00.250000+0100", version = "4.22.0", smb_conf = "/etc/samba/smb.conf",
    sessions = {
      ["11"] = with({
        session_id = "11", server_id = first, uid = 1001, gid = 100, username = "CORP\\alice", remote_machine = "WS-1",
        hostname = "ipv4:10.0.0.5:50312", session_dialect = "SMB3_11", creation_time = "2026-11-21T11:00:00.000000+01:00",
        expiration_time = "30828-09-14T02:48:05.477580+00:00", auth_time = "2026-11-21T11:00:00.000000+01:00",
        client_guid = "6b1a1bc6-0000-0000-0000-000000000000",
        channels = { ["1"] = { channel_id = "1", remote_address = "ipv4:10.0.0.5:50312", transport = "tcp" } },
      }, "full", "partial"),
      ["12"] = with({
        session_id = "12", server_id = second, uid = 1002, gid = 100, username = "CORP\\bob", remote_machine = "fe80::2",
        hostname = "ipv6:fe80::2:50312", session_dialect = "SMB2_10",
      }),
    },
    tcons = {
      ["21"] = with({
        service = "projects", server_id = first, tcon_id = "21", session_id = "11", machine = "WS-1",
        connected_at = "2026-11-21T11:30:00.900000+01:00",
      }, "full", "full"),
      ["22"] = with({
        service = "IPC$", server_id = first, tcon_id = "22", session_id = "11", machine = "WS-1", connected_at = "2026-11-21T10:30:00.9Z",
      }),
      ["4294967295"] = with({
        service = "public", server_id = second, tcon_id = "4294967295", session_id = "12", machine = "fe80::2",
        connected_at = "2026-11-21T12:00:01.000000+01:00",
      }),
    },
    open_files = {
      ["/srv/projects/a.txt"] = {
        service_path = "/srv/projects", filename = "a.txt", fileid = { devid = 1, inode = 2, extid = 0 }, num_pending_deletes = 0,
        opens = {
          ["100/1"] = open(first, 1001, "18446744073709551615"),
          ["100/2"] = open(second, 1002, "2", { access_mask = { hex = "0x00000004" } }),
        },
      },
      ["/srv/b"] = { service_path = "/srv/", filename = "b", opens = { ["100/3"] = open(first, 1001, "3") } },
    },
  }
end

describe("the status of the lab's Samba", function()
  local clients

  setup(function()
    clients = { lab.connect("alice", "projects", "plan.txt"), lab.connect("bob", "projects"), lab.connect("zoë", "public") }
  end)
  teardown(function()
    for _, client in ipairs(clients) do client.close() end
  end)

  it("has the sessions, the files and the number of connections that it says over the network", function()
    local over_network = {}
    for _, call in ipairs { "sessions", "files", "connections" } do
      over_network[call] = {}
      for row in smb[call](lab.as_auditor { servername = lab.samba }) do
        if row.username ~= lab.username and row.share ~= "IPC$" then table.insert(over_network[call], row) end
      end
    end
    local own = lab.username
    local function not_own(rows)
      local kept = {}
      for _, row in ipairs(rows) do
        if row.username ~= own and row.share ~= "IPC$" then kept[#kept + 1] = row end
      end
      return kept
    end
    local sessions, outcome = gathered("sessions", { command = of_lab })
    local function person(row) return row.username .. "@" .. row.client end
    assert.same(sorted(over_network.sessions, person), sorted(not_own(sessions), person))
    assert.same({ "smbstatus", "fs1", "complete" }, { outcome.source, outcome.target, outcome.completeness })

    local function file(row)
      return ("%s %s %d"):format(row.username, row.pathname:gsub("^C:", ""):gsub("\\", "/"), row.permissions)
    end
    local files = gathered("files", { command = of_lab })
    assert.equal(1, #files)
    assert.same(sorted(over_network.files, file), sorted(files, file))
    assert.same({ "projects", "127.0.0.1", "127.0.0.1" }, { files[1].share, files[1].client, files[1].address })

    local function share(row) return row.share end
    local connections = gathered("connections", { command = of_lab })
    assert.same(sorted(over_network.connections, share), sorted(not_own(connections), share))
    assert.same({ "alice projects", "bob projects", "zoë public" }, sorted(not_own(connections), function(row)
      return row.username .. " " .. row.share
    end))
    for _, row in ipairs(connections) do
      assert.is_nil(row.placeholder)
      assert.same({ "127.0.0.1", "127.0.0.1", "SMB3_11" }, { row.client, row.address, row.dialect })
      assert.is_true(row.time >= 0 and row.time < 600)
      assert.is_true(math.abs(os.time() - row.time - row.since) < 30)
    end
  end)

  it("has in the combined view whose each connection is, with its files", function()
    local rows, outcome = gathered("rollcall", { command = of_lab })
    local of = by(rows, "username")
    assert.same({ "projects", 1, "connection+session+file" }, { of.alice.share, of.alice.open_files, of.alice.sources })
    assert.is_truthy(of.alice.files[1]:find "/shares/projects/plan%.txt$")
    assert.same({ "projects", 0, "connection+session" }, { of.bob.share, of.bob.open_files, of.bob.sources })
    assert.equal("complete", outcome.completeness)
    assert.equal(outcome.claimed, outcome.received)
  end)
end)

describe("the status of another Samba of the lab", function()
  local port, command

  setup(function()
    port = lab.other_samba(("[forced]\npath = %s/shares/projects\nread only = no\nforce user = bob"):format(lab.folder))
    command = lab.run("ls -d $LAB_FOLDER/other-*/smb.conf | xargs grep -l 'force user'"):match "(%S+)/smb%.conf"
    command = STATUS:format(command)
  end)

  ---smbclient, told one command at a time: it waits for more input only once it has none.
  local function client_of(user, share, flags)
    local client = assert(io.popen(("exec smbclient -m SMB3 %s -p %d -U '%s%%%s' //127.0.0.1/%s > /dev/null 2>&1"):format(
      flags, port, user, lab.password, share), "w"))
    client:setvbuf "no"
    return client
  end

  local function eventually(what, call, condition)
    return lab.eventually(what, function()
      local rows = gathered(call, { command = command })
      return condition(rows) and rows
    end)
  end

  it("says of each connection whether it was encrypted or signed", function()
    for flag, expected in pairs {
      encrypt = { "full", "AES-128-GCM" }, sign = { "none", nil, "full", "AES-128-GMAC" }, [""] = { "none", nil, "none" },
    } do
      local client = client_of("bob", "projects", flag ~= "" and "--client-protection=" .. flag or "")
      eventually("a connection", "connections", function(rows) return rows[1] end)
      client:write "ls\n"
      local ok, problem = pcall(eventually, flag .. " packets", "connections", function(rows)
        local row = rows[1]
        return row.encryption == expected[1] and row.encryption_cipher == expected[2] and (not expected[3] or row.signing == expected[3]
          and row.signing_cipher == expected[4])
      end)
      client:close()
      assert.is_true(ok, problem)
      eventually("the end of it", "connections", function(rows) return #rows == 0 end)
    end
  end)

  -- smbd opens the file of alice under the uid of bob, who has a session of his own over the same smbd.
  it("does not say whose session a file is in by its uid, which 'force user' gives to others", function()
    local client = client_of("bob", "public", "")
    eventually("bob's connection", "connections", function(rows) return #rows == 1 end)
    client:write("logon alice ", lab.password, "\n")
    eventually("alice's session", "sessions", function(rows) return #rows == 2 end)
    client:write "tcon forced\n"
    eventually("alice's connection", "connections", function(rows) return #rows == 2 end)
    client:write "open plan.txt\n"
    local files = eventually("a file", "files", function(rows) return rows[1] end)
    local rows = gathered("rollcall", { command = command })
    client:close()
    assert.same({ "bob", "127.0.0.1" }, { files[1].username, files[1].client })
    assert.is_nil(files[1].session_id)
    assert.is_nil(files[1].share)
    for _, row in ipairs(rows) do
      assert.equal(row.files ~= nil, row.sources == "file")
      assert.is_nil(row.share and row.open_files)
    end
    assert.equal(3, #rows)
  end)
end)

describe("the JSON of smbstatus", function()
  it("of a later Samba gives every field that there is", function()
    for call, class in pairs { connections = "connection", sessions = "smb_session", files = "file", rollcall = "access" } do
      local fields = said.fields_of("rollcall.smbstatus." .. class)
      local seen = {}
      for _, row in ipairs((gathered(call, sample()))) do
        for name, value in pairs(row) do
          assert.is_truthy(said.admits(assert(fields[name], name).type, value), name)
          seen[name] = true
        end
        for name, field in pairs(fields) do assert.is_true(field.optional or row[name] ~= nil, name) end
      end
      assert.same(said.sorted(fields), said.sorted(seen))
    end
  end)

  it("gives connections with the user of their session, and times as of when it was written", function()
    local rows, outcome = gathered("connections", sample())
    assert.same({ 3, "complete", 3, 3 }, { #rows, outcome.completeness, outcome.claimed, outcome.received })
    assert.same({
      servername = "fs1", share = "projects", username = "CORP\\alice", client = "WS-1", address = "10.0.0.5", id = 21, session_id = "11",
      since = 1795257000, time = 1800, dialect = "SMB3_11", encryption = "full", encryption_cipher = "AES-256-GCM", signing = "full",
      signing_cipher = "AES-128-GMAC",
    }, by(rows, "share").projects)
    local public = by(rows, "share").public
    assert.same({ 4294967295, "fe80::2", 0, "none" }, { public.id, public.address, public.time, public.encryption })
    assert.equal(1800, by(rows, "share")["IPC$"].time)
  end)

  it("gives files with ids of any length, in their sessions where one smbd has one", function()
    local rows = gathered("files", sample())
    local of = by(rows, "share_file_id")
    assert.same({
      servername = "fs1", username = "CORP\\alice", pathname = "/srv/projects/a.txt", permissions = 3, share = "projects", client = "WS-1",
      address = "10.0.0.5", session_id = "11", share_file_id = "18446744073709551615", since = 1795258740, time = 60,
    }, of["18446744073709551615"])
    assert.same({ "/srv/b", 2, "12", "public" }, { of["3"].pathname, of["2"].permissions, of["2"].session_id, of["2"].share })
  end)

  it("of Samba 4.17 has no times of sessions", function()
    local document = sample()
    for _, session in pairs(document.sessions) do session.creation_time = nil end
    for _, row in ipairs((gathered("sessions", document))) do
      assert.is_nil(row.time)
      assert.is_nil(row.since)
      assert.is_string(row.encryption)
    end
  end)

  it("may lack anything, which is nil then, and may have what nobody knows", function()
    local count = 0
    for _, call in ipairs { "connections", "sessions", "files", "rollcall" } do
      local whole = #gathered(call, sample())
      local top = { timestamp = true, version = true, smb_conf = true }
      local function try(path, replacement)
        local document = sample()
        local place = document
        for i = 1, #path - 1 do place = place[path[i]] end
        place[path[#path]] = replacement
        place.new_field = { a = { cjson.null } }
        local rows, outcome = gathered(call, document)
        count = count + 1
        if #path >= 3 and path[1] ~= "open_files" or top[path[1]] then
          assert.is_true(#rows >= whole, table.concat(path, "."))
          assert.equal("complete", outcome.completeness, table.concat(path, "."))
        end
        for _, row in ipairs(rows) do assert.equal("fs1", row.servername) end
      end
      local paths = {}
      local function walk(value, path)
        for name, member in pairs(value) do
          local its_path = table.move(path, 1, #path, 1, {})
          its_path[#its_path + 1] = name
          paths[#paths + 1] = its_path
          if type(member) == "table" then walk(member, its_path) end
        end
      end
      walk(sample(), {})
      for _, path in ipairs(paths) do
        try(path, nil)
        if #path >= 3 then try(path, cjson.null) end
      end
    end
    assert.is_true(count > 500, count)
  end)

  it("with values of other types gives the rest, and is partial", function()
    for _, change in ipairs {
      { function(d) d.sessions["11"].username = 5 end, "sessions '11': username is of type number, not text" },
      { function(d) d.sessions["11"].uid = "x" end, "sessions '11': uid is of type string, not a number that is exact" },
      { function(d) d.sessions["11"].session_id = 1e19 end, "sessions '11': session_id is of type number, not a number that is exact" },
      { function(d) d.sessions["11"].encryption = "full" end, "sessions '11': encryption is of type string, not an object" },
      { function(d) d.sessions["11"] = { 1, 2 } end, "sessions: 11 is of type list, not an object" },
      { function(d) d.sessions["11"] = cjson.null end, "sessions '11' is null" },
      { function(d) d.tcons["21"].connected_at = "Sat" end, "tcons '21': connected_at is of type string, not a time" },
      { function(d) d.open_files["/srv/b"].opens = nil end, "open_files '/srv/b': opens is missing" },
      { function(d) d.timestamp = 7 end, "the JSON: timestamp is of type number, not text" },
    } do
      local document = sample()
      change[1](document)
      local rows, outcome, failures = gathered("rollcall", document)
      assert.is_true(#rows > 1)
      assert.same({ "partial", 1 }, { outcome.completeness, #failures })
      assert.equal("INVALID_ENTRY", failures[1].code)
      assert.is_truthy(outcome.reason:find(change[2]:sub(-30), 1, true), outcome.reason)
    end
  end)

  it("does not name as user who is not logged on yet", function()
    local document = sample()
    document.sessions["12"].uid, document.sessions["12"].username = -1, "(auth in progress)"
    for _, row in ipairs((gathered("rollcall", document))) do assert.is_true(row.username == nil or row.username == "CORP\\alice") end
  end)

  it("keeps names as they are but for what is no UTF-8", function()
    local document = sample()
    document.sessions["11"].username = "a\27[2J\xFF"
    assert.equal("a\27[2J\u{FFFD}", by(gathered("sessions", document), "session_id")["11"].username)
  end)
end)

describe("a file that is open", function()
  local function place(change, id)
    local document = sample()
    change(document)
    local row = by(gathered("files", document), "share_file_id")[id or "2"]
    return { row.session_id or "-", row.share or "-", row.client or "-" }
  end

  it("is in its smbd's only session, over its only connection that can have files, whatever its uid", function()
    assert.same({ "11", "projects", "WS-1" }, place(function() end, "3"))
    assert.same({ "12", "public", "fe80::2" }, place(function(d) d.open_files["/srv/projects/a.txt"].opens["100/2"].uid = 77 end))
  end)

  it("is over none of two connections, and in their session", function()
    assert.same({ "12", "-", "fe80::2" }, place(function(d)
      d.tcons["23"] = { service = "more", tcon_id = "23", session_id = "12", server_id = d.sessions["12"].server_id }
    end))
  end)

  local function with_another_session(document)
    document.sessions["13"] = {
      session_id = "13", uid = 1003, username = "eve", remote_machine = "fe80::2", server_id = document.sessions["12"].server_id,
    }
  end

  it("of two sessions is in that of the only connection", function()
    assert.same({ "12", "public", "fe80::2" }, place(with_another_session))
  end)

  it("of two sessions with connections is in neither, though the uid is that of one", function()
    assert.same({ "-", "-", "fe80::2" }, place(function(d)
      with_another_session(d)
      d.tcons["23"] = { service = "more", tcon_id = "23", session_id = "13", server_id = d.sessions["12"].server_id }
    end))
  end)

  it("is in none where a session or a connection does not say of which smbd it is", function()
    assert.same({ "-", "-", "-" }, place(function(d) d.sessions["11"].server_id = nil end))
    assert.same({ "12", "-", "fe80::2" }, place(function(d) d.tcons["21"].server_id = { pid = "100", task_id = "0", vnn = "0" } end))
  end)

  it("is in none where it was opened after the listing began, or may have been", function()
    for _, when in ipairs { "2026-11-21T12:00:00.250001+01:00", "2026-11-21T12:00:01Z", false } do
      assert.same({ "-", "-", "-" }, place(function(d) d.open_files["/srv/projects/a.txt"].opens["100/2"].opened_at = when or nil end))
    end
    assert.same({ "-", "-", "-" }, place(function(d) d.timestamp = nil end))
  end)

  it("is in none where its smbd differs in the last of 20 digits", function()
    assert.same({ "-", "-", "-" }, place(function(d)
      local entry = d.open_files["/srv/projects/a.txt"].opens["100/2"]
      entry.server_id = { pid = "100", task_id = "0", vnn = "4294967295", unique_id = "18446744073709551612" }
    end))
  end)
end)

describe("the combined view of a status", function()
  it("has each connection, each session without one, and each file once", function()
    local document = sample()
    document.sessions["14"] = {
      session_id = "14", uid = 1004, username = "dan", server_id = { pid = "7", task_id = "0", vnn = "0", unique_id = "7" },
    }
    document.tcons["23"] = { service = "more", tcon_id = "23", session_id = "11", server_id = document.sessions["11"].server_id }
    document.open_files["/srv/b"].opens["9/9"] = { share_file_id = "9", uid = 1001 }
    local rows = gathered("rollcall", document)
    assert.same({
      "- - file /srv/b 9", "CORP\\alice - session+file /srv/b /srv/projects/a.txt", "CORP\\alice IPC$ connection+session",
      "CORP\\alice more connection+session", "CORP\\alice projects connection+session",
      "CORP\\bob public connection+session+file /srv/projects/a.txt", "dan - session",
    }, sorted(rows, function(row)
      local files = row.files and " " .. table.concat(sorted(row.files, tostring), " ") or ""
      if row.sources == "file" then return ("- - file%s 9"):format(files) end
      return ("%s %s %s%s"):format(row.username, row.share or "-", row.sources, files)
    end))
    for _, row in ipairs(rows) do assert.is_nil(row.share and row.open_files) end
  end)

  it("is a view of presences: who, from which address, since when", function()
    local view = presence.of("access", by(gathered("rollcall", sample()), "share").projects, { now = 1795260000 })
    assert.same({ "alice", "fs1", "projects", "10.0.0.5", "10.0.0.5", 1795257000, 1800 },
      { view.user, view.origin, view.resource, view.client, view.address, view.since, view.duration })
    local file = presence.of("file", by(gathered("files", sample()), "share_file_id")["3"], { now = 1795260000 })
    assert.same({ "alice", "10.0.0.5", 1795258740, 60 }, { file.user, file.client, file.since, file.duration })
  end)
end)

describe("what is no status", function()
  local function fault(what, call)
    local rows, outcome, failures = gathered(call or "rollcall", what)
    assert.equal(1, #failures)
    assert.same({ "smbstatus", "fs1" }, { failures[1].source, failures[1].target })
    assert.is_truthy(outcome.reason:find(failures[1].message, 1, true))
    local options = type(what) == "table" and what.command and { server = "fs1", command = what.command, deadline = what.deadline }
    if options then
      local ok, raised = pcall(function() for _ in smbstatus.rollcall(options) do end end)
      assert.is_false(ok)
      assert.equal(failures[1].code, raised.code)
      assert.is_truthy(tostring(raised):find("fs1: " .. raised.stage .. ": ", 1, true))
    end
    return { failures[1].code, outcome.completeness, #rows, outcome.claimed }, failures[1].message
  end

  it("is never nobody: a command that fails", function()
    local result, message = fault { command = "echo 'sudo: a password\27 is required' >&2; exit 1" }
    assert.same({ "COMMAND_FAILED", "unreachable", 0, 0 }, result)
    assert.is_truthy(message:find("(exit code 1): sudo: a password\\x1B is required", 1, true), message)
    assert.same({ "COMMAND_FAILED", "unreachable", 0, 0 }, (fault { command = "no-such-program-here" }))
    assert.same({ "COMMAND_FAILED", "unreachable", 0, 0 }, (fault { command = "echo '{\"sessions\": {}}'; kill -TERM $$" }))
  end)

  it("is never nobody: a command that does not end, or goes on after its output", function()
    for _, command in ipairs { "sleep 60", "exec >&-; sleep 60", "while echo; do sleep 0.05; done" } do
      local began = os.time()
      assert.same({ "TIMED_OUT", "unreachable", 0, 0 }, (fault { command = command, deadline = 0.3 }))
      assert.is_true(os.time() - began < 20)
    end
  end)

  it("is never nobody: a file that cannot be read", function()
    assert.same({ "CANNOT_READ", "unreachable", 0, 0 }, (fault { file = lab.folder .. "/nowhere.json" }))
    assert.same({ "CANNOT_READ", "unreachable", 0, 0 }, (fault { file = lab.folder }))
  end)

  it("is never nobody: what is no JSON, and JSON that was cut anywhere", function()
    local whole = cjson.encode(sample())
    for _, content in ipairs { "", " \n", "locking.tdb not initialised\n", "\0", "[", '{"sessions": {"1": NaN}}', ("["):rep(100000) } do
      assert.same({ "INVALID_JSON", "unreachable", 0, 0 }, (fault(content)))
    end
    for length = 0, #whole - 1, 37 do
      assert.same({ "INVALID_JSON", "unreachable", 0, 0 }, (fault(whole:sub(1, length))))
    end
  end)

  it("is never nobody: JSON of another shape", function()
    for _, content in ipairs { "[]", "5", "null", '"sessions"', "{}", '{"timestamp": "2026-11-21T12:00:00Z"}', '{"sessions": null}' } do
      local result = fault(content)
      assert.is_true(result[1] == "NOT_SMBSTATUS" or result[1] == "MISSING_SECTION", content)
      assert.same({ "unreachable", 0, 0 }, { result[2], result[3], result[4] }, content)
    end
    for _, call in ipairs { "connections", "sessions", "files", "rollcall" } do
      local result = fault('{"sessions": [1], "tcons": [1], "open_files": "x"}', call)
      assert.same({ "unreachable", 0, 0 }, { result[2], result[3], result[4] })
    end
  end)

  it("is never nobody: a part of it", function()
    for section, results in pairs {
      sessions = { connections = "partial", sessions = "unreachable", files = "partial", rollcall = "partial" },
      tcons = { connections = "unreachable", files = "partial", rollcall = "partial" },
      open_files = { files = "unreachable", rollcall = "partial" },
    } do
      for call, expected in pairs(results) do
        local document = sample()
        document[section] = nil
        local result, message = fault(document, call)
        assert.same({ "MISSING_SECTION", expected }, { result[1], result[2] })
        assert.equal(expected == "partial", result[3] > 0)
        assert.is_truthy(message:find("the JSON has no " .. section, 1, true))
      end
    end
    local _, outcome, failures = gathered("sessions", { sessions = {} })
    assert.same({ "complete", 0 }, { outcome.completeness, #failures })
  end)

  it("is bounded in size, and in memory", function()
    local result = fault { command = ("head -c %d /dev/zero"):format(input.LIMIT + 1) }
    assert.same({ "TOO_LARGE", "unreachable", 0, 0 }, result)
    local began = os.clock()
    assert.same({ "INVALID_JSON", "unreachable", 0, 0 }, (fault(("\0"):rep(20 * 1024 * 1024))))
    assert.is_true(os.clock() - began < 5, os.clock() - began)
    local limit = memory.LIMIT
    memory.LIMIT = 1024
    local ok, dense = pcall(fault, '{"sessions": [' .. ("{},"):rep(10000) .. "{}]}")
    memory.LIMIT = limit
    assert.is_true(ok, dense)
    assert.same({ "TOO_LARGE", "unreachable", 0, 0 }, dense)
  end)
end)

describe("rollcall.smbstatus", function()
  it("says what is wrong with its options", function()
    for expected, given in pairs {
      ["server is missing: what to call the server in rows"] = { file = "x" },
      ["takes command or file, one of them"] = { server = "fs1" },
      ["deadline belongs to command"] = { server = "fs1", file = "x", deadline = 5 },
      ["unknown option 'sever'; did you mean 'server'?"] = { sever = "fs1" },
    } do
      local ok, problem = pcall(smbstatus.rollcall, given)
      assert.is_false(ok)
      assert.is_truthy(tostring(problem):find("smbstatus.rollcall: " .. expected, 1, true), tostring(problem))
    end
  end)

  it("waits by on_wait, for the same descriptor, and ends its command with the loop", function()
    local waits, descriptors = 0, {}
    local coroutine_of = coroutine.wrap(function()
      local rows = 0
      for _ in smbstatus.rollcall {
        server = "fs1", command = "sleep 0.2; " .. of_lab, on_wait = function(what)
          waits = waits + 1
          if what.descriptor then descriptors[what.descriptor] = true end
          return coroutine.yield(what)
        end,
      } do rows = rows + 1 end
      return "done", rows
    end)
    local system = require "rollcall.system"
    local what = coroutine_of()
    while what ~= "done" do what = coroutine_of(system.wait(what)) end
    assert.is_true(waits > 0)
    assert.is_true(next(descriptors) ~= nil and next(descriptors, (next(descriptors))) == nil)
    local before = lab.descriptors()
    local left = coroutine.create(function()
      for _ in smbstatus.rollcall { server = "fs1", command = "sleep 60", on_wait = coroutine.yield } do error "a row" end
    end)
    assert.is_true(coroutine.resume(left))
    assert.not_same(before, lab.descriptors())
    assert.is_true(coroutine.close(left))
    assert.same(before, lab.descriptors())
  end)

  it("gives each row once, and none after it is closed", function()
    local step, state = smbstatus.sessions { server = "fs1", command = ("printf %%s '%s'"):format(cjson.encode(sample())) }
    assert.is_table(step(state))
    state.close()
    assert.is_nil(step(state))
  end)
end)
