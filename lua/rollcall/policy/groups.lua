--- The groups of a rule: rows with the same values of some fields. A row with a list in such a field
-- is in the group of each of its values.
local presence = require "rollcall.presence"
local suggestion = require "rollcall.internal.suggestion"
local values = require "rollcall.internal.values"

local groups = {}

---Rows with the same values of the fields of `group_by`, by whose names it has them too.
---@class rollcall.policy.group
---@field count integer  rows
---@field distinct table<string, integer>  how many values each collected field has
---@field values table<string, table<any, true>>  these values
---@field [string] any  the value of a field of `group_by`; another one raises

local methods = {}
local metatable = { __index = methods }

local group_metatable = {
  __index = function(group, name)
    local known = {}
    for field in next, group do known[field] = true end
    error(("a group has no field '%s'; it has count, distinct, values and those of group_by%s"):format(tostring(name),
      suggestion(tostring(name), known)), 2)
  end,
}

---@param group_by string[]
---@param distinct string[]
function groups.new(group_by, distinct)
  return setmetatable({ group_by = group_by, distinct = distinct, tree = {}, list = {}, path = {} }, metatable)
end

function methods:new_group()
  local group = { count = 0, distinct = {}, values = {} }
  for i, name in ipairs(self.group_by) do group[name] = self.path[i] end
  for _, name in ipairs(self.distinct) do group.distinct[name], group.values[name] = 0, {} end
  self.list[#self.list + 1] = setmetatable(group, group_metatable)
  return group
end

local function collect(group, name, value)
  local seen = group.values[name]
  if not seen[value] then
    seen[value] = true
    group.distinct[name] = group.distinct[name] + 1
  end
end

-- The fields that every view answers to, so that they can be asked of it directly.
local common = {}
for _, name in ipairs(presence.fields) do common[name] = true end

function methods:join(group, view)
  group.count = group.count + 1
  local distinct = self.distinct
  for i = 1, #distinct do
    local name = distinct[i]
    local value
    if common[name] then value = view[name] else value = presence.field(view, name) end
    if value ~= nil and not group.values[name][value] then
      if type(value) == "table" then
        values.each(value, function(element) collect(group, name, element) end)
      else
        collect(group, name, value)
      end
    end
  end
end

---Goes on from a node of the tree, a table of values, to that of a value: another node, or a group.
function methods:go_on(view, node, depth, value)
  self.path[depth] = value
  local next_node = node[value]
  if not next_node then
    next_node = self.group_by[depth + 1] and {} or self:new_group()
    node[value] = next_node
  end
  if self.group_by[depth + 1] then self:descend(view, next_node, depth + 1) else self:join(next_node, view) end
end

function methods:descend(view, node, depth)
  local value = presence.field(view, self.group_by[depth])
  if type(value) ~= "table" then return self:go_on(view, node, depth, value) end
  values.each(value, function(element) self:go_on(view, node, depth, element) end)
end

---Makes the function that adds a view with all the fields to its groups. Most come to one that is there.
---@return fun(view: rollcall.presence)
function methods:adder()
  local tree, group_by, depth = self.tree, self.group_by, #self.group_by
  for _, name in ipairs(group_by) do
    if not common[name] then
      return function(view) self:descend(view, tree, 1) end
    end
  end
  return function(view)
    local node = tree
    for i = 1, depth do
      node = node[view[group_by[i]]]
      if not node then return self:descend(view, tree, 1) end
    end
    self:join(node, view)
  end
end

---A field of a group, as messages show it: the values of a field that it collects are a few of them.
---@param group rollcall.policy.group
---@param name string
function groups.field(group, name)
  local value = rawget(group, name)
  local collected = group.values[name]
  if value ~= nil or not collected then return value end
  local list = {}
  for one in pairs(collected) do list[#list + 1] = tostring(one) end
  table.sort(list)
  local more = #list - 5
  return table.concat(list, ", ", 1, math.min(#list, 5)) .. (more > 0 and (" and %d more"):format(more) or "")
end

return groups
