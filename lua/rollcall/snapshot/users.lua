--- Which user each account is, in a snapshot: a line `{"kind": "normalize_user", "account": ..., "user": ...}` before the first
-- row with an account that is another user than by the usual rule. So the rows of a snapshot have the users that they had.
local case = require "rollcall.internal.case"
local presence = require "rollcall.presence"

local users = {}

-- So many accounts are remembered while rows are written; then a line may come again.
local REMEMBERED = 10000
-- So many are taken from a file.
local MOST = 1000000

---@param settings? rollcall.presence.settings
---@param write fun(account: string, user: string?)
---@return fun(kind: string, row: table)  to be called with each row, before it is written
function users.recorder(settings, write)
  local view_of = presence.viewer(settings)
  local written, count = {}, 0
  return function(kind, row)
    if row.user ~= nil and not presence.is_known_kind(kind) then return end -- which has its user itself
    local view = view_of(kind, row)
    local account = view.account
    if type(account) ~= "string" or written[account] then return end
    if count == REMEMBERED then written, count = {}, 0 end
    written[account], count = true, count + 1
    if view.user ~= presence.user_of(account) then write(account, view.user) end
  end
end

---@return { add: (fun(line: table): boolean), normalize_user: fun(account: string): string? }  `add` gives false for a line that it does not take
function users.reader()
  local known, in_lower_case, count = {}, {}, 0
  return {
    add = function(line)
      local account, user = line.account, line.user
      if type(account) ~= "string" or user ~= nil and type(user) ~= "string" or count == MOST then return false end
      if known[account] == nil then count = count + 1 end
      known[account], in_lower_case[case.lower(account)] = user or false, user or false
      return true
    end,
    -- Names in waivers may be spelled another way than in the rows.
    normalize_user = function(account)
      local user = known[account]
      if user == nil then user = in_lower_case[case.lower(account)] end
      if user == nil then return presence.user_of(account) end
      return user or nil
    end,
  }
end

---Has a row of a snapshot the user that it had, where that is another than by the usual rule.
---@param opened rollcall.snapshot
---@param kind string
---@param row table
function users.keep(opened, kind, row)
  local account = presence.of(kind, row).account
  if type(account) ~= "string" then return end
  local user = opened.normalize_user(account)
  if user ~= presence.user_of(account) then presence.record_user(row, user) end
end

return users
