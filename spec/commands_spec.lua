-- The commands report, check, snapshot, diff, watch and completion, from the outside.
local cjson = require "cjson"
local json = require "rollcall.internal.json_text"
local text_file = require "spec.lab.text_file"

local lab = require "spec.lab"
local snapshot = require "rollcall.snapshot"

local function rollcall(arguments)
  return lab.run(("%s %s"):format(lab.command, arguments))
end

local function put(name, text) return text_file.put(lab.folder .. "/" .. name, text) end

local content = text_file.content

local identity = ("username = %q, password = env 'LAB_PASSWORD'"):format(lab.username)

local people = put("people.lua", ("smb { servers = %q, query = 'connections', qualifier = 'people', %s }"):format(lab.double, identity))
local with_dead = put("dead.lua", ("smb { servers = { %q, %q }, query = 'connections', qualifier = 'people', %s }"):format(
  lab.double, lab.closed, identity))

describe("rollcall report", function()
  it("prints a table that fits, with the result for each target", function()
    local output, code, complaint = rollcall("report " .. people)
    assert.equal(0, code, complaint)
    assert.equal("", complaint)
    assert.is_truthy(output:find "^USER%s+RESOURCE%s+CLIENT%s+SERVER%s+DURATION")
    assert.is_truthy(output:find("\nalice ", 1, true))
    assert.is_truthy(output:find(lab.double .. ": complete, 5 of 5", 1, true))
    assert.is_nil(output:find("\27", 1, true))
  end)

  it("says in every format which rows it has, so that none is not taken for nobody", function()
    for format, words in pairs {
      table = { "# only rows where user=alic\n# only the first 3\n" }, markdown = { "`only rows where user=alic`\n", "only the first 3\n" },
      html = { ", only rows where user=alic, only the first 3<" }, json = { '"where": "user=alic", "limit": 3, "rows"' },
      jsonl = { '"where": "user=alic", "limit": 3, "rows"' }, csv = { ",generated_at,where,limit,source,", "Z,user=alic,3,smb," },
    } do
      local output, code, complaint = rollcall(("report %s -w user=alic -n 3 -f %s"):format(people, format))
      assert.same({ 0, "" }, { code, complaint }, format)
      for _, one in ipairs(words) do assert.is_truthy(output:find(one, 1, true), format .. ": " .. output) end
      assert.is_nil(rollcall(("report %s -f %s"):format(people, format)):find("only rows where", 1, true))
    end
    for _, format in ipairs { "prometheus", "openmetrics" } do
      local output = rollcall(("report %s -w user=alic -f %s"):format(people, format))
      assert.matches('\nrollcall_users{where="user=alic",target=".-",kind="connection"} 0\n', output)
      output = rollcall(("report %s -w user=alice -g user -f %s"):format(people, format))
      assert.matches('\nrollcall_group_rows{where="user=alice",user="alice"} 1\n', output)
    end
  end)

  it("filters, groups, sorts, picks columns", function()
    local output = rollcall(("report %s -w user=alice -c user,num_opens -f csv"):format(people))
    assert.is_truthy(output:find("record,user,num_opens,generated_at,where,source,target,query,completeness,claimed,received,reason\r\n"
      .. "row,alice,3,", 1, true), output)
    assert.matches("\r\ntarget,.-,user=alice,smb,", output)
    local grouped = cjson.decode((rollcall(("report %s -g origin -m sum:num_users -f json"):format(people))))
    assert.equal("group", grouped.kind)
    assert.same({ origin = lab.double, rows = 5, sum_num_users = 4294967300 }, grouped.rows[1])
    local top = cjson.decode((rollcall(("report %s -s duration -r -n 1 -w 'duration<250' -f json"):format(people))))
    assert.equal(240, top.rows[1].duration)
  end)

  it("exits with 3 for a field that no row has", function()
    for _, option in ipairs { "-w usr=alice", "-s usr", "-g usr", "-c usr" } do
      local _, code, complaint = rollcall(("report %s %s"):format(people, option))
      assert.equal(3, code)
      assert.is_truthy(complaint:find("no row has a field 'usr'", 1, true), complaint)
    end
  end)

  it("exits with 2 where a target could not be asked, and says so in the report and beside it", function()
    local output, code, complaint = rollcall(("report %s -f markdown"):format(with_dead))
    assert.equal(2, code)
    assert.is_truthy(complaint:find(lab.closed .. ": connect: connection refused", 1, true))
    assert.is_truthy(output:find("unreachable", 1, true))
  end)

  it("writes a file that is there only when it is whole", function()
    local path = lab.folder .. "/who.html"
    local output, code = rollcall(("report %s -f html -o %s"):format(people, path))
    assert.same({ "", 0 }, { output, code })
    assert.is_truthy(content(path):find "^<!DOCTYPE html>.*</html>\n$")
    local _, bad_code, complaint = rollcall(("report %s -o /nowhere/x"):format(people))
    assert.equal(3, bad_code)
    assert.is_truthy(complaint:find("/nowhere/x", 1, true))
  end)

  it("has color on a terminal, unless NO_COLOR, and fits it", function()
    local command = "script -qec 'stty cols 80; %s %s report %s' /dev/null"
    assert.is_truthy(lab.run(command:format("", lab.command, people)):find("\27[1mUSER", 1, true))
    local plain = lab.run(command:format("NO_COLOR=1", lab.command, people))
    assert.is_nil(plain:find("\27", 1, true))
    for line in plain:gmatch "[^\r\n]+" do
      if line:sub(1, 1) ~= "#" then assert.is_true(utf8.len(line) <= 80, line) end
    end
  end)
end)

describe("rollcall check", function()
  local function check(policy_text, source, format)
    local path = put("policies.lua", policy_text)
    return rollcall(("check %s -p %s -f %s"):format(source or people, path, format or "text"))
  end

  it("exits with 0, 1, 2 and 3 as the rules pass, fail, are unknown, or the call is wrong", function()
    for expected, case in pairs {
      [0] = { "rule(builtin.accounts { deny = 'nobody' })", people }, [1] = { "rule(builtin.accounts { deny = 'alice' })", with_dead },
      [2] = { "rule(builtin.accounts { deny = 'nobody' })", with_dead }, [3] = { "rule(builtin.acounts {})", people },
    } do
      local output, code, complaint = check(case[1], case[2])
      assert.equal(expected, code, output .. complaint)
    end
  end)

  it("says where the error is", function()
    local _, _, complaint = check("\nrule { id = 'x' }")
    assert.is_truthy(complaint:find("policies.lua:2: rule: message is missing", 1, true), complaint)
  end)

  it("judges a snapshot as of its time", function()
    local path = lab.folder .. "/old.jsonl"
    local writer = assert(snapshot.create(path, 1700000000))
    writer:row("connection", { servername = "fs1", share = "s", username = "x", time = 5 })
    writer:outcome { source = "smb", target = "fs1", query = "connection", completeness = "complete" }
    writer:finish()
    assert.equal(1, select(2, check("rule(builtin.outside_hours { from = '07:00', to = '22:00' })", path)))
    assert.equal(0, select(2, check("rule(builtin.outside_hours { from = '07:00', to = '22:14' })", path)))
  end)
end)

describe("rollcall snapshot and diff", function()
  it("read a snapshot from a pipe as from a file", function()
    local path = lab.folder .. "/piped.jsonl"
    assert.equal(0, select(2, rollcall(("snapshot %s -o %s"):format(people, path))))
    local expected = rollcall(("report %s -f csv"):format(path))
    assert.equal(expected, (lab.run(("cat %s | %s report /dev/stdin -f csv"):format(path, lab.command))))
    assert.equal(0, select(2, lab.run(("cat %s | %s diff %s /dev/stdin"):format(path, lab.command, path))))
  end)

  it("write a snapshot and report the difference of two", function()
    local before, after = lab.folder .. "/before.jsonl.gz", lab.folder .. "/after.jsonl"
    local _, code = rollcall(("snapshot %s -o %s"):format(people, before))
    assert.equal(0, code)
    local same, same_code = rollcall(("diff %s %s"):format(before, people))
    assert.same({ "", 0 }, { same, same_code })
    lab.run(("zcat %s | grep -v alice | sed 's/\"rows\": 5/\"rows\": 4/' > %s"):format(before, after))
    local gone, gone_code = rollcall(("diff %s %s"):format(before, after))
    assert.equal(1, gone_code)
    assert.is_truthy(gone:find("^%- disconnected   connection  CORP\\alice on people from WS%-ALICE at 127"), gone)
    local lines = {}
    for line in rollcall(("diff %s %s -f jsonl"):format(after, before)):gmatch "[^\n]+" do lines[#lines + 1] = cjson.decode(line) end
    assert.same({ "diff", "change", "connected", "connection", "CORP\\alice" },
      { lines[1].kind, lines[2].kind, lines[2].event, lines[2].row_kind, lines[2].row.username })
  end)

  it("exits with 2 where nothing changed as far as could be seen, and with 3 for what is not a snapshot", function()
    local before = lab.folder .. "/dead.jsonl"
    assert.equal(2, select(2, rollcall(("snapshot %s -o %s"):format(with_dead, before))))
    assert.equal(2, select(2, rollcall(("diff %s %s"):format(before, before))))
    local _, code, complaint = rollcall(("diff %s %s"):format(before, put("none.jsonl", "hello\n")))
    assert.equal(3, code)
    assert.is_truthy(complaint:find("none.jsonl: is not a snapshot", 1, true))
  end)
end)

describe("rollcall watch", function()
  local process
  local kept, printed = lab.folder .. "/kept.jsonl.gz", lab.folder .. "/printed"
  local of_fs1 = { source = "smb", target = "fs1", query = "connection", completeness = "complete" }

  local function watch(inventory, more)
    process = lab.run(("%s watch %s --interval 0.1 --snapshot %s %s > %s 2> %s.err & echo $!"):format(
      lab.command, inventory, kept, more or "", printed, printed)):match "%d+"
    lab.eventually("a first look", function() return io.open(kept) end)
  end

  ---Waits for the process, which is a child of a shell that has ended.
  local function ended(signal)
    lab.run(("kill -%s %s"):format(signal, process))
    lab.eventually("the end of it", function() return select(2, lab.run(("kill -0 %s"):format(process))) ~= 0 end)
    process = nil
  end

  after_each(function()
    if process then lab.run("kill -9 " .. process) end
    os.remove(kept)
  end)

  it("reports who connects and disconnects, and leaves a whole file at SIGTERM", function()
    local inventory = put("samba.lua", ("smb { servers = %q, query = 'sessions', %s }"):format(lab.samba, identity))
    watch(inventory)
    local client = lab.connect("alice", "projects")
    lab.eventually("alice's coming", function() return content(printed):find("+ connected      smb_session  alice", 1, true) end)
    client.close()
    lab.eventually("alice's going", function() return content(printed):find("- disconnected   smb_session  alice", 1, true) end)
    ended "TERM"
    local opened = assert(snapshot.open(kept))
    for _ in opened:each() do end -- luacheck: ignore
    assert.is_false(opened.cut)
    assert.equal("complete", opened.outcomes[1].completeness)
    assert.equal("", (lab.run(("ls -A %s | grep -F .rollcall."):format(lab.folder))))
  end)

  it("ends soon at a signal while a server keeps it waiting for the next look", function()
    watch(people, "--interval 3600")
    local before = os.time()
    ended "INT"
    assert.is_true(os.time() - before <= 2)
  end)

  it("begins with who is there as text, and with nobody there says so", function()
    watch(people, "--times 1")
    lab.eventually("the end of it", function() return content(printed):find("# generated at", 1, true) end)
    local shown = content(printed)
    assert.is_truthy(shown:find("^USER +RESOURCE +CLIENT +SERVER"), shown)
    assert.is_truthy(shown:find("alice +people +WS%-ALICE"), shown)
    assert.is_truthy(shown:find("\n# 5 rows, ", 1, true), shown)
    watch(with_dead, "--times 1")
    lab.eventually("the end of it", function() return content(printed):find(lab.closed .. ": unreachable", 1, true) end)
    assert.is_truthy(content(printed .. ".err"):find("connection refused", 1, true))
    watch(people, "--times 2 --format jsonl")
    lab.eventually("the end of it", function() return select(2, lab.run("kill -0 " .. process)) ~= 0 end)
    assert.equal("", content(printed))
    process = nil
  end)

  it("ends soon at a signal while a poll waits for a server", function()
    local inventory = put("silent.lua", ("smb { servers = %q, timeout = 20, %s }"):format(lab.silent, identity))
    process = lab.run(("%s watch %s > %s 2>&1 & echo $!"):format(lab.command, inventory, printed)):match "%d+"
    lab.run "sleep 1"
    local before = os.time()
    ended "TERM"
    assert.is_true(os.time() - before <= 2)
    assert.equal("", content(printed))
  end)

  it("survives a target that comes and goes, and takes nobody there for gone", function()
    local port = lab.free_port()
    local inventory = put("relayed.lua", ("smb { servers = '127.0.0.1:%s', query = 'connections', qualifier = 'people', %s }"):format(
      port, identity))
    local relay = put("relay.py", [[
import socket, sys, threading
def pump(a, b):
    try:
        while data := a.recv(65536): b.sendall(data)
    except OSError: pass
    for s in (a, b):
        try: s.shutdown(socket.SHUT_RDWR)
        except OSError: pass
server = socket.create_server(("127.0.0.1", int(sys.argv[1])), reuse_port=True)
while True:
    client, _ = server.accept()
    target = socket.create_connection(("127.0.0.1", int(sys.argv[2])))
    for pair in ((client, target), (target, client)): threading.Thread(target=pump, args=pair, daemon=True).start()
]])
    local function start()
      return lab.run(("/usr/bin/python3 %s %s %s > /dev/null 2>&1 & echo $!"):format(relay, port, lab.double_port)):match "%d+"
    end
    local first = start()
    lab.eventually("the relay", function() return select(2, lab.run(("bash -c ': < /dev/tcp/127.0.0.1/%s'"):format(port))) == 0 end)
    watch(inventory)
    lab.run("kill " .. first)
    lab.eventually("its going", function() return content(printed .. ".err"):find("refused", 1, true) end)
    lab.run "sleep 0.5"
    local second = start()
    lab.eventually("its return", function() return content(printed .. ".err"):find("answers again", 1, true) end)
    lab.run "sleep 0.3"
    ended "TERM"
    lab.run("kill " .. second)
    local told = content(printed)
    assert.equal(5, select(2, told:gsub("? unverified", "")))
    assert.is_nil(told:find "disconnected")
    assert.is_nil(told:find "connected")
    assert.equal(1, select(2, content(printed .. ".err"):gsub("refused", "")))
  end)

  it("hands the differences to a command", function()
    local state = put("state.jsonl", "")
    local function write(names)
      local writer = assert(snapshot.create(state))
      for _, name in ipairs(names) do writer:row("connection", { servername = "fs1", share = "s", username = name }) end
      writer:outcome(of_fs1)
      writer:finish()
    end
    write { "a" }
    watch(put("state.lua", ("snapshot %q"):format(state)), ("--run 'cat >> %s/handed' -f jsonl"):format(lab.folder))
    write { "a", "it's" }
    local handed = lab.folder .. "/handed"
    local line = lab.eventually("a line", function() return io.open(handed) and content(handed):match "^[^\n]+\n" end)
    ended "TERM"
    local change = cjson.decode(line)
    assert.same({ "change", "connected", "it's" }, { change.kind, change.event, change.row.username })
    assert.equal(content(handed), content(printed))
  end)

  it("goes on when a command does not read the differences, however many there are", function()
    local state = put("state.jsonl", "")
    local function write(count)
      local writer = assert(snapshot.create(state))
      for i = 1, count do writer:row("connection", { servername = "fs1", share = "s", username = "user" .. i }) end
      writer:outcome(of_fs1)
      writer:finish()
    end
    local function changed() return select(2, content(printed):gsub("connected  ", "")) end
    write(0)
    watch(put("state.lua", ("snapshot %q"):format(state)), "--run true")
    write(5000)
    lab.eventually("5000 lines", function() return changed() == 5000 end)
    write(0)
    lab.eventually("5000 more", function() return changed() == 10000 end)
    ended "TERM"
    assert.equal("", content(printed .. ".err"))
  end)

  it("says which command failed", function()
    local state = put("state.jsonl", "")
    assert(snapshot.create(state)):finish()
    watch(put("state.lua", ("snapshot %q"):format(state)), "--run 'exit 5'")
    local writer = assert(snapshot.create(state))
    writer:row("connection", { servername = "fs1" })
    writer:finish()
    lab.eventually("the failure", function() return content(printed .. ".err"):find("failed: exit 5", 1, true) end)
    ended "TERM"
  end)
end)

describe("the commands", function()
  local names = { "report", "check", "snapshot", "diff", "watch", "completion", "help" }

  for _, name in ipairs(names) do
    it("have help with examples: " .. name, function()
      local output, code = rollcall(name .. " --help")
      assert.equal(0, code)
      assert.is_truthy(output:find("Examples:\n  rollcall " .. name, 1, true), output)
    end)
  end

  it("write JSON that is UTF-8, whatever the bytes of a name", function()
    local invalid = { "\\xff", "a\\xc3", "\\xed\\xa0\\x80", "\\xf4\\x90\\x80\\x80", "\\xc0\\xaf", "caf\\xe9 \\u{e9}" }
    local rows = {}
    for i, name in ipairs(invalid) do rows[i] = ('{ account = "%s", tags = { "%s" }, ["%s"] = true }'):format(name, name, name) end
    local inventory = put("bytes.lua", 'rows { kind = "badge", ' .. table.concat(rows, ", ") .. " }\n")
    local policy = put("bytes_policy.lua",
      'rule { id = "none", kind = "badge", severity = "error", message = "{account}", check = function() return false end }\n')
    local nobody, kept_bytes = lab.folder .. "/nobody.jsonl", lab.folder .. "/bytes.jsonl"
    assert(snapshot.create(nobody)):finish()
    assert.equal(0, select(2, rollcall(("snapshot %s -o %s"):format(inventory, kept_bytes))))
    local reader = put("utf8.py", [[
import json, sys
text = sys.stdin.buffer.read().decode("utf-8", "strict")
documents = [json.loads(text)] if sys.argv[1] == "json" else [json.loads(line) for line in text.splitlines()]
print(json.dumps(documents).count("caf\\ufffd \\u00e9"))
]])
    for format, arguments in pairs {
      ["cat " .. kept_bytes] = "jsonl", ["%s report SOURCE -f json"] = "json", ["%s report SOURCE -f jsonl"] = "jsonl",
      ["%s check SOURCE -f json -p " .. policy] = "json", ["%s check SOURCE -f sarif -p " .. policy] = "json",
      ["%s diff -f jsonl " .. nobody .. " SOURCE"] = "jsonl",
    } do
      local command = format:format(lab.command):gsub("SOURCE", inventory)
      local found, code, complaint = lab.run(("%s | /usr/bin/python3 %s %s"):format(command, reader, arguments))
      assert.equal(0, code, complaint)
      -- SARIF shows them as escapes.
      assert.is_true(math.tointeger(found) > 0 or command:find "sarif" ~= nil, command)
    end
    assert.equal("caf\u{fffd} é", json.value "caf\xe9 é":sub(2, -2))
  end)

  it("have completions that each shell takes", function()
    for shell, test in pairs {
      bash = "bash -n %s", zsh = "zsh -n %s", fish = "fish -n %s",
    } do
      local output, code = rollcall("completion " .. shell)
      assert.equal(0, code)
      for _, name in ipairs(names) do assert.is_truthy(output:find(name, 1, true)) end
      local _, test_code, complaint = lab.run("HOME=$LAB_FOLDER " .. test:format(put("completion." .. shell, output)))
      assert.equal(0, test_code, complaint)
    end
    for words, wanted in pairs { ["rollcall rep"] = "report\n", ["rollcall help in"] = "inventory in-a-domain\n" } do
      local completed = lab.run(([[bash -c 'source %s/completion.bash; COMP_WORDS=(%s); COMP_CWORD=$((${#COMP_WORDS[@]} - 1))
        _rollcall; echo ${COMPREPLY[@]}']]):format(lab.folder, words))
      assert.equal(wanted, completed)
    end
    for shell, mark in pairs { zsh = ":(rollcall connections ", fish = "using_command help' -xa 'rollcall connections " } do
      assert.is_truthy((rollcall("completion " .. shell)):find(mark, 1, true), shell)
    end
  end)

  it("exit with 3 where completions cannot be written", function()
    local _, code, complaint = rollcall "completion bash > /dev/full"
    assert.equal(3, code)
    assert.is_truthy(complaint:find("No space left", 1, true), complaint)
  end)

  for arguments, words in pairs {
    ["report /nowhere/inventory.lua"] = "/nowhere/inventory.lua", ["report"] = "SOURCE", ["check x"] = "'--policy'",
    ["report x --where 'nonsense'"] = "invalid condition for --where: 'nonsense'", ["report x --where 'idle>many'"] = "a number",
    ["report x --limit 0"] = "invalid number for --limit: '0'",
    ["snapshot x"] = "--output FILE", ["diff a"] = "AFTER",
    ["watch x --interval soon"] = "invalid number for --interval: 'soon'",
    ["report /etc/hostname"] = "/etc/hostname is neither an inventory nor a snapshot",
    ["report x --format pdf"] = "format", ["completion tcsh"] = "SHELL", ["report " .. people .. " -g user -m average:x"] = "average:x",
  } do
    it("exit with 3 on a usage error: " .. arguments:gsub("/%S+/", ""), function()
      local output, code, complaint = rollcall(arguments)
      assert.equal(3, code, complaint)
      assert.equal("", output)
      assert.is_truthy(complaint:find(words, 1, true), complaint)
    end)
  end
end)
