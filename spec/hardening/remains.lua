-- What remains of secrets in a host: for forgetful.c. They come by standard input, so that no environment holds them;
-- a line that is read goes through a buffer of C's, which is overwritten.
local smb = require "rollcall.smb"
local workspace = require "rollcall.workspace"

local secrets = {}
for _, name in ipairs { "password", "nt_hash", "token", "iam_password", "sk", "security_token" } do secrets[name] = io.read "l" end
local where = {}
for _, name in ipairs { "samba", "double", "cloud", "ca_file", "project_id", "ak", "region", "domain", "user" } do
  where[name] = io.read "l"
end
for _ = 1, 100 do io.read(64) end

local function ask(options)
  options.username, options.timeout = where.user, 20
  local count = 0
  for _ in smb.shares(options) do count = count + 1 end
  assert(count > 0)
end

local function ask_cloud(options)
  options.endpoint, options.iam_endpoint, options.ca_file = where.cloud, where.cloud, where.ca_file
  options.project_id, options.region = where.project_id, where.region
  local client <close> = workspace.client(options)
  local count = 0
  for _ in client:sessions { user_name = { "alice", "bob" } } do count = count + 1 end
  assert(count == 3)
end

local function open_server()
  return smb.server { servername = where.double, username = where.user, password = secrets.password }
end

do
  local server <close> = open_server()
  assert(#server:share_page().entries > 0)
  stop "held"
end

ask { servername = { where.samba, where.double }, password = secrets.password }
ask { servername = { where.samba, where.double }, nt_hash = secrets.nt_hash }
pcall(smb.share_page, { servername = where.samba, username = where.user, password = secrets.nt_hash })
ask_cloud { token = secrets.token }
ask_cloud { username = where.user, password = secrets.iam_password, domain = where.domain }
ask_cloud { ak = where.ak, sk = secrets.sk }
ask_cloud { ak = where.ak, sk = secrets.sk, security_token = secrets.security_token }
for name in pairs(secrets) do secrets[name] = nil end
package.loaded["rollcall.workspace"], package.loaded["rollcall.smb"], smb, workspace = nil, nil, nil, nil
collectgarbage()
collectgarbage()
stop "let go"
