--- A name that no other program of the same moment chooses.

---@param count integer  even
---@return string  hexadecimal digits
return function(count)
  local bytes
  local random = io.open("/dev/urandom", "rb")
  if random then
    random:setvbuf "no"
    bytes = random:read(count // 2)
    random:close()
  end
  if not bytes then
    local parts = {}
    for i = 1, count // 2 do parts[i] = string.char(math.random(0, 255)) end
    bytes = table.concat(parts)
  end
  return (bytes:gsub(".", function(byte) return ("%02x"):format(byte:byte()) end))
end
