-- The tests that failed, for busted's outputs.
local failures = {}

local function tell(word, results)
  for _, result in ipairs(results) do
    local trace = result.trace or {}
    local message = type(result.message) == "string" and result.message or require("pl.pretty").write(result.message)
    io.write(("\n%s: %s\n%s:%s\n%s\n%s\n"):format(word, result.name, trace.short_src or "?",
      trace.currentline or "?", message, result.isError and trace.traceback or ""))
  end
  return #results
end

---Writes each test that failed or did not run, and says how many there are.
function failures.tell(handler)
  return tell("FAILED", handler.failures) + tell("ERROR", handler.errors) + tell("NOT RUN", handler.pendings)
end

return failures
