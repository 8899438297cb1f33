-- The suite in parts: each spec file runs in one of them, and nothing that goes wrong in one is lost.
local lab = require "spec.lab"

local folder = lab.folder .. "/specs"

local function put(name, body)
  lab.run(("mkdir -p '%s'"):format(folder))
  local path = folder .. "/" .. name
  local file = assert(io.open(path, "w"))
  file:write('it("is here", function() assert.is_true(true) end)\n', body)
  file:close()
  return path
end

-- By a make that has nothing of the one that runs this: its SPEC is this very file.
local function check(...)
  local output, code = lab.run(([[env -u SPEC -u MAKEFLAGS -u MFLAGS timeout 60 \
    make -s --no-print-directory check LAB= LAST_SPEC= \
    PARTS=2 PARTS_FOLDER=%s/parts SPEC_FILES='%s' 2>&1]]):format(lab.folder, table.concat({ ... }, " ")))
  return output, code
end

describe("make check in parts", function()
  local good = put("good_spec.lua", "")
  local other = put("other_spec.lua", "")

  it("passes where both do, with the tests of both", function()
    local output, code = check(good, other)
    assert.equal(0, code, output)
    assert.is_truthy(output:find("\n2 passed, 0 failed\n$"), output)
  end)

  it("fails where a test of one does, and names it", function()
    local output, code = check(good, put("bad_spec.lua", 'it("is wrong", function() assert.is_true(false) end)'))
    assert.not_equal(0, code)
    assert.is_truthy(output:find("\nFAILED: [^\n]*bad_spec.lua: is wrong\n"), output)
    assert.is_truthy(output:find("\n2 passed, 1 failed\n"), output)
  end)

  for what, death in pairs { ["is killed"] = 'os.execute "kill -KILL $PPID"', ["ends as if all were well"] = "os.exit(0)" } do
    it("fails where one " .. what .. ", and names the files without a result", function()
      local output, code = check(good, put("dying_spec.lua", ('it("dies", function() %s end)'):format(death)))
      assert.not_equal(0, code)
      assert.is_truthy(output:find("\nNOT RUN: [^\n]*dying_spec.lua: part "), output)
      assert.is_truthy(output:find("\n1 passed, 1 failed\n"), output)
    end)
  end

  it("fails where a file cannot be read as Lua", function()
    local output, code = check(good, put("unreadable_spec.lua", "it("))
    assert.not_equal(0, code)
    assert.is_truthy(output:find("NOT RUN: [^\n]*unreadable_spec.lua"), output)
  end)

  it("fails where no test was run", function()
    local empty, hollow = put("empty_spec.lua", ""), put("hollow_spec.lua", "")
    lab.run((": > %s; : > %s"):format(empty, hollow))
    local output, code = check(empty, hollow)
    assert.not_equal(0, code)
    assert.is_truthy(output:find("\n0 passed, %d failed\n"), output)
  end)

  it("has each spec file in one part, the same at each time", function()
    local function parts(order)
      return (lab.run(([[into=%s/divided && mkdir -p $into && lua5.4 spec/lab/parts.lua divide $into 2 $(ls spec/*_spec.lua | sort %s) &&
        cat $into/1.files && echo -- && cat $into/2.files]]):format(lab.folder, order)))
    end
    local divided = parts ""
    assert.equal(divided, parts "-R")
    local files = {}
    for file in divided:gmatch "[^\n]+" do if file ~= "--" then files[#files + 1] = file end end
    table.sort(files)
    local all = {}
    for file in lab.run("ls spec/*_spec.lua"):gmatch "[^\n]+" do all[#all + 1] = file end
    table.sort(all)
    assert.same(all, files)
    assert.is_truthy(divided:find "^spec/.*\n%-%-\nspec/")
  end)
end)
