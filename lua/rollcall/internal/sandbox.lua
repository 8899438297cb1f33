--- Lua files that declare something, and can do nothing else: no files, no programs, no modules, no
-- bytecode, and bounds on instructions and memory.
local system = require "rollcall.system"
local patterns = require "rollcall.internal.sandbox.patterns"
local weight = require "rollcall.internal.sandbox.weight"

local sandbox = {}

---How much a call into a sandbox may take.
sandbox.INSTRUCTIONS = 10000000
sandbox.BYTES = 64 * 1024 * 1024

local function copied(library, names)
  local copy = {}
  for name in names:gmatch "%S+" do copy[name] = library[name] end
  return copy
end

-- No coroutines and no pcall, in which a stopped call could go on; no table.move, which can run for
-- ever without an instruction being counted.
local function safe_string()
  local copy = copied(string, "byte char format len lower rep reverse sub upper")
  for name, guarded in pairs(patterns) do copy[name] = guarded end
  return copy
end

local function new_environment()
  return {
    assert = assert, error = error, ipairs = ipairs, next = next, pairs = pairs, select = select, tonumber = tonumber,
    tostring = tostring, type = type, _VERSION = _VERSION,
    string = safe_string(),
    table = copied(table, "concat insert pack remove sort unpack"),
    math = copied(math, "abs ceil floor fmod huge max maxinteger min mininteger modf pi tointeger type ult"),
    utf8 = copied(utf8, "char charpattern codepoint codes len offset"),
  }
end

-- Methods of strings are reached through their metatable, which belongs to the whole program.
local string_metatable = getmetatable ""
local methods_inside = safe_string()

-- For each function, the bytes its calls left behind since it was last looked at: garbage, or kept.
local left_behind = setmetatable({}, { __mode = "k" })
local stopped = setmetatable({}, { __mode = "k" })

local LOOK_AT = sandbox.BYTES // 4

local function look_at(f, bytes)
  bytes = bytes + (left_behind[f] or 0)
  if bytes > LOOK_AT then
    bytes = 0
    stopped[f] = weight.of(f, sandbox.BYTES) >= sandbox.BYTES
  end
  left_behind[f] = bytes
end

local function finished(f, methods_before, ended, bytes, ...)
  string_metatable.__index = methods_before
  if bytes > 0 then look_at(f, bytes) end
  return ended, ...
end

---Calls a function of a sandbox within the bounds, which hold for the call, and for what calls keep
---from one to the next.
---@param f function
---@param ... any
---@return boolean ended
---@return any ...  its results, or what it raised
function sandbox.call(f, ...)
  if stopped[f] then return false, "keeps too much memory from one call to the next, and was stopped" end
  local methods_before = string_metatable.__index
  string_metatable.__index = methods_inside
  return finished(f, methods_before, system.confine(sandbox.INSTRUCTIONS, sandbox.BYTES, f, ...))
end

---Runs a text as a chunk that sees the vocabulary and the harmless part of Lua's library.
---@param text string
---@param name string  for messages: `name:LINE: ...`
---@param vocabulary table<string, any>
---@return boolean? ran
---@return string? problem
function sandbox.run(text, name, vocabulary)
  local environment = new_environment()
  for word, meaning in pairs(vocabulary) do environment[word] = meaning end
  setmetatable(environment, {
    __index = function(_, word)
      error(("there is no '%s' here"):format(tostring(word)), 2)
    end,
    __metatable = false,
  })
  local chunk, problem = load(text, "@" .. name, "t", environment)
  if not chunk then return nil, problem end
  local ended, raised = sandbox.call(chunk)
  if ended then return true end
  return nil, type(raised) == "string" and raised or name .. ": raised an error that is no text"
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
