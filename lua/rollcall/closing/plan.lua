--- What is to be closed: of what a server lists, or of the findings of a check.
local cjson = require "cjson"
local json = require "rollcall.internal.json_text"
local names = require "rollcall.smb.names"
local options = require "rollcall.internal.options"
local scan = require "rollcall.closing.scan"
local target = require "rollcall.smb.target"

local plan = {}

---@class rollcall.closing.planned
---@field wanted rollcall.closing.wanted
---@field own? boolean  it may be rollcall's own logon
---@field num_opens? integer  of a session
---@field rule? string  whose finding it is
---@field message? string  of that

local LARGEST_FINDINGS = 64 * 1024 * 1024

local function key_of(servername, client, username)
  return table.concat({ servername, names.key(client), names.key(username) }, "\0")
end

---Joins sessions of a user from a computer, which the call knows as one.
local function collector()
  local list, found = {}, {}
  return list, function(wanted, more)
    local key = wanted.kind == "session" and key_of(wanted.servername, wanted.client, wanted.username)
      or wanted.servername .. "\0" .. wanted.id
    local planned = found[key]
    if not planned then
      planned = options.merged(more, { wanted = wanted })
      found[key], list[#list + 1] = planned, planned
      return
    end
    if wanted.kind == "file" then return end
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

local name = options.text(1024)
local specifications = {
  session = { servername = target.check_servername, client = name, username = name, since = options.integer(0, 2 ^ 53 | 0) },
  file = {
    servername = target.check_servername, id = options.integer(0, 0xFFFFFFFF), pathname = options.text(65536),
    username = options.text(1024, 0),
  },
}

---@return rollcall.closing.wanted?
---@return string? problem
local function wanted_of(row)
  local kind = type(row) == "table" and row.id and "file" or "session"
  local checked, problem = options.checked(row, specifications[kind])
  if not checked then return nil, problem end
  for option in pairs(specifications[kind]) do
    if checked[option] == nil and not (kind == "file" and option ~= "id" and option ~= "servername") then
      return nil, option .. " is missing"
    end
  end
  checked.kind = kind
  if kind == "session" then checked.since = { checked.since } end
  return checked
end

local function list_of(value)
  return type(value) == "table" and value or {}
end

---What the JSON of `rollcall check --format json` is about, but for what is waived.
---@param text string
---@return rollcall.closing.planned[]?
---@return integer|string others  findings that are about no one session or file; or what is wrong
function plan.of_findings(text)
  if #text > LARGEST_FINDINGS then return nil, "is larger than 64 MiB" end
  local decoded, document = pcall(cjson.decode, text)
  if not decoded or type(document) ~= "table" or document.schema ~= json.SCHEMA or document.kind ~= "check" then
    return nil, "is not what 'rollcall check --format json' prints"
  end
  local list, add = collector()
  local others = 0
  for _, rule in ipairs(list_of(document.rules)) do
    for i, finding in ipairs(list_of(list_of(rule).findings)) do
      local row = list_of(finding).row
      if row == nil or row == cjson.null then
        others = others + 1
      else
        local wanted, problem = wanted_of(row)
        if not wanted then return nil, ("finding %d of the rule '%s': %s"):format(i, tostring(rule.id), problem) end
        wanted.servername = target.shown(wanted.servername)
        add(wanted, { rule = type(rule.id) == "string" and rule.id or nil,
          message = type(finding.message) == "string" and finding.message or nil })
      end
    end
  end
  return list, others
end

return plan
