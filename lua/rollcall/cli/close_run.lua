--- A run of the command close: what it shows of each thing, closes it if it may, and counts.
local progress = require "rollcall.cli.progress"
local system = require "rollcall.system"
local text = require "rollcall.internal.text"

local function at(since)
  return os.date("!%Y-%m-%dT%H:%M:%SZ", since)
end

local descriptions = {}

---@param planned rollcall.closing.planned
function descriptions.file(planned)
  local wanted = planned.wanted
  return ("file %d, %s, of %s"):format(wanted.id, wanted.pathname or "?", wanted.username ~= "" and wanted.username or "?")
end

---@param planned rollcall.closing.planned
function descriptions.session(planned)
  local wanted = planned.wanted
  local parts = { ("session of %s from %s"):format(wanted.username, wanted.client) }
  for i, since in ipairs(wanted.since or {}) do parts[#parts + 1] = (i == 1 and "since " or "and since ") .. at(since) end
  if planned.num_opens then parts[#parts + 1] = text.count(planned.num_opens, "open file", "open files") end
  return table.concat(parts, ", ")
end

---@param planned rollcall.closing.planned
function descriptions.workspace_session(planned)
  local wanted = planned.wanted
  local parts = { "session " .. wanted.id, "of " .. wanted.user_name }
  if wanted.login_user and wanted.login_user ~= wanted.user_name then parts[#parts + 1] = "logged on as " .. wanted.login_user end
  if planned.machine_name then parts[#parts + 1] = "on " .. planned.machine_name end
  if planned.state then parts[#parts + 1] = planned.state end
  if wanted.start_time then parts[#parts + 1] = "since " .. wanted.start_time end
  return table.concat(parts, ", ")
end

---@class rollcall.cli.close_run
---@field given table  as parsed
---@field act? table  the module that acts; nil: nothing is closed
---@field audit? rollcall.closing.audit
---@field closed integer  or what would be
---@field left integer  not closed, or nobody knows
local methods = {}
local metatable = { __index = methods }

---@param words string
function methods.say(words)
  local written, problem = io.stdout:write(text.printable(words), "\n")
  if written then written, problem = io.stdout:flush() end
  if not written then error("cannot write: " .. problem, 0) end
end

---Says on standard error what could not be looked at or closed, and counts it.
---@param words string
---@param count? integer
function methods:fail(words, count)
  self.left = self.left + (count or 1)
  progress.complain(words)
end

---@param kind string
---@return rollcall.closing.way
local function way_of(kind)
  if kind == "workspace_session" then return require "rollcall.closing.workspace" end
  return require "rollcall.closing.smb"[kind]
end

---@param its rollcall.cli.close_target
---@param server any
---@param planned rollcall.closing.planned
---@return rollcall.failure? failure  what kept from looking
function methods:take(its, server, planned)
  local wanted, where = planned.wanted, its.name
  local shown = descriptions[wanted.kind](planned)
  if planned.own then
    self.say(("%s: left alone: %s: rollcall's own logon, or it may be"):format(where, shown))
    return
  elseif not self.act then
    self.closed = self.closed + 1
    self.say(("%s: would close: %s"):format(where, shown))
    return
  end
  local result = self.act.close(way_of(wanted.kind), server, wanted,
    { reason = self.given.reason or planned.message, rule = planned.rule, audit = self.audit })
  local is_gone = result.result == "closed" or result.result == "absent"
  self.closed, self.left = self.closed + (is_gone and 1 or 0), self.left + (is_gone and 0 or 1)
  self.say(("%s: %s: %s%s"):format(where, result.result, shown, result.detail and ": " .. result.detail or ""))
  if result.also_gone then
    self.say(("%s: no longer there either: sessions of %s from the same computer"):format(where, table.concat(result.also_gone, ", ")))
  end
  return result.failure
end

---Whether a service has refused the credentials, which are then of use for nothing else.
---@param failure any
local function is_refused(failure)
  return type(failure) == "table" and failure.source == "workspace" and require("rollcall.workspace.core").is_refusal(failure)
end

---@param its rollcall.cli.close_target
---@param list_of fun(server: any): rollcall.closing.planned[]
function methods:visit(its, list_of)
  local opened, server = pcall(its.open)
  if not opened then return self:fail(tostring(server)) end
  local _ <close> = server
  local listed, list = pcall(list_of, server)
  if not listed then return self:fail(("%s: could not look: %s"):format(its.name, tostring(list))) end
  for i, planned in ipairs(list) do
    if system.caught_signal() then return end
    if is_refused(self:take(its, server, planned)) then
      local rest = #list - i
      if rest > 0 then self:fail(("%s: %d more not tried: the credentials are refused"):format(its.name, rest), rest) end
      return
    end
  end
end

---@return integer left
function methods:finish()
  if not self.act then
    self.say(("# %s would be closed; --yes closes them"):format(text.count(self.closed, "thing", "things")))
  else
    self.say(("# %d closed or gone, %d not"):format(self.closed, self.left))
  end
  return self.left
end

---@param given table  as parsed
---@param audit? rollcall.closing.audit
---@return rollcall.cli.close_run
return function(given, audit)
  return setmetatable({
    given = given, audit = audit, act = given.yes and require "rollcall.closing.act" or nil, closed = 0, left = 0,
  }, metatable)
end
