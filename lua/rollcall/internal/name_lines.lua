--- Lists of names in files: a name a line. Blanks around it, empty lines and comments do not count; a comment is a line that begins with
-- `#`, or what follows a blank and a `#`.
local name_lines = {}

local MOST_BYTES = 16 * 1024 * 1024

---@param line string
---@return string? name
local function name_of(line)
  local name = line:gsub("^\u{FEFF}", ""):gsub("^#.*$", ""):gsub("%s#.*$", ""):match "^%s*(.-)%s*$"
  return name ~= "" and name or nil
end

---The names in lines, as they are read.
---@param lines fun(): string?
---@return fun(): string?
function name_lines.each(lines)
  return function()
    for line in lines do
      local name = name_of(line)
      if name then return name end
    end
  end
end

---@param path string
---@param standard_input? boolean  `-` is standard input
---@return string[]? names  at least one
---@return string? problem
function name_lines.read(path, standard_input)
  local file, problem
  if path == "-" and standard_input then
    file, path = io.stdin, "standard input"
  else
    file, problem = io.open(path, "rb")
    if not file then return nil, problem end
  end
  local content
  content, problem = file:read(MOST_BYTES + 1)
  if file ~= io.stdin then file:close() end
  if problem then return nil, ("%s: %s"):format(path, problem) end
  content = content or ""
  if #content > MOST_BYTES then return nil, path .. ": is larger than 16 MiB" end
  local names = {}
  for name in name_lines.each(content:gmatch "[^\n]+") do names[#names + 1] = name end
  if #names == 0 then return nil, path .. ": has no names" end
  return names
end

return name_lines
