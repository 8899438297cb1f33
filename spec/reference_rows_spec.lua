-- Rows, results, failures, views, verdicts and differences that really come have the fields of the reference.
local cloud = require "spec.cloud"
local core = require "rollcall.smb.core"
local inventory = require "rollcall.inventory"
local lab = require "spec.lab"
local policy = require "rollcall.policy"
local presence = require "rollcall.presence"
local said = require "spec.reference.said"
local smb = require "rollcall.smb"
local snapshot = require "rollcall.snapshot"
local workspace = require "rollcall.workspace"

describe("what really comes is in the reference:", function()
  local occurred = {}

  local function assert_shape(class, value)
    local fields = said.fields_of(class)
    occurred[class] = occurred[class] or {}
    for name, member in pairs(value) do
      local field = assert(fields[name], ("%s has no field %s"):format(class, tostring(name)))
      assert.is_truthy(said.admits(field.type, member), ("%s.%s is %s"):format(class, name, tostring(member)))
      occurred[class][name] = true
    end
    for name, field in pairs(fields) do
      if not field.optional and name:find "^%a" then assert.is_truthy(value[name] ~= nil, class .. "." .. name .. " is nil") end
    end
  end

  local classes = {
    connections = "rollcall.smb.connection", sessions = "rollcall.smb.session", files = "rollcall.smb.file", shares = "rollcall.smb.share",
    logons = "rollcall.smb.logon",
  }
  local pages = {
    connections = "connection_page", sessions = "session_page", files = "file_page", shares = "share_page", logons = "logon_page",
  }
  local clients

  setup(function() clients = { lab.connect("alice", "projects", "plan.txt"), lab.connect("bob", "projects") } end)
  teardown(function()
    for _, client in ipairs(clients) do client.close() end
  end)

  for call, class in pairs(classes) do
    it("rows and pages of " .. call .. ", at every level, and every field of them", function()
      local count = 0
      local function ask(server, level)
        local given = lab.as_auditor {
          servername = server, level = level, qualifier = call == "connections" and "projects" or nil,
          on_target = function(outcome) assert_shape("rollcall.outcome", outcome) end,
        }
        for row in smb[call](given) do
          count = count + 1
          assert_shape(class, row)
        end
        given.on_target = nil
        local page = smb[pages[call]](given)
        assert_shape("rollcall.smb.page", page)
        for _, row in ipairs(page.entries) do assert_shape(class, row) end
      end
      for _, level in ipairs(core.calls()[call].levels) do ask(lab.double, level.level) end
      ask(call == "logons" and lab.double or lab.samba, "best") -- a Samba says nobody is logged on
      assert.is_true(count > #core.calls()[call].levels)
      assert.same(said.sorted(said.fields_of(class)), said.sorted(occurred[class]))
    end)
  end

  it("rows of the combined view, and every field of them", function()
    for _, server in ipairs { lab.samba, lab.double } do
      for row in smb.rollcall(lab.as_auditor {
        servername = server, on_target = function(outcome) assert_shape("rollcall.outcome", outcome) end, on_error = function() end,
      }) do assert_shape("rollcall.smb.access", row) end
    end
    assert.same(said.sorted(said.fields_of("rollcall.smb.access")), said.sorted(occurred["rollcall.smb.access"]))
  end)

  it("sessions of Workspace, by user and of the whole enterprise", function()
    for row in cloud.client():sessions { user_name = { "alice", "bob" } } do assert_shape("rollcall.workspace.session", row) end
    local given = { query_begin_time = 0, query_end_time = 4000000000 }
    for row in cloud.client():list_sessions(given) do assert_shape("rollcall.workspace.session", row) end
    for _, name in ipairs(workspace.session_fields) do
      assert.is_truthy(said.types["rollcall.workspace.session"] and said.fields_of("rollcall.workspace.session")[name], name)
    end
    assert.is_true(#said.sorted(occurred["rollcall.workspace.session"]) > 20)
  end)

  it("rows, results and failures of an inventory", function()
    local class_by_kind = { access = "rollcall.smb.access", session = "rollcall.workspace.session" }
    local kinds, failures, sources = {}, 0, {}
    local path = lab.folder .. "/reference.jsonl"
    local written = assert(snapshot.create(path))
    written:row("badge", { account = "alice" })
    written:finish()
    local client = cloud.environment
    local inv = { name = "x", sources = {
      { block = "smb", fields = { servers = { lab.samba, lab.closed }, username = lab.username, password = lab.password } },
      { block = "workspace", fields = {
        endpoint = cloud.tls, ca_file = client.CA_FILE, project_id = client.PROJECT, token = client.TOKEN,
        users = { "alice", "x;status=404" },
      } },
      { block = "snapshot", fields = { path = path } },
      { block = "rows", fields = { kind = "door", { account = "bob" } } },
    } }
    for kind, row in inventory.rows(inv, {
      on_target = function(outcome)
        assert_shape("rollcall.outcome", outcome)
        sources[outcome.source] = true
      end,
      on_error = function(failure)
        assert_shape("rollcall.failure", failure)
        failures = failures + 1
      end,
    }) do
      kinds[kind] = true
      if class_by_kind[kind] then assert_shape(class_by_kind[kind], row) end
    end
    assert.same({ "access", "badge", "door", "session" }, said.sorted(kinds))
    assert.same({ "rows", "smb", "workspace" }, said.sorted(sources))
    assert.equal(2, failures)
    assert.is_true(occurred["rollcall.workspace.session"].origin and occurred["rollcall.workspace.session"].user_name)
  end)

  it("views, verdicts and differences", function()
    local named = said.fields_of("rollcall.presence")
    for _, name in ipairs(presence.fields) do assert.is_truthy(named[name], name) end
    assert.same(said.sorted(named), (function()
      local names = { row = true, ["[string]"] = true }
      for _, name in ipairs(presence.fields) do names[name] = true end
      return said.sorted(names)
    end)())
    local its_policy = assert(policy.parse([[
      rule { id = "none", kind = "badge", message = "{user} is here", check = function() return false end }
      rule { id = "all", kind = "badge", message = "x", group_by = "user", check_group = function(group) return group.count > 9 end }
      rule { id = "broken", description = "d", kind = "badge", message = "x", check = function(view) return view.nothing.such end }
      waive { rule = "all", user = "alice", reason = "r", expires = "2999-12-31" }]], "x"))
    assert_shape("rollcall.policy", its_policy)
    for _, rule in ipairs(its_policy.rules) do assert_shape("rollcall.policy.rule", rule) end
    for _, waiver in ipairs(its_policy.waivers) do assert_shape("rollcall.policy.waiver", waiver) end
    local given = false
    local function rows()
      if given then return nil end
      given = true
      return "badge", { account = "alice" }
    end
    local result = policy.evaluate(its_policy, { rows = rows })
    assert_shape("rollcall.policy.result", result)
    for _, verdict in ipairs(result.rules) do
      assert_shape("rollcall.policy.verdict", verdict)
      for _, list in ipairs { verdict.findings, verdict.waived } do
        for _, finding in ipairs(list) do assert_shape("rollcall.policy.finding", finding) end
      end
    end
    assert.is_true(occurred["rollcall.policy.verdict"].error and occurred["rollcall.policy.finding"].waived)
    local diff = require "rollcall.diff"
    local function poll(list)
      local position = 0
      return diff.poll(function()
        position = position + 1
        if list[position] then return "file", list[position] end
      end, {})
    end
    local before = poll { { servername = "a", id = 1, num_locks = 1 }, { servername = "a", id = 2 } }
    local after = poll { { servername = "a", id = 1, num_locks = 2 }, { servername = "a", id = 3 } }
    assert_shape("rollcall.diff.poll", before)
    local changes = diff.compare(before, after)
    assert.equal(3, #changes)
    for _, change in ipairs(changes) do assert_shape("rollcall.diff.change", change) end
    local summary = require("rollcall.report").render { rows = { { account = "x" } }, write = function() end }
    assert_shape("rollcall.report.summary", summary)
  end)
end)
