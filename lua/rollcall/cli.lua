--- The command `rollcall`: arguments in, an exit code out. The subcommands stand in files beside
--- this one.
local argparse = require "argparse"

local system = require "rollcall.system"

local cli = {}

---Exit codes.
---@type integer
cli.ANSWERED, cli.UNANSWERED, cli.USAGE_ERROR = 0, 2, 3
local INTERRUPTED = 130 -- as of a program that an interrupt ends

---@class rollcall.cli.command
---@field name string
---@field declare fun(parser: table)
---@field gives_exit_code? boolean  `run` returns the exit code
---@field ends_at_signals? boolean  `run` catches signals, at which it is done
---@field run fun(arguments: table, parser: table): integer?, string?  how many targets failed or answered in part; or nil and the usage error

---@type rollcall.cli.command[]
local commands = {}
for _, command in ipairs(require "rollcall.cli.smb_commands") do commands[#commands + 1] = command end
for _, name in ipairs { "workspace", "report", "check", "snapshot", "diff", "watch", "completion" } do
  commands[#commands + 1] = require("rollcall.cli." .. name .. "_command")
end

---Shows each option on one line, `-f, --format FORMAT`, and its choices among what describes it.
local function align_help(parser)
  for _, option in ipairs(parser._options) do
    local label = table.concat(option._aliases, ", ")
    if option._maxargs > 0 then
      label = label .. " " .. (type(option._argname) == "string" and option._argname or "VALUE")
      if option._choices then option._description = option._description .. " One of " .. table.concat(option._choices, ", ") .. "." end
    end
    option._get_label_lines = function() return { label } end
  end
end

local function new_parser()
  local parser = argparse("rollcall", "A roll call of who is connected.", [[
Exit codes: 0 every target answered, 2 a target failed or answered in part, 3 a usage error,
130 an interrupt.
'rollcall COMMAND --help' describes a command.]])
  parser:command_target "command"
  parser:require_command(true)
  parser:help_max_width(100):help_description_margin(36)
  parser:flag("--version", "Show the version and exit."):action(function()
    print("rollcall " .. require("rollcall").version)
    os.exit(0, true)
  end)
  for _, command in ipairs(commands) do command.declare(parser) end
  align_help(parser)
  for _, command in ipairs(parser._commands) do align_help(command) end
  return parser
end

---`--timeout -1` as `--timeout=-1`: a number below zero is no option, and its own option says what is wrong with it.
local function with_negative_numbers(arguments)
  local result = {}
  for _, argument in ipairs(arguments) do
    if argument:find "^%-%d" and (result[#result] or ""):find "^%-%-%a[^=]*$" then
      result[#result] = result[#result] .. "=" .. argument
    else
      result[#result + 1] = argument
    end
  end
  return result
end

local function complain(message)
  io.stderr:write("rollcall: ", message, "\n")
  return cli.USAGE_ERROR
end

---Runs the command. Writes to standard output and standard error, and changes how the process handles signals. Raises nothing.
---@param arguments string[]  those of the command line
---@return integer  its exit code
function cli.main(arguments)
  -- Rows are short-lived: collecting less often costs a few megabytes and saves much time.
  collectgarbage("incremental", 400, 400)
  local prepared, unprepared = system.prepare_streams()
  if not prepared then return complain(unprepared) end
  system.note_interrupt()
  system.end_stuck_calls(30)
  local parser = new_parser()
  local parsed, result = parser:pparse(with_negative_numbers(arguments))
  if not parsed then return complain(result) end
  for _, command in ipairs(commands) do
    if command.name == result.command then
      local ran, failures, problem = pcall(command.run, result, parser)
      if system.caught_signal() and not (ran and command.ends_at_signals) then return INTERRUPTED end
      if not (ran and failures) then return complain(tostring(problem or failures)) end
      local flushed, reason = io.stdout:flush()
      if not flushed then return complain("cannot write: " .. reason) end
      if command.gives_exit_code then return failures end
      return failures > 0 and cli.UNANSWERED or cli.ANSWERED
    end
  end
end

return cli
