--- The page of the fields that rows have, of what the program knows of each kind and of its JSON Schema.
local columns = require "rollcall.internal.columns"
local filling = require "rollcall.manual.filling"
local json = require "rollcall.internal.json_text"
local markdown = require "rollcall.manual.markdown"
local presence = require "rollcall.presence"
local schemas = require "rollcall.manual.schemas"

---What is listed of each kind, by the commands that list it.
local kinds = {
  { "access", "smb" }, { "connection", "connections" }, { "smb_session", "sessions" }, { "file", "files" }, { "share", "shares" },
  { "logon", "logons" }, { "session", "workspace" },
}

---@param names string[]
---@param properties table  of the schema
local function definitions(names, properties)
  local items = {}
  for i, name in ipairs(names) do
    items[i] = { term = markdown.code(name), blocks = { { kind = "paragraph", text = properties[name].description } } }
  end
  return { kind = "definitions", items = items }
end

---@return rollcall.manual.page
return function()
  local schema = schemas.decoded(schemas.names[1])["$defs"]
  local blocks = {}
  for _, one in ipairs(kinds) do
    local kind, command = one[1], one[2]
    local common = {}
    for _, name in ipairs(presence.fields) do
      if presence.has_field(kind, name) then common[#common + 1] = markdown.code(name) end
    end
    blocks[#blocks + 1] = { kind = "heading", level = 2, text = kind }
    blocks[#blocks + 1] = { kind = "paragraph", text = ("**rollcall-%s**(1). %s Of the common fields: %s. Its own:"):format(command,
      schema[kind].description, table.concat(common, ", ")) }
    blocks[#blocks + 1] = definitions(json.names(columns[kind]), schema[kind].properties)
  end
  return filling.page("fields", { common = { definitions(presence.fields, schema.who.properties) }, kinds = blocks })
end
