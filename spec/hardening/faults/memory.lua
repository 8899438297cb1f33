-- More rows than diff, groups or an order may keep: each ends with the bound, and within it.
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
  local commands = {
    ("diff %s %s"):format(path, path), ("report %s --group-by note --no-totals"):format(path),
    ("report %s --sort note --format csv --no-totals"):format(path),
  }
  for _, command in ipairs(commands) do
    local _, code, complaint = lab.run(("ulimit -v %d; %s %s > /dev/null"):format(MOST_ADDRESSES, lab.command, command))
    harness.expect(code == 2 and complaint:find("takes more memory than", 1, true), "%s of too many rows: exit code %d, %s", command, code,
      complaint)
  end
  os.remove(path)
  harness.fact("diff, groups and an order of more than may be kept", #commands, "refused with the bound said, within 1.7 GB of addresses")
end
