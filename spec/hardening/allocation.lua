-- Lets memory run out at every place where it is asked for, one after another, in scripts that go
-- through every iterator, page call and error path.
--
--     allocation.lua FACTS STRIDE [PATTERN]
--
-- Inside spec/lab/run, in the host allocation.c. Where a script begins a worker or a connection of
-- its own, every STRIDEth of the places where Lua asks is tried; PATTERN chooses scripts by their names.
io.stdout:setvbuf "line"
local harness = require "spec.hardening.harness"
local lab = require "spec.lab"
local cloud = require "spec.cloud"
local inventory = require "rollcall.inventory"
local policy = require "rollcall.policy"
local smb = require "rollcall.smb"
local snapshot = require "rollcall.snapshot"

local facts_path, stride, chosen = ...
stride = tonumber(stride) or 1

-- What an iterator gives, as text, so that two runs can be compared.
local function counted(step, state, control, closing)
  local rows = 0
  for _ in step, state, control, closing do rows = rows + 1 end
  return rows
end

local function double(more) return lab.as_auditor { servername = lab.double, qualifier = more or "people", prefmaxlen = 200 } end

local function raised(f, ...)
  local ended, failure = pcall(f, ...)
  assert(not ended, "it did not fail")
  -- Where memory ran out, that is what is raised, and not what was to be seen.
  if type(failure) ~= "table" then error(failure, 0) end
  if failure.name == "ERROR_NOT_ENOUGH_MEMORY" or failure.code == "CURLE_OUT_OF_MEMORY" then error(failure, 0) end
  return failure.name or failure.code
end

local kept_server, kept_client, held
local path = lab.folder .. "/allocation.jsonl"

---Each script: its name, whether it begins a worker or connection, what it does; the result is
---always the same. Some go on with what was begun before, with memory enough; that is held on to, and what
---it had has to be gone without a collection.
local scripts = {
  { "connections", true, function() return counted(smb.connections(double())) end },
  { "connections over a server handle", false, function() return counted(kept_server():connections { qualifier = "people", prefmaxlen = 200 }) end },
  { "a page of connections", true, function() return #smb.connection_page(double()).entries end },
  { "a page over a server handle", false, function() return #kept_server():connection_page { qualifier = "people" }.entries end },
  { "sessions of Samba at the best level", true, function()
    local seen = 0
    for row in smb.sessions(lab.as_auditor { servername = lab.samba, level = "best" }) do seen = seen + (row.level and 1 or 0) end
    return seen > 0
  end },
  { "files", true, function() return counted(smb.files(lab.as_auditor { servername = lab.double })) end },
  { "shares", true, function() return counted(smb.shares(lab.as_auditor { servername = lab.double })) end },
  { "the joined roll call", true, function() return counted(smb.rollcall(lab.as_auditor { servername = lab.double })) end },
  { "two servers side by side, of which one is not there", true, function()
    local failures, told, rows = 0, 0, 0
    for _ in smb.connections {
      servername = { lab.double, lab.closed }, qualifier = "people", username = lab.username, password = lab.password, concurrency = 2,
      on_error = function(failure)
        if failure.name == "ERROR_NOT_ENOUGH_MEMORY" then error(failure, 0) end
        failures = failures + 1
      end,
      on_target = function() told = told + 1 end,
    } do rows = rows + 1 end
    return ("%d %d %d"):format(rows, failures, told)
  end },
  { "an iterator that is left", true, function()
    for row in smb.connections(double "rows-30") do
      if row.id == 4 then return row.id end
    end
  end },
  { "an iterator that was begun before", true, function() return counted(table.unpack(held)) end,
    function() held = { smb.connections(lab.as_auditor { servername = lab.double, qualifier = "people" }) } end },
  { "a query of desktops that was begun before", true, function() return counted(table.unpack(held)) end,
    function() held = { kept_client():sessions { user_name = { "alice", "bob" }, retries = 0 } } end },
  { "a coroutine that is dropped", true, function()
    local routine = coroutine.wrap(function()
      for row in smb.connections(double()) do coroutine.yield(row.num_opens) end
    end)
    return routine()
  end },
  { "nobody at the port", true, function()
    return raised(function() return counted(smb.connections(lab.as_auditor { servername = lab.closed, qualifier = "x" })) end)
  end },
  { "a refused logon", true, function()
    return raised(smb.connection_page, { servername = lab.double, qualifier = "x", username = lab.username, password = "wrong" })
  end },
  { "an RPC fault", true, function() return raised(function() return counted(smb.connections(double "people;fault=5")) end) end },
  { "a malformed answer", true, function() return raised(function() return counted(smb.connections(double "people;stub=00ff")) end) end },
  { "no such share", true, function() return raised(function() return counted(smb.connections(double "nothing")) end) end },
  -- One at a time: of two that begin at once each may keep a connection.
  { "sessions of desktops", false, function()
    return #cloud.collect(kept_client():sessions { user_name = { "alice", "bob" }, concurrency = 1, retries = 0 })
  end },
  { "sessions of desktops, with a client of their own", true, function()
    local client <close> = cloud.client()
    return #cloud.collect(client:sessions { user_name = { "alice", "bob" }, retries = 0 })
  end },
  { "sessions of desktops, signed", true, function()
    local client <close> = cloud.key_client()
    return #cloud.collect(client:sessions { user_name = "alice", retries = 0 })
  end },
  { "a token from IAM", true, function()
    local client <close> = cloud.login_client()
    return #cloud.collect(client:sessions { user_name = "alice", retries = 0 })
  end },
  { "pages of desktops", false, function()
    return #cloud.collect(kept_client():list_sessions { query_begin_time = 0, query_end_time = 1, machine_name = "total=5", limit = 2, retries = 0 })
  end },
  { "a refused user of desktops", false, function()
    return raised(function() return cloud.collect(kept_client():sessions { user_name = "x;status=404", retries = 0 }) end)
  end },
  { "an answer that is no JSON", false, function()
    return raised(function() return cloud.collect(kept_client():sessions { user_name = "x;body=7b22", retries = 0 }) end)
  end },
  { "an inventory of rows, judged and kept", false, function()
    local inv = assert(inventory.parse([[rows { kind = "badge", { user = "alice" }, { user = "bob" } }]], "i"))
    local rules = assert(policy.parse([[rule { id = "x", kind = "badge", check = function(p) return p.row.user == "bob" end, message = "{user}" }]], "p"))
    local result = policy.evaluate(rules, { rows = inventory.rows(inv), outcomes = {}, now = 1700000000 })
    if result.rules[1].error then error(result.rules[1].error, 0) end
    local writer <close> = assert(snapshot.create(path, 1700000000))
    for kind, row in inventory.rows(inv) do writer:row(kind, row) end
    writer:finish()
    local kept <close> = assert(snapshot.open(path))
    return ("%s %d"):format(result.rules[1].verdict, counted(kept:each()))
  end },
}

local server_now, client_now
local function close_kept()
  if server_now then server_now:close() end
  if client_now then client_now:close() end
  server_now, client_now = nil, nil
end
function kept_server()
  if not server_now then server_now = smb.server(lab.as_auditor { servername = lab.double }) end
  return server_now
end
function kept_client()
  if not client_now then client_now = cloud.client() end
  return client_now
end

-- Read without a program, which would be a process of its own.
local function children()
  local file = assert(io.open "/proc/self/stat")
  local own = file:read "n"
  file:close()
  file = assert(io.open(("/proc/self/task/%d/children"):format(own)))
  local line = file:read "a"
  file:close()
  return select(2, line:gsub("%d+", ""))
end

local lfs = require "lfs"
local function descriptors()
  local count = 0
  for _ in lfs.dir "/proc/self/fd" do count = count + 1 end
  return count
end

local function left_over()
  collectgarbage()
  collectgarbage()
  return children(), descriptors()
end

local FOREVER = math.maxinteger
local messages = {}

local function is_memory(message)
  if type(message) == "table" then
    messages[tostring(message.code) .. " " .. tostring(message.message)] = true
    return message.name == "ERROR_NOT_ENOUGH_MEMORY" or message.code == "CURLE_OUT_OF_MEMORY" or tostring(message.message):find "[Mm]emory"
  end
  messages[message] = true
  return message:find "not enough memory" or message:find "too much memory" or message:find "Cannot allocate memory"
end

---Runs a script with the allocations from N on failing, or the Nth alone, for N after N until none
---fails any more.
local function wear_out(who, once, script)
  local name, costs, run, begin = table.unpack(script)
  local step = costs and who == "lua" and stride or 1
  begin = begin or function() end
  close_kept() -- a server does not wait for ever
  begin()
  local _, _, expected_well, expected = starve("nobody", 1, 1, run)
  assert(expected_well, expected)
  local processes, opened = left_over()
  held = nil
  local places, failed, number = 0, 0, 1
  while true do
    begin()
    local asked, refused, well, result = starve(who, number, once and number or FOREVER, run)
    assert(not held or (children() <= processes and descriptors() <= opened), name .. ": what it had is there until a collection")
    held = nil
    if refused == 0 then
      assert(well and result == expected, ("%s: %s without a failure"):format(name, tostring(result)))
      return places, failed, asked, step
    end
    places = places + 1
    local where = ("%s: %s of %s, allocation %d%s"):format(name, tostring(result), who, number, once and " alone" or " and all after it")
    if well then
      assert(result == expected, where .. ": another result")
    else
      failed = failed + 1
      assert(is_memory(result), where .. ": not told as what it is")
    end
    begin()
    local _, _, again, result_again = starve("nobody", 1, 1, run)
    held = nil
    assert(again and result_again == expected, ("%s: afterwards %s"):format(where, tostring(result_again)))
    -- Fewer may be: a worker or connection that was kept from before. A connection that the server has
    -- ended is only noticed by the next who would use it, so this comes after that.
    local processes_after, opened_after = left_over()
    assert(processes_after <= processes, ("%s: %d processes before, %d after"):format(where, processes, processes_after))
    assert(opened_after <= opened, ("%s: %d descriptors before, %d after"):format(where, opened, opened_after))
    number = number + step
  end
end

local function now()
  local file = assert(io.open "/proc/uptime")
  local seconds = file:read "n"
  file:close()
  return seconds
end

local facts = {}
local function total(what, places, failed, scripts_run, stepped)
  local line = ("%s\t%d places in %d scripts%s\t%d ended in an error that says so, %d went well; nothing left behind, and the same script runs afterwards")
    :format(what, places, scripts_run, stepped > 1 and ", of those with a logon " .. harness.every(stepped) or "", failed, places - failed)
  facts[#facts + 1] = line .. "\n"
  print("  " .. line:gsub("\t", ": "))
end

local ways = {
  { "lua", false, "memory for Lua runs out, from each place on" },
  { "lua", true, "memory for Lua runs out once, at each place" },
  { "core", false, "malloc in the C code fails, from each place on" },
  { "core", true, "malloc in the C code fails once, at each place" },
}
for _, way in ipairs(ways) do
  local who, once, what = table.unpack(way)
  local places, failed, count = 0, 0, 0
  for _, script in ipairs(scripts) do
    if not chosen or (who .. " " .. script[1]):find(chosen) then
      local started = now()
      local its_places, its_failed, asked = wear_out(who, once, script)
      if os.getenv "VERBOSE" then
        print(("    %-6s %-5s %-55s %4d of %4d places, %4d errors, %.1f s"):format(who, tostring(once), script[1], its_places, asked, its_failed,
          now() - started))
      end
      places, failed, count = places + its_places, failed + its_failed, count + 1
    end
  end
  if count > 0 then total(what, places, failed, count, who == "lua" and stride or 1) end
end
if os.getenv "VERBOSE" then
  for message in pairs(messages) do print("    " .. message) end
end
close_kept()
if facts_path and not chosen then
  local file = assert(io.open(facts_path, "w"))
  file:write(table.concat(facts))
  file:close()
end
