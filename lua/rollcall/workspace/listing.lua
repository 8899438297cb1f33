--- What can be asked of `list-sessions`, and how a page of it is asked for.
local math = require("rollcall.internal.lua_versions").math
local options = require "rollcall.internal.options"
local system = require "rollcall.system"
local text = require "rollcall.internal.text"

local listing = {}

---@type rollcall.options.check
local function moment(value)
  if type(value) == "string" and value:find("^%d%d%d%d%-%d%d%-%d%dT%d%d:%d%d:%d%d%.%d%d%dZ$") then
    return value
  end
  local seconds = type(value) == "number" and math.tointeger(math.floor(value))
  if seconds and seconds >= 0 and seconds < 253402300800 then
    return os.date("!%Y-%m-%dT%H:%M:%S.000Z", seconds)
  end
  return nil, "must be seconds since 1970, or text like 2024-02-27T03:47:51.182Z"
end

---@type rollcall.options.check
local function is_success(value)
  if type(value) == "boolean" then return tostring(value) end
  if value == "true" or value == "false" then return value end
  return nil, "must be true or false"
end

---@type rollcall.options.check
local function states(value)
  if type(value) == "table" then value = table.concat(value, ",") end
  return options.text(256)(value)
end

---The parameters of list-sessions, beside limit and offset.
---@type table<string, rollcall.options.check>
listing.specification = {
  query_begin_time = moment,
  query_end_time = moment,
  user_name = options.text(256),
  app_server_group_id = options.text(64),
  vm_ip = options.text(64),
  public_ip = options.text(64),
  machine_name = options.text(128),
  is_success = is_success,
  session_state = states,
}

---The query string of a page, its parameters in the order in which a signature wants them.
---@param parameters table<string, string>
---@param limit integer
---@param offset integer
---@return string
function listing.page_query(parameters, limit, offset)
  local members = { "limit=" .. limit, "offset=" .. offset }
  for name, value in pairs(parameters) do members[#members + 1] = name .. "=" .. text.percent_encoded(value) end
  table.sort(members, system.text_less)
  return table.concat(members, "&")
end

return listing
