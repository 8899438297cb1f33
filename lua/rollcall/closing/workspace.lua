--- How sessions of Huawei Cloud Workspace are looked for and ended.
local cjson = require "cjson"
local closing = require "rollcall.workspace.closing"
local options = require "rollcall.internal.options"
local workspace_scan = require "rollcall.closing.workspace_scan"

---@type rollcall.closing.way
return {
  call = "LogoffUserSession",
  shortest_rest = 0.2,
  wait = 30,
  servername = function(client) return client:host() end,
  logon = function(client) return client.logon end, ---@diagnostic disable-line: invisible
  look = workspace_scan.look,
  change = workspace_scan.change,
  found = workspace_scan.found,
  remaining = workspace_scan.remaining,
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
  -- What has no token, or no credentials that are good, was not asked. An error inside the service may have come after it had begun,
  -- and an answer without a status says nothing.
  is_refusal = function(failure)
    if type(failure) ~= "table" then return false end
    if failure.stage == "token" or failure.code == "CREDENTIALS_REFUSED" then return true end
    return failure.stage == "answer" and failure.status ~= nil and failure.status < 500
  end,
}
