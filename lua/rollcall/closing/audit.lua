--- The audit: a line of JSON before each act and one after it, each on the disk before anything else is done.
local json = require "rollcall.internal.json_text"
local system = require "rollcall.system"

local audit = {}

-- In their order; the manual has the schema.
local fields = {
  "kind", "schema", "act", "phase", "at", "operator", "logon", "call", "servername", "session", "file", "workspace_session", "reason",
  "rule", "result", "detail", "also_gone",
}
local session_fields = { "client", "username", "since" }
local file_fields = { "id", "pathname", "username" }
local workspace_session_fields = { "project_id", "id", "user_name", "login_user", "start_time" }

local function timestamp(seconds)
  return os.date("!%Y-%m-%dT%H:%M:%SZ", seconds)
end

---@class rollcall.closing.audit
---@field file rollcall.system.audit_file
local methods = {}
local metatable = { __index = methods }

---Opens the file, or makes it.
---@param path string
---@return rollcall.closing.audit?
---@return string? problem
function audit.open(path)
  local file, problem = system.audit_file(path)
  if not file then return nil, problem end
  -- Tells acts of one run, and runs of one file, apart.
  local run = ("%s-%08x"):format(os.date "!%Y%m%dT%H%M%SZ", math.random(0, 0xFFFFFFFF))
  return setmetatable({ file = file, run = run, count = 0 }, metatable)
end

---Writes of an act what is about to be done; returns the name that the act has in the file. Raises that it cannot be written.
---@param entry table
function methods:begin(entry)
  self.count = self.count + 1
  local act = ("%s-%d"):format(self.run, self.count)
  self:write(entry, act, "intent")
  return act
end

---Writes the result of an act; without a name, of something that was not done. Raises that it cannot be written.
---@param entry table
---@param act? string
function methods:finish(entry, act)
  if not act then
    self.count = self.count + 1
    act = ("%s-%d"):format(self.run, self.count)
  end
  self:write(entry, act, "result")
end

local function part(values, names)
  if not values then return nil end
  local result = {}
  for _, name in ipairs(names) do result[name] = values[name] end
  if type(result.since) == "table" then
    local since = {}
    for i, seconds in ipairs(result.since) do since[i] = timestamp(seconds) end
    result.since = #since > 0 and since or nil
  end
  return result
end

function methods:write(entry, act, phase)
  local line = {
    schema = json.SCHEMA, kind = "close", act = act, phase = phase, at = timestamp(), operator = system.user_name(),
    session = part(entry.kind == "session" and entry.wanted, session_fields),
    file = part(entry.kind == "file" and entry.wanted, file_fields),
    workspace_session = part(entry.kind == "workspace_session" and entry.wanted, workspace_session_fields),
  }
  for _, name in ipairs { "logon", "call", "servername", "reason", "rule", "result", "detail", "also_gone" } do line[name] = entry[name] end
  local written, problem = self.file:append(json.object(line, fields))
  if not written then error(("the audit cannot be written: %s"):format(problem), 0) end
end

function methods:close()
  self.file:close()
end

metatable.__close = methods.close

return audit
