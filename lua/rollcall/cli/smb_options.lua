--- What the commands that ask SMB servers have in common.
local system = require "rollcall.system"
local credentials = require "rollcall.internal.credentials"
local numbers = require "rollcall.cli.numbers"
local report = require "rollcall.report"
local smb = require "rollcall.smb"
local target = require "rollcall.smb.target"

local smb_options = {}

---@param argument string
function smb_options.level(argument)
  if argument == "best" then return argument end
  return math.tointeger(argument), ("invalid value for --level: '%s'; it takes a level's number, or best"):format(argument)
end

local function server(argument)
  local name, problem = target.check_servername(argument)
  return name, problem and ("invalid SERVER: '%s' %s"):format(argument, problem)
end

smb_options.PASSWORDS = [[
The password comes from the file given with -A, from --password-command, from the
variable ROLLCALL_PASSWORD, or from the terminal.]]

---Declares the servers, the credentials and the format.
function smb_options.declare(command)
  command:argument("SERVER", "Name or address, also \\\\NAME and NAME:PORT."):args("+"):target("servers"):convert(server)
  command:option("-U --user", "User name, also DOMAIN\\NAME. Without it: your Kerberos ticket."):argname("USER")
  command:option("-A --authentication-file", "Lines 'username = ', 'password = ', 'domain = ', as for smbclient.")
    :argname("FILE"):target("auth_file")
  command:option("--password-command", "Use the first line of this command's output as the password."):argname("COMMAND")
  command:flag("--pw-nt-hash", "The password is an NT hash."):target("nt_hash")
  command:flag("-k --kerberos", "Use Kerberos only.")
  command:flag("--encrypt", "Fail if the server cannot encrypt.")
  command:option("-p --port", "TCP port."):convert(numbers.integer("--port")):argname("PORT")
  command:option("--timeout", "Seconds for a logon, and for each answer."):convert(numbers.seconds "--timeout"):argname("SECONDS")
  command:option("--deadline", "Seconds for all queries of a server."):convert(numbers.seconds "--deadline"):argname("SECONDS")
  command:option("--logon-attempts", "Refused logons after which a password is not sent to further servers.")
    :convert(numbers.integer("--logon-attempts")):argname("N")
  command:option("--concurrency", "Servers queried at the same time."):convert(numbers.integer "--concurrency"):argname("N")
  command:option("-f --format", "The output format.", "table"):argname("FORMAT"):choices(report.formats)
end

---@param arguments table  as parsed
---@return table? options  for a function of rollcall.smb
---@return string? problem
function smb_options.gather(arguments)
  if arguments.user and arguments.user:find("%", 1, true) then
    return nil, "-U takes a user name; a password there would be in the open"
  end
  local found, problem = credentials.gather(arguments)
  if not found then return nil, problem end
  return {
    servername = arguments.servers,
    username = found.username,
    password = not arguments.nt_hash and found.password or nil,
    nt_hash = arguments.nt_hash and found.password or nil,
    domain = found.domain,
    kerberos = arguments.kerberos,
    encrypt = arguments.encrypt,
    port = arguments.port,
    timeout = arguments.timeout,
    deadline = arguments.deadline,
    logon_attempts = arguments.logon_attempts,
    concurrency = arguments.concurrency,
  }
end

local function write(text)
  local written, problem = io.stdout:write(text)
  if not written then error("cannot write: " .. problem, 0) end
end

---Prints the rows of a call, and then the result for each server.
---@param call "connections"|"sessions"|"files"|"shares"|"logons"|"rollcall"
---@param kind string  of the rows
---@param options table
---@param format string
---@return integer? failures
---@return string? problem  with the options
function smb_options.print(call, kind, options, format)
  local outcomes, failures, failed_targets = {}, {}, 0
  function options.on_error(failure)
    failures[#failures + 1] = failure
  end
  function options.on_target(outcome)
    outcomes[#outcomes + 1] = outcome
    if outcome.completeness == "complete" or outcome.completeness == "placeholder" then return end
    failed_targets = failed_targets + 1
    io.stderr:write("rollcall: ", outcome.target, ": ", outcome.reason, "\n")
  end
  local problem = smb.problem(call, options)
  if problem then return nil, problem end

  local step, state = smb[call](options)
  local writer = report.new(format, kind, write, system.terminal_width() or math.huge)
  for row in step, state, nil, state do writer:row(row) end
  writer:finish(outcomes, failures)
  return failed_targets
end

return smb_options
