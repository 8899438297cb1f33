--- What the commands that ask SMB servers have in common.
local arguments = require "rollcall.cli.arguments"
local credentials = require "rollcall.internal.credentials"
local listing = require "rollcall.cli.listing"
local name_lines = require "rollcall.internal.name_lines"
local progress = require "rollcall.cli.progress"
local servernames = require "rollcall.internal.servernames"
local shard = require "rollcall.internal.shard"
local smb = require "rollcall.smb"
local source = require "rollcall.cli.source"
local sources = require "rollcall.inventory.sources"
local target = require "rollcall.smb.target"

local smb_options = {}

smb_options.PASSWORDS = [[
The password comes from the file given with -A, from --password-command, from
the variable ROLLCALL_PASSWORD, or from the terminal.]]

local checks = target.specification

local checked_user = arguments.checked("--user", checks.username)

---Refuses a password after the name before anything could show it.
---@type rollcall.cli.converter
local function user(argument)
  if argument:find("%", 1, true) then return nil, "-U takes a user name; a password there would be in the open" end
  return checked_user(argument)
end

---Declares the servers and the credentials.
---@param command table  of argparse
---@param of_server? string  what SERVER can be
function smb_options.declare_servers(command, of_server)
  command:argument("SERVER", of_server or "Name or address, also \\\\NAME and NAME:PORT."):args("*"):target("servers")
  command:option("--servers-from", "File with a server a line, and comments after #; or - for standard input."):argname("FILE")
  command:option("-U --user", "User name, also DOMAIN\\NAME. Without it: your Kerberos ticket."):argname("USER")
    :convert(user)
  command:option("-A --authentication-file", "Lines 'username = ', 'password = ', 'domain = ', as for smbclient.")
    :argname("FILE"):target("auth_file")
  command:option("--password-command", "Use the first line of this command's output as the password."):argname("COMMAND")
  command:flag("--pw-nt-hash", "The password is an NT hash."):target("nt_hash")
  command:flag("-k --kerberos", "Use Kerberos only.")
  command:flag("--encrypt", "Fail if the server cannot encrypt.")
  command:option("-p --port", "TCP port."):convert(arguments.integer("--port", 1, 65535)):argname("PORT")
  command:option("--timeout", "Seconds for a logon, and for each answer."):convert(arguments.seconds "--timeout"):argname("SECONDS")
  command:option("--deadline", "Seconds for all queries of a server."):convert(arguments.seconds "--deadline"):argname("SECONDS")
  command:option("--logon-attempts", "Refused logons after which a password is not sent to further servers.")
    :convert(arguments.integer("--logon-attempts", 1, 1000)):argname("N")
end

---Declares the servers, the credentials and what all listings take.
---@param command table  of argparse
---@param of_server? string  what SERVER can be
function smb_options.declare(command, of_server)
  smb_options.declare_servers(command, of_server)
  command:option("--concurrency", "Servers queried at the same time."):convert(arguments.integer("--concurrency", 1, 1024)):argname("N")
  listing.declare(command)
end

---The servers of the command line, then those of the file.
---@param given table  as parsed
---@return string[]? servers
---@return string? problem
function smb_options.servers(given)
  local list = table.move(given.servers, 1, #given.servers, 1, {})
  if given.servers_from then
    local names, problem = name_lines.read(given.servers_from, true)
    if not names then return nil, problem end
    table.move(names, 1, #names, #list + 1, list)
  end
  if not list[1] then return nil, "no server is named; give SERVER or --servers-from" end
  -- Of several servers, each that has a wrong name fails for itself.
  local _, expectation = servernames.check(list[1])
  if expectation and not list[2] then return nil, ("invalid SERVER: '%s'; it %s"):format(list[1], expectation) end
  return shard.filtered(given.shard, shard.distinct(list))
end

-- What an inventory says itself.
local of_servers = {
  { "user", "-U" }, { "auth_file", "-A" }, { "password_command", "--password-command" }, { "nt_hash", "--pw-nt-hash" },
  { "kerberos", "--kerberos" }, { "encrypt", "--encrypt" }, { "port", "--port" }, { "timeout", "--timeout" }, { "deadline", "--deadline" },
  { "logon_attempts", "--logon-attempts" }, { "concurrency", "--concurrency" }, { "servers_from", "--servers-from" },
}

---The first option given that says something of servers alone.
---@param given table  as parsed
---@return string? option
function smb_options.server_option(given)
  for _, one in ipairs(of_servers) do
    if given[one[1]] ~= nil then return one[2] end
  end
end

---The inventory or the snapshot that is given in place of servers, and alone. No server has such a name.
---@param given table  as parsed
---@return string? path  nil: servers are given
---@return string? problem
function smb_options.file(given)
  local name = given.servers[1] or ""
  if not (name:find("/", 1, true) or name:find "%.lua$" or name:find "%.jsonl$" or name:find "%.gz$") then return nil end
  local option = smb_options.server_option(given)
  if option then return nil, ("%s belongs to servers; %s names targets and credentials itself"):format(option, name) end
  if given.servers[2] then return nil, ("%s is an inventory or a snapshot, beside which nothing else is asked"):format(name) end
  return name
end

---How to reach a server, and as whom.
---@param given table  as parsed
---@return table? options
---@return string? problem
function smb_options.connect(given)
  if given.kerberos and given.nt_hash then return nil, "--kerberos and --pw-nt-hash exclude each other" end
  local found, problem = credentials.gather(given)
  if not found then return nil, problem end
  if given.nt_hash then
    if not found.username then return nil, "--pw-nt-hash needs a user; give -U or -A" end
    local hash, expectation = checks.nt_hash(found.password)
    if not hash then return nil, "the password is not an NT hash: it " .. expectation end
  end
  return {
    username = found.username,
    password = not given.nt_hash and found.password or nil,
    nt_hash = given.nt_hash and found.password or nil,
    domain = found.domain,
    kerberos = given.kerberos,
    encrypt = given.encrypt,
    port = given.port,
    timeout = given.timeout,
    deadline = given.deadline,
    logon_attempts = given.logon_attempts,
  }
end

---@param given table  as parsed
---@return table? options  for a function of rollcall.smb
---@return string? problem
function smb_options.gather(given)
  local servers, problem = smb_options.servers(given)
  if not servers then return nil, problem end
  local connect
  connect, problem = smb_options.connect(given)
  if not connect then return nil, problem end
  connect.servername = (servers[2] or given.shard) and servers or servers[1]
  connect.concurrency = given.concurrency
  return connect
end

---@param names string|string[]
---@param concurrency? integer
---@return rollcall.inventory.asked_target[]
local function targets_of(names, concurrency)
  local list = {}
  for i, name in ipairs(type(names) == "table" and names or { names }) do
    list[i] = { source = "smb", target = servernames.shown(name), concurrency = concurrency or sources.DEFAULT_CONCURRENCY }
  end
  return list
end

---Asks the servers.
---@param given table  as parsed
---@param call "connections"|"sessions"|"files"|"shares"|"logons"|"rollcall"
---@param kind string  of the rows
---@param options table
---@return rollcall.cli.source?
---@return string? problem  with the options
function smb_options.open(given, call, kind, options)
  local problem = smb.problem(call, options)
  if problem then return nil, problem end
  local failures = {}
  local its_progress = progress.new(listing.waiting(given, { targets = targets_of(options.servername, options.concurrency) }))
  function options.on_error(failure) failures[#failures + 1] = failure end
  function options.on_target(outcome) its_progress:note(outcome) end
  options.on_wait = its_progress:waiter()
  local step, state = smb[call](options)
  return {
    rows = its_progress:over(function()
      local row = step(state)
      if row then return kind, row end
    end),
    progress = its_progress, outcomes = its_progress.outcomes, failures = failures, generated_at = os.time(),
    shard = given.shard and given.shard.label, filter = options.filter,
    close = function() state:close() end,
  }
end

---Prints the rows of a call, and then the result for each server.
---@param given table  as parsed
---@param call "connections"|"sessions"|"files"|"shares"|"logons"|"rollcall"
---@param kind string  of the rows
---@param options table
---@return integer? failures
---@return string? problem  with the options
function smb_options.print(given, call, kind, options)
  return source.through(function() return smb_options.open(given, call, kind, options) end, nil,
    function(opened, write) return listing.show(given, opened, write, kind) end)
end

return smb_options
