--- How sessions of Huawei Cloud Workspace are looked for and ended.
local cjson = require "cjson"
local closing = require "rollcall.workspace.closing"
local options = require "rollcall.internal.options"
local session = require "rollcall.workspace.session"

---Those of the user's sessions that exist still and have the id. Raises what keeps from seeing all there is.
---@param client rollcall.workspace.client
---@param wanted rollcall.closing.wanted
---@return rollcall.closing.seen
local function look(client, wanted)
  local rows, failure = {}, nil
  for row in client:sessions { user_name = wanted.user_name, on_error = function(its) failure = its end } do
    if session.is_live(row) ~= false then
      if not row.id then error("the service does not give the ids of all sessions", 0) end
      if row.id == wanted.id then rows[#rows + 1] = row end
    end
  end
  if failure then error(failure, 0) end
  return { rows = rows, neighbours = {} }
end

---@param wanted rollcall.closing.wanted
---@param seen rollcall.closing.seen
---@return string? problem
local function change(wanted, seen)
  if #seen.rows > 1 then return "several sessions have this id" end
  for _, name in ipairs { "start_time", "login_user" } do
    local now = seen.rows[1][name]
    if wanted[name] and wanted[name] ~= now then return ("%s of the session is now %s"):format(name, now or "missing") end
  end
end

---@type rollcall.closing.way
return {
  call = "LogoffUserSession",
  shortest_rest = 0.2,
  wait = 30,
  servername = function(client) return client:host() end,
  look = look,
  change = change,
  found = function(wanted, seen)
    local row = seen.rows[1]
    return options.merged(wanted, { start_time = row.start_time, login_user = row.login_user })
  end,
  close = function(client, _, wanted, settings)
    local request = client.query ---@diagnostic disable-line: invisible
    local body = {
      session_ids = { wanted.id }, message_type = settings.message_type or 0, delay_time = settings.delay_time or 0,
      message = settings.message, title = settings.title,
    }
    local authorized = {}
    if request.authorize then
      local token = request.authorize()
      authorized = { token = token, secrets = options.merged(request.secrets, { [#request.secrets + 1] = token }) }
    end
    closing.logoff(options.merged(request, authorized, { body = cjson.encode(body) }))
  end,
  -- What got no token was not asked. An error inside the service may have come after it had begun, and an answer without a status
  -- says nothing.
  is_refusal = function(failure)
    if type(failure) ~= "table" then return false end
    return failure.stage == "token" or failure.stage == "answer" and failure.status ~= nil and failure.status < 500
  end,
  remaining = function(_, before, after)
    local remaining = {}
    for _, row in ipairs(after.rows) do
      if row.start_time == before.rows[1].start_time then remaining[#remaining + 1] = row end
    end
    return remaining
  end,
}
