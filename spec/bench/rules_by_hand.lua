-- The floor of a check: what the ten rules of reports.lua look at, as one plain loop over the rows of a snapshot, with no view of a
-- row, no sandbox and no count of anything but what is wrong.
--
--   rules_by_hand.lua SNAPSHOT
local network = require "rollcall.internal.network"
local presence = require "rollcall.presence"
local remembering = require "rollcall.internal.remembering"
local sets = require "rollcall.internal.sets"
local snapshot = require "rollcall.snapshot"

collectgarbage("incremental", 400, 400)
local allowed = { network.parse "10.0.0.0/8", network.parse "fd00::/8" }
local user_of = remembering(presence.user_of)
local is_allowed = remembering(function(client)
  local bytes = network.address(client)
  for _, range in ipairs(allowed) do
    if not bytes or network.contains(range, bytes) then return true end
  end
  return false
end)
local is_administrative = remembering(function(share) return share:sub(-1) == "$" end)
local is_denied = remembering(function(account) return account:lower():find "^svc%-" ~= nil or account:lower() == "guest" end)
local clients, clients_of_one_share, kinds, resources, groups, wrong = {}, {}, {}, {}, {}, 0
local opened = assert(snapshot.open(arg[1]))
local hour = os.date("!*t", opened.generated_at).hour
local is_late = hour < 7 or hour >= 19

for kind, row in opened:each() do
  local user, client, share, origin = user_of[row.username], row.client, row.share, row.servername
  if clients[user] ~= client then sets.add(clients, user, client) end
  if share == "share7" then sets.add(clients_of_one_share, user, client) end
  if kinds[user] ~= kind then sets.add(kinds, user, kind) end
  if resources[user] ~= share then sets.add(resources, user, share) end
  local of_origin = groups[origin] or {}
  groups[origin] = of_origin
  local group = of_origin[share] or { count = 0, users = {} }
  of_origin[share] = group
  group.count, group.users[user] = group.count + 1, true
  if is_late or row.time > 86400 or not is_allowed[client] or is_administrative[share] or row.type & 0x80000000 ~= 0
    or is_denied[row.username] or is_denied[user] or row.num_opens >= 9 then
    wrong = wrong + 1
  end
end
assert(wrong == 0)
