--- The command `rollcall`: arguments in, an exit code out. The subcommands stand in files beside
--- this one.
local argparse = require "argparse"

local memory = require "rollcall.internal.memory"
local system = require "rollcall.system"

local cli = {}

---Exit codes.
---@type integer
cli.ANSWERED, cli.UNANSWERED, cli.USAGE_ERROR = 0, 2, 3
local SIGNAL = 128 -- and its number: as of a program that a signal ends

---@class rollcall.cli.command
---@field name string
---@field declare fun(parser: table)
---@field gives_exit_code? boolean  `run` returns the exit code
---@field ends_at_signals? boolean  `run` catches signals, at which it is done
---@field run fun(arguments: table, parser: table): integer?, string?  how many targets failed or answered in part; or nil and the usage error

---@type rollcall.cli.command[]
local commands = {}
for _, command in ipairs(require "rollcall.cli.smb_commands") do commands[#commands + 1] = command end
for _, name in ipairs {
  "smbstatus", "workspace", "who", "report", "check", "snapshot", "merge", "diff", "watch", "close", "completion", "help",
} do
  commands[#commands + 1] = require("rollcall.cli." .. name .. "_command")
end

-- Pages of the manual beside that of the command.
local file_pages = {
  who = "rollcall-inventory(5)",
  report = "rollcall-inventory(5)", check = "rollcall-policy(5)", snapshot = "rollcall-inventory(5)", watch = "rollcall-inventory(5)",
  close = "rollcall-inventory(5)",
}

local function complain(message)
  io.stderr:write("rollcall: ", message, "\n")
  return cli.USAGE_ERROR
end

---The exit code, once what was written is out.
local function flushed(code)
  local ran, reason = io.stdout:flush()
  return ran and code or complain("cannot write: " .. reason)
end

---Says something, and does nothing else.
local function only_say(words)
  io.stdout:write(words, "\n")
  os.exit(flushed(cli.ANSWERED), true)
end

---Shows each option on one line, the long ones below each other, and its choices among what describes it.
local function align_help(parser)
  parser._options[parser._help_option_idx]:action(function() only_say(parser:get_help()) end)
  for _, option in ipairs(parser._options) do
    local aliases = table.move(option._aliases, 1, #option._aliases, 1, {})
    table.sort(aliases, function(a, b) return #a < #b end)
    local label = aliases[2] and table.concat(aliases, ", ") or "    " .. aliases[1]
    if option._maxargs > 0 then label = label .. " " .. (type(option._argname) == "string" and option._argname or "VALUE") end
    if option.choice_list then option._description = option._description .. " One of " .. table.concat(option.choice_list, ", ") .. "." end
    option._get_label_lines = function() return { label } end
  end
end

local function declare(parser, command)
  command.declare(parser)
  local its_parser = parser._commands[#parser._commands]
  align_help(its_parser)
  its_parser:help_description_margin(36)
  local page, more = "rollcall-" .. command.name .. "(1)", file_pages[command.name]
  its_parser:epilog(("%s\n\nSee %s."):format(its_parser._epilog, more and page .. " and " .. more or page))
end

local function new_parser()
  local parser = argparse("rollcall", "A roll call of who is connected.", [[
Exit codes: 0 every target answered, 1 a rule fails (check) or something differs
(diff), 2 a target failed or answered in part, 3 a usage error, 130 an interrupt.
'rollcall COMMAND --help' describes a command.

See rollcall(1).]])
  parser:command_target "command"
  parser:require_command(true)
  parser:help_max_width(80):help_description_margin(20)
  parser:flag("--version", "Show the versions and exit."):action(function()
    only_say(("rollcall %s\n%s, argparse %s, lua-cjson %s"):format(require("rollcall").version, _VERSION, argparse.version,
      require("cjson")._VERSION))
  end)
  align_help(parser)
  for _, command in ipairs(commands) do declare(parser, command) end
  return parser
end

---Lets argparse know the choices, for completions and for the manual: while it parses it would refuse others with less than is known of them.
local function show_choices(parser)
  for _, command in ipairs(parser._commands) do
    for _, elements in ipairs { command._options, command._arguments } do
      for _, element in ipairs(elements) do element._choices = element.choice_list end
    end
  end
  return parser
end

---All that the command line can be, as argparse has it. Raises nothing.
---@return table parser  of argparse
function cli.parser()
  return show_choices(new_parser())
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
  function parser.error(its_parser, message)
    error({ message = message, command = its_parser ~= parser and its_parser._name or nil }, 0)
  end
  local parsed, result = pcall(parser.parse, parser, with_negative_numbers(arguments))
  if not parsed then
    if type(result) ~= "table" then return complain(tostring(result)) end
    return complain(("%s\nTry 'rollcall%s --help'."):format(result.message, result.command and " " .. result.command or ""))
  end
  show_choices(parser)
  for _, command in ipairs(commands) do
    if command.name == result.command then
      local ran, failures, problem = pcall(command.run, result, parser)
      if system.caught_signal() and not (ran and command.ends_at_signals) then return SIGNAL + system.caught_signal() end
      if not (ran and failures) then
        complain(tostring(problem or failures))
        return memory.is_refusal(failures) and cli.UNANSWERED or cli.USAGE_ERROR
      end
      return flushed(command.gives_exit_code and failures or failures > 0 and cli.UNANSWERED or cli.ANSWERED)
    end
  end
end

return cli
