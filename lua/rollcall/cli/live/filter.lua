--- What is typed as a filter: a condition as --where takes it, or words that all must be in cells of a row.
local conditions = require "rollcall.cli.conditions"
local presence = require "rollcall.presence"
local suggestion = require "rollcall.internal.suggestion"
local text = require "rollcall.internal.text"

local filter = {}

---@class rollcall.cli.live.filter
---@field holds fun(item: rollcall.cli.live.item): boolean
---@field problem fun(): string?  once rows were seen

local function never() end

---@param words string[]  in lower case
---@return rollcall.cli.live.filter
local function of_words(words)
  return {
    problem = never,
    holds = function(item)
      -- No word has a line end in it, so none is found across two cells.
      item.words = item.words or text.lower(table.concat(item.cells, "\n"))
      for _, word in ipairs(words) do
        if not item.words:find(word, 1, true) then return false end
      end
      return true
    end,
  }
end

---@param typed string
---@return rollcall.cli.live.filter?  nil: it lets all rows through
---@return string? problem
function filter.parse(typed)
  if not typed:find "[=<>~]" then
    local words = {}
    for word in text.lower(typed):gmatch "%S+" do words[#words + 1] = word end
    return #words > 0 and of_words(words) or nil
  end
  local condition, _, problem = conditions.parse(typed)
  if not condition then return nil, problem end
  local holds = conditions.all { condition }
  return {
    holds = function(item) return holds(item.view) end,
    problem = function()
      local missing = conditions.missing { condition }[1]
      return missing and ("no row has a field '%s'%s"):format(missing, suggestion(missing, presence.all_names()))
    end,
  }
end

return filter
