-- The ten lines of spec/embedding/who.lua in a real host: lighttpd with mod_magnet.
local lab = require "spec.lab"

local folder = lab.folder .. "/lighttpd"

local function put(name, text)
  local path = folder .. "/" .. name
  assert(io.open(path, "w")):write(text):close()
  return path
end

local function free_port()
  local script = "import socket; s = socket.socket(); s.bind((\"127.0.0.1\", 0)); print(s.getsockname()[1])"
  return (lab.run(("/usr/bin/python3 -c '%s'"):format(script)):match "%d+")
end

describe("lighttpd with mod_magnet", function()
  local process, port

  setup(function()
    lab.run("mkdir -p " .. folder)
    port = free_port()
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
      assert.is_truthy(page:find("This is not everybody: 1 of 2 targets", 1, true))
      assert.is_truthy(page:find("&lt;b&gt;&amp;&quot;&#39;", 1, true))
    end
    assert.equal("", (lab.run(("pgrep -x smbpipe -P %s"):format(process))))
  end)
end)
