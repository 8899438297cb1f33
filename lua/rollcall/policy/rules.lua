--- The rules of a policy file as they are declared: what a rule may say, and what it becomes.
local builtin = require "rollcall.policy.builtin"
local declaration = require "rollcall.internal.declaration"
local fields = require "rollcall.policy.fields"
local options = require "rollcall.internal.options"
local suggestion = require "rollcall.internal.suggestion"

local rules = {}

---A rule that was declared.
---@class rollcall.policy.rule
---@field id string  its name in results
---@field severity "error"|"warning"|"note"  how grave it is
---@field description? string  what it is for
---@field kind? string[]  of the rows it is about; absent: all but `except`
---@field except? string  a kind that it is not about
---@field requires_of? table<string, string[]>  what rows of a kind must have besides
---@field every_kind? boolean  it is unknown where sources give only some of its kinds
---@field filter? fun(view: rollcall.presence): any  which of these rows
---@field check? fun(view: rollcall.presence): any  true where a row passes
---@field group_by? string[]  fields whose values make the groups
---@field check_group? fun(group: rollcall.policy.group): any  true where a group passes
---@field distinct? string[]  fields whose values a group collects
---@field message string|fun(subject: table): string  with `{field}` in it
---@field requires? string[]  fields without which a row cannot be judged, besides those of group_by
---@field on_missing? "unknown"|"skip"  what a row without one of these makes the rule; "skip": such a row is not judged
---@field min_rows? integer  with fewer rows judged, the rule is unknown
---@field place string  FILE:LINE
---@field line integer  of the file

---A waiver that was declared.
---@class rollcall.policy.waiver
---@field rule table<string, true>  the rules that it waives, by their ids
---@field match table<string, string>  what a finding must have: user, client, resource, origin
---@field reason string  why it is waived
---@field expires integer  the first second after it, since 1970
---@field day string  its last day, `2026-12-31`
---@field line integer  of the file

local callable = options.callable

local function message(value)
  if type(value) == "string" or callable(value) then return value end
  return nil, "must be text or a function"
end

local function names_or_none(value)
  if type(value) == "table" and #value == 0 then return value end
  return declaration.names(value)
end

-- What a rule says, and a use of a builtin rule may say itself.
local common_fields = {
  { "id", options.text(100),
    "What the rule is called: letters, digits, `.`, `_` and `-`. A builtin rule has its own name with `-` for `_` if none is given." },
  { "severity", options.one_of { "error", "warning", "note" },
    "How grave it is if the rule fails; `error` if not given. See `--fail-on` of **rollcall-check**(1)." },
  { "description", options.text(1000), "What the rule is for; shown in the formats `json` and `sarif`." },
  { "kind", declaration.names, "The kinds of rows that the rule is about; all kinds if not given." },
  { "filter", callable, "Gets a row, and is true where the rule is about it. Fields of `requires` are looked at before." },
  { "message", message,
    "What a row or a group that fails is reported with. `{user}` in it is that field of the row or group; a function gets the row or "
    .. "group and returns the text." },
  { "on_missing", options.one_of { "unknown", "skip" },
    "What happens where a row has no value in a field of `requires` or `group_by`: the verdict is "
    .. "`unknown`, or with `skip` the row is not judged; `unknown` if not given." },
  { "min_rows", options.integer(1, 1000000000),
    "With fewer rows judged the verdict is `unknown`: for a rule about rows of which some are always there." },
}

---The fields of a rule.
rules.fields = declaration.fields(common_fields, {
  { "check", callable, "Gets a row, and is true where it passes. A rule has either this, or `group_by` and `check_group`." },
  { "requires", declaration.names, "Fields without which a row cannot be judged, besides those of `group_by`." },
  { "group_by", declaration.names,
    "Rows with the same values of these fields are a group. A row with a list in such a field is in the group of each value." },
  { "check_group", callable,
    "Gets a group, and is true where it passes. A group has the fields of `group_by`; `count`, the number of its rows; and of each "
    .. "field *F* of `distinct` the number of its values, `distinct.F`, and the values, `values.F`, as keys of a table." },
  { "distinct", names_or_none, "Fields of which a group collects the values." },
})

rules.required = { "id", "message" }

local specification = options.merged(rules.fields)

local function both(first, second)
  return function(view) return second(view) and first(view) end
end

---Names the file's functions of a rule, and checks that they can return something.
local function check_functions(place, given, id)
  for _, field in ipairs { "filter", "check", "check_group", "message" } do
    if type(given[field]) == "function" then
      place:check_function(("rule '%s': %s"):format(id, field), given[field])
    end
  end
end

---Makes the table `builtin` of a policy file.
---@param place rollcall.declaration
---@param unused table<table, { name: string, line: integer }>  gets each rule that is made
local function builtin_for(place, unused)
  local library = {}
  for name, entry in pairs(builtin) do
    if type(entry) == "table" then
      local specified = {}
      for field, check in pairs(entry.specification) do specified[field] = check end
      for _, field in ipairs(common_fields) do specified[field[1]] = field[2] end
      library[name] = function(given)
        local checked = place:block("builtin." .. name, given or {}, specified, entry.required)
        local rule = entry.make(checked, place)
        rule.id = name:gsub("_", "-")
        check_functions(place, checked, checked.id or rule.id)
        local filter = rule.filter
        for _, field in ipairs(common_fields) do
          local name_of_field = field[1]
          if checked[name_of_field] ~= nil then rule[name_of_field] = checked[name_of_field] end
        end
        if checked.filter and filter then rule.filter = both(checked.filter, filter) end
        unused[rule] = { name = name, line = place.line }
        return rule
      end
    end
  end
  return library
end

-- What a builtin rule may have besides.
local own_to_builtin = { "except", "requires_of", "every_kind" }
local function anything(value) return value end
for _, field in ipairs(own_to_builtin) do specification[field] = anything end

local function check_rule(place, given, declared, is_builtin, kinds)
  for _, field in ipairs(not is_builtin and type(given) == "table" and own_to_builtin or {}) do
    if given[field] ~= nil then place:fail(field, ("rule: there is no field '%s'"):format(field)) end
  end
  local rule = place:block("rule", given, specification, rules.required)
  if not rule.id:find "^[%w][%w_.-]*$" then place:fail("id", "rule: id must be made of letters, digits, '.', '_' and '-'") end
  if declared[rule.id] then place:fail("id", ("rule: there is a rule '%s' already"):format(rule.id)) end
  if (rule.check == nil) == (rule.check_group == nil) then
    place:fail(nil, ("rule '%s': takes check, or group_by and check_group"):format(rule.id))
  end
  if (rule.check_group == nil) ~= (rule.group_by == nil) then
    place:fail(nil, ("rule '%s': check_group and group_by belong together"):format(rule.id))
  end
  if rule.distinct and not rule.group_by then
    place:fail("distinct", ("rule '%s': distinct belongs to group_by"):format(rule.id))
  end
  if not is_builtin then check_functions(place, rule, rule.id) end
  local problem, field = fields.problem(rule, kinds)
  if problem then place:fail(field, ("rule '%s': %s"):format(rule.id, problem)) end
  rule.severity = rule.severity or "error"
  rule.place, rule.line = ("%s:%d"):format(place.name, place.line), place.line
  return rule
end

---The fields of a waiver.
rules.waiver_fields = declaration.fields {
  { "rule", declaration.names, "The ids of the rules that it is for." },
  { "user", options.text(256), "The user that it is for; compared as accounts are." },
  { "client", options.text(256), "The client that it is for." },
  { "resource", options.text(1024), "The resource that it is for." },
  { "origin", options.text(256), "The server or service that it is for." },
  { "reason", options.text(1000), "Why; it is shown beside each finding." },
  { "expires", function(value) return declaration.day(value) and value, "must be a day, such as 2026-12-31" end, "The last day on "
      .. "which it holds, in UTC." },
}

rules.waiver_required = { "rule", "reason", "expires" }

local function check_waiver(place, given)
  local checked = place:block("waive", given, rules.waiver_fields, rules.waiver_required)
  local waiver = {
    rule = {}, match = {}, reason = checked.reason, day = checked.expires, expires = declaration.day(checked.expires), line = place.line,
  }
  for _, id in ipairs(checked.rule) do waiver.rule[id] = true end
  for _, field in ipairs { "user", "client", "resource", "origin" } do waiver.match[field] = checked[field] end
  return waiver
end

---@class rollcall.policy.declared
---@field rules rollcall.policy.rule[]
---@field waivers rollcall.policy.waiver[]

---The words of a policy file, and what they gather.
---@param place rollcall.declaration
---@param kinds? table<string, true>  the kinds that the sources can give besides those of this project; absent: not known
---@return table<string, any> vocabulary
---@return rollcall.policy.declared gathered
---@return fun() finish  raises the errors that can be seen only at the end of the file
function rules.vocabulary(place, kinds)
  local gathered, declared, unused = { rules = {}, waivers = {} }, {}, {}
  local words = place:words {
    builtin = builtin_for(place, unused),
    rule = function(given)
      local is_builtin = unused[given] ~= nil
      local rule = check_rule(place, given, declared, is_builtin, kinds)
      if is_builtin then unused[given] = nil end
      declared[rule.id] = true
      table.insert(gathered.rules, rule)
    end,
    waive = function(given) table.insert(gathered.waivers, check_waiver(place, given)) end,
  }
  return words, gathered, function()
    local first
    for _, one in pairs(unused) do
      if not first or one.line < first.line then first = one end
    end
    if first then
      place:fail(nil, ("builtin.%s: is not used; write rule(builtin.%s { ... })"):format(first.name, first.name), first.line)
    end
    for _, waiver in ipairs(gathered.waivers) do
      for id in pairs(waiver.rule) do
        if not declared[id] then
          place:fail("rule", ("waive: there is no rule '%s'%s"):format(id, suggestion(id, declared)), waiver.line)
        end
      end
    end
  end
end

return rules
