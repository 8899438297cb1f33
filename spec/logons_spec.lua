-- Who is logged on: NetWkstaUserEnum, over a pipe of its own. Samba, which knows only of logons at its own console, answers
-- with nobody; a mock server has people.
local cjson = require "cjson"

local core = require "rollcall.smb.core"
local lab = require "spec.lab"
local proxy = require "spec.lab.proxy"
local smb = require "rollcall.smb"

local function rows_of(options)
  local rows, outcome = {}, nil
  options.on_target = function(its_outcome) outcome = its_outcome end
  for row in smb.logons(lab.as_auditor(options)) do rows[#rows + 1] = row end
  return rows, outcome
end

local function only_fields(row, level)
  local result = {}
  for _, its_level in ipairs(core.calls().logons.levels) do
    if its_level.level == level then
      for _, field in ipairs(its_level.fields) do result[field.name] = row[field.name] end
    end
  end
  return result
end

describe("logons", function()
  it("are what impacket's client sees, at each level", function()
    for _, level in ipairs { 0, 1 } do
      local rows, outcome = rows_of { servername = lab.double, level = level }
      local expected = lab.witnessed(lab.double_port, "logons", level)
      assert.equal(5, #expected)
      for i, row in ipairs(rows) do
        assert.equal(lab.double, row.servername)
        rows[i] = only_fields(row, level)
      end
      assert.same(expected, rows)
      assert.equal("complete", outcome.completeness)
      assert.equal(5, outcome.claimed)
    end
    assert.equal(1, rows_of({ servername = lab.double })[1].level)
  end)

  it("come by the page, and by hand", function()
    assert.equal(5, #rows_of { servername = lab.double, prefmaxlen = 2 * 80 })
    local page = smb.logon_page(lab.as_auditor { servername = lab.double, prefmaxlen = 2 * 80 })
    assert.equal(smb.ERROR_MORE_DATA, page.status)
    assert.equal(2, page.entriesread)
    page = smb.logon_page(lab.as_auditor { servername = lab.double, prefmaxlen = 9999, resume_handle = page.resume_handle })
    assert.same({ "backup", "Zoë 💻", "FS1$" }, { page.entries[1].username, page.entries[2].username, page.entries[3].username })
  end)

  it("of a Samba are nobody's, as impacket's client sees it, and its answer is complete", function()
    local rows, outcome = rows_of { servername = lab.samba }
    assert.same(lab.witnessed(lab.samba_port, "logons", 1), rows)
    assert.equal(0, #rows)
    assert.equal("complete", outcome.completeness)
    assert.equal(0, outcome.claimed)
  end)

  it("are for administrators", function()
    local ok, failure = pcall(function()
      for _ in smb.logons { servername = lab.samba, username = "alice", password = lab.password } do end
    end)
    assert.is_false(ok)
    assert.equal("ERROR_ACCESS_DENIED", failure.name)
    assert.equal("call", failure.stage)
    assert.is_truthy(failure.message:find("NetrWkstaUserEnum is for members of Administrators", 1, true))
  end)

  for number, name in pairs {
    [0] = "ERROR_INVALID_DATA", [1] = "ERROR_INVALID_DATA", [2] = "ERROR_INVALID_PARAMETER", [3] = "ERROR_ACCESS_DENIED",
    [4] = "ERROR_NETNAME_DELETED", [5] = "RPC_X_BAD_STUB_DATA", [6] = "ERROR_SEM_TIMEOUT", [7] = "RPC_S_PROTOCOL_ERROR",
  } do
    it("of a server that answers as none should fail: " .. name .. ", " .. number, function()
      local ok, failure = pcall(rows_of, { servername = lab.double, timeout = 2, prefmaxlen = 160, resume_handle = 0xF0000000 + number })
      assert.is_false(ok)
      assert.equal(name, failure.name)
    end)
  end
end)

describe("a server handle", function()
  it("changes its pipe over one logon", function()
    local doors <close> = proxy.start()
    for _, upstream in ipairs { lab.samba_port, lab.double_port } do
      local port = doors:open(upstream, { {} })[1]
      do
        local server <close> = smb.server(lab.as_auditor { servername = "127.0.0.1:" .. port })
        for _ = 1, 3 do
          local sessions, logons = 0, 0
          for _ in server:sessions() do sessions = sessions + 1 end
          for _ in server:logons() do logons = logons + 1 end
          assert.is_true(sessions > 0)
          assert.equal(upstream == lab.double_port and 5 or 0, logons)
          assert.equal(logons, server:logon_page().entriesread)
          assert.is_true(server:share_page({ level = 1 }).entriesread > 2)
        end
      end
      assert.equal(1, doors:counts(port).connections)
    end
  end)

  it("does not mix up the rows of two pipes that are read in turn", function()
    local server <close> = smb.server(lab.as_auditor { servername = lab.double })
    local seen = {}
    for session in server:sessions { prefmaxlen = 80 } do
      for logon in server:logons { prefmaxlen = 80 } do
        assert.is_nil(logon.cname)
        seen[#seen + 1] = session.username .. " " .. logon.username
      end
    end
    assert.equal(4 * 5, #seen)
    assert.equal("alice alice", seen[1])
    assert.equal("dave FS1$", seen[20])
  end)

  -- What is left of the credentials then would be tried with an empty password.
  it("does not log on again for another pipe when its connection is lost", function()
    local function refusals()
      return tonumber((lab.run [[cat "$LAB_FOLDER"/log/* | grep -F "[$LAB_USERNAME]" | grep -cF 'status [NT_STATUS_WRONG_PASSWORD]']]))
    end
    local server <close> = smb.server(lab.as_auditor { servername = lab.samba })
    assert.is_true(server:share_page({ level = 1 }).entriesread > 2)
    local before = refusals()
    local ended = 0
    for _, session in pairs(cjson.decode(lab.smbstatus "--json").sessions) do
      if session.username == lab.username then
        lab.run("kill -KILL " .. session.server_id.pid)
        ended = ended + 1
      end
    end
    assert.is_true(ended > 0)
    local ok, failure = pcall(server.logon_page, server)
    assert.is_false(ok)
    assert.same({ "pipe", "ERROR_NETNAME_DELETED" }, { failure.stage, failure.name })
    assert.equal(before, refusals())
    assert.equal(0, server:logon_page().entriesread)
  end)
end)
