-- In hosts that are not ours, by the Lua that each brings: nmap and HAProxy have Lua 5.3, nginx and Neovim LuaJIT. Each
-- asks while it goes on with its own work.
local lab = require "spec.lab"

local here = lab.run("pwd"):match "%S+"
local folder = lab.run("mktemp -d " .. lab.folder .. "/hosts.XXXXXX"):match "%S+"

local LUA_PATH = ("%s/lua/?.lua;%s/lua/?/init.lua"):format(here, here)
local LUA_CPATH = here .. "/build/%s/lib/?.so"

local function put(name, text, values)
  values.folder, values.path, values.double, values.username = folder, LUA_PATH, lab.double, lab.username
  text = text:gsub("@(%l+)@", values)
  assert(io.open(folder .. "/" .. name, "w")):write(text):close()
end

---Starts a host that serves HTTP; the function ends it.
local function start(command, port)
  local process = lab.run(("%s > %s/log 2>&1 & echo $!"):format(command, folder)):match "%d+"
  lab.eventually("a host", function() return select(2, lab.run(("curl -s -o /dev/null http://127.0.0.1:%d/tick"):format(port))) == 0 end)
  return process, function()
    lab.run("kill " .. process)
    lab.eventually("a host's end", function() return select(2, lab.run("kill -0 " .. process)) ~= 0 end)
  end
end

---Asks a host for two pages that wait for a server at once, and meanwhile for others that need nothing.
local function serves(port)
  local output, code, complaint = lab.run(([[
    curl -s -m 20 http://127.0.0.1:%d/who > %s/one & one=$!
    curl -s -m 20 http://127.0.0.1:%d/who > %s/two & two=$!
    ticks=0
    while kill -0 $one 2> /dev/null; do curl -s -m 5 http://127.0.0.1:%d/tick > /dev/null && ticks=$((ticks + 1)); done
    wait $one $two
    cat %s/one %s/two; echo "ticks $ticks"]]):format(port, folder, port, folder, port, folder, folder))
  assert.equal(0, code, complaint)
  return output
end

-- Rows with 0.4 seconds before each page of them.
local WHO = [[
local smb = require "rollcall.smb"
local function who(on_wait)
  local rows, last = 0, nil
  for row in smb.connections {
    servername = "@double@", qualifier = "rows-20;delay=0.4", username = "@username@", password = os.getenv "LAB_PASSWORD",
    prefmaxlen = 700, on_wait = on_wait,
  } do rows, last = rows + 1, row.id end
  return _VERSION .. (rawget(_G, "jit") and " LuaJIT" or "") .. " " .. rows .. " rows, last " .. last .. "\n"
end
]]

describe("nmap", function()
  it("has scripts whose queries run side by side, by its own sleep", function()
    put("rollcall.nse", [[
local stdnse = require "stdnse"
description, categories = "roll call", { "safe" }
portrule = function(_, port) return port.state == "open" end
]] .. WHO .. [[
action = function()
  local sleeps = 0
  return who(function(waits)
    sleeps = sleeps + 1
    stdnse.sleep(math.min(waits.timeout or 1, 0.02))
  end) .. (sleeps > 5 and "slept" or "blocked")
end
]], {})
    local output, code, complaint = lab.run(([[export LUA_PATH_5_3='%s;;' LUA_CPATH_5_3='%s;;'
      nmap -Pn -n -sT -p %d,%d --script %s/rollcall.nse 127.0.0.1]]):format(
      LUA_PATH, LUA_CPATH:format "lua5.3", lab.double_port, lab.samba_port, folder))
    assert.equal(0, code, complaint)
    assert.equal(2, select(2, output:gsub("Lua 5%.3 20 rows, last 20", "")), output)
    assert.equal(2, select(2, output:gsub("slept", "")), output)
  end)
end)

describe("HAProxy", function()
  it("serves pages that wait, and others meanwhile", function()
    local port = lab.free_port()
    put("service.lua", WHO .. [[
local function reply(applet, body)
  applet:set_status(200)
  applet:add_header("content-length", tostring(#body))
  applet:start_response()
  applet:send(body)
end
core.register_service("tick", "http", function(applet) reply(applet, "tick") end)
core.register_service("who", "http", function(applet)
  reply(applet, who(function(waits) core.msleep(math.max(1, math.min(20, math.floor((waits.timeout or 1) * 1000)))) end))
end)
]], {})
    put("haproxy.cfg", [[
global
  lua-prepend-path "@path@"
  lua-prepend-path "@cpath@" cpath
  lua-load @folder@/service.lua
defaults
  mode http
  timeout client 20s
  timeout server 20s
  timeout connect 5s
frontend web
  bind 127.0.0.1:@port@
  http-request use-service lua.tick if { path /tick }
  http-request use-service lua.who
]], { port = port, cpath = LUA_CPATH:format "lua5.3" })
    local process, stop = start(("exec haproxy -db -f %s/haproxy.cfg"):format(folder), port)
    local output = serves(port)
    local workers = lab.run("pgrep -x smbpipe -P " .. process)
    stop()
    assert.equal(2, select(2, output:gsub("Lua 5%.3 20 rows, last 20\n", "")), output .. lab.run(("cat %s/log"):format(folder)))
    assert.is_true(tonumber(output:match "ticks (%d+)") > 10, output)
    assert.equal("", workers)
  end)
end)

describe("nginx", function()
  it("serves pages that wait, and others meanwhile", function()
    local port = lab.free_port()
    put("nginx.conf", [[
user root; # where it is root
load_module /usr/lib/nginx/modules/ndk_http_module.so;
load_module /usr/lib/nginx/modules/ngx_http_lua_module.so;
daemon off; worker_processes 1; pid @folder@/nginx.pid; error_log @folder@/nginx.log;
env LAB_PASSWORD;
events {}
http {
  access_log off;
  lua_package_path "@path@;;"; lua_package_cpath "@cpath@;;";
  client_body_temp_path @folder@/a; proxy_temp_path @folder@/b; fastcgi_temp_path @folder@/c; uwsgi_temp_path @folder@/d;
  scgi_temp_path @folder@/e;
  server {
    listen 127.0.0.1:@port@;
    location /tick { return 200 "tick"; }
    location /who { content_by_lua_file @folder@/page.lua; }
  }
}
]], { port = port, cpath = LUA_CPATH:format "luajit" })
    put("page.lua", WHO .. [[
ngx.print(who(function(waits) ngx.sleep(math.min(waits.timeout or 1, 0.01)) end))
]], {})
    local _, stop = start(("exec nginx -c %s/nginx.conf -p %s"):format(folder, folder), port)
    local output = serves(port)
    stop()
    assert.equal(2, select(2, output:gsub("Lua 5%.1 LuaJIT 20 rows, last 20\n", "")),
      output .. lab.run(("cat %s/nginx.log"):format(folder)))
    assert.is_true(tonumber(output:match "ticks (%d+)") > 10, output)
  end)
end)

describe("Neovim", function()
  it("asks two servers in its own loop, whose timers go on", function()
    put("who.lua", WHO .. [[
local uv, on_wait = vim.loop, require("rollcall.loop.luv").on_wait
local ticks, left, lines = 0, 2, {}
local timer = uv.new_timer()
timer:start(0, 10, function() ticks = ticks + 1 end)
for _ = 1, 2 do
  coroutine.wrap(function()
    local line = who(on_wait)
    lines[#lines + 1] = line
    left = left - 1
  end)()
end
vim.wait(10000, function() return left == 0 end, 5)
timer:close()
io.stdout:write(table.concat(lines), "ticks ", ticks, "\n")
vim.cmd "qall!"
]], {})
    local output, code, complaint = lab.run(([[export LUA_PATH='%s;;' LUA_CPATH='%s;;' HOME=%s
      timeout 30 nvim --headless -u NONE -i NONE -c 'luafile %s/who.lua']]):format(LUA_PATH, LUA_CPATH:format "luajit", folder, folder))
    assert.equal(0, code, complaint)
    assert.equal(2, select(2, output:gsub("Lua 5%.1 LuaJIT 20 rows, last 20\n", "")), output .. complaint)
    assert.is_true(tonumber(output:match "ticks (%d+)") > 20, output .. complaint)
  end)
end)
