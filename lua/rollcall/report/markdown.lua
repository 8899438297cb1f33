--- The format `markdown`: a table as GitHub and others read it. What is more than letters, digits and
-- blanks stands in a code span: there nothing is markup, a link that a renderer makes by itself, a
-- mention or an emoji, which escapes do not prevent.
local chosen = require "rollcall.report.chosen"
local generated = require "rollcall.report.generated"
local text = require "rollcall.internal.text"

local writer_methods = {}
local writer_metatable = { __index = writer_methods }

local function code_span(value)
  local longest = 0
  for run in value:gmatch "`+" do longest = math.max(longest, #run) end
  local fence = ("`"):rep(longest + 1)
  -- A renderer takes one blank away from each end.
  if value:find "^[` ]" or value:find "[` ]$" then value = " " .. value .. " " end
  return fence .. value:gsub("|", "\\|") .. fence
end

local function cell(value)
  if value == nil then return "-" end
  value = text.printable(text.of(value))
  if not value:find "[^%w \x80-\xff]" then return value end
  return code_span(value)
end

function writer_methods:row(row)
  local cells = {}
  if not self.begun then
    local titles, rules = {}, {}
    for i, column in ipairs(self.columns) do
      titles[i], rules[i] = cell(column.title or column.name), column.right and "---:" or "---"
    end
    self.write("| " .. table.concat(titles, " | ") .. " |\n| " .. table.concat(rules, " | ") .. " |\n")
    self.begun = true
  end
  for i, column in ipairs(self.columns) do
    local value = row[column.name]
    if column.show then value = column.show(value, row) end
    cells[i] = cell(value)
  end
  self.write("| " .. table.concat(cells, " | ") .. " |\n")
end

function writer_methods:finish(outcomes, _, totals)
  if not self.begun then self.write("No rows.\n") end
  if totals then
    self.write(("\n%s, %s, %s, %s.\n"):format(text.count(totals.rows, "row"), text.count(totals.users, "user"),
      text.count(totals.clients, "client"), text.count(totals.resources, "resource")))
  end
  if #outcomes == 0 then return end
  self.write("\n| TARGET | QUERY | ROWS | STATUS | ERROR |\n| --- | --- | ---: | --- | --- |\n")
  for _, outcome in ipairs(outcomes) do
    self.write(("| %s | %s | %s | %s | %s |\n"):format(cell(outcome.target), cell(outcome.query), cell(outcome.received),
      cell(outcome.completeness .. (outcome.generated_at and ", taken at " .. outcome.generated_at or "")), cell(outcome.reason)))
  end
end

---@type rollcall.report.format
return function(frame)
  frame.write(("# %s\n\nGenerated at %s%s.\n\n"):format(cell(frame.title), generated(frame),
    frame.shard and (" from shard %s of the targets"):format(frame.shard) or ""))
  for _, words in ipairs(chosen(frame)) do frame.write(cell(words) .. "\n\n") end
  return setmetatable({ write = frame.write, columns = frame.columns }, writer_metatable)
end
