-- rollcall smbstatus: from a file, from a pipe, and what is wrong with either.
local lab = require "spec.lab"

local folder = lab.folder .. "/smbstatus-command"

local function run(arguments)
  return lab.run(("cd %s && %s smbstatus %s"):format(folder, lab.command, arguments))
end

describe("rollcall smbstatus", function()
  local client

  setup(function()
    lab.command = lab.run("realpath " .. lab.command):gsub("%s+$", "")
    lab.run("mkdir -p " .. folder)
    client = lab.connect("alice", "projects", "plan.txt")
    assert(io.open(folder .. "/status.json", "w")):write(lab.smbstatus "--json"):close()
  end)
  teardown(function() client.close() end)

  it("lists who is connected, from a file and from a pipe", function()
    local output, code, complaint = run "status.json --server fs1 -f csv"
    assert.same({ 0, "" }, { code, complaint })
    assert.is_truthy(output:find("\nrow,fs1,alice,projects,127.0.0.1,1,", 1, true), output)
    assert.is_truthy(output:find("plan.txt,connection+session+file,127.0.0.1,", 1, true), output)
    assert.is_truthy(output:find(",SMB3_11,", 1, true), output)
    local piped
    piped, code = run "- --server fs1 -f csv < status.json"
    assert.equal(0, code)
    local function without_clock(text) return (text:gsub("%d%d%d%d%-%d%d%-%d%dT[%d:]+Z", "")) end
    assert.equal(without_clock(output), without_clock(piped))
    assert.equal(without_clock(output), without_clock((run "--server fs1 -f csv < status.json")))
    assert.is_truthy(run("status.json"):find "\nstatus%.json +alice +projects ")
  end)

  it("lists connections, sessions or files", function()
    for query, kind in pairs { connections = "connection", sessions = "smb_session", files = "file", rollcall = "access" } do
      local output, code = run("status.json -f jsonl --query " .. query)
      assert.equal(0, code)
      assert.is_truthy(output:find(('{"kind": "%s", "servername": "status.json"'):format(kind), 1, true), output)
    end
  end)

  it("says what is missing, and exits with 2", function()
    for content, expected in pairs {
      ["echo '{\"sessions\": {}}'"] = "partial, 0 of 0: answer: the JSON has no tcons",
      ["head -c 200 status.json"] = "unreachable, 0 of 0: answer: the output is not JSON, or was cut: ",
      [":"] = "unreachable, 0 of 0: answer: there is no output (INVALID_JSON)",
    } do
      local output, code, complaint = lab.run(("cd %s; { %s; } | %s smbstatus --server fs1"):format(folder, content, lab.command))
      assert.equal(2, code)
      assert.is_truthy(output:find("# fs1: " .. expected, 1, true), output)
      assert.is_truthy(complaint:find("rollcall: fs1: answer: ", 1, true) == 1, complaint)
    end
    local _, code, complaint = run "nowhere.json"
    assert.equal(2, code)
    assert.is_truthy(complaint:find("nowhere.json: read: the file cannot be read: nowhere.json: No such file", 1, true), complaint)
  end)

  it("asks no terminal for JSON", function()
    local output = lab.run(("cd %s; script -qec '%s smbstatus' /dev/null < /dev/null"):format(folder, lab.command))
    local expected = "no FILE is given, and standard input is a terminal; run 'smbstatus --json | rollcall smbstatus'"
    assert.is_truthy(output:find(expected, 1, true), output)
  end)

  it("shows what could move a cursor or begin a formula as what it is", function()
    local status = [[{"sessions": {"1": {"session_id": "1", "username": "=a\u001b[2J\u202eb", "remote_machine": "c\u0000d"}}, "tcons": {},]]
      .. [[ "open_files": {}}]]
    assert(io.open(folder .. "/bad.json", "w")):write(status):close()
    for format, expected in pairs { table = "=a\\x1B[2J\\u{202E}b", csv = "'=a", html = "=a" } do
      local output, code = run("bad.json --query sessions -f " .. format)
      assert.equal(0, code)
      assert.is_truthy(output:find(expected, 1, true), output)
      if format == "table" then assert.is_nil(output:find "[\27\0]") end
    end
  end)
end)
