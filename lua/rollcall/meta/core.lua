---@meta rollcall.core
error "this file is for editors; the module rollcall.core is written in C"

--- What the C side exports, for `lua/rollcall/smb.lua` to build on. Scripts use that module.
---@class rollcall.core
local core = {}

---A server to ask. Made by `rollcall.target`, which checks what C does not.
---@class rollcall.core.target
---@field servername string  how the caller named it; in rows and errors
---@field host string  name or address to connect to
---@field unc string  ServerName of the call, `\\host`
---@field port integer
---@field username string  empty: the one of the Kerberos ticket
---@field domain string
---@field password string  or the NT hash in hexadecimal
---@field nt_hash boolean
---@field kerberos boolean
---@field encrypt boolean
---@field timeout_milliseconds integer  for a logon, and for each answer
---@field qualifier? string  of NetrConnectionEnum
---@field share? string  the share that every entry is of; `netname` is the client then
---@field client? string  the computer that every entry is of; `netname` is the share then

---@class rollcall.core.query
---@field call "connections"
---@field level integer
---@field prefmaxlen integer  PreferedMaximumLength
---@field resume_handle? integer  where to begin; 0

---@class rollcall.core.enumeration_query: rollcall.core.query
---@field next_target fun(): rollcall.core.target?  asked whenever a further server can be asked
---@field concurrency? integer  1
---@field on_error? fun(failure: rollcall.failure)  absent: the first failure is raised
---@field server? rollcall.core.server  whose pipe to use; with a single target

---A failure, raised as an error or given to `on_error`. `tostring` makes one line of it.
---@class rollcall.failure
---@field source "smb"|"workspace"
---@field target string  the server, as the caller named it; of "workspace" the user, or the service
---@field stage "worker"|"resolve"|"connect"|"logon"|"pipe"|"call"|"token"|"request"|"answer"  what was being done
---@field code integer|string  of "smb" a NET_API_STATUS, or the status of an RPC fault; of "workspace" the service's error_code, the name of a CURLcode, or a word such as "INVALID_JSON"
---@field name? string  of "smb" the name of `code` in Microsoft's headers, such as "ERROR_ACCESS_DENIED"
---@field message string
---@field status? integer  of "workspace" the HTTP status; nil if no answer came
---@field request_id? string  of "workspace" what the service calls the request
---@field user_name? string  of "workspace" whom the question was about

---A page as the server gave it.
---@class rollcall.smb.page<T>
---@field entries table[]
---@field entriesread integer
---@field totalentries integer  how many the server claims there are from `resume_handle` on
---@field resume_handle integer?  nil if the server gave none
---@field status integer  0, or 234 (ERROR_MORE_DATA) when there is more

---Enumerates over all targets. The four values are those of a generic `for`.
---@param query rollcall.core.enumeration_query
---@return fun(enumeration: userdata): table?
---@return userdata enumeration  `close`, `__close` and `__gc` end its workers
---@return nil
---@return userdata enumeration
function core.enumerate(query) end

---Opens one server's srvsvc pipe and keeps it open.
---@param target rollcall.core.target
---@return rollcall.core.server
function core.server(target) end

---@class rollcall.core.server
local server = {}

---Makes one call; opens the pipe anew if it was lost.
---@param query rollcall.core.query
---@param target rollcall.core.target  the server's own, with the filters of this call
---@return rollcall.smb.page
function server:page(query, target) end

---Ends the worker. May be called again.
function server:close() end

---Asks for a password on the terminal, without echo.
---@param prompt string
---@return string? password  nil without a terminal
function core.ask_password(prompt) end

---@param descriptor integer  0 to 2
---@return boolean
function core.is_terminal(descriptor) end

---@return integer?  columns of the terminal that standard output is; nil if it is none
function core.terminal_width() end

---Reads a file with secrets in it.
---@param path string
---@return string? content
---@return string? problem  that it cannot be read, or that others may read it
function core.read_private_file(path) end

---Connections to the Workspace service and to IAM, kept open from one query to the next.
---@return userdata connections  `close`, `__close` and `__gc` close them
function core.connections() end

---What concerns every transfer. Made by `rollcall.workspace`, which checks what C does not.
---@class rollcall.core.transfer_settings
---@field connections userdata
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

---@class rollcall.core.session_query: rollcall.core.transfer_settings
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
---@field authorize? fun(refused: string?): string, integer  a token, and until when in seconds since 1970
---@field next_target fun(): string?, string?  the next query string, percent-encoded and sorted, and the user
---@field concurrency? integer  1
---@field on_error? fun(failure: rollcall.failure)
---@field on_answer? fun(user_name: string?, rows: integer, count: any)  `count` is the answer's field of this name

---Asks for all targets. The four values are those of a generic `for`.
---@param query rollcall.core.session_query
---@return fun(query: userdata): table?, string?
---@return userdata query  `close`, `__close` and `__gc` end its requests
---@return nil
---@return userdata query
function core.query_sessions(query) end

---@class rollcall.core.token_request: rollcall.core.transfer_settings
---@field path string
---@field body string  JSON

---Gets a token, or raises a rollcall.failure.
---@param request rollcall.core.token_request
---@return string token
---@return string? expires_at
function core.fetch_token(request) end

---What is signed of a request. Path and query are percent-encoded; the query's parameters and the
---headers stand in the order of their names, which are in lower case.
---@class rollcall.core.signed_request
---@field method string
---@field path string
---@field query string
---@field headers { [1]: string, [2]: string }[]
---@field body? string
---@field date string  `YYYYMMDDTHHMMSSZ`
---@field ak string
---@field sk string

---Signs a request with AK and SK, as each request of a client with keys is signed.
---@param request rollcall.core.signed_request
---@return string authorization  the value of the header
---@return string canonical_hash  of the canonical request, in hexadecimal
function core.sign(request) end

---Makes an error object of a table that has the fields of one.
---@param failure table
---@return rollcall.failure
function core.failure(failure) end

return core
