--- The command workspace: the sessions on the cloud desktops of Huawei Cloud Workspace.
local system = require "rollcall.system"
local credentials = require "rollcall.internal.credentials"
local numbers = require "rollcall.cli.numbers"
local report = require "rollcall.report"
local text = require "rollcall.internal.text"
local user_names = require "rollcall.workspace.user_names"

local workspace_command = { name = "workspace" }

local TOKEN_VARIABLE = "ROLLCALL_TOKEN"

function workspace_command.declare(parser)
  local command = parser:command("workspace", "The sessions on the cloud desktops of Huawei Cloud Workspace.", [[
Examples:
  rollcall workspace --region ap-southeast-1 --user user001
  rollcall workspace --region ap-southeast-1 --users-from names.txt --format csv
  rollcall workspace --region ap-southeast-1 -A ~/.iam --user user001 --user 'CORP\user002'

The credentials: a token in the variable ROLLCALL_TOKEN; or an IAM user with -U or -A, whose
password comes as for 'rollcall connections'; or the keys that Huawei's SDKs find in
HUAWEICLOUD_SDK_AK and HUAWEICLOUD_SDK_SK or in ~/.huaweicloud/credentials.]])
  command:argument("NAME"):args("*"):hidden(true):target("misplaced")
  command:option("-u --user", "User whose sessions to list. May be given again."):count("*"):args("+"):argname("NAME")
  command:option("--users-from", "File with a user name a line; - is standard input."):argname("FILE")
  command:option("--region", "Region of the service, such as ap-southeast-1."):argname("REGION")
  command:option("--endpoint", "Address of the service, instead of the region's."):argname("URL")
  command:option("--iam-endpoint", "Address of IAM, instead of the region's."):argname("URL")
  command:option("--project-id", "Project; by default from HUAWEICLOUD_SDK_PROJECT_ID or the credentials file."):argname("ID")
  command:option("-U --iam-user", "The IAM user."):argname("USER")
  command:option("-A --authentication-file", "Lines 'username = ', 'password = ', 'domain = '.")
    :argname("FILE"):target("auth_file")
  command:option("--password-command", "Use the first line of this command's output as the password."):argname("COMMAND")
  command:option("--domain", "Name of the account that the IAM user belongs to."):argname("ACCOUNT")
  command:option("--ca-file", "Certificates to trust, PEM."):argname("FILE")
  command:option("--proxy", "Proxy, as curl takes it; without a password."):argname("URL")
  command:option("--timeout", "Seconds for one attempt."):convert(numbers.seconds "--timeout"):argname("SECONDS")
  command:option("--connect-timeout", "Seconds to connect."):convert(numbers.seconds "--connect-timeout"):argname("SECONDS")
  command:option("--retries", "Attempts after the first."):convert(numbers.count "--retries"):argname("N")
  command:option("--concurrency", "Requests in flight."):convert(numbers.integer "--concurrency"):argname("N")
  command:option("-f --format", "The output format.", "table"):argname("FORMAT"):choices(report.formats)
end

local function write(output)
  local written, problem = io.stdout:write(output)
  if not written then error("cannot write: " .. problem, 0) end
end

---The names of the command line, then those of the file, read as they are needed. Empty lines are
---left out.
---@return (fun(): string?)? next_name
---@return string? problem
local function names_of(arguments)
  local named = {}
  for _, group in ipairs(arguments.user) do
    for _, name in ipairs(group) do named[#named + 1] = name end
  end
  local path, lines = arguments.users_from, nil
  if path == "-" then
    lines = io.lines()
  elseif path then
    local file, problem = io.open(path)
    if not file then return nil, problem end
    lines = file:lines()
  elseif #named == 0 then
    return nil, "no user is named; give --user or --users-from"
  end
  local position = 0
  local function next_name()
    position = position + 1
    if position <= #named then return named[position] end
    local line
    repeat
      line = lines and lines()
      line = line and line:gsub("\r$", "")
    until not line or line:find("%S")
    return line
  end
  return function()
    local name = next_name()
    if name == nil then return nil end
    local checked, expectation = user_names.check(name)
    if not checked then error("invalid user name: it " .. expectation, 0) end
    return checked
  end
end

---@return table? options
---@return string? problem
local function client_options_of(arguments)
  local given = {
    region = arguments.region,
    endpoint = arguments.endpoint,
    iam_endpoint = arguments.iam_endpoint,
    project_id = arguments.project_id,
    ca_file = arguments.ca_file,
    proxy = arguments.proxy,
    timeout = arguments.timeout,
    connect_timeout = arguments.connect_timeout,
    retries = arguments.retries,
    concurrency = arguments.concurrency,
  }
  if arguments.proxy and arguments.proxy:find("@", 1, true) then
    return nil, "--proxy takes no password, which would be in the open; set HTTPS_PROXY instead"
  end
  if not (arguments.iam_user or arguments.auth_file) then
    given.token = os.getenv(TOKEN_VARIABLE)
    return given
  end
  local found, problem = credentials.gather {
    user = arguments.iam_user,
    auth_file = arguments.auth_file,
    password_command = arguments.password_command,
  }
  if not found then return nil, problem end
  given.username, given.password = found.username, found.password
  given.domain = arguments.domain or found.domain
  return given
end

-- The line is rewritten once for so many.
local USERS_A_LINE = 25

---A line on the terminal that shows how far a long list is. It goes away before anything else
---is written.
local function new_progress()
  local shown = system.is_terminal(2)
  local asked, visible = 0, false
  local progress = {}
  function progress.asked()
    return asked
  end
  function progress.count()
    asked = asked + 1
    if shown and asked % USERS_A_LINE == 0 then
      io.stderr:write("\rrollcall: ", asked, " users asked")
      visible = true
    end
  end
  function progress.clear()
    if visible then io.stderr:write("\r\27[K") end
    visible = false
  end
  return progress
end

function workspace_command.run(arguments)
  if arguments.misplaced[1] then
    return nil, ("'%s': workspace takes no servers, but users of cloud desktops with --user or --users-from; "
      .. "'rollcall sessions' asks servers"):format(arguments.misplaced[1])
  end
  local next_name, client_options, problem
  next_name, problem = names_of(arguments)
  if not next_name then return nil, problem end
  client_options, problem = client_options_of(arguments)
  if not client_options then return nil, problem end
  -- Not before: who only asks file servers does not load libcurl.
  local workspace = require "rollcall.workspace"
  local outcome_of = require "rollcall.workspace.outcome"
  problem = workspace.problem(client_options)
  if problem then return nil, problem end
  local client = workspace.client(client_options)

  local failures, progress = {}, new_progress()
  local function note(failure)
    failures[#failures + 1] = failure
    progress.clear()
    io.stderr:write("rollcall: ", text.printable(tostring(failure)), "\n")
    progress.count()
  end
  local function write_alone(output)
    progress.clear()
    write(output)
  end
  local writer = report.new(arguments.format, "session", write_alone, system.terminal_width() or math.huge)
  local ran, result = pcall(function()
    for row, user_name in client:sessions {
      user_name = next_name, on_error = note, on_answer = progress.count,
    } do
      row.user_name = user_name
      writer:row(row)
    end
  end)
  -- Refused credentials end everything; the rows until then are shown.
  if not ran and not (type(result) == "table" and result.source == "workspace") then
    return nil, tostring(result)
  end
  if not ran then note(result) end
  progress.clear()
  local asked = progress.asked()
  writer:finish({ outcome_of(client:host(), asked, asked - #failures, failures) }, failures)
  client:close()
  return #failures
end

return workspace_command
