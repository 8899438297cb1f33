-- Names that nobody answers for, in a network of its own: a look-up cannot be stopped, and nothing may wait for it.
local lab = require "spec.lab"

-- The lab's name server is given up after three seconds.
local NAMELESS = "unshare --net --mount %s spec/lab/silent_names.py "
local rights = lab.run("id -u"):match "^0\n" and "" or "--map-root-user"
local nameless = NAMELESS:format(rights)
local possible = select(2, lab.run(nameless .. "true")) == 0
local it_where_possible = possible and it or function(name, ...)
  return pending(name .. " (unshare: no network namespace can be had here)", ...)
end

local PREAMBLE = [[
  local workspace = require "rollcall.workspace"
  local function uptime()
    local file <close> = assert(io.open "/proc/uptime")
    return file:read "n"
  end
  local function client(more)
    more.endpoint, more.project_id, more.token = "https://cloud.example", "p", "t"
    return workspace.client(more)
  end
  local function threads()
    local pipe <close> = assert(io.popen "ls /proc/$PPID/task | wc -l")
    return pipe:read "n"
  end
  local began = uptime()
  local function lap()
    local took = uptime() - began
    began = uptime()
    return took
  end
]]

---Runs a Lua program where no name is answered for; what it prints, and its status.
local function run(program)
  local path = lab.folder .. "/nameless.lua"
  assert(io.open(path, "w")):write(PREAMBLE, program):close()
  local output, status, complaint = lab.run(nameless .. "timeout 60 lua5.4 " .. path)
  return output .. complaint, status
end

describe("a name server that never answers", function()
  it_where_possible("breaks no deadline, and does not hold a close up", function()
    local output, status = run [[
      local asking = client { deadline = 1 }
      local ran, failure = pcall(function() for _ in asking:sessions { user_name = "alice" } do end end)
      assert(not ran and failure.code == "CURLE_OPERATION_TIMEDOUT", failure)
      local took = lap()
      assert(took < 2, took)
      do
        local step, query <close> = asking:sessions { user_name = "alice", on_wait = coroutine.yield }
        local thread = coroutine.create(step)
        for _ = 1, 20 do assert(coroutine.resume(thread, query)) end
        assert(threads() > 1)
      end
      asking:close()
      took = lap()
      assert(took < 1, took)
    ]]
    assert.same({ "", 0 }, { output, status })
  end)

  it_where_possible("does not let a host stand still that waits by itself", function()
    local output, status = run [[
      local longest = require "spec.lab.side_by_side" { function()
        for _ in client { timeout = 0.5, retries = 1 }:sessions {
          user_name = { "alice", "bob" }, on_error = print, on_wait = coroutine.yield,
        } do end
      end }
      assert(longest < 0.5, longest)
    ]]
    assert.equal(0, status, output)
    assert.equal(2, select(2, output:gsub("no answer in time %(CURLE_OPERATION_TIMEDOUT%)", "")))
  end)

  it_where_possible("leaves a bounded number of look-ups behind, and an address is not looked up", function()
    local output, status = run [[
      local names, codes = {}, {}
      for i = 1, 300 do names[i] = "user" .. i end
      for _ in client { timeout = 0.05, retries = 0 }:sessions {
        user_name = names,
        on_error = function(failure)
          codes[failure.code] = (codes[failure.code] or 0) + 1
          if failure.code == "CURLE_COULDNT_RESOLVE_HOST" then assert(failure.message:find("too many look-ups", 1, true)) end
        end,
      } do end
      assert(threads() <= 40, threads())
      assert(codes.CURLE_OPERATION_TIMEDOUT + codes.CURLE_COULDNT_RESOLVE_HOST == 300)
      local ran, failure = pcall(function()
        for _ in workspace.client {
          endpoint = "https://127.0.0.1:1", project_id = "p", token = "t", retries = 0,
        }:sessions { user_name = "alice" } do end
      end)
      assert(not ran and failure.code == "CURLE_COULDNT_CONNECT", failure)
    ]]
    assert.same({ "", 0 }, { output, status })
  end)

  it_where_possible("finds the code in its place when it is given up at last, though Lua is closed", function()
    local path = lab.folder .. "/nameless-host.py"
    assert(io.open(path, "w")):write(([[
import ctypes, os, time
lua = ctypes.CDLL("liblua5.4.so.0", mode=ctypes.RTLD_GLOBAL)
lua.luaL_newstate.restype = ctypes.c_void_p
state = ctypes.c_void_p(lua.luaL_newstate())
lua.luaL_openlibs(state)
assert lua.luaL_loadstring(state, %q.encode()) == 0
assert lua.lua_pcallk(state, 0, 0, 0, ctypes.c_ssize_t(0), None) == 0
assert len(os.listdir("/proc/self/task")) > 1
lua.lua_close(state)
assert len(os.listdir("/proc/self/task")) > 1
time.sleep(4)
assert len(os.listdir("/proc/self/task")) == 1
]]):format((PREAMBLE .. [[
      pcall(function() for _ in client { timeout = 0.2, retries = 0 }:sessions { user_name = "alice" } do end end)
    ]]):gsub("\n%s*", " "):gsub('"', "'"))):close()
    local output, status, complaint = lab.run(nameless .. "/usr/bin/python3 " .. path)
    assert.same({ "", "", 0 }, { output, complaint, status })
  end)
end)
