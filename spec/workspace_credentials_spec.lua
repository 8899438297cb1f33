-- Credentials that are wrong are tried once, not once a client. The witness is the access log of nginx.
local cjson = require "cjson"
local cloud = require "spec.cloud"
local inventory = require "rollcall.inventory"
local lab = require "spec.lab"
local side_by_side = require "spec.lab.side_by_side"
local system = require "rollcall.system"
local text_file = require "spec.lab.text_file"

local environment = cloud.environment
local log_path = lab.folder .. "/cloud/access.log"
local inventory_path, key_path = lab.folder .. "/wrong_keys.lua", lab.folder .. "/key.txt"

local marks = 0

---The log, with all that was asked until now: nginx writes a line after its answer.
local function whole_log()
  marks = marks + 1
  local mark, deadline = ("/lab/mark-%d"):format(marks), system.clock() + 10
  os.execute(("env -u LD_PRELOAD curl -s -o /dev/null --cacert %s %s%s"):format(environment.CA_FILE, cloud.tls, mark))
  while system.clock() < deadline do
    local log = text_file.content(log_path)
    if log:find(mark .. " ", 1, true) then return log end
    system.sleep(0.01)
  end
  error "nginx did not log"
end

---The status of each request with this access key or token that reached nginx.
local function asked(credential)
  local statuses = {}
  for line in whole_log():gmatch "[^\n]+" do
    if (line .. " "):find(" " .. credential .. " ", 1, true) then statuses[#statuses + 1] = tonumber(line:match "^%d+") end
  end
  return statuses
end

-- Each test has keys of its own, since the Lua state remembers.
local number = 0
local function new_key()
  number = number + 1
  return ("WRONG%d-%d"):format(os.time(), number)
end

local function hex(text)
  return (text:gsub(".", function(character) return ("%02x"):format(character:byte()) end))
end

---What the gateway says of wrong credentials, for an option of a user's name; it may have another status than 401.
local function refusal(words)
  return hex(('{"error_code":"APIGW.0301","error_msg":"%s"}'):format(words or "Incorrect IAM authentication information"))
end

---How a client fares that is asked for these users: the rows, or what was raised.
local function ask(client, user_names, on_wait)
  local rows = {}
  local ran, failure = pcall(function()
    for row in client:sessions { user_name = user_names or "alice", on_wait = on_wait } do rows[#rows + 1] = row end
  end)
  client:close()
  return ran and rows, failure
end

---Asks with all of them at once.
local function ask_all(clients, user_names)
  local tasks, answers, failures = {}, {}, {}
  for i, client in ipairs(clients) do
    tasks[i] = function() answers[i], failures[i] = ask(client, user_names, coroutine.yield) end
  end
  side_by_side(tasks)
  return answers, failures
end

local function clients_of(count, make)
  local clients = {}
  for i = 1, count do clients[i] = make(i) end
  return clients
end

local function assert_one_was_tried(failures)
  local tried = 0
  for _, failure in ipairs(failures) do
    if failure.code == "CREDENTIALS_REFUSED" then
      assert.is_nil(failure.status)
      assert.matches("^not tried, since the same credentials have been refused for .+: ", failure.message)
    else
      tried = tried + 1
      assert.equal(401, failure.status)
    end
  end
  assert.equal(1, tried)
end

describe("a wrong access key", function()
  before_each(function() cloud.tell "forget" end)

  it("is tried by one of many clients, whichever comes first", function()
    local key, failures = new_key(), {}
    for i = 1, 8 do
      local rows
      rows, failures[i] = ask(cloud.key_client { ak = key, name = "client " .. i }, { "alice", "bob" })
      assert.is_false(rows)
    end
    assert_one_was_tried(failures)
    assert.equal("not tried, since the same credentials have been refused for client 1: " .. failures[1].message, failures[8].message)
    assert.same({ 401 }, asked(key))
  end)

  it("is tried by one of many clients that wait side by side, as a token is", function()
    local key = new_key()
    local users = { "alice", "bob" }
    local answers, failures = ask_all(clients_of(12, function() return cloud.key_client { ak = key } end), users)
    assert.equal(12, #failures)
    for i = 1, 12 do assert.is_false(answers[i]) end
    assert_one_was_tried(failures)
    assert.same({ 401 }, asked(key))
    local token = new_key()
    answers, failures = ask_all(clients_of(12, function() return cloud.client { token = token } end), users)
    assert.is_false(answers[12])
    assert_one_was_tried(failures)
    assert.same({ 401 }, asked(token))
  end)

  it("is named by the service and the project where the client has no name, and never by itself", function()
    local key = new_key()
    ask(cloud.key_client { ak = key })
    local _, failure = ask(cloud.key_client { ak = key })
    assert.matches(("refused for %s, project %s: "):format(cloud.tls, environment.PROJECT), failure.message, 1, true)
    assert.is_nil(tostring(failure):find(key, 1, true))
    assert.is_nil(tostring(failure):find(environment.SK, 1, true))
  end)

  it("keeps the end of a long name", function()
    local key = new_key()
    ask(cloud.key_client { ak = key, name = ("ü"):rep(4000) .. ".lua:7" })
    local _, failure = ask(cloud.key_client { ak = key })
    assert.matches("ü%.lua:7: ", failure.message)
    assert.truthy(utf8.len(failure.message))
  end)

  it("is a token in one project, and may be right in another", function()
    local token = new_key()
    ask(cloud.client { token = token })
    local _, failure = ask(cloud.client { token = token, project_id = environment.OTHER_PROJECT })
    assert.is_not_equal("CREDENTIALS_REFUSED", failure.code)
    assert.same({ 401, 401 }, asked(token))
  end)

  it("is named by a block whose file has a name that is no UTF-8", function()
    local path = lab.folder .. "/inv\xFC.lua"
    local block = "workspace { endpoint = %q, ca_file = %q, project_id = %q, token = env 'LAB_CLOUD_TOKEN', users = { 'alice' } }"
    text_file.put(path, block:format(cloud.tls, environment.CA_FILE, environment.PROJECT))
    local _, code, complaint = lab.run(("%s report '%s'"):format(lab.command, path))
    assert.equal(0, code, complaint)
    os.remove(path)
  end)

  it("stops no other key", function()
    local wrong, other = new_key(), new_key()
    ask(cloud.key_client { ak = wrong })
    local _, failure = ask(cloud.key_client { ak = other })
    assert.equal(401, failure.status)
    assert.equal(2, #ask(cloud.key_client()))
    local _, failures = ask_all { cloud.key_client { ak = wrong }, cloud.key_client() }
    assert.equal("CREDENTIALS_REFUSED", failures[1].code)
    assert.is_nil(failures[2])
    -- The same key with another secret is another credential.
    _, failure = ask(cloud.key_client { ak = wrong, sk = "another" })
    assert.equal(401, failure.status)
    assert.same({ { 401, 401 }, { 401 } }, { asked(wrong), asked(other) })
  end)

  it("is tried again after retry_refused", function()
    local key = new_key()
    ask(cloud.key_client { ak = key, retry_refused = 1 })
    ask(cloud.key_client { ak = key, retry_refused = 1 })
    system.sleep(1.1)
    ask(cloud.key_client { ak = key })
    assert.equal(1, #asked(key))
    local _, failures = ask_all(clients_of(4, function() return cloud.key_client { ak = key, retry_refused = 1 } end))
    assert_one_was_tried(failures)
    assert.same({ 401, 401 }, asked(key))
  end)

  it("is not held to be right by what answers without looking at it", function()
    for option, status in pairs { ["early=404"] = 404, ["early=403"] = 403, ["early=500"] = 500, ["early-body=" .. hex "<html>"] = 200 } do
      local key, users, failed = new_key(), { "x;" .. option }, {}
      for i = 2, 64 do users[i] = "rows-1;early-delay=0.2;n=" .. i end
      local ran, failure = pcall(cloud.collect, cloud.key_client { ak = key, retries = 0 }:sessions {
        user_name = users, concurrency = 32, on_error = function(early) failed[#failed + 1] = early.status end,
      })
      assert.is_false(ran)
      assert.same({ 401, { status } }, { failure.status, failed })
      -- 499: answered when nobody was there any more.
      local count = { [status] = 0, [401] = 0, [499] = 0 }
      for _, answered in ipairs(asked(key)) do count[answered] = count[answered] + 1 end
      assert.equal(1, count[status])
      assert.is_true(count[401] >= 1 and count[401] + count[499] <= 4, count[401] + count[499])
    end
  end)

  it("is one that the gateway's code says, whatever the status", function()
    local key = new_key()
    local _, failure = ask(cloud.key_client { ak = key }, "x;early-body=" .. refusal())
    assert.same({ 200, "APIGW.0301" }, { failure.status, failure.code })
    _, failure = ask(cloud.key_client { ak = key })
    assert.equal("CREDENTIALS_REFUSED", failure.code)
  end)

  it("is refused in whole characters, however long the words are", function()
    for _, character in ipairs { "é", "认", "😀" } do
      for before = 0, #character - 1 do
        local key = new_key()
        local words = ("x"):rep(before) .. character:rep(math.ceil(240 / #character))
        local _, first = ask(cloud.key_client { ak = key }, "x;early-body=" .. refusal(words))
        assert.equal(words, first.message)
        local _, failure = ask(cloud.key_client { ak = key })
        local shown = failure.message:match ": (x*[^x]*)$"
        assert.truthy(utf8.len(shown))
        assert.equal(words:sub(1, #shown), shown)
        assert.is_true(#shown <= 180 and #shown > 180 - #character)
      end
    end
  end)
end)

describe("a wrong password of an IAM user", function()
  before_each(function() cloud.tell "forget" end)

  it("is tried by one of many clients, of whichever project", function()
    local password = new_key()
    local _, failures = ask_all(clients_of(6, function(i)
      return cloud.login_client { password = password, project_id = i % 2 == 0 and environment.OTHER_PROJECT or nil }
    end))
    assert_one_was_tried(failures)
    for _, failure in ipairs(failures) do assert.equal("token", failure.stage) end
    assert.equal(1, cloud.tell("counts").tokens)
    assert.equal(2, #ask(cloud.login_client()))
  end)
end)

describe("a page in the place of IAM", function()
  before_each(function() cloud.tell "forget" end)

  it("does not prove a password", function()
    local password = new_key()
    cloud.tell "iam-pages?count=1"
    cloud.tell "iam-delay?seconds=0.3"
    local _, failures = ask_all(clients_of(12, function() return cloud.login_client { password = password, retries = 0 } end))
    local count = {}
    for _, failure in ipairs(failures) do
      local what = failure.status or failure.code
      count[what] = (count[what] or 0) + 1
    end
    assert.equal(1, count[200])
    assert.is_true(count[401] <= 4, count[401])
    assert.equal(12, 1 + count[401] + count.CREDENTIALS_REFUSED)
    assert.equal(1 + count[401], cloud.tell("counts").tokens)
  end)
end)

describe("a token that the gateway's code refuses, whatever the status", function()
  before_each(function() cloud.tell "forget" end)

  it("is renewed once, as one that 401 refuses", function()
    for option, status in pairs { ["body=" .. refusal()] = 200, ["status=401"] = 401 } do
      cloud.tell "forget"
      assert.equal(2, #ask(cloud.login_client(), "rows-2;" .. option .. "x1"))
      assert.equal(2, cloud.tell("counts").tokens)
      local _, failure = ask(cloud.login_client(), "x;" .. option)
      assert.equal(status, failure.status)
      assert.equal(4, cloud.tell("counts").tokens)
    end
  end)
end)

describe("credentials that are right", function()
  before_each(function() cloud.tell "forget" end)

  it("are used as before, after one round trip", function()
    for _, make in ipairs { cloud.key_client, cloud.client } do
      cloud.tell "forget"
      local began = system.clock()
      local answers = ask_all(clients_of(6, function(i) return make { name = "client " .. i } end),
        { "rows-1;delay=0.5", "rows-1;delay=0.5;b", "rows-1;delay=0.5;c" })
      for i = 1, 6 do assert.equal(3, #answers[i]) end
      assert.is_true(system.clock() - began < 1.9, system.clock() - began)
      assert.equal(18, cloud.tell("counts").requests)
    end
  end)

  it("are not held to be wrong by a project where they are not permitted", function()
    local _, failure = ask(cloud.client { project_id = environment.OTHER_PROJECT })
    assert.equal(403, failure.status)
    assert.equal(2, #ask(cloud.client()))
  end)

  it("are not kept from others by a query that shows nothing of them, over and over", function()
    local began, rows, failures = system.clock(), nil, 0
    local failing = coroutine.create(function()
      local client = cloud.key_client { retries = 0 }
      for _ in client:sessions {
        user_name = function() return not rows and system.clock() - began < 8 and "x;status=404;" .. failures or nil end,
        on_error = function() failures = failures + 1 end, on_wait = coroutine.yield,
      } do error "no row was to come" end
      client:close()
    end)
    repeat assert(coroutine.resume(failing)) until failures > 8
    side_by_side { failing, function() rows = ask(cloud.key_client(), "alice", coroutine.yield) end }
    assert.equal(2, #rows)
    assert.is_true(system.clock() - began < 4, system.clock() - began)
  end)

  it("wait for no service that does not answer, longer than for one attempt", function()
    local began = system.clock()
    local key = new_key()
    local _, failures = ask_all(clients_of(3, function()
      return cloud.key_client { ak = key, timeout = 0.5, retries = 0, endpoint = "https://127.0.0.1:1" }
    end))
    for i = 1, 3 do assert.equal("CURLE_COULDNT_CONNECT", failures[i].code) end
    assert.is_true(system.clock() - began < 3)
  end)
end)

describe("who tries credentials first and is then left alone", function()
  before_each(function() cloud.tell "forget" end)

  for what, make in pairs { ["a key"] = cloud.key_client, ["a password"] = cloud.login_client } do
    it("holds others no longer than its own deadline: " .. what, function()
      cloud.tell "iam-delay?seconds=1"
      local credentials = what == "a key" and { ak = new_key() } or { password = new_key() }
      local function client(more)
        for name, value in pairs(credentials) do more[name] = value end
        return make(more)
      end
      local left = coroutine.create(function()
        ask(client { timeout = 12, deadline = 0.7 }, "x;early-delay=1", coroutine.yield)
      end)
      assert(coroutine.resume(left))
      local began = system.clock()
      local _, failure = ask(client { timeout = 12 })
      local took = system.clock() - began
      assert.equal(401, failure.status)
      assert.is_true(took > 0.6 and took < 6, took)
      assert.equal("suspended", coroutine.status(left))
      assert.is_true(coroutine.close(left))
    end)
  end
end)

describe("a region's keys", function()
  it("are those of all regions, and those of another host are on their own", function()
    local realm = require("rollcall.workspace.endpoint").realm
    assert.equal(realm "workspace.ap-southeast-1.myhuaweicloud.com", realm "appstream.cn-north-4.myhuaweicloud.com")
    assert.equal("127.0.0.1:8443", realm "127.0.0.1:8443")
    assert.equal("amyhuaweicloud.com", realm "amyhuaweicloud.com")
  end)
end)

describe("an inventory of many blocks with one wrong key", function()
  before_each(function() cloud.tell "forget" end)

  local function block(credentials, users)
    return ("workspace { endpoint = %q, ca_file = %q, project_id = %q, users = { %s }, %s }\n"):format(cloud.tls, environment.CA_FILE,
      environment.PROJECT, users or "'alice', 'bob'", credentials)
  end

  ---So many that carry the same credentials, each about users of its own.
  local function blocks(count, credentials, more)
    local list = {}
    for i = 1, count do list[i] = block(credentials, ("'rows-1;%s%d', 'bob;%d'"):format(more or "", i, i)) end
    return table.concat(list)
  end

  ---@return string key
  local function put_blocks()
    local key = new_key()
    text_file.put(key_path, key)
    assert(os.execute("chmod 600 " .. key_path))
    text_file.put(inventory_path, blocks(7, ('ak = file %q, sk = env "LAB_CLOUD_SK"'):format(key_path))
      .. block 'token = env "LAB_CLOUD_TOKEN"')
    return key
  end

  for name, command in pairs {
    check = "check %s -p " .. lab.folder .. "/nobody.lua -f json", report = "report %s -f json", who = "who alice %s -f json",
    snapshot = "snapshot %s -o " .. lab.folder .. "/wrong_keys.jsonl", close = "close %s --session --all",
    watch = "watch %s --interval 0.3 --times 5",
  } do
    it("asks once: rollcall " .. name, function()
      text_file.put(lab.folder .. "/nobody.lua", 'rule { id = "r", kind = "session", message = "m", check = function() return true end }')
      local key = put_blocks()
      local output, _, complaint = lab.run(("%s " .. command):format(lab.command, inventory_path))
      assert.same({ 401 }, asked(key))
      assert.is_nil((output .. complaint):find(key, 1, true))
      if name ~= "close" then assert.truthy((output .. complaint):find("wrong_keys.lua:1", 1, true), output .. complaint) end
    end)
  end

  it("says of each block that is not asked by which it was refused, and that it is denied", function()
    put_blocks()
    local output, code = lab.run(("%s report %s -f json"):format(lab.command, inventory_path))
    assert.equal(2, code)
    local count, not_tried = {}, 0
    for _, target in ipairs(cjson.decode(output).targets) do
      count[target.completeness] = (count[target.completeness] or 0) + 1
      if (target.reason or ""):find("^the query failed for 2 of 2 users: not tried, since the same credentials have been refused for ") then
        not_tried = not_tried + 1
        assert.matches(inventory_path .. ":1: ", target.reason, 1, true)
      end
    end
    assert.same({ complete = 1, denied = 7 }, count)
    assert.equal(6, not_tried)
  end)

  it("is denied by the gateway's code as well, the block that was asked and the others", function()
    local key = new_key()
    text_file.put(key_path, key)
    text_file.put(inventory_path, blocks(3, ('ak = file %q, sk = env "LAB_CLOUD_SK"'):format(key_path), "early-body=" .. refusal() .. ";"))
    local output, code = lab.run(("%s report %s -f json"):format(lab.command, inventory_path))
    assert.equal(2, code)
    local completeness = {}
    for i, target in ipairs(cjson.decode(output).targets) do completeness[i] = target.completeness end
    assert.same({ "denied", "denied", "denied" }, completeness)
    assert.same({ 200 }, asked(key))
  end)

  it("tries a key that has been mended since", function()
    local key = put_blocks()
    local inv = assert(inventory.load(inventory_path))
    local function poll()
      local count = {}
      for _ in inventory.rows(inv, { on_target = function(outcome)
        count[outcome.completeness] = (count[outcome.completeness] or 0) + 1
      end }) do end -- luacheck: ignore 542
      return count
    end
    assert.same({ complete = 1, denied = 7 }, poll())
    assert.same({ complete = 1, denied = 7 }, poll())
    assert.same({ 401 }, asked(key))
    text_file.put(key_path, environment.AK)
    assert.same({ complete = 8 }, poll())
  end)
end)
