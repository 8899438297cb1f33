---@meta rollcall.smb.server
error "this file is for editors; rollcall.smb makes these methods in a loop"

---A server whose pipe stays open over several calls: one logon for all of them.
---@class rollcall.smb.server
---@field private handle rollcall.smb.core.server
---@field private target rollcall.smb.core.target
---@field private began integer  when it was logged on to, in seconds since 1970
local server = {}

---@class rollcall.smb.server_connections_options: rollcall.smb.query_options, rollcall.smb.handler_options
---@field qualifier? string  a share, or a computer as `\\computer`; absent: every share of the server in turn
---@field hidden? boolean  without a qualifier: also shares whose names end in `$`; default true

---@class rollcall.smb.server_sessions_options: rollcall.smb.query_options, rollcall.smb.handler_options
---@field filter? rollcall.smb.session_filter  absent: every session

---@class rollcall.smb.server_files_options: rollcall.smb.query_options, rollcall.smb.handler_options
---@field filter? rollcall.smb.file_filter  absent: every open file

---@class rollcall.smb.server_shares_options: rollcall.smb.query_options, rollcall.smb.handler_options

---@class rollcall.smb.server_connection_page_options: rollcall.smb.query_options
---@field qualifier string  a share, or a computer as `\\computer`

---@class rollcall.smb.server_session_page_options: rollcall.smb.query_options
---@field filter? rollcall.smb.session_filter  absent: every session

---@class rollcall.smb.server_file_page_options: rollcall.smb.query_options
---@field filter? rollcall.smb.file_filter  absent: every open file

---@class rollcall.smb.server_share_page_options: rollcall.smb.query_options

---@class rollcall.smb.server_logons_options: rollcall.smb.query_options, rollcall.smb.handler_options

---@class rollcall.smb.server_logon_page_options: rollcall.smb.query_options

---The connections made to a share of this server, or from a computer; otherwise as `smb.connections`.
---
---Raises as `smb.connections` does.
---@see MS-SRVS 3.1.4.1 NetrConnectionEnum
---@param given? rollcall.smb.server_connections_options  what to ask
---@return fun(enumeration: userdata): rollcall.smb.connection?  gives the next row
---@return userdata enumeration  what it is called with; `close` ends what is under way
---@return nil
---@return userdata enumeration  to be closed by the loop
function server:connections(given) end

---The sessions established on this server; otherwise as `smb.sessions`.
---
---Raises as `smb.connections` does.
---@see MS-SRVS 3.1.4.5 NetrSessionEnum
---@param given? rollcall.smb.server_sessions_options  what to ask
---@return fun(enumeration: userdata): rollcall.smb.session?  gives the next row
---@return userdata enumeration  what it is called with; `close` ends what is under way
---@return nil
---@return userdata enumeration  to be closed by the loop
function server:sessions(given) end

---The files open on this server; otherwise as `smb.files`.
---
---Raises as `smb.connections` does.
---@see MS-SRVS 3.1.4.2 NetrFileEnum
---@param given? rollcall.smb.server_files_options  what to ask
---@return fun(enumeration: userdata): rollcall.smb.file?  gives the next row
---@return userdata enumeration  what it is called with; `close` ends what is under way
---@return nil
---@return userdata enumeration  to be closed by the loop
function server:files(given) end

---The shares of this server; otherwise as `smb.shares`.
---
---Raises as `smb.connections` does.
---@see MS-SRVS 3.1.4.8 NetrShareEnum
---@param given? rollcall.smb.server_shares_options  what to ask
---@return fun(enumeration: userdata): rollcall.smb.share?  gives the next row
---@return userdata enumeration  what it is called with; `close` ends what is under way
---@return nil
---@return userdata enumeration  to be closed by the loop
function server:shares(given) end

---The users logged on to this computer; otherwise as `smb.logons`.
---
---Raises as `smb.connections` does.
---@see MS-WKST 3.2.4.3 NetrWkstaUserEnum
---@param given? rollcall.smb.server_logons_options  what to ask
---@return fun(enumeration: userdata): rollcall.smb.logon?  gives the next row
---@return userdata enumeration  what it is called with; `close` ends what is under way
---@return nil
---@return userdata enumeration  to be closed by the loop
function server:logons(given) end

---One page of connections, by hand.
---
---Raises as `smb.connection_page` does.
---@see MS-SRVS 3.1.4.1 NetrConnectionEnum
---@param given rollcall.smb.server_connection_page_options  what to ask
---@return rollcall.smb.page<rollcall.smb.connection>  its entries are connections
function server:connection_page(given) end

---One page of sessions, by hand.
---
---Raises as `smb.connection_page` does.
---@see MS-SRVS 3.1.4.5 NetrSessionEnum
---@param given? rollcall.smb.server_session_page_options  what to ask
---@return rollcall.smb.page<rollcall.smb.session>  its entries are sessions
function server:session_page(given) end

---One page of open files, by hand.
---
---Raises as `smb.connection_page` does.
---@see MS-SRVS 3.1.4.2 NetrFileEnum
---@param given? rollcall.smb.server_file_page_options  what to ask
---@return rollcall.smb.page<rollcall.smb.file>  its entries are files
function server:file_page(given) end

---One page of shares, by hand.
---
---Raises as `smb.connection_page` does.
---@see MS-SRVS 3.1.4.8 NetrShareEnum
---@param given? rollcall.smb.server_share_page_options  what to ask
---@return rollcall.smb.page<rollcall.smb.share>  its entries are shares
function server:share_page(given) end

---One page of logons, by hand.
---
---Raises as `smb.connection_page` does.
---@see MS-WKST 3.2.4.3 NetrWkstaUserEnum
---@param given? rollcall.smb.server_logon_page_options  what to ask
---@return rollcall.smb.page<rollcall.smb.logon>  its entries are logons
function server:logon_page(given) end

---Closes the connection. May be called again. Raises nothing.
function server:close() end

return server
