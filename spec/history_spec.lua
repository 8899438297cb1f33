-- Snapshots over time in a folder, and who was there.
local cjson = require "cjson"
local history = require "rollcall.snapshot.history"
local lab = require "spec.lab"
local moment = require "rollcall.cli.moment"
local snapshot = require "rollcall.snapshot"
local text_file = require "spec.lab.text_file"

local folder

local content = text_file.content

---A time of that Tuesday, in UTC.
local function at(hour, minute)
  return 1794873600 + hour * 3600 + (minute or 0) * 60
end

local function connection(username, servername, more)
  local row = { servername = servername or "fs1", share = "projects", username = username, client = "WS-" .. username, time = 60 }
  for name, value in pairs(more or {}) do row[name] = value end
  return { "connection", row }
end

local function outcome(target, completeness, reason)
  return { source = "smb", target = target, query = "connection", completeness = completeness or "complete", reason = reason }
end

---Appends a snapshot of a time by the command itself.
local function append(time, rows, outcomes, settings, options)
  local path = folder .. "/one.jsonl.gz"
  local writer = assert(snapshot.create(path, time, settings))
  for _, row in ipairs(rows) do writer:row(row[1], row[2]) end
  for _, one in ipairs(outcomes or { outcome "fs1" }) do writer:outcome(one) end
  writer:finish()
  return lab.run(("%s snapshot %s --append %s/history %s"):format(lab.command, path, folder, options or ""))
end

local function who(arguments, zone)
  return lab.run(("TZ=%s %s who %s"):format(zone or "UTC", lab.command, (arguments:gsub("HISTORY", "--history " .. folder .. "/history"))))
end

---The rows of an answer, as `user seen_at`, and its results.
local function answer(arguments, zone)
  local output, code, complaint = who(arguments .. " -f json", zone)
  assert.is_true(code == 0 or code == 2, complaint)
  local document, rows = cjson.decode(output), {}
  for i, row in ipairs(document.rows) do rows[i] = ("%s %s"):format(row.user, os.date("!%H:%M", row.seen_at)) end
  return rows, document.targets, code
end

local function files()
  local list = {}
  for name in lab.run(("ls -A %s/history"):format(folder)):gmatch "[^\n]+" do list[#list + 1] = name end
  return list
end

before_each(function()
  folder = lab.new_folder "history"
  lab.run(("mkdir %s/history"):format(folder))
end)

describe("rollcall snapshot --append", function()
  it("adds a snapshot under its time, as a real server gives it", function()
    local inventory = folder .. "/inventory.lua"
    assert(io.open(inventory, "w")):write(("smb { servers = %q, query = 'connections', qualifier = 'people', username = %q, password = env "
      .. "'LAB_PASSWORD' }"):format(lab.double, lab.username)):close()
    local before = os.date "!%Y%m%dT%H%M%SZ"
    local output, code, complaint = lab.run(("%s snapshot %s --append %s/history"):format(lab.command, inventory, folder))
    assert.same({ "", 0, "" }, { output, code, complaint })
    local name = files()[1]
    assert.matches("^" .. ("%d"):rep(8) .. "T" .. ("%d"):rep(6) .. "Z%-" .. ("%x"):rep(8) .. "%.jsonl%.gz$", name)
    assert.is_true(name:sub(1, 16) >= before and name:sub(1, 16) <= os.date "!%Y%m%dT%H%M%SZ")
    assert.equal(1, #(answer "alice HISTORY"))
    assert.same({ {}, 0 }, { answer "//nobody-of-that-name HISTORY", select(3, answer "//nobody-of-that-name HISTORY") })
  end)

  it("loses none of twenty that are written at once", function()
    append(at(9), { connection "alice" })
    local path = folder .. "/one.jsonl.gz"
    lab.run(("for i in $(seq 20); do %s snapshot %s --append %s/history & done; wait"):format(lab.command, path, folder))
    assert.equal(21, #files())
    assert.equal(21, #(answer "alice HISTORY"))
    assert.equal(21, tonumber((lab.run(("cd %s/history && for f in *; do zcat $f | tail -1; done | grep -c '\"end\"'"):format(folder)))))
  end)

  it("removes what is older than --retention, and no other file", function()
    for day = 0, 5 do append(at(12) + day * 86400, { connection "alice" }) end
    for _, name in ipairs { "20200101T000000Z-notours.jsonl.gz", "20200101T000000Z-0123abcd.jsonl", "old.jsonl.gz", ".hidden" } do
      assert(io.open(folder .. "/history/" .. name, "w")):write("x"):close()
    end
    append(at(12) + 6 * 86400, { connection "alice" }, nil, nil, "--retention 3d")
    local kept = {}
    for _, entry in ipairs(history.list(folder .. "/history")) do kept[#kept + 1] = (entry.time - at(12)) // 86400 end
    assert.same({ 3, 4, 5, 6 }, kept)
    assert.equal(4, #(answer "alice HISTORY"))
    assert.equal(8, #files())
    append(at(12) + 7 * 86400, {}, nil, nil, "--retention 1d12h")
    assert.equal(2, #history.list(folder .. "/history"))
  end)

  it("leaves nothing but whole snapshots when it is killed, and keeps the others when it fails", function()
    append(at(9), { connection "alice" })
    local path, rows = folder .. "/large.jsonl", {}
    local writer = assert(snapshot.create(path, at(10)))
    for i = 1, 30000 do writer:row("connection", connection("user" .. i)[2]) end
    writer:finish()
    for milliseconds = 20, 300, 40 do
      lab.run(("timeout -s KILL 0.%03d %s snapshot %s --append %s/history"):format(milliseconds, lab.command, path, folder))
    end
    for _, entry in ipairs(history.list(folder .. "/history")) do
      local opened = assert(snapshot.open(entry.path))
      for _, row in opened:each() do rows[#rows + 1] = row end
      opened:close()
      assert.is_false(opened.cut)
    end
    assert.is_true(#rows == 1 or #rows % 30000 == 1, #rows)
    assert.equal(#files(), #history.list(folder .. "/history"))
    local count = #files()
    local _, code, complaint = lab.run(("trap '' XFSZ; ulimit -f 8; %s snapshot %s --append %s/history --retention 1s"):format(
      lab.command, path, folder))
    assert.equal(3, code)
    assert.is_truthy(complaint:find("File too large", 1, true), complaint)
    assert.equal(count, #files())
  end)
end)

describe("rollcall who --history", function()
  before_each(function()
    append(at(9), { connection "alice", connection "bob" })
    append(at(10), { connection "alice" }, { outcome("fs1"), outcome("fs2", "unreachable", "connection refused") })
    append(at(11), { connection "bob", connection("alice", "fs2") }, { outcome("fs1"), outcome("fs2") })
  end)

  local function reason_of(targets, target)
    for _, one in ipairs(targets) do
      if one.target == target then return one.completeness, one.reason end
    end
  end

  it("answers of a time between two snapshots by both, and says that nothing is known between them", function()
    local rows, targets, code = answer "alice HISTORY --at 2026-11-17T09:30Z"
    assert.same({ "alice 09:00", "alice 10:00" }, rows)
    assert.equal(2, code)
    assert.equal("2 snapshots of 2026-11-17T09:00:00Z, 2026-11-17T10:00:00Z, at most 1h00m apart, between which nothing is known; "
      .. "asked for 2026-11-17T09:30:00Z", select(2, reason_of(targets, folder .. "/history")))
    assert.same({ "unreachable", "failed in 1 of 1 snapshot that asked for it: 2026-11-17T10:00:00Z: connection refused" },
      { reason_of(targets, "fs2") })
    assert.same({ "complete" }, { reason_of(targets, "fs1") })
  end)

  it("answers of a snapshot's own time by it alone, and of one before or after all by the nearest", function()
    local rows, targets, code = answer "bob HISTORY --at 2026-11-17T11:00:00Z"
    assert.same({ { "bob 11:00" }, 0 }, { rows, code })
    assert.equal("1 snapshot of 2026-11-17T11:00:00Z; asked for 2026-11-17T11:00:00Z", select(2, reason_of(targets, folder .. "/history")))
    rows, targets = answer "bob HISTORY --at 2026-11-17T12:00Z"
    assert.same({ "bob 11:00" }, rows)
    assert.is_truthy(select(2, reason_of(targets, folder .. "/history")):find(", after which there is none", 1, true))
    rows, targets = answer "bob HISTORY --at 2026-11-16T12:00Z"
    assert.same({ "bob 09:00" }, rows)
    assert.is_truthy(select(2, reason_of(targets, folder .. "/history")):find(", before which there is none", 1, true))
  end)

  it("answers of a stretch of time by all snapshots in it", function()
    local rows, targets, code = answer "alice HISTORY --since 2026-11-17T09:30Z --until 2026-11-17"
    assert.same({ { "alice 10:00", "alice 11:00" }, 2 }, { rows, code })
    assert.same({ "partial", "failed in 1 of 2 snapshots that asked for it: 2026-11-17T10:00:00Z: connection refused" },
      { reason_of(targets, "fs2") })
    assert.equal(3, #(answer "alice HISTORY"))
    assert.equal(1, #(answer "alice HISTORY --until 2026-11-17T09:59:59Z"))
    assert.equal(2, #(answer "alice HISTORY --since 2026-11-17T10:00:00Z"))
    local output = who "alice HISTORY --group-by user,client --measure min:seen_at --measure max:seen_at -f csv"
    assert.is_truthy(output:find(("alice,WS-alice,3,%d,%d"):format(at(9), at(11)), 1, true), output)
  end)

  it("says where a target was not asked, so that nobody there is taken for nobody", function()
    local rows, targets, code = answer "//carol HISTORY --since 2026-11-17"
    assert.same({ {}, 2 }, { rows, code })
    assert.same({ "partial", "failed in 1 of 2 snapshots that asked for it: 2026-11-17T10:00:00Z: connection refused" },
      { reason_of(targets, "fs2") })
    rows, targets, code = answer "//carol HISTORY --at 2026-11-17T09:00Z"
    assert.same({ {}, 0, nil }, { rows, code, (reason_of(targets, "fs2")) })
    append(at(12), {}, { outcome("fs1") })
    targets = select(2, answer "//carol HISTORY --since 2026-11-17T11:00Z")
    assert.same({ "complete", "asked for in 1 of 2 snapshots" }, { reason_of(targets, "fs2") })
  end)

  it("does not take a time without snapshots for one without people", function()
    for arguments, words in pairs {
      ["--since 2026-11-17T09:10Z --until 2026-11-17T09:50Z"] = "of which the folder has no snapshot; the last before is of "
        .. "2026-11-17T09:00:00Z; the first after is of 2026-11-17T10:00:00Z",
      ["--since 2027-01-01"] = "of which the folder has no snapshot; the last before is of 2026-11-17T11:00:00Z",
      ["--until 2026-01-01"] = "of which the folder has no snapshot; the first after is of 2026-11-17T09:00:00Z",
    } do
      local output, code, complaint = who("alice HISTORY " .. arguments)
      assert.equal(2, code)
      assert.is_truthy(output:find(words, 1, true), output)
      assert.is_truthy(complaint:find(words, 1, true), complaint)
    end
    lab.run(("rm %s/history/*"):format(folder))
    for _, arguments in ipairs { "", "--at 2026-11-17T09:00Z" } do
      local output, code = who("alice HISTORY " .. arguments)
      assert.equal(2, code)
      assert.is_truthy(output:find("the folder has no snapshot", 1, true), output)
    end
  end)

  it("has the ages of the time of each snapshot", function()
    local output = who "alice HISTORY --at 2026-11-17T09:30Z --columns user,seen_at,since,duration -f csv"
    for _, time in ipairs { at(9), at(10) } do
      assert.is_truthy(output:find((",alice,%d,%d,60,"):format(time, time - 60), 1, true), output)
    end
    output = who "alice HISTORY --at 2026-11-17T09:00Z"
    assert.is_truthy(output:find("SEEN_AT", 1, true) and output:find("2026-11-17T09:00:00Z", 1, true), output)
  end)

  it("knows users as each inventory did", function()
    append(at(12), { connection "adm-alice" }, nil, { normalize_user = function(account) return (account:gsub("^adm%-", "")) end })
    assert.same({ "alice 12:00" }, (answer "alice HISTORY --at 2026-11-17T12:00Z"))
  end)

  it("takes the nearest of each shard", function()
    lab.run(("rm %s/history/*"):format(folder))
    append(at(9), { connection("alice", "a") }, { outcome "a" }, { shard = "1/2" })
    append(at(9, 1), { connection("alice", "b") }, { outcome "b" }, { shard = "2/2" })
    append(at(10), { connection("alice", "a") }, { outcome "a" }, { shard = "1/2" })
    append(at(10, 1), { connection("alice", "b") }, { outcome "b" }, { shard = "2/2" })
    assert.same({ "alice 09:00", "alice 09:01", "alice 10:00", "alice 10:01" }, (answer "alice HISTORY --at 2026-11-17T09:30Z"))
    assert.same({ "alice 09:01", "alice 10:00" }, { table.unpack(answer "alice HISTORY --at 2026-11-17T09:01Z", 2) })
    assert.same({ "alice 09:00", "alice 09:01" }, (answer "alice HISTORY --at 2026-11-17T09:00Z"))
  end)

  it("reports what is damaged, cut, or gone meanwhile", function()
    local entries = history.list(folder .. "/history")
    local text = content(entries[1].path)
    assert(io.open(entries[1].path, "wb")):write(text:sub(1, #text // 2)):close()
    assert(io.open(entries[2].path, "wb")):write("nothing of a snapshot"):close()
    local gone = folder .. "/history/20261117T103000Z-0123abcd.jsonl.gz"
    lab.run("ln -s nowhere " .. gone)
    local rows, targets, code = answer "bob HISTORY"
    assert.equal("unreachable", (reason_of(targets, gone)))
    assert.same({ "bob 11:00", 2 }, { rows[#rows], code })
    assert.equal("partial", (reason_of(targets, entries[1].path)))
    assert.equal("unreachable", (reason_of(targets, entries[2].path)))
  end)

  it("takes no more memory for many snapshots than for few", function()
    local path = folder .. "/many.jsonl.gz"
    local writer = assert(snapshot.create(path, at(13)))
    for i = 1, 3000 do writer:row("connection", connection("user" .. i)[2]) end
    writer:outcome(outcome "fs1")
    writer:finish()
    local function peak(count)
      lab.run(("rm -f %s/history/*; for i in $(seq %d); do cp %s %s/history/20261117T13$(printf '%%02d%%02d' $((i / 60)) $((i %% 60)))Z-"
        .. "0123abcd.jsonl.gz; done"):format(folder, count, path, folder))
      local _, code, complaint = lab.run(("command time -f 'peak %%M' %s who user17 --history %s/history > %s/out"):format(
        lab.command, folder, folder))
      assert.equal(0, code, complaint)
      assert.equal(count, select(2, content(folder .. "/out"):gsub("Z +user17 ", "")))
      return tonumber(complaint:match "peak (%d+)")
    end
    local few, many = peak(5), peak(100)
    assert.is_true(many - few < 8192, ("%d KiB of 5, %d of 100"):format(few, many))
  end)
end)

it("names the rock that a history needs", function()
  local _, code, complaint = lab.run(("LUA_INIT='package.preload.lfs = error' %s who alice --history %s"):format(lab.command, folder))
  assert.same({ 3, "rollcall: the rock luafilesystem is needed for a history\n" }, { code, complaint })
end)

describe("a time on the command line", function()
  ---In zones, since a zone is of a whole process.
  local function parsed(words, zone)
    return (lab.run(([[TZ=%s lua5.4 -e 'local m, problem = require("rollcall.cli.moment").parse(arg[1])
      print(m and m.time .. " " .. m.last or problem)' - %s]]):format(zone or "UTC", ("'%s'"):format(words))):gsub("\n", ""))
  end

  it("is of the zone that it names, or else of this computer", function()
    local afternoon = ("%d %d"):format(at(14), at(14))
    for words, zone in pairs {
      ["2026-11-17T14:00Z"] = "Asia/Tokyo", ["2026-11-17T14:00:00Z"] = "UTC", ["2026-11-17 14:00"] = "UTC",
      ["2026-11-17T15:00+01:00"] = "UTC",
      ["2026-11-17T15:00:00+0100"] = "UTC", ["2026-11-17 15:00+01"] = "Asia/Tokyo", ["2026-11-17 15:00"] = "Europe/Berlin",
      ["2026-11-17T09:00"] = "America/New_York", ["2026-11-17T07:30-06:30"] = "UTC",
    } do
      assert.equal(afternoon, parsed(words, zone), words)
    end
    assert.equal(("%d %d"):format(at(0), at(24) - 1), parsed "2026-11-17")
    assert.equal(("%d %d"):format(at(-1), at(23) - 1), parsed("2026-11-17", "Europe/Berlin"))
    local today = os.date("!*t")
    local midnight = os.time { year = today.year, month = today.month, day = today.day, hour = 0 } - os.time(os.date("!*t", 0))
    assert.equal(("%d"):format(midnight - 86400 + 14 * 3600), parsed("yesterday 14:00"):match "^%d+")
    assert.equal(("%d %d"):format(midnight, midnight + 86399), parsed "today")
  end)

  it("is refused where it is none, or is twice", function()
    for _, case in ipairs {
      { "2026-10-25 02:30", "Europe/Berlin", "is twice" }, { "2026-03-29 02:30", "Europe/Berlin", "is no time of" },
      { "2026-02-29 12:00", "UTC", "is no time of" }, { "2026-02-29T12:00Z", "UTC", "is no day" }, { "2026-13-01", "UTC", "is no time of" },
      { "2026-11-17T24:00", "UTC", "must be" }, { "2026-11-17T12:60Z", "UTC", "must be" }, { "2026-11-17T12:00+1", "UTC", "must be" },
      { "2026-11-17T12:00+15:00", "UTC", "must be" }, { "tomorrow", "UTC", "must be" }, { "Tuesday", "UTC", "must be" },
      { "", "UTC", "must be" },
      { "17.11.2026", "UTC", "must be" }, { "2026-11-17T12", "UTC", "must be" }, { "yesterday evening", "UTC", "must be" },
    } do
      assert.is_truthy(parsed(case[1], case[2]):find("^" .. case[3]), case[1] .. ": " .. parsed(case[1], case[2]))
    end
    assert.is_nil(moment.parse "x")
  end)

  it("is said in UTC, and in this computer's zone", function()
    append(at(9), { connection "alice" })
    local output = who("alice HISTORY --at '2026-11-17 11:00'", "Europe/Berlin")
    assert.is_truthy(output:find("1 snapshot of 2026-11-17T09:00:00Z (2026-11-17 10:00:00 +0100); asked for 2026-11-17T10:00:00Z "
      .. "(2026-11-17 11:00:00 +0100), after which there is none", 1, true), output)
    assert.is_truthy(output:find("alice", 1, true), output)
  end)
end)

describe("rollcall who --history, of a file,", function()
  it("has of a row with some of its files the time and the user that it had", function()
    append(at(9), { { "access", { servername = "fs1", username = "x-alice", client = "WS1", share = "projects", time = 60, open_files = 2,
      files = { "D:\\plan.txt", "D:\\other.txt" }, sources = "connection+session+file" } } }, nil,
      { normalize_user = function(account) return (account:gsub("^x%-", "")) end })
    append(at(10), {})
    local output = who "plan.txt HISTORY --columns user,seen_at,since,files -f csv"
    assert.is_truthy(output:find(("row,alice,%d,%d,D:\\plan.txt,"):format(at(9), at(9) - 60), 1, true), output)
  end)
end)

describe("rollcall who --history, of shards,", function()
  local function history_of(shards, hour)
    for _, label in ipairs(shards) do append(at(hour or 9), { connection("user" .. label:sub(1, 1)) }, nil, { shard = label }) end
  end

  it("names one that is missing", function()
    history_of { "1/4", "2/4", "4/4" }
    for _, arguments in ipairs { "", " --at 2026-11-17T09:30Z", " --since 2026-11-17" } do
      local rows, targets, code = answer("//mallory HISTORY" .. arguments)
      assert.same({ 0, 2 }, { #rows, code })
      local found = {}
      for _, target in ipairs(targets) do
        if target.completeness == "unreachable" then found[#found + 1] = target end
      end
      assert.same({
        { source = "snapshot", target = "shard 3/4", completeness = "unreachable", reason = "no file is of this shard" },
      }, found)
    end
    local _, _, complaint = who "//mallory HISTORY"
    assert.equal("rollcall: shard 3/4: no file is of this shard\n", complaint)
  end)

  it("names one that is missing in the time that is asked for", function()
    history_of({ "1/2", "2/2" }, 9)
    history_of({ "1/2" }, 11)
    assert.equal(0, select(3, answer "//mallory HISTORY"))
    assert.equal(2, select(3, answer "//mallory HISTORY --since 2026-11-17T10:00Z"))
    assert.equal(0, select(3, answer "//mallory HISTORY --until 2026-11-17T10:00Z"))
  end)

  it("is content with all of them, however many there were at a time", function()
    history_of({ "1/2", "2/2" }, 9)
    history_of({ "1/3", "2/3", "3/3" }, 11)
    append(at(12), { connection "alice" })
    assert.equal(0, select(3, answer "//mallory HISTORY"))
  end)
end)
