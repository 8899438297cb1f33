local MOST = 10000

---Remembers the latest answers of a function of one value, so that what is asked of a million rows is
---worked out once for each of the few values that they have. They are the fields of a table, which are there without a call;
---an answer of nil comes back as false.
---@generic T, R
---@param f fun(value: T): R?
---@return table<T, R|false>
return function(f)
  local count = 0
  return setmetatable({}, {
    __index = function(known, value)
      local answer = f(value) or false
      if count == MOST then
        for other in next, known do known[other] = nil end
        count = 0
      end
      known[value], count = answer, count + 1
      return answer
    end,
  })
end
