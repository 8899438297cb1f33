--- The builtin rules. Each takes a table of its own fields and of those of every rule, and
-- gives a rule to hand to `rule`.
local case = require "rollcall.internal.case"
local declaration = require "rollcall.internal.declaration"
local network = require "rollcall.internal.network"
local options = require "rollcall.internal.options"
local remembering = require "rollcall.internal.remembering"
local text = require "rollcall.internal.text"
local workspace_session = require "rollcall.workspace.session"

local builtin = {}

---@class rollcall.policy.builtin
---@field meaning string  in the Markdown of the manual
---@field specification table<string, rollcall.options.check>
---@field required string[]
---@field make fun(given: table, place: rollcall.declaration): table

local at_least_one = options.integer(1, 1000000)
local seconds = options.integer(0, 366 * 86400)

local function shown(value) return value == nil and "?" or text.of(value) end

---The share, file or desktop; and of a session on a server, of which no call says to what, the server.
local function place_of(view) return shown(view.resource or view.origin) end

---Whether somebody is there: Workspace also lists sessions that have ended, or never began.
local function is_present(view)
  return view.kind ~= "session" or workspace_session.is_live(view) ~= false
end

---A rule over the people of each group: at most so many rows, or so many values of a field.
local function at_most(meaning, what, count_of, distinct, kinds, requires)
  return {
    meaning = meaning,
    specification = declaration.fields { { "max", at_least_one, "The most that passes." } },
    required = { "max" },
    make = function(given)
      return {
        kind = kinds, group_by = { "user" }, distinct = distinct, requires = requires, filter = is_present,
        check_group = function(group) return count_of(group) <= given.max end,
        message = function(group)
          return ("%s has %d %s, at most %d are allowed"):format(group.user, count_of(group), what, given.max)
        end,
      }
    end,
  }
end

builtin.sessions_per_user = at_most("A user has at most so many sessions on servers and desktops.", "sessions",
  function(group) return group.count end, {}, { "smb_session", "session" }, { "user" })

builtin.clients_per_user = at_most("A user is connected from at most so many computers.", "clients",
  function(group) return group.distinct.client end, { "client" },
  { "connection", "smb_session", "access", "session" }, { "user", "client" })

builtin.idle_longer_than = {
  meaning = "No SMB session is idle for longer.",
  specification = declaration.fields { { "seconds", seconds, "The longest that passes." } }, required = { "seconds" },
  make = function(given)
    return {
      kind = { "smb_session", "access" }, requires = { "idle" },
      check = function(view) return view.idle <= given.seconds end,
      message = ("{account} from {client} has been idle for {idle}, longer than %s"):format(builtin.duration(given.seconds)),
    }
  end,
}

builtin.connected_longer_than = {
  meaning = "Nobody is connected for longer.",
  specification = declaration.fields { { "seconds", seconds, "The longest that passes." } }, required = { "seconds" },
  make = function(given)
    return {
      kind = { "connection", "smb_session", "access", "session" }, requires = { "duration" }, filter = is_present,
      check = function(view) return view.duration <= given.seconds end,
      message = ("{account} from {client} has been connected for {duration}, longer than %s"):format(builtin.duration(given.seconds)),
    }
  end,
}

---@type rollcall.options.check
local function time_of_day(value)
  local hour, minute = string.match(type(value) == "string" and value or "", "^(%d%d):(%d%d)$")
  if not hour or tonumber(hour) > 24 or tonumber(minute) > 59 or tonumber(hour) == 24 and minute ~= "00" then
    return nil, "must be a time of day, such as 07:30"
  end
  return hour * 60 + minute | 0
end

local weekdays = { "sun", "mon", "tue", "wed", "thu", "fri", "sat" }

local weekday = options.one_of(weekdays)

---@type rollcall.options.check
local function days(value)
  local names, problem = declaration.names(value)
  if not names then return nil, problem end
  local wanted, set = {}, {}
  for _, name in ipairs(names) do
    local checked, expectation = weekday(name)
    if not checked then return nil, ("has '%s', which %s"):format(name, expectation) end
    wanted[name] = true
  end
  for number, name in ipairs(weekdays) do set[number] = wanted[name] end
  return set
end

builtin.outside_hours = {
  meaning = "Nobody is connected outside working hours.",
  specification = declaration.fields {
    { "from", time_of_day, "When working hours begin." },
    { "to", time_of_day, "When they end." },
    { "days", days, "The working days: `sun`, `mon`, `tue`, `wed`, `thu`, `fri`, `sat`; every day if not given." },
    { "utc_offset", options.integer(-50400, 50400), "Seconds that the clock of these hours is ahead of UTC; 0 if not given." },
    { "at", options.one_of { "now", "since" },
      "`now`: nobody is connected outside these hours, at the time of the poll. `since`: nobody has connected "
      .. "outside them. `now` if not given." },
  },
  required = { "from", "to" },
  make = function(given, place)
    if given.from >= given.to then place:fail("from", "builtin.outside_hours: from must be before to") end
    local at = given.at or "now"
    local inside = remembering(function(epoch)
      local time = os.date("!*t", epoch + (given.utc_offset or 0))
      local minutes = time.hour * 60 + time.min
      return minutes >= given.from and minutes < given.to and (not given.days or given.days[time.wday] == true)
    end)
    return {
      kind = { "connection", "smb_session", "access", "session" }, requires = { at == "since" and "since" or "user" },
      filter = at == "now" and is_present or nil,
      check = function(view)
        if at == "since" then return inside[view.since] end
        return inside[view.seen_at or view.settings.now]
      end,
      message = function(view)
        return ("%s from %s %s to %s outside hours"):format(shown(view.account), shown(view.client),
          at == "since" and "connected" or "is connected", place_of(view))
      end,
    }
  end,
}

---@type rollcall.options.check
local function networks(value)
  local names, problem = declaration.names(value)
  if not names then return nil, problem end
  local parsed = {}
  for i, name in ipairs(names) do
    parsed[i], problem = network.parse(name)
    if not parsed[i] then return nil, "has " .. problem end
  end
  return parsed
end

builtin.client_networks = {
  meaning = "Every client is in one of these networks.",
  specification = declaration.fields { { "allow", networks,
    "Networks such as `10.0.0.0/8` and `fd00::/8`, or addresses." } }, required = { "allow" },
  make = function(given)
    local allowed = remembering(function(address)
      local bytes = network.address(address)
      if not bytes then return false end
      for _, range in ipairs(given.allow) do
        if network.contains(range, bytes) then return true end
      end
      return false
    end)
    return {
      kind = { "connection", "smb_session", "access", "session" }, requires = { "address" }, filter = is_present,
      check = function(view) return allowed[view.client] end, -- which is the address, where there is one
      message = "{account} comes from {client}, which is in none of the allowed networks",
    }
  end,
}

local function numbers_of(version)
  local numbers = {}
  for number in string.gmatch(version, "%d+") do numbers[#numbers + 1] = math.tointeger(tonumber(number)) or math.maxinteger end
  return numbers
end

---@type rollcall.options.check
local function version(value)
  if type(value) == "string" and string.find(value, "^%d[%d%.]*$") then return value end
  return nil, "must be a version, such as \"22.4.2\""
end

builtin.client_version_below = {
  meaning = "No Workspace client is older than a version.",
  specification = declaration.fields { { "min", version, "The oldest that passes." } }, required = { "min" },
  make = function(given)
    local least = numbers_of(given.min)
    return {
      kind = { "session" }, requires = { "client_version" }, filter = is_present,
      check = function(view)
        local numbers = numbers_of(view.client_version)
        for i = 1, math.max(#least, #numbers) do
          local a, b = numbers[i] or 0, least[i] or 0
          if a ~= b then return a > b end
        end
        return true
      end,
      message = ("{account} uses client {client_version} on {client}, older than %s"):format(given.min),
    }
  end,
}

local ADMINISTRATIVE = 0x80000000

builtin.administrative_shares = {
  meaning = "Nobody is connected to an administrative share, such as `C$` and `ADMIN$`.",
  specification = declaration.fields { { "ipc", options.boolean, "Whether `IPC$` counts as one; `false` if not given." } }, required = {},
  make = function(given)
    local by_name = remembering(function(share)
      if case.lower(share) == "ipc$" then return given.ipc == true end
      return string.sub(share, -1) == "$"
    end)
    return {
      kind = { "connection", "access" }, requires = { "resource" },
      check = function(view)
        local share = view.resource
        if by_name[share] then return false end
        local type = view.kind == "connection" and view.type
        return not type or type & ADMINISTRATIVE == 0 or case.lower(share) == "ipc$"
      end,
      message = "{account} from {client} is connected to the administrative share {resource} of {origin}",
    }
  end,
}

---A rule over what smbd says of the packets of a connection. Of a session it counts those with which it began, which no client
---encrypts: where it has no connection, nothing is at stake.
local function protected(meaning, what, requires, passes)
  return {
    meaning = meaning, specification = declaration.fields {}, required = {},
    make = function()
      return {
        kind = { "connection", "access" }, requires = requires, requires_of = { access = { "sources" } },
        filter = function(view)
          return view.kind == "connection" or string.find(view.sources, "connection", 1, true) ~= nil
        end,
        check = passes,
        message = ("{account} from {client} is connected to {resource} of {origin} without %s: encryption {encryption}, signing {signing}")
          :format(what),
      }
    end,
  }
end

builtin.encrypted = protected("Every connection is encrypted, in all of its packets. Only `smbstatus { ... }` says it.",
  "full encryption", { "encryption" },
  function(view) return view.encryption == "full" end)

builtin.signed = protected("Every connection is signed or encrypted, in all of its packets. Only `smbstatus { ... }` says it. A Samba "
  .. "without `server signing = mandatory` has connections that are not.", "full signing", { "encryption", "signing" },
  function(view) return view.signing == "full" or view.encryption == "full" end)

builtin.logged_on_and_away = {
  meaning = "Nobody is logged on to a computer while all SMB sessions of that user, on any server, have been idle for longer. Needs "
    .. '`smb { query = "logons" }` and `smb { query = "sessions" }`. A user without sessions passes, and a session of which the '
    .. "server does not say how long it has been idle makes the verdict `unknown`.",
  specification = declaration.fields { { "seconds", seconds, "The longest that passes." } }, required = { "seconds" },
  make = function(given)
    local function shortest(group)
      local least
      for idle in pairs(group.values.idle) do least = math.min(least or idle, idle) end
      return least
    end
    return {
      kind = { "logon", "smb_session" }, group_by = { "user" }, distinct = { "kind", "idle" }, requires_of = { smb_session = { "idle" } },
      every_kind = true,
      check_group = function(group)
        local idle = group.values.kind.logon and shortest(group)
        return not idle or idle <= given.seconds
      end,
      message = function(group)
        return ("%s is logged on, and has been idle in every session for %s or more, longer than %s"):format(group.user,
          builtin.duration(shortest(group)), builtin.duration(given.seconds))
      end,
    }
  end,
}

---@type rollcall.options.check
local function globs(value)
  local names, problem = declaration.names(value)
  if not names then return nil, problem end
  for _, name in ipairs(names) do
    if select(2, string.gsub(name, "%*", "")) > 3 then return nil, "may have at most three * in a pattern" end
  end
  return names
end

---`svc-*` and `?`, compared without case.
local function matcher(names)
  local patterns = {}
  for i, name in ipairs(names) do
    local escaped = string.gsub(case.lower(name), "[%^%$%(%)%%%.%[%]%+%-]", "%%%0")
    patterns[i] = "^" .. string.gsub(string.gsub(escaped, "%*", ".*"), "%?", ".") .. "$"
  end
  return remembering(function(account)
    account = case.lower(account)
    for _, pattern in ipairs(patterns) do
      if string.find(account, pattern) then return true end
    end
    return false
  end)
end

builtin.accounts = {
  meaning = "No account of these names is connected; or, with `allow`, none but these. Takes one of the two.",
  specification = declaration.fields {
    { "deny", globs, "Names that fail, with `*` and `?`, compared without case: those of accounts or of users." },
    { "allow", globs, "Names that pass." },
  }, required = {},
  make = function(given, place)
    if (given.deny == nil) == (given.allow == nil) then place:fail(nil, "builtin.accounts: takes deny or allow, one of them") end
    local matches = matcher(given.deny or given.allow)
    return {
      requires = { "account" }, except = "share", filter = is_present,
      check = function(view)
        local matched = matches[view.account] or view.user ~= nil and matches[view.user]
        return matched == (given.allow ~= nil)
      end,
      message = function(view)
        return ("%s is connected to %s from %s, and no such account should be"):format(shown(view.account), place_of(view),
          shown(view.client))
      end,
    }
  end,
}

builtin.failed_sessions = {
  meaning = "No Workspace session has failed to begin.",
  specification = declaration.fields {}, required = {},
  make = function()
    return {
      kind = { "session" }, requires = { "session_state" },
      check = function(view)
        return view.session_state ~= "InitFail" and (view.failed_code == nil or string.find(view.failed_code, "^WKS%.0+$") ~= nil)
      end,
      message = "the session of {account} on {resource} failed: {failed_code} {failed_reason}",
    }
  end,
}

builtin.share_and_desktop = {
  meaning = "Nobody is connected to a share and to a cloud desktop at once.",
  specification = declaration.fields {}, required = {},
  make = function()
    return {
      kind = { "connection", "smb_session", "access", "session" }, group_by = { "user" }, distinct = { "kind", "resource" },
      requires = { "user" }, filter = is_present,
      check_group = function(group)
        local desktop = group.values.kind.session
        return not desktop or group.distinct.kind == 1
      end,
      message = "{user} is on a share and on a desktop at once: {resource}",
    }
  end,
}

builtin.two_clients = {
  meaning = "Nobody is connected from two computers: `clients_per_user { max = 1 }`.",
  specification = declaration.fields {}, required = {},
  make = function(_, place)
    return builtin.clients_per_user.make({ max = 1 }, place)
  end,
}

builtin.duration = require "rollcall.internal.duration"

return builtin
