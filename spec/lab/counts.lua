--- How many tests of each spec file passed when it was last run by `make check`, kept in the build folder for
-- who wants to compare.
local counts = {}

local PATH = "build/counts.tsv"

---@return table<string, integer>  by the file's name
function counts.load()
  local loaded = {}
  local file = io.open(PATH)
  if not file then return loaded end
  for line in file:lines() do
    local name, passed = line:match("^(%S+)\t(%d+)")
    if name then loaded[name] = math.tointeger(tonumber(passed)) end
  end
  file:close()
  return loaded
end

---Keeps these beside the others.
---@param passed table<string, integer>
function counts.save(passed)
  local all, names = counts.load(), {}
  for name, count in pairs(passed) do all[name] = count end
  for name in pairs(all) do names[#names + 1] = name end
  table.sort(names)
  local file = assert(io.open(PATH, "w"))
  for _, name in ipairs(names) do file:write(name, "\t", all[name], "\n") end
  file:close()
end

return counts
