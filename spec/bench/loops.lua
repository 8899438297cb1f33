-- The longest time for which an event loop did not come to a timer of 10 ms, with two enumerations and a cloud query beside it; and,
-- as a floor, with these in a process of their own, where the processors alone are shared.
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

print("longest gap of a timer of 10 ms, beside two enumerations of 20,000 rows and a cloud query of 2,000 users:")
for _, name in ipairs { "plain", "luv", "cqueues", "luaevent", "a timer in another process" } do
  local gaps = {}
  for round = 1, ROUNDS do gaps[round] = (loops.run[name] and loops.gaps(name) or gap_of_a_timer_alone()) * 1000 end
  table.sort(gaps)
  print(("  %-27s best %4.1f ms, median %4.1f ms, worst %4.1f ms of %d rounds"):format(
    name, gaps[1], gaps[ROUNDS // 2 + 1], gaps[ROUNDS], ROUNDS))
end
