-- Real event loops as hosts: several queries of one client at once, and file servers beside them.
local cqueues = require "cqueues"

local cloud = require "spec.cloud"
local lab = require "spec.lab"
local loops = require "spec.lab.loops"
local plain = require "rollcall.loop.plain"
local smb = require "rollcall.smb"

for name, run_all in pairs(loops.run) do
  describe(name, function()
    it("takes several queries of one client, and enumerations, at once", function()
      local descriptors = #lab.descriptors()
      do
        local client, login_client = cloud.client { timeout = 20 }, cloud.login_client { timeout = 20 }
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
        local left, problem = run_all(functions, function() end)
        assert(not problem, problem)
        assert.equal(0, left)
        cloud.tell "forget"
        local expected = {}
        for i = 1, #functions do expected[i] = 10 end
        assert.same(expected, received)
        client:close()
        login_client:close()
      end
      collectgarbage()
      collectgarbage()
      -- The loop's own descriptors stay.
      assert.is_true(#lab.descriptors() <= descriptors + 8)
    end)

    it("goes on with its own work meanwhile", function()
      local gaps = loops.gaps(name)
      -- Much less on a machine with nothing else to do: `make bench` measures it.
      assert.is_true(gaps.longest < 0.5, gaps.longest)
      assert.is_true(gaps.ticks > 10, gaps.ticks)
    end)

    it("goes on at once after a wait of no time, when the others have had their turn", function()
      local ticks, waits, began = 0, 0, cqueues.monotime()
      local left, problem = run_all({ function(on_wait)
        repeat
          on_wait { timeout = 0 }
          waits = waits + 1
        until waits >= 500 and ticks >= 3
      end }, function() ticks = ticks + 1 end)
      assert(not problem, problem)
      assert.equal(0, left)
      assert.is_true(cqueues.monotime() - began < 0.4)
    end)

    it("is left with nothing where a query is broken off, or fails", function()
      local descriptors = #lab.descriptors()
      local left, problem = run_all({
        function(on_wait)
          for _ in smb.connections(lab.as_auditor { servername = lab.double, qualifier = "rows-20000", on_wait = on_wait }) do break end -- luacheck: ignore 512
        end,
        function(on_wait)
          local ok, failure = pcall(function()
            for _ in smb.sessions(lab.as_auditor { servername = lab.silent, timeout = 0.3, on_wait = on_wait }) do error "a row" end
          end)
          assert(not ok and failure.name == "ERROR_SEM_TIMEOUT", failure)
        end,
      }, function() end)
      assert(not problem, problem)
      assert.equal(0, left)
      collectgarbage()
      collectgarbage()
      assert.is_true(#lab.descriptors() <= descriptors + 8)
    end)
  end)
end

describe("a query of many connections", function()
  it("gives the loop its turn after each few requests that it begins", function()
    local client <close> = cloud.client { endpoint = cloud.http1, timeout = 30 }
    local names, turns, asked = {}, 0, 0
    for n = 1, 200 do names[n] = "user" .. n end
    plain.run { function()
      cloud.collect(client:sessions {
        user_name = names, concurrency = 200, on_answer = function() asked = asked + 1 end,
        on_wait = function(waits)
          if waits.timeout == 0 then turns = turns + 1 end
          plain.on_wait(waits)
        end,
      })
    end }
    assert.equal(200, asked)
    assert.is_true(turns >= 20, turns) -- after eight each
  end)
end)

describe("an enumeration with a long page", function()
  it("gives the loop its turn after each few entries", function()
    local received, since, most, waits = 0, 0, 0, 0
    plain.run { function()
      for _ in smb.connections(lab.as_auditor {
        servername = lab.double, qualifier = "rows-20000", prefmaxlen = 0x7FFFFFFF,
        on_wait = function(asked)
          since = 0
          if asked.timeout == 0 then waits = waits + 1 end
          plain.on_wait(asked)
        end,
      }) do
        received, since = received + 1, since + 1
        most = math.max(most, since)
      end
    end }
    assert.equal(20000, received)
    assert.equal(256, most)
    assert.equal(78, waits) -- 20,000 by 256, so it was one page
  end)
end)
