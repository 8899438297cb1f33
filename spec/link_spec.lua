-- A link to a server has one owner at a time, hands nobody's answer to another, and ends in time.
local lab = require "spec.lab"
local smb = require "rollcall.smb"
local system = require "rollcall.system"
local versions = require "rollcall.internal.lua_versions"

local function seconds_of(f)
  local function uptime()
    local file <close> = assert(io.open "/proc/uptime")
    return file:read "n"
  end
  local before = uptime()
  f()
  return uptime() - before
end

local function gather(options)
  local rows, failures = {}, {}
  options.on_error = function(failure) failures[#failures + 1] = failure end
  for row in smb.connections(lab.as_auditor(options)) do rows[#rows + 1] = row end
  return rows, failures
end

describe("an iterator over a server handle", function()
  it("gets no rows of a page that was interrupted", function()
    local script = os.tmpname()
    local file = assert(io.open(script, "w"))
    file:write [[
      local lab, smb = require "spec.lab", require "rollcall.smb"
      local server = smb.server(lab.as_auditor { servername = lab.double })
      local thread = coroutine.create(function()
        for row in server:connections { qualifier = "rows-100;delay=1", on_wait = coroutine.yield } do
          print(row.path and "a file" or "a connection")
        end
      end)
      assert(coroutine.resume(thread))
      os.execute "(sleep 0.5; kill -INT $PPID) > /dev/null 2>&1 &"
      print(pcall(server.file_page, server, { filter = { username = ";delay=1" } }))
      while coroutine.status(thread) ~= "dead" do
        local ran, waits = coroutine.resume(thread)
        if not ran then print(waits.name) break end
        if waits then require("rollcall.system").wait(waits) end
      end
    ]]
    file:close()
    local output = lab.run(lab.lua .. " " .. script)
    os.remove(script)
    assert.matches("^false\t[^\n]*interrupted!\nERROR_OPERATION_ABORTED\n$", output)
  end)

  it("gets rows of its own server while a finaliser asks another for a page", function()
    local a <close> = smb.server(lab.as_auditor { servername = lab.double })
    local b <close> = smb.server(lab.as_auditor { servername = lab.double:gsub("127.0.0.1", "localhost") })
    local asked = 0
    local function litter()
      for _ = 1, 20 do
        setmetatable({}, { __gc = function()
          asked = asked + #b:file_page({ prefmaxlen = 400 }).entries
        end })
      end
    end
    local page
    for _ = 1, 5 do
      litter()
      page = a:connection_page { qualifier = "rows-3000", prefmaxlen = 0xFFFFFFFF }
      for i, row in ipairs(page.entries) do
        assert.equal(lab.double, row.servername)
        assert.equal(i, row.id)
        assert.is_nil(row.pathname)
      end
    end
    assert.equal(3000, #page.entries)
    assert.is_true(asked > 0)
  end)

  it("may be closed by a finaliser in the middle of a row", function()
    -- The collector shall come round often.
    local pause, multiplier = collectgarbage("setpause", 100), collectgarbage("setstepmul", 1000)
    finally(function()
      collectgarbage("setpause", pause)
      collectgarbage("setstepmul", multiplier)
    end)
    local closed = 0
    for _ = 1, 20 do
      local step, state = smb.connections(lab.as_auditor { servername = lab.double, qualifier = "rows-3000", prefmaxlen = 0xFFFFFFFF })
      assert.is_table(step(state))
      local rows, closed_at = 1, nil
      setmetatable({}, { __gc = function()
        state:close()
        closed, closed_at = closed + 1, rows
      end })
      for _ in step, state do rows = rows + 1 end
      assert.is_true(closed_at and rows <= closed_at + 1 or rows == 3000, ("%s %d"):format(closed_at, rows))
    end
    assert.is_true(closed > 0)
    assert.same({}, lab.workers())
  end)
end)

describe("a server that never ends", function()
  it("may have fifteen empty pages in a row, and not sixteen", function()
    local rows, failures = gather { servername = lab.double, qualifier = "rows-3;empty=15" }
    assert.same({ 3, 0 }, { #rows, #failures })
    rows, failures = gather { servername = lab.double, qualifier = "rows-3;empty=16" }
    assert.same({ 0, "ERROR_INVALID_DATA" }, { #rows, failures[1].name })
    rows, failures = gather { servername = lab.double, qualifier = "rows-3;empty=15@1" }
    assert.same({ 3, 0 }, { #rows, #failures })
    rows, failures = gather { servername = lab.double, qualifier = "rows-3;empty=16@1" }
    assert.same({ 1, "ERROR_INVALID_DATA" }, { #rows, failures[1].name })
  end)

  it("and goes in a circle is found out within three times round", function()
    for _, length in ipairs { 1, 2, 3, 5, 8, 13 } do
      local rows, failures = gather {
        servername = lab.double, qualifier = "rows-100;circle=" .. length, prefmaxlen = 90, deadline = 5, -- a row a page
      }
      assert.is_true(#rows > length and #rows <= 3 * length, ("%d rows in a circle of %d"):format(#rows, length))
      assert.equal("ERROR_INVALID_DATA", failures[1].name)
    end
  end)

  it("is given up when its pages have been empty for long", function()
    local rows, failures
    local took = seconds_of(function() rows, failures = gather { servername = lab.double, qualifier = "rows-100;endless=0" } end)
    assert.equal(0, #rows)
    assert.equal("ERROR_INVALID_DATA", failures[1].name)
    assert.matches("empty", failures[1].message, 1, true)
    assert.is_true(took < 5)
  end)

  it("has so many seconds for all that it is asked, whether its worker was started for it or ran already", function()
    local rows, failures
    local took = seconds_of(function()
      rows, failures = gather {
        servername = { lab.double, lab.closed, lab.double }, concurrency = 1,
        qualifier = "rows-100;endless=1;delay=0.05", timeout = 1, deadline = 1.5,
      }
    end)
    assert.is_true(#rows > 0)
    assert.equal(3, #failures)
    assert.equal("ERROR_CONNECTION_REFUSED", failures[2].name)
    for _, failure in ipairs { failures[1], failures[3] } do
      assert.equal("ERROR_SEM_TIMEOUT", failure.name)
      assert.matches("1.5 seconds", failure.message, 1, true)
    end
    assert.is_true(took >= 2.8 and took < 8, took)
  end)
end)

describe("a call that fails before it is made", function()
  it("is reported at once, and not when its time is over", function()
    local core, target = require "rollcall.smb.core", require "rollcall.smb.target"
    local made = target.new(lab.double, lab.as_auditor { timeout = 5 })
    made.qualifier = "\xFF" -- which calls.lua would refuse
    made.query = { call = "connections", level = 1, prefmaxlen = 1000, resume_handle = 0 }
    local step, state = versions.resumable(core.enumerate { next_target = function() return made end })
    local ran, failure
    local took = seconds_of(function() ran, failure = pcall(step, state) end)
    assert.is_false(ran)
    assert.equal("ERROR_INVALID_PARAMETER", failure.name)
    assert.is_true(took < 3, took)
  end)
end)

describe("a worker", function()
  it("that died while it was idle is replaced, and no server is blamed", function()
    local rows, ended = {}, 0
    for row in smb.connections(lab.as_auditor {
      servername = { lab.double, lab.double, lab.double }, qualifier = "people", concurrency = 1,
      on_target = function()
        ended = ended + 1
        lab.run("kill -KILL " .. lab.workers()[1])
        system.sleep(0.1)
      end,
    }) do rows[#rows + 1] = row end
    assert.equal(3, ended)
    assert.equal(15, #rows)
  end)

  it("reads smb.conf once, and not for each server", function()
    local home = lab.folder .. "/home-of-one-worker" -- another spec has a smb.conf in /home
    local configuration, reads = home .. "/.smb/smb.conf", home .. "/reads"
    finally(function() lab.run("rm -r " .. home) end)
    lab.run(("mkdir -p %s/.smb; mkfifo %s"):format(home, configuration))
    -- Who writes to a pipe waits for who opens it.
    lab.run(("(while [ -p %s ]; do echo [global] > %s; echo read >> %s; sleep 0.2; done) > /dev/null 2>&1 &"):format(
      configuration, configuration, reads))
    local _, code, complaint = lab.run(([[HOME=%s %s -e '
      local lab, smb = require "spec.lab", require "rollcall.smb"
      local rows = 0
      local servers = { lab.double, lab.double, lab.double }
      for _ in smb.connections(lab.as_auditor { servername = servers, qualifier = "people", concurrency = 1 }) do
        rows = rows + 1
      end
      assert(rows == 15, rows)']]):format(home, lab.lua))
    local read = lab.run("cat " .. reads)
    lab.run(("exec 3<> %s; rm %s"):format(configuration, configuration)) -- so that the writer ends
    assert.equal(0, code, complaint)
    assert.equal("read\n", read)
  end)

  it("that serves one server after another counts what each gave by itself", function()
    local outcomes = {}
    for _ in smb.connections(lab.as_auditor {
      servername = { lab.double, lab.double, lab.double }, qualifier = "people", concurrency = 1,
      on_target = function(outcome) outcomes[#outcomes + 1] = { outcome.completeness, outcome.claimed, outcome.received } end,
    }) do end
    assert.same({ { "complete", 5, 5 }, { "complete", 5, 5 }, { "complete", 5, 5 } }, outcomes)
  end)

  it("is started at no server's expense", function()
    local servers = {}
    for i = 1, 400 do servers[i] = lab.closed end
    local _, failures = gather { servername = servers, qualifier = "x", concurrency = 400, timeout = 1 }
    assert.equal(400, #failures)
    for _, failure in ipairs(failures) do assert.equal("ERROR_CONNECTION_REFUSED", failure.name) end
  end)

  it("is started, and waited for, where descriptor 0 is free", function()
    local output, code, complaint = lab.run(([[%s -e '
      local lab, smb = require "spec.lab", require "rollcall.smb"
      local before = #lab.descriptors()
      for _ in smb.connections(lab.as_auditor { servername = { lab.double, lab.double }, qualifier = "people", concurrency = 2 }) do
        io.write "row "
      end
      assert(#lab.descriptors() == before)' <&-]]):format(lab.lua))
    assert.equal(0, code, complaint)
    assert.equal(("row "):rep(10), output)
  end)

  it("of a silent server takes no time from one that answers", function()
    local servers = {}
    for i = 1, 80 do servers[i] = i % 4 == 0 and lab.double or lab.silent end
    local rows, failures = gather { servername = servers, qualifier = "people", concurrency = 80, timeout = 1.5 }
    assert.equal(60, #failures)
    assert.equal(20 * 5, #rows)
  end)
end)

describe("what on_wait gets", function()
  it("is one descriptor, the same for as long as the iterator is open", function()
    local descriptors, seen = 0, {}
    local step, state, control, closing = smb.connections(lab.as_auditor {
      servername = { lab.double, lab.samba, lab.closed, lab.double }, qualifier = "people", concurrency = 2,
      on_error = function() end,
      on_wait = function(waits)
        if not seen[waits.descriptor] then
          seen[waits.descriptor] = true
          descriptors = descriptors + 1
        end
        return system.wait(waits)
      end,
    })
    local rows = 0
    for _ in step, state, control, closing do rows = rows + 1 end
    assert.is_true(rows >= 10)
    assert.equal(1, descriptors)
    assert.equal("integer", math.type(next(seen)))
  end)

  it("is waited for, and not again and again for nothing", function()
    local calls, rows = 0, 0
    for _ in smb.connections(lab.as_auditor {
      servername = lab.double, qualifier = "rows-3;delay=1",
      on_wait = function(waits)
        calls = calls + 1
        return system.wait(waits)
      end,
    }) do rows = rows + 1 end
    assert.equal(3, rows)
    assert.is_true(calls < 40, calls)
  end)

  it("may be waited for by functions of the caller's that yield themselves", function()
    local asked = 0
    local thread = coroutine.create(function()
      local rows = 0
      for _ in smb.connections(lab.as_auditor {
        servername = function()
          coroutine.yield "a name"
          asked = asked + 1
          return asked <= 2 and lab.double or nil
        end,
        qualifier = "people", on_wait = coroutine.yield, on_target = function() coroutine.yield "an end" end,
      }) do rows = rows + 1 end
      return rows
    end)
    local result
    repeat
      local ran
      ran, result = coroutine.resume(thread)
      assert.is_true(ran, tostring(result))
      if type(result) == "table" then system.wait(result) end
    until coroutine.status(thread) == "dead"
    assert.equal(10, result)
  end)
end)
