--- The verdicts as workflow commands, which GitHub shows as annotations of the policy, at the line of the rule.
local text = require "rollcall.internal.text"

local commands = { error = "error", warning = "warning", note = "notice" }

---A line of output that begins with `::` is a command, so nothing of a row may begin a line or end a property.
local function data(value)
  return (text.printable(value):gsub("%%", "%%25"):gsub("\r", "%%0D"):gsub("\n", "%%0A"))
end

local function property(value)
  return (data(value):gsub(":", "%%3A"):gsub(",", "%%2C"))
end

---@param result rollcall.policy.result
---@param write fun(text: string)
return function(result, write)
  local file = property(result.policy)
  if result.where then write(("::notice title=rollcall::%s\n"):format(data("only rows where " .. result.where))) end
  for _, verdict in ipairs(result.rules) do
    local command = commands[verdict.severity]
    local function annotate(kind, words)
      write(("::%s file=%s,line=%d,title=%s::%s\n"):format(kind, file, verdict.line, property("rollcall: " .. verdict.id), data(words)))
    end
    for _, finding in ipairs(verdict.findings) do annotate(command, finding.message) end
    if verdict.violations > #verdict.findings then
      annotate(command, ("and %d more"):format(verdict.violations - #verdict.findings))
    end
    for _, finding in ipairs(verdict.waived) do
      annotate("notice", ("waived until %s (%s): %s"):format(finding.waived_until, finding.waived, finding.message))
    end
    for _, reason in ipairs(verdict.reasons) do annotate("warning", "unknown: " .. reason) end
    annotate("notice", ("%s, %d of %s"):format(verdict.verdict, verdict.rows_judged, text.count(verdict.rows_seen, "row")))
  end
end
