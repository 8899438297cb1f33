--- The page's script, of its parts in their order.
local parts = {}
for i, name in ipairs { "rows", "grid", "charts", "page", "renew" } do parts[i] = require("rollcall.report.html.script_" .. name) end
return table.concat(parts)
