--- The calls of MS-SRVS and MS-WKST as their callers see them. What a level consists of comes from C.
local core = require "rollcall.smb.core"
local filter = require "rollcall.smb.filter"
local options = require "rollcall.internal.options"

---@class rollcall.smb.call
---@field name "connections"|"sessions"|"files"|"shares"|"logons"
---@field procedure string  in MS-SRVS or MS-WKST
---@field level integer|"best"  if the caller gives none
---@field check_level rollcall.options.check
---@field levels { level: integer, fields: { name: string }[] }[]  from the richest down
---@field filter table<string, rollcall.options.check>  what `filter` may have
---@field describe fun(target: table, wanted: table)  puts the filter, and what an entry's name means, into a target

-- Some 600 connections, and what a page may take in memory with them.
local DEFAULT_PREFMAXLEN = 65536
local MAX_PREFERRED_LENGTH = 0xFFFFFFFF

local described = core.calls()

---@return rollcall.options.check
local function level_check(call)
  local numbers = {}
  for _, level in ipairs(call.levels) do numbers[#numbers + 1] = level.level end
  table.sort(numbers)
  local expectation = "must be one of " .. table.concat(numbers, ", ") .. " or 'best'"
  return function(value)
    if value == "best" then return value end
    for _, number in ipairs(numbers) do
      if value == number then return number end
    end
    return nil, expectation
  end
end

local name = options.text(1024)

---@type rollcall.options.check
local function computer(value)
  local text, expectation = name(value)
  if not text then return nil, expectation end
  return text:find("^\\\\") and text or "\\\\" .. text
end

local calls = {
  connections = {
    level = 1,
    filter = {},
    describe = function(target, wanted)
      local client = wanted.qualifier:match("^\\\\(.*)$")
      target.qualifier = wanted.qualifier
      target.known, target.known_value = client and "client" or "share", client or wanted.qualifier
      target.meaning = client and "share" or "client"
    end,
  },
  sessions = {
    level = "best",
    filter = { client = computer, username = name },
    describe = function(target, wanted)
      target.client_name, target.user = wanted.client, wanted.username
      target.meaning = "client"
    end,
  },
  files = {
    level = 3,
    filter = { basepath = options.text(8192), username = name },
    describe = function(target, wanted)
      target.basepath, target.user = wanted.basepath, wanted.username
    end,
  },
  shares = {
    level = 1,
    filter = {},
    describe = function(target)
      target.meaning = "share"
    end,
  },
  logons = {
    level = "best",
    filter = {},
    describe = function() end,
  },
}

for call_name, call in pairs(calls) do
  call.name = call_name
  call.procedure = described[call_name].procedure
  call.levels = described[call_name].levels
  call.check_level = level_check(described[call_name])
end

---What every query may have, besides the server and the credentials.
---@param call rollcall.smb.call
---@return table<string, rollcall.options.check>
function calls.specification(call)
  return {
    level = call.check_level,
    prefmaxlen = options.integer(1, MAX_PREFERRED_LENGTH),
    resume_handle = options.integer(0, 0xFFFFFFFF),
    filter = next(call.filter) and function(value)
      if type(value) ~= "table" then return nil, "must be a table" end
      local wanted, problem = options.checked(value, call.filter)
      if not wanted then return nil, "is wrong: " .. problem end
      return next(wanted) and wanted
    end or nil,
  }
end

---@param call rollcall.smb.call
---@param checked table  options that were checked by `specification`
---@param prefix? string  of the filters' names as the caller knows them; "filter."
---@return string? problem  why entries at the level that is asked for cannot be filtered as is asked for
function calls.problem(call, checked, prefix)
  if not (checked.filter and next(call.filter)) then return nil end
  local problem = filter.levels(call.levels, checked.filter).problems[checked.level or call.level]
  return problem and (prefix or "filter.") .. problem
end

---@param base table  what says how to reach the server
---@param call rollcall.smb.call
---@param checked table  options that were checked by `specification`
---@param wanted? table  instead of the filter in `checked`
---@return rollcall.smb.core.target
function calls.target(base, call, checked, wanted)
  local target = {}
  for field, value in pairs(base) do target[field] = value end
  target.query = {
    call = call.name,
    level = checked.level or call.level,
    prefmaxlen = checked.prefmaxlen or DEFAULT_PREFMAXLEN,
    resume_handle = checked.resume_handle or 0,
  }
  call.describe(target, wanted or checked.filter or {})
  return target
end

return calls
