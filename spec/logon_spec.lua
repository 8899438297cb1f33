-- Credentials that are wrong are tried once, not once a server. The witness is the audit log of Samba.
local lab = require "spec.lab"
local smb = require "rollcall.smb"
local system = require "rollcall.system"

local function uptime()
  local file <close> = assert(io.open "/proc/uptime")
  return file:read "n"
end

-- How often Samba has refused this user.
local function refused(username)
  return tonumber((lab.run(([[cat "$LAB_FOLDER"/log/* | grep -F '[%s]' | grep -cF 'status [NT_STATUS_WRONG_PASSWORD]']])
    :format(username))))
end

local function ask(options)
  local failures, rows = {}, 0
  options.qualifier = options.qualifier or "projects"
  options.on_error = function(failure) failures[#failures + 1] = failure end
  for _ in smb.connections(options) do rows = rows + 1 end
  return failures, rows
end

local function times(count, server)
  local servers = {}
  for i = 1, count do servers[i] = server end
  return servers
end

describe("a wrong password", function()
  it("is tried at one of many servers", function()
    local before = refused "alice"
    local failures = ask { servername = times(40, lab.samba), username = "alice", password = "wrong 1", concurrency = 16 }
    assert.equal(40, #failures)
    local tried = 0
    for _, failure in ipairs(failures) do
      assert.equal("ERROR_LOGON_FAILURE", failure.name)
      assert.equal("logon", failure.stage)
      if not failure.message:find("not tried", 1, true) then tried = tried + 1 end
    end
    assert.equal(1, tried)
    assert.equal(before + 1, refused "alice")
  end)

  it("is tried as often as logon_attempts allows", function()
    local before = refused "alice"
    assert.equal(20, #ask { servername = times(20, lab.samba), username = "alice", password = "wrong 2", logon_attempts = 3 })
    assert.equal(before + 3, refused "alice")
  end)

  it("is not tried again by a later call, nor over a handle, nor for a page", function()
    local before = refused "alice"
    local options = { servername = lab.samba, username = "alice", password = "wrong 3" }
    assert.equal(1, #ask(options))
    assert.equal(1, #ask(options))
    local opened, failure = pcall(smb.server, { servername = lab.samba, username = "alice", password = "wrong 3" })
    assert.is_false(opened)
    assert.matches("not tried", failure.message, 1, true)
    local paged = pcall(smb.session_page, { servername = lab.samba, username = "alice", password = "wrong 3" })
    assert.is_false(paged)
    assert.equal(before + 1, refused "alice")
    assert.same({}, lab.workers())
  end)

  it("is tried again when it has changed, and after retry_refused", function()
    local before = refused "alice"
    ask { servername = lab.samba, username = "alice", password = "wrong 4" }
    ask { servername = lab.samba, username = "alice", password = "wrong 5" }
    assert.equal(before + 2, refused "alice")
    system.sleep(0.3)
    ask { servername = times(3, lab.samba), username = "alice", password = "wrong 4", retry_refused = 0.2 }
    assert.equal(before + 3, refused "alice")
  end)

  it("is tried at one server by iterators that wait side by side", function()
    local before = refused "bob"
    local threads, failures = {}, 0
    for i = 1, 4 do
      threads[i] = coroutine.create(function()
        for _ in smb.connections {
          servername = times(5, lab.samba), username = "bob", password = "wrong 6", qualifier = "projects",
          on_wait = coroutine.yield, on_error = function() failures = failures + 1 end,
        } do error "no row was to come" end
      end)
    end
    local began = uptime()
    repeat
      local going = false
      for _, thread in ipairs(threads) do
        if coroutine.status(thread) ~= "dead" then
          assert(coroutine.resume(thread))
          going = true
        end
      end
      system.sleep(0.002)
      assert.is_true(uptime() - began < 20)
    until not going
    assert.equal(20, failures)
    assert.equal(before + 1, refused "bob")
  end)
end)

describe("what says nothing about a password", function()
  it("stops nobody: an account that is disabled", function()
    local failures = ask { servername = times(3, lab.samba), username = "carol", password = lab.password }
    assert.equal(3, #failures)
    for _, failure in ipairs(failures) do
      assert.equal("ERROR_ACCOUNT_DISABLED", failure.name)
      assert.is_nil(failure.message:find("not tried", 1, true))
    end
  end)

  it("stops nobody: servers that are dead or silent, though they come first", function()
    local servers = { lab.silent, lab.closed, lab.silent, "no.such.host.invalid", lab.samba, lab.double }
    local began, first = uptime(), nil
    local targets = {}
    for row in smb.sessions(lab.as_auditor {
      servername = servers, password = lab.password, timeout = 4, on_error = function() end,
    }) do
      first = first or uptime() - began
      targets[row.servername] = true
    end
    assert.is_true(first < 2.5, first)
    assert.is_true(targets[lab.samba])
    assert.is_true(targets[lab.double])
  end)
end)

describe("credentials that one server has accepted", function()
  it("are used at all others at once", function()
    local began = uptime()
    local rows = 0
    for _ in smb.connections(lab.as_auditor { servername = times(16, lab.double), qualifier = "people;delay=0.5", concurrency = 16 }) do
      rows = rows + 1
    end
    assert.equal(80, rows)
    assert.is_true(uptime() - began < 4)
  end)
end)
