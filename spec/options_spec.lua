local core = require "rollcall.smb.core"
local smb = require "rollcall.smb"
local versions = require "rollcall.internal.lua_versions"

local good = { servername = "fs1", qualifier = "projects", username = "u", password = "p" }

local function with(name, value)
  local options = {}
  for key, given in pairs(good) do options[key] = given end
  options[name] = value
  return options
end

describe("a wrong option raises at once and is named", function()
  local wrong = {
    { "servername", "" }, { "servername", "two words" }, { "servername", "fs1:0" }, { "servername", "fs1:70000" },
    { "servername", 7 }, { "servername", "a/b" }, { "servername", "fs1\0" },
    { "qualifier", "" }, { "qualifier", "\\\\" }, { "qualifier", 1 }, { "qualifier", "\xff" },
    { "qualifier", ("x"):rep(1025) },
    { "filter", {} }, { "hidden", 1 }, { "on_target", "print" }, { "level", "richest" },
    { "level", 2 }, { "level", -1 }, { "level", "one" }, { "level", 0.5 },
    { "prefmaxlen", 0 }, { "prefmaxlen", 2 ^ 32 }, { "resume_handle", -1 }, { "resume_handle", {} },
    { "username", "" }, { "username", ("u"):rep(257) }, { "password", 7 }, { "password", "a\0b" },
    { "nt_hash", "abc" }, { "nt_hash", ("z"):rep(32) }, { "domain", false },
    { "kerberos", "yes" }, { "encrypt", 1 }, { "port", 0 }, { "port", 65536 }, { "port", "http" },
    { "timeout", 0 }, { "timeout", -1 }, { "timeout", 0 / 0 }, { "timeout", 1e9 }, { "timeout", "5" },
    { "concurrency", 0 }, { "concurrency", 5000 }, { "on_error", "print" }, { "levl", 1 },
  }
  for _, pair in ipairs(wrong) do
    it(("%s = %q"):format(pair[1], tostring(pair[2])), function()
      local ok, message = pcall(smb.connections, with(pair[1], pair[2]))
      assert.is_false(ok)
      assert.is_truthy(message:find(pair[1], 1, true), message)
      assert.is_truthy(message:find("smb.connections", 1, true), message)
    end)
  end

  it("at the caller's line", function()
    local ok, message = pcall(function()
      local step = smb.connections(with("level", 9))
      return step
    end)
    assert.is_false(ok)
    assert.is_truthy(message:find("^[^:]*options_spec.lua:%d+: smb.connections: level must be"), message)
  end)

  it("with no line of rollcall's own source, nor the address of a table", function()
    local function refused(options)
      local ok, message = pcall(function()
        local step, state = smb.sessions(options)
        return step(state)
      end)
      assert.is_false(ok)
      assert.is_nil(message:find("rollcall/", 1, true), message)
      assert.is_nil(message:find("table: 0x", 1, true), message)
      return message
    end
    local filter = { username = "u", password = "p", servername = "fs1", filter = { user = "x" } }
    assert.matches("^[^:]*options_spec.lua:%d+: smb.sessions: filter is wrong: unknown option 'user'", refused(filter))
    assert.matches("^[^:]*options_spec.lua:%d+: smb.sessions: servername must be the name or address of a server, not \"two words\"$",
      refused { username = "u", password = "p", servername = "two words" })
    assert.equal("smb.sessions: servername must be the name or address of a server, not \"two words\"",
      refused { username = "u", password = "p", servername = { servername = "two words" } })
    assert.matches("unknown option 'pasword'; did you mean 'password'?", refused { pasword = "p" }, 1, true)
  end)

  it("are always reported by the same one, where several are wrong", function()
    local given = {}
    for name in ("zebra yak xerus wolf vole urial tapir seal rat quail pig ox newt mole lynx kiwi jay ibis hare gnu"):gmatch "%a+" do
      given[name] = 1
    end
    for _ = 1, 20 do
      local again = {}
      for name in pairs(given) do again[name .. "s"] = 1 end
      local _, message = pcall(smb.sessions, again)
      assert.matches("unknown option 'gnus'", message, 1, true)
    end
  end)

  it("without showing a secret", function()
    local _, message = pcall(smb.connections, with("password", "tell\0nobody"))
    assert.is_nil(message:find("nobody", 1, true))
    local _, hash_message = pcall(smb.connections, with("nt_hash", "telltale"))
    assert.is_nil(hash_message:find("telltale", 1, true))
  end)

  it("when one is missing", function()
    assert.has_error(function() smb.connection_page { servername = "x", username = "u", password = "p" } end)
    assert.has_error(function() smb.connections(with("password", nil)) end)
    assert.has_error(function() smb.connections(with("username", nil)) end)
    assert.has_error(function() smb.connections() end)
    assert.has_error(function() smb.connections "fs1" end)
  end)

  it("when two exclude each other", function()
    local hash = ("0"):rep(32)
    assert.has_error(function() smb.connections(with("nt_hash", hash)) end)
    local both = with("password", nil)
    both.nt_hash, both.kerberos = hash, true
    assert.has_error(function() smb.connections(both) end)
  end)

  it("also inside a list of servers, when its turn comes", function()
    local options = with("servername", { { servername = "127.0.0.1", prt = 1 } })
    local step, state = smb.connections(options)
    local ok, message = pcall(step, state)
    assert.is_false(ok)
    assert.is_truthy(message:find("prt", 1, true), message)
  end)
end)

describe("rollcall.core guards itself", function()
  it("against a call, a level or a target that is none", function()
    local function enumerate(query)
      local step, state = versions.resumable(core.enumerate {
        next_target = function() return { servername = "x", query = query } end,
      })
      return step(state)
    end
    assert.has_error(function() core.enumerate() end)
    assert.has_error(function() core.enumerate { concurrency = 0 } end)
    assert.has_error(function() core.enumerate { concurrency = 5000 } end)
    for _, query in ipairs {
      { call = "doors", level = 1, prefmaxlen = 1, resume_handle = 0 },
      { call = "connections", level = 9, prefmaxlen = 1, resume_handle = 0 },
      { call = "connections", level = 1, prefmaxlen = -1, resume_handle = 0 },
      { call = "connections", level = 1, prefmaxlen = 1 },
      { call = "connections", level = 1, prefmaxlen = 1, resume_handle = 0 }, -- no host
    } do
      assert.has_error(function() enumerate(query) end)
    end
    assert.has_error(function() core.server {} end)
    assert.has_error(function() core.server(nil) end)
    local step, state = versions.resumable(core.enumerate { next_target = function() return 7 end })
    assert.has_error(function() step(state) end)
    assert.has_error(function() step(io.stdout) end)
    state:close()
  end)
end)
