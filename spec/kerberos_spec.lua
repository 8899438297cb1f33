local kerberos = require "spec.lab.kerberos"
local lab = require "spec.lab"

local function by_ticket(cache) return kerberos.logon({ kerberos = true }, "KRB5CCNAME=" .. cache) end

local function by_password(username, options)
  local all = { username = username, password = lab.password, kerberos = true }
  for name, value in pairs(options or {}) do all[name] = value end
  return kerberos.logon(all)
end

local function assert_failure(result, code, name, words)
  assert.same({ "logon", code, name }, { result.stage, result.code, result.name }, result.message)
  for _, word in ipairs { words } do assert.is_truthy(result.message:find(word, 1, true), result.message) end
end

-- A krb5.conf that differs in one line.
local function configured(name, pattern, replacement)
  local file = assert(io.open(kerberos.folder .. "/krb5.conf"))
  local text = file:read("a"):gsub(pattern, replacement)
  file:close()
  local path = kerberos.folder .. "/" .. name
  file = assert(io.open(path, "w"))
  file:write(text)
  file:close()
  return "KRB5_CONFIG=" .. path
end

describe("Kerberos takes", function()
  it("a ticket of the cache that KRB5CCNAME names, in each form", function()
    local cache = kerberos.ticket "cleo"
    local folder = kerberos.folder .. "/caches"
    lab.run(("mkdir %s; echo %s | KRB5CCNAME=DIR:%s kinit cleo"):format(folder, lab.password, folder))
    for _, name in ipairs { cache, "FILE:" .. cache, "DIR:" .. folder } do
      kerberos.assert_is("cleo", by_ticket(name), name)
    end
  end)

  it("a ticket of a cache that is named from the folder one is in", function()
    local here = lab.run("pwd"):gsub("\n", "")
    for _, form in ipairs { "%s", "FILE:%s" } do
      local name = form:format(kerberos.ticket("cleo"):match "[^/]*$")
      local output = lab.run(("cd %s && KRB5CCNAME=%s %s/%s sessions %s"):format(
        kerberos.folder, name, here, lab.command, kerberos.samba))
      assert.is_truthy(output:find(" cleo ", 1, true), output)
    end
  end)

  it("a ticket of the default cache", function()
    lab.run(("echo %s | kinit -c FILE:%s/default cleo"):format(lab.password, kerberos.folder))
    local result = kerberos.logon({ kerberos = true }, "-u KRB5CCNAME")
    kerberos.assert_is("cleo", result)
  end)

  it("a ticket from a keytab", function()
    local keytab, cache = kerberos.folder .. "/cleo.keytab", kerberos.folder .. "/keytab-cache"
    kerberos.admin(("ktadd -norandkey -k %s cleo"):format(keytab))
    lab.run(("kinit -kt %s -c %s cleo"):format(keytab, cache))
    kerberos.assert_is("cleo", by_ticket(cache))
  end)

  it("a user with a password, however the name is written", function()
    for _, username in ipairs { "ben", "ben@LAB.EXAMPLE", "ben@lab.example", "LAB\\ben", "lab\\ben", "Lab.Example\\ben" } do
      local result = by_password(username)
      kerberos.assert_is("ben", result, username)
    end
    kerberos.assert_is("ben", by_password("ben", { domain = "lab" }))
  end)

  it("a password of a thousand bytes", function()
    local password = ("p"):rep(1000)
    kerberos.admin("change_password -pw " .. password .. " ben")
    local right, wrong = by_password("ben", { password = password }), by_password("ben", { password = password:sub(1, 999) .. "q" })
    kerberos.admin("change_password -pw " .. lab.password .. " ben")
    kerberos.assert_is("ben", right)
    assert_failure(wrong, 1326, "ERROR_LOGON_FAILURE", "wrong user name or password")
  end)

  it("one ticket a credential, not one a server", function()
    local wanted = {}
    for i = 1, 20 do wanted[i] = { username = "ben@LAB.EXAMPLE", password = lab.password, kerberos = true } end
    local before = kerberos.count("AS_REQ", "ISSUE", "ben@")
    for _, result in ipairs((kerberos.logons("fan-out", wanted))) do kerberos.assert_is("ben", result) end
    assert.equal(1, kerberos.count("AS_REQ", "ISSUE", "ben@") - before)
  end)

  it("one ticket a credential, not one a worker", function()
    local smb, workers, asked, users = require "rollcall.smb", 0, 0, {}
    local before = kerberos.count("AS_REQ", "ISSUE", "ann@")
    for session in smb.sessions { concurrency = 16, username = "ann@LAB.EXAMPLE", password = lab.password, kerberos = true, timeout = 20,
      servername = function()
        asked = asked + 1
        return asked <= 40 and kerberos.samba or nil
      end,
      on_target = function(outcome)
        assert.equal("complete", outcome.completeness, outcome.reason)
        workers = math.max(workers, #lab.workers())
      end } do
      users[session.username] = (users[session.username] or 0) + 1
    end
    users[""] = nil -- somebody who has not logged on yet
    assert.is_true(users.ann >= 40)
    assert.is_nil(next(users, next(users)))
    assert.is_true(workers >= 8, workers)
    assert.equal(1, kerberos.count("AS_REQ", "ISSUE", "ann@") - before)
  end)

  it("no ticket for a password that another password has got", function()
    local wanted = {}
    for i, password in ipairs { lab.password, "wrong", lab.password } do
      wanted[i] = { username = "ann@LAB.EXAMPLE", password = password, kerberos = true }
    end
    local first, second, third = table.unpack((kerberos.logons("fan-out", wanted)))
    kerberos.assert_is("ann", first)
    assert_failure(second, 1326, "ERROR_LOGON_FAILURE", "wrong user name or password")
    kerberos.assert_is("ann", third)
  end)

  it("no ticket for a password that could be forwarded", function()
    local path = kerberos.folder .. "/options"
    local kdc = io.open(kerberos.folder .. "/kdc.conf"):read("a"):match "kdc_listen = 127.0.0.1:(%d+)"
    lab.run(("/usr/bin/python3 spec/lab/kdc_options.py %s 3 > %s 2>&1 &"):format(kdc, path))
    local function seen() return lab.run("cat " .. path) end
    local port = lab.eventually("the KDC's mock", function() return seen():match "^(%d+)\n" end)
    kerberos.assert_is("ben", kerberos.logon({ username = "ben", password = lab.password, kerberos = true },
      configured("options.conf", "kdc = [^\n]*", "kdc = 127.0.0.1:" .. port)))
    assert.equal(port .. "\nAS_REQ stays\nAS_REQ stays\nTGS_REQ stays\n", seen())
  end)

  it("another ticket where the one for a password has expired", function()
    kerberos.admin "modify_principal -maxlife 2seconds cleo"
    local smb = require "rollcall.smb"
    local before = kerberos.count("AS_REQ", "ISSUE", "cleo@")
    local _ <close> = setmetatable({}, { __close = function() kerberos.admin "modify_principal -maxlife 1day cleo" end })
    local next_server = coroutine.wrap(function()
      for i = 1, 2 do
        coroutine.yield { servername = kerberos.samba, username = "cleo@LAB.EXAMPLE", password = lab.password, kerberos = true }
        if i == 1 then lab.run "sleep 3" end
      end
    end)
    local users = {}
    for session in smb.sessions { servername = next_server, concurrency = 1, timeout = 20 } do users[#users + 1] = session.username end
    assert.is_true(#users >= 2)
    for _, user in ipairs(users) do assert.equal("cleo", user) end
    assert.equal(2, kerberos.count("AS_REQ", "ISSUE", "cleo@") - before)
  end)

  it("no ticket of the caller's in place of a password", function()
    local cache = kerberos.ticket "cleo"
    local before = lab.run("md5sum " .. cache)
    local result = kerberos.logon({ username = "ben", password = lab.password, kerberos = true }, "KRB5CCNAME=" .. cache)
    kerberos.assert_is("ben", result)
    assert.equal(before, lab.run("md5sum " .. cache))
  end)
end)

describe("Kerberos says what is wrong and what to do:", function()
  it("there is no ticket", function()
    for _, cache in ipairs { kerberos.folder .. "/nowhere", "MEMORY:mine" } do
      assert_failure(by_ticket(cache), 1326, "ERROR_LOGON_FAILURE", "no Kerberos ticket", cache, "kinit", "keytab")
    end
  end)

  it("the library has no caches of that type", function()
    for _, cache in ipairs { "NOSUCHTYPE:x", "NOSUCHTYPE:" } do
      assert_failure(by_ticket(cache), 1326, "ERROR_LOGON_FAILURE", "no Kerberos ticket in the cache " .. cache .. ":",
        "no caches of the type NOSUCHTYPE:", "kinit -c FILE", "KRB5CCNAME")
    end
    local environment = configured("default-type.conf", "%[libdefaults%]", "[libdefaults]\n  default_ccache_name = NOSUCHTYPE:")
    assert_failure(kerberos.logon({ kerberos = true }, "-u KRB5CCNAME " .. environment), 1326, "ERROR_LOGON_FAILURE",
      "no caches of the type NOSUCHTYPE:")
  end)

  it("the ticket has expired", function()
    local cache = kerberos.ticket("cleo", "-l 1s")
    lab.run "sleep 2"
    assert_failure(by_ticket(cache), 1326, "ERROR_LOGON_FAILURE", "cleo@LAB.EXAMPLE", "expired", "kinit")
  end)

  it("no KDC can be reached", function()
    local environment = configured("closed.conf", "kdc = [^\n]*", "kdc = " .. lab.closed)
    local result = kerberos.logon({ username = "ben", password = lab.password, kerberos = true }, environment)
    assert_failure(result, 1311, "ERROR_NO_LOGON_SERVERS", "LAB.EXAMPLE", "krb5.conf")
    result = kerberos.logon({ kerberos = true }, environment .. " KRB5CCNAME=" .. kerberos.ticket "cleo")
    assert_failure(result, 1311, "ERROR_NO_LOGON_SERVERS", "LAB.EXAMPLE", "krb5.conf")
  end)

  it("a KDC is silent, within the timeout", function()
    local environment = configured("silent.conf", "kdc = [^\n]*", "kdc = tcp/" .. lab.silent)
    local started = os.time()
    local result = kerberos.logon({ username = "ben", password = lab.password, kerberos = true, timeout = 1 }, environment)
    assert.equal("ERROR_SEM_TIMEOUT", result.name, result.message)
    assert.is_true(os.time() - started <= 4)
  end)

  it("the realm is not one", function()
    assert_failure(by_password "ben@LAB.EXAMPEL", 1311, "ERROR_NO_LOGON_SERVERS", "LAB.EXAMPEL", "spelt")
  end)

  it("no realm is known for a domain", function()
    assert_failure(by_password "OTHER\\ben", 1326, "ERROR_LOGON_FAILURE", "domain OTHER", "name@REALM")
  end)

  it("the server is named by an address, or by what the realm does not know", function()
    local cache = "KRB5CCNAME=" .. kerberos.ticket "cleo"
    for _, host in ipairs { "127.0.0.1", "[::1]", "localhost" } do
      local result = kerberos.logon({ kerberos = true, servername = host .. ":" .. lab.samba_port }, cache)
      assert_failure(result, 1396, "ERROR_WRONG_TARGET_NAME", "address", "DNS name")
    end
    local result = kerberos.logon({ kerberos = true, servername = kerberos.unknown }, cache)
    assert_failure(result, 1396, "ERROR_WRONG_TARGET_NAME", "cifs/127.0.1", "DNS name")
  end)

  it("the user is unknown, or the password wrong", function()
    assert_failure(by_password "nobody1", 1326, "ERROR_LOGON_FAILURE", "no user nobody1@LAB.EXAMPLE")
    assert_failure(by_password("ben", { password = "x" }), 1326, "ERROR_LOGON_FAILURE", "wrong user name or password")
  end)

  it("the account is closed, has expired, or must have a new password", function()
    kerberos.admin "modify_principal -allow_tix bob"
    assert_failure(by_password "bob", 1327, "ERROR_ACCOUNT_RESTRICTION", "disabled")
    kerberos.admin "modify_principal +allow_tix -expire yesterday bob"
    assert_failure(by_password "bob", 1793, "ERROR_ACCOUNT_EXPIRED")
    kerberos.admin "modify_principal -expire never -pwexpire yesterday bob"
    assert_failure(by_password "bob", 1330, "ERROR_PASSWORD_EXPIRED")
    kerberos.admin "modify_principal -pwexpire never bob"
  end)

  it("the clocks differ", function()
    local port = lab.free_port()
    lab.run(([[cd %s; sed 's/_listen = .*/_listen = 127.0.0.1:%d/; s/kdc.log/fast.log/' kdc.conf > fast-kdc.conf
      KRB5_KDC_PROFILE=fast-kdc.conf PATH=$PATH:/usr/sbin faketime -f +20m krb5kdc -n -P fast.pid > fast.out 2>&1 &
    ]]):format(kerberos.folder, port))
    local environment = configured("fast.conf", "kdc = [^\n]*", "kdc = 127.0.0.1:" .. port)
    local cache = kerberos.folder .. "/fast-cache"
    lab.eventually("a ticket of a KDC that is ahead", function()
      return select(2, lab.run(("echo %s | %s kinit -c %s cleo"):format(lab.password, environment, cache))) == 0
    end)
    local result = kerberos.logon({ kerberos = true }, environment .. " KRB5CCNAME=" .. cache)
    local password = kerberos.logon({ username = "ben", password = lab.password, kerberos = true }, environment)
    lab.run(("kill $(cat %s/fast.pid)"):format(kerberos.folder))
    assert_failure(result, 1398, "ERROR_TIME_SKEW", "clocks")
    assert_failure(password, 1326, "ERROR_LOGON_FAILURE", "clock")
  end)

  it("the server does not know the user whose ticket it takes", function()
    kerberos.admin("add_principal -pw " .. lab.password .. " mallory")
    assert_failure(by_ticket(kerberos.ticket "mallory"), 1326, "ERROR_LOGON_FAILURE", "mallory@LAB.EXAMPLE")
  end)

  it("the user may not ask", function()
    local result = by_ticket(kerberos.ticket "alice")
    assert.same({ "call", "ERROR_ACCESS_DENIED" }, { result.stage, result.name })
  end)
end)
