--- One rule at work: it is given rows, and at the end has findings and a verdict.
local presence = require "rollcall.presence"
local builtin = require "rollcall.policy.builtin"
local sandbox = require "rollcall.internal.sandbox"

local judge = {}

---What a rule found wrong.
---@class rollcall.policy.finding
---@field message string
---@field kind? string  of the row; nil for a group
---@field user? string
---@field client? string
---@field resource? string
---@field origin? string
---@field waived? string  why it is let pass
---@field waived_until? string

---@class rollcall.policy.group
---@field count integer  rows
---@field distinct table<string, integer>  how many values each collected field has
---@field values table<string, table<any, true>>  these values

---@class rollcall.policy.verdict
---@field id string
---@field severity string
---@field description? string
---@field verdict "pass"|"fail"|"unknown"
---@field reasons string[]  why it is unknown
---@field rows integer  that were judged
---@field violations integer  all of them, of which `findings` are the first
---@field findings rollcall.policy.finding[]
---@field waived rollcall.policy.finding[]

---How many findings of a rule are kept; all are counted.
judge.FINDINGS = 1000

local methods = {}
local metatable = { __index = methods }

---@param rule rollcall.policy.rule
---@param waivers rollcall.policy.waiver[]
---@param trusted table<function, true>
---@param now integer
function judge.new(rule, waivers, trusted, now)
  local kinds
  if rule.kind then
    kinds = {}
    for _, kind in ipairs(rule.kind) do kinds[kind] = true end
  end
  local its_waivers = {}
  for _, waiver in ipairs(waivers) do
    if waiver.rule[rule.id] and now < waiver.expires then its_waivers[#its_waivers + 1] = waiver end
  end
  return setmetatable({
    rule = rule, kinds = kinds, waivers = its_waivers, trusted = trusted, rows = 0, violations = 0, findings = {}, waived = {},
    missing = {}, groups = {}, order = {},
  }, metatable)
end

---@param kind string
function methods:is_about(kind)
  return not self.kinds or self.kinds[kind] == true
end

---Calls a function of the rule, and raises what it raises.
function methods:ask(f, subject)
  if self.trusted[f] then return f(subject) end
  local ended, result = sandbox.call(f, subject)
  if not ended then error(result, 0) end
  return result
end

---Does a part of the work. A failure ends this rule, and no other.
function methods:attempt(work, ...)
  local ended, problem = pcall(work, self, ...)
  if not ended then self.problem = type(problem) == "string" and problem or "raised an error that is no text" end
end

local durations = { idle = true, connected = true }

local function shown(subject, name)
  local value
  local values = rawget(subject, "values")
  if values then
    value = subject[name]
    if value == nil and values[name] then
      local list = {}
      for one in pairs(values[name]) do list[#list + 1] = tostring(one) end
      table.sort(list)
      local more = #list - 5
      value = table.concat(list, ", ", 1, math.min(#list, 5)) .. (more > 0 and (" and %d more"):format(more) or "")
    end
  else
    value = presence.field(subject, name)
  end
  if value == nil then return "?" end
  if durations[name] and math.type(value) then return builtin.duration(value) end
  return tostring(value)
end

function methods:message(subject)
  local message = self.rule.message
  if type(message) ~= "string" then
    local made = self:ask(message, subject)
    return type(made) == "string" and made or self.rule.id
  end
  return (string.gsub(message, "{([%w_]+)}", function(name) return shown(subject, name) end))
end

local function waiver_for(self, finding)
  for _, waiver in ipairs(self.waivers) do
    local fits = true
    for field, value in pairs(waiver.match) do
      local found = finding[field]
      if field == "user" then
        fits = fits and found ~= nil and presence.user_of(value) == found
      else
        fits = fits and found ~= nil and string.lower(value) == string.lower(found)
      end
    end
    if fits then return waiver end
  end
end

function methods:found(subject, fields)
  local finding = { message = self:message(subject), kind = fields.kind }
  for _, name in ipairs { "user", "client", "resource", "origin" } do finding[name] = fields[name] end
  local waiver = #self.waivers > 0 and waiver_for(self, finding)
  if waiver then
    finding.waived, finding.waived_until = waiver.reason, waiver.day
    if #self.waived < judge.FINDINGS then table.insert(self.waived, finding) end
    return
  end
  self.violations = self.violations + 1
  if self.violations <= judge.FINDINGS then self.findings[self.violations] = finding end
end

---Whether a row has the fields that the rule requires; a missing one is noted.
function methods:has_all(view)
  for _, name in ipairs(self.rule.requires or {}) do
    if view[name] == nil then
      if self.rule.on_missing ~= "skip" then self.missing[name] = (self.missing[name] or 0) + 1 end
      return false
    end
  end
  return true
end

local nothing = {}

local function key_of(view, fields)
  if not fields[2] then return view[fields[1]] end
  local parts = {}
  for i, name in ipairs(fields) do
    local text = tostring(view[name])
    parts[i] = #text .. ":" .. text
  end
  return table.concat(parts)
end

function methods:add_to_group(view)
  local rule = self.rule
  local key = key_of(view, rule.group_by)
  if key == nil then return end
  local group = self.groups[key]
  if not group then
    group = { count = 0, distinct = {}, values = {} }
    for _, name in ipairs(rule.group_by) do group[name] = view[name] end
    for _, name in ipairs(rule.distinct or {}) do group.distinct[name], group.values[name] = 0, {} end
    self.groups[key] = group
    self.order[#self.order + 1] = group
  end
  group.count = group.count + 1
  for _, name in ipairs(rule.distinct or nothing) do
    local value, seen = view[name], group.values[name]
    if value ~= nil and not seen[value] then
      seen[value] = true
      group.distinct[name] = group.distinct[name] + 1
    end
  end
end

local function judge_row(self, view)
  local rule = self.rule
  local filter = rule.filter
  if filter and not self:ask(filter, view) then return end
  if rule.requires and not self:has_all(view) then return end
  self.rows = self.rows + 1
  if rule.group_by then
    self:add_to_group(view)
  elseif not self:ask(rule.check, view) then
    self:found(view, view)
  end
end

local function judge_group(self, group)
  if not self:ask(self.rule.check_group, group) then self:found(group, group) end
end

---@param view rollcall.presence
function methods:take(view)
  if not self.problem then self:attempt(judge_row, view) end
end

-- The fields that a server fills with placeholders, by the kind of row.
local placeholder_lacks = {
  connection = { user = true, account = true, client = true, address = true, since = true, connected = true },
  presence = { resource = true, share = true },
}

local function lacks(rule, outcome)
  if outcome.completeness ~= "placeholder" then return outcome.completeness ~= "complete" end
  local lacking = placeholder_lacks[outcome.query]
  if not lacking or not rule.requires then return true end
  for _, name in ipairs(rule.requires) do
    if lacking[name] then return true end
  end
  return false
end

---@param outcome rollcall.outcome
local function concerns(self, outcome)
  if not self.kinds or self.kinds[outcome.query] then return true end
  if outcome.query then return false end
  if outcome.source == "workspace" then return self.kinds.session end
  return self.kinds.connection or self.kinds.smb_session or self.kinds.file or self.kinds.presence or self.kinds.share
end

---@param outcomes? rollcall.outcome[]  nil: the rows are all there is
---@return rollcall.policy.verdict
function methods:finish(outcomes)
  local rule = self.rule
  for _, group in ipairs(self.order) do
    if self.problem then break end
    self:attempt(judge_group, group)
  end
  local reasons, asked = {}, outcomes == nil or self.rows > 0
  if self.problem then reasons[1] = self.problem end
  for name, count in pairs(self.missing) do
    reasons[#reasons + 1] = ("field '%s' is missing in %d row%s"):format(name, count, count == 1 and "" or "s")
  end
  table.sort(reasons)
  for _, outcome in ipairs(outcomes or {}) do
    if concerns(self, outcome) then
      asked = true
      if lacks(rule, outcome) then
        reasons[#reasons + 1] = ("%s: %s%s"):format(outcome.target, outcome.completeness, outcome.reason and ", " .. outcome.reason or "")
      end
    end
  end
  if not asked then reasons[1] = "nothing was asked that this rule is about" end
  return {
    id = rule.id, severity = rule.severity, description = rule.description,
    verdict = self.violations > 0 and "fail" or #reasons > 0 and "unknown" or "pass",
    reasons = reasons, rows = self.rows, violations = self.violations, findings = self.findings, waived = self.waived,
  }
end

return judge
