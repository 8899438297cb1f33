--- Two snapshots of more rows than memory holds, compared in several passes over the files: each pass takes the rows of some servers.
-- No row is compared with one of another server; of sessions of a cloud service none with one of another id. Other kinds are not divided.
local diff = require "rollcall.diff"
local memory = require "rollcall.internal.memory"
local remembering = require "rollcall.internal.remembering"
local shard = require "rollcall.internal.shard"

local MOST = 64 -- passes

local of_server = { connection = true, smb_session = true, file = true, share = true, access = true }

---@return string  the same for all rows that a row can be compared with
local function key_of(kind, row)
  if of_server[kind] then return tostring(row.servername) end
  if kind == "session" and not row.placeholder then return tostring(row.id == nil and row.login_user or row.id) end
  return kind
end

---The rows of a part, and where they stood among all.
---@param rows fun(): string?, table?
---@param part integer
---@param count integer  of parts
---@return fun(): string?, table? rows
---@return table<table, integer> positions
---@return fun(): boolean has_several  whether the part so far could be divided
local function rows_of_part(rows, part, count)
  local positions, position, first_key, has_several = {}, 0, nil, false
  local part_of = remembering(function(key) return shard.index_of(key, count) end)
  return function()
    while true do
      local kind, row = rows()
      if not kind then return nil end
      position = position + 1
      local key = key_of(kind, row)
      if part_of[key] == part then
        first_key = first_key or key
        has_several = has_several or key ~= first_key
        positions[row] = position
        return kind, row
      end
    end
  end, positions, function() return has_several end
end

local is_of_before = { disconnected = true, unverified = true }

---@param sides fun(rows: fun(rows: fun(): string?, table?): fun(): string?, table?): rollcall.diff.side, rollcall.diff.side
---@param count integer  of parts
local function compare_parts(sides, count)
  local list, places, before, after = {}, {}, nil, nil
  local half = memory.LIMIT / 2
  local is_full = memory.room(half)
  for part = 1, count do
    before, after = nil, nil
    if is_full() then memory.refuse("what changed", #list, "compare parts of it", half) end
    local positions, has_several = {}, nil
    local compared, problem = pcall(function()
      before, after = sides(function(rows)
        local of_part
        of_part, positions[#positions + 1], has_several = rows_of_part(rows, part, count)
        return of_part
      end)
    end)
    if not compared then return nil, problem, has_several and has_several() end
    for _, change in ipairs(diff.compare(before.poll, after.poll)) do
      local side = is_of_before[change.event] and 1 or 2
      list[#list + 1], places[change] = change, { side, positions[side][change.row] }
    end
  end
  table.sort(list, function(a, b)
    local place_a, place_b = places[a], places[b]
    if place_a[1] ~= place_b[1] then return place_a[1] < place_b[1] end
    return place_a[2] < place_b[2]
  end)
  return list, before, after
end

---What differs between two sides that can be read again and again. Raises what `sides` raises, and that the rows of one server are too
---many.
---@param sides fun(rows: fun(rows: fun(): string?, table?): fun(): string?, table?): rollcall.diff.side, rollcall.diff.side  reads both sides, of each the rows that `rows` makes of all
---@return rollcall.diff.change[]
---@return rollcall.diff.side before  with the results for the targets, and rows of the last pass
---@return rollcall.diff.side after  likewise
return function(sides)
  local count = 4
  while true do
    collectgarbage()
    local list, before, after = compare_parts(sides, count)
    if list then return list, before, after end
    local problem, can_be_divided = before, after
    if not (memory.is_refusal(problem) and can_be_divided) or count == MOST then error(problem, 0) end
    count = count * 4
  end
end
