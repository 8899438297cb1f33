--- The event loops that rollcall has an adapter for, as hosts of a test.
local cqueues = require "cqueues"
local uv = require "luv"

local cloud = require "spec.cloud"
local lab = require "spec.lab"
local smb = require "rollcall.smb"

-- Each: runs functions at once, each of which gets an on_wait, and returns when all have ended. `tick` is called first, and then
-- every 10 ms by a timer that runs before the functions are started. Says whether nothing of rollcall's is left in the loop.
local loops = { run = {} }

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

function loops.run.luv(functions, tick)
  local on_wait = require("rollcall.loop.luv").on_wait
  local tasks, ticks = new_tasks(functions), uv.new_timer()
  tick()
  ticks:start(10, 10, function()
    tick()
    if tasks.left == 0 then ticks:close() end
  end)
  for _, run in ipairs(tasks) do coroutine.wrap(run)(on_wait) end
  uv.run()
  local handles = 0
  uv.walk(function(handle) handles = handles + (handle:is_closing() and 0 or 1) end)
  return handles, tasks.problem
end

function loops.run.cqueues(functions, tick)
  local on_wait = require("rollcall.loop.cqueues").on_wait
  local tasks, queue = new_tasks(functions), cqueues.new()
  tick()
  queue:wrap(function()
    repeat
      cqueues.sleep(0.01)
      tick()
    until tasks.left == 0
  end)
  for _, run in ipairs(tasks) do queue:wrap(run, on_wait) end
  assert(queue:loop())
  return queue:count(), tasks.problem
end

function loops.run.luaevent(functions, tick)
  local core = require "luaevent.core"
  -- Its own clock goes by ticks of the system, of up to 10 ms.
  uv.os_setenv("EVENT_PRECISE_TIMER", "1")
  local base = core.new()
  local tasks, on_wait = new_tasks(functions), require("rollcall.loop.luaevent").on_wait(base)
  local event
  local function arm(wake) return base:addevent(nil, core.EV_TIMEOUT, wake, 0.01) end
  local function again()
    tick()
    event = tasks.left > 0 and arm(again) or nil -- kept, or it would be collected
    return core.LEAVE
  end
  tick()
  event = arm(again)
  for _, run in ipairs(tasks) do coroutine.wrap(run)(on_wait) end
  base:loop()
  return event and 1 or 0, tasks.problem
end

function loops.run.plain(functions, tick)
  local plain = require "rollcall.loop.plain"
  local tasks, all = new_tasks(functions), {}
  tick()
  all[1] = function()
    repeat
      local due = cqueues.monotime() + 0.01
      repeat -- it comes back whenever one of the others is to go on
        plain.on_wait { timeout = math.max(0, due - cqueues.monotime()) }
      until cqueues.monotime() >= due
      tick()
    until tasks.left == 0
  end
  for _, run in ipairs(tasks) do all[#all + 1] = function() run(plain.on_wait) end end
  plain.run(all)
  return 0, tasks.problem
end

---@class spec.lab.loops.gaps
---@field longest number  seconds between two ticks
---@field turn number  the longest time of the processor between two waits of a query, in seconds
---@field ticks integer

---Two enumerations of 20,000 rows and a cloud query of 2,000 users, with a tick every 10 ms beside them.
---@return spec.lab.loops.gaps
function loops.gaps(name)
  local names = {}
  for n = 1, 2000 do names[n] = "user" .. n end
  local client = cloud.client { timeout = 30 }
  local counts, last, gaps = {}, nil, { longest = 0, turn = 0, ticks = 0 }
  -- A query's on_wait, by which its turns are timed.
  local function timed(on_wait)
    local began = os.clock()
    return function(waits)
      gaps.turn = math.max(gaps.turn, os.clock() - began)
      on_wait(waits)
      began = os.clock()
    end
  end
  local function count_rows(what, step, state)
    counts[what] = 0
    for _ in step, state do counts[what] = counts[what] + 1 end
  end
  local function connections(what)
    return function(on_wait)
      count_rows(what, smb.connections(lab.as_auditor {
        servername = lab.double, qualifier = "rows-20000", on_wait = timed(on_wait), timeout = 30,
      }))
    end
  end
  local asked = 0
  local left, problem = loops.run[name]({ connections "first", connections "second", function(on_wait)
    count_rows("cloud", client:sessions {
      user_name = names, on_wait = timed(on_wait), on_answer = function() asked = asked + 1 end,
    })
  end }, function()
    local now = cqueues.monotime()
    gaps.longest = math.max(gaps.longest, now - (last or now))
    last, gaps.ticks = now, gaps.ticks + 1
  end)
  client:close()
  assert(not problem, problem)
  assert(left == 0 and counts.first == 20000 and counts.second == 20000 and asked == 2000, "not all was answered")
  return gaps
end

return loops
