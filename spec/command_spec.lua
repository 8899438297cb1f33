local cjson = require "cjson"

local lab = require "spec.lab"

---Runs the command with the auditor's password in the environment.
local function rollcall(arguments, environment)
  return lab.run(("%s %s %s"):format(environment or "ROLLCALL_PASSWORD=$LAB_PASSWORD", lab.command, arguments))
end

local function auth_file(mode, text)
  local path = lab.folder .. "/auth"
  local file = assert(io.open(path, "wb"))
  file:write(text)
  file:close()
  lab.run(("chmod %s %s"):format(mode, path))
  return path
end

---Runs a shell command on a terminal; pairs of what it shows and what is then typed follow.
---@return string shown
local function on_terminal(...)
  local words = {}
  for i, word in ipairs { ... } do words[i] = "'" .. word:gsub("'", [['\'']]) .. "'" end
  local shown, code, complaint = lab.run("/usr/bin/python3 spec/lab/terminal.py " .. table.concat(words, " "))
  assert.equal(0, code, shown .. complaint)
  return shown
end

local people = ("connections %s -q people -U %s"):format(lab.double, lab.username)

describe("rollcall connections", function()
  it("prints a table that a terminal can take", function()
    local output, code, complaints = rollcall(people)
    assert.equal(0, code, complaints)
    assert.equal("", complaints)
    local lines = {}
    for line in output:gmatch("[^\n]+") do lines[#lines + 1] = line end
    assert.equal(7, #lines)
    assert.equal(("# %s: complete, 5 of 5"):format(lab.double), lines[7])
    assert.is_truthy(lines[1]:find("^SERVER%s+SHARE%s+USER%s+CLIENT%s+OPENS%s+USERS%s+SINCE%s+TYPE%s+ID$"))
    assert.is_truthy(lines[2]:find("CORP\\alice", 1, true))
    assert.is_truthy(lines[5]:find("\\x1B[31mred\\u{202E}", 1, true))
    assert.is_nil(output:find("\x1b", 1, true))
  end)

  it("keeps to the width of the terminal", function()
    local output = lab.run(("script -qec 'stty cols 80; ROLLCALL_PASSWORD=$LAB_PASSWORD %s %s' /dev/null"):format(
      lab.command, people))
    assert.is_truthy(output:find("SERVER", 1, true), output)
    for line in output:gmatch("[^\r\n]+") do
      assert.is_true(utf8.len((line:gsub("\27%[%d*[mK]", ""))) <= 80, line)
    end
    assert.is_truthy(output:find("…", 1, true))
  end)

  it("prints CSV that another program reads back", function()
    local output, code = rollcall(people .. " --format csv")
    assert.equal(0, code)
    local path = lab.folder .. "/people.csv"
    assert(io.open(path, "wb")):write(output):close()
    local reader = [[import csv, json; print(json.dumps(list(csv.DictReader(open("%s", newline="")))))]]
    local read = lab.run(("/usr/bin/python3 -c '%s'"):format(reader:format(path)))
    local rows = cjson.decode(read)
    assert.equal(6, #rows)
    for i, record in ipairs { "row", "row", "row", "row", "row", "target" } do assert.equal(record, rows[i].record) end
    assert.same({ lab.double, "complete", "5", "" }, { rows[6].target, rows[6].completeness, rows[6].received, rows[6].username })
    assert.equal("CORP\\alice", rows[1].username)
    assert.equal("Zoë 💻 张三", rows[2].username)
    assert.equal("'=cmd|' /C calc'!A0", rows[3].username)
    assert.equal("<b>&\"'", rows[4].client)
    assert.equal("4294967295", rows[5].num_opens)
  end)

  it("filters, sorts, groups and cuts rows as rollcall report does, by their own fields and the common ones", function()
    local function rows(options) return cjson.decode((rollcall(people .. " -f json " .. options))) end
    local sorted = rows "--sort duration --reverse --limit 2 --columns user,id,duration"
    assert.same({ { id = 5, duration = 300 }, { user = "\27[31mred\u{202E}", id = 4, duration = 240 } }, sorted.rows)
    assert.same({ "who", nil }, { sorted.kind, sorted.totals })
    local chosen = rows "--where 'time>=1m and time<3m' --where 'not user=alice' -c username"
    assert.same({ { username = "Zoë 💻 张三" } }, chosen.rows)
    local grouped = rows "-g share -m max:time"
    assert.same({ "group", { { share = "people", rows = 5, max_time = 300 } } }, { grouped.kind, grouped.rows })
    local output, code, complaint = rollcall(people .. " -w user=alice -c user,time,type")
    assert.equal(("USER   SINCE  TYPE\nalice     1m  disk\n# only rows where user=alice\n# %s: complete, 5 of 5\n"):format(lab.double),
      output)
    assert.same({ 0, "" }, { code, complaint })
  end)

  it("prints JSON and JSON Lines of the same rows", function()
    local document = cjson.decode((rollcall(people .. " -f json")))
    assert.equal("rollcall/1", document.schema)
    assert.equal("connection", document.kind)
    assert.equal(5, #document.rows)
    assert.equal("\x1b[31mred\u{202e}", document.rows[4].username)
    assert.equal(0, #document.failures)
    local lines = {}
    for line in rollcall(people .. " -f jsonl"):gmatch("[^\n]+") do lines[#lines + 1] = cjson.decode(line) end
    assert.is_truthy(lines[1].generated_at:find "^%d%d%d%d%-%d%d%-%d%dT%d%d:%d%d:%d%dZ$")
    lines[1].generated_at = nil
    assert.same({ kind = "report", schema = "rollcall/1", rows = "connection" }, lines[1])
    assert.equal(7, #lines)
    assert.equal(lab.username, lines[7].logon.username)
    lines[7].logon = nil
    assert.same({
      kind = "target", source = "smb", target = lab.double, qualifier = "people", completeness = "complete", claimed = 5, received = 5,
    }, lines[7])
    for i, row in ipairs(document.rows) do
      row.kind = "connection"
      assert.same(row, lines[i + 1])
    end
  end)

  it("exits with 2 and one line for each server that could not be asked", function()
    local output, code, complaints = rollcall(("connections %s %s %s -q people -U %s -f json --timeout 1"):format(
      lab.double, lab.closed, lab.silent, lab.username))
    assert.equal(2, code)
    assert.equal(2, select(2, complaints:gsub("\n", "")))
    assert.is_truthy(complaints:find(lab.closed .. ": connect: connection refused", 1, true))
    local document = cjson.decode(output)
    assert.equal(5, #document.rows)
    assert.equal(2, #document.failures)
  end)

  it("distinguishes 'nobody is connected' from a failed query in every format", function()
    for _, format in ipairs { "table", "csv", "json", "jsonl" } do
      local arguments = "connections %s -q rows-0 -U %s -f " .. format
      local nobody, nobody_code, quiet = rollcall(arguments:format(lab.double, lab.username))
      local unknown, unknown_code, complaint = rollcall(arguments:format(lab.closed, lab.username))
      assert.same({ 0, 2 }, { nobody_code, unknown_code })
      assert.equal("", quiet)
      assert.is_truthy(complaint:find("refused", 1, true))
      assert.not_equal(nobody, unknown)
      assert.is_truthy(unknown:find("unreachable", 1, true), unknown)
    end
  end)

  it("says of a server that it fills in placeholders, and does not show them as facts", function()
    local client = lab.connect("alice", "projects")
    local output, code = rollcall(("connections %s -q projects -U %s"):format(lab.samba, lab.username))
    client.close()
    assert.equal(0, code)
    assert.is_truthy(output:find("# " .. lab.samba .. ": placeholder, 1 of 1: the server does not say", 1, true))
    assert.is_nil(output:find("dummy_user", 1, true))
    assert.is_nil(output:find("IPC$", 1, true))
  end)

  it("takes user and password from a file, as smbclient does", function()
    local path = auth_file("600", ("username = %s\npassword = %s\ndomain = WORKGROUP\n"):format(lab.username, lab.password))
    local output, code, complaints = rollcall(("connections %s -q people -A %s -f csv"):format(lab.double, path), "")
    assert.equal(0, code, complaints)
    assert.is_truthy(output:find("CORP\\alice", 1, true))
    assert.equal(0, select(2, lab.run(("smbclient -p %d -A %s -c exit //127.0.0.1/public"):format(lab.samba_port, path))))
  end)

  it("reads such a file exactly as smbclient does", function()
    local taken, refused = 0, 0
    for _, form in ipairs {
      "username = U\npassword = P", "username=U\npassword=P", "username =\tU\npassword =  P\n", "USERNAME = U\nPassWord = P\n",
      "username = U%P\n", "username = U%P\npassword = wrong\n", "password = wrong\nusername = U%P\n", "username = WORKGROUP\\U%P\n",
      "username = U\npassword = P\nrealm = X.EXAMPLE\n", "username = U\npassword = P\nrealm =\n",
      "username = U\npassword = P\nother = z\n",
      "username = U\npassword = P\nnonsense\n", "# c\n; d\nusername = U\n\n\npassword = P\n", "user name = U\npass\tword = P\n",
      "  username = U\n  password = P\n", "username = U\r\npassword = P\r\n", "username = U\r\r\npassword = P\n",
      "username\t=\tU\npassword\v= P\n",
      "username = U\npassword = wrong\npassword = P\n", "username = U\npassword = P\ndomain =\n", "username = U\npassword = P\0x\n",
      "username = U\npassword = P\ndomain = NOWHERE\n", "username = wrong\nusername = U\npassword = P\n",
      -- and what it does not take
      "username = U \npassword = P\n", "username = U\npassword = P \n", "username = U\npassword = P\npassword = wrong\n",
      "username = 'U'\npassword = 'P'\n", "username : U\npassword : P\n", "user = U\npassword = P\n", "username = U%\npassword = P\n",
      "username = U%wrong\npassword = P\n", "password = P\nusername = U%wrong\n", "username = U\rpassword = P\n",
      "username = U\npassword =\n",
      "username = U\npassword = \v P\n", "\u{feff}username = U\npassword = P\n", "username = U\npassword\\\n = P\n",
    } do
      local path = auth_file("600", (form:gsub("%f[%w][UP]%f[^%w]", { U = lab.username, P = lab.password })))
      local theirs = select(2, lab.run(("smbclient -p %d -A %s -c exit //127.0.0.1/projects < /dev/null"):format(lab.samba_port, path)))
      local _, ours, complaint = rollcall(("shares %s -A %s < /dev/null"):format(lab.samba, path), "")
      assert.equal(theirs == 0, ours == 0, ("%q: %s"):format(form, complaint))
      if theirs == 0 then taken = taken + 1 else refused = refused + 1 end
    end
    assert.same({ 23, 14 }, { taken, refused })
  end)

  it("refuses such a file when others may read it, or it says something else", function()
    local _, code, complaint = rollcall(("connections x -q y -A %s"):format(auth_file("644", "password = p\n")), "")
    assert.equal(3, code)
    assert.is_truthy(complaint:find("others", 1, true))
    local _, other_code, other_complaint = rollcall(("connections x -q y -A %s"):format(auth_file("600", "pass word\n")), "")
    assert.equal(3, other_code)
    assert.is_truthy(other_complaint:find("auth: has no line 'username ='", 1, true))
  end)

  it("names the file that lacks a name or a password, and tries no empty password", function()
    local function without_terminal(environment, options)
      return lab.run(("setsid env %s %s connections x -q y %s < /dev/null"):format(environment, lab.command, options))
    end
    for given, words in pairs {
      ["usernam = a\npassword = p\n"] = "/auth: has a password, and no line 'username ='; or give -U",
      ["username = a\npasword = p\n"] = "no password: %s has no line 'password ='; give --password-command or ROLLCALL_PASSWORD",
      ["username = a\npassword =\n"] = "/auth: the password is empty",
    } do
      local path = auth_file("600", given)
      local _, code, complaint = without_terminal("-u ROLLCALL_PASSWORD", "-A " .. path)
      assert.equal(3, code)
      assert.is_truthy(complaint:find(words:format(path), 1, true), complaint)
    end
    for _, way in ipairs { "--password-command 'echo; echo x'", "" } do
      local _, code, complaint = without_terminal("ROLLCALL_PASSWORD=", "-U a " .. way)
      assert.equal(3, code)
      assert.matches("password", complaint)
    end
  end)

  it("says that help cannot be written", function()
    for _, arguments in ipairs { "--version", "--help", "report --help" } do
      local _, code, complaint = lab.run(lab.command .. " " .. arguments .. " > /dev/full")
      assert.same({ 3, "rollcall: cannot write: No space left on device\n" }, { code, complaint })
    end
  end)

  it("takes the password from a command, or from the terminal", function()
    local _, code, complaints = rollcall(people .. " --password-command 'printenv LAB_PASSWORD' -f csv", "")
    assert.equal(0, code, complaints)
    local _, bad_code, bad = rollcall(people .. " --password-command false", "")
    assert.equal(3, bad_code)
    assert.is_truthy(bad:find("password command failed", 1, true))
    local typed = lab.run(("(sleep 1; echo $LAB_PASSWORD) | script -qec '%s %s -f csv' /dev/null"):format(lab.command, people))
    assert.is_truthy(typed:find("Password for auditor: ", 1, true), typed)
    assert.is_truthy(typed:find("CORP\\alice", 1, true), typed)
    assert.is_nil(typed:find(lab.password, 1, true))
  end)

  it("takes an NT hash for a password", function()
    local hash = [[import os; from impacket.ntlm import *; print(compute_nthash(os.environ["LAB_PASSWORD"]).hex())]]
    local _, code, complaints = rollcall(people .. " --pw-nt-hash -f csv",
      ("ROLLCALL_PASSWORD=$(/usr/bin/python3 -c '%s')"):format(hash))
    assert.equal(0, code, complaints)
  end)

  for arguments, words in pairs {
    ["connections"] = "SERVER",
    ["connections fs1 -q '\\\\\\\\' -U u"] = "qualifier",
    ["connections fs1 -q x -U u --level 7"] = "level",
    ["connections fs1 -q x -U u --level one"] = "'one'",
    ["connections 'two words' -q x -U u"] = "rollcall: invalid SERVER: 'two words'; it must be the name or address of a server",
    ["connections fs1 -q x -U u --format xml"] = "format",
    ["connections fs1 -q x -U u --timeout never"] = "invalid number for --timeout: 'never'",
    ["connections fs1 -q x -U u --timeout -1"] = "invalid number for --timeout: '-1'",
    ["sessions fs1 --client '' -U u"] = "rollcall: invalid value for --client: ''; it must not be empty",
    ["conections fs1"] = "Did you mean 'connections'?",
    ["connections fs1 --qualifer x"] = "Did you mean '--qualifier'?",
    ["connections fs1 -q x -U u%secret"] = "in the open",
    ["connections fs1 -q x --nonsense"] = "nonsense",
    ["nonsense"] = "nonsense",
    [""] = "command",
  } do
    it("exits with 3 on a usage error: " .. arguments, function()
      local output, code, complaint = rollcall(arguments)
      assert.equal(3, code)
      assert.equal("", output)
      assert.is_truthy(complaint:find(words, 1, true), complaint)
    end)
  end

  it("exits with 3 when it cannot write", function()
    local _, code, complaint = lab.run(("ROLLCALL_PASSWORD=$LAB_PASSWORD %s %s > /dev/full"):format(lab.command, people))
    assert.equal(3, code)
    assert.is_truthy(complaint:find("No space left", 1, true), complaint)
  end)
end)

describe("the siblings of rollcall connections", function()
  local function json_of(arguments)
    local output, code, complaints = rollcall(arguments .. (" %s -U %s -f json"):format(lab.double, lab.username))
    assert.equal(0, code, complaints)
    return cjson.decode(output)
  end

  it("print the sessions, files and shares of a server", function()
    assert.equal(4, #json_of("sessions").rows)
    assert.equal("bob", json_of("sessions --client WS-BOB").rows[1].username)
    assert.equal(1, #json_of("sessions --username bob").rows)
    assert.equal(4294967295, json_of("files --basepath 'D:\\plan'").rows[1].id)
    assert.equal(1, #json_of("files --username alice").rows)
    local shares = json_of("shares --level best")
    assert.equal("share", shares.kind)
    assert.equal(8, #shares.rows)
    assert.equal(2, shares.rows[1].level)
    assert.equal("计划 💻", shares.rows[7].share)
    assert.equal(5, #json_of("connections").rows)
    assert.equal(4, #json_of("connections --no-hidden").rows)
  end)

  it("print the combined view, and the result for each server", function()
    local document = json_of("smb")
    assert.equal("access", document.kind)
    assert.equal(7, #document.rows)
    assert.equal(lab.username, document.targets[1].logon.username)
    document.targets[1].logon = nil
    assert.same({ { source = "smb", target = lab.double, completeness = "complete", claimed = 13, received = 13 } },
      document.targets)
    local csv = rollcall(("smb %s -U %s -f csv"):format(lab.double, lab.username))
    assert.is_truthy(csv:find("C:\\shares\\projects\\plan.txt; C:\\shares\\PROJECTS\\sub\\x.txt", 1, true))
    local shown = rollcall(("smb %s -U %s"):format(lab.double, lab.username))
    assert.is_truthy(shown:find("plan.txt, x.txt", 1, true))
    assert.is_truthy(shown:find("# " .. lab.double .. ": complete, 13 of 13", 1, true))
  end)

  it("exit with 2 where they are denied, with one line of why", function()
    local output, code, complaint = rollcall(("smb %s -U alice"):format(lab.samba))
    assert.equal(2, code)
    assert.equal(1, select(2, complaint:gsub("\n", "")))
    assert.is_truthy(complaint:find("members of Administrators or Server Operators", 1, true))
    assert.is_truthy(output:find(": denied, 0 of 0", 1, true))
  end)
end)

describe("at the password prompt", function()
  local asking = lab.command .. " " .. people .. " -f csv"
  local rest = [[; echo "code=$?"; stty -a | tr ' ' '\n' | grep -x -e echo -e -echo]]
  local prompt = "Password for auditor: "

  it("nothing that is typed is shown, and standard output may be a file", function()
    local shown = on_terminal(("%s > %s/typed%s"):format(asking, lab.folder, rest), prompt, lab.password .. "\\n")
    assert.equal(prompt .. "\ncode=0\necho\n", shown)
    assert.is_truthy(lab.run(("cat %s/typed"):format(lab.folder)):find("CORP\\alice", 1, true))
  end)

  it("an interrupt ends the command at once, as a shell expects, and the terminal echoes again", function()
    assert.equal(prompt .. "\ncode=130\necho\n", on_terminal("trap : INT; " .. asking .. rest, prompt, "half\\x03"))
  end)

  for signal, code in pairs { TERM = 143, HUP = 129 } do
    it("SIG" .. signal .. " ends the command, and the terminal echoes again", function()
      local killer = ("(sleep 1; kill -%s $(pgrep -P $$ lua)) & "):format(signal)
      local shown = on_terminal(killer .. asking .. rest)
      assert.is_truthy(shown:find("code=" .. code .. "\necho\n", 1, true), shown)
    end)
  end

  it("the command can be stopped and go on, and the terminal echoes meanwhile", function()
    local stopped = rest:gsub("code", "stopped")
    local shown = on_terminal("set -m; " .. asking .. stopped .. "; fg" .. rest, prompt, "half\\x1a", prompt, lab.password .. "\\n")
    assert.is_truthy(shown:find("stopped=148\necho\n", 1, true), shown)
    assert.is_truthy(shown:find("CORP\\alice", 1, true), shown)
    assert.is_truthy(shown:find("code=0\necho\n", 1, true), shown)
  end)

  it("the end of input is no password, and neither is one that would be cut", function()
    local ended = on_terminal(asking .. rest, prompt, "\\x04")
    assert.is_truthy(ended:find("no password: give -A", 1, true), ended)
    local long = on_terminal(asking .. rest, prompt, ("x"):rep(3073) .. "\\n")
    assert.equal(prompt .. "\nrollcall: the password is too long\ncode=3\necho\n", long)
  end)
end)

describe("a signal", function()
  it("that is ignored stays so, which is how nohup works", function()
    local inventory = lab.folder .. "/watched.lua"
    assert(io.open(inventory, "w")):write(("smb { servers = %q }"):format(lab.closed)):close()
    local output, _, complaint = lab.run(([[
      nohup %s watch %s --interval 0.1 > %s/watched 2>&1 & process=$!
      sleep 1; kill -HUP $process; sleep 0.5
      readlink /proc/$process/exe > /dev/null && echo alive
      kill -TERM $process; wait $process; echo $?]]):format(lab.command, inventory, lab.folder))
    assert.equal("alive\n0\n", output, complaint)
  end)

  it("that interrupts a query ends it with 130, and says what is missing", function()
    local output, code, complaint = lab.run(("ROLLCALL_PASSWORD=x %s connections %s -q x -U u & sleep 0.7; kill -INT $!; wait $!"):format(
      lab.command, lab.silent))
    assert.same({ ("# %s: unreachable: interrupted before it had answered\n"):format(lab.silent), 130,
      ("rollcall: interrupted: these rows are incomplete; 1 of 1 target had not answered: %s\n"):format(lab.silent) },
      { output, code, complaint })
  end)
end)

describe("a standard stream that is closed", function()
  -- The first server's failure is reported while the second is asked, over a socket.
  local arguments = ("connections %s %s %s -q people -U %s --concurrency 1 -f csv"):format(lab.closed, lab.double, lab.double, lab.username)

  it("takes its messages with it, and nothing else gets them", function()
    local function run(streams)
      local output, code = rollcall(arguments .. " " .. streams)
      return { (output:gsub("%d%d:%d%d:%d%dZ", "")), code } -- each says when it was generated
    end
    local expected = run ""
    assert.equal(2, expected[2])
    for _, closed in ipairs { "2>&-", "0<&- 2>&-" } do
      assert.same(expected, run(closed))
    end
    assert.equal(2, select(2, rollcall(arguments .. " 0<&-")))
  end)

  it("cannot be written to", function()
    local _, code, complaint = rollcall(people .. " -f csv 1>&-")
    assert.equal(3, code)
    assert.is_truthy(complaint:find("cannot write: Bad file descriptor", 1, true), complaint)
  end)

  it("does not become the file of a report", function()
    local inventory = lab.folder .. "/closed.lua"
    assert(io.open(inventory, "w")):write(([[smb { servers = %q, query = "sessions" }]]):format(lab.closed)):close()
    local function report(streams)
      local path = lab.folder .. "/closed.csv"
      local _, code = rollcall(("report %s --format csv -o %s %s"):format(inventory, path, streams))
      local file = assert(io.open(path))
      local text = file:read "a"
      file:close()
      text = text:gsub("%d+%-%d+%-%d+T[%d:]+Z", "TIME")
      return { text, code }
    end
    local expected = report ""
    for _, closed in ipairs { "2>&-", "1>&-", "1>&- 2>&-", "0<&- 1>&- 2>&-" } do assert.same(expected, report(closed)) end
  end)
end)
