--- What a person sees while rows are waited for, and Ctrl-C: a line on standard error that says how far the targets are,
--- failures as they come, and what has not answered when a signal ends it all.
local is_good = require("rollcall.internal.outcomes").is_good
local system = require "rollcall.system"
local text = require "rollcall.internal.text"

local progress = {}

-- Seconds of waiting after which the line is drawn anew, and rows that are held back are shown.
local REST = 0.25
-- Where nobody waits for the network, a signal is looked for after so many rows, and the line is drawn after so many, a multiple.
local ROWS_BETWEEN_SIGNALS = 100
local ROWS_BETWEEN_LINES = 5000
local SMALL_HEAP = 64 * 1024 -- in KiB
local USERS_BETWEEN_LINES = 25
local MOST_NAMES = 5
local FAILED, PLAIN = "\27[31m", "\27[0m"

---@class rollcall.cli.progress
---@field outcomes rollcall.outcome[]  the results so far
---@field flush? fun()  writes what is held back
---@field is_interrupted boolean
---@field private is_waited_for? boolean  a wait can raise INTERRUPTED
---@field is_stopped? boolean  the rows are to end as at a signal
local methods = {}
local metatable = { __index = methods }

---What is raised to leave a wait at a signal.
local INTERRUPTED = setmetatable({}, { __name = "rollcall.interrupted" })

---@class rollcall.cli.progress_settings
---@field targets? rollcall.inventory.asked_target[]  those that are asked over the network, in their order
---@field users? boolean  users are asked, whom `count` counts
---@field ends_at_signals? boolean  a signal ends the rows, and those that came are shown
---@field reports? boolean  failures are reported as they come
---@field shard? rollcall.shard  of an inventory, to be asked alone
---@field forgets_rows? boolean  a row is used no more once the next one is asked for
---@field hidden? boolean  something else is written to standard error meanwhile
---@field wait? rollcall.on_wait  waits in place of rollcall

local function key_of(source, target, query)
  return table.concat({ source, target, query or "" }, "\0")
end

---@param settings rollcall.cli.progress_settings
---@return rollcall.cli.progress
function progress.new(settings)
  local self = setmetatable({
    settings = settings, outcomes = {}, answered = {}, with_rows = {}, failed = 0, rows = 0, asked = 0, rested = 0,
    is_interrupted = false, is_shown = not settings.hidden and system.is_terminal(2) and os.getenv "TERM" ~= "dumb", is_visible = false,
  }, metatable)
  if settings.ends_at_signals then system.catch_signals() end
  return self
end

---Whether color may be written to a stream.
---@param descriptor 1|2
---@return boolean
function progress.color(descriptor)
  local no_color = os.getenv "NO_COLOR"
  return system.is_terminal(descriptor) and (no_color == nil or no_color == "") and os.getenv "TERM" ~= "dumb"
end

---Writes a line about what went wrong to standard error.
---@param words string
function progress.complain(words)
  local line = "rollcall: " .. text.printable(words)
  io.stderr:write(progress.color(2) and FAILED .. line .. PLAIN or line, "\n")
end

---@param outcome rollcall.outcome
function progress.report(outcome)
  progress.complain(("%s: %s"):format(outcome.target, outcome.reason or outcome.completeness))
end

---Those that have not answered, and how many of them are being asked.
---@return rollcall.inventory.asked_target[]
---@return integer in_flight
function methods:awaited()
  local list, in_flight, of_query, left = {}, 0, {}, {}
  for key, count in pairs(self.answered) do left[key] = count end
  for _, one in ipairs(self.settings.targets or {}) do
    local key = key_of(one.source, one.target, one.query)
    if (left[key] or 0) > 0 then
      left[key] = left[key] - 1
    else
      list[#list + 1] = one
      local query = one.query or ""
      of_query[query] = (of_query[query] or 0) + 1
      if of_query[query] <= one.concurrency then in_flight = in_flight + 1 end
    end
  end
  return list, in_flight
end

local function names_of(awaited)
  local names = {}
  for i = 1, math.min(#awaited, MOST_NAMES) do names[i] = awaited[i].target end
  if #awaited > MOST_NAMES then names[#names + 1] = ("%d more"):format(#awaited - MOST_NAMES) end
  return table.concat(names, ", ")
end

function methods:line()
  local parts = {}
  if self.settings.users then parts[1] = ("%s asked"):format(text.count(self.asked, "user")) end
  local total = #(self.settings.targets or {})
  local awaited, in_flight = self:awaited()
  if total > 0 then parts[1] = ("%d of %s done"):format(total - #awaited, text.count(total, "target")) end
  if self.failed > 0 then parts[#parts + 1] = ("%d failed"):format(self.failed) end
  if in_flight > 0 then parts[#parts + 1] = ("%d in flight"):format(in_flight) end
  parts[#parts + 1] = text.count(self.rows, "row")
  return table.concat(parts, ", ") .. (#awaited > 0 and "; waiting for " .. names_of(awaited) or "")
end

function methods:draw()
  if not self.is_shown then return end
  -- A terminal that shows ^C shows it behind the line.
  local most = math.max((system.terminal_width(2) or 80) - 3, 10)
  -- Its beginning counts most.
  local line = text.beginning(text.printable(self:line()), most)
  io.stderr:write("\r\27[K", line)
  self.is_visible = true
end

---Takes the line away, before anything else is written.
function methods:clear()
  if self.is_visible then io.stderr:write("\r\27[K") end
  self.is_visible = false
end

---Waits as `on_wait` of a query does.
---@param waits rollcall.waits
---@return number seconds
function methods:wait(waits)
  local timeout = waits.timeout
  if self.is_shown or self.flush then timeout = math.min(timeout or REST, REST) end
  local seconds = (self.settings.wait or system.wait) { descriptor = waits.descriptor, timeout = timeout }
  if self:is_to_end() then error(INTERRUPTED, 0) end
  self.rested = self.rested + seconds
  if self.rested >= REST then
    self.rested = 0
    if self.flush then self.flush() end
    self:draw()
  end
  return seconds
end

---For `on_wait`.
---@return rollcall.on_wait
function methods:waiter()
  self.is_waited_for = true
  return function(waits) return self:wait(waits) end
end

---@return any  true where the rows are to end
function methods:is_to_end()
  return self.is_stopped or self.settings.ends_at_signals and system.caught_signal()
end

---For `on_target`.
---@param outcome rollcall.outcome
function methods:note(outcome)
  self.outcomes[#self.outcomes + 1] = outcome
  local key = key_of(outcome.source, outcome.target, outcome.query)
  self.answered[key] = (self.answered[key] or 0) + 1
  if is_good(outcome) then return end
  self.failed = self.failed + 1
  if not self.settings.reports then return end
  self:clear()
  progress.report(outcome)
end

---Counts a user about whom there is an answer.
function methods:count()
  self.asked = self.asked + 1
  if self.asked % USERS_BETWEEN_LINES == 0 then self:draw() end
end

---Counts a user about whom there is none, and reports why.
---@param words string
function methods:fail(words)
  self.failed = self.failed + 1
  if self.settings.reports then
    self:clear()
    progress.complain(words)
  end
  self:count()
end

---Collects more often as soon as much is kept. As long as it is little, collecting seldom costs a few
---megabytes; later it would cost several times what is kept.
local function keep_pace()
  if collectgarbage "count" > SMALL_HEAP then collectgarbage("incremental", 120, 400) end
end

---What is done between rows, now and then.
---@return boolean  false at a signal, where the rows end
function methods:pause()
  if self:is_to_end() then
    self:interrupt()
    return false
  end
  if self.rows > 0 and self.rows % ROWS_BETWEEN_LINES == 0 then
    self:draw()
    keep_pace()
  end
  return true
end

---Takes the line away before an error is reported, and has the rows end where a signal has ended a wait.
local function guarded(self, next_row)
  return function(state, spent)
    local ran, kind, row = pcall(next_row, state, spent)
    if ran then return kind, row end
    self:clear()
    if kind ~= INTERRUPTED then error(kind, 0) end
    self:interrupt()
  end
end

---The rows, counted; at a signal they end.
---@param next_row fun(state: any, spent: table?): string?, table?  gets a row that is used no more, where there is one
---@param state? any  what `next_row` gets
---@return fun(): string?, table?
function methods:over(next_row, state)
  local with_rows, forgets_rows, spent = self.settings.targets and self.with_rows, self.settings.forgets_rows, nil
  if self.is_shown or self.is_waited_for then next_row = guarded(self, next_row) end
  return function()
    local rows = self.rows
    if self.is_interrupted or rows % ROWS_BETWEEN_SIGNALS == 0 and not self:pause() then return nil end
    local kind, row = next_row(state, spent)
    if not kind then
      self:clear()
      return nil
    end
    self.rows = rows + 1
    if forgets_rows then spent = row end
    local origin = with_rows and (row.servername or row.origin)
    if origin then with_rows[origin] = true end
    return kind, row
  end
end

---Gives those that have not answered a result that says so: nobody may take what came for all there is.
function methods:interrupt()
  self:clear()
  self.is_interrupted = true
  local awaited = self:awaited()
  for _, one in ipairs(awaited) do
    self.outcomes[#self.outcomes + 1] = {
      source = one.source, target = one.target, query = one.query,
      completeness = self.with_rows[one.target] and "partial" or "unreachable", reason = "interrupted before it had answered",
    }
  end
  self.unfinished = awaited
end

---After everything was written: what a signal has cut off.
---@param path? string  of a file that was to be written, and was not
function methods:finish(path)
  self:clear()
  if not self.is_interrupted then return end
  local count, total = #self.unfinished, #(self.settings.targets or {})
  progress.complain("interrupted: " .. (path and path .. " was not written" or "these rows are incomplete") .. (count == 0 and ""
    or ("; %d of %s had not answered: %s"):format(count, text.count(total, "target"), names_of(self.unfinished))))
end

return progress
