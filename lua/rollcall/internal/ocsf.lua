--- What events of the Open Cybersecurity Schema Framework have in common.
local json = require "rollcall.internal.json_text"
local network = require "rollcall.internal.network"
local servernames = require "rollcall.internal.servernames"

local ocsf = {}

local VERSION = "1.8.0"
-- What the type `ip_t` takes.
local LONGEST_ADDRESS = 40

local classes = {
  [0] = { name = "Base Event", category = 0 },
  [2003] = { name = "Compliance Finding", category = 2 },
  [3002] = { name = "Authentication", category = 3 },
}

local severities = { [0] = "Unknown", "Informational", "Low", "Medium", "High" }

---@param seconds? integer  since 1970
---@return integer? milliseconds
function ocsf.time(seconds)
  return seconds and seconds * 1000
end

---@param value string
---@return boolean
local function is_address(value)
  return #value <= LONGEST_ADDRESS and network.address(value) ~= nil and not value:find "%f[%d]0%d+%." and not value:find "%%.*[^%w]"
end

---A computer, of what is known of it.
---@param name? string  or an address
---@param address? string  if the name is none
---@param port? integer
---@return table?  nil where nothing is known
function ocsf.endpoint(name, address, port)
  local endpoint = {}
  for _, value in ipairs { name or false, address or false } do
    if value and value ~= "" then
      local field = is_address(value) and "ip" or value:find(".", 1, true) and "hostname" or "name"
      endpoint[field] = endpoint[field] or value
    end
  end
  if not next(endpoint) then return nil end
  endpoint.port = port
  return endpoint
end

---An SMB server.
---@param servername? string  as it was named in a query, perhaps with a port
---@return table?
function ocsf.server(servername)
  if not servername then return nil end
  local host, port = servernames.split(servername)
  return ocsf.endpoint(host or servername, nil, host and port --[[@as integer?]])
end

---@param account string  as a source spells it
---@return table
function ocsf.user(account)
  local domain, name = account:match "^([^\\]+)\\(.+)$"
  return { name = name or account, domain = domain }
end

---@class rollcall.ocsf.event
---@field class_uid integer
---@field activity_id integer
---@field activity_name string
---@field severity_id integer
---@field time integer
---@field metadata table  besides the product and the version
---@field [string] any

---Writes an event as a line.
---@param event rollcall.ocsf.event  which is completed
---@return string
function ocsf.line(event)
  local class = classes[event.class_uid]
  event.class_name, event.category_uid = class.name, class.category
  event.type_uid = event.class_uid * 100 + event.activity_id
  event.severity = severities[event.severity_id]
  event.metadata.version = VERSION
  event.metadata.product = { name = "rollcall", version = require("rollcall").version }
  return json.value(event) .. "\n"
end

return ocsf
