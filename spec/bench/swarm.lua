--- Mock servers at each address of loopback, as many as anybody asks.
local lab = require "spec.lab"

local swarm = {}

---@param processes integer
---@return integer port  where each address answers
---@return integer silent  where none does
---@return fun() close
function swarm.start(processes)
  -- The ports stand in a file: what this process writes to is what ends the swarm.
  local ports = lab.folder .. "/swarm"
  local program = assert(io.popen(("exec /usr/bin/python3 spec/bench/swarm.py %s %s %d > %s"):format(
    lab.username, lab.password, processes, ports), "w"))
  local port, silent = table.unpack(lab.eventually("a swarm", function()
    local answering, silent_one = lab.run("cat " .. ports):match "(%d+) (%d+)\n"
    return answering and { answering, silent_one }
  end))
  return port, silent, function() program:close() end
end

---@param number integer
---@return string  another for each number
function swarm.address(number)
  return ("127.%d.%d.%d"):format(1 + number // 62500, number // 250 % 250, 1 + number % 250)
end

---@param count integer
---@param port integer
---@param port_of_tenth integer  of every tenth
---@return fun(): string?
function swarm.servers(count, port, port_of_tenth)
  local number = 0
  return function()
    number = number + 1
    if number <= count then return swarm.address(number) .. ":" .. (number % 10 == 0 and port_of_tenth or port) end
  end
end

return swarm
