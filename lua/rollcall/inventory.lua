--- A Lua file that names the targets: servers, desktops, snapshots, and rows of one's own; and asks
--- them all. The words of such a file are in `meta/inventory.lua`.
local system = require "rollcall.system"
local blocks = require "rollcall.inventory.blocks"
local credentials = require "rollcall.internal.credentials"
local declaration = require "rollcall.internal.declaration"
local name_lines = require "rollcall.internal.name_lines"
local options = require "rollcall.internal.options"
local presence = require "rollcall.presence"
local sandbox = require "rollcall.internal.sandbox"
local side_by_side = require "rollcall.internal.side_by_side"
local sources = require "rollcall.inventory.sources"

---@class rollcall.inventory_module
local inventory = {}

---An inventory that was read.
---@class rollcall.inventory
---@field name string  the file's
---@field sources rollcall.inventory.source[]  what it names, in its order
---@field normalize_user? fun(account: string): string?  makes the user of an account
---@field utc_offset? integer  seconds that the times of Workspace are ahead of UTC
---@field shard? string  the part of its targets that this is, as `2/4`; absent: all

---@class rollcall.inventory.source
---@field block "smb"|"smbstatus"|"workspace"|"snapshot"|"rows"  the word that declares it
---@field fields table  what the block says
---@field place? string  FILE:LINE, of blocks that ask something

local function reference(place, how)
  return function(what)
    local checked, expectation = options.text(4096)(what)
    if not checked then place:fail(nil, ("%s %s"):format(how, expectation)) end
    return blocks.reference(how, checked, ("%s:%d"):format(place.name, place.line))
  end
end

---Fetches a secret.
---
---Raises, as text, that it cannot be fetched; never what it is.
---@param value any  a reference to a secret, or anything else
---@return any  the secret; what is no reference, as it is
function inventory.resolve(value)
  if not blocks.is_reference(value) then return value end
  local found, problem
  if value.how == "env" then
    found, problem = os.getenv(value.what), ("the environment variable %s is not set"):format(value.what)
  elseif value.how == "file" then
    found, problem = system.read_private_file(value.what)
    found = found and found:gsub("\r?\n$", "")
  else
    found, problem = credentials.from_command(value.what)
  end
  if not found then error(("%s: %s: %s"):format(value.place, value.how, problem), 0) end
  return found
end

local function vocabulary_of(place, gathered)
  local name, asked = place.name, {}
  local words = {
    env = reference(place, "env"), file = reference(place, "file"), command = reference(place, "command"),
    credential = function(given)
      return blocks.credential_of(place:block("credential", given, blocks.credential.fields))
    end,
    normalize_user = function(rule)
      if not options.callable(rule) then place:fail(nil, "normalize_user takes a function") end
      if gathered.normalize_user then place:fail(nil, "normalize_user is declared already") end
      place:check_function("normalize_user", rule)
      local line = place.line
      gathered.normalize_user = function(account)
        local ran, user = pcall(rule, account)
        if not ran then declaration.raise(user) end
        if user == nil or type(user) == "string" then return user end
        declaration.raise(("%s:%d: normalize_user: returned a %s for the account '%s'; it must return a string or nil"):format(
          name, line, type(user), account))
      end
    end,
    utc_offset = function(seconds)
      local checked, expectation = options.integer(-86400, 86400)(seconds)
      if not checked then place:fail(nil, "utc_offset " .. expectation) end
      gathered.utc_offset = checked
    end,
    lines = function(path)
      local checked, expectation = options.text(4096)(path)
      if not checked then place:fail(nil, "lines " .. expectation) end
      local names, problem = name_lines.read(checked)
      if not names then place:fail(nil, "lines: " .. problem) end
      return names
    end,
    snapshot = function(path)
      local checked, expectation = options.text(4096)(path)
      if not checked then place:fail(nil, "snapshot " .. expectation) end
      table.insert(gathered.sources, { block = "snapshot", fields = { path = checked } })
    end,
    rows = function(given)
      if type(given) ~= "table" then place:fail(nil, "rows takes a table") end
      local kind, expectation = options.text(50)(given.kind)
      if not kind then place:fail("kind", "rows: kind " .. expectation) end
      if not kind:find "^%l[%l_]*$" or sources.reserved[kind] then
        place:fail("kind", "rows: kind must be a word of its own, such as badge")
      end
      local near = presence.kind_problem(kind)
      if near then place:fail("kind", "rows: " .. near) end
      for i, row in ipairs(given) do
        if type(row) ~= "table" then place:fail(nil, ("rows: row %d is not a table"):format(i)) end
      end
      table.insert(gathered.sources, { block = "rows", fields = given })
    end,
  }
  for _, block in ipairs { "smb", "smbstatus", "workspace" } do
    words[block] = function(given)
      local checked = place:block(block, given, blocks[block].fields, blocks[block].required)
      local problem, field = blocks[block].problem(checked)
      if problem then place:fail(field, ("%s: %s"):format(block, problem)) end
      local its_place = ("%s:%d"):format(place.name, place.line)
      local twice, earlier = blocks.asked_twice(block, checked, its_place, asked)
      if twice then
        place:fail(nil, ("%s: the block at %s asks '%s' the same, whose rows would count twice"):format(block, earlier, twice))
      end
      table.insert(gathered.sources, { block = block, fields = checked, place = its_place })
    end
  end
  return place:words(words)
end

---Reads an inventory from a text. Raises nothing.
---@param text string  what the file holds
---@param name string  of the file, for messages
---@return rollcall.inventory?  nil where there is an error
---@return string? problem  with file, line and field
function inventory.parse(text, name)
  local gathered = { name = name, sources = {} }
  local ran, problem = sandbox.run(text, name, vocabulary_of(declaration.of(text, name), gathered), "inventory files")
  if not ran then return nil, problem end
  if #gathered.sources == 0 then return nil, name .. ": declares no source; smb, smbstatus, workspace, snapshot and rows declare one" end
  return gathered
end

---Reads an inventory file. Raises nothing.
---@param path string  of the file, at most 1 MiB
---@return rollcall.inventory?  nil where there is an error
---@return string? problem  with file, line and field
function inventory.load(path)
  local text, problem = sandbox.read(path)
  if not text then return nil, problem end
  return inventory.parse(text, path)
end

---What is called while the rows come.
---@class rollcall.inventory.rows_options
---@field on_target? fun(outcome: rollcall.outcome)  gets the result for each target, after its last row; absent: nobody does
---@field on_error? fun(failure: rollcall.failure)  gets each failure; absent: nobody does
---@field on_wait? rollcall.on_wait  waits in place of rollcall; absent: the call blocks

---Asks all sources at once, and gives their rows as they come.
---
---     for kind, row in inventory.rows(inv, { on_target = function(outcome) print(outcome.target, outcome.completeness) end }) do
---       print(kind, row.servername, row.username)
---     end
---
---Raises what is wrong with the options, and where a secret cannot be fetched, as text. A target that fails raises nothing.
---@param inv rollcall.inventory  what to ask
---@param given? rollcall.inventory.rows_options  what to call meanwhile
---@return fun(): string?, table?  gives the next row: its kind, and a row of rollcall.smb, of rollcall.smbstatus, a rollcall.workspace.session, or a row of one's own
---@return nil
---@return nil
---@return table closing  to be closed by the loop; `close` ends what is under way
function inventory.rows(inv, given)
  given = options.check("inventory.rows", given or {},
    { on_target = options.callable, on_error = options.callable, on_wait = options.callable }, 2)
  local function ignore() end
  local on_wait, run = side_by_side.new(given.on_wait)
  local handlers = {
    on_target = given.on_target or ignore, on_error = given.on_error or ignore, on_wait = on_wait, resolve = inventory.resolve,
  }
  local running = {}
  for _, start in ipairs(sources.plan(inv)) do
    local started, one = pcall(start, handlers)
    if not started then
      for _, earlier in ipairs(running) do earlier:close() end
      error(one, 0)
    end
    running[#running + 1] = one
  end
  local step, close = run(running)
  return step, nil, nil, setmetatable({ close = close }, { __close = close })
end

return inventory
