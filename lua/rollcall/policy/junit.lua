--- The verdicts as JUnit XML: a test case for each rule; `failure` for fail, `error` for unknown.
local text = require "rollcall.internal.text"

local entities = { ["<"] = "&lt;", [">"] = "&gt;", ["&"] = "&amp;", ['"'] = "&quot;", ["'"] = "&apos;" }

-- XML has no way to write most controls, so they are shown as everywhere else.
local function escaped(value)
  local lines = {}
  for line in (value .. "\n"):gmatch "([^\n]*)\n" do
    -- The last two code points of each plane are not to be used in XML 1.0 either.
    local printable = text.printable(line):gsub("\u{FFFE}", "\\u{FFFE}"):gsub("\u{FFFF}", "\\u{FFFF}")
    lines[#lines + 1] = printable:gsub("[<>&\"']", entities)
  end
  return table.concat(lines, "\n")
end

local function one_line(value)
  return (escaped((value:gsub("\n", " "))))
end

local function body(verdict)
  local lines = {}
  for i, finding in ipairs(verdict.findings) do lines[i] = text.printable(finding.message) end
  if verdict.violations > #verdict.findings then lines[#lines + 1] = ("and %d more"):format(verdict.violations - #verdict.findings) end
  for _, reason in ipairs(verdict.reasons) do lines[#lines + 1] = "unknown: " .. text.printable(reason) end
  return escaped(table.concat(lines, "\n"))
end

---@param result rollcall.policy.result
---@param write fun(text: string)
return function(result, write)
  local failures, errors = 0, 0
  for _, verdict in ipairs(result.rules) do
    if verdict.verdict == "fail" then failures = failures + 1 end
    if verdict.verdict == "unknown" then errors = errors + 1 end
  end
  write('<?xml version="1.0" encoding="UTF-8"?>\n')
  write(('<testsuites name="rollcall" tests="%d" failures="%d" errors="%d">\n'):format(#result.rules, failures, errors))
  write(('<testsuite name="%s" tests="%d" failures="%d" errors="%d" skipped="0" time="0" timestamp="%s" hostname="localhost">\n'):format(
    one_line(result.policy), #result.rules, failures, errors, os.date("!%Y-%m-%dT%H:%M:%S", result.generated_at)))
  if result.where then write(('<properties><property name="where" value="%s"/></properties>\n'):format(one_line(result.where))) end
  for _, verdict in ipairs(result.rules) do
    write(('<testcase name="%s" classname="rollcall" time="0">'):format(one_line(verdict.id)))
    if verdict.verdict == "fail" then
      write(('<failure type="%s" message="%s">%s</failure>'):format(verdict.severity,
        one_line(verdict.findings[1].message), body(verdict)))
    elseif verdict.verdict == "unknown" then
      write(('<error type="unknown" message="%s">%s</error>'):format(one_line(verdict.reasons[1]), body(verdict)))
    end
    local lines = { ("%s, %d of %s"):format(verdict.verdict, verdict.rows_judged, text.count(verdict.rows_seen, "row")) }
    for _, finding in ipairs(verdict.waived) do
      lines[#lines + 1] = ("waived until %s (%s): %s"):format(finding.waived_until, finding.waived, text.printable(finding.message))
    end
    write(("<system-out>%s</system-out>"):format(escaped(table.concat(lines, "\n"))))
    write("</testcase>\n")
  end
  write("</testsuite>\n</testsuites>\n")
end
