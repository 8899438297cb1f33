-- One host that makes many short queries of every kind, for the long run, and says how far it is:
--
--     queries.lua COUNT
--
-- Of fifty queries thirty go over two handles that stay open, five over connections of their own, five are steps
-- of an enumeration that never ends, whose workers serve one server after another, and ten ask the cloud.
local smb = require "rollcall.smb"
local workspace = require "rollcall.workspace"

local COUNT = math.tointeger(arg[1])
local ROUND = 50

local function lab(name) return assert(os.getenv("LAB_" .. name)) end

local samba, double = "127.0.0.1:" .. lab "SAMBA_PORT", "127.0.0.1:" .. lab "DOUBLE_PORT"

local function auditor(servername)
  return { servername = servername, username = lab "USERNAME", password = lab "PASSWORD", timeout = 30 }
end

local function expect(what, is, should)
  if is ~= should then error(("%s: %s, and should be %s"):format(what, tostring(is), tostring(should)), 0) end
end

local function check_shares(page)
  expect("shares of Samba", #page.entries, 3)
  expect("the first share of Samba", page.entries[1].netname, "projects")
end

local function check_connections(page)
  expect("connections to the double", #page.entries, 2)
  expect("a user of the double", page.entries[2].username, "bob")
end

local at_samba <close> = smb.server(auditor(samba))
local at_double <close> = smb.server(auditor(double))
local client <close> = workspace.client {
  endpoint = "https://127.0.0.1:" .. lab "CLOUD_PORT", ca_file = lab "CLOUD_CA_FILE",
  project_id = lab "CLOUD_PROJECT", token = lab "CLOUD_TOKEN",
}

local endless = auditor(nil)
endless.concurrency, endless.qualifier = 2, "rows-1"
endless.servername = function() return double end
local step, enumeration = smb.connections(endless)

local function over_handles()
  check_shares(at_samba:share_page { level = 1 })
  check_connections(at_double:connection_page { qualifier = "projects" })
end

local function fresh(number)
  local options = auditor(number % 2 == 0 and samba or double)
  if number % 2 == 0 then
    options.level = 1
    return check_shares(smb.share_page(options))
  end
  options.qualifier = "projects"
  check_connections(smb.connection_page(options))
end

local names = { "alice", "bob", "nobody", "rows-1", "rows-2", "alice", "bob", "nobody", "rows-1", "rows-2" }

local done = 0
while done < COUNT do
  for _ = 1, 15 do over_handles() end
  for number = 1, 5 do fresh(done // ROUND + number) end
  for _ = 1, 5 do expect("a row of the enumeration", step(enumeration).id, 1) end
  local rows = 0
  for _ in client:sessions { user_name = names } do rows = rows + 1 end
  expect("sessions of the cloud", rows, 12)
  done = done + ROUND
  print(done)
  io.stdout:flush()
end
enumeration:close()
