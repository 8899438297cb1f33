--- The groups of a rule: rows with the same values of some fields. A row with a list in such a field
-- is in the group of each of its values. While rows are added a group is a number, and what is kept of it
-- stands at this place in a list for each field; it becomes a table when it is judged. Rules that group by the same fields share
-- the numbers: what is looked up for one is near at hand for the next, and a check takes 0.93 of the time.
local presence = require "rollcall.presence"
local sets = require "rollcall.internal.sets"
local suggestion = require "rollcall.internal.suggestion"
local system = require "rollcall.system"
local values = require "rollcall.internal.values"

local groups = {}

---Rows with the same values of the fields of `group_by`, by whose names it has them too.
---@class rollcall.policy.group
---@field count integer  rows
---@field distinct table<string, integer>  how many values each collected field has; another one raises
---@field values table<string, table<any, true>>  these values; another one raises
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

---Makes the metatable of what groups have of each field that a rule collects. `fields` is for the copy that a policy file gets.
---@param what "distinct"|"values"
---@param collected string[]
local function collected_metatable(what, collected)
  local has = ("%s has %s"):format(what, #collected > 0 and table.concat(collected, ", ") or "nothing")
  return {
    fields = has,
    __index = function(_, name) error(("%s, and no field '%s'"):format(has, tostring(name)), 2) end,
  }
end

-- The fields that every view answers to, so that they can be asked of it directly.
local common = {}
for _, name in ipairs(presence.fields) do common[name] = true end

---The numbers of the groups of some fields, and the tree of their values that leads to them.
local function numbering_of(group_by, numberings)
  local key = {}
  for i, name in ipairs(group_by) do key[i] = #name .. ":" .. name end
  key = table.concat(key)
  local numbering = numberings[key] or { tree = {}, count = 0 }
  numberings[key] = numbering
  return numbering
end

---@param group_by string[]
---@param distinct string[]
---@param numberings table<string, table>  of all rules that are evaluated together; with weak values
function groups.new(group_by, distinct, numberings)
  local self = setmetatable({
    group_by = group_by, distinct = distinct, path = {}, numbering = numbering_of(group_by, numberings),
    count = 0, numbers = {}, rows = {}, keys = {}, collected = {},
    of_distinct = collected_metatable("distinct", distinct), of_values = collected_metatable("values", distinct),
  }, metatable)
  for i in ipairs(group_by) do self.keys[i] = {} end
  for i in ipairs(distinct) do self.collected[i] = {} end
  return self
end

---Forgets all groups. Nothing can be added any more.
function methods:forget()
  self.count, self.numbering, self.numbers, self.rows, self.keys, self.collected = 0, nil, nil, nil, nil, nil
end

---Adds a value, or those of a list, to what a group has collected.
---@param list table<integer, any>  of a field of `distinct`, for each group
---@param group integer
---@param value any  nil: none
local function collect(list, group, value)
  if sets.has(list, group, value) or value == nil then return end
  values.each(value, function(element) sets.add(list, group, element) end)
end

---Counts a view to a group.
---@param group integer
---@param view rollcall.presence
function methods:join(group, view)
  if not self.rows[group] then
    self.count = self.count + 1
    self.numbers[self.count], self.rows[group] = group, 0
    for i, keys in ipairs(self.keys) do keys[group] = self.path[i] end
  end
  self.rows[group] = self.rows[group] + 1
  for i, name in ipairs(self.distinct) do collect(self.collected[i], group, presence.field(view, name)) end
end

---The groups, one after another, in the order in which they appeared.
---@return fun(): rollcall.policy.group?
function methods:each()
  local position = 0
  return function()
    if position == self.count then return nil end
    position = position + 1
    local number = self.numbers[position]
    local group = { count = self.rows[number], distinct = setmetatable({}, self.of_distinct), values = setmetatable({}, self.of_values) }
    for i, name in ipairs(self.group_by) do group[name] = self.keys[i][number] end
    for i, name in ipairs(self.distinct) do
      group.values[name], group.distinct[name] = sets.values(self.collected[i][number])
    end
    return setmetatable(group, group_metatable)
  end
end

---Goes on from a node of the tree, a table of values, to that of a value: another node, or the number of a group.
function methods:go_on(view, node, depth, value)
  local is_last, numbering = depth == #self.group_by, self.numbering
  self.path[depth] = value
  local next_node = node[value]
  if not next_node then
    if is_last then numbering.count = numbering.count + 1 end
    next_node = is_last and numbering.count or {}
    node[value] = next_node
  end
  if is_last then self:join(next_node, view) else self:descend(view, next_node, depth + 1) end
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

local function are_common(names)
  for _, name in ipairs(names) do
    if not common[name] then return false end
  end
  return true
end

---Makes the function that adds a view with all the fields to its groups. Most come to one that is there, with values that it has:
---by the general way alone a check takes a third longer.
---@return fun(view: rollcall.presence): true
function methods:adder()
  local tree, group_by, distinct = self.numbering.tree, self.group_by, self.distinct
  if not (are_common(group_by) and are_common(distinct)) then
    return function(view) return self:descend(view, tree, 1) end
  end
  local first, depth, rows, fields, collected = group_by[1], #group_by, self.rows, #distinct, self.collected
  return function(view)
    local group = tree[view[first]]
    for i = 2, depth do group = group and group[view[group_by[i]]] end
    local count = group and rows[group]
    if not count then return self:descend(view, tree, 1) end
    rows[group] = count + 1
    for i = 1, fields do
      local list, value = collected[i], view[distinct[i]]
      if list[group] ~= value then collect(list, group, value) end
    end
    return true
  end
end

---A field of a group, as messages show it: the values of a field that it collects are a few of them.
---@param group rollcall.policy.group
---@param name string
function groups.field(group, name)
  local value = rawget(group, name)
  local collected = rawget(group.values, name)
  if value ~= nil or not collected then return value end
  local list = {}
  for one in pairs(collected) do list[#list + 1] = tostring(one) end
  table.sort(list, system.text_less)
  local more = #list - 5
  return table.concat(list, ", ", 1, math.min(#list, 5)) .. (more > 0 and (" and %d more"):format(more) or "")
end

return groups
