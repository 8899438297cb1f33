--- Several iterators that wait for the network, stepped so that while one waits the others go on.
--
-- Each runs in a coroutine of its own. What it waits for comes here by its `on_wait`, and only when
-- none can go on is there one wait, for whichever is first.
local system = require "rollcall.system"
local versions = require "rollcall.internal.lua_versions"

local side_by_side = {}

---What is waited for.
---@class rollcall.waits
---@field descriptor? integer  until it can be read; it stays the same for as long as the iterator is open. nil on Windows
---@field timeout? number  or until so many seconds are over; 0: when the others have had their turn

---Called instead of waiting, and may yield: what an event loop gives its own wait for. It returns
---when something of what is waited for has happened, or earlier; and how many seconds it waited, if
---it spent time on something else that is not to count as the server's.
---@alias rollcall.on_wait fun(waits: rollcall.waits): number?

-- After so many rows of the others, one that waits is looked at all the same.
local ROWS_BETWEEN_LOOKS = 64

local WAIT, ROW = {}, {}

-- What all members wait for: their descriptors, put into the poller, and the earliest time.
---@param poller rollcall.system.poller
---@param members { waits: rollcall.waits }[]
---@return rollcall.waits
local function merged(poller, members)
  local result = { descriptor = poller:descriptor() }
  for _, member in ipairs(members) do
    local waits = member.waits
    -- Each time anew: a source may have begun another iterator, whose descriptor has an old number.
    if waits.descriptor then poller:add(waits.descriptor) end
    if waits.timeout then result.timeout = math.min(result.timeout or waits.timeout, waits.timeout) end
  end
  return result
end

-- Goes on with a member to its next row, and returns ROW, the kind and the row; or WAIT; or nil at its end.
local function resume(member)
  local went_on, what, first, second = coroutine.resume(member.thread)
  if not went_on then error(what, 0) end
  if what == WAIT then
    member.waits = first
  elseif what ~= ROW and coroutine.status(member.thread) ~= "dead" then
    error("a function that rollcall calls must not yield", 0)
  end
  return what, first, second
end

---@class rollcall.side_by_side.source
---@field step fun(): string?, table?  the next kind and row
---@field close fun(self)

---@param wait? rollcall.on_wait  waits for all of them; absent: rollcall's own
---@return rollcall.on_wait on_wait  what each source is to be started with
---@return fun(running: rollcall.side_by_side.source[]): step: (fun(): string?, table?), close: fun() run  makes one of the sources
function side_by_side.new(wait)
  local poller = system.poller()
  local waited = 0 -- seconds so far, nil once a wait did not say

  local function on_wait(waits)
    local before = waited
    coroutine.yield(WAIT, waits)
    return waited and waited - before
  end

  local function run(running)
    local members = {}
    for i, source in ipairs(running) do
      members[i] = { thread = coroutine.create(function()
        for kind, row in source.step do coroutine.yield(ROW, kind, row) end
      end) }
    end

    local function look_at_all()
      for _, member in ipairs(members) do member.waits = nil end
    end

    local function close()
      local opened = running
      running = {}
      for _, member in ipairs(members) do
        if coroutine.status(member.thread) == "suspended" then versions.close_coroutine(member.thread) end
      end
      for _, source in ipairs(opened) do source:close() end
      poller:close()
    end

    local turn, rows, waiting = 0, 0, 0 -- how many in a row were found waiting
    local function step()
      while #members > 0 do
        turn = turn % #members + 1
        local member = members[turn]
        local what, kind, row
        if not member.waits then what, kind, row = resume(member) end
        if what == ROW then
          rows, waiting = rows + 1, 0
          if rows % ROWS_BETWEEN_LOOKS == 0 then look_at_all() end
          return kind, row
        elseif member.waits then
          waiting = waiting + 1
        else
          table.remove(members, turn)
          turn, waiting = turn - 1, 0
        end
        if waiting > 0 and waiting >= #members then
          local waits = merged(poller, members)
          local seconds
          if wait then seconds = wait(waits) else seconds = poller:wait(waits.timeout) end
          waited = waited and tonumber(seconds) and waited + seconds
          look_at_all()
          waiting = 0
        end
      end
      close() -- a loop does it in Lua 5.4 alone
    end
    return step, close
  end

  return on_wait, run
end

return side_by_side
