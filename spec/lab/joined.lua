--- The combined view held against servers of which all is known: mock ones with whatever is made up, and a real Samba with real
--- clients. For the spec, which has little time, and for spec/hardening, which has more.
local cjson = require "cjson"
local lab = require "spec.lab"
local scenario = require "spec.lab.scenario"
local smb = require "rollcall.smb"

local joined = {}

---A source of numbers of its own, so that a seed gives the same scenarios wherever it is used: xorshift.
local function random_of(seed)
  local state = seed * 2654435761 + 1
  return function(least, most)
    state = state ~ state << 13
    state = state ~ state >> 7
    state = state ~ state << 17
    return least + (state >> 8) % (most - least + 1)
  end
end

local function rows_of(servername)
  local rows, outcome = {}, nil
  for row in smb.rollcall(lab.as_auditor { servername = servername, on_target = function(its_outcome) outcome = its_outcome end }) do
    rows[#rows + 1] = row
  end
  return rows, outcome
end

local function check(what, made, rows, placeholders)
  local held, ways, said = pcall(scenario.check, made, rows, placeholders)
  if not held then
    error(("%s: %s\n%s\n%s"):format(what, ways, cjson.encode(scenario.answers(made, placeholders)), cjson.encode(rows)), 0)
  end
  return ways, said
end

local function new_counts()
  return { scenarios = 0, rows = 0, ambiguous = 0, attributed = 0, files = 0 }
end

local function count(counts, rows, ways, said)
  counts.scenarios, counts.rows, counts.attributed = counts.scenarios + 1, counts.rows + #rows, counts.attributed + said
  if ways > 1 then counts.ambiguous = counts.ambiguous + 1 end
  for _, row in ipairs(rows) do counts.files = counts.files + #(row.files or {}) end
end

---Mock servers, until the seconds are over.
---@param seed integer
---@param seconds number
---@return table counts
function joined.mock(seed, seconds)
  local path = os.tmpname()
  local random, counts = random_of(seed), new_counts()
  local servername, close = lab.mock_server(path)
  local ended, problem = pcall(function()
    local ending = os.time() + seconds
    repeat
      local made, placeholders = scenario.generated(random), counts.scenarios % 2 == 0
      local file = assert(io.open(path, "w"))
      -- cjson writes an empty table as an object.
      file:write((cjson.encode(scenario.answers(made, placeholders)):gsub('":{}', '":[]'):gsub('"made":%[%]', '"made":{}')))
      file:close()
      local rows = rows_of(servername)
      count(counts, rows, check(("seed %d, scenario %d"):format(seed, counts.scenarios + 1), made, rows, placeholders))
    until os.time() >= ending
  end)
  close()
  os.remove(path)
  os.remove(path .. ".port")
  if not ended then error(problem, 0) end
  return counts
end

local in_samba = { share1 = "shares/x", alias = "shares/x", nested = "shares/x/p", all = "shares", other = "shares/y" }
local files_there = { "shares/x/a", "shares/x/b", "shares/x/p/c", "shares/y/d" }

---A Samba of its own whose shares lie in and over each other.
---@return { port: integer, folder: string, close: fun() }
function joined.samba()
  local folder = lab.run("mktemp -d"):match "[^\n]+"
  lab.run(("mkdir -p %s/shares/x/p %s/shares/y; chmod -R 777 %s/shares; chmod 755 %s"):format(folder, folder, folder, folder))
  for _, path in ipairs(files_there) do assert(io.open(folder .. "/" .. path, "w")):close() end
  lab.run(("chmod 666 %s/shares/*/? %s/shares/x/p/c; chmod 777 %s/shares/x/p"):format(folder, folder, folder))
  local file = assert(io.open(folder .. "/shares.conf", "w"))
  for name, path in pairs(in_samba) do file:write(("[%s]\npath = %s/%s\nread only = no\n"):format(name, folder, path)) end
  file:close()
  local script = "LAB_FOLDER=%s; export LAB_FOLDER; . spec/lab/samba.sh; samba_start; echo $LAB_SAMBA_PORT > %s/port; cat; samba_stop"
  local process = assert(io.popen(script:format(folder, folder), "w"))
  local port = lab.eventually("a Samba", function()
    local its_port = io.open(folder .. "/port")
    local number = its_port and its_port:read "n"
    if its_port then its_port:close() end
    return number
  end)
  return {
    port = math.tointeger(port), folder = folder,
    close = function()
      process:close()
      lab.run("rm -rf " .. folder)
    end,
  }
end

---A random set of real clients, connected.
---@return table made
---@return fun() close
local function connected(samba, random)
  local made, clients, commands = { shares = {}, sessions = {} }, {}, {}
  local names = {}
  for name in pairs(in_samba) do names[#names + 1] = name end
  table.sort(names)
  for i, name in ipairs(names) do
    made.shares[i] = { name = name, path = ("C:%s/%s"):format(samba.folder, in_samba[name]):gsub("/", "\\"), type = 0 }
  end
  for i = 1, random(1, 4) do
    local user, host, place = ({ "alice", "bob", "zoë" })[random(1, 3)], random(1, 3) == 1 and "::1" or "127.0.0.1", random(1, #names)
    local folder, paths = in_samba[names[place]], {}
    commands[i] = {}
    for _ = 1, random(0, 2) do
      local path = files_there[random(1, #files_there)]
      if path:find(folder .. "/", 1, true) == 1 then
        paths[#paths + 1] = ("C:%s/%s"):format(samba.folder, path):gsub("/", "\\")
        table.insert(commands[i], ("open %s\n"):format(path:sub(#folder + 2):gsub("/", "\\")))
      end
    end
    made.sessions[i] = { user = user, client = host, trees = { { share = made.shares[place], opens = paths } } }
    clients[i] = assert(io.popen(("exec smbclient -p %d -U '%s%%%s' '//%s/%s' > /dev/null 2>&1"):format(
      samba.port, user, lab.password, host, names[place]), "w"))
    clients[i]:setvbuf "no"
  end
  local function status()
    local output = lab.run((". spec/lab/samba.sh; LAB_FOLDER=%s samba_environment smbstatus -s %s/smb.conf --json"):format(
      samba.folder, samba.folder))
    local parsed, answer = pcall(cjson.decode, output)
    if not parsed then return -1, -1 end
    local sessions, files = 0, 0
    for _ in pairs(answer.tcons or {}) do sessions = sessions + 1 end
    for _, file in pairs(answer.open_files or {}) do
      for _ in pairs(file.opens or {}) do files = files + 1 end
    end
    return sessions, files
  end
  local function close()
    for _, client in ipairs(clients) do client:close() end
    lab.eventually("the end of all clients", function() return (status()) == 0 end)
  end
  local opens = 0
  local function wait()
    lab.eventually("clients and their files", function()
      local sessions, files = status()
      return sessions == #clients and files == opens
    end)
  end
  local there, problem = pcall(function()
    wait()
    -- smbclient takes a line at a time, and overlooks what came with it.
    for round = 1, 2 do
      for i, client in ipairs(clients) do
        if commands[i][round] then
          client:write(commands[i][round])
          opens = opens + 1
        end
      end
      wait()
    end
  end)
  if not there then
    close()
    error(problem, 0)
  end
  return made, close
end

---A real Samba with real clients, until the seconds are over.
---@param seed integer
---@param seconds number
---@return table counts
function joined.real(seed, seconds)
  local samba = joined.samba()
  local random, counts = random_of(seed), new_counts()
  local ended, problem = pcall(function()
    local ending = os.time() + seconds
    repeat
      local made, close = connected(samba, random)
      local rows = rows_of("127.0.0.1:" .. samba.port)
      close()
      local others = {}
      for _, row in ipairs(rows) do
        if row.username ~= lab.username then others[#others + 1] = row end
      end
      count(counts, others, check(("seed %d, clients %d"):format(seed, counts.scenarios + 1), made, others, true))
    until os.time() >= ending
  end)
  samba.close()
  if not ended then error(problem, 0) end
  return counts
end

return joined
