--- Rows of one call that were printed as JSON Lines, read like a snapshot. Several outputs may follow one another in a file. They
-- have no end: that one was cut shows only by a target that rows are of and that has no result, and where no target has one.
local cjson = require "cjson"
local columns = require "rollcall.internal.columns"
local json = require "rollcall.internal.json_text"
local presence = require "rollcall.presence"
local row_check = require "rollcall.internal.row_check"
local session = require "rollcall.workspace.session"
local shard = require "rollcall.internal.shard"
local snapshot_file = require "rollcall.snapshot.file"

local printed = {}

---@class rollcall.printed
---@field path string
---@field generated_at? integer  when the first output was made
---@field taken_at integer  when the output was made that is being read
---@field last_generated_at? integer  and when the last, once all rows have been read
---@field shards string[]  those that the outputs say, once all rows have been read
---@field chosen? string  which rows alone an output has, once all rows have been read
---@field outcomes rollcall.outcome[]
---@field normalize_user fun(account: string): string?
local methods = {}
local metatable = { __index = methods }

---Whether a line begins the output of a call.
---@return string? reason  why not
local function problem_of(header)
  if not header or header.kind ~= "report" then return "is neither a snapshot nor JSON Lines of rollcall" end
  if header.schema ~= json.SCHEMA then
    return ("has the schema %s, and this program reads %s"):format(json.value(header.schema), json.SCHEMA)
  end
  if header.rows == "who" or header.rows == "group" or not columns[header.rows] then
    return ("has rows of '%s', which were made from others; give a snapshot, or what a call printed"):format(tostring(header.rows))
  end
  if not session.epoch(header.generated_at) then return "does not say when it was made" end
end

---Which rows alone are in an output.
---@return string?
local function chosen_of(header)
  local where, limit = header.where, header.limit
  if where == nil and limit == nil then return nil end
  local words = limit == nil and "the rows" or limit == 1 and "the first row" or ("the first %s rows"):format(json.value(limit))
  return where == nil and words or ("%s where %s"):format(words, type(where) == "string" and where or json.value(where))
end

---Each target has a result, after all rows; a shard may have no target.
function methods:end_output()
  if self.has_targets and not self.has_result then
    self:note(("it was cut: what begins in line %d has no result for any target"):format(self.first_line))
  end
end

function methods:begin(header)
  local time = session.epoch(header.generated_at) --[[@as integer]]
  self.kind = header.rows
  self.chosen = self.chosen or chosen_of(header)
  self.taken_at = time
  self.generated_at = math.min(self.generated_at or time, time)
  self.last_generated_at = math.max(self.last_generated_at or time, time)
  local its_shard = shard.of_label(header.shard)
  if its_shard then self.shards[#self.shards + 1] = its_shard.label end
  self.has_targets, self.has_result, self.first_line = not its_shard, false, self.line
end

---@param path string
---@return rollcall.printed?
---@return string? reason
function printed.open(path)
  cjson.new() -- as snapshot.open
  local reader, unreadable = snapshot_file.reader(path)
  if not reader then return nil, unreadable end
  local header, _, reason = reader.next_object()
  local problem = reason or problem_of(header)
  if problem then
    reader.close()
    return nil, problem
  end
  local self = setmetatable({
    path = path, reader = reader, line = 1, rows = 0, shards = {}, outcomes = {}, normalize_user = presence.user_of,
  }, metatable)
  self:begin(header)
  return self
end

function methods:note(reason)
  table.insert(self.outcomes, { source = "snapshot", target = self.path, completeness = "partial", received = self.rows, reason = reason })
end

---@return string? kind  nil at the end
---@return table? row
function methods:next()
  while true do
    local row, _, reason = self.reader.next_object()
    self.line = self.line + 1
    if row == nil then
      if reason then self:note(reason) else self:end_output() end
      return nil
    end
    local kind, problem = row and row.kind, nil
    if kind == "report" then
      problem = problem_of(row)
      if not problem then
        self:end_output()
        self:begin(row)
      end
    elseif kind == "target" then
      row.kind = nil
      problem = row_check.outcome_problem(row)
      if not problem then
        row.query, self.has_result = row.query or self.kind, true
        table.insert(self.outcomes, row)
      end
    elseif kind == self.kind then
      row.kind = nil
      problem = row_check.problem(kind, row)
      if not problem then
        self.rows = self.rows + 1
        presence.record_time(row, self.taken_at)
        return kind, row
      end
    elseif kind ~= "failure" then -- which the result for its target has in words
      problem = "it is no row"
    end
    if problem then self:note(("line %d is damaged: %s"):format(self.line, problem)) end
  end
end

function methods:close() self.reader.close() end

return printed
