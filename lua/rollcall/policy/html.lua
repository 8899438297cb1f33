--- The verdicts as an HTML page: the rules, failed ones first, and what they found as a table.
local document = require "rollcall.report.html.document"
local report = require "rollcall.report"
local store = require "rollcall.report.html.store"
local text = require "rollcall.internal.text"

local columns = {
  { name = "rule", title = "RULE" }, { name = "severity", title = "SEVERITY" },
  { name = "message", title = "MESSAGE", no_chart = true },
  { name = "user", title = "USER" }, { name = "resource", title = "RESOURCE" }, { name = "client", title = "CLIENT" },
  { name = "origin", title = "SERVER" }, { name = "kind", title = "KIND" },
  { name = "waived_until", title = "WAIVED UNTIL", no_chart = true },
}

local verdict_ranks, severity_ranks = { fail = 1, unknown = 2, pass = 3 }, { error = 1, warning = 2, note = 3 }
local classes = { fail = "bad", unknown = "bad", pass = "good" }

---What needs somebody first; what is alike in the order of the policy.
local function sorted(rules)
  local list, place = {}, {}
  for i, rule in ipairs(rules) do list[i], place[rule] = rule, i end
  table.sort(list, function(a, b)
    local x, y = verdict_ranks[a.verdict], verdict_ranks[b.verdict]
    if x ~= y then return x < y end
    x, y = severity_ranks[a.severity], severity_ranks[b.severity]
    if x ~= y then return x < y end
    return place[a] < place[b]
  end)
  return list
end

local function item(rule)
  local escaped = document.escaped
  local parts = { ('<li><span class="%s">%s</span> <b>%s</b> (%s)%s'):format(classes[rule.verdict], rule.verdict, escaped(rule.id),
    escaped(rule.severity), rule.description and ": " .. escaped(rule.description) or "") }
  local said = { ("%d of %d rows"):format(rule.rows_judged, rule.rows_seen) }
  if rule.violations > 0 then
    said[2] = document.plural(rule.violations, "violation")
    if rule.violations > #rule.findings then said[2] = ("%s, of which %d are shown"):format(said[2], #rule.findings) end
  end
  if #rule.waived > 0 then said[#said + 1] = ("%d waived"):format(#rule.waived) end
  parts[2] = " · " .. table.concat(said, " · ")
  if #rule.reasons > 0 then
    local reasons = {}
    for i, reason in ipairs(rule.reasons) do reasons[i] = "<li>" .. escaped(reason) .. "</li>" end
    parts[3] = "<ul>" .. table.concat(reasons) .. "</ul>"
  end
  return table.concat(parts) .. "</li>\n"
end

local function expired(waivers)
  local parts = {}
  for i, waiver in ipairs(waivers) do
    parts[i] = ('<p class="quiet">Waiver expired on %s: %s</p>\n'):format(document.escaped(waiver.day), document.escaped(waiver.reason))
  end
  return table.concat(parts)
end

---@param result rollcall.policy.result
---@param write fun(text: string)
return function(result, write)
  local counts, items, rows = { pass = 0, fail = 0, unknown = 0 }, {}, store.new(columns)
  for i, rule in ipairs(sorted(result.rules)) do
    counts[rule.verdict] = counts[rule.verdict] + 1
    items[i] = item(rule)
    for _, findings in ipairs { rule.findings, rule.waived } do
      for _, finding in ipairs(findings) do
        rows:add({
          rule = rule.id, severity = rule.severity, message = finding.message, user = finding.user, resource = finding.resource,
          client = finding.client, origin = finding.origin, kind = finding.kind, waived_until = finding.waived_until,
        }, finding)
      end
    end
  end
  local totals = { ("%d fail"):format(counts.fail), ("%d unknown"):format(counts.unknown), ("%d pass"):format(counts.pass) }
  if result.where then totals[#totals + 1] = "only rows where " .. text.printable(result.where) end
  document.write(write, {
    title = "Check by " .. result.policy, generated_at = report.time(result.generated_at),
    last_generated_at = result.last_generated_at and report.time(result.last_generated_at), rows = rows,
    totals = totals,
    outcomes = result.outcomes,
    above = '<ul class="rules" tabindex="0" aria-label="Rules">\n' .. table.concat(items) .. "</ul>\n" .. expired(result.expired),
  })
end
