--- Rows as text. A format is a function that takes a report's frame and returns a writer; each
--- stands in a file of its own beside this one, and a function of your own will do as well.
local columns = require "rollcall.internal.columns"
local grouping = require "rollcall.report.grouping"
local memory = require "rollcall.internal.memory"
local options = require "rollcall.internal.options"
local presence = require "rollcall.presence"
local selection = require "rollcall.report.selection"
local shard = require "rollcall.internal.shard"
local shown_columns = require "rollcall.report.columns"
local sorted = require "rollcall.internal.sorted"
local suggestion = require "rollcall.internal.suggestion"

---@class rollcall.report
local report = {}

---What a format is given to begin with.
---@class rollcall.report.frame
---@field write fun(text: string)  takes what is written
---@field kind string  of the rows, such as "connection"; "who" for presences of any kind and chosen columns, "group" for groups
---@field columns rollcall.report.column[]  what to show of a row, in this order
---@field width integer  columns of the terminal
---@field color boolean  whether escapes for color may be written
---@field title string  of the report
---@field generated_at string  when the report was begun, as `2026-11-21T07:00:00Z`
---@field last_generated_at? string  of rows that were taken at several times when the last were, and `generated_at` the first; absent: all at that time
---@field now integer  the same as `generated_at` in seconds since 1970
---@field elapsed? fun(): number  seconds since the rows were asked for; absent: not known
---@field shard? string  the part of the targets that the rows are of, as `2/4`; absent: all
---@field where? string  which rows were chosen, in words; absent: all
---@field limit? integer  only the first so many are shown; absent: all
---@field whole boolean  made by `report.render`: totals and targets belong to it, in formats without a place for them too

---What a format makes. A function instead is the `row` of a writer that needs no other.
---@class rollcall.report.writer
---@field row fun(self, row: table, view: rollcall.presence?)  gets every row to be written: a table by the names of the columns
---@field takes_views? boolean  `row` gets the presence that a row was made of, too; absent: it does not
---@field flush? fun(self)  writes the rows that it has got and held back; called before others are waited for
---@field finish fun(self, outcomes: rollcall.outcome[], failures: rollcall.failure[], totals: rollcall.report.totals?)  ends the report

---How many there are of each.
---@class rollcall.report.totals
---@field rows integer  all of them
---@field users integer  different ones
---@field clients integer  different ones
---@field resources integer  different ones

---A format of one's own.
---@alias rollcall.report.format fun(frame: rollcall.report.frame): rollcall.report.writer|fun(row: table)

---The names of the formats.
---@type string[]
report.formats = { "table", "csv", "json", "jsonl", "markdown", "html", "prometheus", "openmetrics" }

local is_format = {}
for _, name in ipairs(report.formats) do is_format[name] = true end

---The formats that count rows and do not show them.
---@type table<string, true>
report.counts_all = { prometheus = true, openmetrics = true }

---A time as reports write it. Raises nothing.
---@param seconds integer  since 1970
---@return string  as `2026-11-21T07:00:00Z`
function report.time(seconds)
  return os.date("!%Y-%m-%dT%H:%M:%SZ", seconds) --[[@as string]]
end

local function new_writer(format, frame)
  local make = type(format) == "string" and require("rollcall.report." .. format) or format
  local writer = make(frame)
  if type(writer) == "table" and writer.row and writer.finish then return writer end
  if not options.callable(writer) then error("report: a format must return a writer or a function", 0) end
  return { row = function(_, row) writer(row) end, finish = function() end }
end

---@class rollcall.report.writer_settings
---@field color? boolean  whether escapes for color may be written; default false
---@field title? string  of the report; default "Roll call"

---A writer of rows of one kind, as they come. Raises what the format and `write` raise.
---@param format "table"|"csv"|"json"|"jsonl"|"markdown"|"html"|"prometheus"|"openmetrics"|rollcall.report.format  one of `report.formats`, or one's own
---@param kind string  such as "connection"
---@param write fun(text: string)  takes what is written
---@param width? integer  columns of the terminal; 80
---@param settings? rollcall.report.writer_settings  absent: the defaults
---@return rollcall.report.writer  whose `finish` ends the report
function report.new(format, kind, write, width, settings)
  local all, now = columns[kind], os.time()
  return new_writer(format, {
    write = write,
    kind = kind,
    columns = shown_columns.for_format(all, format),
    width = width or 80,
    color = settings and settings.color or false,
    title = settings and settings.title or "Roll call",
    generated_at = report.time(now), now = now,
    whole = false,
  })
end

local function format_check(value)
  if is_format[value] or options.callable(value) then return value end
  return nil, "must be " .. table.concat(report.formats, ", ") .. " or a function"
end

local function rows_check(value)
  if type(value) == "table" and not getmetatable(value) or options.callable(value) then return value end
  return nil, "must be an iterator of kind and row, or a list of rows"
end

local function names_check(value)
  if type(value) == "string" then return { value } end
  if type(value) ~= "table" or #value == 0 then return nil, "must be a field's name, or a list of them" end
  for _, name in ipairs(value) do
    if type(name) ~= "string" then return nil, "must be a list of names" end
  end
  return value
end

local function kind_check(value)
  if presence.is_known_kind(value) then return value end
  return nil, "must be a kind of rows of SMB servers or of Workspace"
end

local function callable_or_string(value)
  if type(value) == "string" then return value end
  return options.callable(value)
end

local function words_check(value)
  if type(value) == "string" then return value end
  return nil, "must be a string"
end

local function shard_check(value)
  if shard.of_label(value) then return value end
  return nil, "must be I/N with I from 1 to N"
end

local function anything(value) return value end

---The most that `limit` can be.
report.LIMIT = 1000000

local title = options.text(1000)

---Checks what is given as `title`. Raises nothing.
---@param value any  what is given
---@return any checked  nil if it cannot be that
---@return string? expectation  what it must be
function report.check_title(value)
  return title(value)
end

---Checks what is given as one of `measures`. Raises nothing.
---@param value any  what is given
---@return any checked  nil if it cannot be that
---@return string? expectation  what it must be
function report.check_measure(value)
  local problem = grouping.problem(value)
  if problem then return nil, problem end
  return value
end

local specification = {
  rows = rows_check, kind = kind_check, on_start = options.callable, format = format_check, write = options.callable, width = anything,
  color = options.boolean, title = title, columns = names_check, filter = options.callable, sort = callable_or_string,
  group_by = names_check, measures = names_check, limit = options.integer(1, report.LIMIT), totals = options.boolean,
  outcomes = anything, failures = anything, now = anything, normalize_user = options.callable, utc_offset = options.integer(-86400, 86400),
  elapsed = options.callable,
  shard = shard_check, last_generated_at = anything, where = words_check,
}

---What `report.render` takes.
---@class rollcall.report.options
---@field rows (fun(): string?, table?)|table[]  an iterator of kind and row, such as `inventory.rows` gives; or a list of rows, each with a `kind` or "row"
---@field kind? string  the kind of all rows, whose own fields are shown; absent: the fields of rollcall.presence
---@field format? string|rollcall.report.format  one of `report.formats`, or one's own; default "table"
---@field write? fun(text: string)  takes what is written; default `io.write`
---@field width? integer  columns of the terminal; default 80
---@field color? boolean  whether escapes for color may be written; default false
---@field title? string  of the report; default "Roll call"
---@field columns? string|string[]  the fields to show: those of rollcall.presence and the rows' own; default those of `kind`
---@field filter? fun(view: rollcall.presence): any  which rows are in it; absent: all
---@field where? string  which rows are in it, in words; absent: all, or what `filter` says
---@field sort? string|fun(a: table, b: table): boolean  a field, `-field` for the greatest first; absent: rows stand in the order of their arrival, groups by `-rows`
---@field group_by? string|string[]  a row for each value of these fields, with the number of `rows` and the measures; absent: a row for each row
---@field measures? string|string[]  of groups: "distinct:client", "sum:num_opens", "max:idle", "min:since"; default {"distinct:user", "distinct:client"}
---@field limit? integer  only the first so many, after sorting, from 1 to 1000000; absent: all
---@field totals? boolean  count rows, users, clients and resources, which keeps the names in memory; default true
---@field shard? string  the part of the targets that the rows are of, as `2/4`; absent: all
---@field outcomes? rollcall.outcome[]  the result for each target; a list that may be filled while rows are read; absent: nothing is said of targets
---@field failures? rollcall.failure[]  likewise; absent: nothing is said of failures
---@field on_start? fun(flush: fun())  gets, before the first row is read, what writes the rows that the format holds back; absent: nobody does
---@field now? integer  when the rows were taken, in seconds since 1970; default the present
---@field last_generated_at? integer  of rows that were taken at several times when the last were, and `now` the first; absent: all at that time
---@field normalize_user? fun(account: string): string?  as in rollcall.presence.settings; default `presence.user_of`
---@field utc_offset? integer  as in rollcall.presence.settings, from -86400 to 86400; default 0
---@field elapsed? fun(): number  seconds since the rows were asked for, of "prometheus" and "openmetrics"; absent: not known

---What `report.render` says of a report.
---@class rollcall.report.summary
---@field rows integer  how many rows were in it
---@field written integer  how many lines were written
---@field missing string[]  which of the named fields no row had
---@field fields table<string, true>  the fields that rows had, or can have

local function each_of(rows)
  if type(rows) ~= "table" then return rows end
  local position = 0
  return function()
    position = position + 1
    local row = rows[position]
    if row == nil then return nil end
    if type(row) ~= "table" then error(("report.render: rows[%d] must be a table"):format(position), 3) end
    return row.kind or "row", row
  end
end

local DEFAULT_MEASURES = { "distinct:user", "distinct:client" }

---Checks a field to sort groups by. Raises nothing.
---@param checked { sort: any, group_by: string[]?, measures: string[]? }  options of `report.render`
---@return string? problem  nil: none, or there are no groups
function report.sort_problem(checked)
  if type(checked.sort) ~= "string" or not checked.group_by then return nil end
  local wanted, names = checked.sort:match "^%-?(.*)$", {}
  for i, column in ipairs(grouping.columns(checked.group_by, checked.measures or DEFAULT_MEASURES, {})) do
    if column.name == wanted then return nil end
    names[i] = column.name
  end
  return ("a group has no field '%s'; it has %s%s"):format(wanted, table.concat(names, ", "), suggestion(wanted, names))
end

-- The fields of so many rows are listed.
local ROWS_FOR_FIELDS = 100
-- After so many rows it is looked whether there is room for more.
local ROWS_BETWEEN_LOOKS = 16

---Watches for the fields that only a user-made row could have; a name that no row has is a usage error.
---@return table<string, true> missing
---@return fun(row: table)? look_out
local function new_lookout(given)
  local missing, some = {}, false
  local function add(name)
    if name and not presence.is_field(name) then missing[name], some = true, true end
  end
  for _, list in ipairs { given.columns or {}, given.group_by or {} } do
    for _, name in ipairs(list) do add(name) end
  end
  for _, measure in ipairs(given.measures or {}) do add(measure:match ":(.+)$") end
  if type(given.sort) == "string" and not given.group_by then add(given.sort:match "^%-?(.*)$") end
  return missing, some and function(row)
    for name in pairs(missing) do
      if row[name] ~= nil then missing[name] = nil end
    end
  end or nil
end

---@class rollcall.report.result
---@field rows integer  how many were in it
---@field written integer  how many lines that came to
---@field missing string[]  which of the named fields no row had
---@field fields table<string, true>  which fields there are, those of this project and of the first rows

---What takes the memory, and how it would take less.
local function refuse(given, sort, rows)
  if given.group_by then
    memory.refuse(("grouping by '%s'"):format(table.concat(given.group_by, "', '")), rows,
      "filter the rows, or group by a field with fewer values")
  elseif sort then
    memory.refuse(type(sort) == "string" and ("sorting by '%s'"):format(sort:match "^%-?(.*)$") or "sorting", rows,
      "filter the rows, or set a limit")
  end
  memory.refuse(("the format '%s'%s"):format(type(given.format) == "string" and given.format or "of your own",
    given.totals == false and "" or " with totals"), rows, "filter the rows, or write csv or jsonl without totals")
end

---Makes a report. Rows stream through where nothing has to be sorted or grouped and the format
---allows it; else memory is bounded by `limit`, by the groups, or by the rows, and by 1 GiB.
---
---     report.render { rows = inventory.rows(inv), format = "csv", columns = { "user", "resource", "client" } }
---
---Raises what is wrong with the options, as text, what the iterator, the functions among the options and the format raise, and that
---1 GiB is full.
---@param given rollcall.report.options  the rows, and how to show them
---@return rollcall.report.summary  what was in it
function report.render(given)
  given = options.check("report.render", given, specification, 2)
  if not given.rows then error("report.render: rows is missing", 2) end
  given.format = given.format or "table"
  given.measures = given.measures or given.group_by and DEFAULT_MEASURES
  for _, measure in ipairs(given.measures or {}) do
    local problem = grouping.problem(measure)
    if problem then error(("report.render: measures: '%s' %s"):format(measure, problem), 2) end
  end
  local of_groups = given.sort and "sort" or given.limit and "limit" or given.columns and "columns"
  if report.counts_all[given.format] and not given.group_by and of_groups then
    error(("report.render: %s belongs to group_by in the format '%s', which counts all rows"):format(of_groups, given.format), 2)
  end
  local problem = report.sort_problem(given)
  if problem then error("report.render: sort: " .. problem, 2) end

  local now, last = given.now or os.time(), given.last_generated_at
  local shown = shown_columns.of(given)
  local writer = new_writer(given.format, {
    write = given.write or io.write, columns = shown, width = given.width or 80,
    kind = given.group_by and "group" or not given.columns and given.kind or "who",
    color = given.color or false, title = given.title or "Roll call", generated_at = report.time(now), whole = not given.kind,
    now = now, last_generated_at = last and last ~= now and report.time(last) or nil, elapsed = given.elapsed, shard = given.shard,
    where = given.where or given.filter and "a filter says so" or nil,
    limit = given.limit,
  })
  if given.on_start then given.on_start(function() if writer.flush then writer:flush() end end) end
  local names = {}
  for i, column in ipairs(shown) do names[i] = column.name end

  local written = 0
  local views = writer.takes_views and setmetatable({}, { __mode = "k" }) or {}
  local function write_row(row)
    written = written + 1
    writer:row(row, views[row])
  end
  local sort, groups, selected = given.sort, nil, nil -- luacheck: ignore 311
  if given.group_by then
    groups = grouping.new(given.group_by, given.measures)
    sort = sort or "-rows"
    local function by_rows(a, b) return given.sort(groups:row(a), groups:row(b)) end
    selected = selection.new(type(sort) == "string" and sort or by_rows, given.limit,
      function(group) write_row(groups:row(group)) end, function(group, name) return groups:value(group, name) end)
  else
    selected = selection.new(sort, given.limit, write_row)
  end
  local missing, look_out = new_lookout(given)
  local totals = given.totals ~= false and { users = 0, clients = 0, resources = 0 } or nil
  local users, clients, resources = {}, {}, {}
  local keeps_views = writer.takes_views and not (given.kind or groups)
  local field, filter = presence.field, given.filter
  local view_of = presence.viewer({ now = now, normalize_user = given.normalize_user, utc_offset = given.utc_offset },
    not (keeps_views or filter) and 1 or nil, totals ~= nil and not filter)
  local sorted_by = type(sort) == "string" and sort:match "^%-?(.*)$"
  -- All that is shown of a row of a kind stands in it.
  local as_it_is = given.kind and not (given.columns or sorted_by)
  local rows, read, fields, is_full = 0, 0, presence.all_names(), memory.room()
  for kind, row in each_of(given.rows) do
    read = read + 1
    if read % ROWS_BETWEEN_LOOKS == 0 and is_full() then refuse(given, sort, rows) end
    local view = view_of(kind, row)
    if read <= ROWS_FOR_FIELDS then
      for name in pairs(row) do fields[name] = true end
    end
    if look_out then look_out(row) end
    if not filter or filter(view) then
      rows = rows + 1
      if totals then
        local user, client, resource = view.user, view.client, view.resource
        if user and not users[user] then
          users[user], totals.users = true, totals.users + 1
        end
        if client and not clients[client] then
          clients[client], totals.clients = true, totals.clients + 1
        end
        if resource and not resources[resource] then
          resources[resource], totals.resources = true, totals.resources + 1
        end
      end
      if groups then
        groups:add(view)
      elseif as_it_is then
        selected:add(row)
      else
        -- What shows a field may look at others of the row.
        local plain = given.kind and options.merged(row) or {}
        for _, name in ipairs(names) do plain[name] = field(view, name) end
        if sorted_by then plain[sorted_by] = field(view, sorted_by) end
        if keeps_views then views[plain] = view end
        selected:add(plain)
      end
    end
  end
  users, clients, resources = nil, nil, nil -- luacheck: ignore 311 -- which are not needed for sorting
  if groups then
    groups:finish()
    for group = 1, groups.count do selected:add(group) end
  end
  selected:finish()
  if totals then totals.rows = rows end
  writer:finish(given.outcomes or {}, given.failures or {}, totals)
  return { rows = rows, written = written, missing = sorted.keys(missing), fields = fields }
end

return report
