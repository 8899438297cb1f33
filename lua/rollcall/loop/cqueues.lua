--- Queries in a loop of cqueues.
local queues = require "cqueues"

---@class rollcall.loop.cqueues
local cqueues = {}

---An `on_wait` for queries in a function that a cqueues controller runs.
---
---     queue:wrap(function()
---       for s in smb.sessions { servername = "fs1", on_wait = require("rollcall.loop.cqueues").on_wait, ... } do print(s.client) end
---     end)
---
---Raises nothing.
---@param waits rollcall.waits  what is waited for
function cqueues.on_wait(waits)
  if not waits.descriptor then return queues.sleep(waits.timeout) end
  queues.poll({ pollfd = waits.descriptor, events = "r" }, waits.timeout)
  -- The loop must forget a descriptor before it is closed.
  queues.cancel(waits.descriptor)
end

return cqueues
