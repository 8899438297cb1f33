local lab = require "spec.lab"
local smb = require "rollcall.smb"

local function failure_of(options)
  local ok, failure = pcall(smb.connection_page, lab.as_auditor(options))
  assert.is_false(ok)
  assert.equal("table", type(failure), tostring(failure))
  assert.equal("smb", failure.source)
  assert.equal(options.servername, failure.target)
  return failure
end

local function assert_failure(options, stage, code, name, words)
  local failure = failure_of(options)
  assert.same({ stage, code, name }, { failure.stage, failure.code, failure.name })
  if words then assert.is_truthy(failure.message:find(words, 1, true), failure.message) end
  local line = tostring(failure)
  for _, part in ipairs { options.servername, stage, name, tostring(code), failure.message } do
    assert.is_truthy(line:find(part, 1, true), line)
  end
  return failure
end

describe("a failure tells the stage, the code and its name", function()
  it("when the name is not found", function()
    assert_failure({ servername = "no.such.host.invalid", qualifier = "x" }, "resolve", 53, "ERROR_BAD_NETPATH")
  end)

  it("when the connection is refused", function()
    assert_failure({ servername = lab.closed, qualifier = "x" }, "connect", 1225, "ERROR_CONNECTION_REFUSED")
  end)

  it("when nobody answers, in time", function()
    local started = os.time()
    assert_failure({ servername = lab.silent, qualifier = "x", timeout = 1 }, "connect", 121, "ERROR_SEM_TIMEOUT", "1 second")
    assert.is_true(os.time() - started <= 3)
  end)

  it("when the answer to a call does not come", function()
    assert_failure({ servername = lab.double, qualifier = "rows-1;hang", timeout = 1 }, "call", 121, "ERROR_SEM_TIMEOUT")
  end)

  it("when the password is wrong, at both servers", function()
    for _, servername in ipairs { lab.samba, lab.double } do
      assert_failure({ servername = servername, qualifier = "projects", password = "wrong" }, "logon", 1326,
        "ERROR_LOGON_FAILURE")
    end
  end)

  it("when the user is unknown: no logon as a guest, though the server would take one", function()
    local failure = assert_failure({ servername = lab.samba, qualifier = "public", username = "mallory" }, "logon", 1326,
      "ERROR_LOGON_FAILURE")
    assert.is_truthy(failure.message:find("guest", 1, true))
  end)

  -- What a server is first told, by somebody whose smb.conf has these lines.
  local function first_words(configuration)
    local home = lab.folder .. "/home"
    os.execute("mkdir -p " .. home .. "/.smb")
    local file = assert(io.open(home .. "/.smb/smb.conf", "w"))
    file:write("[global]\n", configuration, "\n")
    file:close()
    local output = lab.run(([[/usr/bin/python3 -c '
import os, socket, subprocess
listener = socket.create_server(("127.0.0.1", 0))
listener.settimeout(20)
client = subprocess.Popen(["%s", "shares", "127.0.0.1:%%d" %% listener.getsockname()[1], "-U", "x", "--timeout", "5"],
    env=dict(os.environ, HOME="%s", ROLLCALL_PASSWORD="x"), stdout=subprocess.DEVNULL)
connection, _ = listener.accept()
print(connection.recv(64)[4:8].hex())
connection.close()
client.wait()']]):format(lab.command, home))
    return output
  end

  it("before SMB 1 is spoken, whatever a smb.conf allows", function()
    assert.equal("fe534d42\n", first_words "")
    assert.equal("fe534d42\n", first_words "client min protocol = NT1")
  end)

  it("when the server takes a user as a guest, though a smb.conf wants nothing signed", function()
    local file = assert(io.open(lab.folder .. "/home/.smb/smb.conf", "w"))
    file:write "[global]\nclient signing = disabled\nclient ipc signing = disabled\nclient protection = plain\nclient smb encrypt = off\n"
    file:close()
    local output = lab.run(("HOME=%s/home ROLLCALL_PASSWORD=x %s shares %s -U mallory 2>&1"):format(lab.folder, lab.command, lab.samba))
    assert.is_truthy(output:find("only as a guest", 1, true), output)
  end)

  it("when the account is disabled", function()
    assert_failure({ servername = lab.samba, qualifier = "projects", username = "carol" }, "logon", 1331,
      "ERROR_ACCOUNT_DISABLED")
  end)

  it("when the server allows no NTLM, which is no locked account", function()
    local servername = "127.0.0.1:" .. lab.other_samba "ntlm auth = disabled"
    assert_failure({ servername = servername, qualifier = "x" }, "logon", 1937, "ERROR_NTLM_BLOCKED", "Kerberos")
  end)

  it("when the server refuses this computer", function()
    local servername = "127.0.0.1:" .. lab.other_samba "hosts deny = ALL"
    assert_failure({ servername = servername, qualifier = "x" }, "connect", 58, "ERROR_BAD_NET_RESP", "hosts deny")
  end)

  it("when the server speaks no protocol of ours", function()
    local servername = "127.0.0.1:" .. lab.other_samba "server min protocol = NT1\nserver max protocol = NT1"
    assert_failure({ servername = servername, qualifier = "x" }, "connect", 64, "ERROR_NETNAME_DELETED")
    servername = "127.0.0.1:" .. lab.other_samba "server max protocol = NT1"
    assert_failure({ servername = servername, qualifier = "x" }, "connect", 50, "ERROR_NOT_SUPPORTED", "protocol")
  end)

  it("when the password is a long one and wrong in its last byte", function()
    local password = ("p"):rep(1000)
    local function set(new)
      lab.run((". spec/lab/samba.sh; samba_environment pdbedit -s $LAB_FOLDER/smb.conf --set-nt-hash=%s ann"):format(lab.nt_hash(new)))
    end
    set(password)
    local taken = pcall(smb.connection_page, { servername = lab.samba, qualifier = "projects", username = "ann", password = password })
    local _, failure = pcall(smb.connection_page,
      { servername = lab.samba, qualifier = "projects", username = "ann", password = password:sub(2) .. "q" })
    set(lab.password)
    assert.is_true(taken)
    assert.equal("ERROR_LOGON_FAILURE", failure.name)
  end)

  it("when encryption is demanded and the server has none", function()
    assert_failure({ servername = lab.double, qualifier = "people", encrypt = true }, "logon", 50, "ERROR_NOT_SUPPORTED")
  end)

  it("when the user may not ask, and who may", function()
    local failure = assert_failure({ servername = lab.samba, qualifier = "projects", username = "alice" }, "call", 5,
      "ERROR_ACCESS_DENIED")
    for _, group in ipairs { "Administrators", "Server Operators", "Print Operators", "Power Users", "of a Samba: Administrators",
      "NetrConnectionEnum" } do
      assert.is_truthy(failure.message:find(group, 1, true), failure.message)
    end
  end)

  it("when the server answers with a status", function()
    local expected = { [87] = "ERROR_INVALID_PARAMETER", [2114] = "NERR_ServerNotStarted", [65] = "ERROR_NETWORK_ACCESS_DENIED" }
    for code, name in pairs(expected) do
      assert_failure({ servername = lab.double, qualifier = "rows-1;status=" .. code }, "call", code, name)
    end
    assert_failure({ servername = lab.double, qualifier = "nothing" }, "call", 2310, "NERR_NetNameNotFound")
    assert_failure({ servername = lab.double, qualifier = "rows-5", prefmaxlen = 1 }, "call", 2123, "NERR_BufTooSmall")
    assert_failure({ servername = lab.double, qualifier = "rows-1;status=4711" }, "call", 4711, "unknown status")
  end)

  it("when the server's RPC has a fault", function()
    assert_failure({ servername = lab.double, qualifier = "rows-1;fault=0x1c010002" }, "call", 0x1c010002, "nca_op_rng_error")
    -- of MS-RPCE, Microsoft's and the Open Group's
    for fault, name in pairs {
      [0x000006f7] = "RPC_X_BAD_STUB_DATA", [0x1c000006] = "nca_s_fault_access_denied", [0x1c000008] = "nca_rpc_version_mismatch",
      [0x1c00000b] = "nca_proto_error", [0x1c000012] = "nca_s_fault_invalid_tag", [0x1c000013] = "nca_s_fault_invalid_bound",
      [0x1c00001a] = "nca_s_fault_context_mismatch", [0x1c00001b] = "nca_s_fault_remote_no_memory", [0x1c010003] = "nca_unk_if",
      [0x1c010014] = "nca_server_too_busy",
    } do
      assert_failure({ servername = lab.double, qualifier = "rows-1;fault=" .. fault }, "call", fault, name)
    end
    assert_failure({ servername = lab.double, qualifier = "rows-1;fault=5" }, "call", 5, "ERROR_ACCESS_DENIED")
    assert_failure({ servername = lab.double, qualifier = "rows-1;fault=0x12345678" }, "call", 0x12345678, "RPC fault")
  end)
end)

describe("an enumeration fails", function()
  local function rows_until_failure(options)
    local rows = 0
    local ok, failure = pcall(function()
      for _ in smb.connections(lab.as_auditor(options)) do rows = rows + 1 end
    end)
    assert.is_false(ok)
    return failure, rows
  end

  it("on an error on a later page, after the rows before it", function()
    local failure, rows = rows_until_failure {
      servername = lab.double, qualifier = "rows-100;status=59@3", prefmaxlen = 700,
    }
    assert.equal(59, failure.code)
    assert.equal(20, rows)
  end)

  it("on a resume handle that does not move", function()
    local failure = rows_until_failure { servername = lab.double, qualifier = "rows-100;stuck", prefmaxlen = 700 }
    assert.is_truthy(failure.message:find("resume handle", 1, true), failure.message)
  end)

  it("on resume handles that go in a circle", function()
    for _, length in ipairs { 2, 3, 7 } do
      local failure, rows = rows_until_failure {
        servername = lab.double, qualifier = "rows-100;circle=" .. length, prefmaxlen = 700,
      }
      assert.is_truthy(failure.message:find("resume handle", 1, true), failure.message)
      assert.is_true(rows <= 10 * (3 * length + 2), rows)
    end
  end)
end)
