-- The words that a reader of the field would not know, and that must not come back: spec/words, which make lint checks.
local lab = require "spec.lab"

local FOLDER = lab.new_folder "words"
local OLD = "rollcall smb-sessions fs1, and a stand-" .. "in"

local function check(variables)
  local output = lab.run(("make --no-print-directory -s words %s 2>&1; echo \"exit $?\""):format(variables or ""))
  return output, output:match "exit (%d+)%s*$"
end

describe("the list of words that must not come back", function()
  teardown(function() lab.run("rm -r " .. FOLDER) end)

  it("has none in the tree", function()
    local output, code = check()
    assert.equal("0", code, output)
  end)

  it("finds one, and names its file and line", function()
    local file = assert(io.open(FOLDER .. "/page.md", "w"))
    file:write("rollcall sessions fs1\n", OLD, "\n"):close()
    local output, code = check("WORDED=" .. FOLDER)
    assert.equal("2", code)
    assert.is_truthy(output:find(FOLDER .. "/page.md:2:" .. OLD, 1, true), output)
    assert.is_nil(output:find("page.md:1:", 1, true))
  end)

  it("finds each of the words that were decided against", function()
    local lines = { "a mis" .. "take", "on_wait is " .. "told so", "they are " .. "told apart", "a ready " .. "rule", "rollcall " .. "scm" }
    local file = assert(io.open(FOLDER .. "/page.md", "w"))
    file:write(table.concat(lines, "\n"), "\n"):close()
    local output = check("WORDED=" .. FOLDER)
    for i, line in ipairs(lines) do assert.is_truthy(output:find(("page.md:%d:%s"):format(i, line), 1, true), line) end
  end)

  it("holds in the specs for Windows too", function()
    assert.is_nil((lab.run "make -n words"):find("windows", 1, true))
  end)

  it("is checked by make lint", function()
    assert.matches("grep [^\n]*spec/words", (lab.run "make -n lint"))
  end)

  it("has no empty line, which would be found anywhere", function()
    for line in io.lines "spec/words" do assert.is_truthy(line:find "%S") end
  end)
end)
