-- What changed between two polls: who may be called connected or disconnected, and who cannot be.
local cjson = require "cjson"
local lab = require "spec.lab"
local text_file = require "spec.lab.text_file"

local folder
local command = lab.run("realpath " .. lab.command):gsub("%s+$", "")

local function put(name, text) return text_file.put(folder .. "/" .. name, text) end
local function content(name) return text_file.so_far(folder .. "/" .. name) end

---@return string output, integer code, string complaint
local function rollcall(arguments)
  return lab.run(("cd %s && ROLLCALL_PASSWORD=$LAB_PASSWORD %s %s"):format(folder, command, arguments))
end

---A snapshot's text: rows and results are tables with their `kind`.
local function snapshot_of(lines, time)
  local texts, rows = {}, 0
  for i, line in ipairs(lines) do
    texts[i] = cjson.encode(line)
    if line.kind ~= "target" then rows = rows + 1 end
  end
  table.insert(texts, 1, ('{"kind": "snapshot", "schema": "rollcall.snapshot/1", "generated_at": "%s"}'):format(
    time or "2026-11-22T08:00:00Z"))
  texts[#texts + 1] = ('{"kind": "end", "rows": %d}'):format(rows)
  return table.concat(texts, "\n") .. "\n"
end

local function session(user, more)
  local row = { kind = "smb_session", servername = "fs1", username = user, client = "WS-" .. user }
  for name, value in pairs(more or {}) do row[name] = value end
  return row
end

local function result(completeness, more)
  local line = { kind = "target", source = "smb", target = "fs1", query = "smb_session", completeness = completeness or "complete" }
  for name, value in pairs(more or {}) do line[name] = value end
  return line
end

setup(function() folder = lab.new_folder "changes" end)
teardown(function() lab.run("rm -r " .. folder) end)

describe("a watch that cannot write", function()
  it("ends with 3, and says so, instead of losing its events", function()
    put("state.jsonl", snapshot_of { session "alice", result() })
    put("state.lua", ("snapshot %q"):format(folder .. "/state.jsonl"))
    for _, output in ipairs { "> /dev/full", ">&-" } do
      local _, code, complaint = rollcall("watch state.lua --times 1 " .. output)
      assert.equal(3, code)
      assert.matches("^rollcall: cannot write: ", complaint)
      put("state.jsonl", snapshot_of { session "alice", result() })
      put("polled.jsonl", "")
      lab.start(("{ cd %s; timeout 60 %s watch state.lua -i 0.05 -f jsonl --snapshot polled.jsonl %s 2> complaint; echo $? > code; } %s"):format(
        folder, command, output, "> /dev/null"))
      lab.eventually("a first poll", function() return content "polled.jsonl" ~= "" end)
      text_file.replace(folder .. "/state.jsonl", snapshot_of { session "bob", result() })
      lab.eventually("the end of it", function() return content "code" ~= "" or nil end)
      assert.equal("3\n", content "code", output)
      assert.matches("^rollcall: cannot write: ", content "complaint")
      os.remove(folder .. "/code")
    end
  end)
end)
