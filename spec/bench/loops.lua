-- The longest time for which an event loop did not come to a timer of 10 ms, with two enumerations and a cloud query beside it; and,
-- as a floor, with these in a process of their own, where the processors alone are shared. With LAB_NICE=19 the servers, which are
-- elsewhere in a program's life, leave the processors to them.
--
--     loops.lua [queries]     with the word, the queries and nothing else
local loops = require "spec.lab.loops"
local uv = require "luv"

local ROUNDS = 5

local function gap_of_a_timer_alone()
  local timer, longest, last = uv.new_timer(), 0, nil
  local status
  assert(uv.spawn(arg[-1], { args = { arg[0], "queries" } }, function(code)
    status = code
    timer:close()
  end))
  timer:start(0, 10, function()
    local now = uv.hrtime() / 1e9
    longest, last = math.max(longest, now - (last or now)), now
  end)
  uv.run()
  assert(status == 0, "the queries of the other process failed")
  return longest
end

if arg[1] == "queries" then
  loops.gaps "plain"
  return
end

print("longest gap of a timer of 10 ms, beside two enumerations of 20,000 rows and a cloud query of 2,000 users,")
print(("with servers at nice %s, and the longest turn of a query, in processor time:"):format(os.getenv "LAB_NICE" or 0))
for _, name in ipairs { "plain", "luv", "cqueues", "luaevent", "a timer in another process" } do
  local longest, turn = {}, 0
  for round = 1, ROUNDS do
    local gaps = loops.run[name] and loops.gaps(name) or { longest = gap_of_a_timer_alone(), turn = 0 }
    longest[round], turn = gaps.longest * 1000, math.max(turn, gaps.turn * 1000)
  end
  table.sort(longest)
  print(("  %-27s best %4.1f ms, median %4.1f ms, worst %4.1f ms of %d rounds%s"):format(
    name, longest[1], longest[ROUNDS // 2 + 1], longest[ROUNDS], ROUNDS, turn > 0 and ("; turn %.1f ms"):format(turn) or ""))
end
