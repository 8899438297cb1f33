--- What the blocks of an inventory take, field by field.
local declaration = require "rollcall.internal.declaration"
local options = require "rollcall.internal.options"
local servernames = require "rollcall.internal.servernames"
local shard = require "rollcall.internal.shard"
local smbstatus = require "rollcall.smbstatus.settings"
local user_names = require "rollcall.workspace.user_names"

local blocks = {}

---Where a secret is, instead of the secret.
---@class rollcall.inventory.reference
---@field how "env"|"file"|"command"  which kind of place
---@field what string  the variable, the path or the command
---@field place string  FILE:LINE
local reference_metatable = { __name = "rollcall.inventory.reference", __metatable = false }

local is_reference = setmetatable({}, { __mode = "k" })

---@param how "env"|"file"|"command"
---@param what string
---@param place string
---@return rollcall.inventory.reference
function blocks.reference(how, what, place)
  local made = setmetatable({ how = how, what = what, place = place }, reference_metatable)
  is_reference[made] = true
  return made
end

---@param value any
---@return boolean
function blocks.is_reference(value) return is_reference[value] == true end

local REFERENCE = 'env "NAME", file "PATH" or command "COMMAND"'

---A secret in an inventory is never the secret itself.
---@type rollcall.options.check
local function secret(value)
  if is_reference[value] then return value end
  return nil, ("must be %s, not the secret itself"):format(REFERENCE)
end

---@type rollcall.options.check
local function text_or_reference(value)
  if is_reference[value] then return value end
  local text, expectation = options.text(1024)(value)
  return text, expectation and type(value) ~= "string" and ("%s, %s"):format(expectation, REFERENCE) or expectation
end

local credentials_made = setmetatable({}, { __mode = "k" })

---@param checked table  the fields of a credential block
---@return table
function blocks.credential_of(checked)
  credentials_made[checked] = true
  return checked
end

local function is_credential(value)
  if credentials_made[value] then return value end
  return nil, "must be what credential { ... } gave"
end

---One name or several, each once. Where it is one it must be right; of several, each is asked for itself, and a wrong one fails then.
---@param check rollcall.options.check
---@return rollcall.options.check
local function targets(check)
  return function(value)
    if type(value) == "string" then value = { value } end
    if type(value) ~= "table" or #value == 0 then return nil, "must be a name or a list of names" end
    for i, name in ipairs(value) do
      if type(name) ~= "string" then return nil, ("must be names; number %d is a %s"):format(i, type(name)) end
    end
    local checked, expectation = check(value[1])
    if checked or value[2] then return shard.distinct(value) end
    return nil, value[1] == "" and expectation or ("%s, not %q"):format(expectation, value[1])
  end
end

local credential = { "credential", is_credential,
  "What `credential { ... }` gave, whose fields count where the block has none of its own." }

local user_fields = {
  { "username", text_or_reference,
    "For servers also `DOMAIN\\user` and `user@REALM`; your Kerberos ticket if not given. For the cloud, the IAM user." },
  { "password", secret, "The password of `username`." },
  { "domain", options.text(256),
    "For servers the domain or workgroup of the account; for the cloud the name of the account that the IAM user belongs to." },
}

local smb_credentials = {
  { "nt_hash", secret, "The NT hash of the password, instead of the password." },
  { "kerberos", options.boolean, "`true`: log on by Kerberos and nothing else." },
}

local cloud_credentials = {
  { "token", secret, "An IAM token." },
  { "ak", secret, "The access key with which each request is signed." },
  { "sk", secret, "Its secret." },
  { "security_token", secret, "Of temporary keys." },
}

---@class rollcall.inventory.block
---@field meaning string  in the Markdown of the manual
---@field fields table<string, rollcall.options.check>
---@field required string[]
---@field problem? fun(fields: table): string?, string?  what is wrong with the fields together, and with which

-- For each block: which of its fields says whom it asks, and which say what.
local asks = {
  smb = { list = "servers", same = { "query", "qualifier", "hidden", "port" } },
  workspace = { list = "users", same = { "endpoint", "region", "project_id" } },
}

---Whom of a block one before it asks the same.
---@param block string
---@param fields table
---@param place string  of the block
---@param asked table<string, string>  where each that blocks before it ask is asked; gets those of this one
---@return string? name
---@return string? earlier  where it is asked
function blocks.asked_twice(block, fields, place, asked)
  local its = asks[block]
  -- Credentials may be of a project that is not named.
  if not its or block == "workspace" and fields.project_id == nil then return nil end
  local question = { block }
  for _, field in ipairs(its.same) do
    question[#question + 1] = tostring(fields[field] == nil and field == "query" and "rollcall" or fields[field])
  end
  local same = table.concat(question, "\0")
  for _, name in ipairs(fields[its.list]) do
    local key = same .. "\0" .. shard.key(name)
    if asked[key] then return name, asked[key] end
    asked[key] = place
  end
end

---@type rollcall.inventory.block
blocks.smb = {
  meaning = "SMB servers. Blocks with the same query are asked as one, so that all their servers are asked side by side. "
    .. "Two that ask a server the same are refused: its rows would count twice.",
  fields = declaration.fields({
    { "servers", targets(servernames.check), "Names or addresses, also with `:port`. A name that is given twice is asked once." },
    { "query", options.one_of { "rollcall", "connections", "sessions", "files", "shares", "logons" },
      "What to ask; `rollcall`, the combined view, if not given." },
    { "qualifier", options.text(1024),
      'With `query = "connections"`: a share, or a computer as `\\\\NAME`; every share in turn if not given.' },
    { "hidden", options.boolean,
      'With `query = "connections"` and no qualifier: whether shares whose names end in `$` are asked for; `true` if not given.' },
    credential,
  }, user_fields, smb_credentials, {
    { "encrypt", options.boolean, "`true`: fail where the server cannot encrypt." },
    { "port", options.integer(1, 65535), "The TCP port; 445 if not given." },
    { "timeout", options.seconds, "Seconds for a logon, and for each answer; 10 if not given." },
    { "deadline", options.seconds, "Seconds for all that a server is asked; 120 if not given." },
    { "concurrency", options.integer(1, 1024), "Servers that are asked at the same time; 16 if not given." },
    { "logon_attempts", options.integer(1, 1000),
      "How often a user and password may be refused before no other server is asked with them; 1 if not given." },
    { "retry_refused", options.seconds, "Seconds for which refused credentials are not tried again; 3600 if not given." },
  }),
  required = { "servers" },
  problem = function(fields)
    for _, field in ipairs { "qualifier", "hidden" } do
      if fields[field] ~= nil and fields.query ~= "connections" then
        return ('%s belongs to query = "connections"'):format(field), field
      end
    end
  end,
}

---@type rollcall.inventory.block
blocks.smbstatus = {
  meaning = "What a Samba server says of itself by `smbstatus --json`, which root runs there. Takes `command` or `file`.",
  fields = declaration.fields {
    { "server", smbstatus.specification.server, "What to call the server." },
    { "command", smbstatus.specification.command,
      "A command of the shell that prints the JSON, such as `ssh fs1 sudo smbstatus --json`. It has no terminal to ask for a password at. "
      .. "Not on Windows." },
    { "file", smbstatus.specification.file, "The path of a file with the JSON." },
    { "query", options.one_of { "rollcall", "connections", "sessions", "files" },
      "What to take of it; `rollcall`, the combined view, if not given." },
    { "deadline", smbstatus.specification.deadline, "Seconds for the command; 120 if not given." },
  },
  required = { "server" },
  problem = smbstatus.problem,
}

---@type rollcall.inventory.block
blocks.workspace = {
  meaning = "The sessions of users on the cloud desktops of Huawei Cloud Workspace. Takes `region` or `endpoint`; and for credentials "
      .. "a token, keys, or an "
    .. "IAM user, and if none is given, what Huawei's SDKs find in the environment or in `~/.huaweicloud/credentials`. "
    .. "Two that ask the same project about a user are refused.",
  fields = declaration.fields({
    { "users", targets(user_names.check), "Whose sessions to list. A name that is given twice is asked about once." },
    { "region", options.text(100), "A region's id, such as `ap-southeast-1`." },
    { "endpoint", options.text(1024), "The address of the service, `https://host`; wins over `region`." },
    { "project_id", text_or_reference, "The project." },
    credential,
  }, cloud_credentials, user_fields, {
    { "iam_endpoint", options.text(1024), "Where tokens come from; the region's IAM if not given." },
    { "ca_file", options.text(4096), "Certificates to trust, PEM, and no others." },
    { "proxy", options.text(1024), "The proxy, as curl takes it." },
    { "timeout", options.seconds, "Seconds for one attempt; 30 if not given." },
    { "deadline", options.seconds, "Seconds for a user with all attempts and the pauses between them; 120 if not given." },
    { "retry_refused", options.seconds, "Seconds for which refused credentials are not tried again; 3600 if not given." },
    { "concurrency", options.integer(1, 1024), "Requests in flight; 32 if not given." },
  }),
  required = { "users" },
  problem = function(fields)
    if not (fields.region or fields.endpoint) then return "region or endpoint is missing" end
  end,
}

---@type rollcall.inventory.block
blocks.credential = {
  meaning = "Makes credentials that several blocks may share. It names no source itself.",
  fields = declaration.fields(user_fields, smb_credentials, cloud_credentials, {
    { "authentication_file", options.text(4096),
      "A file with lines `username =`, `password =` and `domain =`, as for smbclient; refused if others can read it. It "
      .. "counts where a field is not given." },
  }),
  required = {},
}

return blocks
