--- busted's output where the specs run on Windows: leaves out the tests of spec/windows/left_out.lua, and
-- says for each file how many were run here, how many passed on POSIX, and how many were left out and why.
local busted = require "busted"
local base = require "busted.outputHandlers.base"
local failures = require "spec.lab.failures"
local left_out = require "spec.windows.left_out"

-- How many tests passed in each file when `make check` last ran all of them.
local function counts_on_posix()
  local counts = {}
  local file = io.open "build/parts/counts.tsv"
  if not file then return counts end
  for line in file:lines() do
    local name, passed = line:match("^(%S+)\t(%d+)")
    counts[name] = passed
  end
  file:close()
  return counts
end

local FORMAT = "  %-28s %6s %8s %9s  %s\n"

return function()
  local handler = base()
  local on_posix = counts_on_posix()
  local file_name, rules, used, reasons, passed_before
  local blocks = {}

  -- Why a test, or all of a block, is left out, by the longest rule; nil if it is not.
  local function reason_of(name)
    local full = table.concat(blocks, " ") .. (name and " " .. name or "")
    local longest = ""
    for part in pairs(rules) do
      if full:find(part, 1, true) then
        used[part] = true
        if #part > #longest then longest = part end
      end
    end
    return rules[longest]
  end

  busted.subscribe({ "file", "start" }, function(file)
    file_name = file.name:gsub("\\", "/"):match("[^/]*$")
    rules, used, reasons, passed_before = left_out[file_name] or {}, {}, {}, handler.successesCount
    return nil, true
  end)
  busted.subscribe({ "describe", "start" }, function(block)
    blocks[#blocks + 1] = block.name
    return nil, true
  end)
  busted.subscribe({ "describe", "end" }, function()
    blocks[#blocks] = nil
    return nil, true
  end)

  busted.subscribe({ "register", "it" }, function(name)
    local reason = reason_of(name)
    if not reason then return nil, true end
    reasons[reason] = (reasons[reason] or 0) + 1
    return nil, false
  end, { priority = 1 })
  for _, hook in ipairs { "setup", "teardown", "strict_setup", "strict_teardown", "before_each", "after_each" } do
    busted.subscribe({ "register", hook }, function() return nil, reason_of() == nil end, { priority = 1 })
  end

  busted.subscribe({ "file", "end" }, function()
    local why, left = {}, 0
    for reason, count in pairs(reasons) do
      why[#why + 1] = ("%d %s"):format(count, reason)
      left = left + count
    end
    table.sort(why)
    io.write(FORMAT:format(file_name, on_posix[file_name] or "-", handler.successesCount - passed_before, left, table.concat(why, "; ")))
    io.stdout:flush()
    for part in pairs(rules) do
      if not used[part] then
        io.write("spec/windows/left_out.lua names what is not there: ", file_name, ": ", part, "\n")
        handler.errorsCount = handler.errorsCount + 1
        handler.errors[#handler.errors + 1] = { name = part, message = "left out, but not there", trace = {} }
      end
    end
    return nil, true
  end)

  busted.subscribe({ "suite", "start" }, function()
    io.write(FORMAT:format("tests passed in", "POSIX", "Windows", "left out", "why"))
    return nil, true
  end)
  busted.subscribe({ "suite", "end" }, function()
    local failed = failures.tell(handler)
    io.write(("%d passed on Windows, %d failed\n"):format(handler.successesCount, failed))
    io.stdout:flush()
    if failed > 0 then os.exit(1, true) end
    return nil, true
  end)

  return handler
end
