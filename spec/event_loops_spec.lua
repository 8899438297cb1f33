-- Real event loops as hosts: several queries of one client at once, and file servers beside them.
local cqueues = require "cqueues"

local cloud = require "spec.cloud"
local lab = require "spec.lab"
local smb = require "rollcall.smb"

-- Each loop: runs functions at once, each of which gets an on_wait, and returns when all have ended; `tick` is called every 10 ms
-- meanwhile. Says whether nothing of rollcall's is left in the loop.
local loops = {}

-- The first thing that goes wrong in one of the functions.
local function new_tasks(functions)
  local tasks = { left = #functions }
  for i, run in ipairs(functions) do
    tasks[i] = function(on_wait)
      local done, problem = xpcall(run, debug.traceback, on_wait)
      tasks.left = tasks.left - 1
      tasks.problem = tasks.problem or not done and problem or nil
    end
  end
  return tasks
end

function loops.luv(functions, tick)
  local uv, on_wait = require "luv", require("rollcall.loop.luv").on_wait
  local tasks, ticks = new_tasks(functions), uv.new_timer()
  ticks:start(0, 10, function()
    tick()
    if tasks.left == 0 then ticks:close() end
  end)
  for _, run in ipairs(tasks) do coroutine.wrap(run)(on_wait) end
  uv.run()
  local handles = 0
  uv.walk(function(handle) handles = handles + (handle:is_closing() and 0 or 1) end)
  return handles, tasks.problem
end

function loops.cqueues(functions, tick)
  local on_wait = require("rollcall.loop.cqueues").on_wait
  local tasks, queue = new_tasks(functions), cqueues.new()
  for _, run in ipairs(tasks) do queue:wrap(run, on_wait) end
  queue:wrap(function()
    while tasks.left > 0 do
      tick()
      cqueues.sleep(0.01)
    end
  end)
  assert(queue:loop())
  return queue:count(), tasks.problem
end

function loops.luaevent(functions, tick)
  local core = require "luaevent.core"
  local base = core.new()
  local tasks, on_wait = new_tasks(functions), require("rollcall.loop.luaevent").on_wait(base)
  local event
  local function again()
    tick()
    event = tasks.left > 0 and base:addevent(nil, core.EV_TIMEOUT, again, 0.01) or nil -- kept, or it would be collected
    return core.LEAVE
  end
  again()
  for _, run in ipairs(tasks) do coroutine.wrap(run)(on_wait) end
  base:loop()
  return event and 1 or 0, tasks.problem
end

function loops.plain(functions, tick)
  local plain = require "rollcall.loop.plain"
  local tasks, all = new_tasks(functions), {}
  for i, run in ipairs(tasks) do all[i] = function() run(plain.on_wait) end end
  all[#all + 1] = function()
    while tasks.left > 0 do
      tick()
      plain.on_wait { timeout = 0.01 }
    end
  end
  plain.run(all)
  return 0, tasks.problem
end

for name, run_all in pairs(loops) do
  describe(name, function()
    it("takes several queries of one client, and enumerations, at once", function()
      local descriptors = #lab.descriptors()
      do
        local client, login_client = cloud.client { timeout = 20 }, cloud.login_client { timeout = 20 }
        cloud.tell "life?seconds=2"
        local received, functions = {}, {}
        for i = 1, 12 do
          functions[#functions + 1] = function(on_wait)
            local users = {}
            for n = 1, 5 do users[n] = ("rows-2;delay=0.%d;%d-%d"):format(n, i, n) end
            local rows = cloud.collect((i % 2 == 0 and client or login_client):sessions {
              user_name = users, concurrency = 2, on_wait = on_wait,
            })
            received[#received + 1] = #rows
          end
        end
        for _ = 1, 2 do
          functions[#functions + 1] = function(on_wait)
            local rows = cloud.collect(smb.connections(lab.as_auditor {
              servername = { lab.double, lab.double }, qualifier = "people;delay=0.3", on_wait = on_wait,
            }))
            received[#received + 1] = #rows > 0 and 10 or 0
          end
        end
        local left, problem = run_all(functions, function() end)
        assert(not problem, problem)
        assert.equal(0, left)
        cloud.tell "forget"
        local expected = {}
        for i = 1, #functions do expected[i] = 10 end
        assert.same(expected, received)
        client:close()
        login_client:close()
      end
      collectgarbage()
      collectgarbage()
      -- The loop's own descriptors stay.
      assert.is_true(#lab.descriptors() <= descriptors + 8)
    end)

    it("goes on with its own work meanwhile", function()
      local names = {}
      for n = 1, 2000 do names[n] = "user" .. n end
      local client <close> = cloud.client { timeout = 30 }
      local counts, last, longest, ticks = {}, nil, 0, 0
      local function count_rows(what, step, state)
        counts[what] = 0
        for _ in step, state do counts[what] = counts[what] + 1 end
      end
      local function connections(what)
        return function(on_wait)
          count_rows(what, smb.connections(lab.as_auditor {
            servername = lab.double, qualifier = "rows-20000", on_wait = on_wait, timeout = 30,
          }))
        end
      end
      local asked = 0
      local left, problem = run_all({ connections "first", connections "second", function(on_wait)
        count_rows("cloud", client:sessions {
          user_name = names, on_wait = on_wait, on_answer = function() asked = asked + 1 end,
        })
      end }, function()
        local now = cqueues.monotime()
        longest = math.max(longest, now - (last or now))
        last, ticks = now, ticks + 1
      end)
      assert(not problem, problem)
      assert.equal(0, left)
      assert.same({ 20000, 20000, 2000 }, { counts.first, counts.second, asked })
      -- Much less on a machine with nothing else to do: see the benchmarks.
      assert.is_true(longest < 0.5, longest)
      assert.is_true(ticks > 10, ticks)
      if os.getenv "GAPS" then io.stderr:write(("%s: longest gap %.1f ms, %d ticks\n"):format(name, longest * 1000, ticks)) end
    end)

    it("is left with nothing where a query is broken off, or fails", function()
      local descriptors = #lab.descriptors()
      local left, problem = run_all({
        function(on_wait)
          for _ in smb.connections(lab.as_auditor { servername = lab.double, qualifier = "rows-20000", on_wait = on_wait }) do break end -- luacheck: ignore 512
        end,
        function(on_wait)
          local ok, failure = pcall(function()
            for _ in smb.sessions(lab.as_auditor { servername = lab.silent, timeout = 0.3, on_wait = on_wait }) do error "a row" end
          end)
          assert(not ok and failure.name == "ERROR_SEM_TIMEOUT", failure)
        end,
      }, function() end)
      assert(not problem, problem)
      assert.equal(0, left)
      collectgarbage()
      collectgarbage()
      assert.is_true(#lab.descriptors() <= descriptors + 8)
    end)
  end)
end
