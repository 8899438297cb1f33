--- The command watch: polls at an interval and reports what changed, until a signal stops it.
local arguments = require "rollcall.cli.arguments"
local changes = require "rollcall.cli.changes"
local conditions = require "rollcall.cli.conditions"
local system = require "rollcall.system"
local fleet_options = require "rollcall.cli.fleet_options"
local diff = require "rollcall.diff"
local listing = require "rollcall.cli.listing"
local live = require "rollcall.cli.live"
local memory = require "rollcall.internal.memory"
local presence = require "rollcall.presence"
local render = require("rollcall.report").render
local result = require "rollcall.internal.outcomes"
local source = require "rollcall.cli.source"
local suggestion = require "rollcall.internal.suggestion"
local text = require "rollcall.internal.text"
local textfile = require "rollcall.report.textfile"
local watch_events = require "rollcall.cli.watch_events"
local watch_page = require "rollcall.cli.watch_page"
local write_snapshot = require "rollcall.snapshot.of_poll"

---Whether no row is of a file, and so of another time.
local function is_all_asked(inv)
  for _, one in ipairs(inv.sources) do
    if one.block == "snapshot" then return false end
  end
  return true
end

---A poll, which is none where a signal or a key broke it off.
---@param view? rollcall.cli.live
local function take_poll(inv, view)
  local opened = source.ask(inv, { ends_at_signals = true, hidden = view ~= nil, wait = view and view:waiter() })
  if view then view:begin(opened) end
  local began = system.clock()
  local took, poll = pcall(diff.poll, view and view:over(opened.rows) or opened.rows, opened.outcomes)
  opened.close()
  if view then view:end_poll() end
  if not took then error(poll, 0) end
  if is_all_asked(inv) then poll.began, poll.ended = began, system.clock() end
  return poll, opened.generated_at, opened.elapsed()
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

local function report(given, list, generated_at, inv)
  local at = os.date("!%Y-%m-%dT%H:%M:%SZ", generated_at)
  local lines, printed, line_of = {}, {}, watch_events.line(given)
  for _, change in ipairs(list) do
    local line = line_of(change, generated_at, inv)
    lines[#lines + 1] = line
    printed[#printed + 1] = given.format == "text" and at .. " " .. changes.line(change, source.color()) or line
  end
  if #lines == 0 then return end
  local output = source.output()
  output.write(table.concat(printed))
  output.finish()
  if given.run then hand_to(given.run, table.concat(lines)) end
end

---Shows who is there at the start.
---@return string[] missing  fields that no row has
local function show_present(given, poll, generated_at, inv)
  local output = source.output()
  local shown = render {
    filter = conditions.filter(given.where), where = conditions.text_of(given.where), columns = given.columns,
    sort = given.sort and (given.reverse and "-" or "") .. given.sort,
    rows = changes.rows(poll), outcomes = poll.outcomes, now = generated_at, normalize_user = inv.normalize_user,
    utc_offset = inv.utc_offset, write = output.write, width = system.terminal_width() or math.huge, color = source.color(),
  }
  output.finish()
  return shown.missing
end

---Names fields that no row has, of those that only rows of the user's own could have. They may still come.
---@param view? rollcall.cli.live
---@param names string[]
local function report_missing(view, names)
  for _, name in ipairs(names) do
    local words = ("no row has a field '%s' so far%s"):format(name, suggestion(name, presence.all_names()))
    if view then view.problem = words else io.stderr:write("rollcall: ", words, "\n") end
  end
end

---Reports when a target fails and when it answers again, once each. It fails as long as one of its results does.
---@param away table<string, rollcall.outcome>  those that fail
---@param outcomes rollcall.outcome[]
---@param is_shown boolean  who reads it has been shown the results
local function report_targets(away, outcomes, is_shown)
  local failing = {}
  for _, outcome in ipairs(outcomes) do
    local key = result.key(outcome)
    failing[key] = failing[key] or not result.is_good(outcome) and outcome or nil
  end
  for _, outcome in ipairs(outcomes) do
    local key = result.key(outcome)
    if failing[key] and not away[key] and not is_shown then source.complain { failing[key] } end
    if not failing[key] and away[key] then io.stderr:write("rollcall: ", text.printable(outcome.target), ": answers again\n") end
    away[key] = failing[key]
  end
end

---@return string? problem
local function problem_of(given, inv)
  if given.live then
    local other = given.format ~= "text" and "--format" or given.run and "--run" or given.queue and "--queue"
    if other then return other .. " belongs to a watch without --live, which can run beside one with it" end
  end
  local of_table = given.sort and "--sort" or given.columns and "--columns"
  if given.format ~= "text" and of_table then
    return ("%s belongs to the table of --format text; JSON Lines have the differences alone"):format(of_table)
  end
  return watch_events.problem(given, inv) or listing.problem_of(given, given.inventory)
end

---@type rollcall.cli.command
return {
  name = "watch",
  ends_at_signals = true,
  gives_exit_code = true,
  declare = function(parser)
    local command = parser:command("watch", "Poll an inventory and report who connects and disconnects.", [[
Examples:
  rollcall watch inventory.lua --interval 60
  rollcall watch inventory.lua --live --sort idle --reverse
  rollcall watch inventory.lua --where 'user=alice or duration>8h'
  rollcall watch inventory.lua --snapshot now.jsonl.gz --format jsonl
  rollcall watch inventory.lua --page /var/www/html/who.html
  rollcall watch inventory.lua --queue queue --post https://siem.corp.example/
  rollcall watch sessions.lua --format ocsf
  rollcall watch inventory.lua --run 'logger -t rollcall'
  rollcall watch inventory.lua --textfile rollcall.prom

SIGTERM, SIGINT and SIGHUP end it; the files of --snapshot, --page and
--textfile are whole at any time, and have all rows whatever --where says. As
text it begins with who is connected. Neither these nor rollcall's own logons
are reported as differences.

Exit codes: 0 it was ended, or --times polls were made, 2 and events of --queue
still wait, 3 a usage error, an error in the inventory or output that cannot be
written; with --live a signal's are 128 and its number, as 130 for Ctrl-C.]])
    command:argument("INVENTORY", "An inventory (Lua)."):target "inventory"
    command:flag("-l --live", "Show who is connected on the whole terminal, sorted and filtered by keys.")
    command:option("-i --interval", "Seconds between two polls.", "60"):argname("SECONDS"):convert(arguments.seconds "--interval")
    command:option("-s --snapshot", "Write the newest poll to this file, a snapshot."):argname "FILE"
    command:option("--textfile", "Write metrics of the newest poll to this file, for Prometheus's node exporter."):argname "FILE"
    command:option("--page", "Write the newest poll to this file, an HTML page that renews itself."):argname "FILE"
    arguments.choices(command:option("-f --format", "The output format.", "text"):argname "FORMAT", "--format", { "text", "jsonl", "ocsf" })
    command:option("--run", "Give the differences to this command, as JSON Lines."):argname "COMMAND"
    watch_events.declare(command)
    listing.declare_where(command)
    command:option("--sort", "The field that the table is sorted by."):argname "FIELD"
    command:flag("-r --reverse", "Sort the greatest first.")
    listing.declare_columns(command)
    fleet_options.declare_shard(command)
    command:option("--times", "Stop after this many polls."):argname("N"):convert(arguments.integer("--times", 1))
  end,
  run = function(given)
    if source.is_snapshot(given.inventory) then
      return nil, ("%s: watch polls an inventory, and this is a snapshot; 'rollcall diff' compares snapshots"):format(given.inventory)
    end
    local inv, problem = source.inventory(given.inventory, given.shard)
    if not inv then return nil, problem end
    problem = problem_of(given, inv)
    if problem then return nil, problem end
    local events
    events, problem = watch_events.open(given)
    if not events then return nil, problem end
    local its_events <close> = events
    system.catch_signals()
    local view
    if given.live then
      view, problem = live.open(given, inv)
      if not view then return nil, problem end
    end
    local closing <close> = view -- luacheck: ignore
    local function rest(seconds)
      if view then return view:sleep(seconds) end
      return its_events:rest(seconds)
    end
    local filter = conditions.filter(given.where)
    local before, polls, away = events.before, 0, {}
    local page = given.page and watch_page(given.page, given.interval)
    local write_metrics = given.textfile and textfile.new(given.textfile)
    local is_full = memory.room()
    while true do
      local poll, generated_at, seconds = take_poll(inv, view)
      if system.caught_signal() or view and view.is_over then break end
      polls = polls + 1
      local changed = before and diff.compare(before, poll)
      local view_of = presence.viewer { now = generated_at, normalize_user = inv.normalize_user, utc_offset = inv.utc_offset }
      if filter and polls == 1 then
        for kind, row in changes.rows(poll) do filter(view_of(kind, row)) end
        report_missing(view, conditions.missing(given.where))
      end
      if not view then
        local shows_present = polls == 1 and given.format == "text"
        if shows_present then report_missing(nil, show_present(given, poll, generated_at, inv)) end
        report_targets(away, poll.outcomes, shows_present and system.is_terminal(1) and system.is_terminal(2))
      end
      local after = before and diff.carried(before, poll) or poll
      local selected = changed and changes.selected(changed, filter, view_of)
      selected, before = its_events:record(selected, before, after, generated_at, inv)
      if selected and not view then report(given, selected, generated_at, inv) end
      if page then page:write(poll, generated_at, inv, changed) end
      if given.snapshot then write_snapshot(given.snapshot, poll, generated_at, inv) end
      if write_metrics then write_metrics(poll, inv, generated_at, seconds) end
      if view then view:show(poll, after, changed, generated_at) end
      -- What compresses a file and what guards an inventory hold memory of which Lua's collector does not know.
      collectgarbage()
      if is_full() then memory.refuse("what is known of targets that fail", #after.order, "watch fewer of them at once") end
      if polls == given.times or not rest(given.interval) then break end
    end
    return view and system.caught_signal() and 128 + system.caught_signal() or its_events:finish()
  end,
}
