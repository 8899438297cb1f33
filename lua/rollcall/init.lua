--- A roll call of who is connected.
--
-- `require "rollcall"` gives the parts by name, each loaded when it is first used.
local rollcall = { version = "1.0.0" }

local parts = {
  smb = true, workspace = true, inventory = true, presence = true, report = true, policy = true, snapshot = true, diff = true,
}

return setmetatable(rollcall, {
  __index = function(self, name)
    if not parts[name] then return nil end
    local part = require("rollcall." .. name)
    rawset(self, name, part)
    return part
  end,
})
