-- A disk that is full, or a file that may not grow: what was there stays, nothing damaged is left, and it is said.
local harness = require "spec.hardening.harness"
local lab = require "spec.lab"
local snapshot = require "rollcall.snapshot"

local folder

local function write(name, text)
  local file = assert(io.open(folder .. "/" .. name, "w"))
  file:write(text)
  file:close()
  return folder .. "/" .. name
end

local function read(path)
  local file = io.open(path, "rb")
  if not file then return nil end
  local text = file:read "a"
  file:close()
  return text
end

local function listing()
  return (lab.run("ls -A " .. folder))
end

---How the room ends: at once, or after so many blocks of 512 bytes.
local endings = { { name = "no space left", words = "No space left", device = true } }
for blocks = 1, 8 do -- what is said has to fit, too
  endings[#endings + 1] = { name = ("at most %d bytes a file"):format(512 * blocks), words = "File too large", blocks = blocks }
end

---Runs a command with the output file given, and looks what became of the file.
local function try(command, path, ending, old)
  local what = ("%s, %s"):format(command:match "%S+", ending.name)
  os.remove(path)
  local others = listing()
  if old then lab.run(("cp %s %s"):format(old, path)) end
  if ending.device then lab.run(("ln -sf /dev/full %s"):format(path)) end
  local before = listing()
  local around = ending.blocks and ("trap '' XFSZ; ulimit -f %d; "):format(ending.blocks) or ""
  local _, code, complaint = lab.run(("%s%s %s < /dev/null > /dev/full"):format(around, lab.command, command:format(path)))
  if code == 0 then
    -- It had room.
    local there = read(path)
    os.remove(path)
    local whole = there and there ~= (old and read(old)) and others == listing()
    return harness.expect(whole, "%s: said to be written", what) and "written"
  end
  harness.expect(code == 3, "%s: exit code %d, %s", what, code, complaint)
  harness.expect(complaint:find(ending.words, 1, true), "%s: does not say why: %s", what, complaint)
  harness.expect(listing() == before, "%s: left %s of %s", what, listing(), before)
  if ending.device then
    local there = lab.run(("readlink %s; stat -Lc %%F %s"):format(path, path))
    harness.expect(there == "/dev/full\ncharacter special file\n", "%s: the device has become %s", what, there)
  else
    harness.expect(read(path) == (old and read(old) or nil), "%s: what was there is not what it was", what)
  end
  return "refused"
end

---Standard output that takes nothing.
local function full_output(inventory, kept)
  local count = 0
  for _, command in ipairs {
    "connections " .. lab.double .. " --qualifier rows-3 -U " .. lab.username, "smb " .. lab.double .. " -U " .. lab.username,
    "workspace --user alice --endpoint https://127.0.0.1:$LAB_CLOUD_PORT --ca-file $LAB_CLOUD_CA_FILE --project-id $LAB_CLOUD_PROJECT",
    "report " .. inventory, "report " .. kept .. " --format html", "check " .. kept .. " --policy " .. folder .. "/policy.lua",
    "diff " .. kept .. " " .. folder .. "/empty.jsonl", "completion bash",
  } do
    local _, code, complaint = lab.run(("ROLLCALL_PASSWORD=$LAB_PASSWORD ROLLCALL_TOKEN=$LAB_CLOUD_TOKEN %s %s > /dev/full"):format(
      lab.command, command))
    harness.expect(code == 3 and complaint:find("No space left", 1, true), "%s > /dev/full: exit code %d, %s", command, code, complaint)
    count = count + 1
  end
  harness.fact("commands whose standard output is a full disk", count, "each said so and ended with 3")
end

return function()
  folder = lab.run("mktemp -d " .. lab.folder .. "/disk.XXXXXX"):match "%S+"
  write("policy.lua", 'rule { id = "none", message = "no", kind = "badge", check = function() return false end }\n')
  write("empty.jsonl", '{"kind":"snapshot","schema":"rollcall.snapshot/1"}\n{"kind":"end","rows":0}\n')
  local rows = {}
  for i = 1, 60 do rows[i] = ('{ account = "user%d", resource = "door %d" }'):format(i, i * 7919) end
  local inventory = write("inventory.lua", 'rows { kind = "badge", ' .. table.concat(rows, ", ") .. " }\n")
  local old = write("old.jsonl", read(folder .. "/empty.jsonl"))
  local counts, count = {}, 0
  for _, command in ipairs {
    "snapshot " .. inventory .. " -o %s", "report " .. inventory .. " --format html -o %s", "report " .. inventory .. " --format csv -o %s",
    "watch " .. inventory .. " --times 1 --format jsonl --snapshot %s",
  } do
    for _, ending in ipairs(endings) do
      for _, name in ipairs { "kept.jsonl", "kept.jsonl.gz" } do
        for _, there in ipairs { false, old } do
          local came = try(command, folder .. "/" .. name, ending, there) or "damaged"
          counts[came], count = (counts[came] or 0) + 1, count + 1
        end
      end
    end
  end
  harness.expect((counts.refused or 0) > 40, "the disk was hardly ever full")
  harness.fact("snapshots, reports and snapshots of polls on a disk that is full at once, or after up to 4 kB", count,
    harness.tally(counts) .. "; what was there before stayed, nothing half written was left")
  local opened = assert(snapshot.open(old))
  opened:close()
  local kept = folder .. "/whole.jsonl"
  assert(select(2, lab.run(("%s snapshot %s -o %s"):format(lab.command, inventory, kept))) == 0)
  full_output(inventory, kept)
end
