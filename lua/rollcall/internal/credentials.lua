--- Where the command gets a user and a password from: never an argument in the open.
local system = require "rollcall.system"
local text = require "rollcall.internal.text"

local credentials = {}

local PASSWORD_VARIABLE = "ROLLCALL_PASSWORD"

local is_known = { username = true, password = true, domain = true }

---Reads a file as smbclient's `-A` does: `username = `, `password = ` and `domain = `, with the names in any
---case and with any blanks in them, the last of several; a password in `username = NAME%PASSWORD` wins.
---Lines of other kinds are passed over. The file is refused if anybody else can read it.
---@param path string
---@return { username: string?, password: string?, domain: string? }?
---@return string? problem
function credentials.from_file(path)
  local content, problem = system.read_private_file(path)
  if not content then return nil, problem end
  local found = {}
  for line in content:gmatch("[^\n]+") do
    local name, value = line:match("^[^\r%z]*"):match("^([^=]*)=[ \t]*(.*)$")
    name = name and text.lower((name:gsub("[ \t\v\f]", "")))
    if is_known[name] then found[name] = value end
  end
  if not next(found) then return nil, path .. ": has no line 'username =', 'password =' or 'domain ='" end
  local username, password = (found.username or ""):match("^([^%%]*)%%(.*)$")
  if username then found.username, found.password = username, password end
  if found.username == "" then found.username = nil end
  if found.password == "" then return nil, path .. ": the password is empty" end
  return found
end

---The first line of a command's output.
---@param command string
---@return string? password
---@return string? problem
function credentials.from_command(command)
  local pipe, problem = io.popen(command, "r")
  if not pipe then return nil, ("the password command failed: %s: %s"):format(command, problem) end
  local line = pipe:read("l")
  local succeeded, how, code = pipe:close()
  if not succeeded then
    return nil, ("the password command failed: %s (%s %d)"):format(command, how == "signal" and how or "exit code", code)
  end
  if (line or "") == "" then return nil, "the password command printed nothing: " .. command end
  return line
end

---Puts together what a command line says about the credentials: the file first, then what is said beside
---it; a password from the command, the environment, or the terminal, in this order.
---@param arguments { user: string?, auth_file: string?, password_command: string?, kerberos: boolean? }
---@return { username: string?, password: string?, domain: string?, kerberos: boolean? }?
---@return string? problem
function credentials.gather(arguments)
  local found, problem = {}
  if arguments.auth_file then
    found, problem = credentials.from_file(arguments.auth_file)
    if not found then return nil, problem end
  end
  found.username = arguments.user or found.username
  if found.password and not found.username then
    return nil, arguments.auth_file .. ": has a password, and no line 'username ='; or give -U"
  end
  found.kerberos = arguments.kerberos
  if arguments.password_command then
    found.password, problem = credentials.from_command(arguments.password_command)
    if not found.password then return nil, problem end
  end
  if found.password or not found.username then return found end
  local given = os.getenv(PASSWORD_VARIABLE)
  found.password = given ~= "" and given or nil
  -- With Kerberos there may be a ticket, so nobody is asked.
  if found.password or found.kerberos then return found end
  found.password, problem = system.ask_password(("Password for %s: "):format(found.username))
  if found.password == "" then return nil, "the password is empty" end
  if not found.password then
    local file = arguments.auth_file
    return nil, problem or ("no password: %s --password-command or %s"):format(
      file and file .. " has no line 'password ='; give" or "give -A,", PASSWORD_VARIABLE)
  end
  return found
end

return credentials
