local lab = require "spec.lab"
local smb = require "rollcall.smb"

local function page(options)
  return smb.connection_page(lab.as_auditor(options))
end

describe("a page by hand", function()
  it("has the entries and the counts of a whole answer", function()
    local whole = page { servername = lab.double, qualifier = "people" }
    assert.equal(0, whole.status)
    assert.equal(5, whole.entriesread)
    assert.equal(5, whole.totalentries)
    assert.equal(5, #whole.entries)
    assert.equal("CORP\\alice", whole.entries[1].username)
    assert.equal("WS-ALICE", whole.entries[1].client)
    assert.equal("people", whole.entries[1].share)
  end)

  it("leads to the next one by its resume handle", function()
    local first = page { servername = lab.double, qualifier = "rows-100", prefmaxlen = 3500 }
    assert.equal(smb.ERROR_MORE_DATA, first.status)
    assert.equal(50, first.entriesread)
    assert.equal(100, first.totalentries)
    assert.equal(50, first.resume_handle)
    local second = page {
      servername = lab.double, qualifier = "rows-100", prefmaxlen = 3500, resume_handle = first.resume_handle,
    }
    assert.equal(0, second.status)
    assert.equal(50, second.totalentries)
    assert.equal(51, second.entries[1].id)
  end)

  it("of nobody has no entries", function()
    local none = page { servername = lab.double, qualifier = "rows-0" }
    assert.same({}, none.entries)
    assert.equal(0, none.entriesread)
    assert.equal(0, none.status)
  end)

  it("of a real Samba is whole", function()
    local client = lab.connect("alice", "projects")
    local whole = page { servername = lab.samba, qualifier = "projects", prefmaxlen = 1 }
    client.close()
    assert.equal(0, whole.status)
    assert.equal(1, whole.entriesread)
    assert.equal(1, #whole.entries)
  end)

  it("has the level that was asked for", function()
    local plain = page { servername = lab.double, qualifier = "rows-3", level = 0 }
    assert.equal(3, plain.entries[3].id)
    assert.is_nil(plain.entries[3].username)
    assert.equal("rows-3", plain.entries[3].share)
  end)

  it("raises any other status", function()
    local ok, failure = pcall(page, { servername = lab.double, qualifier = "rows-3;status=87" })
    assert.is_false(ok)
    assert.equal(87, failure.code)
    assert.equal("ERROR_INVALID_PARAMETER", failure.name)
  end)

  it("is checked at the door", function()
    local _, message = pcall(smb.connection_page, { qualifier = "x", concurrency = 3 })
    assert.is_truthy(message:find("smb.connection_page: unknown option 'concurrency'", 1, true), message)
    assert.has_error(function() smb.connection_page(lab.as_auditor { servername = { "a", "b" }, qualifier = "x" }) end)
  end)
end)
