-- A check as a monitoring plugin: its line, its exit code, and a real monitoring host that runs it.
local lab = require "spec.lab"
local memory = require "rollcall.internal.memory"
local plugin = require "rollcall.policy.plugin"
local policy = require "rollcall.policy"
local text_file = require "spec.lab.text_file"

local function put(name, text) return text_file.put(lab.folder .. "/" .. name, text .. "\n") end

local BROKEN = "rule { id = '%s', severity = '%s', kind = 'badge', check = function() return false end, "
  .. "message = '{account} in {resource}' }\n"
local KEPT = "rule { id = 'kept', kind = 'badge', check = function() return true end, message = '' }\n"
local UNKNOWN = "rule { id = 'unsaid', severity = 'warning', kind = 'badge', requires = 'client', "
  .. "check = function() return true end, message = '' }\n"
local RAISES = "rule { id = 'raises', severity = 'note', kind = 'badge', check = function(p) return p.none.x end, message = '' }\n"

local badges = put("badges.lua", "rows { kind = 'badge', { account = 'eve', resource = 'lab' }, { account = 'bob', resource = 'hall' } }")

local function check(rules, more, source)
  local output, code, complaint = lab.run(("%s check %s -p %s --format nagios %s"):format(lab.command, source or badges,
    put("rules.lua", rules), more or ""))
  assert.equal("", complaint)
  assert.matches("^ROLLCALL %u+ %- [^\n]+\n$", output)
  return code, output
end

describe("a check as a plugin", function()
  it("is OK, WARNING, CRITICAL or UNKNOWN, by exit code and word", function()
    local error_rule, warning_rule = BROKEN:format("no-badges", "error"), BROKEN:format("few", "warning")
    for _, case in ipairs {
      { KEPT, "", 0, "OK - 1 pass, 0 fail, 0 unknown of 1 rule |" },
      { KEPT .. warning_rule, "", 1, "WARNING - 1 pass, 1 fail, 0 unknown of 2 rules; few:" },
      { KEPT .. BROKEN:format("few", "note"), "", 1, "WARNING - " }, { KEPT .. error_rule, "", 2, "CRITICAL - " },
      { warning_rule .. error_rule, "", 2, "CRITICAL - 0 pass, 2 fail, 0 unknown of 2 rules; no-badges: eve in lab (and 1 more) |" },
      { KEPT .. UNKNOWN, "", 3, "UNKNOWN - 1 pass, 0 fail, 1 unknown of 2 rules; unsaid: field 'client' is missing in 2 rows |" },
      { UNKNOWN .. warning_rule, "", 1, "WARNING - " }, { UNKNOWN .. error_rule, "", 2, "CRITICAL - " },
      { warning_rule, "--fail-on error", 0, "OK - 0 pass, 1 fail" }, { UNKNOWN, "--fail-on error", 0, "OK - " },
      { RAISES, "--fail-on error", 3, "UNKNOWN - " }, { error_rule .. RAISES, "", 2, "CRITICAL - " },
    } do
      local code, output = check(case[1], case[2])
      assert.equal(case[3], code, output)
      assert.equal("ROLLCALL " .. case[4], output:sub(1, #case[4] + 9))
    end
  end)

  it("is UNKNOWN where a target was not reached, although no rule is about it", function()
    local source = put("with_dead.lua", ("rows { kind = 'badge', { account = 'eve', resource = 'lab' } }\nsmb { servers = %q, "
      .. "username = 'u', password = env 'LAB_PASSWORD' }"):format(lab.closed))
    local code, output = check(KEPT, "", source)
    assert.equal(3, code)
    assert.matches(("ROLLCALL UNKNOWN - 1 pass, 0 fail, 0 unknown of 1 rule; %s: "):format(lab.closed), output, 1, true)
    assert.matches("failed_targets=1;;;0;2\n", output, 1, true)
    -- Without the plugin's meaning of it, that check passes.
    assert.equal(0, select(2, lab.run(("%s check %s -p %s"):format(lab.command, source, put("rules.lua", KEPT)))))
    assert.equal(2, (check(BROKEN:format("x", "error"), "", source)))
  end)

  it("has performance data, and no number of findings where that is not known", function()
    local _, output = check(KEPT .. BROKEN:format("x", "error"))
    assert.matches(" | pass=1;;;0;2 fail=1;;;0;2 unknown=0;;;0;2 findings=2;;;0 failed_targets=0;;;0;1\n", output, 1, true)
    _, output = check(UNKNOWN)
    assert.matches(" | pass=0;;;0;1 fail=0;;;0;1 unknown=1;;;0;1 failed_targets=0;;;0;1\n", output, 1, true)
  end)

  it("is one line with one bar, whatever the names", function()
    local source = put("hostile_badges.lua", [[rows { kind = "badge", { account = "a|b=1 \n\27[31m", resource = ("x"):rep(3000) } }]])
    local code, output = check(BROKEN:format("x", "error"), "", source)
    assert.equal(2, code)
    assert.equal(1, select(2, output:gsub("|", "")))
    assert.is_nil(output:find "[%z\1-\9\11-\31]")
    assert.matches("x: a\\x7Cb=1 \\x1B[31m in xxx", output, 1, true)
    assert.is_true(#output < 600)
  end)

  it("says what is wrong with a call to its host too, and not as a state", function()
    local rules = put("rules.lua", KEPT)
    for arguments, words in pairs {
      ["nowhere.lua -p " .. rules] = "nowhere.lua: No such file or directory",
      [badges .. " -p nowhere.lua"] = "nowhere.lua: No such file or directory",
      [badges .. " -p " .. put("wrong.lua", "rule {")] = "wrong.lua:",
    } do
      local output, code = lab.run(("%s check %s -f nagios"):format(lab.command, arguments))
      assert.equal(3, code)
      assert.matches("ROLLCALL UNKNOWN - ", output, 1, true)
      assert.matches(words, output, 1, true)
    end
    -- Such an error would be the exit code 2 else, which is CRITICAL.
    local said = {}
    local before = io.stdout
    io.stdout = { write = function(_, words) said[#said + 1] = words end } -- luacheck: ignore 122
    local code = plugin.guarded(function() memory.refuse("check", 5, "check parts of the rows") end) { format = "nagios" }
    io.stdout = before -- luacheck: ignore 122
    assert.equal(3, code)
    assert.matches("^ROLLCALL UNKNOWN %- check takes more memory than 1 GiB", said[1])
    assert.has_error(function() plugin.guarded(function() error("x", 0) end) { format = "text" } end, "x")
  end)

  it("has its exit code from Lua too", function()
    local of = { rules = {}, outcomes = { { target = "fs1", completeness = "placeholder" } } }
    assert.equal(0, policy.exit_code(of, nil, "nagios"))
    of.outcomes[2] = { target = "fs2", completeness = "denied" }
    assert.equal(3, policy.exit_code(of, nil, "nagios"))
    assert.equal(0, policy.exit_code(of))
  end)
end)

-- Icinga 2 itself, and a plugin that runs plugins, for `make conformance`.
describe("a monitoring host #conformance", function()
  local rules = {
    ok = { KEPT, badges, 0, "OK" }, broken = { BROKEN:format("x", "error"), badges, 2, "CRITICAL" },
    few = { BROKEN:format("x", "warning"), badges, 1, "WARNING" },
    dead = { KEPT, put("with_dead.lua", ("rows { kind = 'badge', { account = 'eve' } }\nsmb { servers = %q, username = 'u', "
      .. "password = env 'LAB_PASSWORD' }"):format(lab.closed)), 3, "UNKNOWN" },
  }

  it("reads the states, the line and the performance data: Icinga 2, by the template of the guide", function()
    local folder = lab.folder .. "/icinga"
    lab.run(("mkdir -p %s/data %s/log %s/cache %s/spool %s/run"):format(folder, folder, folder, folder, folder))
    local file = assert(io.open "lua/rollcall/manual/alerts.md")
    local template = file:read "a":match "```text\n(object CheckCommand.-)```"
    file:close()
    local command = template:gsub("/usr/local/bin/rollcall", (lab.run("realpath " .. lab.command):gsub("%s+$", "")))
      :match "^(object CheckCommand.-\n}\n)"
    local parts = { [[
object CheckerComponent "checker" { }
object CheckCommand "dummy" { command = [ "/bin/true" ] }
object Host "fs1" { check_command = "dummy" }
object PerfdataWriter "perfdata" {
  service_perfdata_path = "]] .. folder .. [[/service"
  service_temp_path = "]] .. folder .. [[/service.tmp"
  host_perfdata_path = "]] .. folder .. [[/host"
  host_temp_path = "]] .. folder .. [[/host.tmp"
  service_format_template = "$service.name$\t$service.state_id$\t$service.state$\t$service.output$\t$service.perfdata$"
  rotation_interval = 1s
}
]], command }
    for name, one in pairs(rules) do
      parts[#parts + 1] = ([[
object Service %q {
  host_name = "fs1"
  check_command = "rollcall"
  check_interval = 1s
  retry_interval = 1s
  vars.rollcall_inventory = %q
  vars.rollcall_policy = %q
}
]]):format(name, one[2], put(name .. "_rules.lua", one[1]))
    end
    put("icinga/icinga2.conf", table.concat(parts))
    local user, group = lab.run("id -un"):match "%S+", lab.run("id -gn"):match "%S+"
    local process = lab.run(("setsid icinga2 daemon -c %s/icinga2.conf -DRunAsUser=%s -DRunAsGroup=%s -DConfigDir=%s -DDataDir=%s/data "
      .. "-DLogDir=%s/log -DCacheDir=%s/cache -DSpoolDir=%s/spool -DInitRunDir=%s/run > %s/printed 2>&1 & echo $!"):format(
      folder, user, group, folder, folder, folder, folder, folder, folder, folder)):match "%d+"
    -- It is a group of processes, which SIGTERM does not always end.
    local guard <close> = setmetatable({}, { __close = function()
      lab.run("kill -9 -" .. process)
      lab.eventually("the end of Icinga", function() return select(2, lab.run("kill -0 -" .. process)) ~= 0 end)
    end })
    assert.is_table(guard)
    local found = {}
    for _ = 1, 120 do
      for line in lab.run(("cat %s/service.[0-9]* 2> /dev/null"):format(folder)):gmatch "[^\n]+" do
        local name, state, word, output, performance = line:match "^(%S+)\t(%d)\t(%u+)\t(.-) ?\t(.*)$"
        if name then found[name] = { state = tonumber(state), word = word, output = output, performance = performance } end
      end
      if found.ok and found.broken and found.few and found.dead then break end
      lab.run "sleep 0.5"
    end
    for name, one in pairs(rules) do
      assert.is_table(found[name], name .. lab.run("tail -n 20 " .. folder .. "/printed"))
      assert.same({ one[3], one[4] }, { found[name].state, found[name].word })
      assert.equal("ROLLCALL " .. one[4] .. " - ", found[name].output:sub(1, #one[4] + 12))
      assert.matches("pass=%d;;;0;1 fail=%d;;;0;1 unknown=0;;;0;1 findings=%d;;;0 failed_targets=%d;;;0;%d", found[name].performance)
    end
  end)

  it("takes it for a plugin: negate of the monitoring plugins", function()
    for name, one in pairs(rules) do
      local plain = ("%s check %s -p %s -f nagios"):format(lab.command, one[2], put(name .. "_rules.lua", one[1]))
      local output, code = lab.run("/usr/lib/nagios/plugins/negate --substitute --ok=CRITICAL --warning=OK --critical=OK --unknown=WARNING "
        .. plain:gsub("^%S+", (lab.run("realpath " .. lab.command):gsub("%s+$", ""))))
      assert.equal(({ [0] = 2, 0, 0, 1 })[one[3]], code, output)
      assert.matches("^ROLLCALL " .. ({ [0] = "CRITICAL", "OK", "OK", "WARNING" })[one[3]] .. " %- ", output)
    end
  end)
end)
