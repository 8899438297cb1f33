-- Logs on one after another and prints who that server then says is there: for the specs, which
-- start this with an environment of its own.
--
--     lua5.4 spec/lab/logons.lua fan-out|handles < OPTIONS
--
-- OPTIONS is a JSON list of connect options. Prints a JSON list with, for each, `users`, a list, or
-- the failure's `stage`, `code`, `name` and `message`; and the numbers of the workers that there were.
local cjson = require "cjson"
local shell = require "spec.lab.shell"
local smb = require "rollcall.smb"

local wanted = cjson.decode(io.read "a")
local results, workers = {}, {}

local function note_workers()
  for _, process in ipairs(shell.workers()) do workers[process] = true end
end

local function told(failure)
  return { stage = failure.stage, code = failure.code, name = failure.name, message = failure.message }
end

local ways = {}

-- With one at a time they share one worker.
ways["fan-out"] = function()
  local users = {}
  local failed
  for session in smb.sessions { concurrency = 1, servername = wanted,
    on_error = function(failure) failed = failure end,
    on_target = function()
      note_workers()
      results[#results + 1] = failed and told(failed) or { users = users }
      users, failed = {}, nil
    end } do
    users[#users + 1] = session.username
  end
end

-- Each is asked twice, the others in between.
ways.handles = function()
  local handles <const> = {}
  local function ask(handle)
    local users = {}
    for session in handle:sessions() do users[#users + 1] = session.username end
    note_workers()
    results[#results + 1] = { users = users }
  end
  for i, options in ipairs(wanted) do
    local opened, handle = pcall(smb.server, options)
    if opened then
      handles[i] = handle
      ask(handle)
    else
      results[#results + 1] = told(handle)
    end
  end
  for i in ipairs(wanted) do
    if handles[i] then ask(handles[i]) end
  end
end

for _, options in ipairs(wanted) do options.timeout = options.timeout or 20 end
ways[arg[1]]()
local numbers = {}
for process in pairs(workers) do numbers[#numbers + 1] = process end
print(cjson.encode { results = results, workers = numbers })
