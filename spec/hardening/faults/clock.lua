-- A wall clock that jumps while a query is under way: deadlines neither come early nor stay away.
--
-- The jumps are those of the host and of its worker, which is started through a wrapper beside a copy of the library.
local cjson = require "cjson"
local harness = require "spec.hardening.harness"
local lab = require "spec.lab"

local DAY = 86400

local query = [[
local lab, cloud, smb = require "spec.lab", require "spec.cloud", require "rollcall.smb"
local harness = require "spec.hardening.harness"
local begun, ran, result, rows = harness.now(), nil, nil, 0
local wall = os.time()
ran, result = pcall(function() for _ in %s do rows = rows + 1 end end)
print(require("cjson").encode { ran = ran, rows = rows, seconds = harness.now() - begun, wall = os.time() - wall,
  name = not ran and (result.name or result.code or result) or nil, message = not ran and tostring(result) or nil })
]]

local smb_query = 'smb.connections(lab.as_auditor { servername = %s, qualifier = "%s", timeout = %g })'
local cloud_query = 'cloud.client { endpoint = cloud.%s, timeout = %g, retries = 0 }:sessions { user_name = "%s" }'

local cases = {
  { "a silent server", smb_query:format("lab.silent", "x", 1.5), least = 1.4, most = 3.5, name = "ERROR_SEM_TIMEOUT" },
  { "a call that is not answered", smb_query:format("lab.double", "rows-1;hang", 1.5), least = 1.4, most = 4.5,
    name = "ERROR_SEM_TIMEOUT" },
  { "a call that is answered late", smb_query:format("lab.double", "rows-5;delay=1.5", 10), least = 1.4, most = 6, rows = 5 },
  { "a request that is not answered", cloud_query:format("tls", 1.5, "x;delay=30"), least = 1.4, most = 3.5,
    name = "CURLE_OPERATION_TIMEDOUT" },
  { "a request that is answered late", cloud_query:format("tls", 10, "rows-5;delay=1.5"), least = 1.4, most = 6, rows = 5 },
}

---A copy of the libraries with a worker whose clock jumps, too.
local function with_jumping_worker(folder, clock)
  local worker = folder .. "/lib/rollcall/smb/smbpipe"
  assert(os.execute(("mkdir -p %s/real && cp -r build/lib %s && mv %s %s/real/smbpipe"):format(folder, folder, worker, folder)))
  local file = assert(io.open(worker, "w"))
  file:write(("#!/bin/sh\nCLOCK_OFFSET_FILE=%s/offset LD_PRELOAD=%s exec %s/real/smbpipe\n"):format(folder, clock, folder))
  file:close()
  assert(os.execute("chmod 755 " .. worker))
end

---@param clock string  the library that makes the clock jump
return function(clock)
  clock = lab.run("realpath " .. clock):match "%S+"
  local folder = lab.run("mktemp -d " .. lab.folder .. "/clock.XXXXXX"):match "%S+"
  with_jumping_worker(folder, clock)
  local tried, longest = 0, 0
  local started = {}
  for number, case in ipairs(cases) do
    local script = ("%s/%d.lua"):format(folder, number)
    local file = assert(io.open(script, "w"))
    file:write(query:format(case[2]))
    file:close()
    for _, jump in ipairs { DAY, -DAY, 3, -3 } do
      local its_name = ("%s, the clock jumps by %d s"):format(case[1], jump)
      local own = ("%s/%d_%d"):format(folder, number, jump)
      -- Each has its own folder with its own offset, so that all run side by side.
      assert(os.execute((([[
        mkdir OWN && cp -r ALL/lib ALL/real OWN && echo 0 > OWN/offset && sed -i 's|ALL/|OWN/|g' OWN/lib/rollcall/smb/smbpipe
        (sleep 0.6; echo JUMP > OWN/offset) &
        LUA_CPATH_5_4="OWN/lib/?.so;;" CLOCK_OFFSET_FILE=OWN/offset LD_PRELOAD=CLOCK lua5.4 SCRIPT > OWN/out 2>&1 &]])
        :gsub("%u%u%u+%f[^%u_]", { OWN = own, ALL = folder, JUMP = tostring(jump), CLOCK = clock, SCRIPT = script }))))
      started[#started + 1] = { case = case, name = its_name, out = own .. "/out", jump = jump }
    end
  end
  for _, each in ipairs(started) do
    local case = each.case
    local text = lab.eventually(each.name, function()
      local file = io.open(each.out)
      local output = file and file:read "a"
      if file then file:close() end
      return output and output:find "\n" and output
    end)
    local decoded, result = pcall(cjson.decode, text)
    if harness.expect(decoded, "%s: %s", each.name, text) then
      tried, longest = tried + 1, math.max(longest, result.seconds)
      harness.expect(math.abs(result.wall - each.jump - result.seconds) < 2.5, "%s: the clock did not jump: %s", each.name, text)
      harness.expect(result.seconds >= case.least and result.seconds <= case.most, "%s: %s", each.name, text)
      harness.expect(result.name == case.name and (case.name or result.rows == case.rows), "%s: %s", each.name, text)
    end
  end
  harness.fact("the clock jumps by a day or by 3 s, forth or back, during a query of SMB or of the cloud", tried,
    ("deadlines held to the second, late answers came with all rows; longest %.1f s"):format(longest))
end
