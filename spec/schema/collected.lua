-- Last of all: what rollcall wrote while the other specs ran is what its JSON Schemas say, by a validator that is not ours.
local collect = require "spec.lab.collect"
local events = require "rollcall.cli.events.ocsf"
local lab = require "spec.lab"

local folder = lab.folder .. "/schemas"

local function put(name, content)
  local path = folder .. "/" .. name
  assert(io.open(path, "w")):write(content):close()
  return path
end

local function validate(collected)
  return lab.run(("/usr/bin/python3 spec/schema/validate.py lua/rollcall/manual '%s'"):format(collected))
end

describe("JSON Schemas", function()
  setup(function() lab.run(("mkdir -p %s/planted"):format(folder)) end)

  it("say what each of these writes", function()
    local inventory = put("inventory.lua", ([[
      smb { servers = { "%s", "%s" }, username = "%s", password = env "LAB_PASSWORD" }
      rows { kind = "badge", { account = "CORP\\alice", resource = "door 7" }, { account = "bob", tags = { "a", "b" } } }
    ]]):format(lab.double, lab.closed, lab.username))
    local policy = put("policy.lua", [[
      rule { id = "doors", kind = "badge", check = function(row) return row.user == "bob" end, message = "{account}" }
      rule { id = "wrong", kind = "badge", check = function(row) return #row.tags > 0 end, message = "{account}" }
    ]])
    for _, arguments in ipairs {
      "report %s -f json", "report %s -f jsonl", "report %s -f json -g kind", "report %s -f jsonl -g kind,user", "report %s -f jsonl "
          .. "-c tags,account",
      "check %s -f json -p " .. policy, "check %s -f ocsf -p " .. policy, "snapshot %s -o " .. folder .. "/now.jsonl.gz",
    } do
      local _, code, complaint = lab.run(("%s %s"):format(lab.command, arguments:format(inventory)))
      assert.equal(arguments:find "^check" and 1 or 2, code, complaint)
    end
    local before = put("before.jsonl", '{"kind": "snapshot", "schema": "rollcall.snapshot/1", "generated_at": "2026-11-21T07:00:00Z"}\n'
      .. '{"kind": "badge", "account": "carol"}\n{"kind": "target", "source": "rows", "target": "badge", "query": "badge", '
      .. '"completeness": "complete"}\n{"kind": "end", "rows": 1}\n')
    local output, code = lab.run(("%s diff %s %s -f jsonl"):format(lab.command, before, inventory))
    assert.equal(1, code)
    assert.is_truthy(output:find('"event": "connected"', 1, true))
    for _, call in ipairs { "connections", "sessions", "files", "shares", "smb" } do
      for _, format in ipairs { "json", "jsonl" } do
        _, code = lab.run(("ROLLCALL_PASSWORD=$LAB_PASSWORD %s %s %s %s -U %s -f %s"):format(
          lab.command, call, lab.double, lab.closed, lab.username, format))
        assert.equal(2, code)
      end
    end
  end)

  local header = '{"kind": "report", "schema": "rollcall/1", "generated_at": "2026-11-21T07:00:00Z", "rows": "connection"}\n'
  for what, content in pairs {
    ["a field that is not there"] = header .. '{"kind": "connection", "servername": "fs1", "user": "alice"}\n',
    ["a value of another type"] = header .. '{"kind": "connection", "servername": "fs1", "num_opens": "2"}\n',
    ["a missing field"] = header .. '{"kind": "connection", "username": "alice"}\n',
    ["a completeness that is none"] = header .. '{"kind": "target", "target": "fs1", "completeness": "whole"}\n',
    ["a name twice in an object"] = header .. '{"kind": "connection", "servername": "fs1", "servername": "fs2"}\n',
    ["a line that is cut"] = header .. '{"kind": "connection", "servername": "fs1"',
  } do
    it("refuse " .. what, function()
      lab.run(("rm -f %s/planted/*"):format(folder))
      put("planted/a.jsonl", header .. '{"kind": "connection", "servername": "fs1", "num_opens": 2}\n')
      assert.equal(0, select(2, validate(folder .. "/planted")))
      put("planted/b.jsonl", content)
      local output, code = validate(folder .. "/planted")
      assert.equal(1, code)
      assert.is_truthy(output:find("b.jsonl:2: ", 1, true), output)
    end)
  end

  it("of OCSF refuse what is no event of rollcall's", function()
    local function refused(line)
      lab.run(("rm -f %s/planted/*"):format(folder))
      put("planted/a.ocsf", line)
      return select(2, validate(folder .. "/planted"))
    end
    local line = events.line({ event = "connected", kind = "smb_session", row = { servername = "fs1", username = "a" } }, 1700000000, {})
    assert.equal(0, refused(line))
    for good, bad in pairs {
      ['"is_remote": true, '] = '"is_remote": true, "severiti": 1, ', ['"activity_id": 1, '] = '"activity_id": 2, ',
      ['"time": 1700000000000'] = '"time": 1700000001', ['"class_uid": 3002'] = '"class_uid": 2003',
      ['"name": "fs1"'] = '"hostname": "fs1"',
      [', "user": {"name": "a"}'] = "", ['"name": "a"'] = '"name": "a", "name": "b"', ["}\n"] = "",
    } do
      local place = line:find(good, 1, true)
      assert.is_truthy(place, good)
      assert.equal(1, refused(line:sub(1, place - 1) .. bad .. line:sub(place + #good)), bad)
    end
  end)

  it("are kept by all that was written", function()
    local output, code, complaint = validate(collect.folder)
    assert.equal(0, code, output .. complaint)
    for _, name in ipairs {
      "report", "check", "report-of-who", "report-of-group", "report-of-connection", "report-of-smb_session", "report-of-file",
      "report-of-share", "report-of-access", "report_line", "who_line", "group_line", "target_line", "failure_line",
      "totals_line", "diff_line", "change_line", "connection_line", "smb_session_line", "file_line", "share_line",
      "access_line", "first_line", "end_line", "own_line", "compliance_finding",
    } do
      assert.is_truthy(output:find(" " .. name .. "=", 1, true), name)
    end
  end)
end)
