--- Users as a caller names them: one, a list, or an iterator.
local options = require "rollcall.internal.options"

local user_names = {}

local check_one = options.text(1024)

---@type rollcall.options.check
function user_names.check(value)
  if type(value) == "table" and not getmetatable(value) or options.callable(value) then return value end
  return check_one(value)
end

---Goes through the names and checks each.
---@param caller string  for the message
---@param names string|string[]|fun(): string?
---@return fun(): string?
function user_names.each(caller, names)
  local position = 0
  if type(names) == "string" then names = { names } end
  return function()
    local name
    if type(names) == "table" and not getmetatable(names) then
      position = position + 1
      name = names[position]
    else
      name = names()
    end
    if name == nil then return nil end
    local checked, expectation = check_one(name)
    if not checked then error(("%s: user_name %s"):format(caller, expectation), 0) end
    return checked
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
