--- The format `jsonl`: a JSON object a line. Each has a `kind`: first one "report", then a line for
-- each row, and at the end one "target" for the result for each target, one "failure" for each
-- failure, and of a whole report its "totals".
local json = require "rollcall.internal.json_text"

local writer_methods = {}
local writer_metatable = { __index = writer_methods }

-- A row of many kinds says its own; groups by kind say it as `row_kind`.
function writer_methods:row(row)
  local head = { kind = self.kind == "who" and row.kind or self.kind, row_kind = self.kind == "group" and row.kind or nil }
  self.write(json.object(head, { "kind", "row_kind" }, row, self.columns) .. "\n")
end

function writer_methods:finish(outcomes, failures, totals)
  for _, outcome in ipairs(outcomes) do
    self.write(json.object({ kind = "target" }, { "kind" }, outcome, json.outcome_fields) .. "\n")
  end
  for _, failure in ipairs(failures) do
    self.write(json.object({ kind = "failure" }, { "kind" }, failure, json.failure_fields) .. "\n")
  end
  if totals then self.write(json.object({ kind = "totals" }, { "kind" }, totals, json.totals_fields) .. "\n") end
end

---@type rollcall.report.format
return function(report)
  report.write(json.object({
    kind = "report", schema = json.SCHEMA, rows = report.kind, generated_at = report.generated_at,
    last_generated_at = report.last_generated_at, shard = report.shard, where = report.where, limit = report.limit,
  }, { "kind", "schema", "generated_at", "last_generated_at", "shard", "where", "limit", "rows" }) .. "\n")
  local names = {}
  for _, name in ipairs(json.names(report.columns)) do
    if name ~= "kind" then names[#names + 1] = name end
  end
  return setmetatable({ write = report.write, kind = report.kind, columns = names },
    writer_metatable)
end
