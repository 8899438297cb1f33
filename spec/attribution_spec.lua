local attribution = require "rollcall.smb.attribution"

local C = { share = "projects", path = "C:\\p", type = 0 }

---What is left to say after these rows, and what the connections got.
local function said(given)
  local facts = attribution.new()
  for _, share in ipairs(given.shares or { C }) do facts:add_share(share) end
  for _, session in ipairs(given.sessions or {}) do facts:add_session(session) end
  for _, file in ipairs(given.files or {}) do facts:add_file(file) end
  for _, call in ipairs { "shares", "sessions", "files" } do facts:end_call(call, given.part ~= call) end
  local got = {}
  for i, connection in ipairs(given.connections or {}) do got[i] = { facts:add_connection(connection) } end
  for share in pairs(given.asked or {}) do facts:end_share(share, true) end
  return facts:rest(), got
end

local function alice(client, num_opens, username)
  return { username = username or "alice", client = client, num_opens = num_opens }
end

local function file(path, username)
  return { username = username or "alice", pathname = path }
end

describe("what is said of an open file", function()
  local plan = file "C:\\p\\plan.txt"

  it("is its session, its computer and its share, where all are certain", function()
    local one = alice("A", 1)
    assert.same({ { session = one, share = "projects", files = { "C:\\p\\plan.txt" } } }, (said { sessions = { one }, files = { plan } }))
    local none = alice("B", 0)
    assert.same({ { session = one, share = "projects", files = { "C:\\p\\plan.txt" } }, { session = none } },
      (said { sessions = { none, one }, files = { plan } }))
    assert.same({ session = nil, username = "alice", client = "A", share = "projects", files = { "C:\\p\\a" } },
      (said { sessions = { alice("A", 1), alice("\\\\a", 1) }, files = { file "C:\\p\\a", file "C:\\p\\b" } })[1])
    local of_domain = alice("A", 2, "X\\alice")
    assert.same({ session = of_domain, share = "projects", files = { "C:\\p\\a", "C:\\p\\b" } },
      (said { sessions = { of_domain }, files = { file("C:\\p\\a", "X\\alice"), file("C:\\p\\b", "X\\alice") } })[1])
  end)

  it("leaves the session of a file that a connection has", function()
    local session = alice("A", 1)
    local connection = { share = "projects", username = "alice", num_opens = 1 }
    local rest, got = said { sessions = { session }, files = { plan }, connections = { connection } }
    assert.same({ nil, { "C:\\p\\plan.txt" } }, { got[1][1], got[1][2] })
    assert.same({ { session = session } }, rest)
  end)

  it("is the share of pipes, whatever its folder, where it is a pipe", function()
    local shares = { C, { share = "IPC$", path = "C:\\p", type = 0x80000003 } }
    assert.equal("IPC$", (said { shares = shares, sessions = { alice("A", 1) }, files = { file "\\PIPE\\srvsvc" } })[1].share)
    assert.equal("projects", (said { shares = shares, sessions = { alice("A", 1) }, files = { plan } })[1].share)
  end)

  local uncertain = {
    ["sessions that say together more"] = { sessions = { alice("A", 2) } },
    ["sessions that say together less"] = { sessions = { alice("A", 1) }, files = { plan, file "C:\\p\\b" } },
    ["a session that does not say how many"] = { sessions = { alice("A", 1), alice("B", nil) } },
    ["sessions from two computers"] = { sessions = { alice("A", 1), alice("B", 1) }, files = { plan, file "C:\\p\\b" } },
    ["a session whose computer is not named"] = { sessions = { alice("A", 1), alice("", 1) }, files = { plan, file "C:\\p\\b" } },
    ["a session whose user is not named"] = { sessions = { alice("A", 1), { client = "B", num_opens = 1 } } },
    ["accounts of two domains"] = {
      sessions = { alice("A", 1, "X\\alice"), alice("B", 0, "Y\\alice") }, files = { file("C:\\p\\a", "Y\\alice") },
    },
    ["part of the sessions"] = { sessions = { alice("A", 1) }, part = "sessions" },
    ["part of the files"] = { sessions = { alice("A", 1) }, part = "files" },
  }
  for what, given in pairs(uncertain) do
    it("is no computer with " .. what, function()
      given.files = given.files or { plan }
      local with_files = 0
      for _, entry in ipairs((said(given))) do
        if entry.files then
          with_files = with_files + 1
          assert.is_nil(entry.session)
          assert.is_nil(entry.client)
          assert.equal("projects", entry.share)
        end
      end
      assert.is_true(with_files > 0)
    end)
  end

  for what, given in pairs {
    ["two shares over one folder"] = { shares = { C, { share = "alias", path = "c:\\P\\", type = 0 } } },
    ["a share inside another"] = { shares = { C, { share = "all", path = "C:\\", type = 0 } } },
    ["a share whose folder is not known"] = { shares = { C, { share = "other", type = 0 } } },
    ["a share whose name is all that is known"] = { shares = { C, { share = "other" } } },
    ["part of the shares"] = { part = "shares" },
    ["no share whose folder holds it"] = { shares = { { share = "other", path = "D:\\p", type = 0 } } },
    ["a folder that only begins so"] = { shares = { { share = "pl", path = "C:\\p\\pl", type = 0 } } },
  } do
    it("is no share with " .. what, function()
      given.files, given.sessions = { plan }, { alice("A", 1) }
      local entry = said(given)[1]
      assert.is_nil(entry.share)
      assert.same({ "C:\\p\\plan.txt" }, entry.files)
      assert.equal("A", entry.session.client)
    end)
  end

  it("is the only share that there is, also where its folder is not known", function()
    local shares = { { share = "other", type = 0 } }
    assert.equal("other", (said { shares = shares, sessions = { alice("A", 1) }, files = { plan } })[1].share)
  end)

  it("is the share that is in use, of two over one folder", function()
    local shares = { C, { share = "alias", path = "C:\\p", type = 0 } }
    local asked = { projects = true, alias = true }
    local function share_with(connections)
      return said({ shares = shares, files = { plan }, connections = connections, asked = asked })[1].share
    end
    assert.equal("alias", share_with { { share = "alias", placeholder = true } })
    assert.equal("alias", share_with {
      { share = "alias", username = "x", num_opens = 3 }, { share = "projects", username = "alice", num_opens = 0 },
    })
    assert.is_nil(share_with { { share = "alias", placeholder = true }, { share = "projects", placeholder = true } })
    assert.is_nil(share_with {})
    asked.projects = nil
    assert.is_nil(share_with { { share = "alias", placeholder = true } })
  end)

  it("is the connection that has as many open as its user has in the folder", function()
    local session = alice("A", 2)
    local given = {
      sessions = { session, alice("B", 0) }, files = { plan, file "C:\\p\\b" },
      connections = { { share = "projects", username = "X\\ALICE", client = "a", num_opens = 2 } },
    }
    local rest, got = said(given)
    assert.same({ { session, { "C:\\p\\plan.txt", "C:\\p\\b" } } }, got)
    assert.same({ { session = alice("B", 0) } }, rest)
    for _, part in ipairs { "shares", "files" } do
      given.part = part
      assert.is_nil(select(2, said(given))[1][2], part)
    end
    given.part = nil
    given.connections[1].num_opens = 1
    rest, got = said(given)
    assert.same({ { session } }, got)
    assert.equal(3, #rest)
    assert.same({ "A", "A" }, { rest[1].client, rest[2].client })
    given.connections = {
      { share = "projects", username = "alice", client = "A", num_opens = 2 },
      { share = "projects", username = "alice", client = "B", num_opens = 2 },
    }
    assert.is_nil(select(2, said(given))[2][2])
  end)

  it("is no session of a connection where there are two of its user and computer", function()
    local _, got = said {
      sessions = { alice("A", 0), alice("A", 0), alice("B", 0, "bob"), alice("C", 0, "eve") },
      connections = {
        { share = "projects", username = "alice", client = "A", num_opens = 0 },
        { share = "projects", username = "bob", client = "A", num_opens = 0 },
        { share = "projects", username = "", client = "C", num_opens = 0 },
      },
    }
    assert.same({ {}, {}, {} }, got)
  end)
end)
