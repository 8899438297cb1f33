-- Patterns in the sandbox: what they find is what Lua's own find.
local sandbox = require "rollcall.internal.sandbox"

---A function that a text declares.
local function declared_by(text)
  local declared
  assert(sandbox.run(text, "x.lua", { declare = function(_, f) declared = f end }, "test files"))
  return declared
end

-- What each function of the library gives, as text.
local CALLS = [[
  local function shown(...)
    local list = { ... }
    for i = 1, select("#", ...) do list[i] = type(list[i]) .. ":" .. tostring(list[i]) end
    return table.concat(list, ",")
  end
  local calls = {
    find = function(text, pattern, init) return shown(string.find(text, pattern, init)) end,
    plain = function(text, pattern, init) return shown(string.find(text, pattern, init, true)) end,
    match = function(text, pattern, init) return shown(string.match(text, pattern, init)) end,
    gmatch = function(text, pattern, init)
      local lines = {}
      for one, two, three in string.gmatch(text, pattern, init) do lines[#lines + 1] = shown(one, two, three) end
      return table.concat(lines, "\n")
    end,
    whole = function(text, pattern) return shown(string.gsub(text, pattern, "<%0%%>")) end,
    captures = function(text, pattern, init) return shown(string.gsub(text, pattern, "%1%2", init)) end,
    asked = function(text, pattern, init)
      local seen = {}
      local function answer(...)
        seen[#seen + 1] = shown(...)
        if (...) == "a" then return "" elseif (...) == "b" then return false elseif (...) == "A" then return 1.5 end
      end
      return shown(string.gsub(text, pattern, answer, init)) .. table.concat(seen, "\n")
    end,
    looked_up = function(text, pattern) return shown(string.gsub(text, pattern, { "one", "two", a = 1, [""] = "-", b = false })) end,
  }
  return function(call, text, pattern, init) return calls[call](text, pattern, init) end]]
local NAMES = { "find", "plain", "match", "gmatch", "whole", "captures", "asked", "looked_up" }

local ours = declared_by("declare((function() " .. CALLS .. " end)())")
local theirs = assert(load(CALLS))()

---Whether a pattern is one, by the manual: read from left to right, without matching anything.
local function is_malformed(pattern)
  local at, captures, open, closed = 1, 0, {}, {}
  local function past(form)
    local after = pattern:match("^" .. form .. "()", at)
    at = after or at
    return after
  end
  local function past_set()
    if not past "%[%^?[^%%]" and not past "%[%^?%%." then return false end
    while not past "%]" do
      if not past "[^%%]" and not past "%%." then return false end
    end
    return true
  end
  past "%^"
  while at <= #pattern do
    if past "%(%)" or past "%(" then
      captures = captures + 1
      if captures > 32 then return true end
      if pattern:sub(at - 1, at - 1) == ")" then closed[captures] = true else open[#open + 1] = captures end
    elseif past "%)" then
      if #open == 0 then return true end
      closed[table.remove(open)] = true
    elseif past "%%b" then
      if not past ".." then return true end
    elseif past "%%f" then
      if not past_set() then return true end
    elseif past "%%%d" then
      if not closed[tonumber(pattern:sub(at - 1, at - 1))] then return true end
    elseif pattern:sub(at, at) == "[" then
      if not past_set() then return true end
    elseif not past "%%." and not past "[^%%]" then
      return true
    end
  end
  return #open > 0
end

---Compares all calls. What Lua refuses only where the matching gets there is refused at once.
local function compare(text, pattern, init)
  local malformed = is_malformed(pattern)
  for _, name in ipairs(NAMES) do
    local ended, expected = pcall(theirs, name, text, pattern, init)
    local same_end, found = pcall(ours, name, text, pattern, init)
    local case = ("%s(%q, %q, %d): %s, not %s"):format(name, text, pattern, init, found, expected)
    if same_end then
      if not ended or expected ~= found then error(case) end
    elseif ended and not (malformed and found:find("malformed pattern", 1, true)) then
      error(case)
    end
    if name == "match" and same_end == malformed then error(case) end
  end
end

local function one_of(list) return list[math.random(#list)] end

local CHARACTERS = { "a", "a", "b", "A", "B", "1", "2", " ", "_", "~", "\0", "\n", "\233" }
local ODD = { "(", ")", "[", "]", "-", "^", "$", "%", ".", "*", "?" }
local LETTERS = { "a", "c", "d", "g", "l", "p", "s", "u", "w", "x", "A", "C", "D", "G", "L", "P", "S", "U", "W", "X" }

local function any_character() return math.random(4) == 1 and one_of(ODD) or one_of(CHARACTERS) end

local function random_text(length)
  local list = {}
  for i = 1, math.random(0, length) do list[i] = any_character() end
  return table.concat(list)
end

local function random_set()
  local list = { "[", one_of { "", "", "^" }, one_of { "", "", "", "]", "-", "]-a", "--a" } }
  for _ = 1, math.random(3) do
    list[#list + 1] = one_of { one_of(CHARACTERS), "%" .. one_of(LETTERS), "%" .. one_of(ODD), one_of(CHARACTERS) .. "-" .. one_of(CHARACTERS), "." }
  end
  list[#list + 1] = one_of { "", "", "-" }
  return table.concat(list) .. "]"
end

local function random_class()
  return one_of { one_of(CHARACTERS), one_of(CHARACTERS), ".", "%" .. one_of(LETTERS), "%" .. one_of(ODD), random_set() }
end

---A pattern that is none by accident alone, and a text that it is likely to match in part.
local function random_pattern()
  local source, sample, captures, closed = {}, {}, 0, {}
  local function add(item, matched)
    source[#source + 1] = item
    sample[#sample + 1] = matched or ""
  end
  local function sequence(length, depth)
    for _ = 1, math.random(0, length) do
      local kind = math.random(14)
      if kind == 1 then
        add(one_of { "%b()", "%b[]", "%bab", "%baa" }, one_of { "(a)", "((b)a)", "[]", "a1b", "aab", "aa" })
      elseif kind == 2 then
        add("%f" .. random_set())
      elseif kind == 3 then
        captures = captures + 1
        closed[#closed + 1] = captures
        add "()"
      elseif kind <= 6 and depth < 3 then
        captures = captures + 1
        local capture = captures
        add "("
        if math.random(9) > 1 then add(one_of { "a", "%a", "." }, "a") end
        sequence(2, depth + 1)
        add ")"
        closed[#closed + 1] = capture
      elseif kind <= 8 and #closed > 0 then
        add("%" .. one_of(closed), "a")
      elseif kind == 9 then
        add(one_of { "*", "^", "$", "]", "-a", "?b" }, one_of { "*", "^", "$", "]", "-a", "?b" })
      else
        local class = random_class()
        add(class .. one_of { "", "", "*", "+", "-", "?" }, one_of { #class == 1 and class or "a", one_of(CHARACTERS), "" })
      end
    end
  end
  sequence(6, 1)
  return one_of { "", "", "", "^" } .. table.concat(source) .. one_of { "", "", "", "$" }, table.concat(sample)
end

local function random_source()
  local list = {}
  for i = 1, math.random(8) do list[i] = one_of { "(", ")", "[", "]", "%", "%", "^", "$", "-", "*", "a", "b", "f", "1", ".", "()" } end
  return table.concat(list)
end

describe("patterns in the sandbox", function()
  it("are those of Lua", function()
    local texts = { "", "a", "abc", "hello world", "key = value", "THE (quick) fox", "aaaa", "a.b.c", "x=1, y=2", "((a)(b))", "\0a\0b", "é~", "[]]^-" }
    local patterns = {
      "", "a", ".", ".-", ".*", "a*", "a+", "a-", "a?", "^a", "a$", "^", "$", "^$", "%a+", "%d", "%w*", "%s", "%S+", "%p", "%u", "%l+", "%x", "%c", "%g+", "%A",
      "(%a)(%a)", "()", "(a)(.*)", "(.-)%s*=%s*(.-)$", "%b()", "%f[%w]%w+", "%f[%a]", "%f[%z]", "%f[^%z]", "[abc]+", "[^abc]+", "[a-z]+", "[%w_]+", "[]]", "[^]]",
      "[a-]", "[%]]", "[]-]", "[%a-z]", "(a)%1", "(.)%1", "()%1", "%%", "%.", "a.c", "(()())", "[%a%d]-x", "\0", "^(a?)(b?)", "%z", "(h)(e)(l)(l)(o)", "o w", "b()",
      "%-", "**", "a**", "^*", "$$", "(^a)", "(a$)", "a^", "$a", "%b()*", "%f[a]?", "()*", "]", ")", "a)",
    }
    for _, text in ipairs(texts) do
      for _, pattern in ipairs(patterns) do
        for init = -3, 4 do compare(text, pattern, init) end
      end
    end
    for _, init in ipairs { math.mininteger, -100, 100, math.maxinteger } do compare("abc", "(%w)()", init) end
  end)

  it("are those of Lua, whatever they are", function()
    math.randomseed(20261121)
    for _ = 1, 4000 do
      local pattern, sample = random_pattern()
      compare(one_of { "", random_text(4) } .. sample .. random_text(6), pattern, math.random(-4, 6))
      compare(random_text(12), random_source(), math.random(-2, 3))
    end
  end)

  it("know each character of each class", function()
    local classes = { ".", "%z", "%Z", "[%a-]", "[^%s%p]", "[\0-\31\127-\255]", "[z-a]", "[^\0]", "[?-@]", "[\63-\64]", "[\64-\127]", "[\0-\255]" }
    for _, letter in ipairs(LETTERS) do classes[#classes + 1] = "%" .. letter end
    for _, class in ipairs(classes) do
      for code = 0, 255 do compare(string.char(code), class, 1) end
    end
  end)

  it("that are malformed are refused, and say where", function()
    for pattern, problem in pairs {
      ["%"] = "'%' without a character after it (character 1)", ["aa%"] = "'%' without a character after it (character 3)",
      ["a[b"] = "'[' without its ']' (character 2)", ["["] = "'[' without its ']' (character 1)", ["[^"] = "'[' without its ']' (character 1)",
      ["[%"] = "'[' without its ']' (character 1)", ["[]"] = "'[' without its ']' (character 1)", ["[a-"] = "'[' without its ']' (character 1)",
      ["(a"] = "'(' without its ')' (character 3)", ["(()"] = "'(' without its ')' (character 4)", ["(a))"] = "')' without its '(' (character 4)",
      ["%1"] = "a reference to a capture that is not closed before it (character 1)",
      ["(a)%2"] = "a reference to a capture that is not closed before it (character 4)",
      ["(a%1)"] = "a reference to a capture that is not closed before it (character 3)",
      ["(a)%0"] = "a reference to a capture that is not closed before it (character 4)",
      ["%b"] = "'%b' without two characters after it (character 1)", ["a%bx"] = "'%b' without two characters after it (character 2)",
      ["%f"] = "'%f' without a set after it (character 1)", ["%fa"] = "'%f' without a set after it (character 1)", ["%f[a"] = "'[' without its ']' (character 3)",
      [("()"):rep(33)] = "more than 32 captures (character 65)", [("("):rep(250)] = "more than 32 captures (character 33)",
    } do
      assert.is_false((pcall(string.match, "aaa", pattern)), pattern)
      assert.same({ false, "x.lua:1: malformed pattern: " .. problem },
        { pcall(declared_by("declare(function(pattern) local _ = string.find('aaa', pattern) end)"), pattern) })
    end
  end)

  it("refuse replacements that cannot be made", function()
    for replacement, problem in pairs {
      ["'%2'"] = "'%2' in the replacement: the pattern has no such capture", ["'%'"] = "'%' in the replacement must be followed by a digit or by '%'",
      ["'%x'"] = "'%' in the replacement must be followed by a digit or by '%'",
      ["{ a = {} }"] = "the replacement is a table, and must be a string, a number, false or nil",
      ["true"] = "bad argument #3 to 'gsub' (string, table or function expected, got boolean)",
    } do
      local call = ("string.gsub('a', 'a', %s)"):format(replacement)
      assert.is_false((pcall(assert(load(call)))), call)
      assert.same({ nil, "x.lua:1: " .. problem }, { sandbox.run("local _ = " .. call, "x.lua", {}, "test files") })
    end
  end)

  it("may be used while a replacement is asked for", function()
    assert.is_truthy(sandbox.run([[
      local function inner(c) return (c:gsub("(%w)", "<%1>")) end
      assert(("ab c"):gsub("(%w)", inner) == "<a><b> <c>")
      local pairs_of = {}
      for one in ("abc"):gmatch "(%w)" do for two in ("de"):gmatch "(%w)" do pairs_of[#pairs_of + 1] = one .. two end end
      assert(table.concat(pairs_of, " ") == "ad ae bd be cd ce")]], "x.lua", {}, "test files"))
  end)

  it("may be long", function()
    assert.is_truthy(sandbox.run([[
      assert(("a"):rep(3000):match("^" .. ("a?"):rep(3000) .. "$"))
      assert(("ab"):rep(20000):find(("%a."):rep(20000)) == 1)]], "x.lua", {}, "test files"))
  end)

  it("do not ask the locale", function()
    assert.is_truthy(sandbox.run([[assert(not ("\xE9"):find "%a" and ("\xE9"):find "%A" and ("I"):lower() == "i")]], "x.lua", {}, "test files"))
  end)
end)
