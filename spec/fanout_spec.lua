local lab = require "spec.lab"
local smb = require "rollcall.smb"

local function gather(options)
  local rows, failures = {}, {}
  options.on_error = options.on_error or function(failure) failures[failure.target] = failure end
  for row in smb.connections(lab.as_auditor(options)) do
    rows[row.servername] = (rows[row.servername] or 0) + 1
  end
  return rows, failures
end

describe("many servers at once", function()
  it("are asked side by side; a dead one costs its own deadline and nothing else", function()
    local started = os.time()
    local rows, failures = gather {
      servername = { lab.silent, lab.double, lab.closed, "no.such.host.invalid", lab.silent },
      qualifier = "rows-500", timeout = 1.5, concurrency = 8,
    }
    assert.is_true(os.time() - started <= 4)
    assert.same({ [lab.double] = 500 }, rows)
    assert.equal("ERROR_SEM_TIMEOUT", failures[lab.silent].name)
    assert.equal("ERROR_CONNECTION_REFUSED", failures[lab.closed].name)
    assert.equal("ERROR_BAD_NETPATH", failures["no.such.host.invalid"].name)
  end)

  it("come from an iterator as well, which is asked only when there is room", function()
    local asked, most, done = 0, 0, 0
    local function servers()
      asked = asked + 1
      if asked <= 12 then return lab.double end
    end
    for _ in smb.connections(lab.as_auditor { servername = servers, qualifier = "rows-10", concurrency = 3 }) do
      done = done + 1
      most = math.max(most, #lab.workers())
    end
    assert.equal(120, done)
    assert.equal(13, asked)
    assert.equal(3, most)
  end)

  it("are asked by no more workers than are of use, and by all where the servers take their time", function()
    -- Workers stay for the next server until there is none left.
    local function workers_of(count, qualifier)
      local servers, answered, workers = {}, 0, nil
      for i = 1, count do servers[i] = lab.double end
      for _ in smb.connections(lab.as_auditor {
        servername = servers, qualifier = qualifier, concurrency = count, timeout = 60,
        on_target = function()
          answered = answered + 1
          if answered == count then workers = #lab.workers() end
        end,
      }) do end -- luacheck: ignore 542
      return workers
    end
    assert.is_true(workers_of(100, "people") < 80)
    assert.equal(40, workers_of(40, "people;delay=2"))
  end)

  it("may each have options of their own", function()
    local rows, failures = gather {
      servername = {
        { servername = lab.double },
        { servername = "127.0.0.1", port = lab.samba_port, password = "wrong" },
      },
      qualifier = "people",
    }
    assert.same({ [lab.double] = 5 }, rows)
    assert.equal("ERROR_LOGON_FAILURE", failures["127.0.0.1"].name)
  end)

  it("are asked although some have names that no server can have", function()
    for _, call in ipairs { "connections", "sessions", "rollcall" } do
      local failures, outcomes, rows = {}, {}, 0
      local names = { "two words", lab.double, "fs1:0", "", "\27[31m", ("x"):rep(1000), lab.double }
      for _ in smb[call](lab.as_auditor {
        servername = names, concurrency = 2,
        on_error = function(failure) failures[#failures + 1] = failure end,
        on_target = function(outcome) outcomes[outcome.target] = outcome end,
      }) do
        rows = rows + 1
      end
      assert.is_true(rows > 0, call)
      assert.equal(5, #failures)
      assert.same({ "smb", "two words", "resolve", 1214, "ERROR_INVALID_NETNAME" },
        { failures[1].source, failures[1].target, failures[1].stage, failures[1].code, failures[1].name })
      local reason = "resolve: servername must be the name or address of a server (ERROR_INVALID_NETNAME 1214)"
      assert.equal("two words: " .. reason, tostring(failures[1]))
      assert.equal("servername must have a port from 1 to 65535", failures[2].message)
      assert.equal("servername must not be empty", failures[3].message)
      assert.equal(300, #failures[5].target)
      local outcome = outcomes["two words"]
      assert.same({ "unreachable", 0, 0 }, { outcome.completeness, outcome.claimed, outcome.received })
      assert.equal(reason, outcome.reason)
      assert.is_nil(outcome.logon)
      assert.not_equal("unreachable", outcomes[lab.double].completeness)
    end
    local position = 0
    local ended, failure = pcall(function()
      for _ in smb.shares(lab.as_auditor { servername = function()
        position = position + 1
        return ({ "two words" })[position]
      end }) do
        error "no row was to come"
      end
    end)
    assert.is_false(ended)
    assert.equal("ERROR_INVALID_NETNAME", failure.name)
  end)

  it("stop at the first failure where there is no on_error, and leave nothing behind", function()
    local ok, failure = pcall(function()
      for _ in smb.connections(lab.as_auditor {
        servername = { lab.silent, lab.silent, lab.closed }, qualifier = "people",
      }) do
        error "no row was to come"
      end
    end)
    assert.is_false(ok)
    assert.equal(lab.closed, failure.target)
    assert.same({}, lab.workers())
  end)

  it("keep the time that the loop body takes apart from their deadlines", function()
    local rows = 0
    for _ in smb.connections(lab.as_auditor {
      servername = { lab.double, lab.double, lab.double }, qualifier = "rows-3", timeout = 1,
    }) do
      rows = rows + 1
      if rows == 1 then os.execute "sleep 1.5" end
    end
    assert.equal(9, rows)
  end)

  it("are no servers at all in an empty list", function()
    assert.same({}, (gather { servername = {}, qualifier = "x" }))
  end)

  it("reach the end when on_error itself fails, with its error", function()
    local ok, message = pcall(gather, {
      servername = { lab.closed, lab.double }, qualifier = "people", on_error = function() error("mine", 0) end,
    })
    assert.is_false(ok)
    assert.equal("mine", message)
    assert.same({}, lab.workers())
  end)

  it("cannot be stepped from inside a callback, but closed", function()
    local step, state, message
    step, state = smb.connections(lab.as_auditor {
      servername = { lab.closed, lab.double }, qualifier = "people",
      on_error = function()
        message = select(2, pcall(step, state))
        state:close()
      end,
    })
    local rows = 0
    for _ in step, state do rows = rows + 1 end
    assert.is_truthy(message:find("cannot be stepped", 1, true))
    assert.is_true(rows <= 5)
    assert.same({}, lab.workers())
  end)
end)
