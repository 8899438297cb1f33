--- Queries in a module of Prosody: each in a coroutine, which Prosody goes on with when its wait is over.
local running = require("rollcall.internal.lua_versions").running
local server = require "net.server"
local timer = require "util.timer"

---@class rollcall.loop.prosody
local prosody = {}

-- Prosody stops a timer that it is given; a query without a time of its own is looked at so often.
local LONGEST_WAIT = 60

---An `on_wait` for queries in Prosody. What it starts there has ended when the query goes on.
---
---     coroutine.wrap(function()
---       for s in smb.sessions { servername = "fs1", on_wait = require("rollcall.loop.prosody").on_wait, ... } do
---         module:log("info", "%s", s.client)
---       end
---     end)()
---
---Raises that it is not in a coroutine; what is raised in the coroutine after a wait is raised to Prosody, which logs it.
---@param waits rollcall.waits  what is waited for
function prosody.on_wait(waits)
  local thread, is_main = running()
  if is_main then error("a query in Prosody must be in a coroutine", 2) end
  local watch, task
  local function wake()
    if watch then watch:close() end
    timer.stop(task)
    local went_on, problem = coroutine.resume(thread)
    if not went_on then error(problem, 0) end
  end
  task = timer.add_task(waits.timeout or LONGEST_WAIT, wake)
  if waits.descriptor then watch = server.watchfd(waits.descriptor, wake, false) end
  coroutine.yield()
end

return prosody
