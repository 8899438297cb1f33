--- A helper of busted where Lua is not 5.4. Spec files are read without `<close>`, which no other Lua has, so that the collector
-- closes what they leave; and in LuaJIT they get Lua 5.3's library, and finalisers of tables. What they test gets none of it.
local older = { library = _VERSION == "Lua 5.1" and require "compat53.module" or _G, setmetatable = setmetatable }

-- What one test leaves to the collector is not counted by the next.
require("busted").subscribe({ "test", "start" }, function()
  collectgarbage()
  collectgarbage()
  return nil, true
end)

-- luacheck: globals loadfile loadstring newproxy
if newproxy then
  function older.setmetatable(value, metatable)
    if metatable and metatable.__gc then
      local proxy = newproxy(true)
      getmetatable(proxy).__gc = function() metatable.__gc(value) end
      value[proxy] = true
    end
    return setmetatable(value, metatable)
  end
end

-- In one line, so that messages name the right one.
local prologue = [[local older = require "spec.luas.older"; local math, string, table, utf8, setmetatable =
  older.library.math, older.library.string, older.library.table, older.library.utf8, older.setmetatable; ]]

function loadfile(path)
  local file, problem = io.open(path)
  if not file then return nil, problem end
  local text = file:read "*a"
  file:close()
  return (loadstring or load)(prologue:gsub("\n", "") .. text:gsub(" <close> =", " ="), "@" .. path)
end

return older
