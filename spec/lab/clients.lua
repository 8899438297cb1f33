--- Clients of the lab's Samba that stay until a test ends.
local lab = require "spec.lab"

local clients = {}

local connected = {}

---As lab.connect; of a session that has just begun a Samba does not say since when it is there.
function clients.connect(...)
  connected[#connected + 1] = lab.connect(...)
  os.execute "sleep 1"
end

---Those whose session was ended find out when they next say something.
function clients.leave()
  for _, client in ipairs(connected) do client.leave() end
  connected = {}
  lab.eventually("the end of all sessions", function() return not lab.smbstatus("-p"):find "127.0.0.1" end)
end

return clients
