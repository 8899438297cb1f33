-- Faults: on the wire, of workers, of descriptors, of the disk and of the clock.
--
--     faults.lua STRIDE BITS KILLS CLOCK RESULT
--
-- STRIDE 1 tries every byte of a recorded answer; BITS is how many bits of each byte are turned over, KILLS how many
-- workers are killed at any moment; CLOCK is the library that makes the clock jump.
local harness = require "spec.hardening.harness"

local budget = { stride = math.tointeger(arg[1]), bits = math.tointeger(arg[2]), kills = math.tointeger(arg[3]) }

require "spec.hardening.faults.disk"()
require "spec.hardening.faults.memory"()
do
  local wire <close> = require("spec.lab.proxy").start()
  require "spec.hardening.faults.workers"(wire, budget)
  require "spec.hardening.faults.clock"(arg[4])
  require "spec.hardening.faults.smb"(wire, budget)
  require "spec.hardening.faults.cloud"(wire, budget)
end
harness.finish(arg[5])
