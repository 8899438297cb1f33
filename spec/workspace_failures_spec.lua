local lab = require "spec.lab"
local cloud = require "spec.cloud"
local workspace = require "rollcall.workspace"
local environment = cloud.environment

describe("the failures of a query", function()
  before_each(function() cloud.tell "forget" end)
  local client = cloud.client { retries = 0 }

  for _, status in ipairs { 400, 404, 405, 415, 500, 503, 429, 502, 504 } do
    it("report status " .. status, function()
      local failure = cloud.failure(client, "x;status=" .. status)
      assert.equal("workspace", failure.source)
      assert.equal(status, failure.status)
      assert.equal("WKS.0001" .. status, failure.code)
      assert.equal("Told to fail.", failure.message)
      assert.equal("x;status=" .. status, failure.user_name)
      assert.truthy(failure.request_id:find("^lab%-request"))
      assert.truthy(tostring(failure):find(failure.code, 1, true))
    end)
  end

  it("name the IAM action that is missing", function()
    local failure = cloud.failure(client, "x;status=403")
    assert.equal(403, failure.status)
    assert.truthy(failure.message:find("workspace:session:listSessionByUserName", 1, true))
  end)

  it("report what a gateway says", function()
    local failure = cloud.failure(client, "x;gateway=429")
    assert.equal("APIGW.0308", failure.code)
    assert.equal("lab-gateway-2", failure.request_id)
  end)

  local lies = {
    ["x;html=502"] = "BAD_GATEWAY",
    ["x;html=200"] = "INVALID_JSON",
    ["x;empty"] = "EMPTY_BODY",
    ["x;body=5b5d"] = "NOT_AN_OBJECT",
    ["x;body=6e756c6c"] = "NOT_AN_OBJECT",
    ["x;body=7b22"] = "INVALID_JSON",
    ["x;body=7b22666f6f223a317d"] = "NO_LIST",
    ["x;error"] = "WKS.00010028",
    ["x;redirect"] = "REDIRECT_REFUSED",
    -- {"session_info_list":[1]}, {"session_info_list":{"a":1}}, {"session_info_list":[{"id":{}}]}
    ["x;body=7b2273657373696f6e5f696e666f5f6c697374223a5b315d7d"] = "INVALID_LIST",
    ["x;body=7b2273657373696f6e5f696e666f5f6c697374223a7b2261223a317d7d"] = "INVALID_LIST",
    ["x;body=7b2273657373696f6e5f696e666f5f6c697374223a5b7b226964223a7b7d7d5d7d"] = "INVALID_LIST",
  }
  for user_name, code in pairs(lies) do
    it("see through " .. user_name, function()
      local failure = cloud.failure(client, user_name)
      assert.equal(code, failure.code)
      assert.is_nil(failure.message:find("[%c<]"))
    end)
  end

  local function body(json)
    return "x;body=" .. json:gsub(".", function(character) return ("%02x"):format(character:byte()) end)
  end

  it("take a list that is empty or null for no sessions, and no list for no answer", function()
    for _, list in ipairs { "[]", "null" } do
      assert.same({}, (cloud.collect(client:sessions { user_name = body('{"session_info_list":' .. list .. "}") })))
    end
    assert.same({ {} }, (cloud.collect(client:sessions { user_name = body '{"session_info_list":[{ }]}' })))
    for _, object in ipairs { "{}", "{ \t}" } do
      assert.equal("INVALID_LIST", cloud.failure(client, body('{"session_info_list":' .. object .. "}")).code)
    end
    for _, json in ipairs { "{}", " {\n}", '{"error_code":"WKS.00000000"}' } do
      assert.equal("NO_LIST", cloud.failure(client, body(json)).code)
    end
  end)

  it("take sessions beside an error for a failure", function()
    local sessions = '"session_info_list":[{"id":"7"}]}'
    for code, reported in pairs { ['"WKS.00010028"'] = "WKS.00010028", ["1024"] = "1024" } do
      local failure = cloud.failure(client, body(('{"error_code":%s,"error_msg":"half of it",'):format(code) .. sessions))
      assert.same({ reported, "half of it" }, { failure.code, failure.message })
    end
    for _, code in ipairs { '"WKS.00000000"', '""', "null" } do
      assert.same({ { id = "7" } }, (cloud.collect(client:sessions { user_name = body('{"error_code":' .. code .. "," .. sessions) })))
    end
  end)

  it("keep a number as it was written, and drop what is not documented", function()
    for _, number in ipairs { "7", "-0", "12345678901234567890", "9007199254740993", "1.50", "1E5", "1e-400", "0" } do
      local rows = cloud.collect(client:sessions { user_name = body('{"session_info_list":[{"id": ' .. number .. ' ,"other":"x"}]}') })
      assert.same({ { id = number } }, rows)
    end
    local text = [[1,\"2\\]]
    local rows = cloud.collect(client:sessions { user_name = body('{"session_info_list":[{"id":"' .. text .. '"}]}') })
    assert.same({ { id = '1,"2\\' } }, rows)
  end)

  it("see through what is not a number of JSON", function()
    for _, value in ipairs { "NaN", "Infinity", "-Infinity", "0x10", "01", "-", "1.", ".5", "1e", "+1", "1 2", "1a", "nan" } do
      local code = cloud.failure(client, body('{"session_info_list":[{"id":' .. value .. "}]}")).code
      assert.is_true(code == "INVALID_JSON" or code == "INVALID_LIST", value .. ": " .. code)
    end
    assert.equal("INVALID_JSON", cloud.failure(client, body '{1:2,"session_info_list":[]}').code)
    assert.equal("INVALID_LIST", cloud.failure(client, body '{"session_info_list":[{"id":true}]}').code)
  end)

  it("report a connection that ends early", function()
    for _, endpoint in ipairs { cloud.plain, cloud.tls, cloud.http1 } do
      local cut_off = cloud.client { endpoint = endpoint, retries = 0 }
      assert.truthy(cloud.failure(cut_off, "rows-9;truncate").code:find("^CURLE_"))
    end
    local plain = cloud.client { endpoint = cloud.plain, retries = 0 }
    assert.equal("CURLE_GOT_NOTHING", cloud.failure(plain, "x;cut").code)
    assert.equal("CURLE_RECV_ERROR", cloud.failure(plain, "x;reset").code)
  end)

  it("limit the body", function()
    local failure = cloud.failure(client, "x;size=200000", { max_body = 100000 })
    assert.equal("BODY_TOO_LARGE", failure.code)
    assert.is_nil(failure.status)
  end)

  it("report a certificate that is not trusted", function()
    local failure = cloud.failure(workspace.client {
      endpoint = cloud.tls, project_id = "p", token = "t", retries = 0,
    }, "alice")
    assert.equal("CURLE_PEER_FAILED_VERIFICATION", failure.code)
    assert.equal("request", failure.stage)
  end)

  it("report that nobody listens", function()
    local failure = cloud.failure(cloud.client { endpoint = "https://127.0.0.1:1", retries = 0 }, "alice")
    assert.equal("CURLE_COULDNT_CONNECT", failure.code)
  end)

  it("show no token and no key", function()
    local failure = cloud.failure(client, "x;echo")
    assert.equal("you sent ***, did you not", failure.message)
    failure = cloud.failure(cloud.key_client { retries = 0 }, "x;echo")
    assert.truthy(failure.message:find("Access=***,", 1, true))
    assert.is_nil(tostring(client):find(environment.TOKEN, 1, true))
  end)
end)

describe("retries", function()
  before_each(function() cloud.tell "forget" end)

  for _, option in ipairs { "status=503", "gateway=502", "html=504", "cut", "reset", "truncate" } do
    it("mend " .. option, function()
      local client = cloud.client { endpoint = cloud.plain }
      local rows = cloud.collect(client:sessions { user_name = ("rows-3;%sx2"):format(option) })
      assert.equal(3, #rows)
      assert.equal(3, cloud.tell("counts").asked)
    end)
  end

  it("mend what ends early behind nginx", function()
    for _, endpoint in ipairs { cloud.tls, cloud.http1 } do
      assert.equal(3, #cloud.collect(cloud.client { endpoint = endpoint }:sessions {
        user_name = "rows-3;truncatex1;" .. endpoint,
      }))
    end
  end)

  it("mend an attempt that takes too long", function()
    local client = cloud.client { timeout = 0.3 }
    assert.equal(1, #cloud.collect(client:sessions { user_name = "rows-1;delay=2x1" }))
  end)

  it("end", function()
    local failure = cloud.failure(cloud.client { retries = 2 }, "x;status=503")
    assert.equal(503, failure.status)
    assert.equal(3, cloud.tell("counts").asked)
  end)

  it("do not touch what will not pass", function()
    for _, option in ipairs { "status=500", "status=404", "status=403", "empty" } do
      cloud.failure(cloud.client(), "x;" .. option)
    end
    assert.equal(4, cloud.tell("counts").asked)
  end)

  it("honour Retry-After", function()
    local begun = os.time()
    assert.equal(1, #cloud.collect(cloud.client():sessions { user_name = "rows-1;status=503x1;retry-after=2" }))
    assert.is_true(os.time() - begun >= 2)
  end)

  it("keep to the deadline", function()
    local begun = os.time()
    local failure = cloud.failure(cloud.client { deadline = 1, retries = 100 }, "x;status=503;retry-after=30")
    assert.equal(503, failure.status)
    failure = cloud.failure(cloud.client { deadline = 1, retries = 100 }, "x;delay=3")
    assert.equal("CURLE_OPERATION_TIMEDOUT", failure.code)
    assert.is_true(os.time() - begun <= 3)
  end)

  it("hold back the others when the service throttles", function()
    local client = cloud.client { concurrency = 4 }
    local rows = cloud.collect(client:sessions { user_name = {
      "rows-1", "rows-1;gateway=429x1", "rows-1;b", "rows-1;c",
    } })
    assert.equal(4, #rows)
  end)
end)

describe("a client without a free descriptor", function()
  it("says so, and no place of ours", function()
    local script = lab.folder .. "/descriptors.lua"
    local file = assert(io.open(script, "w"))
    file:write [[
      local workspace = require "rollcall.workspace"
      local options = { endpoint = "https://127.0.0.1:1", project_id = "p", token = "t" }
      workspace.client(options):close()
      local files = {}
      repeat files[#files + 1] = io.open "/dev/null" until not io.open "/dev/null"
      print(select(2, pcall(workspace.client, options)))
    ]]
    file:close()
    local output = lab.run(("ulimit -n 40; %s %s 2>&1"):format(lab.lua, script))
    os.remove(script)
    assert.equal("no connection can be waited for: Too many open files\n", output)
  end)
end)
