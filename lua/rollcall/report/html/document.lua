--- An HTML page that needs nothing from anywhere: who could not be asked in a strip of its own, then the table,
-- then charts of it. Its rows stand in it as data, and the first of them as a table too, for where no script runs.
local hashes = require "rollcall.report.html.hashes"
local duration = require "rollcall.internal.duration"
local is_good = require("rollcall.internal.outcomes").is_good
local script = require "rollcall.report.html.script"
local embedded = require("rollcall.report.html.field").embedded
local style = require "rollcall.report.html.style"
local text = require "rollcall.internal.text"

local document = {}

local WITHOUT_SCRIPT = 500

local entities = { ["<"] = "&lt;", [">"] = "&gt;", ["&"] = "&amp;", ['"'] = "&quot;", ["'"] = "&#39;" }

---@param value any
---@return string  for HTML
local function escaped(value)
  return (text.printable(text.of(value)):gsub("[<>&\"']", entities))
end
document.escaped = escaped

local function plural(count, word)
  return ("%d %s%s"):format(count, word, count == 1 and "" or "s")
end
document.plural = plural

local function listed(outcomes)
  local items = {}
  for i, outcome in ipairs(outcomes) do
    items[i] = ("<li><b>%s</b>%s: %s%s</li>\n"):format(escaped(outcome.target),
      outcome.query and " (" .. escaped(outcome.query) .. ")" or "", escaped(outcome.completeness),
      outcome.reason and " – " .. escaped(outcome.reason) or "")
  end
  return table.concat(items)
end

---What nobody should overlook: targets that failed or answered in part; and who answers without names.
local function strips(outcomes)
  local bad, nameless = {}, 0
  for _, outcome in ipairs(outcomes) do
    if outcome.completeness == "placeholder" then
      nameless = nameless + 1
    elseif outcome.completeness ~= "complete" then
      bad[#bad + 1] = outcome
    end
  end
  local parts = {}
  if #bad > 0 then
    parts[1] = ('<div class="strip" role="alert"><strong>Incomplete: %d of %s failed or answered in part.</strong>'
      .. '<ul tabindex="0" aria-label="Targets that failed or answered in part">\n%s</ul></div>\n'):format(
      #bad, plural(#outcomes, "target"), listed(bad))
  end
  if nameless > 0 then
    parts[#parts + 1] = ('<p class="quiet">%s answered with placeholder rows, which do not say who.</p>\n'):format(
      plural(nameless, "target"))
  end
  return table.concat(parts)
end

local function targets(outcomes)
  if #outcomes == 0 then return "" end
  local rows = {}
  for i, outcome in ipairs(outcomes) do
    local bad = not is_good(outcome)
    rows[i] = ('<tr><td>%s</td><td>%s</td><td class="right">%s</td><td%s>%s</td><td>%s</td></tr>'):format(
      escaped(outcome.target), escaped(outcome.query or outcome.source or "–"),
      outcome.received and ("%d"):format(outcome.received) or "–", bad and ' class="bad"' or "",
      escaped(outcome.completeness .. (outcome.generated_at and ", taken at " .. outcome.generated_at or "")),
      escaped(outcome.reason or ""))
  end
  return ('<details><summary>Targets (%d)</summary><div class="scroll" tabindex="0" role="region" aria-label="Targets"><table><thead><tr>'
    .. '<th scope="col">Target</th><th scope="col">Query</th><th scope="col" class="right">Rows</th><th scope="col">Status</th>'
    .. '<th scope="col">Error</th></tr></thead><tbody>\n%s</tbody></table></div></details>\n'):format(#outcomes, table.concat(rows, "\n"))
end

local function cell(number, field)
  local value, class = field:value(number), field.column.right and "right" or ""
  if value == nil then return ('<td class="none %s">–</td>'):format(class) end
  if field.column.unit == "seconds" and math.type(value) then value = duration(value // 1 | 0) end
  return ("<td%s>%s</td>"):format(class ~= "" and ' class="right"' or "", escaped(value))
end

local function write_table(write, rows)
  local heads = {}
  for i, field in ipairs(rows.shown) do
    heads[i] = ('<th scope="col"%s>%s</th>'):format(field.column.right and ' class="right"' or "", escaped(field.column.title))
  end
  write(('<div class="rows" tabindex="0" role="region" aria-label="Rows"><table aria-label="Rows"><thead><tr>%s</tr></thead>'
    .. "<tbody>\n"):format(table.concat(heads)))
  for number = 1, math.min(rows.count, WITHOUT_SCRIPT) do
    local cells = {}
    for i, field in ipairs(rows.shown) do cells[i] = cell(number, field) end
    write("<tr>" .. table.concat(cells) .. "</tr>\n")
  end
  write(("</tbody></table><p class=\"empty\"%s>No rows.</p></div>\n"):format(rows.count > 0 and " hidden" or ""))
end

local TOOLS = [[
<div class="tools" role="search" hidden><label>Filter <input type="search" autocomplete="off" spellcheck="false" aria-keyshortcuts="/"
 placeholder="anna user:bob idle&gt;1h"></label><button type="button" aria-expanded="false" aria-controls="help">How?</button>
<button type="button" data-do="copy">Copy</button><button type="button" data-do="csv">CSV</button>
<button type="button" data-do="json">JSON</button>%s<output aria-live="polite"></output></div>
<div id="help" hidden>Every word must be in one of a row's cells. <code>user:ann</code> looks in one field, <code>user=anna</code>
wants all of it, <code>user=</code> what is not known, <code>-user:svc</code> leaves out, <code>"two words"</code> belong together;
<code>idle&gt;=1h30m</code>,
<code>duration&lt;2d</code> compare. <kbd>/</kbd> goes to the filter, <kbd>Escape</kbd> clears it; in the table the arrow keys move and
<kbd>Enter</kbd> opens a row. The address holds filter and order. Fields: <span></span>.</div>
<p class="notes" role="status"></p><p class="printed"></p>
]]

local PAUSE = '<button type="button" class="pause" hidden></button>'

local DETAILS = [[
<dialog aria-labelledby="details"><h2 id="details">Row</h2><dl></dl><button type="button">Previous</button>
<button type="button">Next</button> <button type="button">Close</button></dialog>
]]

---@class rollcall.report.page
---@field title string
---@field generated_at string
---@field last_generated_at? string
---@field shard? string
---@field chosen? string[]  which rows it has; absent: all
---@field rows table  of rollcall.report.html.store
---@field totals string[]  what stands in the one line under the title, each "NUMBER words"
---@field outcomes rollcall.outcome[]
---@field above? string  HTML between the strip and the table
---@field interval? number  seconds after which a newer page stands in the place of this one

---@param write fun(text: string)
---@param page rollcall.report.page
function document.write(write, page)
  local title = escaped(page.title)
  write(([[<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8">
<meta http-equiv="Content-Security-Policy"
 content="default-src 'none'; style-src 'sha256-%s'; script-src 'sha256-%s'; base-uri 'none'; form-action 'none'%s">
<meta name="viewport" content="width=device-width, initial-scale=1"><meta name="referrer" content="no-referrer">
<title>%s</title>
<style>]]):format(hashes.style, hashes.script, page.interval and "; connect-src 'self'" or "", title))
  local totals = {}
  for i, words in ipairs(page.totals) do totals[i] = escaped(words):gsub("^%d+", "<b>%0</b>") end
  write(style .. "</style></head><body>\n<header><h1>" .. title .. "</h1>\n")
  write('<p class="totals">' .. table.concat(totals, " · ") .. "</p>\n")
  local chosen = {}
  for i, words in ipairs(page.chosen or {}) do chosen[i] = ", " .. escaped(words) end
  write(('<p class="generated">Generated at <time datetime="%s">%s</time>%s from %s%s%s<span class="age"></span></p></header>\n<main>'
    .. '<div class="above">\n'):format(page.generated_at, page.generated_at,
    page.last_generated_at and (" to <time>%s</time>"):format(page.last_generated_at) or "", plural(#page.outcomes, "target"),
    page.shard and (", shard %s of all"):format(page.shard) or "", table.concat(chosen)))
  if page.interval then write '<div class="strip stale" role="alert" hidden></div>\n' end
  write(strips(page.outcomes) .. (page.above or "") .. TOOLS:format(page.interval and PAUSE or ""))
  if page.rows.count > 0 then
    write(("<noscript><p class=\"quiet\">Without its script the page shows %s, and cannot search or sort them.</p></noscript>\n"):format(
      page.rows.count > WITHOUT_SCRIPT and ("the first %d of %d rows"):format(WITHOUT_SCRIPT, page.rows.count)
      or plural(page.rows.count, "row")))
  end
  write "</div>\n"
  write_table(write, page.rows)
  write('<aside class="charts" aria-label="Rows by column" hidden></aside>\n')
  write('<div class="below">' .. targets(page.outcomes) .. "</div></main>\n")
  write(DETAILS .. '<script type="application/json" id="data">')
  page.rows:write(write, ('"generated_at":%s,%s'):format(embedded(page.generated_at),
    page.interval and ('"interval":%s,'):format(text.number(page.interval)) or ""))
  write("</script>\n<script>" .. script .. "</script></body></html>\n")
end

return document
