local cjson = require "cjson"
local cloud = require "spec.cloud"
local environment = cloud.environment

local folder

local function quoted(text) return "'" .. text:gsub("'", "'\\''") .. "'" end

---Runs `rollcall workspace`; returns standard output, standard error and the exit code.
local function run(arguments, variables, input)
  local command = { "env", "-i", "HOME=" .. folder, "PATH=" .. os.getenv "PATH",
    "LUA_PATH=" .. quoted(package.path), "LUA_CPATH=" .. quoted(package.cpath) }
  for name, value in pairs(variables or {}) do command[#command + 1] = name .. "=" .. quoted(value) end
  command[#command + 1] = "lua5.4 lua/rollcall/main.lua workspace --endpoint " .. cloud.tls
    .. " --ca-file " .. quoted(environment.CA_FILE) .. " " .. arguments
    .. " 2>" .. folder .. "/errors <" .. folder .. "/input"
  local file = assert(io.open(folder .. "/input", "w"))
  file:write(input or "")
  file:close()
  local pipe = assert(io.popen(table.concat(command, " ")))
  local output = pipe:read("a")
  local _, _, code = pipe:close()
  local errors = assert(io.open(folder .. "/errors"))
  local complaint = errors:read("a")
  errors:close()
  return output, complaint, code
end

local function write_file(name, content, mode)
  local path = folder .. "/" .. name
  local file = assert(io.open(path, "w"))
  file:write(content)
  file:close()
  assert(os.execute("chmod " .. (mode or "600") .. " " .. path))
  return path
end

local token = { ROLLCALL_TOKEN = environment.TOKEN, HUAWEICLOUD_SDK_PROJECT_ID = environment.PROJECT }

describe("rollcall workspace", function()
  setup(function()
    local pipe = assert(io.popen("mktemp -d"))
    folder = pipe:read("l")
    pipe:close()
  end)
  teardown(function() os.execute("rm -rf " .. folder) end)
  before_each(function() cloud.tell "forget" end)

  it("prints a table", function()
    local output, errors, code = run("--user alice", token)
    assert.equal("", errors)
    assert.equal(0, code)
    assert.truthy(output:find("^USER +STATE +TYPE +MACHINE"))
    assert.truthy(output:find("alice +Active +desktop +DESK%-0001"))
    assert.truthy(output:find("alice +Disconnected +application +DESK%-0002"))
  end)

  it("says of each row which endpoint was asked, whatever region is given, too", function()
    local output = run("--user alice --region ap-southeast-1 --format jsonl", token)
    assert.truthy(output:find('"origin": "' .. cloud.tls .. '"', 1, true), output)
    assert.is_nil(output:find("ap-southeast-1", 1, true))
  end)

  it("prints JSON with every field, and the failures", function()
    local output, errors, code = run("--user alice --user 'x;status=403' nobody --format json", token)
    assert.equal(2, code)
    assert.truthy(errors:find("listSessionByUserName", 1, true))
    local document = cjson.decode(output)
    assert.equal("session", document.kind)
    assert.equal(2, #document.rows)
    local fields = 0
    for _ in pairs(document.rows[1]) do fields = fields + 1 end
    assert.equal(31, fields)
    assert.equal("alice", document.rows[1].user_name)
    assert.equal(403, document.failures[1].status)
    assert.equal("x;status=403", document.failures[1].user_name)
  end)

  it("asks for the others where a name in a file is none", function()
    local output, errors, code = run("--users-from - --format json", token, "\xff\nbob\n")
    assert.equal(2, code)
    assert.truthy(errors:find("request: user_name must be valid UTF-8 (INVALID_USER_NAME)", 1, true), errors)
    local document = cjson.decode(output)
    assert.same({ 1, 1, "partial" }, { #document.rows, #document.failures, document.targets[1].completeness })
  end)

  it("prints CSV and JSON Lines", function()
    local output = run("--user bob --format csv", token)
    assert.truthy(output:find("^record,user_name,session_state,"))
    assert.truthy(output:find("\r\nrow,bob,SignedOut,", 1, true))
    output = run("--user bob --format jsonl", token)
    assert.truthy(output:find('"kind": "session"', 1, true))
  end)

  it("takes names from a file and from standard input", function()
    local path = write_file("names", "alice\r\n\n  \nbob\n")
    local output = run("--users-from " .. path .. " --format csv", token)
    assert.equal(5, select(2, output:gsub("\r\n", "")))
    output = run("--user bob --users-from - --format csv", token, "alice\nCORP\\张 三+a@b.c\n")
    assert.equal(6, select(2, output:gsub("\r\n", "")))
  end)

  it("does not show the password of a proxy that cannot be used", function()
    for _, proxy in ipairs {
      "http://pu:SECRETPP@[::1", "pu:SECRETPP@[::1", "xyz://pu:SECRETPP@host", "http://pu:SECRETPP", "http://pu:SE'CRETPP@[::1",
      "http://pu:SECRETPP@host:99999", "pu SECRETPP@host", "http://pu:SECRETPP@127.0.0.1:1",
    } do
      local output, errors, code = run("--user alice --retries 0", {
        ROLLCALL_TOKEN = environment.TOKEN, HUAWEICLOUD_SDK_PROJECT_ID = environment.PROJECT, HTTPS_PROXY = proxy,
      })
      assert.equal(2, code)
      assert.truthy(errors:find("CURLE_COULDNT", 1, true), errors)
      assert.falsy((output .. errors):find("CRETPP", 1, true), errors)
    end
  end)

  it("takes an IAM user from a file", function()
    local path = write_file("iam", ("username = %s\npassword = %s\ndomain = %s\n"):format(
      environment.USERNAME, environment.PASSWORD, environment.DOMAIN))
    local arguments = ("--iam-endpoint %s -A %s --user alice"):format(cloud.tls, path)
    local _, errors, code = run(arguments, { HUAWEICLOUD_SDK_PROJECT_ID = environment.PROJECT })
    assert.equal("", errors)
    assert.equal(0, code)
    assert.equal(1, cloud.tell("counts").tokens)
  end)

  it("takes keys from the environment", function()
    local _, errors, code = run("--user alice", {
      HUAWEICLOUD_SDK_AK = environment.AK, HUAWEICLOUD_SDK_SK = environment.SK,
      HUAWEICLOUD_SDK_PROJECT_ID = environment.PROJECT,
    })
    assert.equal("", errors)
    assert.equal(0, code)
    assert.equal(1, cloud.tell("counts").signed)
  end)

  it("takes keys from the file of the SDKs, if nobody else can read it", function()
    os.execute("mkdir -p " .. folder .. "/.huaweicloud")
    local content = ("[other]\nak = no\nsk = no\n[basic]\nak = %s\nsk = %s\nproject_id = %s\n"):format(
      environment.AK, environment.SK, environment.PROJECT)
    write_file(".huaweicloud/credentials", content)
    local _, errors, code = run("--user alice")
    assert.equal("", errors)
    assert.equal(0, code)
    write_file(".huaweicloud/credentials", content, "644")
    _, errors, code = run("--user alice")
    assert.equal(3, code)
    assert.truthy(errors:find("chmod 600", 1, true))
    os.remove(folder .. "/.huaweicloud/credentials")
    local elsewhere = write_file("keys", content)
    _, _, code = run("--user alice", { HUAWEICLOUD_SDK_CREDENTIALS_FILE = elsewhere })
    assert.equal(0, code)
  end)

  it("says of each row of which service and project it is, as the result for the service does", function()
    local document = cjson.decode((run("--user alice --format json", token)))
    assert.is_true(#document.rows > 0)
    for _, row in ipairs(document.rows) do
      assert.same({ document.targets[1].target, environment.PROJECT }, { row.origin, row.project_id })
    end
    local header, row = (run("--user alice --format csv", token)):match "^([^\n]+)\n([^\n]+)"
    assert.matches(",origin,project_id,", header, 1, true)
    assert.matches("," .. environment.PROJECT .. ",", row, 1, true)
    assert.equal("", (select(2, run("--user alice --where origin~127 --columns origin,project_id", token))))
  end)

  it("ends when the credentials are refused", function()
    local output, errors, code = run("--user alice bob --format json", {
      ROLLCALL_TOKEN = "wrong-token", HUAWEICLOUD_SDK_PROJECT_ID = environment.PROJECT,
    })
    assert.equal(2, code)
    assert.truthy(errors:find("401 APIGW.0301", 1, true))
    assert.is_nil(errors:find("wrong-token", 1, true))
    assert.equal(1, #cjson.decode(output).failures)
    assert.equal(1, cloud.tell("counts").requests)
  end)

  it("filters, sorts and groups rows as rollcall report does", function()
    local output, errors, code = run("--user alice bob --format json --where session_state=Active --columns user_name,state", token)
    assert.same({ "", 0 }, { errors, code })
    local document = cjson.decode(output)
    assert.is_true(#document.rows > 0)
    for _, row in ipairs(document.rows) do
      assert.equal("Active", row.state)
      assert.truthy(row.user_name)
    end
    local all = cjson.decode((run("--user alice bob --format json", token)))
    local grouped = cjson.decode((run("--user alice bob --format json -g user_name", token)))
    local sum = 0
    for _, group in ipairs(grouped.rows) do sum = sum + group.rows end
    assert.equal(#all.rows, sum)
  end)

  it("escapes what a service says", function()
    local _, errors = run("--user 'x;error'", token)
    assert.truthy(errors:find("No such", 1, true))
    assert.is_nil(errors:find("\27", 1, true))
  end)

  it("reports a usage error", function()
    for arguments, complaint in pairs {
      [""] = "--user or --users-from",
      ["--user a --proxy http://u:p@h"] = "no password",
      ["--user a --concurrency 0"] = "invalid number for --concurrency: '0'",
      ["--user a --retries many"] = "invalid number for --retries: 'many'",
      ["fs1"] = "workspace takes no argument 'fs1'",
      ["--users-from /nonexistent/names"] = "No such file",
    } do
      local _, errors, code = run(arguments, token)
      assert.equal(3, code)
      assert.truthy(errors:find(complaint, 1, true), errors)
    end
    local _, errors, code = run("--user alice", { HUAWEICLOUD_SDK_PROJECT_ID = environment.PROJECT })
    assert.equal(3, code)
    assert.truthy(errors:find("credentials are missing", 1, true))
  end)

  it("shows its progress on a terminal, and only there", function()
    local list = {}
    for i = 1, 60 do list[i] = "nobody" .. i end
    write_file("many", table.concat(list, "\n"))
    local command = ("env ROLLCALL_TOKEN=%s HUAWEICLOUD_SDK_PROJECT_ID=%s lua5.4 lua/rollcall/main.lua workspace"
      .. " --endpoint %s --ca-file %s --users-from %s/many"):format(
      environment.TOKEN, environment.PROJECT, cloud.tls, environment.CA_FILE, folder)
    local pipe = assert(io.popen("script -qec " .. quoted(command) .. " /dev/null </dev/null"))
    local seen = pipe:read("a")
    pipe:close()
    assert.truthy(seen:find("50 users asked", 1, true))
    local _, errors = run("--users-from " .. folder .. "/many", token)
    assert.equal("", errors)
  end)
end)
