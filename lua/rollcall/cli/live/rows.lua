--- Who is shown: the rows of the newest poll, what is not known any more of targets that fail, and for a while who has gone.
local presence = require "rollcall.presence"
local selection = require "rollcall.report.selection"
local shown_columns = require "rollcall.report.columns"

---A line of the table.
---@class rollcall.cli.live.item
---@field view rollcall.presence
---@field row table
---@field cells string[]  made when they are first asked for
---@field mark? string  an event of rollcall.diff.change
---@field ends? number  when the mark goes; absent: it stays
---@field words? string

---@class rollcall.cli.live.rows
---@field count integer  rows of the newest poll
---@field users integer  in them
---@field unverified integer  rows that are known from earlier, of targets that fail
---@field passed integer  rows of the newest poll that the filter lets through
---@field sort? string  a field
---@field is_reversed boolean
---@field filter? rollcall.cli.live.filter
---@field where? fun(view: rollcall.presence): boolean
local methods = {}
local metatable = { __index = methods }

---@param columns rollcall.report.column[]
---@param where? fun(view: rollcall.presence): boolean
---@return rollcall.cli.live.rows
local function new_rows(columns, where)
  local item_metatable = {
    __index = function(item, name)
      if name ~= "cells" then return nil end
      local cells = shown_columns.cells(columns, item.view, presence.field)
      item.cells = cells
      return cells
    end,
  }
  return setmetatable({
    where = where, item_metatable = item_metatable, items = {}, of_identity = {}, gone = {}, is_reversed = false,
    count = 0, users = 0, unverified = 0, passed = 0,
  }, metatable)
end

function methods:item(view_of, kind, row)
  local view = view_of(kind, row)
  return not (self.where and not self.where(view)) and setmetatable({ view = view, row = row }, self.item_metatable) or nil
end

---Adds a row of the first poll, which is not whole yet.
---@param view_of fun(kind: string, row: table): rollcall.presence
---@param kind string
---@param row table
function methods:add(view_of, kind, row)
  self.items[#self.items + 1] = self:item(view_of, kind, row)
  self.count = #self.items
  self.list, self.sorted = nil, nil
end

---@param changed rollcall.diff.change[]
---@return table<table, string> event_of  by row
---@return rollcall.diff.change[] gone
local function sorted_changes(changed)
  local event_of, gone = {}, {}
  for _, change in ipairs(changed) do
    event_of[change.row] = change.event
    if change.event == "disconnected" then gone[#gone + 1] = change end
  end
  return event_of, gone
end

---Takes a whole poll.
---@param carried rollcall.diff.poll  with what is known of targets that fail
---@param changed rollcall.diff.change[]  since the poll before
---@param view_of fun(kind: string, row: table): rollcall.presence
---@param ends number  when what changed is not marked any more
---@param now number
function methods:take(carried, changed, view_of, ends, now)
  local event_of, gone = sorted_changes(changed)
  local items, of_identity, users = {}, {}, {}
  self.count, self.unverified, self.users = 0, 0, 0
  for _, identity in ipairs(carried.order) do
    local entry, before = carried.entries[identity], self.of_identity[identity]
    local item = entry.carried and before or self:item(view_of, entry.kind, entry.row)
    if item then
      items[#items + 1], of_identity[identity] = item, item
      if entry.carried then
        self.unverified = self.unverified + 1
        item.mark, item.ends = "unverified", nil
      else
        self.count = self.count + 1
        local user = item.view.user
        if user and not users[user] then users[user], self.users = true, self.users + 1 end
        local event = event_of[entry.row]
        if event then
          item.mark, item.ends = event, ends
        elseif before and before.ends and before.ends > now then
          item.mark, item.ends = before.mark, before.ends
        end
      end
    end
  end
  for _, change in ipairs(gone) do
    local item = self:item(self.view_of or view_of, change.kind, change.row)
    if item then
      item.mark, item.ends = "disconnected", ends
      self.gone[#self.gone + 1] = item
    end
  end
  self.items, self.of_identity, self.view_of, self.list, self.sorted = items, of_identity, view_of, nil, nil
end

---Takes marks away whose time is over.
---@param now number
---@return boolean changed
function methods:expire(now)
  local changed, gone = false, {}
  for _, item in ipairs(self.items) do
    if item.ends and item.ends <= now then
      item.mark, item.ends, changed = nil, nil, true
    end
  end
  for _, item in ipairs(self.gone) do
    if item.ends > now then gone[#gone + 1] = item end
  end
  if #gone < #self.gone then
    self.gone, self.list, self.sorted, changed = gone, nil, nil, true
  end
  return changed
end

---How rows are chosen and ordered from now on.
---@param changes { sort: string?, is_reversed: boolean?, filter: rollcall.cli.live.filter|false|nil }
function methods:arrange(changes)
  if changes.sort and changes.sort ~= self.sort then self.sort, self.sorted = changes.sort, nil end
  if changes.is_reversed ~= nil then self.is_reversed = changes.is_reversed end
  if changes.filter ~= nil then self.filter = changes.filter or nil end
  self.list = nil
end

local function key_of(item) return item.key end

---All in ascending order, and those that lack the field. It takes long of many rows, and is done anew only where it has to be.
---@return rollcall.cli.live.item[] known
---@return rollcall.cli.live.item[] unknown
function methods:in_order()
  if not self.sorted then
    local known, unknown = {}, {}
    local sorting = selection.new(self.sort and "key", nil, function(item)
      local list = item.key == nil and unknown or known
      list[#list + 1] = item
    end, key_of)
    for _, items in ipairs { self.items, self.gone } do
      for _, item in ipairs(items) do
        if self.sort then item.key = presence.field(item.view, self.sort) end
        sorting:add(item)
      end
    end
    sorting:finish()
    self.sorted, self.unsorted = known, unknown
  end
  return self.sorted, self.unsorted
end

---What is shown, in its order. Raises what the filter raises.
---@return rollcall.cli.live.item[]
function methods:shown()
  if self.list then return self.list end
  local list, passed, filter = {}, 0, self.filter
  local function add(item)
    if filter and not filter.holds(item) then return end
    if item.mark ~= "disconnected" and item.mark ~= "unverified" then passed = passed + 1 end
    list[#list + 1] = item
  end
  local known, unknown = self:in_order()
  for i = 1, #known do add(known[self.is_reversed and #known - i + 1 or i]) end
  for _, item in ipairs(unknown) do add(item) end
  self.list, self.passed = list, passed
  return list
end

return new_rows
