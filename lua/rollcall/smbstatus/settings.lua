--- What a reading of smbstatus takes.
local options = require "rollcall.internal.options"
local platform = require "rollcall.internal.platform"

local settings = {}

---@type table<string, rollcall.options.check>
settings.specification = {
  server = options.text(1024), command = options.text(65536), file = options.text(4096), deadline = options.seconds,
  on_error = options.callable, on_target = options.callable, on_wait = options.callable,
}

---What is wrong with settings together that are right each by itself.
---@param given { server: string?, command: string?, file: string?, deadline: number? }
---@return string? problem
---@return string? option  with which
function settings.problem(given)
  if not given.server then return "server is missing: what to call the server in rows", "server" end
  if (given.command == nil) == (given.file == nil) then return "takes command or file, one of them", given.command and "command" end
  if given.command and platform.is_windows then
    return "command does not work on Windows; write the output of smbstatus to a file, and name it with file", "command"
  end
  if given.deadline and given.file then return "deadline belongs to command", "deadline" end
end

return settings
