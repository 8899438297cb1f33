--- A page as man(7) reads it.
local markdown = require "rollcall.manual.markdown"

local WIDTH = 76

local special = {
  ["\\"] = "\\e", ["-"] = "\\-", ["^"] = "\\(ha", ["~"] = "\\(ti", ["`"] = "\\(ga", ["'"] = "\\(aq", ['"'] = "\\(dq",
}

local function escaped(text)
  text = text:gsub('[\\%-%^~`\'"]', special)
  return (text:gsub(utf8.charpattern, function(character)
    if #character > 1 then return ("\\[u%04X]"):format(utf8.codepoint(character)) end
  end))
end

local fonts = { code = "\\fB", strong = "\\fB", emphasis = "\\fI" }

---The words of a text with marks, each with its font.
local function words_of(text)
  local words, open = {}, false
  for _, span in ipairs(markdown.spans(text)) do
    local before = 1
    for blanks, word, after in span.text:gmatch "(%s*)(%S+)()" do
      local shown = fonts[span.style] and fonts[span.style] .. escaped(word) .. "\\fR" or escaped(word)
      if open and blanks == "" then words[#words] = words[#words] .. shown else words[#words + 1] = shown end
      open, before = true, after
    end
    if before <= #span.text then open = false end
  end
  return words
end

---@param text string  with marks
---@return string  in one line
local function line_of(text)
  return (table.concat(words_of(text), " "):gsub("^[%.']", "\\&%0"))
end

---@param add fun(line: string)
---@param text string  with marks
local function fill(add, text)
  local line = ""
  for _, word in ipairs(words_of(text)) do
    if line ~= "" and #line + 1 + #word > WIDTH then
      add(line)
      line = ""
    end
    if line == "" then line = word:gsub("^[%.']", "\\&%0") else line = line .. " " .. word end
  end
  if line ~= "" then add(line) end
end

local renderers = {}

---@param blocks rollcall.manual.block[]
---@param add fun(line: string)
---@param first? boolean  follows a macro after which no paragraph may begin
local function render(blocks, add, first)
  for _, block in ipairs(blocks) do
    renderers[block.kind](add, block, first)
    first = block.kind == "heading"
  end
end

function renderers.heading(add, block)
  add((block.level <= 1 and ".SH " or ".SS ") .. line_of(block.level <= 1 and block.text:upper() or block.text))
end

function renderers.paragraph(add, block, first)
  if not first then add ".PP" end
  fill(add, block.text)
end

function renderers.code(add, block, first)
  if not first then add ".PP" end
  add ".RS 4"
  add ".nf"
  for _, line in ipairs(block.lines) do add((escaped(line):gsub("^[%.']", "\\&%0"))) end
  add ".fi"
  add ".RE"
end

---What follows the first paragraph of an item stands as far in as that.
local function item(add, blocks)
  local rest = table.move(blocks, 2, #blocks, 1, {})
  if blocks[1] and blocks[1].kind == "paragraph" then fill(add, blocks[1].text) else rest = blocks end
  if #rest == 0 then return end
  add ".RS"
  render(rest, add, rest == blocks)
  add ".RE"
end

function renderers.definitions(add, block)
  for _, definition in ipairs(block.items) do
    add ".TP"
    add(line_of(definition.term))
    item(add, definition.blocks)
  end
end

function renderers.list(add, block)
  for number, blocks in ipairs(block.items) do
    add(block.ordered and (".IP %d. 4"):format(number) or ".IP \\(bu 2")
    item(add, blocks)
  end
end

---@param page rollcall.manual.page
---@return string
return function(page)
  local lines = {}
  local function add(line) lines[#lines + 1] = line end
  add '.\\" Made by rollcall of what its commands and files declare.'
  add((".TH %s %d %s \"rollcall %s\" \"Manual of rollcall\""):format(escaped(page.name:upper()), page.section, page.date, page.version))
  add ".nh"
  add ".ad l"
  add ".SH NAME"
  add(escaped(page.name) .. " \\- " .. line_of(page.summary))
  render(page.blocks, add)
  return table.concat(lines, "\n") .. "\n"
end
