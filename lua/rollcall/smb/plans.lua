--- What the plain enumerations do with a server: one call, or the connections of every share.
local calls = require "rollcall.smb.calls"
local filter = require "rollcall.smb.filter"
local options = require "rollcall.internal.options"

local plans = {}

local ERROR_ACCESS_DENIED = 5

---Whether the server would not answer the same call for another share either.
---@param outcome rollcall.smb.core.outcome
function plans.is_denied(outcome)
  return outcome.failure ~= nil and outcome.failure.code == ERROR_ACCESS_DENIED
end

local function one_call(call, checked)
  local function ask(visit, its_options)
    local asked = calls.target(visit.server, call, its_options)
    asked.counted = true
    return asked
  end
  return {
    begin = function(visit) return ask(visit, checked) end,
    -- A server that knows no level that can be filtered says so itself when it is asked for one.
    follow = function(visit)
      local level = visit.level_to_filter
      visit.level_to_filter = nil
      return level and ask(visit, options.merged(checked, { level = level }))
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

---An iterator over the entries that a caller asked for, given the one over all that were received.
---@param call rollcall.smb.call
---@param wanted table<string, string>
---@return fun(enumeration: userdata): table?
function plans.only(call, wanted, step)
  local levels = filter.levels(call.levels, wanted)
  return function(enumeration)
    while true do
      local row, its_target = step(enumeration)
      if not row or filter.passes(wanted, row) then return row end
      if levels.problems[row.level] then its_target.visit.level_to_filter = levels.poorest end
    end
  end
end

---Leaves the entries on a page that a caller asked for; what the page says of their number is the server's.
---@param call rollcall.smb.call
---@param wanted table<string, string>
---@param page rollcall.smb.page
---@return integer? level  nil if the page was filtered; else the level at which it could be
function plans.keep_wanted(call, wanted, page)
  local levels = filter.levels(call.levels, wanted)
  if levels.problems[page.level] then return levels.poorest end
  local kept = {}
  for _, entry in ipairs(page.entries) do
    if filter.passes(wanted, entry) then kept[#kept + 1] = entry end
  end
  page.entries = kept
end

---@param name "connections"|"sessions"|"files"|"shares"|"logons"
---@param checked table
---@return rollcall.smb.plan
---@return boolean tells_target  whether not every row is for the caller
function plans.of(name, checked)
  if name ~= "connections" then return one_call(calls[name], checked), checked.filter ~= nil end
  if not checked.qualifier then return connections_of_all_shares(checked, checked.hidden ~= false), true end
  checked.filter = { qualifier = checked.qualifier }
  return one_call(calls.connections, checked), false
end

return plans
