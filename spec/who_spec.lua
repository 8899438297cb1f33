-- rollcall who: one question over servers, an inventory or a snapshot.
local cjson = require "cjson"
local lab = require "spec.lab"
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
    local snapshot = lab.folder .. "/who.jsonl"
    assert.equal(0, (select(2, lab.run(("%s snapshot %s -o %s"):format(lab.command, inventory, snapshot)))))
    assert.equal("access:alice file:alice", kinds_of(rows("plan.txt" .. columns .. snapshot)))
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
