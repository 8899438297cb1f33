-- The queries in whatever Lua this is: 5.4, 5.3 or LuaJIT. Written in what all of them read.
local cloud = require "spec.cloud"
local lab = require "spec.lab"
local plain = require "rollcall.loop.plain"
local smb = require "rollcall.smb"
local system = require "rollcall.system"

local closes_at_once = _VERSION == "Lua 5.4" -- what a loop leaves

local function connections(qualifier, more)
  local options = lab.as_auditor { servername = lab.double, qualifier = qualifier, prefmaxlen = 700 }
  for name, value in pairs(more or {}) do options[name] = value end
  return smb.connections(options)
end

---Runs `f` in a coroutine, waits for it, and returns how often.
local function run(f)
  local thread, waits = coroutine.create(f), 0
  while true do
    local went_on, wanted = coroutine.resume(thread)
    if not went_on then error(wanted, 0) end
    if coroutine.status(thread) == "dead" then return waits end
    waits = waits + 1
    system.wait(wanted)
  end
end

local function collect()
  collectgarbage()
  collectgarbage()
end

describe("a query", function()
  it("gives the rows that the server gives, with numbers of 32 bits as they are", function()
    local witnessed, seen = lab.witnessed(lab.double_port, "connections", 1, "people"), 0
    for row in connections "people" do
      seen = seen + 1
      assert.equal(witnessed[seen].id, row.id)
      assert.equal(witnessed[seen].username, row.username)
      assert.is_truthy(("%d"):format(row.id):find "^%d+$")
    end
    assert.is_true(seen > 2 and seen == #witnessed)
    local step, state = connections "people"
    local first = step(state)
    assert.equal("CORP\\alice", first.username)
    state:close()
  end)

  it("waits where its on_wait yields, in C as in functions of the caller", function()
    local rows, failures, asked = 0, 0, { lab.closed, lab.double }
    local waits = run(function()
      for row in connections("rows-30;delay=0.1", {
        servername = function()
          coroutine.yield { timeout = 0 }
          return table.remove(asked, 1)
        end,
        on_wait = coroutine.yield,
        on_error = function()
          coroutine.yield { timeout = 0 }
          failures = failures + 1
        end,
      }) do
        rows = rows + 1
        if row.id == 3 then coroutine.yield { timeout = 0 } end
      end
    end)
    assert.same({ 30, 1 }, { rows, failures })
    assert.is_true(waits > 5, waits)
  end)

  it("of the cloud waits for its token, its answers and the names that it asks for", function()
    local client, answers = cloud.login_client(), 0
    local waits = run(function()
      local rows, users = cloud.collect(client:sessions {
        user_name = { "rows-2;delay=0.1", "rows-3", "nobody" }, on_wait = coroutine.yield,
        on_answer = function()
          coroutine.yield { timeout = 0 }
          answers = answers + 1
        end,
      })
      assert.same({ 5, 5, 3 }, { #rows, #users, answers })
    end)
    assert.is_true(waits > 4, waits)
    client:close()
    cloud.tell "forget"
  end)

  it("runs beside others without a loop", function()
    local received, functions = {}, {}
    for i = 1, 3 do
      functions[i] = function()
        received[i] = 0
        for _ in connections("rows-20;delay=0.1", { on_wait = plain.on_wait }) do received[i] = received[i] + 1 end
      end
    end
    plain.run(functions)
    assert.same({ 20, 20, 20 }, received)
  end)

  it("raises what its on_wait raises, and is at its end", function()
    local mine = { "mine" }
    local step, state = connections("rows-30", { on_wait = function() error(mine) end })
    local ran, problem = pcall(step, state)
    assert.is_false(ran)
    assert.equal(mine, problem)
    assert.is_truthy(tostring(state):find("closed", 1, true))
    assert.is_nil(step(state))
    assert.same({}, lab.workers())
  end)

  it("raises a failure through its callers, yielding or not", function()
    for password, on_wait in pairs { wrong = false, wronger = coroutine.yield } do
      local failure
      run(function()
        local ran, problem = pcall(function()
          for _ in connections("people", { password = password, on_wait = on_wait or nil }) do error "a row" end
        end)
        failure = not ran and problem
      end)
      assert.equal("ERROR_LOGON_FAILURE", failure.name)
      assert.is_truthy(tostring(failure):find(lab.double, 1, true))
    end
  end)

  it("can be closed in its on_wait, and not be stepped there", function()
    local step, state, problem
    step, state = connections("rows-30", {
      on_wait = function()
        problem = problem or select(2, pcall(step, state))
        state:close()
      end,
    })
    assert.is_nil(step(state))
    -- At the line of this file, or at none.
    assert.is_truthy(tostring(problem):find "^an enumeration cannot be stepped from a function it calls$", problem)
    assert.same({}, lab.workers())
  end)

  it("takes no half of a surrogate pair for text", function()
    assert.error_matches(function() connections "\237\160\128" end, "must be valid UTF%-8")
  end)
end)

describe("nothing stays behind", function()
  local descriptors

  before_each(function()
    collect()
    descriptors = lab.descriptors()
  end)

  after_each(function()
    assert.same({}, lab.workers())
    assert.same(descriptors, lab.descriptors())
  end)

  it("after close, at once", function()
    collectgarbage "stop"
    local step, state = connections "rows-30"
    assert.equal(1, step(state).id)
    state:close()
    local workers = lab.workers()
    collectgarbage "restart"
    assert.same({}, workers)
  end)

  it("after a page by hand, which closes what it has opened, well or not", function()
    collectgarbage "stop"
    assert.equal(30, smb.connection_page(lab.as_auditor { servername = lab.double, qualifier = "rows-30" }).entriesread)
    local refused = pcall(smb.connection_page, lab.as_auditor { servername = lab.samba, qualifier = "x", username = "alice" })
    local workers = lab.workers()
    collectgarbage "restart"
    assert.is_false(refused)
    assert.same({}, workers)
  end)

  it("after a wait by hand", function()
    collectgarbage "stop"
    local before = lab.descriptors()
    for _ = 1, 5 do system.wait { timeout = 0 } end
    local after = lab.descriptors()
    collectgarbage "restart"
    assert.same(before, after)
  end)

  it("after a break: at once in Lua 5.4, elsewhere when it is collected", function()
    collectgarbage "stop"
    for row in connections "rows-30" do
      if row.id == 15 then break end
    end
    local workers = lab.workers()
    collectgarbage "restart"
    assert.equal(closes_at_once and 0 or 1, #workers)
    collect()
  end)

  it("after a coroutine that is dropped in its on_wait", function()
    do
      local thread = coroutine.create(function() for _ in connections("rows-30", { on_wait = coroutine.yield }) do break end end)
      coroutine.resume(thread)
    end
    collect()
  end)

  it("after an error in one of several functions", function()
    local ran, problem = pcall(plain.run, {
      function() for _ in connections("rows-30;hang", { on_wait = plain.on_wait }) do break end end,
      function()
        plain.on_wait { timeout = 0.3 }
        error("mine", 0)
      end,
    })
    assert.same({ false, "mine" }, { ran, problem })
    if not closes_at_once then collect() end
  end)
end)
