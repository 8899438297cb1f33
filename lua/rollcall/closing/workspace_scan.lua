--- What is there of sessions of Huawei Cloud Workspace that are to be ended: a new listing, and whether it still has the same.
local options = require "rollcall.internal.options"
local session = require "rollcall.workspace.session"

local workspace_scan = {}

---Calls a function for each session that exists still, as far as is known. Raises that the credentials are refused.
---@param client rollcall.workspace.client
---@param user_names string|string[]
---@param take fun(row: rollcall.workspace.session, user_name: string)
---@param fail fun(failure: rollcall.failure)  gets what keeps from seeing those of a user
function workspace_scan.each(client, user_names, take, fail)
  for row, user_name in client:sessions { user_name = user_names, on_error = fail } do
    if session.is_live(row) ~= false then take(row, user_name) end
  end
end

---What is raised of a user whose sessions cannot be distinguished.
workspace_scan.WITHOUT_ID = "the service does not give the ids of all sessions"

---Those of the user's sessions that have the id. Raises what keeps from seeing all there is.
---@param client rollcall.workspace.client
---@param wanted rollcall.closing.wanted
---@return rollcall.closing.seen
function workspace_scan.look(client, wanted)
  local rows, problem = {}, nil
  workspace_scan.each(client, wanted.user_name, function(row)
    if not row.id then problem = problem or workspace_scan.WITHOUT_ID end
    if row.id == wanted.id then rows[#rows + 1] = row end
  end, function(failure) problem = failure end)
  if problem then error(problem, 0) end
  return { rows = rows, neighbours = {} }
end

---What is no longer as it was shown.
---@param wanted rollcall.closing.wanted
---@param seen rollcall.closing.seen  with rows
---@return string? problem
function workspace_scan.change(wanted, seen)
  if #seen.rows > 1 then return "several sessions have this id" end
  for _, name in ipairs { "start_time", "login_user" } do
    local now = seen.rows[1][name]
    if wanted[name] and wanted[name] ~= now then return ("%s of the session is now %s"):format(name, now or "missing") end
  end
end

---What is wanted, as it was found.
---@param wanted rollcall.closing.wanted
---@param seen rollcall.closing.seen  with rows
---@return rollcall.closing.wanted
function workspace_scan.found(wanted, seen)
  local row = seen.rows[1]
  return options.merged(wanted, { start_time = row.start_time, login_user = row.login_user })
end

---Those of `before` that are still there.
---@param before rollcall.closing.seen
---@param after rollcall.closing.seen
---@return table[]
function workspace_scan.remaining(_, before, after)
  local remaining = {}
  for _, row in ipairs(after.rows) do
    if row.start_time == before.rows[1].start_time then remaining[#remaining + 1] = row end
  end
  return remaining
end

return workspace_scan
