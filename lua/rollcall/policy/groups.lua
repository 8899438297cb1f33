--- The groups of a rule: rows with the same values of some fields. A row with a list in such a field
-- is in the group of each of its values. While rows are added a group is a number, and what is kept of it
-- stands at this place in a list for each field; it becomes a table when it is judged.
local presence = require "rollcall.presence"
local sets = require "rollcall.internal.sets"
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

-- The fields that every view answers to, so that they can be asked of it directly.
local common = {}
for _, name in ipairs(presence.fields) do common[name] = true end

---@param group_by string[]
---@param distinct string[]
function groups.new(group_by, distinct)
  local self = setmetatable({ group_by = group_by, distinct = distinct, path = {} }, metatable)
  self:forget()
  return self
end

---Forgets all groups.
function methods:forget()
  self.tree, self.count, self.rows, self.keys, self.collected = {}, 0, {}, {}, {}
  for i in ipairs(self.group_by) do self.keys[i] = {} end
  for i in ipairs(self.distinct) do self.collected[i] = {} end
end

---@return integer
function methods:new_group()
  local group = self.count + 1
  self.count, self.rows[group] = group, 0
  for i, keys in ipairs(self.keys) do keys[group] = self.path[i] end
  return group
end

---Makes the function that counts a view to a group.
---@return fun(group: integer, view: rollcall.presence): true
function methods:joiner()
  local rows, distinct, collected = self.rows, self.distinct, self.collected
  local fields = #distinct
  return function(group, view)
    rows[group] = rows[group] + 1
    for i = 1, fields do
      local name, list = distinct[i], collected[i]
      local value
      if common[name] then value = view[name] else value = presence.field(view, name) end
      -- Mostly it is the value that the group has already.
      if list[group] ~= value and value ~= nil then
        if type(value) == "table" then
          values.each(value, function(element) sets.add(list, group, element) end)
        else
          sets.add(list, group, value)
        end
      end
    end
    return true
  end
end

---The groups, one after another, in the order in which they appeared.
---@return fun(): rollcall.policy.group?
function methods:each()
  local number = 0
  return function()
    if number == self.count then return nil end
    number = number + 1
    local group = { count = self.rows[number], distinct = {}, values = {} }
    for i, name in ipairs(self.group_by) do group[name] = self.keys[i][number] end
    for i, name in ipairs(self.distinct) do
      group.values[name], group.distinct[name] = sets.values(self.collected[i][number])
    end
    return setmetatable(group, group_metatable)
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
  if self.group_by[depth + 1] then self:descend(view, next_node, depth + 1) else self.join(next_node, view) end
end

---@return true
function methods:descend(view, node, depth)
  local value = presence.field(view, self.group_by[depth])
  if type(value) == "table" then
    values.each(value, function(element) self:go_on(view, node, depth, element) end)
  else
    self:go_on(view, node, depth, value)
  end
  return true
end

---Makes the function that adds a view with all the fields to its groups. Most come to one that is there.
---@return fun(view: rollcall.presence): true
function methods:adder()
  local tree, group_by, depth, join = self.tree, self.group_by, #self.group_by, self:joiner()
  self.join = join
  for _, name in ipairs(group_by) do
    if not common[name] then
      return function(view) return self:descend(view, tree, 1) end
    end
  end
  local first = group_by[1]
  return function(view)
    local node = tree[view[first]]
    for i = 2, depth do node = node and node[view[group_by[i]]] end
    if node then return join(node, view) end
    return self:descend(view, tree, 1)
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
