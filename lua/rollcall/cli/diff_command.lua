--- The command diff: who connected, who disconnected and what changed between two snapshots.
local arguments = require "rollcall.cli.arguments"
local changes = require "rollcall.cli.changes"
local diff = require "rollcall.diff"
local json = require "rollcall.internal.json_text"
local memory = require "rollcall.internal.memory"
local source = require "rollcall.cli.source"

---@return rollcall.diff.side?
---@return string? problem
local function side(path)
  local opened, problem = source.open(path)
  if not opened then return nil, problem end
  local took, taken = pcall(diff.poll, opened.rows, opened.outcomes)
  opened.close()
  if memory.is_refusal(taken) then taken.message = path .. ": " .. taken.message end
  if not took then error(taken, 0) end
  return { poll = taken, generated_at = opened.generated_at, normalize_user = opened.normalize_user, utc_offset = opened.utc_offset }
end

---As text or JSON Lines.
local function write_lines(list, format, write)
  if format == "jsonl" then write(json.object({ kind = "diff", schema = json.SCHEMA }, { "kind", "schema" }) .. "\n") end
  local color = source.color()
  for _, change in ipairs(list) do write(format == "jsonl" and changes.json(change) or changes.line(change, color)) end
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

  + connected   - disconnected   ~ changed
  ? unverified: the target was not reachable this time
  ! newly visible: the target was not reachable last time

Exit codes: 0 no difference, 1 a difference, 2 no difference but a target failed
or answered in part, or more rows than 512 MiB a side hold, 3 a usage error.]])
    command:argument("BEFORE", "A snapshot, or an inventory."):target "before"
    command:argument("AFTER", "A snapshot, or an inventory."):target "after"
    arguments.choices(command:option("-f --format", "The output format.", "text"):argname "FORMAT", "--format", { "text", "jsonl", "html" })
  end,
  run = function(given)
    local before, problem = side(given.before)
    if not before then return nil, problem end
    local after
    after, problem = side(given.after)
    if not after then return nil, problem end
    local list, write, certain = diff.compare(before.poll, after.poll), source.output().write, 0
    if given.format == "html" then
      require "rollcall.diff.page"(list, before, after, write)
    else
      write_lines(list, given.format, write)
    end
    for _, change in ipairs(list) do
      if change.event ~= "unverified" and change.event ~= "newly_visible" then certain = certain + 1 end
    end
    local blind = source.complain(before.poll.outcomes) + source.complain(after.poll.outcomes)
    return certain > 0 and 1 or blind > 0 and 2 or 0
  end,
}
