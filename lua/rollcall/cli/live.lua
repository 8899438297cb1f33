--- The full-screen view of a watch: who is there, sorted and filtered by keys, which are heard while a poll is under way.
-- It draws by itself: the bindings of ncurses and of POSIX's terminals that distributions have are for Lua 5.3 and older, and what there
-- is for 5.4, lua-term, colors and moves the cursor, but reads no keys.
local is_good = require("rollcall.internal.outcomes").is_good
local changes = require "rollcall.cli.changes"
local conditions = require "rollcall.cli.conditions"
local filter = require "rollcall.cli.live.filter"
local frame = require "rollcall.cli.live.frame"
local grid = require "rollcall.cli.live.grid"
local keys = require "rollcall.cli.live.keys"
local layout = require "rollcall.cli.live.layout"
local new_editor = require "rollcall.cli.live.editor"
local new_rows = require "rollcall.cli.live.rows"
local outcomes = require "rollcall.internal.outcomes"
local platform = require "rollcall.internal.platform"
local presence = require "rollcall.presence"
local render = require("rollcall.report").render
local shown_columns = require "rollcall.report.columns"
local source = require "rollcall.cli.source"
local system = require "rollcall.system"
local text = require "rollcall.internal.text"

local live = {}

-- Seconds: between two drawings without a key, while a poll is under way and else; after which Escape is a key of its own; for which a
-- change is marked at least.
local REST, TICK, ESCAPE, MARKED = 0.25, 1, 0.05, 10
local ROWS_BETWEEN_LOOKS = 500

---@class rollcall.cli.live : rollcall.cli.live.state
---@field is_over boolean  somebody has ended it
local methods = {}
local metatable = { __index = methods }

---@param has_color boolean
---@return table<string, string>
local function styles_of(has_color)
  local styles = { header = "\27[1m", head = "\27[7m", failed = "\27[1;7m", choice = "\27[1m", unverified = "\27[2m" }
  for event in pairs(changes.signs) do styles[event] = styles[event] or "\27[1m" end
  if has_color then
    for event, color in pairs(changes.colors) do styles[event] = color end
    styles.failed, styles.choice, styles.keys = "\27[1;37;41m", "\27[33m", "\27[36m"
  end
  return styles
end

---@param given table  as parsed
---@param inv rollcall.inventory
---@return rollcall.cli.live?  to be closed
---@return string? problem
function live.open(given, inv)
  if platform.is_windows then return nil, "--live is not available on Windows" end
  if not (system.is_terminal(0) and system.is_terminal(1)) then
    return nil, "--live draws on a terminal, and standard input or output is none; without it, watch writes lines"
  end
  if os.getenv "TERM" == "dumb" then return nil, "--live draws on a terminal that can move its cursor, and TERM is 'dumb'" end
  io.stdout:flush()
  local screen, problem = system.screen()
  if not screen then return nil, "--live: " .. problem end
  local columns = shown_columns.of { columns = given.columns, format = "table" }
  local styles, where = styles_of(source.color()), conditions.text_of(given.where)
  local self = setmetatable({
    screen = screen, frame = frame.new(screen), grid = grid.new(columns, styles), styles = styles, decoder = keys.new(),
    rows = new_rows(columns, conditions.filter(given.where)), inv = inv,
    name = text.printable(given.inventory), interval = given.interval, outcomes = {}, failed_since = {}, filter = "", top = 0, page = 0,
    where = where and text.printable(where), columns = columns, drawn_at = -math.huge, cost = 0, is_over = false,
    is_polling = false, next_at = 0, progress = "",
  }, metatable)
  self.rows:arrange { sort = given.sort or columns[1].name, is_reversed = given.reverse or false }
  return self
end

function methods:close() self.screen:close() end

metatable.__close = methods.close

function methods:finish()
  self.is_over = true
  if self.asking then self.asking.is_stopped = true end
end

---Sorts by a column beside the one that it is sorted by.
function methods:sort_beside(step)
  local at = 0
  for i, column in ipairs(self.columns) do
    if column.name == self.rows.sort then at = i end
  end
  self.rows:arrange { sort = self.columns[(at + step - 1) % #self.columns + 1].name }
end

---@param typed string
---@return boolean  false if it is no filter; then the one before holds on
function methods:apply(typed)
  local its_filter, problem = filter.parse(typed)
  self.problem = problem
  if problem then return false end
  self.filter, self.its_filter = typed, its_filter
  self.rows:arrange { filter = its_filter or false }
  return true
end

function methods:edit(key)
  local result = self.editor:press(key)
  if self:apply(self.editor.typed) and result ~= "typing" then self.editor = nil end
end

---The results for all targets, as a report has them.
function methods:targets_lines()
  local lines = {}
  render {
    rows = function() end, outcomes = self.outcomes, now = self.generated_at, totals = false, width = math.huge,
    write = function(line) lines[#lines + 1] = line:match "^# (.-)\n?$" end,
  }
  return lines
end

local moves = {
  up = function(self) return self.top - 1 end, down = function(self) return self.top + 1 end,
  page_up = function(self) return self.top - self.page end, page_down = function(self) return self.top + self.page end,
  home = function() return 0 end, ["end"] = function() return math.maxinteger end,
}
moves.k, moves.j, moves.g, moves.G, moves[" "] = moves.up, moves.down, moves.home, moves["end"], moves.page_down

local actions = {
  q = methods.finish,
  r = function(self) self.rows:arrange { is_reversed = not self.rows.is_reversed } end,
  left = function(self) self:sort_beside(-1) end, right = function(self) self:sort_beside(1) end,
  p = function(self) self.is_wanted = not self.is_polling end,
  ["/"] = function(self)
    if not self.targets then self.editor = new_editor(self.filter) end
  end,
  t = function(self)
    self.targets = not self.targets and self.generated_at and self:targets_lines() or nil
    self.top = 0
  end,
  escape = function(self)
    if self.targets then
      self.targets = nil
    else
      self:apply ""
    end
  end,
  redraw = function(self) self.frame:forget() end,
}
actions["<"], actions[">"] = actions.left, actions.right

function methods:press(key)
  if self.editor then return self:edit(key) end
  local move = moves[key]
  if move then
    self.top = move(self)
  elseif actions[key] then
    actions[key](self)
  end
end

---Rows in their order. A filter may turn out to be wrong only at a row; then it lets all through.
function methods:arrange()
  local arranged, problem = pcall(self.rows.shown, self.rows)
  if not arranged then
    self.filter, self.its_filter, self.problem = "", nil, tostring(problem)
    self.rows:arrange { filter = false }
  elseif self.its_filter and self.rows.count > 0 then
    self.problem = self.problem or self.its_filter.problem()
  end
end

function methods:draw()
  local began = system.clock()
  local columns, lines = self.screen:size()
  self.now = began
  self.rows:expire(began)
  if self.asking then self.progress = self.asking:line() end
  if not self.rows.list then self:arrange() end
  if not self.frame:draw(layout.lines(self, columns or 80, lines or 24)) then self:finish() end
  self.drawn_at = system.clock()
  self.cost = self.drawn_at - began
end

---Hears keys, and draws: at once after a key, otherwise now and then.
function methods:look()
  local now, typed = system.clock(), self.screen:read()
  if not typed then return self:finish() end
  local pressed = typed ~= "" and self.decoder:feed(typed)
    or self.decoder:is_pending() and now >= self.typed_at + ESCAPE and self.decoder:expire() or {}
  if typed ~= "" then self.typed_at = now end
  for _, key in ipairs(pressed) do self:press(key) end
  local has_changed = self.screen:changed()
  if has_changed then
    self.frame:forget()
    self.grid:forget()
  end
  if not self.is_over and (#pressed > 0 or has_changed or now >= self.drawn_at + math.max(REST, 4 * self.cost)) then self:draw() end
end

---How long may be waited for anything, in seconds.
function methods:patience(longest)
  return self.decoder:is_pending() and ESCAPE or longest
end

---What a poll waits by.
---@return rollcall.on_wait
function methods:waiter()
  return function(waits)
    if waits.descriptor then self.poller:add(waits.descriptor) end
    local seconds = self.poller:wait(math.min(waits.timeout or REST, self:patience(REST)))
    self:look()
    return seconds
  end
end

---@param opened rollcall.cli.source
function methods:begin(opened)
  self.asking, self.is_polling, self.is_wanted, self.began = opened.progress, true, false, system.clock()
  self.poller = system.poller()
  self.poller:add(self.screen:descriptor())
  self.view_of = presence.viewer {
    now = opened.generated_at, normalize_user = self.inv.normalize_user, utc_offset = self.inv.utc_offset,
  }
  if not self.generated_at then self.outcomes = opened.outcomes end
  self:look()
end

---The rows of a poll, between which keys are heard; those of the first are shown as they come.
---@param rows fun(): string?, table?
---@return fun(): string?, table?
function methods:over(rows)
  local count = 0
  return function()
    local kind, row = rows()
    count = count + 1
    if kind and not self.generated_at then self.rows:add(self.view_of, kind, row) end
    if count % ROWS_BETWEEN_LOOKS == 0 then self:look() end
    return kind, row
  end
end

---What a poll is taken for comes after it, and may take a while where rows are many: keys are heard between.
function methods:end_poll()
  self.progress = self.asking:line()
  self.poller:close()
  self.asking, self.poller = nil, nil
  self:look()
end

---@param poll rollcall.diff.poll
---@param carried rollcall.diff.poll
---@param changed? rollcall.diff.change[]  nil: it is the first
---@param generated_at integer
function methods:show(poll, carried, changed, generated_at)
  self:look()
  local now, failed_since = system.clock(), {}
  for _, outcome in ipairs(poll.outcomes) do
    local key = outcomes.key(outcome)
    if not is_good(outcome) then failed_since[key] = self.failed_since[key] or generated_at end
  end
  if changed then
    self.counts = {}
    for _, change in ipairs(changed) do self.counts[change.event] = (self.counts[change.event] or 0) + 1 end
  end
  self.rows:take(carried, changed or {}, self.view_of, now + math.max(self.interval, MARKED), now)
  self.outcomes, self.failed_since, self.generated_at, self.taken_at = poll.outcomes, failed_since, generated_at, self.began
  self.is_polling = false
  if self.targets then self.targets = self:targets_lines() end
end

---Waits for the next poll.
---@param seconds number
---@return boolean  false if it is over
function methods:sleep(seconds)
  self.next_at = system.clock() + seconds
  self:draw()
  while not (self.is_over or self.is_wanted or system.caught_signal()) do
    local left = self.next_at - system.clock()
    if left <= 0 then break end
    system.wait { descriptor = self.screen:descriptor(), timeout = math.min(left, self:patience(TICK)) }
    self:look()
  end
  return not (self.is_over or system.caught_signal())
end

return live
