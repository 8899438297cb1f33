-- What `rollcall merge` makes of files of several times, of shards, of sources of every kind, and of rows that were left out.
local cjson = require "cjson"
local lab = require "spec.lab"
local text_file = require "spec.lab.text_file"

local folder, command

local function put(name, text) return text_file.put(folder .. "/" .. name, text) end

local function content(name) return text_file.content(folder .. "/" .. name) end

---@return string output, integer code, string complaint
local function rollcall(arguments)
  return lab.run(("cd %s && ROLLCALL_PASSWORD=$LAB_PASSWORD %s %s"):format(folder, command, arguments))
end

---The objects of JSON Lines, by their kinds.
local function lines_of(text)
  local kinds = {}
  for line in text:gmatch "[^\n]+" do
    local object = cjson.decode(line)
    kinds[object.kind] = kinds[object.kind] or {}
    table.insert(kinds[object.kind], object)
  end
  return kinds
end

before_each(function()
  command = lab.run("realpath " .. lab.command):gsub("%s+$", "")
  folder = lab.new_folder "merge"
end)
after_each(function() lab.run("rm -r " .. folder) end)

describe("rollcall merge, of what a call printed,", function()
  local function call(arguments) return ("sessions %s -U %s -f jsonl %s"):format(lab.double, lab.username, arguments) end

  it("refuses what rows were left out of", function()
    for arguments, words in pairs {
      ["-w user=nobody"] = "the rows where user=nobody",
      ["-w user=nobody -w 'time>0'"] = "the rows where (user=nobody) and (time>0)",
      ["-n 1"] = "the first row",
      ["-n 3"] = "the first 3 rows",
      ["-w user=nobody -n 3"] = "the first 3 rows where user=nobody",
      ["--username nobody"] = "the rows where username=nobody",
      ["--client 'WS 1' -w 'time>0'"] = "the rows where (client=\\\\WS 1) and (time>0)",
    } do
      local output, code, complaint = rollcall(call(arguments))
      assert.equal(0, code, complaint)
      put("some.jsonl", output)
      code, complaint = select(2, rollcall "merge some.jsonl -o merged.jsonl")
      assert.equal(("rollcall: some.jsonl has only %s, and one that was left out would look as if it had not been there; "):format(words)
        .. "print all rows, and choose among those of the merged snapshot\n", complaint)
      assert.equal(3, code)
      assert.is_nil(io.open(folder .. "/merged.jsonl"))
    end
    local files = ("files %s -U %s -f jsonl --basepath 'C:\\nowhere'"):format(lab.double, lab.username)
    put("some.jsonl", (rollcall(files)))
    assert.equal([[basepath=C:\nowhere]], lines_of(content "some.jsonl").report[1].where)
    assert.equal(3, select(2, rollcall "merge some.jsonl -o merged.jsonl"))
  end)

  it("refuses them wherever they stand in a file", function()
    local all, some = rollcall(call ""), rollcall(call "-w user=nobody")
    put("both.jsonl", all .. some)
    put("all.jsonl", all)
    for _, files in ipairs { "both.jsonl", "all.jsonl both.jsonl", "both.jsonl all.jsonl" } do
      local _, code, complaint = rollcall(("merge %s -o merged.jsonl"):format(files))
      assert.equal(3, code)
      assert.is_truthy(complaint:find("rollcall: both.jsonl has only the rows where user=nobody, ", 1, true), complaint)
    end
  end)

  it("takes all of them, in any order", function()
    put("all.jsonl", (rollcall(call "-s user")))
    local _, code, complaint = rollcall "merge all.jsonl -o merged.jsonl"
    assert.same({ 0, "" }, { code, complaint })
    local report = lines_of(content "all.jsonl").report[1]
    assert.is_nil(report.where)
    assert.is_nil(report.limit)
    assert.equal(#lines_of(content "all.jsonl").smb_session, #lines_of(content "merged.jsonl").smb_session)
  end)

  it("knows rows that a program left out", function()
    local report = require "rollcall.report"
    local text = {}
    report.render {
      rows = { { kind = "smb_session", servername = "fs1", username = "eve" } }, kind = "smb_session", format = "jsonl", totals = false,
      filter = function() return false end, write = function(part) text[#text + 1] = part end,
    }
    put("some.jsonl", table.concat(text))
    local _, code, complaint = rollcall "merge some.jsonl -o merged.jsonl"
    assert.equal(3, code)
    assert.is_truthy(complaint:find("some.jsonl has only the rows where a filter says so, ", 1, true), complaint)
  end)
end)
