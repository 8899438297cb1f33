--- Lua files that declare something, and can do nothing else: no files, no programs, no modules, no
-- bytecode, and bounds on instructions, memory and time.
--
-- A file is run in a Lua state of its own. What it hands to the vocabulary is copied, and a function
-- of it becomes a function that calls it within the bounds, and raises what it raises. Tables that
-- such a function is called with can be read there, and not changed.
local suggestion = require "rollcall.internal.suggestion"
local system = require "rollcall.system"

local sandbox = {}

---How much a call into a sandbox may take, and how much memory a sandbox has in all.
sandbox.INSTRUCTIONS = 10000000
sandbox.BYTES = 64 * 1024 * 1024

---Adds to a complaint about a word that is not there the one that was probably meant.
local function with_suggestion(problem, vocabulary)
  local word, parent = problem:match "there is no '([%w_]+)' in '([%w_]+)'$"
  word = word or problem:match "'([%w_]+)' is not available in [%l ]+$"
  return word and problem .. suggestion(word, parent and vocabulary[parent] or vocabulary) or problem
end

---Runs a text as a chunk that sees the vocabulary and the harmless part of Lua's library.
---@param text string
---@param name string  for messages: `name:LINE: ...`
---@param vocabulary table<string, function|table<string, function>>  called with the line, and what the file says
---@param where string  what such files are called, for messages
---@return boolean? ran
---@return string? problem
function sandbox.run(text, name, vocabulary, where)
  if text:find "^\27" then return nil, name .. ": is Lua bytecode; it must be text" end
  local ran, problem = system.run_sandboxed(text, "@" .. name, vocabulary, where, sandbox.INSTRUCTIONS, sandbox.BYTES)
  if ran then return true end
  return nil, with_suggestion(problem, vocabulary)
end

-- The upvalues of a function that calls one of a sandbox.
local LABEL, LAST_LINE = 3, 4

---Names a function that a file declared, for the message with which the program ends where it cannot be stopped.
---@param f function
---@param name string
---@return integer first_line  of it, in the file
---@return integer last_line
function sandbox.name(f, name)
  local _, label = debug.getupvalue(f, LABEL)
  local _, last_line = debug.getupvalue(f, LAST_LINE)
  debug.setupvalue(f, LABEL, ("%s (%s)"):format(name, label))
  return math.tointeger(tonumber(label:match "(%d+)$")), last_line
end

---@param path string
---@return string? text
---@return string? problem
function sandbox.read(path)
  local file, problem = io.open(path, "rb")
  if not file then return nil, problem end
  local text = file:read(1048577)
  file:close()
  if not text then return nil, path .. ": is empty or no file" end
  if #text > 1048576 then return nil, path .. ": is larger than 1 MiB" end
  return text
end

return sandbox
