--- The audit file of what closes, read as outputs are that the schema is held against.
local cjson = require "cjson"
local lab = require "spec.lab"

local audit = {}

---@return table[] entries  none of a file that is not there
function audit.entries(path)
  local list = {}
  for line in lab.run(("cat '%s' 2> /dev/null || true"):format(path)):gmatch "[^\n]+" do list[#list + 1] = cjson.decode(line) end
  return list
end

---@return string phases  "intent, result closed"
function audit.phases(path)
  local list = {}
  for i, entry in ipairs(audit.entries(path)) do list[i] = entry.phase .. (entry.result and " " .. entry.result or "") end
  return table.concat(list, ", ")
end

return audit
