--- The command report: rows of an inventory or a snapshot, filtered, sorted, grouped, in any format.
local conditions = require "rollcall.cli.conditions"
local numbers = require "rollcall.cli.numbers"
local system = require "rollcall.system"
local report = require "rollcall.report"
local source = require "rollcall.cli.source"

local function names(argument)
  local list = {}
  for name in argument:gmatch "[^,]+" do list[#list + 1] = name end
  if #list == 0 then return nil, "must be names with commas between them" end
  return list
end

---@type rollcall.cli.command
return {
  name = "report",
  declare = function(parser)
    local command = parser:command("report", "Who is connected to what, from an inventory or a snapshot.", [[
Examples:
  rollcall report inventory.lua --format html -o who.html
  rollcall report inventory.lua --group-by user --sort clients --reverse --limit 10
  rollcall report yesterday.jsonl.gz --where 'idle>3600' --columns user,resource,client,idle
  rollcall report inventory.lua --group-by resource --measure sum:num_opens

Fields: user account origin resource client address since duration idle state kind, and
the rows' own, such as num_opens or session_state.]])
    command:argument("SOURCE", "An inventory (Lua), or a snapshot."):target "source"
    command:option("-f --format", "The output format.", "table"):argname("FORMAT"):choices(report.formats)
    command:option("-o --output", "A file, instead of standard output."):argname "FILE"
    command:option("-w --where", conditions.HELP):argname("CONDITION"):count "*":convert(conditions.parse)
    command:option("-s --sort", "The field to sort by."):argname "FIELD"
    command:flag("-r --reverse", "Sort the greatest first.")
    command:option("-g --group-by", "A line for each value of these fields."):argname("FIELD,..."):convert(names):target "group_by"
    command:option("-m --measure", "Of each group: distinct:FIELD, sum:FIELD, min:FIELD, max:FIELD."):argname("MEASURE"):count "*"
    command:option("-n --limit", "Only the first so many."):argname("N"):convert(numbers.integer "--limit")
    command:option("-c --columns", "The fields to show."):argname("FIELD,..."):convert(names)
    command:flag("--no-totals", "Do not count users, clients and resources: less memory, faster."):target "no_totals"
    command:option("--title", "The report's title."):argname "TITLE"
  end,
  run = function(arguments)
    local where = arguments.where or {}
    return source.with(arguments.source, arguments.output, function(opened, write)
      local result = report.render {
        rows = opened.rows, format = arguments.format, write = write,
        width = system.terminal_width() or math.huge, color = not arguments.output and source.color(),
        filter = #where > 0 and conditions.all(where) or nil, sort = arguments.sort and (arguments.reverse and "-" or "") .. arguments.sort,
        totals = not arguments.no_totals, group_by = arguments.group_by,
        measures = arguments.measure and #arguments.measure > 0 and arguments.measure or nil, limit = arguments.limit,
        columns = arguments.columns, title = arguments.title, outcomes = opened.outcomes, failures = opened.failures,
        now = opened.generated_at, normalize_user = opened.normalize_user, utc_offset = opened.utc_offset,
      }
      local missing = result.missing
      for _, name in ipairs(conditions.missing()) do missing[#missing + 1] = name end
      local unanswered = source.complain(opened.outcomes)
      if #missing > 0 then return nil, ("no row has a field '%s'"):format(missing[1]) end
      return unanswered
    end)
  end,
}
