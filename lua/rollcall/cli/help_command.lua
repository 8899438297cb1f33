--- The command help: pages of the manual on the terminal.
local platform = require "rollcall.internal.platform"
local source = require "rollcall.cli.source"
local suggestion = require "rollcall.internal.suggestion"
local system = require "rollcall.system"

local PLAIN_WIDTH, MOST_WIDTH = 80, 100
local CANNOT_RUN, NOT_FOUND = 126, 127

---@param list rollcall.manual.topic[]
---@return rollcall.manual.block[]
local function listing(list)
  local markdown = require "rollcall.manual.markdown"
  local blocks, group, rows = {}, nil, nil
  for _, topic in ipairs(list) do
    if topic.group ~= group then
      group, rows = topic.group, {}
      blocks[#blocks + 1] = { kind = "heading", level = 1, text = group }
      blocks[#blocks + 1] = { kind = "table", rows = rows, headless = true }
    end
    rows[#rows + 1] = { markdown.code(topic.name), markdown.escaped(topic.summary) }
  end
  blocks[#blocks + 1] = { kind = "paragraph", text = "`rollcall help` *TOPIC* shows a page." }
  return blocks
end

---Which program shows a page on a terminal; nil where none is wanted.
local function pager()
  local chosen = os.getenv "PAGER"
  if chosen == "" or chosen == "cat" then return nil end
  if platform.is_windows then return chosen end
  -- What a pager leaves is read to its end, since the exit code is lost where writing fails.
  return ("LESS=${LESS-FRX}; export LESS; ( %s ); code=$?; cat > /dev/null; exit $code"):format(chosen or "exec less")
end

---@param page string
---@return boolean shown
local function through(program, page)
  local pipe = io.popen(program, "w")
  if not pipe then return false end
  local _, _, code = system.with_broken_pipes(function()
    pipe:write(page)
    return pipe:close()
  end)
  return code ~= CANNOT_RUN and code ~= NOT_FOUND
end

---@param topic? rollcall.manual.topic
---@param list rollcall.manual.topic[]
local function show(topic, list)
  if topic and topic.text then return source.output().write(topic.text()) end
  local columns = system.terminal_width()
  local blocks
  if not topic then
    blocks = listing(list)
  elseif topic.blocks then
    blocks = topic.blocks()
  else
    local page = topic.page()
    blocks = table.move(page.blocks, 1, #page.blocks, 3, {
      { kind = "heading", level = 1, text = "Name" }, { kind = "paragraph", text = ("%s - %s"):format(page.name, page.summary) },
    })
  end
  local is_styled = columns ~= nil and os.getenv "TERM" ~= "dumb"
  local page = require "rollcall.manual.terminal"(blocks, math.min(columns or PLAIN_WIDTH, MOST_WIDTH), is_styled)
  local program = columns and pager()
  if not (program and through(program, page)) then source.output().write(page) end
end

---@type rollcall.cli.command
return {
  name = "help",
  ends_at_signals = true,
  declare = function(parser)
    local command = parser:command("help", "Show a page of the manual, or list them all.", [[
Examples:
  rollcall help
  rollcall help check
  rollcall help policy
  rollcall help rollcall-1.schema.json]])
    command:argument("TOPIC", "A command, inventory, policy, output, a guide, or a JSON Schema."):args "?":target "topic"
  end,
  run = function(arguments, parser)
    local topics = require "rollcall.manual.topics"
    local list = topics.list(parser)
    local topic = arguments.topic and topics.find(list, arguments.topic)
    if arguments.topic and not topic then
      local names = {}
      for i, one in ipairs(list) do names[i] = one.name end
      local meant = suggestion(arguments.topic, names)
      return nil, ("there is no topic '%s'%s 'rollcall help' lists them"):format(arguments.topic, meant == "" and ";" or meant)
    end
    show(topic, list)
    return 0
  end,
}
