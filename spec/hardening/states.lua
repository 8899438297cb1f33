-- The scenarios of states.c: given a number, a function that does the next step and returns whether there are more;
-- given 0, how many scenarios there are. Every row that comes is looked at.
local smb = require "rollcall.smb"
local workspace = require "rollcall.workspace"

local function lab(name) return assert(os.getenv("LAB_" .. name)) end
local double, samba = "127.0.0.1:" .. lab "DOUBLE_PORT", "127.0.0.1:" .. lab "SAMBA_PORT"
local silent, closed = "127.0.0.1:" .. lab "SILENT_PORT", "127.0.0.1:" .. lab "CLOSED_PORT"

local function auditor(options)
  options.username, options.password, options.timeout = lab "USERNAME", lab "PASSWORD", options.timeout or 30
  return options
end

local function cloud_client()
  return workspace.client {
    endpoint = "https://127.0.0.1:" .. lab "CLOUD_PORT", ca_file = lab "CLOUD_CA_FILE", project_id = lab "CLOUD_PROJECT",
    token = lab "CLOUD_TOKEN", retries = 0,
  }
end

local function expect(what, is, should)
  if is ~= should then error(("%s is %s, and should be %s"):format(what, tostring(is), tostring(should)), 0) end
end

local function ignore() end

local scenarios = {
  -- Pages that come in order.
  function()
    local step, state = smb.connections(auditor { servername = double, qualifier = "rows-12", prefmaxlen = 300 })
    local rows = 0
    return function()
      local row = step(state)
      if not row then
        expect("the number of rows", rows, 12)
        state:close()
        state:close()
        expect("a step after the end", step(state), nil)
        return false
      end
      rows = rows + 1
      expect("a row", row.username, ("user%03d"):format(rows))
      return true
    end
  end,
  -- Many servers, with one that is silent and one that is down all the while.
  function()
    local failures = 0
    local step, state = smb.shares(auditor {
      servername = { silent, closed, double, samba }, timeout = 1, level = 1, on_error = function() failures = failures + 1 end,
    })
    local rows = 0
    return function()
      if step(state) then
        rows = rows + 1
        return true
      end
      expect("the number of shares", rows, 11)
      expect("the number of failures", failures, 2)
      return false
    end
  end,
  -- The cloud, in flight in the hands of a coroutine that is left in its loop.
  function()
    local client = cloud_client()
    local routine = coroutine.wrap(function()
      for row, user_name in client:sessions { user_name = { "rows-3", "alice", "nobody", "x;status=500", "bob" }, on_error = ignore } do
        coroutine.yield(row.id and user_name)
      end
    end)
    local rows = 0
    return function()
      if routine() then
        rows = rows + 1
        return true
      end
      expect("the number of sessions", rows, 6)
      return false
    end
  end,
  -- Everything dropped half way: nobody closes anything.
  function()
    local turns = 0
    return function()
      turns = turns + 1
      local dropped = coroutine.wrap(function()
        for row in smb.connections(auditor { servername = { double, silent }, qualifier = "rows-9", prefmaxlen = 300 }) do
          coroutine.yield(row.id)
        end
      end)
      expect("the first row", dropped(), 1)
      cloud_client():sessions { user_name = "rows-5;delay=30" }
      local step, query = cloud_client():sessions { user_name = "rows-2" }
      expect("a session", type(step(query)), "table")
      return turns < 2
    end
  end,
  -- A handle: pages, an iterator over it that is broken off, a call that is abandoned, and the handle used after it was closed.
  function()
    local server = smb.server(auditor { servername = double })
    local turns = 0
    return function()
      turns = turns + 1
      expect("entries", #server:share_page { level = 1 }.entries, 8)
      for row in server:connections { qualifier = "rows-9", prefmaxlen = 300 } do
        if row.id == 4 then break end
      end
      local step, state = server:connections { qualifier = "rows-9", prefmaxlen = 300 }
      expect("an id", step(state).id, 1)
      expect("entries", #server:share_page { level = 1 }.entries, 8)
      if turns < 3 then return true end
      server:close()
      server:close()
      expect("a page after close", (pcall(server.share_page, server)), false)
      -- What it has in hand, and then an error: not an end, as if there were no more.
      expect("the rows after close", (pcall(function() while step(state) do end end)), false)
      return false
    end
  end,
  -- The combined view, its rows kept; and errors with tables in them.
  function()
    local step, state = smb.rollcall(auditor { servername = double })
    local kept = {}
    return function()
      local row = step(state)
      if row then
        kept[#kept + 1] = row
        return true
      end
      expect("the number of rows", #kept, 7)
      for _, each in ipairs(kept) do expect("servername", each.servername, double) end
      local ran, failure = pcall(smb.connection_page, auditor { servername = closed, qualifier = "x" })
      expect("a page of nobody", ran, false)
      expect("its failure", failure.name, "ERROR_CONNECTION_REFUSED")
      return false
    end
  end,
}

local number = ...
if number == 0 then return #scenarios end
return scenarios[number]()
