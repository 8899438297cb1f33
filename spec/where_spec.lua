-- What --where, --sort and the like mean for the commands that do not list rows: nothing that is left out may look as if it had not been.
local cjson = require "cjson"
local lab = require "spec.lab"
local snapshot = require "rollcall.snapshot"

local folder

before_each(function() folder = lab.run("mktemp -d " .. lab.folder .. "/where.XXXXXX"):match "%S+" end)

local function put(name, text)
  local path = folder .. "/" .. name
  assert(io.open(path, "w")):write(text):close()
  return path
end

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

local function content(path)
  local file = io.open(path)
  local text = file and file:read "a" or ""
  if file then file:close() end
  return text
end

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
