--- Metrics as others read them: promtool, and the Python client.
local cjson = require "cjson"
local lab = require "spec.lab"

local metrics = {}

---What is wrong with a page of metrics, by every reader there is of its format; nil: nothing.
---@param format "prometheus"|"openmetrics"
---@param page string
---@return string? problem
---@return table read
function metrics.problem(format, page)
  local path = lab.folder .. "/metrics." .. format
  assert(io.open(path, "wb")):write(page):close()
  if format == "prometheus" then
    local output, code, complaint = lab.run("promtool check metrics < " .. path)
    if code ~= 0 or output .. complaint ~= "" then return output .. complaint, {} end
  end
  local output, code, complaint = lab.run(("/usr/bin/python3 spec/lab/metrics.py %s %s"):format(format, path))
  if code ~= 0 then return complaint, {} end
  return nil, cjson.decode(output)
end

---Reads a page, which must be right. Gives the samples by what they are written as in the text format, `name{label=value,...}`, labels
---sorted: OpenMetrics calls some of them something else.
---@param format "prometheus"|"openmetrics"
---@param page string
---@return table<string, number> samples
---@return table<string, string[]> types
---@return table[] list
function metrics.read(format, page)
  local problem, read = metrics.problem(format, page)
  if problem then error(problem .. "\n" .. page) end
  local samples = {}
  for _, sample in ipairs(read.samples) do
    local labels = {}
    for name, value in pairs(sample[2]) do
      if name == sample[1] then name = "state" end
      labels[#labels + 1] = name .. "=" .. (name == "le" and value:gsub("%.0$", "") or value)
    end
    table.sort(labels)
    samples[("%s{%s}"):format(sample[1]:gsub("_g(%l+)$", "_%1"), table.concat(labels, ","))] = sample[3]
  end
  return samples, read.types, read.samples
end

return metrics
