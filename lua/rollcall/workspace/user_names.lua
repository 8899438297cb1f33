--- Users as a caller names them: one, a list, or an iterator.
local options = require "rollcall.internal.options"

local user_names = {}

local check_one = options.text(1024)

---@type rollcall.options.check
function user_names.check(value)
  if type(value) == "table" and not getmetatable(value) or options.callable(value) then return value end
  return check_one(value)
end

-- Bytes of a name that is none, in failures.
local LONGEST_SHOWN = 300

---Goes through the names and checks each. One of many that no user can have is a failure of this one, and the others follow.
---@param caller string  for the message
---@param names string|string[]|fun(): string?
---@param fail fun(failure: table)  gets the fields of a failure
---@return fun(): string?
function user_names.each(caller, names, fail)
  local next_name, position = names, 0
  if type(names) == "string" then names = { names } end
  if type(names) == "table" and not getmetatable(names) then
    function next_name()
      position = position + 1
      return names[position]
    end
  end
  return function()
    for name in next_name do
      local checked, expectation = check_one(name)
      if checked then return checked end
      if type(name) ~= "string" then error(("%s: user_name %s"):format(caller, expectation), 0) end
      name = name:sub(1, LONGEST_SHOWN)
      fail { source = "workspace", target = name, user_name = name, stage = "request", code = "INVALID_USER_NAME",
        message = "user_name " .. expectation }
    end
  end
end

---The users of listed sessions, each once.
---@param step fun(query: userdata): rollcall.workspace.session?
---@param query userdata
---@return fun(): string?
function user_names.distinct(step, query)
  local seen = {}
  return function()
    for row in step, query do
      local name = row.login_user
      if name and not seen[name] then
        seen[name] = true
        return name
      end
    end
  end
end

return user_names
