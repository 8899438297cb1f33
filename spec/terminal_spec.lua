-- What a person at a terminal sees: rows as they come, how far the targets are, failures once, and what Ctrl-C leaves.
local cjson = require "cjson"
local lab = require "spec.lab"

local quoted = require("spec.lab.shell").quoted

---Runs a shell command on a terminal so many columns wide; pairs of what it shows and what is then typed follow.
---@return string shown
local function on_terminal(columns, command, ...)
  local words = { quoted(("trap : INT; stty cols %d; %s; echo code=$?"):format(columns, command)) }
  for _, word in ipairs { ... } do words[#words + 1] = quoted(word) end
  local shown, code, complaint = lab.run("/usr/bin/python3 spec/lab/terminal.py " .. table.concat(words, " "))
  assert.equal(0, code, shown .. complaint)
  return shown
end

local function rollcall(arguments, ...)
  return ("ROLLCALL_PASSWORD=$LAB_PASSWORD %s %s"):format(lab.command, arguments:format(...))
end

local function asking(...)
  return rollcall("connections %s -q people -U %s --timeout 15", table.concat({ ... }, " "), lab.username)
end

---What stays on the screen of a line that was drawn anew, without colors.
local function last_drawn(shown)
  return (shown:gsub("[^\n]*\r\27%[K", ""):gsub("\27%[%d*m", ""))
end

describe("rows on a terminal", function()
  it("are there while another server is awaited, whom a line names, and Ctrl-C leaves them", function()
    local shown = on_terminal(120, asking(lab.double, lab.closed, lab.silent), "waiting for " .. lab.silent, "\\x03")
    local before, after = shown:match("^(.-)waiting for " .. lab.silent:gsub("%p", "%%%0") .. "(.*)$")
    assert.is_truthy(before:find("CORP\\alice", 1, true), shown)
    assert.is_truthy(before:find("2 of 3 targets done, 1 failed, 1 in flight, 5 rows; ", 1, true), shown)
    assert.is_truthy(after:find("code=130", 1, true), shown)
    local left = last_drawn(shown)
    assert.is_truthy(left:find(("# %s: complete, 5 of 5\n"):format(lab.double), 1, true), left)
    assert.is_truthy(left:find(("# %s: unreachable: interrupted before it had answered\n"):format(lab.silent), 1, true), left)
    assert.is_truthy(left:find(("rollcall: interrupted: these rows are incomplete; 1 of 3 targets had not answered: %s\n"):format(
      lab.silent), 1, true), left)
    assert.is_nil(left:find("waiting for", 1, true), left)
  end)

  it("of an inventory are, too", function()
    local path = lab.folder .. "/waits.lua"
    assert(io.open(path, "w")):write(([[
      smb { servers = { %q, %q }, query = "connections", qualifier = "people", username = %q, password = env "LAB_PASSWORD", timeout = 15 }
      rows { kind = "badge", { account = "walter" } }]]):format(lab.double, lab.silent, lab.username)):close()
    local shown = on_terminal(120, rollcall("report %s", path), "waiting for " .. lab.silent, "\\x03")
    assert.is_truthy(shown:match("^(.-)waiting for"):find("walter", 1, true), shown)
    assert.is_truthy(shown:find("code=130", 1, true), shown)
    assert.is_truthy(last_drawn(shown):find("(connection): interrupted before it had answered\n", 1, true), shown)
    local sorted = on_terminal(120, rollcall("report %s --sort user --columns user", path), "waiting for " .. lab.silent, "\\x03")
    assert.is_truthy(last_drawn(sorted):find("alice\nwalter\n.*# "), sorted)
  end)

  it("are cut in the middle where they do not fit, numbers never, and nothing with --wide", function()
    local narrow = last_drawn(on_terminal(80, asking(lab.double)))
    assert.is_truthy(narrow:find(lab.double:sub(-4), 1, true), narrow)
    assert.is_truthy(narrow:find("4294967295  4294967295", 1, true), narrow)
    for line in narrow:gmatch "[^\n]+" do assert.is_true(utf8.len(line) <= 80, line) end
    local wide = last_drawn(on_terminal(80, asking(lab.double) .. " --wide"))
    assert.is_truthy(wide:find(lab.double .. "  people  CORP\\alice", 1, true), wide)
    assert.is_nil(wide:find("…", 1, true), wide)
  end)

  it("are followed by each failure once, in red, unless no color is wanted", function()
    local shown = on_terminal(200, asking(lab.closed, lab.double))
    local _, times = shown:gsub("connection refused", "")
    assert.equal(1, times, shown)
    assert.is_truthy(shown:find("\27[31m# " .. lab.closed, 1, true), shown)
    assert.is_nil(on_terminal(200, "export NO_COLOR=1; " .. asking(lab.closed, lab.double)):find("\27[31m", 1, true))
    -- Who keeps the rows still sees it.
    local kept = on_terminal(200, asking(lab.closed, lab.double) .. " > /dev/null")
    assert.is_truthy(kept:find(("\27[31mrollcall: %s: connect: connection refused"):format(lab.closed), 1, true), kept)
  end)

  it("are not begun by a line for what takes no time, nor on a terminal that can move no cursor", function()
    assert.is_nil(on_terminal(200, asking(lab.double)):find("\27[K", 1, true))
    local dumb = on_terminal(200, "export TERM=dumb; " .. asking(lab.double, lab.silent):gsub("timeout 15", "timeout 1"))
    assert.is_nil(dumb:find("\27", 1, true), dumb)
  end)
end)

describe("rows in a pipe", function()
  it("are there while another server is awaited", function()
    local output = lab.run(("(%s -f jsonl & echo $! > %s/pid; wait) | (timeout 10 head -n 6; kill -INT $(cat %s/pid))"):format(
      asking(lab.double, lab.silent), lab.folder, lab.folder))
    assert.is_truthy(output:find('"client": "fe80::1"', 1, true), output)
  end)
end)

describe("a signal", function()
  local function interrupted(arguments, signal)
    return lab.run(("export ROLLCALL_PASSWORD=$LAB_PASSWORD; %s %s -U %s --timeout 15 & sleep 1.5; kill -%s $!; wait $!"):format(
      lab.command, arguments, lab.username, signal))
  end

  it("leaves a whole document of what has come, which says what has not", function()
    local output, code, complaint = interrupted(("connections %s %s -q people -f json"):format(lab.double, lab.silent), "INT")
    assert.equal(130, code)
    local document = cjson.decode(output)
    assert.equal(5, #document.rows)
    assert.same({ "complete", "unreachable", "interrupted before it had answered" },
      { document.targets[1].completeness, document.targets[2].completeness, document.targets[2].reason })
    assert.is_truthy(complaint:find("these rows are incomplete; 1 of 2 targets", 1, true), complaint)
  end)

  it("that ends it otherwise has its own exit code", function()
    assert.equal(143, (select(2, interrupted(("connections %s -q people"):format(lab.silent), "TERM"))))
    assert.equal(129, (select(2, interrupted(("connections %s -q people"):format(lab.silent), "HUP"))))
  end)

  it("leaves no file that is not whole, and no verdicts", function()
    local path, output_path = lab.folder .. "/cut.lua", lab.folder .. "/cut.csv"
    assert(io.open(path, "w")):write(([[smb { servers = { %q, %q }, username = %q, password = env "LAB_PASSWORD", timeout = 15 }]]):format(
      lab.double, lab.silent, lab.username)):close()
    local policy = lab.folder .. "/cut-policy.lua"
    assert(io.open(policy, "w")):write([[rule { id = "A", message = "m", check = function() return true end }]]):close()
    local function run(arguments)
      return lab.run(("%s %s & sleep 1.5; kill -INT $!; wait $!"):format(lab.command, arguments))
    end
    local _, code, complaint = run(("report %s -f csv -o %s"):format(path, output_path))
    assert.equal(130, code)
    assert.is_truthy(complaint:find(("interrupted: %s was not written; "):format(output_path), 1, true), complaint)
    assert.equal(130, (select(2, run(("snapshot %s -o %s"):format(path, output_path)))))
    assert.is_nil(io.open(output_path))
    local output
    output, code = run(("check %s --policy %s"):format(path, policy))
    assert.same({ "", 130 }, { output, code })
  end)
end)
