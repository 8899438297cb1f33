--- The verdicts as events of the Open Cybersecurity Schema Framework, each a line: Compliance Findings. A rule that fails has one for each
-- finding. One that passes has one, and so has what is unknown of any rule, since no news would be taken for a pass.
local fingerprint = require "rollcall.policy.fingerprint"
local ocsf = require "rollcall.internal.ocsf"
local text = require "rollcall.internal.text"

local COMPLIANCE_FINDING, CREATE, SUPPRESSED, OF_A_RULE = 2003, 1, 3, 1
local PASS, WARNING, FAIL = 1, 2, 3
local statuses = { "Pass", "Warning", "Fail" }

local UNKNOWN, INFORMATIONAL = 0, 1
local severity_of = { note = 2, warning = 3, error = 4 }

local resource_types = { connection = "share", access = "share", share = "share", file = "file" }
local of_servers = { connection = true, access = true, share = true, file = true, smb_session = true, logon = true }

---@param finding rollcall.policy.finding
---@return table[]?
local function resources_of(finding)
  if not (finding.resource or finding.origin) then return nil end
  return { {
    name = finding.resource or finding.origin, type = finding.resource and resource_types[finding.kind],
    namespace = finding.resource and finding.origin,
  } }
end

---@param finding rollcall.policy.finding
---@return table[]?
local function evidences_of(finding)
  local evidence = {
    user = finding.user and { name = finding.user }, src_endpoint = ocsf.endpoint(finding.client),
    dst_endpoint = of_servers[finding.kind] and ocsf.server(finding.origin) or nil,
  }
  return next(evidence) and { evidence } or nil
end

---@class rollcall.policy.ocsf
---@field result rollcall.policy.result
---@field write fun(text: string)
---@field written table<string, integer>  how many events a finding's name has
local methods = {}
local metatable = { __index = methods }

---@param verdict rollcall.policy.verdict
---@param status integer
---@param severity integer
---@param uid string  the same in every run
---@param message string
---@return table event
function methods:event(verdict, status, severity, uid, message)
  local result = self.result
  local rule = result.policy .. ":" .. verdict.id
  uid = result.policy .. ":" .. uid
  local number = (self.written[uid] or 0) + 1
  self.written[uid] = number
  if number > 1 then uid = ("%s#%d"):format(uid, number) end
  local time = ocsf.time(result.generated_at)
  return {
    class_uid = COMPLIANCE_FINDING, activity_id = CREATE, activity_name = "Create", severity_id = severity, time = time, message = message,
    metadata = { uid = ("%s@%d"):format(uid, result.generated_at) },
    finding_info = {
      uid = uid, title = verdict.description or verdict.id, created_time = time,
      analytic = { uid = rule, name = verdict.id, desc = verdict.description, type_id = OF_A_RULE, type = "Rule" },
    },
    compliance = {
      control = verdict.id, desc = verdict.description, status_id = status, status = statuses[status],
      status_details = result.where and { "only rows where " .. result.where },
    },
  }
end

---@param verdict rollcall.policy.verdict
---@param finding rollcall.policy.finding
function methods:finding(verdict, finding)
  local event = self:event(verdict, FAIL, severity_of[verdict.severity], fingerprint(verdict, finding), finding.message)
  event.resources, event.evidences = resources_of(finding), evidences_of(finding)
  if finding.waived then
    event.status_id, event.status = SUPPRESSED, "Suppressed"
    event.status_detail = ("waived until %s: %s"):format(finding.waived_until, finding.waived)
  end
  self.write(ocsf.line(event))
end

---@param verdict rollcall.policy.verdict
function methods:verdict(verdict)
  for _, finding in ipairs(verdict.findings) do self:finding(verdict, finding) end
  for _, finding in ipairs(verdict.waived) do self:finding(verdict, finding) end
  local judged = ("%d of %s"):format(verdict.rows_judged, text.count(verdict.rows_seen, "row"))
  local more = verdict.violations - #verdict.findings
  if more > 0 then
    local event = self:event(verdict, FAIL, severity_of[verdict.severity], verdict.id .. ":more",
      ("%s: and %d more"):format(verdict.id, more))
    event.count = more
    self.write(ocsf.line(event))
  end
  if #verdict.reasons > 0 then
    local words = verdict.verdict == "fail" and "%s: unknown besides what fails, %s: %s" or "%s: unknown, %s: %s"
    local event = self:event(verdict, WARNING, UNKNOWN, verdict.id, words:format(verdict.id, judged, verdict.reasons[1]))
    local details = event.compliance.status_details or {}
    event.compliance.status_details = table.move(verdict.reasons, 1, #verdict.reasons, #details + 1, details)
    self.write(ocsf.line(event))
  elseif verdict.verdict == "pass" then
    self.write(ocsf.line(self:event(verdict, PASS, INFORMATIONAL, verdict.id, ("%s: pass, %s"):format(verdict.id, judged))))
  end
end

---@param result rollcall.policy.result
---@param write fun(text: string)
return function(result, write)
  local self = setmetatable({ result = result, write = write, written = {} }, metatable)
  for _, verdict in ipairs(result.rules) do self:verdict(verdict) end
end
