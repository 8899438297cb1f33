--- The verdicts for a person.
local generated = require "rollcall.report.generated"
local report = require "rollcall.report"
local text = require "rollcall.internal.text"

local colors = { pass = "\27[32m", fail = "\27[31m", unknown = "\27[33m" }

---@param result rollcall.policy.result
---@param write fun(text: string)
---@param settings { color: boolean? }
return function(result, write, settings)
  local counts = { pass = 0, fail = 0, unknown = 0 }
  local function line(words) write(text.printable(words) .. "\n") end
  for _, verdict in ipairs(result.rules) do
    counts[verdict.verdict] = counts[verdict.verdict] + 1
    local word = ("%-7s"):format(verdict.verdict)
    if settings.color then word = colors[verdict.verdict] .. word .. "\27[0m" end
    write(("%s  %s (%s), %d of %s\n"):format(word, verdict.id, verdict.severity, verdict.rows_judged, text.count(verdict.rows_seen, "row")))
    for _, finding in ipairs(verdict.findings) do line("    " .. finding.message) end
    if verdict.violations > #verdict.findings then line(("    and %d more"):format(verdict.violations - #verdict.findings)) end
    for _, finding in ipairs(verdict.waived) do
      line(("    waived until %s (%s): %s"):format(finding.waived_until, finding.waived, finding.message))
    end
    for _, reason in ipairs(verdict.reasons) do line("    unknown: " .. reason) end
  end
  for _, waiver in ipairs(result.expired) do line(("# waiver expired on %s: %s"):format(waiver.day, waiver.reason)) end
  write(("# %d pass, %d fail, %d unknown; generated at %s\n"):format(counts.pass, counts.fail, counts.unknown,
    generated {
      generated_at = report.time(result.generated_at),
      last_generated_at = result.last_generated_at and report.time(result.last_generated_at),
    }))
  if result.where then line("# only rows where " .. result.where) end
  for _, outcome in ipairs(result.outcomes) do
    line(("# %s: %s%s%s"):format(outcome.target, outcome.completeness,
      outcome.generated_at and ", taken at " .. outcome.generated_at or "", outcome.reason and ": " .. outcome.reason or ""))
  end
end
