-- The reference has all that modules export and objects can do, described.
local cloud = require "spec.cloud"
local lab = require "spec.lab"
local reference = require "spec.reference.generate"
local said = require "spec.reference.said"
local smb = require "rollcall.smb"
local snapshot = require "rollcall.snapshot"
local text_file = require "spec.lab.text_file"

local content = text_file.content

describe("the page of the reference", function()
  local path = lab.folder .. "/reference.html"
  reference.write(path)
  local page = content(path)

  it("has every type that is named", function()
    assert.same({}, said.reference.undefined)
  end)

  it("leads nowhere but within itself", function()
    local ids = {}
    for id in page:gmatch ' id="([^"]*)"' do
      assert.is_nil(ids[id], id)
      ids[id] = true
    end
    for target in page:gmatch 'href="([^"]*)"' do assert.is_true(ids[target:match "^#(.*)$"] or false, target) end
    assert.is_nil(page:find "<%w+[^>]* src=" or page:find "url%(" or page:find "@import" or page:find "<script" or page:find "<link")
  end)

  it("has all entries, and what they say", function()
    assert.is_true(#said.sorted(said.entries) > 90)
    for name in pairs(said.entries) do assert.is_truthy(page:find('<h3 id="' .. name:gsub("[^%w_.]", "-") .. '"', 1, true), name) end
    assert.is_truthy(page:find("<code>smb.connections(given)</code>", 1, true))
    assert.is_truthy(page:find("<pre>for c in smb.connections {", 1, true))
    assert.is_nil(page:find "<p>%s")
    assert.is_truthy(page:find("seconds that a server has to log on, and again for each answer; default 10", 1, true))
    assert.is_truthy(page:find('<a href="#rollcall.smb.connections_options">', 1, true))
  end)
end)

describe("every entry of the reference", function()
  it("is described, with each of its parameters and results", function()
    for name, entry in pairs(said.entries) do
      assert.is_truthy(entry.text:find "%S" or entry.kind == "value" and entry.type, name)
      local declared, described = {}, {}
      for parameter in (entry.parameters or ""):gmatch "[%w_]+" do declared[#declared + 1] = parameter end
      for i, param in ipairs(entry.params) do
        described[i] = param.name
        assert.is_truthy(param.type ~= "" and param.text ~= "", name .. ": " .. param.name)
      end
      assert.same(declared, described, name)
      for i, result in ipairs(entry.returns) do
        assert.is_truthy(result.type == "nil" or result.text ~= "" or i > 1 and result.name, name)
      end
    end
  end)

  it("says what it raises, if it takes options", function()
    local count = 0
    for name, entry in pairs(said.entries) do
      if (entry.parameters or ""):find "given" then
        count = count + 1
        assert.is_truthy(entry.text:find "Raises ", name)
      end
    end
    assert.is_true(count > 30)
  end)

  it("has fields that are described, each optional option with its default or what its absence means", function()
    local count = 0
    for name in pairs(said.reference.seen) do
      local is_options = name:match "[%l]+$"
      is_options = ({ options = true, block = true, filter = true, settings = true, identity = true })[is_options]
      for _, field in ipairs(said.types[name].fields) do
        assert.is_truthy(field.type ~= "" and field.text ~= "", name .. "." .. field.name)
        if is_options and field.optional then
          count = count + 1
          assert.is_truthy(field.text:find "default " or field.text:find "absent: ", name .. "." .. field.name)
        end
      end
    end
    assert.is_true(count > 100)
  end)
end)

-- A function that gives something says so: its last statement returns, or one of its conditions does.
local function gives_something(f)
  local info = debug.getinfo(f, "S")
  if info.what == "C" then return nil end
  local number = 0
  for line in io.lines(info.source:sub(2)) do
    number = number + 1
    local value = number > info.linedefined and number < info.lastlinedefined and line:match "^  %f[^ ][^-]*%f[%w]return%s+([%w{(\"]+)"
    if value and value ~= "end" then
      return true
    end
  end
  return false
end

local function assert_documented(name, value)
  local entry = assert(said.entries[name], name .. " has no entry")
  assert.equal(type(value) == "function" and "function" or "value", entry.kind, name)
  if type(value) == "function" and gives_something(value) then assert.is_true(#entry.returns > 0, name .. " has no @return") end
end

describe("the reference has", function()
  local listing = assert(io.popen "ls lua/rollcall/*.lua")
  local modules = {}
  for path in listing:lines() do
    local name = path:match "([%w_]+)%.lua$"
    if name ~= "main" and name ~= "init" then modules[#modules + 1] = name end
  end
  listing:close()

  for _, module in ipairs(modules) do
    it("all that rollcall." .. module .. " exports, and nothing else of it", function()
      local exported = {}
      for name, value in pairs(require("rollcall." .. module)) do
        exported[module .. "." .. name] = true
        assert_documented(module .. "." .. name, value)
      end
      for name in pairs(said.entries) do
        if name:find("^" .. module .. "%.") then assert.is_true(exported[name] or false, name) end
      end
    end)
  end

  it("all parts of rollcall", function()
    local parts = said.fields_of("rollcall")
    for _, module in ipairs(modules) do
      if module ~= "cli" then assert.is_truthy(parts[module], module) end
    end
    for name in pairs(parts) do assert.is_truthy(require "rollcall"[name], name) end
  end)

  it("all methods of the objects, and no others", function()
    local written = assert(snapshot.create(lab.folder .. "/reference.jsonl"))
    written:finish()
    local objects = {
      ["rollcall.smb.server"] = smb.server(lab.as_auditor { servername = lab.samba }),
      ["rollcall.workspace.client"] = cloud.client(),
      ["rollcall.snapshot"] = assert(snapshot.open(lab.folder .. "/reference.jsonl")),
      ["rollcall.snapshot.writer"] = written,
    }
    local private = { ["rollcall.snapshot:note"] = true }
    for _, class in ipairs { "rollcall.smb.server", "rollcall.workspace.client", "rollcall.snapshot", "rollcall.snapshot.writer" } do
      local object = assert(objects[class], class)
      local methods = {}
      for name, value in pairs(getmetatable(object).__index) do
        local full = class .. ":" .. name
        if not private[full] then
          assert_documented(full, value)
          methods[full] = true
        end
      end
      for name in pairs(said.entries) do
        if name:sub(1, #class + 1) == class .. ":" then assert.is_true(methods[name] or false, name) end
      end
      object:close()
    end
  end)
end)
