local core = require "rollcall.workspace.core"
local text = require "rollcall.internal.text"

---The result for the service as a whole: of how many users it was asked, and of how many it answered.
---@param target string  the service, as outputs name it
---@param project_id string
---@param users string[]  those that it was asked about
---@param answered integer
---@param failures rollcall.failure[]
---@return rollcall.outcome
return function(target, project_id, users, answered, failures)
  local refused, asked = false, #users
  for _, failure in ipairs(failures) do
    refused = refused or failure.status == 403 or core.is_refusal(failure)
  end
  local completeness = "complete"
  if #failures > 0 then completeness = answered > 0 and "partial" or refused and "denied" or "unreachable" end
  local names = {}
  for _, name in ipairs(users) do
    if type(name) == "string" then names[#names + 1] = name end
  end
  return {
    source = "workspace", target = target, project_id = project_id, users = #names > 0 and names or nil,
    completeness = completeness, claimed = asked, received = answered,
    reason = failures[1] and ("the query failed for %d of %s: %s"):format(asked - answered, text.count(asked, "user"), failures[1].message),
  }
end
