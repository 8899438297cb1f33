--- The snapshots of a history as one source, read one after another; each row has the time of its snapshot.
local is_good = require("rollcall.internal.outcomes").is_good
local duration = require "rollcall.internal.duration"
local history = require "rollcall.snapshot.history"
local memory = require "rollcall.internal.memory"
local moment = require "rollcall.cli.moment"
local presence = require "rollcall.presence"
local progress = require "rollcall.cli.progress"
local shard = require "rollcall.internal.shard"
local snapshot = require "rollcall.snapshot"
local text = require "rollcall.internal.text"
local users = require "rollcall.snapshot.users"

local history_source = {}

-- So many are named, and the others counted.
local MOST_NAMED = 4

---What of a target the snapshots say.
---@class rollcall.cli.history_target
---@field outcome rollcall.outcome  the first that was good, or else the first
---@field asked integer  by so many
---@field failed integer
---@field failures string[]

---@param times integer[]
---@param wanted string
---@return string
local function snapshots_said(times, wanted)
  if #times == 0 then return wanted end
  local named, widest = {}, 0
  for i, time in ipairs(times) do
    widest = math.max(widest, i > 1 and time - times[i - 1] or 0)
    if #times <= MOST_NAMED then named[i] = moment.said(time) end
  end
  if #times > MOST_NAMED then named = { ("from %s to %s"):format(moment.said(times[1]), moment.said(times[#times])) } end
  return ("%s of %s%s; %s"):format(text.count(#times, "snapshot"), table.concat(named, ", "),
    #times > 1 and (", at most %s apart, between which nothing is known"):format(duration(widest)) or "", wanted)
end

---Which snapshots answer, and what of the question they leave open.
---@param given table  as parsed
---@param list rollcall.history.entry[]
---@return rollcall.history.entry[]
---@return string wanted
---@return boolean is_covered
local function chosen(given, list)
  if given.at then
    local time = given.at.time
    local entries = history.around(list, time)
    local wanted = ("asked for %s"):format(moment.said(time))
    if #entries == 0 then return entries, wanted .. ", and the folder has no snapshot", false end
    if entries[1].time > time then wanted = wanted .. ", before which there is none" end
    if entries[#entries].time < time then wanted = wanted .. ", after which there is none" end
    return entries, wanted, true
  end
  local since, to = given.since and given.since.time or math.mininteger, given["until"] and given["until"].last or math.maxinteger
  local entries = history.between(list, since, to)
  local wanted = ("asked for all%s%s"):format(given.since and " since " .. moment.said(since) or "",
    given["until"] and " until " .. moment.said(to) or "")
  if #entries > 0 then return entries, wanted, true end
  local last, first
  for _, entry in ipairs(list) do
    if entry.time < since then last = entry end
    if entry.time > to then first = first or entry end
  end
  return entries, wanted .. ", of which the folder has no snapshot" .. (last and "; the last before is of " .. moment.said(last.time) or "")
    .. (first and "; the first after is of " .. moment.said(first.time) or ""), false
end

local methods = {}
local metatable = { __index = methods }

---@param outcome rollcall.outcome
---@param time integer
function methods:note(outcome, time)
  local key = table.concat({ outcome.source or "", outcome.target, outcome.query or "" }, "\0")
  local target = self.targets[key]
  if not target then
    target = { outcome = outcome, asked = 0, failed = 0, failures = {} }
    self.targets[key] = target
    table.insert(self.order, target)
  end
  target.asked = target.asked + 1
  if not is_good(outcome) then
    target.failed = target.failed + 1
    if #target.failures < MOST_NAMED then
      table.insert(target.failures, ("%s: %s"):format(os.date("!%Y-%m-%dT%H:%M:%SZ", time), outcome.reason or outcome.completeness))
    end
  elseif target.failed == target.asked - 1 then
    target.outcome = outcome
  end
end

---The results, when all rows have been read.
function methods:finish()
  for _, target in ipairs(self.order) do
    local outcome, failed = target.outcome, target.failed
    local reason = outcome.completeness == "placeholder" and outcome.reason or nil
    if failed > 0 then
      reason = ("failed in %d of %s that asked for it: %s%s"):format(failed, text.count(target.asked, "snapshot"),
        table.concat(target.failures, "; "), failed > #target.failures and ("; and %d more"):format(failed - #target.failures) or "")
    elseif target.asked < self.read then
      reason = ("asked for in %d of %s%s"):format(target.asked, text.count(self.read, "snapshot"), reason and "; " .. reason or "")
    end
    table.insert(self.outcomes, {
      source = outcome.source, target = outcome.target, query = outcome.query, reason = reason,
      completeness = failed > 0 and failed < target.asked and "partial" or outcome.completeness,
    })
  end
end

---Opens the next snapshot.
---@return boolean opened  false at the end
function methods:open_next()
  self.position = self.position + 1
  local entry = self.entries[self.position]
  if not entry then return false end
  local opened, _, reason = snapshot.open(entry.path)
  self.read = self.read + 1
  if not opened then
    self:note({ source = "snapshot", target = entry.path, completeness = "unreachable", reason = reason }, entry.time)
    return self:open_next()
  end
  if self.utc_offset and self.utc_offset ~= (opened.utc_offset or 0) then
    opened:close()
    error(("%s: differs from the snapshots before it in utc_offset, so their times do not belong together"):format(entry.path), 0)
  end
  self.utc_offset, self.opened, self.entry = opened.utc_offset or 0, opened, entry
  return true
end

function methods:close()
  if self.opened then self.opened:close() end
  self.opened = nil
end

---@return string? kind
---@return table? row
function methods:next()
  while self.opened or self:open_next() do
    local kind, row = self.opened:next()
    if kind then
      users.keep(self.opened, kind, row)
      if not presence.time_of(row) then presence.record_time(row, self.entry.time) end
      return kind, row
    end
    for _, outcome in ipairs(self.opened.outcomes) do self:note(outcome, self.entry.time) end
    if self.is_full() then memory.refuse("what is kept of the targets of a history", #self.order, "ask for a shorter time") end
    self:close()
  end
  if not self.is_finished then self:finish() end
  self.is_finished = true
end

---Opens those snapshots of a folder that answer the question.
---@param given table  as parsed: `history`, and `at`, or `since` and `until`
---@param settings rollcall.cli.progress_settings
---@return rollcall.cli.source?
---@return string? problem
function history_source.open(given, settings)
  local list, problem = history.list(given.history)
  if not list then return nil, problem end
  local entries, wanted, is_covered = chosen(given, list)
  local times, labels = {}, {}
  for i, entry in ipairs(entries) do
    times[i] = entry.time
    labels[#labels + 1] = entry.shard
  end
  local its_progress = progress.new(settings)
  local first = { source = "snapshot", target = given.history, completeness = is_covered and "complete" or "unreachable",
    reason = snapshots_said(times, wanted) }
  its_progress:note(first)
  for _, missing in ipairs(shard.missing(shard.of_labels(labels))) do its_progress:note(shard.absent(missing)) end
  local self = setmetatable({
    entries = entries, position = 0, read = 0, targets = {}, order = {}, outcomes = its_progress.outcomes, is_full = memory.room(),
  }, metatable)
  self:open_next()
  return {
    rows = its_progress:over(function() return self:next() end), progress = its_progress, outcomes = its_progress.outcomes,
    failures = {}, generated_at = times[#times] or os.time(), utc_offset = self.utc_offset, close = function() self:close() end,
  }
end

return history_source
