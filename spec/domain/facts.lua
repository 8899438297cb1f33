--- What was tried, as the hardening report has it: what, how often, what came out.
local facts = {}

local lines, note = {}, nil

---An `it` that keeps the name of each test that passes, with what it noted.
function facts.recording(it)
  return function(name, test)
    it(name, function()
      note = nil
      test()
      lines[#lines + 1] = ("%s\t1\t%s\n"):format(name, note or "as it says")
    end)
  end
end

---Adds words to the test that runs.
function facts.note(words) note = words end

function facts.write(path, where)
  if not path then return end
  local file = assert(io.open(path, "w"))
  for _, line in ipairs(lines) do file:write(where, ": ", line) end
  file:close()
end

return facts
