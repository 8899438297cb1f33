-- Whatever becomes of an iterator, no worker and no descriptor stays behind.
local lab = require "spec.lab"
local smb = require "rollcall.smb"
local text_file = require "spec.lab.text_file"

local function rows_of(count, more)
  local options = lab.as_auditor { servername = lab.double, qualifier = "rows-" .. count, prefmaxlen = 700 }
  for name, value in pairs(more or {}) do options[name] = value end
  return smb.connections(options)
end

describe("nothing stays behind", function()
  local descriptors

  before_each(function()
    -- A second time for what the finalisers of the first let go.
    collectgarbage()
    collectgarbage()
    descriptors = lab.descriptors()
  end)

  after_each(function()
    assert.same({}, lab.workers())
    assert.same(descriptors, lab.descriptors())
  end)

  it("after the last row, where the iterator goes on to give nil", function()
    local step, state = rows_of(30)
    local rows = 0
    while step(state) do rows = rows + 1 end
    assert.equal(30, rows)
    assert.is_nil(step(state))
    assert.is_truthy(tostring(state):find("closed", 1, true))
  end)

  it("after another's step took its rows, which steps nothing but enumerations", function()
    local step, state = rows_of(30)
    local _, other = rows_of(20)
    local rows = 0
    while step(other) do rows = rows + 1 end
    assert.equal(20, rows)
    assert.is_table(step(state))
    for _, stranger in ipairs { io.stdout, {}, "text" } do
      local stepped, problem = pcall(step, stranger)
      assert.is_false(stepped)
      assert.is_truthy(problem:find("rollcall.enumeration expected", 1, true))
    end
    state:close()
  end)

  it("after a break", function()
    for row in rows_of(30) do
      if row.id == 15 then break end
    end
  end)

  it("after a goto out of the loop", function()
    for _ in rows_of(30) do goto out end
    ::out::
  end)

  it("after a return out of the loop", function()
    local function first()
      for row in rows_of(30) do return row.id end
    end
    assert.equal(1, first())
  end)

  it("after an error in the body", function()
    local ok, message = pcall(function()
      for _ in rows_of(30) do error("mine", 0) end
    end)
    assert.is_false(ok)
    assert.equal("mine", message)
  end)

  it("after a break with servers still under way", function()
    for _ in rows_of(30, { servername = { lab.double, lab.silent, lab.silent, lab.double } }) do break end
  end)

  it("after it was dropped half way and collected", function()
    do
      local step, state = rows_of(30)
      step(state)
    end
    collectgarbage()
    collectgarbage()
  end)

  it("after it was never stepped", function()
    assert.is_truthy(rows_of(30))
    collectgarbage()
    collectgarbage()
  end)

  it("after a coroutine was closed half way", function()
    local routine = coroutine.create(function()
      for row in rows_of(30) do coroutine.yield(row.id) end
    end)
    assert.equal(1, select(2, coroutine.resume(routine)))
    assert.equal(2, select(2, coroutine.resume(routine)))
    assert.is_true(coroutine.close(routine))
  end)

  it("after a coroutine was dropped half way", function()
    do
      local routine = coroutine.wrap(function()
        for row in rows_of(30) do coroutine.yield(row.id) end
      end)
      assert.equal(1, routine())
    end
    collectgarbage()
    collectgarbage()
  end)

  it("after close, and close again", function()
    local step, state = rows_of(30)
    step(state)
    state:close()
    state:close()
    assert.is_nil(step(state))
  end)

  it("after a failure", function()
    local _, failure = pcall(function()
      for _ in rows_of(30, { password = "wrong" }) do end
    end)
    assert.equal("ERROR_LOGON_FAILURE", failure.name)
  end)

  it("after a server that could not be opened, without waiting for the collector", function()
    collectgarbage "stop"
    local opened = pcall(smb.server, lab.as_auditor { servername = lab.double, password = "wrong" })
    local paged = pcall(smb.connection_page, lab.as_auditor { servername = lab.samba, qualifier = "x", username = "alice" })
    local workers = lab.workers()
    collectgarbage "restart"
    assert.is_false(opened or paged)
    assert.same({}, workers)
  end)

  it("after an error in the function that gives the servers", function()
    local step, state = rows_of(30, { servername = function() error("mine", 0) end })
    local ok, message = pcall(step, state)
    assert.is_false(ok)
    assert.equal("mine", message)
    state:close()
  end)

  it("after a worker was killed, which is its target's error", function()
    local failure
    local rows = 0
    for row in rows_of(300, { on_error = function(f) failure = f end }) do
      rows = rows + 1
      if row.id == 10 then lab.run("kill -KILL " .. lab.workers()[1]) end
    end
    assert.is_true(rows >= 10 and rows < 300)
    assert.equal("ERROR_PROCESS_ABORTED", failure.name)
    assert.equal(lab.double, failure.target)
  end)

  it("after a worker was killed while it logged on", function()
    local failure
    lab.run "(sleep 0.5; pkill -KILL -x smbpipe -P $PPID) > /dev/null 2>&1 &"
    for _ in rows_of(3, { servername = lab.silent, on_error = function(f) failure = f end }) do end
    assert.equal("ERROR_PROCESS_ABORTED", failure.name)
    assert.equal("connect", failure.stage)
  end)
end)

describe("a worker", function()
  it("ends with a host program that is killed, even while it waits for a server", function()
    local script = [[
      local smb = require "rollcall.smb"
      for _ in smb.connections { servername = "%s", qualifier = "x", username = "u", password = "p", timeout = 60 } do end
    ]]
    lab.run(("lua5.4 -e '%s' > /dev/null 2>&1 & echo $! > %s/host"):format(script:format(lab.silent), lab.folder))
    local host = lab.run(("cat %s/host"):format(lab.folder)):match("%d+")
    local worker = lab.eventually("a worker", function() return lab.run("pgrep -x smbpipe -P " .. host):match("%d+") end)
    lab.run("sleep 0.3; kill -KILL " .. host)
    lab.eventually("the worker's end", function() return select(2, lab.run("kill -0 " .. worker)) ~= 0 end)
  end)

  it("ends with its query at an interrupt, which is not held up until the deadline", function()
    local script = [[
      local smb = require "rollcall.smb"
      local ok, message = pcall(function()
        for _ in smb.connections { servername = "%s", qualifier = "x", username = "u", password = "p", timeout = 60 } do end
      end)
      local workers = io.popen("pgrep -x smbpipe -P $PPID"):read "a"
      print(ok, message, workers == "")
    ]]
    local started = os.time()
    local output = lab.run(("(lua5.4 -e '%s' & sleep 0.7; kill -INT $!; wait)"):format(script:format(lab.silent)))
    assert.is_true(os.time() - started < 10)
    assert.is_truthy(output:find("^false\t.*interrupted!\ttrue"), output)
  end)

  it("cannot be started where descriptors have run out: an error, and the host goes on", function()
    local script = [[
      local smb = require "rollcall.smb"
      local files = {}
      while true do
        local file = io.open("/dev/null")
        if not file then break end
        files[#files + 1] = file
      end
      local ok, failure = pcall(smb.connection_page,
        { servername = "127.0.0.1", qualifier = "x", username = "u", password = "p" })
      files[1]:close()
      print(ok, failure.stage, failure.name)
    ]]
    local output = lab.run(("ulimit -n 40; lua5.4 -e '%s'"):format(script))
    assert.equal("false\tworker\tERROR_NO_SYSTEM_RESOURCES\n", output)
  end)
end)

describe("a finaliser that asks while Lua is being closed", function()
  -- It was made before what it asks, which is therefore gone by then.
  local script = [[
    local smb, workspace, client
    local function options(more)
      more.project_id, more.ak, more.sk = "p", not more.username and "a" or nil, not more.username and "s" or nil
      return more
    end
    local server, asked, service = { servername = "%s", username = "u", password = "p" }, { user_name = "alice" }, "http://127.0.0.1:9"
    local ways = {
      enumeration = function() for _ in smb.sessions(server) do end end,
      view = function() for _ in smb.rollcall(server) do end end,
      page = function() smb.session_page(server) end,
      handle = function() smb.server(server) end,
      query = function() for _ in workspace.client(options { endpoint = service }):sessions(asked) do end end,
      listing = function()
        for _ in workspace.client(options { endpoint = service }):list_sessions { query_begin_time = 0, query_end_time = 1 } do end
      end,
      login = function()
        for _ in workspace.client(options { endpoint = service, iam_endpoint = service, region = "ap-southeast-1", username = "u",
          password = "p", domain = "d" }):sessions(asked) do end
      end,
      client = function() for _ in client:sessions(asked) do end end,
    }
    last = setmetatable({}, { __gc = function() print(pcall(ways["%s"])) end })
    smb, workspace = require "rollcall.smb", require "rollcall.workspace"
    client = workspace.client(options { endpoint = service })
  ]]

  for _, way in ipairs { "enumeration", "view", "page", "handle", "query", "listing", "login", "client" } do
    it("gets an error: " .. way, function()
      local path = lab.folder .. "/finaliser.lua"
      text_file.put(path, script:format(lab.closed, way))
      local output, code, complaint = lab.run(lab.lua .. " " .. path)
      assert.same({ 0, "" }, { code, complaint })
      local words = way == "client" and "the client is closed" or "nothing can be asked while Lua is being closed"
      assert.equal("false\t" .. words .. "\n", output)
    end)
  end
end)

describe("memory", function()
  it("does not grow with the number of rows", function()
    local function peak(count)
      local script = [[
        local smb = require "rollcall.smb"
        local rows = 0
        for _ in smb.connections { servername = "%s", qualifier = "rows-%d", username = "%s",
          password = os.getenv "LAB_PASSWORD", timeout = 60 } do rows = rows + 1 end
        assert(rows == %d)
        for line in io.lines "/proc/self/status" do
          local kilobytes = line:match "^VmHWM:%%s*(%%d+)"
          if kilobytes then print(kilobytes) end
        end
      ]]
      return tonumber((lab.run(("lua5.4 -e '%s'"):format(script:format(lab.double, count, lab.username, count)))))
    end
    local few, many = peak(1000), peak(100000)
    assert.is_true(many - few < 1024, ("%d KiB at 1000 rows, %d KiB at 100000"):format(few, many))
  end)

  it("is bounded by the limit for an answer, which is an error beyond it", function()
    -- 1,000,000 entries in one answer are more than 64 MiB.
    local step, state = smb.connections(lab.as_auditor {
      servername = lab.double, qualifier = "rows-1000000;fragment=60000", prefmaxlen = 0xFFFFFFFE, timeout = 60,
    })
    local ok, failure = pcall(step, state)
    assert.is_false(ok)
    assert.is_truthy(failure.message:find("limit", 1, true), failure.message)
  end)
end)

describe("an iterator that its own code has left by an error", function()
  local function begin()
    local core, target = require "rollcall.smb.core", require "rollcall.smb.target"
    local names = { lab.double, lab.closed }
    local step, state = core.enumerate {
      concurrency = 2,
      next_target = function()
        local name = table.remove(names, 1)
        if not name then return nil end
        local made = target.new(name, lab.as_auditor {})
        made.qualifier = "rows-1;hang"
        made.query = { call = "connections", level = 1, prefmaxlen = 1000, resume_handle = 0 }
        if name == lab.closed then made.servername = nil end -- which its failure would tell
        return made
      end,
    }
    assert.error_matches(function() step(state) end, "the target has no servername", 1, true)
    assert.equal(2, #lab.workers())
    return step, state
  end

  it("ends its workers when it is closed, not when it is collected", function()
    local _, state = begin()
    state:close()
    assert.same({}, lab.workers())
  end)

  it("is at its end for who steps it again", function()
    local step, state = begin()
    assert.is_nil(step(state))
    assert.same({}, lab.workers())
  end)
end)
