-- What is installed works from where it was installed, and needs nothing of this tree.
local lab = require "spec.lab"

local script = [[
local smb = require "rollcall.smb"
local names = {}
for c in smb.connections { servername = "%s", qualifier = "people", username = "%s", password = os.getenv "LAB_PASSWORD" } do
  names[#names + 1] = c.username
end
print(names[1], #names)
]]

local function script_file()
  local path = lab.folder .. "/script.lua"
  assert(io.open(path, "w")):write(script:format(lab.double, lab.username)):close()
  return path
end

describe("make install", function()
  local prefix = lab.folder .. "/prefix with space"

  it("puts command, Lua files, module and worker under PREFIX, and they work from elsewhere", function()
    local _, code, complaint = lab.run(("make install PREFIX='%s'"):format(prefix))
    assert.equal(0, code, complaint)
    local output, run_code, run_complaint = lab.run(
      ([[cd / && unset LUA_PATH_5_4 LUA_CPATH_5_4
         ROLLCALL_PASSWORD=$LAB_PASSWORD '%s/bin/rollcall' connections %s -q people -U %s -f csv]])
      :format(prefix, lab.double, lab.username))
    assert.equal(0, run_code, run_complaint)
    assert.is_truthy(output:find("CORP\\alice", 1, true))
    local listing = lab.run(("cd '%s' && find . -type f"):format(prefix))
    for _, file in ipairs {
      "bin/rollcall", "share/man/man1/rollcall.1",
      "share/lua/5.4/rollcall/smb.lua", "lib/lua/5.4/rollcall/smb/core.so", "lib/lua/5.4/rollcall/smb/smbpipe",
      "lib/lua/5.4/rollcall/system.so",
      "lib/lua/5.4/rollcall/workspace/core.so",
    } do
      assert.is_truthy(listing:find("./" .. file, 1, true), file)
    end
  end)

  it("works through a link to the command", function()
    lab.run(("ln -s '%s/bin/rollcall' %s/link"):format(prefix, lab.folder))
    local output, code = lab.run(("cd / && %s/link --help"):format(lab.folder))
    assert.equal(0, code)
    assert.is_truthy(output:find("Usage", 1, true))
  end)

  it("serves a script that is given its paths", function()
    local output, code, complaint = lab.run(
      ([[cd / && export LUA_PATH_5_4='%s/share/lua/5.4/?.lua;%s/share/lua/5.4/?/init.lua;;'
         LUA_CPATH_5_4='%s/lib/lua/5.4/?.so;;' lua5.4 %s]])
      :format(prefix, prefix, prefix, script_file()))
    assert.equal(0, code, complaint)
    assert.equal("CORP\\alice\t5\n", output)
  end)
end)

describe("luarocks", function()
  local tree = lab.folder .. "/tree"

  it("makes the rock into a fresh tree, where module, worker and command are found", function()
    -- In a copy: luarocks builds in the folder it stands in.
    local copy = lab.folder .. "/copy"
    local _, code, complaint = lab.run(([[
      mkdir %s && tar -cf - --exclude=./build --exclude=./.git . | tar -xf - -C %s && cd %s &&
      luarocks --lua-version 5.4 --tree %s make --deps-mode none rockspec/rollcall-scm-1.rockspec]]):format(copy, copy, copy, tree))
    assert.equal(0, code, complaint)
    local unset = "unset LUA_PATH_5_4 LUA_CPATH_5_4\n"
    local paths = unset .. lab.run(unset .. ("luarocks --lua-version 5.4 --tree %s path"):format(tree))
    local output, run_code, run_complaint = lab.run(("cd /\n%s\nlua5.4 %s"):format(paths, script_file()))
    assert.equal(0, run_code, run_complaint)
    assert.equal("CORP\\alice\t5\n", output)
    local printed, command_code, command_complaint = lab.run(
      ("cd /\n%s\nROLLCALL_PASSWORD=$LAB_PASSWORD rollcall connections %s -q people -U %s -f csv"):format(
        paths, lab.double, lab.username))
    assert.equal(tree .. "/bin/rollcall\n", (lab.run(paths .. "\ncommand -v rollcall")))
    assert.equal(0, command_code, command_complaint)
    assert.is_truthy(printed:find("CORP\\alice", 1, true))
  end)
end)
