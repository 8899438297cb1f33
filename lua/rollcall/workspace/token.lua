--- A token from IAM, kept until shortly before it expires.
local cjson = require "cjson"
local core = require "rollcall.workspace.core"
local options = require "rollcall.internal.options"
local resumed = require("rollcall.internal.lua_versions").resumed
local session = require "rollcall.workspace.session"

local token = {}

---Where IAM gives tokens.
token.PATH = "/v3/auth/tokens?nocatalog=true"
-- A token that is about to run out could do so on its way.
local SPARE = 300
-- When the answer does not say; IAM's documentation says 24 hours.
local ASSUMED_LIFE = 3600

---@class rollcall.workspace.login
---@field username string
---@field password string
---@field domain? string  name of the account
---@field domain_id? string
---@field region? string  the project of this name is what the token is for
---@field project_id string  otherwise this one

---@param login rollcall.workspace.login
---@return string
local function body_of(login)
  local domain = login.domain and { name = login.domain } or { id = login.domain_id }
  local project = login.region and { name = login.region } or { id = login.project_id }
  return cjson.encode {
    auth = {
      identity = {
        methods = { "password" },
        password = { user = { name = login.username, password = login.password, domain = domain } },
      },
      scope = { project = project },
    },
  }
end

---A function that gives the token and until when to use it, in seconds since 1970. It asks IAM only
---when it has none, when the one it has runs out, or when that one was `refused`; and waits as the query does that it
---is for. Gives nothing if that was closed meanwhile.
---@param login rollcall.workspace.login
---@param request rollcall.workspace.core.token_request  all but the body
---@return fun(refused: string?, query: userdata): string?, integer?
function token.keeper(login, request)
  local current, until_then
  return function(refused, query)
    if not current or current == refused or os.time() >= until_then then
      local fetched, expires_at = resumed(core.fetch_token(options.merged(request, { body = body_of(login), query = query })))
      if not fetched then return nil end
      current = fetched
      local now = os.time()
      local expiry = session.epoch(expires_at) or now
      -- One that seems to have run out is used all the same, since the clock here may be wrong.
      local life = expiry > now and expiry - now or ASSUMED_LIFE
      until_then = now + life - math.min(SPARE, math.floor(life / 2))
    end
    return current, until_then
  end
end

return token
