---@meta rollcall.core
error "this file is for editors; the module rollcall.core is written in C"

--- What the C side exports, for `lua/rollcall/smb.lua` to build on. Scripts use that module.
---@class rollcall.core
local core = {}

---A server to ask. Made by `rollcall.target`, which checks what C does not.
---@class rollcall.core.target
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
---@field query rollcall.core.query  what to ask it
---@field qualifier? string  of NetrConnectionEnum
---@field client_name? string  of NetrSessionEnum
---@field basepath? string  of NetrFileEnum
---@field user? string  of NetrSessionEnum and NetrFileEnum
---@field known? "share"|"client"  what every entry is of, by `known_value`
---@field known_value? string
---@field meaning? "share"|"client"  what an entry's netname or cname is

---@class rollcall.core.query
---@field call "connections"|"sessions"|"files"|"shares"
---@field level integer|"best"
---@field prefmaxlen integer  PreferedMaximumLength
---@field resume_handle integer  where to begin

---How a call has ended.
---@class rollcall.core.outcome
---@field level integer  that was asked for last
---@field usable boolean  whether the pipe is still there for another call
---@field claimed? integer  entries that the server said there are; nil if it never answered
---@field received integer
---@field placeholders integer  how many of those received are placeholders
---@field failure? rollcall.failure

---@class rollcall.core.enumeration
---@field next_target fun(): rollcall.core.target?  asked whenever a further server can be asked
---@field on_end? fun(target: rollcall.core.target, outcome: rollcall.core.outcome): rollcall.core.target?  what to ask the same server next; absent: a failure is raised
---@field concurrency? integer  1
---@field server? rollcall.core.server  whose pipe to use; with concurrency 1
---@field tells_target? boolean  with each entry, give its target
---@field on_wait? rollcall.on_wait

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

---What the calls are, and what their levels consist of: the table that C decodes by.
---@return table<string, { procedure: string, filters: string[], levels: { level: integer, fields: { name: string, type: "integer"|"string" }[] }[] }>  levels from the richest down
function core.calls() end

---A page as the server gave it.
---@class rollcall.smb.page<T>
---@field entries table[]
---@field level integer  that they are of
---@field entriesread integer
---@field totalentries integer  how many the server claims there are from `resume_handle` on
---@field resume_handle integer?  nil if the server gave none
---@field status integer  0, or 234 (ERROR_MORE_DATA) when there is more

---Enumerates over all targets. The four values are those of a generic `for`.
---@param enumeration rollcall.core.enumeration
---@return fun(enumeration: userdata): table?, rollcall.core.target?
---@return userdata enumeration  `close`, `__close` and `__gc` end its workers
---@return nil
---@return userdata enumeration
function core.enumerate(enumeration) end

---Opens one server's srvsvc pipe and keeps it open.
---@param target rollcall.core.target
---@return rollcall.core.server
function core.server(target) end

---@class rollcall.core.server
local server = {}

---Makes one call; opens the pipe anew if it was lost.
---@param target rollcall.core.target  the server's own, with the query of this call
---@return rollcall.smb.page
function server:page(target) end

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

---For a program whose output is made of bytes, UTF-8 and terminal sequences: from now on standard
---output takes them as they are. On Windows it would change line ends, and a console would read
---another character set; elsewhere there is nothing to do.
function core.prepare_output() end

---Puts a file in the place of another, which may be there or not, in one step.
---@param from string
---@param to string
---@return boolean? replaced
---@return string? problem
function core.replace_file(from, to) end

---Reads a file with secrets in it.
---@param path string
---@return string? content
---@return string? problem  that it cannot be read, or that others may read it
function core.read_private_file(path) end

---Calls a function that must not run or grow without end. An allocation beyond the limit fails as if
---the machine had no more memory; the instructions are counted by a hook.
---It may take five seconds.
---@param instructions integer
---@param bytes integer  that it may allocate, over what it frees
---@param f function
---@param ... any
---@return boolean ended  whether it came to its end by itself
---@return integer bytes  that it allocated, over what was freed meanwhile
---@return any ...  its results, or what it raised
function core.confine(instructions, bytes, f, ...) end

---Decodes a line of JSON that is an object of strings with no escapes but `\"` and `\\`, integers and booleans.
---@param line string
---@return table?  nil for any other line, which may be good JSON all the same
function core.flat_object(line) end

---From now on SIGTERM, SIGINT and SIGHUP do not end the process but are noted.
function core.catch_signals() end

---@return integer?  the first signal that was noted
function core.caught_signal() end

---@param seconds number
---@return boolean  false if a signal was noted, before or while sleeping
function core.sleep(seconds) end

---Waits for what an on_wait is given, as the iterators do without one.
---@param waits rollcall.waits
---@return number seconds  that it waited
function core.wait(waits) end

return core
