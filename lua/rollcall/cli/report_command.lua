--- The command report: rows of an inventory or a snapshot, filtered, sorted, grouped, in any format.
local arguments = require "rollcall.cli.arguments"
local listing = require "rollcall.cli.listing"
local report = require "rollcall.report"
local source = require "rollcall.cli.source"

---@type rollcall.cli.command
return {
  name = "report",
  declare = function(parser)
    local command = parser:command("report", "Who is connected to what, from an inventory or a snapshot.", [[
Examples:
  rollcall report inventory.lua --format html -o who.html
  rollcall report inventory.lua --group-by user --sort clients --reverse -n 10
  rollcall report yesterday.jsonl.gz --where 'idle>3600' --columns user,client
  rollcall report inventory.lua --group-by resource --measure max:duration

Fields: user account origin resource client address since duration idle state
kind, and the rows' own, such as open_files or session_state; 'rollcall
help fields' lists them.]])
    command:argument("SOURCE", "An inventory (Lua), or a snapshot."):target "source"
    command:option("-o --output", "A file, instead of standard output."):argname "FILE"
    listing.declare(command)
    command:flag("--no-totals", "Do not count users, clients and resources: less memory, faster."):target "no_totals"
    command:option("--title", "The report's title."):argname("TITLE"):convert(arguments.checked("--title", report.check_title))
  end,
  run = function(given)
    local problem = listing.problem_of(given, given.source)
    if problem then return nil, problem end
    return source.with(given.source, given.output, function(opened, write)
      local failed, complaint = listing.show(given, opened, write)
      if failed and not (opened.progress.is_interrupted or listing.shows_results(given)) then source.complain(opened.outcomes) end
      return failed, complaint
    end, { ends_at_signals = true, shard = given.shard, forgets_rows = given.group_by ~= nil })
  end,
}
