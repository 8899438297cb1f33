local cjson = require "cjson"

local lab = require "spec.lab"
local smb = require "rollcall.smb"

local function rows_of(options)
  local rows = {}
  for row in smb.connections(lab.as_auditor(options)) do rows[#rows + 1] = row end
  return rows
end

local fields = { "id", "type", "num_opens", "num_users", "time", "username", "netname" }

local function only_fields(row)
  local result = {}
  for _, name in ipairs(fields) do result[name] = row[name] end
  return result
end

local function assert_agree(port, servername, qualifier, level)
  local expected = lab.witnessed(port, "connections", level, qualifier)
  local rows = rows_of { servername = servername, qualifier = qualifier, level = level }
  assert.equal(#expected, #rows)
  for i, row in ipairs(rows) do assert.same(expected[i], only_fields(row)) end
  return rows
end

describe("connections to a share of a real Samba", function()
  local clients

  setup(function()
    clients = { lab.connect("alice", "projects", "plan.txt"), lab.connect("bob", "projects") }
  end)

  teardown(function()
    for _, client in ipairs(clients) do client.close() end
  end)

  it("are as many as there are clients, and as impacket's client sees them", function()
    local rows = assert_agree(lab.samba_port, lab.samba, "projects", 1)
    assert.equal(2, #rows)
    local opens = { rows[1].num_opens, rows[2].num_opens }
    table.sort(opens)
    assert.same({ 0, 1 }, opens)
    for _, row in ipairs(rows) do
      assert.equal(lab.samba, row.servername)
      assert.equal("projects", row.share)
      assert.is_true(row.placeholder)
      assert.is_nil(row.client)
    end
  end)

  it("agree at level 0, and from a computer", function()
    assert_agree(lab.samba_port, lab.samba, "projects", 0)
    assert_agree(lab.samba_port, lab.samba, "\\\\127.0.0.1", 1)
  end)

  it("are of no computer where the server answers with a placeholder, whatever computer it is asked for", function()
    local options = lab.as_auditor { servername = lab.samba, qualifier = "\\\\nosuchhost" }
    local page = smb.connection_page(options)
    assert.equal(1, #page.entries)
    for _, row in ipairs { page.entries[1], rows_of(options)[1] } do
      assert.is_true(row.placeholder)
      assert.is_nil(row.client)
      assert.is_nil(row.share)
    end
  end)

  it("come and go", function()
    local more = lab.connect("alice", "projects")
    assert.equal(3, #rows_of { servername = lab.samba, qualifier = "projects" })
    more.close()
    assert.equal(2, #rows_of { servername = lab.samba, qualifier = "projects" })
  end)

  it("are none on a share that nobody uses", function()
    assert.same({}, rows_of { servername = lab.samba, qualifier = "public" })
  end)

  for _, name in ipairs { "\\\\127.0.0.1", "localhost", "[::1]", "\\\\localhost" } do
    it("are found under the name " .. name, function()
      local servername = name .. ":" .. lab.samba_port
      local rows = rows_of { servername = servername, qualifier = "projects" }
      assert.equal(2, #rows)
      assert.equal((servername:gsub("^\\\\", "")), rows[1].servername)
    end)
  end

  it("are found by a port option, at ::1 and on this computer", function()
    assert.equal(2, #rows_of { servername = "::1", port = lab.samba_port, qualifier = "projects" })
    assert.equal(2, #rows_of { port = lab.samba_port, qualifier = "projects" })
  end)

  it("are found with an NT hash, a domain, and encryption", function()
    local hash = lab.nt_hash(lab.password)
    local function count(options)
      local rows = 0
      for _ in smb.connections(options) do rows = rows + 1 end
      return rows
    end
    local function as(options)
      options.servername, options.qualifier = lab.samba, "projects"
      return count(options)
    end
    assert.equal(2, as { username = lab.username, nt_hash = hash })
    assert.equal(2, as { username = "WORKGROUP\\" .. lab.username, password = lab.password })
    assert.equal(2, as { username = lab.username, password = lab.password, domain = "WORKGROUP", encrypt = true })
  end)

  it("are asked for on a signed and encrypted session", function()
    local server <close> = smb.server(lab.as_auditor { servername = lab.samba })
    local status = cjson.decode(lab.smbstatus "--json")
    local seen
    for _, tree in pairs(status.tcons) do
      if tree.service == "IPC$" then seen = tree end
    end
    assert.equal("AES-128-GCM", seen.encryption.cipher)
    assert.equal("full", seen.encryption.degree)
    server:close()
  end)
end)

describe("connections at a server that pages", function()
  it("are as impacket's client sees them, with names of every kind", function()
    local rows = assert_agree(lab.double_port, lab.double, "people", 1)
    assert.equal("Zoë 💻 张三", rows[2].username)
    assert.equal("WS-ÜBER", rows[2].client)
    assert.equal("10.0.0.7", rows[3].client)
    assert.equal("\\\\10.0.0.7", rows[3].netname)
    assert.equal(0x80000000, rows[3].type)
    assert.equal(4294967295, rows[5].num_opens)
    assert_agree(lab.double_port, lab.double, "rows-700", 1)
    assert_agree(lab.double_port, lab.double, "rows-700", 0)
  end)

  it("of a computer name the share in netname", function()
    local rows = rows_of { servername = lab.double, qualifier = "\\\\ws-7" }
    assert.equal(1, #rows)
    assert.equal("ws-7", rows[1].client)
    assert.equal("projects", rows[1].share)
  end)

  for _, prefmaxlen in ipairs { 70, 1000, 65536, smb.MAX_PREFERRED_LENGTH } do
    it(("are all there, once and in order, with prefmaxlen %d"):format(prefmaxlen), function()
      local count = prefmaxlen < 100 and 300 or 5000
      local last = 0
      for row in smb.connections(lab.as_auditor {
        servername = lab.double, qualifier = "rows-" .. count, prefmaxlen = prefmaxlen,
      }) do
        assert.equal(last + 1, row.id)
        last = row.id
      end
      assert.equal(count, last)
    end)
  end

  it("go on from a resume handle", function()
    local rows = rows_of { servername = lab.double, qualifier = "rows-1000", resume_handle = 990 }
    assert.equal(10, #rows)
    assert.equal(991, rows[1].id)
  end)

  it("do not depend on the total that the server claims", function()
    assert.equal(2000, #rows_of { servername = lab.double, qualifier = "rows-2000;total=3" })
    assert.equal(2000, #rows_of { servername = lab.double, qualifier = "rows-2000;total=4294967295" })
  end)

  it("survive fragments of odd sizes", function()
    local rows = rows_of { servername = lab.double, qualifier = "rows-40;fragment=1,7,33,500" }
    assert.equal(40, #rows)
    assert.equal("PC-040", rows[40].client)
  end)
end)
