-- Inventories: what they say, what is wrong with them, and the rows of all sources at once. The
-- Workspace source is a small fake module here; its own specs have the real one.
local inventory = require "rollcall.inventory"
local lab = require "spec.lab"
local policy = require "rollcall.policy"
local presence = require "rollcall.presence"

local function gathered(text)
  local inv = assert(inventory.parse(text, "inventory.lua"))
  local rows, outcomes, failures = {}, {}, {}
  for kind, row in inventory.rows(inv, {
    on_target = function(outcome) outcomes[#outcomes + 1] = outcome end,
    on_error = function(failure) failures[#failures + 1] = failure end,
  }) do
    rows[#rows + 1] = { kind, row }
  end
  table.sort(outcomes, function(a, b) return a.target .. (a.query or "") < b.target .. (b.query or "") end)
  return rows, outcomes, failures, inv
end

local function count(rows, kind)
  local number = 0
  for _, pair in ipairs(rows) do
    if pair[1] == kind then number = number + 1 end
  end
  return number
end

---A mock of rollcall.workspace, with the calls that inventories make.
local function fake_workspace(sessions)
  local seen = {}
  package.loaded["rollcall.workspace"] = {
    problem = function() end,
    client = function(given)
      seen.given = given
      return {
        sessions = function(_, options)
          local position = 0
          seen.users = options.user_name
          return function()
            while true do
              position = position + 1
              local one = sessions[position]
              if not one then return nil end
              if not one.failure then options.on_answer(one.user_name, 1) end
              if not one.failure then return one.row, one.user_name end
              options.on_error(one.failure)
            end
          end
        end,
        close = function() seen.closed = true end,
        project_id = function() return given.project_id end,
      }
    end,
  }
  return seen
end

describe("an inventory", function()
  after_each(function() package.loaded["rollcall.workspace"] = nil end)

  it("asks servers, each query side by side, and gives the result for each", function()
    local rows, outcomes, failures = gathered(([[
      local auditor = credential { username = %q, password = env "LAB_PASSWORD" }
      smb { servers = { %q, %q }, query = "connections", qualifier = "people", credential = auditor, timeout = 20 }
      smb { servers = %q, query = "sessions", username = %q, password = command "printenv LAB_PASSWORD" }
    ]]):format(lab.username, lab.double, lab.closed, lab.samba, lab.username))
    assert.equal(5, count(rows, "connection"))
    assert.same({ "complete", "connection" }, (function()
      for _, outcome in ipairs(outcomes) do
        if outcome.target == lab.double then return { outcome.completeness, outcome.query } end
      end
    end)())
    local by_target = {}
    for _, outcome in ipairs(outcomes) do by_target[outcome.target] = outcome.completeness end
    assert.same({ [lab.double] = "complete", [lab.closed] = "unreachable", [lab.samba] = "complete" }, by_target)
    assert.equal(1, #failures)
  end)

  it("gives logons and sessions to a rule over both", function()
    local text = ([[
      local auditor = credential { username = %q, password = env "LAB_PASSWORD" }
      smb { servers = %q, query = "logons", credential = auditor, timeout = 20 }
      smb { servers = %q, query = "sessions", credential = auditor, timeout = 20 }
    ]]):format(lab.username, lab.double, lab.double)
    local its_policy = assert(policy.parse([[
      rule(builtin.logged_on_and_away { id = "long", seconds = 30 })
      rule(builtin.logged_on_and_away { id = "short", seconds = 29 })
    ]], "policies.lua"))
    local outcomes = {}
    local rows, _, _, closing <close> = inventory.rows(assert(inventory.parse(text, "inventory.lua")), {
      on_target = function(outcome) outcomes[#outcomes + 1] = outcome end,
    })
    local result = policy.evaluate(its_policy, { rows = rows, outcomes = outcomes })
    assert.is_table(closing)
    assert.same({ "pass", "fail" }, { result.rules[1].verdict, result.rules[2].verdict })
    assert.same({ "alice is logged on, and has been idle in every session for 30s or more, longer than 29s" }, (function()
      local messages = {}
      for i, finding in ipairs(result.rules[2].findings) do messages[i] = finding.message end
      return messages
    end)())
  end)

  it("reads what Samba servers say of themselves, side by side, and says of each what is missing", function()
    local command = (". spec/lab/samba.sh; samba_environment smbstatus -s %s/smb.conf --json"):format(lab.folder)
    local path = lab.folder .. "/inventory-status.json"
    local file <close> = assert(io.open(path, "w"))
    file:write '{"timestamp": "2026-11-21T12:00:00Z", "sessions": {"1": {"session_id": "1", "username": "eve"}}}'
    file:flush()
    local client = lab.connect("alice", "projects")
    local began = os.time()
    local rows, outcomes, failures = gathered(([[
      smbstatus { server = "nas1", command = "sleep 2; %s" }
      smbstatus { server = "nas2", file = %q, query = "sessions" }
      smbstatus { server = "nas3", file = %q }
      smbstatus { server = "nas4", command = "sleep 2; exit 3" }
      smbstatus { server = "nas5", command = "sleep 100", deadline = 2 }
      smbstatus { server = "nas6", command = "%s", query = "connections" }
    ]]):format(command, path, path, command))
    client.close()
    assert.is_true(os.time() - began < 30)
    local of = {}
    for _, outcome in ipairs(outcomes) do of[outcome.target] = outcome.source .. " " .. outcome.query .. " " .. outcome.completeness end
    assert.same({
      nas1 = "smbstatus access complete", nas2 = "smbstatus smb_session complete", nas3 = "smbstatus access partial",
      nas4 = "smbstatus access unreachable", nas5 = "smbstatus access unreachable", nas6 = "smbstatus connection complete",
    }, of)
    assert.equal(3, #failures)
    local said = {}
    for _, pair in ipairs(rows) do
      said[("%s %s %s %s"):format(pair[1], pair[2].servername, pair[2].username, pair[2].share or "-")] = true
    end
    for _, expected in ipairs {
      "access nas1 alice projects", "smb_session nas2 eve -", "access nas3 eve -", "connection nas6 alice projects",
    } do assert.is_true(said[expected], expected) end
  end)

  it("says what is wrong with what a Samba server says of itself", function()
    for expected, text in pairs {
      ["i.lua:1: smbstatus: server is missing"] = 'smbstatus { file = "x" }',
      ["i.lua:1: smbstatus: takes command or file, one of them"] = 'smbstatus { server = "x" }',
      ["i.lua:1: smbstatus: deadline belongs to command"] = 'smbstatus { server = "x", file = "y", deadline = 4 }',
      ["i.lua:1: smbstatus: there is no field 'comand'; did you mean 'command'?"] = 'smbstatus { server = "x", comand = "y" }',
      ["i.lua:1: smbstatus: query must be rollcall, connections, sessions or files"] =
        'smbstatus { server = "x", file = "y", query = "shares" }',
    } do
      local inv, problem = inventory.parse(text, "i.lua")
      assert.is_nil(inv)
      assert.equal(expected, problem)
    end
  end)

  it("takes a password from a private file", function()
    local path = lab.folder .. "/secret"
    assert(io.open(path, "w")):write(lab.password, "\n"):close()
    lab.run("chmod 600 " .. path)
    local text = ([[smb { servers = %q, query = "connections", qualifier = "people", username = %q, password = file %q }]])
      :format(lab.double, lab.username, path)
    assert.equal(5, count((gathered(text)), "connection"))
    lab.run("chmod 644 " .. path)
    local inv = assert(inventory.parse(text, "inventory.lua"))
    assert.error_matches(function() inventory.rows(inv) end, "others", 1, true)
  end)

  it("asks Workspace for its users, and makes one person of them and of SMB's", function()
    local seen = fake_workspace {
      { row = { id = "1", login_user = "Alice@corp", session_state = "Active" }, user_name = "alice" },
      { failure = { source = "workspace", target = "bob", status = 500, message = "down" } },
    }
    local rows, outcomes, failures = gathered [[
      workspace { region = "r1", project_id = "p", token = command "echo t", users = { "alice", "bob" } }
      rows { kind = "badge", { account = "CORP\\alice", resource = "door" } }
      snapshot "/nowhere/x.jsonl"
    ]]
    assert.same({ "t", "p", "r1" }, { seen.given.token, seen.given.project_id, seen.given.region })
    assert.same({ "alice", "bob" }, seen.users)
    assert.is_true(seen.closed)
    local users = {}
    for _, pair in ipairs(rows) do users[presence.of(pair[1], pair[2]).user] = true end
    assert.same({ alice = true }, users)
    assert.equal(1, #failures)
    local told = {}
    for _, outcome in ipairs(outcomes) do told[outcome.target] = outcome.completeness end
    assert.same({ badge = "complete", r1 = "partial", ["/nowhere/x.jsonl"] = "unreachable" }, told)
  end)

  it("distinguishes a refusal from a service that is down", function()
    for status, completeness in pairs { [403] = "denied", [500] = "unreachable" } do
      fake_workspace { { failure = { status = status, message = "no" } } }
      local _, outcomes = gathered [[workspace { region = "r1", token = command "echo t", users = "alice" }]]
      assert.equal(completeness, outcomes[1].completeness)
    end
  end)

  it("asks the other servers and users where one has a name that none can have", function()
    local rows, outcomes, failures = gathered(([[
      smb { servers = { %q, "two words" }, query = "connections", qualifier = "people", username = %q, password = env "LAB_PASSWORD" }]])
      :format(lab.double, lab.username))
    assert.equal(5, count(rows, "connection"))
    assert.same({ 1, "two words" }, { #failures, failures[1].target })
    assert.same({ lab.double, "complete", "two words", "unreachable", "connection" }, { outcomes[1].target, outcomes[1].completeness,
      outcomes[2].target, outcomes[2].completeness, outcomes[2].query })
    local seen = fake_workspace {}
    gathered [[workspace { region = "r1", project_id = "p", token = command "echo t", users = { "alice", "" } }]]
    assert.same({ "alice", "" }, seen.users)
  end)

  it("leaves nothing under way when a secret cannot be fetched", function()
    local inv = assert(inventory.parse(([[
      smb { servers = %q, query = "connections", qualifier = "people", username = %q, password = env "LAB_PASSWORD" }
      smb { servers = %q, query = "sessions", username = "x", password = env "LAB_NOT_THERE" }]])
      :format(lab.double, lab.username, lab.double), "i"))
    local ended, problem = pcall(inventory.rows, inv)
    assert.same({ false, "i:2: env: the environment variable LAB_NOT_THERE is not set" }, { ended, problem })
    assert.same({}, lab.workers())
  end)

  it("passes over a row with a value that its field cannot have, and names it", function()
    for value, words in pairs {
      ["idle = 1.5"] = "field 'idle' must be an integer, not 1.5", ["score = 0/0"] = "field 'score' must be text, a number",
      ["score = 1/0"] = "field 'score' must be text, a number",
      ["account = {}"] = "field 'account' must be text, not a table", ["[1] = 'x'"] = "1 is not the name of a field",
      ["f = function() end"] = "field 'f' must be",
    } do
      local rows, outcomes = gathered(('rows { kind = "badge", { account = "a" }, { %s }, { account = "b" } }'):format(value))
      assert.same({ { "badge", { account = "a" } }, { "badge", { account = "b" } } }, rows)
      assert.same({ "partial", 3, 2 }, { outcomes[1].completeness, outcomes[1].claimed, outcomes[1].received })
      assert.equal("row 2: " .. words, outcomes[1].reason:sub(1, #words + 7))
    end
  end)

  it("asks a server or a user that is named twice once, and takes no two blocks that ask it the same", function()
    local inv = assert(inventory.parse([[smb { servers = { "fs1", "\\\\FS1", "fs2", "Fs1", "fs1:4450" } }
      workspace { users = { "alice", "Alice", "bob", "alice" }, region = "ap-southeast-1", project_id = "p" }
      smb { servers = "fs1", query = "files" } smb { servers = "fs1", query = "connections", qualifier = "a" }
      smb { servers = "fs1", query = "connections", qualifier = "b" } smb { servers = "fs1", port = 4450 }
      workspace { users = "alice", region = "ap-southeast-1", project_id = "q" }
      workspace { users = "carol", region = "ap-southeast-1", project_id = "p" }]], "i.lua"))
    assert.same({ "fs1", "fs2", "fs1:4450" }, inv.sources[1].fields.servers)
    assert.same({ "alice", "bob" }, inv.sources[2].fields.users)
    for text, words in pairs {
      ['smb { servers = { "fs1" } }\nsmb { servers = { "fs2", "FS1" }, query = "rollcall" }'] =
        "i.lua:2: smb: the block at i.lua:1 asks 'FS1' the same, whose rows would count twice",
      ['workspace { users = "al", region = "x", project_id = "p" }\nworkspace { users = "AL", region = "x", project_id = "p" }'] =
        "i.lua:2: workspace: the block at i.lua:1 asks 'AL' the same, whose rows would count twice",
    } do
      assert.equal(words, (select(2, inventory.parse(text, "i.lua"))))
    end
    local rows, outcomes = gathered(("smb { servers = { %q, %q }, query = 'shares', username = %q, password = env 'LAB_PASSWORD' }"):format(
      lab.samba, "\\\\" .. lab.samba, lab.username))
    assert.same({ 1, #rows }, { #outcomes, outcomes[1].received })
  end)

  it("may replace the rule by which accounts are matched", function()
    local _, _, _, inv = gathered [[
      normalize_user(function(account) return account:lower():gsub("^adm%-", "") end)
      rows { kind = "badge", { account = "ADM-Alice" } }
    ]]
    assert.equal("alice", presence.of("badge", { account = "ADM-Alice" }, { normalize_user = inv.normalize_user }).user)
  end)

  it("is in error where its normalize_user is, and leaves no account as it is", function()
    for rule, words in pairs {
      ["function(a) return a:lowr() end"] = "i.lua:1: attempt to call a nil value (method 'lowr')",
      ["function(a) return 7 end"] =
        "i.lua:1: normalize_user: returned a number for the account 'ADM-Alice'; it must return a string or nil",
      ["function(a) while true do end return a end"] = "i.lua:1: took too many instructions",
    } do
      local inv = assert(inventory.parse(("normalize_user(%s) rows { kind = 'badge', { account = 'ADM-Alice' } }"):format(rule), "i.lua"))
      local view = presence.of("badge", { account = "ADM-Alice" }, { normalize_user = inv.normalize_user })
      local ended, problem = pcall(function() return view.user end)
      assert.is_false(ended)
      assert.is_truthy(tostring(problem):find(words, 1, true), problem)
      local rules = "rule(builtin.sessions_per_user { max = 1 }) rule(builtin.accounts { deny = 'eve' })"
      local its_policy = assert(policy.parse(rules, "p.lua"))
      local given = { { "smb_session", { username = "ADM-Alice", client = "a" } } }
      local result = policy.evaluate(its_policy, {
        outcomes = { { source = "smb", target = "t", query = "smb_session", completeness = "complete" } },
        normalize_user = inv.normalize_user,
        rows = function()
          local one = table.remove(given)
          if one then return one[1], one[2] end
        end,
      })
      assert.same({ "unknown", "unknown" }, { result.rules[1].verdict, result.rules[2].verdict })
      assert.is_truthy(result.rules[1].reasons[1]:find(words, 1, true), result.rules[1].reasons[1])
      assert.equal(3, policy.exit_code(result))
    end
  end)

  it("ends what is under way when the loop is left", function()
    local inv = assert(inventory.parse(([[
      smb { servers = %q, query = "connections", qualifier = "rows-1000", username = %q, password = env "LAB_PASSWORD" }]])
      :format(lab.double, lab.username), "i"))
    do
      local step, _, _, closing <close> = inventory.rows(inv)
      assert.is_truthy(step())
      assert.equal(1, #lab.workers())
      assert.is_truthy(closing)
    end
    collectgarbage()
    assert.same({}, lab.workers())
  end)

  for words, text in pairs {
    ["i.lua:1: 'io' is not available in inventory files"] = "io.open('x')",
    ["i.lua: declares no source; smb, smbstatus, workspace, snapshot and rows declare one"] = "",
    ["i.lua:3: smb: password must be env"] = "smb {\n servers = 'fs1',\n password = 'hunter2' }",
    ["i.lua:2: smb: there is no field 'server'"] = "smb {\n server = 'fs1' }",
    ["i.lua:1: smb: servers is missing"] = "smb {}",
    ['i.lua:2: smb: servers must be the name or address of a server, not "two words"'] = "smb {\n servers = 'two words' }",
    ["i.lua:2: smb: servers must be names; number 2 is a number"] = "smb {\n servers = { 'fs1', 7 } }",
    ["i.lua:1: workspace: users must not be empty"] = "workspace { region = 'x', users = '' }",
    ["i.lua:1: smb: query must be rollcall, connections, sessions, files, shares or logons"] = "smb { servers = 'x', query = 'all' }",
    ["i.lua:2: smb: query must be rollcall, connections, sessions, files, shares or logons; did you mean 'connections'?"] =
      "smb { servers = 'x',\n query = 'conections' }",
    ["i.lua:2: rows: there is no kind 'conection'; did you mean 'connection'? A kind of your own must differ more from it"] =
      "rows { { a = 1 },\n kind = 'conection' }",
    ["i.lua:2: smb: qualifier belongs to query"] = "smb { servers = 'x',\n qualifier = 'projects' }",
    ["i.lua:1: smb: credential must be what credential"] = "smb { servers = 'x', credential = { username = 'a' } }",
    ["i.lua:1: workspace: users is missing"] = "workspace { region = 'x' }",
    ["i.lua:1: workspace: region or endpoint is missing"] = "workspace { users = 'x' }",
    ["i.lua:1: rows: kind must be a word of its own"] = "rows { kind = 'connection' }",
    ["i.lua:2: normalize_user is declared already"] = "local f = function() return 'x' end normalize_user(f)\nnormalize_user(f)",
    ["i.lua:1: normalize_user returns nothing"] = "normalize_user(function(a) local _ = a:lower() end)",
    ["i.lua:1: 'enviroment' is not available in inventory files"] = "smb { servers = 'x', password = enviroment 'X' }",
    ["i.lua:1: 'workspce' is not available in inventory files; did you mean 'workspace'?"] = "workspce {}",
    ["i.lua:1: normalize_user takes a function"] = "normalize_user 'x'",
    ["i.lua:1: took too many instructions"] = "for i = 1, 1e15 do end",
  } do
    it("reports an error with its place: " .. words, function()
      local inv, problem = inventory.parse(text, "i.lua")
      assert.is_nil(inv)
      assert.is_truthy(problem:find(words, 1, true), problem)
      assert.is_nil(problem:find("hunter2", 1, true))
    end)
  end
end)

describe("an inventory of real servers", function()
  local function write(name, text)
    local path = lab.folder .. "/" .. name
    local file = assert(io.open(path, "w"))
    file:write(text)
    file:close()
    return path
  end

  it("asks file servers and cloud desktops at once, and a refusal ends one source only", function()
    local path = write("real.lua", ([[
      smb { servers = { "%s", "%s" }, username = "%s", password = env "LAB_PASSWORD" }
      workspace {
        endpoint = "https://localhost:%s", ca_file = "%s", project_id = "%s", token = env "LAB_CLOUD_TOKEN",
        users = { "alice", "bob" },
      }
      workspace {
        endpoint = "https://localhost:%s", ca_file = "%s", project_id = "%s", token = env "LAB_PASSWORD",
        users = { "carol", "dan", "erin" },
      }
    ]]):format(lab.double, lab.closed, lab.username, os.getenv "LAB_CLOUD_PORT", os.getenv "LAB_CLOUD_CA_FILE",
      os.getenv "LAB_CLOUD_PROJECT", os.getenv "LAB_CLOUD_PORT", os.getenv "LAB_CLOUD_CA_FILE", os.getenv "LAB_CLOUD_PROJECT"))
    local kinds, completeness, refused = {}, {}, nil
    for kind in inventory.rows(assert(inventory.load(path)), {
      on_error = function() end,
      on_target = function(outcome)
        completeness[#completeness + 1] = outcome.source .. " " .. outcome.completeness
        if outcome.completeness == "denied" then refused = outcome end
      end,
    }) do kinds[kind] = (kinds[kind] or 0) + 1 end
    table.sort(completeness)
    assert.same({ access = 7, session = 3 }, kinds)
    assert.same({ "smb complete", "smb unreachable", "workspace complete", "workspace denied" }, completeness)
    -- Nobody was asked after the first.
    assert.equal(3, refused.claimed)
    assert.equal(0, refused.received)
    assert.matches("the query failed for 3 of 3 users: ", refused.reason, 1, true)
  end)

  it("leaves no connection to the cloud where the loop is left", function()
    local inv = assert(inventory.parse(([[
      workspace {
        endpoint = "https://localhost:%s", ca_file = "%s", project_id = "%s", token = env "LAB_CLOUD_TOKEN",
        users = { "alice", "bob" },
      }]]):format(os.getenv "LAB_CLOUD_PORT", os.getenv "LAB_CLOUD_CA_FILE", os.getenv "LAB_CLOUD_PROJECT"), "i"))
    collectgarbage()
    collectgarbage "stop"
    finally(function() collectgarbage "restart" end)
    local before = lab.descriptors()
    do
      local step, _, _, closing = inventory.rows(inv)
      local _ <close> = closing
      assert.equal("session", (step()))
      assert.is_true(#lab.descriptors() > #before)
    end
    assert.same(before, lab.descriptors())
  end)
end)
