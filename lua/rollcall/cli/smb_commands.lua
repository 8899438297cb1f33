--- The commands that ask SMB servers: connections, sessions, files, shares, logons, and smb, the combined
--- view.
local smb_options = require "rollcall.cli.smb_options"

---Makes a command of a function of rollcall.smb.
---@param name string
---@param summary string
---@param examples string
---@param kind string  of the rows
---@param call string  the function of rollcall.smb
---@param own? { declare: fun(command: table), gather: fun(arguments: table, options: table) }  options of its own
---@return rollcall.cli.command
local function command_of(name, summary, examples, kind, call, own)
  return {
    name = name,
    declare = function(parser)
      local command = parser:command(name, summary, "Examples:\n" .. examples .. "\n" .. smb_options.PASSWORDS)
      smb_options.declare(command)
      if own then own.declare(command) end
    end,
    run = function(arguments)
      local options, problem = smb_options.gather(arguments)
      if not options then return nil, problem end
      if own then own.gather(arguments, options) end
      return smb_options.print(call, kind, options, arguments.format)
    end,
  }
end

local function level_option(command, choices, default)
  command:option("--level", choices, default):convert(smb_options.level):argname("LEVEL")
end

---@type rollcall.cli.command[]
return {
  command_of("connections", "Who is connected to a share, or from a computer.", [[
  rollcall connections fs1 --qualifier projects -U CORP\auditor
  rollcall connections fs1 fs2:4450 -A ~/.smbauth --format csv
  rollcall connections fs1 --qualifier '\\ws-042' --kerberos
]], "connection", "connections", {
    declare = function(command)
      command:option("-q --qualifier", "A share, or a computer as \\\\NAME; without it, every share."):argname("QUALIFIER")
      command:flag("--no-hidden", "Without a qualifier, skip shares whose names end in $."):target("no_hidden")
      level_option(command, "CONNECTION_INFO level: 0, 1 or best.", "1")
    end,
    gather = function(arguments, options)
      options.qualifier, options.level = arguments.qualifier, arguments.level
      if arguments.no_hidden then options.hidden = false end
    end,
  }),
  command_of("sessions", "The sessions on a server: who, from where, idle for how long.", [[
  rollcall sessions fs1 -U CORP\auditor
  rollcall sessions fs1 fs2 --username bob -A ~/.smbauth
]], "smb_session", "sessions", {
    declare = function(command)
      command:option("--client", "Only the sessions from this computer."):argname("COMPUTER")
      command:option("--username", "Only the sessions of this user."):argname("USER")
      level_option(command, "SESSION_INFO level: 0, 1, 2, 10, 502 or best.", "best")
    end,
    gather = function(arguments, options)
      options.level = arguments.level
      options.filter = { client = arguments.client, username = arguments.username }
    end,
  }),
  command_of("files", "The files open on a server, and by whom.", [[
  rollcall files fs1 -U CORP\auditor
  rollcall files fs1 --basepath 'C:\projects' --username bob -A ~/.smbauth
]], "file", "files", {
    declare = function(command)
      command:option("--basepath", "Only the files in this folder of the server, and below it."):argname("PATH")
      command:option("--username", "Only the files that this user has open."):argname("USER")
      level_option(command, "FILE_INFO level: 2, 3 or best.", "3")
    end,
    gather = function(arguments, options)
      options.level = arguments.level
      options.filter = { basepath = arguments.basepath, username = arguments.username }
    end,
  }),
  command_of("shares", "The shares of a server.", [[
  rollcall shares fs1 -U CORP\auditor
  rollcall shares fs1 fs2 --level best -A ~/.smbauth --format jsonl
]], "share", "shares", {
    declare = function(command)
      level_option(command, "SHARE_INFO level: 0, 1, 2, 501 or best.", "1")
    end,
    gather = function(arguments, options)
      options.level = arguments.level
    end,
  }),
  command_of("logons", "Who is logged on to a computer, at its console or by a service.", [[
  rollcall logons ws-042 -U CORP\auditor
  rollcall logons fs1 fs2 --level 0 -A ~/.smbauth --format csv
]], "logon", "logons", {
    declare = function(command)
      level_option(command, "WKSTA_USER_INFO level: 0, 1 or best.", "best")
    end,
    gather = function(arguments, options)
      options.level = arguments.level
    end,
  }),
  command_of("smb", "The combined view: who is connected to what, from where, with what open.", [[
  rollcall smb fs1 -U CORP\auditor
  rollcall smb fs1 fs2 fs3 -A ~/.smbauth --format json
]], "access", "rollcall"),
}
