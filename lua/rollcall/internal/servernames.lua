--- Servers' names, as callers write them and as results have them.
local options = require "rollcall.internal.options"
local platform = require "rollcall.internal.platform"

local servernames = {}

servernames.SMB_PORT = 445

---Splits a server's name into the host and, if it is there, the port.
---@param name string  `fs1`, `\\fs1`, `10.0.0.1:4450`, `::1`, `[::1]:4450`
---@return string? host  nil if this is no server's name
---@return string|integer|nil port  or what is wrong
function servernames.split(name)
  local bare = name:match("^\\\\(.*)$") or name
  local host, port = bare:match("^%[(.-)%]$"), nil
  if not host then host, port = bare:match("^%[(.-)%]:(%d+)$") end
  if not host and select(2, bare:gsub(":", "")) > 1 then host = bare end
  if not host then host, port = bare:match("^([^:]*):(%d+)$") end
  host = host or bare
  if not host:find("^[%w%.%-_:%%\x80-\xff]+$") or #host > 255 then
    return nil, "must be the name or address of a server"
  end
  if port then
    port = tonumber(port)
    if port < 1 or port > 65535 then return nil, "must have a port from 1 to 65535" end
    if platform.is_windows and port ~= servernames.SMB_PORT then return nil, "must have the port 445 on Windows, or none" end
  end
  return host, port
end

---@param value any
---@return string? servername, string? expectation
function servernames.check(value)
  local text, expectation = options.text(300)(value)
  if not text then return nil, expectation end
  local host, problem = servernames.split(text)
  if not host then return nil, problem end
  return text
end

---A server's name as its results have it.
---@param servername string
---@return string
function servernames.shown(servername)
  return servername:match("^\\\\(.*)$") or servername
end

return servernames
