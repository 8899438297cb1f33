local system = require "rollcall.system"
local lab = require "spec.lab"
local smb = require "rollcall.smb"

local function count(server, options)
  local rows = 0
  for _ in server:connections(options) do rows = rows + 1 end
  return rows
end

describe("a server handle", function()
  -- What other specs dropped counts for nothing here.
  setup(function() collectgarbage() end)

  it("serves several calls over one pipe and one worker", function()
    local server <close> = smb.server(lab.as_auditor { servername = lab.double })
    local worker = lab.workers()
    assert.equal(1, #worker)
    assert.equal(5, count(server, { qualifier = "people" }))
    assert.equal(3000, count(server, { qualifier = "rows-3000", prefmaxlen = 4000 }))
    assert.equal(50, server:connection_page({ qualifier = "rows-100", prefmaxlen = 3500 }).entriesread)
    assert.same(worker, lab.workers())
  end)

  it("takes a call while an iterator is half way", function()
    local server <close> = smb.server(lab.as_auditor { servername = lab.double })
    local ids = {}
    for row in server:connections { qualifier = "rows-100", prefmaxlen = 1000 } do
      ids[#ids + 1] = row.id
      assert.equal("people", server:connection_page({ qualifier = "people" }).entries[1].share)
    end
    assert.equal(100, #ids)
    assert.equal(100, ids[100])
  end)

  it("goes on after a refused call", function()
    local server <close> = smb.server(lab.as_auditor { servername = lab.double })
    local ok, failure = pcall(count, server, { qualifier = "no such share" })
    assert.is_false(ok)
    assert.equal("NERR_NetNameNotFound", failure.name)
    assert.equal(5, count(server, { qualifier = "people" }))
  end)

  it("opens its pipe anew after the worker was killed", function()
    local server <close> = smb.server(lab.as_auditor { servername = lab.double })
    lab.run("kill -KILL " .. lab.workers()[1])
    local ok, failure = pcall(count, server, { qualifier = "people" })
    assert.is_false(ok)
    assert.equal("ERROR_PROCESS_ABORTED", failure.name)
    assert.equal(5, count(server, { qualifier = "people" }))
  end)

  -- Starts reading in a coroutine, which yields where it would wait; gives the rows, or what is raised, to `results`.
  local function reading(results, name, ...)
    local step, state = ...
    return coroutine.create(function()
      local rows = {}
      local ran, failure = pcall(function()
        for row in step, state do rows[#rows + 1] = row end
      end)
      results[name] = ran and rows or failure
    end)
  end

  it("mixes no answers where two iterators wait at once: the later one has it", function()
    for first = 1, 2 do
      local server <close> = smb.server(lab.as_auditor { servername = lab.double })
      local results = {}
      local threads = {
        reading(results, "connections", server:connections { qualifier = "rows-100", prefmaxlen = 1000, on_wait = coroutine.yield }),
        reading(results, "sessions", server:sessions { on_wait = coroutine.yield }),
      }
      -- Both begin; then the later one goes on to its end, and the earlier one finds that it has lost its call.
      assert(coroutine.resume(threads[first]))
      local later = threads[3 - first]
      local until_then = system.clock() + 10
      while coroutine.status(later) ~= "dead" and system.clock() < until_then do
        assert(coroutine.resume(later))
        system.sleep(0.001)
      end
      while coroutine.status(threads[first]) ~= "dead" do assert(coroutine.resume(threads[first])) end
      local lost, read = results.connections, results.sessions
      if first == 2 then lost, read = read, lost end
      assert.equal("ERROR_OPERATION_ABORTED", lost.name)
      assert.equal(first == 1 and 4 or 100, #read)
    end
  end)

  it("reports to an iterator that waits that it was closed, or taken for a call that another waits for", function()
    for _, meanwhile in ipairs {
      function(server) server:close() end,
      function(server) coroutine.resume(reading({}, "sessions", server:sessions { on_wait = coroutine.yield })) end,
    } do
      local server <close> = smb.server(lab.as_auditor { servername = lab.double })
      local results = {}
      local thread = reading(results, "connections", server:connections { qualifier = "rows-100", on_wait = coroutine.yield })
      assert(coroutine.resume(thread))
      meanwhile(server)
      assert(coroutine.resume(thread))
      assert.equal("dead", coroutine.status(thread))
      assert.equal("ERROR_OPERATION_ABORTED", results.connections.name)
      assert.equal("call", results.connections.stage)
    end
  end)

  it("asks for no further page once it is closed", function()
    local server <close> = smb.server(lab.as_auditor { servername = lab.double })
    local rows = 0
    local ran, failure = pcall(function()
      for _ in server:connections { qualifier = "rows-100", prefmaxlen = 1000 } do
        rows = rows + 1
        server:close()
      end
    end)
    assert.is_false(ran)
    assert.equal("ERROR_OPERATION_ABORTED", failure.name)
    assert.is_true(rows > 0 and rows < 100)
    assert.same({}, lab.workers())
  end)

  it("gives failures to on_error", function()
    local server <close> = smb.server(lab.as_auditor { servername = lab.double })
    local failures = {}
    local rows = count(server, {
      qualifier = "rows-5;fault=5",
      on_error = function(failure) failures[#failures + 1] = failure.code end,
    })
    assert.equal(0, rows)
    assert.same({ 5 }, failures)
  end)

  it("is closed by close, by __close, and again, and then refuses calls", function()
    local kept
    do
      local server <close> = smb.server(lab.as_auditor { servername = lab.double })
      kept = server
      assert.is_truthy(tostring(server):find("open", 1, true))
    end
    assert.same({}, lab.workers())
    kept:close()
    kept:close()
    assert.is_truthy(tostring(kept):find("closed", 1, true))
    for _, call in ipairs { kept.connection_page, kept.connections } do
      assert.has_error(function() call(kept, { qualifier = "people" }) end, "this server handle is closed")
    end
  end)

  it("ends its worker by close", function()
    local other = smb.server(lab.as_auditor { servername = lab.double })
    assert.equal(1, #lab.workers())
    other:close()
    assert.same({}, lab.workers())
  end)

  it("cannot be had where the server cannot be reached", function()
    local ok, failure = pcall(smb.server, lab.as_auditor { servername = lab.closed })
    assert.is_false(ok)
    assert.equal("ERROR_CONNECTION_REFUSED", failure.name)
  end)
end)
