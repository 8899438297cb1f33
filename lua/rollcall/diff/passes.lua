--- Two snapshots of more rows than memory holds, compared in several passes over the files: each pass takes some parts of the rows, and
-- skips the lines of the others. No row is compared with one of another server; of sessions of a cloud service none with one of
-- another id. Other kinds are not divided.
local diff = require "rollcall.diff"
local memory = require "rollcall.internal.memory"
local remembering = require "rollcall.internal.remembering"
local shard = require "rollcall.internal.shard"

local PARTS = 255 -- so that a byte says which
local BLOCK = 4096 -- lines, of which the parts are one text

local of_server = { connection = true, smb_session = true, file = true, share = true, access = true }

---@return string  the same for all rows that a row can be compared with
local function key_of(kind, row)
  if of_server[kind] then return tostring(row.servername) end
  if kind == "session" and not row.placeholder then return tostring(row.id == nil and row.login_user or row.id) end
  return kind
end

---@class rollcall.diff.parts
---@field blocks string[]  a byte for each line: the part that its row is of, and 0 if it is none
---@field sums integer[]  how many rows the parts up to each have

---@param source rollcall.cli.source
---@return rollcall.diff.parts
local function parts_of(source)
  local part_of = remembering(function(key) return shard.index_of(key, PARTS) end)
  local blocks, block, lines, sums = {}, {}, 0, {}
  for part = 0, PARTS do sums[part] = 0 end
  local function add(part)
    lines = lines + 1
    block[#block + 1] = part
    if #block == BLOCK then
      blocks[#blocks + 1], block = string.char(table.unpack(block)), {}
    end
  end
  for kind, row in source.rows do
    while lines + 1 < source.snapshot.line do add(0) end
    local part = part_of[key_of(kind, row)]
    sums[part] = sums[part] + 1
    add(part)
  end
  blocks[#blocks + 1] = string.char(table.unpack(block))
  for part = 1, PARTS do sums[part] = sums[part - 1] + sums[part] end
  return { blocks = blocks, sums = sums }
end

---@param parts rollcall.diff.parts
---@param first integer
---@param last integer
---@return fun(line: integer): boolean
local function are_of(parts, first, last)
  local blocks = parts.blocks
  return function(line)
    local block = blocks[(line - 1) // BLOCK + 1]
    local part = block and string.byte(block, (line - 1) % BLOCK + 1) or 0
    return part == 0 or part >= first and part <= last
  end
end

---How many rows some parts have, on the side that has more of them.
local function rows_in(parts, first, last)
  return math.max(parts[1].sums[last] - parts[1].sums[first - 1], parts[2].sums[last] - parts[2].sums[first - 1])
end

---The rows of a source, of which each line is noted.
---@return fun(): string?, table? rows
---@return table<table, integer> lines
local function with_lines(source)
  local lines = {}
  return function()
    local kind, row = source.rows()
    if kind then lines[row] = source.snapshot.line end
    return kind, row
  end, lines
end

local is_of_before = { disconnected = true, unverified = true }

---What differs between two snapshots. Raises what `sides` raises, and that the rows of one part are too many.
---@param sources rollcall.cli.source[]  the earlier and the later one, of snapshots
---@param sides fun(rows: (fun(): string?, table?)[]): rollcall.diff.side, rollcall.diff.side  takes in rows of both
---@param refusal { rows: integer }  what was raised when all rows were to be taken in
---@return rollcall.diff.change[]
---@return rollcall.diff.side before  with the results for the targets, and rows of the last pass
---@return rollcall.diff.side after  likewise
return function(sources, sides, refusal)
  local half = memory.LIMIT / 2
  local parts, list, places = {}, {}, {}
  local function again(i, is_wanted)
    if not sources[i].snapshot:again(is_wanted) then error(refusal, 0) end
  end
  for i = 1, 2 do
    again(i, function() return true end)
    parts[i] = parts_of(sources[i])
  end
  collectgarbage()
  local is_full = memory.room(half)
  local first, most, before, after = 1, refusal.rows, nil, nil
  while first <= PARTS do
    before, after = nil, nil
    if is_full() then memory.refuse("what changed", #list, "compare parts of it", half) end
    local last = first
    while last < PARTS and rows_in(parts, first, last + 1) <= most do last = last + 1 end
    local rows, lines = {}, {}
    for i = 1, 2 do
      again(i, are_of(parts[i], first, last))
      rows[i], lines[i] = with_lines(sources[i])
    end
    collectgarbage()
    local fits, problem = pcall(function() before, after = sides(rows) end)
    if fits then
      for _, change in ipairs(diff.compare(before.poll, after.poll)) do
        local side = is_of_before[change.event] and 1 or 2
        list[#list + 1], places[change] = change, { side, lines[side][change.row] }
      end
      first = last + 1
    elseif memory.is_refusal(problem) and last > first then
      most = rows_in(parts, first, last) // 2
    else
      error(problem, 0)
    end
  end
  table.sort(list, function(a, b)
    local place_a, place_b = places[a], places[b]
    if place_a[1] ~= place_b[1] then return place_a[1] < place_b[1] end
    return place_a[2] < place_b[2]
  end)
  return list, before, after
end
