-- #editor: what a real language server makes of the annotations. `make editor LUA_LANGUAGE_SERVER=/path/to/lua-language-server`.
local cjson = require "cjson"
local text_file = require "spec.lab.text_file"

local annotations = require "spec.reference.annotations"
local types = annotations.types(annotations.tree())

local server, folder

local function run(command)
  local pipe = assert(io.popen(command))
  local text = pipe:read "a"
  pipe:close()
  return text
end

local function put(name, text) return text_file.put(folder .. "/" .. name, text) end

---The problems that the server has with the folder: the code and the line of each, by file.
local function problems()
  local out = folder .. "/problems.json"
  os.remove(out)
  local said = run(("'%s' --check='%s' --checklevel=Warning --logpath='%s/log' --check_format=json --check_out_path='%s' 2>&1"):format(
    server, folder, folder, out))
  assert.matches("Diagnosis complete", said)
  local file = io.open(out)
  local decoded = file and cjson.decode(file:read "a") or {}
  if file then file:close() end
  local found = {}
  for uri, list in pairs(decoded) do
    for _, problem in ipairs(list) do
      table.insert(found, ("%s:%d %s"):format(uri:match "[^/]+$", problem.range.start.line + 1, problem.code))
    end
  end
  table.sort(found)
  return found
end

local function completed(text)
  local labels = {}
  local said = run(("python3 spec/reference/complete.py '%s' '%s' x.lua '%s'"):format(server, folder, text))
  for label in said:gmatch "[^\n]+" do labels[label:match "^[%w_]+" or label] = true end
  return labels
end

describe("an editor with a language server #editor", function()
  setup(function()
    server = assert(os.getenv "LUA_LANGUAGE_SERVER", "make editor LUA_LANGUAGE_SERVER=/path/to/lua-language-server")
    assert.matches("^%d", run(("'%s' --version"):format(server)))
    folder = run("mktemp -d"):match "%S+"
    put(".luarc.json", cjson.encode {
      ["runtime.version"] = "Lua 5.4", ["workspace.library"] = { run("pwd"):match "[^\n]+" .. "/lua" },
      ["workspace.checkThirdParty"] = false, ["runtime.builtin"] = { os = "disable", io = "disable", debug = "disable" },
    })
  end)
  teardown(function() assert(os.execute(("rm -r '%s'"):format(assert(folder)))) end)

  it("finds nothing wrong with an inventory, a policy, its tests and a program", function()
    put("inventory.lua", [[
      local login = credential { username = env "AUDIT_USER", password = file "/etc/rollcall/password" }
      smb { servers = { "fs1", "fs2" }, credential = login, query = "connections", qualifier = "projects", timeout = 5 }
      workspace { region = "ap-southeast-1", project_id = env "PROJECT", token = command "get-token", users = { "user001" } }
      snapshot "yesterday.jsonl.gz"
      rows { kind = "badge", { account = "alice", resource = "door 1" } }
      normalize_user(function(account) return account:lower():match "[^\\]+$" end)
      utc_offset(28800)]])
    put("policy.lua", [[
      rule(builtin.clients_per_user { max = 2, severity = "warning" })
      rule(builtin.two_clients {})
      rule(builtin.outside_hours { from = "07:00", to = "19:00", days = { "mon", "fri" } })
      rule {
        id = "no-guests", kind = "smb_session", requires = "user_flags", message = "{client} is a guest",
        check = function(session) return session.user_flags & 1 == 0 and session.idle < 3600 end,
      }
      rule {
        id = "crowd", group_by = { "resource" }, distinct = "user", message = function(group) return group.resource .. " is crowded" end,
        check_group = function(group) return group.count < 100 and group.distinct.user < 50 end,
      }
      waive { rule = "no-guests", client = "10.0.0.7", reason = "kiosk", expires = "2026-12-31" }]])
    put("policy_test.lua", [[
      test { name = "a guest", rows = { { kind = "smb_session", user_flags = 1 } }, verdicts = { ["no-guests"] = "fail" } }]])
    put("program.lua", [[
      local smb = require "rollcall.smb"
      local workspace = require "rollcall.workspace"
      for c in smb.connections { servername = { "fs1", "fs2" }, qualifier = "projects", username = "auditor", password = "x",
        on_error = function(failure) print(failure.target, failure.message) end } do
        print(c.username, c.num_opens + 1)
      end
      local server <close> = smb.server { servername = "fs1" }
      local page = server:session_page { level = 1 }
      print(page.entriesread, page.entries[1].idle_time)
      local client <close> = workspace.client { region = "ap-southeast-1", project_id = "p", token = "t" }
      for s, user_name in client:sessions { user_name = { "user001" } } do print(user_name, s.session_state) end]])
    assert.same({}, problems())
  end)

  it("finds what is wrong with others", function()
    put("wrong.lua", [[
      smb { server = "fs1" }
      smb { servers = "fs1", timeout = "soon" }
      rule { id = "x", message = "y", severity = "fatal" }
      rule(builtin.two_client {})
      local smb_module = require "rollcall.smb"
      smb_module.connection { servername = "fs1" }
      for c in smb_module.sessions { servername = "fs1", level = "all" } do print(c.usrname) end
      os.exit()]])
    local found = problems()
    os.remove(folder .. "/wrong.lua")
    assert.same({
      "wrong.lua:1 missing-fields", "wrong.lua:2 assign-type-mismatch", "wrong.lua:3 assign-type-mismatch", "wrong.lua:4 undefined-field",
      "wrong.lua:6 undefined-field", "wrong.lua:7 assign-type-mismatch", "wrong.lua:7 undefined-field", "wrong.lua:8 undefined-global",
    }, found)
  end)

  for text, class in pairs {
    ["smb { "] = "rollcall.inventory.smb_block", ["workspace { "] = "rollcall.inventory.workspace_block",
    ["credential { "] = "rollcall.inventory.credential_block", ["rule { "] = "rollcall.policy.rule_block",
    ["waive { "] = "rollcall.policy.waive_block", ["rule(builtin.outside_hours { "] = "rollcall.policy.hours_block",
    ["test { "] = "rollcall.policy.test_block",
    ['local smb = require "rollcall.smb"\nsmb.connections { '] = "rollcall.smb.connections_options",
  } do
    it("completes " .. text:match "[^\n]+$", function()
      local labels = completed(text)
      for field in pairs(annotations.fields_of(types, class)) do assert.is_true(labels[field] or false, field) end
    end)
  end

  it("completes the builtin rules, and the words themselves", function()
    local labels = completed "rule(builtin."
    for name in pairs(require "rollcall.policy.builtin") do
      if name ~= "duration" then assert.is_true(labels[name] or false, name) end
    end
    assert.is_true(completed "wai".waive)
    assert.is_true(completed "cred".credential)
  end)
end)
