-- Real event loops as hosts: several queries of one client at once, and file servers beside them.
local cloud = require "spec.cloud"
local lab = require "spec.lab"
local smb = require "rollcall.smb"

-- Each loop: runs functions at once, each of which gets an on_wait, and returns when all have ended.
local loops = {}

function loops.luv(functions)
  local uv = require "luv"
  local problem
  for _, run in ipairs(functions) do
    local thread, poll, polled, timer
    local function resume()
      local went_on, what = coroutine.resume(thread)
      if not went_on then problem = problem or what end
      if coroutine.status(thread) == "dead" then
        if poll then poll:close() end
        timer:close()
      end
    end
    local function wake()
      if poll then poll:stop() end
      timer:stop()
      resume()
    end
    timer = uv.new_timer()
    thread = coroutine.create(function()
      run(function(waits)
        if waits.descriptor ~= polled then
          if poll then poll:close() end
          poll, polled = assert(uv.new_poll(waits.descriptor)), waits.descriptor
        end
        assert(poll:start("r", wake))
        if waits.timeout then timer:start(math.ceil(waits.timeout * 1000), 0, wake) end
        coroutine.yield()
      end)
    end)
    resume()
  end
  uv.run()
  assert(not problem, problem)
end

function loops.cqueues(functions)
  local cqueues = require "cqueues"
  local queue = cqueues.new()
  for _, run in ipairs(functions) do
    queue:wrap(function()
      run(function(waits)
        cqueues.poll({ pollfd = waits.descriptor, events = "r" }, waits.timeout)
        cqueues.cancel(waits.descriptor)
      end)
    end)
  end
  assert(queue:loop())
end

for name, run_all in pairs(loops) do
  describe(name, function()
    it("takes several queries of one client, and enumerations, at once", function()
      local descriptors = #lab.descriptors()
      do
        local client <close> = cloud.client { timeout = 20 }
        local login_client <close> = cloud.login_client { timeout = 20 }
        cloud.tell "life?seconds=2"
        local received, functions = {}, {}
        for i = 1, 12 do
          functions[#functions + 1] = function(on_wait)
            local users = {}
            for n = 1, 5 do users[n] = ("rows-2;delay=0.%d;%d-%d"):format(n, i, n) end
            local rows = cloud.collect((i % 2 == 0 and client or login_client):sessions {
              user_name = users, concurrency = 2, on_wait = on_wait,
            })
            received[#received + 1] = #rows
          end
        end
        for _ = 1, 2 do
          functions[#functions + 1] = function(on_wait)
            local rows = cloud.collect(smb.connections(lab.as_auditor {
              servername = { lab.double, lab.double }, qualifier = "people;delay=0.3", on_wait = on_wait,
            }))
            received[#received + 1] = #rows > 0 and 10 or 0
          end
        end
        run_all(functions)
        cloud.tell "forget"
        local expected = {}
        for i = 1, #functions do expected[i] = 10 end
        assert.same(expected, received)
      end
      collectgarbage()
      collectgarbage()
      -- The loop's own descriptors stay.
      assert.is_true(#lab.descriptors() <= descriptors + 8)
    end)
  end)
end
