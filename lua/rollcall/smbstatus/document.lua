--- The JSON of smbstatus: what of it is taken, value by value. Its forms differ: that of 4.17 has no times of sessions, and later ones have.
local cjson = require "cjson"
local memory = require "rollcall.internal.memory"
local session = require "rollcall.workspace.session"
local sorted = require "rollcall.internal.sorted"
local text = require "rollcall.internal.text"

local document = {}

-- What a decoded table and a value in it take at most, in bytes.
local TABLE_SIZE, VALUE_SIZE = 120, 100
local DEEPEST = 32
local LARGEST_EXACT = 2 ^ 53

---@class rollcall.smbstatus.session
---@field id? string
---@field process? string  the server_id of the smbd that serves it
---@field username? string
---@field uid? string
---@field client? string
---@field address? string
---@field since? integer
---@field dialect? string
---@field encryption? string
---@field encryption_cipher? string
---@field signing? string
---@field signing_cipher? string

---@class rollcall.smbstatus.tcon: rollcall.smbstatus.session
---@field tcon_id? integer
---@field share? string
---@field session_id? string

---@class rollcall.smbstatus.open
---@field pathname? string
---@field process? string
---@field uid? string
---@field username? string
---@field permissions? integer
---@field share_file_id? string
---@field since? integer
---@field is_listed? boolean  opened before the sessions and the connections were listed

---@class rollcall.smbstatus.document
---@field taken_at? integer  in seconds since 1970
---@field sessions? rollcall.smbstatus.session[]  nil: the JSON has none, not even an empty list
---@field tcons? rollcall.smbstatus.tcon[]
---@field opens? rollcall.smbstatus.open[]
---@field claimed table<"sessions"|"tcons"|"opens", integer>
---@field problem? string  the first value that is none

---Values of an entry by their names; what is of another type is nil, and noted.
local reader = {}
local reader_metatable = { __index = reader }

---@param value any
---@param name string
---@param wanted string
function reader:refuse(value, name, wanted)
  if value == nil or value == cjson.null or self.noted.problem then return nil end
  local found = type(value) == "table" and (#value > 0 and "list" or "object") or type(value)
  self.noted.problem = ("%s: %s is of type %s, not %s"):format(self.where, name, found, wanted)
end

---@return string?  nil also for an empty one
function reader:text(name)
  local value = self.entry[name]
  if type(value) ~= "string" then return self:refuse(value, name, "text") end
  return value ~= "" and text.valid(value) or nil
end

---An unsigned number that need not fit into 64 bits: digits, in text or not.
---@return string?
function reader:number(name)
  local value = self.entry[name]
  local integer = type(value) == "number" and math.abs(value) < LARGEST_EXACT and math.tointeger(value)
  if integer and integer >= -1 then return ("%d"):format(integer) end
  if type(value) == "string" and value:find "^%d+$" and #value <= 20 then return value end
  return self:refuse(value, name, "a number that is exact")
end

---@return table?  a reader of the object there
function reader:object(name)
  local value = self.entry[name]
  if type(value) ~= "table" or #value > 0 then return self:refuse(value, name, "an object") end
  return setmetatable({ entry = value, where = self.where .. ", " .. name, noted = self.noted }, reader_metatable)
end

---Such as `2026-11-21T16:13:18.972730+00:00`.
---@return integer? seconds  since 1970
---@return string? exact  to compare with others
function reader:time(name)
  local value = self:text(name)
  if not value then return nil end
  local when, fraction, sign, hours, minutes = value:match "^([%d%-]+T[%d:]+)%.?(%d*)([+-])(%d%d):?(%d%d)$"
  if not when then when, fraction = value:match "^([%d%-]+T[%d:]+)%.?(%d*)Z$" end
  local offset = sign and (math.tointeger(hours) * 3600 + math.tointeger(minutes) * 60) * (sign == "-" and -1 or 1) or 0
  local seconds = when and session.epoch(when, offset)
  if not seconds then return self:refuse(value, name, "a time") end
  if seconds <= 0 then return nil end
  return seconds, ("%020d.%s%s"):format(seconds, fraction:sub(1, 6), ("0"):rep(6 - #fraction))
end

---@return string?  nil where it does not say which smbd it is
local function process_of(entry)
  local server = entry:object "server_id"
  if not server then return nil end
  local parts = {}
  for i, name in ipairs { "pid", "task_id", "vnn", "unique_id" } do
    parts[i] = server:number(name)
    if not parts[i] then return nil end
  end
  return table.concat(parts, "/")
end

---@return string? degree  "none", "partial", "full" or "anonymous"
---@return string? cipher
local function protection_of(entry, name)
  local protection = entry:object(name)
  if not protection then return nil end
  local cipher = protection:text "cipher"
  return protection:text "degree", cipher ~= "-" and cipher or nil
end

local function protect(row, entry)
  row.encryption, row.encryption_cipher = protection_of(entry, "encryption")
  row.signing, row.signing_cipher = protection_of(entry, "signing")
  return row
end

---@return string?  of `ipv4:10.0.0.5:50312`
local function address_of(host)
  return host and (host:match "^ipv4:([%d%.]+):%d+$" or host:match "^ipv6:(.+):%d+$")
end

-- What a session has for a user until it is logged on.
local NOBODY = { ["-1"] = true, ["4294967295"] = true }

local function session_of(entry)
  local uid = entry:number "uid"
  local username = entry:text "username"
  return protect({
    id = entry:number "session_id", process = process_of(entry), uid = uid, username = not NOBODY[uid] and username or nil,
    client = entry:text "remote_machine", address = address_of(entry:text "hostname"), since = entry:time "creation_time",
    dialect = entry:text "session_dialect",
  }, entry)
end

local function tcon_of(entry)
  local id = math.tointeger(tonumber(entry:number "tcon_id"))
  return protect({
    tcon_id = id and id >= 0 and id <= 0xFFFFFFFF and id or nil, share = entry:text "service", process = process_of(entry),
    session_id = entry:number "session_id", client = entry:text "machine", since = entry:time "connected_at",
  }, entry)
end

local READ_DATA, WRITE_DATA, APPEND_DATA = 1, 2, 4
local MAY_READ, MAY_WRITE = 1, 2

local function permissions_of(entry)
  local mask = entry:object "access_mask"
  local hexadecimal = mask and mask:text "hex"
  local bits = hexadecimal and hexadecimal:find "^0x%x+$" and #hexadecimal <= 10 and math.tointeger(tonumber(hexadecimal))
  if not bits then return nil end
  return (bits & READ_DATA ~= 0 and MAY_READ or 0) | (bits & (WRITE_DATA | APPEND_DATA) ~= 0 and MAY_WRITE or 0)
end

local function open_of(entry, pathname, taken_exactly)
  local since, exact = entry:time "opened_at"
  return {
    pathname = pathname, process = process_of(entry), uid = entry:number "uid", username = entry:text "username",
    permissions = permissions_of(entry), share_file_id = entry:number "share_file_id", since = since,
    is_listed = exact ~= nil and taken_exactly ~= nil and exact <= taken_exactly,
  }
end

local function pathname_of(file)
  local folder, name = file:text "service_path", file:text "filename"
  if not (folder and name) then return nil end
  return folder .. (folder:find "/$" and "" or "/") .. name
end

-- Bytes of a text of any length that a message is made of.
local LONGEST_SHOWN = 300

local function shown(value)
  return text.fit(text.printable(text.valid(value)), 60)
end

---Calls a function with a reader of each member of an object; the others are noted.
---@return integer? count  nil if there is no such object
local function each(parent, name, f)
  local section = parent:object(name)
  if not section then return nil end
  local keys = sorted.keys(section.entry)
  for _, key in ipairs(keys) do
    section.where = ("%s '%s'"):format(name, shown(key:sub(1, LONGEST_SHOWN)))
    local entry = section:object(key)
    if entry then
      entry.where = section.where
      f(entry, key)
    elseif section.entry[key] == cjson.null then
      parent.noted.problem = parent.noted.problem or section.where .. " is null"
    end
  end
  return #keys
end

local function list_of(root, name, make)
  local list = {}
  local count = each(root, name, function(entry) list[#list + 1] = make(entry) end)
  if count then return list, count end
end

local function opens_of(root, taken_exactly)
  local list, claimed = {}, 0
  local found = each(root, "open_files", function(file, key)
    local pathname = pathname_of(file) or text.valid(key)
    local count = each(file, "opens", function(entry) list[#list + 1] = open_of(entry, pathname, taken_exactly) end)
    if not count then root.noted.problem = root.noted.problem or file.where .. ": opens is missing" end
    claimed = claimed + (count or 1)
  end)
  if found then return list, claimed end
end

---Whether what is decoded may take more memory than there is for rows.
local function is_too_dense(content)
  local needed = 0
  for pattern, size in pairs { ["[%[{]"] = TABLE_SIZE, [","] = VALUE_SIZE } do
    local position = content:find(pattern)
    while position do
      needed = needed + size
      if needed > memory.LIMIT * 1024 then return true end
      position = content:find(pattern, position + 1)
    end
  end
  return false
end

---@param content string
---@return rollcall.smbstatus.document?
---@return { code: string, message: string }?
function document.read(content)
  if is_too_dense(content) then
    local message = ("the JSON would take more memory than %s, and nothing of it is taken"):format(memory.said())
    return nil, { code = "TOO_LARGE", message = message }
  end
  local decoder = cjson.new()
  decoder.decode_max_depth(DEEPEST)
  decoder.decode_invalid_numbers(false)
  local decoded, root = pcall(decoder.decode, content)
  if not decoded then
    local start = shown(content:sub(1, LONGEST_SHOWN):match "[^\r\n]+" or "")
    local said = content:find "%S" and ("the output is not JSON, or was cut: %s; it begins with '%s'"):format(root, start)
      or "there is no output"
    return nil, { code = "INVALID_JSON", message = said }
  end
  local noted = {}
  local its_reader = setmetatable({ entry = root, where = "the JSON", noted = noted }, reader_metatable)
  local is_status = type(root) == "table" and (root.sessions or root.tcons or root.open_files)
  if not is_status then
    local message = "the JSON has no sessions, no tcons and no open_files: is it that of smbstatus --json?"
    return nil, { code = "NOT_SMBSTATUS", message = message }
  end
  local taken_at, taken_exactly = its_reader:time "timestamp"
  local result, claimed = { taken_at = taken_at }, {}
  result.sessions, claimed.sessions = list_of(its_reader, "sessions", session_of)
  result.tcons, claimed.tcons = list_of(its_reader, "tcons", tcon_of)
  result.opens, claimed.opens = opens_of(its_reader, taken_exactly)
  result.claimed, result.problem = claimed, noted.problem
  return result
end

return document
