--- What a check is to Nagios, Icinga and whatever else runs monitoring plugins: a state, which is the exit code, and a line.
local is_good = require("rollcall.internal.outcomes").is_good
local text = require "rollcall.internal.text"

local plugin = {}

---The states, by the exit codes of plugins.
plugin.states = { [0] = "OK", "WARNING", "CRITICAL", "UNKNOWN" }

local OK, WARNING, CRITICAL, UNKNOWN = 0, 1, 2, 3
local severities = { note = 1, warning = 2, error = 3 }

---Of a rule that is broken CRITICAL, or WARNING if it is none of severity "error"; UNKNOWN where none is broken but one is unknown, or
---a target failed or answered in part, whether a rule is about it or not; else OK.
---@param result rollcall.policy.result
---@param fail_on? "error"|"warning"|"note"  rules of a lower severity do not count
---@return integer
function plugin.state(result, fail_on)
  local state = OK
  for _, verdict in ipairs(result.rules) do
    local counts = severities[verdict.severity] >= severities[fail_on or "note"]
    if verdict.verdict == "fail" and counts then
      if verdict.severity == "error" then return CRITICAL end
      state = WARNING
    elseif state == OK and (verdict.error or verdict.verdict == "unknown" and counts) then
      state = UNKNOWN
    end
  end
  for _, outcome in ipairs(result.outcomes) do
    if state == OK and not is_good(outcome) then state = UNKNOWN end
  end
  return state
end

-- A host reads some kilobytes and no more, and shows one line of them.
local COLUMNS = 400

---The line of a state. A bar would begin the performance data.
---@param state integer
---@param words string
---@param performance? string
---@return string
function plugin.line(state, words, performance)
  local said = text.fit(text.printable((words:gsub("%s+", " "))), COLUMNS):gsub("|", "\\x7C")
  return ("ROLLCALL %s - %s%s\n"):format(plugin.states[state], said, performance and " | " .. performance or "")
end

---Makes of the function of a command one that in the format `nagios` also says what is wrong as a plugin does: to standard output, and
---with the exit code 3. Others would be taken for a state.
---@param run fun(given: table): integer?, string?
---@return fun(given: table): integer?, string?
function plugin.guarded(run)
  return function(given)
    if given.format ~= "nagios" then return run(given) end
    local ran, code, problem = pcall(run, given)
    if ran and code then return code end
    io.stdout:write(plugin.line(UNKNOWN, tostring(ran and problem or code)))
    return UNKNOWN
  end
end

return plugin
