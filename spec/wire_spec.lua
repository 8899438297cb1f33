-- What becomes of a connection on its way, and what is said of it.
local lab = require "spec.lab"
local proxy = require "spec.lab.proxy"
local smb = require "rollcall.smb"

local LOGON, ANSWER = 400, 1500 -- bytes from the server after which it is in the middle of these

describe("a connection", function()
  local wire
  setup(function() wire = proxy.start() end)
  teardown(function() getmetatable(wire).__close(wire) end)

  local function failure_behind(port, fault)
    local ports = wire:open(port, { fault })
    local ok, failure = pcall(smb.share_page, lab.as_auditor { servername = "127.0.0.1:" .. ports[1], level = 1, timeout = 5 })
    wire:close(ports)
    assert.is_false(ok)
    return failure
  end

  for name, port in pairs { Samba = lab.samba_port, ["the double"] = lab.double_port } do
    it("that breaks says nothing of the password, at " .. name, function()
      for _, kind in ipairs { "cut", "reset" } do
        local failure = failure_behind(port, { [kind] = LOGON })
        assert.same({ "logon", "ERROR_NETNAME_DELETED" }, { failure.stage, failure.name })
        failure = failure_behind(port, { [kind] = ANSWER })
        assert.same({ "call", "ERROR_NETNAME_DELETED" }, { failure.stage, failure.name })
      end
    end)

    it("on which an answer was changed is distinguished from a refusal, at " .. name, function()
      local failure = failure_behind(port, { flip = { ANSWER, 3 } })
      assert.same({ "call", "ERROR_BAD_NET_RESP" }, { failure.stage, failure.name })
      assert.is_truthy(failure.message:find("changed on its way", 1, true), failure.message)
    end)
  end

  it("that falls silent after the answer costs the next server nothing", function()
    local ports = wire:open(lab.double_port, { {} })
    local server <close> = smb.server(lab.as_auditor { servername = "127.0.0.1:" .. ports[1] })
    server:share_page { level = 1 }
    local answered = wire:counts(ports[1], true).down
    local quiet = wire:open(lab.double_port, { { stall = answered }, { stall = answered } })
    local served = {}
    for row in smb.shares(lab.as_auditor {
      servername = { "127.0.0.1:" .. quiet[1], lab.double, "127.0.0.1:" .. quiet[2], lab.samba }, level = 1, concurrency = 1, timeout = 2,
      on_error = function(failure) error(tostring(failure), 0) end,
    }) do
      served[row.servername] = (served[row.servername] or 0) + 1
    end
    assert.equal(8, served[lab.double])
    assert.equal(3, served[lab.samba])
    wire:close(ports)
    wire:close(quiet)
  end)
end)
