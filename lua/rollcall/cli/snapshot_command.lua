--- The command snapshot: writes rows to a file, to be reported, checked or compared later.
local conditions = require "rollcall.cli.conditions"
local fleet_options = require "rollcall.cli.fleet_options"
local history = require "rollcall.snapshot.history"
local snapshot = require "rollcall.snapshot"
local source = require "rollcall.cli.source"

---@type rollcall.cli.converter
local function age(word)
  local seconds = math.tointeger(conditions.duration_of(word))
  if seconds and seconds > 0 then return seconds end
  return nil, ("invalid value for --retention: '%s'; it takes a time such as 30d or 12h"):format(word)
end

---@param given table  as parsed
---@return string? problem
local function problem_of(given)
  if given.output and given.append then return "--output and --append exclude each other" end
  if not (given.output or given.append) then return "nowhere to write to; give --output FILE or --append DIR" end
  if given.retention and not given.append then return "--retention belongs to --append, which says in which folder" end
  return given.append and history.problem(given.append) or nil
end

---@type rollcall.cli.command
return {
  name = "snapshot",
  declare = function(parser)
    local command = parser:command("snapshot", "Write the rows of an inventory to a file.", [[
Examples:
  rollcall snapshot inventory.lua -o now.jsonl.gz
  rollcall snapshot inventory.lua -o "$(date +%F).jsonl"
  rollcall snapshot inventory.lua --shard 1/4 -o 1.jsonl.gz
  rollcall snapshot inventory.lua --append history --retention 30d]])
    command:argument("SOURCE", "An inventory (Lua), or a snapshot."):target "source"
    command:option("--output -o", "The file; gzip if its name ends in .gz."):argname "FILE"
    command:option("--append", "A folder of snapshots over time, to which this one is added."):argname "DIR"
    command:option("--retention", "Then remove from --append what is older, such as 30d."):argname("AGE"):convert(age)
    -- Known, so that whoever looks for it learns why it is none.
    command:option("-w --where"):argname("CONDITION"):hidden(true):convert(function()
      return nil, "a snapshot has all rows, since one that was left out would look as if it had not been there; "
        .. "--where belongs to report, diff and check, which read it"
    end)
    fleet_options.declare_shard(command)
    fleet_options.declare_tolerance(command)
  end,
  run = function(arguments)
    local problem = problem_of(arguments)
    if problem then return nil, problem end
    local opened
    opened, problem = source.open(arguments.source, { shard = arguments.shard })
    if not opened then return nil, problem end
    local writer
    local path = arguments.output or history.new_path(arguments.append, opened.generated_at, opened.shard)
    writer, problem = snapshot.create(path, opened.generated_at, opened)
    if not writer then return nil, problem end
    local its_writer <close> = writer
    for kind, row in opened.rows do its_writer:row(kind, row) end
    for _, outcome in ipairs(opened.outcomes) do its_writer:outcome(outcome) end
    its_writer:finish()
    opened.close()
    local removed = not arguments.retention
    if arguments.retention then removed, problem = history.remove_before(arguments.append, opened.generated_at - arguments.retention) end
    if not removed then return nil, problem end
    return fleet_options.failures(arguments, opened.outcomes, source.complain(opened.outcomes))
  end,
}
