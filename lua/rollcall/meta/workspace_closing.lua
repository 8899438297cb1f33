---@meta rollcall.workspace.closing
error "this file is for editors; the module rollcall.workspace.closing is written in C"

--- What ends sessions of Huawei Cloud Workspace, for `lua/rollcall/closing.lua` to build on. Scripts use that module.
---@class rollcall.workspace.closing
local closing = {}

---@class rollcall.workspace.closing.request: rollcall.workspace.core.transfer_settings
---@field host string  as the Host header has it
---@field project_id string
---@field token? string
---@field ak? string
---@field sk? string
---@field security_token? string
---@field body string  JSON

---LogoffUserSession, sent once. Raises a `rollcall.failure` for what is not success.
---@param request rollcall.workspace.closing.request  gets further fields
function closing.logoff(request) end

return closing
