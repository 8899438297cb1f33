local core = require "rollcall.workspace.core"
local text = require "rollcall.internal.text"

---The result for the service as a whole: of how many users it was asked, and of how many it answered.
---@param target string  the service, as outputs name it
---@param asked integer
---@param answered integer
---@param failures rollcall.failure[]
---@return rollcall.outcome
return function(target, asked, answered, failures)
  local refused = false
  for _, failure in ipairs(failures) do
    refused = refused or failure.status == 403 or core.is_refusal(failure)
  end
  local completeness = "complete"
  if #failures > 0 then completeness = answered > 0 and "partial" or refused and "denied" or "unreachable" end
  return {
    source = "workspace", target = target, completeness = completeness, claimed = asked, received = answered,
    reason = failures[1] and ("the query failed for %d of %s: %s"):format(asked - answered, text.count(asked, "user"), failures[1].message),
  }
end
