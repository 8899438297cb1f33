-- What a check has found as events of the Open Cybersecurity Schema Framework.
local hostile = require "spec.lab.hostile"
local lab = require "spec.lab"
local policy = require "rollcall.policy"
local read = require("spec.lab.ocsf").read
local text_file = require "spec.lab.text_file"

local folder

before_each(function() folder = lab.new_folder "ocsf" end)

local function put(name, text) return text_file.replace(folder .. "/" .. name, text) end

describe("a check as OCSF", function()
  local POLICY = [[
    rule { id = "few", description = "Nobody is there", severity = "warning", kind = "connection",
           check = function() return false end, message = "{account} from {client}" }
    rule { id = "passes", severity = "note", kind = "connection", check = function() return true end, message = "" }
    rule { id = "unseen", kind = "session", check = function() return true end, message = "" }
    rule { id = "raises", kind = "connection", check = function() error "on purpose" return true end, message = "" }
    rule { id = "nameless", severity = "note", kind = "badge", group_by = "door", message = "{door}",
           check_group = function() return false end }
    rule { id = "all-waived", kind = "file", check = function() return false end, message = "{resource}" }
    waive { rule = "few", user = "bob", reason = "]" .. "]> \"x\"", expires = "2036-01-01" }
    waive { rule = "all-waived", user = "bob", reason = "the nightly copy", expires = "2036-01-01" }
  ]]

  local function evaluated(rows, outcomes, settings)
    local position = 0
    settings = settings or {}
    settings.now = settings.now or 1700000000
    settings.rows = function()
      position = position + 1
      if rows[position] then return table.unpack(rows[position]) end
    end
    settings.outcomes = outcomes
    return policy.evaluate(assert(policy.parse(settings.policy or POLICY, "policies.lua")), {
      rows = settings.rows, now = settings.now, outcomes = settings.outcomes, where = settings.where,
    })
  end

  local function written(result)
    local parts = {}
    policy.write(result, "ocsf", function(part) parts[#parts + 1] = part end)
    return table.concat(parts)
  end

  local complete = {
    { source = "smb", target = "fs1", query = "connection", completeness = "complete" },
    { source = "smb", target = "fs1", query = "file", completeness = "complete" },
    { source = "rows", target = "badge", query = "badge", completeness = "complete" },
  }

  local function statuses(list)
    local said = {}
    for i, event in ipairs(list) do
      said[i] = ("%s %s%s"):format(event.compliance.control, event.compliance.status, event.status and " " .. event.status or "")
    end
    return said
  end

  local some = {
    { "connection", { servername = "fs1:4450", share = "C$", username = "CORP\\alice", client = "10.0.0.1" } },
    { "connection", { servername = "10.1.1.1", share = "people", username = "bob", client = "pc.corp.example" } },
    { "connection", { servername = "fs1" } },
    { "file", { servername = "::1", username = "bob", pathname = "C:\\a\\b.txt" } },
    { "badge", { door = "7" } }, { "badge", { door = "8" } },
  }

  it("has an event for each finding, each pass and all that is unknown", function()
    local list = read(written(evaluated(some, complete)))
    assert.same({
      "few Fail", "few Fail", "few Fail Suppressed", "passes Pass", "unseen Warning", "raises Warning", "nameless Fail", "nameless Fail",
      "all-waived Fail Suppressed", "all-waived Pass",
    }, statuses(list))
    local first = list[1]
    assert.same({ 200301, 1700000000000, 3, "Medium", "CORP\\alice from 10.0.0.1", "Nobody is there" }, {
      first.type_uid, first.time, first.severity_id, first.severity, first.message, first.finding_info.title })
    assert.same({ { name = "C$", namespace = "fs1:4450", type = "share" } }, first.resources)
    assert.same({ { user = { name = "alice" }, src_endpoint = { ip = "10.0.0.1" }, dst_endpoint = { name = "fs1", port = 4450 } } },
      first.evidences)
    -- Of what the row does not say there is nothing.
    assert.same({ { name = "fs1" } }, list[2].resources)
    assert.same({ { dst_endpoint = { name = "fs1" } } }, list[2].evidences)
    assert.same({ { user = { name = "bob" }, src_endpoint = { hostname = "pc.corp.example" }, dst_endpoint = { ip = "10.1.1.1" } } },
      list[3].evidences)
    assert.equal('waived until 2036-01-01: ]]> "x"', list[3].status_detail)
    assert.same({ "passes: pass, 3 of 3 rows", 1, "Informational" }, { list[4].message, list[4].severity_id, list[4].severity })
    assert.same({ "no rows of kind 'session'; the sources gave: badge, connection, file" }, list[5].compliance.status_details)
    assert.same({ "policies.lua:5: on purpose" }, list[6].compliance.status_details)
    assert.same({ 2, "7" }, { list[7].severity_id, list[7].message })
    assert.is_nil(list[7].resources or list[7].evidences)
    assert.same({ { name = "C:\\a\\b.txt", namespace = "::1", type = "file" } }, list[9].resources)
    assert.same({ ip = "::1" }, list[9].evidences[1].dst_endpoint)
  end)

  it("names a finding the same in every run, and no other so", function()
    local seen, of_time = {}, {}
    local with_times = POLICY:gsub("{account} from {client}", "{duration}")
    for run, time in ipairs { 1700000000, 1700000060 } do
      some[1][2].time = 60 * run
      for i, event in ipairs(read(written(evaluated(some, complete, { now = time, policy = with_times })))) do
        local uid = event.finding_info.uid
        if run == 1 then
          assert.is_nil(seen[uid], uid)
          seen[uid] = i
        else
          assert.equal(i, seen[uid])
        end
        assert.is_nil(of_time[event.metadata.uid], event.metadata.uid)
        of_time[event.metadata.uid] = true
      end
    end
    some[1][2].time = nil
  end)

  it("has not passed what it has not seen, and says so beside findings", function()
    local unreachable = {
      { source = "smb", target = "fs1", query = "connection", completeness = "complete" },
      { source = "smb", target = "fs2", query = "connection", completeness = "unreachable", reason = hostile.markup .. "\xff" },
    }
    local list = read(written(evaluated({ some[1] }, unreachable)))
    assert.same({ "few Fail", "few Warning", "passes Warning", "unseen Warning", "raises Warning", "nameless Warning",
      "all-waived Warning" }, statuses(list))
    assert.same({ "fs2: unreachable, " .. hostile.markup .. "\u{FFFD}" }, list[2].compliance.status_details)
    assert.is_truthy(list[2].message:find("few: unknown besides what fails, 1 of 1 row: fs2", 1, true), list[2].message)
    assert.same({ 0, "Unknown" }, { list[3].severity_id, list[3].severity })
    local nothing = read(written(evaluated({}, {})))
    for _, event in ipairs(nothing) do assert.equal("Warning", event.compliance.status) end
    assert.equal(6, #nothing)
  end)

  it("has rows of any bytes, and addresses where they are some", function()
    local rows = { { "connection", { servername = "fs1", username = "a\xff\xfe\0b", share = "\xed\xa0\x80", client = "1.2.3.4\n" } } }
    for _, name in pairs(hostile) do
      rows[#rows + 1] = { "connection", { servername = name, username = name, share = name, client = name } }
    end
    local clients = {
      ["1.2.3.4"] = "ip", ["fe80::1%eth0"] = "ip", ["::ffff:1.2.3.4"] = "ip", ["::"] = "ip", ["256.1.1.1"] = "hostname",
      ["1.2.3"] = "hostname", ["01.2.3.4"] = "hostname", ["1:2"] = "name", [":::"] = "name", ["fe80::1%a\nb"] = "name",
      ["WS1"] = "name", ["fe80::1%" .. ("a"):rep(40)] = "name", ["ws.corp"] = "hostname",
    }
    for client in pairs(clients) do rows[#rows + 1] = { "connection", { servername = "fs1", client = client } } end
    local found = 0
    for _, event in ipairs(read(written(evaluated(rows, complete)))) do
      local client = event.evidences and event.evidences[1].src_endpoint
      local field, value = next(client or {})
      if clients[value] then
        assert.equal(clients[value], field, value)
        found = found + 1
      end
    end
    assert.equal(13, found)
  end)

  it("counts what it does not show", function()
    local rows = {}
    for i = 1, 1234 do rows[i] = { "connection", { servername = "fs1", username = "user" .. i } } end
    local list = read(written(evaluated(rows, complete)))
    assert.same({ "Fail", 234, "few: and 234 more" }, { list[1001].compliance.status, list[1001].count, list[1001].message })
    assert.equal("passes", list[1002].compliance.control)
  end)

  it("of Workspace and of groups has what is known", function()
    local of_cloud = [[
      rule { id = "away", kind = "session", check = function(row) return row.state == "Active" end, message = "{state}" }
      rule { id = "often", kind = "session", group_by = "user", check_group = function(group) return group.count < 2 end,
             message = "{user}" } ]]
    local row = { origin = "r1", login_user = "CORP\\eve", machine_name = "desk1", client_ip = "10.0.0.9", session_state = "Disconnected" }
    local list = read(written(evaluated({ { "session", row }, { "session", row } },
      { { source = "workspace", target = "r1", query = "session", completeness = "complete" } }, { policy = of_cloud })))
    assert.same({ "away Fail", "away Fail", "often Fail" }, statuses(list))
    assert.same({ { name = "desk1", namespace = "r1" } }, list[1].resources)
    assert.same({ { user = { name = "eve" }, src_endpoint = { ip = "10.0.0.9" } } }, list[1].evidences)
    assert.same({ { user = { name = "eve" } } }, list[3].evidences)
    assert.is_nil(list[3].resources)
    assert.equal(list[1].finding_info.uid .. "#2", list[2].finding_info.uid)
  end)

  it("by the command has servers that are there and one that is not, and says of which rows it is", function()
    local inventory_path = put("inventory.lua", ([[
      smb { servers = { "%s", "%s" }, query = "sessions", username = "%s", password = env "LAB_PASSWORD" }
      workspace { endpoint = "https://localhost:%s", ca_file = "%s", project_id = "%s", token = env "LAB_CLOUD_TOKEN",
                  users = { "alice", "bob" } } ]]):format(lab.double, lab.closed, lab.username, os.getenv "LAB_CLOUD_PORT",
      os.getenv "LAB_CLOUD_CA_FILE", os.getenv "LAB_CLOUD_PROJECT"))
    local policy_path = put("policy.lua", [[
      rule { id = "sessions", kind = "smb_session", check = function(row) return row.user ~= "alice" end, message = "{account}" }
      rule { id = "desktops", kind = "session", check = function() return true end, message = "" } ]])
    local output, code = lab.run(("%s check %s -p %s -f ocsf --where 'user=alice,bob'"):format(lab.command, inventory_path, policy_path))
    assert.equal(1, code)
    local list = read(output)
    assert.same({ "sessions Fail", "sessions Warning", "desktops Pass" }, statuses(list))
    for _, event in ipairs(list) do assert.equal("only rows where user=alice,bob", event.compliance.status_details[1]) end
    assert.is_truthy(list[2].compliance.status_details[2]:find(lab.closed .. ": unreachable", 1, true))
    local address, port = lab.double:match "(.*):(.*)"
    assert.same({ ip = address, port = tonumber(port) }, list[1].evidences[1].dst_endpoint)
  end)
end)
