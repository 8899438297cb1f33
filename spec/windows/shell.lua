--- The shell that Wine itself runs under, for specs that look at what was written with programs which know
-- nothing of Wine. The command `rollcall` in their hands is the one for Windows.
local core = require "rollcall.core"

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
    core.sleep(0.01)
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

-- The shell may still have the last script open when the next one is written.
local scripts = 0

---Runs a command; returns its output, its exit code and what it said on stderr.
function shell.run(command)
  scripts = scripts + 1
  local name = folder .. "/script" .. scripts
  local script = assert(io.open(name, "wb"))
  script:write(("cd '%s' || exit\n( %s\n)"):format(variable "LAB_ROOT", command),
    ((" > FOLDER/out 2> FOLDER/err\necho $? > FOLDER/code.new\nmv FOLDER/code.new FOLDER/code\n"):gsub("FOLDER", folder)))
  script:close()
  assert(os.execute("start /wait /unix /bin/sh " .. name)) -- and Wine does not wait
  local code = shell.eventually("the end of " .. command, function() return take "code" end, LONGEST)
  os.remove(name)
  return take "out", math.tointeger(tonumber(code)), take "err"
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
