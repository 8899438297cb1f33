--- What is the same in a finding of two runs, whatever the seconds in its message.
local text = require "rollcall.internal.text"

---@param verdict rollcall.policy.verdict
---@param finding table  a finding, or none of its fields
---@return string
return function(verdict, finding)
  local parts = { verdict.id }
  for _, name in ipairs { "user", "client", "resource", "origin" } do
    local value = finding[name] and text.printable(tostring(finding[name])) or ""
    parts[#parts + 1] = #value .. ":" .. value
  end
  return table.concat(parts, "|")
end
