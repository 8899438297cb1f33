-- What --where takes, and what it is true of.
local conditions = require "rollcall.cli.conditions"
local presence = require "rollcall.presence"

local row = {
  servername = "fs1", username = "CORP\\alice", share = "research and teaching", client = "10.1.0.7", open_files = 2, time = 7200,
  idle_time = 3600, files = { "C:\\a,b.txt", "C:\\Program Files (x86)\\c.txt" },
}

local function holds(argument)
  local condition, problem = conditions.parse(argument)
  assert(condition, problem)
  return conditions.all { condition } (presence.of("access", row, { now = 100000 }))
end

local function problem_of(argument) return select(2, conditions.parse(argument)) end

describe("a condition", function()
  for _, argument in ipairs {
    "user=alice", "user=ALICE", " user = alice ", "user!=bob", "user=bob,alice", "user!=bob,carol", "user~lic", "user!~bob", "user~x,lic",
    "idle=1h", "idle=3600", "idle>=1h", "idle<=1h", "idle>59m", "idle<1h1s", "time=2h", "time>1.5h", "time<1d", "time<1w", "time>1m30s",
    "time>7K", "time<8KiB", "time<1M", "time<1GB", "duration>=120m",
    "share=research and teaching" and "share='research and teaching'", [[share="research and teaching"]], "share~'and'",
    "client=~^10%.1%.", "client=~%d+$", "user=~^a(l)i", "client=~'^10'",
    "files=C:\\Program Files (x86)\\c.txt", "files='C:\\a,b.txt'", "files~program files", "files~'a,b'",
    "user=alice and idle>=1h", "user=bob or user=alice", "user=alice or user=bob and idle>1d", "not user=bob",
    "(user=bob or user=alice) and client~10.", "not (user=bob or user=carol)", "not not user=alice", "user=alice AND NOT idle>2h",
    "((user=alice))", "state!=Active", "state!~Act", "user=bob,alice and idle=1h or user=nobody", "open_files=2", "open_files=2.0",
    "not(user=bob)", "user=alice and(idle=1h)",
  } do
    it("is true: " .. argument, function() assert.is_true(holds(argument)) end)
  end

  for _, argument in ipairs {
    "user=alic", "user!=alice", "user!=bob,alice", "user~bob", "user!~lic", "idle>1h", "idle<1h", "idle=59m", "time<1.5h", "time>7M",
    "client=~^10%.2", "user=~ALICE", "files~qq,zz", "user=alice and idle>1h", "user=bob or user=carol", "not user=alice",
    "(user=alice or user=bob) and idle>1h", "state=Active", "state~A", "state=~.", "state>0", "user>0",
  } do
    it("is not true: " .. argument, function()
      assert.is_false(holds(argument))
    end)
  end

  for argument, problem in pairs {
    ["user"] = "conditions are such as user=alice or idle>=1h", [""] = "conditions are such as", ["user=~["] = "malformed pattern",
    ["user=~a["] = "malformed pattern", ["user=~(a"] = "unfinished capture", ["user==alice"] = "conditions are such as",
    ["idle>many"] = "it takes a number after >, also such as 90m, 1h30m or 10M", ["idle>1x"] = "a number after >",
    ["idle>1h30"] = "a number after >", ["idle>"] = "a number after >", ["idle>1h,2h"] = "a number after >",
    ["(user=alice"] = "a closing parenthesis is missing", ["user=alice)"] = "')' was not expected there",
    ["user='alice"] = "a quotation mark is missing", ["user='alice' bob"] = "'bob' was not expected there",
    ["user=alice and"] = "conditions are such as", ["or user=alice"] = "conditions are such as",
    [("x"):rep(5000)] = "longer than 4096 bytes",
    ["not"] = "conditions are such as",
  } do
    it("is refused: " .. argument:sub(1, 30), function()
      local said = assert(problem_of(argument))
      assert.is_truthy(said:find(problem, 1, true), said)
      assert.equal(1, said:find("invalid condition for --where: ", 1, true))
      assert.is_nil(said:find("%.lua:%d"), said)
    end)
  end

  it("with a pattern that is seen to be wrong only at a value says so, and no line of this project", function()
    local condition = assert(conditions.parse "client=~%d+%[?[")
    local ran, problem = pcall(condition.holds, presence.of("access", row))
    assert.is_false(ran)
    assert.equal(1, problem:find("invalid pattern in --where: '%d+%[?[': malformed pattern", 1, true), problem)
  end)

  it("misses no field that a row has and that another part of it left unread", function()
    for _, argument in ipairs { "user=nobody and floor=3", "user=alice or floor=3", "not (user=alice or floor=3)" } do
      local condition = assert(conditions.parse(argument))
      local all = conditions.all { condition }
      assert.same({ "floor" }, conditions.missing { condition })
      all(presence.of("badge", { account = "alice", floor = 3 }))
      assert.same({}, conditions.missing { condition }, argument)
    end
    local first, second = assert(conditions.parse "user=nobody"), assert(conditions.parse "floor=3")
    conditions.all { first, second } (presence.of("badge", { account = "alice", floor = 3 }))
    assert.same({}, conditions.missing { first, second })
  end)

  it("may have as many parentheses as fit", function()
    assert.is_true(holds(("("):rep(2000) .. "user=alice" .. (")"):rep(2000)))
  end)
end)
