--- The command close: ends sessions and closes open files, with --yes. What can act is loaded when this command runs, and by no other.
local arguments = require "rollcall.cli.arguments"
local calls = require "rollcall.smb.calls"
local options = require "rollcall.internal.options"
local progress = require "rollcall.cli.progress"
local smb = require "rollcall.smb"
local smb_options = require "rollcall.cli.smb_options"
local system = require "rollcall.system"
local target = require "rollcall.smb.target"
local text = require "rollcall.internal.text"

local function declare(parser)
  local command = parser:command("close", "End sessions and close open files. Shows which, unless --yes is given.", [[
Examples:
  rollcall close fs1 --session --client ws-042 --username bob -A ~/.smbauth
  rollcall close fs1 --file --basepath 'C:\projects' -A ~/.smbauth
  rollcall close --findings findings.json -A ~/.smbauth

]] .. smb_options.PASSWORDS .. [[


Exit codes: 0 all that was to be closed is gone, or nothing was to be closed yet,
2 some of it is still there or could not be looked for, 3 a usage error.]])
  smb_options.declare_servers(command)
  command:flag("--session", "End sessions: all of a user from a computer.")
  command:flag("--file", "Close open files.")
  command:option("--findings", "Close what these findings of check -f json are about; or - for standard input."):argname "FILE"
  command:option("--client", "Only the sessions from this computer."):argname("COMPUTER")
    :convert(arguments.checked("--client", calls.sessions.filter.client))
  command:option("--username", "Only what is this user's."):argname("USER")
    :convert(arguments.checked("--username", calls.sessions.filter.username))
  command:option("--basepath", "Only the files in this folder of the server, and below it."):argname("PATH")
    :convert(arguments.checked("--basepath", calls.files.filter.basepath))
  command:option("--id", "Only the file with this id. Can be given again."):argname("ID"):count "*"
    :convert(arguments.integer("--id", 0, 0xFFFFFFFF))
  command:flag("--all", "Everything there is, where no option says which.")
  command:flag("--yes", "Close it.")
  command:option("--audit", "With --yes: a file that gets a line before each act and one after it."):argname "FILE"
  command:option("--reason", "With --yes: why; for the audit."):argname("TEXT"):convert(arguments.checked("--reason", options.text(4096)))
end

local belongs_to = { client = "session", basepath = "file", id = "file" }

---@param given table  as parsed
---@return "session"|"file"|"findings"|nil kind
---@return string? problem
local function kind_of(given)
  local kind
  for _, one in ipairs { "session", "file", "findings" } do
    if given[one] then
      if kind then return nil, ("--%s and --%s exclude each other"):format(kind, one) end
      kind = one
    end
  end
  if not kind then return nil, "nothing says what to close; give --session, --file or --findings" end
  return kind
end

---@param given table  as parsed
---@param kind "session"|"file"|"findings"
---@return string? problem
local function problem_of(given, kind)
  local chosen = given.username and "username"
  for _, option in ipairs { "client", "basepath", "id" } do
    if option == "id" and given.id[1] or option ~= "id" and given[option] then
      if belongs_to[option] ~= kind then return ("--%s belongs to --%s"):format(option, belongs_to[option]) end
      chosen = option
    end
  end
  if kind == "findings" then
    if chosen or given.all then return ("--%s does not go with --findings, which says what to close"):format(chosen or "all") end
  elseif given.all and chosen then
    return ("--all and --%s exclude each other"):format(chosen)
  elseif not (chosen or given.all) then
    return ("that would be every %s; give %s, or --all"):format(kind,
      kind == "session" and "--client or --username" or "--id, --basepath or --username")
  end
  if not given.yes then
    if given.audit or given.reason then return ("--%s belongs to --yes"):format(given.audit and "audit" or "reason") end
    return
  end
  if not given.audit then return "--yes needs --audit, a file to note it in" end
  if not given.reason and kind ~= "findings" then return "--yes needs --reason, which the audit notes" end
end

local function read(path)
  local file, problem = io.stdin, nil
  if path ~= "-" then file, problem = io.open(path, "rb") end
  if not file then return nil, problem end
  local content, reason = file:read "a"
  if path ~= "-" then file:close() end
  if not content then return nil, ("%s: %s"):format(path, reason) end
  return content
end

local function at(since)
  return os.date("!%Y-%m-%dT%H:%M:%SZ", since)
end

---@param planned rollcall.closing.planned
local function described(planned)
  local wanted = planned.wanted
  if wanted.kind == "file" then
    return ("file %d, %s, of %s"):format(wanted.id, wanted.pathname or "?", wanted.username ~= "" and wanted.username or "?")
  end
  local parts = { ("session of %s from %s"):format(wanted.username, wanted.client) }
  for i, since in ipairs(wanted.since or {}) do parts[#parts + 1] = (i == 1 and "since " or "and since ") .. at(since) end
  if planned.num_opens then parts[#parts + 1] = text.count(planned.num_opens, "open file", "open files") end
  return table.concat(parts, ", ")
end

local function say(words)
  local written, problem = io.stdout:write(text.printable(words), "\n")
  if written then written, problem = io.stdout:flush() end
  if not written then error("cannot write: " .. problem, 0) end
end

---@class rollcall.cli.closing
---@field given table
---@field connect table
---@field act? table  the module that acts; nil: nothing is closed
---@field ways? table<string, rollcall.closing.way>  with it
---@field audit? rollcall.closing.audit
---@field closed integer  or what would be
---@field left integer  not closed, or nobody knows
local closing_run = {}
closing_run.__index = closing_run

---@param server rollcall.smb.server
---@param planned rollcall.closing.planned
function closing_run:take(server, planned)
  local where = server.target.servername
  if planned.own then
    say(("%s: left alone: %s: rollcall's own logon, or it may be"):format(where, described(planned)))
  elseif not self.act then
    self.closed = self.closed + 1
    say(("%s: would close: %s"):format(where, described(planned)))
  else
    local given = self.given
    local result = self.act.close(self.ways[planned.wanted.kind], server, planned.wanted,
      { reason = given.reason or planned.message, rule = planned.rule, audit = self.audit })
    local is_gone = result.result == "closed" or result.result == "absent"
    self.closed, self.left = self.closed + (is_gone and 1 or 0), self.left + (is_gone and 0 or 1)
    say(("%s: %s: %s%s"):format(where, result.result, described(planned), result.detail and ": " .. result.detail or ""))
    if result.also_gone then
      say(("%s: no longer there either: sessions of %s from the same computer"):format(where, table.concat(result.also_gone, ", ")))
    end
  end
end

---@param servername string
---@param list_of fun(server: rollcall.smb.server): rollcall.closing.planned[]
function closing_run:visit(servername, list_of)
  local opened, server = pcall(smb.server, options.merged(self.connect, { servername = servername }))
  if not opened then
    self.left = self.left + 1
    return progress.complain(tostring(server))
  end
  local _ <close> = server
  local listed, list = pcall(list_of, server)
  if not listed then
    self.left = self.left + 1
    return progress.complain(("%s: could not look: %s"):format(server.target.servername, tostring(list)))
  end
  for _, planned in ipairs(list) do
    if system.caught_signal() then return end
    self:take(server, planned)
  end
end

function closing_run:finish()
  if not self.act then
    say(("# %s would be closed; --yes closes them"):format(text.count(self.closed, "thing", "things")))
  else
    say(("# %d closed or gone, %d not"):format(self.closed, self.left))
  end
  return self.left
end

---@param run rollcall.cli.closing
---@param kind "session"|"file"
local function close_of_servers(run, kind, servers)
  local plan, given = require "rollcall.closing.plan", run.given
  local filter = { client = given.client, username = given.username, basepath = given.basepath }
  if given.id[1] then
    filter.ids = {}
    for _, id in ipairs(given.id) do filter.ids[id] = true end
  end
  for _, servername in ipairs(servers) do
    if system.caught_signal() then break end
    run:visit(servername, function(server)
      local list, missing = plan.of_server(server, kind, filter), options.merged(filter.ids or {})
      for _, planned in ipairs(list) do missing[planned.wanted.id or false] = nil end
      for _, id in ipairs(given.id) do
        if missing[id] then say(("%s: absent: file %d"):format(server.target.servername, id)) end
      end
      return list
    end)
  end
  return run:finish()
end

---@param run rollcall.cli.closing
---@param list rollcall.closing.planned[]
local function close_findings(run, list)
  local by_server, order = {}, {}
  for _, planned in ipairs(list) do
    local servername = planned.wanted.servername
    if not by_server[servername] then by_server[servername], order[#order + 1] = {}, servername end
    table.insert(by_server[servername], planned)
  end
  for _, servername in ipairs(order) do
    if system.caught_signal() then break end
    run:visit(servername, function() return by_server[servername] end)
  end
  return run:finish()
end

---@param given table  as parsed
---@return rollcall.closing.planned[]?
---@return string? problem
local function findings_of(given)
  if given.servers[1] or given.servers_from then return nil, "a SERVER does not go with --findings, which says where" end
  local content, problem = read(given.findings)
  if not content then return nil, problem end
  local list, others = require("rollcall.closing.plan").of_findings(content)
  if not list then return nil, ("%s: %s"):format(given.findings == "-" and "standard input" or given.findings, others) end
  if others > 0 then
    progress.complain(("%s left alone: a finding that is about no one session or open file cannot be closed"):format(
      text.count(others, "finding", "findings")))
  end
  return list
end

---@param given table  as parsed
---@return integer? left
---@return string? problem
local function run(given)
  local kind, problem = kind_of(given)
  problem = problem or problem_of(given, kind --[[@as "session"]])
  if problem then return nil, problem end
  local list, servers, connect, audit
  if kind == "findings" then
    list, problem = findings_of(given)
  else
    servers, problem = smb_options.servers(given)
  end
  if problem then return nil, problem end
  for _, servername in ipairs(servers or {}) do
    local _, expectation = target.check_servername(servername)
    if expectation then return nil, ("invalid SERVER: '%s'; it %s"):format(servername, expectation) end
  end
  connect, problem = smb_options.connect(given)
  if not connect then return nil, problem end
  problem = target.check_credentials(connect)
  if problem then return nil, problem end
  if given.yes then
    audit, problem = require("rollcall.closing.audit").open(given.audit)
    if not audit then return nil, "the audit cannot be written: " .. problem end
  end
  local _ <close> = audit
  local its_run = setmetatable({
    given = given, connect = connect, audit = audit, act = given.yes and require "rollcall.closing.act" or nil,
    ways = given.yes and require "rollcall.closing.smb" or nil, closed = 0, left = 0,
  }, closing_run)
  if list then return close_findings(its_run, list) end
  return close_of_servers(its_run, kind, servers)
end

---@type rollcall.cli.command
return { name = "close", declare = declare, run = run }
