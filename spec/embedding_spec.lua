-- In hosts that are not ours: the ten lines of spec/embedding/who.lua in lighttpd with mod_magnet, and
-- Lua states that come and go in a program that lives on.
local lab = require "spec.lab"
local text_file = require "spec.lab.text_file"

local folder = lab.folder .. "/lighttpd"

local function put(name, text) return text_file.put(folder .. "/" .. name, text) end

describe("lighttpd with mod_magnet", function()
  local process, port

  setup(function()
    lab.run("mkdir -p " .. folder)
    port = lab.free_port()
    local here = lab.run("pwd"):match "[^\n]+"
    local inventory = put("inventory.lua", ([[
      smb { servers = { %q, %q }, query = "connections", qualifier = "people", username = %q, password = env "LAB_PASSWORD" }
      normalize_user(function(account) return account == "CORP\\alice" and "the other alice" or account end)
    ]]):format(lab.double, lab.closed, lab.username))
    local configuration = put("lighttpd.conf", ([[
      server.modules = ("mod_magnet")
      server.document-root = "%s"
      server.bind = "127.0.0.1"
      server.port = %s
      server.errorlog = "%s/error.log"
      magnet.attract-raw-url-to = ("%s/spec/embedding/who.lua")
    ]]):format(folder, port, folder, here))
    -- As in the launcher of make install, but for a host that is not ours.
    process = lab.run(([[LUA_PATH_5_4='%s/lua/?.lua;%s/lua/?/init.lua;;' LUA_CPATH_5_4='%s/build/lib/?.so;;' ROLLCALL_INVENTORY=%s
      export LUA_PATH_5_4 LUA_CPATH_5_4 ROLLCALL_INVENTORY
      lighttpd -D -f %s > %s/log 2>&1 & echo $!]]):format(here, here, here, inventory, configuration, folder)):match "%d+"
    lab.eventually("lighttpd", function() return select(2, lab.run(("curl -s -o /dev/null http://127.0.0.1:%s/"):format(port))) == 0 end)
  end)

  teardown(function() lab.run("kill " .. process) end)

  it("serves the live report, twice, and leaves no worker", function()
    for _ = 1, 2 do
      local page, code, complaint = lab.run(("curl -s -i http://127.0.0.1:%s/"):format(port))
      assert.equal(0, code, complaint)
      assert.is_truthy(page:find("^HTTP/1.1 200 OK"), page .. lab.run(("cat %s/error.log"):format(folder)))
      assert.is_truthy(page:find("Content-Type: text/html; charset=utf-8", 1, true))
      assert.is_truthy(page:find("<td>the other alice</td>", 1, true))
      assert.is_truthy(page:find("Incomplete: 1 of 2 targets", 1, true))
      assert.is_truthy(page:find("&lt;b&gt;&amp;&quot;&#39;", 1, true))
    end
    assert.equal("", (lab.run(("pgrep -x smbpipe -P %s"):format(process))))
  end)
end)

describe("a host of several Lua states", function()
  for scenario, expected in pairs {
    closed = { "15\n", 143 }, several = { "1\nNone\n", 129 }, kept = { "alive\n", 0 },
    own = { "meanwhile before\n", 0 }, interrupt = { "2 reached\nreached\nreached reached\n", 0 }, watched = { "alive\n", 0 },
  } do
    it("has its signals back, and no handler without its code: " .. scenario, function()
      local output, code, complaint = lab.run(("/usr/bin/python3 spec/embedding/host.py %s; exit $?"):format(scenario))
      assert.same(expected, { output, code }, complaint)
    end)
  end
end)

describe("the worker of a module", function()
  local library = assert(package.searchpath("rollcall.smb.core", package.cpath))
  local here = lab.run("pwd"):match "[^\n]+"
  local query = ([[
    for c in smb.connections { servername = "%s", qualifier = "people", username = "%s", password = os.getenv "LAB_PASSWORD" } do
      print(c.username)
    end]]):format(lab.double, lab.username)
  local function answered_in(command)
    local output, code, complaint = lab.run(command)
    assert.equal(0, code, complaint)
    assert.is_truthy(output:find("CORP\\alice", 1, true), output)
  end

  it("is the one that lay beside it when it was loaded by a relative path, wherever the host goes then", function()
    assert.equal("build", library:match "^[^/]+")
    local elsewhere = lab.folder .. "/elsewhere"
    local planted = elsewhere .. "/" .. library:gsub("core.so$", "smbpipe")
    lab.run(("mkdir -p $(dirname %s)"):format(planted))
    assert(io.open(planted, "w")):write(("#!/bin/sh\ncat > %s/got\n"):format(elsewhere)):close()
    lab.run("chmod 755 " .. planted)
    assert(io.open(lab.folder .. "/moves.lua", "w")):write(([[
      local smb = require "rollcall.smb"
      assert(require "lfs".chdir "%s")
    ]]):format(elsewhere), query):close()
    answered_in(("LUA_PATH_5_4='%s/lua/?.lua;%s/lua/?/init.lua;;' lua5.4 %s/moves.lua"):format(here, here, lab.folder))
    assert.is_nil(io.open(elsewhere .. "/got"))
  end)

  it("holds none of the host's descriptors: a pipe that the host closes has ended", function()
    local output, code, complaint = lab.run(([[timeout 20 lua5.4 -e '
      local smb = require "rollcall.smb"
      local files = {}
      for i = 1, 40 do files[i] = assert(io.open "/dev/null") end
      local pipe = io.popen("cat", "w")
      local server = smb.server { servername = "%s", username = "%s", password = os.getenv "LAB_PASSWORD" }
      assert(pipe:close())
      print(server:connection_page { qualifier = "people" }.entriesread)']]):format(lab.double, lab.username))
    assert.same({ "5\n", 0 }, { output, code }, complaint)
  end)

  for _, closed in ipairs { "0<&-", "1>&-", "2>&-", "1>&- 2>&-", "0<&- 1>&- 2>&-" } do
    it("has nothing to do with standard streams that the host has closed: " .. closed, function()
      local result = lab.folder .. "/pages"
      lab.run(([[lua5.4 -e '
        local smb = require "rollcall.smb"
        local rows = 0
        local ok, failure = pcall(function()
          for _ in smb.connections { servername = "%s", qualifier = "rows-30", prefmaxlen = 700, username = "%s",
            password = os.getenv "LAB_PASSWORD" } do
            rows = rows + 1
            io.stdout:write("not for the worker")
            io.stdout:flush()
            io.stderr:write("not for the worker")
          end
        end)
        assert(io.open("%s", "w")):write(rows, " ", tostring(failure)):close()' < /dev/null > /dev/null %s]]):format(
        lab.double, lab.username, result, closed))
      assert.equal("30 nil", (lab.run("cat " .. result)))
    end)
  end

  it("is found through a link to the module, and to its folder", function()
    local links = lab.folder .. "/links"
    local beside = here .. "/" .. library:gsub("/core.so$", "")
    lab.run(("mkdir -p %s/one/rollcall/smb %s/all/rollcall"):format(links, links))
    lab.run(("ln -s %s/core.so %s/one/rollcall/smb/; ln -s %s %s/all/rollcall/"):format(beside, links, beside, links))
    for _, through in ipairs { "one", "all" } do
      answered_in(("LUA_CPATH_5_4='%s/%s/?.so' lua5.4 -e 'local smb = require \"rollcall.smb\" %s'"):format(links, through, query))
    end
  end)
end)
