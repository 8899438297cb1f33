-- On Windows the rockspec names each file by itself; nothing may be missing there, nor be too much.
local text_file = require "spec.lab.text_file"
local version = require("rollcall").version

local function rockspec(of)
  local loaded = {}
  assert(loadfile("rockspec/rollcall-" .. of .. "-1.rockspec", "t", loaded))()
  return loaded
end

local content = text_file.content

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
  local modules = rockspec("scm").build.platforms.windows.modules

  for module, variable in pairs {
    ["rollcall.smb.core"] = "WINDOWS_SMB_SOURCES", ["rollcall.system"] = "WINDOWS_SYSTEM_SOURCES",
    ["rollcall.smb.closing"] = "WINDOWS_CLOSING_SOURCES", ["rollcall.workspace.core"] = "WINDOWS_WORKSPACE_SOURCES",
    ["rollcall.workspace.closing"] = "WINDOWS_LOGOFF_SOURCES",
  } do
    it("builds " .. module .. " of what make test-windows builds it of", function()
      local print_it = ("make -s --no-print-directory --eval='print-it: ; @printf \"%%s\\n\" $(%s)' print-it"):format(variable)
      assert.same(lines_of(print_it), sorted(modules[module].sources))
    end)
  end

  it("has the guides and the JSON Schemas, which go beside the Lua files of the manual", function()
    local files = {}
    for name, file in pairs(rockspec("scm").build.platforms.windows.install.lua) do
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

describe("the release", function()
  it("has a rockspec that is the head's but for version and tag, as make rockspecs writes it", function()
    local head, release = rockspec "scm", rockspec(version)
    assert.equal(version .. "-1", release.version)
    assert.equal("v" .. version, release.source.tag)
    head.version, head.source, release.version, release.source = nil, nil, nil, nil
    assert.same(head, release)
  end)

  it("is the version of the command, the changelog and the Debian package", function()
    assert.is_truthy(content "CHANGELOG.md":match "\n## ([^\n]*)":find(version, 1, true), "CHANGELOG.md begins with another version")
    assert.equal(version, content "rockspec/debian/changelog":match "^rollcall %(([%d.]+)%)")
  end)
end)
