--- Tests of a policy: rows, and the verdicts and findings that the rules must give for them.
local columns = require "rollcall.internal.columns"
local declaration = require "rollcall.internal.declaration"
local options = require "rollcall.internal.options"
local presence = require "rollcall.presence"
local policy = require "rollcall.policy"
local row_check = require "rollcall.internal.row_check"
local sandbox = require "rollcall.internal.sandbox"
local session = require "rollcall.workspace.session"
local suggestion = require "rollcall.internal.suggestion"
local sorted = require "rollcall.internal.sorted"
local system = require "rollcall.system"
local text = require "rollcall.internal.text"

local tests = {}

---A test as it was checked; what a file says is in `meta/policy_tests.lua`.
---@class rollcall.policy.test
---@field name string
---@field rows table[]  each with its `kind`
---@field verdicts? table<string, "pass"|"fail"|"unknown">  by the rules' ids
---@field findings? table<string, string[]>  all the messages of a rule
---@field targets? rollcall.outcome[]  the results for the targets; all are complete if not given
---@field now? integer
---@field normalize_user? fun(account: string): string?

---@type rollcall.options.check
local function instant(value)
  local epoch = session.epoch(type(value) == "string" and value or nil)
  if not epoch then return nil, 'must be a time in UTC, such as "2026-11-20 22:00:00"' end
  return epoch
end

local function list_of_tables(value)
  if type(value) ~= "table" then return nil, "must be a list of tables" end
  for i, element in ipairs(value) do
    if type(element) ~= "table" then return nil, ("must be a list of tables; number %d is none"):format(i) end
  end
  return value
end

---A field that rows of a kind do not have. Those of one's own may have any.
---@param kind string
---@param row table
---@return string? problem
local function field_problem(kind, row)
  if not presence.is_known_kind(kind) then return nil end
  local known = {}
  for _, column in ipairs(columns[kind]) do known[column.name] = true end
  for _, name in ipairs(sorted.keys(row)) do
    if not known[name] then
      local meant = suggestion(tostring(name), known)
      return ("a row of kind '%s' has no field '%s'%s"):format(kind, name,
        meant ~= "" and meant or "; it has " .. table.concat(sorted.keys(known), ", "))
    end
  end
end

---@type rollcall.options.check
local function rows(value)
  local list, expectation = list_of_tables(value)
  if not list then return nil, expectation end
  for i, row in ipairs(list) do
    if not options.text(50)(row.kind) then return nil, ("must have a kind each; number %d has none"):format(i) end
    local problem = presence.kind_problem(row.kind)
    if problem then return nil, ("must each have a right kind; in number %d %s"):format(i, problem) end
    local fields = options.merged(row)
    fields.kind = nil
    problem = row_check.problem(row.kind, fields) or field_problem(row.kind, fields)
    if problem then return nil, ("must be such as sources give; in number %d %s"):format(i, problem) end
  end
  return list
end

local completeness = options.one_of { "complete", "partial", "denied", "unreachable", "placeholder" }

local target_fields = {}
for name in ("source target query completeness reason claimed received"):gmatch "%S+" do target_fields[name] = true end

---@param one table
---@return string? problem
local function target_problem(one)
  for _, name in ipairs(sorted.keys(one)) do
    if not target_fields[name] then return ("there is no field '%s'%s"):format(name, suggestion(tostring(name), target_fields)) end
  end
  return row_check.outcome_problem(one) or presence.kind_problem(one.query)
end

---@type rollcall.options.check
local function targets(value)
  local list, expectation = list_of_tables(value)
  if not list then return nil, expectation end
  for i, one in ipairs(list) do
    if type(one.query) ~= "string" or not completeness(one.completeness) then
      return nil, ("must have a query, which is a kind of rows, and a completeness each; number %d has not"):format(i)
    end
    one.source, one.target = one.source or "test", one.target or one.query
    local problem = target_problem(one)
    if problem then return nil, ("must be results for targets; in number %d %s"):format(i, problem) end
  end
  return list
end

local function table_of(check)
  return function(value)
    if type(value) ~= "table" then return nil, "must be a table by the ids of rules" end
    for id, element in pairs(value) do
      local checked, expectation = check(element)
      if checked == nil then return nil, ("of rule '%s' %s"):format(tostring(id), expectation) end
    end
    return value
  end
end

local function messages(value)
  if type(value) == "table" and next(value) == nil then return value end
  return declaration.names(value)
end

---The fields of a test.
tests.fields = declaration.fields {
  { "name", options.text(200), "What is shown." },
  { "rows", rows, "The rows, each with its `kind`, and fields of rows of that kind alone." },
  { "verdicts", table_of(options.one_of { "pass", "fail", "unknown" }),
    "The verdict that each rule must have, by the ids of rules." },
  { "findings", table_of(messages),
    "All the messages that each rule must report, by the ids of rules. A test has this, or `verdicts`, or both, of at least one rule." },
  { "targets", targets,
    "The results for the targets, each with a `query`, which is a kind of rows, and a `completeness`; all are complete if not given." },
  { "now", instant, "When the rows were taken, in UTC." },
  { "normalize_user", options.callable, "As in **rollcall-inventory**(5)." },
}

tests.required = { "name", "rows" }

---Each kind of the rows, and of the rules, complete: nothing else was there.
local function all_complete(its_policy, given)
  local outcomes, listed = {}, {}
  local function add(kind)
    if listed[kind] then return end
    listed[kind] = true
    outcomes[#outcomes + 1] = { source = "test", target = kind, query = kind, completeness = "complete" }
  end
  for _, row in ipairs(given) do add(row.kind) end
  for _, rule in ipairs(its_policy.rules) do
    for _, kind in ipairs(rule.kind or {}) do add(kind) end
  end
  return outcomes
end

local function evaluate(its_policy, test)
  local position = 0
  return policy.evaluate(its_policy, {
    now = test.now, normalize_user = test.normalize_user, outcomes = test.targets or all_complete(its_policy, test.rows),
    rows = function()
      position = position + 1
      local row = test.rows[position]
      if not row then return nil end
      local copy = {}
      for name, value in pairs(row) do copy[name] = value end
      copy.kind = nil
      return row.kind, copy
    end,
  })
end

local function joined(list)
  local in_order = table.move(list, 1, #list, 1, {})
  table.sort(in_order, system.text_less)
  return table.concat(in_order, "\n")
end

---What differs from what a test says.
---@return string[]
local function differences(test, result)
  local lines = {}
  for _, verdict in ipairs(result.rules) do
    local wanted = test.verdicts and test.verdicts[verdict.id]
    if wanted and wanted ~= verdict.verdict then
      local reasons = #verdict.reasons > 0 and ": " .. table.concat(verdict.reasons, "; ") or ""
      lines[#lines + 1] = ("rule '%s': the verdict is %s, not %s%s"):format(verdict.id, verdict.verdict, wanted, reasons)
    end
    if verdict.error and wanted ~= "unknown" then
      lines[#lines + 1] = ("rule '%s': %s"):format(verdict.id, verdict.error)
    end
    local findings = test.findings and test.findings[verdict.id]
    if findings then
      local found = {}
      for i, finding in ipairs(verdict.findings) do found[i] = finding.message end
      if type(findings) == "string" then findings = { findings } end
      if joined(findings) ~= joined(found) then
        lines[#lines + 1] = ("rule '%s': the findings are {%s}, not {%s}"):format(verdict.id, table.concat(found, "; "),
          table.concat(findings, "; "))
      end
    end
  end
  return lines
end

---@param path string
---@param its_policy rollcall.policy
---@return { run: fun(write: fun(text: string)): integer }?  `run` gives how many tests fail
---@return string? problem
function tests.load(path, its_policy)
  local content, problem = sandbox.read(path)
  if not content then return nil, problem end
  local place, list, ids = declaration.of(content, path), {}, {}
  for _, rule in ipairs(its_policy.rules) do ids[rule.id] = true end
  local ran
  ran, problem = sandbox.run(content, path, place:words {
    test = function(given)
      local test = place:block("test", given, tests.fields, tests.required)
      if not test.verdicts and not test.findings then place:fail(nil, "test: verdicts or findings is missing") end
      if not (next(test.verdicts or {}) or next(test.findings or {})) then
        place:fail(test.verdicts and "verdicts" or "findings", "test: expects nothing: verdicts or findings must name a rule")
      end
      for _, field in ipairs { "verdicts", "findings" } do
        for id in pairs(test[field] or {}) do
          if not ids[id] then
            place:fail(field, ("test: %s: there is no rule '%s'%s"):format(field, tostring(id), suggestion(tostring(id), ids)))
          end
        end
      end
      list[#list + 1] = test
    end,
  }, "test files")
  if not ran then return nil, problem end
  if #list == 0 then return nil, path .. ": declares no test" end
  return {
    run = function(write)
      local failed = 0
      for _, test in ipairs(list) do
        local lines = differences(test, evaluate(its_policy, test))
        if #lines > 0 then failed = failed + 1 end
        write(("%s  %s\n"):format(#lines > 0 and "fail" or "pass", text.printable(test.name)))
        for _, line in ipairs(lines) do write("    " .. text.printable(line) .. "\n") end
      end
      write(("# %d pass, %d fail\n"):format(#list - failed, failed))
      return failed
    end,
  }
end

return tests
