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

---@param path string
---@param act fun(): any
---@return string content  a second after the act began
---@return any result  of the act
function audit.meanwhile(path, act)
  local reader <close> = io.popen(("sleep 1; cat '%s'"):format(path))
  local result = act()
  return reader:read "a", result
end

return audit
