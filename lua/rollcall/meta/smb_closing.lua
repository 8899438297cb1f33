---@meta rollcall.smb.closing
error "this file is for editors; the module rollcall.smb.closing is written in C"

--- What ends something on an SMB server, for `lua/rollcall/closing.lua` to build on. Scripts use that module.
---@class rollcall.smb.closing
local closing = {}

---NetrSessionDel: ends every session of a user from a computer. Raises a `rollcall.failure` for what is not success.
---@param server rollcall.smb.core.server
---@param target rollcall.smb.core.target  that of the server
---@param client_name string  with backslashes in front; not empty
---@param user_name string  not empty
function closing.session(server, target, client_name, user_name) end

---NetrFileClose: closes a file by its id. Raises as `session` does.
---@param server rollcall.smb.core.server
---@param target rollcall.smb.core.target  that of the server
---@param id integer
function closing.file(server, target, id) end

return closing
