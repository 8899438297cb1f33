--- Commands, and logons by programs of their own.
local cjson = require "cjson"

local shell = {}

local function taken(path)
  local file = assert(io.open(path))
  local content = file:read("a")
  file:close()
  os.remove(path)
  return content
end

---Runs a shell command; returns its output, its exit code and what it said on stderr.
function shell.run(command)
  local complaints = os.tmpname()
  local codes = complaints .. ".code" -- LuaJIT's close does not say it
  local pipe = assert(io.popen(("( %s ) 2> %s; echo $? > %s"):format(command, complaints, codes)))
  local output = pipe:read("a")
  pipe:close()
  local complained, code = taken(complaints), tonumber((taken(codes)))
  local collect = package.loaded["spec.lab.collect"]
  if collect then collect.command(command, output, code) end
  return output, code, complained
end

function shell.quoted(text) return "'" .. text:gsub("'", "'\\''") .. "'" end

---@return string[]
function shell.lines(command)
  local lines = {}
  for line in shell.run(command):gmatch("[^\n]+") do lines[#lines + 1] = line end
  return lines
end

---The process ids of the workers that this process has started.
---@return string[]
function shell.workers()
  return shell.lines([[templates=$(pgrep -x smbtemplate -P $PPID)
    pgrep -x smbpipe -P "$(echo $PPID $templates | tr ' ' ,)" || echo $templates]])
end

---What comes of logons, one after another, in a program of their own.
---@param way "fan-out"|"handles"
---@param wanted table[]  connect options
---@param environment string  arguments of env, such as "KRB5CCNAME=/tmp/x"
---@return { users: string[]?, stage: string?, code: integer?, name: string?, message: string? }[], string[] workers
function shell.logons(way, wanted, environment)
  local output, code, complaint = shell.run(("printf %%s %s | env %s lua5.4 spec/lab/logons.lua %s"):format(
    shell.quoted(cjson.encode(wanted)), environment, way))
  assert(code == 0, complaint)
  local told = cjson.decode(output)
  return told.results, told.workers
end

return shell
