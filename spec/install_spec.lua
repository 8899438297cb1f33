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
      "bin/rollcall", "share/man/man1/rollcall.1", "share/man/man1/rollcall-check.1", "share/man/man5/rollcall-policy.5",
      "share/lua/5.4/rollcall/manual/in-a-domain.md",
      "share/lua/5.4/rollcall/smb.lua", "lib/lua/5.4/rollcall/smb/core.so", "lib/lua/5.4/rollcall/smb/smbpipe",
      "lib/lua/5.4/rollcall/smb/closing.so",
      "lib/lua/5.4/rollcall/system.so",
      "lib/lua/5.4/rollcall/workspace/core.so", "lib/lua/5.4/rollcall/workspace/closing.so",
      "share/bash-completion/completions/rollcall", "share/zsh/site-functions/_rollcall", "share/fish/vendor_completions.d/rollcall.fish",
    } do
      assert.is_truthy(listing:find("./" .. file, 1, true), file)
    end
  end)

  it("has manual pages where man looks, and the manual in the command", function()
    for page, words in pairs { ["rollcall-check"] = "%-%-fail%-on SEVERITY", ["rollcall-policy"] = "builtin%.client_networks" } do
      local output, code, complaint = lab.run(("cd / && MANPATH='%s/share/man' MANPAGER=cat MANWIDTH=80 man %s"):format(prefix, page))
      assert.equal(0, code, complaint)
      assert.is_truthy(output:find(words), output)
    end
    local output, code, complaint = lab.run(
      ("cd / && unset LUA_PATH_5_4 LUA_CPATH_5_4 && '%s/bin/rollcall' help in-a-domain"):format(prefix))
    assert.equal(0, code, complaint)
    assert.is_truthy(output:find("kinit auditor@CORP.EXAMPLE", 1, true))
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

  it("is undone by make uninstall, which leaves what is not rollcall's, and the folders that every PREFIX has", function()
    lab.run(("mkdir -p '%s/share/lua/5.4/other' && echo > '%s/share/lua/5.4/other.lua'"):format(prefix, prefix))
    lab.run(("echo > '%s/share/lua/5.4/rollcall/of_an_older_version.lua'"):format(prefix))
    local _, code, complaint = lab.run(("make uninstall PREFIX='%s'"):format(prefix))
    assert.equal(0, code, complaint)
    local left = lab.run(("cd '%s' && find . -mindepth 1 | LC_ALL=C sort"):format(prefix))
    assert.equal("./bin ./lib ./share ./share/lua ./share/lua/5.4 ./share/lua/5.4/other ./share/lua/5.4/other.lua ./share/man ",
      (left:gsub("\n", " ")))
  end)
end)

describe("make", function()
  -- What the machine has, but for Lua, and Lua under one name; of pkg-config's files that of Lua, under one name.
  local function finds(command, package)
    local folder = ("%s/machine-%s-%s"):format(lab.folder, command, package)
    local _, prepared, complaint = lab.run(([[
      mkdir -p %s/bin %s/packages && cd %s && ln -s /usr/bin/* /bin/* bin/ 2> /dev/null; rm -f bin/lua* &&
      ln -s "$(command -v lua5.4)" bin/%s && cp "$(pkg-config --variable=pcfiledir lua5.4)/lua5.4.pc" packages/%s.pc]])
      :format(folder, folder, folder, command, package))
    assert.equal(0, prepared, complaint)
    return (lab.run(([[env -u LUA -u MAKEFLAGS PATH=%s/bin PKG_CONFIG_LIBDIR=%s/packages \
      make -s --no-print-directory --eval='print-it: ; @echo $(LUA) $(LUA_PACKAGE)' print-it]]):format(folder, folder)))
  end

  for command, package in pairs { ["lua5.4"] = "lua5.4", lua54 = "lua-5.4", ["lua-5.4"] = "lua54", lua = "lua" } do
    it(("finds Lua where it is called %s, and %s by pkg-config"):format(command, package), function()
      assert.equal(command .. " " .. package .. "\n", finds(command, package))
    end)
  end
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
    -- luarocks 3.8 gives the command no paths where it does not look after dependencies.
    local without_paths, without_code, why = lab.run((
      "%scd / && ROLLCALL_PASSWORD=$LAB_PASSWORD %s/bin/rollcall connections %s -q people -U %s -f csv"):format(
      unset, tree, lab.double, lab.username))
    assert.equal(0, without_code, why)
    assert.is_truthy(without_paths:find("CORP\\alice", 1, true))
    assert.equal(tree .. "/bin/rollcall\n", (lab.run(paths .. "\ncommand -v rollcall")))
    assert.equal(0, command_code, command_complaint)
    assert.is_truthy(printed:find("CORP\\alice", 1, true))
    for topic, words in pairs {
      check = "--fail-on SEVERITY", ["in-a-domain"] = "kinit auditor@CORP.EXAMPLE", ["rollcall-1.schema.json"] = "$defs",
    } do
      local page, page_code, page_complaint = lab.run(("cd /\n%s\nrollcall help %s"):format(paths, topic))
      assert.equal(0, page_code, page_complaint)
      assert.is_truthy(page:find(words, 1, true), page)
    end
    local rock = lab.run(unset .. ("luarocks --lua-version 5.4 --tree %s show --rock-dir rollcall"):format(tree)):match "%S+"
    local manual, manual_code, manual_complaint = lab.run(("cd / && man -M %s/man -P cat rollcall-check"):format(rock))
    assert.equal(0, manual_code, manual_complaint)
    assert.is_truthy(manual:find("--fail-on SEVERITY", 1, true), manual)
  end)
end)
