--- The format `html`: one page that needs nothing from anywhere. Rows are kept until the end, since
-- what matters most, the totals and who could not be asked, stands at the top.
local assets = require "rollcall.report.html_assets"
local chart = require "rollcall.report.html_chart"
local memory = require "rollcall.internal.memory"
local presence = require "rollcall.presence"
local text = require "rollcall.internal.text"

local writer_methods = {}
local writer_metatable = { __index = writer_methods }

local escaped = chart.escaped

local function cell(column, row)
  local value = row[column.name]
  local shown = value
  if column.show then shown = column.show(value, row) end
  local class = column.right and "right" or ""
  if shown == nil or shown == "-" then return ('<td class="none %s">–</td>'):format(class) end
  local attributes = class ~= "" and (' class="%s"'):format(class) or ""
  if math.type(value) then attributes = attributes .. (' data-v="%s"'):format(text.number(value)) end
  return ("<td%s>%s</td>"):format(attributes, escaped(text.of(shown)))
end

local function add(counts, name)
  if name ~= nil then
    name = text.of(name)
    counts[name] = (counts[name] or 0) + 1
  end
end

local of_shares = { connection = true, access = true }

---@param view rollcall.presence
function writer_methods:observe(view)
  if of_shares[view.kind] then add(self.shares, view.resource) end
  add(self.states, view.state)
  add(self.users, view.user)
end

function writer_methods:row(row)
  if not self.whole then
    if self.is_full() then memory.refuse("the format 'html'", #self.rows, "write csv or jsonl") end
    if presence.is_known_kind(self.kind) then self:observe(presence.of(self.kind, row)) end
  end
  local cells = {}
  for i, column in ipairs(self.columns) do cells[i] = cell(column, row) end
  self.rows[#self.rows + 1] = "<tr>" .. table.concat(cells) .. "</tr>\n"
end

local function heads(columns)
  local parts = {}
  for i, column in ipairs(columns) do
    parts[i] = ('<th scope="col"%s><button type="button">%s</button></th>'):format(column.right and ' class="right"' or "",
      escaped(column.title or column.name))
  end
  return table.concat(parts)
end

---What nobody should overlook: targets that were not wholly asked.
local function warning(outcomes)
  local items = {}
  for _, outcome in ipairs(outcomes) do
    if outcome.completeness ~= "complete" then
      items[#items + 1] = ("<li>%s: %s%s</li>"):format(escaped(outcome.target), escaped(outcome.completeness),
        outcome.reason and " – " .. escaped(outcome.reason) or "")
    end
  end
  if #items == 0 then return "" end
  return ('<div class="warning" role="alert"><strong>Incomplete: %d of %d targets failed or answered in part.</strong>'
    .. "<ul>%s</ul></div>\n"):format(#items, #outcomes, table.concat(items, "\n"))
end

local function targets(outcomes)
  if #outcomes == 0 then return "" end
  local rows = {}
  for i, outcome in ipairs(outcomes) do
    local bad = outcome.completeness ~= "complete"
    rows[i] = ('<tr><td>%s</td><td>%s</td><td class="right">%s</td><td%s>%s</td><td>%s</td></tr>'):format(
      escaped(outcome.target), escaped(outcome.query or outcome.source or "–"),
      outcome.received and ("%d"):format(outcome.received) or "–", bad and ' class="bad"' or "", escaped(outcome.completeness),
      escaped(outcome.reason or ""))
  end
  return '<h2>Targets</h2><div class="scroll" tabindex="0"><table><thead><tr><th scope="col">Target</th><th scope="col">Query</th>'
    .. '<th scope="col" class="right">Rows</th><th scope="col">Status</th><th scope="col">Error</th></tr></thead><tbody>\n'
    .. table.concat(rows, "\n") .. "</tbody></table></div>\n"
end

local function totals_list(totals)
  if not totals then return "" end
  local parts = {}
  for i, name in ipairs { "rows", "users", "clients", "resources" } do
    parts[i] = ("<div><dt>%s</dt><dd>%d</dd></div>"):format(name:gsub("^%l", text.upper), totals[name])
  end
  return '<dl class="totals">' .. table.concat(parts) .. "</dl>\n"
end

function writer_methods:finish(outcomes, _, totals)
  local write, title = self.write, escaped(self.title)
  write(([[<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8">
<meta http-equiv="Content-Security-Policy"
 content="default-src 'none'; style-src 'sha256-%s'; script-src 'sha256-%s'; base-uri 'none'; form-action 'none'">
<meta name="viewport" content="width=device-width, initial-scale=1"><meta name="referrer" content="no-referrer">
<title>%s</title>
]]):format(assets.style_hash, assets.script_hash, title))
  write("<style>" .. assets.style .. "</style></head><body>\n<header><h1>" .. title .. "</h1>\n")
  write(('<p class="generated">Generated at <time>%s</time> from %d targets</p></header>\n<main>\n'):format(self.generated_at, #outcomes))
  write(warning(outcomes))
  write(totals_list(totals))
  local charts = chart.bars("Connections by share", self.shares) .. chart.bars("Sessions by state", self.states)
    .. chart.bars("Busiest users", self.users)
  if charts ~= "" then write('<h2>At a glance</h2><div class="charts">' .. charts .. "</div>\n") end
  write(('<section data-rows><h2>Rows</h2><div class="tools" hidden><label>Filter <input type="search" autocomplete="off" '
    .. 'aria-keyshortcuts="/"></label><output aria-live="polite">%d of %d rows</output></div>\n'):format(#self.rows, #self.rows))
  write('<div class="scroll" tabindex="0"><table><thead><tr>' .. heads(self.columns) .. "</tr></thead><tbody>\n")
  for _, row in ipairs(self.rows) do write(row) end
  write("</tbody></table></div></section>\n" .. targets(outcomes))
  write("</main><script>" .. assets.script .. "</script></body></html>\n")
end

---@type rollcall.report.format
return function(frame)
  return setmetatable({
    write = frame.write, columns = frame.columns, title = frame.title, generated_at = frame.generated_at, kind = frame.kind,
    whole = frame.whole, is_full = memory.room(), rows = {}, shares = {}, states = {}, users = {},
  }, writer_metatable)
end
