--- Which user each account is, in a snapshot: a line `{"kind": "normalize_user", "account": ..., "user": ...}` before the first
-- row with an account that is another user than by the usual rule, and for each account that is spelled like one but for upper and
-- lower case. So the rows of a snapshot have the users that they had.
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
  local written, spelled, count = {}, {}, 0
  local has_line, lines = {}, 0 -- by the account in lower case
  ---An account has a line that must not count for others.
  local function write_others(key)
    for _, account in ipairs(spelled[key]) do write(account, presence.user_of(account)) end
    spelled[key] = {}
    if not has_line[key] and lines < REMEMBERED then has_line[key], lines = true, lines + 1 end
  end
  return function(kind, row)
    if row.user ~= nil and not presence.is_known_kind(kind) then return end -- which has its user itself
    local view = view_of(kind, row)
    local account = view.account
    if type(account) ~= "string" or written[account] then return end
    if count == REMEMBERED then written, spelled, count = {}, {}, 0 end
    written[account], count = true, count + 1
    local key = case.lower(account)
    spelled[key] = spelled[key] or {}
    if view.user ~= presence.user_of(account) then
      write_others(key)
      write(account, view.user)
    elseif has_line[key] or lines == REMEMBERED then
      write(account, view.user)
    else
      table.insert(spelled[key], account)
    end
  end
end

---@return { add: (fun(line: table): boolean), normalize_user: fun(account: string): string? }  `add` gives false for a line that it does not take
function users.reader()
  local known, in_lower_case, is_ambiguous, count = {}, {}, {}, 0
  return {
    add = function(line)
      local account, user = line.account, line.user
      if type(account) ~= "string" or user ~= nil and type(user) ~= "string" or count == MOST then return false end
      if known[account] == nil then count = count + 1 end
      local key = case.lower(account)
      user = user or false
      if in_lower_case[key] ~= nil and in_lower_case[key] ~= user then is_ambiguous[key] = true end
      known[account], in_lower_case[key] = user, user
      return true
    end,
    -- Names in waivers may be spelled another way than in the rows.
    normalize_user = function(account)
      local user = known[account]
      local key = user == nil and case.lower(account)
      if key and not is_ambiguous[key] then user = in_lower_case[key] end
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
