-- A fleet: shards of the targets, their snapshots merged into one, and what a scheduler counts as a failure.
local cjson = require "cjson"
local cloud = require "spec.cloud"
local lab = require "spec.lab"
local lines_of = require "spec.lab.json_lines"
local shard = require "rollcall.internal.shard"
local text_file = require "spec.lab.text_file"

local folder

local function put(name, text) return text_file.put(folder .. "/" .. name, text) end

---@return string output, integer code, string complaint
local function rollcall(arguments, variables)
  return lab.run(("cd %s && ROLLCALL_PASSWORD=$LAB_PASSWORD %s $ROLLCALL_COMMAND %s"):format(folder, variables or "", arguments)
    :gsub("%$ROLLCALL_COMMAND", (lab.run("realpath " .. lab.command):gsub("%s+$", ""))))
end

local function content(name)
  local file = assert(io.open(folder .. "/" .. name, "rb"))
  local text = file:read "a"
  file:close()
  return text
end

local function names_of(targets, field)
  local names = {}
  for i, target in ipairs(targets or {}) do names[i] = target[field or "target"] end
  table.sort(names)
  return names
end

setup(function() folder = lab.new_folder "fleet" end)
teardown(function() lab.run("rm -r " .. folder) end)

describe("a shard", function()
  local function fleet(count)
    local names = {}
    for i = 1, count do names[i] = ("fs%d.site%d.example"):format(i, i % 7) end
    return names
  end

  it("has each target in one of them, whatever its place in the list", function()
    local names = fleet(2000)
    for _, count in ipairs { 1, 2, 3, 4, 7, 64 } do
      local of = {}
      for index = 1, count do
        for _, name in ipairs(shard.filtered(shard.of_label(index .. "/" .. count), names)) do
          assert.is_nil(of[name])
          of[name] = index
        end
      end
      for i = #names, 1, -1 do assert.equal(of[names[i]], shard.index_of(names[i], count)) end
    end
  end)

  it("has about as many as every other, also of names that are much alike", function()
    for _, pattern in ipairs { "fs%d", "10.20.30.%d", "\\\\fs%d.example.com", "fs%d:4450" } do
      for _, count in ipairs { 2, 4, 10, 16 } do
        local sizes = {}
        for i = 2, 40000, 2 do
          local index = shard.index_of(pattern:format(i), count)
          sizes[index] = (sizes[index] or 0) + 1
        end
        for index = 1, count do
          assert.is_true(math.abs(sizes[index] * count / 20000 - 1) < 0.12, ("%s %d/%d: %d"):format(pattern, index, count, sizes[index]))
        end
      end
    end
  end)

  -- Machines with other versions of rollcall may share a fleet.
  it("stays the same from version to version", function()
    local indexes = {}
    for i, name in ipairs { "fs1", "fs2", "10.0.0.1:4450", "files.example.com", "Zoë", "" } do indexes[i] = shard.index_of(name, 100000) end
    assert.same({ 45434, 49756, 68964, 59764, 76928, 1 }, indexes)
    assert.equal(0xca2e9442 % 100000 + 1, shard.index_of("a", 100000)) -- as of Jenkins
  end)

  it("takes a name in either case, and with backslashes, for the same target", function()
    assert.equal(shard.index_of("fs1", 100000), shard.index_of("\\\\FS1", 100000))
    assert.equal(shard.index_of("zoë", 100000), shard.index_of("ZOË", 100000))
    assert.not_equal(shard.index_of("fs1", 100000), shard.index_of("fs2", 100000))
  end)
end)

describe("--shard", function()
  local port = lab.closed:match ":(%d+)$"
  local servers, reversed = {}, {}
  for i = 1, 12 do servers[i] = ("127.0.1.%d"):format(i) end
  for i = 1, 12 do reversed[i] = servers[13 - i] end

  local function inventory(names)
    return ("smb { servers = { '%s' }, username = 'x', password = env 'LAB_PASSWORD', port = %s }\n"):format(
      table.concat(names, "', '"), port)
  end

  ---Which targets each of three shards asks.
  local function asked_by(run)
    local all = {}
    for index = 1, 3 do
      for _, name in ipairs(run(("--shard %d/3"):format(index))) do all[#all + 1] = name end
    end
    table.sort(all)
    return all
  end

  local wanted = table.move(servers, 1, #servers, 1, {})
  table.sort(wanted)

  for _, command in ipairs { "connections", "sessions", "files", "shares", "logons", "smb" } do
    it("divides what is asked: rollcall " .. command, function()
      local per_shard = {}
      assert.same(wanted, asked_by(function(option)
        local output, code, complaint = rollcall(("%s %s -U x -p %s -f jsonl %s"):format(command, table.concat(servers, " "), port, option))
        assert.equal(2, code, complaint)
        local lines = lines_of(output)
        assert.equal(option:match "%d/%d", lines.report[1].shard)
        per_shard[#per_shard + 1] = names_of(lines.target)
        return per_shard[#per_shard]
      end))
      assert.is_true(#per_shard[1] < 12 and #per_shard[2] < 12 and #per_shard[3] < 12)
      if command == "smb" then
        local output = rollcall(("smb %s -U x -p %s -f jsonl --shard 2/3"):format(table.concat(reversed, " "), port))
        assert.same(per_shard[2], names_of(lines_of(output).target))
      end
    end)
  end

  it("divides what an inventory names, each block that is no list as a whole", function()
    put("fleet.lua", inventory(servers) .. "rows { kind = 'badge', { user = 'alice' } } rows { kind = 'door', { user = 'bob' } }\n"
      .. "snapshot 'nowhere.jsonl'")
    local everything = { "badge", "door", "nowhere.jsonl", table.unpack(servers) }
    table.sort(everything)
    assert.same(everything, asked_by(function(option)
      rollcall("snapshot fleet.lua -o part.jsonl " .. option)
      local lines = lines_of(content "part.jsonl")
      assert.equal(option:match "%d/%d", lines.snapshot[1].shard)
      return names_of(lines.target)
    end))
    assert.same(everything, asked_by(function(option)
      local output = rollcall("report fleet.lua -f json " .. option)
      local document = cjson.decode(output)
      assert.equal(option:match "%d/%d", document.shard)
      return names_of(document.targets)
    end))
    put("policy.lua", "rule { id = 'r', kind = 'badge', message = 'm', check = function() return true end }")
    assert.same(everything, asked_by(function(option)
      return names_of(cjson.decode((rollcall("check fleet.lua -p policy.lua -f json " .. option))).targets)
    end))
    assert.same(everything, asked_by(function(option)
      local _, code, complaint = rollcall("watch fleet.lua --times 1 -s part.jsonl " .. option)
      assert.equal(0, code, complaint)
      local lines = lines_of(content "part.jsonl")
      assert.equal(option:match "%d/%d", lines.snapshot[1].shard)
      return names_of(lines.target)
    end))
  end)

  it("divides users of cloud desktops, from arguments and from a file", function()
    put("users.txt", "alice\nbob\ncarol\ndave\nerin\n")
    local users = {}
    local claimed = 0
    for index = 1, 3 do
      local output, code, complaint = rollcall(("workspace --endpoint %s --ca-file %s --user frank --users-from users.txt "
        .. "-f jsonl --shard %d/3"):format(cloud.tls, cloud.environment.CA_FILE, index),
        ("ROLLCALL_TOKEN=%s HUAWEICLOUD_SDK_PROJECT_ID=%s"):format(cloud.environment.TOKEN, cloud.environment.PROJECT))
      assert.equal(0, code, complaint)
      local lines = lines_of(output)
      assert.equal(index .. "/3", lines.report[1].shard)
      claimed = claimed + lines.target[1].claimed
      for _, row in ipairs(lines.session or {}) do
        assert.is_true(users[row.user_name] == nil or users[row.user_name] == index)
        users[row.user_name] = index
        assert.equal(index, shard.index_of(row.user_name, 3))
      end
    end
    assert.equal(6, claimed)
    assert.is_truthy(users.alice)
  end)

  it("is shown to a person", function()
    put("one.lua", "rows { kind = 'badge', { user = 'alice' } }")
    for format, words in pairs {
      table = "# shard 1/1 of the targets\n", markdown = " from shard 1/1 of the targets.\n", html = ", shard 1/1 of all<span",
    } do
      local output, code = rollcall("report one.lua --shard 1/1 -f " .. format)
      assert.equal(0, code)
      assert.is_truthy(output:find(words, 1, true), output)
      assert.is_nil(rollcall("report one.lua -f " .. format):find("shard", 1, true))
    end
  end)

  it("may have no target, and says so", function()
    put("one.lua", "rows { kind = 'badge', { user = 'alice' } }")
    local empty = shard.index_of("badge", 2) == 1 and "2/2" or "1/2"
    local _, code, complaint = rollcall("report one.lua --shard " .. empty)
    assert.same({ 0, ("rollcall: no target is in the shard %s\n"):format(empty) }, { code, complaint })
    _, code, complaint = rollcall("snapshot one.lua -o empty.jsonl --shard " .. empty)
    assert.same({ 0, ("rollcall: no target is in the shard %s\n"):format(empty) }, { code, complaint })
    local index = 3 - shard.index_of(lab.double, 2)
    _, code, complaint = rollcall(("sessions %s -U %s --shard %d/2"):format(lab.double, lab.username, index))
    assert.same({ 0, ("rollcall: no target is in the shard %d/2\n"):format(index) }, { code, complaint })
  end)

  local array = "SLURM_ARRAY_TASK_ID=%d SLURM_ARRAY_TASK_MIN=%d SLURM_ARRAY_TASK_MAX=%d SLURM_ARRAY_TASK_COUNT=%d SLURM_ARRAY_TASK_STEP=%d"

  ---@return string? label
  ---@return string complaint
  local function label_of(option, variables)
    put("one.lua", "rows { kind = 'badge', { user = 'alice' } }")
    local output, code, complaint = rollcall("report one.lua -f json " .. option, variables)
    if code == 3 then return nil, complaint end
    return cjson.decode(output).shard, complaint
  end

  it("is that of the task of an array, or of the pod of a job, where it is asked for", function()
    assert.equal("3/4", (label_of("--shard slurm", array:format(3, 1, 4, 4, 1))))
    assert.equal("1/4", (label_of("--shard slurm", array:format(0, 0, 3, 4, 1))))
    assert.equal("4/4", (label_of("--shard slurm", array:format(17, 2, 17, 4, 5))))
    assert.equal("1/4", (label_of("--shard kubernetes/4", "JOB_COMPLETION_INDEX=0")))
    assert.equal("4/4", (label_of("--shard kubernetes/4", "JOB_COMPLETION_INDEX=3")))
  end)

  it("never comes from an environment that nobody named", function()
    assert.is_nil((label_of("", array:format(3, 1, 4, 4, 1) .. " JOB_COMPLETION_INDEX=3")))
    assert.equal("2/4", (label_of("--shard 2/4", array:format(3, 1, 4, 4, 1))))
  end)

  it("is refused where the environment does not say it", function()
    for variables, words in pairs {
      [array:format(7, 1, 9, 3, 1)] = "not at even distances", -- as of --array=1,7,9
      [array:format(5, 1, 4, 4, 1)] = "not at even distances",
      ["SLURM_ARRAY_TASK_ID=1"] = "SLURM_ARRAY_TASK_MIN is not set",
      ["SLURM_ARRAY_TASK_ID=first"] = "SLURM_ARRAY_TASK_ID is 'first', which is not a whole number",
    } do
      local label, complaint = label_of("--shard slurm", variables)
      assert.is_nil(label)
      assert.is_truthy(complaint:find(words, 1, true), complaint)
    end
    local label, complaint = label_of("--shard kubernetes/4", "JOB_COMPLETION_INDEX=4")
    assert.is_nil(label)
    assert.is_truthy(complaint:find("JOB_COMPLETION_INDEX is 4, and the completions are 4", 1, true), complaint)
  end)
end)

describe("rollcall merge", function()
  local OLD, NEW = "2026-11-21T07:00:00Z", "2026-11-21T08:30:00Z"

  local function head(time, rest)
    return ('{"kind": "snapshot", "schema": "rollcall.snapshot/1", "generated_at": "%s"%s}\n'):format(time, rest or "")
  end

  local function session(server, user)
    return ('{"kind": "smb_session", "servername": "%s", "username": "%s", "client": "WS1"}\n'):format(server, user)
  end

  local function result(server, completeness)
    return ('{"kind": "target", "source": "smb", "target": "%s", "query": "smb_session", "completeness": "%s"}\n'):format(
      server, completeness or "complete")
  end

  local function ending(rows) return ('{"kind": "end", "rows": %d}\n'):format(rows) end

  ---@return table lines  of what was merged
  ---@return integer code
  ---@return string complaint
  local function merged(arguments)
    lab.run(("rm -f %s/merged.jsonl"):format(folder))
    local _, code, complaint = rollcall(("merge %s -o merged.jsonl"):format(arguments))
    assert.is_true(code ~= 3, complaint)
    return lines_of(content "merged.jsonl"), code, complaint
  end

  it("gives of shards what one snapshot of all would have, by real servers", function()
    put("whole.lua", ("smb { servers = { %q, %q }, query = 'sessions', username = %q, password = env 'LAB_PASSWORD' }\n"):format(
      lab.double, lab.samba, lab.username)
      .. "rows { kind = 'badge', { user = 'alice' } }\n"
      .. "normalize_user(function(a) return 'x-' .. a:lower() end)\nutc_offset(3600)")
    for i = 1, 2 do
      assert.equal(0, select(2, rollcall(("snapshot whole.lua --shard %d/2 -o %d.jsonl.gz"):format(i, i))))
    end
    assert.equal(0, select(2, rollcall "snapshot whole.lua -o whole.jsonl.gz"))
    local lines, code, complaint = merged "1.jsonl.gz 2.jsonl.gz --inventory whole.lua"
    assert.same({ 0, "" }, { code, complaint })
    assert.equal(3600, lines.snapshot[1].utc_offset)
    assert.equal(3, #lines.target)
    for _, options in ipairs { "-c user,client,origin,kind", "-g user" } do
      local one = rollcall(("report merged.jsonl -f csv %s | sort | sed 's/,2[^,]*Z//g'"):format(options))
      local other = rollcall(("report whole.jsonl.gz -f csv %s | sort | sed 's/,2[^,]*Z//g'"):format(options))
      assert.equal(other, one)
      assert.is_truthy(other:find("alice", 1, true))
    end
  end)

  it("keeps the times of the oldest and of the newest", function()
    put("a.jsonl", head(NEW) .. session("fs1", "alice") .. result "fs1" .. ending(1))
    put("b.jsonl", head(OLD) .. session("fs2", "bob") .. result "fs2" .. ending(1))
    local lines, code = merged "a.jsonl b.jsonl"
    assert.equal(0, code)
    assert.same({ kind = "snapshot", schema = "rollcall.snapshot/1", generated_at = OLD, last_generated_at = NEW }, lines.snapshot[1])
    assert.same({ "alice", "bob" }, names_of(lines.smb_session, "username"))
    rollcall "merge merged.jsonl -o again.jsonl"
    assert.same(lines.snapshot, lines_of(content "again.jsonl").snapshot)
    rollcall "snapshot merged.jsonl -o copy.jsonl"
    assert.same(lines.snapshot, lines_of(content "copy.jsonl").snapshot)
  end)

  it("names a shard that is missing, whose rows are then unverified and not disconnected", function()
    put("1.jsonl", head(NEW, ', "shard": "1/3"') .. session("fs1", "alice") .. result "fs1" .. ending(1))
    put("3.jsonl", head(NEW, ', "shard": "3/3"') .. ending(0))
    put("before.jsonl", head(OLD) .. session("fs1", "alice") .. session("fs9", "bob") .. result "fs1" .. result "fs9" .. ending(2))
    local lines, code, complaint = merged "1.jsonl 3.jsonl"
    assert.same({ 2, "rollcall: shard 2/3: no file is of this shard\n" }, { code, complaint })
    assert.same({ kind = "target", source = "snapshot", target = "shard 2/3", completeness = "unreachable",
      reason = "no file is of this shard" }, lines.target[2])
    local output = rollcall "diff before.jsonl merged.jsonl"
    assert.matches("^%? unverified +smb_session +bob on", output)
    -- And no longer, when it came late.
    put("2.jsonl", head(NEW, ', "shard": "2/3"') .. session("fs9", "bob") .. result "fs9" .. ending(1))
    put("earlier.jsonl", content "merged.jsonl")
    lines, code = merged "earlier.jsonl 2.jsonl 1.jsonl 3.jsonl"
    assert.equal(0, code)
    assert.same({ "fs1", "fs9" }, names_of(lines.target))
    assert.same({ "alice", "bob" }, names_of(lines.smb_session, "username"))
  end)

  it("names the targets of a shard that is missing, where an inventory does", function()
    local count, names = 3, { "fs1", "\\\\FS2", "fs3", "fs4", "fs5", "fs6" }
    local cloud_users = { "user001", "user002", "user003", "user004" }
    put("names.lua", ("smb { servers = { 'fs1', '\\\\\\\\FS2', 'fs3', 'fs4', 'fs5', 'fs6' }, query = 'sessions' }\n"
      .. "workspace { region = 'ap-southeast-1', users = { '%s' } } rows { kind = 'badge', { user = 'x' } }"):format(
      table.concat(cloud_users, "', '")))
    local gone = shard.index_of("user001", count)
    local missing_users, paths, missing = {}, {}, {}
    for _, user in ipairs(cloud_users) do
      if shard.index_of(user, count) == gone then missing_users[#missing_users + 1] = user end
    end
    for index = 1, count do
      local text, users = "", 0
      for _, name in ipairs(names) do
        if shard.index_of(name, count) == index then text = text .. result((name:gsub("\\", ""))) end
      end
      for _, user in ipairs(cloud_users) do users = users + (shard.index_of(user, count) == index and 1 or 0) end
      if users > 0 then
        text = text .. ('{"kind": "target", "source": "workspace", "target": "ap-southeast-1", "query": "session", '
          .. '"completeness": "complete", "claimed": %d, "received": %d}\n'):format(users, users)
      end
      if index ~= gone then
        paths[#paths + 1] = ("n%d.jsonl"):format(index)
        put(paths[#paths], head(NEW, (', "shard": "%d/%d"'):format(index, count)) .. text .. ending(0))
      end
    end
    for _, name in ipairs(names) do
      if shard.index_of(name, count) == gone then missing[#missing + 1] = (name:gsub("\\", "")) end
    end
    if shard.index_of("badge", count) == gone then missing[#missing + 1] = "badge" end
    table.sort(missing)
    assert.is_true(#missing > 0 and #missing < #names)
    local lines, code = merged(table.concat(paths, " ") .. " -i names.lua")
    assert.equal(2, code)
    local found, of_cloud = {}, nil
    for _, target in ipairs(lines.target) do
      if target.source == "workspace" then of_cloud = target elseif target.completeness == "unreachable" and target.target ~= "badge" then
        found[#found + 1] = target.target
        assert.equal(("no file is of its shard %d/%d"):format(gone, count), target.reason)
      end
    end
    table.sort(found)
    local servers = {}
    for _, name in ipairs(missing) do
      if name ~= "badge" then servers[#servers + 1] = name end
    end
    assert.same(servers, found)
    assert.same({ 4, 4 - #missing_users, "partial" }, { of_cloud.claimed, of_cloud.received, of_cloud.completeness })
    assert.is_truthy(of_cloud.reason:find(table.concat(missing_users, ", "), 1, true), of_cloud.reason)
  end)

  it("names what the files are silent about, where an inventory names it", function()
    put("a.jsonl", head(NEW) .. result "fs1" .. ending(0))
    put("pair.lua", "smb { servers = { 'fs1', 'fs2' }, query = 'sessions' }")
    local lines, code, complaint = merged "a.jsonl -i pair.lua"
    assert.same({ 2, "rollcall: fs2: no file has a result for it\n" }, { code, complaint })
    assert.same({ "fs1", "fs2" }, names_of(lines.target))
    -- The same server, asked for something else.
    put("pair.lua", "smb { servers = { 'fs1' }, query = 'files' }")
    lines = merged "a.jsonl -i pair.lua"
    assert.same({ "file", "unreachable" }, { lines.target[2].query, lines.target[2].completeness })
  end)

  it("counts files that do not say which shard they are of", function()
    put("a.jsonl", head(NEW) .. result "fs1" .. ending(0))
    put("b.jsonl", head(OLD) .. result "fs2" .. ending(0))
    assert.equal(0, select(2, merged "a.jsonl b.jsonl --shards 2"))
    local lines, code, complaint = merged "a.jsonl b.jsonl --shards 4"
    assert.same({ 2, "rollcall: 2 shards: there are fewer files than shards\n" }, { code, complaint })
    assert.equal("unreachable", lines.target[3].completeness)
  end)

  it("counts a server once, by the newest file, and says where else it was", function()
    put("old.jsonl", head(OLD) .. session("FS1", "alice") .. session("fs2", "carol") .. result "FS1" .. result "fs2" .. ending(2))
    put("new.jsonl", head(NEW) .. session("fs1", "bob") .. result "fs1" .. result("fs3", "unreachable") .. ending(1))
    for _, files in ipairs { "old.jsonl new.jsonl", "new.jsonl old.jsonl" } do
      local lines, code, complaint = merged(files)
      assert.equal(2, code)
      assert.same({ "bob", "carol" }, names_of(lines.smb_session, "username"))
      assert.same({ "fs1", "fs2", "fs3" }, names_of(lines.target))
      assert.is_truthy(complaint:find(
        "rollcall: FS1: in old.jsonl and in new.jsonl; the rows and results of the latter count\n", 1, true), complaint)
    end
    local lines, _, complaint = merged "new.jsonl new.jsonl old.jsonl"
    assert.same({ "bob", "carol" }, names_of(lines.smb_session, "username"))
    assert.is_truthy(complaint:find("rollcall: fs1 and 1 more: in new.jsonl and in new.jsonl; ", 1, true), complaint)
  end)

  it("counts a user of cloud desktops once, and adds up what a service was asked", function()
    local function of_cloud(user, state)
      return ('{"kind": "session", "origin": "eu", "user_name": "%s", "session_state": "%s"}\n'):format(user, state)
    end
    local function service(claimed, rest)
      return ('{"kind": "target", "source": "workspace", "target": "eu", "query": "session", %s, "claimed": %d, "received": %d}\n'):format(
        rest or '"completeness": "complete"', claimed, rest and 0 or claimed)
    end
    put("old.jsonl", head(OLD) .. of_cloud("alice", "ACTIVE") .. of_cloud("bob", "ACTIVE") .. service(2) .. ending(2))
    put("new.jsonl", head(NEW) .. of_cloud("alice", "LOCKED") .. service(3) .. ending(1))
    put("none.jsonl", head(NEW) .. service(1, '"completeness": "unreachable", "reason": "no answer"') .. ending(0))
    local lines, code, complaint = merged "old.jsonl new.jsonl none.jsonl"
    assert.equal(2, code)
    assert.same({ "alice", "bob" }, names_of(lines.session, "user_name"))
    assert.equal("LOCKED", lines.session[1].session_state)
    assert.equal(1, #lines.target)
    assert.same({ 6, 5, "partial", "no answer" },
      { lines.target[1].claimed, lines.target[1].received, lines.target[1].completeness, lines.target[1].reason })
    assert.is_truthy(complaint:find("rollcall: alice: in old.jsonl and in new.jsonl; ", 1, true), complaint)
  end)

  it("keeps rows of one's own from all files, and says so", function()
    local badge = '{"kind": "badge", "user": "alice"}\n{"kind": "target", "source": "rows", "target": "badge", "query": "badge", '
      .. '"completeness": "complete"}\n'
    put("a.jsonl", head(OLD) .. badge .. ending(1))
    put("b.jsonl", head(NEW) .. badge .. ending(1))
    local lines, code, complaint = merged "a.jsonl b.jsonl"
    assert.same({ 0, 2, "rollcall: rows of kind 'badge': in a.jsonl and in b.jsonl; both count\n" }, { code, #lines.badge, complaint })
  end)

  it("takes what calls printed, also one after another in a file", function()
    local index = shard.index_of(lab.double, 2)
    local call = ("sessions %s -U %s -f jsonl --shard"):format(lab.double, lab.username)
    rollcall(("%s %d/2 > printed.jsonl"):format(call, index))
    local lines, code = merged "printed.jsonl"
    assert.equal(2, code)
    local printed = lines_of(content "printed.jsonl")
    assert.equal(#printed.smb_session, #lines.smb_session)
    assert.same({ "complete", "smb_session" }, { lines.target[1].completeness, lines.target[1].query })
    assert.equal(("shard %d/2"):format(3 - index), lines.target[2].target)
    rollcall(("%s %d/2 >> printed.jsonl"):format(call, 3 - index))
    lines, code = merged "printed.jsonl"
    assert.same({ 0, #printed.smb_session, 1 }, { code, #lines.smb_session, #lines.target })
    local whole = rollcall "report printed.jsonl"
    assert.is_string(whole)
  end)

  it("shows what was cut", function()
    local header = ('{"kind": "report", "schema": "rollcall/1", "generated_at": "%s", "rows": "smb_session"}\n'):format(NEW)
    put("cut.jsonl", header .. session("fs1", "alice") .. session("fs2", "bob") .. result "fs1")
    local lines, code, complaint = merged "cut.jsonl"
    assert.same({ 2, "rollcall: fs2: cut.jsonl ends before its result\n" }, { code, complaint })
    assert.same({ "complete", "partial" }, { lines.target[1].completeness, lines.target[2].completeness })
    put("cut.jsonl", head(NEW) .. session("fs1", "alice"))
    code, complaint = select(2, merged "cut.jsonl")
    assert.equal(2, code)
    assert.is_truthy(complaint:find("rollcall: cut.jsonl: it was cut after 1 row\n", 1, true), complaint)
    -- All targets of an output have a result, unless it is of a shard without any.
    put("cut.jsonl", header)
    put("empty.jsonl", (header:gsub('"rows"', '"shard": "1/1", "rows"')))
    code, complaint = select(2, merged "cut.jsonl")
    assert.same({ 2, "rollcall: cut.jsonl: it was cut: what begins in line 1 has no result for any target\n" }, { code, complaint })
    assert.same({ 0, "" }, { select(2, merged "empty.jsonl") })
    put("cut.jsonl", header .. header .. result "fs1" .. header)
    code, complaint = select(2, merged "cut.jsonl")
    assert.equal(2, code)
    for _, line in ipairs { 1, 4 } do
      assert.is_truthy(complaint:find(("what begins in line %d has no result for any target\n"):format(line), 1, true), complaint)
    end
    put("cut.jsonl", header .. "{]\n" .. '{"kind": "file", "servername": "fs1"}\n' .. session("fs1", "alice") .. result "fs1")
    lines, code, complaint = merged "cut.jsonl"
    assert.same({ 1, 2 }, { #lines.smb_session, code })
    assert.is_truthy(complaint:find("line 2 is damaged", 1, true) and complaint:find("line 3 is damaged", 1, true), complaint)
  end)

  it("counts a file that cannot be read as unreachable", function()
    put("a.jsonl", head(NEW) .. result "fs1" .. ending(0))
    put("empty.jsonl", "")
    local lines, code = merged "a.jsonl empty.jsonl nowhere.jsonl.gz"
    assert.equal(2, code)
    assert.same({ "empty.jsonl", "fs1", "nowhere.jsonl.gz" }, names_of(lines.target))
  end)
end)

describe("--tolerate-unreachable", function()
  local function inventory(servers)
    put("some.lua", ("smb { servers = { '%s' }, query = 'sessions', username = %q, password = env 'LAB_PASSWORD', timeout = 5 }"):format(
      table.concat(servers, "', '"), lab.username))
  end

  it("lets targets be unreachable, and says so", function()
    inventory { lab.double, lab.closed }
    local told = "rollcall: 1 of 2 targets unreachable, which --tolerate-unreachable does not count\n"
    for _, command in ipairs {
      "report some.lua", "snapshot some.lua -o some.jsonl", ("sessions %s %s -U %s"):format(lab.double, lab.closed, lab.username),
    } do
      assert.equal(2, select(2, rollcall(command)))
      local _, code, complaint = rollcall(command .. " --tolerate-unreachable")
      assert.equal(0, code)
      assert.is_truthy(complaint:find(lab.closed .. ": connect: ", 1, true), complaint)
      assert.is_truthy(complaint:find(told, 1, true), complaint)
    end
    local _, code, complaint = rollcall "merge some.jsonl -o merged.jsonl --tolerate-unreachable"
    assert.equal(0, code)
    assert.is_truthy(complaint:find(told, 1, true), complaint)
  end)

  it("lets nothing else pass", function()
    local wrong = ("sessions %s %s -U %s --tolerate-unreachable"):format(lab.double, lab.closed, lab.username)
    local _, code, complaint = lab.run(("ROLLCALL_PASSWORD=wrong %s %s"):format(lab.command, wrong))
    assert.equal(2, code)
    assert.is_nil(complaint:find("does not count", 1, true), complaint)
    put("cut.jsonl", '{"kind": "snapshot", "schema": "rollcall.snapshot/1", "generated_at": "2026-11-21T07:00:00Z"}\n')
    assert.equal(2, select(2, rollcall "merge cut.jsonl -o merged.jsonl --tolerate-unreachable"))
    assert.equal(2, select(2, rollcall "report cut.jsonl --tolerate-unreachable"))
    code, complaint = select(2, rollcall(("workspace --endpoint %s --ca-file %s --user alice --user 'x;status=500' --retries 0 "
      .. "--tolerate-unreachable"):format(cloud.tls, cloud.environment.CA_FILE),
      ("ROLLCALL_TOKEN=%s HUAWEICLOUD_SDK_PROJECT_ID=%s"):format(cloud.environment.TOKEN, cloud.environment.PROJECT)))
    assert.equal(2, code, complaint)
  end)

  it("says nothing where all answer", function()
    inventory { lab.double }
    local _, code, complaint = rollcall "report some.lua --tolerate-unreachable"
    assert.same({ 0, "" }, { code, complaint })
  end)
end)
