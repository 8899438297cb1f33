-- Workers that are killed or stopped at every stage, and where descriptors run out.
local harness = require "spec.hardening.harness"
local lab = require "spec.lab"
local smb = require "rollcall.smb"

local TIMEOUT = 1

local function signal_workers_later(signal, seconds)
  lab.run(("(sleep %g; pkill -%s -x smbpipe -P $PPID) > /dev/null 2>&1 &"):format(seconds, signal))
end

---Where the server leaves a worker waiting, and the stage that an error then tells.
local stages = {
  { name = "connecting", stage = "connect", servername = function() return lab.silent end, qualifier = "x" },
  { name = "logging on", stage = "logon", stalled = 400, qualifier = "rows-1" },
  { name = "opening the pipe", stage = "pipe", stalled = 900, qualifier = "rows-1" },
  { name = "calling", stage = "call", servername = function() return lab.double end, qualifier = "rows-1;hang" },
}

local function at_every_stage(wire)
  local expected = { KILL = "ERROR_PROCESS_ABORTED", SEGV = "ERROR_PROCESS_ABORTED", STOP = "ERROR_SEM_TIMEOUT" }
  local count, longest = 0, 0
  for signal, name in pairs(expected) do
    for _, each in ipairs(stages) do
      local what = ("a worker gets SIG%s while %s"):format(signal, each.name)
      local ports = wire:open(lab.double_port, { { stall = each.stalled or 0 } })
      harness.leaving_nothing(what, function()
        local begun = harness.now()
        signal_workers_later(signal, 0.4)
        local failure
        for _ in smb.connections(lab.as_auditor {
          servername = each.servername and each.servername() or "127.0.0.1:" .. ports[1], qualifier = each.qualifier, timeout = TIMEOUT,
          on_error = function(its_failure) failure = its_failure end,
        }) do harness.found("%s: a row", what) end
        local seconds = harness.now() - begun
        count, longest = count + 1, math.max(longest, seconds)
        harness.expect(failure and failure.stage == each.stage and failure.name == name, "%s: %s", what, tostring(failure))
        harness.expect(seconds <= 2 * TIMEOUT + 1, "%s: took %.2f seconds", what, seconds)
      end)
      wire:close(ports)
    end
  end
  harness.fact("workers killed, crashed or stopped while connecting, logging on, opening the pipe, calling", count,
    ("each the error of its stage, longest %.1f s, no process left"):format(longest))
end

---From before the worker's start to after its end, at any moment.
local function at_every_moment(times)
  local names, right = {}, 0
  harness.leaving_nothing("workers killed at any moment", function()
    for time = 1, times do
      signal_workers_later("KILL", 0.06 * time / times)
      local rows, failure = {}, nil
      for row in smb.connections(lab.as_auditor {
        servername = lab.double, qualifier = "rows-30", prefmaxlen = 700, on_error = function(its_failure) failure = its_failure end,
      }) do rows[#rows + 1] = row.id end
      for i, id in ipairs(rows) do harness.expect(i == id, "killed at any moment: row %d is %d", i, id) end
      if failure then
        names[failure.stage] = (names[failure.stage] or 0) + 1
        harness.expect(failure.name == "ERROR_PROCESS_ABORTED", "killed at any moment: %s", tostring(failure))
      else
        right = right + 1
        harness.expect(#rows == 30, "killed at any moment: %d rows and no error", #rows)
      end
      lab.run "sleep 0.02"
    end
  end)
  harness.fact("workers killed at any moment of a query of three pages", times,
    ("%d with the right rows, ERROR_PROCESS_ABORTED at: %s; none wrong, no process left"):format(right, harness.tally(names)))
end

local with_few_descriptors = [[
local lab, cloud, smb = require "spec.lab", require "spec.cloud", require "rollcall.smb"
local files = {}
local function fill()
  while true do
    local file = io.open "/dev/null"
    if not file then return end
    files[#files + 1] = file
  end
end
local function tell(what, free, ran, result)
  print(what, free, ran, ran and result or (type(result) == "table" and (result.name or result.code)) or tostring(result))
end
local client = cloud.client { retries = 0 }
for free = 0, 12 do
  fill()
  for _ = 1, free do table.remove(files):close() end
  tell("smb", free, pcall(function()
    return #smb.connection_page(lab.as_auditor { servername = lab.double, qualifier = "rows-3" }).entries
  end))
  collectgarbage()
  fill()
  for _ = 1, free do table.remove(files):close() end
  tell("cloud", free, pcall(function()
    local its_client <close> = cloud.client { retries = 0 }
    local count = 0
    for _ in its_client:sessions { user_name = "rows-3" } do count = count + 1 end
    return count
  end))
  collectgarbage()
  fill()
end
local held = #files
for _, file in ipairs(files) do file:close() end
files = {}
fill()
tell("left", 0, true, #files - held)
]]

local function few_descriptors()
  local script = lab.folder .. "/few.lua"
  local file = assert(io.open(script, "w"))
  file:write(with_few_descriptors)
  file:close()
  local output = lab.run(("ulimit -n 64; lua5.4 %s 2>&1"):format(script))
  local names, right, count = {}, 0, 0
  for what, free, ran, result in output:gmatch "(%w+)\t(%d+)\t(%w+)\t([^\n]*)" do
    if what == "left" then
      harness.expect(result == "0", "few descriptors: %s are not given back", result)
      count = count + 1000
    elseif ran == "true" then
      right, count = right + 1, count + 1
      harness.expect(result == "3", "%s free descriptors, %s: %s rows", free, what, result)
    else
      names[result], count = (names[result] or 0) + 1, count + 1
      harness.expect(result:find "^ERROR_NO_SYSTEM_RESOURCES$" or result:find "^CURLE_" or result:find "Too many open files",
        "%s free descriptors, %s: %s", free, what, result)
    end
  end
  harness.expect(count == 1026 and right > 4, "few descriptors: %s", output)
  harness.fact("queries with 0 to 12 descriptors free, of SMB and of the cloud", count - 1000,
    ("%d with the right rows, errors: %s; every descriptor given back"):format(right, harness.tally(names)))

  names, right = {}, 0
  local least, most = 6, 30
  file = assert(io.open(script, "w"))
  file:write(([[
    local ran, result = pcall(function()
      return require "rollcall.smb".connection_page { servername = "%s", qualifier = "rows-3", timeout = 5,
        username = os.getenv "LAB_USERNAME", password = os.getenv "LAB_PASSWORD" }
    end)
    print(ran and #result.entries or type(result) == "table" and result.name or result)
  ]]):format(lab.double))
  file:close()
  for limit = least, most do
    -- A shell has no descriptors to spare for a redirection, either.
    output = lab.run(("sh -c 'ulimit -n %d; exec lua5.4 %s'"):format(limit, script))
    local result = output:match "^[%w_]+" or output
    if result == "3" then
      right = right + 1
    else
      names[result] = (names[result] or 0) + 1
      harness.expect(result:find "^ERROR_" ~= nil, "a limit of %d descriptors: %s", limit, output)
    end
  end
  harness.expect(right > 10, "a limit of %d to %d descriptors: rows %d times", least, most, right)
  harness.fact(("host and worker with a limit of %d to %d descriptors"):format(least, most), most - least + 1,
    ("%d with the right rows, errors: %s"):format(right, harness.tally(names)))
end

---@param wire table  a proxy
---@param budget { kills: integer }
return function(wire, budget)
  at_every_stage(wire)
  at_every_moment(budget.kills)
  few_descriptors()
end
