--- Events from a queue to a receiver: in their order, a batch at a time, and again until it is taken.
local progress = require "rollcall.cli.progress"
local system = require "rollcall.system"
local text = require "rollcall.internal.text"

local delivery = {}

-- Seconds.
local FIRST_PAUSE, LONGEST_PAUSE, WHILE_SENDING = 1, 300, 0.05

---What takes batches.
---@class rollcall.cli.events.receiver
---@field name string
---@field begin fun(self: rollcall.cli.events.receiver, path: string): boolean?, string?  nil and a problem where it cannot begin
---@field result fun(self: rollcall.cli.events.receiver): boolean?, string?, integer?  nil while it goes on; whether it was taken; a problem; a pause
---@field close fun(self: rollcall.cli.events.receiver)

---@class rollcall.cli.events.delivery
---@field private queue rollcall.cli.events.queue
---@field private receiver rollcall.cli.events.receiver
---@field private is_sending boolean
---@field private failures integer  in a row
---@field private due number
local methods = {}
local metatable = { __index = methods }

---@param queue rollcall.cli.events.queue
---@param receiver rollcall.cli.events.receiver
---@return rollcall.cli.events.delivery
function delivery.new(queue, receiver)
  return setmetatable({ queue = queue, receiver = receiver, is_sending = false, failures = 0, due = 0 }, metatable)
end

---@param problem string
---@param pause? integer
function methods:fail(problem, pause)
  if self.failures == 0 or problem ~= self.problem then
    local batches = text.count(#self.queue.batches, "batch", "batches")
    progress.complain(("%s: %s; %s of events waiting"):format(self.receiver.name, problem, batches))
  end
  self.problem = problem
  local doubled = math.min(FIRST_PAUSE * 2 ^ math.min(self.failures, 20), LONGEST_PAUSE)
  self.failures = self.failures + 1
  -- Not all who wait come at once.
  self.due = system.clock() + math.max(pause or 0, doubled * (0.75 + math.random() / 4))
end

function methods:succeed()
  local removed, problem = self.queue:remove_first()
  if not removed then return self:fail(problem) end
  if self.failures > 0 then progress.complain(self.receiver.name .. ": takes events again") end
  self.failures, self.problem, self.due = 0, nil, 0
end

---Does what can be done now.
---@return number seconds  after which there is more to do
function methods:step()
  if self.is_sending then
    local taken, problem, pause = self.receiver:result()
    if taken == nil then return WHILE_SENDING end
    self.is_sending = false
    if taken then self:succeed() else self:fail(problem --[[@as string]], pause) end
  end
  local batch = self.queue.batches[1]
  if not batch then return math.huge end
  local now = system.clock()
  if now < self.due then return self.due - now end
  local begun, problem = self.receiver:begin(batch.path)
  if not begun then
    self:fail(problem --[[@as string]])
    return self.due - now
  end
  self.is_sending = true
  return 0
end

---Delivers what there is while time passes.
---@param seconds number
---@return boolean  false if a signal was noted
function methods:rest(seconds)
  local until_then = system.clock() + seconds
  repeat
    local left = until_then - system.clock()
    if not system.sleep(math.max(0, math.min(self:step(), left))) then return false end
  until system.clock() >= until_then
  return true
end

---Delivers what is left, until it is taken, fails or takes too long.
---@param seconds number
---@return integer batches  that still wait
function methods:finish(seconds)
  local until_then, failures = system.clock() + seconds, self.failures
  self.due = 0
  while #self.queue.batches > 0 and system.clock() < until_then and system.sleep(math.min(self:step(), 1)) do
    if self.failures > failures then break end
    failures = self.failures
  end
  return #self.queue.batches
end

function methods:close()
  self.receiver:close()
end

return delivery
