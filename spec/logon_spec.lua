-- Credentials that are wrong are tried once, not once a server. The witness is the audit log of Samba.
local cjson = require "cjson"
local lab = require "spec.lab"
local shell = require "spec.lab.shell"
local side_by_side = require "spec.lab.side_by_side"
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
    system.sleep(2.1)
    ask { servername = times(3, lab.samba), username = "alice", password = "wrong 4", retry_refused = 2 }
    assert.equal(before + 3, refused "alice")
  end)

  it("is tried at one server by iterators that wait side by side", function()
    local before = refused "bob"
    local tasks, failures = {}, 0
    for i = 1, 4 do
      tasks[i] = function()
        for _ in smb.connections {
          servername = times(5, lab.samba), username = "bob", password = "wrong 6", qualifier = "projects",
          on_wait = coroutine.yield, on_error = function() failures = failures + 1 end,
        } do error "no row was to come" end
      end
    end
    side_by_side(tasks)
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

describe("runs of one user", function()
  -- Where runs find what others have noted.
  local folder

  before_each(function() folder = lab.new_folder "runs" end)

  ---A run of its own; the first failure, or nil.
  local function run(options, environment)
    options.servername = options.servername or lab.samba
    local result = shell.logons("fan-out", { options }, environment or "XDG_RUNTIME_DIR=" .. folder)[1]
    return not result.users and result or nil
  end

  local function wrong(password, options)
    local all = { username = "alice", password = password }
    for name, value in pairs(options or {}) do all[name] = value end
    return all
  end

  local function assert_tried(failure)
    assert.equal("ERROR_LOGON_FAILURE", failure.name)
    assert.is_nil(failure.message:find("not tried", 1, true))
  end

  local function assert_not_tried(failure)
    assert.same({ "logon", "ERROR_LOGON_FAILURE" }, { failure.stage, failure.name }, failure.message)
    assert.matches("^not tried, since .* to another run of yours at %d%d%d%d%-%d%d%-%d%d %d%d:%d%d:%d%d UTC: ", failure.message)
  end

  it("that are at it at once try a wrong password once", function()
    local before = refused "alice"
    local options = { username = "alice", password = "wrong 7", servername = lab.samba }
    local wanted = folder .. "/wanted"
    lab.run(("printf %%s %s > %s; for i in 1 2 3 4 5 6 7 8; do "):format(shell.quoted(cjson.encode { options, options, options }), wanted)
      .. ("XDG_RUNTIME_DIR=%s lua5.4 spec/lab/logons.lua fan-out < %s > %s/told-$i & done; wait"):format(folder, wanted, folder))
    local tried = 0
    for i = 1, 8 do
      local file <close> = assert(io.open(folder .. "/told-" .. i))
      local results = cjson.decode(file:read "a").results
      assert.equal(3, #results)
      for _, failure in ipairs(results) do
        assert.equal("ERROR_LOGON_FAILURE", failure.name)
        if not failure.message:find("not tried", 1, true) then tried = tried + 1 end
      end
    end
    assert.equal(1, tried)
    assert.equal(before + 1, refused "alice")
  end)

  it("that come later do not try it, but another, and this one where they are allowed to", function()
    local before = refused "alice"
    assert_tried(run(wrong "wrong 8"))
    assert_not_tried(run(wrong "wrong 8"))
    assert_not_tried(run(wrong("wrong 8", { retry_refused = 60 })))
    assert.equal(before + 1, refused "alice")
    assert_tried(run(wrong "wrong 9"))
    assert_tried(run(wrong("wrong 8", { logon_attempts = 2 })))
    assert_not_tried(run(wrong("wrong 8", { logon_attempts = 2 })))
    assert_tried(run(wrong("wrong 8", { retry_refused = 0.001 })))
    assert.equal(before + 4, refused "alice")
    assert.is_nil(run { username = "auditor", password = lab.password })
  end)

  it("forget a refusal when the same credentials are accepted", function()
    local function set(password)
      lab.run(("printf '%%s\\n%%s\\n' '%s' '%s' | smbpasswd -c %s/smb.conf -s auditor"):format(password, password, lab.folder))
    end
    local early = { username = "auditor", password = "Too-early 1" }
    assert_tried(run(early))
    set "Too-early 1"
    local again = run { username = "auditor", password = "Too-early 1", logon_attempts = 2 }
    local after = run(early)
    set(lab.password)
    assert.is_nil(again)
    assert.is_nil(after)
  end)

  it("take an account without a domain for each server's own, one of a domain for the same everywhere", function()
    local names = { "127.0.0.1:" .. lab.samba_port, "localhost:" .. lab.samba_port }
    for _, name in ipairs(names) do assert_tried(run(wrong("wrong 10", { servername = name }))) end
    assert_tried(run(wrong("wrong 11", { servername = names[1], domain = "LAB" })))
    assert_not_tried(run(wrong("wrong 11", { servername = names[2], domain = "LAB" })))
  end)

  it("keep no word of a credential, in a file of their own that does not grow", function()
    for i = 1, 5 do run(wrong("wrong word " .. i)) end
    assert.equal("600\n", (lab.run(("stat -c %%a %s/rollcall-refused"):format(folder))))
    assert.equal("1\n", (lab.run(("grep -caE 'alice|wrong|word' %s/rollcall-refused | grep -c 0"):format(folder))))
    assert.equal("yes\n", (lab.run(("test $(stat -c %%s %s/rollcall-refused) -le 24576 && echo yes"):format(folder))))
  end)

  it("go on without where the folder or the file is not theirs alone", function()
    local number = 0
    for what, spoil in pairs {
      ["a folder that others may read"] = "chmod 750 $d",
      ["a folder that is not there"] = "rmdir $d",
      ["a link to a folder"] = "mv $d $d.real && ln -s $d.real $d",
      ["a file that others may write"] = ": > $d/rollcall-refused; chmod 666 $d/rollcall-refused",
      ["a link to a file"] = "echo precious > $d.victim; chmod 600 $d.victim; ln -s $d.victim $d/rollcall-refused",
      ["a FIFO"] = "mkfifo -m 600 $d/rollcall-refused",
      ["a folder in its place"] = "mkdir -m 700 $d/rollcall-refused",
    } do
      number = number + 1
      local its_folder = ("%s/%d"):format(folder, number)
      lab.run(("d=%s; mkdir -m 700 $d; %s"):format(its_folder, spoil))
      local environment = "XDG_RUNTIME_DIR=" .. its_folder
      assert.is_nil(run({ username = "auditor", password = lab.password }, environment), what)
      for _ = 1, 2 do assert_tried(run(wrong "wrong 13", environment)) end
    end
    assert.equal("precious\n", (lab.run(("cat %s/*.victim"):format(folder))))
  end)

  it("have a folder of their own in /tmp where the system gives them none", function()
    local own = "/tmp/rollcall-" .. lab.run("id -u"):match "%d+"
    local was_there = lab.run("ls -d " .. own) ~= ""
    local password = "wrong " .. folder
    assert_tried(run(wrong(password), "-u XDG_RUNTIME_DIR"))
    assert_not_tried(run(wrong(password), "-u XDG_RUNTIME_DIR"))
    assert.equal("700\n600\n", (lab.run(("stat -c %%a %s %s/rollcall-refused"):format(own, own))))
    if not was_there then lab.run("rm -r " .. own) end
  end)

  it("are not misled by a file with anything in it", function()
    run(wrong "wrong 12")
    for _, content in ipairs { "head -c 24576 /dev/urandom", "head -c 24576 /dev/zero | tr '\\0' '\\377'", "printf x", "true" } do
      lab.run(("%s > %s/rollcall-refused"):format(content, folder))
      assert.is_nil(run { username = "auditor", password = lab.password })
      assert_tried(run(wrong "wrong 12"))
      assert_not_tried(run(wrong "wrong 12"))
    end
  end)

  it("wait for one that is at it, but not for one that is stopped", function()
    local script = [[import fcntl, struct, sys, time
file = open(sys.argv[1], "w+b")
fcntl.fcntl(file, 37, struct.pack("hhqqi4x", fcntl.F_WRLCK, 0, 0, 0, 0)) # F_OFD_SETLK
print("locked", flush=True)
time.sleep(60)]]
    local pipe = assert(io.popen(("umask 077; exec /usr/bin/python3 -c %s %s/rollcall-refused & echo $!; wait"):format(
      shell.quoted(script), folder)))
    local process = pipe:read "l"
    assert.equal("locked", pipe:read "l")
    local began = uptime()
    assert.is_nil(run { username = "auditor", password = lab.password })
    local waited = uptime() - began
    lab.run("kill " .. process)
    pipe:close()
    assert.is_true(waited >= 5 and waited < 20, waited)
  end)
end)

describe("a failure", function()
  it("is said in whole characters, where a name is too long for it", function()
    for more = 0, 1 do
      local failures = ask {
        servername = lab.samba, username = "ann", domain = ("x"):rep(more) .. ("ü"):rep(60), password = lab.password, kerberos = true,
      }
      assert.matches("which Kerberos realm has the domain x?üü", failures[1].message)
      assert.truthy(utf8.len(failures[1].message), failures[1].message)
    end
  end)
end)
