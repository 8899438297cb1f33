-- The modules for Lua 5.3 and LuaJIT, as make and luarocks install them.
local lab = require "spec.lab"

local SCRIPT = [[
local smb, workspace = require "rollcall.smb", require "rollcall.workspace"
require "rollcall.loop.plain"
local options, rows = { servername = "%s", qualifier = "people", username = "%s", password = os.getenv "LAB_PASSWORD" }, 0
for _ in smb.connections(options) do rows = rows + 1 end
print(rows, type(workspace.client))
]]

-- luarocks takes another Lua 5.1 than LuaJIT for what it finds first.
local luas = {
  { command = "lua5.3", version = "5.3", paths = "_5_3", rock = "" },
  { command = "luajit", version = "5.1", paths = "", rock = "LUA=luajit LUA_INCDIR=$(pkg-config --variable=includedir luajit)" },
}

local MAKE = "env -u MAKEFLAGS -u MFLAGS make -s --no-print-directory LUA=%s PREFIX=%s "

local function succeeds(command, ...)
  local output, code, complaint = lab.run(command:format(...))
  assert.equal(0, code, output .. complaint)
  return output
end

for _, lua in ipairs(luas) do
  describe("installed for " .. lua.command, function()
    local prefix = lab.folder .. "/" .. lua.command
    local script = prefix .. ".lua"

    local function works()
      assert(io.open(script, "w")):write(SCRIPT:format(lab.double, lab.username)):close()
      local output = succeeds("cd / && LUA_PATH%s='%s/share/lua/%s/?.lua;;' LUA_CPATH%s='%s/lib/lua/%s/?.so;;' %s %s",
        lua.paths, prefix, lua.version, lua.paths, prefix, lua.version, lua.command, script)
      assert.equal("5\tfunction\n", output)
    end

    it("by make, and gone by make", function()
      succeeds(MAKE .. "install", lua.command, prefix)
      works()
      succeeds(MAKE .. "uninstall", lua.command, prefix)
      assert.equal("", (lab.run(("find %s -type f"):format(prefix))))
    end)

    it("by luarocks", function()
      succeeds("env -u MAKEFLAGS -u MFLAGS luarocks --lua-version %s --tree %s make --deps-mode none rockspec/rollcall-scm-1.rockspec %s",
        lua.version, prefix, lua.rock)
      works()
      local _, code, complaint = lab.run(prefix .. "/bin/rollcall --version")
      assert.equal(2, code)
      assert.is_truthy(complaint:find("the command needs Lua 5.4, and this is Lua " .. lua.version, 1, true), complaint)
    end)
  end)
end
