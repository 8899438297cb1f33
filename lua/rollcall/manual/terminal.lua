--- Blocks of the manual as text for a terminal, of a given width.
local markdown = require "rollcall.manual.markdown"
local text = require "rollcall.internal.text"
local widths = require "rollcall.internal.widths"

local INDENT = 4
local GAP = 2
local LEAST_WIDTH = 8

local escapes = { code = { "\27[1m", "\27[22m" }, strong = { "\27[1m", "\27[22m" }, emphasis = { "\27[4m", "\27[24m" } }

local function styled(words, style, is_styled)
  local escape = is_styled and escapes[style]
  return escape and escape[1] .. words .. escape[2] or words
end

---A text with marks in lines of at most so many columns, as far as its words allow.
---@param source string
---@param columns integer
---@param is_styled boolean
---@return string[] lines
---@return integer widest  in columns
local function wrapped(source, columns, is_styled)
  local words, open = {}, false
  for _, span in ipairs(markdown.spans(source)) do
    local before = 1
    for blanks, word, after in span.text:gmatch "(%s*)(%S+)()" do
      word = text.printable(word)
      local shown, width = styled(word, span.style, is_styled), text.width(word)
      local last = words[#words]
      if open and blanks == "" then
        last.shown, last.width = last.shown .. shown, last.width + width
      else
        words[#words + 1] = { shown = shown, width = width }
      end
      open, before = true, after
    end
    if before <= #span.text then open = false end
  end
  local lines, width, widest = {}, 0, 0
  for _, word in ipairs(words) do
    if #lines > 0 and width + 1 + word.width <= columns then
      lines[#lines], width = lines[#lines] .. " " .. word.shown, width + 1 + word.width
    else
      lines[#lines + 1], width = word.shown, word.width
    end
    widest = math.max(widest, width)
  end
  return lines, widest
end

local renderers = {}

---@class rollcall.manual.terminal
---@field add fun(line: string)
---@field columns integer
---@field indent integer
---@field is_styled boolean

local function render(blocks, to)
  for i, block in ipairs(blocks) do
    if i > 1 and blocks[i - 1].kind ~= "heading" then to.add "" end
    renderers[block.kind](block, to)
  end
end

local function indented(to, by)
  return { add = to.add, columns = to.columns, indent = to.indent + by, is_styled = to.is_styled }
end

local function put(to, lines, first_prefix)
  local blanks = (" "):rep(to.indent)
  for i, line in ipairs(lines) do to.add(i == 1 and first_prefix and first_prefix .. line or blanks .. line) end
end

function renderers.heading(block, to)
  local level = math.min(block.level, 3)
  local lines = wrapped(block.text, to.columns, false)
  for _, line in ipairs(lines) do to.add((" "):rep(level - 1) .. styled(line, "strong", to.is_styled)) end
end

function renderers.paragraph(block, to)
  put(to, (wrapped(block.text, to.columns - to.indent, to.is_styled)))
end

function renderers.code(block, to)
  for _, line in ipairs(block.lines) do to.add(line == "" and "" or (" "):rep(to.indent + 2) .. text.printable(line)) end
end

---Renders the blocks of an item, of which a paragraph at the beginning stands beside its mark.
local function item(blocks, to, mark)
  local rest = blocks
  if blocks[1] and blocks[1].kind == "paragraph" then
    local prefix = (" "):rep(to.indent - #mark) .. mark
    put(to, (wrapped(blocks[1].text, to.columns - to.indent, to.is_styled)), prefix)
    rest = table.move(blocks, 2, #blocks, 1, {})
  end
  if #rest == 0 then return end
  if rest ~= blocks then to.add "" end
  render(rest, to)
end

function renderers.definitions(block, to)
  local inner = indented(to, 4)
  for i, definition in ipairs(block.items) do
    if i > 1 and #definition.blocks > 0 then to.add "" end
    put(to, (wrapped(definition.term, to.columns - to.indent, to.is_styled)))
    item(definition.blocks, inner, "")
  end
end

function renderers.list(block, to)
  for number, blocks in ipairs(block.items) do
    local mark = block.ordered and ("%d. "):format(number) or "- "
    item(blocks, indented(to, #mark), mark)
  end
end

function renderers.table(block, to)
  local count, natural = #block.rows[1], {}
  for column = 1, count do
    natural[column] = 1
    for _, row in ipairs(block.rows) do
      local _, width = wrapped(row[column] or "", math.huge, false)
      natural[column] = math.max(natural[column], width)
    end
  end
  widths.shrink(natural, to.columns - to.indent, GAP, LEAST_WIDTH)
  local rows, highest = {}, 1
  for number, row in ipairs(block.rows) do
    rows[number] = { height = 1 }
    for column = 1, count do
      local cell = wrapped(row[column] or "", natural[column], to.is_styled)
      rows[number][column], rows[number].height = cell, math.max(rows[number].height, #cell)
    end
    highest = math.max(highest, rows[number].height)
  end
  if not block.headless then
    local rule = { height = 1 }
    for column = 1, count do rule[column] = { ("-"):rep(natural[column]) } end
    table.insert(rows, 2, rule)
  end
  for number, row in ipairs(rows) do
    if highest > 1 and number > 3 and not block.headless then to.add "" end
    for line = 1, row.height do
      local parts = {}
      for column = 1, count do
        local cell = row[column][line] or ""
        parts[column] = cell .. (" "):rep(natural[column] - text.width((cell:gsub("\27%[%d+m", ""))))
      end
      to.add(((" "):rep(to.indent) .. table.concat(parts, (" "):rep(GAP))):match "^(.-)%s*$")
    end
  end
end

---@param blocks rollcall.manual.block[]
---@param columns integer  of the terminal
---@param is_styled boolean  whether escapes for bold and underlined may be written
---@return string
return function(blocks, columns, is_styled)
  local lines = {}
  render(blocks, {
    add = function(line) lines[#lines + 1] = line end, columns = columns, indent = INDENT, is_styled = is_styled,
  })
  return table.concat(lines, "\n") .. "\n"
end
