--- The engine under the functions of rollcall.smb: visits to servers, run side by side by C.
local core = require "rollcall.smb.core"
local resumable = require("rollcall.internal.lua_versions").resumable
local visit = require "rollcall.smb.visit"

local enumerate = {}

local DEFAULT_CONCURRENCY = 16

---What a kind of enumeration does with a server.
---@class rollcall.smb.plan
---@field begin fun(its_visit: rollcall.smb.visit): rollcall.smb.core.target  the first thing to ask
---@field follow? fun(its_visit: rollcall.smb.visit, ended: rollcall.smb.core.target, outcome: rollcall.smb.core.outcome): rollcall.smb.core.target?  the next, after an answer
---@field finish? fun(its_visit: rollcall.smb.visit)  the last call has ended, well or not; with it, the iterator gives false afterwards

---@class rollcall.smb.handlers
---@field on_error? fun(failure: rollcall.failure)
---@field on_target? fun(outcome: rollcall.outcome)
---@field qualifier? string  what each server is asked about

local function report_failure(handlers, failure)
  if not handlers.on_error then error(failure, 0) end
  handlers.on_error(failure)
end

---Makes the function that core calls at the end of each call.
local function end_of_call(plan, handlers)
  return function(ended, outcome)
    local its_visit = ended.visit
    its_visit:note(outcome, ended.counted)
    if outcome.failure then report_failure(handlers, outcome.failure) end
    -- After a lost connection there is no use in asking on.
    local following = plan.follow and outcome.usable and not its_visit.is_full and plan.follow(its_visit, ended, outcome)
    if following then
      following.visit = its_visit
      return following
    end
    its_visit:let_go()
    if plan.finish then plan.finish(its_visit) end
    if handlers.on_target then handlers.on_target(its_visit:outcome(handlers.qualifier)) end
    -- What it has made ready is given before any other server is waited for.
    if plan.finish then return false end
  end
end

local ERROR_INVALID_NETNAME = 1214

---The result for a server that is not asked, since nothing can have such a name.
---@param server rollcall.smb.misnamed
local function refuse(server, handlers, began)
  local its_visit = visit.new(server, began, { kept = 0 })
  local failure = core.failure {
    source = "smb", target = server.servername, stage = "resolve", code = ERROR_INVALID_NETNAME, name = "ERROR_INVALID_NETNAME",
    message = "servername " .. server.wrong,
  }
  its_visit:note({ failure = failure, received = 0, placeholders = 0 }, false)
  report_failure(handlers, failure)
  if handlers.on_target then handlers.on_target(its_visit:outcome(handlers.qualifier)) end
end

---@param plan rollcall.smb.plan
---@param next_server fun(): rollcall.smb.core.target|rollcall.smb.misnamed|nil
---@param handlers rollcall.smb.handlers
---@param began integer
local function begin_of_visits(plan, next_server, handlers, began)
  local together = { kept = 0 }
  return function()
    for server in next_server do
      if not server.wrong then
        local its_visit = visit.new(server, began, together)
        local first = plan.begin(its_visit)
        first.visit = its_visit
        return first
      end
      refuse(server, handlers, began)
    end
  end
end

---Runs a plan for every server. The four values are those of a generic `for`.
---@param plan rollcall.smb.plan
---@param next_server fun(): rollcall.smb.core.target|rollcall.smb.misnamed|nil
---@param handlers rollcall.smb.handlers
---@param settings { concurrency: integer?, server: rollcall.smb.core.server?, began: integer?, tells_target: boolean?, on_wait: rollcall.on_wait? }  began: when `server` was logged on to
function enumerate.run(plan, next_server, handlers, settings)
  return resumable(core.enumerate {
    next_target = begin_of_visits(plan, next_server, handlers, settings.began or os.time()),
    on_end = end_of_call(plan, handlers),
    concurrency = settings.server and 1 or settings.concurrency or DEFAULT_CONCURRENCY,
    server = settings.server,
    tells_target = settings.tells_target,
    on_wait = settings.on_wait,
  })
end

---Gives an entry to its target, which keeps it.
---@param enumeration userdata  that has just given it
function enumerate.collect(enumeration, its_target, row)
  its_target.collect(row)
  local problem = its_target.visit:keep(row)
  if problem then enumeration:break_off(problem) end
end

---An iterator over the entries of targets without `collect`; those of the others go there.
---@return fun(enumeration: userdata): table?
function enumerate.without_collected(step)
  return function(enumeration)
    while true do
      local row, its_target = step(enumeration)
      if not row or not its_target.collect then return row end
      enumerate.collect(enumeration, its_target, row)
    end
  end
end

---@param server rollcall.smb.core.target
---@return fun(): rollcall.smb.core.target?
function enumerate.once(server)
  return function()
    local once = server
    server = nil
    return once
  end
end

return enumerate
