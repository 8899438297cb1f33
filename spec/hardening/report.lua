-- Writes the README's table of what was tried, from what the checks of spec/hardening left in their
-- folder: a line for each fact, with what was tried, how often, and what came out.
--
--     lua5.4 spec/hardening/report.lua FOLDER README.md CHECK...
local folder, readme = arg[1], arg[2]

local BEGIN, END = "<!-- make hardening-report: begin -->\n", "<!-- make hardening-report: end -->\n"

local function content(path)
  local file = assert(io.open(path))
  local text = file:read "a"
  file:close()
  return text
end

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
  ("Written by `make hardening-report` on %s: %s, %s cores, %s.\n\n"):format(os.date "!%Y-%m-%d",
    first_line_of ". /etc/os-release; echo $PRETTY_NAME", first_line_of "nproc", first_line_of "gcc --version"),
  "<details><summary>The table: what was tried, how often, what came out</summary>\n\n",
  "| tried | how often | what came out |\n|---|---|---|\n",
}
for i = 3, #arg do parts[#parts + 1] = rows_of(arg[i]) end
parts[#parts + 1] = "\n</details>\n"

local text = content(readme)
local _, after_begin = text:find(BEGIN, 1, true)
local before_end = text:find(END, 1, true)
assert(after_begin and before_end and before_end > after_begin, readme .. " has no place for the table")
local file = assert(io.open(readme, "w"))
file:write(text:sub(1, after_begin), table.concat(parts), text:sub(before_end))
file:close()
