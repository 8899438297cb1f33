--- The command check: evaluates a policy over rows; the exit code is the verdict.
local arguments = require "rollcall.cli.arguments"
local conditions = require "rollcall.cli.conditions"
local fleet_options = require "rollcall.cli.fleet_options"
local listing = require "rollcall.cli.listing"
local plugin = require "rollcall.policy.plugin"
local policy = require "rollcall.policy"
local presence = require "rollcall.presence"
local source = require "rollcall.cli.source"
local suggestion = require "rollcall.internal.suggestion"
local text = require "rollcall.internal.text"
local trace = require "rollcall.policy.trace"

local function run_tests(given)
  if given.source then return nil, "--test takes no SOURCE: the rows are in its file" end
  local option = given.trace and "trace" or given.shard and "shard" or given.where[1] and "where"
    or given.format ~= "text" and "format" or given.fail_on ~= "note" and "fail-on"
  if option then return nil, ("--%s belongs to a check of a SOURCE, not to --test"):format(option) end
  local its_policy, problem = policy.load(given.policy)
  if not its_policy then return nil, problem end
  local tests
  tests, problem = require("rollcall.policy.tests").load(given.test, its_policy)
  if not tests then return nil, problem end
  local output
  output, problem = source.output(given.output)
  if not output then return nil, problem end
  local failed = tests.run(output.write)
  output.finish()
  return failed > 0 and policy.FAIL or policy.PASS
end

---What --trace names, or nil and what is wrong.
local function tracing(its_policy, id)
  local ids = {}
  for _, rule in ipairs(its_policy.rules) do ids[rule.id] = true end
  if ids[id] then return trace(id, function(line) io.stderr:write(line) end) end
  return nil, ("--trace: there is no rule '%s' in %s%s"):format(id, its_policy.name, suggestion(id, ids))
end

---@return rollcall.policy.where?
local function where_of(given)
  if not given.where[1] then return nil end
  return {
    text = conditions.text_of(given.where), filter = conditions.all(given.where), is_possible = conditions.possible(given.where),
  }
end

---Says on standard error which rules raised an error, where the output is not for a person.
local function complain(result)
  for _, verdict in ipairs(result.rules) do
    if verdict.error then io.stderr:write("rollcall: rule '", verdict.id, "': ", text.printable(verdict.error), "\n") end
  end
end

---@type rollcall.cli.command
return {
  name = "check",
  gives_exit_code = true,
  declare = function(parser)
    local command = parser:command("check", "Evaluate a policy over who is connected.", [[
Examples:
  rollcall check inventory.lua --policy policies.lua
  rollcall check now.jsonl.gz -p policies.lua --format sarif -o results.sarif
  rollcall check inventory.lua -p policies.lua --format ocsf -o findings.jsonl
  rollcall check inventory.lua -p policies.lua --fail-on error --trace RULE
  rollcall check inventory.lua -p policies.lua --where kind=connection
  rollcall check --policy policies.lua --test policies_test.lua

With --where the verdicts are of those rows alone, and every format says so. A
rule that sees none of them is unknown, and so is one for which a row was left
out that could be one of them, if what it lacks were known.

Exit codes: 0 every rule passes, 1 a rule fails, 2 no rule fails but one is
unknown, 3 a usage error or an error in one of the files, also one that a rule
raises while it is evaluated.

With --format nagios they are those of a monitoring plugin instead: OK 0,
WARNING 1, CRITICAL 2, UNKNOWN 3.]])
    command:argument("SOURCE", "An inventory (Lua), or a snapshot."):target("source"):args "?"
    command:option("--policy -p", "The file with the rules."):argname("FILE"):count(1)
    arguments.choices(command:option("-f --format", "The output format.", "text"):argname("FORMAT"), "--format", policy.formats)
    command:option("-o --output", "A file, instead of standard output."):argname "FILE"
    arguments.choices(command:option("--fail-on", "Rules of a lower severity do not count for the exit code.", "note")
      :argname "SEVERITY", "--fail-on", policy.severities)
    command:option("--test", "Run the policy's tests in this file, instead of a check."):argname "FILE"
    listing.declare_where(command)
    fleet_options.declare_shard(command)
    command:option("--trace", "Show on standard error what this rule reads of each row."):argname "RULE"
  end,
  run = plugin.guarded(function(given)
    if given.test then return run_tests(given) end
    if not given.source then return nil, "missing argument 'SOURCE': an inventory or a snapshot; or give --test" end
    local kinds, problem, every = source.kinds(given.source)
    problem = problem or listing.problem(given, nil, kinds and next(kinds) == nil, every)
    if problem then return nil, problem end
    local its_policy
    its_policy, problem = policy.load(given.policy, kinds)
    if not its_policy then return nil, problem end
    local its_trace
    if given.trace then
      its_trace, problem = tracing(its_policy, given.trace)
      if not its_trace then return nil, problem end
    end
    return source.with(given.source, given.output, function(opened, write)
      local result = policy.evaluate(its_policy, {
        rows = opened.rows, outcomes = opened.outcomes, now = opened.generated_at, last_generated_at = opened.last_generated_at,
        normalize_user = opened.normalize_user, utc_offset = opened.utc_offset, trace = its_trace, where = where_of(given),
        elapsed = opened.elapsed,
      })
      local missing = conditions.missing(given.where)[1]
      if missing then return nil, ("no row has a field '%s'%s"):format(missing, suggestion(missing, presence.all_names())) end
      policy.write(result, given.format, write, { color = not given.output and source.color(), fail_on = given.fail_on })
      if given.format ~= "nagios" and (given.output or given.format ~= "text") then complain(result) end
      return policy.exit_code(result, given.fail_on, given.format)
    end, { hidden = given.trace ~= nil, shard = given.shard })
  end),
}
