--- The format `html`: one page that needs nothing from anywhere. Rows are kept until the end, as the page has them, since who
-- could not be asked stands at the top.
local chosen = require "rollcall.report.chosen"
local document = require "rollcall.report.html.document"
local memory = require "rollcall.internal.memory"
local store = require "rollcall.report.html.store"

local writer_methods = {}
local writer_metatable = { __index = writer_methods }

-- Of a placeholder the rest is words that a server fills in, and no fact about anybody.
local function of_placeholder(row)
  return { servername = row.servername, share = row.share, num_opens = row.num_opens, placeholder = true }
end

---@param row table
---@param view? rollcall.presence
function writer_methods:row(row, view)
  if self.is_full and self.is_full() then memory.refuse("the format 'html'", self.rows.count, "write csv or jsonl") end
  local own = view and view.row or row
  self.rows:add(row, own.placeholder and of_placeholder(own) or own, view)
end

---The one line of totals. What the page has is not always all that was counted: groups, or the first so many.
local function totals_of(rows, kind, totals)
  local list = { document.plural(rows, kind == "group" and "group" or "row") }
  if not totals then return list end
  if kind == "group" then
    list[2] = document.plural(totals.rows, "row")
  elseif totals.rows ~= rows then
    list[1] = ("%d of %s"):format(rows, document.plural(totals.rows, "row"))
  end
  for _, name in ipairs { "user", "client", "resource" } do list[#list + 1] = document.plural(totals[name .. "s"], name) end
  return list
end

function writer_methods:finish(outcomes, _, totals)
  document.write(self.write, {
    title = self.title, generated_at = self.generated_at, last_generated_at = self.last_generated_at,
    rows = self.rows, totals = totals_of(self.rows.count, self.kind, totals),
    outcomes = outcomes, shard = self.shard, chosen = self.chosen, above = self.above, interval = self.interval,
  })
end

---@param frame rollcall.report.frame
---@param settings? { above: string?, interval: number? }  as in rollcall.report.page
---@return rollcall.report.writer
return function(frame, settings)
  settings = settings or {}
  return setmetatable({
    write = frame.write, title = frame.title, kind = frame.kind, generated_at = frame.generated_at,
    last_generated_at = frame.last_generated_at, shard = frame.shard, chosen = chosen(frame),
    rows = store.new(frame.columns), takes_views = true, is_full = not frame.whole and memory.room() or nil,
    above = settings.above, interval = settings.interval,
  }, writer_metatable)
end
