--- Queries in luv's loop: each in a coroutine, which the loop goes on with when its wait is over.
local running = require("rollcall.internal.lua_versions").running
local uv = require "luv"

---@class rollcall.loop.luv
local luv = {}

---An `on_wait` for queries in luv's loop. What it starts there has ended when the query goes on.
---
---     coroutine.wrap(function()
---       for s in smb.sessions { servername = "fs1", on_wait = require("rollcall.loop.luv").on_wait, ... } do print(s.client) end
---     end)()
---     uv.run()
---
---Raises that it is not in a coroutine; what is raised in the coroutine after a wait is raised in the loop.
---@param waits rollcall.waits  what is waited for
function luv.on_wait(waits)
  local thread, is_main = running()
  if is_main then error("a query in luv's loop must be in a coroutine", 2) end
  local started = {}
  local function wake()
    for _, handle in ipairs(started) do handle:close() end
    local went_on, problem = coroutine.resume(thread)
    if not went_on then error(problem, 0) end
  end
  local function start(handle, ...)
    started[#started + 1] = handle
    assert(handle:start(...))
  end
  if waits.timeout == 0 then
    -- A timer that is due at once would come again and again before anything else that is due.
    start(uv.new_idle(), wake)
  else
    if waits.descriptor then start(assert(uv.new_poll(waits.descriptor)), "r", wake) end
    if waits.timeout then start(uv.new_timer(), math.ceil(waits.timeout * 1000), 0, wake) end
  end
  coroutine.yield()
end

return luv
