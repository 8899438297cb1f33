--- Kerberos in the lab: tickets, the KDC's own words, and logons by programs that have them.
local lab = require "spec.lab"
local shell = require "spec.lab.shell"

local kerberos = {}

kerberos.folder = lab.folder .. "/kdc"
kerberos.realm = "LAB.EXAMPLE"
---The lab's Samba by the name that the KDC knows.
kerberos.samba = "127.1:" .. lab.samba_port
---The lab's Samba by a name that the KDC does not know.
kerberos.unknown = "127.0.1:" .. lab.samba_port

local caches = 0

---Gets a ticket into a cache of its own, and returns the cache's name.
---@param flags? string  kinit's
function kerberos.ticket(user, flags)
  caches = caches + 1
  local cache = ("%s/cache-%d"):format(kerberos.folder, caches)
  local _, code, complaint = lab.run(("echo %s | kinit %s -c %s %s"):format(lab.password, flags or "", cache, user))
  assert(code == 0, complaint)
  return cache
end

---Has kadmin.local do something to the KDC's database.
function kerberos.admin(command)
  local _, code, complaint = lab.run(("PATH=$PATH:/usr/sbin kadmin.local -q %s"):format(shell.quoted(command)))
  assert(code == 0, complaint)
end

---How many lines of what the KDC has done have all of these words.
function kerberos.count(...)
  local words, count = { ... }, 0
  for line in io.lines(kerberos.folder .. "/kdc.log") do
    local all = true
    for _, word in ipairs(words) do all = all and line:find(word, 1, true) ~= nil end
    count = count + (all and 1 or 0)
  end
  return count
end

---What comes of logons, one after another, in a program of their own.
---@param way "fan-out"|"handles"
---@param wanted table[]  connect options; `servername`: the lab's Samba
---@param environment? string  such as "KRB5CCNAME=/tmp/x"
---@return { users: string[]?, stage: string?, code: integer?, name: string?, message: string? }[], string[] workers
function kerberos.logons(way, wanted, environment)
  for _, options in ipairs(wanted) do options.servername = options.servername or kerberos.samba end
  return shell.logons(way, wanted, environment or "KRB5CCNAME=" .. kerberos.folder .. "/none")
end

---What comes of one.
function kerberos.logon(options, environment)
  return kerberos.logons("fan-out", { options }, environment)[1]
end

---Whose logon it was: one's own session is always among those that the server reports, beside which
---may still be one that is coming to its end.
---@param what? string  which logon
function kerberos.assert_is(user, result, what)
  for _, found in ipairs(result.users or {}) do
    if found == user then return end
  end
  error(("%snot %s but %s"):format(what and what .. ": " or "", user,
    result.users and table.concat(result.users, " ") or result.message), 2)
end

return kerberos
