--- The shell that Wine itself runs under, for specs that look at what was written with programs which know
-- nothing of Wine. spec/windows/run runs what is asked for here; the command `rollcall` among it is the one
-- for Windows.
local system = require "rollcall.system"

local shell = {}

local LONGEST = 60 -- seconds that a command may take

local function variable(name)
  return assert(os.getenv(name), "run by make test-windows")
end

local folder = variable "LAB_FOLDER"

---Polls until `condition` gives something true, and returns it; an error after so many seconds, or ten.
function shell.eventually(what, condition, seconds)
  for _ = 1, 100 * (seconds or 10) do
    local result = condition()
    if result then return result end
    system.sleep(0.01)
  end
  error(what .. " did not come about")
end

local function take(name)
  local file = io.open(folder .. "/" .. name, "rb")
  if not file then return nil end
  local content = file:read("a")
  file:close()
  os.remove(folder .. "/" .. name)
  return content
end

local asked = 0

---Runs a command; returns its output, its exit code and what it said on stderr.
function shell.run(command)
  asked = asked + 1
  local name = "command" .. asked
  local script = assert(io.open(folder .. "/" .. name .. ".new", "wb"))
  script:write(command, "\n")
  script:close()
  assert(os.rename(folder .. "/" .. name .. ".new", folder .. "/" .. name))
  local code = shell.eventually("the end of " .. command, function() return take(name .. ".code") end, LONGEST)
  -- What is said on stderr ends its lines as Windows does.
  return take(name .. ".out"), math.tointeger(tonumber(code)), (take(name .. ".err"):gsub("\r\n", "\n"))
end

---`io` and `os` as they are where this shell is the system's.
shell.io, shell.os = setmetatable({}, { __index = io }), setmetatable({}, { __index = os })

---@param command string
function shell.io.popen(command)
  local name = folder .. "/piped"
  local output, code = shell.run(command)
  local file = assert(io.open(name, "w+b"))
  file:write(output)
  file:seek("set")
  return {
    read = function(_, format) return file:read(format) end,
    close = function()
      file:close()
      os.remove(name)
      return code == 0 or nil, "exit", code
    end,
  }
end

function shell.os.execute(command)
  local _, code = shell.run(command)
  return code == 0 or nil, "exit", code
end

return shell
