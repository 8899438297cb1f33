--- The command diff: who came, who left and what changed between two snapshots.
local changes = require "rollcall.cli.changes"
local diff = require "rollcall.diff"
local json = require "rollcall.internal.json_text"
local source = require "rollcall.cli.source"

-- All rows of both are kept, and nobody shall find out by a machine without memory how many are too many.
local MOST_KIBIBYTES = 1024 * 1024
local CHECK_EVERY = 5000

---Rows as long as there is room for them.
local function bounded(rows, path)
  local count = 0
  return function()
    count = count + 1
    if count % CHECK_EVERY == 0 and collectgarbage "count" > 0.9 * MOST_KIBIBYTES then
      collectgarbage()
      if collectgarbage "count" > 0.75 * MOST_KIBIBYTES then
        error(("%s: too many rows: diff keeps those of both sides in memory, at most 1 GiB, and that is full after %d rows of this side; "
          .. "compare parts of them"):format(path, count), 0)
      end
    end
    return rows()
  end
end

local function look(path)
  local opened, problem = source.open(path, true)
  if not opened then return nil, problem end
  local took, taken = pcall(diff.look, bounded(opened.rows, path), opened.outcomes)
  opened.close()
  if not took then error(taken, 0) end
  return taken
end

---@type rollcall.cli.command
return {
  name = "diff",
  gives_exit_code = true,
  declare = function(parser)
    local command = parser:command("diff", "Who came, who left, what changed between two snapshots.", [[
Examples:
  rollcall diff yesterday.jsonl.gz today.jsonl.gz
  rollcall diff before.jsonl inventory.lua --format jsonl

  + came   - left   ~ changed   ? was there, and now could not be looked for   ! is there, and could not be before

Exit codes: 0 nobody came, left or changed, 1 somebody did, 2 nobody did as far as could be seen, 3 a mistake in the call.]])
    command:argument("BEFORE", "A snapshot, or an inventory."):target "before"
    command:argument("AFTER", "A snapshot, or an inventory."):target "after"
    command:option("-f --format", "How to print.", "text"):choices { "text", "jsonl" }
  end,
  run = function(arguments)
    local before, problem = look(arguments.before)
    if not before then return nil, problem end
    local after
    after, problem = look(arguments.after)
    if not after then return nil, problem end
    local output = source.output()
    if arguments.format == "jsonl" then
      output.write(json.object({ kind = "diff", schema = json.SCHEMA }, { "kind", "schema" }) .. "\n")
    end
    local certain, color = 0, source.color()
    for _, change in ipairs(diff.compare(before, after)) do
      if change.what ~= "unseen" and change.what ~= "seen" then certain = certain + 1 end
      output.write(arguments.format == "jsonl" and changes.json(change) or changes.line(change, color))
    end
    local blind = source.complain(before.outcomes) + source.complain(after.outcomes)
    return certain > 0 and 1 or blind > 0 and 2 or 0
  end,
}
