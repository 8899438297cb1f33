local lab = require "spec.lab"
local smb = require "rollcall.smb"

local marked = "M4rked-s3cret-4711"

describe("a password", function()
  it("is in no argument and no environment of the worker", function()
    local step, state = smb.connections {
      servername = lab.silent, qualifier = "x", username = "someone", password = marked, timeout = 0.8,
      on_error = function() end,
    }
    lab.run(([[(
      sleep 0.4
      for worker in $(pgrep -x smbpipe -P $PPID); do cat /proc/$worker/cmdline /proc/$worker/environ; done > %s/seen
      echo done >> %s/seen
    ) > /dev/null 2>&1 &]]):format(lab.folder, lab.folder))
    assert.is_nil(step(state))
    local seen = lab.eventually("a look at the worker", function()
      local text = lab.run(("cat %s/seen 2> /dev/null"):format(lab.folder))
      return text:find("done", 1, true) and text
    end)
    assert.is_truthy(seen:find("smbpipe", 1, true), "no worker was seen")
    assert.is_nil(seen:find(marked, 1, true))
    assert.is_nil(seen:find(lab.password, 1, true), "the host's environment was passed on")
  end)

  it("is in no failure", function()
    for _, servername in ipairs { lab.samba, lab.double, lab.closed } do
      local ok, failure = pcall(smb.connection_page, {
        servername = servername, qualifier = "projects", username = lab.username, password = marked,
      })
      assert.is_false(ok)
      assert.is_nil(tostring(failure):find(marked, 1, true))
      for _, value in pairs(failure) do assert.is_nil(tostring(value):find(marked, 1, true)) end
    end
  end)

  it("leaves no core file and no debugger a way in: the worker is not dumpable", function()
    local server <close> = smb.server(lab.as_auditor { servername = lab.double })
    local worker = lab.workers()[1]
    local limits = lab.run(("cat /proc/%s/limits"):format(worker))
    assert.is_truthy(limits:find("Max core file size%s+0%s+0"), limits)
    assert.is_truthy(lab.run(("cat /proc/%s/status"):format(worker)):find("NoNewPrivs:%s+1"))
    -- What is not dumpable belongs to root, whoever runs it; under root the memory map still tells.
    local descriptors = lab.run(("ls -l /proc/%s/fd"):format(worker))
    local sockets = select(2, descriptors:gsub("socket:", ""))
    assert.is_true(sockets <= 2, descriptors)
    server:close()
  end)
end)

describe("a file with secrets", function()
  local system = require "rollcall.system"
  local path = lab.folder .. "/secret"

  local function write(mode, text)
    local file = assert(io.open(path, "wb"))
    file:write(text or "username = a\npassword = b\n")
    file:close()
    lab.run(("chmod %s %s"):format(mode, path))
  end

  it("is read when it is its owner's alone", function()
    write("600")
    assert.equal("username = a\npassword = b\n", system.read_private_file(path))
  end)

  it("is refused when others may read or write it", function()
    for _, mode in ipairs { "640", "604", "620", "666" } do
      write(mode)
      local content, problem = system.read_private_file(path)
      assert.is_nil(content)
      assert.is_truthy(problem:find(path, 1, true))
      assert.is_truthy(problem:find("others", 1, true))
    end
  end)

  it("is refused when it is no file, too large, or not there", function()
    assert.is_nil((system.read_private_file(lab.folder)))
    write("600", ("x"):rep(70000))
    local _, problem = system.read_private_file(path)
    assert.is_truthy(problem:find("larger", 1, true))
    os.remove(path)
    local content, reason = system.read_private_file(path)
    assert.is_nil(content)
    assert.is_truthy(reason:find("No such file", 1, true))
  end)
end)
