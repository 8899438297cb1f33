--- What the plain enumerations do with a server: one call, or the connections of every share.
local calls = require "rollcall.smb.calls"

local plans = {}

local ERROR_ACCESS_DENIED = 5

---Whether the server would not answer the same call for another share either.
---@param outcome rollcall.smb.core.outcome
function plans.is_denied(outcome)
  return outcome.failure ~= nil and outcome.failure.code == ERROR_ACCESS_DENIED
end

local function one_call(call, checked)
  return {
    begin = function(visit)
      local asked = calls.target(visit.server, call, checked)
      asked.counted = true
      return asked
    end,
  }
end

local function is_hidden(share)
  return share:find("%$$") ~= nil
end

---Asks a server for its shares, and then for the connections to each.
---@param hidden boolean  whether shares whose names end in `$` count
local function connections_of_all_shares(checked, hidden)
  return {
    begin = function(visit)
      visit.shares = {}
      local asked = calls.target(visit.server, calls.shares, { prefmaxlen = checked.prefmaxlen })
      asked.collect = function(row)
        if row.share and (hidden or not is_hidden(row.share)) then table.insert(visit.shares, row.share) end
      end
      return asked
    end,
    follow = function(visit, _, outcome)
      if plans.is_denied(outcome) then return nil end
      local share = table.remove(visit.shares, 1)
      if not share then return nil end
      local asked = calls.target(visit.server, calls.connections, checked, { qualifier = share })
      asked.counted = true
      return asked
    end,
  }
end

local function bare(name)
  return name:gsub("^.*\\", ""):lower()
end

---Whether an entry is one that the caller asked for. Samba answers with all sessions, whatever user
---it is asked for.
---@param filter { client: string?, username: string? }
local function passes(filter, row)
  for _, field in ipairs { "client", "username" } do
    if filter[field] and row[field] and bare(filter[field]) ~= bare(row[field]) then return false end
  end
  return true
end

---@param filter table
---@return fun(enumeration: userdata): table?
function plans.only(filter, step)
  return function(enumeration)
    while true do
      local row = step(enumeration)
      if not row or passes(filter, row) then return row end
    end
  end
end

---@param name "connections"|"sessions"|"files"|"shares"
---@param checked table
---@return rollcall.smb.plan
---@return boolean tells_target  whether rows of some targets are not for the caller
function plans.of(name, checked)
  if name ~= "connections" then return one_call(calls[name], checked), false end
  if not checked.qualifier then return connections_of_all_shares(checked, checked.hidden ~= false), true end
  checked.filter = { qualifier = checked.qualifier }
  return one_call(calls.connections, checked), false
end

return plans
