local cloud = require "spec.cloud"
local lab = require "spec.lab"
local workspace = require "rollcall.workspace"
local environment = cloud.environment

local function names(count, pattern)
  local list = {}
  for i = 1, count do list[i] = (pattern or "rows-1;n=%d"):format(i) end
  return list
end

describe("workspace.client", function()
  before_each(function() cloud.tell "forget" end)

  for transport, endpoint in pairs { ["HTTP/2"] = cloud.tls, ["HTTP/1.1"] = cloud.http1, http = cloud.plain } do
    it("asks over " .. transport, function()
      local rows, users = cloud.collect(cloud.client { endpoint = endpoint }:sessions { user_name = "alice" })
      assert.equal(2, #rows)
      assert.same({ "alice", "alice" }, users)
      assert.equal("DESK-0001", rows[1].machine_name)
    end)
  end

  it("gives all documented fields as strings, and nil for what is absent or null", function()
    local rows = cloud.collect(cloud.client():sessions { user_name = "alice" })
    local given = 0
    for name, value in pairs(rows[1]) do
      assert.equal("string", type(value), name)
      given = given + 1
    end
    assert.equal(28, given)
    assert.equal(28, #workspace.session_fields)
    for _, name in ipairs(workspace.session_fields) do assert.is_string(rows[1][name], name) end
    assert.is_nil(rows[2].app_name)
    assert.is_nil(rows[2].os_session_id)
  end)

  it("escapes names", function()
    for _, make in ipairs { cloud.client, cloud.key_client } do
      local rows, users = cloud.collect(make():sessions { user_name = "CORP\\张 三+a@b.c" })
      assert.equal(1, #rows)
      assert.equal("CORP\\张 三+a@b.c", rows[1].login_user)
      assert.equal("CORP\\张 三+a@b.c", users[1])
    end
  end)

  it("distinguishes a user without sessions from a failed query", function()
    local answered, failures = {}, {}
    local rows = cloud.collect(cloud.client():sessions {
      user_name = { "nobody", "bob", "x;status=404" },
      on_answer = function(user_name, count) answered[user_name] = count end,
      on_error = function(failure) failures[#failures + 1] = failure end,
    })
    assert.equal(1, #rows)
    assert.same({ nobody = 0, bob = 1 }, answered)
    assert.equal(1, #failures)
    assert.equal("x;status=404", failures[1].user_name)
  end)

  it("asks for the others where some have names that no user can have", function()
    for concurrency = 1, 3 do
      local answered, failures = {}, {}
      local rows = cloud.collect(cloud.client():sessions {
        user_name = { "", "bob", ("x"):rep(1025), "a\0b", "nobody", "\xff" }, concurrency = concurrency,
        on_answer = function(user_name, count) answered[user_name] = count end,
        on_error = function(failure) failures[#failures + 1] = failure end,
      })
      assert.equal(1, #rows)
      assert.same({ nobody = 0, bob = 1 }, answered)
      assert.equal(4, #failures)
      assert.same({ "workspace", "", "", "request", "INVALID_USER_NAME", "user_name must not be empty" }, { failures[1].source,
        failures[1].target, failures[1].user_name, failures[1].stage, failures[1].code, failures[1].message })
      assert.equal(300, #failures[2].user_name)
      assert.equal("user_name must be valid UTF-8", failures[4].message)
    end
    assert.error_matches(function() cloud.client():sessions { user_name = "" } end, "client:sessions: user_name must not be empty", 1, true)
  end)

  it("asks for many, at most so many at once, over an iterator", function()
    local i = 0
    local rows, users = cloud.collect(cloud.client { endpoint = cloud.http1 }:sessions {
      user_name = function()
        i = i + 1
        if i <= 60 then return "rows-2;delay=0.02;n=" .. i end
      end,
      concurrency = 8,
    })
    assert.equal(120, #rows)
    local seen = {}
    for _, name in ipairs(users) do seen[name] = (seen[name] or 0) + 1 end
    for n = 1, 60 do assert.equal(2, seen["rows-2;delay=0.02;n=" .. n]) end
    local counts = cloud.tell "counts"
    assert.equal(60, counts.asked)
    assert.is_true(counts.most_in_flight <= 8 and counts.most_in_flight > 4)
  end)

  it("goes on when the server has had enough of a connection", function()
    local rows = cloud.collect(cloud.client { retries = 0 }:sessions { user_name = names(350) })
    assert.equal(350, #rows)
  end)

  it("frees everything at a break, in the middle of transfers", function()
    local client = cloud.client { endpoint = cloud.plain }
    collectgarbage()
    collectgarbage()
    local before = #lab.descriptors()
    for _ = 1, 3 do
      local given = { user_name = names(40, "rows-1;delay=0.01;n=%d"), concurrency = 16 }
      for _, user_name in client:sessions(given) do -- luacheck: ignore 512
        assert.is_string(user_name)
        break
      end
    end
    client:close()
    collectgarbage()
    assert.is_true(#lab.descriptors() <= before)
    assert.has_error(function() client:sessions { user_name = "alice" } end, "the client is closed")
  end)

  it("survives an error in the loop body and a collector at work", function()
    local client = cloud.client()
    assert.error_matches(function()
      for _ in client:sessions { user_name = names(20) } do error("mine") end
    end, "mine")
    local step, query = client:sessions { user_name = names(20) }
    step(query)
    step, query = nil, nil -- luacheck: ignore
    collectgarbage()
    collectgarbage()
    assert.equal(2, #cloud.collect(client:sessions { user_name = "alice" }))
  end)

  it("cannot be stepped from its own functions, but closed", function()
    local step, query
    step, query = cloud.client():sessions {
      user_name = names(5),
      on_answer = function()
        assert.error_matches(function() step(query) end, "cannot be stepped")
        query:close()
      end,
    }
    assert.is_nil((step(query)))
    assert.is_nil((step(query)))
  end)

  it("does not count the time of the loop body", function()
    local rows = 0
    for _ in cloud.client { deadline = 1 }:sessions {
      user_name = { "rows-1;a", "rows-1;b", "rows-1;delay=0.2;status=503x1" }, concurrency = 3,
    } do
      rows = rows + 1
      if rows == 2 then os.execute "sleep 1.5" end
    end
    assert.equal(3, rows)
  end)

  it("asks through a proxy, which gets to see no token", function()
    for _, endpoint in ipairs { cloud.tls, cloud.plain } do
      cloud.tell "forget"
      local client = cloud.client {
        endpoint = endpoint, proxy = "http://127.0.0.1:" .. environment.PROXY_PORT, allow_http = true,
      }
      assert.equal(2, #cloud.collect(client:sessions { user_name = "alice" }))
      local counts = cloud.tell "counts"
      assert.equal(1, counts.tunnels)
      assert.is_nil(counts.tokens_seen_by_proxy)
    end
    local failure = cloud.failure(cloud.client { proxy = "http://user:hidden@127.0.0.1:1", retries = 0 }, "alice")
    assert.equal("CURLE_COULDNT_CONNECT", failure.code)
    assert.is_nil(tostring(failure):find("hidden", 1, true))
  end)

  it("lives beside another client's query, and beside itself", function()
    local client, rows = cloud.client(), 0
    for _ in client:sessions { user_name = names(5) } do
      for _ in client:sessions { user_name = names(3) } do rows = rows + 1 end
      for _ in cloud.client { endpoint = cloud.http1 }:sessions { user_name = names(3) } do rows = rows + 1 end
    end
    assert.equal(5 * 6, rows)
  end)

  it("raises what is wrong with the options", function()
    local function refuses(pattern, more)
      assert.error_matches(function() cloud.client(more) end, pattern)
    end
    refuses("^workspace.client: unknown option 'nonsense'", { nonsense = 1 })
    refuses("unknown option 'tokn'; did you mean 'token'?", { tokn = "x" })
    refuses("must be https", { endpoint = "http://example.com" })
    refuses("must be a host", { endpoint = "https://user@example.com" })
    refuses("must be a host", { endpoint = "https://example.com/path" })
    refuses("printable ASCII", { token = "a\r\nX-Evil: b" })
    refuses("exclude each other", { ak = "a", sk = "b" })
    refuses("project's id", { project_id = "../x" })
    refuses("must be an integer from 1 to 1024", { concurrency = 0 })
    local raised, problem = pcall(cloud.client, { token = "bad token with secret" })
    assert.is_false(raised)
    assert.is_nil(problem:find("secret", 1, true))
    assert.error_matches(function() workspace.client { project_id = "p", token = "t" } end, "endpoint or region")
    assert.error_matches(function()
      workspace.client { project_id = "p", token = "t", region = "moon-1" }
    end, "give its endpoint")
    assert.error_matches(function()
      cloud.collect(cloud.client():sessions { user_name = { "ok", "" } })
    end, "user_name must not be empty")
    assert.has_no_error(function()
      workspace.client { project_id = "p", token = "t", endpoint = "http://example.com", allow_http = true }
    end)
  end)
end)

describe("credentials", function()
  before_each(function() cloud.tell "forget" end)

  it("may be keys, with which each request is signed", function()
    local rows = cloud.collect(cloud.key_client():sessions { user_name = names(20) })
    assert.equal(20, #rows)
    assert.equal(20, cloud.tell("counts").signed)
  end)

  it("may be temporary keys", function()
    local security_token = "temporary-" .. environment.TOKEN:reverse()
    local client = cloud.key_client { security_token = security_token }
    assert.equal(2, #cloud.collect(client:sessions { user_name = "alice" }))
    local failure = cloud.failure(cloud.key_client { security_token = "wrong" }, "alice")
    assert.equal(401, failure.status)
  end)

  it("stop everything when they are refused, long before the key is locked", function()
    local reported = 0
    for _, client in ipairs { assert(cloud.key_client { sk = "wrong-secret" }), assert(cloud.client { token = "wrong-token" }) } do
      cloud.tell "forget"
      local failure = cloud.failure(client, names(50), {
        concurrency = 32, on_error = function() reported = reported + 1 end,
      })
      assert.equal(401, failure.status)
      assert.equal("APIGW.0301", failure.code)
      assert.equal(1, cloud.tell("counts").requests)
    end
    assert.equal(0, reported)
  end)

  it("may be a user's, for whom one token is fetched", function()
    cloud.tell "iam-delay?seconds=0.2"
    local client = cloud.login_client()
    assert.equal(40, #cloud.collect(client:sessions { user_name = names(40) }))
    assert.equal(40, #cloud.collect(client:sessions { user_name = names(40) }))
    assert.equal(1, cloud.tell("counts").tokens)
  end)

  it("are renewed before the token expires", function()
    cloud.tell "life?seconds=4"
    local client = cloud.login_client()
    cloud.collect(client:sessions { user_name = "alice" })
    os.execute "sleep 3"
    assert.equal(40, #cloud.collect(client:sessions { user_name = names(40) }))
    local counts = cloud.tell "counts"
    assert.equal(2, counts.tokens)
    assert.is_nil(counts.refusals)
  end)

  it("are renewed when the token is refused, once", function()
    local client = cloud.login_client()
    cloud.collect(client:sessions { user_name = "alice" })
    cloud.tell "revoke"
    assert.equal(40, #cloud.collect(client:sessions { user_name = names(40) }))
    assert.equal(2, cloud.tell("counts").tokens)
  end)

  it("are renewed in the middle of a query", function()
    local rows, failures = 0, 0
    for _ in cloud.login_client():sessions {
      user_name = names(100), concurrency = 4, on_error = function() failures = failures + 1 end,
    } do
      rows = rows + 1
      if rows == 30 then cloud.tell "revoke" end
    end
    assert.equal(100, rows)
    assert.equal(0, failures)
    assert.equal(2, cloud.tell("counts").tokens)
  end)

  it("are given up when the new token is refused too", function()
    cloud.tell "life?seconds=-10"
    local failure = cloud.failure(cloud.login_client(), names(10))
    assert.equal(401, failure.status)
    local counts = cloud.tell "counts"
    assert.equal(2, counts.tokens)
    assert.equal(2, counts.refusals)
  end)

  it("that IAM refuses raise its failure, without the password", function()
    local failure = cloud.failure(cloud.login_client { password = "wrong-password" }, "alice")
    assert.equal("token", failure.stage)
    assert.equal(401, failure.status)
    assert.truthy(failure.message:find("The username or password is wrong", 1, true))
    assert.is_nil(failure.message:find("wrong%-password"))
    assert.equal(1, cloud.tell("counts").tokens)
  end)
end)

describe("client:list_sessions", function()
  before_each(function() cloud.tell "forget" end)
  local times = { query_begin_time = "2024-02-27T03:47:51.182Z", query_end_time = 1709000000 }
  local function wish(more)
    for name, value in pairs(times) do more[name] = value end
    return more
  end

  it("lists all pages", function()
    for _, client in ipairs { cloud.client(), cloud.key_client() } do
      local rows = cloud.collect(client:list_sessions(wish {}))
      assert.equal(250, #rows)
      assert.equal("group", rows[1].app_server_group_name)
    end
    assert.equal(6, cloud.tell("counts").requests)
  end)

  it("lists all pages where the service does not count", function()
    for _, total in ipairs { 0, 99, 100, 101 } do
      local rows = cloud.collect(cloud.client():list_sessions(wish { machine_name = "uncounted total=" .. total }))
      assert.equal(total, #rows)
    end
  end)

  it("is never silently short", function()
    local ran, failure = pcall(function()
      cloud.collect(cloud.client():list_sessions(wish { machine_name = "short total=30", limit = 10 }))
    end)
    assert.is_false(ran)
    assert.equal("SHORT_LIST", failure.code)
    assert.equal("workspace", failure.source)
  end)

  it("feeds its users to client:sessions", function()
    local client = cloud.client()
    local rows = cloud.collect(client:sessions { user_name = client:user_names(wish {}) })
    assert.equal(1 + 2 + 3, #rows)
  end)

  it("wants times", function()
    assert.error_matches(function() cloud.client():list_sessions {} end, "query_begin_time is missing")
    assert.error_matches(function()
      cloud.client():list_sessions { query_begin_time = "yesterday", query_end_time = 1 }
    end, "seconds since 1970")
  end)
end)

describe("the meaning of a session", function()
  it("has times", function()
    assert.equal(1660374020, workspace.epoch "2022-08-13 07:00:20")
    assert.equal(1660374020 - 8 * 3600, workspace.epoch("2022-08-13 07:00:20", 8 * 3600))
    assert.equal(1582934400, workspace.epoch "2020-02-29T00:00:00Z")
    assert.equal(1709164800, workspace.epoch "2024-02-29 00:00:00")
    assert.equal(0, workspace.epoch "1970-01-01 00:00:00")
    for _, text in ipairs { "0001-01-01 00:00:00", "", "2024-13-01 00:00:00", "2024-01-32 00:00:00",
      "2024-01-01 25:00:00", "today" } do
      assert.is_nil(workspace.epoch(text))
    end
    assert.is_nil(workspace.epoch(nil))
  end)

  it("is live or not", function()
    assert.is_true(workspace.is_live { session_state = "Active", end_time = "0001-01-01 00:00:00" })
    assert.is_true(workspace.is_live { session_state = "Disconnected" })
    assert.is_true(workspace.is_live { session_state = "AppcInit" })
    assert.is_false(workspace.is_live { session_state = "Active", end_time = "2024-01-01 00:00:00" })
    assert.is_false(workspace.is_live { session_state = "SignedOut" })
    assert.is_false(workspace.is_live { session_state = "InitFail" })
    assert.is_nil(workspace.is_live { session_state = "Dreaming" })
    assert.is_nil(workspace.is_live {})
  end)

  it("has a type", function()
    assert.equal("desktop", workspace.session_type { session_type = "1" })
    assert.equal("application", workspace.session_type { session_type = "2" })
    assert.is_nil(workspace.session_type { session_type = "3" })
    assert.is_nil(workspace.session_type {})
  end)
end)

describe("the end of a process", function()
  local preamble = ([[
    local cloud = require "spec.cloud"
    local names = {}
    for i = 1, 200 do names[i] = "rows-1;delay=0.01;n=" .. i end
    local client = cloud.client { endpoint = cloud.http1 }
    local step, query = client:sessions { user_name = names }
    step(query)
  ]]):gsub("\n%s*", " ")

  local function status_of(script)
    return select(2, lab.run(("%s -e '%s' > /dev/null 2>&1"):format(lab.lua, preamble .. script)))
  end

  it("comes in the middle of transfers as well", function()
    for _ = 1, 3 do
      assert.equal(7, status_of "os.exit(7)")
      assert.equal(7, status_of "os.exit(7, true)")
      assert.equal(0, status_of "")
      assert.equal(1, status_of "error()")
    end
  end)

  it("comes at an interrupt", function()
    local begun = os.time()
    -- In the foreground, timeout sends one signal; a second would not be caught.
    local _, status = lab.run(
      ("timeout --foreground --preserve-status -s INT 3 %s -e '%s' > /dev/null 2>&1"):format(
        lab.lua, preamble .. 'for _ in client:sessions { user_name = "x;delay=20" } do end'))
    assert.equal(1, status)
    assert.is_true(os.time() - begun < 12)
  end)
end)
