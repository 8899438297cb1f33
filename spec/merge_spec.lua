-- What `rollcall merge` makes of files of several times, of shards, of sources of every kind, and of rows that were left out.
local cjson = require "cjson"
local lab = require "spec.lab"
local lines_of = require "spec.lab.json_lines"
local shard = require "rollcall.internal.shard"
local text_file = require "spec.lab.text_file"

local OLD, NEW = "2026-11-01T00:00:00Z", "2026-11-22T04:00:00Z"
local OLD_SECONDS, NEW_SECONDS = 1793491200, 1795320000

local folder, command

local function put(name, text) return text_file.put(folder .. "/" .. name, text) end

local function content(name) return text_file.content(folder .. "/" .. name) end

---@return string output, integer code, string complaint
local function rollcall(arguments)
  return lab.run(("cd %s && ROLLCALL_PASSWORD=$LAB_PASSWORD %s %s"):format(folder, command, arguments))
end

local function row(server, user, more)
  return ('{"kind": "smb_session", "servername": "%s", "client": "WS1", "username": "%s", "time": 5000, "idle_time": 5%s}\n'):format(
    server, user, more or "")
end

local function result(server, completeness)
  return ('{"kind": "target", "source": "smb", "target": "%s", "query": "smb_session", "completeness": "%s"}\n'):format(
    server, completeness or "complete")
end

---Puts a snapshot there.
local function snapshot(name, time, header, ...)
  local rows = 0
  for _, line in ipairs { ... } do
    if not line:find '"kind": "target"' then rows = rows + 1 end
  end
  put(name, ('{"kind": "snapshot", "schema": "rollcall.snapshot/1", "generated_at": "%s"%s}\n'):format(time, header or "")
    .. table.concat { ... } .. ('{"kind": "end", "rows": %d}\n'):format(rows))
end

local function names_of(targets)
  local names = {}
  for i, target in ipairs(targets or {}) do names[i] = target.target end
  table.sort(names)
  return names
end

before_each(function()
  command = lab.run("realpath " .. lab.command):gsub("%s+$", "")
  folder = lab.new_folder "merge"
end)
after_each(function() lab.run("rm -r " .. folder) end)

describe("rollcall merge, of what a call printed,", function()
  local function call(arguments) return ("sessions %s -U %s -f jsonl %s"):format(lab.double, lab.username, arguments) end

  it("refuses what rows were left out of", function()
    for arguments, words in pairs {
      ["-w user=nobody"] = "the rows where user=nobody",
      ["-w user=nobody -w 'time>0'"] = "the rows where (user=nobody) and (time>0)",
      ["-n 1"] = "the first row",
      ["-n 3"] = "the first 3 rows",
      ["-w user=nobody -n 3"] = "the first 3 rows where user=nobody",
      ["--username nobody"] = "the rows where username=nobody",
      ["--client 'WS 1' -w 'time>0'"] = "the rows where (client=\\\\WS 1) and (time>0)",
    } do
      local output, code, complaint = rollcall(call(arguments))
      assert.equal(0, code, complaint)
      put("some.jsonl", output)
      code, complaint = select(2, rollcall "merge some.jsonl -o merged.jsonl")
      assert.equal(("rollcall: some.jsonl has only %s, and one that was left out would look as if it had not been there; "):format(words)
        .. "print all rows, and choose among those of the merged snapshot\n", complaint)
      assert.equal(3, code)
      assert.is_nil(io.open(folder .. "/merged.jsonl"))
    end
    local files = ("files %s -U %s -f jsonl --basepath 'C:\\nowhere'"):format(lab.double, lab.username)
    put("some.jsonl", (rollcall(files)))
    assert.equal([[basepath=C:\nowhere]], lines_of(content "some.jsonl").report[1].where)
    assert.equal(3, select(2, rollcall "merge some.jsonl -o merged.jsonl"))
  end)

  it("refuses them wherever they stand in a file", function()
    local all, some = rollcall(call ""), rollcall(call "-w user=nobody")
    put("both.jsonl", all .. some)
    put("all.jsonl", all)
    for _, files in ipairs { "both.jsonl", "all.jsonl both.jsonl", "both.jsonl all.jsonl" } do
      local _, code, complaint = rollcall(("merge %s -o merged.jsonl"):format(files))
      assert.equal(3, code)
      assert.is_truthy(complaint:find("rollcall: both.jsonl has only the rows where user=nobody, ", 1, true), complaint)
    end
  end)

  it("takes all of them, in any order", function()
    put("all.jsonl", (rollcall(call "-s user")))
    local _, code, complaint = rollcall "merge all.jsonl -o merged.jsonl"
    assert.same({ 0, "" }, { code, complaint })
    local report = lines_of(content "all.jsonl").report[1]
    assert.is_nil(report.where)
    assert.is_nil(report.limit)
    assert.equal(#lines_of(content "all.jsonl").smb_session, #lines_of(content "merged.jsonl").smb_session)
  end)

  it("knows rows that a program left out", function()
    local report = require "rollcall.report"
    local text = {}
    report.render {
      rows = { { kind = "smb_session", servername = "fs1", username = "eve" } }, kind = "smb_session", format = "jsonl", totals = false,
      filter = function() return false end, write = function(part) text[#text + 1] = part end,
    }
    put("some.jsonl", table.concat(text))
    local _, code, complaint = rollcall "merge some.jsonl -o merged.jsonl"
    assert.equal(3, code)
    assert.is_truthy(complaint:find("some.jsonl has only the rows where a filter says so, ", 1, true), complaint)
  end)
end)

describe("rollcall merge, of files of several times,", function()
  local POLICY = [[
    rule { id = "eve", kind = "smb_session", check = function(s) return s.user ~= "eve" end, message = "{user}" }
    waive { rule = "eve", user = "eve", reason = "leave", expires = "2026-11-10" }]]

  before_each(function()
    snapshot("new.jsonl", NEW, "", row("fs1", "eve"), result "fs1")
    snapshot("stale.jsonl", OLD, "", row("fs2", "zed"), result "fs2")
    put("policy.lua", POLICY)
    local _, code, complaint = rollcall "merge new.jsonl stale.jsonl -o both.jsonl"
    assert.same({ 0, "" }, { code, complaint })
  end)

  local function since_of(file)
    return (rollcall(("report %s -f csv -c user,since,duration,idle,seen_at -s user | grep ^row | cut -d, -f2-6"):format(file)))
  end

  local wanted = ("eve,%d,5000,5,%d\nzed,%d,5000,5,%d\n"):format(NEW_SECONDS - 5000, NEW_SECONDS, OLD_SECONDS - 5000, OLD_SECONDS)

  it("counts seconds from the time of each row's own file", function()
    assert.equal(wanted, since_of "both.jsonl")
  end)

  it("keeps the times, merged and copied again", function()
    rollcall "merge both.jsonl -o again.jsonl.gz"
    assert.equal(wanted, since_of "again.jsonl.gz")
    rollcall "snapshot both.jsonl -o copy.jsonl"
    assert.equal(wanted, since_of "copy.jsonl")
    assert.equal("", (rollcall "diff both.jsonl copy.jsonl"))
    snapshot("other.jsonl", "2026-11-10T00:00:00Z", "", row("fs3", "ann"), result "fs3")
    rollcall "merge both.jsonl other.jsonl -o three.jsonl"
    assert.equal(("ann,%d,5000,5,%d\n"):format(1794268800 - 5000, 1794268800) .. wanted, since_of "three.jsonl")
  end)

  it("keeps those of outputs one after another in a file", function()
    local function printed(time, ...)
      return ('{"kind": "report", "schema": "rollcall/1", "generated_at": "%s", "rows": "smb_session"}\n'):format(time)
        .. table.concat { ... }
    end
    put("printed.jsonl", printed(OLD, row("fs2", "zed"), result "fs2") .. printed(NEW, row("fs1", "eve"), result "fs1"))
    local _, code = rollcall "merge printed.jsonl -o both.jsonl"
    assert.equal(0, code)
    assert.equal(wanted, since_of "both.jsonl")
  end)

  it("keeps them in a history too", function()
    lab.run("mkdir " .. folder .. "/history")
    rollcall "snapshot both.jsonl --append history"
    local output = rollcall "who eve --history history -f csv -c user,since,seen_at"
    assert.is_truthy(output:find(("row,eve,%d,%d,"):format(NEW_SECONDS - 5000, NEW_SECONDS), 1, true), output)
  end)

  it("judges waivers at the time of the newest", function()
    assert.equal(1, select(2, rollcall "check new.jsonl -p policy.lua"))
    local output, code = rollcall "check both.jsonl -p policy.lua"
    assert.equal(1, code, output)
    assert.is_truthy(output:find("# waiver expired on 2026-11-10: leave\n", 1, true), output)
    assert.is_truthy(output:find(("; generated at %s to %s\n"):format(OLD, NEW), 1, true), output)
    local document = cjson.decode((rollcall "check both.jsonl -p policy.lua -f json"))
    assert.same({ OLD, NEW }, { document.generated_at, document.last_generated_at })
  end)

  it("judges working hours at the time of each row", function()
    put("hours.lua", [[rule(builtin.outside_hours { from = "03:00", to = "05:00" })]])
    local output, code = rollcall "check both.jsonl -p hours.lua"
    assert.equal(1, code)
    assert.is_nil(output:find("eve from", 1, true), output)
    assert.is_truthy(output:find("zed from WS1 is connected to", 1, true), output)
  end)

  it("shows both times in reports", function()
    for format, words in pairs {
      table = "# generated at %s to %s\n", markdown = "\nGenerated at %s to %s.\n",
      json = '"generated_at": "%s", "last_generated_at": "%s", ',
      jsonl = '"generated_at": "%s", "last_generated_at": "%s", ', html = '%s</time> to <time>%s</time>',
    } do
      local output, code = rollcall("report both.jsonl -f " .. format)
      assert.equal(0, code)
      assert.is_truthy(output:find(words:format(OLD, NEW), 1, true), output)
      output = rollcall("report new.jsonl -f " .. format)
      assert.is_nil(output:find(" to <time", 1, true) or output:find("Z to ", 1, true) or output:find("last_generated_at", 1, true), output)
    end
  end)

  it("has what a check finds closed, since it is the same session", function()
    local session = { cname = "\\\\WS-ALICE", username = "alice", num_opens = 1, time = 5000, idle_time = 30, user_flags = 0 }
    text_file.replace(folder .. "/scenario.json", cjson.encode {
      shares = {}, sessions = { session }, files = {}, made = {}, acts = {} })
    local server, stop = lab.mock_server(folder .. "/scenario.json")
    put("one.lua", ("smb { servers = %q, query = 'sessions', username = %q, password = env 'LAB_PASSWORD' }"):format(server, lab.username))
    put("alice.lua", "rule { id = 'alice', kind = 'smb_session', check = function(s) return s.user ~= 'alice' end, message = '{user}' }")
    assert.equal(0, select(2, rollcall "snapshot one.lua -o now.jsonl"))
    rollcall "merge now.jsonl stale.jsonl -o both.jsonl"
    rollcall "check both.jsonl -p alice.lua -f json -o findings.json"
    local output, code, complaint = rollcall(("close --findings findings.json -U %s --yes --audit %s/audit.jsonl"):format(
      lab.username, folder))
    stop()
    assert.equal(0, code, output .. complaint)
    assert.is_truthy(output:find("closed: session of alice from WS-ALICE, ", 1, true), output)
  end)
end)

describe("rollcall merge, of what smbstatus said,", function()
  before_each(function()
    local client = lab.connect("alice", "projects", "plan.txt")
    put("status.json", lab.smbstatus "--json")
    client.close()
    put("inventory.lua", "smbstatus { server = 'nas1', file = 'status.json' }\n"
      .. "smbstatus { server = 'nas1', file = 'status.json', query = 'sessions' }")
    assert.equal(0, select(2, rollcall "snapshot inventory.lua -o status.jsonl"))
  end)

  it("keeps its results, and makes up no other", function()
    local _, code, complaint = rollcall "merge status.jsonl -o merged.jsonl"
    assert.same({ 0, "" }, { code, complaint })
    local before, after = lines_of(content "status.jsonl"), lines_of(content "merged.jsonl")
    assert.same(before.target, after.target)
    assert.equal(2, #after.target)
    assert.same(before.access, after.access)
    assert.is_truthy(#after.access > 0)
  end)

  it("counts a server once", function()
    local _, code, complaint = rollcall "merge status.jsonl status.jsonl -o merged.jsonl"
    assert.equal(0, code)
    assert.is_truthy(complaint:find("rollcall: nas1", 1, true) == 1, complaint)
    assert.same(lines_of(content "status.jsonl").target, lines_of(content "merged.jsonl").target)
  end)

  it("names those of an inventory that no file has", function()
    assert.same({ "", 0, "" }, { rollcall "merge status.jsonl --inventory inventory.lua -o merged.jsonl" })
    put("more.lua", content "inventory.lua" .. "smbstatus { server = 'nas2', file = 'status.json' }")
    local _, code, complaint = rollcall "merge status.jsonl --inventory more.lua -o merged.jsonl"
    assert.same({ 2, "rollcall: nas2: no file has a result for it\n" }, { code, complaint })
  end)

  it("has each server in the shard of its name", function()
    put("two.lua", "smbstatus { server = 'nas1', file = 'status.json' }\nsmbstatus { server = 'nas2', file = 'status.json' }")
    local found = {}
    for index = 1, 3 do
      rollcall(("snapshot two.lua --shard %d/3 -o %d.jsonl"):format(index, index))
      for _, target in ipairs(lines_of(content(index .. ".jsonl")).target or {}) do found[target.target] = index end
    end
    assert.same({ nas1 = shard.index_of("nas1", 3), nas2 = shard.index_of("nas2", 3) }, found)
    assert.not_equal(found.nas1, found.nas2)
    local gone = found.nas1
    local code, complaint = select(2, rollcall(("merge %s -i two.lua -o merged.jsonl"):format(table.concat(
      { gone ~= 1 and "1.jsonl" or "", gone ~= 2 and "2.jsonl" or "", gone ~= 3 and "3.jsonl" or "" }, " "))))
    assert.same({ 2, ("rollcall: nas1: no file is of its shard %d/3\n"):format(gone) }, { code, complaint })
  end)
end)

describe("rollcall merge, of merged shards,", function()
  before_each(function()
    for i = 1, 4 do
      snapshot(i .. ".jsonl", NEW, (', "shard": "%d/4"'):format(i), row("fs" .. i, "user" .. i), result("fs" .. i))
    end
  end)

  it("knows of which shards they are", function()
    assert.equal(2, select(2, rollcall "merge 1.jsonl 2.jsonl -o a.jsonl"))
    assert.equal(2, select(2, rollcall "merge 3.jsonl 4.jsonl -o b.jsonl"))
    assert.same({ "1/4", "2/4" }, lines_of(content "a.jsonl").snapshot[1].shards)
    assert.same({ "", 0, "" }, { rollcall "merge a.jsonl b.jsonl -o ab.jsonl" })
    assert.same({ "fs1", "fs2", "fs3", "fs4" }, names_of(lines_of(content "ab.jsonl").target))
    assert.same({ "", 0, "" }, { rollcall "merge ab.jsonl -o again.jsonl --shards 4" })
    assert.same({ "", 0, "" }, { rollcall "snapshot ab.jsonl -o copy.jsonl" })
    assert.same({ "1/4", "2/4", "3/4", "4/4" }, lines_of(content "copy.jsonl").snapshot[1].shards)
    local code, complaint = select(2, rollcall "merge a.jsonl 4.jsonl -o some.jsonl")
    assert.same({ 2, "rollcall: shard 3/4: no file is of this shard\n" }, { code, complaint })
  end)

  it("takes a result for what an earlier merge had none for", function()
    put("names.lua", "smb { servers = { 'fs1', 'fs2', 'fs3', 'fs4' }, query = 'sessions' }")
    rollcall "merge 1.jsonl 2.jsonl -o a.jsonl -i names.lua"
    rollcall "merge 3.jsonl 4.jsonl -o b.jsonl -i names.lua"
    for _, files in ipairs { "a.jsonl b.jsonl", "b.jsonl a.jsonl" } do
      assert.same({ "", 0, "" }, { rollcall(("merge %s -o ab.jsonl -i names.lua"):format(files)) })
      local lines = lines_of(content "ab.jsonl")
      assert.same({ "fs1", "fs2", "fs3", "fs4" }, names_of(lines.target))
      assert.equal(4, #lines.smb_session)
    end
  end)
end)

describe("rollcall merge --inventory", function()
  it("knows a snapshot that the inventory names", function()
    snapshot("new.jsonl", NEW, "", row("fs1", "eve"), result "fs1")
    put("inventory.lua", "snapshot 'new.jsonl'")
    rollcall "snapshot inventory.lua -o one.jsonl"
    assert.same({ "", 0, "" }, { rollcall "merge one.jsonl --inventory inventory.lua -o merged.jsonl" })
    assert.equal(1, #lines_of(content "merged.jsonl").smb_session)
    snapshot("office.jsonl", NEW, "", row("fs2", "eve"), result "fs2", '{"kind": "target", "source": "workspace", "target": "eu", '
      .. '"query": "session", "completeness": "complete"}\n')
    put("inventory.lua", "snapshot 'new.jsonl' snapshot 'office.jsonl'")
    local before = { select(2, rollcall "merge one.jsonl --inventory inventory.lua -o merged.jsonl") }
    assert.same({ 2, "rollcall: fs2: no file has a result for it\nrollcall: eu: no file has a result for it\n" }, before)
    put("inventory.lua", "snapshot 'new.jsonl' snapshot 'other.jsonl'")
    local code, complaint = select(2, rollcall "merge one.jsonl --inventory inventory.lua -o merged.jsonl")
    assert.same({ 2, "rollcall: other.jsonl: no file has a result for it\n" }, { code, complaint })
  end)

  it("knows the users of a snapshot that the inventory names", function()
    local function service(users)
      return ('{"kind": "target", "source": "workspace", "target": "eu", "query": "session", "project_id": "p", "users": ["%s"], '
        .. '"completeness": "complete", "claimed": 1, "received": 1}\n'):format(users)
    end
    snapshot("one.jsonl", NEW, "", service "alice")
    snapshot("two.jsonl", NEW, "", service 'alice", "bob')
    put("inventory.lua", "snapshot 'two.jsonl'")
    local code, complaint = select(2, rollcall "merge one.jsonl --inventory inventory.lua -o merged.jsonl")
    assert.same({ 2, "rollcall: eu: no file has a result for 1 user: bob\n" }, { code, complaint })
    assert.same({ "", 0, "" }, { rollcall "merge two.jsonl --inventory inventory.lua -o merged.jsonl" })
  end)

  it("has it in one shard, whatever it is of", function()
    snapshot("new.jsonl", NEW, "", row("fs1", "eve"), row("fs2", "eve"), result "fs1", result "fs2")
    put("inventory.lua", "snapshot 'new.jsonl'")
    local index = shard.index_of("new.jsonl", 3)
    rollcall(("snapshot inventory.lua --shard %d/3 -o one.jsonl"):format(index % 3 + 1))
    local code, complaint = select(2, rollcall "merge one.jsonl -i inventory.lua -o merged.jsonl")
    assert.same({ 2, ("rollcall: fs1: no file is of its shard %d/3\nrollcall: fs2: no file is of its shard %d/3\n"):format(index, index) },
      { code, complaint })
  end)

  it("knows one that was cut or could not be read", function()
    snapshot("whole.jsonl", NEW, "", row("fs1", "eve"), result "fs1")
    put("cut.jsonl", (content("whole.jsonl"):gsub('{"kind": "end".*', "")))
    put("inventory.lua", "snapshot 'cut.jsonl' snapshot 'nowhere.jsonl'")
    rollcall "snapshot inventory.lua -o one.jsonl"
    local lines, code = lines_of(content "one.jsonl"), select(2, rollcall "merge one.jsonl -i inventory.lua -o merged.jsonl")
    assert.equal(2, code)
    assert.same({ "cut.jsonl", "fs1", "nowhere.jsonl" }, names_of(lines.target))
    assert.same(names_of(lines.target), names_of(lines_of(content "merged.jsonl").target))
  end)
end)
