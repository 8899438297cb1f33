-- Nothing that is read or written depends on the locale that the host has set.
local lab = require "spec.lab"
local presence = require "rollcall.presence"
local report = require "rollcall.report"

local folder = lab.folder .. "/locales"
local before = os.setlocale()

---What an expression is in a process that sets a locale.
local function within(name, codeset, expression)
  -- The C library of this process reads LOCPATH of its environment, which only a new process can have.
  local program = ("package.path = %q package.cpath = %q assert(os.setlocale %q) io.write((%s))"):format(package.path, package.cpath,
    name .. "." .. codeset, expression)
  local script = folder .. "/program.lua"
  assert(io.open(script, "wb")):write(program):close()
  local output, ran, problem = lab.run(("LOCPATH=%s LUA_INIT_5_4= lua5.4 %s"):format(folder, script))
  assert.equal(0, ran, problem)
  return output
end

local locales = { { "tr_TR", "UTF-8" }, { "de_DE", "UTF-8" }, { "tr_TR", "ISO-8859-9" } }

describe("in any locale", function()
  setup(function()
    for _, locale in ipairs(locales) do
      local _, code, complaint = lab.run(("mkdir -p %s && localedef -i %s -f %s %s/%s.%s"):format(folder, locale[1], locale[2], folder,
        locale[1], locale[2]))
      assert.equal(0, code, complaint)
    end
  end)

  for _, locale in ipairs(locales) do
    local name, codeset = locale[1], locale[2]

    it("a user is the same user: " .. table.concat(locale, "."), function()
      assert.equal("irina", within(name, codeset, [==[require("rollcall.presence").user_of [[CORP\IRINA]]]==]))
      assert.equal("irina", presence.user_of [[CORP\IRINA]])
    end)

    it(("a snapshot is the same when the locale is set late: %s.%s"):format(name, codeset), function()
      local path = folder .. "/late.jsonl"
      local program = ([==[(function()
        local locale = os.setlocale()
        os.setlocale "C"
        local snapshot = require "rollcall.snapshot"
        assert(os.setlocale(locale))
        local writer = assert(snapshot.create(%q))
        writer:row("badge", { score = 0.5, big = 1e300, small = -1.25e-7, number = 123456789012345 })
        writer:finish()
        local _, row = assert(snapshot.open(%q)):next()
        os.setlocale "C"
        return table.concat({ row.score, row.big, row.small, row.number }, " ")
      end)()]==]):format(path, path)
      assert.equal("0.5 1e+300 -1.25e-07 123456789012345", within(name, codeset, program))
    end)

    it(("a check is the same, and a query that is signed: %s.%s"):format(name, codeset), function()
      local program = [==[(function()
        local policy = require "rollcall.policy"
        local its_policy = assert(policy.parse([[
          rule { id = "fields", message = "m", requires = { "ab", "a_b", "Ab", "b" }, check = function() return true end }
          rule { id = "group", message = "{account}", group_by = { "client" }, distinct = { "account" },
            check_group = function(group) return group.distinct.account < 2 end }
        ]], "p", { badge = true }))
        local accounts, at, parts = { "ab", "a_b", "Ab", "AB", "b" }, 0, {}
        local result = policy.evaluate(its_policy, { now = 1700000000, rows = function()
          at = at + 1
          if accounts[at] then return "badge", { account = accounts[at], client = "c" } end
        end })
        for _, one in ipairs(policy.formats) do policy.write(result, one, function(part) parts[#parts + 1] = part end) end
        parts[#parts + 1] = require("rollcall.workspace.listing").page_query({ a_b = "1", ab = "2", Ab = "3", aB = "4" }, 10, 0)
        return table.concat(parts)
      end)()]==]
      local expected = assert(load("return " .. program))()
      assert.truthy(expected:find("AB, Ab, a_b, ab, b", 1, true), expected)
      assert.equal(expected, within(name, codeset, program))
    end)

    for _, format in ipairs(report.formats) do
      it(("a report is the same, as %s: %s.%s"):format(format, name, codeset), function()
        local program = ([==[(function()
          local parts = {}
          local rows = {}
          for i, account in ipairs { "INGE", "inge", "a_b", "ab", "Ab", "\xc3\xa4b", "Zo\xc3\xab", "a-c", "\xff" } do
            rows[i] = { kind = "badge", account = account, score = i / 7, limit = i * 1e14, list = { 0.5, i }, idle = i * 100 }
          end
          require("rollcall.report").render {
            rows = rows, format = %q, %s now = 1700000000,
            write = function(part) parts[#parts + 1] = part end, totals = true,
            outcomes = { { source = "smb", target = "INGE", completeness = "partial", reason = "IIi" } },
          }
          return table.concat(parts)
        end)()]==]):format(format, report.counts_all[format] and ""
          or 'columns = { "user", "account", "idle", "score", "limit", "list" }, sort = "account",')
        local expected = assert(load("return " .. program))()
        assert.equal(expected, within(name, codeset, program))
      end)
    end
  end

  it("leaves the locale alone", function()
    assert.equal(before, os.setlocale())
  end)
end)
