-- Nothing that a script can reach lacks its documentation.
local core = require "rollcall.smb.core"
local text_file = require "spec.lab.text_file"

local content = text_file.content

describe("documentation", function()
  for module, meta in pairs {
    ["rollcall.smb.core"] = "lua/rollcall/meta/smb_core.lua", ["rollcall.system"] = "lua/rollcall/meta/system.lua",
    ["rollcall.workspace.core"] = "lua/rollcall/meta/workspace_core.lua",
    ["rollcall.smb.closing"] = "lua/rollcall/meta/smb_closing.lua",
    ["rollcall.workspace.closing"] = "lua/rollcall/meta/workspace_closing.lua",
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

  it("names every level and field of every call in the guide and the annotations", function()
    local guide, annotations = content "lua/rollcall/manual/smb-calls.md", content "lua/rollcall/smb.lua"
    for name, call in pairs(core.calls()) do
      local line = guide:match("\n(| `smb%." .. name .. "`[^\n]*)")
      assert.is_truthy(line, name)
      for _, level in ipairs(call.levels) do
        local shown = line:match("[^%d]" .. level.level .. ": ([^;|]*)")
        assert.is_truthy(shown, name .. " " .. level.level)
        local fields = {}
        for i, field in ipairs(level.fields) do
          fields[i] = "`" .. field.name .. "`"
          assert.is_truthy(annotations:find("\n%-%-%-@field " .. field.name .. "%??%s+" .. field.type), field.name)
        end
        local left_out = ({ ["all but the last"] = 1, ["all but the last two"] = 2 })[shown:match "^(.-) *$"]
        if left_out then
          assert.equal(#call.levels[1].fields - left_out, #level.fields, name .. " " .. level.level)
        else
          assert.equal(table.concat(fields, " "), shown:match "^(.-) *$", name .. " " .. level.level)
        end
      end
    end
  end)

  it("names every option of smb.connections in the guide, and no other", function()
    local guide, named, declared, within = content "lua/rollcall/manual/smb-calls.md", {}, {}, nil
    for names in guide:match("## Options\n(.-)\n## "):gmatch "\n| (`[^|]*)|" do
      for name in names:gmatch "`([%w_]+)`" do named[name] = true end
    end
    for line in (content "lua/rollcall/smb.lua" .. content "lua/rollcall/smb/target.lua"):gmatch "[^\n]+" do
      local class = line:match "^%-%-%-@class rollcall%.smb%.(%a+_options)"
      within = class or not line:find "^%-%-%-@class" and line:find "^%-%-%-" and within
      local name = line:match "^%-%-%-@field ([%w_]+)"
      if within and name then declared[name] = true end
    end
    assert.same(declared, named)
  end)
end)
