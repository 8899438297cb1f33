--- Keeps a copy of all JSON that rollcall writes while the specs run, in LAB_FOLDER/collected, where spec/schema/collected.lua has it
-- validated. A helper of busted: what the command prints or writes to a file, and
-- what a report or a check prints in this process. Snapshots that a spec writes itself have rows that no server gave, and are left out.
local collect = {}

local folder = assert(os.getenv "LAB_FOLDER") .. "/collected"
assert(os.execute("mkdir -p '" .. folder .. "'"))

collect.folder = folder

-- A longer one has more of the same rows.
local LONGEST = 2 * 1024 * 1024

local count = 0

local beginnings = {
  ['{"schema": "rollcall/1"'] = "json", ['{"kind": "report"'] = "jsonl", ['{"kind": "diff"'] = "jsonl", ['{"kind": "snapshot"'] = "jsonl",
  ['{"kind": "change"'] = "jsonl", ['{"kind": "close"'] = "jsonl",
  ['{"kind": "gap"'] = "jsonl", ['{"activity_id": '] = "ocsf",
}

---@param content string
---@param compressed? boolean
function collect.keep(content, compressed)
  local format = compressed and "jsonl"
  for beginning, one in pairs(beginnings) do
    if content:sub(1, #beginning) == beginning then format = one end
  end
  if not format or #content > LONGEST then return end
  count = count + 1
  assert(io.open(("%s/%05d.%s"):format(folder, count, format), "wb")):write(content):close()
end

local function keep_file(path)
  local file = io.open(path, "rb")
  if not file then return end
  local content = file:read(LONGEST + 1) or ""
  file:close()
  collect.keep(content, content:sub(1, 2) == "\x1f\x8b")
end

-- With these every document is whole.
local WHOLE = { [0] = true, [1] = true, [2] = true }

---@param command string  that was run
---@param output string
---@param code integer
function collect.command(command, output, code)
  if not WHOLE[code] then return end
  -- Between what the commands of a guide print, their exit codes stand so.
  for printed in output:gsub("\1%d+\n", "\1"):gmatch "[^\1]+" do collect.keep(printed) end
  if not command:find("rollcall", 1, true) then return end
  for _, option in ipairs { "%-o", "%-%-output", "%-%-snapshot", "%-s" } do
    for path in command:gmatch(option .. "[ =]'?([^%s']+%.jsonl?%.?g?z?)") do keep_file(path) end
  end
end

---Has a module that is loaded from now on changed.
local function with(name, change)
  package.preload[name] = function()
    local path = assert(package.searchpath(name, package.path))
    return change(assert(loadfile(path))(name, path))
  end
end

for _, name in ipairs { "rollcall.report.json", "rollcall.report.jsonl" } do
  with(name, function(make)
    return function(frame)
      local kept = {}
      local writer = make(setmetatable({
        write = function(text)
          kept[#kept + 1] = text
          return frame.write(text)
        end,
      }, { __index = frame }))
      local finish = writer.finish
      function writer.finish(...)
        finish(...)
        collect.keep(table.concat(kept))
      end
      return writer
    end
  end)
end

for _, name in ipairs { "rollcall.policy.json", "rollcall.policy.ocsf" } do
  with(name, function(make)
    return function(result, write, ...)
      local kept = {}
      make(result, function(text)
        kept[#kept + 1] = text
        return write(text)
      end, ...)
      collect.keep(table.concat(kept))
    end
  end)
end

return collect
