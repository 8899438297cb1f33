-- Answers that no honest server gives, each as the double sends it.
local lab = require "spec.lab"
local smb = require "rollcall.smb"

local function text(units, max_count, actual_count)
  local count = #units // 2
  return string.pack("<I4I4I4", max_count or count, 0, actual_count or count) .. units .. ("\0"):rep(-#units % 4)
end

local function utf16(ascii)
  return (ascii:gsub(".", "%0\0"))
end

local good = text(utf16("user\0"))

---The stub of an answer at level 1: a container, what stands in for its entries, and the end.
local function stub(entries_read, max_count, entries, ending)
  return string.pack("<I4I4I4I4I4I4", 1, 1, 0x20000, entries_read, 0x20004, max_count) .. entries
    .. (ending or string.pack("<I4I4I4I4", entries_read, 0x20008, 0, 0))
end

local function entry(username, netname, time)
  return string.pack("<I4I4I4I4I4I4I4", 1, 0, 0, 1, time or 60, username and 4 or 0, netname and 8 or 0) .. (username or "")
    .. (netname or "")
end

local function ask(qualifier)
  return pcall(smb.connection_page, lab.as_auditor { servername = lab.double, qualifier = qualifier, timeout = 3 })
end

local function qualifier_of(bytes)
  return "rows-1;stub=" .. bytes:gsub(".", function(byte) return ("%02x"):format(byte:byte()) end)
end

local function ask_stub(bytes)
  return ask(qualifier_of(bytes))
end

describe("a malformed answer is an error of its server", function()
  local long = text(("x\0"):rep(30))
  local bad = {
    ["nothing at all"] = { "", "no information structure" },
    ["half a number"] = { "\1\0", "no information structure" },
    ["another level"] = { string.pack("<I4I4I4I4I4I4I4I4", 0, 0, 0, 0, 0, 0, 0, 0), "another level than was asked for" },
    ["a tag of another level"] = { string.pack("<I4I4I4I4I4I4I4I4", 1, 0, 0, 0, 0, 0, 0, 0), "another level than was asked for" },
    ["4 GiB of entries claimed"] = { stub(0xFFFFFFFF, 0xFFFFFFFF, entry(good, good)), "more entries counted than there are bytes for" },
    ["more entries counted than there are"] = { stub(3, 3, entry(good, good)), "a string's counts run past the end" },
    ["an array longer than the count of entries"] = { stub(1, 2, entry(good, good)), "an array whose count is not EntriesRead" },
    ["an array shorter than the count of entries"] = { stub(2, 1, entry(good, good)), "an array whose count is not EntriesRead" },
    ["entries counted but a null array"] = { string.pack("<I4I4I4I4I4I4I4I4", 1, 1, 4, 7, 0, 7, 0, 0), "entries that are counted but not there" },
    ["a string of 4 GiB"] = { stub(1, 1, entry(text(utf16("a\0"), 0xFFFFFFFF, 0xFFFFFFFF), good)), "a string of more than 32767 characters" },
    ["a string past the end"] = { stub(1, 1, entry(good, text(utf16("a\0"), 5000, 5000)), ""), "a string that runs past the end" },
    ["a string a character past the end"] = { stub(1, 1, entry(good, text(utf16("a\0b\0"), 5, 5)), ""), "a string that runs past the end" },
    ["a string's counts past the end"] = { stub(1, 1, entry(good, "\0\0\0\0"), ""), "a string's counts run past the end" },
    ["a container past the end"] = { string.pack("<I4I4I4I4", 1, 1, 0x20000, 1), "a container that runs past the end" },
    ["an array's count past the end"] = { string.pack("<I4I4I4I4I4", 1, 1, 0x20000, 1, 0x20004), "an array's count runs past the end" },
    ["no resume handle"] = { string.pack("<I4I4I4I4I4", 1, 1, 0, 0, 0x20008), "no resume handle" },
    ["a string longer than its maximum"] = { stub(1, 1, entry(text(utf16("user\0"), 2, 5), good)), "a string longer than its own maximum" },
    ["a string without an end"] = { stub(1, 1, entry(long, good)), "a string without a terminator" },
    ["a zero inside a string"] = { stub(1, 1, entry(text(utf16("a\0b\0")), good)), "a string with a zero inside" },
    ["a string with an offset"] = { stub(1, 1, entry(string.pack("<I4I4I4", 3, 1, 2) .. "a\0\0\0", good)), "a string that does not start at offset 0" },
    ["no total"] = { stub(1, 1, entry(good, good), ""), "no total" },
    ["no status"] = { stub(1, 1, entry(good, good), string.pack("<I4I4I4", 1, 4, 0)), "no status" },
    ["bytes after the end"] = { stub(1, 1, entry(good, good)) .. ("\0"):rep(16), "bytes after the end" },
  }
  for what, case in pairs(bad) do
    it(what, function()
      local before = collectgarbage "count"
      local ok, failure = ask_stub(case[1])
      assert.is_false(ok)
      assert.equal("RPC_X_BAD_STUB_DATA", failure.name)
      assert.matches(case[2] .. " (byte ", failure.message, 1, true)
      assert.equal(lab.double, failure.target)
      assert.is_true(collectgarbage "count" - before < 1024)
    end)
  end

  it("cut anywhere", function()
    local whole = stub(2, 2, string.pack("<I4I4I4I4I4I4I4", 1, 0, 0, 1, 60, 4, 8)
      .. string.pack("<I4I4I4I4I4I4I4", 2, 0, 0, 1, 60, 4, 8) .. good .. good .. good .. good)
    assert.is_true(ask_stub(whole))
    for length = 0, #whole - 1, 5 do
      local ok, failure = ask_stub(whole:sub(1, length))
      assert.is_false(ok, length)
      assert.equal("RPC_X_BAD_STUB_DATA", failure.name)
    end
  end)
end)

describe("a malformed fragment is an error of its server", function()
  for what, case in pairs {
    ["another version"] = { "0:04", "a version of DCE/RPC other than 5.0" }, ["a type that is no answer"] = { "2:0b", "a PDU that is no response" },
    ["another minor version"] = { "1:02", "a version of DCE/RPC other than 5.0" },
    ["no first fragment"] = { "3:02", "no first fragment" },
    ["big-endian numbers"] = { "4:00", "an answer that is not in little-endian NDR" },
    ["a length shorter than a header"] = { "8:0300", "a fragment that claims to be shorter than its header" },
    ["a header alone"] = { "8:1000", "a PDU that is no response" },
    ["a security trailer"] = { "10:1000", "a fragment with a security trailer" }, ["another call's id"] = { "12:99", "an answer to another call" },
  } do
    it(what, function()
      local ok, failure = ask("rows-3;patch=" .. case[1])
      assert.is_false(ok)
      assert.equal("RPC_S_PROTOCOL_ERROR", failure.name)
      assert.matches(case[2], failure.message, 1, true)
      assert.equal(lab.double, failure.target)
    end)
  end

  for what, option in pairs {
    ["a length longer than what comes"] = "patch=8:ffff", ["a stop in mid-answer"] = "stop=60",
    ["a stop in mid-header"] = "stop=7", ["a length that is short of the truth"] = "patch=8:4000",
  } do
    it(what, function()
      local ok, failure = ask("rows-300;" .. option)
      assert.is_false(ok)
      assert.equal(lab.double, failure.target)
      assert.is_true(failure.name == "ERROR_NETNAME_DELETED" or failure.name == "RPC_S_PROTOCOL_ERROR", failure.name)
    end)
  end
end)

describe("an odd answer that is still one", function()
  it("is partial where placeholders are fewer than the server claims", function()
    local placeholder = text(utf16 "dummy_user\0") .. text(utf16 "IPC$\0")
    local row = string.pack("<I4I4I4I4I4I4I4", 5, 0, 0, 1, 3, 4, 8)
    local bytes = stub(5, 5, row:rep(5) .. placeholder:rep(5), string.pack("<I4I4I4I4", 10, 0x20008, 0, 0))
    local outcome, rows = nil, 0
    for connection in smb.connections(lab.as_auditor {
      servername = lab.double, qualifier = qualifier_of(bytes), on_target = function(its_outcome) outcome = its_outcome end,
    }) do
      rows = rows + 1
      assert.is_true(connection.placeholder)
    end
    assert.same({ 5, "partial", 10, 5 }, { rows, outcome.completeness, outcome.claimed, outcome.received })
  end)

  it("has no placeholder in a name that differs by one letter, or is not there", function()
    local function placeholders(username, netname)
      local ok, page = ask_stub(stub(1, 1, entry(username and text(utf16(username)), netname and text(utf16(netname)))))
      assert.is_true(ok, tostring(page))
      return page.entries[1].placeholder or false
    end
    assert.is_true(placeholders("dummy_user\0", "IPC$\0"))
    for _, names in ipairs {
      { "dummy_user\0", "IPC%\0" }, { "dummy_user\0", "JPC$\0" }, { "dummy_user\0", "IPD$\0" }, { "dummy_user\0", "IPC$$\0" },
      { "dummy_user\0", "IPC\0" }, { "dummy_user\0", "\0" }, { "dummy_user\0", nil }, { "dummy_uses\0", "IPC$\0" },
      { "eummy_user\0", "IPC$\0" }, { "dummy_userr\0", "IPC$\0" }, { "\0", "IPC$\0" }, { nil, "IPC$\0" },
    } do
      assert.is_false(placeholders(names[1], names[2]), ("%s %s"):format(names[1], names[2]))
    end
  end)

  it("is read as Windows writes it: any pointers, anything between the strings, and no resume handle where none was asked for", function()
    local function uneven(ascii)
      return (text(utf16(ascii)):gsub("%z%z$", "n\0"))
    end
    local rows = string.pack("<I4I4I4I4I4I4I4", 1, 0, 2, 1, 60, 0x156D80, 0x156D60) .. string.pack("<I4I4I4I4I4I4I4", 2, 0, 0, 1, 9, 0x20000, 0x20000)
    local strings = uneven "anna\0" .. uneven "PC-1\0" .. uneven "\0" .. text(utf16 "PC2\0")
    local ok, page = ask_stub(string.pack("<I4I4I4I4I4I4", 1, 1, 0xF57D4, 2, 0x154D80, 2) .. rows .. strings .. string.pack("<I4I4I4", 2, 0, 0))
    assert.is_true(ok, tostring(page))
    assert.same({ 0, 2, 2 }, { page.status, page.entriesread, page.totalentries })
    assert.is_nil(page.resume_handle)
    assert.same({ "anna", "PC-1", "", "PC2" },
      { page.entries[1].username, page.entries[1].client, page.entries[2].username, page.entries[2].client })
  end)

  it("has a null pointer as nil", function()
    local ok, page = ask_stub(stub(1, 1, entry(nil, nil)))
    assert.is_true(ok, tostring(page))
    assert.is_nil(page.entries[1].username)
    assert.is_nil(page.entries[1].client)
    assert.equal(60, page.entries[1].time)
  end)

  it("has a time that the server does not know as nil", function()
    local ok, page = ask_stub(stub(1, 1, entry(good, good, 0xFFFFFFFF)))
    assert.is_true(ok, tostring(page))
    assert.is_nil(page.entries[1].time)
    assert.equal("user", page.entries[1].username)
    page = smb.session_page(lab.as_auditor { servername = lab.double, resume_handle = 0xF0000008 })
    assert.equal(4, #page.entries)
    for _, session in ipairs(page.entries) do
      assert.is_nil(session.time)
      assert.is_nil(session.idle_time)
      assert.equal("integer", math.type(session.num_opens))
    end
  end)

  it("has a number that is no time as it is", function()
    local page = smb.file_page(lab.as_auditor { servername = lab.double, filter = { username = "Zoë" } })
    assert.equal(0xFFFFFFFF, page.entries[1].id)
  end)

  it("has an empty string as an empty string", function()
    local ok, page = ask_stub(stub(1, 1, entry(text(""), text("\0\0"))))
    assert.is_true(ok, tostring(page))
    assert.equal("", page.entries[1].username)
    assert.equal("", page.entries[1].netname)
  end)

  it("has U+FFFD where a surrogate stands alone, and pairs as they are", function()
    local high, low = "\x3d\xd8", "\xbb\xdc"
    local ok, page = ask_stub(stub(1, 1, entry(
      text("a\0" .. high .. "b\0" .. low .. high .. "\0\0"), text(high .. low .. "\0\0"))))
    assert.is_true(ok, tostring(page))
    assert.equal("a\u{FFFD}b\u{FFFD}\u{FFFD}", page.entries[1].username)
    assert.equal("\u{1F4BB}", page.entries[1].netname)
  end)

  it("has names of 32767 characters, and no longer ones", function()
    -- Too long for a qualifier, so the double makes these.
    local ok, page = ask("long-32767")
    assert.is_true(ok, tostring(page))
    assert.equal(("n"):rep(32767), page.entries[1].username)
    local refused, failure = ask("long-32768")
    assert.is_false(refused)
    assert.equal("RPC_X_BAD_STUB_DATA", failure.name)
  end)

  it("may have no container when there is nothing", function()
    local ok, page = ask_stub(string.pack("<I4I4I4I4I4I4", 1, 1, 0, 0, 0, 0))
    assert.is_true(ok, tostring(page))
    assert.same({}, page.entries)
    assert.is_nil(page.resume_handle)
  end)

  it("is an error when more is claimed without a resume handle", function()
    local ending = string.pack("<I4I4I4", 9, 0, 234)
    local rows = 0
    local ok, failure = pcall(function()
      for _ in smb.connections(lab.as_auditor { servername = lab.double, qualifier = "rows-1;stub="
        .. stub(1, 1, entry(good, good), ending):gsub(".", function(b) return ("%02x"):format(b:byte()) end) }) do
        rows = rows + 1
      end
    end)
    assert.is_false(ok)
    assert.equal(1, rows)
    assert.is_truthy(failure.message:find("resume handle", 1, true))
  end)
end)
