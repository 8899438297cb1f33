--- What all commands that list rows have in common: which rows, in which order, which of their fields, and in which format.
local is_good = require("rollcall.internal.outcomes").is_good
local arguments = require "rollcall.cli.arguments"
local conditions = require "rollcall.cli.conditions"
local fleet_options = require "rollcall.cli.fleet_options"
local options = require "rollcall.internal.options"
local presence = require "rollcall.presence"
local progress = require "rollcall.cli.progress"
local report = require "rollcall.report"
local sorted = require "rollcall.internal.sorted"
local source = require "rollcall.cli.source"
local suggestion = require "rollcall.internal.suggestion"
local system = require "rollcall.system"

local listing = {}

---Declares the conditions, for a command that chooses rows.
---@param command table  of argparse
function listing.declare_where(command)
  command:option("-w --where", conditions.HELP):argname("CONDITION"):count "*":convert(conditions.parse)
end

---Declares the order, for a command that shows rows in one.
---@param command table  of argparse
function listing.declare_order(command)
  command:option("-s --sort", "The field to sort by."):argname "FIELD"
  command:flag("-r --reverse", "Sort the greatest first.")
end

---@param command table  of argparse
function listing.declare_limit(command)
  command:option("-n --limit", "Only the first so many."):argname("N"):convert(arguments.integer("--limit", 1, report.LIMIT))
end

---@param command table  of argparse
function listing.declare_columns(command)
  command:option("-c --columns", "The fields to show."):argname("FIELD,..."):convert(arguments.names "--columns")
end

---Declares the options.
---@param command table  of argparse
function listing.declare(command)
  arguments.choices(command:option("-f --format", "The output format.", "table"):argname("FORMAT"), "--format", report.formats)
  listing.declare_where(command)
  listing.declare_order(command)
  listing.declare_limit(command)
  listing.declare_columns(command)
  command:option("-g --group-by", "A line for each value of these fields."):argname("FIELD,...")
    :convert(arguments.names "--group-by"):target "group_by"
  command:option("-m --measure", "Of each group: distinct:FIELD, sum:FIELD, min:FIELD, max:FIELD."):argname("MEASURE"):count "*"
    :convert(arguments.checked("--measure", report.check_measure))
  fleet_options.declare_shard(command)
  fleet_options.declare_tolerance(command)
  command:flag("--wide", "Cut nothing to the width of the terminal.")
end

---The fields that choose, order and count rows.
---@param given table  as parsed
---@return string[]
local function fields_used(given)
  local list = {}
  for _, condition in ipairs(given.where) do
    for _, field in ipairs(condition.fields) do list[#list + 1] = field end
  end
  if given.sort and not given.group_by then list[#list + 1] = given.sort end
  for _, field in ipairs(given.group_by or {}) do list[#list + 1] = field end
  for _, measure in ipairs(given.measure or {}) do list[#list + 1] = measure:match ":(.+)$" end
  return list
end

---These, and those that are shown.
---@param given table  as parsed
---@return string[]
local function fields_of(given)
  local list, columns = fields_used(given), given.columns or {}
  return table.move(columns, 1, #columns, #list + 1, list)
end

---Of options that say nothing without another, and of fields that no row can have.
---@param given table  as parsed
---@param kind? string  of all rows; absent: any
---@param is_closed? boolean  with no kind: there are no rows of the user's own, which may have any field
---@param kinds? table<string, true>  all that there can be; absent: not known
---@return string? problem
function listing.problem(given, kind, is_closed, kinds)
  if given.reverse and not given.sort then return "--reverse belongs to --sort, which says by which field" end
  if given.measure and given.measure[1] and not given.group_by then
    return "--measure belongs to --group-by, which says of which groups"
  end
  if given.columns and given.group_by then
    return "--columns and --group-by exclude each other: a group has the fields of --group-by, rows, and what --measure says"
  end
  if report.counts_all[given.format] and given.columns then
    return ("--columns belongs to formats that show rows; '%s' counts all of them"):format(given.format)
  end
  local of_groups = given.sort and "--sort" or given.limit and "--limit"
  if report.counts_all[given.format] and not given.group_by and of_groups then
    return ("%s belongs to --group-by in the format '%s', which counts all rows"):format(of_groups, given.format)
  end
  for _, field in ipairs((kind or is_closed) and fields_of(given) or {}) do
    if not (kind and presence.has_field or presence.is_field)(kind or field, field) then
      local meant = suggestion(field, kind and presence.names(kind) or presence.all_names())
      return ("no row%s has a field '%s'%s"):format(kind and (" of kind '%s'"):format(kind) or "", field,
        meant == "" and "; 'rollcall help fields' lists them" or meant)
    end
  end
  for _, field in ipairs(kinds and fields_used(given) or {}) do
    local problem = conditions.field_problem(field, kinds)
    if problem then return problem end
  end
  local problem = report.sort_problem {
    sort = given.sort, group_by = given.group_by,
    measures = given.group_by and #given.measure > 0 and given.measure or nil,
  }
  return problem and "--sort: " .. problem or nil
end

---As `listing.problem`, of an inventory or a snapshot, whose rows may have fields of their own.
---@param given table  as parsed
---@param path string
---@return string? problem
function listing.problem_of(given, path)
  local kinds, problem, every = source.kinds(path)
  return problem or listing.problem(given, nil, kinds and next(kinds) == nil, every)
end

---Whether what is written shows the results for targets to the one who would also read them on standard error.
---@param given table  as parsed
---@return boolean
function listing.shows_results(given)
  return given.format == "table" and not given.output and system.is_terminal(1) and system.is_terminal(2)
end

---Which rows there are of all that the targets have.
---@param given table  as parsed
---@param opened rollcall.cli.source
---@return string? text  nil: all
local function where_of(given, opened)
  local list = {}
  for _, name in ipairs(sorted.keys(opened.filter or {})) do list[#list + 1] = { text = ("%s=%s"):format(name, opened.filter[name]) } end
  return conditions.text_of(table.move(given.where, 1, #given.where, #list + 1, list))
end

---Writes the rows, and then the result for each target.
---@param given table  as parsed
---@param opened rollcall.cli.source
---@param write fun(text: string)
---@param kind? string  of all rows; absent: they are shown as rollcall.presence sees them
---@return integer? failed  how many targets failed or answered in part
---@return string? problem
function listing.show(given, opened, write, kind)
  local its_progress = opened.progress
  local result = report.render {
    rows = opened.rows, kind = kind, format = given.format, title = given.title,
    write = function(output)
      its_progress:clear()
      write(output)
    end,
    on_start = function(flush)
      its_progress.flush = function()
        -- In a pipe the widths are to be those of more rows.
        if system.is_terminal(1) then flush() end
        source.output().finish()
      end
    end,
    width = not given.wide and not given.output and system.terminal_width() or math.huge,
    color = not given.output and progress.color(1),
    filter = conditions.filter(given.where), where = where_of(given, opened),
    sort = given.sort and (given.reverse and "-" or "") .. given.sort,
    group_by = given.group_by, measures = #given.measure > 0 and given.measure or nil, limit = given.limit, columns = given.columns,
    totals = not kind and not given.no_totals, shard = opened.shard, outcomes = opened.outcomes, failures = opened.failures,
    now = opened.generated_at, last_generated_at = opened.last_generated_at, normalize_user = opened.normalize_user,
    utc_offset = opened.utc_offset, elapsed = opened.elapsed,
  }
  local missing = result.missing
  for _, name in ipairs(conditions.missing(given.where)) do missing[#missing + 1] = name end
  if #missing > 0 then return nil, ("no row has a field '%s'%s"):format(missing[1], suggestion(missing[1], result.fields)) end
  local failed = 0
  for _, outcome in ipairs(opened.outcomes) do
    if not is_good(outcome) then failed = failed + 1 end
  end
  return fleet_options.failures(given, opened.outcomes, failed)
end

---How rows that are to be listed are waited for.
---@param given table  as parsed
---@param more? table
---@return rollcall.cli.progress_settings
function listing.waiting(given, more)
  return options.merged({ ends_at_signals = true, shard = given.shard, reports = not listing.shows_results(given) }, more or {})
end

return listing
