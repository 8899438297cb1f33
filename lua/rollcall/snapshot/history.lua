--- Snapshots of one inventory over time, in a folder: a file for each, whose name has its time and what distinguishes it from others of
-- that time, so that writers need not know of each other.
local memory = require "rollcall.internal.memory"
local random_digits = require "rollcall.internal.random_digits"
local session = require "rollcall.workspace.session"

local history = {}

---A snapshot of a history, by its name.
---@class rollcall.history.entry
---@field name string
---@field path string
---@field time integer  when it was taken, in seconds since 1970
---@field shard? string  as `2/4`

local NAME = "^(%d%d%d%d)(%d%d)(%d%d)T(%d%d)(%d%d)(%d%d)Z%-(.*)" .. ("%x"):rep(8) .. "%.jsonl%.gz$"

---@return table? lfs
---@return string? problem
local function folders(folder)
  local has_lfs, lfs = pcall(require, "lfs")
  if not has_lfs then return nil, "the rock luafilesystem is needed for a history" end
  local mode, problem = lfs.attributes(folder, "mode")
  if not mode then return nil, problem:find("No such file", 1, true) and folder .. ": no such folder" or problem end
  if mode ~= "directory" then return nil, folder .. ": is not a folder" end
  return lfs
end

---Checks the folder before anything is done for it.
---@param folder string
---@return string? problem
function history.problem(folder)
  return select(2, folders(folder))
end

---Where a snapshot is to be written: nothing is there.
---@param folder string
---@param time integer
---@param shard? string
---@return string path
function history.new_path(folder, time, shard)
  local label = shard and shard:gsub("/", "of") .. "-" or ""
  return ("%s/%s-%s%s.jsonl.gz"):format(folder, os.date("!%Y%m%dT%H%M%SZ", time), label, random_digits(8))
end

---@param name string
---@return integer? time
---@return string? shard
local function read_name(name)
  local year, month, day, hour, minute, second, label = name:match(NAME)
  if not year then return nil end
  local index, count = label:match "^(%d+)of(%d+)%-$"
  if label ~= "" and not index then return nil end
  return session.epoch(("%s-%s-%sT%s:%s:%sZ"):format(year, month, day, hour, minute, second)), index and index .. "/" .. count
end

---The snapshots of a folder, the oldest first. Files with other names are none.
---@param folder string
---@return rollcall.history.entry[]?
---@return string? problem
function history.list(folder)
  local lfs, problem = folders(folder)
  if not lfs then return nil, problem end
  local list = {}
  local opened, iterator, state = pcall(lfs.dir, folder)
  if not opened then return nil, iterator end
  local is_full = memory.room()
  for name in iterator, state do
    local time, shard = read_name(name)
    if time then list[#list + 1] = { name = name, path = folder .. "/" .. name, time = time, shard = shard } end
    if is_full() then memory.refuse("a list of snapshots", #list, "keep fewer in a folder") end
  end
  table.sort(list, function(a, b)
    if a.time ~= b.time then return a.time < b.time end
    return a.name < b.name
  end)
  return list
end

---Removes snapshots that are older. Another writer may do so at the same time.
---@param folder string
---@param time integer  of the oldest that stays
---@return boolean? removed
---@return string? problem
function history.remove_before(folder, time)
  local list, problem = history.list(folder)
  for _, entry in ipairs(list or {}) do
    if entry.time >= time then break end
    local removed, its_problem, code = os.remove(entry.path)
    if not removed and code ~= 2 then problem = problem or its_problem end
  end
  if problem then return nil, problem end
  return true
end

---The snapshots next to a time, of each shard: one of that time, or the last before and the first after.
---@param list rollcall.history.entry[]
---@param time integer
---@return rollcall.history.entry[]
function history.around(list, time)
  local before, after, chosen = {}, {}, {}
  for _, entry in ipairs(list) do
    local shard = entry.shard or ""
    if entry.time <= time then before[shard] = entry else after[shard] = after[shard] or entry end
  end
  for _, entry in ipairs(list) do
    local shard = entry.shard or ""
    local last = before[shard]
    if entry == last or entry == after[shard] and not (last and last.time == time) then chosen[#chosen + 1] = entry end
  end
  return chosen
end

---The snapshots from one time to another.
---@param list rollcall.history.entry[]
---@param since integer
---@param to integer
---@return rollcall.history.entry[]
function history.between(list, since, to)
  local chosen = {}
  for _, entry in ipairs(list) do
    if entry.time >= since and entry.time <= to then chosen[#chosen + 1] = entry end
  end
  return chosen
end

return history
