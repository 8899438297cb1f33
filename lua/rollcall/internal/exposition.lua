--- Metrics as Prometheus reads them: its text format, and OpenMetrics 1.0. Labels come from servers, so each value is valid UTF-8,
-- escaped, and no two samples of a family have the same labels, of which one would make the whole page worthless.
local text = require "rollcall.internal.text"

local exposition = {}

---The names of the formats.
exposition.formats = { "prometheus", "openmetrics" }

local methods = {}
local metatable = { __index = methods }

local escapes = { ["\\"] = "\\\\", ['"'] = '\\"', ["\n"] = "\\n" }

---What stands between the quotes of a label.
---@param value any
---@return string
function exposition.label(value)
  return (text.valid(text.of(value)):gsub('[\\"\n]', escapes))
end

---A name of a label or the end of one of a metric, of any text.
---@param value string
---@return string
function exposition.name(value)
  local name = value:gsub("[^%w_]", "_")
  return (name:gsub("^%d", "_%0"):gsub("^__+", "_"))
end

---@param format "prometheus"|"openmetrics"
---@param write fun(text: string)
---@param where? string  a label of every sample; absent: none
function exposition.new(format, write, where)
  local common = where and ('where="%s"'):format(exposition.label(where))
  return setmetatable({ is_open = format == "openmetrics", write = write, common = common }, metatable)
end

-- What the text format calls a type that only OpenMetrics has.
local plain_types = { stateset = "gauge", gaugehistogram = "histogram" }

---Begins a family. Its head is written with its first sample.
---@param name string
---@param kind "gauge"|"stateset"|"gaugehistogram"
---@param help string  without backslashes and line breaks
function methods:family(name, kind, help)
  self.name, self.kind, self.help, self.seen, self.begun = name, kind, help, {}, false
end

local function head(self)
  if self.begun then return end
  self.begun = true
  local kind = self.is_open and self.kind or plain_types[self.kind] or self.kind
  local lines = ("# HELP %s %s\n# TYPE %s %s\n"):format(self.name, self.help, self.name, kind)
  if self.is_open and self.name:find "_seconds$" then lines = lines .. ("# UNIT %s seconds\n"):format(self.name) end
  self.write(lines)
end

---@param labels any[]  names and values by turns; one without a value is left out
local function joined(labels)
  local parts = {}
  for i = 1, labels.n or #labels, 2 do
    local value = labels[i + 1]
    -- A label without text is the same as none.
    if value ~= nil and value ~= "" then parts[#parts + 1] = ('%s="%s"'):format(labels[i], exposition.label(value)) end
  end
  return table.concat(parts, ",")
end

local function number(value)
  if value == math.huge then return "+Inf" end
  return value == -math.huge and "-Inf" or value ~= value and "NaN" or text.number(value)
end

local function line(self, suffix, labels, more, value)
  if self.common then labels = self.common .. (labels ~= "" and "," .. labels or "") end
  if labels ~= "" and more then labels = labels .. "," end
  labels = labels .. (more or "")
  self.write(("%s%s%s %s\n"):format(self.name, suffix, labels ~= "" and "{" .. labels .. "}" or "", number(value)))
end

---The labels of a sample, with a number behind the last where others of the family are the same.
local function unique(self, labels)
  head(self)
  local found, count = joined(labels), 1
  local last = labels[labels.n or #labels]
  while self.seen[found] do
    count = count + 1
    local others = table.move(labels, 1, labels.n or #labels, 1, { n = labels.n or #labels })
    others[others.n] = ("%s (%d)"):format(last == nil and "" or text.of(last), count)
    found = joined(others)
  end
  self.seen[found] = true
  return found
end

---@param value number
---@param labels any[]  names and values by turns, with `n` if a value may be nil
function methods:sample(value, labels)
  line(self, "", unique(self, labels), nil, value)
end

---One state of several that a thing is in.
---@param current string
---@param states string[]
---@param labels any[]
function methods:states(current, states, labels)
  local found = unique(self, labels)
  for _, state in ipairs(states) do
    line(self, "", found, ('%s="%s"'):format(self.is_open and self.name or "state", state), state == current and 1 or 0)
  end
end

---How many values are at most as great as each bound.
---@param histogram { counts: integer[], count: integer, sum: number }
---@param bounds integer[]
---@param labels any[]
function methods:histogram(histogram, bounds, labels)
  local found, below = unique(self, labels), 0
  for i, bound in ipairs(bounds) do
    below = below + histogram.counts[i]
    line(self, "_bucket", found, ('le="%d%s"'):format(bound, self.is_open and ".0" or ""), below)
  end
  line(self, "_bucket", found, 'le="+Inf"', histogram.count)
  line(self, self.is_open and "_gcount" or "_count", found, nil, histogram.count)
  line(self, self.is_open and "_gsum" or "_sum", found, nil, histogram.sum)
end

function methods:finish()
  if self.is_open then self.write "# EOF\n" end
end

return exposition
