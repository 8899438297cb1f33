--- The event loops that rollcall has an adapter for, as hosts of a test.
local cqueues = require "cqueues"

local cloud = require "spec.cloud"
local lab = require "spec.lab"
local smb = require "rollcall.smb"

-- Each: runs functions at once, each of which gets an on_wait, and returns when all have ended; `tick` is called every 10 ms
-- meanwhile. Says whether nothing of rollcall's is left in the loop.
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

function loops.run.cqueues(functions, tick)
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

function loops.run.luaevent(functions, tick)
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

function loops.run.plain(functions, tick)
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

---Two enumerations of 20,000 rows and a cloud query of 2,000 users, with a tick every 10 ms beside them.
---@return number longest  seconds between two ticks
---@return integer ticks
function loops.gaps(name)
  local names = {}
  for n = 1, 2000 do names[n] = "user" .. n end
  local client = cloud.client { timeout = 30 }
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
  local left, problem = loops.run[name]({ connections "first", connections "second", function(on_wait)
    count_rows("cloud", client:sessions {
      user_name = names, on_wait = on_wait, on_answer = function() asked = asked + 1 end,
    })
  end }, function()
    local now = cqueues.monotime()
    longest = math.max(longest, now - (last or now))
    last, ticks = now, ticks + 1
  end)
  client:close()
  assert(not problem, problem)
  assert(left == 0 and counts.first == 20000 and counts.second == 20000 and asked == 2000, "not all was answered")
  return longest, ticks
end

return loops
