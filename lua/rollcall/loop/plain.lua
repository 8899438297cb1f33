--- Queries side by side in a program that has no loop.
local system = require "rollcall.system"

---@class rollcall.loop.plain
local plain = {}

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
  local poller = system.poller()
  local threads = {}
  local function close()
    for _, thread in ipairs(threads) do coroutine.close(thread) end
    poller:close()
  end
  local closing <close> = setmetatable({}, { __close = close }) -- luacheck: ignore
  for i, run in ipairs(functions) do threads[i] = coroutine.create(run) end
  while true do
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
    if #threads == 0 then return end
    poller:wait(timeout)
  end
end

return plain
