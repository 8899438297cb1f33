--- The command snapshot: writes rows to a file, to be reported, checked or compared later.
local fleet_options = require "rollcall.cli.fleet_options"
local snapshot = require "rollcall.snapshot"
local source = require "rollcall.cli.source"

---@type rollcall.cli.command
return {
  name = "snapshot",
  declare = function(parser)
    local command = parser:command("snapshot", "Write the rows of an inventory to a file.", [[
Examples:
  rollcall snapshot inventory.lua -o now.jsonl.gz
  rollcall snapshot inventory.lua -o "$(date +%F).jsonl"
  rollcall snapshot inventory.lua --shard 1/4 -o 1.jsonl.gz]])
    command:argument("SOURCE", "An inventory (Lua), or a snapshot."):target "source"
    command:option("--output -o", "The file; gzip if its name ends in .gz."):argname("FILE"):count(1)
    -- Known, so that whoever looks for it learns why it is none.
    command:option("-w --where"):argname("CONDITION"):hidden(true):convert(function()
      return nil, "a snapshot has all rows, since one that was left out would look as if it had not been there; "
        .. "--where belongs to report, diff and check, which read it"
    end)
    fleet_options.declare_shard(command)
    fleet_options.declare_tolerance(command)
  end,
  run = function(arguments)
    local opened, problem = source.open(arguments.source, { shard = arguments.shard })
    if not opened then return nil, problem end
    local writer
    writer, problem = snapshot.create(arguments.output, opened.generated_at, opened)
    if not writer then return nil, problem end
    local its_writer <close> = writer
    for kind, row in opened.rows do its_writer:row(kind, row) end
    for _, outcome in ipairs(opened.outcomes) do its_writer:outcome(outcome) end
    its_writer:finish()
    opened.close()
    return fleet_options.failures(arguments, opened.outcomes, source.complain(opened.outcomes))
  end,
}
