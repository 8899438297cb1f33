-- The on_wait for Prosody, in a real one: a module of it asks three servers at once.
local lab = require "spec.lab"

local MODULE = [[
module:set_global()
local timer = require "util.timer"
local smb = require "rollcall.smb"
local on_wait = require "rollcall.loop.prosody".on_wait
local ticks, running = 0, 0
timer.add_task(0.01, function() ticks = ticks + 1 return 0.01 end)
timer.add_task(0.1, function()
  for _, servername in ipairs { %q, %q, %q } do
    running = running + 1
    coroutine.wrap(function()
      local rows, name = 0, "none"
      local options = { servername = servername, username = %q, password = os.getenv "LAB_PASSWORD", timeout = 1, on_wait = on_wait }
      function options.on_error(failure) name = failure.name end
      for _ in smb.sessions(options) do rows = rows + 1 end
      running = running - 1
      print(("row:%%s %%d %%s"):format(servername, rows, name))
      if running == 0 then print("ticks:" .. ticks) end
    end)()
  end
end)
]]

local CONFIGURATION = [[
run_as_root, pidfile, data_path, plugin_paths = true, %q, %q, { %q }
c2s_ports, s2s_ports, http_ports, https_ports, legacy_ssl_ports, c2s_direct_tls_ports = {}, {}, {}, {}, {}, {}
modules_enabled, modules_disabled = { "rollcall" }, { "s2s", "c2s", "tls" }
log = { { levels = { min = "error" }, to = "console" } }
VirtualHost "localhost"
]]

describe("Prosody #conformance", function()
  it("goes on with its own work while a module of it asks", function()
    local folder = lab.new_folder "prosody"
    local function put(name, text) assert(io.open(folder .. "/" .. name, "w")):write(text):close() end
    put("mod_rollcall.lua", MODULE:format(lab.double, lab.samba, lab.silent, lab.username))
    put("prosody.cfg.lua", CONFIGURATION:format(folder .. "/pid", folder, folder))
    local here = lab.run("pwd"):match "%S+"
    local output = lab.run(([[
      export LUA_PATH_5_4="%s/lua/?.lua;%s/lua/?/init.lua;;" LUA_CPATH_5_4="%s/build/lib/?.so;;"
      prosody -F --config %s/prosody.cfg.lua > %s/output 2>&1 & process=$!
      for _ in $(seq 200); do grep -q ^ticks: %s/output && break; sleep 0.1; done
      kill $process; wait $process; cat %s/output]]):format(here, here, here, folder, folder, folder, folder))
    assert.is_truthy(output:find(("row:%s 4 none"):format(lab.double), 1, true), output)
    assert.is_truthy(output:find(("row:%s 1 none"):format(lab.samba), 1, true), output)
    assert.is_truthy(output:find(("row:%s 0 ERROR_SEM_TIMEOUT"):format(lab.silent), 1, true), output)
    -- A second went by, of which it was free for more than half.
    assert.is_true(tonumber(output:match "ticks:(%d+)") > 50, output)
  end)
end)
