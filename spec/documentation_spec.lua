-- Nothing that a script can reach lacks its documentation.
local core = require "rollcall.core"

local function content(path)
  local file = assert(io.open(path))
  local text = file:read("a")
  file:close()
  return text
end

describe("documentation", function()
  local meta = content "lua/rollcall/meta/core.lua"

  it("has an entry for all that rollcall.core exports, and for nothing else", function()
    local exported, documented = {}, {}
    for name in pairs(core) do exported[#exported + 1] = name end
    for name in meta:gmatch("\nfunction core%.([%w_]+)") do documented[#documented + 1] = name end
    table.sort(exported)
    table.sort(documented)
    assert.same(exported, documented)
  end)

  it("has annotations above every public function", function()
    for module, path in pairs {
      smb = "smb.lua", report = "report/init.lua", presence = "presence.lua", policy = "policy.lua", inventory = "inventory.lua",
      snapshot = "snapshot.lua", diff = "diff.lua", sandbox = "sandbox.lua",
    } do
      local text = content("lua/rollcall/" .. path)
      for name, value in pairs(require("rollcall." .. module)) do
        if type(value) == "function" then
          assert.is_truthy(text:find("\n%-%-%-[^\n]*\nfunction " .. module .. "%." .. name)
            or text:find("\n%-%-%-[^\n]*\n[^\n]*local function " .. name), module .. "." .. name)
        end
      end
    end
  end)

  it("names every option of smb.connections in the README", function()
    local readme = content "README.md"
    for option in pairs {
      servername = 1, qualifier = 1, level = 1, prefmaxlen = 1, resume_handle = 1, username = 1, password = 1, domain = 1,
      nt_hash = 1, kerberos = 1, encrypt = 1, port = 1, timeout = 1, concurrency = 1, on_error = 1,
    } do
      assert.is_truthy(readme:find("`" .. option .. "`", 1, true), option)
    end
  end)
end)
