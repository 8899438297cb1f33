-- The SMB query beside a bare C loop over libsmbclient, impacket and rpcclient, in one run.
local lab = require "spec.lab"
local smb = require "rollcall.smb"
local clock = require "spec.bench.clock"

local bare = "build/bench/bare"

local function say(...)
  print(string.format(...))
end

---The least of some runs, in milliseconds, and what the last run returned.
local function best_of(runs, work)
  local least, result = math.huge, nil
  for _ = 1, runs do
    local start = clock.now()
    result = work()
    least = math.min(least, (clock.now() - start) * 1e3)
  end
  return least, result
end

local function hold_trees(count)
  local holder = assert(io.popen(("/usr/bin/python3 spec/bench/trees.py %d alice projects %d > %s/held"):format(
    lab.samba_port, count, lab.folder), "w"))
  for _ = 1, 1200 do
    if lab.run(("cat %s/held"):format(lab.folder)):find "held" then return holder end
    os.execute "sleep 0.1"
  end
  error "the tree connections did not come about"
end

---Counts rows that have a field, so that each is really there.
local function count_rows(iterate, field)
  local rows = 0
  for row in iterate() do
    if row[field or "num_opens"] then rows = rows + 1 end
  end
  return rows
end

local function against_samba(count)
  local holder = hold_trees(count)
  local c_call = tonumber(lab.run(("%s %d auditor projects 10"):format(bare, lab.samba_port)):match "^%S+")
  local server <close> = smb.server(lab.as_auditor { servername = lab.samba, timeout = 60 })
  local ours, rows = best_of(10, function()
    return count_rows(function() return server:connections { qualifier = "projects" } end)
  end)
  assert(rows >= count)
  local theirs = tonumber(lab.run(("/usr/bin/python3 spec/bench/impacket_rows.py %d auditor projects"):format(
    lab.samba_port)):match "^%S+")
  say("%6d connections  bare C loop %8.1f ms   rollcall %8.1f ms (%.2f of it)   impacket %8.1f ms (%.1f times ours)",
    rows, c_call, ours, ours / c_call, theirs, theirs / ours)
  holder:close()
  os.execute "sleep 1"
end

local function process_against_rpcclient()
  local holder = hold_trees(100)
  local script = lab.folder .. "/hundred.lua"
  assert(io.open(script, "w")):write(([[
    local smb = require "rollcall.smb"
    local rows = 0
    for _ in smb.connections { servername = %q, qualifier = "projects", username = "auditor", password = os.getenv "LAB_PASSWORD" } do
      rows = rows + 1
    end
    assert(rows >= 100)
  ]]):format(lab.samba)):close()
  local commands = {
    { "rollcall", "lua5.4 " .. script },
    { "rpcclient", ("rpcclient -p %d -U auditor%%%s 127.0.0.1 -c 'netconnenum 1 projects' > /dev/null"):format(
      lab.samba_port, lab.password) },
    -- What a program takes that does nothing but the same call by the same library.
    { "bare", ("%s %d auditor projects 1 > /dev/null"):format(bare, lab.samba_port) },
  }
  local times = {}
  -- In turns, so that what else the machine does meets both.
  for _ = 1, 30 do
    for _, command in ipairs(commands) do
      local least = best_of(1, function() assert(os.execute(command[2])) end)
      times[command[1]] = times[command[1]] or {}
      table.insert(times[command[1]], least)
    end
  end
  for _, list in pairs(times) do table.sort(list) end
  local ours, theirs, least = times.rollcall[15], times.rpcclient[15], times.bare[15]
  say("from start to exit at 100 rows, median of 30: rollcall %.1f ms, rpcclient %.1f ms (%.2f of it), bare C %.1f ms (%.2f of it)",
    ours, theirs, ours / theirs, least, least / theirs)
  holder:close()
end

local function decoding()
  local count, rounds = 400000, 5
  local tables = require "tables"
  local function seconds(next_table, argument, made)
    collectgarbage()
    local start = os.clock()
    while next_table(argument) do made = made + 1 end
    assert(made == count)
    return os.clock() - start
  end
  local function page()
    local step, state = smb.connections(lab.as_auditor {
      servername = lab.double, qualifier = ("rows-%d;fragment=60000"):format(count), prefmaxlen = smb.MAX_PREFERRED_LENGTH, timeout = 60,
    })
    assert(step(state))
    local took = seconds(step, state, 1)
    state:close()
    return took
  end
  local makers = {
    { "a page in memory into tables of ten fields", page },
    { "a C loop that makes such tables of texts that are ready", function() return seconds(tables(count), nil, 0) end },
    { "a C loop that makes tables of 10 constants", function() return seconds(tables(count, 10), nil, 0) end },
    { "a C loop that makes tables of 7 constants", function() return seconds(tables(count, 7), nil, 0) end },
  }
  for _ = 1, rounds do
    for _, maker in ipairs(makers) do maker.best = math.min(maker.best or math.huge, maker[2]()) end
  end
  for _, maker in ipairs(makers) do
    say("%s: %.2f million a second (ours %.2f of it)", maker[1], count / maker.best / 1e6, maker.best / makers[1].best)
  end
end

local function fan_out()
  local latency, targets, concurrency, timeout = 0.5, 100, 10, 1
  local qualifier = ("rows-10;delay=%g"):format(latency)
  local one = best_of(5, function()
    return count_rows(function() return smb.connections(lab.as_auditor { servername = lab.double, qualifier = qualifier }) end)
  end)
  local servers = {}
  for i = 1, targets do servers[i] = i % 10 == 1 and lab.silent or lab.double end
  local dead = 0
  local before = clock.children()
  local all, rows = best_of(1, function()
    return count_rows(function()
      return smb.connections(lab.as_auditor {
        servername = servers, qualifier = qualifier, concurrency = concurrency, timeout = timeout,
        on_error = function() dead = dead + 1 end,
      })
    end)
  end)
  local spent = clock.children() - before
  assert(dead == targets / 10 and rows == 10 * (targets - dead), rows)
  local ideal = ((targets - dead) * one + dead * timeout * 1e3) / concurrency
  say("%d targets, %d dead (timeout %g s), %d at once: %.0f ms; one takes %.0f ms, so at best %.0f ms (%.2f of it); workers' CPU %.2f s",
    targets, dead, timeout, concurrency, all, one, ideal, all / ideal, spent)
end

local function memory()
  local script = [[
    local rows = 0
    if arg[1] ~= "none" then
      local smb = require "rollcall.smb"
      for _ in smb.connections { servername = arg[2], qualifier = "rows-" .. arg[1], username = "auditor",
        password = os.getenv "LAB_PASSWORD", timeout = 60 } do
        rows = rows + 1
        if rows == 1 then
          worker = io.popen("pgrep -x smbpipe -P $PPID"):read "l"
        end
      end
    end
    local function status(process, name)
      for line in io.lines("/proc/" .. process .. "/status") do
        local kilobytes = line:match("^" .. name .. ":%s*(%d+)")
        if kilobytes then return kilobytes end
      end
    end
    print(status("self", "VmHWM"), rows)
  ]]
  local path = lab.folder .. "/memory.lua"
  assert(io.open(path, "w")):write(script):close()
  local function peak(rows)
    return tonumber(lab.run(("lua5.4 %s %s %s"):format(path, rows, lab.double)):match "^%d+")
  end
  local none, few, many = peak "none", peak "1000", peak "1000000"
  say("peak memory above a bare Lua: %.1f MiB at 1,000 rows, %.1f MiB at 1,000,000", (few - none) / 1024, (many - none) / 1024)
  local server <close> = smb.server(lab.as_auditor { servername = lab.double })
  local worker = lab.workers()[1]
  local rollup = lab.run(("cat /proc/%s/smaps_rollup"):format(worker))
  say("a worker: %.1f MiB resident, %.1f MiB of it its own", tonumber(rollup:match "Rss:%s*(%d+)") / 1024,
    (tonumber(rollup:match "Private_Dirty:%s*(%d+)") + tonumber(rollup:match "Private_Clean:%s*(%d+)")) / 1024)
  server:close()
end

---The combined view beside the calls it consists of, made one by one, and impacket's.
local function joined()
  local options = lab.as_auditor { servername = lab.big, timeout = 60 }
  local listing, rows = best_of(5, function()
    return count_rows(function() return smb.rollcall(options) end, "sources")
  end)
  local calls, shares = best_of(5, function()
    local server <close> = smb.server(options)
    local names = {}
    for row in server:shares { level = "best" } do names[#names + 1] = row.share end
    for _ in server:sessions() do end
    for _ in server:files() do end
    for _, name in ipairs(names) do
      for _ in server:connections { qualifier = name } do end
    end
    return #names
  end)
  local theirs = tonumber(lab.run(("/usr/bin/python3 spec/bench/impacket_calls.py %d auditor"):format(lab.big_port)):match "^%S+")
  say("combined view of %d shares, %d rows: %.0f ms; its calls one by one %.0f ms (%.2f of them);"
    .. " impacket's calls %.0f ms (%.1f times ours)", shares, rows, listing, calls, listing / calls, theirs, theirs / listing)
end

against_samba(1000)
against_samba(10000)
process_against_rpcclient()
decoding()
joined()
fan_out()
memory()
