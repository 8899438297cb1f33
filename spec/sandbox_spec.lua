-- The sandbox, and the C code under it that counts instructions and bytes.
local system = require "rollcall.system"
local sandbox = require "rollcall.internal.sandbox"

local function run(text, vocabulary)
  return sandbox.run(text, "x.lua", vocabulary or {})
end

describe("system.confine", function()
  -- What was large here would make the collector wait long, while other specs count what it frees.
  teardown(function() collectgarbage() end)

  it("leaves the collector at work", function()
    system.confine(1000000000, 1000000, function() local s = "x" while true do s = s .. s end end)
    assert.is_true(collectgarbage "isrunning")
    collectgarbage() -- the larger the heap, the later the next cycle
    local collected = 0
    for i = 1, 200000 do setmetatable({ ("x"):rep(1000) .. i }, { __gc = function() collected = collected + 1 end }) end
    assert.is_true(collected > 0)
  end)

  it("gives the results, or what was raised", function()
    assert.same({ true, 0, 1, nil, 3 }, { system.confine(1000, 100000, function(...) return ... end, 1, nil, 3) })
    local raised = {}
    local _, bytes, its_error = system.confine(1000, 100000, function() error(raised) end)
    assert.equal(raised, its_error)
    assert.equal("integer", math.type(bytes))
    assert.error(function() system.confine(0, 1, print) end)
    assert.error(function() system.confine(1, 1) end)
  end)

  it("stops what runs on, also in another confinement, and what grows", function()
    local function spin() while true do end end
    local ended, _, message = system.confine(100000, 1000000, spin)
    assert.is_false(ended)
    assert.is_truthy(message:find "too many instructions")
    ended = system.confine(100000, 1000000, function() return system.confine(1000000000, 1000000, spin) end)
    assert.is_true(ended)
    for _, grow in ipairs {
      function() local s = "x" while true do s = s .. s end end,
      function() return ("x"):rep(1e8) end,
      function() local t = {} for i = 1, 1e9 do t[i] = i end return t end,
    } do
      ended, _, message = system.confine(1000000000, 1000000, grow)
      assert.is_false(ended)
      assert.is_truthy(message:find "too much memory")
    end
  end)

  it("counts what is held, not what is thrown away", function()
    assert.is_true((system.confine(100000000, 1000000, function()
      for i = 1, 10000 do local _ = ("x"):rep(1000) .. i end
    end)))
  end)

  it("puts back the hook and the allocator that were there", function()
    local function hook() end
    debug.sethook(hook, "", 12345)
    system.confine(100000, 100000, function() while true do end end)
    local back, _, count = debug.gethook()
    debug.sethook()
    assert.same({ hook, 12345 }, { back, count })
    assert.equal(50000000, #("x"):rep(50000000))
  end)
end)

describe("system.flat_object", function()
  it("decodes what it says, and leaves the rest to others", function()
    assert.same({ a = 1, b = "x\"y\\z", c = true, d = false, e = -12 },
      system.flat_object [[ { "a": 1, "b":"x\"y\\z" , "c" :true,"d":false,"e":-12} ]])
    assert.equal("integer", math.type(system.flat_object('{"a": 999999999999999999}').a))
    for _, line in ipairs {
      "", "{", "{}", "[]", '{"a"}', '{"a":}', '{"a": 1', '{"a": 1,}', '{"a": 1} x', '{"a": 1.5}', '{"a": 1e5}', '{"a": 01}', '{"a": -}',
      '{"a": null}', '{"a": [1]}', '{"a": "\\n"}', '{"a": "\\u0041"}', '{"a": "x', '{"a": "x\\', '{"a": tru}', '{a: 1}', '{"a": "\1"}',
      '{"a": 9999999999999999999}', "{" .. ('"a": 1, '):rep(64) .. '"b": 2}',
    } do
      assert.is_nil(system.flat_object(line), line)
    end
  end)

  it("is not led astray by any cut or changed byte", function()
    local line = '{"kind": "connection", "username": "CORP\\\\x\\"", "id": 4294967295, "placeholder": true}'
    for i = 0, #line do
      assert.is_true(i == #line or system.flat_object(line:sub(1, i)) == nil)
      for byte = 0, 255, 5 do system.flat_object(line:sub(1, i) .. string.char(byte) .. line:sub(i + 2)) end
    end
  end)
end)

describe("the sandbox", function()
  for _, word in ipairs {
    "os", "io", "require", "load", "loadstring", "loadfile", "dofile", "debug", "package", "coroutine", "pcall", "xpcall", "setmetatable",
    "getmetatable", "rawset", "rawget", "collectgarbage", "print", "_G", "warn",
  } do
    it("has no " .. word, function()
      local ran, problem = run("local x = " .. word)
      assert.is_nil(ran)
      assert.is_truthy(problem:find(("x.lua:1: there is no '%s' here"):format(word), 1, true), problem)
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

  it("cannot change what the program has", function()
    local words = { host = function(text) return text:upper() end }
    assert.is_truthy(run([[
      string.upper = function() return "stolen" end
      table.insert, math.floor = nil, nil
      host = nil]], words))
    assert.same({ "X", 1 }, { ("x"):upper(), math.floor(1.5) })
    assert.is_truthy(words.host)
  end)

  it("refuses patterns that could run for ever, and no others", function()
    for _, code in ipairs {
      [[local _ = ("a"):rep(100000):find(".-b")]], [[local _ = string.match(("a"):rep(300), ".*.*.*.*x")]],
      [[for _ in string.gmatch(("a"):rep(10000), ".-.-.-b") do end]], [[local _ = ("a"):rep(200):gsub("a?a?a?a?a?a?a?a?a?a?a?a?a?a?a?a?a?a?a?a?a?a?a?a?x", "")]],
      [[local _ = ("a"):rep(400000):find(("a"):rep(200000) .. "b", 1, true)]], [[local _ = ("a"):rep(400000):find(("a"):rep(200000) .. "b")]],
      [[local _ = ("a"):rep(10000):match("a*" .. ("a"):rep(5000) .. "b")]],
    } do
      local ran, problem = run(code)
      assert.is_nil(ran, code)
      assert.is_truthy(problem:find("could take too long", 1, true), problem)
    end
    assert.is_truthy(run [[
      assert(("CORP\\alice"):match("^(.-)\\(.*)$") == "CORP")
      assert(("a.b.c"):find(".", 1, true) == 2)
      assert(("a"):rep(1000000):find(("a"):rep(1000), 1, true) == 1)
      assert(("x"):rep(1000):gsub("x+", "y") == "y")
      for word in ("one two three"):gmatch("%a+") do assert(#word > 2) end]])
  end)

  -- Calls a function that the sandbox declares, until it is stopped; how often, and why.
  local function calls_until_stopped(text, limit)
    local declared
    assert(run(text, { declare = function(f) declared = f end }))
    for i = 1, limit do
      local ended, problem = sandbox.call(declared, i)
      if not ended then return i, problem end
    end
    return limit
  end

  it("bounds the time of a call whose every instruction takes long", function()
    local began = os.time()
    local _, problem = calls_until_stopped("declare(function() for _ = 1, 1000000 do local _ = ('x'):rep(30000000) end end)", 1)
    assert.is_truthy(problem and problem:find("took too long", 1, true), problem)
    assert.is_true(os.time() - began < 20)
  end)

  it("bounds what calls keep from one to the next", function()
    for _, text in ipairs {
      "local kept = {} declare(function(i) kept[#kept + 1] = ('x'):rep(1000000) .. i return true end)",
      "kept = '' declare(function(i) kept = kept .. ('x'):rep(1000000) .. i return true end)",
      "local list declare(function(i) list = { list, ('x'):rep(1000000) .. i } return true end)",
      "local keys = {} declare(function(i) keys[('x'):rep(1000000) .. i] = i return true end)",
      "local f = function() end declare(function(i) local g, s = f, ('x'):rep(1000000) .. i f = function() return g, s end return true end)",
    } do
      collectgarbage()
      local before = collectgarbage "count"
      local calls, problem = calls_until_stopped(text, 5000)
      assert.is_truthy(problem and problem:find("keeps too much memory", 1, true), text)
      assert.is_true(calls > 30 and calls < 120, calls)
      collectgarbage()
      assert.is_true(collectgarbage "count" - before < 100 * 1024)
    end
    collectgarbage()
    local calls, problem = calls_until_stopped(
      "local last declare(function(i) last = ('x'):rep(100000) .. i return true end)", 1000)
    assert.is_nil(problem)
    assert.equal(1000, calls)
  end)

  it("counts what calls hand to the vocabulary, and nothing that the program has besides", function()
    local many = {}
    for i = 1, 800 do many[i] = ("x"):rep(100000) .. i end
    package.loaded["spec.heavy"] = many
    finally(function() package.loaded["spec.heavy"] = nil end)
    local handed, declared = {}, nil
    -- Like every function of the program, these lead to all its globals.
    local vocabulary = {
      declare = function(f) declared = assert(f) end,
      hand = function(value) table.insert(handed, value) end,
    }
    local function calls(text, limit)
      assert(run(text, vocabulary))
      for i = 1, limit do
        local ended, problem = sandbox.call(declared, i)
        if not ended then return i, problem end
      end
      return limit
    end
    local made, problem = calls("declare(function(i) return string.rep('x', 100000) .. i end)", 1000)
    assert.is_nil(problem)
    assert.equal(1000, made)
    made, problem = calls("declare(function(i) hand(string.rep('x', 1000000) .. i) end)", 1000)
    assert.is_truthy(problem and problem:find("keeps too much memory", 1, true), made)
    assert.is_true(made < 120, made)
  end)

  it("has the rest of Lua's library", function()
    assert.is_truthy(run [[
      local t = { 3, 1, 2 }
      table.sort(t)
      assert(table.concat(t, ",") == "1,2,3" and math.max(1, 2) == 2 and utf8.char(228) == "ä" and tostring(nil) == "nil")
      assert(select("#", table.unpack(t)) == 3 and string.format("%5.1f", 1) == "  1.0" and ("%d"):format(3) == "3")]])
  end)
end)
