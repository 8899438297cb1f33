-- `snapshot "PATH"` in an inventory: rows of another time beside those of now.
local cjson = require "cjson"
local lab = require "spec.lab"
local snapshot = require "rollcall.snapshot"
local text_file = require "spec.lab.text_file"

describe("a snapshot that an inventory names", function()
  local TAKEN = 1793491200 -- 2026-11-01T00:00:00Z
  local folder = lab.folder .. "/aged"
  -- `@` in arguments and files is the folder.
  local function run(arguments) return lab.run(lab.command .. " " .. arguments:gsub("@", folder .. "/")) end
  local function put(name, text) text_file.replace(folder .. "/" .. name, (text:gsub("@", folder .. "/"))) end

  setup(function()
    lab.run(("mkdir -p %s/history"):format(folder))
    local writer = assert(snapshot.create(folder .. "/old.jsonl", TAKEN, { utc_offset = 3600 }))
    writer:row("smb_session", { servername = "fs1", username = "zed", client = "pc", time = 5000, idle_time = 1 })
    writer:outcome { source = "smb", target = "fs1", query = "smb_session", completeness = "complete", claimed = 1, received = 1 }
    writer:finish()
    put("inv.lua", 'utc_offset(3600) snapshot "@old.jsonl" rows { kind = "badge", { user = "new" } }')
    put("other.lua", 'snapshot "@old.jsonl"')
  end)

  it("gives rows that count from its time, and says in the result when that was", function()
    local function check_rows(path)
      local seen = {}
      for line in run("report " .. path .. " -c user,since,seen_at -f jsonl"):gmatch "[^\n]+" do
        local object = cjson.decode(line)
        seen[object.user or object.target or object.kind] = object
      end
      assert.same({ since = TAKEN - 5000, seen_at = TAKEN }, { since = seen.zed.since, seen_at = seen.zed.seen_at })
      assert.equal("2026-11-01T00:00:00Z", seen.fs1.generated_at)
      assert.is_nil(seen.badge.generated_at)
    end
    check_rows "@inv.lua"
    for _, format in ipairs { "table", "markdown", "html", "csv" } do
      assert.matches("2026%-11%-01T00:00:00Z", (run("report @inv.lua -f " .. format)), format)
    end
    put("p.lua", "rule(builtin.accounts { deny = 'nobody' })")
    assert.matches("# fs1: complete, taken at 2026%-11%-01T00:00:00Z\n", (run "check @inv.lua -p @p.lua"))
    -- A snapshot of it keeps that.
    assert.equal(0, select(2, run "snapshot @inv.lua -o @again.jsonl"))
    check_rows "@again.jsonl"
    assert.equal(0, select(2, run "snapshot @inv.lua --append @history"))
    assert.matches("row," .. TAKEN .. ",zed,", (run "who zed --history @history -f csv"))
  end)

  it("is not read where its times of Workspace are of another zone", function()
    local output, code = run "report @other.lua -f json"
    assert.equal(2, code)
    local target = cjson.decode(output).targets[1]
    assert.same({ "unreachable", "its times are 3600 seconds ahead of UTC, and those of the inventory 0: write utc_offset(3600) there" },
      { target.completeness, target.reason })
  end)
end)
