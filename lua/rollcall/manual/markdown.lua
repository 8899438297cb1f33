--- Reads the Markdown that the manual is written in: headings, paragraphs, lists, code, tables; and in a line `code`,
-- **strong**, *emphasis* and links. A page is a list of blocks, which roff.lua and terminal.lua render.
local markdown = {}

---@alias rollcall.manual.style "plain"|"code"|"strong"|"emphasis"

---@class rollcall.manual.span
---@field style rollcall.manual.style
---@field text string

---@class rollcall.manual.block
---@field kind "heading"|"paragraph"|"code"|"list"|"definitions"|"table"
---@field level? integer  of a heading
---@field text? string  of a heading or a paragraph, with its marks
---@field lines? string[]  of code
---@field ordered? boolean  of a list
---@field items? (rollcall.manual.block[]|rollcall.manual.definition)[]
---@field rows? string[][]  of a table, the head first
---@field headless? boolean  of a table: it has no head, and its rows stand close

---@class rollcall.manual.definition
---@field term string  with its marks
---@field blocks rollcall.manual.block[]

---Each mark that opens a span, in the order in which they are tried, and what closes it.
local marks = {
  { "^(`+)(.-[^`])%1%f[^`]", "code" }, { "^(%*%*)(%S.-)%*%*", "strong" }, { "^(%*)([^%s%*][^%*]*)%*", "emphasis" },
}

---@param text string  a line or more, with marks
---@return rollcall.manual.span[]
function markdown.spans(text)
  local spans, plain, position = {}, {}, 1
  local function add(style, words)
    if #plain > 0 then spans[#spans + 1] = { style = "plain", text = table.concat(plain) } end
    plain = {}
    if style then spans[#spans + 1] = { style = style, text = words } end
  end
  while position <= #text do
    local found
    for _, mark in ipairs(marks) do
      local _, last, fence, inner = text:find(mark[1], position)
      if last and not found then
        -- A blank at both ends of code lets it begin or end with a backquote.
        if mark[2] == "code" then inner = inner:match "^ (.*[^ ].*) $" or inner end
        add(mark[2], inner)
        found, position = fence, last + 1
      end
    end
    if not found then
      local _, last, words, address = text:find("^%[([^%]]*)%]%(([^%)]*)%)", position)
      if last then
        for _, span in ipairs(markdown.spans(words)) do add(span.style, span.text) end
        if address:find "^https?:" and address ~= words then plain = { " <", address, ">" } end
        position = last + 1
      else
        local escaped = text:match("^\\([%p])", position)
        plain[#plain + 1] = escaped or text:sub(position, position)
        position = position + (escaped and 2 or 1)
      end
    end
  end
  add()
  return spans
end

---A text as spans that show it as it is.
---@param text string
---@return string
function markdown.escaped(text)
  return (text:gsub("[\\`%*%[]", "\\%0"))
end

---A text as code, whatever backquotes are in it.
---@param text string
---@return string
function markdown.code(text)
  local longest = 0
  for run in text:gmatch "`+" do longest = math.max(longest, #run) end
  local fence = ("`"):rep(longest + 1)
  local pad = (longest > 0 or text:find "^ .* $") and " " or ""
  return fence .. pad .. text .. pad .. fence
end

local function cells_of(line)
  local cells, inside = {}, line:match "^%s*|(.*)|%s*$"
  inside = inside:gsub("\\|", "\0")
  for cell in (inside .. "|"):gmatch "([^|]*)|" do
    cells[#cells + 1] = cell:gsub("%z", "|"):match "^%s*(.-)%s*$"
  end
  return cells
end

local function item_of(line)
  local indent, mark, rest = line:match "^( ? ? ?)([%-%*])%s+(.*)$"
  if mark then return #indent + 2, rest, false end
  indent, mark, rest = line:match "^( ? ? ?)(%d+%.)%s+(.*)$"
  if mark then return #indent + #mark + 1, rest, true end
end

local function is_blank(line) return not line or not line:find "%S" end

local function begins_block(line)
  return is_blank(line) or line:find "^#+ " or line:find "^```" or line:find "^%s*|.*|%s*$" or item_of(line) ~= nil
end

---Each takes the lines and the number of the first, and gives a block and the number of the next line; or nothing.
local readers = {
  function(lines, at)
    local marks_of_level, text = lines[at]:match "^(#+) +(.-)[ #]*$"
    if text then return { kind = "heading", level = #marks_of_level, text = text }, at + 1 end
  end,
  function(lines, at)
    if not lines[at]:find "^```" then return end
    local code = {}
    repeat
      at = at + 1
      if lines[at] and not lines[at]:find "^```" then code[#code + 1] = lines[at] end
    until not lines[at] or lines[at]:find "^```"
    return { kind = "code", lines = code }, at + 1
  end,
  function(lines, at)
    if not lines[at]:find "^    " then return end
    local code = {}
    while lines[at] and (lines[at]:find "^    " or is_blank(lines[at])) do
      code[#code + 1] = lines[at]:sub(5)
      at = at + 1
    end
    while is_blank(code[#code]) do code[#code] = nil end
    return { kind = "code", lines = code }, at
  end,
  function(lines, at)
    if not (lines[at]:find "^%s*|.*|%s*$" and (lines[at + 1] or ""):find "^%s*|[%s%-:|]+|%s*$") then return end
    local rows = { cells_of(lines[at]) }
    at = at + 2
    while lines[at] and lines[at]:find "^%s*|.*|%s*$" do
      rows[#rows + 1] = cells_of(lines[at])
      at = at + 1
    end
    return { kind = "table", rows = rows }, at
  end,
  function(lines, at)
    local indent, rest, ordered = item_of(lines[at])
    if not indent then return end
    local items = {}
    while indent do
      local own = { rest }
      at = at + 1
      while lines[at] do
        local deeper = lines[at]:find("^" .. (" "):rep(indent))
        if is_blank(lines[at]) then
          -- The item goes on behind a blank line only with lines that are indented.
          if not (lines[at + 1] or ""):find("^" .. (" "):rep(indent) .. "%s*%S") then break end
          own[#own + 1] = ""
        elseif deeper then
          own[#own + 1] = lines[at]:sub(indent + 1)
        elseif begins_block(lines[at]) then
          break
        else
          own[#own + 1] = lines[at]:match "^%s*(.*)$"
        end
        at = at + 1
      end
      items[#items + 1] = markdown.blocks(table.concat(own, "\n"))
      local next_at = at
      while lines[next_at] and is_blank(lines[next_at]) do next_at = next_at + 1 end
      local next_ordered
      indent, rest, next_ordered = item_of(lines[next_at] or "")
      if next_ordered ~= ordered then indent = nil end
      if indent then at = next_at end
    end
    return { kind = "list", ordered = ordered, items = items }, at
  end,
  function(lines, at)
    local words = {}
    repeat
      words[#words + 1] = lines[at]:match "^%s*(.-)%s*$"
      at = at + 1
    until begins_block(lines[at])
    return { kind = "paragraph", text = table.concat(words, " ") }, at
  end,
}

---@param text string
---@return rollcall.manual.block[]
function markdown.blocks(text)
  local lines, blocks = {}, {}
  for line in (text:gsub("\r\n", "\n") .. "\n"):gmatch "([^\n]*)\n" do lines[#lines + 1] = line end
  local at = 1
  while at <= #lines do
    if is_blank(lines[at]) then
      at = at + 1
    else
      for _, read in ipairs(readers) do
        local block, next_at = read(lines, at)
        if block then
          blocks[#blocks + 1], at = block, next_at
          break
        end
      end
    end
  end
  return blocks
end

return markdown
