--- What a caller wants of a server's entries. The server is asked for that alone; and since not every server heeds it, as Samba
-- does not, its entries are looked through here too, by the rules that servers have for names.
local names = require "rollcall.smb.names"

local filter = {}

---For each filter, the field of an entry that it is about, and whether an entry passes.
local tests = {
  client = { field = "cname", passes = function(wanted, value) return names.key(wanted) == names.key(value) end },
  username = { field = "username", passes = names.same_user },
  basepath = { field = "pathname", passes = function(wanted, value) return names.is_under(names.path(value), names.path(wanted)) end },
}

local function has_field(level, name)
  for _, field in ipairs(level.fields) do
    if field.name == name then return true end
  end
  return false
end

---What a filter needs of the levels of a call.
---@class rollcall.smb.filter.levels
---@field problems table<integer, string>  of the levels that do not have a field that the filter is about, what is missing
---@field poorest integer  the poorest of the others

---@param levels { level: integer, fields: { name: string }[] }[]  from the richest down
---@param wanted table<string, string>
---@return rollcall.smb.filter.levels
function filter.levels(levels, wanted)
  local result = { problems = {} }
  for _, level in ipairs(levels) do
    for name in pairs(wanted) do
      if not has_field(level, tests[name].field) then
        result.problems[level.level] = ("%s cannot be applied at level %d, whose entries have no %s"):format(
          name, level.level, tests[name].field)
      end
    end
    if not result.problems[level.level] then result.poorest = level.level end
  end
  return result
end

---@param wanted table<string, string>
---@param entry table
---@return boolean
function filter.passes(wanted, entry)
  for name, value in pairs(wanted) do
    local its = entry[tests[name].field]
    if not (its and tests[name].passes(value, its)) then return false end
  end
  return true
end

return filter
