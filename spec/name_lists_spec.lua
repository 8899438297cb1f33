-- Lists of names in files: of servers and users, on the command line and in inventories.
local cjson = require "cjson"
local lab = require "spec.lab"
local name_lines = require "rollcall.internal.name_lines"

local path = lab.folder .. "/names.txt"

local function put(text) assert(io.open(path, "wb")):write(text):close() end

local function targets_of(command)
  local output, code, complaint = lab.run("export ROLLCALL_PASSWORD=$LAB_PASSWORD; " .. command)
  assert.same({ 0, "" }, { code, complaint })
  local names = {}
  for i, outcome in ipairs(cjson.decode(output).targets) do names[i] = outcome.target end
  table.sort(names)
  return names
end

describe("a list of names", function()
  it("is a name a line, without blanks, comments and empty lines, however its lines end", function()
    put "\u{FEFF}fs1\r\n\r\n  fs2:4450  \n# fs3\nfs4 # the fourth\n\t#\n[::1]:445\nCORP\\anna#1\nZoë Müller"
    assert.same({ "fs1", "fs2:4450", "fs4", "[::1]:445", "CORP\\anna#1", "Zoë Müller" }, name_lines.read(path))
  end)

  it("has a name, and an end", function()
    put "# nobody\n\n"
    assert.same({ nil, path .. ": has no names" }, { name_lines.read(path) })
    put(("x\n"):rep(8 * 1024 * 1024 + 1))
    assert.same({ nil, path .. ": is larger than 16 MiB" }, { name_lines.read(path) })
    assert.same({ nil, lab.folder .. ": Is a directory" }, { name_lines.read(lab.folder) })
    os.remove(path)
    assert.same({ nil, "-: No such file or directory" }, { name_lines.read "-" })
  end)
end)

describe("--servers-from", function()
  local both = { lab.double, lab.samba }
  table.sort(both)

  it("names servers in a file or on standard input, beside those that are arguments", function()
    put(("# servers\n%s\n"):format(lab.samba))
    local command = ("%s shares %%s -U %s --level 1 -f json"):format(lab.command, lab.username)
    assert.same({ lab.samba }, targets_of(command:format("--servers-from " .. path)))
    assert.same(both, targets_of(command:format(lab.double .. " --servers-from " .. path)))
    put(("%s # the one\n\n%s\n"):format(lab.samba, lab.double))
    assert.same(both, targets_of(("cat %s | %s"):format(path, command:format "--servers-from -")))
  end)

  it("does not end with a name that is none", function()
    put(("two words\n%s\n"):format(lab.double))
    local output, code, complaint = lab.run(("ROLLCALL_PASSWORD=$LAB_PASSWORD %s shares --servers-from %s -U %s -f json"):format(
      lab.command, path, lab.username))
    assert.equal(2, code)
    assert.is_truthy(complaint:find("two words: resolve:", 1, true), complaint)
    assert.equal(2, #cjson.decode(output).targets)
  end)
end)

describe("lines in an inventory", function()
  it("names servers and users", function()
    put(("# servers\n%s\n%s # the other\n"):format(lab.samba, lab.double))
    local inventory = lab.folder .. "/listed.lua"
    assert(io.open(inventory, "w")):write(([[
      local list = lines %q
      smb { servers = list, query = "shares", username = %q, password = env "LAB_PASSWORD" }]]):format(path, lab.username)):close()
    local both = { lab.samba, lab.double }
    table.sort(both)
    assert.same(both, targets_of(("%s report %s -f json"):format(lab.command, inventory)))
    local parsed = assert(require("rollcall.inventory").parse(([[
      workspace { region = "ap-southeast-1", users = lines %q, token = env "T", project_id = "p" }]]):format(path), "x"))
    assert.same({ lab.samba, lab.double }, parsed.sources[1].fields.users)
  end)
end)
