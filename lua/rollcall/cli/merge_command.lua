--- The command merge: the snapshots of many machines, or what calls printed there, as one snapshot.
local arguments = require "rollcall.cli.arguments"
local fleet_options = require "rollcall.cli.fleet_options"
local merge = require "rollcall.snapshot.merge"
local shard = require "rollcall.internal.shard"
local snapshot = require "rollcall.snapshot"
local source = require "rollcall.cli.source"
local targets = require "rollcall.inventory.targets"
local text = require "rollcall.internal.text"

local function complain_of_overlaps(overlaps)
  for _, overlap in ipairs(overlaps) do
    local others = overlap.count > 1 and (" and %d more"):format(overlap.count - 1) or ""
    io.stderr:write("rollcall: ", text.printable(("%s%s: in %s and in %s; %s count"):format(overlap.first, others, overlap.older,
      overlap.newer, overlap.both and "both" or "the rows and results of the latter")), "\n")
  end
end

---@type rollcall.cli.command
return {
  name = "merge",
  declare = function(parser)
    local command = parser:command("merge", "Make one snapshot of several.", [[
Examples:
  rollcall merge shards/1.jsonl.gz shards/2.jsonl.gz -o now.jsonl.gz
  rollcall merge shards/*.jsonl.gz --inventory inventory.lua -o now.jsonl.gz]])
    command:argument("FILE", "A snapshot, or what a call printed as jsonl."):args("+"):target "files"
    command:option("--output -o", "The snapshot; gzip if its name ends in .gz."):argname("FILE"):count(1)
    command:option("-i --inventory", "Name the targets of this inventory that no file has a result for."):argname "FILE"
    command:option("--shards", "How many shards there are, where the files do not say it."):argname("N")
      :convert(arguments.integer("--shards", 1, shard.MOST))
    fleet_options.declare_tolerance(command)
  end,
  run = function(given)
    local inv, problem
    if given.inventory then
      inv, problem = source.inventory(given.inventory)
      if not inv then return nil, problem end
    end
    local parts, whole = merge.parts(given.files)
    if not parts then return nil, whole --[[@as string]] end
    local missing, unnamed = merge.missing(parts, given.shards)
    if not missing then return nil, unnamed --[[@as string]] end
    local writer
    writer, problem = snapshot.create(given.output, whole.generated_at, whole --[[@as rollcall.snapshot.settings]])
    if not writer then return nil, problem end
    local its_writer <close> = writer
    local merged = merge.new()
    for _, part in ipairs(parts) do
      merged:add(part, function(kind, row) its_writer:row(kind, row) end)
    end
    merged:add_missing(parts, missing, unnamed --[[@as integer]], inv and targets.list(inv))
    for _, outcome in ipairs(merged.outcomes) do its_writer:outcome(outcome) end
    its_writer:finish()
    complain_of_overlaps(merged.overlaps)
    return fleet_options.failures(given, merged.outcomes, source.complain(merged.outcomes))
  end,
}
