local cjson = require "cjson"
local json = require "rollcall.internal.json_text"
local lab = require "spec.lab"
local snapshot = require "rollcall.snapshot"

describe("JSON of rollcall's own", function()
  it("has integers to their last digit", function()
    for integer, text in pairs {
      [0] = "0", [99999999999999] = "99999999999999", [123456789012345] = "123456789012345", [9007199254740993] = "9007199254740993",
      [math.maxinteger] = "9223372036854775807", [math.mininteger] = "-9223372036854775808", [100000000000000] = "100000000000000",
    } do
      assert.equal(text, json.value(integer))
      assert.equal(('{"a": [%s]}'):format(text), json.value { a = { integer } })
    end
  end)

  it("has other numbers so that they can be read back as they were", function()
    for _, float in ipairs { 0.5, 0.1, 1 / 3, 123456789012.345, 1e300, 5e-324, 2 ^ 53, -0.25 } do
      assert.equal(float, cjson.decode("[" .. json.value(float) .. "]")[1])
    end
    for _, float in ipairs { 1 / 0, -1 / 0, 0 / 0 } do assert.has_error(function() json.value(float) end) end
  end)

  it("keeps integers in a snapshot", function()
    local path = lab.folder .. "/integers.jsonl"
    local writer = assert(snapshot.create(path, 1700000000))
    writer:row("badge", { serial = 123456789012345, other = 900719925474099312 })
    writer:finish()
    local opened = assert(snapshot.open(path))
    local _, row = opened:next()
    opened:close()
    assert.same({ serial = 123456789012345, other = 900719925474099312 }, row)
    assert.equal("integer", math.type(row.serial))
  end)
end)
