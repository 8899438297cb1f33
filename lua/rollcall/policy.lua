--- Rules about who may be connected, and their verdicts. The words of a policy file are in `meta/policy.lua`.
---
--- A verdict is pass, fail or unknown. A rule that nobody was seen to break passes only where everybody
--- could be seen; where a target could not be asked it is unknown.
local declaration = require "rollcall.internal.declaration"
local judge = require "rollcall.policy.judge"
local memory = require "rollcall.internal.memory"
local options = require "rollcall.internal.options"
local plugin = require "rollcall.policy.plugin"
local presence = require "rollcall.presence"
local rules = require "rollcall.policy.rules"
local sandbox = require "rollcall.internal.sandbox"

---@class rollcall.policy_module
local policy = {}

---Exit codes of a check.
---@type integer
policy.PASS, policy.FAIL, policy.UNKNOWN, policy.ERROR = 0, 1, 2, 3

---The formats of `policy.write`.
---@type string[]
policy.formats = { "text", "json", "junit", "sarif", "ocsf", "github", "html", "prometheus", "openmetrics", "nagios" }

---A policy that was read.
---@class rollcall.policy
---@field name string  the file's
---@field rules rollcall.policy.rule[]  in the order of the file
---@field waivers rollcall.policy.waiver[]  in the order of the file

---What a policy says of the rows.
---@class rollcall.policy.result
---@field policy string  its name
---@field where? string  which rows were judged; absent: all
---@field generated_at integer  when the rows were taken, in seconds since 1970
---@field last_generated_at? integer  of rows that were taken at several times when the last were, and `generated_at` the first; absent: all at that time
---@field rules rollcall.policy.verdict[]  one for each rule, in their order
---@field outcomes rollcall.outcome[]  the result for each target
---@field expired rollcall.policy.waiver[]  waivers that have expired

---Reads a policy from a text. Raises nothing.
---@param text string  what the file holds
---@param name string  of the file, for messages
---@param kinds? table<string, true>  the kinds of rows that the sources can give besides those of this project; absent: not known
---@return rollcall.policy?  nil where there is an error
---@return string? problem  with file, line and field
function policy.parse(text, name, kinds)
  local place = declaration.of(text, name)
  local vocabulary, gathered, finish = rules.vocabulary(place, kinds)
  local ran, problem = sandbox.run(text, name, vocabulary, "policy files")
  if not ran then return nil, problem end
  if #gathered.rules == 0 then return nil, name .. ": declares no rule" end
  ran, problem = pcall(finish)
  if not ran then return nil, problem end
  return { name = name, rules = gathered.rules, waivers = gathered.waivers }
end

---Reads a policy file. Raises nothing.
---@param path string  of the file, at most 1 MiB
---@param kinds? table<string, true>  as for `policy.parse`
---@return rollcall.policy?  nil where there is an error
---@return string? problem  with file, line and field
function policy.load(path, kinds)
  local text, problem = sandbox.read(path)
  if not text then return nil, problem end
  return policy.parse(text, path, kinds)
end

local function anything(value) return value end

local function where_check(value)
  if type(value) == "table" and type(value.text) == "string" and options.callable(value.filter) and options.callable(value.is_possible) then
    return value
  end
  return nil, "must be a table with text, filter and is_possible"
end

local specification = {
  rows = options.callable, outcomes = anything, now = anything, last_generated_at = anything, normalize_user = options.callable,
  utc_offset = options.integer(-86400, 86400), trace = anything, where = where_check, elapsed = options.callable,
}

-- So many rows are given to a rule at once: one by one, a check of ten rules takes 1.4 times as long.
local BATCH = 32

---Gives rows to the judges of their kinds. One that raises gets no more, and the others go on.
---@param rows fun(): string?, table?
---@param judges table[]
---@param view_of fun(kind: string, row: table): rollcall.presence
---@param most integer  rows at once
---@param where? rollcall.policy.where
local function judge_rows(rows, judges, view_of, most, where)
  local for_kind, views, count = {}, {}, 0
  local is_full, taken = memory.room(), 0
  local function judges_of(kind)
    local its_judges = {}
    for _, one in ipairs(judges) do
      if one:is_about(kind) then its_judges[#its_judges + 1] = one end
    end
    for_kind[kind] = its_judges
    return its_judges
  end
  local function judge_batch(its_judges)
    for _, one in ipairs(its_judges) do
      if one.take then
        local ended, problem = pcall(one.take, views, count)
        if not ended then one:fail(problem) end
      end
    end
    count = 0
  end
  -- Groups are what rules keep of rows.
  local function make_room()
    local grouped = 0
    for _, one in ipairs(judges) do
      if one:give_up_groups(("its groups, with those of other rules, take more memory than %s, which is full after %d rows: %s"):format(
        memory.said(), taken, "give it a filter, or group by a field with fewer values")) then grouped = grouped + 1 end
    end
    if grouped == 0 then memory.refuse("check", taken, "check parts of the rows") end
  end
  local list, list_kind = {}, nil
  for kind, row in rows do
    if kind ~= list_kind then
      if count > 0 then judge_batch(list) end
      list, list_kind = for_kind[kind] or judges_of(kind), kind
    end
    taken = taken + 1
    if list[1] then
      local view = view_of(kind, row)
      if not where or where.filter(view) then
        count = count + 1
        views[count] = view
        if count == most then judge_batch(list) end
      else
        if count > 0 then judge_batch(list) end
        local is_possible = where.is_possible(view)
        for _, one in ipairs(list) do
          if one.take then one:leave_out(is_possible) end
        end
      end
    end
    if is_full() then make_room() end
  end
  judge_batch(list)
end

---Which rows are judged.
---@class rollcall.policy.where
---@field text string  as it is to be shown with the verdicts
---@field filter fun(view: rollcall.presence): boolean  whether a row is
---@field is_possible fun(view: rollcall.presence): boolean  whether one that is not could be, if fields that it lacks were known

---What `policy.evaluate` takes.
---@class rollcall.policy.evaluate_options
---@field rows fun(): string?, table?  an iterator of kind and row, such as `inventory.rows` gives
---@field outcomes? rollcall.outcome[]  the result for each target; absent: a rule of which no row was judged is unknown
---@field now? integer  when the rows were taken, in seconds since 1970; default the present
---@field last_generated_at? integer  of rows that were taken at several times when the last were, and `now` the first: waivers are judged at it; absent: all at `now`
---@field normalize_user? fun(account: string): string?  as in rollcall.presence.settings; default `presence.user_of`
---@field utc_offset? integer  as in rollcall.presence.settings, from -86400 to 86400; default 0
---@field where? rollcall.policy.where  which rows are judged: a rule that sees none of them is unknown, and so is one for which a row is left out that could be one; absent: all
---@field trace? rollcall.policy.trace  what gets a report of each row that a rule judged; absent: nothing does
---@field elapsed? fun(): number  seconds since `now`, of rows that come while they are judged; absent: all are from then

---Evaluates a policy over rows. Memory is bounded by the groups of its rules, and by 1 GiB: a rule whose groups
---would take more is unknown.
---
---Raises what is wrong with the options, as text, and what the iterator raises. What a rule raises is its verdict's `error`.
---@param its_policy rollcall.policy  the rules
---@param given rollcall.policy.evaluate_options  the rows
---@return rollcall.policy.result  with a verdict for each rule
function policy.evaluate(its_policy, given)
  given = options.check("policy.evaluate", given, specification, 2)
  local now = given.now or os.time()
  local last = given.last_generated_at or now
  local settings = {
    now = last, where = given.where and given.where.text, waivers = its_policy.waivers, elapsed = given.elapsed,
    normalize_user = given.normalize_user or presence.user_of, numberings = setmetatable({}, { __mode = "v" }),
  }
  local judges, expired = {}, {}
  for i, rule in ipairs(its_policy.rules) do
    settings.trace = given.trace and given.trace.id == rule.id and given.trace or nil
    judges[i] = judge.new(rule, settings)
  end
  -- A trace shows each row at once; and rows that come while they are judged have the time at which they came.
  local at_once = (given.trace or given.elapsed) and 1 or BATCH
  -- A rule can use a view only while its function is called; what a program gives as `where` could keep it. With a view of its own
  -- for each row a check takes a twelfth longer.
  local view_of = presence.viewer({ now = now, normalize_user = given.normalize_user, utc_offset = given.utc_offset },
    not given.where and at_once or nil)
  judge_rows(given.rows, judges, view_of, at_once, given.where)
  for _, waiver in ipairs(its_policy.waivers) do
    if last >= waiver.expires then expired[#expired + 1] = waiver end
  end
  local verdicts = {}
  for i, one in ipairs(judges) do verdicts[i] = one:finish(given.outcomes) end
  return {
    policy = its_policy.name, where = settings.where, generated_at = now, last_generated_at = last ~= now and last or nil,
    rules = verdicts, outcomes = given.outcomes or {}, expired = expired,
  }
end

---The severities of rules, from the gravest down.
---@type string[]
policy.severities = { "error", "warning", "note" }

local severities = { note = 1, warning = 2, error = 3 }

---What a command that checks exits with. An error that a rule raised while it was evaluated counts whatever its severity is.
---As a monitoring plugin it is CRITICAL where a rule of severity "error" fails, WARNING where another fails, and
---UNKNOWN where none fails, but one is unknown or a target failed or answered in part. Raises nothing.
---@param result rollcall.policy.result  of `policy.evaluate`
---@param fail_on? "error"|"warning"|"note"  rules of a lower severity do not count; note if not given
---@param format? string  "nagios": as a monitoring plugin; absent, and any other: as below
---@return integer  0 every rule passes, 1 one fails, 3 none fails but one raised an error, 2 else, where one is unknown; for "nagios" 0 OK, 1 WARNING, 2 CRITICAL, 3 UNKNOWN
function policy.exit_code(result, fail_on, format)
  if format == "nagios" then return plugin.state(result, fail_on) end
  local code = policy.PASS
  for _, verdict in ipairs(result.rules) do
    local counts = severities[verdict.severity] >= severities[fail_on or "note"]
    if verdict.verdict == "fail" and counts then return policy.FAIL end
    if verdict.error then
      code = policy.ERROR
    elseif verdict.verdict == "unknown" and counts and code == policy.PASS then
      code = policy.UNKNOWN
    end
  end
  return code
end

---@class rollcall.policy.writer_settings
---@field color? boolean  of "text": whether escapes for color may be written; default false
---@field fail_on? "error"|"warning"|"note"  of "nagios", as for `policy.exit_code`; default note

---Writes a result in a format. Raises what `write` raises.
---@param result rollcall.policy.result  of `policy.evaluate`
---@param format "text"|"json"|"junit"|"sarif"|"ocsf"|"github"|"html"|"prometheus"|"openmetrics"|"nagios"  one of `policy.formats`
---@param write fun(text: string)  takes what is written
---@param settings? rollcall.policy.writer_settings  absent: the defaults
function policy.write(result, format, write, settings)
  require("rollcall.policy." .. format)(result, write, settings or {})
end

return policy
