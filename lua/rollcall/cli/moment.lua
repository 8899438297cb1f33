--- Times as a person names them on a command line: ISO 8601 with an offset, or the local time of this computer.
local options = require "rollcall.internal.options"
local session = require "rollcall.workspace.session"

local moment = {}

local EXPECTED = "a time such as 2026-11-17T14:00Z, 2026-11-17T14:00+01:00, '2026-11-17 14:00' or 'yesterday 14:00'"

---@return table? day  with `year`, `month` and `day`
---@return string? rest
local function day_of(words)
  local year, month, day, rest = words:match "^(%d%d%d%d)%-(%d%d)%-(%d%d)(.*)$"
  if year then return { year = tonumber(year), month = tonumber(month), day = tonumber(day) }, rest end
  local name
  name, rest = words:match "^(%a+)(.*)$"
  if name ~= "today" and name ~= "yesterday" then return nil end
  local now = os.date "*t"
  local noon = os.date("*t", os.time { year = now.year, month = now.month, day = now.day - (name == "today" and 0 or 1), hour = 12 })
  return { year = noon.year, month = noon.month, day = noon.day }, rest
end

---@param offset string  `Z`, `+01:00`, `+0100` or `+01`
---@return integer? seconds
local function seconds_of(offset)
  if offset == "Z" then return 0 end
  local sign, hours, minutes = offset:match "^([+-])(%d%d):?(%d?%d?)$"
  if not sign or #minutes == 1 then return nil end
  local seconds = tonumber(hours) * 3600 + (tonumber(minutes) or 0) * 60
  if seconds > 14 * 3600 or (tonumber(minutes) or 0) > 59 then return nil end
  return math.tointeger(sign == "-" and -seconds or seconds)
end

local function is_time(parts, time)
  local found = os.date("*t", time)
  for _, name in ipairs { "year", "month", "day", "hour", "min", "sec" } do
    if found[name] ~= parts[name] then return false end
  end
  return true
end

---A time of this computer's zone, in which some are twice and some never.
---@return integer? time
---@return string? problem
local function local_time(parts)
  local found
  for _, is_summer in ipairs { false, true } do
    local time = os.time(options.merged(parts, { isdst = is_summer }))
    if is_time(parts, time) and time ~= found then
      if found then return nil, "is twice, as clocks are put back; give it with an offset such as +01:00" end
      found = time
    end
  end
  if not found then return nil, "is no time of this computer's zone: no such day, or clocks are put forward then" end
  return found
end

---@class rollcall.cli.moment
---@field time integer  seconds since 1970
---@field last integer  of a whole day its last second, else the same

---@param words string
---@return rollcall.cli.moment?
---@return string? expectation
function moment.parse(words)
  local day, rest = day_of(words)
  if not day then return nil, "must be " .. EXPECTED end
  local function at(hour, minute, second, offset)
    if not offset then return local_time { year = day.year, month = day.month, day = day.day, hour = hour, min = minute, sec = second } end
    local said = ("%04d-%02d-%02dT%02d:%02d:%02dZ"):format(day.year, day.month, day.day, hour, minute, second)
    local time = session.epoch(said)
    if not time or os.date("!%Y-%m-%dT%H:%M:%SZ", time) ~= said then return nil, "is no day" end
    return time - offset
  end
  if rest == "" then
    local time, problem = at(0, 0, 0)
    -- Where a day begins with an hour that is never, or twice, another hour has to be named.
    if not time then return nil, problem end
    local noon = os.date("*t", time + 36 * 3600)
    return { time = time, last = os.time { year = noon.year, month = noon.month, day = noon.day, hour = 0 } - 1 }
  end
  local hour, minute, more = rest:match "^[ T](%d%d):(%d%d)(.*)$"
  if not hour then return nil, "must be " .. EXPECTED end
  local second, offset_words = more:match "^:(%d%d)(.*)$"
  offset_words = offset_words or more
  local offset = offset_words ~= "" and seconds_of(offset_words) or nil
  if offset_words ~= "" and not offset then return nil, "must be " .. EXPECTED end
  if tonumber(hour) > 23 or tonumber(minute) > 59 or tonumber(second or 0) > 59 then return nil, "must be " .. EXPECTED end
  local time, problem = at(tonumber(hour), tonumber(minute), tonumber(second or 0), offset)
  if not time then return nil, problem end
  return { time = time, last = time }
end

---A time in UTC, and in this computer's zone where that is another.
---@param time integer
---@return string
function moment.said(time)
  local utc, here = os.date("!%Y-%m-%dT%H:%M:%SZ", time), os.date("%Y-%m-%d %H:%M:%S %z", time)
  return here:find "[+-]0000$" and utc or ("%s (%s)"):format(utc, here)
end

return moment
