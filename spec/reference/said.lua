--- What the reference says, for specs that hold it against the program.
local annotations = require "spec.reference.annotations"
local reference = require "spec.reference.generate"

local said = {}

said.reference = reference.gather()

---Every class and alias by its name.
said.types = said.reference.types

---Every function and value by its name.
said.entries = {}
for _, section in ipairs(said.reference.sections) do
  for _, entry in ipairs(section.entries) do said.entries[entry.name] = entry end
end

---@param class string
---@return table<string, spec.annotations.value>
function said.fields_of(class)
  return annotations.fields_of(said.types, class)
end

---The names in a set, as text.
function said.sorted(set)
  local names = {}
  for name in pairs(set) do names[#names + 1] = tostring(name) end
  table.sort(names)
  return names
end

---Whether a value is of an annotated type. Functions and tables are known by the type's shape.
---@param type string
---@param value any
function said.admits(type, value)
  if type:find "%f[%w]any%f[%W]" then return true end
  if math.type(value) == "integer" and type:find "integer" then return true end
  if math.type(value) and type:find "number" then return true end
  if value == true and type:find "%f[%w]true%f[%W]" then return true end
  local kind = _G.type(value)
  if kind == "function" then return type:find "fun%(" or type:find "on_wait" or type:find "rollcall.report.format" end
  if kind == "table" then return type:find "table" or type:find "%[%]" or type:find "[{<]" or type:find "rollcall" end
  if kind == "string" then
    return type:find "%f[%w]string%f[%W]" or type:find(('"%s"'):format(value), 1, true)
  end
  return type:find(kind, 1, true)
end

return said
