local case = require "rollcall.internal.case"
local lab = require "spec.lab"

describe("case.lower", function()
  it("knows the letters that servers know", function()
    for text, lowered in pairs {
      ["ZOË"] = "zoë", ["ИВАН"] = "иван", ["ΣΊΣΥΦΟΣ"] = "σίσυφοσ", ["ςσ"] = "σσ", ["ȘTEFAN"] = "ștefan", ["Ａ"] = "ａ",
      ["I"] = "i", ["İ"] = "İ", ["ı"] = "ı", ["ß"] = "ß", ["张三 💻"] = "张三 💻", [""] = "", ["\xff\xc3"] = "\xff\xc3",
    } do
      assert.equal(lowered, case.lower(text))
    end
  end)

  it("takes every two letters for the same that Samba takes for the same", function()
    local output, code, complaint = lab.run([[/usr/bin/python3 -c '
import functools, samba
letters = [chr(c) for c in range(0x21, 0x10000) if not 0xD800 <= c < 0xE000]
letters.sort(key=functools.cmp_to_key(samba.strcasecmp_m))
for one, other in zip(letters, letters[1:]):
    if samba.strcasecmp_m(one, other) == 0:
        print(one, other)
']])
    assert.equal(0, code, complaint)
    local pairs_seen = 0
    for one, other in output:gmatch("(%S+) (%S+)\n") do
      pairs_seen = pairs_seen + 1
      assert.equal(case.lower(one), case.lower(other))
    end
    assert.is_true(pairs_seen > 600)
  end)

  it("takes no two for the same that Unicode has apart", function()
    local output = lab.run([[/usr/bin/python3 -c '
for c in range(0x21, 0x10000):
    if not 0xD800 <= c < 0xE000:
        print(chr(c), chr(c).casefold())
']])
    local folded_of = {}
    for letter, folded in output:gmatch("(%S+) (%S+)\n") do
      local lowered = case.lower(letter)
      assert.equal(folded_of[lowered] or folded, folded)
      folded_of[lowered] = folded
    end
    assert.equal("k", folded_of.k)
  end)

  it("does not ask the locale", function()
    local output = lab.run("locale -a")
    for locale in output:gmatch("[^\n]+") do
      assert.is_truthy(os.setlocale(locale))
      local lowered = case.lower("IRINA Ï")
      os.setlocale("C")
      assert.equal("irina ï", lowered)
    end
  end)
end)
