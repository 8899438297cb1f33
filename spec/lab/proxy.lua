--- The proxy of the lab as Lua sees it. What faults there are stands in proxy.py.
local cjson = require "cjson"
local lab = require "spec.lab"

local proxy = {}
local methods = {}
local metatable = { __index = methods }

function metatable:__close()
  self.input:close()
  self.output:close()
end

---Starts a proxy; closing what is returned ends it.
function proxy.start()
  local folder = lab.run("mktemp -d " .. lab.folder .. "/proxy.XXXXXX"):match "%S+"
  local input, output = folder .. "/in", folder .. "/out"
  assert(os.execute(("mkfifo %s %s"):format(input, output)))
  assert(os.execute(("/usr/bin/python3 spec/lab/proxy.py < %s > %s &"):format(input, output)))
  local self = setmetatable({ input = assert(io.open(input, "w")), output = assert(io.open(output)) }, metatable)
  self.input:setvbuf "line"
  return self
end

function methods:ask(request)
  self.input:write(cjson.encode(request), "\n")
  return cjson.decode((assert(self.output:read "l", "the proxy has ended")))
end

---Opens a port in front of a server for each fault; gives the ports.
---@param upstream integer
---@param faults table[]
---@return integer[]
function methods:open(upstream, faults)
  local doors = {}
  for i, fault in ipairs(faults) do
    doors[i] = { upstream = upstream, fault = next(fault) and fault or nil }
  end
  local ports = self:ask { open = doors }.ports
  for i, port in ipairs(ports) do ports[i] = math.floor(port) end
  return ports
end

---@param ports integer[]
function methods:close(ports)
  self:ask { close = ports }
end

---What went through a port, once its connections have ended, or until now.
---@param port integer
---@param now? boolean
---@return { connections: integer, down: integer, up: integer }
function methods:counts(port, now)
  local counts = self:ask { counts = { port }, now = now }.counts[1]
  for name, count in pairs(counts) do counts[name] = math.floor(count) end
  return counts
end

return proxy
