--- What the sources of an answer of the command who can know of a name: nobody is seen where nobody was looked for.
local is_good = require("rollcall.internal.outcomes").is_good
local options = require "rollcall.internal.options"
local presence = require "rollcall.presence"
local sorted = require "rollcall.internal.sorted"

local who_known = {}

---What a name can be of.
---@alias rollcall.cli.who_thing "client"|"file"|"share"|"user"

-- Of which of these the rows of a kind would have been there. Those of Workspace are of the users who were asked about.
local knows = {
  access = { client = true, file = true, share = true, user = true }, connection = { client = true, share = true, user = true },
  file = { file = true }, logon = { user = true }, session = {}, share = {}, smb_session = { client = true, user = true },
}

local plurals = { client = "computers", file = "files", share = "shares", user = "users" }

---What a name can be of by its form alone.
---@param what string
---@return table<rollcall.cli.who_thing, true>
function who_known.possible(what)
  if what:find "^[\\/][\\/][^\\/]+$" then return { client = true } end
  if what:find "^%a:[\\/]" then return { file = true } end
  local rest, separators = what:gsub("[\\/]+$", ""):gsub("[\\/]+", "/")
  if separators > 1 or separators == 1 and rest ~= what then return { file = true } end
  if separators == 1 then return { file = true, user = true } end
  return { client = true, file = true, share = true, user = true }
end

---@param things table<rollcall.cli.who_thing, true>
---@return boolean
local function are_of_servers_alone(things)
  return not (things.client or things.user)
end

---@param outcomes rollcall.outcome[]
---@return table<string, table<rollcall.cli.who_thing, true>> by_target  what its results together know
---@return table<rollcall.cli.who_thing, true> all  what those of all targets know
local function known_of(outcomes)
  local by_target, all = {}, {}
  for _, outcome in ipairs(outcomes) do
    for thing in pairs(knows[outcome.query] or {}) do
      by_target[outcome.target] = by_target[outcome.target] or {}
      by_target[outcome.target][thing], all[thing] = true, true
    end
  end
  return by_target, all
end

---@param things table<rollcall.cli.who_thing, true>
---@param known? table<rollcall.cli.who_thing, true>
---@return string[]  in words
local function unknown_of(things, known)
  local list = {}
  for _, thing in ipairs(sorted.keys(things)) do
    if not (known and known[thing]) then list[#list + 1] = plurals[thing] end
  end
  return list
end

---Makes results partial that cannot know what a name is of, and reports these.
---@param what string
---@param things table<rollcall.cli.who_thing, true>  what it is or may be of
---@param is_asked boolean  it is a user about whom Workspace was asked
---@param outcomes rollcall.outcome[]
---@param report fun(outcome: rollcall.outcome)
function who_known.mark(what, things, is_asked, outcomes, report)
  local by_target, all = known_of(outcomes)
  for i, outcome in ipairs(outcomes) do
    local reason
    if outcome.query == "session" then
      local is_elsewhere = are_of_servers_alone(things) and not unknown_of(things, all)[1]
      local is_user = things.user and not next(things, next(things))
      if not (is_elsewhere or is_user and is_asked) then
        reason = ("Workspace was asked about named users alone, and '%s' may be, or belong to, another"):format(what)
      end
    elseif outcome.query and presence.is_known_kind(outcome.query) then
      local unknown = unknown_of(things, by_target[outcome.target])
      if unknown[1] then
        reason = ("rows of kind '%s' do not say all of %s, of which '%s' may be one"):format(outcome.query,
          table.concat(unknown, " and "), what)
      end
    end
    if reason and is_good(outcome) then
      if outcome.reason then reason = reason .. "; " .. outcome.reason end
      outcomes[i] = options.merged(outcome, { completeness = "partial", reason = reason })
      report(outcomes[i])
    end
  end
end

return who_known
