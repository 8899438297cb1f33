-- Files that are written: put in place when they are whole, nobody else's touched; devices, FIFOs and links left what they are.
local lab = require "spec.lab"
local snapshot_file = require "rollcall.snapshot.file"
local text_file = require "spec.lab.text_file"

local folder, inventory

local content = text_file.content

local function put(name, text) return text_file.put(folder .. "/" .. name, text) end

local function listing()
  return (lab.run("ls -A " .. folder))
end

local function facts(path, format)
  return (lab.run(("stat -c '%s' %s"):format(format, path)):gsub("\n", ""))
end

local is_root = lab.run "id -u" == "0\n"

local commands = {
  "report %s -f html -o", "report %s -f csv -o", "report %s -f jsonl -o", "snapshot %s -o", "watch %s --times 1 --snapshot",
  "watch %s --times 1 --page",
}

local function run(command, path, around)
  return lab.run(("%s %s %s %s"):format(around or "", lab.command, command:format(inventory), path))
end

before_each(function()
  folder = lab.new_folder "output"
  inventory = put("people.lua", 'rows { kind = "badge", { account = "alice", resource = "door 1" } }\n')
end)

for _, command in ipairs(commands) do describe("rollcall " .. command:format "SOURCE", function()
  it("writes into a device, which stays one", function()
    -- Only root could do harm to the machine's, and only root can make others to try it with.
    local null, full = "/dev/null", "/dev/full"
    if is_root then
      null, full = folder .. "/null", folder .. "/full"
      lab.run(("mknod %s c 1 3; mknod %s c 1 7"):format(null, full))
    end
    local before = listing()
    for _ = 1, 2 do
      local _, code, complaint = run(command, null)
      assert.same({ 0, "character special file" }, { code, facts(null, "%F") }, complaint)
    end
    local _, code, complaint = run(command, full)
    assert.same({ 3, "character special file" }, { code, facts(full, "%F") })
    assert.is_truthy(complaint:find(full .. ": No space left", 1, true), complaint)
    assert.equal(before, listing())
  end)

  it("writes into a FIFO, which stays one", function()
    local fifo, read = folder .. "/fifo", folder .. "/read"
    lab.run("mkfifo " .. fifo)
    local _, code = lab.run(("timeout 5 cat %s > %s & %s %s %s && wait"):format(fifo, read, lab.command, command:format(inventory), fifo))
    assert.equal(0, code)
    assert.equal("fifo", facts(fifo, "%F"))
    assert.is_truthy(content(read):find("alice", 1, true))
  end)

  it("follows a link to the file, and leaves the link", function()
    lab.run(("cd %s && mkdir kept && echo old > kept/file && ln -s kept/file link && ln -s link links"):format(folder))
    assert.equal(0, (select(2, run(command, folder .. "/links"))))
    assert.same({ "symbolic link", "symbolic link", "regular file" },
      { facts(folder .. "/links", "%F"), facts(folder .. "/link", "%F"), facts(folder .. "/kept/file", "%F") })
    assert.is_truthy(content(folder .. "/kept/file"):find("alice", 1, true))
    assert.equal("file\n", (lab.run(("ls -A %s/kept"):format(folder))))
  end)

  it("keeps mode and owner of what it replaces", function()
    local path = put("old", "old")
    for _, mode in ipairs { "640", "606", "2755" } do
      if is_root then lab.run(("chown 4711:4712 %s"):format(path)) end
      lab.run(("chmod %s %s"):format(mode, path))
      local before = facts(path, "%a %u %g")
      assert.equal(0, (select(2, run(command, path))))
      assert.equal(before, facts(path, "%a %u %g"))
      assert.is_truthy(content(path):find("alice", 1, true))
    end
    for mask, mode in pairs { ["077"] = "600", ["022"] = "644" } do
      os.remove(path)
      assert.equal(0, (select(2, run(command, path, ("umask %s;"):format(mask)))))
      assert.equal(mode, facts(path, "%a"))
    end
  end)

  it("does not follow what was planted beside its place", function()
    local victim, path = put("victim", "precious"), folder .. "/out"
    lab.run(("ln -s victim %s.new"):format(path))
    assert.equal(0, (select(2, run(command, path))))
    assert.equal("precious", content(victim))
    assert.same({ "symbolic link", "regular file" }, { facts(path .. ".new", "%F"), facts(path, "%F") })
  end)
end) end

describe("a file that is written", function()
  for _, name in ipairs { "x", "x.gz" } do
    it("is one writer's, whoever else writes it at the same time: " .. name, function()
      local path = folder .. "/" .. name
      local writers = {}
      for i = 1, 3 do writers[i] = assert(snapshot_file.writer(path)) end
      for line = 1, 9000 do
        for i, writer in ipairs(writers) do writer.write(("%d %d\n"):format(i, line)) end
      end
      for i, writer in ipairs(writers) do
        writer.finish()
        local reader = assert(snapshot_file.reader(path))
        for line = 1, 9000 do assert.equal(("%d %d"):format(i, line), reader.next()) end
        assert.is_nil(reader.next())
        reader.close()
      end
      assert.equal("people.lua\n" .. name .. "\n", listing())
    end)
  end

  it("leaves nothing when it is given up, forgotten, or its program is killed", function()
    local before = listing()
    local writer = assert(snapshot_file.writer(folder .. "/x"))
    writer.write(("x"):rep(100000))
    writer.abandon()
    assert.equal(before, listing())
    do
      local forgotten = assert(snapshot_file.writer(folder .. "/x"))
      forgotten.write(("x"):rep(100000))
    end
    collectgarbage()
    collectgarbage()
    assert.equal(before, listing())
    lab.run(([[lua5.4 -e '
      local writer = require("rollcall.snapshot.file").writer("%s/x")
      writer.write(("x"):rep(100000))
      io.popen("kill -9 $PPID"):close()'; true]]):format(folder))
    assert.equal(before, listing())
  end)

  it("leaves what was there where the disk is full, nothing half written, and says so", function()
    local many = {}
    for i = 1, 5000 do many[i] = ("{ account = %q, resource = %q }"):format("user" .. i, "door " .. i * 7919 % 4999) end
    inventory = put("many.lua", 'rows { kind = "badge", ' .. table.concat(many, ", ") .. " }\n")
    for _, command in ipairs(commands) do
      for _, name in ipairs { "x", "x.gz" } do
        local path = put(name, "old")
        local before = listing()
        -- As many blocks as standard error needs to say it.
        local _, code, complaint = run(command, path, "trap '' XFSZ; ulimit -f 2;")
        assert.equal(3, code)
        assert.is_truthy(complaint:find(path .. ": File too large", 1, true), complaint)
        assert.same({ "old", before }, { content(path), listing() })
      end
    end
  end)

  it("says that a FIFO has lost its reader", function()
    local fifo = folder .. "/fifo"
    local rows = {}
    for i = 1, 5000 do rows[i] = ("{ account = %q }"):format("user" .. i) end
    inventory = put("many.lua", 'rows { kind = "badge", ' .. table.concat(rows, ", ") .. " }\n")
    lab.run("mkfifo " .. fifo)
    for _, command in ipairs(commands) do
      local _, code, complaint = lab.run(("timeout 5 head -c 1 %s > %s.read & %s %s %s"):format(fifo, fifo, lab.command,
        command:format(inventory), fifo))
      assert.equal(3, code)
      assert.is_truthy(complaint:find(fifo .. ": Broken pipe", 1, true), complaint)
      assert.equal("fifo", facts(fifo, "%F"))
    end
  end)

  it("says what stands in its way", function()
    lab.run(("ln -s nowhere %s/dangling; ln -s loop %s/loop"):format(folder, folder))
    for path, words in pairs {
      [folder] = "Is a directory", [folder .. "/none/x"] = "No such file", [folder .. "/x/"] = "No such file",
      [folder .. "/dangling"] = "symbolic link to a file that is not there", [folder .. "/loop"] = "symbolic links",
      [inventory .. "/x"] = "Not a directory", [folder .. "/" .. ("x"):rep(300)] = "too long",
    } do
      local writer, problem = snapshot_file.writer(path)
      assert.is_nil(writer)
      assert.equal(path .. ": ", problem:sub(1, #path + 2))
      assert.is_truthy(problem:find(words, 1, true), problem)
    end
    assert.equal("dangling\nloop\npeople.lua\n", listing())
  end)
end)
