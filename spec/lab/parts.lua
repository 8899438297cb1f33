--- The suite in parts, each for a lab and a process of its own.
--
--     lua5.4 spec/lab/parts.lua divide FOLDER COUNT SPEC...   writes FOLDER/1.files and so on
--     lua5.4 spec/lab/parts.lua merge FOLDER COUNT SPEC...    reads what each part left: N.tsv by spec/lab/output.lua, and N.status
--
-- A spec file of which no part has a result counts as failed, whatever the status its part ended with.
local text_file = require "spec.lab.text_file"
local DURATIONS = "spec/lab/durations.tsv" -- seconds, as measured; the division must be the same on every machine
local UNMEASURED = 5

---@return string?
local function durations()
  local known = {}
  for name, seconds in text_file.content(DURATIONS):gmatch "(%S+)\t([%d.]+)\n" do known[name] = tonumber(seconds) end
  return known
end

---The longest first, each to the part that has least to do.
local function divide(folder, count, files)
  local known = durations()
  local function seconds(file) return known[file] or UNMEASURED end
  table.sort(files, function(a, b)
    if seconds(a) ~= seconds(b) then return seconds(a) > seconds(b) end
    return a < b
  end)
  local parts, sums = {}, {}
  for n = 1, count do parts[n], sums[n] = {}, 0 end
  for _, file in ipairs(files) do
    local least = 1
    for n = 2, count do if sums[n] < sums[least] then least = n end end
    table.insert(parts[least], file)
    sums[least] = sums[least] + seconds(file)
  end
  for n, part in ipairs(parts) do
    table.sort(part)
    text_file.put(("%s/%d.files"):format(folder, n), table.concat(part, "\n") .. "\n")
  end
end

local function merge(folder, count, files)
  local passed, unaccounted, failed = 0, 0, {}
  local counts, measured = {}, {}
  local wanted = {}
  for _, file in ipairs(files) do wanted[file] = true end
  for n = 1, count do
    local status = text_file.so_far(("%s/%d.status"):format(folder, n)):match "%S+" or "none"
    local missing, failed_before, sum = {}, #failed, 0
    local results = text_file.so_far(("%s/%d.tsv"):format(folder, n))
    local seen = {}
    for file, tests, seconds in results:gmatch "file\t(%S+)\t(%d+)\t([%d.]+)\n" do
      seen[file] = true
      wanted[file] = nil
      passed, sum = passed + tonumber(tests), sum + tonumber(seconds)
      counts[#counts + 1] = ("%s\t%s\n"):format(file:match "[^/]*$", tests)
      measured[#measured + 1] = ("%s\t%s\n"):format(file, seconds)
    end
    for name in results:gmatch "failed\t([^\n]*)\n" do failed[#failed + 1] = name end
    for file in text_file.so_far(("%s/%d.files"):format(folder, n)):gmatch "%S+" do
      if not seen[file] then
        missing[#missing + 1] = file
        wanted[file] = nil
      end
    end
    for _, file in ipairs(missing) do io.write(("NOT RUN: %s: part %d ended with status %s\n"):format(file, n, status)) end
    unaccounted = unaccounted + #missing
    if status ~= "0" and #missing == 0 and #failed == failed_before then
      io.write(("FAILED: part %d ended with status %s after its last test\n"):format(n, status))
      unaccounted = unaccounted + 1
    end
    io.write(("part %d: %.0f s\n"):format(n, sum))
  end
  for file in pairs(wanted) do
    io.write(("NOT RUN: %s: in no part\n"):format(file))
    unaccounted = unaccounted + 1
  end
  for _, name in ipairs(failed) do io.write("FAILED: ", name, "\n") end
  table.sort(counts)
  table.sort(measured)
  text_file.put(folder .. "/counts.tsv", table.concat(counts)) -- which spec/windows/output.lua compares with
  text_file.put(folder .. "/durations.tsv", table.concat(measured)) -- what DURATIONS should be, where the machine was quiet
  io.write(("%d passed, %d failed\n"):format(passed, #failed + unaccounted))
  return #failed + unaccounted == 0 and passed > 0
end

local action, folder, count = arg[1], arg[2], assert(math.tointeger(tonumber(arg[3])))
local files = table.move(arg, 4, #arg, 1, {})
if action == "divide" then
  divide(folder, count, files)
else
  os.exit(merge(folder, count, files))
end
