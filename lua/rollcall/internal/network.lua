--- Networks in CIDR notation, IPv4 and IPv6, and whether an address is in one.
local network = {}

local function ipv4(text)
  local a, b, c, d = string.match(text, "^(%d%d?%d?)%.(%d%d?%d?)%.(%d%d?%d?)%.(%d%d?%d?)$")
  if not a then return nil end
  local bytes = { tonumber(a), tonumber(b), tonumber(c), tonumber(d) }
  for _, byte in ipairs(bytes) do
    if byte > 255 then return nil end
  end
  return string.char(table.unpack(bytes))
end

---The 16-bit groups of a part of an IPv6 address, as bytes.
local function groups(text)
  if text == "" then return "" end
  local parts = {}
  for group in string.gmatch(text .. ":", "([^:]*):") do
    local tail = string.find(group, ".", 1, true) and ipv4(group)
    if tail then
      parts[#parts + 1] = tail
    elseif string.find(group, "^%x%x?%x?%x?$") then
      parts[#parts + 1] = string.pack(">I2", tonumber(group, 16))
    else
      return nil
    end
  end
  return table.concat(parts)
end

local MAPPED = string.rep("\0", 10) .. "\255\255"

local function ipv6(text)
  text = string.match(text, "^([^%%]*)%%") or text
  local left, right = string.match(text, "^(.-)::(.*)$")
  local bytes
  if left then
    local first, last = groups(left), groups(right)
    if not first or not last or #first + #last > 14 or string.find(right, "::", 1, true) then return nil end
    bytes = first .. string.rep("\0", 16 - #first - #last) .. last
  else
    bytes = groups(text)
    if not bytes or #bytes ~= 16 then return nil end
  end
  -- An IPv4 client of a server that listens on IPv6 alone.
  if string.sub(bytes, 1, 12) == MAPPED then return string.sub(bytes, 13) end
  return bytes
end

---@param text string
---@return string? bytes  4 or 16 of them; nil if it is no address
function network.address(text)
  if string.find(text, ":", 1, true) then return ipv6(text) end
  return ipv4(text)
end

---@class rollcall.network
---@field bytes string
---@field bits integer

---@param text string  `10.0.0.0/8`, `fd00::/8`, or an address
---@return rollcall.network?
---@return string? problem
function network.parse(text)
  local head, length = string.match(text, "^([^/]+)/(%d%d?%d?)$")
  local bytes = network.address(head or text)
  local bits = bytes and (length and tonumber(length) or 8 * #bytes)
  if not bytes or bits > 8 * #bytes then return nil, ("'%s', which is not a network such as 10.0.0.0/8 or fd00::/8"):format(text) end
  local parsed = { bytes = bytes, bits = bits }
  -- Bits of a host in it are a slip of the pen that would go unseen.
  for position = bits, 8 * #bytes - 1 do
    if string.byte(bytes, position // 8 + 1) >> (7 - position % 8) & 1 == 1 then
      return nil, ("'%s', which has bits set beyond its first %d"):format(text, bits)
    end
  end
  return parsed
end

---@param bytes string  an address
---@param range rollcall.network
---@return boolean
function network.contains(range, bytes)
  if #bytes ~= #range.bytes then return false end
  local whole, rest = range.bits // 8, range.bits % 8
  if string.sub(bytes, 1, whole) ~= string.sub(range.bytes, 1, whole) then return false end
  if rest == 0 then return true end
  return string.byte(bytes, whole + 1) >> (8 - rest) == string.byte(range.bytes, whole + 1) >> (8 - rest)
end

return network
