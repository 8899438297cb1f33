--- Events of the Open Cybersecurity Schema Framework, for the specs of them.
local cjson = require "cjson"
local lab = require "spec.lab"
local text_file = require "spec.lab.text_file"

local ocsf = {}

---Events as a strict reader reads their lines, and as spec/schema/ocsf.schema.json has them.
---@param lines string
---@return table[]
function ocsf.read(lines)
  local folder = lab.run("mktemp -d " .. lab.folder .. "/events.XXXXXX"):match "%S+"
  text_file.put(folder .. "/a.ocsf", lines)
  local said, code, complaint = lab.run(("/usr/bin/python3 spec/schema/validate.py lua/rollcall/manual %s"):format(folder))
  assert(code == 0, said .. complaint)
  local list = {}
  for line in lines:gmatch "([^\n]*)\n" do list[#list + 1] = cjson.decode(line) end
  return list
end

return ocsf
