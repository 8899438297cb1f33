--- Queries in an event base of luaevent: each in a coroutine, which the base goes on with when its wait is over.
local core = require "luaevent.core"
local running = require("rollcall.internal.lua_versions").running

---@class rollcall.loop.luaevent
local luaevent = {}

---Makes an `on_wait` for queries in the loop of an event base. What it adds there has gone when the query goes on.
---
---     local on_wait = require("rollcall.loop.luaevent").on_wait(base)
---     coroutine.wrap(function() for s in smb.sessions { servername = "fs1", on_wait = on_wait, ... } do print(s.client) end end)()
---     base:loop()
---
---Raises nothing; the `on_wait` raises that it is not in a coroutine, and what is raised in the coroutine after a wait, in the loop.
---@param base userdata  an event base of luaevent
---@return rollcall.on_wait on_wait  for any number of queries
function luaevent.on_wait(base)
  return function(waits)
    local thread, is_main = running()
    if is_main then error("a query in an event base must be in a coroutine", 2) end
    local event
    local function wake()
      event:close()
      local went_on, problem = coroutine.resume(thread)
      if not went_on then error(problem, 0) end
      return core.LEAVE
    end
    event = base:addevent(waits.descriptor, waits.descriptor and core.EV_READ or core.EV_TIMEOUT, wake, waits.timeout)
    coroutine.yield()
  end
end

return luaevent
