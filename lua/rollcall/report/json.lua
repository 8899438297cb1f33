--- The format `json`: one document, written as the rows come.
local json = require "rollcall.internal.json_text"

local writer_methods = {}
local writer_metatable = { __index = writer_methods }

function writer_methods:row(row)
  self.write(self.separator .. json.object(row, self.columns))
  self.separator = ",\n"
end

local function list(objects, fields)
  local texts = {}
  for i, object in ipairs(objects) do texts[i] = json.object(object, fields) end
  return "[" .. table.concat(texts, ",\n") .. "]"
end

function writer_methods:finish(outcomes, failures, totals)
  self.write(("\n],\n%s\"targets\": %s,\n\"failures\": %s}\n"):format(
    totals and ('"totals": %s,\n'):format(json.object(totals, json.totals_fields)) or "",
    list(outcomes, json.outcome_fields), list(failures, json.failure_fields)))
end

---@type rollcall.report.format
return function(report)
  local head = json.object({
    schema = json.SCHEMA, kind = report.kind, generated_at = report.generated_at, last_generated_at = report.last_generated_at,
    shard = report.shard, where = report.where, limit = report.limit,
  }, { "schema", "kind", "generated_at", "last_generated_at", "shard", "where", "limit" })
  report.write(head:sub(1, -2) .. ', "rows": [\n')
  return setmetatable({ write = report.write, separator = "", columns = json.names(report.columns) },
    writer_metatable)
end
