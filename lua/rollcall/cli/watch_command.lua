--- The command watch: polls at an interval and reports what changed, until a signal stops it.
local arguments = require "rollcall.cli.arguments"
local changes = require "rollcall.cli.changes"
local system = require "rollcall.system"
local fleet_options = require "rollcall.cli.fleet_options"
local diff = require "rollcall.diff"
local memory = require "rollcall.internal.memory"
local platform = require "rollcall.internal.platform"
local render = require("rollcall.report").render
local snapshot = require "rollcall.snapshot"
local source = require "rollcall.cli.source"
local textfile = require "rollcall.report.textfile"
local watch_page = require "rollcall.cli.watch_page"

---A poll, which is none where a signal broke it off.
local function take_poll(inv)
  local opened = source.ask(inv, { ends_at_signals = true })
  local took, poll = pcall(diff.poll, opened.rows, opened.outcomes)
  opened.close()
  if not took then error(poll, 0) end
  return poll, opened.generated_at, opened.elapsed()
end

local function write_snapshot(path, poll, generated_at, inv)
  local writer, problem = snapshot.create(path, generated_at, inv)
  if not writer then error(problem, 0) end
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

---@type rollcall.options.check
local function http_address(value)
  if value:find "^https?://" and platform.quoted(value) then return value end
  return nil, "must be an address that begins with http:// or https://"
end

---@return string command
local function post_command(url)
  return ('curl -sS -f -m 30 --proto =http,https -H "Content-Type: application/x-ndjson" --data-binary @- -o %s -- %s'):format(
    platform.null_device, platform.quoted(url))
end

local function report(given, list, generated_at)
  if #list == 0 then return end
  local at = os.date("!%Y-%m-%dT%H:%M:%SZ", generated_at)
  local lines, printed = {}, {}
  for i, change in ipairs(list) do
    lines[i] = changes.json(change, at)
    printed[i] = given.format == "jsonl" and lines[i] or at .. " " .. changes.line(change, source.color())
  end
  source.output().write(table.concat(printed))
  io.stdout:flush()
  if given.run then hand_to(given.run, table.concat(lines)) end
  if given.post then hand_to(post_command(given.post), table.concat(lines)) end
end

---Shows who is there at the start.
local function show_present(poll, generated_at, inv)
  render {
    rows = changes.rows(poll), outcomes = poll.outcomes, now = generated_at, normalize_user = inv.normalize_user,
    utc_offset = inv.utc_offset, write = source.output().write, width = system.terminal_width() or math.huge, color = source.color(),
  }
  io.stdout:flush()
end

---Reports when a target fails and when it answers again, once each.
---@param away table<string, true>  those that fail
---@param outcomes rollcall.outcome[]
---@param is_shown boolean  who reads it has been shown the results
local function report_targets(away, outcomes, is_shown)
  for _, outcome in ipairs(outcomes) do
    local key = outcome.target .. " " .. (outcome.query or "")
    local gone = outcome.completeness ~= "complete" and outcome.completeness ~= "placeholder"
    if gone and not away[key] and not is_shown then source.complain { outcome } end
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
  rollcall watch inventory.lua --snapshot now.jsonl.gz --format jsonl
  rollcall watch inventory.lua --page /var/www/html/who.html
  rollcall watch inventory.lua --post http://127.0.0.1:8080/changes
  rollcall watch inventory.lua --run 'logger -t rollcall'
  rollcall watch inventory.lua --textfile rollcall.prom

SIGTERM, SIGINT and SIGHUP end it; the files of --snapshot, --page and
--textfile are whole at any time. As text it begins with who is connected.
Neither these nor rollcall's own logons are reported as differences.]])
    command:argument("INVENTORY", "An inventory (Lua)."):target "inventory"
    command:option("-i --interval", "Seconds between two polls.", "60"):argname("SECONDS"):convert(arguments.seconds "--interval")
    command:option("-s --snapshot", "Write the newest poll to this file, a snapshot."):argname "FILE"
    command:option("--textfile", "Write metrics of the newest poll to this file, for Prometheus's node exporter."):argname "FILE"
    command:option("--page", "Write the newest poll to this file, an HTML page that renews itself."):argname "FILE"
    arguments.choices(command:option("-f --format", "The output format.", "text"):argname "FORMAT", "--format", { "text", "jsonl" })
    command:option("--post", "Post the differences to this URL with curl, as JSON Lines."):argname("URL")
      :convert(arguments.checked("--post", http_address))
    command:option("--run", "Give the differences to this command, as JSON Lines."):argname "COMMAND"
    fleet_options.declare_shard(command)
    command:option("--times", "Stop after this many polls."):argname("N"):convert(arguments.integer("--times", 1))
  end,
  run = function(given)
    if source.is_snapshot(given.inventory) then
      return nil, ("%s: watch polls an inventory, and this is a snapshot; 'rollcall diff' compares snapshots"):format(given.inventory)
    end
    local inv, problem = source.inventory(given.inventory, given.shard)
    if not inv then return nil, problem end
    system.catch_signals()
    local before, polls, away = nil, 0, {}
    local page = given.page and watch_page(given.page, given.interval)
    local write_metrics = given.textfile and textfile.new(given.textfile)
    local is_full = memory.room()
    while true do
      local poll, generated_at, seconds = take_poll(inv)
      if system.caught_signal() then break end
      polls = polls + 1
      local shows_present = not before and given.format == "text"
      if shows_present then show_present(poll, generated_at, inv) end
      report_targets(away, poll.outcomes, shows_present and system.is_terminal(1) and system.is_terminal(2))
      local changed = before and diff.compare(before, poll)
      if changed then report(given, changed, generated_at) end
      if page then page:write(poll, generated_at, inv, changed) end
      if given.snapshot then write_snapshot(given.snapshot, poll, generated_at, inv) end
      if write_metrics then write_metrics(poll, inv, generated_at, seconds) end
      before = before and diff.carried(before, poll) or poll
      -- What compresses a file and what guards an inventory hold memory of which Lua's collector does not know.
      collectgarbage()
      if is_full() then memory.refuse("what is known of targets that fail", #before.order, "watch fewer of them at once") end
      if polls == given.times or not system.sleep(given.interval) then break end
    end
    return 0
  end,
}
