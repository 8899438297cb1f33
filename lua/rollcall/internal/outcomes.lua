--- What a result for a target is of. Two results are of the same, and may be compared or take each other's place, where their keys
-- are equal; those of a cloud service each of their own users.
local case = require "rollcall.internal.case"
local options = require "rollcall.internal.options"
local shard = require "rollcall.internal.shard"
local system = require "rollcall.system"

local outcomes = {}

---Whether all that was asked for was seen.
---@param outcome rollcall.outcome
---@return boolean
function outcomes.is_good(outcome)
  return outcome.completeness == "complete" or outcome.completeness == "placeholder"
end

---@param outcome rollcall.outcome|rollcall.inventory.named_target
---@return string
function outcomes.key(outcome)
  return table.concat({
    shard.key(outcome.target), outcome.query or "", case.lower(outcome.qualifier or ""), outcome.project_id or "",
  }, "\0")
end

---The users that a cloud service was asked about.
---@param outcome rollcall.outcome
---@return table<string, string>? users  their names, by `shard.key`; nil: all, or it is of no users
function outcomes.users(outcome)
  if not outcome.users and outcome.claimed ~= 0 or outcome.source ~= "workspace" then return nil end
  local users = {}
  for _, name in ipairs(outcome.users or {}) do users[shard.key(name)] = name end
  return users
end

---Makes the function that says whether rows of the target are among what it was asked for.
---@param outcome rollcall.outcome
---@return fun(kind: string, row: table): boolean
function outcomes.covers(outcome)
  local users, project_id, query = outcomes.users(outcome), outcome.project_id, outcome.query
  local qualifier = outcome.qualifier and case.lower(outcome.qualifier)
  local client = qualifier and qualifier:match "^\\\\(.*)$"
  return function(kind, row)
    if query ~= nil and query ~= kind then return false end
    if project_id and row.project_id and row.project_id ~= project_id then return false end
    if users and not (type(row.user_name) == "string" and users[shard.key(row.user_name)]) then return false end
    if not qualifier then return true end
    local value = client and row.client or not client and row.share
    return type(value) == "string" and case.lower(value) == (client or qualifier)
  end
end

---What results of one poll are of, and none of another.
---@param list rollcall.outcome[]
---@param other rollcall.outcome[]
---@return string[] names
function outcomes.only_in(list, other)
  local asked, names = {}, {}
  for _, outcome in ipairs(other) do
    local key, users = outcomes.key(outcome), outcomes.users(outcome)
    asked[key] = asked[key] ~= true and users and options.merged(asked[key] or {}, users) or true
  end
  for _, outcome in ipairs(list) do
    local users = asked[outcomes.key(outcome)] or outcome.qualifier and asked[outcomes.key(options.merged(outcome, { qualifier = "" }))]
    local name = outcome.query and ("%s (%s)"):format(outcome.target, outcome.qualifier or outcome.query) or outcome.target
    if outcome.source ~= "snapshot" and not users then
      names[#names + 1] = name
    elseif type(users) == "table" then
      local its_users = outcomes.users(outcome)
      if not its_users then names[#names + 1] = name end
      for key, user in pairs(its_users or {}) do
        if not users[key] then names[#names + 1] = ("%s at %s"):format(user, outcome.target) end
      end
    end
  end
  table.sort(names, system.text_less)
  return names
end

return outcomes
