--- One rule at work: it is given rows, and at the end has findings and a verdict.
local case = require "rollcall.internal.case"
local presence = require "rollcall.presence"
local builtin = require "rollcall.policy.builtin"
local groups = require "rollcall.policy.groups"
local reasons_of = require "rollcall.policy.reasons"
local text = require "rollcall.internal.text"

local judge = {}

---What a rule found wrong.
---@class rollcall.policy.finding
---@field message string  what the rule says of it
---@field kind? string  of the row; nil for a group
---@field user? string  as in rollcall.presence
---@field client? string  as in rollcall.presence
---@field resource? string  as in rollcall.presence
---@field origin? string  as in rollcall.presence
---@field group? string[]  of a group: `field=value` for each field of `group_by`
---@field row? rollcall.policy.finding_row  of a session or an open file that can be known again, and nil of all else
---@field waived? string  why it is waived
---@field waived_until? string  the last day of that, `2026-12-31`

---What distinguishes the session or the open file that a finding is about.
---@class rollcall.policy.finding_row
---@field servername? string  the server, as you named it; of Workspace absent
---@field username? string  as the server spells it
---@field client? string  of a session: the computer
---@field since? integer  of a session: when it began, in seconds since 1970
---@field id? integer|string  of a file: its number, unsigned, 32 bits; of a session of Workspace: its `id`
---@field pathname? string  of a file: on the server
---@field origin? string  of a session of Workspace: the region or endpoint
---@field project_id? string  likewise: the project
---@field user_name? string  likewise: the user who was asked about
---@field login_user? string  likewise: who is logged on
---@field start_time? string  likewise: when it began, as the service says

---What a rule came to.
---@class rollcall.policy.verdict
---@field id string  the rule's
---@field severity "error"|"warning"|"note"  the rule's
---@field description? string  the rule's
---@field line integer  of the policy file on which the rule stands
---@field verdict "pass"|"fail"|"unknown"  unknown: some of what it is about could not be seen, or the rule raised an error
---@field reasons string[]  why it is unknown
---@field error? string  that a function of the rule raised while it was evaluated; one of the reasons
---@field rows_judged integer  those with the fields that it requires, which its filter lets through
---@field rows_seen integer  of the kinds that the rule is about
---@field violations integer  all of them, of which `findings` are the first
---@field findings rollcall.policy.finding[]  at most 1000
---@field waived rollcall.policy.finding[]  likewise, those that a waiver is for

---How many findings of a rule are kept; all are counted.
judge.FINDINGS = 1000

local methods = {}
local metatable = { __index = methods }

---@class rollcall.policy.judging
---@field now integer  at which waivers are judged
---@field waivers rollcall.policy.waiver[]
---@field normalize_user fun(account: string): string?
---@field where? string  which rows are judged; absent: all
---@field trace? rollcall.policy.trace  what gets a report of each row
---@field elapsed? fun(): number  seconds since `now`; nil: all rows are from then
---@field numberings table<string, table>  empty for the first rule, and for the others as it was for it

---@param rule rollcall.policy.rule
---@param settings rollcall.policy.judging
function judge.new(rule, settings)
  local kinds
  if rule.kind then
    kinds = {}
    for _, kind in ipairs(rule.kind) do kinds[kind] = true end
  end
  local waivers = {}
  for _, waiver in ipairs(settings.waivers) do
    if waiver.rule[rule.id] and settings.now < waiver.expires then waivers[#waivers + 1] = waiver end
  end
  local self = setmetatable({
    rule = rule, kinds = kinds, waivers = waivers, normalize_user = settings.normalize_user, violations = 0,
    findings = {}, waived = {}, missing = {}, trace = settings.trace, where = settings.where, left_out = 0, undecided = 0,
    rows_seen = 0, rows_judged = 0,
    elapsed = settings.elapsed,
    groups = rule.group_by and groups.new(rule.group_by, rule.distinct or {}, settings.numberings),
  }, metatable)
  self.required = self:fields_needed()
  self.take = self.trace and self:traced_taker() or self:taker(rule.filter, rule.check)
  return self
end

---What must be there for a row to be judged, and whether every view answers to it.
function methods:fields_needed()
  local list, listed, common = {}, {}, {}
  for _, name in ipairs(presence.fields) do common[name] = true end
  for _, names in ipairs { self.rule.requires or {}, self.rule.group_by or {} } do
    for _, name in ipairs(names) do
      if not listed[name] then
        listed[name] = true
        list[#list + 1] = { name = name, common = common[name] }
      end
    end
  end
  return list
end

---@param kind string
function methods:is_about(kind)
  if self.rule.except == kind then return false end
  return not self.kinds or self.kinds[kind] == true
end

---Takes note of a row that is not to be judged.
---@param is_possible boolean  it could be one that is, if fields that it lacks were known
function methods:leave_out(is_possible)
  self.left_out = self.left_out + 1
  if is_possible then self.undecided = self.undecided + 1 end
end

---Ends this rule, and no other.
---@param problem any
function methods:fail(problem)
  self.take = nil
  local is_text = type(problem) == "string" or (getmetatable(problem) or {}).__tostring
  self.error = is_text and tostring(problem) or ("%s: raised an error that is not text"):format(self.rule.place)
end

---Ends a rule that groups, as unknown, and forgets its groups.
---@param reason string
---@return boolean  whether there were any
function methods:give_up_groups(reason)
  if not (self.groups and self.take) then return false end
  self.take, self.given_up = nil, reason
  self.groups:forget()
  return true
end

local durations = { idle = true, duration = true }

local function shown(value, name)
  if value == nil then return "?" end
  if durations[name] and math.type(value) then return builtin.duration(value) end
  return text.of(value)
end

function methods:message(subject, field)
  local message = self.rule.message
  if type(message) == "string" then
    return (string.gsub(message, "{([%w_]+)}", function(name) return shown(field(subject, name), name) end))
  end
  local made = message(subject)
  if type(made) ~= "string" then
    error(("%s: rule '%s': message returned a %s; it must return a string"):format(self.rule.place, self.rule.id, type(made)), 0)
  end
  return made
end

local function same(value, found)
  return found ~= nil and case.lower(value) == case.lower(text.of(found))
end

---Whether a waiver's user is that of a finding: as it is written there, or by the rule that makes users of accounts.
function methods:is_user(value, finding, account)
  if same(value, finding.user) or same(value, account) then return true end
  return finding.user ~= nil and self.normalize_user(value) == finding.user
end

function methods:waiver_for(finding, account)
  for _, waiver in ipairs(self.waivers) do
    local fits = true
    for field, value in pairs(waiver.match) do
      if field == "user" then
        fits = fits and self:is_user(value, finding, account)
      else
        fits = fits and same(value, finding[field])
      end
    end
    if fits then return waiver end
  end
end

local finding_fields = { "user", "client", "resource", "origin" }

local workspace_fields = { "origin", "project_id", "id", "user_name", "login_user", "start_time" }

---@param row rollcall.workspace.session
---@return rollcall.policy.finding_row?
local function workspace_identity(row)
  local its = {}
  for _, name in ipairs(workspace_fields) do
    if row[name] == nil then return nil end
    its[name] = row[name]
  end
  return its
end

---@param view rollcall.presence
---@param elapsed? fun(): number
---@return rollcall.policy.finding_row?
local function identity(view, elapsed)
  local kind, row = view.kind, view.row
  if kind == "session" then return workspace_identity(row) end
  if kind == "file" then
    return row.id and { servername = row.servername, id = row.id, pathname = row.pathname, username = row.username }
  end
  -- That of a connection says nothing of when the session began.
  local is_session = kind == "smb_session" or kind == "access" and row.sources and not string.find(row.sources, "connection", 1, true)
  if not (is_session and row.username and row.client and view.since) then return nil end
  local since = view.since + (not row.since and elapsed and math.floor(elapsed()) or 0)
  return { servername = row.servername, client = row.client, username = row.username, since = since }
end

---@param group_by string[]
---@param group rollcall.policy.group
---@return string[]
local function group_identity(group_by, group)
  local its = {}
  for i, name in ipairs(group_by) do its[i] = name .. "=" .. text.of(rawget(group, name)) end
  return its
end

---@param subject rollcall.presence|rollcall.policy.group
---@param field fun(subject: table, name: string): any
---@return rollcall.policy.finding
function methods:found(subject, field)
  local finding = { message = self:message(subject, field), kind = field(subject, "kind") }
  for _, name in ipairs(finding_fields) do
    local value
    if self.groups then value = rawget(subject, name) else value = field(subject, name) end
    finding[name] = value ~= nil and text.of(value) or nil
  end
  if self.groups then
    finding.group = group_identity(self.rule.group_by, subject)
  else
    finding.row = identity(subject, self.elapsed)
  end
  local waiver = #self.waivers > 0 and self:waiver_for(finding, field(subject, "account"))
  if waiver then
    finding.waived, finding.waived_until = waiver.reason, waiver.day
    if #self.waived < judge.FINDINGS then table.insert(self.waived, finding) end
  else
    self.violations = self.violations + 1
    if self.violations <= judge.FINDINGS then self.findings[self.violations] = finding end
  end
  return finding
end

---What a function that must say yes or no said.
function methods:answer(what, said)
  if said == nil then
    error(("%s: rule '%s': %s returned nothing; it must return true or false"):format(self.rule.place, self.rule.id, what), 0)
  end
  return said
end

---A field of a view that rows of its kind may not have.
local function field_of(view, one)
  if one.common then return view[one.name] end
  return presence.field(view, one.name)
end

---The first field that a row lacks of those that rows of its kind need besides.
local function lacking_of_kind(rule, view)
  for _, name in ipairs(rule.requires_of and rule.requires_of[view.kind] or {}) do
    if presence.field(view, name) == nil then return name end
  end
end

---The first field that a row lacks and the rule needs.
local function lacking(self, view)
  for _, one in ipairs(self.required) do
    if field_of(view, one) == nil then return one.name end
  end
  return lacking_of_kind(self.rule, view)
end

function methods:note_missing(name)
  if self.rule.on_missing ~= "skip" then self.missing[name] = (self.missing[name] or 0) + 1 end
end

function methods:fails(view, said)
  self:answer("check", said)
  self:found(view, presence.field)
end

---Judges rows, one after another: most pass, and a million of them go through it. Raises what functions of the rule raise;
---rows after the one of which they do are not judged.
---@param first string  a field without which a row is not judged
---@param second string  another
---@param filter? fun(view: rollcall.presence): any
---@param check fun(view: rollcall.presence): any
local function judge_rows(self, views, count, first, second, filter, check)
  for i = 1, count do
    local view = views[i]
    self.rows_seen = self.rows_seen + 1
    local missing = not (view[first] and view[second]) and lacking(self, view)
    if missing then
      self:note_missing(missing)
    elseif not filter or filter(view) then
      self.rows_judged = self.rows_judged + 1
      local said = check(view)
      if not said then self:fails(view, said) end
    end
  end
end

---Makes the function that judges rows.
---@param filter? fun(view: rollcall.presence): any  of the rule
---@param check? fun(view: rollcall.presence): any  of the rule; absent: it groups
---@return fun(views: rollcall.presence[], count: integer)  as judge_rows
function methods:taker(filter, check)
  check = check or self.groups:adder()
  -- Nearly every rule needs one field or two, which every view answers to, and each view has a kind: with the general way alone a
  -- check takes 1.8 times as long.
  local names, more = {}, self.rule.requires_of ~= nil
  for i, one in ipairs(self.required) do
    names[i] = one.name
    more = more or i > 2 or not one.common
  end
  if not more then
    local first, second = names[1] or "kind", names[2] or "kind"
    return function(views, count) judge_rows(self, views, count, first, second, filter, check) end
  end
  local function is_judged(view)
    local missing = lacking(self, view)
    if missing then return self:note_missing(missing) end
    return not filter or filter(view)
  end
  return function(views, count) judge_rows(self, views, count, "kind", "kind", is_judged, check) end
end

---The result of a row that was judged or not, for a trace.
function methods:result_of(view, judged_before, violations_before, waived_before)
  local missing = lacking(self, view)
  if missing then
    return ("field '%s' is missing: %s"):format(missing, self.rule.on_missing == "skip" and "not judged" or "unknown")
  end
  if self.rows_judged == judged_before then return "not judged: filter is false" end
  if self.groups then return "judged with its group" end
  if self.violations > violations_before then return "fail" end
  return #self.waived > waived_before and "waived" or "pass"
end

---As `taker`, and each row is reported: what the rule read of it, and the result.
---@return fun(views: rollcall.presence[], count: integer)
function methods:traced_taker()
  local tracing = self.trace
  local watched
  local function watching(f) return f and function() return f(watched) end end
  local take = self:taker(watching(self.rule.filter), watching(self.rule.check))
  return function(views, count)
    for i = 1, count do
      local view = views[i]
      local asked
      watched, asked = tracing.watch(view)
      local judged, violations, waived = self.rows_judged, self.violations, #self.waived
      local ended, problem = pcall(take, { view }, 1)
      local result = ended and self:result_of(view, judged, violations, waived) or "error: " .. tostring(problem)
      tracing:row(view, asked, self.required, result)
      if not ended then error(problem, 0) end
    end
  end
end

---Judges the groups.
function methods:take_groups()
  if not self.groups then return end
  for group in self.groups:each() do
    local said = self.rule.check_group(group)
    local finding
    if not said then
      self:answer("check_group", said)
      finding = self:found(group, groups.field)
    end
    if self.trace then self.trace:group(group, self.rule, finding and (finding.waived and "waived" or "fail") or "pass") end
  end
end

---@param outcomes? rollcall.outcome[]  nil: nothing is known of the targets, and only rows that were judged count
---@return rollcall.policy.verdict
function methods:finish(outcomes)
  local rule = self.rule
  if not self.error then
    local ended, problem = pcall(self.take_groups, self)
    if not ended then self:fail(problem) end
  end
  local reasons = reasons_of(self, outcomes)
  return {
    id = rule.id, severity = rule.severity, description = rule.description, line = rule.line,
    verdict = self.violations > 0 and "fail" or #reasons > 0 and "unknown" or "pass",
    reasons = reasons, error = self.error, rows_judged = self.rows_judged, rows_seen = self.rows_seen, violations = self.violations,
    findings = self.findings, waived = self.waived,
  }
end

return judge
