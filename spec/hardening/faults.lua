-- Faults: on the wire, of workers, of descriptors, of the disk and of the clock.
--
--     faults.lua STRIDE BITS RESULT
--
-- STRIDE 1 tries every byte of a recorded answer, BITS how many bits of each byte are turned over.
local harness = require "spec.hardening.harness"

local budget = { stride = math.tointeger(arg[1]), bits = math.tointeger(arg[2]) }

do
  local proxy <close> = require("spec.lab.proxy").start()
  require "spec.hardening.faults.smb"(proxy, budget)
  require "spec.hardening.faults.cloud"(proxy, budget)
end
harness.finish(arg[3])
