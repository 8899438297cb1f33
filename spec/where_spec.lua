-- What --where, --sort and the like mean for the commands that do not list rows: nothing that is left out may look as if it had not been.
local cjson = require "cjson"
local lab = require "spec.lab"
local snapshot = require "rollcall.snapshot"
local text_file = require "spec.lab.text_file"

local folder

before_each(function() folder = lab.new_folder "where" end)

local function put(name, text) return text_file.put(folder .. "/" .. name, text) end

---A snapshot of who has how many files open.
local function put_state(name, opens, completeness)
  local path, names = folder .. "/" .. name, {}
  local writer = assert(snapshot.create(path))
  for user in pairs(opens) do names[#names + 1] = user end
  table.sort(names)
  for _, user in ipairs(names) do
    writer:row("access", { servername = "fs1", username = user, share = "people", open_files = opens[user] or nil, sources = "session" })
  end
  writer:outcome { source = "smb", target = "fs1", query = "access", completeness = completeness or "complete" }
  writer:finish()
  return path
end

local function rollcall(...)
  return lab.run(("%s %s"):format(lab.command, string.format(...)))
end

local content = text_file.so_far

---The events of JSON Lines, each with its user.
local function events_of(output)
  local list = {}
  for line in output:gmatch "[^\n]+" do
    local change = cjson.decode(line)
    if change.kind == "change" then list[#list + 1] = change.event .. " " .. change.row.username end
  end
  return list
end

local BEFORE = { carol = 2, dave = 7, erin = 1, frank = 9, gina = 1 }
local AFTER = { alice = 8, bob = 1, carol = 7, dave = 1, gina = 2 }
-- Of all that differs, what is or was as the condition says.
local SELECTED = { "changed carol", "changed dave", "connected alice", "disconnected frank" }

local function sorted(list)
  table.sort(list)
  return list
end

describe("--where of a watch", function()
  it("is of the row as it is or as it was, and of no file", function()
    put_state("state.jsonl", BEFORE)
    local inventory = put("state.lua", ("snapshot %q"):format(folder .. "/state.jsonl"))
    local process = lab.run(("%s watch %s --interval 0.2 --where 'open_files>5' --format jsonl -s %s/now.jsonl > %s/printed 2>&1 & echo $!")
      :format(lab.command, inventory, folder, folder)):match "%d+"
    lab.eventually("a poll", function() return content(folder .. "/now.jsonl"):find("gina", 1, true) end)
    put_state("state.jsonl", AFTER)
    lab.eventually("another poll", function() return content(folder .. "/now.jsonl"):find("alice", 1, true) end)
    put_state("state.jsonl", { alice = 8 })
    lab.eventually("a third", function() return not content(folder .. "/now.jsonl"):find("gina", 1, true) end)
    lab.run("kill " .. process)
    lab.eventually("its end", function() return select(2, lab.run("kill -0 " .. process)) ~= 0 end)
    local events = sorted(events_of(content(folder .. "/printed")))
    assert.same(sorted { "disconnected carol", table.unpack(SELECTED) }, events)
  end)

  it("chooses, sorts and shows the rows of the table that it begins with", function()
    put_state("state.jsonl", BEFORE)
    local inventory = put("state.lua", ("snapshot %q"):format(folder .. "/state.jsonl"))
    local output, code, complaint = rollcall("watch %s --times 1 --where 'open_files>1' --sort open_files --reverse %s", inventory,
      "--columns user,open_files")
    assert.same({ 0, "" }, { code, complaint })
    assert.equal("USER   OPEN_FILES\nfrank  9\ndave   7\ncarol  2\n", output:match "^(.-)#")
  end)

  it("says which field no row has had so far", function()
    local inventory = put("own.lua", 'rows { kind = "badge", { account = "walter", floor = 3 } }')
    local _, code, complaint = rollcall("watch %s --times 1 --where 'user=nobody and floor=3'", inventory)
    assert.same({ 0, "" }, { code, complaint })
    _, code, complaint = rollcall("watch %s --times 1 --where floors=3", inventory)
    assert.same({ 0, "rollcall: no row has a field 'floors' so far\n" }, { code, complaint })
  end)
end)

describe("--where of a diff", function()
  local before, after

  before_each(function() before, after = put_state("before.jsonl", BEFORE), put_state("after.jsonl", AFTER) end)

  local function diff(options) return rollcall("diff %s %s %s", before, after, options) end

  it("is of the row as it is or as it was, and the exit code is of what is left", function()
    local output, code, complaint = diff "--where 'open_files>5' --format jsonl"
    assert.same({ 1, "" }, { code, complaint })
    assert.same(SELECTED, sorted(events_of(output)))
    assert.equal("open_files>5", cjson.decode(output:match "^[^\n]+").where)
    output, code = diff "--where user=nobody"
    assert.same({ "", 0 }, { output, code })
    output = diff "--where 'open_files>5' --where 'user=alice,frank' --format jsonl"
    assert.equal("(open_files>5) and (user=alice,frank)", cjson.decode(output:match "^[^\n]+").where)
    assert.same({ "connected alice", "disconnected frank" }, sorted(events_of(output)))
    assert.is_nil(cjson.decode((diff "--format jsonl"):match "^[^\n]+").where)
    output = diff "--where user=alice --format html"
    assert.is_truthy(output:find("only where user=alice", 1, true) and output:find("<b>1</b> connected", 1, true))
  end)

  it("leaves what could not be seen unknown", function()
    after = put_state("after.jsonl", {}, "unreachable")
    local output, code = diff "--where user=frank"
    assert.equal(2, code)
    assert.is_truthy(output:find "^%? unverified +access  frank", output)
    assert.equal(2, (select(2, diff "--where user=nobody")))
  end)

  it("goes by fields that rows of one's own have, and by the sides' own times and users", function()
    local function put_badges(name, walter, generated_at)
      local path = folder .. "/" .. name
      local function normalize_user(account) return account .. "-" .. generated_at end
      local writer = assert(snapshot.create(path, generated_at, { normalize_user = normalize_user }))
      if walter then writer:row("badge", { account = "walter", floor = walter, since = 50 }) end
      writer:row("badge", { account = "anna", floor = 1, since = 50 })
      writer:outcome { source = "rows", target = "badge", query = "badge", completeness = "complete" }
      writer:finish()
      return path
    end
    before, after = put_badges("before.jsonl", 3, 100), put_badges("after.jsonl", nil, 200)
    for condition, expected in pairs {
      ["floor=3"] = 1, ["user=nobody and floor=3"] = 0, ["user=walter-100"] = 1, ["user=walter-200"] = 0, ["duration=50"] = 1,
    } do
      local output, code, complaint = diff(("--where '%s'"):format(condition))
      assert.same({ expected, "" }, { code, complaint }, condition .. output)
    end
    assert.same({ "", 3, "rollcall: no row has a field 'flor'; did you mean 'floor'?\n" }, { diff "--where flor=3" })
    assert.same({ "", 3, "rollcall: no row has a field 'flor'; did you mean 'floor'?\n" }, { diff "--sort flor" })
  end)

  it("sorts by a field of the row", function()
    local output = diff "--sort open_files --reverse --format jsonl"
    local opens = {}
    for line in output:gmatch "[^\n]+" do
      local change = cjson.decode(line)
      if change.kind == "change" then opens[#opens + 1] = change.row.open_files end
    end
    assert.same({ 9, 8, 7, 2, 1, 1, 1 }, opens)
  end)
end)

describe("--where of a check", function()
  local source, policy

  before_each(function()
    source = put_state("state.jsonl", { alice = 8, bob = 1, carol = false })
    policy = put("policy.lua", [[
      rule { id = "few", kind = "access", message = "{user}", check = function(row) return (row.open_files or 0) < 5 end }]])
  end)

  local function check(condition, more)
    return rollcall("check %s -p %s --where '%s' %s", source, policy, condition, more or "")
  end

  it("judges those rows alone, and says so", function()
    assert.equal(1, (select(2, rollcall("check %s -p %s", source, policy))))
    local output, code = check "user=bob"
    assert.equal(0, code)
    assert.is_truthy(output:find("pass     few (error), 1 of 1 row\n", 1, true), output)
    assert.is_truthy(output:find("# only rows where user=bob\n", 1, true), output)
    assert.equal(1, (select(2, check "user=alice")))
  end)

  it("has not passed where it saw none of them", function()
    local output, code = check "user=nobody"
    assert.equal(2, code)
    assert.is_truthy(output:find("unknown: no row is as 'user=nobody' says; 3 were left out", 1, true), output)
    source = put_state("state.jsonl", {})
    assert.equal(0, (select(2, rollcall("check %s -p %s", source, policy))))
    output, code = check "user=alice"
    assert.equal(2, code)
    assert.is_truthy(output:find("unknown: no row is as 'user=alice' says; 0 were left out", 1, true), output)
    assert.equal(3, (select(2, check("user=nobody", "--format nagios"))))
  end)

  it("has not passed where a row was left out that could be one of them", function()
    -- carol's open files are not known.
    for condition, expected in pairs {
      ["open_files<5"] = 2, ["open_files<5 and user=bob"] = 0, ["user=bob or open_files>50"] = 2, ["not (open_files>5)"] = 0,
      ["not (user=alice or open_files!=1)"] = 2, ["user!=alice"] = 0, ["kind=access and user=bob"] = 0, ["state!=Active and user=bob"] = 0,
      ["user=bob or state=Active"] = 0,
    } do
      local output, code = check(condition)
      assert.equal(expected, code, condition .. output)
      if expected == 2 then
        local reason = ("1 row was left out, and what is missing in it could be as '%s' says"):format(condition)
        assert.is_truthy(output:find(reason, 1, true), output)
      end
    end
  end)

  it("has not passed where a Samba does not name users", function()
    local client = lab.connect("alice", "projects")
    source = put("samba.lua", ([[smb { servers = { %q }, query = "connections", qualifier = "projects", username = %q,
      password = env "LAB_PASSWORD" }]]):format(lab.samba, lab.username))
    policy = put("policy.lua", [[
      rule { id = "few", kind = "connection", message = "", check = function(row) return row.num_opens < 100 end }]])
    local output, code = check "user=alice"
    client:close()
    assert.equal(2, code)
    assert.is_truthy(output:find "%d rows? w[a-z]+ left out, and what is missing in %a+ could be as 'user=alice' says", output)
  end)

  it("says so in every format", function()
    local condition = 'user=bob and share!="]]>%&"'
    local function written(format) return (check(condition, "--format " .. format)) end
    local function judged(format, command)
      local path = put("verdicts." .. format, written(format))
      local output, code, complaint = lab.run(command:format(path))
      assert.equal(0, code, complaint)
      return output
    end
    for _, format in ipairs { "text", "github", "nagios", "html" } do
      local output = written(format):gsub("&quot;", '"'):gsub("&gt;", ">"):gsub("&amp;", "&"):gsub("%%25", "%%")
      assert.is_truthy(output:find("rows where " .. condition, 1, true), output)
    end
    assert.equal(condition .. "\n", judged("json", "jq -r .where %s"))
    assert.equal("only rows where " .. condition .. "\n",
      judged("sarif", "jq -r '.runs[0].invocations[0].toolExecutionNotifications[0].message.text' %s"))
    assert.equal("only rows where " .. condition .. "\n", judged("ocsf", "jq -r '.compliance.status_details[0]' %s | uniq"))
    judged("junit", "xmllint --noout --relaxng spec/schema/junit.rng %s")
    assert.equal(condition .. "\n", judged("junit", "xmllint --xpath 'string(//property[@name=\"where\"]/@value)' %s"))
    judged("prometheus", "promtool check metrics < %s")
    assert.is_truthy(written "prometheus":find('where="user=bob and share!=\\"]]>%&\\""', 1, true), written "prometheus")
    assert.is_truthy(written "openmetrics":find('where="user=bob', 1, true))
  end)
end)

describe("a snapshot", function()
  it("has all rows, and says why it takes no --where", function()
    local _, code, complaint = rollcall "snapshot x -o y --where user=alice"
    assert.equal(3, code)
    assert.equal("rollcall: a snapshot has all rows, since one that was left out would look as if it had not been there; --where belongs "
      .. "to report, diff and check, which read it\nTry 'rollcall snapshot --help'.\n", complaint)
    assert.is_nil(rollcall("completion bash"):match('cmd="snapshot"(.-);;'):find("--where", 1, true))
    assert.is_nil(rollcall("snapshot --help"):find("--where", 1, true))
  end)
end)
