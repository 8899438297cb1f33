--- Batches of events to a URL, by the program curl: one request at a time, beside whatever else is done.
local endpoint = require "rollcall.workspace.endpoint"
local platform = require "rollcall.internal.platform"
local session = require "rollcall.workspace.session"
local system = require "rollcall.system"
local text = require "rollcall.internal.text"

local post = {}

-- Seconds.
local LONGEST_REQUEST, LONGEST_CONNECTING, LONGEST_ASKED_PAUSE = 30, 10, 3600

local months = {}
for i, name in ipairs { "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec" } do months[name] = i end

---Checks a URL.
---@param url string
---@return string? url
---@return string? problem  without the URL, which may have a password in it
function post.check(url)
  local scheme, host = url:match "^(https?://)([^/?#]*)"
  if not scheme then return nil, "--post takes a URL that begins with https://" end
  if host:find("@", 1, true) then
    return nil, "--post takes no user or password in the URL, which would be in the open; give them in the file of --post-headers"
  end
  local origin = endpoint.parse(scheme .. host)
  if not origin or url:find "[%c%s]" or not utf8.len(url) then return nil, ("invalid URL for --post: '%s'"):format(text.printable(url)) end
  if origin.plain and not origin.loopback then
    return nil, ("--post sends events to another computer by https:// alone, not to '%s'"):format(text.printable(url))
  end
  return url
end

---Reads a file of headers, each on a line.
---@param path string
---@return string? problem
function post.headers_problem(path)
  local content, problem = system.read_private_file(path)
  if not content then return problem end
  local count = 0
  for line in content:gmatch "[^\n]+" do
    count = count + 1
    if not line:find "^[%w-]+: *[^%c]+$" then
      return ("%s:%d: a line must be a header, such as Authorization: Bearer TOKEN"):format(path, count)
    end
  end
  if count == 0 then return path .. ": has no header" end
end

---Seconds to wait that an answer asked for.
---@param value string  of the header Retry-After
---@param now integer
---@return integer?
function post.pause_of(value, now)
  local seconds = math.tointeger(tonumber(value:match "^%d+$"))
  local day, month, year, time = value:match "^%a+, (%d%d) (%a%a%a) (%d%d%d%d) (%d%d:%d%d:%d%d) GMT$"
  if months[month] then
    local at = session.epoch(("%s-%02d-%sT%sZ"):format(year, months[month], day, time))
    seconds = at and math.max(0, at - now)
  end
  return seconds and math.min(seconds, LONGEST_ASKED_PAUSE)
end

local methods = {}
local metatable = { __index = methods }

---@param url string
---@param headers_path? string
---@return rollcall.cli.events.receiver
function post.new(url, headers_path)
  return setmetatable({ name = url, headers_path = headers_path }, metatable)
end

---Begins to send a batch.
---@param path string
---@return boolean? begun
---@return string? problem
function methods:begin(path)
  local problem = self.headers_path and post.headers_problem(self.headers_path)
  if problem then return nil, problem end
  local command
  command, problem = system.start_command(table.concat({
    "exec curl -q -g -sS", "-m", LONGEST_REQUEST, "--connect-timeout", LONGEST_CONNECTING, "--proto =http,https",
    "-H 'Content-Type: application/x-ndjson'", self.headers_path and "-H " .. platform.quoted("@" .. self.headers_path) or "",
    "--data-binary", platform.quoted("@" .. path), "-o /dev/null -w '%{http_code} %header{retry-after}' --", platform.quoted(self.name),
  }, " "))
  self.command, self.answer = command, ""
  return command and true, problem
end

---How it went; nil while it goes on.
---@return boolean? taken
---@return string? problem  where it was not taken
---@return integer? pause  seconds that the receiver asked for
function methods:result()
  -- Before the rest is read: what it says last comes just before it ends.
  local how, code, complaint = self.command:result()
  local piece = self.command:read()
  while piece do
    self.answer = (self.answer .. piece):sub(1, 256)
    piece = self.command:read()
  end
  if not how then return nil end
  self:close()
  local status, retry_after = self.answer:match "^(%d%d%d) ?([^\n]*)$"
  if how == "exit code" and code == 0 and status and status:find "^2" then return true end
  if how == "exit code" and code == 0 and status then return false, "HTTP " .. status, post.pause_of(retry_after, os.time()) end
  local reason = complaint:match "^[^\n]+"
  return false, reason or ("curl failed (%s %d)"):format(how, code)
end

---Breaks off what goes on. May be called again.
function methods:close()
  if self.command then self.command:close() end
  self.command = nil
end

return post
