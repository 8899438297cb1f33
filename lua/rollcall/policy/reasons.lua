--- Why a rule is unknown: what of it could not be seen.
local sorted = require "rollcall.internal.sorted"
local text = require "rollcall.internal.text"

---Why rows that were left out leave the rule unknown.
---@param reasons string[]
local function add_left_out(self, reasons)
  if self.undecided > 0 then
    reasons[#reasons + 1] = ("%s left out, and what is missing in %s could be as '%s' says"):format(
      text.count(self.undecided, "row was", "rows were"), self.undecided == 1 and "it" or "them", self.where)
  end
  if self.where and self.rows_seen == 0 then
    reasons[#reasons + 1] = ("no row is as '%s' says; %s left out"):format(self.where, text.count(self.left_out, "was", "were"))
  end
end

-- The fields that a server fills with placeholders, by the kind of row.
local placeholder_lacks = {
  connection = { user = true, account = true, client = true, address = true, since = true, duration = true, encryption = true },
  access = { resource = true, share = true, encryption = true },
}

local function lacks(self, outcome)
  if outcome.completeness ~= "placeholder" then return outcome.completeness ~= "complete" end
  local filled = placeholder_lacks[outcome.query]
  if not filled or #self.required == 0 then return true end
  for _, one in ipairs(self.required) do
    if filled[one.name] then return true end
  end
  return false
end

local of_smb = { "connection", "smb_session", "file", "access", "share" }

---Whether a target's rows are of those that the rule is about. Of a snapshot that could not be read, any may be.
---@param outcome rollcall.outcome
local function concerns(self, outcome)
  if outcome.query then return self:is_about(outcome.query) end
  if outcome.source == "workspace" then return self:is_about "session" end
  if outcome.source ~= "smb" then return true end
  for _, kind in ipairs(of_smb) do
    if self:is_about(kind) then return true end
  end
  return false
end

---What the sources gave, for a rule of which they gave nothing.
local function no_rows(kinds, outcomes)
  local queries = {}
  for _, outcome in ipairs(outcomes) do
    if outcome.query then queries[outcome.query] = true end
  end
  local given = sorted.keys(queries)
  local wanted = kinds and (" of kind '%s'"):format(table.concat(kinds, "', '")) or ""
  return ("no rows%s; the sources gave: %s"):format(wanted, #given > 0 and table.concat(given, ", ") or "nothing")
end

---The kinds of a rule of which no source was asked for rows.
---@param outcomes rollcall.outcome[]
---@return string[]
local function unasked(rule, outcomes)
  local list = {}
  for _, kind in ipairs(rule.every_kind and rule.kind or {}) do
    local asked = false
    for _, outcome in ipairs(outcomes) do asked = asked or outcome.query == nil or outcome.query == kind end
    if not asked then list[#list + 1] = kind end
  end
  return list
end

---The reasons of a rule that has been given all rows.
---@param self table  the judge
---@param outcomes? rollcall.outcome[]  nil: nothing is known of the targets
---@return string[]
return function(self, outcomes)
  local reasons = { self.error or self.given_up }
  add_left_out(self, reasons)
  for _, name in ipairs(sorted.keys(self.missing)) do
    local count = self.missing[name]
    reasons[#reasons + 1] = ("field '%s' is missing in %s"):format(name, text.count(count, "row"))
  end
  local min_rows = self.rule.min_rows
  if min_rows and self.rows_judged < min_rows then
    reasons[#reasons + 1] = ("%s judged, and min_rows is %d"):format(text.count(self.rows_judged, "row was", "rows were"), min_rows)
  end
  local asked = self.rows_judged > 0
  for _, outcome in ipairs(outcomes or {}) do
    if concerns(self, outcome) then
      asked = true
      if lacks(self, outcome) then
        reasons[#reasons + 1] = ("%s: %s%s"):format(outcome.target, outcome.completeness, outcome.reason and ", " .. outcome.reason or "")
      end
    end
  end
  local kinds = outcomes and unasked(self.rule, outcomes) or {}
  if asked and #kinds > 0 then reasons[#reasons + 1] = no_rows(kinds, outcomes) end
  if not asked and #reasons == 0 then reasons[1] = no_rows(self.rule.kind, outcomes or {}) end
  return reasons
end
