--- What the hardening checks have in common: facts counted as they come about, findings.
local lab = require "spec.lab"

local harness = {}

local facts, findings = {}, {}

---Seconds since the machine started, to a hundredth: a clock that nobody sets.
function harness.now()
  local file = assert(io.open "/proc/uptime")
  local seconds = file:read "n"
  file:close()
  return seconds
end

---A line of the check's report.
function harness.fact(what, how_often, came_out)
  facts[#facts + 1] = table.concat({ what, tostring(how_often), came_out }, "\t")
  io.write(("%s: %s: %s\n"):format(what, tostring(how_often), came_out))
  io.flush()
end

---Something that must not be. The check goes on and fails in the end.
function harness.found(text, ...)
  findings[#findings + 1] = text:format(...)
  io.write("FOUND: ", findings[#findings], "\n")
  io.flush()
end

function harness.expect(condition, text, ...)
  if not condition then harness.found(text, ...) end
  return condition
end

---Ends the check: its facts are written if nothing was found, and only then.
function harness.finish(path)
  if #findings > 0 then
    io.write(#findings, " findings\n")
    os.exit(1, true)
  end
  local file = assert(io.open(path, "w"))
  file:write(table.concat(facts, "\n"), "\n")
  file:close()
  os.exit(0, true)
end

---"3 ERROR_A, 2 ERROR_B", the most frequent first.
function harness.tally(counts)
  local names = {}
  for name in pairs(counts) do names[#names + 1] = name end
  table.sort(names, function(a, b)
    if counts[a] == counts[b] then return a < b end
    return counts[a] > counts[b]
  end)
  for i, name in ipairs(names) do names[i] = counts[name] .. " " .. name end
  return #names > 0 and table.concat(names, ", ") or "none"
end

---Does work and looks whether a process or a descriptor of it stays behind.
function harness.leaving_nothing(what, work)
  collectgarbage()
  collectgarbage()
  local before = lab.descriptors()
  work()
  collectgarbage()
  collectgarbage()
  harness.expect(#lab.workers() == 0, "%s: %d workers stay behind", what, #lab.workers())
  local after = lab.descriptors()
  harness.expect(table.concat(before, " ") == table.concat(after, " "), "%s: descriptors were %s, and are %s", what,
    table.concat(before, " "), table.concat(after, " "))
end

---A fault for each position, from one to the next.
function harness.faults_at(length, stride, make)
  local faults = {}
  for position = 0, length - 1, stride do faults[#faults + 1] = make(position) end
  return faults
end

---@param step integer
---@return string  "every", "every 32nd"
function harness.every(step)
  if step == 1 then return "every" end
  local teen = step % 100 // 10 == 1
  return ("every %d%s"):format(step, not teen and ({ "st", "nd", "rd" })[step % 10] or "th")
end

return harness
