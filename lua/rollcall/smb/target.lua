--- SMB servers as a caller names them, turned into what rollcall.core takes.
local options = require "rollcall.internal.options"
local platform = require "rollcall.internal.platform"
local servernames = require "rollcall.internal.servernames"

local target = {}

local DEFAULT_TIMEOUT = 10
local DEFAULT_DEADLINE = 120
local DEFAULT_RETRY_REFUSED = 3600

---@type rollcall.options.check
local function nt_hash(value)
  local text = type(value) == "string" and value or ""
  local digits = text:match("^%x+:(%x+)$") or text:match("^%x+$")
  if digits and #digits == 32 then return digits:upper() end
  return nil, "must be 32 hexadecimal digits, with an LM hash and a colon in front or without"
end

---The options that say how to reach a server and as whom; every call takes them.
---@class rollcall.smb.connect_options
---@field port? integer  TCP port, from 1 to 65535; a port in `servername` wins; default 445
---@field username? string  also `DOMAIN\user` and `user@realm`; absent: your own Kerberos ticket
---@field password? string  with a username; absent: `nt_hash`, or Kerberos
---@field nt_hash? string  instead of a password: 32 hexadecimal digits, with an LM hash and a colon in front or without; not on Windows; absent: `password`
---@field domain? string  the account's domain or workgroup; absent: that in `username`, or none
---@field kerberos? boolean  Kerberos and nothing else: with the password, or with a ticket of the cache that KRB5CCNAME names; not on Windows; default false, without a username true
---@field encrypt? boolean  fail where the server cannot encrypt; otherwise encrypted where it can, and signed in any case; not on Windows; default false
---@field timeout? number  seconds that a server has to log on, and again for each answer; default 10
---@field deadline? number  seconds for all that a server is asked, its logon and every answer together, without the time that the caller's own code takes; default 120
---@field logon_attempts? integer  how often a user and password may be refused before no other server is asked with them, from 1 to 1000; until one has accepted them, one logon at a time; default 1
---@field retry_refused? number  seconds for which refused credentials are not tried again, by this Lua state or another run of yours on this machine; default 3600

target.specification = {
  port = options.integer(1, 65535),
  username = options.text(255),
  password = options.text(1024, 0),
  nt_hash = nt_hash,
  domain = options.text(255, 0),
  kerberos = options.boolean,
  encrypt = options.boolean,
  timeout = options.seconds,
  deadline = options.seconds,
  logon_attempts = options.integer(1, 1000),
  retry_refused = options.seconds,
}

-- What netapi32 leaves to how Windows is set up.
local not_on_windows = { "nt_hash", "kerberos", "encrypt" }

-- A name as it stands in \\NAME, where a colon would end it.
local function unc_name(host)
  if not platform.is_windows or not host:find(":", 1, true) then return host end
  return host:gsub(":", "-"):gsub("%%", "s") .. ".ipv6-literal.net"
end

---@param connect table  checked connect options
---@return string? problem
function target.check_credentials(connect)
  if platform.is_windows then
    for _, name in ipairs(not_on_windows) do
      if connect[name] then return name .. " cannot be asked for on Windows" end
    end
    if connect.port and connect.port ~= servernames.SMB_PORT then return "port cannot be any other than 445 on Windows" end
  end
  if connect.password and connect.nt_hash then return "password and nt_hash exclude each other" end
  if connect.kerberos and connect.nt_hash then return "kerberos and nt_hash exclude each other" end
  if not connect.username then
    if connect.password or connect.nt_hash then return "username is missing" end
    if connect.kerberos == false then return "username is missing" end
  elseif not (connect.password or connect.nt_hash or connect.kerberos) then
    return "password, nt_hash or kerberos is missing"
  end
end

local function milliseconds(seconds)
  return math.max(1, math.ceil(seconds * 1000))
end

---@param servername string  checked
---@param connect table  checked connect options
---@return rollcall.smb.core.target
function target.new(servername, connect)
  local host, port = servernames.split(servername)
  local name = unc_name(host --[[@as string]])
  local is_this_computer = platform.is_windows and host == "localhost" and not connect.username
  local domain, username = (connect.username or ""):match("^([^\\]+)\\(.+)$")
  return {
    servername = servernames.shown(servername),
    host = name,
    unc = not is_this_computer and "\\\\" .. name or nil,
    port = port or connect.port or servernames.SMB_PORT,
    username = username or connect.username or "",
    domain = connect.domain or domain or "",
    password = connect.password or connect.nt_hash or "",
    nt_hash = connect.nt_hash ~= nil,
    kerberos = connect.kerberos or not connect.username,
    encrypt = connect.encrypt or false,
    timeout_milliseconds = milliseconds(connect.timeout or DEFAULT_TIMEOUT),
    deadline_milliseconds = milliseconds(connect.deadline or DEFAULT_DEADLINE),
    logon_attempts = connect.logon_attempts or 1,
    retry_refused_milliseconds = milliseconds(connect.retry_refused or DEFAULT_RETRY_REFUSED),
  }
end

return target
