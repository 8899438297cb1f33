-- What changed between two polls: who may be called connected or disconnected, and who cannot be.
local cjson = require "cjson"
local cloud = require "spec.cloud"
local diff = require "rollcall.diff"
local lab = require "spec.lab"
local text_file = require "spec.lab.text_file"

local folder
local command = lab.run("realpath " .. lab.command):gsub("%s+$", "")

local function put(name, text) return text_file.put(folder .. "/" .. name, text) end
local function content(name) return text_file.so_far(folder .. "/" .. name) end

---@return string output, integer code, string complaint
local function rollcall(arguments)
  return lab.run(("cd %s && ROLLCALL_PASSWORD=$LAB_PASSWORD %s %s"):format(folder, command, arguments))
end

---A snapshot's text: rows and results are tables with their `kind`.
local function snapshot_of(lines, time)
  local texts, rows = {}, 0
  for i, line in ipairs(lines) do
    texts[i] = cjson.encode(line)
    if line.kind ~= "target" then rows = rows + 1 end
  end
  table.insert(texts, 1, ('{"kind": "snapshot", "schema": "rollcall.snapshot/1", "generated_at": "%s"}'):format(
    time or "2026-11-22T08:00:00Z"))
  texts[#texts + 1] = ('{"kind": "end", "rows": %d}'):format(rows)
  return table.concat(texts, "\n") .. "\n"
end

local function session(user, more)
  local row = { kind = "smb_session", servername = "fs1", username = user, client = "WS-" .. user }
  for name, value in pairs(more or {}) do row[name] = value end
  return row
end

local function result(completeness, more)
  local line = { kind = "target", source = "smb", target = "fs1", query = "smb_session", completeness = completeness or "complete" }
  for name, value in pairs(more or {}) do line[name] = value end
  return line
end

local function poll_of(lines)
  local rows, outcomes, position = {}, {}, 0
  for _, line in ipairs(lines) do table.insert(line.kind == "target" and outcomes or rows, line) end
  return diff.poll(function()
    position = position + 1
    if rows[position] then return rows[position].kind, rows[position] end
  end, outcomes)
end

local function told(before, after)
  local list = {}
  for i, change in ipairs(diff.compare(before, after)) do
    list[i] = ("%s %s"):format(change.event, change.row.username or change.row.user_name)
  end
  return list
end

setup(function() folder = lab.new_folder "changes" end)
teardown(function() lab.run("rm -r " .. folder) end)

describe("a watch that cannot write", function()
  it("ends with 3, and says so, instead of losing its events", function()
    put("state.jsonl", snapshot_of { session "alice", result() })
    put("state.lua", ("snapshot %q"):format(folder .. "/state.jsonl"))
    for _, output in ipairs { "> /dev/full", ">&-" } do
      local _, code, complaint = rollcall("watch state.lua --times 1 " .. output)
      assert.equal(3, code)
      assert.matches("^rollcall: cannot write: ", complaint)
      put("state.jsonl", snapshot_of { session "alice", result() })
      put("polled.jsonl", "")
      lab.start(("{ cd %s; timeout 60 %s watch state.lua -i 0.05 -f jsonl --snapshot polled.jsonl %s 2> complaint; echo $? > code; }"
        .. " > /dev/null"):format(folder, command, output))
      lab.eventually("a first poll", function() return content "polled.jsonl" ~= "" end)
      text_file.replace(folder .. "/state.jsonl", snapshot_of { session "bob", result() })
      lab.eventually("the end of it", function() return content "code" ~= "" or nil end)
      assert.equal("3\n", content "code", output)
      assert.matches("^rollcall: cannot write: ", content "complaint")
      os.remove(folder .. "/code")
    end
  end)
end)

describe("what is known of a target that fails", function()
  local partial, full = poll_of { session "ann", result "partial" }, poll_of { session "ann", session "ben", result() }
  local denied, nobody = poll_of { result "denied" }, poll_of { result() }

  it("is as complete as it was before it failed, and no more", function()
    assert.same({ "newly_visible ben" }, told(partial, full))
    assert.same({ "newly_visible ben" }, told(diff.carried(partial, denied), full))
    assert.same({ "newly_visible ben" }, told(diff.carried(diff.carried(partial, denied), denied), full))
    assert.same({ "connected ben" }, told(diff.carried(poll_of { session "ann", result() }, denied), full))
    assert.same({ "connected ben" }, told(diff.carried(diff.carried(poll_of { session "ann", result() }, partial), denied), full))
    -- That nobody was there is known as well as who was.
    assert.same({ "connected ann", "connected ben" }, told(diff.carried(nobody, denied), full))
  end)

  it("is that of each of its results", function()
    local twice = poll_of { session "ann", result(), result "partial" }
    assert.same({ "newly_visible ben" }, told(diff.carried(twice, poll_of { result "denied", result "denied" }), full))
  end)
end)

describe("a row that was asked for in one of two polls alone", function()
  local function of_cloud(users, more)
    local line = result("complete", { source = "workspace", target = "eu", query = "session", users = users, claimed = users and #users,
      project_id = "p1" })
    for name, value in pairs(more or {}) do line[name] = value end
    return line
  end
  local function desktop(user, project)
    return { kind = "session", origin = "eu", user_name = user, login_user = user, id = user .. "-1", project_id = project or "p1" }
  end
  local function connection(share, client)
    return { kind = "connection", servername = "fs1", share = share, client = client, username = "of " .. share, id = 1 }
  end
  local function asked_about(qualifier) return result("complete", { query = "connection", qualifier = qualifier }) end

  it("is of a user, of whom nothing is known in the other", function()
    local one = poll_of { desktop "alice", of_cloud { "Alice" } }
    local both = poll_of { desktop "alice", desktop "bob", of_cloud { "alice", "bob" } }
    assert.same({ "unverified bob" }, told(both, one))
    assert.same({ "newly_visible bob" }, told(one, both))
    assert.same({ "disconnected bob" }, told(both, poll_of { desktop "alice", of_cloud { "alice", "bob" } }))
    assert.same({ "disconnected bob" }, told(both, poll_of { desktop "alice", of_cloud(nil) }))
    assert.same({ "unverified alice", "unverified bob" }, told(both, poll_of { of_cloud(nil, { claimed = 0 }) }))
    -- And what is carried is reported once.
    assert.same({}, told(diff.carried(both, one), one))
    assert.same({ "disconnected bob" }, told(diff.carried(both, one), poll_of { desktop "alice", of_cloud { "alice", "bob" } }))
  end)

  it("is of a project", function()
    local one, other = poll_of { desktop "alice", of_cloud { "alice" } },
      poll_of { desktop("alice", "p2"), of_cloud({ "alice" }, { project_id = "p2" }) }
    one.entries[one.order[1]].row.id = "of-p1"
    assert.same({ "unverified alice" }, told(one, poll_of { of_cloud({ "alice" }, { project_id = "p2" }) }))
    assert.same({ "newly_visible alice" }, told(poll_of { of_cloud { "alice" } }, other))
  end)

  it("is of a share, or from a computer", function()
    local projects = poll_of { connection("projects", "ws1"), asked_about "Projects" }
    local public = poll_of { connection("public", "ws2"), asked_about "public" }
    assert.same({ "unverified of projects", "newly_visible of public" }, told(projects, public))
    local whole = poll_of { connection("projects", "ws1"), connection("public", "ws2"), asked_about(nil) }
    assert.same({ "newly_visible of public" }, told(projects, whole))
    assert.same({ "unverified of projects" }, told(whole, public))
    assert.same({ "disconnected of projects" }, told(projects, poll_of { asked_about "projects" }))
    assert.same({ "disconnected of projects", "unverified of public" }, told(whole, poll_of { asked_about "\\\\WS1" }))
  end)

  it("is so for a poll that failed for one of them", function()
    local before = poll_of { connection("projects", "ws1"), connection("public", "ws2"), asked_about "projects", asked_about "public" }
    local after = poll_of { result("denied", { query = "connection", qualifier = "projects" }), asked_about "public" }
    assert.same({ "unverified of projects", "disconnected of public" }, told(before, after))
  end)
end)

describe("a poll of no target", function()
  it("has seen nothing of anybody", function()
    local some = poll_of { session "alice", result() }
    assert.same({ "unverified alice" }, told(some, poll_of {}))
    assert.same({ "newly_visible alice" }, told(poll_of {}, some))
    put("some.jsonl", snapshot_of { session "alice", result() })
    put("none.jsonl", snapshot_of {})
    local output, code, complaint = rollcall "diff some.jsonl none.jsonl"
    assert.matches("^? unverified +smb_session  alice", output)
    assert.same({ 2, "rollcall: fs1 (smb_session): asked for in some.jsonl alone\n" }, { code, complaint })
  end)
end)

describe("the result for a target", function()
  local function targets_of(output)
    local targets = {}
    for line in output:gmatch "[^\n]+" do
      local object = cjson.decode(line)
      if object.kind == "target" then targets[#targets + 1] = object end
    end
    return targets
  end

  it("says of which share a real server was asked", function()
    local call = ("connections %s -U %s "):format(lab.samba, lab.username)
    assert.equal("projects", targets_of((rollcall(call .. "-q projects -f jsonl")))[1].qualifier)
    assert.is_nil(targets_of((rollcall(call .. "-f jsonl")))[1].qualifier)
    assert.equal("projects", targets_of((rollcall(("connections %s -U x -q projects -f jsonl"):format(lab.closed))))[1].qualifier)
    put("two.lua", ("for _, share in ipairs { 'projects', 'public' } do\n  smb { servers = %q, query = 'connections', qualifier = share, "
      .. "username = %q, password = env 'LAB_PASSWORD' }\nend"):format(lab.double, lab.username))
    local shown = rollcall "report two.lua"
    assert.matches("%(connection, qualifier projects%)", shown)
    assert.matches("%(connection, qualifier public%)", shown)
  end)

  it("says of which project and of which users a real service was asked", function()
    local environment = cloud.environment
    local variables = ("ROLLCALL_TOKEN=%s HUAWEICLOUD_SDK_PROJECT_ID=%s"):format(environment.TOKEN, environment.PROJECT)
    local output = lab.run(("%s %s workspace --endpoint %s --ca-file %s --user alice bob -f jsonl"):format(variables, command, cloud.tls,
      environment.CA_FILE))
    local target = targets_of(output)[1]
    assert.same({ environment.PROJECT, { "alice", "bob" }, 2 }, { target.project_id, target.users, target.claimed })
    put("cloud.lua", ("workspace { endpoint = %q, ca_file = %q, project_id = %q, token = env 'LAB_CLOUD_TOKEN', users = 'bob' }"):format(
      cloud.tls, environment.CA_FILE, environment.PROJECT))
    assert.equal(0, (select(2, rollcall "snapshot cloud.lua -o cloud.jsonl")))
    target = targets_of(content "cloud.jsonl")[1]
    assert.same({ environment.PROJECT, { "bob" }, 1 }, { target.project_id, target.users, target.claimed })
  end)
end)

describe("rollcall diff", function()
  local function diffed(before, after, more)
    put("before.jsonl", snapshot_of(before))
    put("after.jsonl", snapshot_of(after))
    return rollcall("diff before.jsonl after.jsonl " .. (more or ""))
  end

  it("ends with 2 where a target was asked in one of the two alone, and names it", function()
    local fs2 = result("complete", { target = "fs2" })
    assert.same({ "", 2, "rollcall: fs2 (smb_session): asked for in after.jsonl alone\n" },
      { diffed({ session "alice", result() }, { session "alice", result(), fs2 }) })
    assert.same({ "", 0, "" }, { diffed({ session "alice", result(), fs2 }, { session "alice", fs2, result() }) })
    local function of_cloud(...)
      return result("complete", { source = "workspace", target = "eu", query = "session", users = { ... }, claimed = select("#", ...) })
    end
    assert.same({ "", 2, "rollcall: bob at eu, carol at eu: asked for in before.jsonl alone\n" },
      { diffed({ of_cloud("alice", "bob", "carol") }, { of_cloud "ALICE" }) })
    assert.same({ "", 0, "" }, { diffed({ of_cloud("alice", "bob") }, { of_cloud "bob", of_cloud "alice" }) })
    local many = {}
    for i = 1, 8 do many[i] = result("complete", { target = "fs" .. i }) end
    local _, code, complaint = diffed(many, {})
    assert.equal(2, code)
    assert.matches("fs5 %(smb_session%) and 3 more: asked for in before.jsonl alone\n$", complaint)
    local function asked_about(qualifier) return result("complete", { query = "connection", qualifier = qualifier }) end
    assert.same({ "", 0, "" }, { diffed({ asked_about "Projects" }, { asked_about "projects" }) })
    assert.same({ "", 2, "rollcall: fs1 (projects): asked for in before.jsonl alone\n"
      .. "rollcall: fs1 (public): asked for in after.jsonl alone\n" }, { diffed({ asked_about "projects" }, { asked_about "public" }) })
  end)

  it("takes a server named otherwise for the same, as merge does", function()
    local before = { session("alice", { num_opens = 1 }), session "bob", result() }
    local after = { session("alice", { servername = "\\\\FS1", num_opens = 2 }), session("bob", { servername = "\\\\FS1" }),
      result("complete", { target = "\\\\FS1" }) }
    local output, code, complaint = diffed(before, after)
    assert.same({ 1, "" }, { code, complaint })
    assert.matches("^~ changed        smb_session  alice on %- from WS%-alice at \\\\FS1; num_opens: 1 %-> 2\n$", output)
  end)

  it("names who it is, of rows of one's own too", function()
    local asked = { kind = "target", source = "rows", target = "badge", query = "badge", completeness = "complete" }
    local output = diffed({ { kind = "badge", user = "dora", resource = "door 3" }, asked }, { asked })
    assert.equal("- disconnected   badge  dora on door 3 from - at -\n", output)
  end)
end)

describe("a watch of a target with several results", function()
  it("reports once that it fails, and that it answers again when all of them are good", function()
    local function put_state(first, second)
      text_file.replace(folder .. "/state.jsonl", snapshot_of { session "alice", result(first, { reason = "no" }), result(second) })
    end
    put("state.lua", ("snapshot %q"):format(folder .. "/state.jsonl"))
    put_state("denied", "complete")
    assert.equal("rollcall: fs1: no\n", select(3, rollcall "watch state.lua -i 0.02 --times 4 -f jsonl"))
    local process = lab.start(("cd %s && %s watch state.lua -i 0.05 -f jsonl > printed 2> complaint"):format(folder, command))
    lab.eventually("a failure", function() return content "complaint" ~= "" end)
    put_state("complete", "complete")
    lab.eventually("its end", function() return content "complaint":find "answers again" end)
    lab.run("kill " .. process)
    assert.equal("rollcall: fs1: no\nrollcall: fs1: answers again\n", content "complaint")
  end)

  it("knows them by what each was asked about", function()
    put("state.jsonl", snapshot_of { result("denied", { query = "connection", qualifier = "gone", reason = "no such share" }),
      result("complete", { query = "connection", qualifier = "projects" }) })
    put("state.lua", ("snapshot %q"):format(folder .. "/state.jsonl"))
    assert.equal("rollcall: fs1: no such share\n", select(3, rollcall "watch state.lua -i 0.02 --times 4 -f jsonl"))
  end)
end)

describe("a session that began anew", function()
  local function at(time, more)
    local row = session("alice", more)
    row.time = time
    return row
  end
  local function anew(before, after, began, ended)
    before, after = poll_of(before), poll_of(after)
    before.ended, after.began = ended, began
    return told(before, after)
  end
  local both = { "disconnected alice", "connected alice" }

  it("is another one, which its age says", function()
    assert.same(both, anew({ at(5000), result() }, { at(1), result() }))
    assert.same({}, anew({ at(5000), result() }, { at(4997), result() }))
    assert.same(both, anew({ at(5000), result() }, { at(4996), result() }))
    assert.same({}, anew({ at(100), result() }, { at(200), result() }))
    -- Where it is known how much time went by at least.
    assert.same(both, anew({ at(100), result() }, { at(200), result() }, 1600.5, 1000))
    assert.same({}, anew({ at(100), result() }, { at(700), result() }, 1600.5, 1000))
    local output, code = rollcall(("diff %s %s"):format(put("old.jsonl", snapshot_of { at(5000), result() }),
      put("new.jsonl", snapshot_of { at(1), result() })))
    assert.equal(1, code)
    assert.matches("^%- disconnected   smb_session  alice.*\n%+ connected      smb_session  alice[^\n]*\n$", output)
  end)

  it("is one of several of the same user and computer", function()
    assert.same({}, anew({ at(5000), at(10), result() }, { at(610), at(5600), result() }))
    assert.same({ "disconnected alice" }, anew({ at(5000), at(10), result() }, { at(610), result() }))
    assert.same(both, anew({ at(5000), at(10), result() }, { at(1), at(5600), result() }))
  end)

  it("is not one whose row has the age of something else, or a filled-in one", function()
    local function access(time, sources)
      return { kind = "access", servername = "fs1", username = "alice", client = "A", time = time, sources = sources }
    end
    local asked = result("complete", { query = "access" })
    assert.same({ "changed alice" }, anew({ access(500, "session"), asked }, { access(20, "session+connection"), asked }))
    assert.same(both, anew({ access(500, "session"), asked }, { access(20, "session"), asked }))
    assert.same({}, anew({ at(500, { placeholder = true }), result() }, { at(20, { placeholder = true }), result() }))
  end)

  it("is one of the same id with another start_time, or of another time by the server itself", function()
    local function desktop(start)
      return { kind = "session", origin = "eu", id = "1", user_name = "alice", start_time = start }
    end
    local asked = result("complete", { source = "workspace", target = "eu", query = "session" })
    assert.same(both, anew({ desktop "2026-11-22 08:00:00", asked }, { desktop "2026-11-22 09:00:00", asked }))
    assert.same(both, anew({ at(5, { since = 1000 }), result() }, { at(9, { since = 1004 }), result() }))
    assert.same({}, anew({ at(5, { since = 1000 }), result() }, { at(9, { since = 1000 }), result() }))
    -- Of a field that rows of a kind do not have, a file may say anything.
    local odd = { kind = "session", origin = "eu", id = "1", user_name = "alice", since = "x", time = "y" }
    assert.same({}, anew({ odd, asked }, { odd, asked }))
  end)

  it("is a Logoff and a Logon for a watch", function()
    put("state.jsonl", snapshot_of { at(5000), result() })
    put("state.lua", ("snapshot %q"):format(folder .. "/state.jsonl"))
    local process = lab.start(("cd %s && %s watch state.lua -i 0.05 -f ocsf --snapshot polled.jsonl > printed 2>&1"):format(
      folder, command))
    lab.eventually("a poll", function() return content "polled.jsonl":find "5000" end)
    text_file.replace(folder .. "/state.jsonl", snapshot_of { at(1), result() })
    lab.eventually("both", function() return content "printed":find "\n.*\n" end)
    lab.run("kill " .. process)
    assert.matches("Logoff.*\n.*Logon", content "printed")
  end)

  it("is none where a file is read again", function()
    put("state.jsonl", snapshot_of { at(5), result() })
    put("state.lua", ("snapshot %q"):format(folder .. "/state.jsonl"))
    assert.same({ "", 0, "" }, { rollcall "watch state.lua -i 4 --times 3 -f jsonl" })
  end)
end)

describe("rollcall merge", function()
  local function merged(arguments)
    local _, code, complaint = rollcall(("merge %s -o merged.jsonl"):format(arguments))
    local lines = {}
    for line in content "merged.jsonl":gmatch "[^\n]+" do
      local object = cjson.decode(line)
      lines[object.kind] = lines[object.kind] or {}
      table.insert(lines[object.kind], object)
    end
    return lines, code, complaint
  end

  local function of_cloud(users, project, completeness)
    return result(completeness, { source = "workspace", target = "eu", query = "session", users = users, claimed = #users,
      received = completeness and 0 or #users, project_id = project or "p1" })
  end

  local function desktop(user, project)
    return { kind = "session", origin = "eu", user_name = user, id = user .. "-" .. (project or "p1"), project_id = project or "p1" }
  end

  it("names the users of an inventory of whom no file has a result", function()
    put("wa.jsonl", snapshot_of { desktop "alice", of_cloud { "alice", "Carol" } })
    put("users.lua", "workspace { endpoint = 'eu', project_id = 'p1', users = { 'alice', 'bob', 'carol', 'dora' } }")
    local lines, code, complaint = merged "wa.jsonl -i users.lua"
    assert.same({ 2, "rollcall: eu: no file has a result for 2 users: bob, dora\n" }, { code, complaint })
    assert.equal(1, #lines.target)
    local target = lines.target[1]
    assert.same({ "partial", 4, 2, { "alice", "Carol", "bob", "dora" } },
      { target.completeness, target.claimed, target.received, target.users })
    put("users.lua", "workspace { endpoint = 'eu', project_id = 'p2', users = { 'alice' } }")
    lines, code = merged "wa.jsonl -i users.lua"
    assert.same({ 2, "p2", "unreachable" }, { code, lines.target[2].project_id, lines.target[2].completeness })
    put("users.lua", "workspace { endpoint = 'eu', users = { 'ALICE' } }")
    assert.equal(0, select(2, merged "wa.jsonl -i users.lua"))
  end)

  it("counts what a newer file says of a user, also that there is no session", function()
    put("old.jsonl", snapshot_of({ desktop "alice", desktop "bob", of_cloud { "alice", "bob" } }, "2026-11-21T08:00:00Z"))
    put("new.jsonl", snapshot_of { of_cloud { "alice" } })
    local lines = merged "old.jsonl new.jsonl"
    assert.same({ "bob" }, { lines.session[1].user_name, lines.session[2] })
    assert.same({ "alice", "bob" }, lines.target[1].users)
    put("new.jsonl", snapshot_of { of_cloud({ "alice" }, "p1", "denied") })
    assert.equal(2, #merged "old.jsonl new.jsonl".session)
  end)

  it("keeps the projects of a service apart", function()
    put("one.jsonl", snapshot_of { desktop "alice", of_cloud { "alice" } })
    put("two.jsonl", snapshot_of { desktop("alice", "p2"), of_cloud({ "alice" }, "p2") })
    local lines, code, complaint = merged "one.jsonl two.jsonl"
    assert.same({ 0, "" }, { code, complaint })
    assert.same({ 2, 2 }, { #lines.session, #lines.target })
  end)

  it("keeps what a server was asked about apart, and counts each of it once", function()
    local function connection(share, user)
      return { kind = "connection", servername = "fs1", share = share, client = "ws1", username = user }
    end
    local function asked_about(qualifier) return result("complete", { query = "connection", qualifier = qualifier }) end
    put("one.jsonl", snapshot_of { connection("projects", "alice"), asked_about "projects" })
    put("two.jsonl", snapshot_of { connection("public", "bob"), asked_about "public" })
    local lines, code, complaint = merged "one.jsonl two.jsonl"
    assert.same({ 0, "" }, { code, complaint })
    assert.same({ 2, 2 }, { #lines.connection, #lines.target })
    put("old.jsonl", snapshot_of({ connection("projects", "carol"), connection("public", "dora"), asked_about(nil) },
      "2026-11-21T08:00:00Z"))
    lines = merged "one.jsonl old.jsonl"
    assert.same({ "alice", "dora", 2 }, { lines.connection[1].username, lines.connection[2].username, #lines.connection })
    put("old.jsonl", snapshot_of({ connection("projects", "carol"), asked_about "\\\\WS1" }, "2026-11-21T08:00:00Z"))
    put("new.jsonl", snapshot_of { asked_about(nil) })
    lines = merged "old.jsonl new.jsonl"
    assert.same({ nil, 1 }, { lines.connection, #lines.target })
  end)
end)
