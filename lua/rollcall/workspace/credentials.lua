--- What is not given to `workspace.client`, taken from where Huawei's SDKs take it: in the environment,
-- then in `~/.huaweicloud/credentials`.
local system = require "rollcall.system"
local platform = require "rollcall.internal.platform"
local text = require "rollcall.internal.text"

local credentials = {}

local PREFIX = "HUAWEICLOUD_SDK_"

local function variable(name)
  local value = os.getenv(PREFIX .. name)
  return value ~= "" and value or nil
end

local function exists(path)
  local file = io.open(path)
  return file ~= nil and file:close()
end

---The section `[basic]` of a credentials file.
---@param path string
---@return table<string, string>? found
---@return string? problem
function credentials.from_file(path)
  local content, problem = system.read_private_file(path)
  if not content then return nil, problem end
  local found, section = {}, nil
  for line in content:gmatch("[^\r\n]+") do
    local name, value = line:match("^%s*([%w_]+)%s*=%s*(.-)%s*$")
    section = line:match("^%s*%[%s*([^%]]-)%s*%]") or section
    if name and section == "basic" and value ~= "" then found[text.lower(name)] = value end
  end
  return found
end

---What the file holds, or nothing where there is none.
---@return table<string, string>? found
---@return string? problem
local function stored()
  local named, home = variable "CREDENTIALS_FILE", platform.home()
  local path = named or home and home .. "/.huaweicloud/credentials"
  if not path or not named and not exists(path) then return {} end
  return credentials.from_file(path)
end

local function is_given(checked)
  return checked.token or checked.username or checked.password or checked.ak or checked.sk
end

---Adds to checked options what is missing. Keys come from one place, never half from here and
---half from there.
---@param checked table
---@return table? checked  nil if there is a file that cannot be used
---@return string? problem
function credentials.complete(checked)
  checked.iam_endpoint = checked.iam_endpoint or variable "IAM_ENDPOINT"
  checked.project_id = checked.project_id or variable "PROJECT_ID"
  if checked.password and not checked.domain then checked.domain_id = variable "DOMAIN_ID" end
  if not is_given(checked) and variable "AK" and variable "SK" then
    checked.ak, checked.sk = variable "AK", variable "SK"
    checked.security_token = variable "SECURITY_TOKEN"
  end
  if is_given(checked) and checked.project_id then return checked end
  local file, problem = stored()
  if not file then return nil, problem end
  checked.project_id = checked.project_id or file.project_id
  checked.iam_endpoint = checked.iam_endpoint or file.iam_endpoint
  if not is_given(checked) and file.ak and file.sk then
    checked.ak, checked.sk, checked.security_token = file.ak, file.sk, file.security_token
  end
  return checked
end

return credentials
