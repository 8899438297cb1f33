--- What one rule read of each row, and the result.
local text = require "rollcall.internal.text"

---What one rule read of each row, and the result, as text: `require "rollcall.policy.trace"(id, write)`.
---@class rollcall.policy.trace
---@field id string  of the rule
---@field private write fun(text: string)
---@field private rows integer
local methods = {}
local metatable = { __index = methods }

local function value_of(view, name) return view[name] end

---A view that notes which fields are read, and their values. What asks for one that it cannot have is to blame, not this.
---@param view rollcall.presence
---@return table watched
---@return { name: string, value: any }[] asked
function methods.watch(view)
  local asked, noted = {}, {}
  return setmetatable({}, {
    __index = function(_, name)
      local has, value = pcall(value_of, view, name)
      if not has then error(type(value) == "string" and value:gsub("^[^\n]-:%d+: ", "", 1) or value, 0) end
      if not noted[name] then
        noted[name] = true
        asked[#asked + 1] = { name = tostring(name), value = value }
      end
      return value
    end,
  }), asked
end

local function shown(value)
  if value == nil then return "(missing)" end
  return type(value) == "string" and ("%q"):format(value) or text.of(value)
end

function methods:line(words)
  self.write(("trace %s: %s\n"):format(self.id, text.printable(words)))
end

---@param view rollcall.presence
---@param asked { name: string, value: any }[]
---@param required { name: string }[]
---@param result string
function methods:row(view, asked, required, result)
  local presence = require "rollcall.presence"
  local parts, listed = {}, {}
  local function add(name, value)
    if listed[name] then return end
    listed[name] = true
    parts[#parts + 1] = ("%s=%s"):format(name, shown(value))
  end
  for _, one in ipairs(required) do add(one.name, presence.field(view, one.name)) end
  for _, one in ipairs(asked) do add(one.name, one.value) end
  for _, name in ipairs { "account", "client", "resource", "origin" } do add(name, presence.field(view, name)) end
  self.rows = self.rows + 1
  self:line(("row %d, %s, %s: %s"):format(self.rows, view.kind, table.concat(parts, " "), result))
end

---@param group rollcall.policy.group
---@param rule rollcall.policy.rule
---@param result string
function methods:group(group, rule, result)
  local parts = {}
  for _, name in ipairs(rule.group_by) do parts[#parts + 1] = ("%s=%s"):format(name, shown(group[name])) end
  parts[#parts + 1] = ("count=%d"):format(group.count)
  for _, name in ipairs(rule.distinct or {}) do parts[#parts + 1] = ("distinct.%s=%d"):format(name, group.distinct[name]) end
  self:line(("group %s: %s"):format(table.concat(parts, " "), result))
end

---@param id string  of the rule
---@param write fun(text: string)
---@return rollcall.policy.trace
return function(id, write)
  return setmetatable({ id = id, write = write, rows = 0 }, metatable)
end
