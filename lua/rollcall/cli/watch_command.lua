--- The command watch: looks again and again, and tells what changed, until it is told to stop.
local changes = require "rollcall.cli.changes"
local system = require "rollcall.system"
local diff = require "rollcall.diff"
local inventory = require "rollcall.inventory"
local platform = require "rollcall.internal.platform"
local snapshot = require "rollcall.snapshot"
local source = require "rollcall.cli.source"

local function seconds(argument)
  local number = tonumber(argument)
  if number and number >= 0 and number <= 86400 then return number end
  return nil, ("'%s' is no number of seconds"):format(argument)
end

local function times(argument)
  local number = math.tointeger(argument)
  if number and number > 0 then return number end
  return nil, ("'%s' is no positive number"):format(argument)
end

---Rows until a signal comes; a look that was broken off is none.
local function until_stopped(rows)
  return function()
    if system.caught_signal() then return nil end
    return rows()
  end
end

local function take_look(inv)
  local opened = source.ask(inv)
  local took, look = pcall(diff.look, until_stopped(opened.rows), opened.outcomes)
  opened.close()
  if not took then error(look, 0) end
  return look, opened.generated_at
end

local function write_snapshot(path, look, generated_at, inv)
  local writer = assert(snapshot.create(path, generated_at, inv))
  local its_writer <close> = writer
  for _, identity in ipairs(look.order) do
    local entry = look.entries[identity]
    its_writer:row(entry.kind, entry.row)
  end
  for _, outcome in ipairs(look.outcomes) do its_writer:outcome(outcome) end
  its_writer:finish()
end

---Hands lines to a command's standard input, of which it may read as much as it likes. One that fails is reported, and the watch goes on.
local function hand_to(command, lines)
  local pipe = io.popen(command, "w")
  local succeeded = pipe and system.with_broken_pipes(function()
    pipe:write(lines)
    return pipe:close()
  end)
  if not succeeded then io.stderr:write("rollcall: failed: ", command, "\n") end
end

---@return string? command  nil for what is no address
local function post_command(url)
  local argument = url:find "^https?://" and platform.quoted(url)
  return argument and ('curl -sS -f -m 30 --proto =http,https -H "Content-Type: application/x-ndjson" --data-binary @- -o %s -- %s'):format(
    platform.null_device, argument)
end

local function tell(arguments, list, generated_at)
  if #list == 0 then return end
  local at = os.date("!%Y-%m-%dT%H:%M:%SZ", generated_at)
  local lines, printed = {}, {}
  for i, change in ipairs(list) do
    lines[i] = changes.json(change, at)
    printed[i] = arguments.format == "jsonl" and lines[i] or at .. " " .. changes.line(change, source.color())
  end
  source.output().write(table.concat(printed))
  io.stdout:flush()
  if arguments.run then hand_to(arguments.run, table.concat(lines)) end
  if arguments.post then hand_to(post_command(arguments.post), table.concat(lines)) end
end

---Says when a target goes and when it is back, once each.
local function tell_targets(away, outcomes)
  for _, outcome in ipairs(outcomes) do
    local key = outcome.target .. " " .. (outcome.query or "")
    local gone = outcome.completeness ~= "complete" and outcome.completeness ~= "placeholder"
    if gone and not away[key] then source.complain { outcome } end
    if not gone and away[key] then io.stderr:write("rollcall: ", outcome.target, ": is back\n") end
    away[key] = gone or nil
  end
end

---@type rollcall.cli.command
return {
  name = "watch",
  ends_at_signals = true,
  declare = function(parser)
    local command = parser:command("watch", "Keep looking, and tell who comes and goes.", [[
Examples:
  rollcall watch inventory.lua --interval 60
  rollcall watch inventory.lua --snapshot now.jsonl.gz --format jsonl >> changes.jsonl
  rollcall watch inventory.lua --post http://127.0.0.1:8080/changes
  rollcall watch inventory.lua --run 'logger -t rollcall'

It ends at SIGTERM, SIGINT or SIGHUP, and the file of --snapshot is whole at any time. Who was
there at the start is not reported, nor are rollcall's own logons.]])
    command:argument("INVENTORY", "An inventory (Lua)."):target "inventory"
    command:option("-i --interval", "Seconds between looks.", "60"):argname("SECONDS"):convert(seconds)
    command:option("-s --snapshot", "Keep the newest look in this file, a snapshot."):argname "FILE"
    command:option("-f --format", "How to print.", "text"):choices { "text", "jsonl" }
    command:option("--post", "Post the differences there, as JSON Lines, with curl."):argname "URL"
    command:option("--run", "Hand the differences to this command, as JSON Lines."):argname "COMMAND"
    command:option("--times", "Stop after so many looks."):argname("N"):convert(times)
  end,
  run = function(arguments)
    local inv, problem = inventory.load(arguments.inventory)
    if not inv then return nil, problem end
    if arguments.post and not post_command(arguments.post) then return nil, "--post takes an http or https address" end
    system.catch_signals()
    local before, looks, away = nil, 0, {}
    while true do
      local look, generated_at = take_look(inv)
      if system.caught_signal() then break end
      looks = looks + 1
      tell_targets(away, look.outcomes)
      if before then tell(arguments, diff.compare(before, look), generated_at) end
      if arguments.snapshot then write_snapshot(arguments.snapshot, look, generated_at, inv) end
      before = before and diff.carried(before, look) or look
      if looks == arguments.times or not system.sleep(arguments.interval) then break end
    end
    return 0
  end,
}
