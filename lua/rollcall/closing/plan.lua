--- What is to be closed: of what a server or a service lists, or of the findings of a check.
local cjson = require "cjson"
local endpoint = require "rollcall.workspace.endpoint"
local json = require "rollcall.internal.json_text"
local names = require "rollcall.smb.names"
local options = require "rollcall.internal.options"
local servernames = require "rollcall.internal.servernames"
local scan = require "rollcall.closing.scan"
local system = require "rollcall.system"
local workspace_scan = require "rollcall.closing.workspace_scan"

local plan = {}

---@class rollcall.closing.planned
---@field wanted rollcall.closing.wanted
---@field own? boolean  it may be rollcall's own logon
---@field num_opens? integer  of a session
---@field machine_name? string  of a Workspace session that was listed
---@field state? string  likewise: its `session_state`
---@field origin? string  of a Workspace session that a finding is about: the region or endpoint
---@field rule? string  whose finding it is
---@field message? string  of that

local LARGEST_FINDINGS = 64 * 1024 * 1024

---@param wanted rollcall.closing.wanted
---@param more table
local function key_of(wanted, more)
  local parts = { wanted.kind, wanted.servername, wanted.id }
  if wanted.kind == "session" then
    parts = { wanted.kind, wanted.servername, names.key(wanted.client), names.key(wanted.username) }
  elseif wanted.kind == "workspace_session" then
    parts = { wanted.kind, more.origin, wanted.project_id, wanted.id, wanted.start_time, wanted.login_user }
  end
  return table.concat(parts, "\0")
end

---Joins sessions of a user from a computer, which the call knows as one.
local function collector()
  local list, found = {}, {}
  return list, function(wanted, more)
    local key = key_of(wanted, more)
    local planned = found[key]
    if not planned then
      planned = options.merged(more, { wanted = wanted })
      found[key], list[#list + 1] = planned, planned
      return
    end
    if wanted.kind ~= "session" then return end
    -- A finding of each of two rules may be about one session. One whose beginning is not known cannot be distinguished from others.
    local since, of_other_rule = planned.wanted.since, more.rule and planned.rule ~= more.rule
    for _, one in ipairs(since and wanted.since or {}) do
      if not (of_other_rule and scan.has(since, one)) then since[#since + 1] = one end
    end
    if not wanted.since then planned.wanted.since = nil end
    planned.own = planned.own or more.own
    planned.num_opens = planned.num_opens and more.num_opens and planned.num_opens + more.num_opens
  end
end

---What a server lists, as far as it fits. Raises what keeps from seeing all of it.
---@param server rollcall.smb.server
---@param kind "session"|"file"
---@param filter table  as of `smb.sessions` and `smb.files`, and `ids` of files
---@return rollcall.closing.planned[]
function plan.of_server(server, kind, filter)
  local list, add = collector()
  local servername = server.target.servername
  scan.each(server, kind, { client = filter.client, username = filter.username, basepath = filter.basepath }, function(row)
    if kind == "session" then
      if not (row.username and row.client) then error("the server does not say whose its sessions are, or from where", 0) end
      add({ kind = kind, servername = servername, client = row.client, username = row.username, since = row.since and { row.since } },
        { own = scan.may_be_own(server, kind, row), num_opens = row.num_opens })
    elseif not filter.ids or filter.ids[row.id] then
      add({ kind = kind, servername = servername, id = row.id, pathname = row.pathname, username = row.username },
        { own = scan.may_be_own(server, kind, row) })
    end
  end)
  return list
end

---@param row rollcall.workspace.session
---@param filter table
local function is_chosen(row, filter)
  if filter.ids and not filter.ids[row.id] then return false end
  if not filter.client then return true end
  for _, client in pairs { row.client_name, row.client_ip } do
    if names.key(client) == names.key(filter.client) then return true end
  end
  return false
end

---The sessions of users that a service lists, as far as they fit. Raises that the credentials are refused.
---@param client rollcall.workspace.client
---@param user_names string[]
---@param filter table  `client`, a name or an address, and `ids`
---@param fail fun(problem: any)  gets, for each user of whom not all could be seen, why
---@return rollcall.closing.planned[]
function plan.of_service(client, user_names, filter, fail)
  local list, is_listed, is_without = {}, {}, {}
  workspace_scan.each(client, user_names, function(row, user_name)
    if not row.id then
      if not is_without[user_name] then fail(("%s: %s"):format(user_name, workspace_scan.WITHOUT_ID)) end
      is_without[user_name] = true
    elseif not is_listed[row.id] and is_chosen(row, filter) then
      is_listed[row.id] = true
      list[#list + 1] = {
        wanted = {
          kind = "workspace_session", servername = client:host(), project_id = client:project_id(), id = row.id, user_name = user_name,
          login_user = row.login_user, start_time = row.start_time,
        },
        machine_name = row.machine_name, state = row.session_state,
      }
    end
  end, fail)
  return list
end

local name = options.text(1024)
local specifications = {
  session = { servername = servernames.check, client = name, username = name, since = options.integer(0, 2 ^ 53 | 0) },
  file = {
    servername = servernames.check, id = options.integer(0, 0xFFFFFFFF), pathname = options.text(65536),
    username = options.text(1024, 0),
  },
  workspace_session = {
    origin = name, project_id = endpoint.check_project_id, id = options.text(64), user_name = name, login_user = name,
    start_time = options.text(64),
  },
}

---@return rollcall.closing.wanted?
---@return string? problem
local function wanted_of(row, row_kind)
  local kind = row_kind == "session" and "workspace_session" or type(row) == "table" and row.id and "file" or "session"
  local checked, problem = options.checked(row, specifications[kind])
  if not checked then return nil, problem end
  local missing = {}
  for option in pairs(specifications[kind]) do
    if checked[option] == nil and not (kind == "file" and option ~= "id" and option ~= "servername") then missing[#missing + 1] = option end
  end
  table.sort(missing, system.text_less)
  if missing[1] then return nil, missing[1] .. " is missing" end
  checked.kind = kind
  if kind == "session" then checked.since = { checked.since } end
  if checked.servername then checked.servername = servernames.shown(checked.servername) end
  return checked
end

local function list_of(value)
  return type(value) == "table" and value or {}
end

---What the JSON of `rollcall check --format json` is about, but for what is waived. Of Workspace `origin` says which service it is.
---@param text string
---@return rollcall.closing.planned[]?
---@return integer|string others  findings that are about no one session or file; or what is wrong
---@return integer? unheld  violations that the check counted, and of which it gave no finding
function plan.of_findings(text)
  if #text > LARGEST_FINDINGS then return nil, "is larger than 64 MiB" end
  local decoded, document = pcall(cjson.decode, text)
  if not decoded or type(document) ~= "table" or document.schema ~= json.SCHEMA or document.kind ~= "check"
    or not list_of(document.rules)[1] then
    return nil, "is not what 'rollcall check --format json' prints"
  end
  local list, add = collector()
  local others, unheld = 0, 0
  for _, rule in ipairs(list_of(document.rules)) do
    local violations = math.tointeger(list_of(rule).violations) or 0
    unheld = unheld + math.max(0, violations - #list_of(list_of(rule).findings))
    for i, finding in ipairs(list_of(list_of(rule).findings)) do
      local row = list_of(finding).row
      if row == nil or row == cjson.null then
        others = others + 1
      else
        local wanted, problem = wanted_of(row, finding.kind)
        if not wanted then return nil, ("finding %d of the rule '%s': %s"):format(i, tostring(rule.id), problem) end
        local origin = wanted.origin
        wanted.origin = nil
        add(wanted, { origin = origin, rule = type(rule.id) == "string" and rule.id or nil,
          message = type(finding.message) == "string" and finding.message or nil })
      end
    end
  end
  return list, others, unheld
end

return plan
