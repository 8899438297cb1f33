--- Conditions on fields as a command line has them: `user=alice`, `idle>=1h and client~10.1.`.
local presence = require "rollcall.presence"
local sorted = require "rollcall.internal.sorted"
local suggestion = require "rollcall.internal.suggestion"
local system = require "rollcall.system"
local text = require "rollcall.internal.text"
local values = require "rollcall.internal.values"

local conditions = {}

conditions.HELP = "Only the rows for which this is true, such as user=alice or 'idle>=1h and client~10.1.'; 'rollcall help fields' "
  .. "has all of it. May be given again: then all must be true."

---@class rollcall.cli.condition
---@field holds fun(view: rollcall.presence, assumed: boolean?): boolean  `assumed` is what comparisons of fields are that the row lacks and could have; absent: as the operator says
---@field text string  as it was given
---@field fields string[]  that it names
---@field open string[]  those that only a row of the user's own could have
---@field seen table<string, true>  those of them that a row had

local units = { s = 1, m = 60, h = 3600, d = 86400, w = 604800, K = 2 ^ 10, M = 2 ^ 20, G = 2 ^ 30, T = 2 ^ 40 }

---@param word string
---@return number?
local function size_of(word)
  local number, unit = word:match "^([%d.]+)([KMGT])i?B?$"
  number = number and text.tonumber(number)
  return number and number * units[unit]
end

---@param word string  such as `90m` or `1h30m`
---@return number? seconds
function conditions.duration_of(word)
  local sum, rest = 0, word
  while rest ~= "" do
    local number, unit, after = rest:match "^(%d+%.?%d*)([smhdw])(.*)$"
    if not number then return nil end
    sum, rest = sum + text.tonumber(number) * units[unit], after
  end
  return word ~= "" and sum or nil
end

---A number, also as a time (`90m`, `1h30m`) or a size (`10M`).
---@param word string
---@return number?
local function number_of(word)
  return text.tonumber(word) or size_of(word) or conditions.duration_of(word)
end

local function is_same(value, wanted)
  if text.lower(text.of(value)) == wanted.lower then return true end
  return math.type(value) ~= nil and wanted.number == value
end

local function contains(value, wanted) return text.lower(text.of(value)):find(wanted.lower, 1, true) ~= nil end

local function comparing(compare)
  return function(value, wanted) return math.type(value) and compare(value, wanted.number) end
end

---@param problem string  of Lua, with or without a line of this source
local function without_place(problem)
  return (problem:gsub("^.-:%d+: ", ""))
end

local operators = {
  ["="] = is_same, ["!="] = is_same, ["~"] = contains, ["!~"] = contains,
  ["=~"] = function(value, wanted)
    local ran, found = pcall(string.find, text.of(value), wanted.text)
    if not ran then error(("invalid pattern in --where: '%s': %s"):format(wanted.text, without_place(found)), 0) end
    return found ~= nil
  end,
  ["<"] = comparing(function(a, b) return a < b end), ["<="] = comparing(function(a, b) return a <= b end),
  [">"] = comparing(function(a, b) return a > b end), [">="] = comparing(function(a, b) return a >= b end),
}
local negated = { ["!="] = true, ["!~"] = true }
local takes_list = { ["="] = true, ["!="] = true, ["~"] = true, ["!~"] = true }

---@param pattern string  of Lua
---@return string? problem
local function pattern_problem(pattern)
  -- Lua looks at a part of a pattern only when it comes to it: so it is tried with each beginning of itself.
  for length = 0, #pattern do
    local ran, problem = pcall(string.find, pattern:sub(1, length), pattern)
    if not ran then return without_place(problem) end
  end
end

---What is read of a condition, and how far.
---@class rollcall.cli.condition_reader
---@field words string
---@field position integer
---@field condition rollcall.cli.condition
local reader = {}
local reader_metatable = { __index = reader }

---@param pattern string  with a position capture at its end
---@return string? match
function reader:take(pattern)
  local match, after = self.words:match("^%s*" .. pattern, self.position)
  if match then self.position = after end
  return match
end

function reader:take_word(word)
  local found, after = self.words:match("^%s*(%a+)()", self.position)
  if not found or text.lower(found) ~= word or self.words:find("^[^%s(]", after) then return false end
  self.position = after
  return true
end

---A value in quotes.
---@return string? value
function reader:quoted()
  local quote = self:take "(['\"])()"
  if not quote then return nil end
  local value = self:take(("([^%s]*)%s()"):format(quote, quote))
  if not value then error("a quotation mark is missing", 0) end
  return value
end

---Where a value without quotes ends: at a comma of a list, before `and` or `or`, at a parenthesis of a group.
---@param ends_at_comma boolean
---@return string value
function reader:bare(ends_at_comma)
  local start, depth = self.words:match("^%s*()", self.position), 0
  local position = start
  while position <= #self.words do
    local byte = self.words:sub(position, position)
    if byte == "," and ends_at_comma then break end
    if byte == "(" then depth = depth + 1 end
    if byte == ")" then
      if depth == 0 then break end
      depth = depth - 1
    end
    local word = self.words:match("^%s+(%a+)%f[^%w_!=<>~]", position)
    word = word and text.lower(word)
    if word == "and" or word == "or" then break end
    position = position + 1
  end
  self.position = position
  return (self.words:sub(start, position - 1):gsub("%s+$", ""))
end

---@param operator string
---@return { text: string, lower: string, number: number? }[]
function reader:values(operator)
  local list = {}
  repeat
    local value = self:quoted()
    if operator == "=~" and not value then
      value = self:bare(false)
    else
      value = value or self:bare(takes_list[operator])
    end
    local wanted = { text = value, lower = text.lower(value), number = number_of(value) }
    if operator:find "^[<>]" and not wanted.number then
      error(("it takes a number after %s, also such as 90m, 1h30m or 10M"):format(operator), 0)
    end
    if operator == "=~" then
      local problem = pattern_problem(value)
      if problem then error("it takes a pattern of Lua after =~: " .. problem, 0) end
    end
    list[#list + 1] = wanted
  until not (takes_list[operator] and self:take "(,)()")
  return list
end

function reader:comparison()
  local field = self:take "([%w_]+)()"
  local operator = field and self:take "([!=<>~]+)()"
  local holds = operators[operator]
  if not holds then error("conditions are such as user=alice or idle>=1h", 0) end
  local condition, list = self.condition, self:values(operator)
  condition.fields[#condition.fields + 1] = field
  return function(view, assumed)
    local value = presence.field(view, field)
    if value == nil and assumed ~= nil and presence.has_field(view.kind, field) then return assumed end
    local found = value ~= nil and values.any(value, function(one)
      for _, wanted in ipairs(list) do
        if holds(one, wanted) then return true end
      end
      return false
    end)
    return found ~= (negated[operator] or false)
  end
end

function reader:negation()
  if self:take_word "not" then
    local inner = self:negation()
    return function(view, assumed)
      if assumed == nil then return not inner(view) end
      return not inner(view, not assumed)
    end
  end
  if not self:take "(%()()" then return self:comparison() end
  local inner = self:disjunction()
  if not self:take "(%))()" then error("a closing parenthesis is missing", 0) end
  return inner
end

function reader:conjunction()
  local left = self:negation()
  while self:take_word "and" do
    local first, second = left, self:negation()
    left = function(view, assumed) return first(view, assumed) and second(view, assumed) end
  end
  return left
end

function reader:disjunction()
  local left = self:conjunction()
  while self:take_word "or" do
    local first, second = left, self:conjunction()
    left = function(view, assumed) return first(view, assumed) or second(view, assumed) end
  end
  return left
end

-- Parentheses and negations in each other, which are read in each other.
local LONGEST = 4096

---@param argument string
---@return rollcall.cli.condition? condition
---@return string? problem
---@return string? reason  the problem without the option
function conditions.parse(argument)
  local function refuse(problem) return nil, ("invalid condition for --where: '%s'; %s"):format(argument, problem), problem end
  if #argument > LONGEST then
    local problem = ("it is longer than %d bytes"):format(LONGEST)
    return nil, "invalid condition for --where: " .. problem, problem
  end
  local condition = { text = argument, fields = {}, open = {}, seen = {} }
  local its_reader = setmetatable({ words = argument, position = 1, condition = condition }, reader_metatable)
  local read, holds = pcall(its_reader.disjunction, its_reader)
  if not read then return refuse(holds) end
  if its_reader.words:find("%S", its_reader.position) then
    return refuse(("'%s' was not expected there; 'and' and 'or' stand between conditions"):format(
      its_reader.words:match("^%s*(.-)%s*$", its_reader.position)))
  end
  condition.holds = holds
  for _, field in ipairs(condition.fields) do
    if not presence.is_field(field) then condition.open[#condition.open + 1] = field end
  end
  return condition
end

---Notes which fields a row has, of those that only a row of the user's own could have: all of them, also where one decides already.
local function look_out(list, view)
  for _, condition in ipairs(list) do
    for _, field in ipairs(condition.open) do
      if presence.field(view, field) ~= nil then condition.seen[field] = true end
    end
  end
end

---@param list rollcall.cli.condition[]
---@return (fun(view: rollcall.presence): boolean)?  nil: all rows
function conditions.filter(list)
  return #list > 0 and conditions.all(list) or nil
end

---@param list rollcall.cli.condition[]
---@return fun(view: rollcall.presence): boolean
function conditions.all(list)
  local is_open = false
  for _, condition in ipairs(list) do is_open = is_open or #condition.open > 0 end
  return function(view)
    if is_open then look_out(list, view) end
    for _, condition in ipairs(list) do
      if not condition.holds(view) then return false end
    end
    return true
  end
end

---Whether a row could be as they say, if what it lacks were known.
---@param list rollcall.cli.condition[]
---@return fun(view: rollcall.presence): boolean
function conditions.possible(list)
  return function(view)
    for _, condition in ipairs(list) do
      if not condition.holds(view, true) then return false end
    end
    return true
  end
end

---All of them as one text; nil if there are none.
---@param list rollcall.cli.condition[]
---@return string?
function conditions.text_of(list)
  if #list <= 1 then return list[1] and list[1].text end
  local parts = {}
  for i, condition in ipairs(list) do parts[i] = "(" .. condition.text .. ")" end
  return table.concat(parts, " and ")
end

---Which of their fields no row had, of those that only a row of the user's own could have.
---@param list rollcall.cli.condition[]
---@return string[]
function conditions.missing(list)
  local names, is_listed = {}, {}
  for _, condition in ipairs(list) do
    for _, field in ipairs(condition.open) do
      if not (condition.seen[field] or is_listed[field]) then names[#names + 1] = field end
      is_listed[field] = true
    end
  end
  table.sort(names, system.text_less)
  return names
end

---A field that rows of none of some kinds have.
---@param field string
---@param kinds table<string, true>  those of the user's own may have any
---@return string? problem  nil: one has it, or there is no kind
function conditions.field_problem(field, kinds)
  local names = sorted.keys(kinds)
  for _, kind in ipairs(names) do
    if presence.has_field(kind, field) then return nil end
  end
  if #names == 0 then return nil end
  local others = {}
  for _, kind in ipairs(sorted.keys(presence.kinds())) do
    if presence.has_field(kind, field) then others[#others + 1] = kind end
  end
  if #others == 0 then
    local meant = suggestion(field, presence.all_names())
    return ("no row has a field '%s'%s"):format(field, meant == "" and "; 'rollcall help fields' lists them" or meant)
  end
  return ("no row of kind '%s' has a field '%s'; rows of kind '%s' have it"):format(table.concat(names, "' or '"), field,
    table.concat(others, "', '"))
end

return conditions
