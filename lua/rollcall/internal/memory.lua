--- The bound on what is kept of rows, where something has to be kept of them: groups, an order, a page, a poll.
local memory = {}

---In KiB.
memory.LIMIT = 1024 * 1024

---What is raised where there is no more room.
local refusal = {
  __name = "rollcall.memory.refusal",
  __tostring = function(self) return self.message end,
}

-- Parts of the limit: where it is first looked at what is really held, where last, and what of it is full. Collections by force
-- must be few.
local FIRST_LOOK, LAST_LOOK, FULL = 1 / 16, 0.9, 0.75

---Room for what is kept from here on. What the program holds already does not count.
---@param limit? number  in KiB; `memory.LIMIT`
---@return fun(): boolean is_full
function memory.room(limit)
  limit = limit or memory.LIMIT
  local before = collectgarbage "count" -- and what will be collected of it
  local look_at = before + FIRST_LOOK * limit
  return function()
    if collectgarbage "count" < look_at then return false end
    collectgarbage()
    local count = collectgarbage "count"
    before = math.min(before, count)
    local held = count - before
    look_at = before + math.min(math.max(2 * held, FIRST_LOOK * limit), LAST_LOOK * limit)
    return held > FULL * limit
  end
end

---A limit in words.
---@param limit? number  in KiB; `memory.LIMIT`
---@return string
function memory.said(limit)
  limit = limit or memory.LIMIT
  if limit >= 1024 * 1024 then return ("%.4g GiB"):format(limit / 1024 / 1024) end
  return ("%.4g MiB"):format(limit / 1024)
end

---Raises that something takes more than there is room for.
---@param what string
---@param rows integer  after how many
---@param advice string
---@param limit? number
function memory.refuse(what, rows, advice, limit)
  error(setmetatable({
    message = ("%s takes more memory than %s, which is full after %d rows: %s"):format(what, memory.said(limit), rows, advice),
    rows = rows,
  }, refusal), 0)
end

---@param problem any
---@return boolean
function memory.is_refusal(problem)
  return getmetatable(problem) == refusal
end

return memory
