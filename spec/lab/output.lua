-- busted's output: a line for each file, every failure whole, and a closing line of counts. A test
-- that did not run counts as failed. SPEC_RESULTS, if set, names a file for the results of each spec file, which
-- it gets as soon as they are there; spec/lab/parts.lua reads it.
local busted = require "busted"
local base = require "busted.outputHandlers.base"
local failures = require "spec.lab.failures"

local results_path = os.getenv "SPEC_RESULTS"

return function()
  local handler = base()
  local passed_before = 0
  local kept = {} -- how many of each kind of failure are in the file of results

  local function keep_results(file, count)
    local results = assert(io.open(results_path, "a"))
    for _, kind in ipairs { "failures", "errors", "pendings" } do
      for i = (kept[kind] or 0) + 1, #handler[kind] do
        results:write("failed\t", file.name, ": ", (handler[kind][i].name or "?"):gsub("%s+", " "), "\n")
      end
      kept[kind] = #handler[kind]
    end
    results:write(("file\t%s\t%d\t%.1f\n"):format(file.name, count, file.duration or 0))
    results:close()
  end

  busted.subscribe({ "file", "end" }, function(file)
    io.write(("  %-28s %3.0f s\n"):format(file.name:match("[^/]*$"), file.duration or 0))
    io.flush()
    if results_path then keep_results(file, handler.successesCount - passed_before) end
    passed_before = handler.successesCount
    return nil, true
  end)

  busted.subscribe({ "suite", "end" }, function()
    local failed = failures.tell(handler)
    io.write(("%d passed, %d failed\n"):format(handler.successesCount, failed))
    if #handler.pendings > 0 then os.exit(1, true) end
    return nil, true
  end)

  return handler
end
