--- Where the JSON comes from: a command or a file, read within bounds of size and time.
local system = require "rollcall.system"
local text = require "rollcall.internal.text"
local versions = require "rollcall.internal.lua_versions"

local input = {}

---In bytes: some 85 000 open files.
input.LIMIT = 128 * 1024 * 1024

local DEFAULT_DEADLINE = 120
local CHUNK = 1024 * 1024
local PAUSE = 0.05

---@class rollcall.smbstatus.problem
---@field stage "command"|"read"|"answer"
---@field code string
---@field message string

local function problem_of(stage, code, message)
  return nil, { stage = stage, code = code, message = message }
end

local function too_large(stage)
  return problem_of(stage, "TOO_LARGE", ("the JSON is larger than %d MiB, and nothing of it is taken"):format(input.LIMIT // (1024 * 1024)))
end

---@param stage "command"|"read"
---@param read fun(): string|false|nil  false: there is nothing yet, and `wait` has been called
local function gather(stage, read)
  local parts, size = {}, 0
  for part in read do
    if part then
      size = size + #part
      if size > input.LIMIT then return too_large(stage) end
      parts[#parts + 1] = part
    end
  end
  return table.concat(parts)
end

---The first line of what a command complained of, fit for a message.
local function complaint_of(complaint)
  local line = text.printable(text.valid(complaint:match "[^\r\n]+" or ""))
  return line ~= "" and ": " .. text.fit(line, 200) or ""
end

---@param running rollcall.system.running_command
---@param command string
---@param deadline number  seconds
---@param on_wait rollcall.on_wait
---@return string? content
---@return rollcall.smbstatus.problem?
local function output_of(running, command, deadline, on_wait)
  local waited = 0
  ---@return boolean  false once the deadline is over
  local function wait(waits)
    if waited >= deadline then return false end
    waits.timeout = math.min(waits.timeout or deadline, deadline - waited)
    local before = running:seconds()
    local said = on_wait(waits)
    waited = waited + (tonumber(said) or running:seconds() - before)
    return true
  end
  local late = false
  local content, refusal = gather("command", function()
    local part = running:read()
    if part == false and not wait { descriptor = running:descriptor() } then
      late = true
      return nil
    end
    return part
  end)
  if refusal then return nil, refusal end
  local how, code, complaint = running:result()
  while not (how or late) do
    late = not wait { timeout = PAUSE }
    how, code, complaint = running:result()
  end
  if late then
    return problem_of("command", "TIMED_OUT", ("the command did not end within %s seconds: %s"):format(text.number(deadline), command))
  end
  if how ~= "unknown" and (how ~= "exit code" or code ~= 0) then
    return problem_of("command", "COMMAND_FAILED", ("the command failed: %s (%s %d)%s"):format(command, how, code, complaint_of(complaint)))
  end
  return content
end

---@return string? content
---@return rollcall.smbstatus.problem?
local function of_command(command, deadline, on_wait)
  local running, problem = system.start_command(command)
  if not running then return problem_of("command", "COMMAND_FAILED", ("the command cannot be started: %s: %s"):format(command, problem)) end
  return versions.closing(running, output_of, command, deadline, on_wait)
end

---@param path string  "-": standard input
---@return string? content
---@return rollcall.smbstatus.problem?
local function of_file(path)
  local file, problem = io.stdin, nil
  if path ~= "-" then
    file, problem = io.open(path, "rb")
    if not file then return problem_of("read", "CANNOT_READ", "the file cannot be read: " .. problem) end
  end
  local content, refusal = gather("read", function()
    local part
    part, problem = file:read(CHUNK)
    return part
  end)
  if path ~= "-" then file:close() end
  if problem then return problem_of("read", "CANNOT_READ", ("%s cannot be read: %s"):format(path, problem)) end
  return content, refusal
end

---@param given { command: string?, file: string?, deadline: number?, on_wait: rollcall.on_wait? }
---@return string? content
---@return rollcall.smbstatus.problem?
function input.read(given)
  if given.file then return of_file(given.file) end
  return of_command(given.command, given.deadline or DEFAULT_DEADLINE, given.on_wait or system.wait)
end

return input
