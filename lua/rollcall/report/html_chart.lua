--- A bar chart as inline SVG, without a script and without a style of its own.
local system = require "rollcall.system"
local text = require "rollcall.internal.text"

local chart = {}

local MOST_BARS = 10
local ROW, LABEL, BAR, WIDTH = 24, 150, 190, 400
local LABEL_COLUMNS = 20

---@param value string  text for HTML
local function escaped(value)
  return (text.printable(value):gsub("[<>&\"']", { ["<"] = "&lt;", [">"] = "&gt;", ["&"] = "&amp;", ['"'] = "&quot;", ["'"] = "&#39;" }))
end
chart.escaped = escaped

---The greatest first, and what is beyond the tenth in one bar, which does not stretch the scale.
---@param counts table<string, integer>
local function bars_of(counts)
  local bars, others = {}, 0
  for label, count in pairs(counts) do bars[#bars + 1] = { label = label, count = count } end
  table.sort(bars, function(a, b)
    if a.count ~= b.count then return a.count > b.count end
    return system.text_less(a.label, b.label)
  end)
  local hidden = #bars - MOST_BARS
  while #bars > MOST_BARS do others = others + table.remove(bars).count end
  local most = bars[1] and bars[1].count
  if others > 0 then bars[#bars + 1] = { label = ("%d others"):format(hidden), count = others } end
  return bars, most
end

---@param title string
---@param counts table<string, integer>
---@return string  a figure, or nothing where there is nothing to show
function chart.bars(title, counts)
  local bars, most = bars_of(counts)
  if #bars == 0 then return "" end
  local parts = { ('<figure><figcaption>%s</figcaption><svg viewBox="0 0 %d %d" role="img" aria-label="%s">'):format(
    escaped(title), WIDTH, #bars * ROW, escaped(title)) }
  for i, bar in ipairs(bars) do
    local y = (i - 1) * ROW
    local length = math.max(1, BAR * math.min(bar.count, most) // most)
    parts[#parts + 1] = ('<g><title>%s: %d</title><text x="0" y="%d">%s</text><rect x="%d" y="%d" width="%d" height="%d" rx="2"/>'
      .. '<text x="%d" y="%d">%d</text></g>'):format(
      escaped(bar.label), bar.count, y + 17, escaped(text.fit(text.printable(bar.label), LABEL_COLUMNS)), LABEL, y + 4, length, ROW - 8,
      LABEL + length + 8, y + 17, bar.count)
  end
  parts[#parts + 1] = "</svg></figure>"
  return table.concat(parts, "\n")
end

return chart
