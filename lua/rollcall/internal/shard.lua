--- A part of the targets: those whose names have a certain hash. So every target is in one shard and in no other, wherever it
-- stands in a list and whatever else is in it, on every machine and in every version.
local case = require "rollcall.internal.case"

local shard = {}

---@class rollcall.shard
---@field index integer  from 1
---@field count integer
---@field label string  as `2/4`

---The most shards that there can be.
shard.MOST = 100000

---A target's name as shards know it: `\\FS1` and `fs1` are one.
---@param name string
---@return string
function shard.key(name)
  return case.lower(name:match "^\\\\(.*)$" or name)
end

---The names of targets, each once, as it is spelled first.
---@param names string[]
---@return string[]
function shard.distinct(names)
  local list, seen = {}, {}
  for _, name in ipairs(names) do
    local key = shard.key(name)
    if not seen[key] then
      seen[key], list[#list + 1] = true, name
    end
  end
  return list
end

---Jenkins's one-at-a-time hash, of 32 bits. It must stay what it is: all machines that share the targets have to agree.
local function hash(text)
  local value = 0
  for i = 1, #text do
    value = value + text:byte(i) & 0xFFFFFFFF
    value = value + (value << 10) & 0xFFFFFFFF
    value = value ~ value >> 6
  end
  value = value + (value << 3) & 0xFFFFFFFF
  value = value ~ value >> 11
  return value + (value << 15) & 0xFFFFFFFF
end

---@param name string  of a target
---@param count integer
---@return integer  of the shard that the target is in
function shard.index_of(name, count)
  return hash(shard.key(name)) % count + 1
end

---@param its_shard rollcall.shard
---@param name any  what is not text is in the first shard, where it is reported
---@return boolean
function shard.has(its_shard, name)
  return (type(name) == "string" and shard.index_of(name, its_shard.count) or 1) == its_shard.index
end

---@param its_shard? rollcall.shard  nil: all
---@param names string[]
---@return string[]
function shard.filtered(its_shard, names)
  if not its_shard then return names end
  local kept = {}
  for _, name in ipairs(names) do
    if shard.has(its_shard, name) then kept[#kept + 1] = name end
  end
  return kept
end

---@param its_shard? rollcall.shard  nil: all
---@param next_name fun(): string?
---@return fun(): string?
function shard.iterator(its_shard, next_name)
  if not its_shard then return next_name end
  return function()
    local name
    repeat name = next_name() until name == nil or shard.has(its_shard, name)
    return name
  end
end

local function positive(digits)
  local number = digits and #digits <= 9 and digits:find "^[1-9]" and math.tointeger(tonumber(digits))
  return number and number <= shard.MOST and number or nil
end

---@param label any  as `2/4`
---@return rollcall.shard?
function shard.of_label(label)
  if type(label) ~= "string" then return nil end
  local index, count = label:match "^(%d+)/(%d+)$"
  index, count = positive(index), positive(count)
  if index and count and index <= count then return { index = index, count = count, label = ("%d/%d"):format(index, count) } end
end

---Several of them, each once and in their order.
---@param labels any  a list of them, as `2/4`; of what is none nothing is said
---@return rollcall.shard[]
function shard.of_labels(labels)
  local list, is_listed = {}, {}
  for _, label in ipairs(type(labels) == "table" and labels or {}) do
    local found = shard.of_label(label)
    if found and not is_listed[found.label] then list[#list + 1], is_listed[found.label] = found, true end
  end
  table.sort(list, function(a, b)
    if a.count ~= b.count then return a.count < b.count end
    return a.index < b.index
  end)
  return list
end

---The labels of several, each once and in their order.
---@param labels any  as for `of_labels`
---@return string[]
function shard.labels(labels)
  local list = {}
  for i, its_shard in ipairs(shard.of_labels(labels)) do list[i] = its_shard.label end
  return list
end

---Which are missing beside others: of each number of shards that one of these is of, those that none is.
---@param shards rollcall.shard[]  as of `of_labels`
---@param count? integer  how many there are, if there are any
---@return rollcall.shard[]  in their order
function shard.missing(shards, count)
  local counts, is_here, labels = { [count or false] = true }, {}, {}
  for _, its_shard in ipairs(shards) do counts[its_shard.count], is_here[its_shard.label] = true, true end
  counts[false] = nil
  for number in pairs(counts) do
    for index = 1, number do
      local label = ("%d/%d"):format(index, number)
      if not is_here[label] then labels[#labels + 1] = label end
    end
  end
  return shard.of_labels(labels)
end

---What is said of a shard that no file is of.
---@param its_shard rollcall.shard
---@return rollcall.outcome
function shard.absent(its_shard)
  return { source = "snapshot", target = "shard " .. its_shard.label, completeness = "unreachable", reason = "no file is of this shard" }
end

local function variable(name)
  local value = os.getenv(name)
  local number = value and value:find "^%d+$" and #value <= 9 and math.tointeger(tonumber(value))
  if number then return number end
  return nil, value and ("%s is '%s', which is not a whole number"):format(name, value) or ("%s is not set"):format(name)
end

---Of a task of a Slurm array: which of them it is.
local function of_slurm()
  local values = {}
  for _, name in ipairs { "ID", "MIN", "MAX", "COUNT" } do
    local value, problem = variable("SLURM_ARRAY_TASK_" .. name)
    if not value then return nil, problem .. "; it takes a task of a job array" end
    values[name] = value
  end
  local step = variable "SLURM_ARRAY_TASK_STEP" or 1
  local offset = values.ID - values.MIN
  if step < 1 or values.MAX - values.MIN ~= (values.COUNT - 1) * step or offset % step ~= 0 or offset < 0 or values.ID > values.MAX then
    return nil, "the numbers of the array are not at even distances; give --shard as I/N"
  end
  return shard.of_label(("%d/%d"):format(offset // step + 1, values.COUNT))
end

---Of a pod of an Indexed Job, which does not know how many there are.
local function of_kubernetes(digits)
  local count = positive(digits)
  if not count then return nil, "it takes the job's completions, as kubernetes/4" end
  local index, problem = variable "JOB_COMPLETION_INDEX"
  if not index then return nil, problem .. "; it takes a pod of an Indexed Job" end
  if index >= count then return nil, ("JOB_COMPLETION_INDEX is %d, and the completions are %d"):format(index, count) end
  return shard.of_label(("%d/%d"):format(index + 1, count))
end

---Reads what is given as `--shard`. The environment counts only where it is named, since a variable that happens to be set must not
---leave out targets.
---@param argument string  `I/N`, `slurm` or `kubernetes/N`
---@return rollcall.shard?
---@return string? problem
function shard.parse(argument)
  local found, problem
  if argument == "slurm" then
    found, problem = of_slurm()
  elseif argument:find "^kubernetes" and (#argument == 10 or argument:sub(11, 11) == "/") then
    found, problem = of_kubernetes(argument:match "^kubernetes/(%d+)$")
  else
    found = shard.of_label(argument)
    problem = ("it must be I/N with I from 1 to N and N up to %d, slurm, or kubernetes/N"):format(shard.MOST)
  end
  if found then return found end
  return nil, ("invalid value for --shard: '%s'; %s"):format(argument, problem)
end

return shard
