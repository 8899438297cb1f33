--- What is particular to the Workspace query on Windows: libcurl over Schannel, and the command there.
local cjson = require "cjson"
local cloud = require "spec.cloud"
local lab = require "spec.lab"
local system = require "rollcall.system"
local workspace = require "rollcall.workspace"

local environment = cloud.environment

describe("Schannel", function()
  it("carries the query over HTTPS, with the certificates it is given and no others", function()
    local rows = cloud.collect(cloud.client():sessions { user_name = "alice" })
    assert.is_true(#rows > 0)
    local other = lab.folder .. "/other.pem"
    local _, code = lab.run(("openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=other -keyout /dev/null -out %s"):format(other))
    assert.equal(0, code)
    local failure = cloud.failure(cloud.client { ca_file = other, retries = 0 }, "alice")
    assert.equal("request", failure.stage)
    assert.equal("CURLE_PEER_FAILED_VERIFICATION", failure.code)
  end)

  it("refuses a certificate of another name", function()
    local failure = cloud.failure(cloud.client { endpoint = "https://127.0.0.1:" .. environment.PORT, retries = 0 }, "alice")
    assert.equal("CURLE_PEER_FAILED_VERIFICATION", failure.code)
  end)

  it("is asked for no file of certificates that is not there", function()
    local failure = cloud.failure(cloud.client { ca_file = lab.folder .. "/none.pem", retries = 0 }, "alice")
    assert.equal("request", failure.stage)
  end)
end)

describe("rollcall workspace on Windows", function()
  before_each(function() cloud.tell "forget" end)

  local function run(variables, arguments)
    return lab.run(("%s %s workspace --endpoint %s --ca-file %s %s"):format(
      variables, lab.command, cloud.tls, environment.CA_FILE, arguments))
  end

  it("prints JSON of what came, with a token from the environment", function()
    local output, code, complaint = run(("ROLLCALL_TOKEN=%s HUAWEICLOUD_SDK_PROJECT_ID=%s"):format(environment.TOKEN, environment.PROJECT),
      "--user alice --format json")
    assert.equal(0, code, complaint)
    assert.is_true(#cjson.decode(output).rows > 0)
  end)

  it("takes keys from a file that is its owner's alone", function()
    local path = lab.folder .. "/credentials"
    local file = assert(io.open(path, "wb"))
    file:write(("[basic]\r\nak = %s\r\nsk = %s\r\nproject_id = %s\r\n"):format(environment.AK, environment.SK, environment.PROJECT))
    file:close()
    lab.run("chmod 600 " .. path)
    local variable = "HUAWEICLOUD_SDK_CREDENTIALS_FILE=" .. path
    local output, code, complaint = run(variable, "--user alice --format csv")
    assert.equal(0, code, complaint)
    assert.is_truthy(output:find("alice", 1, true))
    lab.run("chmod 644 " .. path)
    output, code, complaint = run(variable, "--user alice")
    assert.same({ "", 3 }, { output, code })
    assert.is_truthy(complaint:find("others", 1, true), complaint)
    assert.is_nil(complaint:find(environment.SK, 1, true))
  end)

  it("looks for keys in the folder of the user's profile", function()
    local path = lab.folder .. "/.huaweicloud"
    lab.run(("mkdir %s; mv %s/credentials %s; chmod 600 %s/credentials"):format(path, lab.folder, path, path))
    assert.is_truthy(require("rollcall.internal.platform").home():find("users", 1, true))
  end)
end)

describe("on_wait", function()
  it("gets a time alone, which is short", function()
    local calls = 0
    local rows = cloud.collect(cloud.client():sessions {
      user_name = "rows-1;delay=1",
      on_wait = function(waits)
        calls = calls + 1
        assert.is_nil(waits.descriptor)
        assert.is_true(waits.timeout > 0 and waits.timeout <= 0.02, waits.timeout)
        return system.wait(waits)
      end,
    })
    assert.equal(1, #rows)
    assert.is_true(calls >= 10 and calls <= 150, calls)
  end)
end)

describe("an interrupt", function()
  it("is noticed while an answer is waited for", function()
    local begun, raised = os.time(), false
    debug.sethook(function()
      if raised or os.time() - begun < 1 then return end
      raised = true
      error("interrupted", 0)
    end, "c")
    local ok, message = pcall(function()
      cloud.collect(workspace.client({
        endpoint = cloud.tls, ca_file = environment.CA_FILE, project_id = environment.PROJECT, token = environment.TOKEN,
      }):sessions { user_name = "x;delay=8" })
    end)
    debug.sethook()
    assert.is_false(ok)
    assert.equal("interrupted", message)
    assert.is_true(os.time() - begun <= 5)
  end)
end)
