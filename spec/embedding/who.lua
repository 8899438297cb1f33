-- For lighttpd's mod_magnet: the live report, as a page.
local inventory, report = require "rollcall.inventory", require "rollcall.report"
local page, outcomes = {}, {}
local inv = assert(inventory.load(os.getenv "ROLLCALL_INVENTORY"))
report.render {
  rows = inventory.rows(inv, { on_target = function(outcome) outcomes[#outcomes + 1] = outcome end }), outcomes = outcomes,
  normalize_user = inv.normalize_user, utc_offset = inv.utc_offset, format = "html", write = function(text) page[#page + 1] = text end,
}
lighty.r.resp_header["Content-Type"] = "text/html; charset=utf-8"
lighty.r.resp_body:set(page)
return 200
