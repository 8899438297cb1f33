-- Every command and script of the README and the guides does what the page shows. After a change of what is printed, write it anew,
-- and read what changed: GUIDES=write make check SPEC=spec/guides_spec.lua
local guide = require "spec.lab.guide"
local lab = require "spec.lab"
local servers = require "spec.lab.guide_servers"
local text_file = require "spec.lab.text_file"

local FOLDER = "lua/rollcall/manual/"

local pages = { "README.md" }
for name in lab.run("ls " .. FOLDER):gmatch "([%w-]+)%.md\n" do pages[#pages + 1] = FOLDER .. name .. ".md" end

local function name_of(path) return path:match "([%w-]+)%.md$" end

describe("the page", function()
  local for_guide, stop

  setup(function() for_guide, stop = servers.start() end)
  teardown(function() stop() end)

  for _, path in ipairs(pages) do
    it(path .. " does as it says", function()
      local own = for_guide(name_of(path))
      if os.getenv "GUIDES" == "write" then guide.write(path, own) else guide.run(path, own) end
    end)
  end

  it("fails where it says something else", function()
    for text, complaint in pairs {
      ["```console\n$ echo one\ntwo\n```\n"] = "page.md:1: 'echo one' printed\none",
      ["```console\n$ echo one\n```\n"] = "'echo one' printed\none",
      ["\n```console\n$ false\n```\n"] = "page.md:2: 'false' failed with 1",
      ["```console\n$ rollcall shares fs1 --form json\n```\n"] = "failed with 3",
      ["```console\n$ rollcall --version\nrollcall\n$ exit 0\n```\n"] = "ended early",
      ["```lua\nrequire('rollcall.smb').conections {}\n```\n"] = "attempt to call a nil value",
      ["```lua\n-- inventory.lua\nsmb { servers = 'fs1' }\n```\n"] = "no command uses inventory.lua",
      ["```yaml\na: [\n```\n"] = "page.md:1: ", ["```json\n{\n```\n"] = "page.md:1: ", ["```sh\nif\n```\n"] = "page.md:1: ",
      ["```systemd\n# a.service\n[Service]\nExecStart=/bin/true\nTypo=yes\n```\n"] = "Typo",
      ["```systemd\n# b.timer\n[Timer]\nOnCalendar=every day\n```\n"] = "calendar specification",
      ["```perl\n1\n```\n"] = "a block of language 'perl' is not checked by anything",
    } do
      local path = lab.folder .. "/page.md"
      text_file.put(path, text)
      local held, problem = pcall(guide.run, path, for_guide "page")
      assert.is_false(held, text)
      assert.is_truthy(tostring(problem):find(complaint, 1, true), problem)
    end
    local path = lab.folder .. "/right.md"
    text_file.put(path, "```console any-order\n$ printf '2026-11-21T10:00:00Z\\n1h30m\\nlast\\n'\n...\n11m\n2000-01-01T00:00:00Z\n```\n")
    guide.run(path, for_guide "page")
    text_file.put(path, "```console\n$ printf 'one\\ntwo\\nthree\\n'\none\n...\nthree\n```\n")
    guide.run(path, for_guide "page")
  end)
end)

describe("a page", function()
  for _, path in ipairs(pages) do
    it("has a title, a sentence of what it is for, and no block that nobody runs: " .. path, function()
      local text = text_file.content(path)
      assert.matches("^# %S[^\n]*\n\n%S[^\n]*%.\n", text)
      local outside = text:gsub("\n```.-\n```", "")
      assert.is_nil(outside:match "\n    %S[^\n]*", "indented code is not run")
    end)

    it("links to what is there: " .. path, function()
      for target in text_file.content(path):gmatch "%]%(([^)#]+)[^)]*%)" do
        if not target:find "^https?:" then
          local file = io.open((path:match "^(.*/)" or "") .. target)
          assert(file, path .. " links to " .. target):close()
        end
      end
    end)
  end

  it("has no command or option that rollcall has not, also where it is not run", function()
    local helps = {}
    for _, path in ipairs(pages) do
      for command, rest in text_file.content(path):gmatch "rollcall ([%a-]+)([^`\n|]*)" do
        if command:find "^%l+$" and rest:find "%-%-" then
          helps[command] = helps[command] or lab.run(("%s %s --help"):format(lab.command, command))
          assert.is_truthy(helps[command]:find("Usage: rollcall " .. command, 1, true), path .. ": rollcall " .. command)
          for option in rest:gmatch "(%-%-[%l-]+)" do
            local known = option == "--help" or helps[command]:find(option:gsub("%-", "%%-") .. "%f[^%w-]")
            assert.is_truthy(known, ("%s: rollcall %s %s"):format(path, command, option))
          end
        end
      end
    end
    assert.is_string(helps.watch)
  end)

  it("shows the script of the live page as it is tested", function()
    local script = text_file.content("spec/embedding/who.lua"):gsub("^%-%-[^\n]*\n", "")
    assert.is_truthy(text_file.content(FOLDER .. "dashboard.md"):find(script, 1, true))
  end)

  it("has the figures of the report in the README", function()
    local report, count = text_file.content "spec/bench/REPORT.md", 0
    for line in text_file.content("README.md"):match("`make bench`.-\n\n(|.-)\n\n"):gmatch "[^\n]+" do
      assert.is_truthy(report:find(line, 1, true), line)
      count = count + 1
    end
    assert.equal(7, count)
  end)

  it("is one screen of a README", function()
    assert.is_true(select(2, text_file.content("README.md"):gsub("\n", "")) <= 150)
  end)
end)

describe("troubleshooting", function()
  local text = text_file.content(FOLDER .. "troubleshooting.md")

  -- How names are written in the code.
  local patterns = {
    '"(ERROR_[%w_]+)"', '"(NERR_[%w_]+)"', '"(RPC_[%w_]+)"', '"(nca_[%w_]+)"', "NAMED%((CURLE_[%w_]+)%)", '{%d+, "([A-Z]+_?[A-Z_]*)"',
    '{"([A-Z]+_[A-Z_]+)"', 'failure, "([A-Z]+_[A-Z_]+)"', 'code = "([A-Z]+_[A-Z_]+)"',
  }

  it("has each name that the code can give", function()
    local count, with = 0, {}
    local sources = lab.run "find csrc lua -name meta -prune -o -name '*.c' -print -o -name '*.lua' -print"
    for path in sources:gmatch "[^\n]+" do
      local code = text_file.content(path)
      for number, pattern in ipairs(patterns) do
        for name in code:gmatch(pattern) do
          count, with[number] = count + 1, true
          local success = name == "NERR_Success" or name == "ERROR_MORE_DATA"
          assert.is_truthy(success or text:find("`" .. name .. "`", 1, true), path .. ": " .. name)
        end
      end
    end
    assert.is_true(count > 100, count)
    for number, pattern in ipairs(patterns) do assert.is_true(with[number], "nothing is written as " .. pattern) end
  end)

  it("has the number of each beside it", function()
    for number, name in text_file.content("csrc/rpc/win32_status.c"):gmatch '{(%d+), "([%w_]+)"' do
      local line = text:match("[^\n]*`" .. name .. "`[^\n]*")
      if line and number ~= "0" then assert.is_truthy(line:find("(" .. number .. ")", 1, true), name) end
    end
  end)
end)
