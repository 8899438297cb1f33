--- What the commands about rows have in common: where the rows come from, and where the output goes.
local is_good = require("rollcall.internal.outcomes").is_good
local inventory = require "rollcall.inventory"
local targets = require "rollcall.inventory.targets"
local options = require "rollcall.internal.options"
local progress = require "rollcall.cli.progress"
local snapshot = require "rollcall.snapshot"
local sources = require "rollcall.inventory.sources"
local system = require "rollcall.system"

local source = {}

---Rows that are being read, and the results for targets so far.
---@class rollcall.cli.source
---@field rows fun(): string?, table?
---@field progress rollcall.cli.progress
---@field outcomes rollcall.outcome[]
---@field failures rollcall.failure[]
---@field generated_at integer
---@field last_generated_at? integer
---@field shard? string
---@field shards? string[]
---@field filter? table<string, string>  what the call itself chose the rows by
---@field normalize_user? fun(account: string): string?
---@field utc_offset? integer
---@field elapsed? fun(): number  seconds since targets were asked; nil for a snapshot
---@field snapshot? rollcall.snapshot  nil for an inventory
---@field close fun()

---@param path string
---@return boolean
function source.is_snapshot(path)
  if path:find "%.gz$" or path:find "%.jsonl$" then return true end
  local file = io.open(path, "rb")
  if not file then return false end
  -- A pipe is not read here, since what is read is gone then: nobody pipes an inventory.
  local is_pipe = not file:seek "set"
  local start = not is_pipe and file:read(1)
  file:close()
  return is_pipe or start == "{"
end

---Starts to read an inventory's rows, as often as wanted.
---@param inv rollcall.inventory
---@param settings? rollcall.cli.progress_settings
---@return rollcall.cli.source
function source.ask(inv, settings)
  local failures, began = {}, system.clock()
  local its_progress = progress.new(options.merged(settings or {}, { targets = targets.asked(inv) }))
  local rows, _, _, closing = inventory.rows(inv, {
    on_target = function(outcome) its_progress:note(outcome) end,
    on_error = function(failure) failures[#failures + 1] = failure end,
    on_wait = its_progress:waiter(),
  })
  return {
    rows = its_progress:over(rows), progress = its_progress,
    outcomes = its_progress.outcomes, failures = failures, generated_at = os.time(), normalize_user = inv.normalize_user,
    utc_offset = inv.utc_offset, elapsed = function() return system.clock() - began end, shard = inv.shard,
    close = function() closing:close() end,
  }
end

---Reads what a person named as an inventory, or as what may be one.
---@param path string
---@param shard? rollcall.shard  nil: all its targets
---@return rollcall.inventory?
---@return string? problem
function source.inventory(path, shard)
  local inv, problem = inventory.load(path)
  if inv then return targets.sharded(inv, shard) end
  local file = not path:find "%.lua$" and io.open(path, "rb")
  if not file then return nil, problem end
  file:close()
  return nil, ("%s is neither an inventory nor a snapshot: %s"):format(path, problem)
end

---Opens what a person named: an inventory, or a snapshot.
---@param path string
---@param settings? rollcall.cli.progress_settings
---@return rollcall.cli.source?
---@return string? problem
function source.open(path, settings)
  local shard = settings and settings.shard
  if source.is_snapshot(path) then
    if shard then return nil, ("%s: --shard belongs to an inventory, and this is a snapshot"):format(path) end
    local opened, problem = snapshot.open(path)
    if not opened then return nil, problem end
    local its_progress = progress.new(settings or {})
    return {
      rows = its_progress:over(opened.next, opened), progress = its_progress,
      outcomes = opened.outcomes, failures = {}, generated_at = opened.generated_at or os.time(), normalize_user = opened.normalize_user,
      utc_offset = opened.utc_offset, shard = opened.shard, shards = opened.shards, last_generated_at = opened.last_generated_at,
      close = function() opened:close() end, snapshot = opened,
    }
  end
  local inv, problem = source.inventory(path, shard)
  if not inv then return nil, problem end
  return source.ask(inv, settings)
end

---The kinds of rows that a source can give besides those of this project; nil if only its rows can show it.
---@param path string
---@return table<string, true>? kinds
---@return string? problem
---@return table<string, true>? every  with those of this project
function source.kinds(path)
  if source.is_snapshot(path) then return nil end
  local inv, problem = source.inventory(path)
  if not inv then return nil, problem end
  local kinds, every = {}, {}
  for _, one in ipairs(inv.sources) do
    if one.block == "snapshot" then return nil end
    local kind = one.block == "rows" and one.fields.kind or one.block == "workspace" and "session"
      or sources.kind_of_query(one.fields.query)
    if one.block == "rows" then kinds[kind] = true end
    every[kind] = true
  end
  return kinds, nil, every
end

---Reports on standard error which targets failed or answered in part; returns how many.
---@param outcomes rollcall.outcome[]
---@return integer
function source.complain(outcomes)
  local count = 0
  for _, outcome in ipairs(outcomes) do
    if not is_good(outcome) then
      count = count + 1
      progress.report(outcome)
    end
  end
  return count
end

---Whether color may be written to standard output.
function source.color() return progress.color(1) end

---Where the output goes: standard output, or a file that stands there only when it is whole.
---@param path? string
---@return { write: fun(text: string), finish: fun(), abandon: fun() }?
---@return string? problem
function source.output(path)
  if not path then
    return {
      write = function(output)
        local written, problem = io.stdout:write(output)
        if not written then error("cannot write: " .. problem, 0) end
      end,
      finish = function()
        local flushed, problem = io.stdout:flush()
        if not flushed then error("cannot write: " .. problem, 0) end
      end,
      abandon = function() end,
    }
  end
  return require("rollcall.snapshot.file").writer(path)
end

---Does work with a source and an output, and closes both however it ends.
---@param path string
---@param output_path? string
---@param work fun(opened: rollcall.cli.source, write: fun(text: string)): any
---@param settings? rollcall.cli.progress_settings
---@return any result  nil and a problem if it could not begin
---@return string? problem
function source.with(path, output_path, work, settings)
  return source.through(function() return source.open(path, settings) end, output_path, work)
end

---As `source.with`, of what a function opens.
---@param open fun(): rollcall.cli.source?, string?
---@param output_path? string
---@param work fun(opened: rollcall.cli.source, write: fun(text: string)): any
---@return any result  nil and a problem if it could not begin
---@return string? problem
function source.through(open, output_path, work)
  local opened, problem = open()
  if not opened then return nil, problem end
  local output
  output, problem = source.output(output_path)
  if not output then
    opened.close()
    return nil, problem
  end
  local done, result, complaint = pcall(work, opened, output.write)
  opened.close()
  if not done then
    output.abandon()
    error(result, 0)
  end
  if opened.progress.is_interrupted and output_path then
    output.abandon()
  else
    output.finish()
  end
  opened.progress:finish(output_path)
  return result, complaint
end

return source
