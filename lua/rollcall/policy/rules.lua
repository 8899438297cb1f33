--- The rules of a policy file as they are declared: what a rule may say, and what it becomes.
local declaration = require "rollcall.internal.declaration"
local options = require "rollcall.internal.options"
local builtin = require "rollcall.policy.builtin"

local rules = {}

---@class rollcall.policy.rule
---@field id string
---@field severity "error"|"warning"|"note"
---@field description? string
---@field kind? string[]  of the rows it is about; absent: all
---@field filter? fun(view: rollcall.presence): any  which of these rows
---@field check? fun(view: rollcall.presence): any  true where a row passes
---@field group_by? string[]
---@field check_group? fun(group: rollcall.policy.group): any  true where a group passes
---@field distinct? string[]  fields whose values a group collects
---@field message string|fun(subject: table): string  with `{field}` in it
---@field requires? string[]  fields without which a row cannot be judged
---@field on_missing? "unknown"|"skip"  what a row without one of these makes the rule; "skip": such a row is not judged
---@field trusted table<function, true>  those functions that need no sandbox

---@class rollcall.policy.waiver
---@field rule table<string, true>
---@field match table<string, string>
---@field reason string
---@field expires integer  the first second after it, since 1970
---@field day string

local callable = options.callable

local function message(value)
  if type(value) == "string" then return value end
  return callable(value)
end

local specification = {
  id = options.text(100), severity = declaration.one_of { "error", "warning", "note" }, description = options.text(1000),
  kind = declaration.names, filter = callable, check = callable, group_by = declaration.names, check_group = callable,
  message = message, requires = declaration.names, on_missing = declaration.one_of { "unknown", "skip" },
}

local function names_or_none(value)
  if type(value) == "table" and #value == 0 then return value end
  return declaration.names(value)
end
specification.distinct = names_or_none

-- What a use of a builtin rule may set itself.
local common = { "id", "severity", "description", "kind", "on_missing", "message", "filter" }

local function both(first, second)
  if not first then return second end
  return function(view) return second(view) and first(view) end
end

---Makes the table `builtin` of a policy file.
---@param place rollcall.declaration
---@param trusted table<function, true>  gets the library's own functions
local function builtin_for(place, trusted)
  local library = {}
  for name, entry in pairs(builtin) do
    if type(entry) == "table" then
      local specified = {}
      for field, check in pairs(entry.specification) do specified[field] = check end
      for _, field in ipairs(common) do specified[field] = specification[field] end
      library[name] = function(given)
        local checked = place:block(name, given or {}, specified, entry.required)
        local rule = entry.make(checked, place)
        for _, value in pairs(rule) do
          if type(value) == "function" then trusted[value] = true end
        end
        rule.id = name:gsub("_", "-")
        local filter = rule.filter
        for _, field in ipairs(common) do
          if checked[field] ~= nil then rule[field] = checked[field] end
        end
        if checked.filter and filter then rule.filter = both(checked.filter, filter) end
        return rule
      end
    end
  end
  return library
end

local function check_rule(place, given, declared)
  local rule = place:block("rule", given, specification, { "id", "message" })
  if not rule.id:find "^[%w][%w_.-]*$" then place:mistake("id", "rule: id must be made of letters, digits, '.', '_' and '-'") end
  if declared[rule.id] then place:mistake("id", ("rule: there is a rule '%s' already"):format(rule.id)) end
  if (rule.check == nil) == (rule.check_group == nil) then
    place:mistake(nil, ("rule '%s': takes check, or group_by and check_group"):format(rule.id))
  end
  if (rule.check_group == nil) ~= (rule.group_by == nil) then
    place:mistake(nil, ("rule '%s': group and group_by belong together"):format(rule.id))
  end
  rule.severity = rule.severity or "error"
  return rule
end

local waiver_specification = {
  rule = declaration.names, user = options.text(256), client = options.text(256), resource = options.text(1024), origin = options.text(256),
  reason = options.text(1000), expires = function(value) return declaration.day(value) and value, "must be a day, such as 2026-12-31" end,
}

local function check_waiver(place, given)
  local checked = place:block("waive", given, waiver_specification, { "rule", "reason", "expires" })
  local waiver = { rule = {}, match = {}, reason = checked.reason, day = checked.expires, expires = declaration.day(checked.expires) }
  for _, id in ipairs(checked.rule) do waiver.rule[id] = true end
  for _, field in ipairs { "user", "client", "resource", "origin" } do waiver.match[field] = checked[field] end
  return waiver
end

---The words of a policy file, and what they gather.
---@param place rollcall.declaration
---@return table<string, any> vocabulary
---@return { rules: rollcall.policy.rule[], waivers: rollcall.policy.waiver[], trusted: table<function, true> } gathered
function rules.vocabulary(place)
  local gathered, declared = { rules = {}, waivers = {}, trusted = {} }, {}
  return {
    builtin = builtin_for(place, gathered.trusted),
    rule = function(given)
      local rule = check_rule(place, given, declared)
      declared[rule.id] = true
      table.insert(gathered.rules, rule)
    end,
    waive = function(given) table.insert(gathered.waivers, check_waiver(place, given)) end,
  }, gathered
end

return rules
