-- Which folder of Lua files requires which: what serves others knows nothing of them.
local lab = require "spec.lab"

-- Each may require those before it. A file beside a folder of its name belongs to it.
local ORDER = { "system", "workspace/session", "internal", "workspace", "smb", "smbstatus", "presence", "closing", "snapshot", "inventory",
  "report", "policy", "diff", "loop", "manual", "cli" }

-- Programs, and what a program requires first of all: nothing else requires them.
local PROGRAMS = { ["init.lua"] = true, ["main.lua"] = true, ["manual/write.lua"] = true }

local places = {}
for place, folder in ipairs(ORDER) do places[folder] = place end

local function folder_of(name)
  return places[name] and name or name:match "^[^/]+"
end

local function required_by_folder()
  local by, lines = {}, lab.run [[grep -roE 'require ?\(?"rollcall\.[a-z_.]+' lua/rollcall]]
  for file, module in lines:gmatch 'lua/rollcall/([^:\n]+):[^"\n]+"rollcall%.([^\n]+)' do
    if not PROGRAMS[file] then
      local folder = folder_of((file:gsub("%.lua$", "")))
      by[folder] = by[folder] or {}
      by[folder][folder_of((module:gsub("%.", "/")))] = file
    end
  end
  return by
end

describe("a folder of lua/rollcall", function()
  local by = required_by_folder()

  for folder, modules in pairs(by) do
    it(("requires none that may require it: %s"):format(folder), function()
      assert.is_truthy(places[folder], "its place is not known")
      for required, file in pairs(modules) do
        assert.is_truthy(places[required], required)
        assert.is_true(places[required] <= places[folder], ("%s requires %s"):format(file, required))
      end
    end)
  end

  it("is found by what its files say", function()
    assert.is_truthy(by.cli.policy and by.internal["workspace/session"] and by.workspace.internal)
  end)
end)
