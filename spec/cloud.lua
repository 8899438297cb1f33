-- What the specs of the Workspace query share: clients of the lab's cloud, and a word with it.
local workspace = require "rollcall.workspace"

local cloud = { environment = {} }

for _, name in ipairs {
  "PROJECT", "OTHER_PROJECT", "REGION", "USERNAME", "DOMAIN", "PASSWORD", "TOKEN", "AK", "SK", "CA_FILE", "PORT", "HTTP1_PORT",
  "PLAIN_PORT", "PROXY_PORT",
} do
  cloud.environment[name] = assert(os.getenv("LAB_CLOUD_" .. name), "run this with spec/lab/run")
end
local environment = cloud.environment

cloud.tls = "https://127.0.0.1:" .. environment.PORT
cloud.http1 = "https://127.0.0.1:" .. environment.HTTP1_PORT
cloud.plain = "http://127.0.0.1:" .. environment.PLAIN_PORT

local function with(fields, more)
  for name, value in pairs(more or {}) do fields[name] = value end
  return fields
end

---A client with the lab's token; `more` are further options.
function cloud.client(more)
  return workspace.client(with({
    endpoint = cloud.tls, ca_file = environment.CA_FILE, project_id = environment.PROJECT, token = environment.TOKEN,
  }, more))
end

function cloud.key_client(more)
  return workspace.client(with({
    endpoint = cloud.tls, ca_file = environment.CA_FILE, project_id = environment.PROJECT,
    ak = environment.AK, sk = environment.SK,
  }, more))
end

function cloud.login_client(more)
  return workspace.client(with({
    endpoint = cloud.tls, iam_endpoint = cloud.tls, ca_file = environment.CA_FILE, region = environment.REGION,
    project_id = environment.PROJECT, username = environment.USERNAME, password = environment.PASSWORD,
    domain = environment.DOMAIN,
  }, more))
end

---Tells the lab something, such as "forget"; returns its counts. A sanitizer that was loaded for
---the sake of this process is no concern of curl's.
function cloud.tell(what)
  local pipe = assert(io.popen("env -u LD_PRELOAD curl -s " .. cloud.plain .. "/lab/" .. what))
  local counts = require("cjson").decode(pipe:read("a"))
  pipe:close()
  return counts
end

---All rows of a query, and the user of each.
function cloud.collect(step, query)
  local rows, users = {}, {}
  for row, user_name in step, query do
    rows[#rows + 1] = row
    users[#users + 1] = user_name
  end
  return rows, users
end

---What a query for these users raises.
function cloud.failure(client, user_name, more)
  local ran, failure = pcall(function()
    cloud.collect(client:sessions(with({ user_name = user_name }, more)))
  end)
  assert(not ran, "the query did not fail")
  return failure
end

return cloud
