--- A roll call of who is connected.
---
--- `require "rollcall"` gives the parts by name, each loaded when it is first used.
---@class rollcall
---@field version string  the release
---@field smb rollcall.smb  SMB servers
---@field closing rollcall.closing  ends sessions, and closes files of SMB servers
---@field smbstatus rollcall.smbstatus  what a Samba server says of itself
---@field workspace rollcall.workspace  Huawei Cloud Workspace
---@field inventory rollcall.inventory_module  files that name the targets
---@field presence rollcall.presence_module  one view over every kind of row
---@field report rollcall.report  rows as text
---@field policy rollcall.policy_module  rules and their verdicts
---@field snapshot rollcall.snapshot_module  rows kept in a file
---@field diff rollcall.diff  what changed between two polls
local rollcall = { version = "1.0.0" }

local parts = {
  smb = true, closing = true, smbstatus = true, workspace = true, inventory = true, presence = true, report = true, policy = true,
  snapshot = true, diff = true,
}

return setmetatable(rollcall, {
  __index = function(self, name)
    if not parts[name] then return nil end
    local part = require("rollcall." .. name)
    rawset(self, name, part)
    return part
  end,
})
