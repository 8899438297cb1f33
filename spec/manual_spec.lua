-- The manual: pages made of what the program declares, as man and as `rollcall help` show them.
local cjson = require "cjson"
local lab = require "spec.lab"
local text_file = require "spec.lab.text_file"

local FOLDER = lab.folder .. "/manual"
local MAN = FOLDER .. "/man"

local content = text_file.content

local function lines_of(command)
  local lines = {}
  for line in lab.run(command):gmatch "[^\n]+" do lines[#lines + 1] = line end
  return lines
end

local function rollcall(arguments) return lab.run(lab.command .. " " .. arguments) end

---A page as somebody reads it, without formatting and in one line.
local function read(path)
  local text, code, complaint = lab.run(("LC_ALL=C.UTF-8 MANWIDTH=200 man -l %s | col -bx"):format(path))
  assert.equal(0, code, complaint)
  return (text:gsub("%s+", " "))
end

local function path_of(page, section) return ("%s/man%d/%s.%d"):format(MAN, section, page, section) end

---What `rollcall --help` lists as commands.
local function commands()
  local list = {}
  for name in rollcall("--help"):match("\nCommands:(.-)\n\n"):gmatch "\n   (%l+) " do list[#list + 1] = name end
  return list
end

describe("the manual pages", function()
  setup(function()
    local _, code, complaint = lab.run(("make --no-print-directory man MAN=%s"):format(MAN))
    assert.equal(0, code, complaint)
  end)

  it("are one for the command, one for each of its commands, and those of the file formats", function()
    local wanted = {
      "man1/rollcall.1", "man5/rollcall-fields.5", "man5/rollcall-inventory.5", "man5/rollcall-output.5", "man5/rollcall-policy.5",
    }
    assert.is_true(#commands() >= 13)
    for _, name in ipairs(commands()) do wanted[#wanted + 1] = ("man1/rollcall-%s.1"):format(name) end
    table.sort(wanted)
    assert.same(wanted, lines_of(("cd %s && ls -d man*/* | LC_ALL=C sort"):format(MAN)))
  end)

  it("have every argument and option that --help shows, with all that it says of them", function()
    for _, name in ipairs(commands()) do
      local help, page = rollcall(name .. " --help"), read(path_of("rollcall-" .. name, 1))
      local count = 0
      for label, words in (help .. "\n"):gmatch "\n   (%S[^\n]-)%s%s+(%S[^\n]*)" do
        count = count + 1
        -- An argument of which all values are listed is called by them in --help.
        local labels = { label }
        if label:find "^{" then
          labels = {}
          for value in label:gmatch "[^{},]+" do labels[#labels + 1] = value end
        end
        for _, one in ipairs(labels) do assert.is_truthy(page:find(one, 1, true), name .. ": " .. one) end
        words = words:gsub("%s*%(default.*$", "")
        assert.is_truthy(page:find(words, 1, true), name .. ": " .. words)
      end
      assert.is_true(count >= 2, name)
      for label, default in help:gmatch "\n   (%-[^\n]-)%s%s[^\n]-%(default: ([^)]+)%)" do
        assert.is_truthy(page:find("The default is " .. default .. ".", 1, true), name .. ": " .. label)
      end
      for line in help:gmatch "\n  (rollcall [^\n]+)" do assert.is_truthy(page:find(line:gsub("%s+", " "), 1, true), line) end
      for _, title in ipairs { "NAME", "SYNOPSIS", "DESCRIPTION", "OPTIONS", "EXIT STATUS", "SEE ALSO" } do
        assert.is_truthy(page:find(" " .. title .. " ", 1, true), name .. ": " .. title)
      end
    end
  end)

  it("lead to pages that there are", function()
    for _, path in ipairs(lines_of("find " .. MAN .. " -type f")) do
      local count = 0
      for name, section in read(path):gmatch "(rollcall[%l-]*)%((%d)%)" do
        count = count + 1
        content(path_of(name, math.tointeger(section)))
      end
      assert.is_true(count >= 1, path)
    end
  end)

  it("have no fault that man, groff or mandoc finds", function()
    for _, path in ipairs(lines_of("find " .. MAN .. " -type f")) do
      for _, check in ipairs {
        "LC_ALL=C.UTF-8 MANROFFSEQ= MANWIDTH=80 man --warnings -E UTF-8 -l -Tutf8 -Z %s 2>&1 > /dev/null",
        "groff -ww -man -Tutf8 %s 2>&1 > /dev/null", "mandoc -T lint -W warning %s 2>&1",
      } do
        assert.same({ "", 0, "" }, { lab.run(check:format(path)) }, path)
      end
    end
    local broken = MAN .. "/broken.1"
    assert(io.open(broken, "w")):write(".TH X 1 2026-11-21\n.SH NAME\nx \\- y\n.TPP\nz\n"):close()
    assert.not_equal(0, select(2, lab.run("mandoc -T lint -W warning " .. broken)))
    os.remove(broken)
  end)

  it("are the same bytes each time", function()
    lab.run(("make --no-print-directory man MAN=%s/again"):format(FOLDER))
    assert.same({ "", 0, "" }, { lab.run(("diff -r %s %s/again"):format(MAN, FOLDER)) })
  end)

  it("have every word of an inventory, and every field of its blocks", function()
    local page = read(path_of("rollcall-inventory", 5))
    local blocks, problem_of = require "rollcall.inventory.blocks", require("rollcall.inventory").parse
    local words = {}
    for _, wrong in ipairs { "smd", "workspac", "credentia", "snapsho", "row", "normalize_use", "utc_offse", "en", "fil", "comman" } do
      local _, problem = problem_of(wrong .. "{}", "x.lua")
      words[#words + 1] = problem:match "did you mean '([%w_]+)'"
    end
    assert.equal(10, #words)
    for _, word in ipairs(words) do assert.is_truthy(page:find("%f[%w_]" .. word .. "%f[^%w_]"), word) end
    for name, block in pairs(blocks) do
      for field in pairs(type(block) == "table" and block.fields or {}) do
        assert.is_truthy(page:find(" " .. field .. " (", 1, true), name .. "." .. field)
      end
    end
  end)

  it("have every field and builtin rule of a policy, and every kind with its fields", function()
    local page = read(path_of("rollcall-policy", 5))
    for _, of in ipairs { "fields", "waiver_fields" } do
      for field in pairs(require("rollcall.policy.rules")[of]) do assert.is_truthy(page:find(" " .. field .. " (", 1, true), field) end
    end
    for name, rule in pairs(require "rollcall.policy.builtin") do
      if type(rule) == "table" then
        local its = assert(page:match(" builtin%." .. name .. " (.*)"), name)
        for field in pairs(rule.specification) do assert.is_truthy(its:find(" " .. field .. " (", 1, true), name .. "." .. field) end
      end
    end
    local presence = require "rollcall.presence"
    for kind in pairs(presence.kinds()) do
      for field in pairs(presence.names(kind)) do assert.is_truthy(page:find("%f[%w_]" .. field .. "%f[^%w_]"), kind .. "." .. field) end
    end
  end)
end)

describe("the JSON Schemas", function()
  it("have the fields that are written, and no others", function()
    local definitions = cjson.decode(content "lua/rollcall/manual/rollcall-1.schema.json")["$defs"]
    local columns, json = require "rollcall.internal.columns", require "rollcall.internal.json_text"
    local function names(map)
      local list = {}
      for name in pairs(map) do list[#list + 1] = name end
      table.sort(list)
      return list
    end
    local function set(list)
      local map = {}
      for _, name in ipairs(list) do map[name] = true end
      return map
    end
    for kind, list in pairs(columns) do
      local wanted = set(json.names(list))
      if kind == "session" then wanted.origin, wanted.project_id = true, true end
      if kind == "who" then wanted.address = true end
      assert.same(names(wanted), names(definitions[kind].properties), kind)
    end
    assert.same(names(set(json.outcome_fields)), names(definitions.outcome.properties))
    assert.same(names(set(json.failure_fields)), names(definitions.failure.properties))
    assert.same(names(set(json.totals_fields)), names(definitions.totals.properties))
  end)
end)

describe("rollcall help", function()
  it("lists commands, file formats, guides and schemas", function()
    local output, code = rollcall "help"
    assert.equal(0, code)
    for _, name in ipairs(commands()) do assert.is_truthy(output:find("\n    " .. name .. " ", 1, true), name) end
    for _, name in ipairs { "inventory", "policy", "fields", "output", "rollcall-1.schema.json", "rollcall-snapshot-1.schema.json" } do
      assert.is_truthy(output:find("\n    " .. name .. " ", 1, true), name)
    end
    for _, path in ipairs(lines_of "ls lua/rollcall/manual/*.md") do
      local name = path:match "([^/]+)%.md$"
      assert.is_truthy(output:find("\n    " .. name .. " ", 1, true), name)
      local page, page_code = rollcall("help " .. name)
      assert.equal(0, page_code)
      assert.equal(content(path):match "^# ([^\n]+)", page:match "^[^\n]+")
    end
  end)

  it("shows what the manual page shows, in lines that fit", function()
    for topic, page in pairs { check = "rollcall-check(1)", ["rollcall-check"] = "rollcall-check(1)", policy = "rollcall-policy(5)",
      rollcall = "rollcall(1)" } do
      local output, code = rollcall("help " .. topic)
      assert.equal(0, code)
      local name, section = page:match "^(.-)%((%d)%)$"
      local words = read(path_of(name, math.tointeger(section))):gsub(" %u[%u%-]+%(%d%)", ""):gsub("[^%w]", "")
      for line in output:gmatch "[^\n]+" do
        if not line:find "^      " then assert.is_true(utf8.len(line) <= 80, line) end
        local plain = line:gsub("[^%w]", "")
        if line:find "^ " then assert.is_truthy(words:find(plain, 1, true), line) end
      end
    end
  end)

  it("prints a schema as it is", function()
    assert.equal(content "lua/rollcall/manual/rollcall-1.schema.json", (rollcall "help rollcall-1.schema.json"))
  end)

  it("names the topic that was probably meant", function()
    assert.same({ "", 3, "rollcall: there is no topic 'polcy'; did you mean 'policy'? 'rollcall help' lists them\n" },
      { rollcall "help polcy" })
  end)

  local function on_terminal(command)
    return (lab.run(("/usr/bin/python3 spec/lab/terminal.py %s"):format("'" .. command:gsub("'", "'\\''") .. "'")))
  end

  it("goes through the pager on a terminal, with its width, and nowhere else", function()
    local shown = on_terminal(("stty cols 50; PAGER='sed s/^/P:/' %s help watch"):format(lab.command))
    assert.is_truthy(shown:find("P:\27[1mName\27[22m", 1, true), shown)
    for line in shown:gmatch "P:([^\n\r]*)" do
      local plain = line:gsub("\27%[%d+m", "")
      if not plain:find "^      " then assert.is_true(utf8.len(plain) <= 50, plain) end
    end
    assert.is_nil((lab.run(("PAGER='sed s/^/P:/' %s help watch"):format(lab.command))):find("P:", 1, true))
  end)

  it("is printed where there is no such pager, or none is wanted", function()
    for _, pager in ipairs { "no-such-pager", "cat", "" } do
      local shown = on_terminal(("stty cols 80; PAGER=%s TERM=dumb %s help watch"):format(pager, lab.command))
      assert.is_truthy(shown:find "Name\r?\n    rollcall%-watch %- ", shown)
    end
  end)

  it("ends well where the pager is left before the end", function()
    local shown = on_terminal(("PAGER='head -n 1' %s help policy; echo code $?"):format(lab.command))
    assert.is_truthy(shown:find("code 0", 1, true), shown)
  end)
end)

describe("the Markdown of the manual", function()
  local markdown = require "rollcall.manual.markdown"
  local terminal = require "rollcall.manual.terminal"

  for source, wanted in pairs {
    ["a `b` **c** *d* [e](f.md) [g](https://h)"] = "    a b c d e g <https://h>\n",
    ["`` a`b `` and 2 * 3 * 4, snake_case, \\*x\\*"] = "    a`b and 2 * 3 * 4, snake_case, *x*\n",
    ["# A\n\nb\nc\n\n## D\ne"] = "A\n    b c\n\n D\n    e\n",
    ["- a\n  b\n- c\n\n      code\n- d"] = "    - a b\n    - c\n\n        code\n    - d\n",
    ["1. a\n2. b"] = "    1. a\n    2. b\n",
    ["```lua\nx = 1\n\n\ty\n```\nz"] = "      x = 1\n\n      \\x09y\n\n    z\n",
    ["| a | b |\n|---|---|\n| `c\\|d` | e |"] = "    a    b\n    ---  -\n    c|d  e\n",
    ["no\27[31m escape"] = "    no\\x1B[31m escape\n",
  } do
    it("is shown: " .. source:gsub("%c", " "), function()
      assert.equal(wanted, terminal(markdown.blocks(source), 40, false))
    end)
  end

  it("fits any width, with wide letters too", function()
    local source = "计划计划 计划计划 计划 ab\n\n| 计划计划计划 | b |\n|---|---|\n| some words that are long | and others that are |\n"
    local text = require "rollcall.internal.text"
    for width = 24, 60 do
      for line in terminal(markdown.blocks(source), width, false):gmatch "[^\n]+" do assert.is_true(text.width(line) <= width, line) end
    end
  end)
end)
