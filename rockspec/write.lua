--- Writes the rockspecs: into that of the development head the files that Windows builds from, and from it the one of
-- the release that rollcall says it is.
--
--     lua5.4 rockspec/write.lua URL LIBRARY FILE... -- LIBRARY FILE... -- ... -- LUA-FILE...
--
-- URL is where luarocks gets the release from. `git+file://.` is the clone that somebody stands in: right for
-- `luarocks make`, and all that is known until there is a public place.
local HEAD = "rockspec/rollcall-scm-1.rockspec"

local function content(path)
  local file = assert(io.open(path))
  local text = file:read "a"
  file:close()
  return text
end

local function put(path, text)
  local file = assert(io.open(path, "w"))
  file:write(text)
  file:close()
end

-- Replaces what stands between two patterns, of which the first is looked for after `from`.
local function between(text, from, first, last, replacement)
  local _, start = text:find(from, 1, true)
  local _, begins = text:find(first, (assert(start, from)), true)
  local ends = text:find(last, (assert(begins, first)), true)
  return text:sub(1, begins) .. replacement .. text:sub((assert(ends, last)))
end

local function wrapped(files)
  local lines, line = {}, ""
  for _, file in ipairs(files) do
    local item = ('"%s", '):format(file)
    if #line + #item > 98 then
      lines[#lines + 1], line = line, ""
    end
    line = line .. item
  end
  lines[#lines + 1] = line
  local indented = {}
  for i, each in ipairs(lines) do indented[i] = (" "):rep(18) .. each:gsub(" $", "") end
  return table.concat(indented, "\n")
end

---The groups of arguments, which `--` parts.
local function groups(from)
  local all = { {} }
  for i = from, #arg do
    if arg[i] == "--" then all[#all + 1] = {} else table.insert(all[#all], arg[i]) end
  end
  for _, group in ipairs(all) do assert(#group > 0, "a group without files") end
  return all
end

local url, given = arg[1], groups(2)
local lua_files = table.remove(given)
local text = content(HEAD)

for _, group in ipairs(given) do
  local library = table.remove(group, 1)
  table.sort(group)
  text = between(text, ('["%s"] = {'):format(library), "sources = {\n", "\n               },", wrapped(group))
end

local modules = {}
for i, file in ipairs(lua_files) do
  modules[i] = { name = file:gsub("^lua/", ""):gsub("%.lua$", ""):gsub("/init$", ""):gsub("/", "."), file = file }
end
table.sort(modules, function(a, b) return a.name < b.name end)
for i, module in ipairs(modules) do
  modules[i] = ('            ["%s"] = "%s",\n'):format(module.name, module.file)
end
text = between(text, '["rollcall.system"] = {', "\n            },\n", "         },\n      },\n   },\n}", table.concat(modules))
put(HEAD, text)

local version = dofile("lua/rollcall/init.lua").version
local function once(pattern, replacement)
  local changed, count = text:gsub(pattern, replacement)
  assert(count == 1, pattern)
  text = changed
end
once('version = "scm%-1"', ('version = "%s-1"'):format(version))
once('url = "git%+file://%.",', ('url = "%s",\n   tag = "v%s",'):format(url, version))
put(("rockspec/rollcall-%s-1.rockspec"):format(version), text)
