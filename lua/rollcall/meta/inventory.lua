---@meta _
error "this file is for editors; an inventory is read by rollcall.inventory"

--- The words of an inventory file. Beside them such a file has the harmless part of Lua's library.

---What an inventory says of a secret.
---@class rollcall.inventory.secret

---What `credential { ... }` gives, for several blocks.
---@class rollcall.inventory.credential

---As whom a source is asked.
---@class rollcall.inventory.identity
---@field username? string|rollcall.inventory.secret  the user; absent: that of `credential`, or of the ticket
---@field domain? string  of the user; absent: that of `credential`, or none
---@field password? rollcall.inventory.secret  of the user; absent: that of `credential`, or another credential

---@class rollcall.inventory.smb_block: rollcall.inventory.identity
---@field servers string|string[]  the servers to ask, as `servername` of `smb.connections`
---@field query? "rollcall"|"connections"|"sessions"|"files"|"shares"|"logons"  the function of `rollcall.smb` that asks them; default "rollcall"
---@field qualifier? string  with query = "connections": a share, or a computer as `\\computer`; absent: every share in turn
---@field hidden? boolean  with query = "connections": also shares whose names end in `$`; default true
---@field credential? rollcall.inventory.credential  what this block does not say of its own; absent: nothing
---@field nt_hash? rollcall.inventory.secret  instead of a password; not on Windows; absent: `password`
---@field kerberos? boolean  Kerberos and nothing else; not on Windows; default false, without a username true
---@field encrypt? boolean  fail where the server cannot encrypt; not on Windows; default false
---@field port? integer  TCP port, from 1 to 65535; default 445
---@field timeout? number  seconds that a server has to log on, and again for each answer; default 10
---@field deadline? number  seconds for all that a server is asked; default 120
---@field concurrency? integer  servers asked at the same time, from 1 to 1024; default 16
---@field logon_attempts? integer  how often a user and password may be refused before no other server is asked with them, from 1 to 1000; default 1
---@field retry_refused? number  seconds for which refused credentials are not tried again; default 3600

---@class rollcall.inventory.smbstatus_block
---@field server string  what to call the server
---@field command? string  of the shell, which prints the JSON of `smbstatus --json`; not on Windows; absent: `file`
---@field file? string  the path of a file with the JSON; absent: `command`
---@field query? "rollcall"|"connections"|"sessions"|"files"  the function of `rollcall.smbstatus` that reads it; default "rollcall"
---@field deadline? number  seconds for the command; default 120

---@class rollcall.inventory.workspace_block: rollcall.inventory.identity
---@field users string|string[]  whose sessions
---@field region? string  such as "ap-southeast-1"; absent: `endpoint` says where
---@field endpoint? string  `https://host`, wins over `region`; absent: that of the region
---@field project_id? string|rollcall.inventory.secret  the project; absent: as in `workspace.client`
---@field credential? rollcall.inventory.credential  what this block does not say of its own; absent: nothing
---@field token? rollcall.inventory.secret  an IAM token; absent: another credential
---@field ak? rollcall.inventory.secret  the access key; absent: another credential
---@field sk? rollcall.inventory.secret  its secret; absent: another credential
---@field security_token? rollcall.inventory.secret  of temporary keys; absent: the keys are not temporary
---@field iam_endpoint? string  where a token is got; absent: that of the region
---@field ca_file? string  certificates to trust, PEM; absent: the system's
---@field proxy? string  as libcurl takes it; absent: HTTPS_PROXY of the environment
---@field retry_refused? number  seconds for which refused credentials are not tried again; default 3600
---@field concurrency? integer  requests in flight, from 1 to 1024; default 32
---@field timeout? number  seconds for one attempt; default 30
---@field deadline? number  seconds for a query with all its attempts; default 120

---@class rollcall.inventory.credential_block
---@field username? string|rollcall.inventory.secret  the user; absent: that of the file, or of the ticket
---@field domain? string  of the user; absent: that of the file, or none
---@field password? rollcall.inventory.secret  of the user; absent: that of the file, or another credential
---@field nt_hash? rollcall.inventory.secret  of the user; absent: `password`
---@field kerberos? boolean  Kerberos and nothing else; default false, without a username true
---@field token? rollcall.inventory.secret  of Workspace; absent: another credential
---@field ak? rollcall.inventory.secret  of Workspace; absent: another credential
---@field sk? rollcall.inventory.secret  of Workspace; absent: another credential
---@field security_token? rollcall.inventory.secret  of Workspace; absent: the keys are not temporary
---@field authentication_file? string  with lines `username = ...`, as smbclient's `-A`, that others may not read; absent: no file

---@class rollcall.inventory.rows_block
---@field kind string  what the rows are, a word of their own in lower case, such as "badge"
---@field [integer] table  the rows: text, numbers, true, false, and lists of these, by name

---SMB servers to ask. Raises what is wrong, with its line and field.
---
---     smb { servers = { "fs1", "fs2" }, username = "CORP\\auditor", password = env "AUDIT_PASSWORD" }
---@param given rollcall.inventory.smb_block  which, and as whom
function smb(given) end

---A Samba server that says itself who is connected. Raises what is wrong, with its line and field.
---
---     smbstatus { server = "nas1", command = "ssh -o BatchMode=yes nas1 sudo -n smbstatus --json" }
---@param given rollcall.inventory.smbstatus_block  which, and where its JSON is
function smbstatus(given) end

---Users of Huawei Cloud Workspace to ask about. Raises what is wrong, with its line and field.
---
---     workspace { region = "ap-southeast-1", project_id = env "PROJECT", token = command "get-token", users = { "user001" } }
---@param given rollcall.inventory.workspace_block  which, where, and as whom
function workspace(given) end

---The names in a file, one a line; blanks around them, empty lines and what follows a `#` do not count. Raises what is wrong, with its line.
---@param path string  of the file, which has at least one name and at most 16 MiB
---@return string[]  for the fields `servers` and `users`
function lines(path) end

---Credentials for several blocks. Raises what is wrong, with its line and field.
---@param given rollcall.inventory.credential_block  whose
---@return rollcall.inventory.credential  for the field `credential`
function credential(given) end

---A snapshot whose rows and results count as a source. Raises what is wrong, with its line.
---@param path string  of the file
function snapshot(path) end

---Rows of one's own, of a kind of their own. Raises what is wrong, with its line.
---
---     rows { kind = "badge", { account = "alice", resource = "door 1" } }
---@param given rollcall.inventory.rows_block  the kind and the rows
function rows(given) end

---A secret from the environment. Raises what is wrong, with its line.
---@param name string  of the variable
---@return rollcall.inventory.secret  which is fetched when the source is asked
function env(name) end

---A secret from a file that others may not read. Raises what is wrong, with its line.
---@param path string  of the file
---@return rollcall.inventory.secret  which is fetched when the source is asked
function file(path) end

---A secret that is the first line of what a program writes. Raises what is wrong, with its line.
---@param line string  for the shell
---@return rollcall.inventory.secret  which is fetched when the source is asked
function command(line) end

---The rule that makes users of accounts, for all sources; without it `presence.user_of`. Raises what is wrong, with its line.
---
---     normalize_user(function(account) return account:lower():match "[^\\]+$" end)
---@param rule fun(account: string): string?  nil for an account that is no user's
function normalize_user(rule) end

---How far the times of Workspace are ahead of UTC. Raises what is wrong, with its line.
---@param seconds integer  from -86400 to 86400
function utc_offset(seconds) end
