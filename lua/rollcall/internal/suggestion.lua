--- The word that was probably meant.

local LONGEST = 40

---How many letters must be changed, added, left out or exchanged with the next to make one word of another.
local function distance(a, b)
  local before, row = {}, {}
  for j = 0, #b do row[j] = j end
  for i = 1, #a do
    local last = before
    before, row = row, { [0] = i }
    for j = 1, #b do
      local same = a:byte(i) == b:byte(j)
      row[j] = math.min(before[j] + 1, row[j - 1] + 1, before[j - 1] + (same and 0 or 1))
      if i > 1 and j > 1 and a:byte(i) == b:byte(j - 1) and a:byte(i - 1) == b:byte(j) then
        row[j] = math.min(row[j], last[j - 2] + 1)
      end
    end
  end
  return row[#b]
end

---@param word string
---@param candidates table<string, any>|string[]  names as keys, or a list of them
---@return string words  `; did you mean 'WORD'?`, or nothing
---@return string? meant
return function(word, candidates)
  if #word > LONGEST then return "" end
  local best, least = nil, math.min(2, math.floor((#word + 1) / 3)) + 1
  for key, value in pairs(candidates) do
    local candidate = type(key) == "string" and key or value
    if type(candidate) == "string" and #candidate <= LONGEST then
      local one = distance(word:lower(), candidate:lower())
      if one < least or one == least and best and candidate < best then best, least = candidate, one end
    end
  end
  if not best then return "" end
  return ("; did you mean '%s'?"):format(best), best
end
