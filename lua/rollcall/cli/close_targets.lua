--- Where the command close looks and closes: servers that the command line names, or the servers and services of an inventory.
local inventory = require "rollcall.inventory"
local options = require "rollcall.internal.options"
local servernames = require "rollcall.internal.servernames"
local smb = require "rollcall.smb"
local source = require "rollcall.cli.source"
local sources = require "rollcall.inventory.sources"

local close_targets = {}

---A server, or a project of a service.
---@class rollcall.cli.close_target
---@field name string  as it is printed
---@field open fun(): any  a `rollcall.smb.server`, or a `rollcall.workspace.client`
---@field servername string  a server as its findings have it; of a service the host
---@field origins? table<string, true>  of a service, as its findings have them
---@field project_id? string  of a service
---@field user_names? string[]  of a service: those whom the inventory names

---@param servername string
---@param connect table  as smb.server takes it besides the name
---@return rollcall.cli.close_target
local function server_target(servername, connect)
  local shown = servernames.shown(servername)
  return {
    name = shown, servername = shown,
    open = function() return smb.server(options.merged(connect, { servername = servername })) end,
  }
end

---@param servers string[]
---@param connect table
---@return rollcall.cli.close_target[]
function close_targets.of_servers(servers, connect)
  local list = {}
  for i, servername in ipairs(servers) do list[i] = server_target(servername, connect) end
  return list
end

---A server that several blocks name is one, and so is a project of a service: the credentials are those of the first.
---@param list rollcall.cli.close_target[]
---@param found table<string, rollcall.cli.close_target>
---@param key string
---@param make fun(): rollcall.cli.close_target
---@return rollcall.cli.close_target
local function once(list, found, key, make)
  if not found[key] then
    found[key] = make()
    list[#list + 1] = found[key]
  end
  return found[key]
end

---@param block rollcall.inventory.source
local function add_servers(list, found, block)
  local connect = sources.connect_of(block, inventory.resolve)
  for _, servername in ipairs(block.fields.servers) do
    once(list, found, ("smb\0%s\0%s"):format(servernames.shown(servername), connect.port or ""), function()
      return server_target(servername, connect)
    end)
  end
end

---@param block rollcall.inventory.source
local function add_service(list, found, block)
  local client = sources.client_of(block, inventory.resolve)
  local host, project_id = client:host(), client:project_id()
  local its = once(list, found, ("workspace\0%s\0%s"):format(host, project_id), function()
    return {
      name = host, servername = host, project_id = project_id, origins = {}, user_names = {},
      open = function() return client end,
    }
  end)
  its.origins[sources.origin_of(block)] = true
  table.move(block.fields.users, 1, #block.fields.users, #its.user_names + 1, its.user_names)
end

local adds = { smb = add_servers, workspace = add_service }

---Projects of one service have its name in common.
---@param list rollcall.cli.close_target[]
local function distinguish(list)
  local count = {}
  for _, one in ipairs(list) do count[one.name] = (count[one.name] or 0) + 1 end
  for _, one in ipairs(list) do
    if one.project_id and count[one.name] > 1 then one.name = ("%s, project %s"):format(one.name, one.project_id) end
  end
end

---The servers and services of an inventory.
---@param path string
---@param wanted table<string, true>  which blocks: `smb`, `workspace`
---@return rollcall.cli.close_target[]?
---@return integer|string others  how many of its sources are neither, from which nothing can be closed; or what is wrong
function close_targets.of_inventory(path, wanted)
  if source.is_snapshot(path) then return nil, path .. ": is a snapshot, which names nobody to ask; give an inventory" end
  local inv, problem = source.inventory(path)
  if not inv then return nil, problem --[[@as string]] end
  local list, found, others = {}, {}, 0
  for _, block in ipairs(inv.sources) do
    if wanted[block.block] then
      local added, reason = pcall(adds[block.block], list, found, block)
      if not added then return nil, reason end
    elseif not adds[block.block] then
      others = others + 1
    end
  end
  if not list[1] then
    return nil, ("%s: names no %s"):format(path, not wanted.smb and "service of Workspace" or not wanted.workspace and "SMB server"
      or "SMB server, and no service of Workspace")
  end
  distinguish(list)
  return list, others
end

---What is to be closed, by where it is, in the order of the findings.
---@param planned rollcall.closing.planned[]
---@param find fun(planned: rollcall.closing.planned): rollcall.cli.close_target?, string?  where it is, or what is wrong
---@return { its: rollcall.cli.close_target, list: rollcall.closing.planned[] }[]?
---@return string? problem
local function grouped(planned, find)
  local groups, by_target = {}, {}
  for _, one in ipairs(planned) do
    local its, problem = find(one)
    if not its then return nil, problem end
    if not by_target[its] then
      by_target[its] = { its = its, list = {} }
      groups[#groups + 1] = by_target[its]
    end
    table.insert(by_target[its].list, one)
  end
  return groups
end

---Where findings are, if servers are all that they are about.
---@param planned rollcall.closing.planned[]
---@param connect table
---@return { its: rollcall.cli.close_target, list: rollcall.closing.planned[] }[]?
---@return string? problem
function close_targets.of_findings(planned, connect)
  local found = {}
  return grouped(planned, function(one)
    local servername = one.wanted.servername
    if one.wanted.kind == "workspace_session" then
      return nil, "a finding is about a session of Workspace; give the inventory as well, which says how to reach the service"
    end
    found[servername] = found[servername] or server_target(servername, connect)
    return found[servername]
  end)
end

---Where findings are among the targets of an inventory.
---@param planned rollcall.closing.planned[]
---@param list rollcall.cli.close_target[]
---@param path string  of the inventory
---@return { its: rollcall.cli.close_target, list: rollcall.closing.planned[] }[]?
---@return string? problem
function close_targets.among(planned, list, path)
  return grouped(planned, function(one)
    local wanted, matches = one.wanted, {}
    local is_service = wanted.kind == "workspace_session"
    for _, its in ipairs(list) do
      local fits
      if is_service then
        fits = its.project_id == wanted.project_id and its.origins and its.origins[one.origin]
      else
        fits = not its.project_id and its.servername == wanted.servername
      end
      if fits then matches[#matches + 1] = its end
    end
    if #matches == 1 then
      wanted.servername = matches[1].servername
      return matches[1]
    end
    local what = is_service and ("the service '%s' with the project '%s'"):format(one.origin, wanted.project_id)
      or ("the server '%s'"):format(wanted.servername)
    return nil, ("a finding is about %s, which %s names %s"):format(what, path, matches[1] and "more than once" or "nowhere")
  end)
end

return close_targets
