--- The format `jsonl`: a JSON object a line. Each has a `kind`: first one "report", then a line for
-- each row, and at the end one "target" for what came of each target, and one "failure" for each
-- failure.
local json = require "rollcall.report.json_text"

local writer_methods = {}
local writer_metatable = { __index = writer_methods }

function writer_methods:row(row)
  self.write(json.object({ kind = self.kind }, { "kind" }, row, self.columns) .. "\n")
end

function writer_methods:finish(outcomes, failures)
  for _, outcome in ipairs(outcomes) do
    self.write(json.object({ kind = "target" }, { "kind" }, outcome, json.outcome_fields) .. "\n")
  end
  for _, failure in ipairs(failures) do
    self.write(json.object({ kind = "failure" }, { "kind" }, failure, json.failure_fields) .. "\n")
  end
end

---@type rollcall.report.format
return function(report)
  report.write(json.object({ kind = "report", schema = json.SCHEMA, rows = report.kind },
    { "kind", "schema", "rows" }) .. "\n")
  return setmetatable({ write = report.write, kind = report.kind, columns = json.names(report.columns) },
    writer_metatable)
end
