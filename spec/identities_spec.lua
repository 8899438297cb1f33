local kerberos = require "spec.lab.kerberos"
local lab = require "spec.lab"

-- Each kind of credentials is somebody else's, so that the server's list of sessions, in which one's own
-- always stands, says whose were used. The server's name is one that Kerberos has tickets for.
local kinds = {
  { name = "a password by NTLM", user = "auditor", options = { username = "auditor", password = lab.password, kerberos = false } },
  { name = "an NT hash", user = "ann", options = { username = "ann", nt_hash = lab.nt_hash(lab.password) } },
  { name = "a password by Kerberos", user = "ben",
    options = { username = "ben@" .. kerberos.realm, password = lab.password, kerberos = true } },
  { name = "a ticket", user = "cleo", by_ticket = true, options = { kerberos = true } },
  { name = "nothing said", user = "cleo", by_ticket = true, options = {} },
}

-- The kinds in an order in which each follows each, itself too.
local function each_after_each()
  local order = {}
  for _, first in ipairs(kinds) do
    for _, second in ipairs(kinds) do
      order[#order + 1] = first
      order[#order + 1] = second
    end
  end
  return order
end

local function options_of(order)
  local wanted = {}
  for i, kind in ipairs(order) do
    wanted[i] = {}
    for name, value in pairs(kind.options) do wanted[i][name] = value end
  end
  return wanted
end

local function has(list, wanted)
  for _, value in ipairs(list or {}) do
    if value == wanted then return true end
  end
  return false
end

local function assert_each_is_its_own(order, results, there_is_a_ticket)
  assert.equal(#order, #results)
  for i, kind in ipairs(order) do
    local result = results[i]
    local what = ("%s after %s: %s"):format(kind.name, i > 1 and order[i - 1].name or "nothing",
      result.users and table.concat(result.users, " ") or result.message)
    if kind.by_ticket and not there_is_a_ticket then
      assert.equal("ERROR_LOGON_FAILURE", result.name, what)
      assert.is_truthy(result.message:find("no Kerberos ticket", 1, true), what)
    else
      assert.is_true(has(result.users, kind.user), what)
    end
  end
end

describe("no identity is used for a target that it was not given for", function()
  -- A worker has one identity in its life, and goes on for as long as the next one is the same.
  local function assert_one_worker_each(order, workers)
    local changes = 0
    for i = 2, #order do changes = changes + (order[i].user ~= order[i - 1].user and 1 or 0) end
    assert.equal(changes + 1, #workers)
  end

  it("by each kind of credentials after each other, one at a time", function()
    local order = each_after_each()
    local cache = kerberos.ticket("cleo", "-f")
    local results, workers = kerberos.logons("fan-out", options_of(order), "KRB5CCNAME=" .. cache)
    assert_one_worker_each(order, workers)
    assert_each_is_its_own(order, results, true)
  end)

  it("by each kind after each other where there is no ticket", function()
    local order = each_after_each()
    local results, workers = kerberos.logons("fan-out", options_of(order))
    assert_one_worker_each(order, workers)
    assert_each_is_its_own(order, results, false)
  end)

  it("by handles that are open side by side, each asked twice", function()
    local order = {}
    for i = 1, 2 * #kinds do order[i] = kinds[(i - 1) % #kinds + 1] end
    local results = kerberos.logons("handles", options_of(kinds), "KRB5CCNAME=" .. kerberos.ticket "cleo")
    assert_each_is_its_own(order, results, true)
  end)

  it("by a name in whose place somebody else's ticket lies", function()
    local alice = "KRB5CCNAME=" .. kerberos.ticket "alice"
    local result = kerberos.logon({ username = "cleo", kerberos = true }, alice)
    assert.equal("ERROR_LOGON_FAILURE", result.name)
    for _, words in ipairs { "no Kerberos ticket of cleo@LAB.EXAMPLE", "those of alice@LAB.EXAMPLE" } do
      assert.is_truthy(result.message:find(words, 1, true), result.message)
    end
  end)

  it("by a name of which there is a ticket in a collection of them", function()
    local folder = kerberos.folder .. "/collection"
    lab.run(("mkdir %s; for user in alice cleo; do echo %s | KRB5CCNAME=DIR:%s kinit $user; done"):format(
      folder, lab.password, folder))
    lab.run(("KRB5CCNAME=DIR:%s kswitch -p alice"):format(folder))
    local cache = "KRB5CCNAME=DIR:" .. folder
    kerberos.assert_is("cleo", kerberos.logon({ username = "cleo", kerberos = true }, cache))
    assert.equal("ERROR_ACCESS_DENIED", kerberos.logon({ kerberos = true }, cache).name) -- the first one is alice's
  end)

  it("by a cache of tickets that was the caller's when the worker was started", function()
    local script = ([[
      local smb, caches, asked = require "rollcall.smb", { "%s", "%s" }, 0
      local function next_server()
        asked = asked + 1
        if not caches[asked] then return nil end
        setenv("KRB5CCNAME", caches[asked])
        return { servername = "%s", kerberos = true }
      end
      local told = {}
      for session in smb.sessions { servername = next_server, concurrency = 1, timeout = 20,
          on_error = function(failure) told[#told + 1] = failure.name end } do told[#told + 1] = session.username end
      print(table.concat(told, " "))]]):format(kerberos.ticket "cleo", kerberos.ticket "alice", kerberos.samba)
    local output, _, complaint = lab.run(("/usr/bin/python3 spec/lab/host.py '%s'"):format(script))
    assert.is_truthy(output:find("cleo ERROR_ACCESS_DENIED", 1, true), output .. complaint) -- alice may not ask
  end)

  it("by a domain of the same user name", function()
    local result = kerberos.logon { username = "OTHER\\ben", password = lab.password, kerberos = true }
    assert.equal("ERROR_LOGON_FAILURE", result.name)
    assert.is_truthy(result.message:find("domain OTHER", 1, true), result.message)
    assert.equal(0, kerberos.count("AS_REQ", "ben@OTHER"))
  end)

  it("in the eyes of smbstatus, over one handle that is opened anew", function()
    local smb = require "rollcall.smb"
    local server <close> = smb.server {
      servername = kerberos.samba, username = "ben@LAB.EXAMPLE", password = lab.password, kerberos = true,
    }
    for _ = 1, 2 do
      assert.is_truthy(lab.smbstatus("-b"):find("\n%d+ +ben "), lab.smbstatus "-b")
      lab.run("kill -KILL " .. lab.workers()[1])
      assert.is_false((pcall(server.session_page, server)))
      assert.equal("ben", server:session_page().entries[1].username)
    end
  end)
end)

describe("a ticket-granting ticket is never handed to a server", function()
  -- The lab's server is one that the KDC says may have it.
  local function handed(work)
    local before = kerberos.count("TGS_REQ", "ISSUE", "for krbtgt/")
    work()
    return kerberos.count("TGS_REQ", "ISSUE", "for krbtgt/") - before
  end

  it("by a forwardable ticket", function()
    assert.equal(0, handed(function()
      kerberos.assert_is("cleo", kerberos.logon({ kerberos = true }, "KRB5CCNAME=" .. kerberos.ticket("cleo", "-f")))
    end))
  end)

  it("by a password, for which a forwardable one is fetched", function()
    assert.equal(0, handed(function()
      kerberos.assert_is("ben", kerberos.logon { username = "ben@LAB.EXAMPLE", password = lab.password, kerberos = true })
    end))
  end)

  it("though another client hands it over", function()
    assert.equal(1, handed(function()
      lab.run(("KRB5CCNAME=%s smbclient -p %d --use-kerberos=required -N //127.1/projects -c ls"):format(
        kerberos.ticket("cleo", "-f"), lab.samba_port))
    end))
  end)
end)
