--- Lua's pattern functions, refusing what could run for ever: matching is C code, in which no
-- instruction is counted, and a pattern of several repetitions takes the power of its text's length.
local find, gsub = string.find, string.gsub

local MOST_STEPS = 2e8
-- So much of a pattern is compared in a step. What is longer is not remembered either.
local STEP_BYTES = 64

local repetitions = {}
local remembered = 0

---How many parts of a pattern can match texts of many lengths, and how many may be left out.
local function parts_of(pattern)
  local known = repetitions[pattern]
  if known then return known end
  local bare = gsub(gsub(pattern, "%%.", "a"), "%[%^?%]?[^%]]*%]", "a")
  local _, many = gsub(bare, "[*+-]", "")
  local _, optional = gsub(bare, "%?", "")
  local _, balanced = gsub(pattern, "%%[bf]", "")
  local anchored = find(bare, "^%^")
  known = { power = many + balanced + (anchored and 0 or 1), factor = 2 ^ optional }
  if #pattern > STEP_BYTES then return known end
  if remembered == 1000 then repetitions, remembered = {}, 0 end
  repetitions[pattern], remembered = known, remembered + 1
  return known
end

local PLAIN = { power = 1, factor = 1 }

local function check(text, pattern, plain)
  if type(text) ~= "string" or type(pattern) ~= "string" then return end
  local parts = plain and PLAIN or parts_of(pattern)
  local bytes = math.min(#pattern, #text) -- more of it is compared at no place
  if (#text + 1) ^ parts.power * parts.factor * (1 + bytes // STEP_BYTES) > MOST_STEPS then
    error(("this pattern could take too long on a text of %d bytes"):format(#text), 3)
  end
end

local guarded = {}

function guarded.find(text, pattern, init, plain)
  check(text, pattern, plain)
  return find(text, pattern, init, plain)
end

for _, name in ipairs { "match", "gmatch", "gsub" } do
  local original = string[name]
  guarded[name] = function(text, pattern, ...)
    check(text, pattern)
    return original(text, pattern, ...)
  end
end

return guarded
