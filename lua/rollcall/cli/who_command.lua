--- The command who: who has a file, a share or a computer's connection open, or what a user has, on any of some servers.
local arguments = require "rollcall.cli.arguments"
local case = require "rollcall.internal.case"
local history_source = require "rollcall.cli.history_source"
local listing = require "rollcall.cli.listing"
local moment = require "rollcall.cli.moment"
local options = require "rollcall.internal.options"
local presence = require "rollcall.presence"
local smb_options = require "rollcall.cli.smb_options"
local source = require "rollcall.cli.source"
local values = require "rollcall.internal.values"

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

---@param what string  a file, a share, a computer or a user
---@param opened rollcall.cli.source
---@return fun(): string?, table?
local function rows_about(what, opened)
  local settings = { now = opened.generated_at, normalize_user = opened.normalize_user, utc_offset = opened.utc_offset }
  local view_of, rule = presence.viewer(settings), opened.normalize_user or presence.user_of
  local wanted = folded(what):gsub("^\\+", ""):gsub("\\+$", "")
  local name = what:gsub("^\\\\", "")
  local user = rule(name)

  local function is_about(view)
    if user and view.user == user then return true end
    for _, field in ipairs { "account", "resource", "client" } do
      local value = presence.field(view, field)
      if type(value) == "string" and case.lower(value) == case.lower(name) then return true end
    end
    return is_path(presence.field(view, "resource"), wanted)
  end

  return function()
    for kind, row in opened.rows do
      -- That there is a share does not say who is in it.
      if kind ~= "share" then
        if is_about(view_of(kind, row)) then return kind, row end
        local files = {}
        values.each(row.files, function(path)
          if is_path(path, wanted) then files[#files + 1] = path end
        end)
        if #files > 0 then return kind, presence.changed(row, { files = files }) end
      end
    end
  end
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
    return source.through(open, nil, function(opened, write)
      return listing.show(given, options.merged(opened, { rows = rows_about(given.what, opened) }), write)
    end)
  end,
}
