-- Writes the report of what was tried, from what the checks of spec/hardening left in their folder: a line
-- for each fact, with what was tried, how often, and what came out.
--
--     lua5.4 spec/hardening/report.lua FOLDER REPORT.md CHECK...
local text_file = require "spec.lab.text_file"
local folder, report = arg[1], arg[2]

local HEAD = [[
# Hardening

What fuzzing and fault injection found in this tree: what was tried, how often, and what came out.

Written by `make hardening-report` on %s: %s, %s cores, %s.

[The curve](endurance.svg) of an hour's `make endurance WATCH_SECONDS=3600 QUERIES=100000` shows memory, descriptors and workers.

| tried | how often | what came out |
|---|---|---|
]]

local content = text_file.content

local function first_line_of(command)
  local pipe = assert(io.popen(command))
  local line = pipe:read "l"
  pipe:close()
  return line or "?"
end

local function escaped(cell)
  return (cell:gsub("|", "\\|"))
end

---The facts of a check, each a row of the table.
local function rows_of(check)
  local path = ("%s/%s.tsv"):format(folder, check)
  local rows = {}
  for line in content(path):gmatch "[^\n]+" do
    local what, how_often, outcome = line:match "^([^\t]+)\t([^\t]+)\t([^\t]+)$"
    if not what then error(("%s: no three columns in '%s'"):format(path, line), 0) end
    rows[#rows + 1] = ("| %s | %s | %s |\n"):format(escaped(what), escaped(how_often), escaped(outcome))
  end
  if #rows == 0 then error(path .. ": has no facts; did the check run?", 0) end
  return table.concat(rows)
end

local parts = {
  HEAD:format(os.date "!%Y-%m-%d", first_line_of ". /etc/os-release; echo $PRETTY_NAME", first_line_of "nproc",
    first_line_of "gcc --version"),
}
for i = 3, #arg do parts[#parts + 1] = rows_of(arg[i]) end
local file = assert(io.open(report, "w"))
file:write(table.concat(parts))
file:close()
