--- The command report: rows of an inventory or a snapshot, filtered, sorted, grouped, in any format.
local arguments = require "rollcall.cli.arguments"
local conditions = require "rollcall.cli.conditions"
local system = require "rollcall.system"
local report = require "rollcall.report"
local source = require "rollcall.cli.source"
local suggestion = require "rollcall.internal.suggestion"

---@return string? problem  with options that say nothing without another
local function problem_of(given)
  if given.reverse and not given.sort then return "--reverse belongs to --sort, which says by which field" end
  if #given.measure > 0 and not given.group_by then return "--measure belongs to --group-by, which says of which groups" end
  local problem = report.sort_problem {
    sort = given.sort, group_by = given.group_by, measures = #given.measure > 0 and given.measure or nil,
  }
  return problem and "--sort: " .. problem or nil
end

---@type rollcall.cli.command
return {
  name = "report",
  declare = function(parser)
    local command = parser:command("report", "Who is connected to what, from an inventory or a snapshot.", [[
Examples:
  rollcall report inventory.lua --format html -o who.html
  rollcall report inventory.lua --group-by user --sort clients --reverse -n 10
  rollcall report yesterday.jsonl.gz --where 'idle>3600' --columns user,client
  rollcall report inventory.lua --group-by resource --measure sum:num_opens

Fields: user account origin resource client address since duration idle state
kind, and the rows' own, such as num_opens or session_state.]])
    command:argument("SOURCE", "An inventory (Lua), or a snapshot."):target "source"
    arguments.choices(command:option("-f --format", "The output format.", "table"):argname("FORMAT"), "--format", report.formats)
    command:option("-o --output", "A file, instead of standard output."):argname "FILE"
    command:option("-w --where", conditions.HELP):argname("CONDITION"):count "*":convert(conditions.parse)
    command:option("-s --sort", "The field to sort by."):argname "FIELD"
    command:flag("-r --reverse", "Sort the greatest first.")
    command:option("-g --group-by", "A line for each value of these fields."):argname("FIELD,...")
      :convert(arguments.names "--group-by"):target "group_by"
    command:option("-m --measure", "Of each group: distinct:FIELD, sum:FIELD, min:FIELD, max:FIELD."):argname("MEASURE"):count "*"
      :convert(arguments.checked("--measure", report.check_measure))
    command:option("-n --limit", "Only the first so many."):argname("N"):convert(arguments.integer("--limit", 1, report.LIMIT))
    command:option("-c --columns", "The fields to show."):argname("FIELD,..."):convert(arguments.names "--columns")
    command:flag("--no-totals", "Do not count users, clients and resources: less memory, faster."):target "no_totals"
    command:option("--title", "The report's title."):argname("TITLE"):convert(arguments.checked("--title", report.check_title))
  end,
  run = function(given)
    local problem = problem_of(given)
    if problem then return nil, problem end
    local where = given.where or {}
    return source.with(given.source, given.output, function(opened, write)
      local result = report.render {
        rows = opened.rows, format = given.format, write = write,
        width = system.terminal_width() or math.huge, color = not given.output and source.color(),
        filter = #where > 0 and conditions.all(where) or nil, sort = given.sort and (given.reverse and "-" or "") .. given.sort,
        totals = not given.no_totals, group_by = given.group_by,
        measures = #given.measure > 0 and given.measure or nil, limit = given.limit,
        columns = given.columns, title = given.title, outcomes = opened.outcomes, failures = opened.failures,
        now = opened.generated_at, normalize_user = opened.normalize_user, utc_offset = opened.utc_offset,
      }
      local missing = result.missing
      for _, name in ipairs(conditions.missing()) do missing[#missing + 1] = name end
      local unanswered = source.complain(opened.outcomes)
      if #missing > 0 then return nil, ("no row has a field '%s'%s"):format(missing[1], suggestion(missing[1], result.fields)) end
      return unanswered
    end)
  end,
}
