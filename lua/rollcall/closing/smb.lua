--- How sessions and files of SMB servers are looked for and closed.
local closing = require "rollcall.smb.closing"
local scan = require "rollcall.closing.scan"

-- Of these the server may have done what it was asked, whatever we heard.
local ERROR_NETNAME_DELETED, ERROR_SEM_TIMEOUT, ERROR_PROCESS_ABORTED = 64, 121, 1067
local RPC_S_PROTOCOL_ERROR, RPC_X_BAD_STUB_DATA = 1728, 1783
local is_unclear = {
  [ERROR_NETNAME_DELETED] = true, [ERROR_SEM_TIMEOUT] = true, [ERROR_PROCESS_ABORTED] = true, [RPC_S_PROTOCOL_ERROR] = true,
  [RPC_X_BAD_STUB_DATA] = true,
}

local function way(particulars)
  particulars.shortest_rest, particulars.wait = 0.05, 5
  particulars.look, particulars.change, particulars.found = scan.look, scan.change, scan.found
  particulars.remaining, particulars.also_gone = scan.remaining, scan.also_gone
  function particulars.servername(server) return server.target.servername end
  function particulars.logon(server)
    local target = server.target
    if target.username == "" then return nil end
    return target.domain ~= "" and target.domain .. "\\" .. target.username or target.username
  end
  function particulars.is_refusal(failure)
    return type(failure) == "table" and failure.stage == "call" and not is_unclear[failure.code]
  end
  return particulars
end

---@type table<"session"|"file", rollcall.closing.way>
return {
  session = way {
    call = "NetrSessionDel",
    close = function(server, seen)
      local called = {}
      for _, row in ipairs(seen.rows) do
        if not called[row.username] then
          called[row.username] = true
          closing.session(server.handle, server.target, "\\\\" .. row.client, row.username)
        end
      end
    end,
    returned = function(after)
      return #after.rows > 0 and "the same user has connected again from the same computer" or nil
    end,
  },
  file = way {
    call = "NetrFileClose",
    close = function(server, seen) closing.file(server.handle, server.target, seen.rows[1].id) end,
  },
}
