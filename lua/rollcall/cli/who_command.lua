--- The command who: who has a file, a share or a computer's connection open, or what a user has, on any of some servers.
local arguments = require "rollcall.cli.arguments"
local case = require "rollcall.internal.case"
local history_source = require "rollcall.cli.history_source"
local listing = require "rollcall.cli.listing"
local moment = require "rollcall.cli.moment"
local options = require "rollcall.internal.options"
local presence = require "rollcall.presence"
local progress = require "rollcall.cli.progress"
local smb_options = require "rollcall.cli.smb_options"
local source = require "rollcall.cli.source"
local values = require "rollcall.internal.values"
local who_known = require "rollcall.cli.who_known"

local COLUMNS = { "user", "origin", "resource", "client", "files", "duration", "idle" }
local HISTORY_COLUMNS = { "seen_at", table.unpack(COLUMNS) }

local function folded(value)
  return (case.lower(value):gsub("/", "\\"))
end

---Whether a path is the one that is wanted, ends with it, or lies in a folder that does.
---@param path any
---@param wanted string
---@return boolean
local function is_path(path, wanted)
  return type(path) == "string" and ("\\" .. folded(path) .. "\\"):find("\\" .. wanted .. "\\", 1, true) ~= nil
end

-- Which fields of a row name one, besides those that presence makes of them.
local names_of = {
  client = { "client", "address", "client_name", "client_ip", "machine_name", "vm_ip" }, user = { "user_name", "login_user" },
  share = { "app_name" },
}

---What of a row is called so.
---@param view rollcall.presence
---@param is_named fun(value: any): boolean
---@return rollcall.cli.who_thing?
local function thing_named(view, is_named)
  if is_named(presence.field(view, "account")) then return "user" end
  if is_named(presence.field(view, "client")) then return "client" end
  if not view.row.placeholder then
    for thing, fields in pairs(names_of) do
      for _, field in ipairs(fields) do
        if is_named(view.row[field]) then return thing end
      end
    end
  end
  return is_named(presence.field(view, "resource")) and (view.kind == "file" and "file" or "share") or nil
end

---@param what string  a file, a share, a computer or a user
---@param opened rollcall.cli.source
---@param asked table<string, true>  the users about whom Workspace is asked, as far as it is known
---@param report fun(outcome: rollcall.outcome)  gets each result that could not know
---@return fun(): string?, table?
local function rows_about(what, opened, asked, report)
  local settings = { now = opened.generated_at, normalize_user = opened.normalize_user, utc_offset = opened.utc_offset }
  local view_of, rule = presence.viewer(settings), opened.normalize_user or presence.user_of
  local wanted = folded(what):gsub("^\\+", ""):gsub("\\+$", "")
  local name = what:gsub("^[\\/][\\/]", "")
  local user, lower = rule(name), case.lower(name)
  local found, is_asked = {}, asked[lower] or false

  local function is_named(value)
    return type(value) == "string" and case.lower(value) == lower
  end

  ---@return rollcall.cli.who_thing?
  local function thing_of(view)
    if user and view.user == user then return "user" end
    local resource = presence.field(view, "resource")
    return thing_named(view, is_named) or is_path(resource, wanted) and (view.kind == "file" and "file" or "share") or nil
  end

  return function()
    for kind, row in opened.rows do
      -- That there is a share does not say who is in it.
      if kind ~= "share" then
        local thing, files = thing_of(view_of(kind, row)), nil
        if thing then
          is_asked = is_asked or kind == "session" and thing == "user"
        else
          files = {}
          values.each(row.files, function(path)
            if is_path(path, wanted) then files[#files + 1] = path end
          end)
          thing = #files > 0 and "file" or nil
        end
        if thing and presence.is_known_kind(kind) then found[thing] = true end
        if thing then return kind, files and presence.changed(row, { files = files }) or row end
      end
    end
    local things = next(found) and found or is_asked and { user = true } or who_known.possible(what)
    who_known.mark(what, things, is_asked, opened.outcomes, report)
  end
end

---The users about whom an inventory asks Workspace.
---@param given table  as parsed
---@return table<string, true>  in lower case
local function asked_users(given)
  local asked = {}
  local path = not given.history and smb_options.file(given)
  local inv = path and not source.is_snapshot(path) and source.inventory(path, given.shard)
  for _, one in ipairs(inv and inv.sources or {}) do
    for _, user_name in ipairs(one.block == "workspace" and one.fields.users or {}) do asked[case.lower(user_name)] = true end
  end
  return asked
end

---@param given table  as parsed
---@return (fun(): rollcall.cli.source?, string?)? open
---@return string? problem
local function opening_history(given)
  local option = given.servers[1] and "SERVER" or smb_options.server_option(given) or given.shard and "--shard"
  if option then return nil, ("%s and --history exclude each other: a history is read, and nobody is asked"):format(option) end
  if given.at and (given.since or given["until"]) then return nil, "--at excludes --since and --until" end
  if given.at and given.at.last > given.at.time then
    return nil, "--at takes a time of day; --since and --until with the same day take all of it"
  end
  if given.since and given["until"] and given.since.time > given["until"].last then return nil, "--since is after --until" end
  local problem = listing.problem(given)
  if problem then return nil, problem end
  return function() return history_source.open(given, listing.waiting(given)) end
end

---@param given table  as parsed
---@return (fun(): rollcall.cli.source?, string?)? open
---@return string? problem
local function opening(given)
  if given.history then return opening_history(given) end
  local time = given.at and "--at" or given.since and "--since" or given["until"] and "--until"
  if time then return nil, time .. " belongs to --history DIR, which has the snapshots of that time" end
  local path, problem = smb_options.file(given)
  if not problem and path then
    problem = listing.problem_of(given, path)
  elseif not problem then
    problem = listing.problem(given, nil, true, { access = true })
  end
  if problem then return nil, problem end
  if path then return function() return source.open(path, listing.waiting(given)) end end
  local wanted
  wanted, problem = smb_options.gather(given)
  if not wanted then return nil, problem end
  return function() return smb_options.open(given, "rollcall", "access", wanted) end
end

---@type rollcall.cli.command
return {
  name = "who",
  declare = function(parser)
    local command = parser:command("who", "Who has a file, a share or a name open, on any of some servers.", [[
Examples:
  rollcall who budget.xlsx fs1 fs2 -U 'CORP\auditor'
  rollcall who alice inventory.lua
  rollcall who 'projects\2026' --servers-from servers.txt -A ~/.smbauth
  rollcall who alice --history history --since yesterday

WHAT is a file or a folder, or the end of its path; or the whole name of a
share, a user or a computer. Small and capital letters are the same.

]] .. smb_options.PASSWORDS)
    command:argument("WHAT", "A file, a folder, a share, a user or a computer."):target "what"
    command:option("--history", "A folder of snapshots over time, which is read instead."):argname "DIR"
    for _, option in ipairs {
      { "--at", "In --history: who was there at this time." }, { "--since", "In --history: from this time on." },
      { "--until", "In --history: up to this time." },
    } do
      command:option(option[1], option[2]):argname("TIME"):convert(arguments.checked(option[1], moment.parse))
    end
    smb_options.declare(command, "Names or addresses; or an inventory (Lua) or a snapshot.")
  end,
  run = function(given)
    given.columns = given.columns or not given.group_by and (given.history and HISTORY_COLUMNS or COLUMNS) or nil
    if not given.what:find "[^\\/]" then return nil, ("invalid WHAT: '%s'; it takes a name"):format(given.what) end
    local open, problem = opening(given)
    if not open then return nil, problem end
    local asked = asked_users(given)
    return source.through(open, nil, function(opened, write)
      local is_shown = listing.shows_results(given)
      local rows = rows_about(given.what, opened, asked, function(outcome)
        opened.progress:clear()
        if not is_shown then progress.report(outcome) end
      end)
      return listing.show(given, options.merged(opened, { rows = rows }), write)
    end)
  end,
}
