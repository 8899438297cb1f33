--- Batches of events to a syslog daemon of this computer or another, as RFC 5424 has them: with the fields of an event as structured data.
local changes = require "rollcall.cli.changes"
local json_line = require "rollcall.snapshot.line"
local presence = require "rollcall.presence"
local text = require "rollcall.internal.text"

local syslog = {}

-- The facility authpriv, whose log few may read, as a login's; and the severities of RFC 5424.
local AUTHPRIV, WARNING, INFORMATIONAL = 10 * 8, 4, 6
-- The number that RFC 5612 sets aside for who has none of his own.
local ELEMENT = "rollcall@32473"
-- Daemons take messages of 8 KiB.
local LONGEST_VALUE, LONGEST_TEXT = 300, 400
-- Seconds.
local LONGEST_WAIT = 5

---@param path_or_url string
---@return string? where
---@return string? expectation
function syslog.check(path_or_url)
  local host, port = path_or_url:match "^tcp://(%[?[%w%.:_-]+%]?):(%d+)$"
  local number = math.tointeger(tonumber(port))
  if path_or_url:find "^/" or host and number >= 1 and number <= 65535 then return path_or_url end
  return nil, "must be the path of a socket, such as /dev/log, or tcp://HOST:PORT"
end

local function escaped(value)
  return (text.fit(text.printable(value), LONGEST_VALUE):gsub('[\\"%]]', "\\%0"))
end

---@param names_and_values (string|any)[]
local function element_of(names_and_values)
  local parts = { ELEMENT }
  for i = 1, #names_and_values, 2 do
    local value = names_and_values[i + 1]
    if value ~= false then parts[#parts + 1] = ('%s="%s"'):format(names_and_values[i], escaped(text.of(value))) end
  end
  return "[" .. table.concat(parts, " ") .. "]"
end

---@param event table  as its line of JSON has it
---@param host string  where rollcall runs
---@return string
function syslog.message(event, host)
  local is_gap = event.kind == "gap"
  local name = is_gap and "gap" or event.event
  local element, words
  if is_gap then
    element = element_of { "id", event.id, "event", name, "since", event.since, "lost", event.lost or false, "reason", event.reason }
    words = changes.gap_line(event)
  else
    local view = presence.of(event.row_kind, event.row)
    element = element_of {
      "id", event.id, "event", name, "kind", event.row_kind, "account", view.account or false, "resource", view.resource or false,
      "client", view.client or false, "origin", view.origin or false, "fields", event.fields and table.concat(event.fields, ",") or false,
    }
    words = changes.line({ event = name, kind = event.row_kind, row = event.row, before = event.before, fields = event.fields }, false)
  end
  words = text.fit(words:gsub("\n$", ""), LONGEST_TEXT)
  return ("<%d>1 %s %s rollcall - %s %s %s"):format(AUTHPRIV + (is_gap and WARNING or INFORMATIONAL), event.at, host, name, element, words)
end

local methods = {}
local metatable = { __index = methods }

---@param where string
---@return rollcall.cli.events.receiver?
---@return string? problem
function syslog.new(where)
  local has_socket, socket = pcall(require, "socket")
  if not has_socket then return nil, "the rock luasocket is needed for --syslog" end
  local host = socket.dns.gethostname() or ""
  return setmetatable({ name = where, socket = socket, host = host:find "^[%w._-]+$" and host or "-" }, metatable)
end

---@return table? connected  a socket
---@return string? problem
---@return boolean? is_stream
function methods:connect()
  local host, port = self.name:match "^tcp://%[?(.-)%]?:(%d+)$"
  local found = host and self.socket.tcp() or require "socket.unix".dgram()
  found:settimeout(LONGEST_WAIT)
  local connected, problem
  if host then connected, problem = found:connect(host, port) else connected, problem = found:connect(self.name) end
  if connected then return found, nil, host ~= nil end
  found:close()
  return nil, problem
end

---Of a stream, that its other end has read all of it: then it closes its own. One that was reset has not, and `receive` calls both the same.
---@return boolean? ended
---@return string? problem
function methods:ended(stream)
  stream:shutdown "send"
  if not self.socket.select({ stream }, nil, LONGEST_WAIT)[1] then return nil, "the connection was not closed at the end of the events" end
  if stream:getoption "error" then return nil, "the connection was reset" end
  return true
end

---Sends a batch.
---@param path string
---@return boolean? sent
---@return string? problem
function methods:begin(path)
  local connection, problem, is_stream = self:connect()
  if not connection then return nil, problem end
  local file
  file, problem = io.open(path)
  local sent = file
  for line in (file and file:lines() or function() end) do
    local event = json_line.decode(line)
    if not event then
      sent, problem = nil, path .. ": is damaged"
    elseif not event.kind then
      sent, problem = nil, path .. ": was found with --format ocsf, and is for --post"
    end
    if not sent then break end
    local message = syslog.message(event, self.host)
    sent, problem = connection:send(is_stream and #message .. " " .. message or message)
  end
  if file then file:close() end
  if sent and is_stream then sent, problem = self:ended(connection) end
  connection:close()
  return sent and true, problem
end

---All has been done.
function methods.result()
  return true
end

function methods.close() end

return syslog
