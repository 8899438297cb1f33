--- What stands on the terminal. Only lines that are others than before are written.
local frame = {}

local methods = {}
local metatable = { __index = methods }

local PLAIN = "\27[0m"

---@param screen rollcall.system.screen
---@return rollcall.cli.live.frame
function frame.new(screen)
  return setmetatable({ screen = screen, lines = {} }, metatable)
end

---Forgets what stands there.
function methods:forget()
  self.lines = {}
  self.is_unknown = true
end

---@class rollcall.cli.live.line
---@field text string  printable, and no wider than the terminal
---@field style? string  an escape sequence

---@param lines (rollcall.cli.live.line|false)[]  one for each line of the terminal; false: it is empty
---@return boolean  false if the terminal is gone
function methods:draw(lines)
  local parts, drawn = {}, {}
  if self.is_unknown then parts[1] = PLAIN .. "\27[2J" end
  for i, line in ipairs(lines) do
    local words = line and (line.style and line.style .. line.text .. PLAIN or line.text) or ""
    drawn[i] = words
    if words ~= (self.lines[i] or "") then parts[#parts + 1] = ("\27[%d;1H\27[K%s"):format(i, words) end
  end
  self.is_unknown, self.lines = false, drawn
  return #parts == 0 or self.screen:write(table.concat(parts))
end

return frame
