--- Which rows may be rollcall's own logons, which come and go with each poll.
--
-- A server does not say whose program a session is of. What is known is as whom it was asked, and for how long: a session of that
-- user, or of nobody while the logon goes on, that began before is somebody else's; one that began since may be rollcall's, and one
-- of unknown age too, as Samba gives them in their first second. If it is another one, it is older than the next poll, and is seen
-- then. A file has no age: of the pipe that rollcall asks through, opened by that user, nothing more can be known. Nor of a
-- connection to a server's pipes for which the server names nobody.
local names = require "rollcall.smb.names"

-- Both clocks cut off fractions of seconds.
local ROUNDING = 2

local has_age = { connection = true, smb_session = true, access = true }

local function is_pipe(pathname)
  return type(pathname) == "string" and string.find(pathname, "^%a:") == nil and string.find(names.path(pathname), "\\srvsvc$") ~= nil
end

local function is_older(row, seconds)
  return math.type(row.time) ~= nil and row.time > seconds + ROUNDING
end

---@param outcomes rollcall.outcome[]
---@return fun(kind: string, row: table): boolean
return function(outcomes)
  -- One server may have several names, so a logon is not looked for at its own alone.
  local logons = {}
  for _, outcome in ipairs(outcomes) do
    local logon = outcome.logon
    if type(logon) == "table" and type(logon.username) == "string" and math.type(logon.seconds) then logons[#logons + 1] = logon end
  end
  return function(kind, row)
    if kind == "connection" and row.placeholder then return row.share == "IPC$" end
    local has_pipe = kind == "file" and is_pipe(row.pathname)
    local is_file = row.sources == "file" and type(row.files) == "table" and not is_pipe(row.files[1])
    if type(row.username) ~= "string" or is_file or not (has_pipe or has_age[kind]) then return false end
    for _, logon in ipairs(logons) do
      local may_be = row.username == "" or names.same_user(logon.username, row.username)
      if may_be and (has_pipe or not is_older(row, logon.seconds)) then return true end
    end
    return false
  end
end
