--- What Lua 5.4 has and Lua 5.3 or LuaJIT has not, as far as the queries need it. Nothing of the host's is changed.
local versions = {}

-- LuaJIT, which has no integers, and whose C cannot go on after a yield. Others may have put `math.type` there.
local is_luajit = _VERSION == "Lua 5.1"
local library = is_luajit and require "compat53.module" or _G

versions.math, versions.utf8, versions.running = library.math, library.utf8, library.coroutine.running

-- Lua 5.4 takes half of a surrogate pair for no UTF-8, and the others do not.
if library.utf8.len "\xED\xA0\x80" then
  local function len(value, first, last)
    local length, bad = library.utf8.len(value, first, last)
    local surrogate = value:find("\xED[\xA0-\xBF]", first)
    if surrogate and surrogate <= (last or #value) and (length or surrogate < bad) then return nil, surrogate end
    return length, bad
  end
  versions.utf8 = setmetatable({ len = len }, { __index = library.utf8 })
end

-- Elsewhere the collector ends what was broken off.
local loops_close = _VERSION ~= "Lua 5.1" and _VERSION ~= "Lua 5.3"

---@param thread thread  suspended or dead
function versions.close_coroutine(thread)
  if loops_close then coroutine.close(thread) end
end

local function once(_, done) return not done or nil end

local function finish(value, ran, ...)
  value:close()
  if not ran then error((...), 0) end
  return ...
end

---Calls `f`, and closes the value, as `local value <close>` does in Lua 5.4: whether `f` returns or raises, and there also where
---its coroutine is closed.
---@generic T: { close: fun(self: T) }
---@param value T
---@param f fun(value: T, ...: any): any
---@param ... any
---@return any ...  what `f` returns
function versions.closing(value, f, ...)
  if not loops_close then return finish(value, pcall(f, value, ...)) end
  for _ in once, nil, nil, value do return f(value, ...) end -- luacheck: ignore 512
end

-- A step in C ends with true where a function is to be called, and goes on with what that has returned or raised.
local go_on

local function call(step, _, state, called, ...)
  return go_on(step, step(state, pcall(called, ...)))
end

function go_on(step, ...)
  if (...) ~= true then return ... end
  return call(step, ...)
end

---The values of a generic `for` over an iterator in C, whose step may wait in an `on_wait` that yields.
---@param step function
---@param ... any  the others, as they are
function versions.resumable(step, ...)
  if not is_luajit then return step, ... end
  return function(state) return go_on(step, step(state)) end, ...
end

---What a function in C returns that waits, as `resumable`.
function versions.resumed(...)
  if not is_luajit then return ... end
  return go_on(function(state, ...) return state(...) end, ...)
end

return versions
