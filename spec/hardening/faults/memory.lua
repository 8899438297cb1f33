-- More rows than diff may keep: it ends with the bound, and within it.
local harness = require "spec.hardening.harness"
local lab = require "spec.lab"
local snapshot = require "rollcall.snapshot"

local ROWS, SIZE = 130000, 10000
-- The bound of 1 GiB, what is collected late, and the program itself.
local MOST_ADDRESSES = 1700000

return function()
  local path = lab.folder .. "/large.jsonl.gz"
  local writer = assert(snapshot.create(path))
  for i = 1, ROWS do writer:row("badge", { account = "user" .. i, note = ("%d "):format(i) .. ("x"):rep(SIZE) }) end
  writer:finish()
  local _, code, complaint = lab.run(("ulimit -v %d; %s diff %s %s"):format(MOST_ADDRESSES, lab.command, path, path))
  os.remove(path)
  harness.expect(code == 3 and complaint:find("at most 1 GiB", 1, true), "diff of too many rows: exit code %d, %s", code, complaint)
  harness.fact("diff of more than it may keep", 1, "refused with the bound said, within 1.7 GB of addresses")
end
