--- Numbers on the command line, each for an option that a wrong one is reported with.
local numbers = {}

---@param convert fun(argument: string): number?
---@param is_right fun(number: number): boolean
---@param wanted string
local function converter(convert, is_right, wanted)
  return function(option)
    return function(argument)
      local number = convert(argument)
      if number and is_right(number) then return number end
      return nil, ("invalid number for %s: '%s'; it takes %s"):format(option, argument, wanted)
    end
  end
end

---@type fun(option: string): fun(argument: string): integer?, string?
numbers.integer = converter(math.tointeger, function(number) return number > 0 end, "a whole number, 1 or more")

---@type fun(option: string): fun(argument: string): integer?, string?
numbers.count = converter(math.tointeger, function(number) return number >= 0 end, "a whole number, 0 or more")

---@type fun(option: string): fun(argument: string): number?, string?
numbers.seconds = converter(tonumber, function(number) return number > 0 and number <= 86400 end, "seconds, more than 0 and at most 86400")

return numbers
