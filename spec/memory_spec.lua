-- What is kept of rows has a bound: here one that a few thousand rows pass.
local diff = require "rollcall.diff"
local memory = require "rollcall.internal.memory"
local policy = require "rollcall.policy"
local report = require "rollcall.report"
local smb = require "rollcall.smb"
local lab = require "spec.lab"

local BOUND = 4 * 1024 -- in KiB
local ROWS = 60000

---Rows that are made when they are asked for, each with a user of its own.
local function rows(count)
  local given = 0
  return function()
    if given == (count or ROWS) then return nil end
    given = given + 1
    return "badge", { account = "user" .. given, resource = "door " .. given % 7, idle = given, note = ("%d"):format(given):rep(20) }
  end
end

local function render(options)
  local written = 0
  options.rows = options.rows or rows()
  options.write = function(text) written = written + #text end
  options.format = options.format or "csv"
  return report.render(options), written
end

local function assert_refused(words, work, ...)
  local ended, problem = pcall(work, ...)
  assert.is_false(ended, words)
  assert.is_true(memory.is_refusal(problem), tostring(problem))
  for _, word in ipairs { words, "takes more memory than 4 MiB, which is full after" } do
    assert.is_truthy(tostring(problem):find(word, 1, true), tostring(problem))
  end
end

local its_policy = [[
rule { id = "many", kind = "badge", group_by = "user", check_group = function(group) return group.count < 2 end, message = "{user}" }
rule { id = "few", kind = "badge", group_by = "resource",
  distinct = "note", check_group = function() return true end, message = "{resource}" }
rule { id = "row", kind = "badge", check = function(row) return row.user ~= "user60000" end, message = "{user}" }
]]

local function evaluated(text)
  return policy.evaluate(assert(policy.parse(text, "p.lua")), {
    rows = rows(), outcomes = { { source = "rows", target = "doors", query = "badge", completeness = "complete" } },
  })
end

describe("the bound on what is kept of rows", function()
  local usual = memory.LIMIT
  before_each(function()
    collectgarbage()
    memory.LIMIT = BOUND
  end)
  after_each(function() memory.LIMIT = usual end)

  it("refuses groups, an order, totals and a page that are more", function()
    assert_refused("grouping by 'user'", render, { group_by = "user", totals = false })
    assert_refused("grouping by 'resource', 'user'", render, { group_by = { "resource", "user" }, totals = false, limit = 3 })
    assert_refused("grouping by 'resource'", render, { group_by = "resource", measures = "distinct:note", totals = false })
    assert_refused("sorting by 'idle'", render, { sort = "-idle", totals = false })
    assert_refused("sorting by 'note'", render, { sort = "note", totals = false, limit = 50000 })
    assert_refused("the format 'csv' with totals", render, {})
    assert_refused("the format 'html'", render, { format = "html", totals = false })
  end)

  it("lets pass what needs little, of as many rows", function()
    assert.equal(7, render { group_by = "resource", measures = "max:idle", totals = false }.written)
    assert.equal(10, render { sort = "-idle", limit = 10, totals = false }.written)
    assert.equal(ROWS, render { totals = false }.written)
    assert.equal(ROWS, render { format = "table", totals = false }.written)
  end)

  it("does not count what the program holds already", function()
    local held = {}
    for i = 1, 1000000 do held[i] = i end
    assert.is_true(collectgarbage "count" > BOUND)
    assert.equal(7, render { group_by = "resource", measures = "max:idle", totals = false }.written)
    assert.equal(1000000, #held)
  end)

  it("refuses a page of rows that are written one by one", function()
    local writer = report.new("html", "file", function() end)
    assert_refused("the format 'html'", function()
      for _, row in rows() do writer:row(row) end
    end)
  end)

  it("makes the rules that group unknown, and no others", function()
    local result = evaluated(its_policy)
    local verdicts = {}
    for i, verdict in ipairs(result.rules) do
      verdicts[i] = verdict.verdict
      if i < 3 then assert.is_truthy(verdict.reasons[1]:find("take more memory than 4 MiB", 1, true), verdict.reasons[1]) end
    end
    assert.same({ "unknown", "unknown", "fail" }, verdicts)
    assert.equal(ROWS, result.rules[3].rows_judged)
    assert.equal(policy.FAIL, policy.exit_code(result))
    assert.equal(policy.UNKNOWN, policy.exit_code(evaluated((its_policy:gsub('rule { id = "row".*', "")))))
  end)

  it("refuses a poll that is more than half of it", function()
    local ended, problem = pcall(diff.poll, rows(), {})
    assert.is_false(ended)
    assert.is_truthy(tostring(problem):find("a poll takes more memory than 2 MiB, which is full after", 1, true))
    assert.equal(1000, #diff.poll(rows(1000), {}).order)
  end)
end)

describe("the bound on what is kept of servers", function()
  local usual = memory.LIMIT
  before_each(function() memory.LIMIT = 2500 end)
  after_each(function() memory.LIMIT = usual end)

  ---@return integer count
  ---@return table<string, rollcall.outcome>
  ---@return rollcall.failure[]
  local function listing(query, servers, concurrency)
    local count, outcomes, failures = 0, {}, {}
    for _ in smb[query](lab.as_auditor {
      servername = servers, timeout = 60, concurrency = concurrency, on_target = function(outcome) outcomes[outcome.target] = outcome end,
      on_error = function(failure) failures[#failures + 1] = failure end,
    }) do count = count + 1 end
    return count, outcomes, failures
  end

  it("ends the visit to one that has more, and no other's, with what has come of it", function()
    local alone = listing("rollcall", { lab.double })
    local count, outcomes, failures = listing("rollcall", { lab.big, lab.double })
    assert.equal("complete", outcomes[lab.double].completeness)
    assert.equal("partial", outcomes[lab.big].completeness)
    assert.equal(1, #failures)
    assert.same({ "ERROR_NOT_ENOUGH_MEMORY", lab.big }, { failures[1].name, failures[1].target })
    assert.is_truthy(failures[1].message:find("takes more memory than 2.441 MiB: ask fewer at once", 1, true), failures[1].message)
    assert.is_true(count > alone + 1500 and count < alone + 2500, tostring(count))
  end)

  it("is of those that are visited at the same time, not of all", function()
    memory.LIMIT = 15000
    local count, outcomes, failures = listing("rollcall", { lab.big, lab.big }, 1)
    assert.same({}, failures)
    assert.equal("complete", outcomes[lab.big].completeness)
    assert.equal(10000, count)
  end)

  it("holds for the shares whose connections are asked for", function()
    memory.LIMIT = 100
    local count, outcomes, failures = listing("connections", lab.big)
    assert.same({ 0, 1, "partial" }, { count, #failures, outcomes[lab.big].completeness })
  end)
end)

describe("a command that would keep more than it may", function()
  local function run(arguments)
    return lab.run(([[LUA_PATH_5_4="lua/?.lua;lua/?/init.lua;;" lua5.4 -e '
      require("rollcall.internal.memory").LIMIT = %d
      os.exit(require("rollcall.cli").main { "%s" }, true)' > %s/out]]):format(BOUND, table.concat(arguments, '", "'), lab.folder))
  end

  local path, damaged

  setup(function()
    path, damaged = lab.folder .. "/many.jsonl", lab.folder .. "/damaged.jsonl"
    local writer = assert(require("rollcall.snapshot").create(path))
    for kind, row in rows() do writer:row(kind, row) end
    writer:finish()
    local file = assert(io.open(damaged, "w"))
    file:write '{"kind": "snapshot", "schema": "rollcall.snapshot/1", "generated_at": "2026-11-21T07:00:00Z"}\n'
    for _ = 1, 100000 do file:write "{}\n" end
    file:close()
  end)

  it("says so and exits with 2", function()
    for _, case in ipairs {
      { words = "grouping by 'user'", "report", path, "--group-by", "user", "--no-totals" },
      { words = path .. ": a poll", "diff", path, path },
      { words = "lines that are no rows", "report", damaged, "--no-totals" },
      { words = "lines that are no rows", "diff", damaged, path },
    } do
      local _, code, complaint = run(case)
      assert.equal(2, code, complaint)
      assert.is_truthy(complaint:find("^rollcall: [^\n]*takes more memory than %d MiB, which is full after %d+ rows: [^\n]+\n$"), complaint)
      assert.is_truthy(complaint:find(case.words, 1, true), complaint)
    end
  end)
end)

describe("rollcall diff of more rows than it may keep", function()
  local usual = memory.LIMIT
  local LIMIT = 8 * 1024 -- less than the rows of one state take
  local SERVERS = { "FS1", "fs1", "fs2", "fs3", "fs4", "fs5", "fs6", "fs7", "fs8" }

  local function kind_of(i)
    return i % 4 == 0 and "access" or i % 9 == 0 and "session" or i % 601 == 0 and "badge" or i % 7 == 0 and "smb_session" or "connection"
  end

  ---Rows of which some are the same as others, and some are changed in the second state.
  local function row_of(i, kind, state, server)
    local user, client, is_changed = "CORP\\user" .. i % 3000, "c" .. i % 5, i % 200 == 0
    if kind == "session" then
      local id = i % 18 ~= 0 and "s" .. i or nil
      return { origin = "eu", id = id, login_user = user, session_state = is_changed and "Active" .. state or "b" }
    elseif kind == "access" then
      local is_moved = state == 2 and i % 16 == 0
      return { servername = server, share = is_moved and "s1" or "s2", username = user, client = client, idle_time = i,
        sources = i % 8 == 0 and "session" or "file", files = { "f" .. i % 50, state == 2 and i % 32 == 0 and "new" or nil } }
    elseif kind == "smb_session" then
      return { servername = server, username = user, client = client, time = i, num_opens = i % 50 == 0 and state or 0 }
    elseif kind == "badge" then
      return { account = user, client = client }
    end
    return { servername = server, share = "s", username = user, client = client, id = i % 2, time = i,
      num_opens = i % 50 == 0 and state or 0, placeholder = i % 700 == 1 or nil }
  end

  ---Writes a snapshot, in each state without some of the rows, and with targets that could not be asked.
  local function written(name, state, servers)
    local path = ("%s/%s-%d.jsonl"):format(lab.folder, name, state)
    local writer = assert(require("rollcall.snapshot").create(path, 1700000000))
    for i = 1, 12000 do
      local kind = kind_of(i)
      if i % 301 ~= state then writer:row(kind, row_of(i, kind, state, servers[i * 7 % #servers + 1])) end
    end
    for i, server in ipairs(servers) do
      for _, kind in ipairs { "connection", "access", "smb_session" } do
        writer:outcome { source = "smb", target = server, query = kind,
          completeness = i % 4 == 0 and state == 2 and "unreachable" or i % 5 == 0 and state == 1 and "partial" or "complete" }
      end
    end
    writer:outcome { source = "workspace", target = "eu", query = "session", completeness = "complete" }
    writer:outcome { source = "rows", target = "badge", query = "badge", completeness = "complete" }
    writer:finish()
    return path
  end

  local function compared(limit, before, after, format, more, first)
    return lab.run(([[LUA_PATH_5_4="lua/?.lua;lua/?/init.lua;;" timeout 60 lua5.4 -e '%s
      require("rollcall.internal.memory").LIMIT = %d
      os.exit(require("rollcall.cli").main { "diff", "%s", "%s", "--format", "%s"%s }, true)']]):format(first or "", limit, before, after,
      format, more or ""))
  end

  it("says the same, in the same order, as of what it keeps at once", function()
    local before, after = written("servers", 1, SERVERS), written("servers", 2, SERVERS)
    for _, format in ipairs { "jsonl", "text", "html" } do
      local output, code, said = compared(usual, before, after, format)
      assert.equal(1, code, said)
      for _, event in ipairs(format == "jsonl" and { "connected", "disconnected", "changed", "unverified", "newly_visible" } or {}) do
        assert.is_truthy(output:find(('"event": "%s"'):format(event), 1, true), event)
      end
      assert.same({ output, code, said }, { compared(LIMIT, before, after, format) })
    end
    for more, expected in pairs {
      [ [[, "--where", "resource=s1", "--sort", "share"]] ] = 1, [ [[, "--sort", "nowhere"]] ] = 3,
    } do
      local output, code, said = compared(usual, before, after, "text", more)
      assert.equal(expected, code, said)
      assert.same({ output, code, said }, { compared(LIMIT, before, after, "text", more) })
    end
  end)

  it("says the same of compressed snapshots, and without the library that reads them", function()
    local before, after = written("packed", 1, SERVERS), written("packed", 2, SERVERS)
    local output, code, said = compared(usual, before, after, "jsonl")
    lab.run(("gzip -k %s %s"):format(before, after))
    for _, library in ipairs { "", 'package.preload.zlib = function() error "" end; ' } do
      assert.same({ output, code, said }, { compared(LIMIT, before .. ".gz", after .. ".gz", "jsonl", nil, library) })
    end
  end)

  it("does not wait for more of a FIFO, which can be read only once", function()
    local path = written("piped", 1, SERVERS)
    local fifo = lab.folder .. "/fifo.jsonl"
    for _, sides in ipairs { { fifo, path }, { path, fifo } } do
      lab.run("mkfifo " .. fifo)
      local writer = io.popen(("timeout 90 sh -c 'cat %s > %s' 2> /dev/null"):format(path, fifo))
      local _, code, complaint = compared(LIMIT, sides[1], sides[2], "text")
      assert.equal(2, code, complaint)
      assert.is_truthy(complaint:find ".jsonl: a poll takes more memory than 4 MiB, which is full after %d+ rows", complaint)
      writer:close()
      os.remove(fifo)
    end
  end)

  it("refuses rows of one server that are too many", function()
    local path = written("one", 1, { "fs1" })
    local _, code, complaint = compared(LIMIT, path, path, "text")
    assert.equal(2, code, complaint)
    assert.is_truthy(complaint:find "one%-1%.jsonl: a poll takes more memory than 4 MiB, which is full after %d+ rows", complaint)
  end)
end)
