-- rollcall who: one question over servers, an inventory or a snapshot.
local cjson = require "cjson"
local cloud = require "spec.cloud"
local lab = require "spec.lab"
local snapshot = require "rollcall.snapshot"
local text_file = require "spec.lab.text_file"

local function run(arguments)
  return lab.run(("ROLLCALL_PASSWORD=$LAB_PASSWORD %s who %s"):format(lab.command, arguments))
end

local function rows(arguments, expected_code)
  local output, code, complaint = run(arguments .. " -f json")
  assert.equal(expected_code or 0, code, complaint)
  local document = cjson.decode(output)
  return document.rows, document
end

local function put(name, text) return text_file.put(lab.folder .. "/" .. name, text) end

describe("rollcall who", function()
  local servers = ("%s -U %s"):format(lab.double, lab.username)

  it("says who has a file open, by its name, the end of its path, all of it, or a folder; and only these files", function()
    for _, what in ipairs { "plan.txt", "PLAN.TXT", [['projects\plan.txt']], "projects/plan.txt", [['C:\shares\projects\plan.txt']] } do
      local found = rows(what .. " " .. servers)
      assert.equal(1, #found, what)
      assert.same({ "alice", lab.double, { "C:\\shares\\projects\\plan.txt" } }, { found[1].user, found[1].origin, found[1].files }, what)
    end
    local below = {}
    for _, row in ipairs((rows([['C:\shares\']] .. " " .. servers))) do
      for _, path in ipairs(row.files) do below[#below + 1] = path end
    end
    table.sort(below)
    assert.same({ "C:\\shares\\PROJECTS\\sub\\x.txt", "C:\\shares\\projects\\plan.txt" }, below)
    for _, what in ipairs { "lan.txt", "pla", "plan.tx", "nobody" } do assert.same({}, (rows(what .. " " .. servers)), what) end
  end)

  it("says who is in a share, and what a user or a computer has", function()
    for _, row in ipairs((rows("Projects " .. servers))) do assert.equal("projects", row.resource) end
    assert.equal(2, #(rows("projects -c resource,client " .. servers)))
    for _, what in ipairs { "alice", "ALICE", [['CORP\alice']] } do
      local found = rows(what .. " " .. servers)
      assert.is_true(#found > 0, what)
      for _, row in ipairs(found) do assert.equal("alice", row.user, what) end
    end
    for _, what in ipairs { "ws-bob", [['\\WS-BOB']] } do
      local found = rows(what .. " " .. servers)
      assert.is_true(#found > 0, what)
      for _, row in ipairs(found) do assert.equal("WS-BOB", row.client, what) end
    end
  end)

  it("shows nobody where all answered, and a failure where one did not", function()
    local output, code, complaint = run("nobody " .. servers)
    assert.same({ 0, "" }, { code, complaint })
    assert.is_truthy(output:find("^# 0 rows, 0 users, 0 clients, 0 resources\n"), output)
    assert.is_truthy(output:find(("# %s: complete"):format(lab.double), 1, true), output)
    output, code, complaint = run(("nobody %s %s"):format(lab.closed, servers))
    assert.equal(2, code)
    assert.is_truthy(output:find(("# %s: unreachable"):format(lab.closed), 1, true), output)
    assert.is_truthy(complaint:find(lab.closed .. ": connect: connection refused", 1, true), complaint)
  end)

  it("asks inventories and snapshots, with their rows of any kind and their rule for users", function()
    local inventory = put("who.lua", ([[
      normalize_user(function(account) return (account:gsub("^adm%%-", ""):lower():gsub("^.*\\", "")) end)
      smb { servers = %q, username = %q, password = env "LAB_PASSWORD" }
      smb { servers = %q, query = "shares", username = %q, password = env "LAB_PASSWORD" }
      smb { servers = %q, query = "files", username = %q, password = env "LAB_PASSWORD" }
      rows { kind = "badge", { account = "adm-alice", resource = "door 1" }, { account = "bob", resource = "door 2", files = { "x" } } }]])
      :format(lab.double, lab.username, lab.double, lab.username, lab.double, lab.username))
    local function kinds_of(list)
      local kinds = {}
      for _, row in ipairs(list) do kinds[#kinds + 1] = row.kind .. ":" .. tostring(row.user) end
      table.sort(kinds)
      return table.concat(kinds, " ")
    end
    local columns = " -c kind,user,resource,files "
    assert.equal("access:alice file:alice", kinds_of(rows("plan.txt" .. columns .. inventory)))
    assert.is_truthy(kinds_of(rows("adm-alice" .. columns .. inventory)):find("badge:alice", 1, true))
    assert.equal("badge:bob", kinds_of(rows("'DOOR 2'" .. columns .. inventory)))
    for _, row in ipairs((rows("projects" .. columns .. inventory))) do assert.not_equal("share", row.kind) end
    local path = lab.folder .. "/who.jsonl"
    assert.equal(0, (select(2, lab.run(("%s snapshot %s -o %s"):format(lab.command, inventory, path)))))
    assert.equal("access:alice file:alice", kinds_of(rows("plan.txt" .. columns .. path)))
  end)

  ---A snapshot of rows, and of results for targets as `{ query, target }`.
  local function put_snapshot(name, given, results)
    local path = lab.folder .. "/" .. name
    local writer = assert(snapshot.create(path))
    for _, row in ipairs(given) do writer:row(row[1], row[2]) end
    for _, one in ipairs(results) do
      writer:outcome {
        source = one[1] == "session" and "workspace" or "smb", target = one[2] or "fs1", query = one[1], completeness = "complete",
      }
    end
    writer:finish()
    return path
  end

  ---The words of each result.
  local function results_of(document)
    local list = {}
    for i, one in ipairs(document.targets) do list[i] = one.query .. " " .. one.completeness end
    return table.concat(list, ", ")
  end

  it("says that it does not know where no source could", function()
    local alice = { servername = "fs1", username = "alice", client = "WS-ALICE" }
    local path = put_snapshot("sessions.jsonl", { { "smb_session", alice } },
      { { "smb_session" } })
    local found, document = rows("plan.txt " .. path, 2)
    assert.same({ 0, "smb_session partial" }, { #found, results_of(document) })
    assert.equal("rows of kind 'smb_session' do not say all of files and shares, of which 'plan.txt' may be one",
      document.targets[1].reason)
    assert.matches("fs1: rows of kind 'smb_session' do not say all of files and shares", select(3, run("plan.txt " .. path)), 1, true)
    for _, what in ipairs { "alice", [['CORP\alice']], "ws-alice", [['\\ws-alice']], "//ws-alice", [['\\ws-nobody']] } do
      found, document = rows(what .. " " .. path)
      assert.same({ what:find "nobody" and 0 or 1, "smb_session complete" }, { #found, results_of(document) }, what)
    end
    for query, whats in pairs {
      connection = { "plan.txt", "'C:\\x'" }, share = { "alice", "plan.txt", "projects" }, logon = { "plan.txt", "'\\\\ws-alice'" },
      file = { "alice", "projects", "//ws-alice" }, session = { "plan.txt", "alice", "//ws-alice", "'C:\\x'" },
    } do
      path = put_snapshot(query .. ".jsonl", {}, { { query } })
      for _, what in ipairs(whats) do
        found, document = rows(what .. " " .. path, 2)
        assert.same({ 0, query .. " partial" }, { #found, results_of(document) }, what)
      end
    end
    path = put_snapshot("whole.jsonl", {}, { { "connection" }, { "smb_session" }, { "file" } })
    assert.equal("connection complete, smb_session complete, file complete", results_of(select(2, rows("plan.txt " .. path))))
    path = put_snapshot("apart.jsonl", {}, { { "connection", "fs1" }, { "file", "fs2" } })
    assert.equal("connection partial, file partial", results_of(select(2, rows("plan.txt " .. path, 2))))
    local access = { servername = "fs1", username = "alice", share = "x", files = { "C:\\x\\plan.txt" } }
    path = put_snapshot("elsewhere.jsonl", { { "access", access } }, { { "access" }, { "session", "region" } })
    assert.equal("access complete, session complete", results_of(select(2, rows("plan.txt " .. path))))
    lab.run(("rm -rf %s/known && mkdir %s/known && %s snapshot %s/sessions.jsonl --append %s/known"):format(lab.folder, lab.folder,
      lab.command, lab.folder, lab.folder))
    document = select(2, rows("plan.txt --history " .. lab.folder .. "/known", 2))
    assert.matches("do not say all of files and shares", document.targets[2].reason, 1, true)
  end)

  it("knows of Workspace what was asked, and finds a session by every name of its user, computer and desktop", function()
    local desktop = { user_name = "alice", login_user = "CORP\\al", origin = "region", client_name = "laptop", client_ip = "10.0.0.7",
      machine_name = "DESK-0001", app_name = "CAD", session_state = "Active" }
    local path = put_snapshot("desktop.jsonl", { { "session", desktop } }, { { "session", "region" } })
    for _, what in ipairs { "alice", "al", "laptop", "//laptop", "10.0.0.7", "desk-0001", "cad" } do
      local of_user = what == "alice" or what == "al"
      local found, document = rows(what .. " " .. path, of_user and 0 or 2)
      assert.same({ 1, of_user and "session complete" or "session partial" }, { #found, results_of(document) }, what)
    end
    local inventory = put("users.lua", ([[workspace { endpoint = %q, ca_file = %q, project_id = %q, users = { "alice", "nobody" },
      token = env "LAB_CLOUD_TOKEN" }]]):format(cloud.tls, cloud.environment.CA_FILE, cloud.environment.PROJECT))
    local found, document = rows("nobody " .. inventory)
    assert.same({ 0, "session complete" }, { #found, results_of(document) })
    found, document = rows("bob " .. inventory, 2)
    assert.same({ 0, "session partial" }, { #found, results_of(document) })
    assert.equal("Workspace was asked about named users alone, and 'bob' may be, or belong to, another", document.targets[1].reason)
  end)

  it("filters, sorts and groups like any listing", function()
    local found = rows("'C:\\shares' --sort files --reverse --limit 1 -c files " .. servers)
    assert.same({ { files = { "C:\\shares\\projects\\plan.txt", "C:\\shares\\PROJECTS\\sub\\x.txt" } } }, found)
    local groups = rows("projects -g user " .. servers)
    assert.equal(2, #groups)
    assert.same({}, (rows("projects -w 'user=nobody' " .. servers)))
  end)

  it("says what is wrong with a call", function()
    local inventory = put("who_call.lua", 'rows { kind = "badge", { account = "alice" } }')
    for arguments, words in pairs {
      [""] = "missing argument 'WHAT'", ["alice"] = "no server is named; give SERVER or --servers-from",
      ["/ fs1"] = "invalid WHAT: '/'; it takes a name", ["alice " .. inventory .. " fs1"] = "beside which nothing else is asked",
      ["alice " .. inventory .. " -U bob"] = "-U belongs to servers; " .. inventory .. " names targets and credentials itself",
      ["alice " .. inventory .. " --timeout 3"] = "--timeout belongs to servers", ["alice /nowhere/x"] = "/nowhere/x: No such file",
      ["alice fs1 -w usr=x"] = "no row has a field 'usr'; did you mean 'user'?", ["alice x.lua"] = "x.lua: No such file",
      ["alice fs1 -r"] = "--reverse belongs to --sort", ["alice " .. inventory .. " -r"] = "--reverse belongs to --sort",
    } do
      local output, code, complaint = run(arguments)
      assert.same({ 3, "" }, { code, output }, arguments)
      assert.is_truthy(complaint:find(words, 1, true), arguments .. ": " .. complaint)
    end
  end)
end)
