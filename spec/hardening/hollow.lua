-- Finds tests that would pass with an empty implementation: after a test has passed it runs again for every public function that it
-- calls, which then returns nothing. A helper of busted, for make hollow. The tests that pass anyway, and the function,
-- go to HOLLOW_FOUND; so do tests that cannot run twice. A test may pass by what its first run left: with HOLLOW=FUNCTION that function does
-- nothing from the start, and each test runs once.
local busted = require "busted"

local PUBLIC = { "smb", "workspace", "closing", "inventory", "presence", "report", "policy", "snapshot", "diff", "smbstatus" }

local found = assert(io.open(assert(os.getenv "HOLLOW_FOUND"), "a"))
local called = {}
local always = os.getenv "HOLLOW"
local hollow = always -- the name of what returns nothing now

local function is_called_by_spec()
  for level = 3, 6 do
    local info = debug.getinfo(level, "S")
    if not info then return false end
    if info.what ~= "C" then return info.source:find("spec/", 1, true) ~= nil end
  end
  return false
end

local watched = setmetatable({}, { __mode = "k" })
local watch_methods

local function watch(name, original)
  local function results(...)
    watch_methods(name, (...))
    return ...
  end
  return function(...)
    if is_called_by_spec() then
      called[name] = true
      if hollow == name then return end
    end
    return results(original(...))
  end
end

-- An object's methods are public, too.
function watch_methods(name, object)
  local metatable = debug.getmetatable(object)
  local methods = type(object) ~= "string" and metatable and rawget(metatable, "__index")
  if type(methods) ~= "table" or watched[methods] then return end
  watched[methods] = true
  for key, value in pairs(methods) do
    if type(value) == "function" and type(key) == "string" and key:sub(1, 1) ~= "_" then methods[key] = watch(name .. ":" .. key, value) end
  end
end

for _, short in ipairs(PUBLIC) do
  local name = "rollcall." .. short
  local path = package.searchpath(name, package.path)
  package.preload[name] = path and function()
    local module = assert(loadfile(path))(name, path)
    for key, value in pairs(module) do
      if type(value) == "function" then module[key] = watch(short .. "." .. key, value) end
    end
    return module
  end
end

local function passes(element, run)
  local finally
  element.env.finally = function(what) finally = what end
  local passed = pcall(run, element)
  if finally then passed = pcall(finally) and passed end
  return passed
end

local function note(element, name, what)
  found:write(("%s:%d\t%s\t%s\t%s\n"):format(element.trace.short_src, element.trace.currentline,
    element.name:gsub("[^ -~]", "?"), name, what))
  found:flush()
end

local function try_hollow(element, run)
  local names = {}
  for name in pairs(called) do names[#names + 1] = name end
  if #names == 0 then return end
  local runs_twice = passes(element, run)
  for _, name in ipairs(names) do
    hollow = name
    note(element, name, not runs_twice and "cannot run twice" or passes(element, run) and "passes" or "fails")
  end
  hollow = nil
end

busted.subscribe({ "test", "start" }, function(element)
  local run = element.run
  function element.run(...)
    called = {}
    if always then
      local passed, problem = pcall(run, ...)
      if called[always] then note(element, always, passed and "passes" or "fails") end
      if not passed then error(problem, 0) end
    else
      run(...)
      local finally = element.env.finally
      try_hollow(element, run)
      element.env.finally = finally
    end
  end
  return nil, true
end)
