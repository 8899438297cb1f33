--- Functions that wait side by side, as in an event loop of the host's.
local system = require "rollcall.system"

---Resumes coroutines in turn until all have ended, and waits in between for what they yield, which is what an `on_wait` gets.
---Raises what one of them raises, and when they have not ended in time.
---@param threads (thread|function)[]  a function is begun; a coroutine may have begun
---@param seconds? number  for all of it; 15
---@return number longest  seconds that a resume took
return function(threads, seconds)
  local began, longest, going = system.clock(), 0, {}
  for i, thread in ipairs(threads) do going[i] = type(thread) == "function" and coroutine.create(thread) or thread end
  while true do
    local poller, timeout, left = system.poller(), 5, {}
    for _, thread in ipairs(going) do
      local before = system.clock()
      local waits = select(2, assert(coroutine.resume(thread)))
      longest = math.max(longest, system.clock() - before)
      if coroutine.status(thread) ~= "dead" then
        left[#left + 1] = thread
        if waits.descriptor then poller:add(waits.descriptor) end
        timeout = math.min(timeout, waits.timeout or timeout)
      end
    end
    going = left
    if #going > 0 then poller:wait(timeout) end
    poller:close()
    if #going == 0 then return longest end
    assert(system.clock() - began < (seconds or 15), "what waits side by side takes too long")
  end
end
