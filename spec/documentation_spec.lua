-- Nothing that a script can reach lacks its documentation.
local core = require "rollcall.smb.core"

local function content(path)
  local file = assert(io.open(path))
  local text = file:read("a")
  file:close()
  return text
end

describe("documentation", function()
  for module, meta in pairs {
    ["rollcall.smb.core"] = "lua/rollcall/meta/smb_core.lua", ["rollcall.system"] = "lua/rollcall/meta/system.lua",
    ["rollcall.workspace.core"] = "lua/rollcall/meta/workspace_core.lua",
  } do
    it("has an entry for all that " .. module .. " exports, and for nothing else", function()
      local exported, documented = {}, {}
      for name in pairs(require(module)) do exported[#exported + 1] = name end
      for name in content(meta):gmatch("\nfunction %a+%.([%w_]+)") do documented[#documented + 1] = name end
      table.sort(exported)
      table.sort(documented)
      assert.same(exported, documented)
    end)
  end

  it("names every level and field of every call in the README and the annotations", function()
    local readme, annotations = content "README.md", content "lua/rollcall/smb.lua"
    for name, call in pairs(core.calls()) do
      local line = readme:match("\n(| `smb%." .. name .. "`[^\n]*)")
      assert.is_truthy(line, name)
      for _, level in ipairs(call.levels) do
        assert.is_truthy(line:find("[^%d]" .. level.level .. ":"), name .. " " .. level.level)
        for _, field in ipairs(level.fields) do
          assert.is_truthy(line:find("`" .. field.name .. "`", 1, true), name .. "." .. field.name)
          assert.is_truthy(annotations:find("\n%-%-%-@field " .. field.name .. "%??%s+" .. field.type), field.name)
        end
      end
    end
  end)

  it("names every option of smb.connections in the README", function()
    local readme = content "README.md"
    for option in pairs {
      servername = 1, qualifier = 1, level = 1, prefmaxlen = 1, resume_handle = 1, username = 1, password = 1, domain = 1,
      nt_hash = 1, kerberos = 1, encrypt = 1, port = 1, timeout = 1, concurrency = 1, on_error = 1, on_target = 1,
      hidden = 1, filter = 1,
    } do
      assert.is_truthy(readme:find("`" .. option .. "`", 1, true), option)
    end
  end)
end)
