--- Reads the LuaCATS annotations of Lua files: what `make doc` makes the reference of, and what its spec holds against the program.
local annotations = {}

---@class spec.annotations.value  a parameter, a result or a field
---@field name? string
---@field optional? boolean
---@field type string
---@field text string

---@class spec.annotations.entry
---@field name string  "smb.connections", "rollcall.smb.server:close", "rollcall.smb.row"
---@field kind "function"|"class"|"alias"|"value"
---@field text string
---@field parameters? string  of a function, as they are declared
---@field params spec.annotations.value[]
---@field returns spec.annotations.value[]
---@field fields spec.annotations.value[]
---@field see string[]
---@field parents string[]  of a class
---@field type? string  of an alias or a value

---@class spec.annotations.file
---@field text string  what the file says of itself
---@field module? string  its name
---@field is_meta boolean  for editors alone
---@field borrowed { name: string, module: string, entry: string }[]  what a module's table has of another's
---@field entries spec.annotations.entry[]

---What stands before two blanks, and what stands after them.
local function split(text)
  local before, after = text:match("^(.-)  +(.*)$")
  return before or text, after or ""
end

---@return spec.annotations.value
local function named(text)
  local name, rest = text:match("^([%w_.]+%??)%s+(.+)$")
  if not name then name, rest = text:match("^(%[[%w_]+%])%s+(.+)$") end
  local type, description = split(rest or "")
  return { name = (name or text):gsub("%?$", ""), optional = name ~= nil and name:find("%?$") ~= nil, type = type, text = description }
end

---@return spec.annotations.value
local function result(text)
  local before, description = split(text)
  local type, name = before:match("^(.*[^%s:|,]) ([%a_][%w_]*)$")
  return { name = name, type = type or before, text = description }
end

---The lines of a comment, read.
---@param lines string[]
local function read_block(lines)
  local block = { text = {}, params = {}, returns = {}, fields = {}, see = {} }
  for _, line in ipairs(lines) do
    local tag, rest = line:match("^@(%a+)%s*(.*)$")
    if not tag then
      table.insert(block.text, (line:gsub("^ ", "", 1)))
    elseif tag == "class" then
      local head, text = split(rest)
      local name, parents = head:match("^([%w_.]+)[%w_<>, ]*:?%s*(.*)$")
      block.class, block.parents = name, {}
      if text ~= "" then table.insert(block.text, text) end
      for parent in parents:gmatch("[%w_.]+") do table.insert(block.parents, parent) end
    elseif tag == "alias" then
      block.alias, block.type = rest:match("^(%S+)%s+(.*)$")
    elseif tag == "type" then
      block.type = rest
    elseif tag == "field" and not rest:find "^private " and not rest:find "^package " then
      table.insert(block.fields, named(rest))
    elseif tag == "param" then
      table.insert(block.params, named(rest))
    elseif tag == "return" then
      table.insert(block.returns, result(rest))
    elseif tag == "see" then
      table.insert(block.see, rest)
    end
  end
  block.text = table.concat(block.text, "\n")
  return block
end

local function entry_of(block, kind, name, more)
  local entry = {
    kind = kind, name = name, text = block.text, params = block.params, returns = block.returns, fields = block.fields,
    see = block.see, parents = block.parents or {}, type = block.type,
  }
  for field, value in pairs(more or {}) do entry[field] = value end
  return entry
end

---@param path string
---@return spec.annotations.file
function annotations.read(path)
  local file, class_of, modules = { text = "", entries = {}, borrowed = {} }, {}, {}
  local lines, block_lines, first, returned, in_table = {}, {}, true, nil, false
  for line in io.lines(path) do
    lines[#lines + 1] = line
    returned = line:match("^return ([%w_]+)$") or returned
    file.is_meta = file.is_meta or line:find "^%-%-%-@meta" ~= nil
  end
  lines[#lines + 1] = ""
  local function add(entry) file.entries[#file.entries + 1] = entry end
  local function bind(declaration)
    local block = read_block(block_lines)
    local variable = declaration:match("^local ([%w_]+)")
    if block.class then
      if variable and (file.is_meta or variable ~= returned) then class_of[variable] = block.class end
      return add(entry_of(block, "class", block.class))
    elseif block.alias then
      return add(entry_of(block, "alias", block.alias))
    end
    local name, parameters = declaration:match("^function ([%w_.:]+)(%b())")
    if not name then name, parameters = declaration:match("^local function ([%w_]+)(%b())") end
    if name then
      local owner, mark, own = name:match("^([%w_]+)([.:])(.*)$")
      if class_of[owner] then name = class_of[owner] .. mark .. own end
      return add(entry_of(block, "function", name, { parameters = parameters }))
    end
    if declaration:find "^local " then return end
    for value in (declaration:match "^([%w_., ]+) = " or ""):gmatch "[%w_.]+" do add(entry_of(block, "value", value)) end
  end
  for _, line in ipairs(lines) do
    local text = line:match("^%s*%-%-%-(.*)$")
    if text and not text:find "^@meta" then
      block_lines[#block_lines + 1] = text
    elseif #block_lines > 0 then
      if first and not block_lines[#block_lines]:find "^@" and not line:find "^function" then
        file.text = read_block(block_lines).text
      end
      first = false
      bind(line)
      block_lines = {}
    end
    local name, module = line:match('^local ([%w_]+) = require "(rollcall[%w_.]*)"')
    if name then modules[name] = module end
    local own, variable, field = line:match("^  ([%w_]+) = ([%w_]+)%.([%w_]+),$")
    in_table = returned and line == "local " .. returned .. " = {" or in_table and line ~= "}"
    if in_table and modules[variable] then
      table.insert(file.borrowed, { name = returned .. "." .. own, module = modules[variable], entry = variable .. "." .. field })
    end
  end
  return file
end

---The names of classes and aliases in a type.
---@param type string
---@return fun(): string
function annotations.names_in(type)
  return type:gmatch("%f[%w_.]rollcall[%w_.]*")
end

---All files under lua/, each module's by the module's name.
---@return table<string, spec.annotations.file>
function annotations.tree()
  local files = {}
  local listing = assert(io.popen "find lua -name '*.lua' | LC_ALL=C sort")
  for path in listing:lines() do
    files[path:gsub("^lua/", ""):gsub("%.lua$", ""):gsub("/init$", ""):gsub("/", ".")] = annotations.read(path)
  end
  listing:close()
  for _, file in pairs(files) do
    for _, borrowed in ipairs(file.borrowed) do
      for _, entry in ipairs(files[borrowed.module] and files[borrowed.module].entries or {}) do
        if entry.name == borrowed.entry then
          table.insert(file.entries, setmetatable({ name = borrowed.name }, { __index = entry }))
        end
      end
    end
  end
  return files
end

---Every class and alias by its name.
---@param files table<string, spec.annotations.file>
---@return table<string, spec.annotations.entry>
function annotations.types(files)
  local types = {}
  for _, file in pairs(files) do
    for _, entry in ipairs(file.entries) do
      if entry.kind == "class" or entry.kind == "alias" then types[entry.name] = entry end
    end
  end
  return types
end

---The fields of a class and of those that it inherits from, its own first.
---@param types table<string, spec.annotations.entry>
---@param name string
---@return table<string, spec.annotations.value>
function annotations.fields_of(types, name)
  local fields = {}
  for _, parent in ipairs(assert(types[name], name).parents) do
    for field, value in pairs(annotations.fields_of(types, parent)) do fields[field] = value end
  end
  for _, value in ipairs(types[name].fields) do fields[value.name] = value end
  return fields
end

return annotations
