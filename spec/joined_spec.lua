-- The combined view says no more than the calls determine, and that.
local joined = require "spec.lab.joined"

local seed = tonumber(os.getenv "SEED") or os.time()

local function assert_thorough(counts)
  assert.is_true(counts.scenarios >= 5, counts.scenarios)
  assert.is_true(counts.files > 0 and counts.ambiguous > 0 and counts.attributed > 0)
end

describe(("the combined view (SEED=%d)"):format(seed), function()
  it("contradicts no session, connection or file of a real Samba with shares over one another", function()
    assert_thorough(joined.real(seed, 14))
  end)

  it("contradicts none of a mock server, in any way in which its answers can belong together", function()
    assert_thorough(joined.mock(seed, 8))
  end)
end)
