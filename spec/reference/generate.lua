--- Writes the reference of what a program can require and what inventories and policies can say, of the annotations: `make doc`.
local annotations = require "spec.reference.annotations"

-- The sections in their order: a title, the module whose text begins it, the files whose functions it has.
local sections = {
  { "rollcall", "rollcall" },
  { "rollcall.smb", "rollcall.smb", "rollcall.meta.smb_server" },
  { "rollcall.closing", "rollcall.closing" },
  { "rollcall.smbstatus", "rollcall.smbstatus" },
  { "rollcall.workspace", "rollcall.workspace" },
  { "rollcall.inventory", "rollcall.inventory" },
  { "rollcall.presence", "rollcall.presence" },
  { "rollcall.report", "rollcall.report" },
  { "rollcall.policy", "rollcall.policy" },
  { "rollcall.snapshot", "rollcall.snapshot" },
  { "rollcall.diff", "rollcall.diff" },
  { "rollcall.cli", "rollcall.cli" },
  { "Inventory files", "rollcall.meta.inventory" },
  { "Policy files", "rollcall.meta.policy" },
  { "Tests of policies", "rollcall.meta.policy_tests" },
}

local STYLE = [[
body{font:16px/1.5 system-ui,sans-serif;max-width:62rem;margin:0 auto;padding:1rem;color:#1a1a1a;background:#fff}
code,pre{font:14px/1.45 ui-monospace,monospace}pre{background:#f4f4f4;padding:.6rem .8rem;overflow-x:auto}
table{border-collapse:collapse;width:100%;margin:.5rem 0 1rem}
td,th{text-align:left;vertical-align:top;padding:.25rem .6rem .25rem 0;border-top:1px solid #ddd}
h2{margin-top:3rem;border-bottom:2px solid #ddd}h3{margin-top:2rem}h3 code{font-size:17px}nav{columns:3}nav a{display:block}
a{color:#0b57a4}.see{color:#555}
@media(prefers-color-scheme:dark){body{color:#ddd;background:#161616}
pre{background:#242424}td,th,h2{border-color:#444}a{color:#8ab8ee}.see{color:#aaa}}]]

local function escaped(text)
  return (text:gsub("[&<>\"]", { ["&"] = "&amp;", ["<"] = "&lt;", [">"] = "&gt;", ['"'] = "&quot;" }))
end

local function anchor(name)
  return (name:gsub("[^%w_.]", "-"))
end

local function public(file)
  local prefix = file.module:match "[^.]+$" .. "."
  local entries = {}
  for _, entry in ipairs(file.entries) do
    local is_method = entry.name:find "^rollcall%." ~= nil
    local is_own = file.is_meta or is_method or entry.name:sub(1, #prefix) == prefix
    if (entry.kind == "function" or entry.kind == "value") and is_own then entries[#entries + 1] = entry end
  end
  return entries
end

local function types_of(entry)
  local list = { entry.type, table.unpack(entry.parents) }
  for _, values in ipairs { entry.params, entry.returns, entry.fields } do
    for _, value in ipairs(values) do list[#list + 1] = value.type end
  end
  return list
end

-- The class of a module's table only names it; what is in it stands in its section.
local function says_something(type)
  return type.text ~= "" or type.type ~= nil or #type.fields > 0 or #type.parents > 0
end

---@class spec.reference
---@field sections { title: string, text: string, entries: spec.annotations.entry[], types: spec.annotations.entry[] }[]
---@field types table<string, spec.annotations.entry>  all that there are, by their names
---@field seen table<string, true>  those that the page shows
---@field undefined table<string, string>  types that are named and not there, each with where
local reference = {}

---Puts together what the page shows.
---@return spec.reference
function reference.gather()
  local files = annotations.tree()
  local types, result, home = annotations.types(files), { sections = {}, undefined = {} }, {}
  for module, file in pairs(files) do file.module = module end
  for i, names in ipairs(sections) do
    local section = { title = names[1], text = files[names[2]].text, entries = {}, types = {} }
    for j = 2, #names do
      for _, entry in ipairs(public(files[names[j]])) do table.insert(section.entries, entry) end
    end
    result.sections[i], home[names[1]] = section, section
  end
  home["rollcall.meta.inventory"], home["rollcall.meta.policy"], home["rollcall.meta.policy_tests"] =
    home["Inventory files"], home["Policy files"], home["Tests of policies"]
  -- A type belongs where it is declared, or else to the module whose name begins its name.
  local declared_in = {}
  for module, file in pairs(files) do
    for _, entry in ipairs(file.entries) do
      if entry.kind == "class" or entry.kind == "alias" then declared_in[entry.name] = home[module] end
    end
  end
  local function section_of(name)
    local prefix = name
    if declared_in[name] then return declared_in[name] end
    while prefix and not home[prefix] do prefix = prefix:match "^(.*)%.[^.]*$" end
    return home[prefix or "rollcall"]
  end
  local seen = {}
  local function take(entry)
    for _, type in ipairs(types_of(entry)) do
      for name in annotations.names_in(type) do
        if not types[name] then
          result.undefined[name] = entry.name
        elseif not seen[name] and says_something(types[name]) then
          seen[name] = true
          table.insert(section_of(name).types, types[name])
          take(types[name])
        end
      end
    end
  end
  for _, section in ipairs(result.sections) do
    for _, entry in ipairs(section.entries) do
      take(entry)
      local owner = entry.name:match "^(rollcall[%w_.]*):"
      if owner and not seen[owner] then
        seen[owner] = true
        table.insert(section.types, types[owner])
      end
    end
  end
  for _, section in ipairs(result.sections) do table.sort(section.types, function(a, b) return a.name < b.name end) end
  result.types, result.seen = types, seen
  return result
end

local function page_of(its_reference)
  local out = {}
  local function write(format, ...) out[#out + 1] = select("#", ...) > 0 and format:format(...) or format end
  local function linked(type)
    return (escaped(type):gsub("%f[%w_.]rollcall[%w_.]*", function(name)
      return its_reference.seen[name] and ('<a href="#%s">%s</a>'):format(anchor(name), name) or name
    end):gsub("|", "|<wbr>"))
  end
  local function inline(text)
    return (escaped(text):gsub("`([^`]+)`", "<code>%1</code>"))
  end
  local function prose(text)
    for paragraph in (text .. "\n\n"):gmatch "(.-)\n%s*\n" do
      if paragraph:find "^    " then
        write("<pre>%s</pre>", (("\n" .. escaped(paragraph)):gsub("\n    ", "\n"):sub(2)))
      elseif paragraph:find "%S" then
        write("<p>%s</p>", inline(paragraph))
      end
    end
  end
  local function see(entry)
    if #entry.see > 0 then write('<p class="see">Source: %s</p>', inline(table.concat(entry.see, "; "))) end
  end
  local function values(list, head)
    if #list == 0 then return end
    write("<table><tr><th>%s</th><th>Type</th><th></th></tr>", head)
    for _, value in ipairs(list) do
      write("<tr><td><code>%s</code></td><td><code>%s</code></td><td>%s</td></tr>", escaped(value.name or ""),
        linked(value.type .. (value.optional and "?" or "")), inline(value.text))
    end
    write "</table>"
  end
  write('<!DOCTYPE html><html lang="en"><head><meta charset="utf-8"><title>rollcall: reference</title><style>%s</style></head>', STYLE)
  write [[<body><h1>rollcall: reference</h1>
<p>A type that ends in <code>?</code> may be nil. What a function raises, it raises where its arguments are of the types that
stand here; “as text” is a string, and a failure of a server is a <code>rollcall.failure</code>.</p><nav>]]
  for _, section in ipairs(its_reference.sections) do write('<a href="#%s">%s</a>', anchor("the " .. section.title), section.title) end
  write "</nav>"
  for _, section in ipairs(its_reference.sections) do
    write('<h2 id="%s">%s</h2>', anchor("the " .. section.title), section.title)
    prose(section.text)
    for _, entry in ipairs(section.entries) do
      write('<h3 id="%s"><code>%s%s</code></h3>', anchor(entry.name), escaped(entry.name), escaped(entry.parameters or ""))
      prose(entry.text)
      if entry.kind == "value" and entry.type then write("<p><code>%s</code></p>", linked(entry.type)) end
      values(entry.params, "Parameter")
      values(entry.returns, "Result")
      see(entry)
    end
    for _, entry in ipairs(section.types) do
      write('<h3 id="%s"><code>%s</code></h3>', anchor(entry.name), entry.name)
      prose(entry.text)
      if entry.type then write("<p><code>%s</code></p>", linked(entry.type)) end
      if #entry.parents > 0 then write("<p>With the fields of <code>%s</code>.</p>", linked(table.concat(entry.parents, ", "))) end
      values(entry.fields, "Field")
      see(entry)
    end
  end
  write "</body></html>"
  return table.concat(out, "\n") .. "\n"
end

---Writes the page.
---@param path string
function reference.write(path)
  local file = assert(io.open(path, "w"))
  assert(file:write(page_of(reference.gather())))
  assert(file:close())
end

if arg and arg[0] and arg[0]:find "generate%.lua$" then reference.write(assert(arg[1], "give the page's path")) end

return reference
