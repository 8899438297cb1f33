--- What a watch does with its events beyond showing them: keeps them on the disk until a receiver has taken them.
local arguments = require "rollcall.cli.arguments"
local changes = require "rollcall.cli.changes"
local delivery = require "rollcall.cli.events.delivery"
local ocsf = require "rollcall.cli.events.ocsf"
local platform = require "rollcall.internal.platform"
local post = require "rollcall.cli.events.post"
local progress = require "rollcall.cli.progress"
local queue = require "rollcall.cli.events.queue"
local syslog = require "rollcall.cli.events.syslog"
local system = require "rollcall.system"

local watch_events = {}

local MIB = 1024 * 1024
-- Seconds, after the last of `--times` polls.
local LAST_DELIVERY = 60
local EVENTS_WAIT = 2

---@param command table  of argparse
function watch_events.declare(command)
  command:option("--queue", "Keep events in this folder until a receiver has taken them, and the last poll."):argname "DIR"
  command:option("--queue-size", "So many MiB of events may wait.", "64"):argname("MIB"):target("queue_size")
    :convert(arguments.integer("--queue-size", 1, 1024 * 1024))
  command:option("--post", "Post the events of --queue to this URL with curl, as JSON Lines."):argname("URL"):convert(post.check)
  command:option("--post-headers", "A private file of header lines for --post, such as a token's."):argname("FILE"):target "post_headers"
  command:option("--syslog", "Write the events of --queue to this socket, or to tcp://HOST:PORT."):argname("PATH")
    :convert(arguments.checked("--syslog", syslog.check))
end

---@param given table  as parsed
---@param inv rollcall.inventory
---@return string? problem
function watch_events.problem(given, inv)
  if given.post and given.syslog then return "--post and --syslog exclude each other; two watches with a queue each serve both" end
  if given.post_headers and not given.post then return "--post-headers belongs to --post" end
  local receiver = given.post and "--post" or given.syslog and "--syslog"
  if receiver and not given.queue then return ("%s needs --queue DIR, a folder where events wait until they are taken"):format(receiver) end
  if given.queue and not receiver then return "--queue needs --post or --syslog, which takes the events from it" end
  if given.queue and platform.is_windows then return "--queue is not available on Windows" end
  if given.syslog and given.format == "ocsf" then
    return "--format ocsf excludes --syslog, whose messages have a form of their own; --post takes the events as they are printed"
  end
  local problem = given.format == "ocsf" and ocsf.problem(inv)
  return problem or given.post_headers and post.headers_problem(given.post_headers) or nil
end

local function time(seconds)
  return os.date("!%Y-%m-%dT%H:%M:%SZ", seconds)
end

---@alias rollcall.cli.watch_events.difference rollcall.diff.change|rollcall.cli.gap
---@alias rollcall.cli.watch_events.line fun(one: rollcall.cli.watch_events.difference, at: integer, settings: table): string?

---A difference as a line of JSON.
---@type rollcall.cli.watch_events.line
local function own_line(change, generated_at)
  return changes.json(change, time(generated_at))
end

---What makes lines of differences; nil of one that the format has no place for.
---@param given table  as parsed
---@return rollcall.cli.watch_events.line
function watch_events.line(given)
  return given.format == "ocsf" and ocsf.line or own_line
end

---@class rollcall.cli.watch_events
---@field before? rollcall.diff.poll  what an earlier watch has left
---@field private queue rollcall.cli.events.queue
---@field private line rollcall.cli.watch_events.line
---@field private delivery rollcall.cli.events.delivery
---@field private gap? rollcall.cli.gap  to be recorded with the next events
local methods = {}
local metatable = { __index = methods }

---Where events are shown only.
local unkept = {
  record = function(_, changed, _, after) return changed, after end,
  rest = function(_, seconds) return system.sleep(seconds) end,
  finish = function() return 0 end,
  close = function() end,
}
local unkept_metatable = { __index = unkept, __close = unkept.close }

local function gap_since(generated_at, reason)
  return { event = "gap", since = time(generated_at), reason = reason }
end

---@param given table  as parsed
---@return rollcall.cli.watch_events?  to be closed
---@return string? problem
function watch_events.open(given)
  if not given.queue then return setmetatable({}, unkept_metatable) end
  local receiver, problem
  if given.post then receiver = post.new(given.post, given.post_headers) else receiver, problem = syslog.new(given.syslog) end
  if not receiver then return nil, problem end
  local its_queue
  its_queue, problem = queue.open(given.queue, given.queue_size * MIB)
  if not its_queue then return nil, problem end
  return setmetatable({
    before = its_queue.before, queue = its_queue, line = watch_events.line(given), folder = given.queue,
    delivery = delivery.new(its_queue, receiver),
    gap = its_queue.before and gap_since(its_queue.generated_at, "the watch was not running") or nil,
  }, metatable)
end

---@param list (rollcall.diff.change|rollcall.cli.gap)[]
---@return string[] lines
---@return integer size
function methods:lines(list, generated_at, settings)
  local lines, size = {}, 0
  for i, change in ipairs(list) do
    change.id = self.queue:id(generated_at, i)
    local line = self.line(change, generated_at, settings)
    lines[#lines + 1] = line
    size = size + #(line or "")
  end
  return lines, size
end

---Says once that events cannot be recorded, and why.
function methods:refuse(problem)
  if problem ~= self.problem then
    progress.complain(("%s: %s; until then nothing is reported, and who comes and goes meanwhile is not seen"):format(self.folder, problem))
  end
  self.problem = problem
end

---Records what a poll has found, before anybody hears of it. Where that fails, the next poll is compared with the same earlier one.
---@param changed? rollcall.diff.change[]  absent: there is no earlier poll
---@param before? rollcall.diff.poll  the earlier one
---@param after rollcall.diff.poll  what the next one is to be compared with
---@param generated_at integer
---@param settings rollcall.snapshot.settings
---@return (rollcall.diff.change|rollcall.cli.gap)[]? changed  what may be reported
---@return rollcall.diff.poll? before  what the next poll is to be compared with
function methods:record(changed, before, after, generated_at, settings)
  local list = { self.gap }
  table.move(changed or {}, 1, #(changed or {}), #list + 1, list)
  local lines, size = self:lines(list, generated_at, settings)
  if size > self.queue.limit then
    local since = self.gap and self.gap.since or time(self.queue.generated_at)
    list = { { event = "gap", since = since, lost = #(changed or {}), reason = "they were larger than --queue-size" } }
    lines, size = self:lines(list, generated_at, settings)
  end
  local recorded, problem = false, "full of events that " .. self.delivery.receiver.name .. " has not taken"
  if self.queue:has_room(size) then recorded, problem = self.queue:record(lines, after, generated_at, settings) end
  if recorded then
    if self.problem then progress.complain(self.folder .. ": takes events again") end
    self.problem, self.gap = nil, nil
    return list, after
  end
  self:refuse(problem)
  if before then self.gap = self.gap or gap_since(self.queue.generated_at, "events could not be kept") end
  return nil, before
end

---Delivers until the next poll.
---@param seconds number
---@return boolean  false if a signal was noted
function methods:rest(seconds)
  return self.delivery:rest(seconds)
end

---Delivers what is left after the last poll.
---@return integer code  of the exit
function methods:finish()
  if system.caught_signal() then return 0 end
  return self.delivery:finish(LAST_DELIVERY) > 0 and EVENTS_WAIT or 0
end

function methods:close()
  self.delivery:close()
  self.queue:close()
end

metatable.__close = methods.close

return watch_events
