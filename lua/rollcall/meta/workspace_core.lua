---@meta rollcall.workspace.core
error "this file is for editors; the module rollcall.workspace.core is written in C"

--- What the C side exports for `lua/rollcall/workspace.lua` to build on. Scripts use that module.
---@class rollcall.workspace.core
local core = {}

---Connections to the Workspace service and to IAM, kept open from one query to the next.
---@return userdata connection_pool  `close`, `__close` and `__gc` close them
function core.connection_pool() end

---What concerns every transfer. Made by `rollcall.workspace`, which checks what C does not.
---@class rollcall.workspace.core.transfer_settings
---@field connection_pool userdata
---@field base_url string  scheme, host and port
---@field plain boolean  http
---@field ca_file? string
---@field proxy? string
---@field connect_timeout_milliseconds? integer  10000
---@field timeout_milliseconds? integer  of one attempt; 30000
---@field deadline_milliseconds? integer  of all attempts; 120000
---@field retries? integer  3
---@field max_body? integer  bytes; 4 MiB
---@field secrets? string[]  up to 7, none of which shows up in a failure
---@field decode fun(json: string): any  lua-cjson's
---@field credential? string[]  what distinguishes the credentials from others; absent where `authorize` gives them
---@field retry_refused_milliseconds? integer  3600000
---@field name string  of the client

---@class rollcall.workspace.core.session_query: rollcall.workspace.core.transfer_settings
---@field host string  as the Host header has it
---@field path string  percent-encoded
---@field project_id string
---@field list_name string  the answer's field with the list
---@field action string  the IAM action it takes
---@field fields table<string, true>  what a row may have
---@field token? string
---@field ak? string
---@field sk? string
---@field security_token? string
---@field authorize? fun(refused: string?, query: userdata): string?, integer?  a token, and until when, since 1970
---@field next_request fun(): string?, string?  the next query string, percent-encoded and sorted, and the user
---@field concurrency? integer  1
---@field on_error? fun(failure: rollcall.failure)
---@field on_wait? rollcall.on_wait  may yield, and so may all that the query calls but `decode`
---@field on_answer? fun(user_name: string?, rows: integer, count: any)  `count` is the answer's field of this name, a number as its text

---Asks about all users. The four values are those of a generic `for`.
---@param query rollcall.workspace.core.session_query
---@return fun(query: userdata): table?, string?
---@return userdata query  `close`, `__close` and `__gc` end its requests
---@return nil
---@return userdata query
function core.query_sessions(query) end

---@class rollcall.workspace.core.token_request: rollcall.workspace.core.transfer_settings
---@field path string
---@field body string  JSON
---@field query? userdata  that it is for: its on_wait is called with its descriptor

---Gets a token, or raises a rollcall.failure.
---@param request rollcall.workspace.core.token_request
---@return string? token  nil if the query was closed meanwhile
---@return string? expires_at
function core.fetch_token(request) end

---What is signed of a request. Path and query are percent-encoded; the query's parameters and the
---headers stand in the order of their names, which are in lower case.
---@class rollcall.workspace.core.signed_request
---@field method string
---@field path string
---@field query string
---@field headers { [1]: string, [2]: string }[]
---@field body? string
---@field date string  `YYYYMMDDTHHMMSSZ`
---@field ak string
---@field sk string

---Signs a request with AK and SK, as each request of a client with keys is signed.
---@param request rollcall.workspace.core.signed_request
---@return string authorization  the value of the header
---@return string canonical_hash  of the canonical request, in hexadecimal
function core.sign(request) end

---Makes an error object of a table that has the fields of one.
---@param failure table
---@return rollcall.failure
function core.failure(failure) end

---Whether it is the credentials that were refused, now or before, and not what they are to do.
---@param failure table
---@return boolean
function core.is_refusal(failure) end

return core
