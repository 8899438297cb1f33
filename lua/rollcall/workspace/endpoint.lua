--- Where the Workspace service is: regions, and endpoints as a caller names them.
local lower = require("rollcall.internal.text").lower
local options = require "rollcall.internal.options"

local endpoint = {}

-- The host's first part in each region that is known to have the service.
local services = {}
for name in ([[ap-southeast-1 ap-southeast-3 la-south-2 la-north-2 sa-brazil-1 cn-east-5 cn-north-11
    me-east-1 af-south-1 tr-west-1 na-mexico-1]]):gmatch("%S+") do
  services[name] = "workspace"
end
for name in ("cn-north-4 cn-north-9 cn-east-3 cn-south-1 cn-southwest-2"):gmatch("%S+") do
  services[name] = "appstream"
end

---@class rollcall.workspace.origin
---@field base_url string  scheme, host and port
---@field host string  as the Host header has it
---@field plain boolean  http
---@field loopback boolean

local DEFAULT_PORTS = { https = "443", http = "80" }

local function is_loopback(name)
  return name == "localhost" or name == "[::1]" or name:find("^127%.%d+%.%d+%.%d+$") ~= nil
end

---@param text string  `host`, `host:port`, or with `https://` or `http://` in front
---@return rollcall.workspace.origin?
---@return string? problem
function endpoint.parse(text)
  local scheme, rest = text:match("^(%a+)://(.*)$")
  scheme, rest = lower(scheme or "https"), (rest or text):gsub("/$", "")
  if not DEFAULT_PORTS[scheme] then return nil, "must begin with https:// or http://" end
  local name, port = rest:match("^(%[[%x:%.]+%])(.*)$")
  if not name then name, port = rest:match("^([A-Za-z0-9%.%-_]+)(.*)$") end
  local digits = port and port:match("^:(%d+)$")
  if not name or not (port == "" or digits and tonumber(digits) >= 1 and tonumber(digits) <= 65535) then
    return nil, "must be a host, or https://host, with :port or without, and nothing after it"
  end
  name = lower(name)
  local host = (digits and digits ~= DEFAULT_PORTS[scheme]) and name .. ":" .. digits or name
  return {
    base_url = scheme .. "://" .. host,
    host = host,
    plain = scheme == "http",
    loopback = is_loopback(name),
  }
end

---@type rollcall.options.check
function endpoint.check(value)
  local text, expectation = options.text(300)(value)
  if not text then return nil, expectation end
  local origin, problem = endpoint.parse(text)
  if not origin then return nil, problem end
  return text
end

---@type rollcall.options.check
function endpoint.check_region(value)
  if type(value) == "string" and value:find("^[a-z0-9%-]+$") and #value <= 64 then return value end
  return nil, "must be a region's id, such as ap-southeast-1"
end

---@type rollcall.options.check
function endpoint.check_project_id(value)
  if type(value) == "string" and #value <= 64 and value:find("^[A-Za-z0-9%-_]+$") then return value end
  return nil, "must be a project's id: letters, digits, - and _"
end

---@param region string
---@return string? endpoint  nil where the service is not known to be
function endpoint.of_region(region)
  return services[region] and ("https://%s.%s.myhuaweicloud.com"):format(services[region], region)
end

---Where a key or a password is known that a host takes: those of all regions are the same, and any other host is on its own.
---@param host string
---@return string
function endpoint.realm(host)
  return host:find "%.myhuaweicloud%.com$" and "myhuaweicloud.com" or host
end

---@param region string
---@return string
function endpoint.iam_of_region(region)
  return ("https://iam.%s.myhuaweicloud.com"):format(region)
end

return endpoint
