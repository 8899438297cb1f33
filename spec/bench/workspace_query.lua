-- One measured process: asks for so many users' sessions and prints what it counted.
--
--   workspace_query.lua PORT USERS
local workspace = require "rollcall.workspace"

local port, users = arg[1], math.tointeger(arg[2])
local client = workspace.client {
  endpoint = "https://127.0.0.1:" .. port,
  ca_file = os.getenv "LAB_CLOUD_CA_FILE",
  project_id = os.getenv "LAB_CLOUD_PROJECT",
  token = os.getenv "LAB_CLOUD_TOKEN",
}
local asked, rows = 0, 0
for row in client:sessions {
  user_name = function()
    asked = asked + 1
    if asked <= users then return "user" .. asked end
  end,
  concurrency = 32,
} do
  assert(row.login_user)
  rows = rows + 1
end
assert(rows == 2 * users, "a session is missing")
