--- Pages whose text has places for what the program declares.
local format_prose = require "rollcall.manual.format_prose"
local markdown = require "rollcall.manual.markdown"
local prose = require "rollcall.manual.prose"

local filling = {}

---@param name string  of a file format
---@param data table<string, rollcall.manual.block[]>  what stands in the place of a line `@NAME`
---@return rollcall.manual.page
function filling.page(name, data)
  local own, blocks = format_prose[name], {}
  for _, block in ipairs(markdown.blocks(own.text)) do
    local place = block.kind == "paragraph" and block.text:match "^@([%w_]+)$"
    local list = place and assert(data[place], place) or { block }
    table.move(list, 1, #list, #blocks + 1, blocks)
  end
  return {
    name = "rollcall-" .. name, section = 5, date = prose.date, version = require("rollcall").version, summary = own.summary,
    blocks = blocks,
  }
end

return filling
