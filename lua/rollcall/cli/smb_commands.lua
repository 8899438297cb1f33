--- The commands that ask SMB servers: connections, sessions, files, shares, logons, and smb, the combined
--- view.
local arguments = require "rollcall.cli.arguments"
local calls = require "rollcall.smb.calls"
local listing = require "rollcall.cli.listing"
local smb = require "rollcall.smb"
local smb_options = require "rollcall.cli.smb_options"

---Makes a command of a function of rollcall.smb.
---@param name string
---@param summary string
---@param examples string
---@param kind string  of the rows
---@param call string  the function of rollcall.smb
---@param own? { declare: fun(command: table), gather: fun(given: table): table }  options of its own
---@return rollcall.cli.command
local function command_of(name, summary, examples, kind, call, own)
  return {
    name = name,
    declare = function(parser)
      local command = parser:command(name, summary, "Examples:\n" .. examples .. "\n" .. smb_options.PASSWORDS)
      smb_options.declare(command)
      if own then own.declare(command) end
    end,
    run = function(given)
      local wanted = own and own.gather(given) or {}
      local problem = listing.problem(given, kind) or own and calls.problem(calls[call], wanted, "--")
      if problem then return nil, problem end
      local options
      options, problem = smb_options.gather(given)
      if not options then return nil, problem end
      for option, value in pairs(wanted) do options[option] = value end
      return smb_options.print(given, call, kind, options)
    end,
  }
end

---Declares the option for the level, which is a number of the call's or "best".
local function level_option(command, call, structure)
  local levels = {}
  for _, level in ipairs(call.levels) do levels[#levels + 1] = level.level end
  table.sort(levels)
  for i, level in ipairs(levels) do levels[i] = tostring(level) end
  levels[#levels + 1] = "best"
  arguments.choices(command:option("--level", structure .. " level.", tostring(call.level)):argname("LEVEL"), "--level", levels)
end

---@param argument string
local function level_of(argument)
  return argument == "best" and argument or math.tointeger(tonumber(argument))
end

---@type rollcall.cli.command[]
return {
  command_of("connections", "Who is connected to a share, or from a computer.", [[
  rollcall connections fs1 --qualifier projects -U 'CORP\auditor'
  rollcall connections fs1 fs2:4450 -A ~/.smbauth --format csv
  rollcall connections fs1 --qualifier '\\ws-042' -U 'CORP\auditor'
]], "connection", "connections", {
    declare = function(command)
      command:option("-q --qualifier", "A share, or a computer as \\\\NAME; without it, every share."):argname("QUALIFIER")
        :convert(arguments.checked("--qualifier", smb.check_qualifier))
      command:flag("--no-hidden", "Without a qualifier, skip shares whose names end in $."):target("no_hidden")
      level_option(command, calls.connections, "CONNECTION_INFO")
    end,
    gather = function(given)
      return { qualifier = given.qualifier, level = level_of(given.level), hidden = not given.no_hidden }
    end,
  }),
  command_of("sessions", "The sessions on a server: who, from where, idle for how long.", [[
  rollcall sessions fs1 -U 'CORP\auditor'
  rollcall sessions fs1 fs2 --username bob -A ~/.smbauth
  rollcall sessions --servers-from servers.txt -A ~/.smbauth -w 'idle>=1h'
]], "smb_session", "sessions", {
    declare = function(command)
      command:option("--client", "Only the sessions from this computer."):argname("COMPUTER")
        :convert(arguments.checked("--client", calls.sessions.filter.client))
      command:option("--username", "Only the sessions of this user."):argname("USER")
        :convert(arguments.checked("--username", calls.sessions.filter.username))
      level_option(command, calls.sessions, "SESSION_INFO")
    end,
    gather = function(given)
      return { level = level_of(given.level), filter = { client = given.client, username = given.username } }
    end,
  }),
  command_of("files", "The files open on a server, and by whom.", [[
  rollcall files fs1 -U 'CORP\auditor'
  rollcall files fs1 --basepath 'C:\projects' --username bob -A ~/.smbauth
]], "file", "files", {
    declare = function(command)
      command:option("--basepath", "Only the files in this folder of the server, and below it."):argname("PATH")
        :convert(arguments.checked("--basepath", calls.files.filter.basepath))
      command:option("--username", "Only the files that this user has open."):argname("USER")
        :convert(arguments.checked("--username", calls.files.filter.username))
      level_option(command, calls.files, "FILE_INFO")
    end,
    gather = function(given)
      return { level = level_of(given.level), filter = { basepath = given.basepath, username = given.username } }
    end,
  }),
  command_of("shares", "The shares of a server.", [[
  rollcall shares fs1 -U 'CORP\auditor'
  rollcall shares fs1 fs2 --level best -A ~/.smbauth --format jsonl
]], "share", "shares", {
    declare = function(command)
      level_option(command, calls.shares, "SHARE_INFO")
    end,
    gather = function(given) return { level = level_of(given.level) } end,
  }),
  command_of("logons", "Who is logged on to a computer, at its console or by a service.", [[
  rollcall logons fs1 -U 'CORP\auditor'
  rollcall logons fs1 fs2 --level 0 -A ~/.smbauth --format csv
]], "logon", "logons", {
    declare = function(command)
      level_option(command, calls.logons, "WKSTA_USER_INFO")
    end,
    gather = function(given) return { level = level_of(given.level) } end,
  }),
  command_of("smb", "The combined view: who is connected to what, from where, with what open.", [[
  rollcall smb fs1 -U 'CORP\auditor'
  rollcall smb fs1 fs2 fs3 -A ~/.smbauth --format json
]], "access", "rollcall"),
}
