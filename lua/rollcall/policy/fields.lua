--- Whether the kinds and fields that a rule names are there to be seen.
local presence = require "rollcall.presence"
local suggestion = require "rollcall.internal.suggestion"
local sorted = require "rollcall.internal.sorted"

local fields = {}

local of_every_group = { count = true, distinct = true, values = true }

local function unknown_kind(kind, known)
  local meant = suggestion(kind, known)
  local kinds = table.concat(sorted.keys(known), ", ")
  return ("there is no kind '%s'%s are %s"):format(kind, meant ~= "" and meant .. " The kinds" or "; the kinds", kinds)
end

---@param rule rollcall.policy.rule
---@param kinds? table<string, true>
local function kind_problem(rule, kinds)
  local known = presence.kinds()
  for kind in pairs(kinds or {}) do known[kind] = true end
  for _, kind in ipairs(rule.kind or {}) do
    if not known[kind] and (kinds or not kind:find "^%l[%l_]*$" or suggestion(kind, known) ~= "") then
      return unknown_kind(kind, known), "kind"
    end
  end
end

---The kinds of this project that a rule is about; and whether it is about kinds of the user's, too.
local function kinds_of(rule, kinds)
  local known, own = {}, not rule.kind and (not kinds or next(kinds) ~= nil)
  for _, kind in ipairs(rule.kind or {}) do
    if presence.is_known_kind(kind) then known[kind] = true else own = true end
  end
  if not rule.kind then
    known = presence.kinds()
    if rule.except then known[rule.except] = nil end
  end
  return known, own
end

---The names in the braces of a message.
function fields.of_message(message)
  local names = {}
  for name in message:gmatch "{([%w_]+)}" do names[#names + 1] = name end
  return names
end

local function message_problem(rule, can_have, candidates)
  if type(rule.message) ~= "string" then return end
  local of_group
  if rule.group_by then
    of_group = { count = true }
    for _, list in ipairs { rule.group_by, rule.distinct or {} } do
      for _, name in ipairs(list) do of_group[name] = true end
    end
  end
  for _, name in ipairs(fields.of_message(rule.message)) do
    if of_group and not of_group[name] then
      return ("message: a group has no field '%s'; it has count, and those of group_by and distinct%s"):format(name,
        suggestion(name, of_group)), "message"
    elseif not of_group and not can_have(name) then
      return ("message: there is no field '%s'%s"):format(name, suggestion(name, candidates)), "message"
    end
  end
end

---@param rule rollcall.policy.rule
---@param kinds? table<string, true>  the kinds of the user's that there can be; absent: not known
---@return string? problem
---@return string? field  of the rule, in which it is
function fields.problem(rule, kinds)
  local problem, field = kind_problem(rule, kinds)
  if problem then return problem, field end
  local known, own = kinds_of(rule, kinds)
  local candidates = {}
  for kind in pairs(known) do
    for name in pairs(presence.names(kind)) do candidates[name] = true end
  end
  local function can_have(name)
    return candidates[name] or own and suggestion(name, candidates) == ""
  end
  for _, name in ipairs(rule.group_by or {}) do
    if of_every_group[name] then return ("group_by: '%s' is what every group has"):format(name), "group_by" end
  end
  for _, list in ipairs { "requires", "group_by", "distinct" } do
    for _, name in ipairs(rule[list] or {}) do
      for _, kind in ipairs(list ~= "distinct" and presence.is_field(name) and rule.kind or {}) do
        if not presence.has_field(kind, name) then
          return ("%s: rows of kind '%s' have no field '%s'"):format(list, kind, name), list
        end
      end
      if not can_have(name) then
        return ("%s: there is no field '%s'%s"):format(list, name, suggestion(name, candidates)), list
      end
    end
  end
  return message_problem(rule, can_have, candidates)
end

return fields
