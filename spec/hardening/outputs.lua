-- Outputs that end early: a reader that takes so many bytes and dies, a disk with so much room.
--
--     outputs.lua RESULT ROUNDS
local harness = require "spec.hardening.harness"
local lab = require "spec.lab"

local result, rounds = arg[1], math.tointeger(arg[2])

local ROWS = 12000

local folder = lab.run("mktemp -d " .. lab.folder .. "/outputs.XXXXXX"):match "%S+"

local function read(path)
  local file = io.open(path, "rb")
  if not file then return nil end
  local text = file:read "a"
  file:close()
  return text
end

local function write(name, text)
  local file <close> = assert(io.open(folder .. "/" .. name, "wb"))
  file:write(text)
  return folder .. "/" .. name
end

local function many(count)
  local rows = {}
  for i = 1, count do rows[i] = ("{ account = 'user%d', resource = 'door %d' }"):format(i, i * 7919 % 4999) end
  return 'rows { kind = "badge", ' .. table.concat(rows, ", ") .. " }\n"
end

local inventory = write("many.lua", many(ROWS))
local commands = {
  "report " .. inventory .. " --format table %s", "report " .. inventory .. " --format csv %s",
  "report " .. inventory .. " --format html %s",
  "report " .. inventory .. " --format jsonl %s", "report " .. inventory .. " --group-by account --format markdown %s",
  "check " .. inventory .. " --format json --policy " .. write("policy.lua", 'rule { id = "none", message = "{account} at {resource}, '
    .. ("which is closed "):rep(20) .. '", kind = "badge", check = function() return false end }\n') .. " %s",
}
local files = { "snapshot " .. inventory .. " %s", "watch " .. inventory .. " --times 1 %s" }
for _, command in ipairs(commands) do files[#files + 1] = command end

local function option(command, path)
  return command:format((command:find "^watch" and "--snapshot " or "-o ") .. path)
end

---What a command ends with when all is written. The check finds what fails.
local function usual_code(command) return command:find "^check" and 1 or 0 end

---Of a program whose reader has died: it says so or, where it writes to a pipe as programs do, ends as they do;
---or all had been read.
---@param taken integer  bytes that were read
local function judge(what, code, complaint, taken, size, whole, in_pipe)
  if taken >= size then
    return harness.expect(code == whole, "%s: was read whole, exit code %d, %s", what, code, complaint) and "read whole"
  end
  if in_pipe then
    return harness.expect(code == 128 + 13 and complaint == "", "%s: exit code %d after %d of %d bytes, %s", what, code, taken, size,
      complaint) and "ended by SIGPIPE"
  end
  harness.expect(code == 3, "%s: exit code %d after %d of %d bytes, %s", what, code, taken, size, complaint)
  harness.expect(complaint:find("Broken pipe", 1, true), "%s: does not say why: %s", what, complaint)
  return "said that the reader is gone"
end

-- What a pipe holds is written though nobody reads it.
local PIPE = 65536

local function readers_that_die()
  local fifo, counts, count = folder .. "/fifo", {}, 0
  lab.run("mkfifo " .. fifo)
  for _, command in ipairs(files) do
    local path = folder .. "/whole"
    lab.run(("%s %s"):format(lab.command, option(command, path)))
    local size = #read(path)
    os.remove(path)
    assert(size > 3 * PIPE, "the output is too small")
    local ways = { { "a FIFO", option(command, fifo), "timeout 20 head -c %d " .. fifo .. " > /dev/null & " } }
    if not command:find "^watch" and not command:find "^snapshot" then ways[2] = { "standard output", command:format "", nil } end
    for _, way in ipairs(ways) do
      for round = 1, rounds do
        local taken = round == 1 and size or round == 2 and 1 or math.random(1, size - 2 * PIPE)
        local what = ("%s into %s"):format(command:match "%S+ %S+ %S+ %S*", way[1])
        local began = harness.now()
        local _, code, complaint
        if way[3] then
          _, code, complaint = lab.run((way[3] .. "timeout 20 %s %s"):format(taken, lab.command, way[2]))
          harness.expect(lab.run("stat -c %F " .. fifo) == "fifo\n", "%s: it is no FIFO any more", what)
        else
          _, _, complaint = lab.run(("{ timeout 20 %s %s; echo $? > %s/code; } | head -c %d > /dev/null"):format(lab.command, way[2],
            folder, taken))
          code = math.tointeger(tonumber(read(folder .. "/code")))
        end
        harness.expect(harness.now() - began < 15, "%s: took %g seconds", what, harness.now() - began)
        local came = judge(what, code, complaint, taken, size, usual_code(command), not way[3]) or "damaged"
        counts[came], count = (counts[came] or 0) + 1, count + 1
      end
    end
  end
  harness.expect(counts["said that the reader is gone"] and counts["ended by SIGPIPE"], "no reader died too early")
  harness.fact("reports, checks, snapshots and polls into pipes and FIFOs whose reader dies after any number of bytes", count,
    harness.tally(counts) .. "; none stayed")
end

---What a command writes where there is room, but for how the times in it come out.
local function least_size(command, name)
  local path = folder .. "/" .. name
  lab.run(("%s %s"):format(lab.command, option(command, path)))
  local size = #read(path) - 64
  os.remove(path)
  return size
end

---Writes into a file system with so much room, where something stands in the place already.
local function try_disk(unshare, command, name, size, linked, kibibytes)
  local what = ("%s to %s with %d KiB"):format(command:match "%S+ %S+ %S+ %S*", name, kibibytes)
  local usual, small, link = usual_code(command), folder .. "/small", folder .. "/link" .. name:match "%..*"
  lab.run(("rm -f %s; ln -s %s/%s %s"):format(link, small, name, link))
  local output, code, complaint = lab.run(([[%s sh -c '
    mount -t tmpfs -o size=%dk rollcall %s && cd %s && echo old > %s || exit 100
    before=$(ls -A); (cd %s; %s %s); code=$?
    [ "$(ls -A)" = "$before" ] || { echo "left $(ls -A)"; exit 101; }
    [ $code != %d ] || [ $(stat -c %%s %s) -gt %d ] || { echo "a part"; exit 102; }
    [ $code = %d ] || [ "$(cat %s)" = old ] || { echo "not what it was"; exit 103; }
    exit $code']]):format(unshare, kibibytes, small, small, name, lab.run("pwd"):gsub("\n", ""), lab.command,
      option(command, linked and link or small .. "/" .. name), usual, name, size, usual, name))
  harness.expect(lab.run("readlink " .. link) == small .. "/" .. name .. "\n", "%s: the link is none any more", what)
  if code == usual then return "written" end
  harness.expect(code == 3, "%s: exit code %d, %s%s", what, code, output, complaint)
  harness.expect(complaint:find("No space left", 1, true), "%s: does not say why: %s", what, complaint)
  return "refused"
end

local function disks_that_are_full()
  local unshare = lab.run "id -u" == "0\n" and "unshare -m" or "unshare -rm"
  local _, code, complaint = lab.run(unshare .. " mount -t tmpfs rollcall /mnt")
  assert(code == 0, "a file system of one's own cannot be mounted here: " .. complaint)
  lab.run(("mkdir %s/small"):format(folder))
  local counts, count = {}, 0
  for _, command in ipairs(files) do
    for _, name in ipairs { "kept.jsonl", "kept.jsonl.gz" } do
      local size = least_size(command, name)
      for round = 1, rounds do
        -- In the last there is room.
        local came = try_disk(unshare, command, name, size, round % 2 == 0, round == rounds and 16384 or 4 * math.random(2, 20))
        counts[came], count = (counts[came] or 0) + 1, count + 1
      end
    end
  end
  harness.expect((counts.refused or 0) > count / 4 and (counts.written or 0) > 0, "the disk was never full, or always")
  harness.fact("reports, checks, snapshots and polls into a file system with little room, also by a link from another", count,
    harness.tally(counts) .. "; what was there before stayed, nothing half written was left")
end

math.randomseed(os.time())
readers_that_die()
disks_that_are_full()
harness.finish(result)
