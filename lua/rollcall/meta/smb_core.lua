---@meta rollcall.smb.core
error "this file is for editors; the module rollcall.smb.core is written in C"

--- What the C side exports, for `lua/rollcall/smb.lua` to build on. Scripts use that module.
---@class rollcall.smb.core
local core = {}

---A server to ask. Made by `rollcall.smb.target`, which checks what C does not.
---@class rollcall.smb.core.target
---@field servername string  how the caller named it; in rows and errors
---@field host string  name or address to connect to
---@field unc? string  ServerName of the call, `\\host`; nil on Windows for this computer
---@field port integer
---@field username string  empty: the one of the Kerberos ticket
---@field domain string
---@field password string  or the NT hash in hexadecimal
---@field nt_hash boolean
---@field kerberos boolean
---@field encrypt boolean
---@field timeout_milliseconds integer  for a logon, and for each answer
---@field deadline_milliseconds integer  for all of it together
---@field logon_attempts integer  refusals after which the same credentials are not tried again
---@field retry_refused_milliseconds integer  for so long
---@field query rollcall.smb.core.query  what to ask it
---@field qualifier? string  of NetrConnectionEnum
---@field client_name? string  of NetrSessionEnum
---@field basepath? string  of NetrFileEnum
---@field user? string  of NetrSessionEnum and NetrFileEnum
---@field known? "share"|"client"  what every entry is of, by `known_value`
---@field known_value? string
---@field meaning? "share"|"client"  what an entry's netname or cname is

---@class rollcall.smb.core.query
---@field call "connections"|"sessions"|"files"|"shares"|"logons"
---@field level integer|"best"
---@field prefmaxlen integer  PreferedMaximumLength
---@field resume_handle integer  where to begin

---How a call has ended.
---@class rollcall.smb.core.outcome
---@field usable boolean  whether the pipe is still there for another call
---@field claimed? integer  entries that the server said there are; nil if it never answered
---@field received integer
---@field placeholders integer  how many of those received are placeholders
---@field failure? rollcall.failure

---What to ask the same server next; after false the iterator gives false once, before it waits.
---@alias rollcall.smb.core.on_end fun(target: rollcall.smb.core.target, outcome: rollcall.smb.core.outcome): rollcall.smb.core.target|false|nil

---@class rollcall.smb.core.enumeration
---@field next_target fun(): rollcall.smb.core.target?  asked whenever a further server can be asked
---@field on_end? rollcall.smb.core.on_end  called at the end of each call; absent: a failure is raised
---@field concurrency? integer  1
---@field server? rollcall.smb.core.server  whose pipe to use; with concurrency 1
---@field tells_target? boolean  with each entry, give its target
---@field on_wait? rollcall.on_wait

---A failure, raised as an error or given to `on_error`. `tostring` makes one line of it.
---@class rollcall.failure
---@field source "smb"|"smbstatus"|"workspace"  which module it is of
---@field target string  the server, as the caller named it; of "workspace" the user, or the service
---@field stage "worker"|"resolve"|"connect"|"logon"|"pipe"|"call"|"token"|"request"|"command"|"read"|"answer"  what was being done
---@field code integer|string  of "smb" a NET_API_STATUS, or the status of an RPC fault; of "workspace" its error_code, the name of a CURLcode, or a word such as "INVALID_JSON", as of "smbstatus"
---@field name? string  of "smb" the name of `code` in Microsoft's headers, such as "ERROR_ACCESS_DENIED"
---@field message string  what failed, in words
---@field status? integer  of "workspace" the HTTP status; nil if no answer came
---@field request_id? string  of "workspace" what the service calls the request
---@field user_name? string  of "workspace" whom the question was about

---What the calls are, and what their levels consist of: the table that C decodes by.
---@return table<string, { procedure: string, filters: string[], levels: { level: integer, fields: { name: string, type: "integer"|"string" }[] }[] }>  levels from the richest down
function core.calls() end

---A page as the server gave it.
---@class rollcall.smb.page<T>
---@field entries T[]  its rows
---@field level integer  that they are of
---@field entriesread integer  how many the server gave
---@field totalentries integer  how many the server claims there are from `resume_handle` on
---@field resume_handle? integer  nil if the server gave none
---@field status integer  0, or 234 (ERROR_MORE_DATA) when there is more

---Enumerates over all targets. The four values are those of a generic `for`.
---@param enumeration rollcall.smb.core.enumeration
---@return fun(enumeration: userdata): table|false|nil, rollcall.smb.core.target?
---@return userdata enumeration  `close`, `__close` and `__gc` end its workers; `break_off(reason)` ends the call whose entry was given last, by ERROR_NOT_ENOUGH_MEMORY
---@return nil
---@return userdata enumeration
function core.enumerate(enumeration) end

---Logs on to a server and keeps one of its pipes open: that of the target's query, or else srvsvc.
---A call of another interface opens that one's pipe instead, over the same logon.
---@param target rollcall.smb.core.target  its query may be nil
---@return rollcall.smb.core.server
function core.server(target) end

---@class rollcall.smb.core.server
local server = {}

---Makes one call; opens the pipe anew if it was lost.
---@param target rollcall.smb.core.target  the server's own, with the query of this call
---@return rollcall.smb.page
function server:page(target) end

---Ends the worker. May be called again.
function server:close() end

---Makes an error object of a table that has the fields of one.
---@param failure table
---@return rollcall.failure
function core.failure(failure) end

return core
