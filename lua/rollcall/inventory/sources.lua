--- The sources that an inventory can name: what each takes, and how it is asked.
local presence = require "rollcall.presence"
local row_check = require "rollcall.internal.row_check"
local text = require "rollcall.internal.text"
local users = require "rollcall.snapshot.users"

local sources = {}

---Kinds that rows of one's own cannot have, since they have a meaning of their own.
sources.reserved = {
  connection = true, smb_session = true, file = true, share = true, logon = true, access = true, session = true,
  snapshot = true, target = true, normalize_user = true,
  failure = true, ["end"] = true, report = true, totals = true, group = true, who = true, close = true,
}

---How many servers are asked at the same time.
sources.DEFAULT_CONCURRENCY = 16

-- For each query of an smb block: the function of rollcall.smb, and the kind of its rows.
local queries = {
  rollcall = { call = "rollcall", kind = "access" },
  connections = { call = "connections", kind = "connection", takes = { qualifier = true, hidden = true } },
  sessions = { call = "sessions", kind = "smb_session" },
  files = { call = "files", kind = "file" },
  shares = { call = "shares", kind = "share" },
  logons = { call = "logons", kind = "logon" },
}

local connect = { "username", "domain", "password", "nt_hash", "kerberos" }

---@param query? string  of an smb block
---@return string  the kind of its rows
function sources.kind_of_query(query)
  return queries[query or "rollcall"].kind
end

---The fields of a block over those of its credential, secrets fetched.
local function resolved(source, names, resolve)
  local result, from_file = {}, {}
  local fields = source.fields
  local credential = fields.credential or {}
  if credential.authentication_file then
    local problem
    from_file, problem = require("rollcall.internal.credentials").from_file(credential.authentication_file)
    if not from_file then error(("%s: %s: %s"):format(source.place, source.block, problem), 0) end
  end
  for _, name in ipairs(names) do
    local value = fields[name]
    if value == nil then value = credential[name] end
    if value == nil then value = from_file[name] end
    result[name] = resolve(value)
  end
  return result
end

local function running(step, state, close)
  return {
    step = function() return step(state) end,
    close = close,
  }
end

local smb_way = { "encrypt", "port", "timeout", "deadline", "logon_attempts", "retry_refused" }

---How to reach the servers of a block, and as whom. Raises what is wrong.
---@param block rollcall.inventory.source
---@param resolve fun(value: any): any  fetches a secret
---@return table options  as those that `smb.server` takes besides a name
function sources.connect_of(block, resolve)
  local smb = require "rollcall.smb"
  local connect_options = resolved(block, connect, resolve)
  for _, name in ipairs(smb_way) do connect_options[name] = block.fields[name] end
  local problem = smb.problem("rollcall", connect_options)
  if problem then error(("%s: smb: %s"):format(block.place, problem), 0) end
  return connect_options
end

---All blocks with the same query are one enumeration, so their servers are asked side by side.
local function start_smb(query, blocks)
  return function(handlers)
    local smb = require "rollcall.smb"
    local elements, concurrency = {}, nil
    local shared = { qualifier = blocks[1].fields.qualifier, hidden = blocks[1].fields.hidden }
    for _, block in ipairs(blocks) do
      local fields = block.fields
      local identity = sources.connect_of(block, handlers.resolve)
      for _, server in ipairs(fields.servers) do
        local element = { servername = server }
        for name, value in pairs(identity) do element[name] = value end
        elements[#elements + 1] = element
      end
      concurrency = math.max(concurrency or 0, fields.concurrency or sources.DEFAULT_CONCURRENCY)
    end
    local given = {
      servername = elements, concurrency = concurrency, on_error = handlers.on_error, on_wait = handlers.on_wait,
      on_target = function(outcome)
        outcome.query = query.kind
        handlers.on_target(outcome)
      end,
    }
    for name in pairs(query.takes or {}) do given[name] = shared[name] end
    local step, state = smb[query.call](given)
    return running(function(enumeration)
      local row = step(enumeration)
      if row then return query.kind, row end
    end, state, function() state:close() end)
  end
end

local function start_smbstatus(source)
  return function(handlers)
    local fields = source.fields
    local query = queries[fields.query or "rollcall"]
    local step, state = require("rollcall.smbstatus")[query.call] {
      server = fields.server, command = fields.command, file = fields.file, deadline = fields.deadline,
      on_error = handlers.on_error, on_wait = handlers.on_wait,
      on_target = function(outcome)
        outcome.query = query.kind
        handlers.on_target(outcome)
      end,
    }
    return running(function(reading)
      local row = step(reading)
      if row then return query.kind, row end
    end, state, function() state.close() end)
  end
end

local workspace_way = { "region", "endpoint", "iam_endpoint", "ca_file", "proxy", "timeout", "deadline", "retry_refused", "concurrency" }
local workspace_identity = { "project_id", "token", "username", "password", "domain", "ak", "sk", "security_token" }

---What a block calls its service.
---@param source rollcall.inventory.source
---@return string
function sources.origin_of(source)
  return source.fields.endpoint or source.fields.region
end

---A client of the service of a block. Raises what is wrong.
---@param source rollcall.inventory.source
---@param resolve fun(value: any): any  fetches a secret
---@return rollcall.workspace.client
function sources.client_of(source, resolve)
  local workspace = require "rollcall.workspace"
  local given = resolved(source, workspace_identity, resolve)
  for _, name in ipairs(workspace_way) do given[name] = source.fields[name] end
  given.name = source.place and text.printable(source.place)
  local problem = workspace.problem(given)
  if problem then error(("%s: workspace: %s"):format(source.place, problem), 0) end
  return workspace.client(given)
end

local function start_workspace(source)
  local fields = source.fields
  return function(handlers)
    local client, origin = sources.client_of(source, handlers.resolve), sources.origin_of(source)
    local project_id = client:project_id()
    local failures, answered = {}, 0
    local function note(failure)
      failures[#failures + 1] = failure
      handlers.on_error(failure)
    end
    local step, state, control = client:sessions {
      user_name = fields.users, on_error = note,
      on_answer = function() answered = answered + 1 end,
      on_wait = handlers.on_wait,
    }
    return running(function()
      -- Refused credentials are raised, on_error or not: they end this source and no other.
      local stepped, row, user_name = pcall(step, state, control)
      if not stepped then
        if type(row) ~= "table" then error(row, 0) end
        note(row)
        row = nil
      end
      if row then
        row.origin, row.project_id, row.user_name = origin, project_id, user_name
        return "session", row
      end
      local outcome = require "rollcall.workspace.outcome"(origin, project_id, fields.users, answered, failures)
      outcome.query = "session"
      handlers.on_target(outcome)
    end, nil, function()
      if state then state:close() end
      if client.close then client:close() end
    end)
  end
end

---@param fields table
---@param inv rollcall.inventory  its own rule for users goes before that of the snapshot
local function start_snapshot(fields, inv)
  return function(handlers)
    local opened, _, reason = require("rollcall.snapshot").open(fields.path)
    local utc_offset = opened and opened.utc_offset
    if utc_offset and utc_offset ~= (inv.utc_offset or 0) then
      reason = ("its times are %d seconds ahead of UTC, and those of the inventory %d: write utc_offset(%d) there"):format(
        utc_offset, inv.utc_offset or 0, utc_offset)
      opened:close()
      opened = nil
    end
    if not opened then
      return running(function()
        handlers.on_target { source = "snapshot", target = fields.path, completeness = "unreachable", reason = reason }
      end, nil, function() end)
    end
    local reported = false
    return running(function()
      local kind, row = opened:next()
      if kind then
        if not inv.normalize_user then users.keep(opened, kind, row) end
        if opened.generated_at and not presence.time_of(row) then presence.record_time(row, opened.generated_at) end
        return kind, row
      end
      if not reported then
        local generated_at = opened.generated_at and os.date("!%Y-%m-%dT%H:%M:%SZ", opened.generated_at)
        for _, outcome in ipairs(opened.outcomes) do
          outcome.generated_at = outcome.generated_at or generated_at
          handlers.on_target(outcome)
        end
        reported = true
      end
    end, nil, function() opened:close() end)
  end
end

local function start_rows(fields)
  return function(handlers)
    local position, received, first_problem = 0, 0, nil
    return running(function()
      while position < #fields do
        position = position + 1
        local problem = row_check.problem(fields.kind, fields[position])
        if not problem then
          received = received + 1
          return fields.kind, fields[position]
        end
        first_problem = first_problem or ("row %d: %s"):format(position, problem)
      end
      handlers.on_target {
        source = "rows", target = fields.kind, query = fields.kind, completeness = first_problem and "partial" or "complete",
        claimed = position, received = received, reason = first_problem,
      }
    end, nil, function() end)
  end
end

---What to start, given an inventory.
---@param inv rollcall.inventory
---@return (fun(handlers: table): { step: function, close: function })[]
function sources.plan(inv)
  local plan, groups = {}, {}
  for _, source in ipairs(inv.sources) do
    if source.block == "smb" then
      local fields = source.fields
      local key = table.concat({ fields.query or "rollcall", fields.qualifier or "", tostring(fields.hidden) }, "\0")
      local group = groups[key]
      if not group then
        group = {}
        groups[key] = group
        plan[#plan + 1] = start_smb(queries[fields.query or "rollcall"], group)
      end
      group[#group + 1] = source
    elseif source.block == "smbstatus" then
      plan[#plan + 1] = start_smbstatus(source)
    elseif source.block == "workspace" then
      plan[#plan + 1] = start_workspace(source)
    elseif source.block == "snapshot" then
      plan[#plan + 1] = start_snapshot(source.fields, inv)
    else
      plan[#plan + 1] = start_rows(source.fields)
    end
  end
  return plan
end

return sources
