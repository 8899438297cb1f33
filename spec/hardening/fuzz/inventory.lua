-- An inventory, as a text: it is read or refused with the reason, within the sandbox's bounds, and
-- leaves nothing behind. Nothing in it is asked for: it may name commands.
local inventory = require "rollcall.inventory"
local sandbox = require "rollcall.internal.sandbox"
local sources = require "rollcall.inventory.sources"
local unchanged = require "spec.hardening.fuzz.unchanged"

sandbox.INSTRUCTIONS, sandbox.BYTES = 100000, 4 * 1024 * 1024
local blocks = { smb = true, workspace = true, snapshot = true, rows = true }

return function(text)
  local made, problem = inventory.parse(text, "inventory.lua")
  if made then
    assert(#made.sources > 0)
    for _, source in ipairs(made.sources) do assert(blocks[source.block] and type(source.fields) == "table") end
    assert(math.type(made.utc_offset or 0) == "integer")
    if made.normalize_user then
      local ended, user = pcall(made.normalize_user, "CORP\\alice")
      assert(not ended and #tostring(user) > 0 or user == nil or type(user) == "string")
    end
    assert(#sources.plan(made) > 0)
  else
    assert(type(problem) == "string" and #problem > 0)
  end
  unchanged()
end
