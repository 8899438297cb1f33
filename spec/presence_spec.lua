local presence = require "rollcall.presence"

local NOW = 1700000000

local function of(kind, row, settings)
  settings = settings or {}
  settings.now = NOW
  return presence.plain(presence.of(kind, row, settings))
end

describe("presence.user_of", function()
  it("makes one user of the three ways to write an account", function()
    for account, user in pairs {
      ["CORP\\Alice"] = "alice", ["alice@corp.example"] = "alice", ["ALICE"] = "alice", ["a@b@c"] = "a@b@c", ["\\x"] = "x",
      ["Zoë 张三"] = "zoë 张三", ["CORP\\ZOË"] = "zoë", ["CORP\\"] = "corp\\", ["@corp"] = "@corp",
    } do
      assert.equal(user, presence.user_of(account))
    end
    assert.is_nil(presence.user_of "")
  end)
end)

describe("presence", function()
  it("sees a connection", function()
    assert.same({
      kind = "connection", user = "alice", account = "CORP\\Alice", origin = "fs1", resource = "projects", client = "10.0.0.7",
      address = "10.0.0.7", since = NOW - 60, duration = 60,
    }, of("connection", { servername = "fs1", share = "projects", username = "CORP\\Alice", client = "10.0.0.7", time = 60, id = 1 }))
  end)

  it("takes a placeholder's words for nobody", function()
    assert.same({ kind = "connection", origin = "fs1", resource = "s" },
      of("connection", { servername = "fs1", share = "s", username = "dummy_user", client = "x", time = 3, placeholder = true }))
  end)

  it("sees sessions, files, joined rows", function()
    assert.same({
      kind = "smb_session", user = "bob", account = "bob", origin = "fs1", client = "WS", since = NOW - 9, duration = 9, idle = 4,
    }, of("smb_session", { servername = "fs1", username = "bob", client = "WS", time = 9, idle_time = 4 }))
    assert.equal("C:\\x", of("file", { servername = "fs1", username = "bob", pathname = "C:\\x" }).resource)
    assert.same({
      kind = "access", user = "bob", account = "bob", origin = "fs1", client = "fe80::1", address = "fe80::1", resource = "s",
      since = NOW - 9, duration = 9, idle = 4,
    }, of("access", { servername = "fs1", username = "bob", client = "fe80::1", share = "s", time = 9, idle_time = 4 }))
  end)

  it("sees a Workspace session, its times as UTC or ahead of it by as much as is said", function()
    local row = {
      login_user = "bob@corp", session_state = "Active", client_ip = "10.1.1.1", machine_name = "vd-7", start_time = "2023-11-14 22:13:00",
      origin = "ap-southeast-1",
    }
    assert.same({
      kind = "session", user = "bob", account = "bob@corp", origin = "ap-southeast-1", client = "10.1.1.1", address = "10.1.1.1",
      resource = "vd-7", state = "Active", since = NOW - 20, duration = 20,
    }, of("session", row))
    assert.equal(NOW - 20 - 3600, of("session", row, { utc_offset = 3600 }).since)
    assert.is_nil(of("session", { start_time = "0001-01-01 00:00:00" }).since)
    row.end_time = "2023-11-14 22:13:10"
    assert.equal(10, of("session", row).duration)
  end)

  it("sees what somebody's own script made, with its own fields", function()
    local view = presence.of("badge", { account = "CORP\\eve", resource = "door 7", since = NOW - 5, color = "red" }, { now = NOW })
    assert.same({ "eve", "door 7", 5, "red" }, { view.user, view.resource, view.duration, view.color })
    assert.equal("adam", presence.of("badge", { user = "adam", account = "x" }).user)
    assert.is_nil(view.nothing_such)
  end)

  it("matches accounts by another rule", function()
    local function by_realm(account) return account:lower() end
    assert.equal("bob@a", of("smb_session", { username = "Bob@A" }, { normalize_user = by_realm }).user)
  end)

  it("gives the row's own fields, nil where the source said nothing, and raises for those that no such row has", function()
    local view = presence.of("connection", { servername = "fs1", num_opens = 3 })
    assert.equal(3, view.num_opens)
    assert.is_nil(view.num_users)
    assert.error_matches(function() return view.usr end, "there is no field 'usr' in a row of kind 'connection'", 1, true)
  end)

  it("takes nothing from a field of the row that has a presence's name by chance", function()
    local row = { servername = "fs1", share = "s", username = "bob", state = "odd", origin = "other", resource = "r", idle = 3,
      user = "eve", account = "x", address = "10.0.0.7", duration = 4, settings = 5 }
    assert.same({ kind = "connection", user = "bob", account = "bob", origin = "fs1", resource = "s", client = "10.0.0.7",
      address = "10.0.0.7" }, of("connection", row))
    assert.is_nil(of("share", row).user)
    assert.is_nil(of("file", { username = "bob", since = NOW - 5 }).duration)
    assert.is_nil(of("smb_session", { username = "bob", since = NOW - 5 }).duration)
    for _, kind in ipairs { "connection", "badge" } do
      assert.equal(NOW, presence.of(kind, row, { now = NOW }).settings.now)
    end
  end)

  it("is made anew of a view that was another row's, and has nothing of that row", function()
    local full = {
      servername = "fs1", share = "s", username = "bob", client = "WS", address = "10.0.0.7", since = NOW - 60, time = 50, idle_time = 5,
      pathname = "C:\\x", logon_domain = "CORP", login_user = "bob", user_name = "bob@corp", origin = "ap", machine_name = "d",
      client_ip = "10.1.1.1", session_state = "Active", start_time = "2023-11-14 22:13:00",
    }
    local filler = { servername = "fs2", share = "t", username = "dummy", client = "x", time = 3, placeholder = true }
    local kinds = presence.kinds()
    kinds.badge = true
    for kind in pairs(kinds) do
      for _, with_users in ipairs { false, true } do
        local view_of = presence.viewer({ now = NOW }, 1, with_users)
        local view = view_of(kind, full)
        for _, row in ipairs { full, {}, full, filler, full } do
          assert.equal(view, view_of(kind, row))
          assert.same(of(kind, row), presence.plain(view), kind)
          assert.equal(row, view.row)
        end
      end
    end
  end)

  it("finds users at once where that is said, and else when it is asked", function()
    local asked = {}
    local function normalize_user(account)
      asked[#asked + 1] = account
      return account:lower()
    end
    for i, with_users in ipairs { true, false } do
      local view_of = presence.viewer({ now = NOW, normalize_user = normalize_user }, 1, with_users)
      local view = view_of("file", { username = "BOB" })
      assert.equal(with_users and 1 or i - 1, #asked)
      assert.equal("bob", view.user)
      assert.equal(i, #asked)
      local row = { username = "BOB" }
      presence.record_user(row, "recorded")
      assert.equal("recorded", view_of("file", row).user)
      presence.record_user(row, nil)
      assert.is_nil(view_of("file", row).user)
      assert.equal("own", view_of("badge", { account = "BOB", user = "own" }).user)
      assert.equal("bob", view_of("badge", { account = "BOB" }).user)
    end
  end)

  it("keeps so many views as are said, or all", function()
    local view_of, keeping = presence.viewer({ now = NOW }, 2), presence.viewer { now = NOW }
    local views, kept = {}, {}
    for i, name in ipairs { "a", "b", "c" } do
      views[i], kept[i] = view_of("connection", { username = name }), keeping("connection", { username = name })
    end
    assert.same({ "c", "b" }, { views[1].user, views[2].user })
    assert.same({ "a", "b", "c" }, { kept[1].user, kept[2].user, kept[3].user })
  end)
end)
