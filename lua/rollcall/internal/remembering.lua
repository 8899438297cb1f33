local MOST = 10000

---Remembers the latest answers of a function of one value, so that what is asked of a million rows is
---worked out once for each of the few values that they have. An answer of nil comes back as false.
---@generic T, R
---@param f fun(value: T): R?
---@return fun(value: T): R|false
return function(f)
  local known, count = {}, 0
  return function(value)
    local answer = known[value]
    if answer == nil then
      answer = f(value) or false
      if count == MOST then known, count = {}, 0 end
      known[value], count = answer, count + 1
    end
    return answer
  end
end
