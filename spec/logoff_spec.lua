-- Sessions of Workspace are ended in the lab's cloud, which checks each request on its own and does what no honest service does.
local audit = require "spec.lab.audit"
local cjson = require "cjson"
local closing = require "rollcall.closing"
local cloud = require "spec.cloud"
local lab = require "spec.lab"
local text_file = require "spec.lab.text_file"

local audit_path = lab.folder .. "/logoff.jsonl"

local content = text_file.so_far

local function entries() return audit.entries(audit_path) end

local function phases() return audit.phases(audit_path) end

local function logoffs()
  return cloud.tell("counts").logoffs
end

local function ids(client, user_name)
  local list = {}
  for row in client:sessions { user_name = user_name } do list[#list + 1] = row.id end
  return list
end

local function first(client, user_name)
  local step, query <close> = client:sessions { user_name = user_name }
  return (assert(step(query)))
end

---Ends the first session of the user, as it was listed.
local function log_off(client, user_name, more, session)
  local row = first(client, user_name)
  local given = { session = { id = row.id, user_name = user_name, start_time = row.start_time, login_user = row.login_user },
    audit = audit_path, wait = 0.3 }
  for name, value in pairs(session or {}) do given.session[name] = value or nil end
  for name, value in pairs(more or {}) do given[name] = value end
  return closing.logoff(client, given)
end

describe("closing.logoff", function()
  before_each(function()
    cloud.tell "forget"
    os.remove(audit_path)
  end)

  for _, make in ipairs { "client", "key_client", "login_client" } do
    for transport, endpoint in pairs { ["HTTP/2"] = cloud.tls, ["HTTP/1.1"] = cloud.http1, http = cloud.plain } do
      it(("ends the session that is meant, and no other: %s, %s"):format(make, transport), function()
        local client <close> = cloud[make] { endpoint = endpoint }
        local before = ids(client, "rows-3")
        local result = log_off(client, "rows-3", {
          message = "Bis später, 张三", title = "rollcall", message_type = 2, delay_time = 0, reason = "left the company" })
        assert.equal("closed", result.result, result.detail)
        assert.is_nil(result.detail)
        assert.same({ before[2], before[3] }, ids(client, "rows-3"))
        assert.same({ { session_ids = { before[1] }, message_type = 2, delay_time = 0, message = "Bis später, 张三", title = "rollcall" } },
          logoffs())
        assert.equal("intent, result closed", phases())
      end)
    end
  end

  it("says by default what the service needs to know, and nothing else", function()
    local client <close> = cloud.client()
    assert.equal("closed", log_off(client, "rows-1").result)
    local body = logoffs()[1]
    body.session_ids = nil
    assert.same({ message_type = 0, delay_time = 0 }, body)
  end)

  it("asks for nothing that is not there, or is another by now", function()
    local client <close> = cloud.client()
    for _, case in ipairs {
      { "absent", "rows-2", { id = "0123456789abcdef0123456789abcdef" } },
      { "absent", "rows-2", { user_name = "nobody" } },
      { "absent", "rows-1;state=SignedOut" },
      { "changed", "rows-2", { start_time = "2024-02-29 07:00:21" } },
      { "changed", "rows-2", { login_user = "bob" } },
      { "failed", "rows-2", { user_name = "rows-2;status=403" } },
      { "failed", "rows-2", { user_name = "rows-2;idless" } },
      { "failed", "rows-2", { user_name = "rows-2;error" } },
    } do
      local result = log_off(client, case[2], nil, case[3])
      assert.equal(case[1], result.result, cjson.encode(case))
    end
    assert.same({}, logoffs())
    assert.equal("result absent, result absent, result absent, result changed, result changed, result failed, result failed, result failed",
      phases())
  end)

  it("ends a session in a state that nobody knows", function()
    local client <close> = cloud.client()
    assert.equal("closed", log_off(client, "rows-1;state=Hibernating").result)
  end)

  it("does not take its word", function()
    local client <close> = cloud.client()
    assert.equal("present", log_off(client, "rows-2;off-nothing").result)
    local result = log_off(client, "rows-3;off-later=1", { wait = 10 })
    assert.equal("closed", result.result)
    assert.equal("closed", log_off(client, "rows-1;off-stays").result)
    cloud.tell "forget"
    assert.equal("closed", log_off(client, "rows-1;off-again").result)
  end)

  it("waits as long as the user is given", function()
    local client <close> = cloud.client()
    local row = first(client, "rows-1;off-later=2")
    local result = closing.logoff(client, { session = { id = row.id, user_name = "rows-1;off-later=2" }, delay_time = 2, wait = 1 })
    assert.equal("closed", result.result)
    assert.equal(2, logoffs()[1].delay_time)
  end)

  it("says that the service refused, and what the credentials lack", function()
    for option, words in pairs {
      ["off-status=403"] = "it takes the IAM action workspace:session:logoffUserSession", ["off-status=400"] = "Told to fail",
      ["off-error"] = "No such session",
    } do
      local client <close> = cloud.key_client()
      local result = log_off(client, "rows-2;" .. option)
      assert.equal("failed", result.result, option)
      assert.is_truthy(result.detail:find(words, 1, true), result.detail)
    end
    assert.equal("intent, result failed, intent, result failed, intent, result failed", phases())
  end)

  -- Over a connection that was kept from the listing, libcurl itself would send the request once more.
  for option, result in pairs {
    ["off-cut"] = "present", ["off-lost"] = "closed", ["off-then=502"] = "closed", ["off-status=503"] = "present",
    ["off-status=500"] = "present", ["off-status=429"] = "failed",
  } do
    for transport, endpoint in pairs { ["HTTP/2"] = cloud.tls, http = cloud.plain } do
      it(("looks what became of it where the answer is lost, and asks once: %s, %s"):format(option, transport), function()
        local client <close> = cloud.key_client { endpoint = endpoint, retries = 3 }
        local got = log_off(client, "rows-2;" .. option)
        assert.equal(result, got.result, got.detail)
        if result == "closed" then assert.is_truthy(got.detail:find("answer was lost", 1, true), got.detail) end
        assert.is_truthy(got.detail)
        assert.equal(1, #logoffs())
      end)
    end
  end

  it("shows no secret that the service quotes", function()
    for make, shown in pairs {
      client = "you sent ***, did you not", login_client = "you sent ***, did you not", key_client = "Access=***, SignedHeaders=",
    } do
      local client <close> = cloud[make]()
      local result = log_off(client, "rows-1;off-echo")
      assert.equal("failed", result.result)
      assert.is_truthy(result.detail:find(shown, 1, true), result.detail)
    end
  end)

  it("does not wait for an answer for ever", function()
    local client <close> = cloud.client { timeout = 1 }
    local began = os.time()
    local result = log_off(client, "rows-2;off-hang=20")
    assert.is_true(os.time() - began < 10)
    assert.equal("closed", result.result, result.detail)
    assert.is_truthy(result.detail:find("no answer in time", 1, true), result.detail)
    assert.equal(1, #logoffs())
  end)

  it("does not say that something is gone when it could not look", function()
    local heard = 0
    for _, more in ipairs { {}, { on_error = function() heard = heard + 1 end } } do
      local client <close> = cloud.client(more)
      local result = log_off(client, "rows-2;off-blind")
      assert.equal("unverified", result.result)
      assert.is_truthy(result.detail:find("could not look afterwards: ", 1, true), result.detail)
      cloud.tell "forget"
    end
    assert.equal(0, heard)
    assert.equal("intent, result unverified, intent, result unverified", phases())
  end)

  it("asks no service whose certificate is not trusted", function()
    local client <close> = cloud.client { ca_file = "/etc/ssl/certs/ca-certificates.crt" }
    local result = closing.logoff(client, { session = { id = "1", user_name = "rows-1" } })
    assert.equal("failed", result.result)
    assert.is_truthy(result.detail:find("CURLE_PEER_FAILED_VERIFICATION", 1, true), result.detail)
    assert.same({}, logoffs())
  end)

  it("gets a token where it has none any more, and asks for nothing without one", function()
    local client <close> = cloud.login_client()
    cloud.tell "life?seconds=1"
    local row = first(client, "rows-1")
    os.execute "sleep 2"
    local result = closing.logoff(client, { session = { id = row.id, user_name = "rows-1" }, wait = 0.3 })
    assert.equal("closed", result.result, result.detail)
    local wrong <close> = cloud.login_client { password = "wrong" }
    result = closing.logoff(wrong, { session = { id = row.id, user_name = "rows-1" } })
    assert.equal("failed", result.result)
    assert.equal(1, #logoffs())
  end)

  it("says that the service was not asked where no token was to be had for that", function()
    local client <close> = cloud.login_client { timeout = 3.5, retries = 0 }
    cloud.tell "life?seconds=4"
    local user_name = "rows-1;delay=3"
    local row = first(client, "rows-1")
    local later = io.popen(("sleep 1; curl -s '%s/lab/iam-delay?seconds=5'"):format(cloud.plain))
    local result = closing.logoff(client, { session = { id = row.id, user_name = user_name }, wait = 0.3 })
    later:close()
    assert.equal("failed", result.result, result.detail)
    assert.is_truthy(result.detail:find(": token: no answer in time", 1, true), result.detail)
    assert.same({}, logoffs())
  end)

  describe("writes an audit", function()
    it("of who did what, when and why, before and after", function()
      for make, logon in pairs { client = false, key_client = cloud.environment.AK, login_client = "example-corp\\auditor" } do
        os.remove(audit_path)
        cloud.tell "forget"
        local client <close> = cloud[make]()
        local row = first(client, "rows-2")
        assert.equal("closed", log_off(client, "rows-2", { reason = "left the company" }).result)
        local list = entries()
        assert.equal(2, #list)
        assert.equal(list[1].act, list[2].act)
        assert.same({ "intent", "result" }, { list[1].phase, list[2].phase })
        for _, entry in ipairs(list) do
          assert.equal(lab.run("id -un"):match "%S+", entry.operator)
          assert.equal("left the company", entry.reason)
          assert.equal("LogoffUserSession", entry.call)
          assert.equal(logon or nil, entry.logon)
          assert.equal(client:host(), entry.servername)
          assert.same({ id = row.id, user_name = "rows-2", login_user = "rows-2", start_time = row.start_time,
            project_id = cloud.environment.PROJECT }, entry.workspace_session)
          assert.is_truthy(entry.at:find "^%d+-%d+-%d+T%d+:%d+:%d+Z$")
        end
        assert.is_nil(list[1].result)
        assert.equal("closed", list[2].result)
        for _, secret in ipairs { "TOKEN", "SK", "PASSWORD" } do
          assert.is_nil(content(audit_path):find(cloud.environment[secret], 1, true))
        end
      end
    end)

    it("with the user alone where the account has no name", function()
      local script = text_file.put(lab.folder .. "/nameless_account.lua", ([[
        local client <close> = require "rollcall.workspace".client { endpoint = %q, iam_endpoint = %q, project_id = %q,
          username = "auditor", password = "p" }
        require "rollcall.closing".logoff(client, { session = { id = "1", user_name = "rows-1" }, audit = %q })
      ]]):format(cloud.plain, cloud.plain, cloud.environment.PROJECT, audit_path))
      local _, code, complaint = lab.run("HUAWEICLOUD_SDK_DOMAIN_ID=26a0420e9e284569 lua5.4 " .. script)
      assert.equal(0, code, complaint)
      assert.equal("result failed", phases())
      assert.equal("auditor", entries()[1].logon)
    end)

    it("whose first line is there before the service is asked to act", function()
      local client <close> = cloud.client()
      local seen, outcome = audit.meanwhile(audit_path, function() return log_off(client, "rows-2;off-hang=2") end)
      assert.equal("closed", outcome.result)
      assert.is_truthy(seen:find('"intent"', 1, true))
      assert.is_nil(seen:find('"result"', 1, true))
    end)

    it("and does nothing where it cannot be written", function()
      local client <close> = cloud.client()
      for _, path in ipairs { lab.folder, "/dev/null", lab.folder .. "/nowhere/audit.jsonl" } do
        local closed, problem = pcall(log_off, client, "rows-2", { audit = path })
        assert.is_false(closed)
        assert.is_truthy(tostring(problem):find("closing.logoff: the audit cannot be written", 1, true), problem)
      end
      assert.same({}, logoffs())
    end)
  end)

  it("checks its options", function()
    local client <close> = cloud.client()
    local session = { id = "1", user_name = "alice" }
    for problem, given in pairs {
      ["session is missing"] = {},
      ["session is wrong: id is missing"] = { session = { user_name = "alice" } },
      ["session is wrong: user_name is missing"] = { session = { id = "1" } },
      ["session is wrong: id must not be empty"] = { session = { id = "", user_name = "alice" } },
      ["session is wrong: unknown option 'client'"] = { session = { id = "1", user_name = "alice", client = "x" } },
      ["message_type must be an integer from 0 to 2"] = { session = session, message_type = 3 },
      ["delay_time must be an integer from 0 to 86400"] = { session = session, delay_time = -1 },
      ["message must be at most 255 bytes long"] = { session = session, message = ("x"):rep(256) },
      ["audit must not be empty"] = { session = session, audit = "" },
    } do
      local ok, said = pcall(closing.logoff, client, given)
      assert.is_false(ok)
      assert.is_truthy(said:find("closing.logoff: " .. problem, 1, true), said)
    end
    local ok, said = pcall(closing.logoff, {}, { session = session })
    assert.is_false(ok)
    assert.is_truthy(said:find("closing.logoff: client must be a client of rollcall.workspace", 1, true), said)
    local closed = cloud.client()
    closed:close()
    assert.equal("failed", closing.logoff(closed, { session = session }).result)
  end)
end)

describe("a program that only looks", function()
  it("has nothing loaded that can log off", function()
    local script = lab.folder .. "/looks_at_cloud.lua"
    local file = assert(io.open(script, "w"))
    file:write(([[
      local workspace = require "rollcall.workspace"
      local client <close> = workspace.client { endpoint = %q, project_id = %q, token = %q }
      local rows = 0
      for _ in client:sessions { user_name = "rows-2" } do rows = rows + 1 end
      assert(rows > 0)
      for name in pairs(package.loaded) do assert(not name:find "closing", name) end
      for line in io.lines "/proc/self/maps" do assert(not line:find "closing", line) end
      require "rollcall.closing"
      assert(not package.loaded["rollcall.workspace.closing"])
      assert(require "rollcall.workspace.closing")
      local found
      for line in io.lines "/proc/self/maps" do found = found or line:find("workspace/closing.so", 1, true) end
      print(assert(found, "not there either when it is loaded") and "done")
    ]]):format(cloud.plain, cloud.environment.PROJECT, cloud.environment.TOKEN))
    file:close()
    local output, code, complaint = lab.run("lua5.4 " .. script)
    assert.equal("done\n", output, complaint)
    assert.equal(0, code)
  end)

  it("has libraries that know no such call", function()
    for library, knows in pairs {
      ["workspace/closing.so"] = true, ["workspace/core.so"] = false, ["smb/core.so"] = false, ["smb/closing.so"] = false,
      ["system.so"] = false,
    } do
      local bytes = content("build/lib/rollcall/" .. library)
      assert.is_true(#bytes > 0, library)
      for _, word in ipairs { "session/logoff", "logoffUserSession" } do
        assert.equal(knows, bytes:find(word, 1, true) ~= nil, library)
      end
    end
  end)
end)
