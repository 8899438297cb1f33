--- The format `json`: one document, written as the rows come.
local json = require "rollcall.report.json_text"

local writer_methods = {}
local writer_metatable = { __index = writer_methods }

function writer_methods:row(row)
  self.write(self.separator .. json.object(row, self.columns))
  self.separator = ",\n"
end

function writer_methods:finish(failures)
  local texts = {}
  for i, failure in ipairs(failures) do texts[i] = json.object(failure, json.failure_fields) end
  self.write("\n],\n\"failures\": [" .. table.concat(texts, ",\n") .. "]}\n")
end

---@type rollcall.report.format
return function(report)
  report.write(('{"schema": %s, "kind": %s, "rows": [\n'):format(
    json.value(json.SCHEMA), json.value(report.kind)))
  return setmetatable({ write = report.write, separator = "", columns = json.names(report.columns) },
    writer_metatable)
end
