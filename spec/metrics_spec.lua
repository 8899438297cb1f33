-- Metrics for Prometheus: what is counted, what is left out because it is not known, and that others read every page.
local cjson = require "cjson"
local text_file = require "spec.lab.text_file"

local hostile = require "spec.lab.hostile"
local lab = require "spec.lab"
local metrics = require "spec.lab.metrics"
local policy = require "rollcall.policy"
local report = require "rollcall.report"
local snapshot = require "rollcall.snapshot"
local textfile = require "rollcall.report.textfile"

local NOW = 1700000000
local FORMATS = { "prometheus", "openmetrics" }

local function put(name, text) return text_file.put(lab.folder .. "/" .. name, text) end

local content = text_file.content

local function rendered(format, options)
  local parts = {}
  local all = { format = format, write = function(part) parts[#parts + 1] = part end, now = NOW }
  for name, value in pairs(options) do all[name] = value end
  report.render(all)
  return table.concat(parts)
end

---A report's samples, in both formats.
local function samples_of(options)
  local samples = {}
  for i, format in ipairs(FORMATS) do samples[i] = metrics.read(format, rendered(format, options)) end
  return samples[1], samples[2]
end

local function connection(server, user, share, client, time, opens)
  return { kind = "connection", servername = server, username = user, share = share, client = client, time = time, num_opens = opens }
end

local rows = {
  connection("fs1", "CORP\\bob", "projects", "10.0.0.9", 7200, 4),
  connection("fs1", "CORP\\alice", "projects", "10.0.0.10", 60, 1),
  connection("fs1", "alice@corp", "public", "10.0.0.10", 90000, 2),
  connection("fs3", "eve", "public", "10.0.0.3", 5, 1),
  { kind = "smb_session", servername = "fs1", username = "bob", client = "10.0.0.9", time = 100, idle_time = 61, num_opens = 1 },
  { kind = "file", servername = "fs1", username = "bob", pathname = "C:\\secret.txt", num_locks = 0, permissions = 1, id = 1 },
  { kind = "session", origin = "region", login_user = "Alice", session_state = "Active", machine_name = "vd-1", client_ip = "10.0.0.10" },
  { kind = "share", servername = "fs1", share = "projects", current_uses = 7 },
  { kind = "badge", account = "eve" },
}

local function outcome(target, query, completeness, claimed, received)
  return { source = "smb", target = target, query = query, completeness = completeness, claimed = claimed, received = received }
end

local outcomes = {
  outcome("fs1", "connection", "complete", 3, 3), outcome("fs1", "smb_session", "complete", 1, 1), outcome("fs1", "file", "complete", 1, 1),
  outcome("fs1", "share", "complete", 1, 1), outcome("fs2", "connection", "unreachable"), outcome("fs3", "connection", "partial", 5, 1),
  outcome("fs4", "connection", "complete", 0, 0), outcome("fs5", "smb_session", "denied"),
  { source = "workspace", target = "region", query = "session", completeness = "complete", claimed = 2, received = 2 },
  { source = "rows", target = "badge", query = "badge", completeness = "complete", claimed = 1, received = 1 },
}

describe("metrics of a report", function()
  local samples, open

  setup(function() samples, open = samples_of { rows = rows, outcomes = outcomes, elapsed = function() return 1.5 end } end)

  it("are the same in both formats", function() assert.same(samples, open) end)

  it("count by target and share", function()
    for name, value in pairs {
      ["rollcall_connections{share=projects,target=fs1}"] = 2, ["rollcall_connections{share=public,target=fs1}"] = 1,
      ["rollcall_sessions{target=fs1}"] = 1, ["rollcall_workspace_sessions{session_state=Active,target=region}"] = 1,
      ["rollcall_rows{kind=badge,target=badge}"] = 1, ["rollcall_shares{target=fs1}"] = 1,
      ["rollcall_share_current_uses{share=projects,target=fs1}"] = 7,
      ["rollcall_open_files{kind=connection,share=projects,target=fs1}"] = 5, ["rollcall_open_files{kind=file,target=fs1}"] = 1,
      ["rollcall_open_files{kind=smb_session,target=fs1}"] = 1,
      ["rollcall_users{kind=connection,target=fs1}"] = 2, ["rollcall_clients{kind=connection,target=fs1}"] = 2,
      ["rollcall_share_users{kind=connection,share=projects,target=fs1}"] = 2,
      ["rollcall_share_clients{kind=connection,share=public,target=fs1}"] = 1,
      ["rollcall_age_seconds_bucket{kind=connection,le=60,target=fs1}"] = 1,
      ["rollcall_age_seconds_bucket{kind=connection,le=14400,target=fs1}"] = 2,
      ["rollcall_age_seconds_bucket{kind=connection,le=86400,target=fs1}"] = 2,
      ["rollcall_age_seconds_bucket{kind=connection,le=+Inf,target=fs1}"] = 3,
      ["rollcall_age_seconds_sum{kind=connection,target=fs1}"] = 97260,
      ["rollcall_idle_seconds_bucket{kind=smb_session,le=60,target=fs1}"] = 0,
      ["rollcall_idle_seconds_bucket{kind=smb_session,le=300,target=fs1}"] = 1,
      ["rollcall_target_claimed_entries{kind=connection,target=fs3}"] = 5,
      ["rollcall_target_received_entries{kind=connection,target=fs3}"] = 1,
      ["rollcall_target_last_good_poll_timestamp_seconds{kind=connection,target=fs1}"] = NOW,
      ["rollcall_poll_timestamp_seconds{}"] = NOW, ["rollcall_poll_duration_seconds{}"] = 1.5,
    } do
      assert.equal(value, samples[name], name)
    end
  end)

  it("have the completeness of a target that was not asked in full, and no count, not even 0", function()
    for target, words in pairs { fs2 = "unreachable", fs3 = "partial", fs5 = "denied" } do
      local count = 0
      for name, value in pairs(samples) do
        if name:find("target=" .. target, 1, true) then
          count = count + 1
          assert.is_truthy(name:find "^rollcall_target_", name)
          assert.is_nil(name:find("last_good", 1, true), name)
          if name:find "completeness" then assert.equal(name:find("state=" .. words, 1, true) and 1 or 0, value, name) end
        end
      end
      assert.is_true(count >= 5, target)
    end
  end)

  it("have 0 where nobody is connected", function()
    assert.equal(0, samples["rollcall_connections{target=fs4}"])
    assert.equal(0, samples["rollcall_users{kind=connection,target=fs4}"])
    assert.equal(0, samples["rollcall_age_seconds_count{kind=connection,target=fs4}"])
    assert.is_nil(samples["rollcall_connections{target=fs1}"])
  end)

  it("name no user, client or path", function()
    for _, format in ipairs(FORMATS) do
      local page = rendered(format, { rows = rows, outcomes = outcomes })
      for _, secret in ipairs { "alice", "bob", "10.0.0", "secret.txt", "vd-1" } do
        assert.is_nil(page:lower():find(secret, 1, true), secret)
      end
    end
  end)

  it("name them where groups by them were asked for", function()
    local groups, in_open = samples_of { rows = rows, outcomes = outcomes, group_by = { "user", "resource" },
      measures = { "distinct:client", "sum:num_opens" }, filter = function(view) return view.kind ~= "badge" end }
    assert.same(groups, in_open)
    assert.equal(1, groups["rollcall_group_rows{resource=projects,user=alice,where=a filter says so}"])
    assert.equal(4, groups["rollcall_group_sum_num_opens{resource=projects,user=bob,where=a filter says so}"])
    -- Which clients a file is open from was not said.
    assert.equal(1, groups["rollcall_group_rows{resource=C:\\secret.txt,user=bob,where=a filter says so}"])
    assert.is_nil(groups["rollcall_group_clients{resource=C:\\secret.txt,user=bob,where=a filter says so}"])
    assert.equal(1, groups["rollcall_target_completeness{kind=connection,state=unreachable,target=fs2,where=a filter says so}"])
    assert.is_nil(groups["rollcall_connections{share=projects,target=fs1,where=a filter says so}"])
  end)

  it("leave out what rows do not say", function()
    local found = samples_of { outcomes = { outcome("fs1", "connection", "complete"), outcome("fs1", "access", "complete") }, rows = {
      connection("fs1", nil, "a", nil, nil, nil), connection("fs1", nil, "b", nil, nil, 2),
      { kind = "access", servername = "fs1", username = "bob", sources = "session" },
    } }
    assert.equal(1, found["rollcall_connections{share=a,target=fs1}"])
    assert.equal(2, found["rollcall_open_files{kind=connection,share=b,target=fs1}"])
    for name in pairs(found) do
      local is_of_connections = name:find("kind=connection", 1, true) and not name:find "^rollcall_target"
      assert.is_true(not is_of_connections or name:find("share=b", 1, true) ~= nil, name)
    end
    assert.equal(1, found["rollcall_accesses{target=fs1}"])
    assert.equal(1, found["rollcall_users{kind=access,target=fs1}"])
    assert.is_nil(found["rollcall_clients{kind=access,target=fs1}"])
  end)

  it("do not count placeholders as users, clients and times, nor a share that the server does not say", function()
    local row = connection("nas", "dummy_user", "projects", "IPC$", 3, 1)
    row.placeholder = true
    local found = samples_of { rows = { row,
      { kind = "access", servername = "nas", username = "bob", client = "c", time = 9, sources = "session" },
      { kind = "access", servername = "nas", username = "eve", client = "d", time = 9, share = "projects", sources = "session+file" } },
      outcomes = { outcome("nas", "connection", "placeholder", 1, 1), outcome("nas", "access", "placeholder", 2, 2) } }
    assert.equal(1, found["rollcall_connections{share=projects,target=nas}"])
    assert.equal(2, found["rollcall_accesses{target=nas}"])
    assert.equal(2, found["rollcall_users{kind=access,target=nas}"])
    assert.equal(2, found["rollcall_age_seconds_count{kind=access,target=nas}"])
    for name in pairs(found) do
      local makes_up = name:find "_users" or name:find "_clients" or name:find "_age_"
      assert.is_falsy(makes_up and name:find("kind=connection", 1, true), name)
      assert.is_falsy(name:find("kind=access", 1, true) and name:find("share=", 1, true), name)
    end
    assert.equal(1, found["rollcall_target_completeness{kind=connection,state=placeholder,target=nas}"])
  end)

  it("count nothing as known of a damaged snapshot, nor where one of two results of a target is bad", function()
    for _, more in ipairs {
      { source = "snapshot", target = "old.jsonl", completeness = "partial", reason = "line 3 is damaged" },
      outcome("fs1", "connection", "denied"), outcome("fs1", "connection", "something newer"),
    } do
      local found = samples_of { rows = { rows[1] }, outcomes = { outcome("fs1", "connection", "complete"), more } }
      for name in pairs(found) do assert.is_truthy(name:find "^rollcall_target_" or name:find "^rollcall_poll_", name) end
    end
  end)

  it("refuse what would say nothing, as a report of groups takes it", function()
    for _, format in ipairs(FORMATS) do
      for field, value in pairs { limit = 1, sort = "user", columns = { "user" } } do
        assert.error_matches(function() rendered(format, { rows = {}, [field] = value }) end,
          ("report.render: %s belongs to group_by in the format '%s'"):format(field, format), 1, true)
      end
      assert.is_string(rendered(format, { rows = rows, group_by = "user", limit = 1, sort = "user" }))
    end
  end)
end)

describe("labels", function()
  it("come out as the servers' own names, whatever these are", function()
    local names, many = {}, {}
    for _, name in pairs(hostile) do names[#names + 1] = name end
    for _, name in ipairs { 'a"b', "a\\", "a\\nb", "a\nb", "\n", "}", "a=b,c", "# EOF", "é", "a\rb", " " } do names[#names + 1] = name end
    for i, name in ipairs(names) do many[i] = connection(name, name, name, name, 1, 1) end
    local targets = {}
    for i, name in ipairs(names) do targets[i] = outcome(name, "connection", "complete", 1, 1) end
    for _, format in ipairs(FORMATS) do
      local found = {}
      for _, sample in ipairs((select(3, metrics.read(format, rendered(format, { rows = many, outcomes = targets }))))) do
        if sample[1] == "rollcall_connections" then
          assert.equal(sample[2].target, sample[2].share)
          found[sample[2].target] = true
        end
      end
      for _, name in ipairs(names) do assert.is_true(found[name], name) end
      metrics.read(format, rendered(format, { rows = many, outcomes = targets, group_by = { "user", "client", "origin" } }))
    end
  end)

  it("stay different where names are no UTF-8, nothing, or numbers that look like text", function()
    local many = { connection("fs1", "u", "\xff", "c", 1, 1), connection("fs1", "u", "\xfe", "c", 1, 1) }
    local found = samples_of { rows = many, outcomes = { outcome("fs1", "connection", "complete") } }
    assert.equal(1, found["rollcall_connections{share=\u{FFFD},target=fs1}"])
    assert.equal(1, found["rollcall_connections{share=\u{FFFD} (2),target=fs1}"])
    found = samples_of { group_by = { "door-name", "door_name" }, measures = { "distinct:user" }, rows = {
      { kind = "badge", ["door-name"] = 1, door_name = "\xff" }, { kind = "badge", ["door-name"] = 1, door_name = "\xfe" },
      { kind = "badge", ["door-name"] = "" }, { kind = "badge" },
    } }
    for _, name in ipairs { "{door_name=1,door_name_2=\u{FFFD}}", "{door_name=1,door_name_2=\u{FFFD} (2)}", "{}", "{door_name_2= (2)}" } do
      assert.equal(1, found["rollcall_group_rows" .. name], name)
    end
  end)

  it("would be refused if they were not escaped, or twice there", function()
    for _, format in ipairs(FORMATS) do
      local page = rendered(format, { rows = { connection("fs1", "u", "a\nb", "c", 1, 1) },
        outcomes = { outcome("fs1", "connection", "complete") } })
      assert.is_nil((metrics.problem(format, page)))
      assert.is_string((metrics.problem(format, (page:gsub("a\\nb", "a\nb")))))
      assert.is_string((metrics.problem(format, (page:gsub("(rollcall_poll_timestamp_seconds %d+\n)", "%1%1")))))
      assert.is_string((metrics.problem(format, (page:gsub("# HELP [^\n]+\n", "", 1):gsub("gauge", "counter", 1)))))
    end
  end)
end)

describe("metrics of a check", function()
  it("are the verdicts, and a number of findings only where they are known", function()
    local its_policy = assert(policy.parse([[
      rule { id = "broken", severity = "warning", kind = "connection", check = function() return false end, message = "{user}" }
      rule { id = "kept", kind = "connection", check = function() return true end, message = "" }
      rule { id = "unseen", kind = "session", check = function() return true end, message = "" }]], 'my "rules".lua'))
    local position = 0
    local result = policy.evaluate(its_policy, { now = NOW, outcomes = outcomes, rows = function()
      position = position + 1
      if position <= 3 then return "connection", rows[position] end
    end })
    for _, format in ipairs(FORMATS) do
      local parts = {}
      policy.write(result, format, function(part) parts[#parts + 1] = part end)
      local page = table.concat(parts)
      local found = metrics.read(format, page)
      local function value(name, rule, severity, state)
        return found[("%s{policy=my \"rules\".lua,rule=%s,severity=%s%s}"):format(name, rule, severity, state and ",state=" .. state or "")]
      end
      assert.equal(1, value("rollcall_rule_verdict", "broken", "warning", "fail"))
      assert.equal(0, value("rollcall_rule_verdict", "broken", "warning", "pass"))
      assert.equal(3, value("rollcall_rule_findings", "broken", "warning"))
      -- fs2 was not reached, so nobody knows.
      assert.equal(1, value("rollcall_rule_verdict", "kept", "error", "unknown"))
      assert.equal(3, value("rollcall_rule_judged_rows", "kept", "error"))
      assert.is_nil(value("rollcall_rule_findings", "kept", "error"))
      assert.equal(1, value("rollcall_rule_verdict", "unseen", "error", "pass"))
      assert.equal(0, value("rollcall_rule_findings", "unseen", "error"))
      assert.equal(NOW, found['rollcall_check_timestamp_seconds{policy=my "rules".lua}'])
      assert.is_nil(page:find("alice", 1, true))
    end
  end)
end)

describe("the textfile of a watch", function()
  it("keeps when each target last answered in full", function()
    local path = lab.folder .. "/polls.prom"
    local write = textfile.new(path)
    local function poll(now, completeness)
      local entry = { kind = "connection", row = connection("fs1", "bob", "projects", "c", 1, 1) }
      write({ entries = { x = entry }, order = { "x" }, outcomes = { outcome("fs1", "connection", completeness) } }, {}, now, 0.25)
      return (metrics.read("prometheus", content(path)))
    end
    local good = "rollcall_target_last_good_poll_timestamp_seconds{kind=connection,target=fs1}"
    local count = "rollcall_connections{share=projects,target=fs1}"
    local found = poll(NOW, "unreachable")
    assert.same({}, { found[good], found[count] })
    found = poll(NOW + 1, "complete")
    assert.same({ NOW + 1, 1 }, { found[good], found[count] })
    found = poll(NOW + 2, "unreachable")
    assert.same({ NOW + 1, nil, NOW + 2, 0.25 },
      { found[good], found[count], found["rollcall_poll_timestamp_seconds{}"], found["rollcall_poll_duration_seconds{}"] })
  end)

  it("is there after each poll, and whole whenever it is read", function()
    local path = lab.folder .. "/watched.prom"
    local inventory = put("people.lua", ("smb { servers = { %q, %q }, query = 'connections', qualifier = 'people', username = %q, "
      .. "password = env 'LAB_PASSWORD' }"):format(lab.double, lab.closed, lab.username))
    local process = lab.run(("%s watch %s --interval 0.05 --textfile %s > /dev/null 2> %s.err & echo $!"):format(
      lab.command, inventory, path, path)):match "%d+"
    lab.eventually("a first poll", function() return io.open(path) end)
    local last, different = nil, 0
    for _ = 1, 200 do
      local page = content(path)
      assert.is_truthy(page:find "rollcall_poll_duration_seconds [%d.]+\n$")
      if page ~= last then last, different = page, different + 1 end
      lab.run "sleep 0.01"
    end
    lab.run("kill " .. process)
    lab.eventually("the end of it", function() return select(2, lab.run(("kill -0 %s"):format(process))) ~= 0 end)
    assert.is_true(different > 3, different)
    local found = metrics.read("prometheus", content(path))
    assert.equal(1, found[("rollcall_target_completeness{kind=connection,state=complete,target=%s}"):format(lab.double)])
    assert.equal(1, found[("rollcall_target_completeness{kind=connection,state=unreachable,target=%s}"):format(lab.closed)])
    local total = 0
    for name, value in pairs(found) do
      if name:find "^rollcall_connections{" then total = total + value end
      assert.is_falsy(name:find("target=" .. lab.closed, 1, true) and not name:find "^rollcall_target_", name)
    end
    assert.equal(5, total)
    assert.equal("", (lab.run(("ls -A %s | grep -F .rollcall."):format(lab.folder))))
  end)
end)

describe("the guide", function()
  it("has alerts of metrics that there are, as promtool reads them", function()
    local rules = content("lua/rollcall/manual/dashboard.md"):match "```yaml\n(.-)```"
    local output, code, complaint = lab.run("promtool check rules " .. put("alerts.yml", rules))
    assert.equal(0, code, output .. complaint)
    assert.matches("3 rules found", output, 1, true)
    local page = rendered("prometheus", { outcomes = { outcome("fs1", "access", "complete") }, rows = {
      { kind = "access", servername = "fs1", username = "bob", share = "projects", sources = "connection" } } })
    local count = 0
    for name in rules:gmatch "rollcall_[%w_]+" do
      count = count + 1
      assert.is_truthy(page:find("# TYPE " .. name .. " ", 1, true), name)
    end
    assert.equal(3, count)
  end)
end)

describe("the commands", function()
  local function run(arguments)
    return lab.run(("ROLLCALL_PASSWORD=$LAB_PASSWORD %s %s"):format(lab.command, arguments))
  end

  it("that ask servers count them too", function()
    for _, format in ipairs(FORMATS) do
      for _, command in ipairs { "connections", "sessions", "files", "shares", "smb" } do
        local page, code, complaint = run(("%s %s -U %s --format %s"):format(command, lab.samba, lab.username, format))
        assert.equal(0, code, complaint)
        local found = metrics.read(format, page)
        local count = 0
        for name in pairs(found) do
          if name:find("target=" .. lab.samba, 1, true) and not name:find "^rollcall_target_" then count = count + 1 end
        end
        assert.is_true(count > 0, page)
      end
      local page, code = run(("connections %s -U %s --format %s"):format(lab.closed, lab.username, format))
      assert.equal(2, code)
      for name in pairs((metrics.read(format, page))) do
        assert.is_truthy(name:find "^rollcall_target_" or name:find "^rollcall_poll_", name)
      end
    end
  end)

  it("say nothing of a poll's duration where a snapshot is read", function()
    local path = lab.folder .. "/metrics.jsonl"
    local writer = assert(snapshot.create(path, NOW))
    writer:row("connection", { servername = "fs1", share = "projects", username = "bob", time = 10 })
    writer:outcome(outcome("fs1", "connection", "complete", 1, 1))
    writer:finish()
    for _, format in ipairs(FORMATS) do
      local page, code, complaint = run(("report %s -f %s"):format(path, format))
      assert.equal(0, code, complaint)
      local found = metrics.read(format, page)
      assert.equal(NOW, found["rollcall_poll_timestamp_seconds{}"])
      assert.is_nil(found["rollcall_poll_duration_seconds{}"])
      assert.equal(1, found["rollcall_connections{share=projects,target=fs1}"])
    end
  end)
end)

-- A Prometheus of its own, for `make conformance`.
describe("Prometheus #conformance", function()
  it("scrapes both formats of the lab's Samba", function()
    local folder = lab.folder .. "/prometheus"
    local inventory = put("scraped.lua", ("smb { servers = { %q, %q }, query = 'sessions', username = %q, "
      .. "password = env 'LAB_PASSWORD' }"):format(lab.samba, lab.closed, lab.username))
    lab.run("mkdir -p " .. folder)
    local client <close> = setmetatable(lab.connect("alice", "projects"), { __close = function(one) one.close() end })
    assert.is_table(client)
    for _, format in ipairs(FORMATS) do lab.run(("%s report %s -f %s -o %s/%s"):format(lab.command, inventory, format, folder, format)) end
    local server = put("pages.py", [[
import http.server, sys
types = {"prometheus": "text/plain; version=0.0.4", "openmetrics": "application/openmetrics-text; version=1.0.0; charset=utf-8"}
class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        name = self.path.strip("/")
        self.send_response(200)
        self.send_header("Content-Type", types[name])
        self.end_headers()
        self.wfile.write(open(sys.argv[1] + "/" + name, "rb").read())
    def log_message(self, *_): pass
server = http.server.HTTPServer(("127.0.0.1", 0), Handler)
open(sys.argv[1] + "/port", "w").write(str(server.server_port) + "\n")
server.serve_forever()
]])
    local processes = {}
    local function start(command)
      processes[#processes + 1] = lab.start(command)
    end
    local guard <close> = setmetatable({}, { __close = function()
      for _, process in ipairs(processes) do
        lab.run("kill " .. process)
        lab.eventually("the end of " .. process, function() return select(2, lab.run("kill -0 " .. process)) ~= 0 end)
      end
    end })
    assert.is_table(guard)
    start(("/usr/bin/python3 %s %s > /dev/null 2>&1"):format(server, folder))
    local port = lab.eventually("the pages", function() return (io.open(folder .. "/port") or io.open "/dev/null"):read "l" end)
    local jobs = {}
    for i, format in ipairs(FORMATS) do
      jobs[i] = ("- { job_name: %s, metrics_path: /%s, static_configs: [{ targets: ['127.0.0.1:%s'] }] }"):format(format, format, port)
    end
    put("prometheus/prometheus.yml", "global: { scrape_interval: 1s }\nscrape_configs:\n" .. table.concat(jobs, "\n") .. "\n")
    local own = lab.free_port()
    start(("prometheus --config.file=%s/prometheus.yml --storage.tsdb.path=%s/data --web.listen-address=127.0.0.1:%d > %s/log 2>&1"):format(
      folder, folder, own, folder))
    local function query(expression)
      local output = lab.run(("curl -sS --data-urlencode 'query=%s' http://127.0.0.1:%d/api/v1/query"):format(expression, own))
      local decoded, answer = pcall(cjson.decode, output)
      local found = {}
      for _, one in ipairs(decoded and answer.data and answer.data.result or {}) do
        found[one.metric.job or #found + 1] = tonumber(one.value[2])
      end
      return found
    end
    local up
    for _ = 1, 60 do
      up = query "up"
      if up.prometheus == 1 and up.openmetrics == 1 then break end
      lab.run "sleep 0.5"
    end
    assert.same({ prometheus = 1, openmetrics = 1 }, up, content(folder .. "/log"))
    local both = query "sum by (job) (rollcall_sessions)"
    assert.is_true(both.prometheus >= 1)
    assert.equal(both.prometheus, both.openmetrics)
    assert.same({ prometheus = 1 }, query(('rollcall_target_completeness{target="%s",state="unreachable"}'):format(lab.closed)))
    assert.same({ openmetrics = 1 }, query(
      ('rollcall_target_completeness{target="%s",rollcall_target_completeness="unreachable"}'):format(lab.closed)))
    assert.same({}, query(('rollcall_sessions{target="%s"}'):format(lab.closed)))
    local quantile = query "histogram_quantile(0.5, sum by (le, job) (rollcall_idle_seconds_bucket))"
    assert.is_true(quantile.prometheus >= 0 and quantile.openmetrics >= 0)
    assert.is_true(query("rollcall_poll_duration_seconds").openmetrics > 0)
  end)
end)
