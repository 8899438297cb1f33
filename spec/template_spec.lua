-- The second worker of an enumeration and all later ones are copies of a template, which has loaded what they need.
local lab = require "spec.lab"
local smb = require "rollcall.smb"

local function template() return lab.run("pgrep -x smbtemplate -P $PPID"):match "%d+" end
local function copies() return lab.run("pgrep -x smbpipe -P $(pgrep -x smbtemplate -P $PPID)") end

-- Rows of so many servers, four at once; `at_row` is called at each.
local function ask(count, at_row, options)
  local servers, failures, rows = {}, {}, 0
  for i = 1, count do servers[i] = lab.double end
  local all = lab.as_auditor { servername = servers, qualifier = "rows-30", prefmaxlen = 700, concurrency = 4,
    on_error = function(failure) failures[#failures + 1] = failure end }
  for name, value in pairs(options or {}) do all[name] = value or nil end
  for _ in smb.connections(all) do
    rows = rows + 1
    if at_row then at_row(rows) end
  end
  return rows, failures
end

describe("workers are copied from a template", function()
  it("where there is more than one, and are gone with it", function()
    local seen, most = nil, 0
    local rows, failures = ask(20, function(row)
      if row % 20 == 0 then
        seen = template() or seen
        most = math.max(most, select(2, copies():gsub("%d+", "")))
      end
    end)
    assert.same({ 600, 0 }, { rows, #failures })
    assert.is_truthy(seen)
    assert.equal(3, most)
    assert.is_nil(template())
    assert.same({}, lab.workers())
  end)

  it("but not for one server", function()
    local seen
    ask(1, function() seen = seen or template() end)
    assert.is_nil(seen)
  end)

  it("which has seen no secret, and has no more open than what it needs", function()
    local seen, limits, descriptors
    ask(20, function(row)
      if row ~= 300 then return end
      local process = template()
      seen = lab.run(("cat /proc/%s/cmdline /proc/%s/environ"):format(process, process))
      limits = lab.run(("cat /proc/%s/limits /proc/%s/status"):format(process, process))
      descriptors = lab.run(("ls -l /proc/%s/fd"):format(process))
      for copy in copies():gmatch "%d+" do
        local sockets = select(2, lab.run(("ls -l /proc/%s/fd"):format(copy)):gsub("socket:", ""))
        assert.is_true(sockets <= 2) -- the module's and its server's, and no other worker's
        seen = seen .. lab.run(("cat /proc/%s/cmdline /proc/%s/environ"):format(copy, copy))
      end
    end)
    assert.is_truthy(seen:find("smbpipe", 1, true))
    assert.is_nil(seen:find(lab.password, 1, true))
    assert.is_truthy(limits:find("Max core file size%s+0%s+0"), limits)
    assert.is_truthy(limits:find("NoNewPrivs:%s+1"), limits)
    assert.equal(1, select(2, descriptors:gsub("socket:", "")), descriptors)
  end)

  -- Servers that are asked by one credential and by another in turns, so that workers are needed to the end.
  local function by_turns(count)
    local servers = {}
    for i = 1, count do
      servers[i] = { servername = lab.double, username = lab.username }
      servers[i][i % 2 == 0 and "nt_hash" or "password"] = i % 2 == 0 and lab.nt_hash(lab.password) or lab.password
    end
    return { servername = servers, password = false }
  end

  it("and if that is killed they are started by themselves", function()
    local killed
    local rows, failures = ask(40, function()
      local process = not killed and template()
      if process then lab.run("kill -KILL " .. process) end
      killed = killed or process
    end, by_turns(40))
    assert.is_truthy(killed)
    assert.same({ 1200, 0 }, { rows, #failures })
    lab.eventually("the end of its workers", function() return #lab.workers() == 0 end)
  end)

  it("and no server is blamed for one that dies in place of becoming a worker", function()
    local killed
    local rows, failures = ask(40, function()
      local process = not killed and template()
      if process then lab.run(("kill -STOP %s; (sleep 1; kill -KILL %s) > /dev/null 2>&1 &"):format(process, process)) end
      killed = killed or process
    end, by_turns(40))
    assert.is_truthy(killed)
    assert.same({ 1200, 0 }, { rows, #failures })
  end)

  it("and all of them end with a host that is killed, even while they wait for a server", function()
    local script = [[
      local smb = require "rollcall.smb"
      local s = "%s"
      for _ in smb.connections {
        servername = { s, s, s, s }, qualifier = "x", username = "u", password = "p", timeout = 60, concurrency = 4,
      } do end
    ]]
    lab.run(("lua5.4 -e '%s' > /dev/null 2>&1 & echo $! > %s/host"):format(script:format(lab.silent), lab.folder))
    local host = lab.run(("cat %s/host"):format(lab.folder)):match "%d+"
    local processes = lab.eventually("a template with three workers", function()
      local source = lab.run("pgrep -x smbtemplate -P " .. host):match "%d+"
      local workers = source and lab.run("pgrep -x smbpipe -P " .. source)
      return workers and select(2, workers:gsub("%d+", "")) == 3 and source .. " " .. workers:gsub("\n", " ")
    end)
    lab.run("sleep 0.3; kill -KILL " .. host)
    lab.eventually("their end", function() return lab.run(("ps -o pid= -p '%s'"):format(processes)) == "" end)
  end)

  it("and one that is stopped ends with the iterator", function()
    local step, state = smb.connections(lab.as_auditor {
      servername = { lab.double, lab.silent, lab.silent, lab.silent }, qualifier = "rows-3", concurrency = 4, on_error = function() end,
    })
    assert.is_table(step(state))
    local stopped = lab.eventually("a worker", function() return copies():match "%d+" end)
    lab.run("kill -STOP " .. stopped)
    state:close()
    lab.eventually("its end", function() return not lab.run("ps -o stat= -p " .. stopped):find "^[^Z]" end)
    assert.same({}, lab.workers())
  end)
end)
