-- The sandbox: a Lua state of its own for what users declare.
local lab = require "spec.lab"
local platform = require "rollcall.internal.platform"
local sandbox = require "rollcall.internal.sandbox"
local system = require "rollcall.system"

local function run(text, vocabulary)
  return sandbox.run(text, "x.lua", vocabulary or {}, "test files")
end

---A function that a text declares.
local function declared_by(text)
  local declared
  assert(run(text, { declare = function(_, f) declared = f end }))
  return declared
end

---Calls a function until it is stopped; how often, and why.
local function calls_until_stopped(f, limit)
  for i = 1, limit do
    local ended, problem = pcall(f, i)
    if not ended then return i, problem end
  end
  return limit
end

---The seconds of processor time that a text takes, and what is wrong with it.
local function seconds_of(text)
  local before = os.clock()
  local ran, problem = run(text)
  return os.clock() - before, ran, problem
end

describe("system.flat_object_decoder", function()
  ---Decodes a line that stands between others.
  local function decoded(line, decode, given_back)
    local after, object, shape = (decode or system.flat_object_decoder())("{\n" .. line .. "\n}\n", 3, given_back)
    assert.equal(object and #line + 4, after)
    return object, shape
  end

  it("decodes what it says, and leaves the rest to others", function()
    assert.same({ a = 1, b = "x\"y\\z", c = true, d = false, e = -12 },
      (decoded [[ { "a": 1, "b":"x\"y\\z" , "c" :true,"d":false,"e":-12} ]]))
    assert.same({ ["\u{20ac}"] = "\u{10ffff}" }, (decoded '{"\u{20ac}": "\u{10ffff}"}'))
    assert.equal("integer", math.type(decoded('{"a": 999999999999999999}').a))
    for _, line in ipairs {
      "", "{", "{}", "[]", '{"a"}', '{"a":}', '{"a": 1', '{"a": 1,}', '{"a": 1} x', '{"a": 1.5}', '{"a": 1e5}', '{"a": 01}', '{"a": -}',
      '{"a": null}', '{"a": [1]}', '{"a": "\\n"}', '{"a": "\\u0041"}', '{"a": "x', '{"a": "x\\', '{"a": tru}', '{a: 1}', '{"a": "\1"}',
      '{"a": 9999999999999999999}', "{" .. ('"a": 1, '):rep(64) .. '"b": 2}',
      '{"a": "\xff"}', '{"\xc3": 1}', '{"a": "\xed\xa0\x80"}', '{"a": "\xf4\x90\x80\x80"}', '{"a": "\xc0\x80"}',
    } do
      assert.is_nil(decoded(line), line)
    end
  end)

  it("takes one whole line, at a position of the text", function()
    local decode = system.flat_object_decoder()
    assert.is_nil(decode('{"a": 1}', 1))
    assert.is_nil(decode('{"a": 1}\n', 10))
    assert.is_nil(decode('{"a":\n1}\n', 1))
    assert.equal(10, (decode('{"a": 1}\n{"b": 2}\n', 1)))
    assert.same({ b = 2 }, select(2, decode('{"a": 1}\n{"b": 2}\n', 10)))
    for _, position in ipairs { 0, -1, 11, math.maxinteger, math.mininteger } do
      assert.error_matches(function() decode('{"a": 1}\n', position) end, "out of the text")
    end
  end)

  it("numbers the names and types of a line", function()
    local decode = system.flat_object_decoder()
    local function shape(line) return select(2, decoded(line, decode)) end
    local first = shape '{"a": 1, "b": "x"}'
    assert.equal(first, shape '{"a": 22, "b": "y"}')
    assert.is_nil(shape '{"a": 1, "b": null}')
    assert.equal(first, shape '{"a":3,"b":""}')
    local seen = { [first] = true }
    for _, line in ipairs {
      '{"b": "x", "a": 1}', '{"b": "x", "a": true}', '{"b": "x"}', '{"b": "x", "a": true}', '{"b": 1, "a": "x"}', '{"b": 1, "c": "x"}',
      '{"bc": 1, "": "x"}', '{"b\\\\": 1, "": "x"}', '{"b\\\\": 1, "": "x"}', '{"a": 1, "b": "x"}',
    } do
      local number = shape(line)
      assert.is_nil(seen[number], line)
      seen[number] = true
    end
  end)

  it("decodes lines of many shapes as if each were the first", function()
    local decode = system.flat_object_decoder()
    local names, values = { '"a"', '"bb"', '"c\\\\"', '""' }, { "1", "-2", '"x"', '"y\\""', "true" }
    local number, given_back = 7, nil
    local function choice(list)
      number = number * 75 % 65537
      return list[number % #list + 1]
    end
    for _ = 1, 3000 do
      local members = {}
      for i = 1, number % 5 + 1 do members[i] = choice(names) .. ":" .. choice(values) end
      local line = "{" .. table.concat(members, ",") .. "}"
      given_back = decoded(line, decode, given_back)
      assert.same(decoded(line), given_back)
    end
  end)

  it("uses the table of the line before again, if that is given back and has the same names", function()
    local decode = system.flat_object_decoder()
    local function object(line, given_back) return (decoded(line, decode, given_back)) end
    local first = object '{"a": 1, "b": "x"}'
    assert.is_true(rawequal(first, object('{"a": true, "b": "y"}', first)))
    assert.same({ a = true, b = "y" }, first)
    local kept = object '{"a": 2, "b": "z"}'
    assert.is_false(rawequal(first, kept))
    for _, line in ipairs { '{"a": 3, "b": "x"}', '{"b": 3, "a": "x"}', '{"b": 3}', '{"b": 3, "a": "x"}', '{"b": 3, "a\\\\": 1}', '{"b": 3, "a\\\\": 2}' } do
      local other = object(line, first) -- which is not of the line before
      assert.is_false(rawequal(first, other))
      assert.same(decoded(line), other)
      first = line:find '"z"' and first or other
    end
    assert.same({ a = 2, b = "z" }, kept)
    local last = object '{"a": 1}'
    assert.is_nil(object '{"a": null}')
    local foreign = { a = 5 }
    assert.is_false(rawequal(foreign, object('{"a": 2}', foreign)))
    assert.same({ 5, 1 }, { foreign.a, last.a })
  end)

  it("is not led astray by a name with what ends one", function()
    local decode = system.flat_object_decoder()
    for _, line in ipairs { '{"c\\\\": 1}', '{"c\\": 1}', '{"c\\\\": 1}', '{"c": 1}', '{"c\\"": 1}', '{"c": 1}', '{"c" 1}', '{"cc": 1}', '{"c', '{"c"', '{"c": 1}' } do
      local object = decoded(line, decode)
      assert.same(decoded(line), object)
    end
  end)

  it("is not led astray by any cut or changed byte", function()
    local line = '{"kind": "connection", "username": "CORP\\\\x\\"", "id": 4294967295, "placeholder": true}'
    local decode = system.flat_object_decoder()
    for i = 0, #line do
      assert.is_true(i == #line or decoded(line:sub(1, i)) == nil)
      for byte = 0, 255, 5 do decode(line:sub(1, i) .. string.char(byte) .. line:sub(i + 2) .. "\n", 1) end
    end
  end)
end)

describe("the sandbox", function()
  for _, word in ipairs {
    "os", "io", "require", "load", "loadstring", "loadfile", "dofile", "debug", "package", "coroutine", "pcall", "xpcall", "setmetatable",
    "getmetatable", "rawset", "rawget", "rawequal", "collectgarbage", "print", "_G", "warn",
  } do
    it("has no " .. word, function()
      local ran, problem = run("local x = " .. word)
      assert.is_nil(ran)
      assert.equal(("x.lua:1: '%s' is not available in test files"):format(word), problem)
    end)
  end

  it("has no string.dump, string.pack, table.move, math.random", function()
    for _, word in ipairs { "string.dump", "string.pack", "string.unpack", "table.move", "math.random", "math.randomseed" } do
      assert.is_truthy(run(("assert(%s == nil)"):format(word)))
    end
    assert.is_nil((run [[return ("x").dump(function() end)]]))
  end)

  it("runs no bytecode", function()
    assert.is_nil((run(string.dump(function() end))))
  end)

  it("has the rest of Lua's library", function()
    assert.is_truthy(run [[
      local t = { 3, 1, 2 }
      table.sort(t)
      assert(table.concat(t, ",") == "1,2,3" and math.max(1, 2) == 2 and utf8.char(228) == "ä" and tostring(nil) == "nil")
      assert(select("#", table.unpack(t)) == 3 and string.format("%5.1f", 1) == "  1.0" and ("%d"):format(3) == "3")
      table.insert(t, 4) table.insert(t, 1, 0)
      assert(table.concat(t, ",") == "0,1,2,3,4" and table.remove(t) == 4 and table.remove(t, 1) == 0 and table.concat(t, ",") == "1,2,3")
      assert(table.remove({}) == nil and table.remove({}, 0) == nil)
      assert(("ab"):rep(3, "-") == "ab-ab-ab" and ("x"):rep(0) == "" and ("x"):rep(-1) == "" and ("ÄaZ"):lower() == "Äaz" and ("äaz"):upper() == "äAZ")]])
  end)

  it("shows no address of anything in memory", function()
    assert.is_truthy(run [[assert(tostring {} == "table" and tostring(print1) == "nil" and tostring(tostring) == "function")]] == nil)
    assert.is_truthy(run [[assert(tostring {} == "table" and tostring(tostring) == "function")]])
  end)
end)

describe("a call into the sandbox", function()
  -- What was large here would make the collector wait long, while other specs count what it frees.
  teardown(function() collectgarbage() end)

  for name, text in pairs {
    ["repeats nothing very often"] = [[local _ = string.rep("", 1 << 62) error "took too little to be stopped"]],
    ["matches a number that is taken for text"] = [[string.find(12345678901234567, (".-"):rep(30) .. "x")]],
    ["inserts before a border that is far away"] = [[local t = {} for i = 0, 62 do t[1 << i] = 1 end for i = 1, 8 do t[i] = 1 end table.insert(t, 1, 1) assert(#t < 100)]],
    ["removes before a border that is far away"] = [[local t = {} for i = 0, 62 do t[1 << i] = 1 end for i = 1, 8 do t[i] = 1 end table.remove(t, 1) assert(#t < 100)]],
    ["goes through a text with ^ in gmatch"] = [[for _ in ("^"):rep(200000):gmatch "^.-b" do end]],
    ["compares what it has captured"] = [[string.find(("a"):rep(14000), "(a*)%1%1%1%1%1%1%1%1b")]],
    ["tries many lengths"] = [[string.match(("a"):rep(300), ".*.*.*.*x")]],
    ["leaves out many parts"] = [[local _ = ("a"):rep(200):gsub(("a?"):rep(24) .. "x", "")]],
    ["compares long texts at many places"] = [[local _ = ("a"):rep(400000):find(("a"):rep(200000) .. "b", 1, true)]],
    ["reads a long set again and again"] = [[local set = "[" .. ("b"):rep(100000) .. "]" for _ = 1, 1000000 do local _ = ("a"):find(set) end]],
    ["replaces within replacements"] = [[local function f(text) return (text:gsub(".", f)) end f "a"]],
    ["balances"] = [[local _ = ("("):rep(100000):find "%b()"]],
    ["makes large texts again and again"] = "for _ = 1, 1000000 do local _ = ('x'):rep(30000000) end",
    ["loops"] = "while true do end",
    ["grows a text"] = "local s = 'x' while true do s = s .. s end",
    ["grows a table"] = "local t = {} while true do t[#t + 1] = {} end",
    ["makes one large text"] = "return ('x'):rep(1e8)",
    ["calls itself"] = "local function f() return f() + 1 end f()",
    ["looks for the next of what was emptied"] = "local t = {} for i = 1, 1000000 do t[i] = i end for i = 1, 1000000 do t[i] = nil end for _ = 1, 1e9 do next(t) end",
    ["sorts by an order that is none"] = "local t = {} for i = 1, 2000000 do t[i] = i % 7 end table.sort(t, function(a, b) return a * 7 % 5 < b end)",
  } do
    it("is bounded where it " .. name, function()
      local seconds, ran, problem = seconds_of(text)
      assert.is_nil(ran)
      assert.is_truthy(problem:find("took too", 1, true) or problem:find("stack overflow", 1, true), problem)
      assert.is_true(seconds < 8, problem)
    end)
  end

  it("says where it was stopped", function()
    assert.equal("x.lua:2: took too many instructions, and was stopped", select(2, run "\nwhile true do end"))
    assert.equal("x.lua:2: took too many instructions, and was stopped", select(2, run "\nlocal _ = ('a'):rep(300):match '.*.*.*.*x'"))
    assert.matches("took too much memory", select(2, run "local s = 'x' while true do s = s .. s end"))
    assert.equal("x.lua:1: boom", select(2, run "error 'boom'"))
    assert.equal("x.lua: raised an error that is not text", select(2, run "error {}"))
  end)

  it("takes what it may take again at each call, and no more memory in all", function()
    for _, text in ipairs {
      "local kept = {} declare(function(i) kept[#kept + 1] = ('x'):rep(1000000) .. i return true end)",
      "kept = '' declare(function(i) kept = kept .. ('x'):rep(1000000) .. i return true end)",
      "local list declare(function(i) list = { list, ('x'):rep(1000000) .. i } return true end)",
      "local keys = {} declare(function(i) keys[('x'):rep(1000000) .. i] = i return true end)",
      "local f = function() end declare(function(i) local g, s = f, ('x'):rep(1000000) .. i f = function() return g, s end return true end)",
    } do
      local calls, problem = calls_until_stopped(declared_by(text), 5000)
      assert.is_truthy(problem and problem:find("too much memory", 1, true), text)
      assert.is_true(calls > 15 and calls < 80, calls)
    end
    local calls, problem = calls_until_stopped(declared_by "local last declare(function(i) last = ('x'):rep(100000) .. i return true end)", 1000)
    assert.is_nil(problem)
    assert.equal(1000, calls)
    calls, problem = calls_until_stopped(declared_by "declare(function() for i = 1, 2000000 do end return true end)", 50)
    assert.is_nil(problem)
    assert.equal(50, calls)
  end)

  it("hands the vocabulary no more than it may", function()
    for _, text in ipairs {
      "for i = 1, 1000 do hand(string.rep('x', 1000000) .. i) end", "local t = { 1 } for i = 1, 14 do t = { t, t, t, t } end hand(t)",
      "local t = {} t[1] = t hand(t)", "local t = {} for i = 1, 100 do t = { t } end hand(t)",
    } do
      local ran, problem = run(text, { hand = function() end })
      assert.is_nil(ran, text)
      assert.is_string(problem)
    end
  end)
end)

describe("what crosses between a program and the sandbox", function()
  it("is copied", function()
    local handed
    assert(run([[hand { 1, 2.5, "x", true, list = { { a = 1 } } }]], { hand = function(_, value) handed = value end }))
    assert.same({ 1, 2.5, "x", true, list = { { a = 1 } } }, handed)
    assert.equal("integer", math.type(handed[1]))
    local give = declared_by "declare(function(...) return ..., { 1, { x = 'y' } }, nil, 3 end)"
    assert.same({ 7, { 1, { x = "y" } }, nil, 3 }, { give(7) })
  end)

  it("is given tables whose metatables are a host's own", function()
    local f = declared_by "declare(function(row) return row.list.x, row.list.y end)"
    for _, fields in ipairs { { 1, 2, 3 }, 7, true, function() end } do
      assert.same({ 5 }, { f { list = setmetatable({ x = 5 }, { fields = fields }) } })
    end
  end)

  it("is read, and not changed, where it is a table of the program", function()
    local row = setmetatable({ user = "x", list = { "a", "b" } }, { __index = function(_, name) if name == "bad" then error("no " .. name, 0) end end })
    local function says(code) return select(2, pcall(declared_by(("declare(function(p) %s end)"):format(code)), row)) end
    assert.equal("xab", says "return p.user .. p.list[1] .. p.list[2]")
    assert.equal("x.lua:1: a row or a group cannot be changed", says "p.user = 'y'")
    assert.equal("x.lua:1: no bad", says "return p.bad")
    says "p.list[1] = 'changed'"
    assert.same({ "a", "b" }, row.list)
    assert.equal("x", row.user)
    assert.is_nil(says "return p.missing")
  end)

  it("is no function of the program, whatever a table of it has", function()
    local called = false
    local row = { settings = { user_of = function() called = true end }, f = function() called = true end }
    local reach = declared_by "declare(function(p) return tostring(p.f) .. tostring(p.settings.user_of) .. type(p.settings) end)"
    assert.equal("nilniltable", reach(row))
    assert.is_false((pcall(declared_by "declare(function(p) p.settings.user_of() end)", row)))
    declared_by "declare(function(p) p.settings.user_of = function() end end)"(row)
    row.settings.user_of()
    assert.is_true(called)
  end)

  it("is gone when the call is over", function()
    local keep = declared_by "local kept declare(function(p) local user = kept and kept.user kept = p return user end)"
    keep { user = "a" }
    local ended, problem = pcall(keep, { user = "b" })
    assert.is_false(ended)
    assert.matches("only while its function is called", problem, 1, true)
  end)

  it("has a place where it is a statement", function()
    local lines = {}
    assert(run("\nsay 'a'\nlocal function f() say 'b' end\n\nf()", { say = function(line, what) lines[what] = line end }))
    assert.same({ a = 2, b = 3 }, lines)
    local late
    assert(run("declare(function() say 'late' end)", { declare = function(_, f) late = f end, say = function() end }))
    assert.matches("'say' can be used only while the file is read", select(2, pcall(late)), 1, true)
  end)

  it("comes back as what it was, where the program gave it", function()
    local given, back = { secret = true }, nil
    assert(run("local g = give() assert(g.secret) take { inside = g }", { give = function() return given end, take = function(_, t) back = t end }))
    assert.equal(given, back.inside)
    assert.matches("cannot be changed", select(2, run("give().secret = false", { give = function() return given end })), 1, true)
  end)

  it("leaves the program as it was", function()
    assert(run [[
      string.upper = function() return "stolen" end
      table.insert, math.floor = nil, nil
      host = nil]])
    assert.same({ "X", 1, "xx" }, { ("x"):upper(), math.floor(1.5), ("x"):rep(2) })
    assert.equal(string, getmetatable("").__index)
    assert.is_nil((debug.gethook()))
    local hook = function() end
    debug.sethook(hook, "", 12345)
    run "while true do end"
    local back, _, count = debug.gethook()
    debug.sethook()
    assert.same({ hook, 12345 }, { back, count })
  end)

  it("goes with the last function of it", function()
    local f = declared_by "local s = ('x'):rep(20000000) .. 1 declare(function() return #s end)"
    assert.equal(20000001, f())
    local collected = setmetatable({ f }, { __mode = "v" })
    f = nil -- luacheck: ignore
    collectgarbage()
    collectgarbage()
    assert.is_nil(collected[1])
  end)
end)

describe("the last resort", function()
  it("ends the program, and names the function", function()
    local script = lab.folder .. "/stuck.lua"
    local file = assert(io.open(script, "w"))
    -- A word of the program's own that never returns: nothing in the sandbox is like that.
    file:write [[
      local sandbox, system = require "rollcall.internal.sandbox", require "rollcall.system"
      system.end_stuck_calls(1)
      local f
      sandbox.run("declare(function(p) return p.x end)", "policies.lua", { declare = function(_, g) f = g end }, "policy files")
      sandbox.name(f, "check of rule 'stuck'")
      for i = 1, 1000000 do f {} end
      local stop = os.clock() + 1.5
      while os.clock() < stop do end
      io.write "alive\n"
      io.flush()
      f(setmetatable({}, { __index = function() while true do end end }))]]
    file:close()
    local lua = platform.is_windows and "wine build/windows/bin/lua.exe" or os.getenv "LUA" or "lua5.4"
    local output, code, complaint = lab.run(("timeout 60 %s %s"):format(lua, script))
    assert.equal("alive", output:match "%a+", complaint)
    assert.equal(3, code)
    assert.equal("rollcall: check of rule 'stuck' (policies.lua:1): could not be stopped, so the program ends\n", complaint)
  end)

  it("does not interrupt a wait", function()
    system.end_stuck_calls(3600)
    local began = os.time()
    assert.is_true(system.sleep(2))
    assert.is_true(os.time() - began >= 1)
  end)
end)
