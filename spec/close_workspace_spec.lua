-- What `rollcall close` shows, ends and leaves alone of the sessions of Workspace, in the lab's cloud.
local audit = require "spec.lab.audit"
local cjson = require "cjson"
local cloud = require "spec.cloud"
local lab = require "spec.lab"
local text_file = require "spec.lab.text_file"

local environment = cloud.environment
local audit_path, inventory, findings_path = lab.folder .. "/desktops.jsonl", lab.folder .. "/desktops.lua", lab.folder .. "/desktops.json"
local YES = ("--yes --audit %s"):format(audit_path)
local WHY = YES .. " --reason because"
local UNKNOWN = "a finding that does not say which one session or open file it is about cannot be closed\n"

local credentials = {
  token = 'token = env "LAB_CLOUD_TOKEN"', key = 'ak = env "LAB_CLOUD_AK", sk = env "LAB_CLOUD_SK"',
  login = ('username = "auditor", domain = "example-corp", password = env "LAB_CLOUD_PASSWORD", iam_endpoint = %q'):format(cloud.tls),
}

---A block of an inventory.
local function block(users, more)
  more = more or {}
  local names = {}
  for i, name in ipairs(users) do names[i] = ("%q"):format(name) end
  return ("workspace { endpoint = %q, ca_file = %q, project_id = %q, users = { %s }, %s }\n"):format(more.endpoint or cloud.tls,
    environment.CA_FILE, more.project or environment.PROJECT, table.concat(names, ", "), credentials[more.as or "token"])
end

---@return string path
local function put(...) return text_file.put(inventory, table.concat { ... }) end

local function close(arguments, prefix)
  return lab.run(("%s %s close %s"):format(prefix or "", lab.command, arguments))
end

local function logoffs()
  local ids = {}
  for i, body in ipairs(cloud.tell("counts").logoffs) do ids[i] = body.session_ids[1] end
  return ids
end

local function ids_of(user_name, more)
  local client <close> = cloud.key_client(more)
  local list = {}
  for row in client:sessions { user_name = user_name } do list[#list + 1] = row.id end
  return list
end

local function has(output, words) assert.is_truthy(output:find(words, 1, true), output) end

---The findings of a policy that everybody fails, as the command itself finds them.
local function check(policy, rows)
  text_file.put(lab.folder .. "/desktops_policy.lua", policy or
    'rule { id = "away", kind = "session", message = "{account} is there", check = function() return false end }')
  local _, code, complaint = lab.run(("%s check %s -p %s/desktops_policy.lua -f json -o %s"):format(lab.command, rows or inventory,
    lab.folder, findings_path))
  assert.equal(1, code, complaint)
  return ("%s --findings %s "):format(inventory, findings_path)
end

describe("rollcall close, of Workspace,", function()
  before_each(function()
    cloud.tell "forget"
    os.remove(audit_path)
  end)

  for as, logon in pairs { token = false, key = environment.AK, login = "example-corp\\auditor" } do
    it("shows, then ends a session, and notes as whom: " .. as, function()
      local before = ids_of "rows-3"
      local arguments = put(block({ "rows-3" }, { as = as })) .. " --session --id " .. before[2]
      local shown = ("session %s, of rows-3, on DESK-0002, Disconnected, since 2024-02-29 07:00:20\n"):format(before[2])
      local host = cloud.tls:match "//(.*)"
      local output, code, complaint = close(arguments)
      assert.same({ 0, "" }, { code, complaint })
      assert.equal(("%s: would close: %s# 1 thing would be closed; --yes closes them\n"):format(host, shown), output)
      assert.same({}, logoffs())
      assert.same({}, audit.entries(audit_path))
      output, code, complaint = close(arguments .. " " .. WHY)
      assert.same({ 0, "" }, { code, complaint })
      assert.equal(("%s: closed: %s# 1 closed or gone, 0 not\n"):format(host, shown), output)
      assert.same({ before[2] }, logoffs())
      assert.same({ before[1], before[3] }, ids_of "rows-3")
      assert.equal("intent, result closed", audit.phases(audit_path))
      for _, entry in ipairs(audit.entries(audit_path)) do
        assert.same({ logon or nil, "because", host }, { entry.logon, entry.reason, entry.servername })
        assert.equal(before[2], entry.workspace_session.id)
      end
      local recorded = text_file.content(audit_path)
      for _, secret in ipairs { "TOKEN", "SK", "PASSWORD" } do assert.is_nil(recorded:find(environment[secret], 1, true)) end
    end)
  end

  it("asks for the user that is named, whom the inventory need not name", function()
    put(block { "rows-3" })
    local output, code = close(inventory .. " --session --username carol " .. WHY)
    assert.equal(0, code, output)
    has(output, ": closed: session ")
    assert.same({}, ids_of "carol")
    assert.equal(3, #ids_of "rows-3")
    assert.equal("# 0 things would be closed; --yes closes them\n", (close(inventory .. " --session --username carol")))
  end)

  it("ends everybody's whom the inventory names, but no session that has ended", function()
    put(block { "rows-4", "bob" }, block { "carol" })
    local output, code = close(inventory .. " --session --all " .. WHY)
    assert.equal(0, code, output)
    has(output, "# 4 closed or gone, 0 not\n")
    assert.equal(4, #logoffs())
    assert.same({ 1, 1, 2 }, { #ids_of "rows-4", #ids_of "bob", #ids_of "alice" })
  end)

  it("ends those from a computer, by its name or address", function()
    put(block { "rows-3" })
    has(close(inventory .. " --session --client 192.0.2.3"), "# 1 thing would be closed")
    has(close(inventory .. " --session --client LAPTOP"), "# 3 things would be closed")
    has(close(inventory .. " --session --client 192.0.2"), "# 0 things would be closed")
  end)

  it("says which ids are not there, and not so where not all could be seen", function()
    local id = ids_of "rows-1"
    put(block { "rows-1" })
    has(close(inventory .. " --session --id 0123 --id " .. id[1]), ": absent: session 0123\n")
    has(close(inventory .. " --session --id 0123 --username carol"), ": left alone: session 0123: not there, or not what the other")
    put(block { "rows-1", "rows-2;status=403", "rows-1;idless" })
    local output, code, complaint = close(inventory .. " --session --id 0123 --id " .. id[1])
    assert.equal(2, code)
    assert.is_nil(output:find("absent", 1, true), output)
    has(output, "# 1 thing would be closed")
    has(complaint, ": could not look: rows-2;status=403: ")
    has(complaint, ": could not look: rows-1;idless: the service does not give the ids of all sessions\n")
  end)

  it("shows no escape sequence", function()
    put(block { "rows-1;x=\27[31m" })
    local output = close(inventory .. " --session --all")
    has(output, "of rows-1;x=\\x1B[31m")
    assert.is_nil(output:find("\27", 1, true))
  end)

  it("acts where the audit can be written, and nowhere else", function()
    put(block { "rows-1" })
    for path, words in pairs { ["/dev/null"] = "is not a regular file", [lab.folder .. "/nowhere/x"] = "No such file" } do
      local output, code, complaint = close(("%s --session --all --yes --reason x --audit %s"):format(inventory, path))
      assert.same({ "", 3 }, { output, code })
      has(complaint, "the audit cannot be written: ")
      has(complaint, words)
    end
    assert.same({}, logoffs())
    assert.is_nil(cloud.tell("counts").asked)
  end)

  it("leaves alone what is something else by the time of the act, and says what has gone", function()
    put(block { "rows-2;anew=2", "rows-2;taken=2", "rows-1;gone=2" })
    local output, code = close(inventory .. " --session --username 'rows-1;anew=2' " .. WHY)
    assert.equal(2, code)
    has(output, ": changed: session ")
    has(output, ": start_time of the session is now 2024-03-01 08:00:00\n# 0 closed or gone, 1 not\n")
    output, code = close(inventory .. " --session --username 'rows-1;taken=2' " .. WHY)
    assert.equal(2, code)
    has(output, ": login_user of the session is now eve\n")
    output, code = close(inventory .. " --session --username 'rows-1;gone=2' " .. WHY)
    assert.equal(0, code)
    has(output, ": absent: session ")
    assert.same({}, logoffs())
    assert.equal("result changed, result changed, result absent", audit.phases(audit_path))
  end)

  it("exits with 2 where the service refuses, and goes on with the others", function()
    put(block({ "rows-2;off-status=403", "carol" }, { as = "key" }))
    local output, code = close(inventory .. " --session --all " .. WHY)
    assert.equal(2, code)
    has(output, "it takes the IAM action workspace:session:logoffUserSession")
    has(output, ": closed: session ")
    has(output, "# 1 closed or gone, 2 not\n")
    assert.same({}, ids_of "carol")
  end)

  -- It takes the half minute after which a session that is listed still counts as present.
  it("does not believe a service that says yes and does nothing", function()
    put(block { "rows-1;off-nothing" })
    local output, code = close(inventory .. " --session --all " .. WHY)
    assert.equal(2, code)
    has(output, ": present: session ")
    assert.equal(1, #logoffs())
    assert.equal("intent, result present", audit.phases(audit_path))
  end)

  it("gets a new token where one expires in the middle", function()
    put(block({ "rows-3;off-hang=1.2" }, { as = "login" }))
    cloud.tell "life?seconds=1"
    local output, code = close(inventory .. " --session --all " .. WHY)
    assert.equal(0, code, output)
    has(output, "# 3 closed or gone, 0 not\n")
    assert.is_true(cloud.tell("counts").tokens > 2)
  end)

  it("ends with what is left where a token expires that it cannot renew", function()
    cloud.tell "life?seconds=3"
    local login = cjson.encode { auth = { identity = { methods = { "password" }, password = { user = { name = environment.USERNAME,
      password = environment.PASSWORD, domain = { name = environment.DOMAIN } } } }, scope = { project = { name = environment.REGION } } } }
    local token = lab.run(([[env -u LD_PRELOAD curl -s -i -H 'Content-Type: application/json;charset=utf8' -d '%s' \
      '%s/v3/auth/tokens?nocatalog=true']]):format(login, cloud.plain)):match "X%-Subject%-Token: (%S+)"
    put((block({ "rows-3;off-hang=3.2" }):gsub("LAB_CLOUD_TOKEN", "EXPIRING")))
    local output, code, complaint = close(inventory .. " --session --all " .. WHY, "EXPIRING=" .. token)
    assert.equal(2, code, complaint)
    has(output, ": unverified: session ")
    has(output, "# 0 closed or gone, 3 not\n")
    has(complaint, ": 2 more not tried: the credentials are refused\n")
    assert.equal(1, #logoffs())
    assert.equal(1, cloud.tell("counts").refusals)
    assert.is_nil((output .. complaint .. text_file.content(audit_path)):find(token, 1, true))
  end)

  it("ends with what is left where the gateway's code says that the credentials are refused", function()
    put(block({ "rows-3;off-refused" }, { as = "key" }))
    local output, code, complaint = close(inventory .. " --session --all " .. WHY)
    assert.equal(2, code, complaint)
    has(output, ": unverified: session ")
    has(complaint, ": 2 more not tried: the credentials are refused\n")
    assert.equal(1, #logoffs())
  end)

  it("does not lock a key that is refused in the middle, whatever it was to be used for", function()
    put(block({ "rows-4;off-lock" }, { as = "key" }), block({ "carol" }, { as = "key", project = environment.OTHER_PROJECT }))
    local output, code, complaint = close(inventory .. " --session --all " .. WHY)
    assert.equal(2, code)
    has(output, ": unverified: session ")
    has(complaint, ": 2 more not tried: the credentials are refused\n")
    has(complaint, ("project %s: could not look: "):format(environment.OTHER_PROJECT))
    has(complaint, ("not tried, since the same credentials have been refused for %s:1: "):format(inventory))
    assert.equal(1, #logoffs())
    -- The mock locks after five; the one more is the look after the act.
    assert.equal(6, cloud.tell("counts").refusals)
  end)

  it("stops at Ctrl-C, with what was done on record", function()
    put(block { "rows-3;off-hang=4" })
    local output, code = close(inventory .. " --session --all " .. WHY, "timeout --foreground -s INT 2")
    assert.is_true(code == 124 or code == 130, output)
    assert.equal(1, #logoffs())
    assert.equal("intent, result closed", audit.phases(audit_path))
  end)

  it("keeps projects and endpoints apart where user and session have the same names", function()
    local second = { project = environment.OTHER_PROJECT, as = "key" }
    put(block { "carol" }, block({ "carol" }, second), block({ "carol" }, { endpoint = cloud.http1 }))
    local output = close(inventory .. " --session --username carol")
    local host = cloud.tls:match "//(.*)"
    has(output, ("%s, project %s: would close: "):format(host, environment.PROJECT))
    has(output, ("%s, project %s: would close: "):format(host, environment.OTHER_PROJECT))
    has(output, ("%s: would close: "):format(cloud.http1:match "//(.*)"))
    has(output, "# 3 things would be closed")
    put(block({ "carol" }, second))
    local arguments = check()
    put(block { "carol" }, block({ "carol" }, second), block({ "carol" }, { endpoint = cloud.http1 }))
    local code
    output, code = close(arguments .. YES)
    assert.equal(0, code, output)
    has(output, ("%s, project %s: closed: "):format(host, environment.OTHER_PROJECT))
    has(output, "# 1 closed or gone, 0 not\n")
    assert.equal(1, #logoffs())
    assert.equal(1, #ids_of "carol")
    assert.same({}, ids_of("carol", { project_id = environment.OTHER_PROJECT }))
  end)

  it("leaves sources alone that name nothing to close, and says so", function()
    put(block { "carol" }, 'rows { kind = "badge", { account = "carol" } } snapshot "nowhere.jsonl"')
    local output, code, complaint = close(inventory .. " --session --all")
    assert.equal(0, code)
    has(output, "# 1 thing would be closed")
    assert.equal(("rollcall: %s: 2 sources left alone: only smb and workspace name what can be closed\n"):format(inventory), complaint)
  end)

  it("loads what can act with --yes alone", function()
    put(block { "carol" })
    local arguments = inventory .. " --session --all"
    for more, library in pairs { [""] = false, [" " .. WHY] = true } do
      local loaded = close(arguments .. more .. " 2>&1", "LD_DEBUG=files")
      assert.is_truthy(loaded:find("workspace/core.so", 1, true))
      assert.equal(library, loaded:find("workspace/closing.so", 1, true) ~= nil)
      assert.is_nil(loaded:find("smb/closing.so", 1, true))
    end
  end)
end)

describe("rollcall close, of findings about Workspace,", function()
  local scenario, server, stop, smb = lab.folder .. "/mixed.json", nil, nil, nil

  -- A session of alice and a file that she has open, and the blocks of an inventory that name its server.
  setup(function()
    text_file.put(scenario, cjson.encode {
      shares = {}, made = {}, acts = {},
      sessions = { { cname = "\\\\WS-ALICE", username = "alice", num_opens = 1, time = 5000, idle_time = 30, user_flags = 0 },
        { cname = "\\\\10.1.1.1", username = lab.username, num_opens = 0, time = 0, idle_time = 0, user_flags = 0 } },
      files = { { id = 7, permissions = 3, num_locks = 0, username = "alice", pathname = "D:\\plan.txt" },
        { id = 8, permissions = 3, num_locks = 0, username = "bob", pathname = "D:\\other.txt" } },
    })
    server, stop = lab.mock_server(scenario)
    smb = ("smb { servers = %q, query = %%q, username = %q, password = env %q }\n"):format(server, lab.username, "LAB_PASSWORD")
  end)

  teardown(function() stop() end)

  before_each(function()
    cloud.tell "forget"
    os.remove(audit_path)
  end)

  it("ends what a check finds and does not waive, and nothing else", function()
    put(block { "alice", "carol" }, block({ "rows-3", "bob" }, { endpoint = cloud.tls .. "/" }))
    local arguments = check [[
      rule { id = "left", kind = "session", message = "{account} left", check = function(p) return p.state ~= "Disconnected" end }
      rule { id = "carol", kind = "session", message = "no", check = function(p) return p.user ~= "carol" end }
      rule { id = "many", kind = "session", group_by = { "user" }, message = "{count}", check_group = function() return false end }
      waive { rule = "left", user = "alice", reason = "works", expires = "2036-01-01" }
    ]]
    local output, code, complaint = close(arguments)
    assert.equal(2, code, complaint)
    has(output, "# 2 things would be closed")
    assert.is_nil(output:find("project", 1, true), output)
    assert.same({}, logoffs())
    local second = ids_of "rows-3"[2]
    output, code, complaint = close(arguments .. YES)
    assert.equal(2, code, output .. complaint)
    has(output, "# 2 closed or gone, 4 not\n")
    assert.equal("rollcall: 4 findings left alone: " .. UNKNOWN, complaint)
    assert.same({ 2, 0, 2 }, { #ids_of "alice", #ids_of "carol", #ids_of "rows-3" })
    for _, id in ipairs(ids_of "rows-3") do assert.not_equal(second, id) end
    local recorded = text_file.content(audit_path)
    has(recorded, '"reason": "rows-3 left", "rule": "left", "result": "closed"')
    has(close(arguments .. YES), "# 2 closed or gone, 4 not\n")
    assert.equal(2, #logoffs())
  end)

  it("leaves alone a session that was replaced, and says so", function()
    for option, words in pairs { anew = "start_time of the session is now", taken = "login_user of the session is now eve" } do
      put(block { "rows-2;" .. option .. "=2" })
      local arguments = check()
      local output, code = close(arguments .. YES)
      assert.equal(2, code)
      has(output, words)
      has(output, "# 1 closed or gone, 1 not\n")
      assert.equal(1, #logoffs())
      cloud.tell "forget"
    end
    put(block { "rows-1;gone=2" })
    local output, code = close(check() .. YES)
    assert.equal(0, code)
    has(output, ": absent: session ")
    assert.same({}, logoffs())
  end)

  it("closes what is found of servers in the same run", function()
    put(block { "carol" }, smb:format "sessions", smb:format "files")
    local arguments = check [[rule { id = "r", message = "m", check = function(p) return p.user == "auditor" or p.user == "bob" end }]]
    local output, code, complaint = close(arguments .. YES)
    assert.same({ 0, "" }, { code, complaint }, output)
    has(output, ("%s: closed: session of alice from WS-ALICE"):format(server))
    has(output, ("%s: closed: file 7, D:\\plan.txt, of alice\n"):format(server))
    has(output, ": closed: session ea47ea3c49134bf3308247ad41df585b")
    has(output, "# 3 closed or gone, 0 not\n")
    assert.same({}, ids_of "carol")
    assert.equal(2, #cjson.decode(text_file.content(scenario)).acts)
    assert.equal("intent, result closed, intent, result closed, intent, result closed", audit.phases(audit_path))
  end)

  it("closes sessions and files of servers that an inventory names, with its credentials", function()
    put(smb:format "sessions", smb:format "files", block { "carol" })
    local output, code, complaint = close(inventory .. " --file --username bob " .. WHY)
    assert.same({ 0, "" }, { code, complaint }, output)
    assert.equal(("%s: closed: file 8, D:\\other.txt, of bob\n# 1 closed or gone, 0 not\n"):format(server), output)
    assert.equal(lab.username, audit.entries(audit_path)[1].logon)
    assert.is_nil(cloud.tell("counts").asked)
  end)

  it("closes what is found of rows that the command workspace printed", function()
    put(block { "carol" })
    local rows, merged = lab.folder .. "/desktops_rows.jsonl", lab.folder .. "/desktops_merged.jsonl"
    local _, code, complaint = lab.run(("ROLLCALL_TOKEN=$LAB_CLOUD_TOKEN %s workspace --endpoint %s --ca-file %s --project-id %s "
      .. "--user carol --format jsonl > %s"):format(lab.command, cloud.tls, environment.CA_FILE, environment.PROJECT, rows))
    assert.same({ 0, "" }, { code, complaint })
    _, code, complaint = lab.run(("%s merge %s -o %s"):format(lab.command, rows, merged))
    assert.same({ 0, "" }, { code, complaint })
    local arguments = check(nil, merged)
    local output
    output, code, complaint = close(arguments .. YES)
    assert.same({ 0, "" }, { code, complaint }, output)
    has(output, "# 1 closed or gone, 0 not\n")
    assert.same({}, ids_of "carol")
  end)

  it("refuses one that does not say all by which a session is known again", function()
    put(block { "carol" })
    local arguments = check()
    local document = cjson.decode(text_file.content(findings_path))
    local row = document.rules[1].findings[1].row
    for _, field in ipairs { "origin", "project_id", "id", "user_name", "login_user", "start_time" } do
      local value = row[field]
      row[field] = nil
      text_file.put(findings_path, cjson.encode(document))
      local output, code, complaint = close(arguments .. YES)
      assert.same({ "", 3 }, { output, code })
      assert.equal(("rollcall: %s: finding 1 of the rule 'away': %s is missing\n"):format(findings_path, field), complaint)
      row[field] = value
    end
    assert.same({}, logoffs())
    for _, option in ipairs { "idless", "start_timeless", "login_userless" } do
      put(block { "rows-1;" .. option })
      local output, code, complaint = close(check() .. YES)
      assert.same({ "# 0 closed or gone, 1 not\n", 2 }, { output, code })
      has(complaint, "1 finding left alone: " .. UNKNOWN)
    end
    assert.same({}, logoffs())
  end)

  it("refuses one about a service or server that the inventory does not name, before it asks any", function()
    put(block { "carol" })
    local arguments = check()
    cloud.tell "forget"
    local output, code, complaint = close("--findings " .. findings_path)
    assert.same({ "", 3 }, { output, code })
    assert.equal("rollcall: a finding is about a session of Workspace; give the inventory as well, which says how to reach the service\n",
      complaint)
    put(block({ "carol" }, { project = environment.OTHER_PROJECT, as = "key" }), block({ "carol" }, { endpoint = cloud.http1 }))
    output, code, complaint = close(arguments .. YES)
    assert.same({ "", 3 }, { output, code })
    assert.equal(("rollcall: a finding is about the service '%s' with the project '%s', which %s names nowhere\n"):format(cloud.tls,
      environment.PROJECT, inventory), complaint)
    text_file.put(findings_path, cjson.encode { schema = "rollcall/1", kind = "check", rules = { { id = "r", findings = {
      { message = "m", row = { servername = "fs9", id = 7 } } } } } })
    output, code, complaint = close(arguments .. YES)
    assert.same({ "", 3 }, { output, code })
    assert.equal(("rollcall: a finding is about the server 'fs9', which %s names nowhere\n"):format(inventory), complaint)
    put(block { "carol" }, smb:gsub("servers = %S+", "servers = 'fs9', port = 1,"):format "files",
      smb:gsub("servers = %S+", "servers = 'fs9', port = 2,"):format "files")
    output, code, complaint = close(arguments .. YES)
    assert.same({ "", 3 }, { output, code })
    assert.equal(("rollcall: a finding is about the server 'fs9', which %s names more than once\n"):format(inventory), complaint)
    assert.is_nil(cloud.tell("counts").requests)
  end)
end)
