-- Records what the lab's servers really answer, as a first corpus for each fuzzer.
--
--     record.lua CORPUS
--
-- Inside spec/lab/run, with record.py in the worker's place and $TMPDIR a folder of its own.
local lab = require "spec.lab"
local core = require "rollcall.smb.core"
local smb = require "rollcall.smb"
local snapshot = require "rollcall.snapshot"

local corpus = assert(arg[1], "which folder?")
local recorded = assert(os.getenv "TMPDIR")

local function put(fuzzer, name, bytes)
  os.execute(("mkdir -p '%s/%s'"):format(corpus, fuzzer))
  local file = assert(io.open(("%s/%s/%s"):format(corpus, fuzzer, name), "wb"))
  file:write(bytes)
  file:close()
end

local function read(path)
  local file = assert(io.open(path, "rb"))
  local bytes = file:read "a"
  file:close()
  return bytes
end

-- The fuzzers number the levels of all calls in the order of the table in srvsvc.c.
local numbers = {}
do
  local count = 0
  local calls = core.calls()
  for _, call in ipairs { "connections", "files", "sessions", "shares" } do
    for _, level in ipairs(calls[call].levels) do
      numbers[call .. level.level] = count
      count = count + 1
    end
  end
end

---The payloads of the frames of a kind, joined.
local function payloads(stream, kind)
  local found, position = {}, 1
  while position + 8 <= #stream do
    local length, its_kind = string.unpack("<I4I4", stream, position)
    if its_kind == kind:byte() then found[#found + 1] = stream:sub(position + 8, position + 7 + length) end
    position = position + 8 + length
  end
  return table.concat(found)
end

---The stubs of the answers among joined PDUs.
local function stubs(pdus)
  local found, position, stub = {}, 1, {}
  while position + 24 <= #pdus do
    local kind, flags, length = string.unpack("<xxBBxxxxI2", pdus, position)
    if kind == 2 then
      stub[#stub + 1] = pdus:sub(position + 24, position + length - 1)
      if flags & 2 ~= 0 then
        found[#found + 1] = table.concat(stub)
        stub = {}
      end
    end
    position = position + length
  end
  return found
end

local function harvest(name, call, level)
  local listing = assert(io.popen(("ls '%s' | grep to$"):format(recorded)))
  local process = assert(listing:read "l", "nothing was recorded for " .. name):match "%d+"
  listing:close()
  local path = recorded .. "/" .. process
  local to, from = read(path .. ".to"), read(path .. ".from")
  os.remove(path .. ".to")
  os.remove(path .. ".from")
  local number = string.char(numbers[call .. level])
  local pdus = payloads(from, "P")
  put("link", name, number .. from)
  put("worker", name, string.pack("<s4", to) .. pdus)
  -- The same with each mishap that the fuzzers know.
  if name == "double-people" then
    for mishap = 1, 3 do put("link", name .. "-mishap-" .. mishap, string.char(number:byte() + 60 * mishap) .. from) end
    for mishap = 1, 4 do put("worker", name .. "-mishap-" .. mishap, string.pack("<I3B", #to, mishap) .. to .. pdus) end
  end
  put("frame", name, (to .. from):sub(1, 1024))
  if #pdus > 0 then put("dcerpc", name, pdus) end
  for i, stub in ipairs(stubs(pdus)) do
    put("net_enum", ("%s-%d"):format(name, i), number .. stub)
    if name == "double-people" then put("text", "people", stub) end
  end
end

local function record(name, call, level, options)
  options.level = level
  options.timeout, options.retry_refused = 20, 0.001
  options.username = options.username or lab.username
  options.password = options.password or lab.password
  pcall(function()
    for _ in smb[call](options) do end
  end)
  harvest(name, call, level)
end

-- Somebody to be seen.
local alice = lab.connect("alice", "projects", "plan.txt")

local levels_of = { connections = { 0, 1 }, files = { 2, 3 }, sessions = { 0, 1, 2, 10, 502 }, shares = { 0, 1, 2, 501 } }
for server, servername in pairs { samba = lab.samba, double = lab.double } do
  for call, levels in pairs(levels_of) do
    for _, level in ipairs(levels) do
      record(("%s-%s-%d"):format(server, call, level), call, level,
        { servername = servername, qualifier = call == "connections" and "projects" or nil })
    end
  end
  record(server .. "-refused", "connections", 1, { servername = servername, qualifier = "projects", password = "wrong" })
end
alice.close()
record("samba-denied", "sessions", 1, { servername = lab.samba, username = "alice" })
record("closed", "connections", 1, { servername = lab.closed, qualifier = "projects" })
for name, qualifier in pairs {
  people = "people", pages = "rows-9", fragments = "rows-20;fragment=100,7,300", long = "long-200", fault = "people;fault=5",
  ["other-fault"] = "people;fault=0x1c010002", status = "people;status=2310", computer = "\\\\WS-BOB", stuck = "rows-9;stuck",
  circle = "rows-9;circle=2", total = "people;total=9", stop = "people;stop=60", patch = "people;patch=2:07", stub = "people;stub=00ff",
} do
  record("double-" .. name, "connections", 1, { servername = lab.double, qualifier = qualifier, prefmaxlen = 300 })
end

-- What the service and IAM answer, as curl shows it, with several answers behind one another.
local function fetched(more)
  return (lab.run(("curl -s -i --http1.1 --cacert $LAB_CLOUD_CA_FILE %s"):format(more)))
end

local function query(user, headers)
  local escaped = user:gsub("[^%w;=-]", function(byte) return ("%%%02X"):format(byte:byte()) end)
  return fetched(([[%s "https://127.0.0.1:$LAB_CLOUD_HTTP1_PORT/v1/$LAB_CLOUD_PROJECT/session/user-session-info?user_name=%s"]]):format(
    headers or '-H "X-Auth-Token: $LAB_CLOUD_TOKEN"', escaped))
end

local function login(password)
  return fetched(([[-H 'Content-Type: application/json;charset=utf8' -d '{"auth":{"identity":{"methods":["password"],
    "password":{"user":{"name":"auditor",
    "password":"%s","domain":{"name":"example-corp"}}}},"scope":{"project":{"name":"ap-southeast-1"}}}}' \
    "https://127.0.0.1:$LAB_CLOUD_HTTP1_PORT/v3/auth/tokens?nocatalog=true"]]):format(password))
end

local function list(more)
  return fetched(([[-H "X-Auth-Token: $LAB_CLOUD_TOKEN" \
    "https://127.0.0.1:$LAB_CLOUD_HTTP1_PORT/v1/$LAB_CLOUD_PROJECT/session?limit=2&offset=0%s"]]):format(more))
end

local token = login "Iam-Corr3ct-horse"
assert(token:find "^HTTP/1.1 201", token)
put("workspace", "refused", login "wrong")
for name, user in pairs {
  alice = "alice", bob = "bob", zhang = "CORP\\张 三+a@b.c", nobody = "nobody", rows = "rows-3", error = "x;error", echo = "x;echo",
  empty = "x;empty", gateway = "x;gateway=429", html = "x;html=502", again = "x;status=503x1", redirect = "x;redirect",
  status = "x;status=403", throttled = "x;status=429;retry-after=1", object = "x;body=7b7d", none = "x;body=6e756c6c",
  numbers = "x;body=7b2273657373696f6e5f696e666f5f6c697374223a5b7b226964223a312c226c6f67696e5f75736572223a322e357d5d7d",
} do
  local answer = query(user)
  put("workspace", name, token .. "\0" .. answer)
  put("text", "answer-" .. name, (answer:match "\r\n\r\n(.*)"):sub(1, 512))
end
put("workspace", "several", table.concat({ token, query "x;status=429", query "alice", query "x;status=401", token, query "rows-2" }, "\0"))
local lists = { numbers = "[1]", object = '{"a":1}', table = '[{"id":{}}]', truth = '[{"id":true}]', null = '[{"id":null}]' }
for name, list_body in pairs(lists) do
  local hex = ('{"session_info_list":%s}'):format(list_body):gsub(".", function(byte) return ("%02x"):format(byte:byte()) end)
  put("workspace", "list-of-" .. name, token .. "\0" .. query("x;body=" .. hex))
end
-- A token without an end, and waits that come to nothing.
put("workspace", "no-expiry", (token:gsub('"expires_at"', '"other"')))
put("workspace", "odd-expiry", (token:gsub('"expires_at": "[^"]*"', '"expires_at": 1')))
put("workspace", "no-token-object", (token:gsub('"token"', '"tokem"')))
put("workspace", "waits", table.concat({ "interrupt", "", token, "", "interrupt", query "alice", "impossible" }, "\0"))
put("workspace", "no-wait", table.concat({ "impossible", token, "impossible" }, "\0"))
put("workspace", "no-memory", table.concat({ "no transfer", "no request" }, "\0"))
put("workspace", "no-memory-for-another-token",
  table.concat({ token, query("alice", "-H 'X-Auth-Token: wrong'"), "no transfer" }, "\0"))
put("workspace", "unauthorized", token .. "\0" .. query("alice", "-H 'X-Auth-Token: wrong'") .. "\0" .. token .. "\0" .. query "alice")
put("workspace", "list", token .. "\0" .. list "" .. "\0" .. list "&user_name=alice")

-- A snapshot of both sources, and its lines.
local inventory = ([[
smb { servers = { %q, %q }, query = "connections", qualifier = "people", username = %q, password = env "LAB_PASSWORD" }
smb { servers = { %q }, username = %q, password = env "LAB_PASSWORD" }
workspace {
  endpoint = "https://127.0.0.1:%s", ca_file = %q, project_id = %q, token = env "LAB_CLOUD_TOKEN", users = { "alice", "bob" },
}
rows { kind = "badge", { user = "alice", door = "north", at = 1700000000 } }
]]):format(lab.double, lab.closed, lab.username, lab.double, lab.username, os.getenv "LAB_CLOUD_PORT", os.getenv "LAB_CLOUD_CA_FILE",
  os.getenv "LAB_CLOUD_PROJECT")
local path = lab.folder .. "/recorded.lua"
local file = assert(io.open(path, "w"))
file:write(inventory)
file:close()
local kept = lab.folder .. "/recorded.jsonl"
local _, _, complaint = lab.run(("%s snapshot %s -o %s"):format(lab.command, path, kept))
assert(snapshot.open(kept), complaint):close()
local text = read(kept)
put("snapshot", "recorded", text)
put("snapshot", "cut", text:sub(1, #text // 2))
local number = 0
for line in text:gmatch "[^\n]+" do
  number = number + 1
  put("flat_object", ("line-%02d"):format(number), line)
end
put("inventory", "recorded", (inventory:gsub('ca_file = "[^"]*"', 'ca_file = "ca.pem"')))

-- The inventories and policies that the guides show.
local found = { inventory = 0, policy = 0 }
for block in lab.run("cat README.md lua/rollcall/manual/*.md"):gmatch "\n```lua\n(.-)\n```" do
  local is_inventory = (block:find "smb%s*{" or block:find "workspace%s*{") and not block:find "require"
  local fuzzer = block:find "rule[%s(]*[{b]" and "policy" or is_inventory and "inventory"
  if fuzzer then
    found[fuzzer] = found[fuzzer] + 1
    put(fuzzer, "guide-" .. found[fuzzer], block)
  end
end
