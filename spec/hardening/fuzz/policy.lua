-- A policy, as a text: it is read or refused with the reason; what is read judges rows of every
-- kind, with and without their fields, and the result can be written in every format.
local policy = require "rollcall.policy"
local sandbox = require "rollcall.internal.sandbox"
local unchanged = require "spec.hardening.fuzz.unchanged"

sandbox.INSTRUCTIONS, sandbox.BYTES = 50000, 4 * 1024 * 1024
local verdicts = { pass = true, fail = true, unknown = true }

local rows = {
  { "connection", { servername = "fs1", share = "ADMIN$", username = "CORP\\alice", client = "10.0.0.7", time = 4000, type = 0 } },
  { "smb_session", { servername = "fs1", username = "bob", client = "WS-BOB", time = 90, idle_time = 4294967295 } },
  { "file", { servername = "fs1", username = "", pathname = "C:\\x", id = 4294967295 } },
  { "share", { servername = "fs1", share = "projects" } },
  { "access", { servername = "fs1", username = "Zoë", client = "fe80::1", share = "finance" } },
  { "session", { login_user = "alice", machine_name = "d1", client_ip = "10.0.0.1", client_version = "22.4.1", session_state = "Active",
    start_time = "2024-02-29 07:00:20" } },
  { "session", { login_user = "alice" } },
  { "connection", {} },
  { "badge", { user = "alice", door = "north" } },
}
local outcomes = { { source = "smb", target = "fs1", query = "connection", completeness = "complete" },
  { source = "workspace", target = "w", query = "session", completeness = "denied", reason = "no" } }

local function each(list)
  local position = 0
  return function()
    position = position + 1
    if list[position] then return list[position][1], list[position][2] end
  end
end

return function(text)
  local made, problem = policy.parse(text, "policy.lua")
  if made then
    local result = policy.evaluate(made, { now = 1700000000, rows = each(rows), outcomes = outcomes })
    assert(#result.rules == #made.rules)
    for _, verdict in ipairs(result.rules) do
      assert(verdicts[verdict.verdict] and verdict.rows_judged <= verdict.rows_seen)
      assert(verdict.verdict ~= "pass" or not verdict.error)
    end
    local code = policy.exit_code(result)
    assert(code >= 0 and code <= 3)
    for _, format in ipairs(policy.formats) do
      policy.write(result, format, function(piece) assert(type(piece) == "string") end)
    end
  else
    assert(type(problem) == "string" and #problem > 0)
  end
  unchanged()
end
