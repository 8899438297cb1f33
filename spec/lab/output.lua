-- busted's output: a line for each file, every failure whole, and a closing line of counts. A test
-- that did not run counts as failed.
local busted = require "busted"
local base = require "busted.outputHandlers.base"
local counts = require "spec.lab.counts"

return function()
  local handler = base()
  local file_started = os.time()
  local passed, passed_before = {}, 0

  busted.subscribe({ "file", "end" }, function(file)
    local name = file.name:match("[^/]*$")
    passed[name], passed_before = handler.successesCount - passed_before, handler.successesCount
    io.write(("  %-28s %3d s\n"):format(name, os.time() - file_started))
    io.flush()
    file_started = os.time()
    return nil, true
  end)

  local function tell(word, results)
    for _, result in ipairs(results) do
      local trace = result.trace or {}
      local message = type(result.message) == "string" and result.message or require("pl.pretty").write(result.message)
      io.write(("\n%s: %s\n%s:%s\n%s\n%s\n"):format(word, result.name, trace.short_src or "?",
        trace.currentline or "?", message, result.isError and trace.traceback or ""))
    end
    return #results
  end

  busted.subscribe({ "suite", "end" }, function()
    local failed = tell("FAILED", handler.failures) + tell("ERROR", handler.errors)
      + tell("NOT RUN", handler.pendings)
    io.write(("%d passed, %d failed\n"):format(handler.successesCount, failed))
    counts.save(passed)
    if #handler.pendings > 0 then os.exit(1, true) end
    return nil, true
  end)

  return handler
end
