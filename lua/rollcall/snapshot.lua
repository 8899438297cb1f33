--- Rows kept in a file: JSON Lines, compressed with gzip where the name ends in `.gz`.
---
--- The first line says what it is, `{"kind": "snapshot", "schema": "rollcall.snapshot/1", "generated_at": ...}`;
--- then a line for each row with its `kind`, a line of kind "target" for the result for each target, and
--- last `{"kind": "end", "rows": N}`, without which the file was cut. Where rows were taken at several times, a line like the first
--- says of those after it when they were.
local cjson = require "cjson"
local system = require "rollcall.system"
local json = require "rollcall.internal.json_text"
local memory = require "rollcall.internal.memory"
local presence = require "rollcall.presence"
local row_check = require "rollcall.internal.row_check"
local session = require "rollcall.workspace.session"
local shard = require "rollcall.internal.shard"
local text = require "rollcall.internal.text"
local snapshot_file = require "rollcall.snapshot.file"
local users = require "rollcall.snapshot.users"

---@class rollcall.snapshot_module
local snapshot = {}

---What is written; of the first number only it is read.
---@type string
snapshot.SCHEMA = "rollcall.snapshot/1"
local FAMILY, VERSION = "rollcall.snapshot/", 1

local special = { snapshot = true, target = true, normalize_user = true, ["end"] = true }

---A snapshot that is being read.
---@class rollcall.snapshot
---@field path string  of the file
---@field private reader rollcall.snapshot_file.reader
---@field private good_shape? integer  of the last row that was checked, and good
---@field private good_kind? string  of the same
---@field private add_user fun(row: table): boolean
---@field private rows integer
---@field private done boolean
---@field private is_wanted false|fun(line: integer): boolean
---@field line integer  the number of the line that was read last
---@field generated_at? integer  when it was taken, in seconds since 1970
---@field outcomes rollcall.outcome[]  the result for each target; whole when all rows have been read
---@field normalize_user fun(account: string): string?  which user an account is, by the rule of the inventory that the rows are of
---@field utc_offset? integer  as in that inventory
---@field last_generated_at? integer  of a merged one: when the newest of its parts was taken, and `generated_at` the oldest
---@field private taken_at integer|false  when the rows from here on were taken, where the file says it of them
---@field shard? string  the part of the targets that was asked, as `2/4`; absent: all
---@field shards? string[]  of a merged one: those parts that it is of; absent: no file said of which it was
---@field watch? rollcall.snapshot.watch  of what a watch remembers: its queue of events
---@field cut boolean  whether something is missing; known when all rows have been read
local methods = {}
local metatable = { __name = "rollcall.snapshot", __index = methods }

---What a watch with a queue of events remembers beside its rows.
---@class rollcall.snapshot.watch
---@field queue string  by which it is distinguished from others
---@field batch integer  the number of the last batch of events that was made of these rows
---@field carried integer  so many of the last rows are of targets that failed, and known from an earlier poll

---@return rollcall.snapshot.watch?
local function watch_of(value)
  if type(value) ~= "table" then return nil end
  local is_whole = type(value.queue) == "string" and math.type(value.batch) == "integer" and math.type(value.carried) == "integer"
  return is_whole and value or nil
end

---Opens a snapshot. Raises nothing.
---@param path string  of the file
---@return rollcall.snapshot?  to be closed; nil if the file cannot be read, or is something else
---@return string? problem  why not
---@return string? reason  the problem without the path
function snapshot.open(path)
  cjson.new() -- The library notes the locale's decimal point then, and the host may have set another locale since.
  local function refuse(reason) return nil, ("%s: %s"):format(path, reason), reason end
  local reader, unreadable = snapshot_file.reader(path)
  if not reader then return refuse(unreadable) end
  local header, _, reason = reader.next_object()
  local schema = header and header.kind == "snapshot" and header.schema
  local version = type(schema) == "string" and schema:sub(1, #FAMILY) == FAMILY and math.tointeger(tonumber(schema:sub(#FAMILY + 1)))
  if version ~= VERSION then
    reader.close()
    if version and version > VERSION then
      return refuse(("has the version %d, and this program reads %d; a newer rollcall wrote it"):format(version, VERSION))
    end
    return refuse("is not a snapshot" .. (reason and ": " .. reason or ""))
  end
  local its_users = users.reader()
  return setmetatable({
    add_user = its_users.add, normalize_user = its_users.normalize_user, utc_offset = math.tointeger(header.utc_offset),
    last_generated_at = session.epoch(header.last_generated_at), shard = (shard.of_label(header.shard) or {}).label,
    shards = header.shards ~= nil and shard.labels(header.shards) or nil,
    watch = watch_of(header.watch),
    path = path, reader = reader, generated_at = session.epoch(header.generated_at), outcomes = {}, rows = 0, line = 1, cut = false,
    done = false, is_wanted = false, taken_at = false,
    is_full = memory.room(),
  }, metatable)
end

function methods:note(reason)
  self.cut = true
  table.insert(self.outcomes, { source = "snapshot", target = self.path, completeness = "partial", received = self.rows, reason = reason })
end

local function ended(self, reason, claimed)
  self.done = true
  if reason then
    self:note(reason)
  elseif not claimed then
    self:note(("it was cut after %s"):format(text.count(self.rows, "row")))
  elseif claimed ~= self.rows then
    self:note(("its end claims %s rows, and it has %d"):format(tostring(claimed), self.rows))
  end
end

---The next row. A line that is damaged is skipped and reported among the outcomes. Raises that these are too many.
---@param spent? table  the last row that it gave, if nobody uses or has changed it: it may be given again, with other values
---@return string? kind  nil at the end
---@return table? row  as a source gave it
function methods:next(spent)
  while not self.done do
    local is_wanted = self.is_wanted
    while is_wanted and not is_wanted(self.line + 1) and self.reader.skip() do
      self.line, self.rows = self.line + 1, self.rows + 1
    end
    local row, shape, reason, without_end = self.reader.next_object(spent)
    spent = nil -- What takes its place may be an outcome, which is kept.
    self.line = self.line + 1
    if row == nil then return ended(self, reason) end
    local kind = row and row.kind
    -- Of texts, integers and booleans the types alone count, so a row like the last that was checked is good.
    if shape and shape == self.good_shape and kind == self.good_kind then
      row.kind, self.rows = nil, self.rows + 1
      if self.taken_at then presence.record_time(row, self.taken_at) end
      return kind, row
    end
    if not row and without_end then
      return ended(self, ("it was cut in line %d, after %s"):format(self.line, text.count(self.rows, "row")))
    elseif type(kind) ~= "string" then
      self:note(("line %d is damaged"):format(self.line))
    elseif not special[kind] then
      row.kind = nil
      local problem = row_check.problem(kind, row)
      if not problem then
        if shape then self.good_shape, self.good_kind = shape, kind end
        self.rows = self.rows + 1
        if self.taken_at then presence.record_time(row, self.taken_at) end
        return kind, row
      end
      self:note(("line %d is damaged: %s"):format(self.line, problem))
    elseif kind == "target" then
      row.kind = nil
      local problem = row_check.outcome_problem(row)
      if problem then
        self:note(("line %d is damaged: %s"):format(self.line, problem))
      else
        table.insert(self.outcomes, row)
      end
    elseif kind == "normalize_user" then
      if not self.add_user(row) then self:note(("line %d is damaged"):format(self.line)) end
    elseif kind == "snapshot" then
      self.taken_at = session.epoch(row.generated_at) or false
      if not self.taken_at then self:note(("line %d is damaged"):format(self.line)) end
    elseif kind == "end" then
      local more, problem = self.reader.next()
      return ended(self, problem or more and "something follows its end", row.rows or -1)
    end
    if self.is_full() then memory.refuse(self.path .. ": what is kept of its lines that are no rows", self.rows, "it is damaged") end
  end
end

---The rows as an iterator of kind and row. Raises nothing.
---@return fun(): string?, table?  gives the next row, as `next` does
function methods:each()
  return function() return self:next() end
end

---Begins anew with the first row, to give some of the rows. The lines of the others are skipped unread, and count as rows. Raises
---nothing.
---@param is_wanted fun(line: integer): boolean  whether a line is read: each that was not a row when it was read before has to be
---@return boolean  false for what can be read only once, such as a pipe
function methods:again(is_wanted)
  if not self.reader.rewind() then return false end
  self.reader.skip() -- the first line, which is known
  for i in ipairs(self.outcomes) do self.outcomes[i] = nil end
  self.rows, self.line, self.cut, self.done, self.is_wanted, self.taken_at = 0, 1, false, false, is_wanted, false
  return true
end

---Closes the file. May be called again. Raises nothing.
function methods:close()
  self.reader.close()
end

metatable.__close = methods.close

---A snapshot that is being written. Until `finish`, nothing stands in its place.
---@class rollcall.snapshot.writer
---@field private file rollcall.snapshot_file.writer
---@field private rows integer
---@field private generated_at integer
---@field private taken_at? integer  when those were taken that are written, as far as the file says it
---@field package record_user fun(kind: string, row: table)
---@field private finished? boolean
local writer_methods = {}
local writer_metatable = { __name = "rollcall.snapshot.writer", __index = writer_methods }

---Of the inventory that the rows are of.
---@class rollcall.snapshot.settings
---@field normalize_user? fun(account: string): string?  makes the user of an account; default `presence.user_of`
---@field utc_offset? integer  seconds that the times of Workspace are ahead of UTC; absent: it is not noted
---@field last_generated_at? integer  of rows that were taken at several times the last, in seconds since 1970; absent: all at `generated_at`
---@field shard? string  the part of the targets that was asked, as `2/4`; absent: all
---@field shards? string[]  of merged ones: those parts that they are of; absent: it is not noted
---@field watch? rollcall.snapshot.watch  what a watch remembers; absent: it is of none
---@field private? boolean  nobody but its owner may read the file, if it is new; default false

---@param seconds integer  since 1970
local function written(seconds) return os.date("!%Y-%m-%dT%H:%M:%SZ", seconds) end

---Begins a snapshot. Raises what goes wrong with the file once it is open.
---@param path string  compressed if it ends in `.gz`
---@param generated_at? integer  seconds since 1970; absent: the present
---@param settings? rollcall.snapshot.settings  absent: the defaults
---@return rollcall.snapshot.writer?  to be finished and closed
---@return string? problem  why there is none
function snapshot.create(path, generated_at, settings)
  settings = settings or {}
  local file, problem = snapshot_file.writer(path, settings.private)
  if not file then return nil, problem end
  local time = generated_at or os.time()
  local last = settings.last_generated_at
  local self = setmetatable({
    file = file, rows = 0, generated_at = time, taken_at = (last == nil or last == time) and time or nil,
  }, writer_metatable)
  file.write(json.object({
    kind = "snapshot", schema = snapshot.SCHEMA, generated_at = written(time),
    last_generated_at = last and written(last), shard = settings.shard, shards = settings.shards,
    utc_offset = settings.utc_offset, watch = settings.watch,
  }, { "kind", "schema", "generated_at", "last_generated_at", "shard", "shards", "utc_offset", "watch" }) .. "\n")
  self.record_user = users.recorder({ now = generated_at, normalize_user = settings.normalize_user }, function(account, user)
    file.write(json.object({ kind = "normalize_user", account = account, user = user }, { "kind", "account", "user" }) .. "\n")
  end)
  return self
end

local function sorted_names(row)
  local names = {}
  for name in pairs(row) do
    if name ~= "kind" then names[#names + 1] = name end
  end
  table.sort(names, system.text_less)
  return names
end

---Writes a row. Raises what goes wrong with the file, and that a row cannot be of such a kind.
---@param kind string  of the row
---@param row table  as a source gave it
function writer_methods:row(kind, row)
  if special[kind] then error(("a row cannot be of the kind '%s'"):format(kind), 2) end
  self.rows = self.rows + 1
  local taken_at = presence.time_of(row) or self.generated_at
  if taken_at ~= self.taken_at then
    self.taken_at = taken_at
    self.file.write(json.object({ kind = "snapshot", schema = snapshot.SCHEMA, generated_at = written(taken_at) },
      { "kind", "schema", "generated_at" }) .. "\n")
  end
  self.record_user(kind, row)
  self.file.write(json.object({ kind = kind }, { "kind" }, row, sorted_names(row)) .. "\n")
end

---Writes the result for a target. Raises what goes wrong with the file.
---@param outcome rollcall.outcome  as `on_target` gets it
function writer_methods:outcome(outcome)
  self.file.write(json.object({ kind = "target" }, { "kind" }, outcome, json.outcome_fields) .. "\n")
end

---Writes the end and puts the file in its place, in the room of an older one. Raises what goes wrong with the file.
function writer_methods:finish()
  self.file.write(json.object({ kind = "end", rows = self.rows }, { "kind", "rows" }) .. "\n")
  self.finished = true
  self.file.finish()
end

---Leaves what stood in its place. After `finish`, does nothing. Raises nothing.
function writer_methods:close()
  if self.finished then return end
  self.finished = true
  self.file.abandon()
end

writer_metatable.__close = writer_methods.close

return snapshot
