--- Who has sessions on the cloud desktops of Huawei Cloud Workspace.
---
--- The query and its names are those of 'Querying Current Session by Username'.
local cjson = require "cjson"
local client_options = require "rollcall.workspace.client_options"
local core = require "rollcall.workspace.core"
local endpoint = require "rollcall.workspace.endpoint"
local listing = require "rollcall.workspace.listing"
local options = require "rollcall.internal.options"
local session = require "rollcall.workspace.session"
local text = require "rollcall.internal.text"
local token = require "rollcall.workspace.token"
local user_names = require "rollcall.workspace.user_names"
local versions = require "rollcall.internal.lua_versions"

local math = versions.math

---@class rollcall.workspace
local workspace = {
  epoch = session.epoch,
  is_live = session.is_live,
  session_type = session.session_type,
  session_fields = session.fields,
}

local DEFAULT_CONCURRENCY = 32

-- An instance of its own, so that settings of the host program's do not reach it, and strict: NaN and 0x10 are no JSON.
local json = cjson.new()
json.decode_invalid_numbers(false)
local decode = json.decode

local sessions_specification = options.merged(client_options.query_specification, {
  on_wait = options.callable,
  user_name = user_names.check,
  on_answer = options.callable,
})

local function milliseconds(seconds)
  return seconds and math.max(1, math.ceil(seconds * 1000))
end

---@return rollcall.workspace.core.transfer_settings
local function settings_of(checked)
  return {
    ca_file = checked.ca_file,
    proxy = checked.proxy,
    connect_timeout_milliseconds = milliseconds(checked.connect_timeout),
    timeout_milliseconds = milliseconds(checked.timeout),
    deadline_milliseconds = milliseconds(checked.deadline),
    retries = checked.retries,
    max_body = checked.max_body,
    decode = decode,
  }
end

local function secrets_of(checked)
  local secrets = {}
  for _, name in ipairs { "token", "password", "ak", "sk", "security_token" } do
    secrets[#secrets + 1] = checked[name]
  end
  return secrets
end

---The credentials of each request as what distinguishes them: the same keys may be locked wherever they are used, a token is for one service.
---@param checked table
---@param host string  of the service
---@return string[]?  nil: tokens are fetched
local function credential_of(checked, host)
  if checked.token then return { host, checked.project_id, checked.token } end
  return checked.ak and { endpoint.realm(host), checked.ak, checked.sk, checked.security_token }
end

---The name under which the service is asked, if it is known: of a token it is not.
local function logon_of(checked)
  if not checked.username then return checked.ak end
  return checked.domain and checked.domain .. "\\" .. checked.username or checked.username
end

---A client of the service: the credentials, and the connections that stay open from one query to the next.
---@class rollcall.workspace.client
---@field private connection_pool userdata
---@field private query table
---@field private defaults table
---@field private origin rollcall.workspace.origin
---@field private logon? string
local client_methods = {}
local client_metatable = { __name = "rollcall.workspace.client", __index = client_methods }

---Checks the options of a client, and connects to nothing. Raises nothing.
---@param given rollcall.workspace.client_options  how to reach the service, and as whom
---@return string? problem  nil: nothing
---@return string? missing  the option, if one that is missing is what is wrong
function workspace.problem(given)
  local _, problem, missing = client_options.checked(given)
  return problem, missing
end

---Makes a client. Nothing is asked until a query is.
---
---     local client <close> = workspace.client { region = "ap-southeast-1", project_id = id, token = token }
---
---Raises what is wrong with the options, as text.
---@see Huawei Cloud Workspace, 'Querying Current Session by Username'
---@param given rollcall.workspace.client_options  how to reach the service, and as whom
---@return rollcall.workspace.client  to be closed
function workspace.client(given)
  local checked, problem = client_options.checked(given)
  options.insist("workspace.client", 2, checked, problem)
  local origin, iam = checked.origin, checked.iam_origin
  local connection_pool = core.connection_pool()
  local query = options.merged(settings_of(checked), {
    connection_pool = connection_pool,
    base_url = origin.base_url,
    host = origin.host,
    plain = origin.plain,
    project_id = checked.project_id,
    token = checked.token,
    ak = checked.ak,
    sk = checked.sk,
    security_token = checked.security_token,
    secrets = secrets_of(checked),
    credential = credential_of(checked, origin.host),
    retry_refused_milliseconds = milliseconds(checked.retry_refused),
    name = checked.name or ("%s, project %s"):format(origin.base_url, checked.project_id),
  })
  if iam then
    query.authorize = token.keeper(checked, options.merged(settings_of(checked), {
      connection_pool = connection_pool,
      base_url = iam.base_url,
      plain = iam.plain,
      path = token.PATH,
      secrets = query.secrets,
      credential = { endpoint.realm(iam.host), checked.username, checked.domain or checked.domain_id, checked.password },
      retry_refused_milliseconds = query.retry_refused_milliseconds,
      name = query.name,
    }))
  end
  return setmetatable({
    connection_pool = connection_pool,
    origin = origin,
    query = query,
    logon = logon_of(checked),
    defaults = { concurrency = checked.concurrency, on_error = checked.on_error },
  }, client_metatable)
end

local function set_of(...)
  local set = {}
  for _, list in ipairs { ... } do
    for _, name in ipairs(list) do set[name] = true end
  end
  return set
end

local session_fields = set_of(session.fields)
local listed_fields = set_of(session.fields, { "app_server_group_name" })

-- What every query of the client's says, with the options of this one.
local function query_of(self, checked, particulars)
  local own = settings_of(checked)
  return options.merged(self.query, own, particulars, {
    concurrency = particulars.concurrency or checked.concurrency or self.defaults.concurrency
      or DEFAULT_CONCURRENCY,
    on_error = particulars.on_error or checked.on_error or self.defaults.on_error,
  })
end

---The service's host. Raises nothing.
---@return string host  with the port where it is not https's
function client_methods:host()
  return self.query.host
end

---The project. Raises nothing.
---@return string project_id  as given, or as it was found
function client_methods:project_id()
  return self.query.project_id
end

---@class rollcall.workspace.sessions_options: rollcall.workspace.query_options
---@field user_name string|string[]|fun(): string?  one name, a list, or an iterator of names; of several, one that no user can have fails alone
---@field on_answer? fun(user_name: string, count: integer)  called for each user about whom the service answered, sessions or none; absent: nothing is
---@field concurrency? integer  requests in flight, from 1 to 1024; default that of the client
---@field on_error? fun(failure: rollcall.failure)  gets each failure while the others go on; absent: the client's, or the first is raised
---@field on_wait? rollcall.on_wait  waits in place of rollcall; absent: the call blocks

---The sessions of one user or of many.
---
---     for s, user_name in client:sessions { user_name = { "user001", "user002" } } do
---       print(user_name, s.session_state, s.client_ip)
---     end
---
---Sessions come as they arrive, those of one user together. A user without sessions yields nothing
---and is no failure; `on_answer` is called for it.
---
---Raises what is wrong with the options, as text, and a `rollcall.failure` for the first user whose query fails. With an `on_error`,
---that gets each failure, and nothing is raised but that the credentials are refused.
---@see Huawei Cloud Workspace, 'Querying Current Session by Username': GET /v1/{project_id}/session/user-session-info
---@param given rollcall.workspace.sessions_options  whose sessions
---@return fun(query: userdata): rollcall.workspace.session?, string?  gives the next session and whose it is
---@return userdata query  what it is called with; `close` ends what is under way
---@return nil
---@return userdata query  to be closed by the loop
function client_methods:sessions(given)
  local caller = "client:sessions"
  local checked = options.check(caller, given, sessions_specification, 2)
  if not checked.user_name then error(caller .. ": user_name is missing", 2) end
  local on_error = checked.on_error or self.defaults.on_error
  local next_name = user_names.each(caller, checked.user_name, function(failure)
    if not on_error then error(core.failure(failure), 0) end
    on_error(core.failure(failure))
  end)
  return versions.resumable(core.query_sessions(query_of(self, checked, {
    path = "/v1/" .. self.query.project_id .. "/session/user-session-info",
    list_name = "session_info_list",
    action = "workspace:session:listSessionByUserName",
    fields = session_fields,
    on_answer = checked.on_answer,
    on_wait = checked.on_wait,
    concurrency = type(checked.user_name) == "string" and 1 or nil,
    next_request = function()
      local name = next_name()
      if name then return "user_name=" .. text.percent_encoded(name), name end
    end,
  })))
end

local list_query_specification = options.merged(client_options.query_specification, {
  limit = options.integer(1, 100),
  on_wait = options.callable,
})
list_query_specification.concurrency, list_query_specification.on_error = nil, nil
local list_specification = options.merged(listing.specification, list_query_specification)

---@class rollcall.workspace.list_options: rollcall.workspace.query_options
---@field query_begin_time string|number  sessions that began from then on: `2024-02-27T03:47:51.182Z`, or seconds since 1970
---@field query_end_time string|number  and until then
---@field user_name? string  only of this user; absent: of all
---@field app_server_group_id? string  only in this group of servers; absent: in all
---@field vm_ip? string  only on the server with this address; absent: on all
---@field public_ip? string  only from this egress address; absent: from all
---@field machine_name? string  only on this machine; absent: on all
---@field is_success? boolean|string  the parameter of this name of the service; absent: it is not sent
---@field session_state? string|string[]  only in this state, or in one of several; absent: in all
---@field limit? integer  sessions a page, from 1 to 100; default 100
---@field on_wait? rollcall.on_wait  waits in place of rollcall; absent: the call blocks

---The sessions of the whole enterprise, page by page. `login_user` says whose each is, and
---`app_server_group_name` comes beside the fields of a session.
---
---Raises what is wrong with the options, as text, and a `rollcall.failure` if a page cannot be had, or if the pages hold fewer sessions
---than the service counts: what comes to an end is complete.
---@see Huawei Cloud Workspace, GET /v1/{project_id}/session/list-sessions
---@param given rollcall.workspace.list_options  which sessions
---@return fun(query: userdata): rollcall.workspace.session?  gives the next session
---@return userdata query  what it is called with; `close` ends what is under way
---@return nil
---@return userdata query  to be closed by the loop
function client_methods:list_sessions(given)
  local caller = "client:list_sessions"
  local checked = options.check(caller, given, list_specification, 2)
  for _, name in ipairs { "query_begin_time", "query_end_time" } do
    if not checked[name] then error(caller .. ": " .. name .. " is missing", 2) end
  end
  local limit = checked.limit or 100
  local parameters = {}
  for name in pairs(listing.specification) do parameters[name] = checked[name] end
  local received, expected, last = 0, nil, false
  return versions.resumable(core.query_sessions(query_of(self, checked, {
    path = "/v1/" .. self.query.project_id .. "/session/list-sessions",
    list_name = "items",
    action = "workspace:session:listSessions",
    fields = listed_fields,
    concurrency = 1,
    on_wait = checked.on_wait,
    on_answer = function(_, count, total)
      -- Numbers of an answer come as they are written.
      expected = type(total) == "string" and total:find "^%d+$" and math.tointeger(tonumber(total)) or nil
      received = received + count
      last = count == 0 or (expected and received >= expected or not expected and count < limit)
      if count == 0 and expected and received < expected then
        error(core.failure {
          source = "workspace", target = self.origin.base_url, stage = "answer", code = "SHORT_LIST",
          message = ("the service counts %s and gives %d"):format(text.count(expected, "session"), received),
        }, 0)
      end
    end,
    next_request = function()
      if not last then return listing.page_query(parameters, limit, received) end
    end,
  })))
end

---The names of the users with sessions, each once: what `client:sessions` takes as `user_name`.
---
---     for s, user_name in client:sessions { user_name = client:user_names { query_begin_time = from, query_end_time = to } } do
---
---Raises as `client:list_sessions` does.
---@param given rollcall.workspace.list_options  of which sessions
---@return fun(): string?  gives the next name
function client_methods:user_names(given)
  local step, query = self:list_sessions(given)
  return user_names.distinct(step, query)
end

---Closes the connections; queries that are under way go on. May be called again. Raises nothing.
function client_methods:close()
  self.connection_pool:close()
end

client_metatable.__close = client_methods.close

function client_metatable:__tostring()
  return ("rollcall.workspace.client: %s, %s"):format(self.origin.base_url, tostring(self.connection_pool))
end

return workspace
