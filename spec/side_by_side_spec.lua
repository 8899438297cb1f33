-- An iterator that lets others go on while it waits, and an inventory that asks all at once.
local cloud = require "spec.cloud"
local system = require "rollcall.system"
local inventory = require "rollcall.inventory"
local lab = require "spec.lab"
local side_by_side = require "rollcall.internal.side_by_side"
local smb = require "rollcall.smb"

local is_windows = package.config:sub(1, 1) == "\\"

local function open_descriptors()
  collectgarbage()
  collectgarbage()
  return lab.descriptors()
end

---Seconds since the machine was started.
local function uptime()
  local file <close> = assert(io.open "/proc/uptime")
  return file:read("n")
end

local function plain_rows()
  return cloud.collect(smb.connections(lab.as_auditor { servername = lab.double, qualifier = "people" }))
end

-- The ways to wait for the network, each as what takes an on_wait and gives an iterator.
local iterators = {
  ["an enumeration"] = function(on_wait, more)
    local given = lab.as_auditor { servername = lab.double, qualifier = "people", on_wait = on_wait }
    for name, value in pairs(more or {}) do given[name] = value end
    return smb.connections(given)
  end,
  ["a combined view"] = function(on_wait)
    return smb.rollcall(lab.as_auditor { servername = lab.double, on_wait = on_wait })
  end,
  ["a query with a token"] = function(on_wait)
    return cloud.client():sessions { user_name = { "alice", "bob" }, on_wait = on_wait }
  end,
  ["a query with a password"] = function(on_wait)
    return cloud.login_client():sessions { user_name = { "alice", "bob" }, on_wait = on_wait }
  end,
  ["a listing of the enterprise"] = function(on_wait)
    return cloud.client():list_sessions { query_begin_time = 0, query_end_time = os.time(), on_wait = on_wait }
  end,
}

for name, start in pairs(iterators) do
  describe(name .. " with on_wait", function()
    it("gives the same rows as without, whether on_wait yields or not", function()
      local expected = #cloud.collect(start(nil))
      assert.is_true(expected > 0)
      local calls = 0
      local inside = #cloud.collect(start(function(waits)
        calls = calls + 1
        assert.equal(is_windows and "nil" or "number", type(waits.descriptor))
        return system.wait(waits)
      end))
      assert.equal(expected, inside)
      assert.is_true(calls > 0)

      local yielded, received = 0, nil
      local thread = coroutine.create(function()
        received = #cloud.collect(start(function(waits)
          coroutine.yield(waits)
        end))
      end)
      while true do
        local went_on, waits = coroutine.resume(thread)
        assert.is_true(went_on, waits)
        if coroutine.status(thread) == "dead" then break end
        yielded = yielded + 1
        system.wait(waits)
      end
      assert.equal(expected, received)
      assert.is_true(yielded > 0)
    end)

    it("ends where on_wait fails, and leaves nothing", function()
      local before = open_descriptors()
      local ran, problem = pcall(function()
        cloud.collect(start(function() error({ "mine" }, 0) end))
      end)
      assert.is_false(ran)
      assert.same({ "mine" }, problem)
      assert.same({}, lab.workers())
      assert.same(before, open_descriptors())
    end)

    it("is ended by what closes it while it waits", function()
      local before = open_descriptors()
      local function begin_and_close()
        local thread = coroutine.create(function()
          local step, state, control, closing <close> = start(coroutine.yield)
          return step(state, control), closing
        end)
        assert(coroutine.resume(thread))
        assert.equal("suspended", coroutine.status(thread))
        assert.is_true(coroutine.close(thread))
      end
      begin_and_close()
      assert.same({}, lab.workers())
      assert.same(before, open_descriptors())
    end)

    it("leaves nothing when it is forgotten while it waits", function()
      local before = open_descriptors()
      local function begin()
        assert(coroutine.resume(coroutine.create(function() cloud.collect(start(coroutine.yield)) end)))
      end
      begin()
      assert.same(before, open_descriptors())
      assert.same({}, lab.workers())
    end)
  end)
end

describe("on_wait", function()
  it("may close the enumeration, and not step it", function()
    local step, state
    local stepped
    step, state = iterators["an enumeration"](function()
      stepped = { pcall(step, state) }
      state:close()
    end)
    assert.is_nil(step(state))
    assert.is_false(stepped[1])
    assert.matches("cannot be stepped from a function it calls", stepped[2], 1, true)
    assert.same({}, lab.workers())
  end)

  -- A step may take one second; during the first, on_wait does something else for longer.
  local function late(result)
    return pcall(function()
      local times = 0
      return #cloud.collect(iterators["an enumeration"](function(waits)
        times = times + 1
        -- The first is for the worker, which starts at nobody's expense.
        if times == 1 then return system.wait(waits) end
        system.sleep(1.1)
        return result
      end, { timeout = 1 }))
    end)
  end

  it("takes time that was spent on something else from nobody", function()
    local ran, rows = late(0)
    assert.is_true(ran, tostring(rows))
    assert.equal(#plain_rows(), rows)
    local ran_out, failure = late(nil)
    assert.is_false(ran_out)
    assert.equal("ERROR_SEM_TIMEOUT", failure.name)
  end)
end)

describe("on_wait", function()
  it("cannot make a wait endless that is made of short ones", function()
    local began
    local waited = 0
    local ran, failure = pcall(function()
      for _ in iterators["an enumeration"](function(waits)
        waited = waited + 1
        if waited == 1 then return system.wait(waits) end -- until the worker runs
        if not began then
          lab.run("kill -STOP " .. lab.workers()[1])
          began = uptime()
        end
        if uptime() - began > 5 then error "it goes on and on" end
        -- As a sum of waits comes out, a little less than it should be.
        return system.wait { descriptor = waits.descriptor, timeout = 0.001 } - 1e-12
      end, { timeout = 0.5 }) do end -- luacheck: ignore 542
    end)
    assert.is_false(ran)
    assert.equal("ERROR_SEM_TIMEOUT", failure.name, tostring(failure))
  end)
end)

describe("two queries of one client that wait in an event loop", function()
  it("find what came for both, whichever reads it", function()
    local client = cloud.client { timeout = 20 }
    cloud.collect(client:sessions { user_name = "alice" }) -- so that both are asked over the connection of this
    local rows = {}
    local function started(user_name)
      local thread = coroutine.create(function()
        rows[user_name] = #cloud.collect(client:sessions { user_name = user_name, on_wait = coroutine.yield })
      end)
      return thread, select(2, assert(coroutine.resume(thread)))
    end
    local first, waits = started "alice"
    local second = started "bob"
    system.sleep(0.3)
    lab.eventually("the end of the second", function()
      return coroutine.status(second) == "dead" or not assert(coroutine.resume(second))
    end)
    assert.equal(1, rows.bob)
    local before = uptime()
    while coroutine.status(first) ~= "dead" do
      if waits then system.wait(waits) end
      waits = select(2, assert(coroutine.resume(first)))
    end
    assert.equal(2, rows.alice)
    assert.is_true(uptime() - before < 5)
  end)
end)

describe("system.wait", function()
  it("waits for a time, and says how long", function()
    local before = uptime()
    local waited = system.wait { timeout = 0.2 }
    assert.is_true(waited >= 0.19 and waited < 2, waited)
    assert.is_true(uptime() - before >= 0.18)
  end)

  it("ends when something can be read", function()
    -- An open pipe has a number that is found by its name.
    local path = os.tmpname()
    os.remove(path)
    os.execute("mkfifo " .. path)
    os.execute(("(echo something; sleep 3) > %s &"):format(path))
    local pipe <close> = assert(io.open(path))
    assert.is_truthy(pipe)
    local descriptor = tonumber((lab.run(([[for fd in /proc/$PPID/fd/*; do
      [ "$(readlink $fd)" != %s ] || basename $fd
    done]]):format(path))))
    os.remove(path)
    assert.is_true(system.wait { descriptor = descriptor, timeout = 15 } < 5)
    local poller <close> = system.poller()
    poller:add(descriptor)
    assert.is_true(poller:wait(15) < 5)
    assert.is_true(system.wait { descriptor = poller:descriptor(), timeout = 15 } < 5)
  end)

  for words, waits in pairs {
    ["nothing to wait for"] = {},
    ["its descriptor is none"] = { descriptor = "x" },
    ["not a descriptor"] = { descriptor = -1 },
    ["Bad file descriptor"] = { descriptor = 999999 },
    ["0 or more seconds"] = { timeout = -1 },
  } do
    it("refuses what it cannot wait for: " .. words, function()
      assert.error_matches(function() system.wait(waits) end, words, 1, true)
    end)
  end
end)

describe("an inventory", function()
  local environment = cloud.environment

  it("waits in the caller's loop", function()
    local inv = assert(inventory.parse(([[
      smb { servers = %q, query = "connections", qualifier = "people", username = %q, password = env "LAB_PASSWORD" }
      smb { servers = %q, query = "sessions", username = %q, password = env "LAB_PASSWORD" }
    ]]):format(lab.double, lab.username, lab.double, lab.username), "i"))
    local rows = 0
    local thread = coroutine.create(function()
      for _ in inventory.rows(inv, { on_wait = coroutine.yield }) do rows = rows + 1 end
    end)
    local turns = 0
    repeat
      local went_on, waits = coroutine.resume(thread)
      assert.is_true(went_on, waits)
      if waits then
        turns = turns + 1
        system.wait(waits)
      end
    until coroutine.status(thread) == "dead"
    assert.is_true(turns > 0)
    assert.is_true(rows > #plain_rows())
  end)

  it("asks sources of every kind at once", function()
    local text = ([[
      smb { servers = %q, query = "connections", qualifier = "people;delay=1", username = %q, password = env "LAB_PASSWORD" }
      smb { servers = %q, query = "connections", qualifier = "people;delay=1.01", username = %q, password = env "LAB_PASSWORD" }
      workspace {
        endpoint = %q, ca_file = %q, project_id = %q, token = env "LAB_CLOUD_TOKEN", users = "alice;delay=1",
      }
      workspace {
        endpoint = %q, iam_endpoint = %q, region = %q, ca_file = %q, project_id = %q, users = "bob",
        credential = credential { username = %q, domain = %q, password = env "LAB_CLOUD_PASSWORD" },
      }
      rows { kind = "badge", { account = "alice" } }
    ]]):format(lab.double, lab.username, lab.double, lab.username,
      cloud.tls, environment.CA_FILE, environment.PROJECT,
      cloud.tls, cloud.tls, environment.REGION, environment.CA_FILE, environment.PROJECT, environment.USERNAME, environment.DOMAIN)
    local inv = assert(inventory.parse(text, "i"))
    cloud.tell "iam-delay?seconds=2"
    finally(function() cloud.tell "forget" end)
    local kinds, outcomes = {}, {}
    local began = uptime()
    for kind in inventory.rows(inv, { on_target = function(outcome) outcomes[#outcomes + 1] = outcome.completeness end }) do
      kinds[kind] = (kinds[kind] or 0) + 1
    end
    local took = uptime() - began
    assert.same({ "complete", "complete", "complete", "complete", "complete" }, outcomes)
    assert.equal(1, kinds.badge)
    assert.equal(2 * #plain_rows(), kinds.connection)
    assert.is_true(kinds.session >= 2)
    -- One second, one, one, and two.
    assert.is_true(took >= 2 and took < 2.9, took)
  end)
end)

describe("sources side by side", function()
  local function source(steps)
    local made = { position = 0, closed = false }
    function made.step()
      made.position = made.position + 1
      local its_step = steps[made.position]
      if type(its_step) == "function" then return its_step() end
      return its_step and "row", its_step
    end
    function made:close() self.closed = true end
    return made
  end

  it("look at one that waits also while another has rows without end", function()
    local on_wait, run = side_by_side.new(function() error "nobody needs to wait" end)
    local answered = source { function()
      on_wait { timeout = 0 }
      return "answer", {}
    end }
    local endless = { step = function() return "row", {} end, close = function() end }
    local step, close = run { endless, answered }
    local rows = 0
    repeat
      rows = rows + 1
      assert.is_true(rows < 1000)
    until step() == "answer"
    close()
    assert.is_true(answered.closed)
  end)

  it("wait once, for all, until the nearest time", function()
    local seen = {}
    local on_wait, run = side_by_side.new(function(waits)
      seen[#seen + 1] = waits
      return 0.5
    end)
    local told = {}
    local function waiting(timeout)
      local poller = system.poller()
      return source { function()
        local seconds = on_wait { descriptor = poller:descriptor(), timeout = timeout }
        told[#told + 1] = seconds
        return "row", {}
      end }
    end
    local step = run { waiting(7), waiting(2), waiting(nil) }
    local count = 0
    while step() do count = count + 1 end
    assert.equal(3, count)
    assert.equal(1, #seen)
    assert.equal(2, seen[1].timeout)
    assert.is_true(math.type(seen[1].descriptor) == "integer")
    assert.same({ 0.5, 0.5, 0.5 }, told)
  end)

  it("do not take for a row what a function of the caller's yields", function()
    local _, run = side_by_side.new()
    local step = run { source { function() coroutine.yield "oddity" end }, source {} }
    assert.error_matches(step, "must not yield", 1, true)
  end)
end)
