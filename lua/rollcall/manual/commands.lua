--- The pages of the command and its subcommands, of what they declare to argparse.
local markdown = require "rollcall.manual.markdown"
local prose = require "rollcall.manual.prose"

local commands = {}

---@class rollcall.manual.page
---@field name string
---@field section integer  of the manual
---@field date string
---@field version string
---@field summary string  with marks
---@field blocks rollcall.manual.block[]

local function paragraph(text) return { kind = "paragraph", text = text } end

local function heading(text) return { kind = "heading", level = 1, text = text } end

---@param title string
---@param pairs_of string[][]  a term and what it means, both with marks
---@return rollcall.manual.block[]
local function definitions(title, pairs_of)
  local items = {}
  for i, one in ipairs(pairs_of) do items[i] = { term = one[1], blocks = { paragraph(one[2]) } } end
  return #items > 0 and { heading(title), { kind = "definitions", items = items } } or {}
end

local function append(blocks, more)
  table.move(more, 1, #more, #blocks + 1, blocks)
end

---@class rollcall.manual.epilog
---@field examples string[]  lines
---@field exit_codes string[][]
---@field others rollcall.manual.block[]

local function lines_of(text)
  local lines = {}
  for line in (text .. "\n"):gmatch "([^\n]*)\n" do lines[#lines + 1] = line end
  return lines
end

---`0 no difference, 1 a difference` as codes and what they mean.
local function codes_of(sentence)
  local codes = {}
  for code, meaning in (", " .. sentence):gsub(", (%d+) ", "\0%1 "):gmatch "%z(%d+) ([^%z]+)" do
    codes[#codes + 1] = { ("**%s**"):format(code), markdown.escaped(meaning:gsub("^%l", string.upper)) .. "." }
  end
  return codes
end

---The parts of the text that stands below the options in a command's help.
---@param text string
---@return rollcall.manual.epilog
local function parts_of(text)
  local parts = { examples = {}, exit_codes = {}, others = {} }
  local function add_paragraph(words)
    -- The pages that it names stand under SEE ALSO.
    if not words:find "%S" or words:find "^%s*See rollcall" then return end
    parts.others[#parts.others + 1] = paragraph(markdown.escaped(words:match "^%s*(.-)%s*$"))
  end
  for part in (text:gsub("\n\n+", "\0") .. "\0"):gmatch "([^%z]+)%z" do
    local words = part:gsub("%s+", " ")
    local codes, rest = (words .. " "):match "^ ?Exit codes: (.-)%. (.*)$"
    if codes then
      parts.exit_codes = codes_of(codes)
      add_paragraph(rest)
    elseif part:find "^%s*Examples:\n" then
      for _, line in ipairs(lines_of(part)) do
        if line:find "^  " then parts.examples[#parts.examples + 1] = line:sub(3) end
      end
    elseif part:find "^  " then
      local lines = lines_of(part)
      for i, line in ipairs(lines) do lines[i] = line:sub(3) end
      parts.others[#parts.others + 1] = { kind = "code", lines = lines }
    else
      add_paragraph(words)
    end
  end
  return parts
end

---The names of an option, the short one first.
---@param option table  as argparse has it
---@return string[]
local function names_of(option)
  local names = table.move(option._aliases, 1, #option._aliases, 1, {})
  table.sort(names, function(a, b) return #a < #b end)
  return names
end

local function option_term(option)
  local names = names_of(option)
  for i, name in ipairs(names) do names[i] = markdown.code(name) end
  local term = table.concat(names, ", ")
  return option._maxargs > 0 and ("%s *%s*"):format(term, option._argname) or term
end

local function option_text(option)
  local text = markdown.escaped(option._description)
  return option._default and ("%s The default is %s."):format(text, markdown.code(option._default)) or text
end

local function shown(elements)
  local list = {}
  for _, element in ipairs(elements) do
    if not element._hidden then list[#list + 1] = element end
  end
  return list
end

local function argument_term(argument)
  local name = ("*%s*"):format(argument._name)
  if argument._maxargs > 1 then name = name .. "..." end
  return argument._minargs == 0 and ("[%s]"):format(name) or name
end

local function synopsis(parser, name)
  local parts = { ("**%s**"):format(name) }
  for _, argument in ipairs(shown(parser._arguments)) do parts[#parts + 1] = argument_term(argument) end
  for _, option in ipairs(shown(parser._options)) do
    if option._mincount > 0 then parts[#parts + 1] = ("`%s` *%s*"):format(names_of(option)[#option._aliases], option._argname) end
  end
  parts[#parts + 1] = "[*options*]"
  return { heading "Synopsis", paragraph(table.concat(parts, " ")) }
end

---Those of a command, and of the others what it does not say itself.
local function exit_codes(own, common)
  local codes, is_own = {}, {}
  for _, list in ipairs { own, common } do
    for _, one in ipairs(list) do
      if not is_own[one[1]] then codes[#codes + 1] = one end
      is_own[one[1]] = true
    end
  end
  table.sort(codes, function(a, b) return tonumber(a[1]:match "%d+") < tonumber(b[1]:match "%d+") end)
  return codes
end

local function see_also(list)
  local names = {}
  for i, name in ipairs(list) do names[i] = name:gsub("^([^%(]+)", "**%1**") end
  return { heading "See also", paragraph(table.concat(names, ", ")) }
end

local function new_page(name, section, summary)
  return {
    name = name, section = section, date = prose.date, version = require("rollcall").version,
    summary = markdown.escaped((summary:gsub("%.$", ""):gsub("^%u%l", string.lower))), blocks = {},
  }
end

---What every page of a command has after its description.
local function ending(page, own, epilog, codes)
  if #epilog.examples > 0 then append(page.blocks, { heading "Examples", { kind = "code", lines = epilog.examples } }) end
  append(page.blocks, definitions("Exit status", codes))
  append(page.blocks, definitions("Environment", prose.environment_of(own.environment)))
  append(page.blocks, definitions("Files", own.files or {}))
  append(page.blocks, see_also(own.see_also))
end

---@param parser table  that of the whole command
---@return rollcall.manual.page
function commands.overview(parser)
  local own, epilog = prose.commands.rollcall, parts_of(parser._epilog)
  local page = new_page("rollcall", 1, prose.summary)
  local list, options = {}, {}
  for i, command in ipairs(shown(parser._commands)) do
    list[i] = { ("**%s**"):format(command._name), markdown.escaped(command._description) }
  end
  for i, option in ipairs(shown(parser._options)) do options[i] = { option_term(option), option_text(option) } end
  append(page.blocks, { heading "Synopsis", paragraph "**rollcall** *COMMAND* [*arguments*]" })
  append(page.blocks, { heading "Description" })
  append(page.blocks, markdown.blocks(own.description))
  append(page.blocks, definitions("Commands", list))
  append(page.blocks, definitions("Options", options))
  epilog.examples = own.examples
  ending(page, own, epilog, epilog.exit_codes)
  return page
end

---@param parser table
---@param name string
---@return rollcall.manual.page
function commands.page(parser, name)
  local command
  for _, one in ipairs(parser._commands) do
    if one._name == name then command = one end
  end
  local own, epilog = assert(prose.commands[name], name), parts_of(command._epilog)
  local page = new_page("rollcall-" .. name, 1, command._description)
  append(page.blocks, synopsis(command, "rollcall " .. name))
  append(page.blocks, { heading "Description" })
  append(page.blocks, markdown.blocks(own.description))
  append(page.blocks, epilog.others)
  local arguments, options = {}, {}
  for i, argument in ipairs(shown(command._arguments)) do
    arguments[i] = { argument_term(argument), markdown.escaped(argument._description) }
  end
  for i, option in ipairs(shown(command._options)) do options[i] = { option_term(option), option_text(option) } end
  append(page.blocks, definitions("Arguments", arguments))
  append(page.blocks, definitions("Options", options))
  ending(page, own, epilog, own.exit_codes or exit_codes(epilog.exit_codes, parts_of(parser._epilog).exit_codes))
  return page
end

return commands
