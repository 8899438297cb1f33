--- The command completion: what a shell needs to complete commands and options.
local arguments = require "rollcall.cli.arguments"
local source = require "rollcall.cli.source"

local shells = { "bash", "zsh", "fish" }

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
    source.output().write(parser["get_" .. given.shell .. "_complete"](parser))
    return 0
  end,
}
