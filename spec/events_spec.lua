-- A watch as a source of events: what was found is on the disk before anybody hears of it, and stays there until a receiver has taken it.
local cjson = require "cjson"
local lab = require "spec.lab"
local post = require "rollcall.cli.events.post"
local snapshot = require "rollcall.snapshot"
local text_file = require "spec.lab.text_file"

local folder, inventory, processes

local content = text_file.so_far

local function put(name, text) return text_file.replace(folder .. "/" .. name, text) end

---Who is there from now on.
local function write(names, outcomes)
  local writer = assert(snapshot.create(folder .. "/people.jsonl"))
  for _, name in ipairs(names) do writer:row("connection", { servername = "fs1", share = "s", username = name, client = "WS-" .. name }) end
  outcomes = outcomes or { { source = "smb", target = "fs1", query = "connection", completeness = "complete" } }
  for _, outcome in ipairs(outcomes) do writer:outcome(outcome) end
  writer:finish()
end

local function start(command)
  local process = lab.start(command)
  processes[#processes + 1] = process
  return process
end

local function is_running(process)
  return select(2, lab.run("kill -0 " .. process)) == 0
end

local function stop(process, signal)
  lab.run(("kill -%s %s"):format(signal or "TERM", process))
  lab.eventually("the end of a process", function() return not is_running(process) end)
end

before_each(function()
  folder = lab.new_folder "events"
  lab.run(("mkdir -m 700 %s/queue"):format(folder))
  inventory, processes = folder .. "/inventory.lua", {}
  put("inventory.lua", ("snapshot %q"):format(folder .. "/people.jsonl"))
  put("mode", "204")
end)

after_each(function()
  for _, process in ipairs(processes) do lab.run("kill -9 " .. process) end
end)

local function receiver(port)
  os.remove(folder .. "/port")
  local process = start(("/usr/bin/python3 spec/lab/receiver.py %s %s > /dev/null 2>&1"):format(folder, port or ""))
  port = lab.eventually("a receiver", function() return content(folder .. "/port"):match "%d+" end)
  return ("http://127.0.0.1:%s/events"):format(port), process, port
end

local function command_of(more)
  return ("%s watch %s --queue %s/queue --format jsonl %s"):format(lab.command, inventory, folder, more)
end

---Runs a watch that makes some polls and ends.
local function watch(more, polls)
  return lab.run(command_of(more) .. " --interval 0.1 --times " .. (polls or 1))
end

---Starts a watch that goes on.
local function watching(more, prefix)
  return start(("%s%s --interval 0.05 >> %s/printed 2>> %s/complaints"):format(prefix or "", command_of(more), folder, folder))
end

---@return table[] events  as they arrived, each once
---@return integer doubles
local function events_of(text)
  local events, seen, doubles = {}, {}, 0
  for line in text:gmatch "([^\n]*)\n" do
    local event = cjson.decode(line)
    if seen[event.id] then
      assert.same(seen[event.id], event)
      doubles = doubles + 1
    else
      events[#events + 1], seen[event.id] = event, event
    end
  end
  return events, doubles
end

local function got() return events_of(content(folder .. "/got")) end

local function said(events)
  local list = {}
  for i, event in ipairs(events) do list[i] = event.kind == "gap" and "gap" or event.event .. " " .. event.row.username end
  return list
end

---Who is there after the events, which have to go together.
local function people_after(names, events)
  local there = {}
  for _, name in ipairs(names) do there[name] = true end
  for _, event in ipairs(events) do
    if event.kind == "change" then
      assert.equal(event.event == "disconnected" or nil, there[event.row.username], event.id)
      there[event.row.username] = event.event == "connected" or nil
    end
  end
  local list = {}
  for name in pairs(there) do list[#list + 1] = name end
  table.sort(list)
  return list
end

local function waiting()
  local names = {}
  for name in lab.run(("ls %s/queue"):format(folder)):gmatch "%S+" do
    if name:find "^%d" then names[#names + 1] = name end
  end
  return names
end

describe("a queue of events", function()
  it("remembers over a restart who was there, and says that what was between is not known", function()
    local url = receiver()
    write { "alice", "bob" }
    assert.equal(0, select(2, watch("--post " .. url)))
    assert.equal("", content(folder .. "/got"))
    write { "alice", "carol" }
    local printed, code = watch("--post " .. url)
    assert.equal(0, code)
    assert.same({ "gap", "disconnected bob", "connected carol" }, said(got()))
    assert.equal(printed, content(folder .. "/got"))
    assert.equal("the watch was not running", got()[1].reason)
    assert.same({}, waiting())
    -- Without anybody between: the gap alone.
    watch("--post " .. url, 3)
    assert.same({ "gap", "disconnected bob", "connected carol", "gap" }, said(got()))
  end)

  it("has files that nobody else can read", function()
    write { "alice" }
    local url, process = receiver()
    stop(process)
    watch("--post " .. url)
    write {}
    assert.equal(2, select(2, watch("--post " .. url)))
    assert.equal("600\n600\n", (lab.run(("stat -c %%a %s/queue/*.jsonl"):format(folder))))
    assert.not_equal("", (lab.run(("grep -l alice %s/queue/*.jsonl"):format(folder))))
    assert.equal(1, #waiting())
  end)

  it("names the rock that it needs, and --syslog too", function()
    for rock, case in pairs {
      luafilesystem = { "lfs", "--post http://127.0.0.1:1/", "a queue" }, luasocket = { "socket", "--syslog /dev/log", "--syslog" },
    } do
      local _, code, complaint = lab.run(("LUA_INIT='package.preload.%s = error' %s"):format(case[1], command_of(case[2])))
      assert.same({ 3, ("rollcall: the rock %s is needed for %s\n"):format(rock, case[3]) }, { code, complaint })
    end
  end)

  it("is refused where others can write, where another watch uses it, and where it is damaged", function()
    local function refused(words)
      local _, code, complaint = watch "--post http://127.0.0.1:1/"
      assert.equal(3, code)
      assert.is_truthy(complaint:find(words, 1, true), complaint)
    end
    write {}
    lab.run(("chmod 720 %s/queue"):format(folder))
    refused "can be written by others (chmod 700 mends that)"
    lab.run(("chmod 702 %s/queue"):format(folder))
    refused "can be written by others (chmod 700 mends that)"
    lab.run(("chmod 700 %s/queue"):format(folder))
    local process = watching "--post http://127.0.0.1:1/"
    lab.eventually("a state", function() return content(folder .. "/queue/state.jsonl") ~= "" end)
    refused "another watch uses it"
    -- Nothing is left of the lock of one that was killed.
    stop(process, "KILL")
    assert.equal(2, select(2, watch "--post http://127.0.0.1:1/"))
    local state = content(folder .. "/queue/state.jsonl")
    put("queue/state.jsonl", state:gsub('{"kind": "end".*', ""))
    refused "state.jsonl: is damaged; move the folder away to begin anew"
    put("queue/state.jsonl", (state:gsub(', "watch": %b{}', "")))
    refused "state.jsonl: is damaged; move the folder away to begin anew"
    os.remove(folder .. "/queue/state.jsonl")
    refused "has events, and no state.jsonl"
    lab.run(("rm -r %s/queue"):format(folder))
    refused "no such folder; create it with mkdir -m 700"
  end)

  it("does not report a row of a target that fails anew after a restart", function()
    local function outcome(completeness)
      return { { source = "smb", target = "fs1", query = "connection", completeness = completeness, reason = "x" } }
    end
    local url = receiver()
    write({ "alice", "bob" }, outcome "complete")
    watch("--post " .. url)
    write({}, outcome "unreachable")
    watch("--post " .. url, 2)
    watch("--post " .. url, 2)
    assert.same({ "gap", "unverified alice", "unverified bob", "gap" }, said(got()))
    write({ "alice" }, outcome "complete")
    watch("--post " .. url, 2)
    assert.same({ "gap", "disconnected bob" }, { table.unpack(said(got()), 5) })
  end)

  it("takes what does not fit for not seen, says since when, and goes on", function()
    local url, process, port = receiver()
    stop(process)
    local names = {}
    write(names)
    local its_watch = watching("--queue-size 1 --post " .. url)
    lab.eventually("a state", function() return content(folder .. "/queue/state.jsonl") ~= "" end)
    -- A batch of 600 is some 120 KiB.
    for batch = 1, 12 do
      for i = 1, 600 do names[#names + 1] = ("user-%d-%d"):format(batch, i) end
      write(names)
      os.execute "sleep 0.2"
    end
    lab.eventually("the words", function() return content(folder .. "/complaints"):find("full of events that " .. url, 1, true) end)
    assert.is_true(tonumber((lab.run(("cat %s/queue/0*.jsonl | wc -c"):format(folder)))) <= 1024 * 1024)
    receiver(port)
    write { "alice" }
    lab.eventually("the end of the queue", function() return said(got())[#got()] == "connected alice" and #waiting() == 0 end)
    stop(its_watch)
    local events = got()
    assert.same({ "alice" }, people_after({}, events))
    local gaps = {}
    for _, event in ipairs(events) do gaps[#gaps + 1] = event.kind == "gap" and event or nil end
    assert.equal(1, #gaps)
    assert.same({ "events could not be kept" }, { gaps[1].reason, gaps[1].lost })
    assert.is_truthy(gaps[1].since < gaps[1].at)
    assert.same(events, (events_of(content(folder .. "/printed"))))
  end)

  it("says how many differences are lost that no queue of its size can hold", function()
    local url = receiver()
    write {}
    watch("--post " .. url)
    local names = {}
    for i = 1, 7000 do names[i] = "user" .. i end
    write(names)
    assert.equal(0, select(2, watch("--queue-size 1 --post " .. url)))
    names[7001] = "last"
    write(names)
    watch("--queue-size 1 --post " .. url)
    assert.same({ "gap", "gap", "connected last" }, said(got()))
    assert.equal(7000, got()[1].lost)
  end)

  it("loses nothing by a full disk", function()
    local url = receiver()
    write { "alice" }
    local its_watch = watching("--post " .. url, "trap '' XFSZ; ")
    lab.eventually("a state", function() return content(folder .. "/queue/state.jsonl") ~= "" end)
    lab.run(("prlimit --pid %s --fsize=600:"):format(its_watch))
    write { "bob", ("long"):rep(200) }
    lab.eventually("the words", function() return content(folder .. "/complaints"):find("File too large; until then", 1, true) end)
    write { "bob", "carol" }
    os.execute "sleep 0.3"
    assert.equal("", content(folder .. "/got"))
    assert.equal("", lab.run(("ls -A %s/queue | grep -v -e state -e lock"):format(folder)))
    lab.run(("prlimit --pid %s --fsize=unlimited:"):format(its_watch))
    lab.eventually("the words", function() return content(folder .. "/complaints"):find("takes events again", 1, true) end)
    lab.eventually("the events", function() return #waiting() == 0 end)
    stop(its_watch)
    assert.same({ "gap", "disconnected alice", "connected bob", "connected carol" }, said(got()))
    assert.equal(1, select(2, content(folder .. "/complaints"):gsub("File too large", "")))
  end)

  it("does not say that differences are lost of which a later poll tells", function()
    local url = receiver()
    write {}
    local its_watch = watching("--queue-size 1 --post " .. url, "trap '' XFSZ; ")
    lab.eventually("a state", function() return content(folder .. "/queue/state.jsonl") ~= "" end)
    lab.run(("prlimit --pid %s --fsize=1000:"):format(its_watch))
    local names = {}
    for i = 1, 7000 do names[i] = "user" .. i end
    write(names)
    lab.eventually("the words", function() return content(folder .. "/complaints"):find("File too large; until then", 1, true) end)
    os.execute "sleep 2" -- for more polls
    -- What is small fits.
    write { "user1" }
    lab.eventually("the event", function() return said(got())[2] == "connected user1" end)
    stop(its_watch)
    assert.is_nil(got()[1].lost)
    assert.equal("events could not be kept", got()[1].reason)
  end)

  it("has a poll and its events together, wherever in writing them the watch is killed", function()
    -- A watch that ends without a word before it has put so many files in their place, or right after that.
    local killed = folder .. "/killed.lua"
    assert(io.open(killed, "w")):write([[
      local system, left, after = require "rollcall.system", tonumber(arg[1]), arg[2] == "after"
      local open = system.output_file
      function system.output_file(path, private)
        local file = assert(open(path, private))
        return {
          write = function(_, text) return file:write(text) end, close = function() file:close() end,
          finish = function()
            left = left - 1
            if left == 0 and not after then os.exit(9, false) end
            local done, problem = file:finish()
            if left == 0 then os.exit(9, false) end
            return done, problem
          end,
        }
      end
      os.exit(require("rollcall.cli").main(table.move(arg, 3, #arg, 1, {})), true)
    ]]):close()
    local url = receiver()
    local before, names = {}, {}
    for i = 1, 1500 do names[i] = "user" .. i end
    write(before)
    watch("--post " .. url)
    -- 1500 events are two batches, and then comes the state.
    local ends = {}
    local arguments = command_of("--post " .. url):gsub("^%S+ ", "")
    for _, moment in ipairs { "1 before", "2 before", "3 before", "3 after", "4 before" } do
      write(names)
      local printed, code = lab.run(("lua5.4 %s %s %s --times 1"):format(killed, moment, arguments))
      ends[#ends + 1] = moment .. " " .. code
      if code == 9 then assert.equal("", printed) end
      assert.equal(0, select(2, watch("--post " .. url)))
      table.sort(names)
      assert.same(names, people_after(before, (got())))
      lab.run(("rm %s/got %s/queue/*"):format(folder, folder))
      write(before)
      watch("--post " .. url)
    end
    assert.same({ "1 before 9", "2 before 9", "3 before 9", "3 after 9", "4 before 0" }, ends)
  end)

  it("loses nothing however often the watch is killed, whatever the receiver does", function()
    local url, process, port = receiver()
    local modes = { "204", "500", "reset", "slow", "302", "down" }
    math.randomseed(4711)
    local names, turn = { "first" }, 0
    write(names)
    watch("--post " .. url)
    for round = 1, 12 do
      local mode = modes[round % #modes + 1]
      if mode == "down" then stop(process) else put("mode", mode) end
      local its_watch = watching("--post " .. url)
      for _ = 1, math.random(0, 4) do
        turn = turn + 1
        if #names > 3 then table.remove(names, math.random(#names)) end
        names[#names + 1] = "user" .. turn
        write(names)
        os.execute(("sleep %.3f"):format(math.random() * 0.15))
      end
      stop(its_watch, "KILL")
      if mode == "down" then process = select(2, receiver(port)) end
    end
    put("mode", "204")
    assert.equal(0, select(2, watch("--post " .. url)))
    assert.same({}, waiting())
    local events, doubles = got()
    table.sort(names)
    assert.same(names, people_after({ "first" }, events))
    assert.is_true(doubles > 0)
    -- What was reported to somebody, the receiver has.
    local has = {}
    for _, event in ipairs(events) do has[event.id] = event end
    local printed = events_of(content(folder .. "/printed"):match "^.*\n" or "")
    assert.is_true(#printed > 10, #printed)
    for _, event in ipairs(printed) do assert.same(event, has[event.id]) end
  end)
end)

describe("--post", function()
  it("takes no answer but 2xx for taken", function()
    local url, process = receiver()
    write {}
    watch("--post " .. url)
    for i, case in ipairs {
      { "500", "HTTP 500" }, { "302", "HTTP 302" }, { "401", "HTTP 401" }, { "reset", "reset by peer" }, { "down", "connect to" },
    } do
      write { "user" .. i }
      if case[1] == "down" then stop(process) else put("mode", case[1]) end
      local _, code, complaint = watch("--post " .. url)
      assert.equal(2, code)
      assert.is_truthy(complaint:find(case[2], 1, true), complaint)
      assert.is_truthy(complaint:find(i == 1 and "; 1 batch of" or ("; %d batches of events waiting"):format(i), 1, true), complaint)
    end
    assert.equal(5, #waiting())
    assert.not_equal("", (lab.run(("grep -l user5 %s/queue/*.jsonl"):format(folder))))
  end)

  it("waits longer each time, at least as long as it was asked to", function()
    local url = receiver()
    write {}
    watch("--post " .. url)
    put("mode", "503")
    write { "alice" }
    local its_watch = watching("--post " .. url)
    local function times()
      local list = {}
      for time in content(folder .. "/requests"):gmatch "([%d.]+) %S+ [^\n]+" do list[#list + 1] = tonumber(time) end
      return list
    end
    lab.eventually("two attempts", function() return #times() == 2 end)
    put("mode", "503 6")
    lab.eventually("a third", function() return #times() == 3 end)
    put("mode", "204")
    lab.eventually("the last", function() return content(folder .. "/complaints"):find("takes events again", 1, true) end)
    stop(its_watch)
    local list = times()
    assert.is_true(list[2] - list[1] >= 0.75, list[2] - list[1])
    assert.is_true(list[3] - list[2] >= 1.5, list[3] - list[2])
    assert.is_true(list[4] - list[3] >= 6, list[4] - list[3])
    assert.equal(4, #list)
    assert.is_truthy(content(folder .. "/got"):find("alice", 1, true))
    assert.equal(1, select(2, content(folder .. "/complaints"):gsub("HTTP 503", "")))
  end)

  it("reads what curl says last, whenever that comes", function()
    -- Between any two calls curl says its last words and ends.
    for before = 0, 5 do
      local receiver_of_batch, calls, words = post.new "https://siem.example/", 0, "429 120"
      local function over()
        calls = calls + 1
        return calls > before
      end
      receiver_of_batch.command = {
        read = function()
          if not over() then return false end
          local spoken = words
          words = nil
          return spoken
        end,
        result = function()
          if over() then return "exit code", 0, "" end
        end,
        close = function() end,
      }
      receiver_of_batch.answer = ""
      local result
      for _ = 1, 5 do
        result = { receiver_of_batch:result() }
        if result[1] ~= nil then break end
      end
      assert.same({ false, "HTTP 429", 120 }, result, before)
    end
  end)

  it("knows both forms of Retry-After, and waits an hour at most", function()
    assert.equal(120, post.pause_of("120", 0))
    assert.equal(60, post.pause_of("Fri, 31 Dec 1999 23:59:59 GMT", 946684739))
    assert.equal(0, post.pause_of("Fri, 31 Dec 1999 23:59:59 GMT", 946684800))
    assert.equal(3600, post.pause_of("999999999", 0))
    for _, value in ipairs { "", "soon", "-1", "1.5", "Fri, 31 Foo 1999 23:59:59 GMT", "99999999999999999999" } do
      assert.is_nil(post.pause_of(value, 0), value)
    end
  end)

  it("goes on polling while a receiver is silent", function()
    local url = receiver()
    put("mode", "silent")
    write {}
    local its_watch = watching("--post " .. url)
    for i = 1, 5 do
      lab.eventually("a state", function() return content(folder .. "/queue/state.jsonl") ~= "" end)
      write { "user" .. i }
      lab.eventually("its event", function() return content(folder .. "/printed"):find('"user' .. i .. '"', 1, true) end)
    end
    local before = os.time()
    stop(its_watch)
    assert.is_true(os.time() - before <= 2)
    assert.equal("", content(folder .. "/got"))
  end)

  it("sends what the file of headers has, of which nothing is seen elsewhere", function()
    local url = receiver()
    put("mode", "slow")
    local path = folder .. "/headers"
    put("headers", "Authorization: Bearer s3cret-of-the-receiver\nX-Tenant: corp\n")
    lab.run("chmod 600 " .. path)
    write {}
    watch(("--post %s --post-headers %s"):format(url, path))
    write { "alice" }
    local its_watch = watching(("--post %s --post-headers %s"):format(url, path))
    local seen = ""
    lab.eventually("a request", function()
      seen = seen .. lab.run "cat /proc/[0-9]*/cmdline /proc/[0-9]*/environ 2> /dev/null | tr '\\0' '\\n' | grep -e curl -e s3cret"
      return content(folder .. "/requests") ~= ""
    end)
    lab.eventually("the event", function() return #got() == 2 and #waiting() == 0 end)
    stop(its_watch)
    assert.is_truthy(seen:find("curl", 1, true))
    assert.is_nil(seen:gsub("grep[^\n]*\n[^\n]*\n", ""):find("s3cret-of", 1, true), seen)
    assert.is_truthy(content(folder .. "/requests"):find("Bearer s3cret-of-the-receiver application/x-ndjson", 1, true))
    assert.equal("", (lab.run(("grep -l -r s3cret-of %s | grep -v -e /headers$ -e /requests$"):format(folder))))
    lab.run("chmod 640 " .. path)
    local _, code, complaint = watch(("--post %s --post-headers %s"):format(url, path))
    assert.equal(3, code)
    assert.is_truthy(complaint:find("can be read or written by others", 1, true), complaint)
  end)

  it("goes to a real server over TLS whose certificate is known, byte for byte", function()
    local port, log = lab.free_port(), folder .. "/access.log"
    put("nginx.conf", ([[
daemon off; pid %s/nginx.pid; error_log %s/error.log; events {}
http {
  log_format body escape=none '$request_body'; client_body_temp_path %s; proxy_temp_path %s; fastcgi_temp_path %s;
  uwsgi_temp_path %s; scgi_temp_path %s; client_body_buffer_size 1m; client_max_body_size 1m;
  ssl_certificate %s; ssl_certificate_key %s;
  server { listen 127.0.0.1:%d ssl; access_log off;
    location / { access_log %s body; proxy_pass https://127.0.0.1:%d/taken; } location /taken { access_log off; return 204; } }
}
]]):format(folder, folder, folder, folder, folder, folder, folder, os.getenv "LAB_CLOUD_CA_FILE",
      lab.folder .. "/cloud/key.pem", port, log, port))
    start(("PATH=$PATH:/usr/sbin nginx -e %s/error.log -c %s/nginx.conf > /dev/null 2>&1"):format(folder, folder))
    lab.eventually("nginx", function() return select(2, lab.run(("bash -c ': < /dev/tcp/127.0.0.1/%d'"):format(port))) == 0 end)
    local url = ("https://localhost:%d/x[1]?a=b"):format(port)
    write {}
    watch("--post '" .. url .. "'")
    local names = {}
    for i = 1, 3000 do names[i] = "user" .. i end
    write(names)
    local _, code, complaint = watch("--post '" .. url .. "'")
    assert.equal(2, code)
    assert.is_truthy(complaint:find("certificate", 1, true), complaint)
    local held = lab.run(("cat %s/queue/0*.jsonl"):format(folder))
    local printed
    printed, code, complaint = lab.run("CURL_CA_BUNDLE=$LAB_CLOUD_CA_FILE " .. command_of(("--post '%s' --times 1"):format(url)))
    assert.equal(0, code, complaint)
    local logged = content(log):gsub("\n\n", "\n")
    assert.equal(3002, #events_of(logged))
    assert.equal(held .. printed, logged)
  end)
end)

describe("--syslog", function()
  local port, socket

  before_each(function()
    port, socket = lab.free_port(), folder .. "/log"
    put("rsyslog.conf", ([[
module(load="imuxsock" SysSock.Use="off")
module(load="imtcp")
input(type="imuxsock" Socket="%s" UseSpecialParser="off")
input(type="imtcp" address="127.0.0.1" port="%d")
template(name="json" type="list") { property(name="jsonmesg") constant(value="\n") }
action(type="omfile" file="%s/logged" template="json")
]]):format(socket, port, folder))
  end)

  local function daemon()
    local pid = folder .. "/rsyslog.pid"
    lab.run(("PATH=$PATH:/usr/sbin rsyslogd -i %s -f %s/rsyslog.conf > %s/rsyslog.log 2>&1"):format(pid, folder, folder))
    local process = lab.eventually("rsyslogd", function() return content(pid):match "%d+" end)
    processes[#processes + 1] = process
    lab.eventually("its socket", function() return select(2, lab.run("test -S " .. socket)) == 0 end)
    lab.eventually("its port", function() return select(2, lab.run(("bash -c ': < /dev/tcp/127.0.0.1/%d'"):format(port))) == 0 end)
    return process
  end

  local function logged(count)
    local list = {}
    lab.eventually(count .. " messages", function()
      list = {}
      for line in content(folder .. "/logged"):gmatch "([^\n]+)\n" do
        local message = cjson.decode(line)
        if message["app-name"] == "rollcall" then list[#list + 1] = message end
      end
      return #list >= count
    end)
    return list
  end

  it("writes events as a real rsyslogd reads RFC 5424, and again when one comes back", function()
    local process = daemon()
    write {}
    watch("--syslog " .. socket)
    write { 'al"ice]\\', "żółw\n" }
    local printed, code, complaint = watch("--syslog " .. socket)
    assert.same({ 0, "" }, { code, complaint })
    local events = events_of(printed)
    local list = logged(3)
    assert.same({ "gap", "connected", "connected" }, { list[1].msgid, list[2].msgid, list[3].msgid })
    assert.same({ "84", "86", "1" }, { list[1].pri, list[2].pri, list[2]["protocol-version"] })
    assert.equal(([=[[rollcall@32473 id="%s" event="connected" kind="connection" account="al\"ice\]\\" resource="s" ]=]
      .. [=[client="WS-al\"ice\]\\" origin="fs1"]]=]):format(events[2].id), list[2]["structured-data"])
    assert.equal([[+ connected      connection  al"ice]\ on s from WS-al"ice]\ at fs1]], list[2].msg)
    assert.is_truthy(list[3]["structured-data"]:find([[account="żółw\\x0A"]], 1, true), list[3]["structured-data"])
    assert.equal(events[1].at, list[1].rawmsg:match "^<84>1 (%S+) ")
    stop(process)
    write { "carol" }
    printed, code, complaint = watch("--syslog " .. socket)
    assert.equal(2, code)
    assert.is_truthy(complaint:find(socket .. ": ", 1, true) and complaint:find("; 1 batch of events waiting", 1, true), complaint)
    daemon()
    assert.equal(0, select(2, watch("--syslog " .. socket)))
    list = logged(3 + 5)
    assert.equal(8, #list)
    for i, event in ipairs(events_of(printed)) do assert.is_truthy(list[3 + i]["structured-data"]:find(event.id, 1, true)) end
  end)

  it("over TCP takes for taken what the daemon has read", function()
    local where = "tcp://127.0.0.1:" .. port
    local process = daemon()
    write {}
    watch("--syslog " .. where)
    local names = {}
    for i = 1, 2000 do names[i] = "user" .. i end
    write(names)
    assert.equal(0, select(2, watch("--syslog " .. where)))
    assert.equal(2001, #logged(2001))
    stop(process)
    write {}
    -- It takes the connection, and ends before it has read anything.
    start(([[/usr/bin/python3 -c 'import socket, time
server = socket.create_server(("127.0.0.1", %d), reuse_port=True)
while True:
    connection, _ = server.accept(); time.sleep(0.2); connection.close()' > /dev/null 2>&1]]):format(port))
    lab.eventually("it", function() return select(2, lab.run(("bash -c ': < /dev/tcp/127.0.0.1/%d'"):format(port))) == 0 end)
    local _, code, complaint = watch("--syslog " .. where)
    assert.equal(2, code)
    assert.is_truthy(complaint:find("reset", 1, true) or complaint:find("closed", 1, true), complaint)
    assert.is_true(#waiting() > 0)
  end)
end)
