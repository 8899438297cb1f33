--- The targets that an inventory names, as results name them: all of them, those that are asked over the network, and those in a
--- shard.
local options = require "rollcall.internal.options"
local servernames = require "rollcall.internal.servernames"
local shard = require "rollcall.internal.shard"
local sources = require "rollcall.inventory.sources"

local targets = {}

-- Of each block that has one: the list of its targets. A block of another kind is one target.
local lists = { smb = "servers", workspace = "users" }

-- Of the others: the field with the name of it.
local name_fields = { smbstatus = "server", snapshot = "path", rows = "kind" }

---The name of a block that has no list of targets.
local function name_of(source) return source.fields[name_fields[source.block]] end

---The inventory with the targets of a shard alone.
---@param inv rollcall.inventory
---@param its_shard? rollcall.shard  nil: all
---@return rollcall.inventory
function targets.sharded(inv, its_shard)
  if not its_shard then return inv end
  local kept = {}
  for _, source in ipairs(inv.sources) do
    local list = lists[source.block]
    if list then
      local names = shard.filtered(its_shard, source.fields[list])
      if #names > 0 then kept[#kept + 1] = options.merged(source, { fields = options.merged(source.fields, { [list] = names }) }) end
    elseif shard.has(its_shard, name_of(source)) then
      kept[#kept + 1] = source
    end
  end
  return options.merged(inv, { sources = kept, shard = its_shard.label }) --[[@as rollcall.inventory]]
end

---@class rollcall.inventory.named_target
---@field user? string  of a Workspace block
---@field source "smb"|"smbstatus"|"workspace"|"snapshot"|"rows"
---@field target string  as in its result
---@field query? string  as in its result
---@field qualifier? string  as in its result
---@field project_id? string  as in its result, where the inventory says it
---@field name string  by which it is in a shard: that of the server or of the user, the path or the kind

---The targets that a snapshot has results for; or the snapshot, if it cannot be read here. In a shard they are together.
---@param path string
---@return rollcall.inventory.named_target[]
local function targets_of_snapshot(path)
  local opened = require("rollcall.snapshot").open(path)
  if not opened then return { { source = "snapshot", target = path, name = path } } end
  local its_snapshot <close>, found = opened, {}
  for _ in its_snapshot:each() do end -- Results may stand after all rows.
  for _, outcome in ipairs(its_snapshot.outcomes) do
    for _, user in ipairs(outcome.users or { false }) do
      found[#found + 1] = {
        source = outcome.source, target = outcome.target, query = outcome.query, qualifier = outcome.qualifier,
        project_id = outcome.project_id, name = path, user = user or nil,
      }
    end
  end
  return found
end

---@param inv rollcall.inventory
---@return rollcall.inventory.named_target[]
function targets.list(inv)
  local found = {}
  for _, source in ipairs(inv.sources) do
    local fields = source.fields
    if source.block == "smb" then
      local kind = sources.kind_of_query(fields.query)
      for _, name in ipairs(fields.servers) do
        found[#found + 1] = { source = "smb", target = servernames.shown(name), query = kind, qualifier = fields.qualifier, name = name }
      end
    elseif source.block == "workspace" then
      local project_id = type(fields.project_id) == "string" and fields.project_id or nil
      for _, name in ipairs(fields.users) do
        found[#found + 1] = { source = "workspace", target = sources.origin_of(source), query = "session", project_id = project_id,
          name = name, user = name }
      end
    elseif source.block == "snapshot" then
      local named = targets_of_snapshot(fields.path)
      table.move(named, 1, #named, #found + 1, found)
    else
      local name = name_of(source)
      local query = source.block == "rows" and name or source.block == "smbstatus" and sources.kind_of_query(fields.query) or nil
      found[#found + 1] = { source = source.block, target = name, query = query, name = name }
    end
  end
  return found
end

---A server or service that is asked.
---@class rollcall.inventory.asked_target
---@field source string  as in its results, and so the others
---@field target string
---@field query string
---@field concurrency integer  how many of the same query are asked at the same time

---What an inventory asks over the network, in the order in which it is asked. The users of a service are one target.
---@param inv rollcall.inventory
---@return rollcall.inventory.asked_target[]
function targets.asked(inv)
  local asked, concurrency = {}, {}
  for _, source in ipairs(inv.sources) do
    if lists[source.block] then
      local named = targets.list { sources = { source } }
      local query = named[1].query
      if source.block == "smb" then
        concurrency[query] = math.max(concurrency[query] or 0, source.fields.concurrency or sources.DEFAULT_CONCURRENCY)
        table.move(named, 1, #named, #asked + 1, asked)
      else
        asked[#asked + 1] = named[1]
      end
    end
  end
  for _, one in ipairs(asked) do one.concurrency = concurrency[one.query] or 1 end
  return asked
end

return targets
