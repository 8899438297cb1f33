-- A million rows from a snapshot: a report grouped by share, and ten rules, beside Miller and jq doing the
-- same grouping in the same run, and beside their floors: the rows read, and nothing done with them; the
-- groups and totals, and what the rules look at, each in one plain loop. And two such snapshots, compared.
local ROWS = math.tointeger(arg[1] or 1000000)

local folder = assert(io.popen("mktemp -d")):read "l"
local path = folder .. "/rows.jsonl"

local function put(name, text)
  local file = assert(io.open(folder .. "/" .. name, "w"))
  file:write(text)
  file:close()
  return folder .. "/" .. name
end

---Every thousandth row has another id in each of two such files.
local function make_rows(to, added)
  local file = assert(io.open(to, "w"))
  file:write('{"kind": "snapshot", "schema": "rollcall.snapshot/1", "generated_at": "2026-11-21T12:00:00Z"}\n')
  local line = '{"kind": "connection", "servername": "fs%d", "share": "share%d", "username": "CORP\\\\user%d", "client": "10.%d.%d.%d", '
    .. '"num_opens": %d, "num_users": 1, "time": %d, "type": 0, "id": %d, "netname": "10.0.0.1"}\n'
  for i = 1, ROWS do
    file:write(line:format(i % 20, i % 50, i * 7919 % 5000, i % 4, i % 200, i % 250, i % 9, i % 80000, i % 1000 == 0 and i + added or i))
  end
  for i = 0, 19 do
    file:write(('{"kind": "target", "source": "smb", "target": "fs%d", "query": "connection", "completeness": "complete"}\n'):format(i))
  end
  file:write(('{"kind": "end", "rows": %d}\n'):format(ROWS))
  file:close()
end

---Runs a command, three times if nothing else is said; gives its seconds, its peak memory in MiB, and its output.
local function measured(command, times)
  local seconds, kilobytes, output = math.huge, 0, nil
  for _ = 1, times or 3 do
    local pipe = assert(io.popen(("/usr/bin/time -f '%%e %%M' -o %s/time %s"):format(folder, command)))
    output = pipe:read "a"
    pipe:close()
    local file = assert(io.open(folder .. "/time"))
    local spent, peak = file:read "a":match "([%d.]+) (%d+)\n$"
    file:close()
    seconds, kilobytes = math.min(seconds, tonumber(spent)), math.max(kilobytes, tonumber(peak))
  end
  return seconds, kilobytes / 1024, output
end

local function tell(name, seconds, mebibytes, other)
  print(("%-34s %6.2f s  %9.0f rows/s  %6.1f MiB%s"):format(name, seconds, ROWS / seconds, mebibytes,
    other and ("  (%.1f times ours)"):format(seconds / other) or ""))
end

make_rows(path, 0)
local rollcall = os.getenv "ROLLCALL" or "build/rollcall"
local ours, our_memory, report = measured(("%s report %s -g resource -m sum:num_opens --no-totals -f csv"):format(rollcall, path))
assert(report:find(("row,share7,%d,"):format(ROWS // 50), 1, true), report)
tell("rollcall report -g resource", ours, our_memory)

local with_totals, totals_memory = measured(("%s report %s -g resource -m sum:num_opens -f json"):format(rollcall, path))
tell("  and users, clients, resources", with_totals, totals_memory)

local mlr, mlr_memory, mlr_output = measured(
  ("mlr --ijsonl --ocsv filter '$kind == \"connection\"' then stats1 -a count,sum -f num_opens -g share %s"):format(path))
assert(mlr_output:find(("share7,%d,"):format(ROWS // 50), 1, true), mlr_output)
tell("Miller, the same grouping", mlr, mlr_memory, ours)

local program = put("group.jq", [[reduce (inputs | select(.kind == "connection")) as $r ({};
  .[$r.share] |= {count: (.count + 1), sum: (.sum + $r.num_opens)})]])
local jq, jq_memory, jq_output = measured(("jq -n -c -f %s %s"):format(program, path))
assert(jq_output:find(('"share7":{"count":%d,'):format(ROWS // 50), 1, true), jq_output)
tell("jq, the same grouping", jq, jq_memory, ours)

-- Each row is given back, as by the report.
local reading = put("reading.lua", [[
  collectgarbage("incremental", 400, 400)
  local opened = require("rollcall.snapshot").open(arg[1])
  local kind, row
  repeat kind, row = opened:next(row) until not kind
]])
local floor, floor_memory = measured(("lua5.4 %s %s"):format(reading, path))
tell("Rows read, and nothing done", floor, floor_memory)

-- The least that groups and totals take, with no view of a row, of rows that have all fields.
local plain_loop = put("report.lua", [[
  collectgarbage("incremental", 400, 400)
  local presence = require "rollcall.presence"
  local opened = require("rollcall.snapshot").open(arg[1])
  local user_of = require "rollcall.internal.remembering"(presence.user_of)
  local rows, sums, users, clients, count_of_users, count_of_clients = {}, {}, {}, {}, 0, 0
  local kind, row = opened:next()
  while kind do
    local resource, user, client = row.share, user_of[row.username], row.client
    rows[resource], sums[resource] = (rows[resource] or 0) + 1, (sums[resource] or 0) + row.num_opens
    if not users[user] then users[user], count_of_users = true, count_of_users + 1 end
    if not clients[client] then clients[client], count_of_clients = true, count_of_clients + 1 end
    kind, row = opened:next(row)
  end
  print(rows.share7, sums.share7, count_of_users, count_of_clients)
]])
local by_loop, loop_memory, loop_output = measured(("lua5.4 %s %s"):format(plain_loop, path))
assert(loop_output:find(("^%d\t"):format(ROWS // 50)), loop_output)
tell("Groups and totals, one plain loop", by_loop, loop_memory)
print(("a report with totals is %.1f times as fast as jq, one plain loop %.1f times, and reading alone %.1f times"):format(
  jq / with_totals, jq / by_loop, jq / floor))

local policy = put("policies.lua", [[
  rule(builtin.clients_per_user { max = 1000 })
  rule(builtin.two_clients { filter = function(p) return p.resource == "share7" end, id = "own-filter" })
  rule(builtin.connected_longer_than { seconds = 86400 })
  rule(builtin.outside_hours { from = "07:00", to = "19:00" })
  rule(builtin.client_networks { allow = { "10.0.0.0/8", "fd00::/8" } })
  rule(builtin.administrative_shares {})
  rule(builtin.accounts { deny = { "svc-*", "guest" } })
  rule(builtin.share_and_desktop {})
  rule { id = "own-row", check = function(p) return p.num_opens < 9 end, message = "{user}" }
  rule { id = "own-group", group_by = { "origin", "resource" }, distinct = "user", message = "",
         check_group = function(g) return g.count > 0 end }
]])
local check, check_memory, verdicts = measured(("%s check %s -p %s -f json"):format(rollcall, path, policy))
assert(select(2, verdicts:gsub('"verdict": "pass"', "")) == 10, verdicts)
tell("rollcall check, ten rules", check, check_memory)

local by_hand, by_hand_memory = measured(("lua5.4 %s/rules_by_hand.lua %s"):format(arg[0]:match "^(.*)/[^/]*$" or ".", path))
tell("  what they look at, by hand", by_hand, by_hand_memory)
print(("a check takes %.1f times as long as one plain loop over the rows"):format(check / by_hand))

local other = folder .. "/other.jsonl"
make_rows(other, ROWS)
local diff, diff_memory, changes = measured(("%s diff %s %s | wc -l"):format(rollcall, path, other), 1)
assert(tonumber(changes) == 2 * (ROWS // 1000), changes)
tell("rollcall diff of two", diff, diff_memory)

os.execute("rm -r " .. folder)
