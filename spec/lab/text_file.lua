--- Files of the specs, which are small.
local text_file = {}

---@return string? content
---@return string? problem  of a file that cannot be read
function text_file.content(path)
  local file, problem = io.open(path, "rb")
  if not file then return nil, problem end
  local text = file:read "a"
  file:close()
  return text
end

---@return string path
function text_file.put(path, text)
  local file = assert(io.open(path, "wb"))
  assert(file:write(text))
  file:close()
  return path
end

---Writes aside and renames, for whoever reads it meanwhile.
---@return string path
function text_file.replace(path, text)
  text_file.put(path .. ".new", text)
  assert(os.rename(path .. ".new", path))
  return path
end

return text_file
