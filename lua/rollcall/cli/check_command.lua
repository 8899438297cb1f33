--- The command check: evaluates a policy over rows; the exit code is the verdict.
local policy = require "rollcall.policy"
local source = require "rollcall.cli.source"

---@type rollcall.cli.command
return {
  name = "check",
  gives_exit_code = true,
  declare = function(parser)
    local command = parser:command("check", "Evaluate a policy over who is connected.", [[
Examples:
  rollcall check inventory.lua --policy policies.lua
  rollcall check now.jsonl.gz -p policies.lua --format sarif -o results.sarif
  rollcall check inventory.lua -p policies.lua --format github

Exit codes: 0 every rule passes, 1 one fails, 2 none fails but one is unknown, 3 a usage error or a
mistake in one of the files.]])
    command:argument("SOURCE", "An inventory (Lua), or a snapshot."):target "source"
    command:option("-p --policy", "The file with the rules."):argname("FILE"):count(1)
    command:option("-f --format", "How to print.", "text"):choices(policy.formats)
    command:option("-o --output", "A file, instead of standard output."):argname "FILE"
  end,
  run = function(arguments)
    local its_policy, problem = policy.load(arguments.policy)
    if not its_policy then return nil, problem end
    return source.with(arguments.source, arguments.output, function(opened, write)
      local result = policy.evaluate(its_policy, {
        rows = opened.rows, outcomes = opened.outcomes, now = opened.made,
        normalize_user = opened.normalize_user, utc_offset = opened.utc_offset,
      })
      policy.write(result, arguments.format, write, { color = not arguments.output and source.colour() })
      return policy.exit_code(result)
    end, true)
  end,
}
