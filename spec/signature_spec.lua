local core = require "rollcall.workspace.core"

local function sign(fields)
  local request = { method = "GET", query = "", headers = {} }
  for name, value in pairs(fields) do request[name] = value end
  return core.sign(request)
end

describe("rollcall.workspace.core.sign", function()
  it("signs a request with a signed content type", function()
    local authorization, hash = sign {
      path = "/v1/77b6a44cba5143ab91d13ab9a8ff44fd/vpcs",
      query = "limit=2&marker=13551d6b-755d-4757-b956-536f674975c0",
      headers = {
        { "content-type", "application/json" }, { "host", "service.region.example.com" },
        { "x-sdk-date", "20191115T033655Z" },
      },
      date = "20191115T033655Z",
      ak = "QTWAOYTTINDUT2QVKYUC",
      sk = "MFyfvK41ba2giqM7Uio6PznpdUKGpownRZlmVmHc",
    }
    assert.equal("b25362e603ee30f4f25e7858e8a7160fd36e803bb2dfe206278659d71a9bcd7a", hash)
    assert.equal("SDK-HMAC-SHA256 Access=QTWAOYTTINDUT2QVKYUC, SignedHeaders=content-type;host;x-sdk-date, "
      .. "Signature=7be6668032f70418fcc22abc52071e57aff61b84a1d2381bb430d6870f4f6ebe", authorization)
  end)

  it("signs a request with the host and the date", function()
    local authorization = sign {
      path = "/resources",
      query = "size=1",
      headers = { { "host", "service.endpoint.myhuaweicloud.com" }, { "x-sdk-date", "20200608T023900Z" } },
      date = "20200608T023900Z",
      ak = "AccessKey",
      sk = "SecretKey",
    }
    assert.truthy(authorization:find(
      "Signature=cfb4171acec81de07d50e53d57eb77edd537414d66ddb1d7d780f128e12cd842", 1, true))
  end)

  it("signs a path with a slash at its end no other way", function()
    local fields = { date = "20200608T023900Z", ak = "AccessKey", sk = "SecretKey", path = "/a" }
    local without = sign(fields)
    fields.path = "/a/"
    assert.equal(without, sign(fields))
    fields.path = "/b"
    assert.not_equal(without, sign(fields))
  end)

  it("signs the body", function()
    local fields = { date = "20200608T023900Z", ak = "AccessKey", sk = "SecretKey", path = "/a" }
    local without = sign(fields)
    fields.body = "{}"
    assert.not_equal(without, sign(fields))
  end)

  it("refuses what is not there or does not fit", function()
    assert.error_matches(function() core.sign { method = "GET" } end, "is missing")
    assert.error_matches(function()
      sign { path = "/", date = "20200608", ak = "a", sk = "b" }
    end, "cannot be signed")
    assert.error_matches(function()
      sign { path = "/", date = "20200608T023900Z", ak = ("a"):rep(4000), sk = "b" }
    end, "cannot be signed")
  end)

  it("fills the room that there is to the last byte, and no further", function()
    local fields = { path = "/", date = "20200608T023900Z", ak = "a", sk = "b" }
    local room = 2047
    local others = #sign(fields) - 1
    fields.ak = ("a"):rep(room - others)
    assert.equal(room, #sign(fields))
    fields.ak = fields.ak .. "a"
    assert.error_matches(function() sign(fields) end, "cannot be signed")
  end)
end)
