--- Conditions on fields as a command line has them: `user=alice`, `idle>3600`, `client~10.1.`.
local presence = require "rollcall.presence"
local text = require "rollcall.internal.text"
local values = require "rollcall.internal.values"

local conditions = {}

conditions.HELP = "Only the rows with FIELD=VALUE, FIELD!=VALUE, FIELD<N, FIELD>N or FIELD~TEXT (contains); of a list "
  .. "one value must match, with != none. May be given again: then all must be true."

local operators = {
  ["="] = function(value, wanted) return text.lower(text.of(value)) == text.lower(wanted) end,
  ["~"] = function(value, wanted) return text.lower(text.of(value)):find(text.lower(wanted), 1, true) ~= nil end,
  ["<"] = function(value, wanted) return math.type(value) and value < wanted end,
  [">"] = function(value, wanted) return math.type(value) and value > wanted end,
}

-- The fields of conditions that no row has had yet.
local missing = {}

local function value_of(view, field)
  local value = presence.field(view, field)
  if value ~= nil then missing[field] = nil end
  return value
end

---Which of the fields in conditions no row had, of those that only a user-made row could have.
---@return string[]
function conditions.missing()
  local names = {}
  for name in pairs(missing) do names[#names + 1] = name end
  table.sort(names)
  return names
end

---@param argument string
---@return (fun(view: rollcall.presence): any)? condition
---@return string? problem
function conditions.parse(argument)
  local field, operator, wanted = argument:match "^([%w_]+)%s*(!?[=<>~])%s*(.*)$"
  local negated = operator == "!="
  local holds = operators[negated and "=" or operator]
  if not holds then return nil, ("invalid condition for --where: '%s'; conditions are such as user=alice or idle>3600"):format(argument) end
  if not presence.is_field(field) then missing[field] = true end
  if operator == "<" or operator == ">" then
    local number = text.tonumber(wanted)
    if not number then return nil, ("invalid condition for --where: '%s'; it takes a number after %s"):format(argument, operator) end
    wanted = number
  end
  return function(view)
    local value = value_of(view, field)
    local found = value ~= nil and values.any(value, function(one) return holds(one, wanted) end)
    return found ~= negated
  end
end

---@param list (fun(view: rollcall.presence): any)[]
---@return fun(view: rollcall.presence): boolean
function conditions.all(list)
  return function(view)
    for _, condition in ipairs(list) do
      if not condition(view) then return false end
    end
    return true
  end
end

return conditions
