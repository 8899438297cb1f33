--- Files of the specs, which are small. It serves specs in older Luas, too.
local text_file = {}

local function read(file)
  local text = file:read "*a"
  file:close()
  return text
end

---@return string
function text_file.content(path) return read(assert(io.open(path, "rb"))) end

---@return string content  empty if the file is not there yet
function text_file.so_far(path)
  local file = io.open(path, "rb")
  return file and read(file) or ""
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
