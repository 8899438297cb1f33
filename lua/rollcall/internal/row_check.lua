--- Whether a row or a result that rollcall did not make itself, but read, has values that its fields can have.
local session = require "rollcall.workspace.session"
local text = require "rollcall.internal.text"

local row_check = {}

local function is_integer(value) return math.type(value) == "integer" end
local function is_text(value) return type(value) == "string" end
local function is_boolean(value) return type(value) == "boolean" end

local function is_scalar(value)
  if type(value) == "number" then return value == value and value ~= math.huge and value ~= -math.huge end
  return type(value) == "string" or type(value) == "boolean"
end

local function is_list_of_scalars(value)
  if type(value) ~= "table" or getmetatable(value) then return false end
  local count = 0
  for _, one in pairs(value) do
    count = count + 1
    if not is_scalar(one) then return false end
  end
  return count == #value
end

local function is_list_of_texts(value)
  if not is_list_of_scalars(value) then return false end
  for _, one in ipairs(value) do
    if not is_text(one) then return false end
  end
  return true
end

local function is_plain(value) return is_scalar(value) or is_list_of_scalars(value) end

local function is_counts(value)
  if type(value) ~= "table" then return false end
  for name, count in pairs(value) do
    if not (is_text(name) and is_integer(count)) then return false end
  end
  return true
end

local function is_logon(value)
  return type(value) == "table" and is_text(value.username) and math.type(value.seconds) ~= nil and value.seconds == value.seconds
end

local words = {
  [is_integer] = "an integer", [is_text] = "text", [is_boolean] = "true or false", [is_list_of_texts] = "a list of texts",
  [is_plain] = "text, a number, true, false or a list of these", [is_counts] = "numbers by name",
  [is_logon] = "a user name and seconds",
}

local function fields(check, names, to)
  for name in names:gmatch "%S+" do to[name] = check end
  return to
end

local of_smb = { placeholder = is_boolean, files = is_list_of_texts }
fields(is_text, "servername username client share netname pathname path remark transport cname cltype_name", of_smb)
fields(is_text, "logon_domain oth_domains logon_server", of_smb)
fields(is_integer, "num_opens num_users time type id level idle_time user_flags num_locks permissions current_uses max_uses flags", of_smb)
fields(is_integer, "open_files since", of_smb)
fields(is_text, "address session_id dialect encryption encryption_cipher signing signing_cipher share_file_id sources", of_smb)
local of_session = fields(is_text, table.concat(session.fields, " ") .. " user_name origin project_id", {})
local of_others = fields(is_text, "user account origin resource client address state", fields(is_integer, "since duration idle", {}))

local known = {
  connection = of_smb, smb_session = of_smb, file = of_smb, share = of_smb, logon = of_smb, access = of_smb, session = of_session,
}

local outcome_fields = fields(is_text, "source target query qualifier project_id completeness generated_at reason",
  fields(is_integer, "claimed received", { users = is_list_of_texts, connections = is_counts, logon = is_logon }))

local function shown(value)
  if type(value) == "number" then return text.number(value) end
  if type(value) == "string" then return text.fit(text.printable(("'%s'"):format(value)), 40) end
  return type(value) == "boolean" and tostring(value) or "a " .. type(value)
end

local function problem_of(values, checks)
  for name, value in pairs(values) do
    if not is_text(name) then return ("%s is not the name of a field"):format(shown(name)) end
    local check = checks[name] or is_plain
    if not check(value) then return ("field '%s' must be %s, not %s"):format(text.printable(name), words[check], shown(value)) end
  end
end

---@param kind string
---@param row table
---@return string? problem
function row_check.problem(kind, row)
  return problem_of(row, known[kind] or of_others)
end

---@param outcome table
---@return string? problem
function row_check.outcome_problem(outcome)
  if not (outcome.target and outcome.completeness) then return "target or completeness is missing" end
  return problem_of(outcome, outcome_fields)
end

return row_check
