--- What the formats `prometheus` and `openmetrics` share. Rows are counted by target, kind and share; groups are written by their
-- fields, which may be users or clients, since these were asked for then.
local exposition = require "rollcall.internal.exposition"
local metrics = require "rollcall.report.metrics"
local presence = require "rollcall.presence"
local text = require "rollcall.internal.text"

local methods = { takes_views = true }
local metatable = { __index = methods }

---@param row table
---@param view? rollcall.presence  of the row; absent: it is of the frame's kind
function methods:row(row, view)
  if self.groups then
    self.groups[#self.groups + 1] = row
  else
    self.counts:add(view or self.view_of(self.frame.kind, row))
  end
end

---Names for the columns, each another, and none that of the label for which rows there are.
local function names_of(columns)
  local names, taken = {}, { where = true }
  for i, column in ipairs(columns) do
    local name, count = exposition.name(column.name), 1
    while taken[name] do
      count = count + 1
      name = exposition.name(column.name) .. "_" .. count
    end
    names[i], taken[name] = name, true
  end
  return names
end

-- A count of different values is 0 where no row has the field, and so is not known.
local function is_known(column, value)
  return math.type(value) and (value ~= 0 or column.name:find "^sum_" or column.name:find "^m%l%l_")
end

---Writes a family for each measure, with a sample for each group.
local function write_groups(page, groups, columns)
  local names, first = names_of(columns), nil
  for i, column in ipairs(columns) do first = first or column.name == "rows" and column.right and i end
  for i = first, #columns do
    page:family("rollcall_group_" .. names[i], "gauge", ("Groups by %s: %s."):format(table.concat(names, ", ", 1, first - 1), names[i]))
    for _, group in ipairs(groups) do
      local value = group[columns[i].name]
      local labels = { n = 2 * (first - 1) }
      for field = 1, first - 1 do
        local of_group = group[columns[field].name]
        labels[2 * field - 1], labels[2 * field] = names[field], of_group ~= nil and text.of(of_group) or nil
      end
      if is_known(columns[i], value) then page:sample(value, labels) end
    end
  end
end

function methods:finish(outcomes)
  local frame = self.frame
  local page = exposition.new(self.format, frame.write, frame.where)
  local poll = { now = frame.now, seconds = frame.elapsed and frame.elapsed() }
  if self.groups then
    write_groups(page, self.groups, frame.columns)
    metrics.write_targets(page, outcomes, poll)
  else
    self.counts:write(page, outcomes, poll)
  end
  page:finish()
end

---@param format "prometheus"|"openmetrics"
---@param frame rollcall.report.frame
---@return rollcall.report.writer
return function(format, frame)
  return setmetatable({
    format = format, frame = frame, groups = frame.kind == "group" and {} or nil,
    counts = metrics.new(not frame.whole and frame.kind or nil), view_of = presence.viewer { now = frame.now },
  }, metatable)
end
