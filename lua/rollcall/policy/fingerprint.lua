--- What is the same in a finding of two runs, whatever the seconds in its message.
local text = require "rollcall.internal.text"

local FIELDS = { "user", "client", "resource", "origin" }

---@param verdict rollcall.policy.verdict
---@param finding table  a finding, or none of its fields
---@return string
return function(verdict, finding)
  local parts = { verdict.id }
  local function add(value)
    value = value and text.printable(value) or ""
    parts[#parts + 1] = #value .. ":" .. value
  end
  if finding.group then
    for _, value in ipairs(finding.group) do add(value) end
  else
    for _, name in ipairs(FIELDS) do add(finding[name]) end
  end
  return table.concat(parts, "|")
end
