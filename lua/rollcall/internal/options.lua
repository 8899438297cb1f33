--- Checks the options of a call at the door: every wrong one raises, and names itself.
--
-- Knows no option of its own; each module says what it takes.
local suggestion = require "rollcall.internal.suggestion"
local versions = require "rollcall.internal.lua_versions"

local math, utf8 = versions.math, versions.utf8

local options = {}

---What an option may be: its value, or nil and what it must be.
---@alias rollcall.options.check fun(value: any): any, string?

---@param least integer
---@param most integer
---@return rollcall.options.check
function options.integer(least, most)
  return function(value)
    local integer = math.type(value) and math.tointeger(value)
    if integer and integer >= least and integer <= most then return integer end
    return nil, ("must be an integer from %d to %d"):format(least, most)
  end
end

---A positive number of seconds, up to a day.
---@type rollcall.options.check
function options.seconds(value)
  if math.type(value) and value > 0 and value <= 86400 then return value end
  return nil, "must be a number of seconds, more than 0 and at most 86400"
end

---Text that can be handed to C and to the wire: valid UTF-8 without a zero.
---@param most integer  bytes
---@param least? integer  bytes; 1 if not given
---@return rollcall.options.check
function options.text(most, least)
  least = least or 1
  return function(value)
    if type(value) ~= "string" then return nil, "must be a string" end
    if #value < least then return nil, "must not be empty" end
    if #value > most then return nil, ("must be at most %d bytes long"):format(most) end
    if value:find("\0", 1, true) then return nil, "must be text without a zero byte" end
    if not utf8.len(value) then return nil, "must be valid UTF-8" end
    return value
  end
end

---@type rollcall.options.check
function options.boolean(value)
  if type(value) == "boolean" then return value end
  return nil, "must be true or false"
end

---One of some texts.
---@param choices string[]
---@return rollcall.options.check
function options.one_of(choices)
  local expectation = "must be " .. table.concat(choices, ", ", 1, #choices - 1) .. " or " .. choices[#choices]
  return function(value)
    for _, choice in ipairs(choices) do
      if value == choice then return value end
    end
    return nil, expectation .. (type(value) == "string" and suggestion(value, choices) or "")
  end
end

---A function, or what can be called like one.
---@type rollcall.options.check
function options.callable(value)
  local metatable = getmetatable(value)
  if type(value) == "function" or type(metatable) == "table" and metatable.__call then
    return value
  end
  return nil, "must be a function"
end

---@param ... table
---@return table  with the fields of all of them, later ones winning
function options.merged(...)
  local result = {}
  for _, fields in ipairs { ... } do
    for name, value in pairs(fields) do result[name] = value end
  end
  return result
end

local function shown(value)
  return type(value) == "string" and ("%q"):format(value) or tostring(value)
end

-- These hold secrets, so a message about them must not show them.
local unshown = {
  password = true, nt_hash = true, token = true, ak = true, sk = true, security_token = true, proxy = true,
}

---@return any checked
---@return string? problem
local function checked_option(name, value, specification)
  local check = specification[name]
  if not check then return nil, ("unknown option '%s'%s"):format(tostring(name), suggestion(tostring(name), specification)) end
  local result, expectation = check(value)
  if result ~= nil or not expectation then return result end
  local hidden = unshown[name] or type(value) == "table" or value == ""
  return nil, ("%s %s%s"):format(name, expectation, hidden and "" or (", not %s"):format(shown(value)))
end

---Checks `given` against `specification`.
---@param given table
---@param specification table<string, rollcall.options.check>
---@return table? checked  the checked values, in a new table
---@return string? problem
function options.checked(given, specification)
  if type(given) ~= "table" then return nil, ("takes a table of options, not %s"):format(type(given)) end
  local checked = {}
  local wrong, problem
  for name, value in pairs(given) do
    local its_problem
    checked[name], its_problem = checked_option(name, value, specification)
    -- Of several that are wrong it is always the same one that is reported.
    if its_problem and not (wrong and wrong <= tostring(name)) then wrong, problem = tostring(name), its_problem end
  end
  if problem then return nil, problem end
  return checked
end

---Raises a problem, if there is one, and returns the value otherwise.
---@param caller string  the function's name, for the message
---@param level integer  whose usage error it is, as in `error`, seen from the caller of `insist`; 0 for nobody's line
---@param value any
---@param problem? string
function options.insist(caller, level, value, problem)
  if problem then error(caller .. ": " .. problem, level > 0 and level + 1 or 0) end
  return value
end

---Checks `given` as `checked` does, and raises what is wrong.
---@param caller string
---@param given table
---@param specification table<string, rollcall.options.check>
---@param level integer  as of `insist`
---@return table
function options.check(caller, given, specification, level)
  local checked, problem = options.checked(given, specification)
  -- No tail call: it would be no level of the stack.
  local result = options.insist(caller, level > 0 and level + 1 or 0, checked, problem)
  return result
end

return options
