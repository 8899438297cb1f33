--- Files of the specs, which are small.
local text_file = {}

---@return string
function text_file.content(path)
  local file <close> = assert(io.open(path, "rb"))
  return (assert(file:read "a"))
end

---@return string content  empty if the file is not there yet
function text_file.so_far(path)
  local file <close> = io.open(path, "rb")
  return file and file:read "a" or ""
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
