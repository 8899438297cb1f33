-- How queries of the cloud wait: each by one descriptor, together over one client's connections, and never for a
-- function of the caller's that waits itself.
local cloud = require "spec.cloud"
local lab = require "spec.lab"
local side_by_side = require "spec.lab.side_by_side"
local system = require "rollcall.system"

local function list(client, more)
  local given = { query_begin_time = 0, query_end_time = os.time(), limit = 10 }
  for name, value in pairs(more or {}) do given[name] = value end
  return client:user_names(given)
end

describe("a query that waits by on_wait", function()
  before_each(function() cloud.tell "forget" end)

  for name, make in pairs { ["with a token"] = cloud.client, ["with a password"] = cloud.login_client } do
    it("has one descriptor, " .. name, function()
      cloud.tell "life?seconds=2" -- so that the token is renewed on the way
      local seen, count, other = nil, 0, 0
      local names = {}
      for i = 1, 12 do names[i] = "rows-1;delay=0.3;n=" .. i end
      local rows = cloud.collect(make { concurrency = 1 }:sessions {
        user_name = names,
        on_wait = function(waits)
          assert.equal("integer", math.type(waits.descriptor))
          seen = seen or waits.descriptor
          count = count + 1
          if waits.descriptor ~= seen then other = other + 1 end
          return system.wait(waits)
        end,
      })
      assert.equal(12, #rows)
      assert.is_true(count > 12)
      assert.equal(0, other)
      if name == "with a password" then assert.is_true(cloud.tell("counts").tokens > 1) end
    end)
  end

  it("is not called again and again for nothing", function()
    local calls = 0
    cloud.collect(cloud.client():sessions {
      user_name = "rows-1;delay=3",
      on_wait = function(waits)
        calls = calls + 1
        return system.wait(waits)
      end,
    })
    assert.is_true(calls < 40, calls)
  end)

  it("shares a client's connections with others, and each ends", function()
    local client = cloud.client { timeout = 8 }
    cloud.collect(client:sessions { user_name = "alice" })
    local tasks, rows = {}, 0
    for i = 1, 130 do -- a system takes a socket through a hundred pollers that lie in one
      tasks[i] = function()
        local own = #cloud.collect(client:sessions {
          user_name = { "rows-1;delay=0.3;a=" .. i, "rows-2;b=" .. i }, on_wait = coroutine.yield,
        })
        rows = rows + own
      end
    end
    side_by_side(tasks)
    assert.equal(130 * 3, rows)
  end)

  it("does not stand still because another of the client is left alone while it waits", function()
    local client = cloud.client { timeout = 20 }
    cloud.collect(client:sessions { user_name = "alice" })
    local left, rows = {}, 0
    for i = 1, 5 do
      left[i] = coroutine.create(function()
        cloud.collect(client:sessions { user_name = "rows-1;delay=0.2;left=" .. i, on_wait = coroutine.yield })
      end)
      assert(coroutine.resume(left[i]))
    end
    side_by_side({ function()
      rows = #cloud.collect(client:sessions { user_name = "rows-3;delay=0.4", on_wait = coroutine.yield })
    end }, 5)
    assert.equal(3, rows)
    -- What was left alone goes on where it was, though others have read what came for it.
    side_by_side(left, 5)
  end)

  it("may be over others that are left to the collector", function()
    local client = cloud.client { timeout = 20 }
    cloud.collect(client:sessions { user_name = "alice" })
    for i = 1, 20 do
      assert(coroutine.resume(coroutine.create(function()
        cloud.collect(client:sessions { user_name = "rows-1;delay=1;left=" .. i, on_wait = coroutine.yield })
      end)))
    end
    local rows
    local thread = coroutine.create(function()
      rows = #cloud.collect(client:sessions { user_name = "rows-3;delay=0.4", on_wait = coroutine.yield })
    end)
    assert(coroutine.resume(thread))
    collectgarbage()
    collectgarbage()
    side_by_side({ thread }, 5)
    assert.equal(3, rows)
  end)

  it("asks about the users of a listing that waits as well", function()
    local client = cloud.client()
    local names = list(client, { on_wait = coroutine.yield, machine_name = "total=35" })
    local rows
    side_by_side { function()
      rows = #cloud.collect(client:sessions { user_name = names, on_wait = coroutine.yield })
    end }
    assert.equal(1 + 2 + 3, rows)
  end)

  it("lets each of its functions wait", function()
    local answered, failed = 0, 0
    side_by_side { function()
      cloud.collect(cloud.client { retries = 0 }:sessions {
        user_name = { "alice", "x;status=404", "bob" },
        on_wait = coroutine.yield,
        on_answer = function()
          coroutine.yield { timeout = 0.01 }
          answered = answered + 1
        end,
        on_error = function()
          coroutine.yield { timeout = 0.01 }
          failed = failed + 1
        end,
      })
    end }
    assert.same({ 2, 1 }, { answered, failed })
  end)

  for way, begin in pairs {
    ["is refused"] = function() cloud.tell "revoke" end,
    ["has run out"] = function() os.execute "sleep 1.1" end,
  } do
    it("lets its host go on when the token " .. way, function()
      cloud.tell "life?seconds=2"
      local client = cloud.login_client()
      local failures, rows, arrived = 0, 0, {}
      local longest = side_by_side { function()
        for _, user_name in client:sessions {
          user_name = { "rows-1;first", "rows-1;delay=2.4;slow", "rows-1;a", "rows-1;b" }, concurrency = 2,
          on_wait = coroutine.yield, on_error = function() failures = failures + 1 end,
        } do
          rows = rows + 1
          arrived[#arrived + 1] = user_name
          if rows == 2 then
            begin()
            cloud.tell "life?seconds=3600"
            cloud.tell "iam-delay?seconds=2"
          end
        end
      end }
      assert.equal(4, rows)
      assert.equal(0, failures)
      assert.is_true(longest < 1.9, longest)
      assert.equal(2, cloud.tell("counts").tokens)
    end)
  end

  it("may be closed while its token is on its way", function()
    cloud.tell "iam-delay?seconds=1"
    local step, query = cloud.login_client():sessions { user_name = "alice", on_wait = coroutine.yield }
    local result = {}
    local thread = coroutine.create(function() result = { n = select("#", step(query)), step(query) } end)
    local _, waits = assert(coroutine.resume(thread))
    for _ = 1, 5 do
      system.wait { descriptor = waits.descriptor, timeout = 0.05 }
      _, waits = assert(coroutine.resume(thread))
    end
    query:close()
    assert(coroutine.resume(thread))
    assert.equal("dead", coroutine.status(thread))
    assert.same({ n = 1 }, result)
  end)
end)

describe("a transfer that ended while nobody looked", function()
  before_each(function() cloud.tell "forget" end)

  it("is over once, though its time was over too", function()
    local client = cloud.client { timeout = 1, retries = 0 }
    local names = { "rows-1", "rows-1;delay=0.4", "rows-1;delay=2.2" }
    local asked, turns, told = 0, 0, {}
    local function tell(user_name)
      told[#told + 1] = user_name
      assert(#told < 10, "it is called again and again")
    end
    for _ in client:sessions {
      concurrency = 2,
      user_name = function()
        asked = asked + 1
        -- This runs the same connections while the third request, overdue, is answered.
        if asked == 4 then cloud.collect(client:sessions { user_name = "rows-1;delay=0.8", timeout = 5 }) end
        return names[asked]
      end,
      on_wait = function(waits)
        if asked < 3 then return system.wait(waits) end
        system.wait { descriptor = waits.descriptor, timeout = 0.02 }
        turns = turns + 1
        if turns == 13 then system.sleep(1.5) end
      end,
      on_error = function(failure) tell(failure.user_name) end,
      on_answer = tell,
    } do end
    assert.equal(3, #told)
  end)

  it("is a token all the same", function()
    cloud.tell "iam-delay?seconds=0.3"
    local calls = 0
    local rows = cloud.collect(cloud.login_client { timeout = 1, retries = 0 }:sessions {
      user_name = "alice",
      on_wait = function(waits)
        calls = calls + 1
        assert(calls < 1000, "it is called again and again")
        system.wait { descriptor = waits.descriptor, timeout = 0.02 }
        if calls == 8 then system.sleep(1.5) end
      end,
    })
    assert.equal(2, #rows)
  end)
end)

describe("a finaliser", function()
  it("may close the query whose answer is being decoded", function()
    local client = cloud.client { endpoint = cloud.plain }
    for round = 1, 20 do
      local step, query = client:sessions { user_name = { "rows-300", "rows-300;b" } }
      local live = true
      local function close_soon(countdown)
        setmetatable({}, { __gc = function()
          if not live then return end
          if countdown > 0 then close_soon(countdown - 1) else query:close() end
        end })
      end
      pcall(collectgarbage, "generational") -- which Lua 5.4 alone has
      close_soon(round)
      local rows = #cloud.collect(step, query)
      live = false
      pcall(collectgarbage, "incremental")
      assert.is_true(rows <= 600)
    end
  end)
end)

describe("the descriptors of a query", function()
  it("do not reach a child of the program", function()
    local function inherited()
      local targets = lab.run "for fd in /proc/self/fd/*; do readlink $fd; done"
      return select(2, targets:gsub("socket:", "")) + select(2, targets:gsub("anon_inode:", ""))
    end
    local before = inherited()
    local client <close> = cloud.client { endpoint = cloud.http1 }
    local names = {}
    for i = 1, 20 do names[i] = "rows-1;n=" .. i end
    local within = 0
    for _ in client:sessions { user_name = names, concurrency = 4, on_wait = function(waits)
      within = math.max(within, inherited())
      return system.wait(waits)
    end } do end
    assert.equal(before, within)
    assert.equal(before, inherited())
  end)
end)
