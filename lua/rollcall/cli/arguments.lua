--- Values on the command line, each checked for an option that a wrong one is reported with.
local options = require "rollcall.internal.options"
local text = require "rollcall.internal.text"

local arguments = {}

---@alias rollcall.cli.converter fun(argument: string): any, string?  a value, or nil and the usage error

---@param option string
---@param convert fun(argument: string): number?
---@param least number
---@param most? number
---@param wanted string
---@return rollcall.cli.converter
local function number(option, convert, least, most, wanted)
  return function(argument)
    local value = convert(argument)
    if value and value >= least and (not most or value <= most) then return value end
    return nil, ("invalid number for %s: '%s'; it takes %s"):format(option, argument, wanted)
  end
end

---@param option string
---@param least integer
---@param most? integer
---@return rollcall.cli.converter
function arguments.integer(option, least, most)
  local wanted = most and ("a whole number from %d to %d"):format(least, most) or ("a whole number, %d or more"):format(least)
  return number(option, function(argument) return math.tointeger(text.tonumber(argument)) end, least, most, wanted)
end

---@param option string
---@return rollcall.cli.converter
function arguments.seconds(option)
  return number(option, text.tonumber, 2 ^ -1074, 86400, "seconds, more than 0 and at most 86400")
end

---What an option of the Lua API is checked by.
---@param option string
---@param check rollcall.options.check
---@return rollcall.cli.converter
function arguments.checked(option, check)
  return function(argument)
    local value, expectation = check(argument)
    if value ~= nil then return value end
    return nil, ("invalid value for %s: '%s'; it %s"):format(option, argument, expectation)
  end
end

---Restricts an option or an argument to some values, which its help lists.
---@param element table  of argparse
---@param name string
---@param choices string[]
function arguments.choices(element, name, choices)
  -- Not argparse's own choices: of these it would not say which was probably meant.
  element.choice_list = choices
  element:convert(arguments.checked(name, options.one_of(choices)))
end

---Names with commas between them.
---@param option string
---@return rollcall.cli.converter
function arguments.names(option)
  return function(argument)
    local list = {}
    for name in argument:gmatch "[^,]+" do list[#list + 1] = name end
    if #list > 0 then return list end
    return nil, ("invalid value for %s: '%s'; it takes names with commas between them"):format(option, argument)
  end
end

return arguments
