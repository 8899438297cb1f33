--- Events that wait in a folder until they are taken, and the poll that they were found by.
--
--     state.jsonl          the last poll, a snapshot; its first line has the number of the last batch
--     000000000007.jsonl   a batch of events, JSON Lines
--     lock                 held while a watch runs
--
-- Batches are written first, and state.jsonl takes the place of the older one when they are there. So whenever the program ends, a batch
-- with a higher number than the state's was reported to nobody, and its events are found again by the next poll.
local diff = require "rollcall.diff"
local options = require "rollcall.internal.options"
local random_digits = require "rollcall.internal.random_digits"
local snapshot = require "rollcall.snapshot"
local system = require "rollcall.system"
local write_poll = require "rollcall.snapshot.of_poll"

local queue = {}

-- What receivers take in one request.
local BATCH_SIZE = 256 * 1024
local NO_SUCH_FILE = 2
local BATCH_NAME = "^(" .. ("%d"):rep(12) .. ")%.jsonl$"

---@class rollcall.cli.events.queue
---@field name string  16 hexadecimal digits
---@field before? rollcall.diff.poll  the last poll, with what is known of targets that failed
---@field generated_at? integer  when it was taken
---@field batches { number: integer, path: string, size: integer }[]  those that wait, the oldest first
---@field size integer  bytes of these
---@field limit integer
---@field private folder string
---@field private last integer
---@field private lock file*
local methods = {}
local metatable = { __index = methods }

local function path_of(folder, number)
  return ("%s/%012d.jsonl"):format(folder, number)
end

---@return string? problem
local function folder_problem(lfs, folder)
  local found, problem = lfs.attributes(folder)
  if not found then return problem:find("^cannot") and folder .. ": no such folder; create it with mkdir -m 700" or problem end
  if found.mode ~= "directory" then return folder .. ": is not a folder" end
  if found.permissions:find "^....w" or found.permissions:find "^.......w" then
    return folder .. ": can be written by others (chmod 700 mends that)"
  end
end

---@return file*? lock
---@return string? problem
local function locked(lfs, folder)
  local lock, problem = io.open(folder .. "/lock", "a")
  if not lock then return nil, problem end
  if lfs.lock(lock, "w") then return lock end
  lock:close()
  return nil, folder .. ": another watch uses it"
end

---Reads the last poll.
---@return string? problem
function methods:restore()
  local path = self.folder .. "/state.jsonl"
  local file, unreadable, code = io.open(path)
  if not file then return code ~= NO_SUCH_FILE and unreadable or nil end
  file:close()
  local opened, problem = snapshot.open(path)
  if not opened then return problem end
  local poll = diff.poll(opened:each(), opened.outcomes)
  opened:close()
  local watch = opened.watch
  if opened.cut or not watch or not opened.generated_at or watch.carried > #poll.order then
    return path .. ": is damaged; move the folder away to begin anew"
  end
  for i = #poll.order - watch.carried + 1, #poll.order do poll.entries[poll.order[i]].carried = true end
  self.before, self.generated_at, self.name, self.last = poll, opened.generated_at, watch.queue, watch.batch
end

---Finds the batches that wait, and removes those that no state is of.
---@return string? problem
function methods:find_batches(lfs)
  local left = {}
  for file_name in lfs.dir(self.folder) do
    local number = math.tointeger(tonumber(file_name:match(BATCH_NAME)))
    if number and number <= self.last then
      local path = path_of(self.folder, number)
      local size = lfs.attributes(path, "size")
      if not size then return path .. ": cannot be read" end
      table.insert(self.batches, { number = number, path = path, size = size })
      self.size = self.size + size
    elseif number and not self.before then
      return self.folder .. ": has events, and no state.jsonl; move the folder away to begin anew"
    elseif number then
      left[#left + 1] = path_of(self.folder, number)
    end
  end
  table.sort(self.batches, function(a, b) return a.number < b.number end)
  for _, path in ipairs(left) do os.remove(path) end
end

---Opens a folder, as the only watch that uses it.
---@param folder string
---@param limit integer  bytes of events that may wait
---@return rollcall.cli.events.queue?  to be closed
---@return string? problem
function queue.open(folder, limit)
  local has_lfs, lfs = pcall(require, "lfs")
  if not has_lfs then return nil, "the rock luafilesystem is needed for a queue" end
  local problem = folder_problem(lfs, folder)
  if problem then return nil, problem end
  local lock
  lock, problem = locked(lfs, folder)
  if not lock then return nil, problem end
  local self = setmetatable({ folder = folder, limit = limit, lock = lock, batches = {}, size = 0, last = 0 }, metatable)
  problem = self:restore() or self:find_batches(lfs)
  if problem then
    self:close()
    return nil, problem
  end
  self.name = self.name or random_digits(16)
  return self
end

---The id of an event that is still to be recorded: the same however often the event is sent. It has the time of the poll, so that one
---that a failure of power has taken back has another id than what is found later.
---@param generated_at integer
---@param index integer  of the event in its poll
---@return string
function methods:id(generated_at, index)
  return ("%s-%d-%d-%d"):format(self.name, generated_at, self.last + 1, index)
end

---@param lines string[]
---@return string[]  of a size that receivers take, but for a line that is longer
local function batches_of(lines)
  local texts, batch, size = {}, {}, 0
  for _, line in ipairs(lines) do
    if #batch > 0 and size + #line > BATCH_SIZE then
      texts[#texts + 1] = table.concat(batch)
      batch, size = {}, 0
    end
    batch[#batch + 1], size = line, size + #line
  end
  if #batch > 0 then texts[#texts + 1] = table.concat(batch) end
  return texts
end

local function put(path, text)
  local output, problem = system.output_file(path, true)
  local done = output
  if output then done, problem = output:write(text) end
  if done then done, problem = output:finish() end
  if not done then error(problem, 0) end
end

---Whether events may wait that take so many bytes.
---@param size integer
---@return boolean
function methods:has_room(size)
  return self.size + size <= self.limit
end

---Puts events into the queue and remembers the poll: both or neither.
---@param lines string[]  the events
---@param before rollcall.diff.poll  what the next poll is to be compared with
---@param generated_at integer
---@param settings rollcall.snapshot.settings
---@return boolean? recorded
---@return string? problem
function methods:record(lines, before, generated_at, settings)
  local added, carried = {}, 0
  for _, identity in ipairs(before.order) do
    if before.entries[identity].carried then carried = carried + 1 end
  end
  local written, problem = pcall(function()
    for i, text in ipairs(batches_of(lines)) do
      local number = self.last + i
      added[i] = { number = number, path = path_of(self.folder, number), size = #text }
      put(added[i].path, text)
    end
    write_poll(self.folder .. "/state.jsonl", before, generated_at, options.merged(settings, {
      private = true, watch = { queue = self.name, batch = self.last + #added, carried = carried },
    }))
  end)
  if not written then
    for _, batch in ipairs(added) do os.remove(batch.path) end
    return nil, tostring(problem)
  end
  self.last, self.generated_at = self.last + #added, generated_at
  for _, batch in ipairs(added) do
    table.insert(self.batches, batch)
    self.size = self.size + batch.size
  end
  return true
end

---Removes the oldest batch, which was taken.
---@return boolean? removed
---@return string? problem
function methods:remove_first()
  local batch = self.batches[1]
  local removed, problem, code = os.remove(batch.path)
  if not removed and code ~= NO_SUCH_FILE then return nil, problem end
  table.remove(self.batches, 1)
  self.size = self.size - batch.size
  return true
end

function methods:close()
  self.lock:close()
end

return queue
