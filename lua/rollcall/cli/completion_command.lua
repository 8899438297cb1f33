--- The command completion: what a shell needs to complete commands, options and topics.
local arguments = require "rollcall.cli.arguments"
local source = require "rollcall.cli.source"

local shells = { "bash", "zsh", "fish" }

---Nobody is to be offered what is only there to be refused.
local function leave_out_hidden(parser)
  for _, command in ipairs(parser._commands) do
    for i = #command._options, 1, -1 do
      if command._options[i]._hidden then table.remove(command._options, i) end
    end
  end
end

---Has argparse complete the topics of the manual where it would complete the names of commands.
local function complete_topics(parser)
  local names = {}
  for i, topic in ipairs(require("rollcall.manual.topics").list(parser)) do names[i] = topic.name end
  for _, command in ipairs(parser._commands) do
    if command._name == "help" then
      command._is_help_command = true
      command._parent = setmetatable({ _get_commands = function() return table.concat(names, " ") end }, { __index = parser })
    end
  end
end

---@type rollcall.cli.command
return {
  name = "completion",
  declare = function(parser)
    local command = parser:command("completion", "Print completions for a shell.", [[
Examples:
  rollcall completion bash > /etc/bash_completion.d/rollcall
  rollcall completion zsh > ~/.zfunc/_rollcall
  rollcall completion fish > ~/.config/fish/completions/rollcall.fish]])
    arguments.choices(command:argument("SHELL", "One of bash, zsh, fish."):target "shell", "SHELL", shells)
  end,
  run = function(given, parser)
    leave_out_hidden(parser)
    complete_topics(parser)
    source.output().write(parser["get_" .. given.shell .. "_complete"](parser))
    return 0
  end,
}
