--- The bytes of a terminal as keys: a character that was typed as itself, others by names such as "page_up".
local keys = {}

local controls = {
  [0x08] = "backspace", [0x09] = "tab", [0x0A] = "enter", [0x0C] = "redraw", [0x0D] = "enter", [0x15] = "clear", [0x7F] = "backspace",
}
local finals = { A = "up", B = "down", C = "right", D = "left", H = "home", F = "end" }
local numbers = {
  ["1"] = "home", ["3"] = "delete", ["4"] = "end", ["5"] = "page_up", ["6"] = "page_down", ["7"] = "home", ["8"] = "end",
}

-- A sequence that goes on for longer is none.
local LONGEST = 32

local methods = {}
local metatable = { __index = methods }

---@return rollcall.cli.live.keys
function keys.new()
  return setmetatable({ pending = "" }, metatable)
end

---Takes a sequence that begins with an escape.
---@param bytes string
---@return string? rest  nil: its end has not come yet
---@return string? key  nil: one that nobody needs
local function escaped(bytes)
  if #bytes == 1 then return nil end
  local kind = bytes:sub(2, 2)
  if kind == "O" then
    if #bytes == 2 then return nil end
    return bytes:sub(4), finals[bytes:sub(3, 3)]
  elseif kind ~= "[" then
    return bytes:sub(2), "escape"
  end
  local parameters, final, rest = bytes:match "^\27%[([0-?]*[ -/]*)([@-~])(.*)$"
  if final then return rest, final == "~" and numbers[parameters] or finals[final] end
  if bytes:find "^\27%[[ -?]*$" and #bytes < LONGEST then return nil end
  return bytes:sub(3)
end

---Takes bytes as they come. The end of a sequence or of a character may come with the next.
---@param bytes string
---@return string[] keys
function methods:feed(bytes)
  local list, rest = {}, self.pending .. bytes
  self.pending = ""
  while rest ~= "" do
    local byte = rest:byte()
    if byte == 0x1B then
      local after, key = escaped(rest)
      if not after then
        self.pending = rest
        break
      end
      list[#list + 1], rest = key, after
    elseif byte < 0x20 or byte == 0x7F then
      list[#list + 1], rest = controls[byte], rest:sub(2)
    else
      local size = byte < 0x80 and 1 or byte >= 0xF0 and 4 or byte >= 0xE0 and 3 or 2
      local character = rest:sub(1, size)
      if #character < size and character:find "^.[\x80-\xBF]*$" then
        self.pending = rest
        break
      end
      local is_character = utf8.len(character) == 1
      if is_character then list[#list + 1] = character end
      rest = rest:sub(is_character and size + 1 or 2)
    end
  end
  return list
end

---Whether something has begun that may not go on.
---@return boolean
function methods:is_pending() return self.pending ~= "" end

---Ends what has begun: the Escape key is the beginning of other keys.
---@return string[] keys
function methods:expire()
  local list = self.pending == "\27" and { "escape" } or {}
  self.pending = ""
  return list
end

return keys
