--- The topics of the manual: pages of commands and of file formats, guides, and the JSON Schemas of what is written.
local commands = require "rollcall.manual.commands"
local formats = require "rollcall.manual.formats"
local markdown = require "rollcall.manual.markdown"
local fields = require "rollcall.manual.fields"
local output = require "rollcall.manual.output"
local schemas = require "rollcall.manual.schemas"

local topics = {}

---The guides, which stand beside this file as NAME.md.
---@type string[]
topics.guides = {
  "alerts", "ci", "closing", "cloud-desktops", "command-line", "contributing", "dashboard", "event-loop", "events", "history",
  "in-a-domain", "lua", "many-servers", "migration", "open-file", "reports", "samba", "security", "smb-calls", "snapshots",
  "troubleshooting", "where-it-runs", "windows", "write-inventory", "write-policy",
}

---@class rollcall.manual.topic
---@field name string  as `rollcall help` takes it
---@field group "Commands"|"File formats"|"Guides"|"JSON Schemas"
---@field summary string  without marks
---@field page? fun(): rollcall.manual.page  absent: not a manual page
---@field blocks? fun(): rollcall.manual.block[]
---@field text? fun(): string  of a topic that is shown as it stands

local function plain(text)
  local parts = {}
  for i, span in ipairs(markdown.spans(text)) do parts[i] = span.text end
  return table.concat(parts)
end

local function guide(name)
  local function blocks() return markdown.blocks(schemas.content(name .. ".md")) end
  local its_blocks = blocks()
  return { name = name, group = "Guides", summary = plain((its_blocks[2] or its_blocks[1]).text or ""), blocks = blocks }
end

---@param parser table  of the command
---@return rollcall.manual.topic[]
function topics.list(parser)
  local list = {}
  local function add(topic) list[#list + 1] = topic end
  add { name = "rollcall", group = "Commands", summary = parser._description, page = function() return commands.overview(parser) end }
  for _, command in ipairs(parser._commands) do
    local name = command._name
    add { name = name, group = "Commands", summary = command._description, page = function() return commands.page(parser, name) end }
  end
  for _, page in ipairs { formats.inventory, formats.policy, fields, output } do
    local made = page()
    add { name = made.name:match "^rollcall%-(.*)$", group = "File formats", summary = plain(made.summary), page = page }
  end
  for _, name in ipairs(topics.guides) do add(guide(name)) end
  for _, name in ipairs(schemas.names) do
    local function content() return schemas.content(name) end
    add { name = name, group = "JSON Schemas", summary = schemas.decoded(name).title, text = content }
  end
  return list
end

---@param list rollcall.manual.topic[]
---@param name string  of a topic, or of its manual page
---@return rollcall.manual.topic?
function topics.find(list, name)
  for _, topic in ipairs(list) do
    if name == topic.name or topic.page and name == "rollcall-" .. topic.name then return topic end
  end
end

return topics
