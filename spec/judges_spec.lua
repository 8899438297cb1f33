-- What is said on the wire, by judges that are not ours: Wireshark reads what rollcall asks and what it is answered, and Samba's
-- smbtorture asks the mock server. For `make conformance`, which brings them.
local lab = require "spec.lab"
local proxy = require "spec.lab.proxy"
local smb = require "rollcall.smb"

-- The opcodes of MS-SRVS and MS-WKST, and the levels of each.
local CALLS = {
  connection_page = { filter = "srvsvc.opnum == 8", levels = { 0, 1 } }, file_page = { filter = "srvsvc.opnum == 9", levels = { 2, 3 } },
  session_page = { filter = "srvsvc.opnum == 12", levels = { 0, 1, 2, 10, 502 } },
  share_page = { filter = "srvsvc.opnum == 15", levels = { 0, 1, 2, 501 } },
  logon_page = { filter = "wkssvc.opnum == 2", levels = { 0, 1 } },
}

-- A warning or worse. What it says of the logon is between libsmbclient and Samba.
local FAULTY = "dcerpc && (_ws.malformed || _ws.unreassembled || _ws.expert.severity >= 0x600000)"

describe("Wireshark #conformance", function()
  local wire
  setup(function() wire = proxy.start() end)
  teardown(function() getmetatable(wire).__close(wire) end)

  ---What tshark shows of a conversation.
  local function shown(capture, filter, fields)
    local output, code, complaint = lab.run(("tshark -n -o ntlmssp.nt_password:%s -d tcp.port==%d,nbss -r %s -Y '%s' %s"):format(
      lab.password, capture.port, capture.path, filter, fields or ""))
    assert.equal(0, code, complaint)
    return output
  end

  local function count(capture, filter)
    return select(2, shown(capture, filter):gsub("\n", ""))
  end

  ---What went between rollcall and a server while `ask` asked it.
  local function captured(port, ask)
    local path = os.tmpname()
    local ports = wire:open(port, { { record = path } })
    do
      local server <close> = smb.server(lab.as_auditor { servername = "127.0.0.1:" .. ports[1] })
      ask(server)
    end
    wire:counts(ports[1])
    wire:close(ports)
    finally(function() os.remove(path) end)
    return { path = path, port = ports[1] }
  end

  local function content(path)
    local file <close> = assert(io.open(path, "rb"))
    return file:read "a"
  end

  ---The same conversation with some bytes of it changed, once.
  local function changed(capture, from, to)
    assert.equal(#from, #to)
    local text = content(capture.path)
    local first, last = text:find(from, 1, true)
    assert.is_truthy(first)
    local file <close> = assert(io.open(capture.path, "wb"))
    file:write(text:sub(1, first - 1), to, text:sub(last + 1))
    return capture
  end

  for name, port in pairs { Samba = lab.samba_port, ["the mock server"] = lab.double_port } do
    it("reads every call at every level, as it is asked of and answered by " .. name, function()
      local asked = {}
      local capture = captured(port, function(server)
        for call, what in pairs(CALLS) do
          for _, level in ipairs(what.levels) do
            -- A Samba does not know each level, and says so.
            local ok, page = pcall(server[call], server, { level = level, qualifier = call == "connection_page" and "projects" or nil })
            assert(ok or page.name == "ERROR_INVALID_LEVEL" or page.name == "ERROR_NOT_SUPPORTED", page)
            asked[call] = (asked[call] or 0) + 1
          end
        end
      end)
      assert.equal("", shown(capture, FAULTY, "-V"))
      for call, what in pairs(CALLS) do
        assert.equal(asked[call], count(capture, what.filter .. " && dcerpc.pkt_type == 0"), call)
        assert.equal(asked[call], count(capture, what.filter .. " && dcerpc.pkt_type == 2"), call)
      end
    end)
  end

  it("reads the same names in an answer, also one of many fragments", function()
    local names = {}
    local capture = captured(lab.double_port, function(server)
      for _, qualifier in ipairs { "people", "rows-200;fragment=8,100,4000", "long-9000" } do
        for _, row in ipairs(server:connection_page({ qualifier = qualifier }).entries) do names[#names + 1] = row.username end
      end
    end)
    assert.equal("", shown(capture, FAULTY, "-V"))
    local read = {}
    local fields = "-T fields -E aggregator=';' -e srvsvc.srvsvc_NetConnInfo1.user"
    for line in shown(capture, "srvsvc && dcerpc.pkt_type == 2", fields):gmatch "[^\n]+" do
      for name in (line .. ";"):gmatch "(.-);" do read[#read + 1] = name end
    end
    assert.equal(206, #names)
    assert.same(names, read)
  end)

  -- It would say nothing if it noticed nothing.
  it("notices a wrong length in an answer", function()
    local capture = captured(lab.double_port, function(server) server:connection_page { qualifier = "projects" } end)
    local name = string.pack("<I4I4I4", 9, 0, 9) .. ("WS-ALICE"):gsub(".", "%0\0")
    assert.is_true(count(changed(capture, name, string.pack("<I4I4I4", 900, 0, 900) .. name:sub(13)), FAULTY) > 0)
  end)

  it("notices a wrong length in a request", function()
    local capture = captured(lab.double_port, function(server) server:connection_page { qualifier = "projects" } end)
    local name = string.pack("<I4I4I4", 9, 0, 9) .. ("projects"):gsub(".", "%0\0")
    assert.is_true(count(changed(capture, name, string.pack("<I4I4I4", 900, 0, 900) .. name:sub(13)), FAULTY) > 0)
  end)
end)

describe("smbtorture #conformance", function()
  -- The others are of calls that the mock server does not answer: it refuses every operation but the five enumerations. The
  -- test of NetShareEnumAll goes on to NetShareGetInfo of each share; that of NetNameValidate passes whatever is answered.
  for interface, tests in pairs {
    srvsvc = { "srvsvc (admin access).NetConnEnum", "srvsvc (admin access).NetFileEnum", "srvsvc (admin access).NetSessEnum" },
    wkssvc = { "wkssvc.NetWkstaEnumUsers" },
  } do
    it("finds that the mock server's " .. interface .. " answers", function()
      local output = lab.run(("smbtorture --option='smb ports=%d' -s /dev/null -U '%s%%%s' ncacn_np:127.0.0.1 rpc.%s 2>&1"):format(
        lab.double_port, lab.username, lab.password, interface))
      for _, test in ipairs(tests) do assert.matches("\nsuccess: " .. test .. "\n", output, 1, true) end
      if interface == "srvsvc" then
        assert.matches("Testing NetShareEnumAll level 2\nTesting NetShareGetInfo level 0 on share 'projects'\n", output, 1, true)
      end
    end)
  end
end)
