-- Snapshots and their differences: written whole, read with everything that can be wrong with a file.
local diff = require "rollcall.diff"
local hostile = require "spec.lab.hostile"
local lab = require "spec.lab"
local row_check = require "rollcall.internal.row_check"
local snapshot = require "rollcall.snapshot"
local text_file = require "spec.lab.text_file"

local NOW = 1700000000

local content = text_file.content

local function written(name, rows)
  local path = lab.folder .. "/" .. name
  local writer = assert(snapshot.create(path, NOW))
  for _, row in ipairs(rows) do writer:row("connection", row) end
  writer:outcome { source = "smb", target = "fs1", query = "connection", completeness = "complete", claimed = 2, received = 2 }
  writer:finish()
  return path
end

local function read(path)
  local opened = assert(snapshot.open(path))
  local rows = {}
  for kind, row in opened:each() do rows[#rows + 1] = { kind, row } end
  opened:close()
  return rows, opened
end

---The same, with each row given back for the next one.
local function read_giving_back(path)
  local opened = assert(snapshot.open(path))
  local rows, tables, spent = {}, 0, nil
  while true do
    local kind, row = opened:next(spent)
    if not kind then break end
    local copy = {}
    for name, value in pairs(row) do copy[name] = value end
    if not rawequal(row, spent) then tables = tables + 1 end
    rows[#rows + 1], spent = { kind, copy }, row
  end
  opened:close()
  return rows, opened, tables
end

local hundred = {}
for i = 1, 100 do
  hundred[i] = {
    servername = "fs1", username = "u" .. i, id = 4294967295 - i, num_opens = 0, files = { "a\\b", 'c"d' }, placeholder = true,
  }
end

-- Loads what reads and writes files anew, with lua-zlib or without.
local function reload(with_zlib)
  for _, name in ipairs { "zlib", "rollcall.snapshot.file", "rollcall.snapshot" } do package.loaded[name] = nil end
  package.preload.zlib = not with_zlib and function() error "it is hidden" end or nil
  snapshot = require "rollcall.snapshot"
  assert.is_true(with_zlib or not pcall(require, "zlib"))
end

for _, compressor in ipairs { "lua-zlib", "gzip" } do describe("each field of a row", function()
  it("has a type that rows of a file are held to", function()
    for kind, list in pairs(require "rollcall.internal.columns") do
      for _, column in ipairs(kind ~= "who" and list or {}) do
        local refused = 0
        for _, value in ipairs { true, 5, "text", { "a" } } do
          if row_check.problem(kind, { [column.name] = value }) then refused = refused + 1 end
        end
        assert.is_true(refused > 0, kind .. ": " .. column.name)
      end
    end
  end)
end)

describe("a snapshot, compressed by " .. compressor .. ",", function()
  setup(function() reload(compressor == "lua-zlib") end)
  teardown(function() reload(true) end)

  for _, name in ipairs { "x.jsonl", "x.jsonl.gz" } do
    it("gives back what was put in, to the type of each number: " .. name, function()
      local path = written(name, hundred)
      collectgarbage() -- what other specs dropped
      local descriptors = lab.descriptors()
      local rows, opened = read(path)
      assert.same(descriptors, lab.descriptors())
      assert.equal(100, #rows)
      for i, pair in ipairs(rows) do
        assert.equal("connection", pair[1])
        assert.same(hundred[i], pair[2])
        assert.equal("integer", math.type(pair[2].id))
      end
      assert.same({ { source = "smb", target = "fs1", query = "connection", completeness = "complete", claimed = 2, received = 2 } },
        opened.outcomes)
      assert.same({ NOW, false }, { opened.generated_at, opened.cut })
    end)

    it("is read by other programs: " .. name, function()
      local path = written(name, hundred)
      local reader = name:find "gz" and "zcat" or "cat"
      assert.equal("100\n", (lab.run(("%s %s | jq -c 'select(.kind == \"connection\")' | wc -l"):format(reader, path))))
    end)
  end

  it("keeps every name as it is", function()
    local rows = {}
    for _, name in pairs(hostile) do rows[#rows + 1] = { servername = "fs1", username = name } end
    local kept = read(written("hostile.jsonl", rows))
    assert.equal(#rows, #kept)
    for i, pair in ipairs(kept) do assert.same(rows[i], pair[2]) end
  end)

  it("is not there until it is whole, and an older one stays", function()
    local path = written("whole.jsonl", hundred)
    local before = content(path)
    collectgarbage()
    local descriptors = lab.descriptors()
    local writer = assert(snapshot.create(path))
    writer:row("connection", { id = 1 })
    assert.equal(before, content(path))
    writer:close()
    assert.equal(before, content(path))
    assert.same(descriptors, lab.descriptors())
    local whole = assert(snapshot.create(path))
    whole:row("connection", { id = 1 })
    whole:finish()
    assert.equal(1, #read(path))
    assert.equal("", (lab.run(("ls -A %s | grep -F .rollcall."):format(lab.folder))))
  end)

  it("that was cut gives all that is left, and says so", function()
    local path = written("cut.jsonl", hundred)
    local text = content(path)
    for where, expected in pairs {
      [#text - 40] = { 100, "it was cut in line" }, [#text // 2] = { nil, "it was cut in line" },
      [select(2, text:find "^[^\n]*\n[^\n]*\n")] = { 1, "it was cut after 1 row" },
    } do
      local rows, opened = read(text_file.put(lab.folder .. "/cut2.jsonl", text:sub(1, where)))
      if expected[1] then assert.equal(expected[1], #rows) end
      assert.is_true(#rows > 0)
      assert.is_true(opened.cut)
      local outcome = opened.outcomes[#opened.outcomes]
      assert.same({ "snapshot", "partial" }, { outcome.source, outcome.completeness })
      assert.is_truthy(outcome.reason:find(expected[2], 1, true), outcome.reason)
    end
  end)

  it("that was cut while compressed, or damaged, gives all that is left, and says so", function()
    local many = {}
    for i = 1, 20000 do many[i] = { servername = "fs1", username = "u" .. i * 7919 % 10007, id = i } end
    local text = content(written("many.jsonl.gz", many))
    local rows, opened = read(text_file.put(lab.folder .. "/cut.jsonl.gz", text:sub(1, #text // 2)))
    assert.is_true(#rows > 1000 and #rows < 20000)
    assert.is_true(opened.cut)
    local overwritten = text:sub(1, #text // 2) .. ("x"):rep(100) .. text:sub(#text // 2 + 101)
    local _, damaged = read(text_file.put(lab.folder .. "/bad.jsonl.gz", overwritten))
    assert.is_true(damaged.cut)
  end)

  describe("whose compressed data", function()
    ---@return string  the snapshot with a file name in gzip's header, so long that the trailer, the last eight bytes, is read apart
    local function with_trailer_apart(chunk)
      local text = content(written("trailer.jsonl.gz", hundred))
      return text:sub(1, 3) .. "\8" .. text:sub(5, 10) .. ("n"):rep(chunk + 8 - #text - 1) .. "\0" .. text:sub(11)
    end

    local function read_back(text)
      local rows, opened = read(text_file.put(lab.folder .. "/trailer.jsonl.gz", text))
      return #rows, opened.cut, opened.outcomes[#opened.outcomes].reason
    end

    it("ends in a trailer that is read apart from it is checked", function()
      local text = with_trailer_apart(16384)
      assert.same({ 100, false }, { read_back(text) })
      for _, damaged in ipairs {
        text:sub(1, -9) .. "damaged!", text:sub(1, -2) .. string.char(text:byte(-1) ~ 1), text:sub(1, -9), text:sub(1, -2),
      } do
        local rows, cut, reason = read_back(damaged)
        assert.same({ 100, true }, { rows, cut })
        assert.is_truthy(reason:find("the compressed data", 1, true), reason)
      end
    end)

    it("is followed by something else is damaged, by another member is not", function()
      local text, member = content(written("member.jsonl.gz", hundred)), "\31\139\8\0\0\0\0\0\0\3\3\0\0\0\0\0\0\0\0\0"
      assert.same({ 100, false }, { read_back(text .. member) })
      assert.same({ 100, false }, { read_back(member .. text) })
      for _, more in ipairs { "x", "more of it", member .. "x", ("x"):rep(100000) } do
        local rows, cut, reason = read_back(text .. more)
        assert.same({ 100, true }, { rows, cut })
        assert.is_truthy(reason:find("the compressed data", 1, true), reason)
      end
      local _, cut, reason = read_back(text .. text)
      assert.same({ true, "something follows its end" }, { cut, reason })
    end)
  end)

  it("with a damaged line, or a wrong count, loses no other line and says so", function()
    local text = content(written("lines.jsonl", hundred))
    local rows, opened = read(text_file.put(lab.folder .. "/damaged.jsonl", (text:gsub('"u50"', '"u50', 1))))
    assert.equal(99, #rows)
    assert.is_truthy(opened.outcomes[1].reason:find("line 51 is damaged", 1, true))
    local after, followed = read(text_file.put(lab.folder .. "/after.jsonl", text .. '{"kind": "connection", "username": "late"}\n'))
    assert.same({ 100, "something follows its end" }, { #after, followed.outcomes[2].reason })
    local _, wrong = read(text_file.put(lab.folder .. "/wrong.jsonl", (text:gsub('"rows": 100', '"rows": 101'))))
    assert.is_truthy(wrong.outcomes[2].reason:find("its end claims 101 rows, and it has 100", 1, true))
  end)

  it("with a value that a field cannot have loses that line alone, and names it", function()
    local good = '{"kind": "connection", "username": "alice", "time": 5, "num_opens": 0.0}\n'
    for words, line in pairs {
      ["field 'time' must be an integer, not 1.5"] = '{"kind": "connection", "time": 1.5}',
      ["field 'idle' must be an integer, not 1.5"] = '{"kind": "badge", "idle": 1.5}',
      ["field 'since' must be an integer, not nan"] = '{"kind": "badge", "since": NaN}',
      ["field 'level' must be text, a number, true, false or a list of these, not inf"] = '{"kind": "badge", "level": 1e999}',
      ["field 'username' must be text, not a table"] = '{"kind": "connection", "username": {"a": 1}}',
      ["field 'username' must be text, not 7"] = '{"kind": "connection", "username": 7}',
      ["field 'user' must be text, not true"] = '{"kind": "badge", "user": true}',
      ["field 'files' must be a list of texts, not a table"] = '{"kind": "access", "files": [["x"]]}',
      ["field 'id' must be text, not 5"] = '{"kind": "session", "id": 5}',
      ["field 'claimed' must be an integer, not 'many'"] =
        '{"kind": "target", "target": "fs1", "completeness": "complete", "claimed": "many"}',
      ["target or completeness is missing"] = '{"kind": "target", "target": "fs1"}',
      ["field 'connections' must be numbers by name, not a table"] =
        '{"kind": "target", "target": "fs1", "completeness": "complete", "connections": {"s": "x"}}',
    } do
      local path = text_file.put(lab.folder .. "/types.jsonl", table.concat {
        '{"kind": "snapshot", "schema": "rollcall.snapshot/1"}\n', good, line, "\n", good,
        '{"kind": "end", "rows": 2}\n',
      })
      local rows, opened = read(path)
      local alice = { "connection", { username = "alice", time = 5, num_opens = 0 } }
      assert.same({ alice, alice }, rows)
      assert.same({ "partial", "line 3 is damaged: " .. words }, { opened.outcomes[1].completeness, opened.outcomes[1].reason })
      assert.equal(1, #opened.outcomes)
      for _, command in ipairs {
        "report %s", "report %s -f html", "report %s -f csv -s idle -r", "report %s -g user -m max:idle", "snapshot %s -o /dev/null",
      } do
        local _, code, complaint = lab.run(lab.command .. " " .. command:format(path))
        assert.equal(2, code, complaint)
        assert.is_truthy(complaint:find("line 3 is damaged: " .. words, 1, true), complaint)
      end
    end
  end)

  it("has the same rows where each is given back for the next, and keeps what is not a row", function()
    local lines = { '{"kind": "snapshot", "schema": "rollcall.snapshot/1", "generated_at": "2026-11-21T12:00:00Z"}' }
    local row = '{"kind": "%s", "source": "s%d", "target": "t%d", "query": "q", "completeness": "complete"}'
    for i = 1, 3 do
      for _, kind in ipairs { "badge", "badge", "target", "target", "door", "badge" } do lines[#lines + 1] = row:format(kind, i, #lines) end
      table.move({
        '{"kind": "badge", "source": null, "target": "x", "list": ["a"]}', "damaged", '{"kind": "badge", "target": "t"}',
        '{"kind": "badge", "target": "u"}', '{"kind": "badge", "since": "soon"}', '{"kind": "badge", "since": 5}',
        '{"kind": "badge", "since": 6}',
      }, 1, 7, #lines + 1, lines)
    end
    lines[#lines + 1] = '{"kind": "end", "rows": 27}'
    local path = lab.folder .. "/given-back.jsonl"
    assert(io.open(path, "wb")):write(table.concat(lines, "\n"), "\n"):close()
    local expected, kept = read(path)
    local rows, opened, tables = read_giving_back(path)
    assert.equal(27, #rows)
    assert.same(expected, rows)
    assert.same(kept.outcomes, opened.outcomes)
    assert.equal("t3", opened.outcomes[1].target)
    assert.is_true(tables < #rows - 9)
  end)

  it("checks a line that is like the one before it wherever its kind or a type is another", function()
    local lines = {
      '{"kind": "badge", "id": 1, "time": "noon"}', -- which is no connection's
      '{"kind": "connection", "id": 2, "time": "noon"}',
      '{"kind": "connection", "id": 3, "time": "noon"}',
      '{"kind": "badge", "id": 4, "time": "noon"}',
      '{"kind": "connection", "id": 5, "time": 5}',
      '{"kind": "connection", "id": 6, "time": 5.0}',
      '{"kind": "connection", "id": 7, "time": 5}',
      '{"kind": "connection", "id": "8", "time": 5}',
      '{"kind": "connection", "id": "9", "time": 5}',
      '{"kind": "badge", "id": "10", "time": 5}',
      '{"kind": "connection", "id": "11", "time": 5}',
      '{"time": 5, "id": 12, "kind": "connection"}',
      '{"time": "noon", "id": 13, "kind": "connection"}',
      '{"time": "noon", "id": 14, "kind": "badge"}',
      '{"source": "noon", "target": 15, "kind": "badge"}',
      '{"source": "noon", "target": 16, "kind": "target", "completeness": "complete"}',
      '{"source": "noon", "target": 17, "kind": "badge", "completeness": "complete"}',
      '{"source": "noon", "target": 18, "kind": "target", "completeness": "complete"}',
    }
    local rows, opened = read(text_file.put(lab.folder .. "/alike.jsonl", '{"kind": "snapshot", "schema": "rollcall.snapshot/1"}\n'
      .. table.concat(lines, "\n") .. '\n{"kind": "end", "rows": 10}\n'))
    local good, damaged = {}, {}
    for i, row in ipairs(rows) do good[i] = row[2].id or row[2].target end
    for i, outcome in ipairs(opened.outcomes) do damaged[i] = tonumber(outcome.reason:match "^line (%d+) is damaged: field") - 1 end
    assert.same({ 1, 4, 5, 6, 7, "10", 12, 14, 15, 17 }, good)
    assert.same({ 2, 3, 8, 9, 11, 13, 16, 18 }, damaged)
  end)

  for words, text in pairs {
    ["has the version 2, and this program reads 1"] = '{"kind": "snapshot", "schema": "rollcall.snapshot/2"}\n',
    ["is not a snapshot"] = '{"kind": "report", "schema": "rollcall/1"}\n',
    ["x.bin: is not a snapshot"] = "\0\1\2\255" .. ("x"):rep(100000),
    ["is empty"] = "",
  } do
    it("is distinguished from other files: " .. words, function()
      local opened, problem = snapshot.open(text_file.put(lab.folder .. "/x.bin", text))
      assert.is_nil(opened)
      assert.is_truthy(problem:find(words, 1, true), problem)
    end)
  end

  it("says what is wrong with a file that is not there, a folder, or no gzip", function()
    for _, path in ipairs { "/nowhere/x.jsonl", lab.folder, text_file.put(lab.folder .. "/no.gz", "plain text") } do
      local opened, problem = snapshot.open(path)
      assert.is_nil(opened)
      assert.is_truthy(problem:find(path, 1, true), problem)
    end
  end)
end) end

local function look(rows, outcomes)
  local position = 0
  return diff.poll(function()
    position = position + 1
    if rows[position] then return rows[position][1], rows[position] end
  end, outcomes or {
    { source = "smb", target = "fs1", completeness = "complete" }, { source = "smb", target = "fs2", completeness = "complete" },
  })
end

local function connection(user, time, more)
  local row = { "connection", servername = "fs1", share = "s", username = user, client = "c", id = 1, time = time, num_opens = 1 }
  for name, value in pairs(more or {}) do row[name] = value end
  return row
end

local function told(before, after)
  local list = {}
  for i, change in ipairs(diff.compare(before, after)) do
    list[i] = change.event .. " " .. change.row.username .. (change.fields and " " .. table.concat(change.fields, ",") or "")
  end
  return list
end

describe("the users of a snapshot", function()
  local presence, users = require "rollcall.presence", require "rollcall.snapshot.users"

  it("are by a line of another spelling only where all such lines agree, in whatever order they stand", function()
    local lines = { { account = "CORP\\Alice", user = "a" }, { account = "CORP\\ALICE", user = "b" } }
    for _, order in ipairs { { 1, 2 }, { 2, 1 }, { 1, 2, 1 }, { 2, 1, 1 } } do
      local reader = users.reader()
      for _, i in ipairs(order) do assert.is_true(reader.add(lines[i])) end
      assert.same({ "a", "b", "alice" }, {
        reader.normalize_user "CORP\\Alice", reader.normalize_user "CORP\\ALICE", reader.normalize_user "corp\\alice",
      })
    end
    local reader = users.reader()
    assert.is_true(reader.add(lines[1]))
    assert.is_true(reader.add { account = "CORP\\ALICE", user = "a" })
    assert.is_true(reader.add { account = "CORP\\nobody" })
    assert.equal("a", reader.normalize_user "corp\\alice")
    assert.is_nil(reader.normalize_user "corp\\Nobody")
  end)

  it("are those that each account had, though another is spelled like it, in whatever order the rows come", function()
    local expected = { ["adm-alice"] = "alice", ["ADM-alice"] = "adm-alice", ["Adm-Alice"] = "adm-alice" }
    local function rule(account) return presence.user_of((account:gsub("^adm%-", ""))) end
    for _, accounts in ipairs {
      { "adm-alice", "ADM-alice", "Adm-Alice" }, { "ADM-alice", "Adm-Alice", "adm-alice" }, { "ADM-alice", "adm-alice", "Adm-Alice" },
    } do
      local path = lab.folder .. "/spelled.jsonl"
      local writer = assert(snapshot.create(path, 1700000000, { normalize_user = rule }))
      for _ = 1, 2 do
        for _, account in ipairs(accounts) do writer:row("badge", { account = account }) end
      end
      writer:finish()
      local opened = assert(snapshot.open(path))
      local found = {}
      for kind, row in function() return opened:next() end do
        local user = presence.of(kind, row, { normalize_user = opened.normalize_user }).user
        assert.equal(expected[row.account], user, table.concat(accounts, " "))
        found[#found + 1] = user
      end
      opened:close()
      assert.equal(6, #found)
    end
  end)
end)

describe("a difference", function()
  it("is who came, who left and what changed, not the seconds that went by", function()
    local before = look { connection("stays", 5), connection("leaves", 5), connection("opens", 5) }
    local after = look { connection("stays", 65, { idle_time = 60 }), connection("opens", 65, { num_opens = 2 }), connection("comes", 1) }
    assert.same({ "disconnected leaves", "changed opens num_opens", "connected comes" }, told(before, after))
    assert.same({}, told(after, after))
  end)

  it("counts rows with the same identity", function()
    local one = { "smb_session", servername = "fs1", username = "x", client = "c" }
    assert.same({ "disconnected x" }, told(look { one, one, one }, look { one, one }))
  end)

  it("does not take a target that was not seen for people who left or came", function()
    local down = {
      { source = "smb", target = "fs1", completeness = "unreachable" }, { source = "smb", target = "fs2", completeness = "complete" },
    }
    local rows = { connection("x", 5), connection("y", 5, { servername = "fs2" }) }
    assert.same({ "unverified x", "disconnected y" }, told(look(rows), look({}, down)))
    assert.same({ "newly_visible x", "connected y" }, told(look({}, down), look(rows)))
    assert.same({ "unverified x" }, told(look { rows[1] }, look({}, { down[2] })))
  end)

  it("carries what is known of a target over its absence", function()
    local down = { { source = "smb", target = "fs1", completeness = "unreachable" } }
    local there, away = look { connection("x", 5), connection("y", 5) }, look({}, down)
    local carried = diff.carried(there, away)
    assert.same({ "disconnected y", "connected z" }, told(carried, look { connection("x", 90), connection("z", 1) }))
    assert.same({ "unverified x", "unverified y" }, told(there, away))
    assert.same({}, told(carried, away))
  end)
end)
