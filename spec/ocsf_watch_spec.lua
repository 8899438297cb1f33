-- Whose sessions a watch saw begin and end, as events of the Open Cybersecurity Schema Framework.
local events = require "rollcall.cli.events.ocsf"
local hostile = require "spec.lab.hostile"
local inventory = require "rollcall.inventory"
local lab = require "spec.lab"
local read = require("spec.lab.ocsf").read
local snapshot = require "rollcall.snapshot"
local text_file = require "spec.lab.text_file"

local folder, processes

before_each(function()
  folder = lab.new_folder "ocsf"
  processes = {}
end)

after_each(function()
  for _, process in ipairs(processes) do lab.run("kill -9 " .. process) end
end)

local function put(name, text) return text_file.replace(folder .. "/" .. name, text) end

local content = text_file.so_far

describe("a watch as OCSF", function()
  ---Who is there from now on, and how it went.
  local function write(rows, completeness)
    local writer = assert(snapshot.create(folder .. "/people.jsonl"))
    for _, row in ipairs(rows) do writer:row(row[1], row[2]) end
    for _, target in ipairs { "fs1 smb_session", "fs1 logon", "fs1:4450 smb_session", "r1 session" } do
      local name, kind = target:match "(.*) (.*)"
      writer:outcome { source = kind == "session" and "workspace" or "smb", target = name, query = kind,
        completeness = completeness or "complete", reason = completeness }
    end
    writer:finish()
  end

  local function watch(options)
    put("inventory.lua", ("utc_offset(7200) snapshot %q"):format(folder .. "/people.jsonl"))
    return lab.run(("%s watch %s/inventory.lua --format ocsf --times 1 %s"):format(lab.command, folder, options))
  end

  local function start(command)
    local process = lab.start(command)
    processes[#processes + 1] = process
    return process
  end

  local function receiver()
    put("mode", "204")
    start(("/usr/bin/python3 spec/lab/receiver.py %s > /dev/null 2>&1"):format(folder))
    local port = lab.eventually("a receiver", function() return content(folder .. "/port"):match "%d+" end)
    lab.run(("mkdir -m 700 %s/queue"):format(folder))
    return ("--queue %s/queue --post http://127.0.0.1:%s/events"):format(folder, port)
  end

  local function said(list)
    local names = {}
    for i, event in ipairs(list) do
      names[i] = event.class_name .. " " .. event.activity_name .. (event.user and " " .. event.user.name or "")
    end
    return names
  end

  local alice = { "smb_session", { servername = "fs1:4450", username = "CORP\\alice", client = "WS-ALICE", num_opens = 1, time = 60 } }
  local eve = { "session", { origin = "r1", id = "s1", login_user = "eve", machine_name = "desk1", vm_ip = "10.2.2.2",
    client_ip = "10.0.0.9", client_name = "LAPTOP", start_time = "2026-11-21 09:00:00", session_state = "Active", tenant_id = "t1" } }

  it("has who logs on and off, with a name that stays, and says what is not known", function()
    local to_receiver = receiver()
    write {}
    assert.equal("", (watch(to_receiver)))
    write { alice, eve, { "connection", { servername = "fs1", share = "s", username = "bob" } },
      { "smb_session", { servername = "fs1", client = "WS-X" } }, { "smb_session", { servername = "fs1", username = "", client = "WS-Y" } },
      { "logon", { servername = "fs1", username = "carol", logon_domain = "CORP" } } }
    local before = os.time()
    local printed = watch(to_receiver)
    local list = read(printed)
    assert.same({ "Base Event Gap", "Authentication Logon alice", "Authentication Logon eve", "Base Event Logon", "Authentication Logon ",
      "Authentication Logon carol" }, said(list))
    assert.equal("the watch was not running", list[1].status_detail)
    assert.is_true(list[1].start_time <= list[1].end_time and list[1].end_time == list[1].time)
    assert.is_truthy(list[1].message:find("^what came and went since %d"), list[1].message)
    local logon = list[2]
    assert.same({ name = "alice", domain = "CORP" }, logon.user)
    assert.same({ { name = "WS-ALICE" }, { name = "fs1", port = 4450 } }, { logon.src_endpoint, logon.dst_endpoint })
    -- The session is a minute old, and was noticed now.
    local noticed = logon.metadata.logged_time / 1000
    assert.is_true(noticed >= before and noticed <= os.time())
    assert.same({ noticed - 60, noticed - 60 }, { logon.time / 1000, logon.session.created_time / 1000 })
    assert.same({ 1, "Success", 300201, 3, true }, {
      logon.status_id, logon.status, logon.type_uid, logon.logon_type_id, logon.is_remote })
    assert.equal("connected: CORP\\alice from WS-ALICE at fs1:4450", logon.message)
    assert.is_nil(logon.auth_protocol)
    -- 09:00 where the clock is two hours ahead.
    assert.equal(1795244400000, list[3].session.created_time)
    assert.same({ "s1", "t1", 10 }, { list[3].session.uid, list[3].metadata.tenant_uid, list[3].logon_type_id })
    assert.same({ { name = "LAPTOP", ip = "10.0.0.9" }, { name = "desk1", ip = "10.2.2.2" },
      { name = "Huawei Cloud Workspace", uid = "r1" } }, { list[3].src_endpoint, list[3].dst_endpoint, list[3].service })
    assert.same({ "the user is not known", "connected: a user who is not known from WS-X at fs1" },
      { list[4].status_detail, list[4].message })
    -- Nothing is known of when this one began.
    assert.same({ name = "carol", domain = "CORP" }, list[6].user)
    assert.is_nil(list[6].session or list[6].logon_type_id or list[6].is_remote)
    assert.equal(list[6].metadata.logged_time, list[6].time)
    assert.equal(printed, content(folder .. "/got"))
    local uids = {}
    for _, event in ipairs(list) do
      assert.is_nil(uids[event.metadata.uid])
      uids[event.metadata.uid] = true
    end

    write {}
    list = read((watch(to_receiver)))
    assert.same({ "Base Event Gap", "Authentication Logoff alice", "Authentication Logoff eve", "Base Event Logoff",
      "Authentication Logoff ", "Authentication Logoff carol" }, said(list))
    -- The minute was one before an earlier poll; the time of Workspace is one of the clock.
    assert.is_nil(list[2].session.created_time)
    assert.equal(list[2].metadata.logged_time, list[2].time)
    assert.equal(1795244400000, list[3].session.created_time)
    assert.equal(list[3].metadata.logged_time, list[3].time)
  end)

  it("sends an event that was not taken once more after a restart, as it was", function()
    local to_receiver = receiver()
    write {}
    watch(to_receiver)
    write { alice }
    put("mode", "500")
    local printed, code = watch(to_receiver)
    assert.equal(2, code)
    put("mode", "204")
    assert.equal("", (content(folder .. "/got")))
    local later = watch(to_receiver)
    assert.equal(printed .. later, content(folder .. "/got"))
    assert.same({ "Base Event Gap", "Authentication Logon alice", "Base Event Gap" }, said(read(printed .. later)))
  end)

  it("tells who cannot be seen from who has gone, and has no other differences", function()
    local to_receiver = receiver()
    write { alice }
    watch(to_receiver)
    local changed = { "smb_session", { servername = "fs1:4450", username = "CORP\\alice", client = "WS-ALICE", num_opens = 2, time = 90 } }
    write { changed }
    assert.same({ "Base Event Gap" }, said(read((watch(to_receiver)))))
    write({}, "unreachable")
    local list = read((watch(to_receiver)))
    assert.same({ "Base Event Gap", "Authentication Unverified alice" }, said(list))
    assert.is_nil(list[2].status_id or list[2].session.created_time)
    changed[2].time = 120
    write { changed }
    assert.same({ "Base Event Gap" }, said(read((watch(to_receiver)))))
    lab.run(("rm %s/queue/*"):format(folder))
    write({}, "unreachable")
    watch(to_receiver)
    write { alice }
    list = read((watch(to_receiver)))
    assert.same({ "Base Event Gap", "Authentication Newly visible alice" }, said(list))
    assert.is_nil(list[2].status_id)
    assert.equal(list[2].metadata.logged_time, list[2].time)
    assert.is_true(list[2].session.created_time < list[2].time)
  end)

  it("gives --run and standard output the same, and nobody what is no event", function()
    write { { "share", { servername = "fs1", share = "a" } } }
    put("inventory.lua", ("snapshot %q"):format(folder .. "/people.jsonl"))
    start(("%s watch %s/inventory.lua --format ocsf --interval 0.1 --run 'cat >> %s/ran' > %s/printed"):format(
      lab.command, folder, folder, folder))
    lab.run("sleep 0.5")
    write { { "share", { servername = "fs1", share = "b" } } }
    lab.run("sleep 0.5")
    write { { "share", { servername = "fs1", share = "b" } }, eve }
    lab.eventually("an event", function() return content(folder .. "/ran"):find "\n" end)
    assert.equal(content(folder .. "/ran"), content(folder .. "/printed"))
    assert.same({ "Authentication Logon eve" }, said(read(content(folder .. "/ran"))))
  end)

  it("of a real Samba has a user who comes and goes", function()
    put("samba.lua", ([[smb { servers = %q, query = "sessions", username = %q, password = env "LAB_PASSWORD" }]]):format(
      lab.samba, lab.username))
    start(("%s watch %s/samba.lua --format ocsf --interval 0.5 --snapshot %s/now.jsonl > %s/printed 2> %s/complaints"):format(
      lab.command, folder, folder, folder, folder))
    lab.eventually("a poll", function() return content(folder .. "/now.jsonl") ~= "" end)
    local client = lab.connect("alice", "projects")
    lab.eventually("a logon", function() return content(folder .. "/printed"):find('"Logon"', 1, true) end)
    client:close()
    lab.eventually("a logoff", function() return content(folder .. "/printed"):find('"Logoff"', 1, true) end)
    local list = read(content(folder .. "/printed"))
    assert.same({ "Authentication Logon alice", "Authentication Logoff alice" }, said(list))
    local address, port = lab.samba:match "(.*):(.*)"
    assert.same({ ip = address, port = tonumber(port) }, list[1].dst_endpoint)
    assert.same({ ip = "127.0.0.1" }, list[1].src_endpoint)
    assert.equal("", content(folder .. "/complaints"))
  end)

  it("is refused where nothing could come of it", function()
    for text, problem in pairs {
      ['smb { servers = "fs1" }'] = true, ['smb { servers = "fs1", query = "files" } rows { kind = "badge", { user = "x" } }'] = true,
      ['smbstatus { server = "fs1", file = "x", query = "connections" }'] = true,
      ['smb { servers = "fs1" } smb { servers = "fs1", query = "logons" }'] = false,
      ['smbstatus { server = "fs1", file = "x", query = "sessions" }'] = false,
      ['workspace { region = "ap-southeast-1", users = "x" }'] = false, ['snapshot "x.jsonl"'] = false,
    } do
      local found = events.problem(assert(inventory.parse(text, "i.lua")))
      assert.equal(problem, found ~= nil, text)
    end
    local path = put("inventory.lua", 'smb { servers = "fs1" }')
    local _, code, complaint = lab.run(("%s watch %s --format ocsf --times 1"):format(lab.command, path))
    assert.equal(3, code)
    assert.is_truthy(complaint:find('--format ocsf has sessions and logons, and the inventory asks for none', 1, true), complaint)
  end)

  it("has no syslog, which says so of events that wait already", function()
    local to_receiver = receiver()
    write {}
    watch(to_receiver)
    write { alice }
    put("mode", "500")
    watch(to_receiver)
    local to_syslog = ("--queue %s/queue --syslog tcp://127.0.0.1:%d"):format(folder, lab.free_port())
    local _, code, complaint = watch(to_syslog)
    assert.equal(3, code)
    assert.is_truthy(complaint:find("--format ocsf excludes --syslog", 1, true), complaint)
    start(([[/usr/bin/python3 -c 'import socket; socket.create_server(("127.0.0.1", %s)).accept()[0].recv(1)' > /dev/null 2>&1]]):format(
      to_syslog:match "%d+$"))
    lab.eventually("a listener", function()
      _, code, complaint = watch(to_syslog .. " --format jsonl")
      return complaint:find("was found with --format ocsf, and is for --post", 1, true)
    end)
    assert.equal(2, code)
  end)

  it("keeps lines whole whatever bytes a row has", function()
    local lines = {}
    for _, value in ipairs { "a\xff\0\n\xed\xa0\x80b", hostile.quotes, hostile.escapes, hostile.rtl } do
      lines[#lines + 1] = events.line({ event = "connected", kind = "smb_session",
        row = { servername = value, username = value, client = value, time = 4294967295 } }, 1700000000, {})
      lines[#lines + 1] = events.line({ event = "disconnected", kind = "session",
        row = { origin = value, login_user = value, machine_name = value, id = value, client_ip = value,
          start_time = value } }, 1700000000, {})
    end
    local list = read(table.concat(lines))
    assert.equal(8, #list)
    -- So old is no session.
    assert.is_nil(list[1].session.created_time)
    assert.equal(1700000000000, list[1].time)
  end)
end)
