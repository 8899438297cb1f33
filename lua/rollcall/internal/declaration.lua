--- What inventories and policies have in common: blocks of fields in a file, checked, each error
-- reported with the file, the line and the field.
local options = require "rollcall.internal.options"
local sandbox = require "rollcall.internal.sandbox"
local suggestion = require "rollcall.internal.suggestion"
local session = require "rollcall.workspace.session"

local declaration = {}

---The line, from that of the block on, on which a field is set.
local function line_of_field(text, from, field)
  local number = 0
  for line in string.gmatch(text .. "\n", "([^\n]*)\n") do
    number = number + 1
    if number >= from and number < from + 100 then
      local code = string.gsub(line, "%-%-.*$", "")
      if string.find(" " .. code, "[^%w_]" .. field .. "%s*=[^=]") then return number end
    end
  end
  return from
end

local placed_metatable = { __name = "rollcall.placed_error", __tostring = function(placed) return placed.message end }

---Raises an error that says itself in which file it is, so that no line of a file that only uses the failed function is put before it.
---@param message string
function declaration.raise(message)
  error(setmetatable({ message = message }, placed_metatable), 0)
end

---@class rollcall.declaration
---@field text string
---@field name string
---@field line integer  of the statement that is being read
local methods = {}
local metatable = { __index = methods }

---@param text string  the whole file
---@param name string  its name
function declaration.of(text, name)
  return setmetatable({ text = text, name = name, line = 1 }, metatable)
end

---Makes a vocabulary of functions that take what a statement says.
---@param functions table<string, function|table<string, function>>
---@return table<string, function|table<string, function>>
function methods:words(functions)
  local words = {}
  for word, meaning in pairs(functions) do
    if type(meaning) == "table" then
      words[word] = self:words(meaning)
    else
      words[word] = function(line, ...)
        self.line = line
        return meaning(...)
      end
    end
  end
  return words
end

---Raises an error at the line of a field of the block that is being declared, or of the block.
---@param field? string
---@param message string
---@param line? integer  of the block, if it is not the one being declared
function methods:fail(field, message, line)
  line = line or self.line
  if field and string.find(field, "^[%w_]+$") then line = line_of_field(self.text, line, field) end
  error(("%s:%d: %s"):format(self.name, line, message), 0)
end

---Names a function that the file declared, and refuses it if there is no `return` in it: it would never give an answer.
---@param what string
---@param f function
function methods:check_function(what, f)
  local first_line, last_line = sandbox.name(f, what)
  local number = 0
  for line in (self.text .. "\n"):gmatch "([^\n]*)\n" do
    number = number + 1
    if number >= first_line and number <= last_line and line:find "%f[%w_]return%f[^%w_]" then return end
  end
  self:fail(nil, what .. " returns nothing", first_line)
end

---@param what string  the block, for the message
---@param given any
---@param specification table<string, rollcall.options.check>
---@param required? string[]
---@return table checked
function methods:block(what, given, specification, required)
  if type(given) ~= "table" then self:fail(nil, ("%s takes a table of fields"):format(what)) end
  local checked = {}
  for field, value in pairs(given) do
    local check = specification[field]
    if not check then self:fail(tostring(field), ("%s: there is no field '%s'%s"):format(what, tostring(field),
        type(field) == "string" and suggestion(field, specification) or "")) end
    local result, expectation = check(value)
    if result == nil then
      self:fail(field, ("%s: %s %s"):format(what, field, expectation or "has a wrong value"))
    end
    checked[field] = result
  end
  for _, field in ipairs(required or {}) do
    if checked[field] == nil then self:fail(nil, ("%s: %s is missing"):format(what, field)) end
  end
  return checked
end

---A field that a block can have.
---@class rollcall.declaration.field
---@field [1] string  its name
---@field [2] rollcall.options.check
---@field [3] string  what it means, in the Markdown of the manual

-- The fields of each specification, in their order.
local listed = setmetatable({}, { __mode = "k" })

---Makes a specification for `block` of one list of fields or more.
---@param ... rollcall.declaration.field[]
---@return table<string, rollcall.options.check>
function declaration.fields(...)
  local specification, list = {}, {}
  for _, fields in ipairs { ... } do
    for _, field in ipairs(fields) do
      list[#list + 1] = field
      specification[field[1]] = field[2]
    end
  end
  listed[specification] = list
  return specification
end

---@param specification table<string, rollcall.options.check>  that `fields` made
---@return rollcall.declaration.field[]
function declaration.listed(specification) return listed[specification] end

---A name, or a list of names; gives a list.
---@type rollcall.options.check
function declaration.names(value)
  if type(value) == "string" then value = { value } end
  if type(value) ~= "table" or #value == 0 then return nil, "must be a name or a list of names" end
  for i, name in ipairs(value) do
    if not options.text(1024)(name) then return nil, ("must be names; number %d is none"):format(i) end
  end
  return value
end

---A day, `2026-12-31`; gives the second after it, in UTC.
---@type rollcall.options.check
function declaration.day(value)
  local epoch = session.epoch(type(value) == "string" and value .. " 00:00:00" or nil)
  local same = epoch and os.date("!%Y-%m-%d", epoch) == value
  if not same then return nil, "must be a day, such as 2026-12-31" end
  return epoch + 86400
end

return declaration
