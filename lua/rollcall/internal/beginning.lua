--- Whether two listings can be of one session, by when it began.
local beginning = {}

-- Seconds by which two listings of one session may differ in when it began.
local SLACK = 3

---@param one? integer  when it began by the one, in seconds
---@param other? integer  and by the other
---@return boolean
function beginning.is_near(one, other)
  if not (one and other) then return one == other end
  return math.abs(one - other) <= SLACK
end

---Whether what is listed began after another listing of what seemed to be the same: as it is too young for the time between the two,
---or as they say so.
---@param before table  a row
---@param after table  a row of the same identity, listed later
---@param elapsed number  seconds that went by between the two at least
---@return boolean
function beginning.is_another(before, after, elapsed)
  -- In the combined view the time of a connection may take the place of that of a session.
  if before.placeholder or after.placeholder or before.sources ~= after.sources then return false end
  if type(before.start_time) == "string" and type(after.start_time) == "string" then return before.start_time ~= after.start_time end
  if math.type(before.since) and math.type(after.since) then return not beginning.is_near(before.since, after.since) end
  if not (math.type(before.time) and math.type(after.time)) then return false end
  return before.time + elapsed > after.time + SLACK
end

return beginning
