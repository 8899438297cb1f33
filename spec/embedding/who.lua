-- For lighttpd's mod_magnet: the live report, as a page.
local inventory, report = require "rollcall.inventory", require "rollcall.report"
local page, outcomes = {}, {}
local rows = inventory.rows(assert(inventory.load(os.getenv "ROLLCALL_INVENTORY")),
  { on_target = function(outcome) outcomes[#outcomes + 1] = outcome end })
report.render { rows = rows, outcomes = outcomes, format = "html", write = function(text) page[#page + 1] = text end }
lighty.r.resp_header["Content-Type"] = "text/html; charset=utf-8"
lighty.r.resp_body:set(page)
return 200
