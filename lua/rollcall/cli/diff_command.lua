--- The command diff: who connected, who disconnected and what changed between two snapshots.
local arguments = require "rollcall.cli.arguments"
local changes = require "rollcall.cli.changes"
local conditions = require "rollcall.cli.conditions"
local diff = require "rollcall.diff"
local json = require "rollcall.internal.json_text"
local listing = require "rollcall.cli.listing"
local memory = require "rollcall.internal.memory"
local options = require "rollcall.internal.options"
local outcomes = require "rollcall.internal.outcomes"
local presence = require "rollcall.presence"
local progress = require "rollcall.cli.progress"
local selection = require "rollcall.report.selection"
local source = require "rollcall.cli.source"
local suggestion = require "rollcall.internal.suggestion"

local MOST_NAMES = 5

---@param path string
---@param opened rollcall.cli.source
---@param rows fun(): string?, table?  those of them that are taken in
---@return rollcall.diff.side  raises why there is none
local function side(path, opened, rows)
  local took, taken = pcall(diff.poll, rows, opened.outcomes)
  if memory.is_refusal(taken) then taken.message = path .. ": " .. taken.message end
  if not took then error(taken, 0) end
  local settings = { now = opened.generated_at, normalize_user = opened.normalize_user, utc_offset = opened.utc_offset }
  return {
    poll = taken, generated_at = opened.generated_at, normalize_user = opened.normalize_user, utc_offset = opened.utc_offset,
    view_of = presence.viewer(settings),
  }
end

---As text or JSON Lines.
local function write_lines(list, format, write, where)
  if format == "jsonl" then
    write(json.object({ kind = "diff", schema = json.SCHEMA, where = where }, { "kind", "schema", "where" }) .. "\n")
  end
  local color = source.color()
  for _, change in ipairs(list) do write(format == "jsonl" and changes.json(change) or changes.line(change, color)) end
end

---@param given table  as parsed
---@return string? problem
local function problem_of(given)
  local is_closed, both = true, {}
  for _, path in ipairs { given.before, given.after } do
    local kinds, problem, every = source.kinds(path)
    if problem then return problem end
    is_closed = is_closed and kinds ~= nil and next(kinds) == nil
    both = both and every and options.merged(both, every)
  end
  return listing.problem(given, nil, is_closed, both)
end

---Watches for the fields that are named.
---@return fun(before: rollcall.diff.side, after: rollcall.diff.side) look_at
---@return fun(): string? problem  the first field that no row has
local function new_lookout(given, filter)
  local sort, names = given.sort, presence.all_names()
  local is_known = not sort or presence.is_field(sort)
  local function look_at(before, after)
    for _, one in ipairs { before, after } do
      for kind, row in changes.rows(one.poll) do
        if filter then filter(one.view_of(kind, row)) end
        is_known = is_known or row[sort] ~= nil
        if not presence.is_known_kind(kind) then
          for name in pairs(row) do names[name] = true end
        end
      end
    end
  end
  return look_at, function()
    local missing = conditions.missing(given.where)[1] or not is_known and sort
    return missing and ("no row has a field '%s'%s"):format(missing, suggestion(missing, names))
  end
end

---@param given table  as parsed
---@param look_at fun(before: rollcall.diff.side, after: rollcall.diff.side)
---@return rollcall.diff.change[]
---@return rollcall.diff.side before
---@return rollcall.diff.side after
local function compared(given, look_at)
  local paths, sources = { given.before, given.after }, {}
  local function open(i)
    if not sources[i] then
      local opened, problem = source.open(paths[i])
      if not opened then error(problem, 0) end
      sources[i] = opened
    end
    return sources[i]
  end
  local function sides(rows)
    local before = side(paths[1], open(1), rows and rows[1] or open(1).rows)
    local after = side(paths[2], open(2), rows and rows[2] or open(2).rows)
    look_at(before, after)
    return before, after
  end
  local _ <close> = setmetatable({}, { __close = function()
    for _, opened in pairs(sources) do opened.close() end
  end })
  local fits, before, after = pcall(sides)
  if fits then return diff.compare(before.poll, after.poll), before, after end
  local can_be_read_again = source.is_snapshot(paths[1]) and source.is_snapshot(paths[2])
  if not (memory.is_refusal(before) and can_be_read_again) then error(before, 0) end
  return require "rollcall.diff.passes"({ open(1), open(2) }, sides, before)
end

---Reports on standard error what was asked in one of the two alone; returns how much.
---@param path string
---@param side_of_path rollcall.diff.side
---@param other rollcall.diff.side
---@return integer
local function complain_of_unasked(path, side_of_path, other)
  local unasked = outcomes.only_in(side_of_path.poll.outcomes, other.poll.outcomes)
  if #unasked > 0 then
    local more = #unasked > MOST_NAMES and (" and %d more"):format(#unasked - MOST_NAMES) or ""
    progress.complain(("%s%s: asked for in %s alone"):format(table.concat(unasked, ", ", 1, math.min(#unasked, MOST_NAMES)), more, path))
  end
  return #unasked
end

---The differences in the order that is asked for.
local function sorted(list, given, after)
  if not given.sort then return list end
  local result = {}
  local selected = selection.new((given.reverse and "-" or "") .. given.sort, nil, function(change) result[#result + 1] = change end,
    function(change, name) return presence.field(after.view_of(change.kind, change.row), name) end)
  for _, change in ipairs(list) do selected:add(change) end
  selected:finish()
  return result
end

---@type rollcall.cli.command
return {
  name = "diff",
  gives_exit_code = true,
  declare = function(parser)
    local command = parser:command("diff", "Who connected, who disconnected, what changed between two snapshots.", [[
Examples:
  rollcall diff yesterday.jsonl.gz today.jsonl.gz
  rollcall diff before.jsonl inventory.lua --format jsonl
  rollcall diff yesterday.jsonl.gz today.jsonl.gz --format html
  rollcall diff before.jsonl inventory.lua --where user=alice --sort resource

  + connected   - disconnected   ~ changed
  ? unverified: not asked for this time, or the target was not reachable
  ! newly visible: not asked for last time, or the target was not reachable

--where is of the row as it is, or as it was.

Exit codes: 0 no difference, 1 a difference, 2 no difference but a target failed,
answered in part or was asked in one of the two alone, or more rows of one server
than 512 MiB hold, 3 a usage error.]])
    command:argument("BEFORE", "A snapshot, or an inventory."):target "before"
    command:argument("AFTER", "A snapshot, or an inventory."):target "after"
    arguments.choices(command:option("-f --format", "The output format.", "text"):argname "FORMAT", "--format", { "text", "jsonl", "html" })
    listing.declare_where(command)
    listing.declare_order(command)
  end,
  run = function(given)
    local problem = problem_of(given)
    if problem then return nil, problem end
    local filter, where = conditions.filter(given.where), conditions.text_of(given.where)
    local look_at, missing_field = new_lookout(given, filter)
    local list, before, after = compared(given, look_at)
    problem = missing_field()
    if problem then return nil, problem end
    local write, certain, uncertain = source.output().write, 0, 0
    list = sorted(changes.selected(list, filter, after.view_of, before.view_of), given, after)
    if given.format == "html" then
      require "rollcall.diff.page"(list, before, after, write, where)
    else
      write_lines(list, given.format, write, where)
    end
    for _, change in ipairs(list) do
      if change.event ~= "unverified" and change.event ~= "newly_visible" then certain = certain + 1 else uncertain = uncertain + 1 end
    end
    local blind = source.complain(before.poll.outcomes) + source.complain(after.poll.outcomes)
      + complain_of_unasked(given.before, before, after) + complain_of_unasked(given.after, after, before)
    return certain > 0 and 1 or blind + uncertain > 0 and 2 or 0
  end,
}
