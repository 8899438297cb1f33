-- On Windows the rockspec names each file by itself; nothing may be missing there, nor be too much.
local function rockspec()
  local loaded = {}
  assert(loadfile("rockspec/rollcall-scm-1.rockspec", "t", loaded))()
  return loaded
end

local function lines_of(command)
  local lines = {}
  local pipe = assert(io.popen(command))
  for line in pipe:lines() do lines[#lines + 1] = line end
  pipe:close()
  table.sort(lines)
  return lines
end

local function sorted(list)
  table.sort(list)
  return list
end

describe("the rockspec, for Windows,", function()
  local modules = rockspec().build.platforms.windows.modules

  for module, variable in pairs {
    ["rollcall.smb.core"] = "WINDOWS_SMB_SOURCES", ["rollcall.system"] = "WINDOWS_SYSTEM_SOURCES",
    ["rollcall.workspace.core"] = "WINDOWS_WORKSPACE_SOURCES",
  } do
    it("builds " .. module .. " of what make test-windows builds it of", function()
      local print_it = ("make -s --no-print-directory --eval='print-it: ; @printf \"%%s\\n\" $(%s)' print-it"):format(variable)
      assert.same(lines_of(print_it), sorted(modules[module].sources))
    end)
  end

  it("has the guides and the JSON Schemas, which go beside the Lua files of the manual", function()
    local files = {}
    for name, file in pairs(rockspec().build.platforms.windows.install.lua) do
      files[#files + 1] = file
      assert.is_truthy(name:find "^rollcall%.manual%.[^.]+$")
    end
    assert.same(lines_of "find lua -name '*.md' -o -name '*.json'", sorted(files))
  end)

  it("has every Lua file, under the name that it is required by", function()
    local files = {}
    for name, file in pairs(modules) do
      if type(file) == "string" then
        files[#files + 1] = file
        assert.equal(name, (file:gsub("^lua/", ""):gsub("%.lua$", ""):gsub("/init$", ""):gsub("/", ".")))
      end
    end
    assert.same(lines_of "find lua -name '*.lua' ! -path '*/meta/*'", sorted(files))
  end)
end)
