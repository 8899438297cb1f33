--- rollcall connections SERVER...
local core = require "rollcall.core"
local credentials = require "rollcall.credentials"
local report = require "rollcall.report"
local smb = require "rollcall.smb"

local connections = { name = "connections" }

local function integer(argument)
  return math.tointeger(argument), ("'%s' is no whole number"):format(argument)
end

local function number(argument)
  return tonumber(argument), ("'%s' is no number"):format(argument)
end

function connections.declare(parser)
  local command = parser:command("connections", "Who is connected to a share, or from a computer.", [[
Examples:
  rollcall connections fs1 --qualifier projects -U CORP\auditor
  rollcall connections fs1 fs2:4450 --qualifier projects -A ~/.smbauth --format csv
  rollcall connections fs1 --qualifier '\\ws-042' --kerberos

The password comes from the file given with -A, from --password-command, from the
variable ROLLCALL_PASSWORD, or from the terminal.]])
  command:argument("SERVER", "Name or address, also \\\\NAME and NAME:PORT."):args("+"):target("servers")
  command:option("-q --qualifier", "A share, or a computer as \\\\NAME."):argname("QUALIFIER")
  command:option("--level", "CONNECTION_INFO level, 0 or 1.", "1"):convert(integer):argname("LEVEL")
  command:option("-U --user", "User name, also DOMAIN\\NAME. Without it: your Kerberos ticket."):argname("USER")
  command:option("-A --authentication-file", "Lines 'username = ', 'password = ', 'domain = ', as for smbclient.")
    :argname("FILE"):target("auth_file")
  command:option("--password-command", "Its output's first line is the password."):argname("COMMAND")
  command:flag("--pw-nt-hash", "The password is an NT hash."):target("nt_hash")
  command:flag("-k --kerberos", "Kerberos and nothing else.")
  command:flag("--encrypt", "Fail where the server cannot encrypt.")
  command:option("-p --port", "TCP port."):convert(integer):argname("PORT")
  command:option("--timeout", "Seconds for a logon, and for each answer."):convert(number):argname("SECONDS")
  command:option("--concurrency", "Servers asked at the same time."):convert(integer):argname("N")
  command:option("-f --format", "How to print.", "table"):choices(report.formats)
end

local function write(text)
  local written, problem = io.stdout:write(text)
  if not written then error("cannot write: " .. problem, 0) end
end

---@return table? options
---@return string? problem
local function options_of(arguments)
  if arguments.user and arguments.user:find("%", 1, true) then
    return nil, "-U takes a user name; a password there would be in the open"
  end
  local found, problem = credentials.gather(arguments)
  if not found then return nil, problem end
  return {
    servername = arguments.servers,
    qualifier = arguments.qualifier,
    level = arguments.level,
    username = found.username,
    password = not arguments.nt_hash and found.password or nil,
    nt_hash = arguments.nt_hash and found.password or nil,
    domain = found.domain,
    kerberos = arguments.kerberos,
    encrypt = arguments.encrypt,
    port = arguments.port,
    timeout = arguments.timeout,
    concurrency = arguments.concurrency,
  }
end

local function warn_of_placeholders(servername)
  io.stderr:write("rollcall: ", servername,
    ": this server does not tell users, clients and times of connections\n")
end

function connections.run(arguments)
  local given, problem = options_of(arguments)
  if not given then return nil, problem end
  local failures = {}
  function given.on_error(failure)
    failures[#failures + 1] = failure
    io.stderr:write("rollcall: ", tostring(failure), "\n")
  end
  local checked, step, enumeration = pcall(smb.connections, given)
  if not checked then return nil, (tostring(step):gsub("^smb%.connections: ", "")) end

  local writer = report.new(arguments.format, "connection", write, core.terminal_width() or math.huge)
  local warned = {}
  for row in step, enumeration, nil, enumeration do
    if row.placeholder and not warned[row.servername] then
      warned[row.servername] = true
      warn_of_placeholders(row.servername)
    end
    writer:row(row)
  end
  writer:finish(failures)
  return #failures
end

return connections
