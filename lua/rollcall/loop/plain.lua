--- Queries side by side in a program that has no loop.
local system = require "rollcall.system"
local versions = require "rollcall.internal.lua_versions"

---@class rollcall.loop.plain
local plain = {}

local function run_all(threads, poller)
  while #threads > 0 do
    local waiting, timeout = {}, nil
    for _, thread in ipairs(threads) do
      local went_on, waits = coroutine.resume(thread)
      if not went_on then error(waits, 0) end
      if coroutine.status(thread) == "suspended" then
        waiting[#waiting + 1] = thread
        if waits.descriptor then poller:add(waits.descriptor) end
        if waits.timeout then timeout = math.min(timeout or waits.timeout, waits.timeout) end
      end
    end
    threads = waiting
    if #threads > 0 then poller:wait(timeout) end
  end
end

---The `on_wait` of queries in functions that `run` runs. Raises nothing.
---@param waits rollcall.waits  what is waited for
function plain.on_wait(waits)
  coroutine.yield(waits)
end

---Runs functions side by side, and returns when all have ended.
---
---     plain.run {
---       function() for s in smb.sessions { servername = "fs1", on_wait = plain.on_wait, ... } do print(s.client) end end,
---       function() for s in client:sessions { user_name = "alice", on_wait = plain.on_wait } do print(s.machine_name) end end,
---     }
---
---Raises what one of them raises; the others are ended then.
---@param functions fun()[]  what to run; each waits by `plain.on_wait`
function plain.run(functions)
  local threads = {}
  for i, run in ipairs(functions) do threads[i] = coroutine.create(run) end
  local ran, problem = pcall(versions.closing, system.poller(), function(poller) run_all(threads, poller) end)
  for _, thread in ipairs(threads) do versions.close_coroutine(thread) end
  if not ran then error(problem, 0) end
end

return plain
