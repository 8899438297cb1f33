-- A snapshot file: it is opened or refused with the reason; what is read of it can be viewed,
-- reported on in every format, grouped, written again, read again the same, and does not differ from itself.
local diff = require "rollcall.diff"
local presence = require "rollcall.presence"
local report = require "rollcall.report"
local snapshot = require "rollcall.snapshot"

local folder = os.getenv "FUZZ_FOLDER" or "/dev/shm"
local path = ("%s/rollcall-fuzz-%s"):format(folder, tostring({}):match "0x(%x+)")

local function put(bytes)
  local file = assert(io.open(path, "wb"))
  file:write(bytes)
  file:close()
end

---The rows and outcomes of what stands at the path, or nil.
local function read()
  local opened, problem = snapshot.open(path)
  if not opened then
    assert(type(problem) == "string" and #problem > 0)
    return nil
  end
  local rows = {}
  for kind, row in opened:each() do
    assert(type(kind) == "string" and type(row) == "table")
    rows[#rows + 1] = { kind, row }
  end
  opened:close()
  assert(opened.rows == #rows)
  return rows, opened
end

local function each(rows)
  local position = 0
  return function()
    position = position + 1
    if rows[position] then return rows[position][1], rows[position][2] end
  end
end

local function same(one, other)
  if type(one) ~= type(other) then return false end
  if type(one) ~= "table" then return one == other or (one ~= one and other ~= other) end
  for key, value in pairs(one) do
    if not same(value, other[key]) then return false end
  end
  for key in pairs(other) do
    if one[key] == nil then return false end
  end
  return true
end

local function is_flat(row)
  for name, value in pairs(row) do
    if type(value) == "table" or type(name) ~= "string" or math.type(value) == "float" then return false end
  end
  return true
end

return function(bytes)
  put(bytes)
  local rows, opened = read()
  if rows then
    local view_of = presence.viewer { now = 1700000000 }
    for _, one in ipairs(rows) do
      local view = view_of(one[1], one[2])
      for _, field in ipairs(presence.fields) do local _ = view[field] end
    end
    for _, format in ipairs(report.formats) do
      report.render { rows = each(rows), outcomes = opened.outcomes, format = format, write = function() end, now = 1700000000 }
    end
    report.render {
      rows = each(rows), outcomes = opened.outcomes, format = "json", write = function() end, now = 1700000000, group_by = "user",
      measures = { "max:idle", "sum:num_opens", "distinct:client" },
    }
    local flat = {}
    for _, one in ipairs(rows) do
      if is_flat(one[2]) then flat[#flat + 1] = one end
    end
    local writer = assert(snapshot.create(path, opened.generated_at))
    for _, one in ipairs(flat) do writer:row(one[1], one[2]) end
    writer:finish()
    local again, opened_again = read()
    assert(again and not opened_again.cut and #again == #flat)
    for i, one in ipairs(flat) do assert(one[1] == again[i][1] and same(one[2], again[i][2]), "another row comes back") end
    local before, after = diff.poll(each(flat), {}), diff.poll(each(again), {})
    assert(#diff.compare(before, after) == 0, "a snapshot differs from itself")
  end
  os.remove(path)
end
