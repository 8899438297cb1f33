--- One act: look anew, close only what is still what was shown, and look again. What is not certain is said to be so.
local system = require "rollcall.system"

local act = {}

---The result for something that was to be closed.
---@class rollcall.closing.result
---@field kind "session"|"file"|"workspace_session"  what it is
---@field servername string  the server, as you named it; of Workspace the host
---@field result "closed"|"absent"|"changed"|"own"|"present"|"failed"|"unverified"  `closing` says what each means
---@field detail? string  why, or what else there is to know
---@field also_gone? string[]  users of other sessions from the same computer that are gone as well
---@field failure? rollcall.failure  what kept from looking, if something did
---@field wanted rollcall.closing.wanted  what was to be closed

---@class rollcall.closing.act_settings
---@field reason? string
---@field rule? string
---@field audit? rollcall.closing.audit
---@field wait? number  seconds after which what is still listed counts as present
---@field message? string  of a Workspace session: what its client shows
---@field title? string  likewise
---@field message_type? integer  likewise
---@field delay_time? integer  of a Workspace session: seconds until it is ended

---How one kind of thing is looked for and closed. What is looked at, or asked, is the first parameter of each.
---@class rollcall.closing.way
---@field call string  the call, as the audit names it
---@field shortest_rest number  seconds between two listings after the act; the longest is ten times that
---@field wait number  seconds after the act for which it may be listed still, where nobody says
---@field servername fun(server: any): string
---@field logon? fun(server: any): string?  as whom; absent: not known
---@field look fun(server: any, wanted: rollcall.closing.wanted): rollcall.closing.seen  raises what keeps from seeing all there is
---@field change fun(wanted: rollcall.closing.wanted, seen: rollcall.closing.seen): string?
---@field found fun(wanted: rollcall.closing.wanted, seen: rollcall.closing.seen): rollcall.closing.wanted
---@field close fun(server: any, seen: rollcall.closing.seen, wanted: rollcall.closing.wanted, settings: rollcall.closing.act_settings)  raises what is not success
---@field is_refusal fun(failure: any): boolean  whether it was certainly not done
---@field remaining fun(wanted: rollcall.closing.wanted, before: rollcall.closing.seen, after: rollcall.closing.seen): table[]
---@field returned? fun(after: rollcall.closing.seen): string?  what has come back since
---@field also_gone? fun(before: rollcall.closing.seen, after: rollcall.closing.seen): string[]

---Looks until nothing remains, or for so long.
---@return rollcall.closing.seen? after
---@return any remaining  or what kept from looking
local function look_again(way, server, wanted, before, wait)
  local until_then, rest = system.clock() + wait, way.shortest_rest
  while true do
    local looked, after = pcall(way.look, server, wanted)
    if not looked then return nil, after end
    local remaining = way.remaining(wanted, before, after)
    local left = until_then - system.clock()
    if #remaining == 0 or left <= 0 or not system.sleep(math.min(rest, left)) then return after, remaining end
    rest = math.min(2 * rest, 10 * way.shortest_rest)
  end
end

---@return string result
---@return string? detail
---@return string[]? also_gone
---@return any failure  what kept from looking
local function judged(way, server, wanted, before, failure, settings)
  local refused = failure and way.is_refusal(failure)
  local said = failure and tostring(failure) or nil
  local wait = refused and 0 or (settings.wait or way.wait) + (settings.delay_time or 0)
  local after, remaining = look_again(way, server, wanted, before, wait)
  if not after then
    if refused then return "failed", said, nil, remaining end
    return "unverified", (said and said .. "; " or "") .. "could not look afterwards: " .. tostring(remaining), nil, remaining
  end
  if #remaining > 0 then return refused and "failed" or "present", said end
  if refused then return "absent", "it had ended, though the server said: " .. said end
  local detail = said and "it is gone, though the server's answer was lost: " .. said
  local returned = way.returned and way.returned(after)
  if returned then detail = (detail and detail .. "; " or "") .. returned end
  local also_gone = way.also_gone and way.also_gone(before, after) or {}
  return "closed", detail, also_gone[1] and also_gone
end

---Closes one thing, if it is still there and still the same. Raises that the audit cannot be written, and nothing else.
---@param way rollcall.closing.way
---@param server any  a `rollcall.smb.server`, or a `rollcall.workspace.client`
---@param wanted rollcall.closing.wanted
---@param settings rollcall.closing.act_settings
---@return rollcall.closing.result
function act.close(way, server, wanted, settings)
  local servername = way.servername(server)
  local entry = {
    kind = wanted.kind, wanted = wanted, servername = servername, logon = way.logon and way.logon(server), call = way.call,
    reason = settings.reason, rule = settings.rule,
  }
  local name
  local function finish(result, detail, also_gone, failure)
    entry.result, entry.detail, entry.also_gone = result, detail, also_gone
    if settings.audit then settings.audit:finish(entry, name) end
    return {
      kind = wanted.kind, servername = servername, result = result, detail = detail, also_gone = also_gone, wanted = wanted,
      failure = type(failure) == "table" and failure or nil,
    }
  end

  local looked, before = pcall(way.look, server, wanted)
  if not looked then return finish("failed", "could not look: " .. tostring(before), nil, before) end
  if #before.rows == 0 then return finish "absent" end
  if before.own then return finish("own", before.own) end
  local problem = way.change(wanted, before)
  if problem then return finish("changed", problem) end
  entry.wanted = way.found(wanted, before)
  if settings.audit then name = settings.audit:begin(entry) end
  local called, failure = pcall(way.close, server, before, wanted, settings)
  return finish(judged(way, server, wanted, before, not called and failure or nil, settings))
end

return act
