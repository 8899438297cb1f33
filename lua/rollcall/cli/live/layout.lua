--- What stands on the screen, line for line: the head, targets that fail, the table, and the keys.
local is_good = require("rollcall.internal.outcomes").is_good
local outcomes = require "rollcall.internal.outcomes"
local text = require "rollcall.internal.text"

local layout = {}

local KEYS = "q quit  / filter  ← → sort  r reverse  t targets  p poll now  ↑ ↓ PgUp PgDn"
local TARGET_KEYS = "t table  q quit  ↑ ↓ PgUp PgDn"
local LINES_FOR_STATUS = 10

local function time(seconds) return os.date("!%H:%M:%SZ", seconds) end

local function span(seconds)
  seconds = math.max(0, math.floor(seconds))
  if seconds < 60 then return ("%ds"):format(seconds) end
  return ("%dm%02ds"):format(seconds // 60, seconds % 60)
end

---A line as wide as the terminal, so that its style goes to the end of it.
local function full(words, columns, style)
  words = text.beginning(words, columns)
  return { text = words .. (" "):rep(columns - text.width(words)), style = style }
end

---@param state rollcall.cli.live.state
local function left_of(state)
  local rows = state.rows
  if not state.generated_at then return ("%s  %s so far"):format(state.name, text.count(rows.count, "row")) end
  local words = ("%s  %s, %s"):format(state.name, text.count(rows.count, "row"), text.count(rows.users, "user"))
  return rows.unverified > 0 and ("%s, %d unverified"):format(words, rows.unverified) or words
end

---The age of what is shown and the next poll, from the longest to the shortest way to say it.
---@param state rollcall.cli.live.state
---@return string[]
local function rights_of(state)
  local next_poll = state.is_polling and "polling" or "next in " .. span(state.next_at - state.now)
  if not state.generated_at then return { "first poll, for " .. span(state.now - state.began), "first poll" } end
  local age = span(state.now - state.taken_at) .. " old"
  return { ("%s, %s, %s"):format(time(state.generated_at), age, next_poll), ("%s, %s"):format(age, next_poll), age }
end

local function header(state, columns)
  local left, rights = left_of(state), rights_of(state)
  for _, right in ipairs(rights) do
    if columns >= text.width(left) + 2 + #right then
      return left .. (" "):rep(columns - text.width(left) - #right) .. right
    end
  end
  local right = rights[#rights]
  if columns < #right + 8 then return right end
  return text.beginning(left, columns - #right - 2) .. "  " .. right
end

---@param state rollcall.cli.live.state
---@return string[]
local function failures(state)
  local list = {}
  for _, outcome in ipairs(state.outcomes) do
    if not is_good(outcome) then
      local since = state.failed_since[outcomes.key(outcome)]
      local word = outcome.completeness == "partial" and "PARTIAL" or "FAILED"
      list[#list + 1] = text.printable(("%s  %s%s: %s"):format(word, outcome.target, since and " since " .. time(since) or "",
        outcome.reason or outcome.completeness))
    end
  end
  return list
end

---@param list string[]
---@param most integer
---@return string[]
local function shortened(list, most)
  if #list <= most then return list end
  local short = table.move(list, 1, most - 1, 1, {})
  local others = #list - most + 1
  short[most] = text.count(others, most == 1 and "target" or "more target") .. " failed or answered in part: t shows them"
  return short
end

---What is shown of the rows, where that is not all of them.
local function choice_of(state)
  local parts = {}
  if state.where then parts[1] = "where " .. state.where end
  if state.filter ~= "" then parts[#parts + 1] = "filter: " .. text.printable(state.filter) end
  if #parts == 0 then return nil end
  local count = state.filter ~= "" and ("%d of %s"):format(state.rows.passed, text.count(state.rows.count, "row"))
  return table.concat(parts, ", ") .. (count and ("  (%s)"):format(count) or "")
end

---Nobody never looks like nobody asked.
local function emptiness(state, failed)
  if not state.generated_at then return "No row has come yet." end
  if state.filter ~= "" then return "No row passes the filter." end
  if failed > 0 then
    return ("No row, and %d of %s failed or answered in part: who is there is not known."):format(failed,
      text.count(#state.outcomes, "target"))
  end
  if state.where then return "No row is as --where says; every target answered." end
  return "Nobody is there; every target answered."
end

local events = { "connected", "disconnected", "changed", "unverified", "newly_visible" }

local function status_of(state)
  if state.problem then return text.printable(state.problem) end
  if state.is_polling then return text.printable(state.progress) end
  if not state.counts then return "" end
  local parts = {}
  for _, event in ipairs(events) do
    local count = state.counts[event]
    if count then parts[#parts + 1] = ("%d %s"):format(count, (event:gsub("_", " "))) end
  end
  return "since the poll before: " .. (#parts > 0 and table.concat(parts, ", ") or "no difference")
end

---@class rollcall.cli.live.state
---@field name string  of the inventory
---@field rows rollcall.cli.live.rows
---@field grid rollcall.cli.live.grid
---@field styles table<string, string>
---@field outcomes rollcall.outcome[]
---@field failed_since table<string, integer>  by the keys of results
---@field generated_at? integer  of what is shown; nil while there has been no whole poll
---@field taken_at? number  the same by the clock that only goes forward
---@field now number  by that clock
---@field began number  when the poll began
---@field next_at number
---@field is_polling boolean
---@field progress string  of the poll
---@field counts? table<string, integer>  of events in the newest poll
---@field where? string
---@field filter string  as typed
---@field problem? string
---@field editor? rollcall.cli.live.editor
---@field targets? string[]  shown instead of the table
---@field top integer  lines that are above what is seen

---@param state rollcall.cli.live.state  whose `top` and `page` are set
---@param columns integer
---@param lines integer
---@return rollcall.cli.live.line[]
function layout.lines(state, columns, lines)
  local items, failed, styles = state.rows:shown(), failures(state), state.styles
  local above, below = { { text = text.beginning(header(state, columns), columns), style = styles.header } }, {}
  if lines > 1 then
    for _, words in ipairs(shortened(failed, math.max(1, lines // 5))) do above[#above + 1] = full(words, columns, styles.failed) end
  end
  local choice = choice_of(state)
  if state.editor then
    below[1] = { text = state.editor:line(columns) }
  elseif choice and lines < LINES_FOR_STATUS then
    below[1] = { text = text.beginning(choice, columns), style = styles.choice }
  elseif lines > 3 then
    below[1] = { text = text.beginning(state.targets and TARGET_KEYS or KEYS, columns), style = styles.keys }
  end
  if lines >= LINES_FOR_STATUS then
    if choice then above[#above + 1] = { text = text.beginning(choice, columns), style = styles.choice } end
    table.insert(below, 1, { text = text.beginning(status_of(state), columns) })
  end
  local total = state.targets and #state.targets or #items
  local has_head = not state.targets and total > 0
  state.page = math.max(0, lines - #above - #below - (has_head and 1 or 0))
  state.top = math.max(0, math.min(state.top, total - state.page))
  local body = {}
  for i = state.top + 1, math.min(total, state.top + state.page) do
    body[#body + 1] = state.targets and { text = text.beginning(state.targets[i], columns) } or items[i]
  end
  if has_head then
    local head
    head, body = state.grid:lines(body, columns, state.rows.sort, state.rows.is_reversed)
    table.insert(body, 1, full(head, columns, styles.head))
  elseif total == 0 and state.page > 0 then
    body[1] = { text = text.beginning(emptiness(state, #failed), columns) }
  end
  local result = above
  for _, line in ipairs(body) do result[#result + 1] = line end
  while #result < lines - #below do result[#result + 1] = false end
  for _, line in ipairs(below) do result[#result + 1] = line end
  for i = #result, lines + 1, -1 do result[i] = nil end
  return result
end

return layout
