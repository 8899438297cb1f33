--- The options of a client of Workspace: what is given and what is found elsewhere, checked at the door.
local credentials = require "rollcall.workspace.credentials"
local endpoint = require "rollcall.workspace.endpoint"
local options = require "rollcall.internal.options"

local client_options = {}

---What can stand in a header: printable ASCII, no blanks and no line breaks.
---@param most integer  bytes
---@return rollcall.options.check
local function header_text(most)
  return function(value)
    if type(value) == "string" and #value <= most and value:find("^[\x21-\x7e]+$") then return value end
    return nil, "must be printable ASCII without blanks"
  end
end

---What holds for a query: given to a client for all its queries, or to one of them.
---@class rollcall.workspace.query_options
---@field timeout? number  seconds for one attempt; default 30
---@field deadline? number  seconds for a query with all its attempts and the pauses between; default 120
---@field retries? integer  attempts after the first, for what may pass, from 0 to 100; default 3
---@field max_body? integer  bytes of an answer, up to 1 GiB; default 4194304

---How to reach the service, and as whom. The credentials are a token; or a username, a password and a domain; or an AK and an SK. What
---of them is not given is taken from where Huawei's SDKs take it: the environment, then `~/.huaweicloud/credentials`.
---@class rollcall.workspace.client_options: rollcall.workspace.query_options
---@field endpoint? string  `https://host`; wins over `region`; absent: that of the region
---@field region? string  such as `ap-southeast-1`; absent: `endpoint` says where
---@field project_id? string  letters, digits, - and _; absent: HUAWEICLOUD_SDK_PROJECT_ID, or that of the credentials file
---@field token? string  an IAM token; absent: another credential
---@field username? string  the IAM user who gets a token; absent: another credential
---@field password? string  of that user; absent: another credential
---@field domain? string  the name of the account that the user belongs to; absent: HUAWEICLOUD_SDK_DOMAIN_ID
---@field ak? string  the access key with which each request is signed; absent: HUAWEICLOUD_SDK_AK, or that of the credentials file
---@field sk? string  its secret; absent: HUAWEICLOUD_SDK_SK, or that of the credentials file
---@field security_token? string  of temporary keys; absent: HUAWEICLOUD_SDK_SECURITY_TOKEN, or that of the credentials file
---@field iam_endpoint? string  where a token is got; absent: HUAWEICLOUD_SDK_IAM_ENDPOINT, that of the credentials file, or that of the region
---@field ca_file? string  certificates to trust, PEM; absent: the system's
---@field proxy? string  as libcurl takes it; absent: HTTPS_PROXY of the environment
---@field connect_timeout? number  seconds; default 10
---@field retry_refused? number  seconds for which credentials that were refused are not tried again by this Lua state; default 3600
---@field name? string  what the failures of others call this client, where credentials that they share were refused to it; absent: its service and project
---@field concurrency? integer  requests in flight, from 1 to 1024; default 32
---@field on_error? fun(failure: rollcall.failure)  gets each failure while the others go on; absent: the first is raised
---@field allow_http? boolean  send credentials in the clear to hosts other than this computer; default false

---What holds for every query.
client_options.query_specification = {
  timeout = options.seconds,
  deadline = options.seconds,
  concurrency = options.integer(1, 1024),
  retries = options.integer(0, 100),
  max_body = options.integer(1, 0x40000000),
  on_error = options.callable,
}

local specification = options.merged(client_options.query_specification, {
  endpoint = endpoint.check,
  region = endpoint.check_region,
  project_id = endpoint.check_project_id,
  token = header_text(32768),
  username = options.text(256),
  password = options.text(1024),
  domain = options.text(256),
  ak = header_text(128),
  sk = header_text(256),
  security_token = header_text(32768),
  iam_endpoint = endpoint.check,
  ca_file = options.text(4096),
  proxy = options.text(2048),
  connect_timeout = options.seconds,
  retry_refused = options.seconds,
  name = options.text(8192),
  allow_http = options.boolean,
})

-- What was found in the environment or a file is held to what an option is held to.
local function check_found(checked)
  for name, check in pairs(specification) do
    if checked[name] ~= nil then
      local value, expectation = check(checked[name])
      if value == nil then return name .. " " .. expectation end
    end
  end
end

---@return string? problem
---@return string? missing  the option
local function check_credentials(checked)
  local login = checked.username or checked.password or checked.domain
  local keys = checked.ak or checked.sk or checked.security_token
  if (checked.token and 1 or 0) + (login and 1 or 0) + (keys and 1 or 0) > 1 then
    return "token, username and ak exclude each other"
  end
  if login then
    if not checked.username then return "username is missing", "username" end
    if not checked.password then return "password is missing" end
    if not (checked.domain or checked.domain_id) then
      return "domain is missing: the name of the account that the user belongs to", "domain"
    end
  elseif keys then
    if not checked.ak then return "ak is missing" end
    if not checked.sk then return "sk is missing" end
  elseif not checked.token then
    return "credentials are missing: token; or username, password and domain; or ak and sk", "token"
  end
end

---@return rollcall.workspace.origin?
---@return string? problem
local function origin_of(name, url, checked)
  local origin = assert(endpoint.parse(url))
  if origin.plain and not checked.allow_http and not (origin.loopback and not checked.proxy) then
    return nil, name .. " must be https, since credentials go there; allow_http = true allows http"
  end
  return origin
end

local function service_origin(checked)
  local url = checked.endpoint
  if not url then
    if not checked.region then return nil, "endpoint or region is missing", "endpoint" end
    url = endpoint.of_region(checked.region)
    if not url then
      return nil, ("region '%s' is not known to have the service; give its endpoint"):format(checked.region)
    end
  end
  return origin_of("endpoint", url, checked)
end

local function iam_origin(checked)
  local url = checked.iam_endpoint or checked.region and endpoint.iam_of_region(checked.region)
  if not url then return nil, "iam_endpoint or region is missing, where the token comes from", "iam_endpoint" end
  return origin_of("iam_endpoint", url, checked)
end

---Checks the options, and adds what is found where Huawei's SDKs take it from, and the origins of the service and of IAM.
---@param given rollcall.workspace.client_options
---@return table? checked
---@return string? problem
---@return string? missing  the option that is
function client_options.checked(given)
  local missing
  local checked, problem = options.checked(given, specification)
  if not checked then return nil, problem end
  checked, problem = credentials.complete(checked)
  if not checked then return nil, problem end
  problem = check_found(checked)
  if problem then return nil, problem end
  problem, missing = check_credentials(checked)
  if problem then return nil, problem, missing end
  if not checked.project_id then return nil, "project_id is missing", "project_id" end
  checked.origin, problem, missing = service_origin(checked)
  if problem then return nil, problem, missing end
  if checked.username then checked.iam_origin, problem, missing = iam_origin(checked) end
  if problem then return nil, problem, missing end
  return checked
end

return client_options
