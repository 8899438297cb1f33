--- `rollcall smbstatus`: what a Samba server says of itself.
local system = require "rollcall.system"
local arguments = require "rollcall.cli.arguments"
local report = require "rollcall.report"
local smbstatus = require "rollcall.smbstatus"
local settings = require "rollcall.smbstatus.settings"
local source = require "rollcall.cli.source"

---@type rollcall.cli.command
local smbstatus_command = { name = "smbstatus" }

local kinds = { rollcall = "access", connections = "connection", sessions = "smb_session", files = "file" }

function smbstatus_command.declare(parser)
  local command = parser:command("smbstatus", "Who is connected to a Samba server, as it says itself.", [[
Examples:
  rollcall smbstatus status.json
  rollcall smbstatus status.json --server fs1 --query connections --format csv

The JSON is that of 'smbstatus --json' of Samba 4.17 or later, run by root on
the server: 'smbstatus --json | rollcall smbstatus'.]])
  command:argument("FILE", "The JSON; - is standard input, as without it."):args("?"):target("file")
  command:option("--server", "What to call the server; FILE if not given."):argname("NAME")
    :convert(arguments.checked("--server", settings.specification.server))
  arguments.choices(command:option("--query", "What to list.", "rollcall"):argname("QUERY"), "--query",
    { "rollcall", "connections", "sessions", "files" })
  arguments.choices(command:option("-f --format", "The output format.", "table"):argname("FORMAT"), "--format", report.formats)
end

function smbstatus_command.run(given)
  local file = given.file or "-"
  if file == "-" and system.is_terminal(0) then
    return nil, "no FILE is given, and standard input is a terminal; run 'smbstatus --json | rollcall smbstatus'"
  end
  local outcomes, failures = {}, {}
  local options = {
    file = file, server = given.server or file,
    on_target = function(outcome) outcomes[#outcomes + 1] = outcome end,
    on_error = function(failure) failures[#failures + 1] = failure end,
  }
  local output = source.output()
  local writer = report.new(given.format, kinds[given.query], output.write, system.terminal_width() or math.huge)
  for row in smbstatus[given.query](options) do writer:row(row) end
  writer:finish(outcomes, failures)
  return source.complain(outcomes)
end

return smbstatus_command
