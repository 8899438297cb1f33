--- One act: look anew, close only what is still what was shown, and look again. What is not certain is said to be so.
local closing = require "rollcall.smb.closing"
local scan = require "rollcall.closing.scan"
local system = require "rollcall.system"

local act = {}

local DEFAULT_WAIT = 5
local SHORTEST_REST, LONGEST_REST = 0.05, 0.5

---The result for something that was to be closed.
---@class rollcall.closing.result
---@field kind "session"|"file"  what it is
---@field servername string  the server, as you named it
---@field result "closed"|"absent"|"changed"|"own"|"present"|"failed"|"unverified"  `closing` says what each means
---@field detail? string  why, or what else there is to know
---@field also_gone? string[]  users of other sessions from the same computer that are gone as well
---@field wanted rollcall.closing.wanted  what was to be closed

---@class rollcall.closing.act_settings
---@field reason? string
---@field rule? string
---@field audit? rollcall.closing.audit
---@field wait? number  seconds after which what is still listed counts as present

local procedures = { session = "NetrSessionDel", file = "NetrFileClose" }

local calls = {}

function calls.session(server, seen)
  local called = {}
  for _, row in ipairs(seen.rows) do
    if not called[row.username] then
      called[row.username] = true
      closing.session(server.handle, server.target, "\\\\" .. row.client, row.username)
    end
  end
end

function calls.file(server, seen)
  closing.file(server.handle, server.target, seen.rows[1].id)
end

-- Of these the server may have done what it was asked, whatever we heard.
local ERROR_NETNAME_DELETED, ERROR_SEM_TIMEOUT, ERROR_PROCESS_ABORTED = 64, 121, 1067
local RPC_S_PROTOCOL_ERROR, RPC_X_BAD_STUB_DATA = 1728, 1783
local is_unclear = {
  [ERROR_NETNAME_DELETED] = true, [ERROR_SEM_TIMEOUT] = true, [ERROR_PROCESS_ABORTED] = true, [RPC_S_PROTOCOL_ERROR] = true,
  [RPC_X_BAD_STUB_DATA] = true,
}

local function is_refusal(failure)
  return type(failure) == "table" and failure.stage == "call" and not is_unclear[failure.code]
end

---Looks until nothing remains, or for so long.
---@return rollcall.closing.seen? after
---@return table|string remaining  or why nobody could look
local function look_again(server, wanted, before, wait)
  local until_then, rest = system.clock() + wait, SHORTEST_REST
  while true do
    local looked, after = pcall(scan.look, server, wanted)
    if not looked then return nil, tostring(after) end
    local remaining = scan.remaining(wanted, before, after)
    if #remaining == 0 or system.clock() + rest > until_then then return after, remaining end
    if not system.sleep(rest) then return after, remaining end
    rest = math.min(2 * rest, LONGEST_REST)
  end
end

local function judged(server, wanted, before, failure, settings)
  local refused = failure and is_refusal(failure)
  local said = failure and tostring(failure) or nil
  local after, remaining = look_again(server, wanted, before, refused and 0 or settings.wait or DEFAULT_WAIT)
  if not after then
    if refused then return "failed", said end
    return "unverified", (said and said .. "; " or "") .. "could not look afterwards: " .. remaining
  end
  if #remaining > 0 then return refused and "failed" or "present", said end
  if refused then return "absent", "it had ended, though the server said: " .. said end
  local detail = said and "it is gone, though the server's answer was lost: " .. said
  if #after.rows > 0 and wanted.kind == "session" then
    detail = (detail and detail .. "; " or "") .. "the same user has connected again from the same computer"
  end
  local also_gone = scan.also_gone(before, after)
  return "closed", detail, also_gone[1] and also_gone
end

---Closes one thing, if it is still there and still the same. Raises that the audit cannot be written, and nothing else.
---@param server rollcall.smb.server
---@param wanted rollcall.closing.wanted
---@param settings rollcall.closing.act_settings
---@return rollcall.closing.result
function act.close(server, wanted, settings)
  local target = server.target
  local logon = target.username ~= "" and (target.domain ~= "" and target.domain .. "\\" .. target.username or target.username) or nil
  local entry = {
    kind = wanted.kind, wanted = wanted, servername = target.servername, logon = logon, call = procedures[wanted.kind],
    reason = settings.reason, rule = settings.rule,
  }
  local name
  local function finish(result, detail, also_gone)
    entry.result, entry.detail, entry.also_gone = result, detail, also_gone
    if settings.audit then settings.audit:finish(entry, name) end
    return {
      kind = wanted.kind, servername = target.servername, result = result, detail = detail, also_gone = also_gone, wanted = wanted,
    }
  end

  local looked, before = pcall(scan.look, server, wanted)
  if not looked then return finish("failed", "could not look: " .. tostring(before)) end
  if #before.rows == 0 then return finish "absent" end
  if before.own then return finish("own", before.own) end
  local problem = scan.change(wanted, before)
  if problem then return finish("changed", problem) end
  entry.wanted = scan.found(wanted, before)
  if settings.audit then name = settings.audit:begin(entry) end
  local called, failure = pcall(calls[wanted.kind], server, before)
  return finish(judged(server, wanted, before, not called and failure or nil, settings))
end

return act
