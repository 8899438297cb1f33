-- What a check is written as. The test with the tag is for `make conformance`, which brings the
-- validator of SARIF's own authors.
local cjson = require "cjson"

local hostile = require "spec.lab.hostile"
local lab = require "spec.lab"
local policy = require "rollcall.policy"

local result
do
  local its_policy = assert(policy.parse([[
    rule(builtin.administrative_shares { severity = "warning" })
    rule(builtin.accounts { deny = "*" })
    rule(builtin.failed_sessions { severity = "note" })
    rule { id = "passes", kind = "connection", check = function() return true end, message = "" }
    waive { rule = "accounts", user = "bob", reason = "]" .. "]> \"x\"", expires = "2036-01-01" }
  ]], "policies.lua"))
  local rows = { { servername = "fs1", username = "bob", share = "C$", client = "10.0.0.1" } }
  for _, name in pairs(hostile) do rows[#rows + 1] = { servername = name, username = name, share = name, client = name } end
  local position = 0
  result = policy.evaluate(its_policy, {
    now = 1700000000,
    rows = function()
      position = position + 1
      if rows[position] then return "connection", rows[position] end
    end,
    outcomes = {
      { source = "smb", target = "fs1", query = "connection", completeness = "complete" },
      { source = "workspace", target = "region", query = "session", completeness = "denied", reason = hostile.markup .. hostile.rtl },
    },
  })
end

local names = 0
for _ in pairs(hostile) do names = names + 1 end

local function written(format, of)
  local parts = {}
  policy.write(of or result, format, function(part) parts[#parts + 1] = part end)
  local text = table.concat(parts)
  local path = lab.folder .. "/check." .. format
  assert(io.open(path, "w")):write(text):close()
  return text, path
end

describe("a check as", function()
  it("text has a line for each rule and no control characters", function()
    local text = written "text"
    for _, line in ipairs {
      "\nfail     accounts %(error%), 9 of 9 rows\n", "^fail     administrative%-shares %(warning%), 9 of 9 rows",
      "\npass     passes %(error%), 9 of 9 rows",
      "\nunknown  failed%-sessions %(note%), 0 of 0 rows", "# 1 pass, 2 fail, 1 unknown; generated at 2023%-11%-14T22:13:20Z",
      "waived until 2036%-01%-01",
    } do
      assert.is_truthy(text:find(line), line)
    end
    assert.is_nil(text:find "[\0-\9\11-\31]")
  end)

  it("JSON has them all", function()
    local document = cjson.decode((lab.run("jq -c . " .. select(2, written "json"))))
    assert.same({ "rollcall/1", "check", "2023-11-14T22:13:20Z" }, { document.schema, document.kind, document.generated_at })
    assert.same({ "fail", "fail", "unknown", "pass" },
      { document.rules[1].verdict, document.rules[2].verdict, document.rules[3].verdict, document.rules[4].verdict })
    assert.equal(names, #document.rules[2].findings)
    assert.equal("denied", document.targets[2].completeness)
  end)

  it("JUnit XML is read by another program, names and all", function()
    local _, path = written "junit"
    local _, code, complaint = lab.run("xmllint --noout --relaxng spec/schema/junit.rng " .. path)
    assert.equal(0, code, complaint)
    local script = [[
import json, sys, xml.etree.ElementTree as tree
root = tree.parse(sys.argv[1]).getroot()
print(json.dumps({case.get("name"): [child.tag for child in case] for case in root.iter("testcase")} |
      {"totals": [root.get("tests"), root.get("failures"), root.get("errors")], "text": root.find(".//failure").text}))]]
    local reader = lab.folder .. "/junit.py"
    assert(io.open(reader, "w")):write(script):close()
    local output, read_code, read_complaint = lab.run(("/usr/bin/python3 %s %s"):format(reader, path))
    assert.equal(0, read_code, read_complaint)
    local read = cjson.decode(output)
    assert.same({ "4", "2", "1" }, read.totals)
    assert.same({ "failure", "system-out" }, read.accounts)
    assert.same({ "error", "system-out" }, read["failed-sessions"])
    assert.same({ "system-out" }, read.passes)
  end)

  it("SARIF is valid by its schema and as GitHub takes it, as a validator says that finds fault with less #conformance", function()
    local validator = assert(os.getenv "SARIF_VALIDATOR", "run this with make conformance")
    local text, path = written "sarif"
    local function errors_in(file)
      local told, code = lab.run(("DOTNET_SYSTEM_GLOBALIZATION_INVARIANT=1 %s validate %s --rule-kind 'Sarif;Ghas'"):format(
        validator, file))
      assert.equal(0, code, told)
      assert.is_truthy(told:find("1 files scanned", 1, true), told)
      local errors = {}
      for line in told:gmatch "[^\n]+" do
        if line:find ": error " then errors[#errors + 1] = line end
      end
      return errors
    end
    assert.same({}, errors_in(path))
    local broken_path = lab.folder .. "/broken.sarif"
    for good, bad in pairs {
      ['"ruleId"'] = '"ruleld"', ['"physicalLocation"'] = '"physical"', ['"startLine"'] = '"start"', ['"help"'] = '"helper"',
    } do
      assert(io.open(broken_path, "w")):write((text:gsub(good, bad, 1))):close()
      assert.is_true(#errors_in(broken_path) > 0, good)
    end
  end)

  it("SARIF and OCSF names each group, whatever it is grouped by, and the same in each run", function()
    local function names_of(generated_at, names_of_desktops)
      local its_policy = assert(policy.parse([[
        local function fails() return false end
        rule { id = "by-agent", kind = "session", group_by = { "agent_version", "client_type" }, check_group = fails, message = "{count}" }
        rule { id = "by-user", kind = "session", group_by = { "user", "protocol_type" }, check_group = fails, message = "m" }
      ]], "groups.lua"))
      local rows = {}
      for _, name in ipairs(names_of_desktops) do
        for _, version in ipairs { "1", "2|3:x", "2" } do
          for _, protocol in ipairs { "HDP", "RDP" } do
            rows[#rows + 1] = {
              user_name = "alice", machine_name = name, agent_version = version, client_type = "Windows", protocol_type = protocol,
            }
          end
        end
      end
      local position = 0
      local its_result = policy.evaluate(its_policy, {
        now = generated_at, outcomes = {},
        rows = function()
          position = position + 1
          if rows[position] then return "session", rows[position] end
        end,
      })
      local document = cjson.decode((lab.run("jq -c . " .. select(2, written("sarif", its_result)))))
      local found, count = {}, 0
      for _, one in ipairs(document.runs[1].results) do
        found[one.partialFingerprints.primaryLocationLineHash] = true
        count = count + 1
      end
      for line in written("ocsf", its_result):gmatch "[^\n]+" do
        local uid = cjson.decode(line).finding_info.uid
        assert.is_nil(uid:find("#", 1, true), uid)
        assert.is_true(found[uid:match "^groups.lua:(.*)$"])
      end
      return found, count
    end
    local found, count = names_of(1700000000, { "DESK-1" })
    assert.equal(3 + 2, count)
    local different = 0
    for _ in pairs(found) do different = different + 1 end
    assert.equal(count, different)
    assert.same(found, (names_of(1700000600, { "DESK-2", "DESK-1" })))
  end)

  it("SARIF has what 2.1.0 requires", function()
    local document = cjson.decode((lab.run("jq -c . " .. select(2, written "sarif"))))
    assert.equal("2.1.0", document.version)
    local run = document.runs[1]
    assert.equal("rollcall", run.tool.driver.name)
    assert.equal(4, #run.tool.driver.rules)
    local kinds, fingerprints = { fail = 0, open = 0 }, {}
    local levels = { error = true, warning = true, note = true, none = true }
    for _, one in ipairs(run.results) do
      kinds[one.kind] = kinds[one.kind] + 1
      assert.equal(one.ruleId, run.tool.driver.rules[one.ruleIndex + 1].id)
      assert.is_string(one.message.text)
      assert.is_true(levels[one.level])
      assert.equal(one.kind ~= "fail", one.level == "none")
      assert.equal(1, #one.locations)
      local place = { artifactLocation = { uri = "policies.lua" }, region = { startLine = one.ruleIndex + 1 } }
      assert.same(place, one.locations[1].physicalLocation)
      for _, logical in ipairs(one.locations[1].logicalLocations or {}) do
        assert.is_truthy(logical.name and logical.fullyQualifiedName)
      end
      -- All findings of a rule are at one line, and are not the same for that.
      assert.is_nil(fingerprints[one.partialFingerprints.primaryLocationLineHash])
      fingerprints[one.partialFingerprints.primaryLocationLineHash] = true
      for _, suppression in ipairs(one.suppressions or {}) do
        assert.equal("external", suppression.kind)
        assert.is_truthy(suppression.justification:find("until 2036-01-01", 1, true))
      end
    end
    assert.same({ fail = 1 + names + 1, open = 1 }, kinds)
    assert.same({ verdict = "fail", rows_judged = 9, rows_seen = 9 }, run.tool.driver.rules[1].properties)
    assert.equal("pass", run.tool.driver.rules[4].properties.verdict)
    assert.is_true(run.invocations[1].executionSuccessful)
    assert.equal(1, #run.invocations[1].toolExecutionNotifications)
  end)

  it("GitHub annotations has one command a line, whatever the names", function()
    local text = written "github"
    local count = 0
    for line in text:gmatch "([^\n]*)\n" do
      count = count + 1
      assert.is_truthy(line:find "^::%l+ file=policies%.lua,line=[1-4],title=rollcall%%3A [%w-]+::[^%c]+$", line)
    end
    assert.equal(1 + names + 1 + 2 + 4, count, text)
    assert.is_truthy(text:find("%250A%2525", 1, true))
  end)

  it("names the policy and the line of each rule, whatever the file is called", function()
    for name, wanted in pairs {
      ["policies.lua"] = { "policies.lua", "policies.lua" }, ["./ci/a b.lua"] = { "ci/a%20b.lua", "./ci/a b.lua" },
      ["/etc/rollcall/x.lua"] = { "file:///etc/rollcall/x.lua", "/etc/rollcall/x.lua" }, ["a:b,c%#?\u{e9}.lua"] = {
        "a%3Ab%2Cc%25%23%3F%C3%A9.lua", "a%3Ab%2Cc%25#?\u{e9}.lua" },
    } do
      local its_policy = assert(policy.parse([[

        rule(builtin.accounts {
          deny = "*" })
        rule {
          id = "second", check = function() return true end, message = "" }]], name))
      local given = false
      local of = policy.evaluate(its_policy, { rows = function()
        if given then return end
        given = true
        return "connection", { servername = "fs1", username = "bob" }
      end })
      local run = cjson.decode((lab.run("jq -c . " .. select(2, written("sarif", of))))).runs[1]
      assert.same({ artifactLocation = { uri = wanted[1] }, region = { startLine = 2 } }, run.results[1].locations[1].physicalLocation)
      local text = written("github", of)
      assert.is_truthy(text:find("::error file=" .. wanted[2] .. ",line=2,title=rollcall%3A accounts::", 1, true), text)
      assert.is_truthy(text:find("::notice file=" .. wanted[2] .. ",line=4,title=rollcall%3A second::pass", 1, true), text)
    end
  end)
end)
