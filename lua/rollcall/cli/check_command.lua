--- The command check: evaluates a policy over rows; the exit code is the verdict.
local policy = require "rollcall.policy"
local source = require "rollcall.cli.source"
local suggestion = require "rollcall.internal.suggestion"
local trace = require "rollcall.policy.trace"

local function run_tests(arguments)
  if arguments.source then return nil, "--test takes no SOURCE: the rows are in its file" end
  if arguments.trace then return nil, "--trace belongs to a check of a SOURCE, not to --test" end
  local its_policy, problem = policy.load(arguments.policy)
  if not its_policy then return nil, problem end
  local tests
  tests, problem = require("rollcall.policy.tests").load(arguments.test, its_policy)
  if not tests then return nil, problem end
  local output
  output, problem = source.output(arguments.output)
  if not output then return nil, problem end
  local failed = tests.run(output.write)
  output.finish()
  return failed > 0 and policy.FAIL or policy.PASS
end

---What --trace names, or nil and what is wrong.
local function tracing(its_policy, id)
  local ids = {}
  for _, rule in ipairs(its_policy.rules) do ids[rule.id] = true end
  if ids[id] then return trace(id, function(text) io.stderr:write(text) end) end
  return nil, ("--trace: there is no rule '%s' in %s%s"):format(id, its_policy.name, suggestion(id, ids))
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
  rollcall check inventory.lua -p policies.lua --fail-on error --trace finance-only
  rollcall check --policy policies.lua --test policies_test.lua

Exit codes: 0 every rule passes, 1 a rule fails, 2 no rule fails but one is unknown, 3 a usage error or an
error in one of the files, also one that a rule raises while it is evaluated.]])
    command:argument("SOURCE", "An inventory (Lua), or a snapshot."):target("source"):args "?"
    command:option("-p --policy", "The file with the rules."):argname("FILE"):count(1)
    command:option("-f --format", "The output format.", "text"):argname("FORMAT"):choices(policy.formats)
    command:option("-o --output", "A file, instead of standard output."):argname "FILE"
    command:option("--fail-on", "Rules of a lower severity do not count for the exit code.", "note")
      :argname("SEVERITY"):choices { "error", "warning", "note" }
    command:option("--test", "Run the policy's tests in this file, instead of a check."):argname "FILE"
    command:option("--trace", "Show on standard error what this rule reads of each row."):argname "RULE"
  end,
  run = function(arguments)
    if arguments.test then return run_tests(arguments) end
    if not arguments.source then return nil, "missing argument 'SOURCE'" end
    local kinds, problem = source.kinds(arguments.source)
    if problem then return nil, problem end
    local its_policy
    its_policy, problem = policy.load(arguments.policy, kinds)
    if not its_policy then return nil, problem end
    local its_trace
    if arguments.trace then
      its_trace, problem = tracing(its_policy, arguments.trace)
      if not its_trace then return nil, problem end
    end
    return source.with(arguments.source, arguments.output, function(opened, write)
      local result = policy.evaluate(its_policy, {
        rows = opened.rows, outcomes = opened.outcomes, now = opened.generated_at,
        normalize_user = opened.normalize_user, utc_offset = opened.utc_offset, trace = its_trace,
      })
      policy.write(result, arguments.format, write, { color = not arguments.output and source.color() })
      return policy.exit_code(result, arguments.fail_on)
    end, true)
  end,
}
