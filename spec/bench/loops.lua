-- The longest time for which an event loop did not come to a timer of 10 ms, with two enumerations and a cloud query beside it.
local loops = require "spec.lab.loops"

local ROUNDS = 5

print("longest gap of a timer of 10 ms, beside two enumerations of 20,000 rows and a cloud query of 2,000 users:")
for _, name in ipairs { "plain", "luv", "cqueues", "luaevent" } do
  local gaps = {}
  for round = 1, ROUNDS do gaps[round] = loops.gaps(name) * 1000 end
  table.sort(gaps)
  print(("  %-9s best %4.1f ms, median %4.1f ms, worst %4.1f ms of %d rounds"):format(
    name, gaps[1], gaps[ROUNDS // 2 + 1], gaps[ROUNDS], ROUNDS))
end
