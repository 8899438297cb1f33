-- What --help and --version say: columns, examples that run, pages of the manual.
local cloud = require "spec.cloud"
local lab = require "spec.lab"

local names = {
  "connections", "sessions", "files", "shares", "logons", "smb", "smbstatus", "workspace", "who", "report", "check", "snapshot", "merge",
  "diff", "watch", "close", "completion", "help",
}

local command = lab.run("realpath " .. lab.command):gsub("%s+$", "")

local function help_of(name)
  local output, code, complaint = lab.run(("%s %s --help"):format(command, name))
  assert.same({ 0, "" }, { code, complaint })
  return output
end

---@return string[]
local function examples_of(name)
  local list = {}
  for line in help_of(name):gmatch "[^\n]+" do
    if line:find("  rollcall " .. name .. " ", 1, true) == 1 then list[#list + 1] = line:sub(3) end
  end
  return list
end

describe("help", function()
  for _, name in ipairs { "", table.unpack(names) } do
    it("has even columns that fit 80: rollcall " .. name, function()
      local margin, options = name == "" and 20 or 36, 0
      for line in help_of(name):gmatch "[^\n]+" do
        assert.is_true(utf8.len(line) <= 80, line)
        if line:find "^   +%-" then
          options = options + 1
          assert.matches("^   %-%a, %-%-%l", line:find "^   %-%a" and line or "   -x, --x")
          assert.equal(line:find "%-%-%l", 8, line)
          assert.matches("^ %S", line:sub(margin), line)
        end
      end
      assert.is_true(options >= 1)
    end)

    it("ends with its page of the manual: rollcall " .. name, function()
      local page = name == "" and "rollcall(1)" or ("rollcall-%s(1)"):format(name)
      local last = help_of(name):match "([^\n]+)\n$"
      assert.equal("See " .. page, last:sub(1, #page + 4))
      assert.matches("^%.$", last:sub(#page + 5):gsub("^ and rollcall%-%l+%(5%)", ""))
    end)
  end

  it("names commands below each other", function()
    local listed = {}
    for name in help_of(""):gmatch "\n   (%l+) +%u" do listed[#listed + 1] = name end
    table.sort(listed)
    local sorted = table.move(names, 1, #names, 1, {})
    table.sort(sorted)
    for i, name in ipairs(sorted) do assert.is_truthy(table.concat(listed, " "):find(name, 1, true), i) end
  end)
end)

describe("the examples of the help", function()
  local folder

  local function put(name, text)
    assert(io.open(folder .. "/" .. name, "wb")):write(text):close()
  end

  setup(function()
    folder = lab.new_folder "help"
    lab.run(("mkdir -p %s/etc/bash_completion.d %s/.zfunc %s/.config/fish/completions"):format(folder, folder, folder))
    put("inventory.lua", ("smb { servers = %q, query = 'connections', qualifier = 'people', username = %q, password = env 'LAB_PASSWORD' }")
      :format(lab.double, lab.username))
    put("sessions.lua", ("smb { servers = %q, query = 'sessions', username = %q, password = env 'LAB_PASSWORD' }"):format(
      lab.double, lab.username))
    put("policies.lua", "rule { id = 'RULE', kind = 'connection', message = '{account}', check = function(p) return p.user ~= 'eve' end }")
    put("policies_test.lua", "test { name = 't', rows = { { kind = 'connection', username = 'bob' } }, verdicts = { RULE = 'pass' } }")
    put("names.txt", "alice\nbob\n")
    lab.run(("mkdir -m 700 %s/queue %s/history"):format(folder, folder))
    assert.equal(0, select(2, lab.run(("cd %s && %s snapshot inventory.lua --append history"):format(folder, command))))
    put("status.json", lab.smbstatus "--json")
    local row = { servername = lab.double, id = 1 }
    put("findings.json", require("cjson").encode {
      schema = "rollcall/1", kind = "check", rules = { { id = "a", findings = { { message = "m", row = row } } } },
    })
    put("desktops.lua", ("workspace { endpoint = %q, ca_file = %q, project_id = %q, users = 'alice', token = env 'ROLLCALL_TOKEN' }")
      :format(cloud.tls, cloud.environment.CA_FILE, cloud.environment.PROJECT))
    put("servers.txt", ("# file servers\n%s\n"):format(lab.double))
    put(".smbauth", ("username = %s\npassword = %s\n"):format(lab.username, lab.password))
    put(".iam", ("username = %s\npassword = %s\ndomain = %s\n"):format(cloud.environment.USERNAME, cloud.environment.PASSWORD,
      cloud.environment.DOMAIN))
    lab.run(("chmod 600 %s/.smbauth %s/.iam"):format(folder, folder))
    for i = 1, 2 do
      lab.run(("cd %s && mkdir -p shards && %s snapshot inventory.lua --shard %d/2 -o shards/%d.jsonl.gz"):format(folder, command, i, i))
    end
    for _, name in ipairs { "now.jsonl.gz", "yesterday.jsonl.gz", "today.jsonl.gz", "before.jsonl" } do
      assert.equal(0, select(2, lab.run(("cd %s && %s snapshot inventory.lua -o %s"):format(folder, command, name))))
    end
  end)

  teardown(function() lab.run("rm -r " .. folder) end)

  -- What stands for the reader's own servers and folders.
  local stands_for = {
    { "rollcall ", command .. " ", 1 }, { " fs1", " " .. lab.double }, { " fs2:4450", " " .. lab.samba }, { " fs2", " " .. lab.samba },
    { " fs3", " " .. lab.double }, { "CORP\\auditor", lab.username }, { " /etc/", " etc/" },
    { "--region ap-southeast-1", ("--endpoint %s --iam-endpoint %s --ca-file %s --project-id %s"):format(cloud.tls, cloud.tls,
      cloud.environment.CA_FILE, cloud.environment.PROJECT) },
    { " --interval 60", " --interval 0.1" }, { " --shard 1/4", " --shard 1/1" },
  }

  local function run(example)
    for _, pair in ipairs(stands_for) do
      local plain = pair[1]:gsub("%p", "%%%0")
      example = example:gsub(plain, (pair[2]:gsub("%%", "%%%%")), pair[3])
    end
    if example:find(" watch ", 1, true) then example = example .. " --times 2" .. (example:find "interval" and "" or " --interval 0.1") end
    local password = example:find "workspace .*%-A" and "" or ("ROLLCALL_PASSWORD=$LAB_PASSWORD ROLLCALL_TOKEN=" .. cloud.environment.TOKEN)
    example = "timeout --foreground 60 " .. example
    if example:find "%-%-live" then
      local typist = lab.run("realpath spec/lab/terminal.py"):match "[^\n]+"
      example = ("/usr/bin/python3 %s %s"):format(typist, require("spec.lab.shell").quoted(example))
    end
    return lab.run(("cd %s && export HOME=%s %s && %s"):format(folder, folder, password, example))
  end

  for _, name in ipairs(names) do
    it("run: rollcall " .. name, function()
      local examples = examples_of(name)
      assert.is_true(#examples >= 2, #examples)
      for _, example in ipairs(examples) do
        local output, code, complaint = run(example)
        assert.is_true(code == 0 or code == 1 and name == "check", example .. ": " .. code .. output .. complaint)
        local is_silent = name == "watch" or name == "completion" or name == "diff" or example:find "%-o " or example:find "%-%-append"
        if not is_silent then assert.not_equal("", output) end
        local is_trace = example:find("--trace", 1, true) and complaint:find "^trace RULE: row 1"
        assert.is_truthy(complaint == "" or is_trace, example .. complaint)
      end
    end)
  end
end)

describe("--version", function()
  it("says the version of rollcall, which one file has, of Lua and of what is loaded", function()
    local output, code, complaint = lab.run(command .. " --version")
    assert.same({ 0, "" }, { code, complaint })
    local version, rest = output:match "^rollcall (%S+)\n(.*)$"
    assert.equal(require("rollcall").version, version)
    assert.equal("1.0.0", version)
    assert.matches("^Lua 5%.4, argparse %d[%d.]*, lua%-cjson %d[%d.]*\n$", rest)
  end)

  it("does not load libcurl", function()
    local output = lab.run(("LD_DEBUG=files %s --version 2>&1"):format(command))
    assert.is_truthy(output:find("system.so", 1, true))
    assert.is_nil(output:find("libcurl", 1, true))
  end)
end)
