-- Logons in a whole domain: what was tried goes to the file that DOMAIN_FACTS names.
local shell = require "spec.lab.shell"
local facts = require "spec.domain.facts"

local function variable(name)
  return assert(os.getenv(name), "this runs inside spec/domain/run: make test-domain")
end

local folder, password = variable "DOMAIN_FOLDER", variable "DOMAIN_PASSWORD"
local controller, server = variable "DOMAIN_CONTROLLER", variable "DOMAIN_SERVER"
local guests = { ["LAB\\alice"] = true, ["LAB\\bob"] = true }

local function cache_of(user) return ("KRB5CCNAME=%s/%s.cache"):format(folder, user) end

local no_ticket = "KRB5CCNAME=" .. folder .. "/none"

local function kinit(arguments, environment)
  local _, code, complaint = shell.run(("echo '%s' | env %s kinit %s"):format(password, environment or "", arguments))
  assert(code == 0, complaint)
end

local function logon(options, environment)
  return shell.logons("fan-out", { options }, environment or no_ticket)[1]
end

local function by_ticket(environment, servername)
  return logon({ servername = servername or controller, kerberos = true }, environment)
end

local function by_password(username, options)
  local all = { servername = controller, username = username, password = password, kerberos = true }
  for name, value in pairs(options or {}) do all[name] = value end
  return logon(all)
end

-- That alice and bob were found, and whose logon it was that found them.
local function assert_found(result, own)
  assert.is_table(result.users, result.message)
  local found, others = 0, {}
  for _, user in ipairs(result.users) do
    if guests[user] then
      found = found + 1
    elseif user ~= "LAB\\FS1$" then -- the file server's own
      others[user] = true
    end
  end
  assert.equal(2, found, table.concat(result.users, " "))
  if own then assert.same({ ["LAB\\" .. own] = true }, others) end
end

local function assert_failure(result, code, name, words)
  assert.same({ code, name }, { result.code, result.name }, result.message)
  for _, word in ipairs(words or {}) do assert.is_truthy(result.message:find(word, 1, true), result.message) end
end

-- Changes how the controller is set up, for as long as `work` lasts.
local function with_setting(setting, work)
  local conf = variable "DOMAIN_CONTROLLER_CONF"
  local function reload()
    shell.run(("smbcontrol -s %s all reload-config; sleep 1"):format(conf))
  end
  shell.run(("sed -i '/server role = active/a\\\t%s' %s"):format(setting, conf))
  reload()
  local worked, problem = pcall(work)
  shell.run(("sed -i '/^\t%s$/d' %s"):format(setting, conf))
  reload()
  if not worked then error(problem, 0) end
end

local function tool(arguments)
  local _, code, complaint = shell.run(("samba-tool %s -H %s/dc/private/sam.ldb -s %s"):format(
    arguments, folder, variable "DOMAIN_CONTROLLER_CONF"))
  assert(code == 0, complaint)
end

local function logged(words)
  return tonumber((shell.run(("grep -c '%s' %s"):format(words, variable "DOMAIN_LOG"))))
end

local function milliseconds()
  return tonumber((shell.run "date +%s%N")) // 1000000
end

describe("in a domain", function()
  local it = facts.recording(it)
  teardown(function() facts.write(os.getenv "DOMAIN_FACTS", "in a domain of Samba") end)

  it("a ticket at the file server finds user, share and file", function()
    local script = [[for row in require "rollcall.smb".rollcall { servername = "%s", kerberos = true } do
      print(row.username, row.share, row.files and row.files[1]) end]]
    local output = shell.run(("env %s lua5.4 -e '%s'"):format(cache_of "auditor", script:format(server)))
    assert.is_truthy(output:find("LAB\\alice\tprojects\t[^\n]*plan.txt"), output)
  end)

  it("a ticket at the domain controller finds users by name", function() assert_found(by_ticket(cache_of "auditor"), "auditor") end)

  it("nothing said is the caller's ticket", function()
    assert_found(logon({ servername = server }, cache_of "auditor"), "auditor")
  end)

  it("a server goes by its short name, in capitals, with a dot at the end", function()
    for _, name in ipairs { "dc1", "DC1.LAB.EXAMPLE", "dc1.lab.example." } do
      assert_found(by_ticket(cache_of "auditor", name), "auditor")
    end
  end)

  it("a session by ticket is encrypted where that is asked for", function()
    assert_found(logon({ servername = server, kerberos = true, encrypt = true }, cache_of "auditor"), "auditor")
  end)

  it("a user with a password goes by each way to write it", function()
    for _, username in ipairs { "auditor", "auditor@LAB.EXAMPLE", "Auditor@lab.example", "LAB\\auditor", "lab\\auditor" } do
      assert_found(by_password(username), "auditor")
    end
  end)

  it("a KDC is found by DNS where there is no krb5.conf", function()
    assert_found(logon({ servername = controller, username = "auditor@LAB.EXAMPLE", password = password, kerberos = true },
      "-u KRB5_CONFIG " .. no_ticket), "auditor")
  end)

  it("NTLM goes too", function()
    assert_found(logon { servername = controller, username = "LAB\\auditor", password = password }, "auditor")
  end)

  it("a Protected User goes by Kerberos, and by NTLM is referred to it", function()
    assert_found(by_password "protected", "protected")
    assert_failure(logon { servername = controller, username = "LAB\\protected", password = password }, 1327, "ERROR_ACCOUNT_RESTRICTION",
      { "use Kerberos" })
  end)

  it("a keytab goes by kinit -kt", function()
    kinit(("-kt %s/service.keytab -c %s/service.cache service"):format(folder, folder))
    assert_found(by_ticket(cache_of "service"), "service")
  end)

  it("tickets go from files, folders and the kernel's keyring", function()
    shell.run(("mkdir -p %s/folder"):format(folder))
    for _, name in ipairs { "DIR:" .. folder .. "/folder", "KEYRING:session:rollcall", "FILE:" .. folder .. "/file" } do
      kinit("auditor", "KRB5CCNAME=" .. name)
      assert_found(by_ticket("KRB5CCNAME=" .. name), "auditor")
    end
  end)

  it("a ticket of one who may not ask is denied, with the groups of this server", function()
    for _, user in ipairs { "alice", "operator" } do
      assert_failure(by_ticket(cache_of(user)), 5, "ERROR_ACCESS_DENIED", { "of a Samba: Administrators" })
    end
  end)

  it("no ticket, one that has expired, and one for an address are distinguished", function()
    assert_failure(by_ticket(no_ticket), 1326, "ERROR_LOGON_FAILURE", { "no Kerberos ticket", "kinit" })
    kinit(("-l 1s -c %s/short.cache auditor"):format(folder))
    shell.run "sleep 2"
    assert_failure(by_ticket(cache_of "short"), 1326, "ERROR_LOGON_FAILURE", { "expired", "kinit" })
    assert_failure(by_ticket(cache_of "auditor", "10.99.0.20"), 1396, "ERROR_WRONG_TARGET_NAME", { "address" })
  end)

  it("an unknown realm, user and server, and a wrong password are distinguished", function()
    assert_failure(by_password "auditor@LAB.EXAMPEL", 1311, "ERROR_NO_LOGON_SERVERS", { "LAB.EXAMPEL" })
    assert_failure(by_password "nobody1", 1326, "ERROR_LOGON_FAILURE", { "no user nobody1@LAB.EXAMPLE" })
    assert_failure(by_password("auditor", { password = "x" }), 1326, "ERROR_LOGON_FAILURE", { "wrong user name or password" })
    shell.run "echo 10.99.0.20 alias.lab.example >> /etc/hosts"
    assert_failure(by_ticket(cache_of "auditor", "alias.lab.example"), 1396, "ERROR_WRONG_TARGET_NAME", { "alias.lab.example" })
  end)

  it("a disabled account is reported by NTLM and by Kerberos", function()
    tool "user create closed Corr3ct-horse"
    tool "user disable closed"
    assert_failure(logon { servername = controller, username = "LAB\\closed", password = password }, 1331, "ERROR_ACCOUNT_DISABLED")
    assert_failure(by_password "closed", 1327, "ERROR_ACCOUNT_RESTRICTION", { "disabled" })
  end)

  it("a password that must be changed is reported by NTLM and by Kerberos", function()
    tool "user create fresh Corr3ct-horse --must-change-at-next-login"
    assert_failure(logon { servername = controller, username = "LAB\\fresh", password = password }, 1907, "ERROR_PASSWORD_MUST_CHANGE")
    assert_failure(by_password "fresh", 1330, "ERROR_PASSWORD_EXPIRED")
  end)

  it("a KDC that never answers costs the timeout", function()
    local conf = folder .. "/silent.conf"
    shell.run(("sed 's/kdc = .*/kdc = 10.99.0.20/' %s > %s"):format(variable "KRB5_CONFIG", conf))
    local silent = assert(io.popen([[/usr/bin/python3 -c 'import socket, sys
u = socket.socket(2, 2); u.bind(("10.99.0.20", 88)); t = socket.create_server(("10.99.0.20", 88)); sys.stdin.read()']], "w"))
    shell.run "sleep 0.5"
    local started = milliseconds()
    local result = logon({ servername = controller, username = "auditor@LAB.EXAMPLE", password = password, kerberos = true, timeout = 2 },
      "KRB5_CONFIG=" .. conf .. " " .. no_ticket)
    local took = milliseconds() - started
    silent:close()
    assert_failure(result, 121, "ERROR_SEM_TIMEOUT")
    assert.is_true(took < 4000, took)
  end)

  it("each kind of credentials after each other is its own, in a worker for as long as that is the same", function()
    local kinds = {
      { user = "auditor", options = { username = "LAB\\auditor", password = password } },
      { user = "service", options = { username = "service", password = password, kerberos = true } },
      { user = "other", options = { kerberos = true } },
      { user = "other", options = {} },
    }
    local wanted, users = {}, {}
    for _, first in ipairs(kinds) do
      for _, second in ipairs(kinds) do
        for _, kind in ipairs { first, second } do
          local options = { servername = controller }
          for name, value in pairs(kind.options) do options[name] = value end
          wanted[#wanted + 1], users[#users + 1] = options, kind.user
        end
      end
    end
    local results, workers = shell.logons("fan-out", wanted, cache_of "other")
    local changes = 0
    for i = 2, #users do changes = changes + (users[i] ~= users[i - 1] and 1 or 0) end
    assert.equal(changes + 1, #workers)
    for i, result in ipairs(results) do assert_found(result, users[i]) end
  end)

  it("a password leaves the caller's tickets alone", function()
    local before = shell.run(("md5sum %s/other.cache"):format(folder))
    local options = { servername = controller, username = "auditor", password = password, kerberos = true }
    assert_found(logon(options, cache_of "other"), "auditor")
    assert.equal(before, (shell.run(("md5sum %s/other.cache"):format(folder))))
  end)

  it("no forwardable ticket is handed to the domain controller", function()
    kinit(("-f -c %s/forwardable.cache auditor"):format(folder))
    local before = logged "Requested flags: .*forwarded"
    assert_found(by_ticket(cache_of "forwardable"), "auditor")
    shell.run "sleep 0.3"
    assert.equal(before, logged "Requested flags: .*forwarded")
    shell.run(("%s smbclient -N --use-kerberos=required -L %s"):format(cache_of "forwardable", controller))
    shell.run "sleep 0.3"
    assert.is_true(logged "Requested flags: .*forwarded" > before, "the witness was not asked for one")
  end)

  it("40 logons by one password ask for one ticket, and last about as long as by a ticket", function()
    local function time_of(options, environment)
      local wanted = {}
      for i = 1, 40 do wanted[i] = options end
      local started = milliseconds()
      for _, result in ipairs((shell.logons("fan-out", wanted, environment))) do assert_found(result) end
      return milliseconds() - started
    end
    local by_ticket_once = { servername = controller, kerberos = true }
    local by_password_once = { servername = controller, username = "auditor", password = password, kerberos = true }
    local ticket = time_of(by_ticket_once, cache_of "auditor")
    local function asked_for(work)
      local before = logged "AS-REQ auditor@LAB.EXAMPLE .* for krbtgt"
      local result = work()
      return logged "AS-REQ auditor@LAB.EXAMPLE .* for krbtgt" - before, result
    end
    local once = asked_for(function() assert_found(by_password "auditor") end)
    local asked, by_its_password = asked_for(function() return time_of(by_password_once, no_ticket) end)
    -- The lesser of two each, since something else may have kept the machine busy.
    ticket = math.min(ticket, time_of(by_ticket_once, cache_of "auditor"))
    by_its_password = math.min(by_its_password, time_of(by_password_once, no_ticket))
    local ntlm = time_of({ servername = controller, username = "LAB\\auditor", password = password }, no_ticket)
    facts.note(("ticket %.2f s, password %.2f s, NTLM %.2f s"):format(ticket / 1000, by_its_password / 1000, ntlm / 1000))
    assert.is_true(once > 0)
    assert.equal(once, asked) -- more than one each: the KDC first asks for proof
    assert.is_true(by_its_password < 1.5 * ticket, ("%d ms, %d ms"):format(by_its_password, ticket))
  end)

  it("where NTLM is switched off, that is reported, and Kerberos goes on", function()
    with_setting("ntlm auth = disabled", function()
      assert_found(by_ticket(cache_of "auditor"), "auditor")
      assert_failure(logon { servername = controller, username = "LAB\\auditor", password = password }, 1937, "ERROR_NTLM_BLOCKED",
        { "Kerberos" })
    end)
  end)

  it("a locked account is reported by NTLM, and by Kerberos as one of three things", function()
    tool "user create locked Corr3ct-horse"
    tool "domain passwordsettings set --account-lockout-threshold=2 --account-lockout-duration=1 --reset-account-lockout-after=1"
    for i = 1, 2 do logon { servername = controller, username = "LAB\\locked", password = "x" .. i } end
    local by_ntlm, by_kerberos = logon { servername = controller, username = "LAB\\locked", password = password }, by_password "locked"
    tool "domain passwordsettings set --account-lockout-threshold=0"
    assert_failure(by_ntlm, 1909, "ERROR_ACCOUNT_LOCKED_OUT")
    assert_failure(by_kerberos, 1327, "ERROR_ACCOUNT_RESTRICTION", { "locked" })
  end)
end)
