-- A command whose output is read as it comes: what it gives, how it ends, and that nothing of it stays.
local lab = require "spec.lab"
local system = require "rollcall.system"

---Reads all of it, in a bounded number of waits.
local function all_of(running)
  local parts = {}
  for _ = 1, 10000 do
    local part = running:read()
    if part == nil then return table.concat(parts) end
    if part then parts[#parts + 1] = part else system.wait { descriptor = running:descriptor(), timeout = 10 } end
  end
  error "there is no end of it"
end

local function result_of(running)
  return lab.eventually("the end of a command", function()
    local how, code, complaint = running:result()
    return how and { how, code, complaint }
  end)
end

local function is_there(pid)
  return select(2, lab.run("kill -0 " .. pid)) == 0
end

describe("a running command", function()
  it("gives its output as it comes, and then how it ended", function()
    local running <close> = system.start_command "sleep 0.3; echo one; sleep 0.3; echo two; echo oh >&2; exit 7"
    assert.is_false(running:read())
    system.wait { descriptor = running:descriptor(), timeout = 10 }
    assert.equal("one\n", running:read())
    assert.is_false(running:read())
    assert.is_nil(running:result())
    assert.equal("two\n", all_of(running))
    assert.same({ "exit code", 7, "oh\n" }, result_of(running))
    assert.is_true(running:seconds() >= 0.3 and running:seconds() < 30)
  end)

  it("that a signal ends says so", function()
    local running <close> = system.start_command "kill -KILL $$"
    assert.equal("", all_of(running))
    assert.same({ "signal", 9, "" }, result_of(running))
  end)

  it("may give much, and complain more than a pipe holds, of which the beginning is kept", function()
    local running <close> = system.start_command [[
      head -c 300000 /dev/zero | tr '\0' x; head -c 300000 /dev/zero | tr '\0' y >&2; echo end]]
    local output = all_of(running)
    assert.equal(300004, #output)
    assert.same({ "exit code", 0, ("y"):rep(512) }, result_of(running))
  end)

  it("has no terminal, no input and none of rollcall's secrets", function()
    local running <close> = system.start_command [[
      (: < /dev/tty) 2> /dev/null && echo terminal; cat; env | grep -c '^\(ROLLCALL_PASSWORD\|ROLLCALL_TOKEN\|HUAWEICLOUD_SDK_SK\)='
      echo "$LAB_USERNAME"]]
    assert.equal("0\n" .. lab.username .. "\n", all_of(running))
    local output, code = lab.run(([[ROLLCALL_PASSWORD=a ROLLCALL_TOKEN=b HUAWEICLOUD_SDK_SK=c LUA_CPATH_5_4=%s lua5.4 -e '
      local running = require("rollcall.system").start_command "env; echo done"
      for _ = 1, 10000 do
        local part = running:read()
        if part == nil then break end
        if part then io.write(part) else require("rollcall.system").wait { descriptor = running:descriptor() } end
      end']]):format("'" .. package.cpath .. "'"))
    assert.equal(0, code)
    assert.is_truthy(output:find("\ndone\n", 1, true))
    assert.is_nil(output:find "ROLLCALL_PASSWORD")
    assert.is_nil(output:find "ROLLCALL_TOKEN")
    assert.is_nil(output:find "HUAWEICLOUD_SDK_SK")
  end)

  it("ends with its handle, and so does what it started, and no descriptor is left", function()
    local before = lab.descriptors()
    for _, command in ipairs { "sleep 60 & echo $!; echo $$; wait", "sleep 60 & echo $!; echo $!" } do
      local running = system.start_command(command)
      local pids = ""
      while not pids:find "\n.*\n" do
        system.wait { descriptor = running:descriptor(), timeout = 10 }
        pids = pids .. (running:read() or "")
      end
      local first, second = pids:match "(%d+)\n(%d+)"
      assert.is_true(is_there(first) and is_there(second))
      running:close()
      running:close()
      lab.eventually("the end of both", function() return not is_there(first) and not is_there(second) end)
      assert.is_nil(running:read())
      assert.has_error(function() running:descriptor() end, "calling 'descriptor' on bad self (is closed)")
    end
    assert.same(before, lab.descriptors())
  end)

  it("is not waited for where the host reaps every child", function()
    local program = lab.folder .. "/reaped.lua"
    local file <close> = assert(io.open(program, "w"))
    file:write(("package.cpath = %q\n"):format(package.cpath), [[
      local system = require "rollcall.system"
      local running = system.start_command "echo out"
      system.wait { descriptor = running:descriptor() }
      system.sleep(0.3)
      io.write(running:read(), (running:result()), "\n")
      running:close()]])
    file:flush()
    local output, code = lab.run(([[python3 -c 'import os, signal
signal.signal(signal.SIGCHLD, signal.SIG_IGN)
os.execvp("lua5.4", ["lua5.4", "%s"])']]):format(program))
    assert.equal(0, code)
    assert.equal("out\nunknown\n", output)
  end)
end)
