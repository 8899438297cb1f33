--- The command watch: polls at an interval and reports what changed, until a signal stops it.
local changes = require "rollcall.cli.changes"
local numbers = require "rollcall.cli.numbers"
local system = require "rollcall.system"
local diff = require "rollcall.diff"
local inventory = require "rollcall.inventory"
local platform = require "rollcall.internal.platform"
local snapshot = require "rollcall.snapshot"
local source = require "rollcall.cli.source"
local watch_page = require "rollcall.cli.watch_page"

---Rows until a signal comes; a poll that was broken off is none.
local function until_stopped(rows)
  return function()
    if system.caught_signal() then return nil end
    return rows()
  end
end

local function take_poll(inv)
  local opened = source.ask(inv)
  local took, poll = pcall(diff.poll, until_stopped(opened.rows), opened.outcomes)
  opened.close()
  if not took then error(poll, 0) end
  return poll, opened.generated_at
end

local function write_snapshot(path, poll, generated_at, inv)
  local writer = assert(snapshot.create(path, generated_at, inv))
  local its_writer <close> = writer
  for _, identity in ipairs(poll.order) do
    local entry = poll.entries[identity]
    its_writer:row(entry.kind, entry.row)
  end
  for _, outcome in ipairs(poll.outcomes) do its_writer:outcome(outcome) end
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

local function report(arguments, list, generated_at)
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

---Reports when a target fails and when it answers again, once each.
local function report_targets(away, outcomes)
  for _, outcome in ipairs(outcomes) do
    local key = outcome.target .. " " .. (outcome.query or "")
    local gone = outcome.completeness ~= "complete" and outcome.completeness ~= "placeholder"
    if gone and not away[key] then source.complain { outcome } end
    if not gone and away[key] then io.stderr:write("rollcall: ", outcome.target, ": answers again\n") end
    away[key] = gone or nil
  end
end

---@type rollcall.cli.command
return {
  name = "watch",
  ends_at_signals = true,
  declare = function(parser)
    local command = parser:command("watch", "Poll an inventory and report who connects and disconnects.", [[
Examples:
  rollcall watch inventory.lua --interval 60
  rollcall watch inventory.lua --snapshot now.jsonl.gz --format jsonl >> changes.jsonl
  rollcall watch inventory.lua --page /var/www/html/who.html
  rollcall watch inventory.lua --post http://127.0.0.1:8080/changes
  rollcall watch inventory.lua --run 'logger -t rollcall'

SIGTERM, SIGINT and SIGHUP end it; the files of --snapshot and --page are whole at any time. Neither who was
connected at the start nor rollcall's own logons are reported.]])
    command:argument("INVENTORY", "An inventory (Lua)."):target "inventory"
    command:option("-i --interval", "Seconds between two polls.", "60"):argname("SECONDS"):convert(numbers.seconds "--interval")
    command:option("-s --snapshot", "Write the newest poll to this file, a snapshot."):argname "FILE"
    command:option("--page", "Write the newest poll to this file, an HTML page that renews itself."):argname "FILE"
    command:option("-f --format", "The output format.", "text"):argname("FORMAT"):choices { "text", "jsonl" }
    command:option("--post", "Post the differences to this URL with curl, as JSON Lines."):argname "URL"
    command:option("--run", "Give the differences to this command, as JSON Lines."):argname "COMMAND"
    command:option("--times", "Stop after this many polls."):argname("N"):convert(numbers.integer "--times")
  end,
  run = function(arguments)
    local inv, problem = inventory.load(arguments.inventory)
    if not inv then return nil, problem end
    if arguments.post and not post_command(arguments.post) then return nil, "--post takes an http or https address" end
    system.catch_signals()
    local before, polls, away = nil, 0, {}
    local page = arguments.page and watch_page(arguments.page, arguments.interval)
    while true do
      local poll, generated_at = take_poll(inv)
      if system.caught_signal() then break end
      polls = polls + 1
      report_targets(away, poll.outcomes)
      local changed = before and diff.compare(before, poll)
      if changed then report(arguments, changed, generated_at) end
      if page then page:write(poll, generated_at, inv, changed) end
      if arguments.snapshot then write_snapshot(arguments.snapshot, poll, generated_at, inv) end
      before = before and diff.carried(before, poll) or poll
      -- What compresses a file and what guards an inventory hold memory of which Lua's collector does not know.
      collectgarbage()
      if polls == arguments.times or not system.sleep(arguments.interval) then break end
    end
    return 0
  end,
}
