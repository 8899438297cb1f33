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
    writer:row("access", { servername = "fs1", username = user, share = "people", open_files = opens[user] or nil })
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
