--- A line that is being typed.
local text = require "rollcall.internal.text"

local MOST = 200 -- characters

local methods = {}
local metatable = { __index = methods }

---@param typed string
---@return rollcall.cli.live.editor
local function new_editor(typed)
  return setmetatable({ typed = typed, before = typed }, metatable)
end

---@param key string
---@return "typing"|"done"|"given up"
function methods:press(key)
  if key == "enter" then return "done" end
  if key == "escape" then
    self.typed = self.before
    return "given up"
  end
  if key == "backspace" then
    self.typed = self.typed:sub(1, (utf8.offset(self.typed, -1) or 1) - 1)
  elseif key == "clear" then
    self.typed = ""
  elseif utf8.len(key) == 1 and utf8.len(self.typed) < MOST then
    self.typed = self.typed .. key
  end
  return "typing"
end

---@param columns integer
---@return string
function methods:line(columns)
  local label, typed = "filter: ", text.printable(self.typed)
  local room = math.max(1, columns - #label - 1)
  -- Its end is where one types.
  while text.width(typed) > room do typed = typed:sub(utf8.offset(typed, 2)) end
  return text.beginning(label, math.max(1, columns - 1)) .. (columns > #label + 1 and typed or "") .. "\27[7m \27[27m"
end

return new_editor
