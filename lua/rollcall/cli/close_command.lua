--- The command close: ends sessions and closes open files, with --yes. What can act is loaded when this command runs, and by no other.
local arguments = require "rollcall.cli.arguments"
local calls = require "rollcall.smb.calls"
local close_run = require "rollcall.cli.close_run"
local close_targets = require "rollcall.cli.close_targets"
local options = require "rollcall.internal.options"
local progress = require "rollcall.cli.progress"
local smb_options = require "rollcall.cli.smb_options"
local system = require "rollcall.system"
local target = require "rollcall.smb.target"
local servernames = require "rollcall.internal.servernames"
local text = require "rollcall.internal.text"

local function declare(parser)
  local command = parser:command("close", "End sessions and close open files. Shows which, unless --yes is given.", [[
Examples:
  rollcall close fs1 --session --client ws-042 --username bob -A ~/.smbauth
  rollcall close fs1 --file --basepath 'C:\projects' -A ~/.smbauth
  rollcall close desktops.lua --session --username carol
  rollcall close --findings findings.json -A ~/.smbauth

Sessions of Huawei Cloud Workspace are ended where an inventory names the
service; it has its own credentials.

]] .. smb_options.PASSWORDS .. [[


Exit codes: 0 all that was to be closed is gone, or nothing was to be closed
yet, 2 some of it is still there, could not be looked for or is not in the
findings, 3 a usage error.]])
  smb_options.declare_servers(command, "Names or addresses; or an inventory (Lua), with services of Workspace.")
  command:flag("--session", "End sessions: on a server all of a user from a computer.")
  command:flag("--file", "Close open files.")
  command:option("--findings", "Close what these findings of check -f json are about; or - for standard input."):argname "FILE"
  command:option("--client", "Only the sessions from this computer."):argname("COMPUTER")
    :convert(arguments.checked("--client", calls.sessions.filter.client))
  command:option("--username", "Only what is this user's; of Workspace, ask for this one instead of the inventory's users.")
    :argname("USER"):convert(arguments.checked("--username", calls.sessions.filter.username))
  command:option("--basepath", "Only the files in this folder of the server, and below it."):argname("PATH")
    :convert(arguments.checked("--basepath", calls.files.filter.basepath))
  command:option("--id", "Only the file, or the session of Workspace, with this id. Can be given again."):argname("ID"):count "*"
    :convert(arguments.checked("--id", options.text(64)))
  command:flag("--all", "Everything there is, where no option says which.")
  command:flag("--yes", "Close it.")
  command:option("--audit", "With --yes: a file that gets a line before each act and one after it."):argname "FILE"
  command:option("--reason", "With --yes: why; for the audit."):argname("TEXT"):convert(arguments.checked("--reason", options.text(4096)))
end

local belongs_to = { client = "session", basepath = "file" }

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

---The option that says which ones, or nil and what is wrong.
---@param given table  as parsed
---@param kind "session"|"file"|"findings"
---@return string? chosen
---@return string? problem
local function chosen_by(given, kind)
  local chosen = given.username and "username"
  for option, its_kind in pairs(belongs_to) do
    if given[option] and kind ~= "findings" and kind ~= its_kind then return nil, ("--%s belongs to --%s"):format(option, its_kind) end
    chosen = given[option] and option or chosen
  end
  return given.id[1] and "id" or chosen
end

---@param given table  as parsed
---@param kind "session"|"file"|"findings"
---@param path? string  of an inventory
---@return string? problem
local function problem_of(given, kind, path)
  local chosen, problem = chosen_by(given, kind)
  if problem then return problem end
  if kind == "findings" then
    if chosen or given.all then return ("--%s does not go with --findings, which says what to close"):format(chosen or "all") end
  elseif kind == "session" and given.id[1] and not path then
    return "--id belongs to --file, or to the sessions of Workspace, whose service an inventory names"
  elseif given.all and chosen then
    return ("--all and --%s exclude each other"):format(chosen)
  elseif not (chosen or given.all) then
    return ("that would be every %s; give %s, or --all"):format(kind,
      kind == "file" and "--id, --basepath or --username" or path and "--id, --client or --username" or "--client or --username")
  end
  if not given.yes then
    if given.audit or given.reason then return ("--%s belongs to --yes"):format(given.audit and "audit" or "reason") end
    return
  end
  if not given.audit then return "--yes needs --audit, a file to note it in" end
  if not given.reason and kind ~= "findings" then return "--yes needs --reason, which the audit notes" end
end

---The ids, in their order and as a set: of files numbers.
---@param given table  as parsed
---@param kind "session"|"file"
---@return (string|integer)[]?
---@return table<string|integer, true>|string|nil  nil where none is given; or what is wrong
local function ids_of(given, kind)
  local list, set = {}, {}
  local number = arguments.integer("--id", 0, 0xFFFFFFFF)
  for i, word in ipairs(given.id) do
    local id, problem = word, nil
    if kind == "file" then id, problem = number(word) end
    if not id then return nil, problem end
    list[i], set[id] = id, true
  end
  return list, list[1] and set or nil
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

---Says which of the ids that were given are not there, or not of what the other options choose.
---@param run rollcall.cli.close_run
---@param kind "session"|"file"
---@param its rollcall.cli.close_target
---@param list rollcall.closing.planned[]
---@param ids (string|integer)[]
local function say_missing(run, kind, its, list, ids)
  local given, is_listed = run.given, {}
  local is_chosen = given.client or given.username or given.basepath
  local words = is_chosen and "%s: left alone: %s %s: not there, or not what the other options choose" or "%s: absent: %s %s"
  for _, planned in ipairs(list) do is_listed[planned.wanted.id or false] = true end
  for _, id in ipairs(ids) do
    if not is_listed[id] then run.say(words:format(its.name, kind, id)) end
  end
end

---Lists what there is, and closes it or shows it.
---@param run rollcall.cli.close_run
---@param kind "session"|"file"
---@param targets rollcall.cli.close_target[]
---@param ids (string|integer)[]
---@param set? table<string|integer, true>  of them
local function close_listed(run, kind, targets, ids, set)
  local plan, given = require "rollcall.closing.plan", run.given
  local filter = { client = given.client, username = given.username, basepath = given.basepath, ids = set }
  for _, its in ipairs(targets) do
    if system.caught_signal() then break end
    run:visit(its, function(server)
      local list
      local is_whole = true
      if its.user_names then
        list = plan.of_service(server, given.username and { given.username } or its.user_names, filter, function(problem)
          is_whole = false
          run:fail(("%s: could not look: %s"):format(its.name, tostring(problem)))
        end)
      else
        list = plan.of_server(server, kind, filter)
      end
      if is_whole then say_missing(run, kind, its, list, ids) end
      return list
    end)
  end
end

---What findings are about, how many of them are about no one thing, and how many violations are no finding.
---@param given table  as parsed
---@return rollcall.closing.planned[]?
---@return string|integer problem  or the first number
---@return integer? unheld  the second
local function findings_of(given)
  local content, problem = read(given.findings)
  if not content then return nil, problem end
  local list, others, unheld = require("rollcall.closing.plan").of_findings(content)
  if not list then return nil, ("%s: %s"):format(given.findings == "-" and "standard input" or given.findings, others) end
  return list, others, unheld
end

---@param given table  as parsed
---@return table? connect
---@return string? problem
local function connect_of(given)
  local connect, problem = smb_options.connect(given)
  if not connect then return nil, problem end
  problem = target.check_credentials(connect)
  if problem then return nil, problem end
  return connect
end

---@param given table  as parsed
---@return rollcall.cli.close_target[]?
---@return string? problem
local function named_targets(given)
  local servers, problem = smb_options.servers(given)
  if not servers then return nil, problem end
  for _, servername in ipairs(servers) do
    local _, expectation = servernames.check(servername)
    if expectation then return nil, ("invalid SERVER: '%s'; it %s"):format(servername, expectation) end
  end
  local connect
  connect, problem = connect_of(given)
  if not connect then return nil, problem end
  return close_targets.of_servers(servers, connect)
end

---@param given table  as parsed
---@param kind "session"|"file"|"findings"
---@param path string
---@return rollcall.cli.close_target[]?
---@return integer|string others  how many of its sources are left alone; or what is wrong
local function inventory_targets(given, kind, path)
  -- A session of a server has no id.
  local list, others = close_targets.of_inventory(path, { smb = not (kind == "session" and given.id[1]) or nil,
    workspace = kind ~= "file" or nil })
  if list and others > 0 and kind ~= "findings" then
    progress.complain(("%s: %s left alone: only smb and workspace name what can be closed"):format(path,
      text.count(others --[[@as integer]], "source", "sources")))
  end
  return list, others
end

---@param given table  as parsed
---@param path? string  of an inventory
---@return { its: rollcall.cli.close_target, list: rollcall.closing.planned[] }[]?
---@return string|{ words: string, count: integer }[] left  what is wrong; or what cannot be closed
local function grouped_findings(given, path)
  if not path and (given.servers[1] or given.servers_from) then return nil, "a SERVER does not go with --findings, which says where" end
  local findings, others, unheld = findings_of(given)
  if not findings then return nil, others --[[@as string]] end
  local groups, list, connect, problem
  if path then
    list, problem = inventory_targets(given, "findings", path)
    if not list then return nil, problem end
    groups, problem = close_targets.among(findings, list, path)
  else
    connect, problem = connect_of(given)
    if not connect then return nil, problem end
    groups, problem = close_targets.of_findings(findings, connect)
  end
  if not groups then return nil, problem end
  return groups, {
    { count = others, words = ("%s left alone: a finding that does not say which one session or open file it is about cannot be closed")
      :format(text.count(others --[[@as integer]], "finding", "findings")) },
    { count = unheld, words = ("%s left alone: they are not in the findings, which are at most %d of a rule; check and close again"):format(
      text.count(unheld --[[@as integer]], "violation", "violations"), require("rollcall.policy.judge").FINDINGS) },
  }
end

---@param given table  as parsed
---@return integer? left
---@return string? problem
local function run(given)
  local path, groups, left, targets, audit
  local kind, problem = kind_of(given)
  if kind then path, problem = smb_options.file(given) end
  problem = problem or problem_of(given, kind --[[@as "session"]], path)
  if problem then return nil, problem end
  local ids, set = ids_of(given, kind)
  if not ids then return nil, set end
  if kind == "findings" then
    groups, left = grouped_findings(given, path)
    if not groups then return nil, left --[[@as string]] end
  elseif path then
    targets, problem = inventory_targets(given, kind, path)
  else
    targets, problem = named_targets(given)
  end
  if not (groups or targets) then return nil, problem end
  if given.yes then
    audit, problem = require("rollcall.closing.audit").open(given.audit)
    if not audit then return nil, "the audit cannot be written: " .. problem end
  end
  local _ <close> = audit
  local its_run = close_run(given, audit)
  if targets then close_listed(its_run, kind, targets, ids, set) end
  for _, group in ipairs(groups or {}) do
    if system.caught_signal() then break end
    its_run:visit(group.its, function() return group.list end)
  end
  for _, one in ipairs(left or {}) do
    if one.count > 0 then its_run:fail(one.words, one.count) end
  end
  return its_run:finish()
end

---@type rollcall.cli.command
return { name = "close", declare = declare, run = run }
