--- Text from servers, made fit for a terminal: what could move the cursor, change colors or turn
-- the direction of a line is shown as an escape, and widths are counted in columns. And text that is
-- the same whatever locale the host has set, which string.lower, string.format and tostring are not.
local versions = require "rollcall.internal.lua_versions"

local math, utf8 = versions.math, versions.utf8

local text = {}

-- First and last code points, ascending. From Unicode 15: general categories Mn and Me, and zero-width format characters.
local zero_width = {
  0x0300, 0x036F, 0x0483, 0x0489, 0x0591, 0x05BD, 0x0610, 0x061A, 0x064B, 0x065F, 0x06D6, 0x06DC,
  0x0900, 0x0902, 0x093C, 0x093C, 0x0941, 0x0948, 0x0E31, 0x0E31, 0x0E34, 0x0E3A, 0x0E47, 0x0E4E,
  0x1AB0, 0x1AFF, 0x1DC0, 0x1DFF, 0x20D0, 0x20FF, 0x302A, 0x302D, 0x3099, 0x309A, 0xFE00, 0xFE0F,
  0xFE20, 0xFE2F, 0xE0100, 0xE01EF,
}

-- East Asian Wide and Fullwidth, and the emoji blocks.
local double_width = {
  0x1100, 0x115F, 0x231A, 0x231B, 0x23E9, 0x23EC, 0x2E80, 0x303E, 0x3041, 0x33FF, 0x3400, 0x4DBF,
  0x4E00, 0x9FFF, 0xA000, 0xA4CF, 0xA960, 0xA97C, 0xAC00, 0xD7A3, 0xF900, 0xFAFF, 0xFE30, 0xFE6F,
  0xFF00, 0xFF60, 0xFFE0, 0xFFE6, 0x17000, 0x18CFF, 0x1B000, 0x1B2FF, 0x1F300, 0x1F64F,
  0x1F680, 0x1F6FF, 0x1F900, 0x1F9FF, 0x20000, 0x3FFFD,
}

-- Controls, line and paragraph separators, direction marks and overrides, zero-width and invisible
-- characters, the byte order mark, tags, interlinear marks.
local unprintable = {
  0x00, 0x1F, 0x7F, 0x9F, 0xAD, 0xAD, 0x061C, 0x061C, 0x180E, 0x180E, 0x200B, 0x200F,
  0x2028, 0x202E, 0x2060, 0x206F, 0xFEFF, 0xFEFF, 0xFFF9, 0xFFFB, 0xE0000, 0xE007F,
}

local function is_in(ranges, code)
  for i = 1, #ranges, 2 do
    if code < ranges[i] then return false end
    if code <= ranges[i + 1] then return true end
  end
  return false
end

-- These are also called from inside a sandbox, where the methods of strings are others.

local lowered, raised = {}, {}
for code = 65, 90 do
  local upper, lower = string.char(code), string.char(code + 32)
  lowered[upper], raised[lower] = lower, upper
end

---@param value string
---@return string  with the letters of ASCII in lower case
function text.lower(value)
  return (string.gsub(value, "[A-Z]", lowered))
end

---@param value string
---@return string  with the letters of ASCII in upper case
function text.upper(value)
  return (string.gsub(value, "[a-z]", raised))
end

---The shortest text that reads back as the number; with a point, if it needs one.
---@param value number
---@return string
function text.number(value)
  local integer = math.tointeger(value)
  if integer then return string.format("%d", integer) end
  if value ~= value then return "nan" end
  if value == math.huge or value == -math.huge then return value > 0 and "inf" or "-inf" end
  local short = string.format("%.15g", value)
  if tonumber(short) ~= value then short = string.format("%.17g", value) end
  return (string.gsub(short, "[^%de+-]+", "."))
end

---A number of things, as `1 row` and `2 rows`.
---@param number integer
---@param thing string
---@param things? string  several of them; `thing` with an s if not given
---@return string
function text.count(number, thing, things)
  return string.format("%d %s", number, number == 1 and thing or things or thing .. "s")
end

---A number as people and files write it, whatever the locale.
---@param value string
---@return number?
function text.tonumber(value)
  return not string.find(value, ",", 1, true) and tonumber(value) or nil
end

---A field's value as text; of a list, its values with semicolons between them.
---@param value any
---@return string
function text.of(value)
  if type(value) == "string" then return value end
  if type(value) == "number" then return text.number(value) end
  if type(value) ~= "table" then return tostring(value) end
  local parts = {}
  for i, one in ipairs(value) do parts[i] = text.of(one) end
  return table.concat(parts, "; ")
end

---The text with U+FFFD for what is not UTF-8.
---@param value string
---@return string
function text.valid(value)
  local length, bad = utf8.len(value)
  if length then return value end
  local parts, position = {}, 1
  while bad do
    parts[#parts + 1] = value:sub(position, bad - 1) .. "\u{FFFD}"
    position = bad + 1
    bad = select(2, utf8.len(value, position))
  end
  parts[#parts + 1] = value:sub(position)
  return table.concat(parts)
end

---The text with everything invisible or harmful as `\xNN` or `\u{NNNN}`, and what is not UTF-8 too.
---@param value string
---@return string
function text.printable(value)
  if not value:find("[%c\x80-\xff]") then return value end
  local parts, position = {}, 1
  while position <= #value do
    local length, bad = utf8.len(value, position, position)
    if length and not bad then
      local code = utf8.codepoint(value, position)
      local character = utf8.char(code)
      position = position + #character
      if is_in(unprintable, code) then
        character = code < 0x100 and ("\\x%02X"):format(code) or ("\\u{%04X}"):format(code)
      end
      parts[#parts + 1] = character
    else
      parts[#parts + 1] = ("\\x%02X"):format(value:byte(position))
      position = position + 1
    end
  end
  return table.concat(parts)
end

local function width_of(code)
  if code < 0x300 then return 1 end
  return is_in(zero_width, code) and 0 or is_in(double_width, code) and 2 or 1
end

---How many columns of a terminal a printable text takes.
---@param value string
---@return integer
function text.width(value)
  if not value:find("[\x80-\xff]") then return #value end
  local width = 0
  for _, code in utf8.codes(value) do width = width + width_of(code) end
  return width
end

---The beginning of a printable text, cut to `most` columns, with `…` where something is missing.
---@param value string
---@param most integer
---@return string
function text.beginning(value, most)
  if text.width(value) <= most then return value end
  local width = 1
  for position, code in utf8.codes(value) do
    width = width + width_of(code)
    if width > most then return value:sub(1, position - 1) .. "…" end
  end
  return value
end

---A printable text cut in its middle to `most` columns, with `…` where something is missing. More is left of its end, where a path
---has the name of the file and a server its port.
---@param value string
---@param most integer
---@return string
function text.fit(value, most)
  if text.width(value) <= most then return value end
  local head, tail = math.floor((most - 1) * 2 / 5), most - 1
  local from, width = 1, width_of(utf8.codepoint(value, 1))
  while width <= head do
    head, tail, from = head - width, tail - width, utf8.offset(value, 2, from)
    width = width_of(utf8.codepoint(value, from))
  end
  -- What takes no column belongs to what stands before it.
  local first, before = #value + 1, utf8.offset(value, -1)
  width = width_of(utf8.codepoint(value, before))
  while width <= tail do
    if width > 0 then first = before end
    tail, before = tail - width, utf8.offset(value, -1, before)
    width = width_of(utf8.codepoint(value, before))
  end
  return value:sub(1, from - 1) .. "…" .. value:sub(first)
end

local function encoded_byte(byte)
  return ("%%%02X"):format(byte:byte())
end

---Text with all but A-Za-z0-9-_.~ percent-encoded, as in a query that is signed.
---@param value string
---@return string
function text.percent_encoded(value)
  return (string.gsub(value, "[^A-Za-z0-9%-_%.~]", encoded_byte))
end

return text
