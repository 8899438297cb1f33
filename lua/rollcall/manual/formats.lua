--- The pages of inventories and policies, of the tables that their files are checked by.
local blocks = require "rollcall.inventory.blocks"
local builtin = require "rollcall.policy.builtin"
local declaration = require "rollcall.internal.declaration"
local filling = require "rollcall.manual.filling"
local markdown = require "rollcall.manual.markdown"
local presence = require "rollcall.presence"
local rules = require "rollcall.policy.rules"
local tests = require "rollcall.policy.tests"
local sources = require "rollcall.inventory.sources"
local sorted = require "rollcall.internal.sorted"

local formats = {}

-- No field takes such a value, so each check says what it wants.
local refused = coroutine.create(print)

---What a field can be, by what its check says of a wrong value.
---@param check rollcall.options.check
---@return string
local function type_of(check)
  local _, expectation = check(refused)
  return (expectation:gsub("^must be ", ""):gsub(", not the secret itself$", ""))
end

local function append(list, more)
  table.move(more, 1, #more, #list + 1, list)
end

---@param specification table<string, rollcall.options.check>  that `declaration.fields` made
---@param required string[]
---@return rollcall.manual.block[]  none, or one
local function fields(specification, required)
  local is_required, items = {}, {}
  for _, name in ipairs(required) do is_required[name] = true end
  for i, field in ipairs(declaration.listed(specification)) do
    local name, check, meaning = field[1], field[2], field[3]
    items[i] = {
      term = ("`%s` (%s%s)"):format(name, markdown.escaped(type_of(check)), is_required[name] and "; required" or ""),
      blocks = { { kind = "paragraph", text = meaning } },
    }
  end
  return #items > 0 and { { kind = "definitions", items = items } } or {}
end

local function codes(names)
  local list = {}
  for i, name in ipairs(names) do list[i] = markdown.code(name) end
  return table.concat(list, ", ")
end

---@return rollcall.manual.page
function formats.inventory()
  local data = {}
  for _, name in ipairs { "smb", "smbstatus", "workspace", "credential" } do
    local block = blocks[name]
    data[name] = { { kind = "paragraph", text = block.meaning } }
    append(data[name], fields(block.fields, block.required))
  end
  data.reserved = { { kind = "paragraph", text = ("These kinds cannot be taken: %s."):format(codes(sorted.keys(sources.reserved))) } }
  return filling.page("inventory", data)
end

---For each builtin rule what it is, and its own fields.
local function builtin_rules()
  local items = {}
  for _, name in ipairs(sorted.keys(builtin)) do
    local entry = builtin[name]
    if type(entry) == "table" then
      local its_blocks = { { kind = "paragraph", text = entry.meaning } }
      append(its_blocks, fields(entry.specification, entry.required))
      items[#items + 1] = { term = ("`builtin.%s`"):format(name), blocks = its_blocks }
    end
  end
  return { { kind = "definitions", items = items } }
end

---For each kind of rows the fields that a rule can read of them.
local function kinds()
  local items = {}
  for i, kind in ipairs(sorted.keys(presence.kinds())) do
    local names = codes(sorted.keys(presence.names(kind)))
    items[i] = { term = ("`%s`"):format(kind), blocks = { { kind = "paragraph", text = names .. "." } } }
  end
  return { { kind = "definitions", items = items } }
end

---@return rollcall.manual.page
function formats.policy()
  return filling.page("policy", {
    rule = fields(rules.fields, rules.required), waive = fields(rules.waiver_fields, rules.waiver_required), builtin = builtin_rules(),
    kinds = kinds(), test = fields(tests.fields, tests.required),
  })
end

return formats
