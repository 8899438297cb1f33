-- The full-screen view of a watch, as a person has it before them: tmux is the terminal, and keys are pressed.
local cjson = require "cjson"
local hostile = require "spec.lab.hostile"
local keys = require "rollcall.cli.live.keys"
local lab = require "spec.lab"
local snapshot = require "rollcall.snapshot"
local text_file = require "spec.lab.text_file"
local tmux = require "spec.lab.tmux"

local folder, terminal

before_each(function() folder = lab.new_folder "live" end)

after_each(function()
  if terminal then terminal:close() end
  terminal = nil
end)

local function put(name, text) return text_file.put(folder .. "/" .. name, text) end

local function asking(servers, timeout)
  return put("inventory.lua", ([[smb { servers = { "%s" }, username = %q, password = env "LAB_PASSWORD", timeout = %d }]]):format(
    table.concat(servers, '", "'), lab.username, timeout or 20))
end

---An inventory of rows that are there: names, or rows. Of servers that fail, by the outcome.
local function put_state(people, completeness)
  local writer = assert(snapshot.create(folder .. "/state.jsonl"))
  for i, person in ipairs(people) do
    writer:row("access", type(person) == "table" and person
      or { servername = "fs1", username = person, share = "people", client = "10.0.0." .. i % 250, time = i, idle_time = i })
  end
  writer:outcome { source = "smb", target = "fs1", query = "access", completeness = completeness or "complete",
    reason = completeness and "the network is gone" or nil }
  writer:finish()
  return put("state.lua", ("snapshot %q"):format(folder .. "/state.jsonl"))
end

---@param size? { [1]: integer, [2]: integer }
local function watch(inventory, options, size)
  terminal = tmux.open(table.unpack(size or { 80, 24 }))
  terminal:run("stty -a > " .. folder .. "/before")
  terminal:run(("clear; %s watch %s --live %s; echo code=$?; stty -a > %s/after"):format(lab.command, inventory, options or "", folder))
end

local content = text_file.so_far

local function lines_of(screen)
  local lines = {}
  for line in (screen .. "\n"):gmatch "(.-)\n" do lines[#lines + 1] = line end
  return lines
end

---Nothing on the terminal shows that it was a screen.
local function is_restored(code)
  terminal:wait_for("code=" .. code)
  lab.eventually("the settings of the terminal", function() return content(folder .. "/after"):find "\n.*\n" end)
  assert.equal(content(folder .. "/before"), content(folder .. "/after"))
  assert.equal("0 1 1", terminal:state "#{alternate_on} #{cursor_flag} #{wrap_flag}")
end

local function process_of(inventory)
  return lab.eventually("the process", function()
    local id = lab.run(("pgrep -f '[m]ain.lua watch %s'"):format(inventory)):match "%d+"
    return id
  end)
end

describe("watch --live", function()
  it("shows who is there while a server is silent, hears keys meanwhile, and who connects then is marked", function()
    local inventory = asking({ lab.samba, lab.double, lab.closed, lab.silent }, 4)
    local client = lab.connect("bob", "projects")
    watch(inventory, "--interval 1 --columns user,resource,origin,idle", { 200, 50 })
    local screen = terminal:wait_for(function(screen)
      return screen:find("zoë", 1, true) and screen:find("bob", 1, true) and screen:find("waiting for .*" .. lab.silent)
    end)
    assert.is_truthy(screen:find("FAILED  " .. lab.closed .. ": connect: connection refused", 1, true), screen)
    assert.is_truthy(screen:find("rows so far", 1, true), screen)
    -- The poll goes on.
    terminal:press "r"
    screen = terminal:wait_for "USER▼"
    assert.is_truthy(screen:find("waiting for .*" .. lab.silent), screen)
    assert.is_true(screen:find("zoë", 1, true) < screen:find("alice", 1, true))
    screen = terminal:wait_for "s old"
    assert.is_truthy(screen:find("FAILED  " .. lab.silent .. " since ", 1, true), screen)
    client:close()
    client = lab.connect("alice", "public")
    terminal:wait_for(function(shown) return shown:find "\n%+ alice" end)
    terminal:wait_for(function(shown) return shown:find "\n%- bob" end)
    client:close()
    terminal:press "q"
    is_restored(0)
  end)

  it("marks who connects, disconnects, changes and is not known any more, for a while", function()
    watch(put_state { "alice", "bob", "carol" }, "--interval 0.5", { 200, 50 })
    terminal:wait_for "3 rows, 3 users"
    put_state { { servername = "fs1", username = "alice", share = "people", client = "10.0.0.1", open_files = 7 }, "bob", "dave" }
    local screen = terminal:wait_for "- carol"
    assert.is_truthy(screen:find "\n~ alice" and screen:find "\n  bob" and screen:find "\n%+ dave", screen)
    assert.is_truthy(screen:find("3 rows, 3 users", 1, true), screen)
    local styled = terminal:screen(true)
    for color, words in pairs { [33] = "~ alice", [32] = "%+ dave", [31] = "%- carol" } do
      assert.is_truthy(styled:find(("\27%%[%dm[^\n]-%s"):format(color, words)), styled)
    end
    lab.eventually("the end of the marks", function()
      screen = terminal:screen()
      return screen:find "\n  dave" and screen:find "\n  alice" and not screen:find "carol" and true
    end)
    put_state({}, "unreachable")
    screen = terminal:wait_for "0 rows, 0 users, 3 unverified"
    assert.is_truthy(screen:find "\n%? alice" and screen:find "\n%? bob" and screen:find "\n%? dave", screen)
    assert.is_truthy(screen:find "FAILED  fs1 since %d%d:%d%d:%d%dZ: the network is gone", screen)
    put_state { "alice", "bob", "dave" }
    screen = terminal:wait_for "3 rows, 3 users  "
    assert.is_nil(screen:find("FAILED", 1, true), screen)
    put_state {}
    terminal:wait_for "0 rows, 0 users  "
    put_state({}, "denied")
    lab.eventually("what is not known", function()
      return terminal:screen():find("No row, and 1 of 1 target failed or answered in part: who is there is not known.", 1, true)
    end)
    put_state {}
    lab.eventually("that nobody is there", function() return terminal:screen():find("Nobody is there; every target answered.", 1, true) end)
  end)

  it("sorts, filters, and says what is wrong with a filter", function()
    watch(put_state { "alice", "bob", "bert", "carol" }, "--interval 60 --sort duration --where 'user!=carol'")
    local screen = terminal:wait_for "3 rows, 3 users"
    assert.is_truthy(screen:find("DURATION▲", 1, true) and screen:find("where user!=carol", 1, true), screen)
    assert.is_true(screen:find "alice" < screen:find "bob" and screen:find "bob" < screen:find "bert")
    terminal:press("Right", "r")
    screen = terminal:wait_for "IDLE▼"
    assert.is_true(screen:find "bert" < screen:find "bob")
    terminal:type "/ B"
    screen = terminal:wait_for "filter:  B"
    assert.is_truthy(screen:find("(2 of 3 rows)", 1, true), screen)
    assert.is_nil(screen:find("alice", 1, true), screen)
    -- No word is found across two cells.
    terminal:press "C-u"
    terminal:type "bob people"
    terminal:wait_for "(1 of 3 rows)"
    terminal:press "C-u"
    terminal:type "bobpeople"
    terminal:wait_for "No row passes the filter."
    terminal:press "C-u"
    terminal:type "idle>=2 and user~b"
    terminal:wait_for "(2 of 3 rows)"
    terminal:press "C-u"
    terminal:type "idle>=x"
    terminal:wait_for "it takes a number after >="
    terminal:press "C-u"
    terminal:type "usr=bob"
    terminal:wait_for "no row has a field 'usr'; did you mean 'user'?"
    -- Escape leaves what there was before, and then takes that away.
    terminal:press "C-u"
    terminal:type "bert"
    terminal:press "Enter"
    terminal:wait_for "q quit"
    terminal:type "/x"
    terminal:wait_for "filter: bertx"
    terminal:press "Escape"
    screen = terminal:wait_for "q quit"
    assert.is_truthy(screen:find("filter: bert  (1 of 3 rows)", 1, true), screen)
    terminal:press "Escape"
    terminal:wait_for(function(shown) return shown:find "alice" and not shown:find "filter:" end)
    terminal:type "t"
    terminal:wait_for "fs1: complete, taken at "
    terminal:type "t"
    terminal:wait_for "alice"
    terminal:type "p"
    terminal:wait_for "since the poll before: no difference"
  end)

  it("is of use with 20000 rows: what is seen is drawn, and little time is spent between polls", function()
    local people = {}
    for i = 1, 20000 do people[i] = ("user%05d"):format(i) end
    local inventory = put_state(people)
    watch(inventory, "--interval 300")
    terminal:wait_for "20000 rows, 20000 users"
    terminal:press "End"
    terminal:wait_for "user20000"
    terminal:press "PageUp"
    terminal:wait_for(function(screen) return screen:find "user19970" and not screen:find "user20000" end)
    terminal:type "/user1234"
    local screen = terminal:wait_for "(10 of 20000 rows)"
    assert.is_truthy(screen:find "user12340" and screen:find "user12349", screen)
    terminal:press("Escape", "Home")
    terminal:wait_for "user00001"
    local id = process_of(inventory)
    local function ticks()
      local user, system = content(("/proc/%s/stat"):format(id)):match "%) %S+%s+%S+ %S+ %S+ %S+ %S+ %S+ %S+ %S+ %S+ %S+ (%d+) (%d+)"
      return user + system
    end
    local before = ticks()
    os.execute "sleep 3"
    assert.is_true(ticks() - before <= 15, ticks() - before)
  end)

  it("is drawn anew at another size, however small", function()
    local people = {}
    for i = 1, 100 do people[i] = ("user%05d"):format(i) end
    watch(put_state(people, "partial"), "--interval 60")
    terminal:wait_for "100 rows"
    terminal:resize(200, 50)
    local screen = terminal:wait_for "user00045"
    assert.is_truthy(lines_of(screen)[50]:find("q quit", 1, true), screen)
    terminal:resize(20, 5)
    screen = terminal:wait_for(function(shown) return #lines_of(shown) <= 6 and shown:find "USER" end)
    assert.is_truthy(screen:find("PARTIAL  fs1", 1, true), screen)
    for _, line in ipairs(lines_of(screen)) do assert.is_true(utf8.len(line) <= 20, line) end
    terminal:type "/9"
    terminal:wait_for "filter: 9"
    terminal:press "Enter"
    for _, size in ipairs { { 3, 1 }, { 1, 3 }, { 2, 2 }, { 7, 3 } } do
      terminal:resize(table.unpack(size))
      os.execute "sleep 0.2"
    end
    terminal:resize(80, 24)
    terminal:wait_for "filter: 9  (19 of 100 rows)"
    terminal:press "q"
    is_restored(0)
  end)

  it("says that there are more targets that failed than it has room for", function()
    local writer = assert(snapshot.create(folder .. "/state.jsonl"))
    for i = 1, 30 do
      writer:outcome { source = "smb", target = "fs" .. i, query = "access", completeness = i % 2 == 0 and "partial" or "denied" }
    end
    writer:finish()
    watch(put("state.lua", ("snapshot %q"):format(folder .. "/state.jsonl")), "--interval 60")
    local screen = terminal:wait_for "27 more targets failed or answered in part: t shows them"
    assert.is_truthy(screen:find "FAILED  fs1 since [%d:]+Z: denied\nPARTIAL  fs2 since [%d:]+Z: partial\nFAILED  fs3 since", screen)
    terminal:type "t"
    terminal:press "End"
    terminal:wait_for "fs30: partial"
    terminal:resize(20, 5)
    screen = terminal:wait_for(function(shown) return shown:find "30 targets failed" end)
    assert.equal(6, #lines_of(screen))
  end)

  for signal, code in pairs { INT = 130, TERM = 143, HUP = 129, QUIT = 131, ABRT = 134, SEGV = 139 } do
    it("leaves the terminal as it was at SIG" .. signal, function()
      local inventory = put_state { "alice" }
      watch(inventory, "--interval 60")
      terminal:wait_for "alice"
      if signal == "INT" then
        terminal:press "C-c"
      else
        lab.run(("kill -%s %s"):format(signal, process_of(inventory)))
      end
      is_restored(code)
    end)
  end

  it("leaves the terminal as it was at Ctrl-C and q while a server is silent, and at an error", function()
    watch(asking({ lab.silent }, 30))
    terminal:wait_for "waiting for"
    terminal:press "C-c"
    is_restored(130)
    terminal:close()
    watch(asking({ lab.silent }, 30))
    terminal:wait_for "waiting for"
    terminal:press "q"
    is_restored(0)
    terminal:close()
    local page = folder .. "/pages/who.html"
    lab.run(("mkdir %s/pages"):format(folder))
    watch(put_state { "alice" }, ("--interval 1 --page %s"):format(page))
    terminal:wait_for "alice"
    lab.eventually("the page", function() return content(page):find "</html>" end)
    lab.run(("rm -r %s/pages"):format(folder))
    terminal:wait_for "rollcall: "
    is_restored(3)
    assert.is_truthy(terminal:screen():find("pages/who.html", 1, true), terminal:screen())
  end)

  it("leaves the terminal as it was where a function of the inventory does not return, or cannot even be stopped", function()
    watch(put("endless.lua", 'normalize_user(function(account) while account do end return account end)\n'
      .. 'rows { kind = "badge", { account = "x" } }'), "--interval 1")
    terminal:wait_for "took too many"
    is_restored(3)
    terminal:run(("clear; lua5.4 %s; echo code=$?; stty -a > %s/after"):format(put("stuck.lua", [[
      local sandbox, system = require "rollcall.internal.sandbox", require "rollcall.system"
      local screen <close> = assert(system.screen())
      system.end_stuck_calls(1)
      local f
      sandbox.run("declare(function(p) return p.x end)", "policies.lua", { declare = function(_, g) f = g end }, "policy files")
      sandbox.name(f, "check of rule 'stuck'")
      f(setmetatable({}, { __index = function() while true do end end }))]]), folder))
    terminal:wait_for "could not be stopped"
    is_restored(3)
  end)

  it("stops at Ctrl-Z with the terminal as it was, and goes on", function()
    local inventory = put_state { "alice" }
    watch(inventory, "--interval 60")
    terminal:wait_for "alice"
    terminal:press "C-z"
    terminal:wait_for "Stopped"
    assert.equal("0 1 1", terminal:state "#{alternate_on} #{cursor_flag} #{wrap_flag}")
    terminal:run("stty -a > " .. folder .. "/after")
    lab.eventually("the settings of the terminal", function() return content(folder .. "/after"):find "\n.*\n" end)
    assert.equal(content(folder .. "/before"), content(folder .. "/after"))
    terminal:run "fg"
    local screen = terminal:wait_for "q quit"
    assert.is_truthy(screen:find("\n  alice", 1, true), screen)
    assert.equal("1 0 0", terminal:state "#{alternate_on} #{cursor_flag} #{wrap_flag}")
    -- In the background it waits.
    terminal:press "C-z"
    terminal:wait_for "Stopped"
    terminal:run "bg"
    lab.eventually("that it stops again", function()
      terminal:run "jobs"
      return terminal:screen():find("tty output", 1, true)
    end)
    assert.equal("0", terminal:state "#{alternate_on}")
    terminal:run "fg"
    terminal:wait_for "q quit"
    terminal:press "q"
    terminal:run("echo code=$?; stty -a > " .. folder .. "/after")
    is_restored(0)
  end)

  it("writes its page and its metrics as without it", function()
    watch(put_state { "alice", "bob" }, ("--interval 0.5 --page %s/who.html --textfile %s/who.prom --snapshot %s/now.jsonl %s"):format(
      folder, folder, folder, "--where user=alice"))
    terminal:wait_for "1 row, 1 user"
    put_state { "alice", "bob", "carol" }
    lab.eventually("all rows in the files", function()
      return content(folder .. "/who.html"):find("carol", 1, true) and content(folder .. "/now.jsonl"):find("carol", 1, true)
        and content(folder .. "/who.prom") ~= ""
    end)
    assert.is_nil(terminal:screen():find("carol", 1, true))
  end)

  it("writes nothing of a server's to the terminal as it is, and no color where none is wanted", function()
    local rows = {}
    for name, word in pairs(hostile) do
      rows[#rows + 1] = { servername = "fs1", username = word, share = word, client = word, time = #name }
    end
    local inventory = put_state(rows)
    for _, prefix in ipairs { "", "NO_COLOR=1 " } do
      local command = ("stty cols 200 rows 50; %s%s watch %s --live --interval 0.3"):format(prefix, lab.command, inventory)
      local shown = lab.run(("/usr/bin/python3 spec/lab/terminal.py '%s' 'next in' q"):format(command))
      assert.is_truthy(shown:find("\\x1B[31mred", 1, true), shown)
      for sequence in shown:gmatch "\27.[0-?]*[ -/]*[@-~]" do
        assert.is_truthy(sequence:find "^\27%[[%d;?]*[hlmHJK]$", cjson.encode(sequence))
        if prefix ~= "" then assert.is_nil(sequence:find "^\27%[[%d;]*[34]%d[%d;]*m$", cjson.encode(sequence)) end
      end
      assert.is_nil(shown:find("[\1-\6\7\14-\26]"), cjson.encode(shown))
      assert.is_nil(shown:find("\u{202e}", 1, true))
    end
  end)

  it("is refused where there is no terminal, or one that can do nothing", function()
    local inventory = put_state {}
    local function refusal(command)
      local _, code, complaint = lab.run(command)
      assert.equal(3, code)
      return complaint
    end
    local words = "rollcall: --live draws on a terminal, and standard input or output is none; without it, watch writes lines\n"
    assert.equal(words, refusal(("%s watch %s --live"):format(lab.command, inventory)))
    for _, streams in ipairs { "< /dev/null", "| cat" } do
      local command = ("%s watch %s --live %s; echo end"):format(lab.command, inventory, streams)
      local shown = lab.run(("/usr/bin/python3 spec/lab/terminal.py '%s'"):format(command))
      assert.equal(words .. "end\n", shown)
    end
    assert.equal("rollcall: --live draws on a terminal that can move its cursor, and TERM is 'dumb'\n",
      (lab.run(("/usr/bin/python3 spec/lab/terminal.py 'TERM=dumb %s watch %s --live'"):format(lab.command, inventory))))
  end)
end)

describe("keys", function()
  it("are known by their bytes, also where these come one by one", function()
    for bytes, expected in pairs {
      ["aé€💻"] = { "a", "é", "€", "💻" }, ["\27[A\27OB\27[5~\27[6~\27[H\27[4~"] = { "up", "down", "page_up", "page_down", "home", "end" },
      ["\r\n\b\127\21\12"] = { "enter", "enter", "backspace", "backspace", "clear", "redraw" },
      ["\27[1;5Cx"] = { "right", "x" }, ["\27[200~a\27[201~"] = { "a" }, ["\27q"] = { "escape", "q" }, ["\27\27[A"] = { "escape", "up" },
      ["\1\2\3q"] = { "q" }, ["\xFFa\xC3b"] = { "a", "b" }, ["\27[999999999999999999999999999999999999999A"] = nil,
    } do
      assert.same(expected, keys.new():feed(bytes), cjson.encode(bytes))
      local decoder, one_by_one = keys.new(), {}
      for byte in bytes:gmatch "." do
        for _, key in ipairs(decoder:feed(byte)) do one_by_one[#one_by_one + 1] = key end
      end
      assert.same(expected, one_by_one, cjson.encode(bytes))
    end
    local decoder = keys.new()
    assert.same({}, decoder:feed "\27")
    assert.is_true(decoder:is_pending())
    assert.same({ "escape" }, decoder:expire())
    assert.is_false(decoder:is_pending())
    -- What never ends is not waited for.
    assert.is_true(#keys.new():feed("\27[" .. ("0"):rep(500)) > 0)
  end)
end)
