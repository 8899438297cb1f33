--- The command workspace: the sessions on the cloud desktops of Huawei Cloud Workspace.
local arguments = require "rollcall.cli.arguments"
local credentials = require "rollcall.internal.credentials"
local endpoint = require "rollcall.workspace.endpoint"
local listing = require "rollcall.cli.listing"
local name_lines = require "rollcall.internal.name_lines"
local progress = require "rollcall.cli.progress"
local shard = require "rollcall.internal.shard"
local source = require "rollcall.cli.source"
local user_names = require "rollcall.workspace.user_names"

local workspace_command = { name = "workspace" }

local TOKEN_VARIABLE = "ROLLCALL_TOKEN"

function workspace_command.declare(parser)
  local command = parser:command("workspace", "The sessions on the cloud desktops of Huawei Cloud Workspace.", [[
Examples:
  rollcall workspace --region ap-southeast-1 --user user001
  rollcall workspace --region ap-southeast-1 --users-from names.txt --format csv
  rollcall workspace --region ap-southeast-1 -A ~/.iam --user 'CORP\user002'

The credentials: a token in the variable ROLLCALL_TOKEN; or an IAM user with -U
or -A, whose password comes as for 'rollcall connections'; or the keys that
Huawei's SDKs find in HUAWEICLOUD_SDK_AK and HUAWEICLOUD_SDK_SK or in
~/.huaweicloud/credentials.]])
  command:argument("NAME"):args("*"):hidden(true):target("misplaced")
  command:option("-u --user", "Users whose sessions to list: a name or several. May be given again."):count("*"):args("+"):argname("NAME")
  command:option("--users-from", "File with a user name a line, and comments after #; or - for standard input."):argname("FILE")
  command:option("--region", "Region of the service, such as ap-southeast-1."):argname("REGION")
    :convert(arguments.checked("--region", endpoint.check_region))
  command:option("--endpoint", "Address of the service, instead of the region's."):argname("URL")
    :convert(arguments.checked("--endpoint", endpoint.check))
  command:option("--iam-endpoint", "Address of IAM, instead of the region's."):argname("URL")
    :convert(arguments.checked("--iam-endpoint", endpoint.check))
  command:option("--project-id", "Project; by default from HUAWEICLOUD_SDK_PROJECT_ID or the credentials file."):argname("ID")
    :convert(arguments.checked("--project-id", endpoint.check_project_id))
  command:option("-U --iam-user", "The IAM user."):argname("USER")
  command:option("-A --authentication-file", "Lines 'username = ', 'password = ', 'domain = '.")
    :argname("FILE"):target("auth_file")
  command:option("--password-command", "Use the first line of this command's output as the password."):argname("COMMAND")
  command:option("--domain", "Name of the account that the IAM user belongs to."):argname("ACCOUNT")
  command:option("--ca-file", "Certificates to trust, PEM."):argname("FILE")
  command:option("--proxy", "Proxy, as curl takes it; without a password."):argname("URL")
  command:option("--timeout", "Seconds for one attempt."):convert(arguments.seconds "--timeout"):argname("SECONDS")
  command:option("--connect-timeout", "Seconds to connect."):convert(arguments.seconds "--connect-timeout"):argname("SECONDS")
  command:option("--retries", "Attempts after the first."):convert(arguments.integer("--retries", 0, 100)):argname("N")
  command:option("--concurrency", "Requests in flight."):convert(arguments.integer("--concurrency", 1, 1024)):argname("N")
  listing.declare(command)
end

---The names of the command line, then those of the file, read as they are needed.
---@return (fun(): string?)? next_name
---@return string? problem
local function names_of(given)
  local named = {}
  for _, group in ipairs(given.user) do
    for _, name in ipairs(group) do named[#named + 1] = name end
  end
  local path, lines = given.users_from, nil
  if path == "-" then
    lines = io.lines()
  elseif path then
    local file, problem = io.open(path)
    if not file then return nil, problem end
    lines = file:lines()
  elseif #named == 0 then
    return nil, "no user is named; give --user or --users-from"
  end
  -- Of several users, each that has a wrong name fails for itself.
  if #named == 1 and not path then
    local _, expectation = user_names.check(named[1])
    if expectation then return nil, ("invalid value for --user: '%s'; it %s"):format(named[1], expectation) end
  end
  local position, next_line = 0, lines and name_lines.each(lines)
  return function()
    position = position + 1
    if position <= #named then return named[position] end
    return next_line and next_line()
  end
end

---@return table? options
---@return string? problem
local function client_options_of(given)
  local options = {
    region = given.region,
    endpoint = given.endpoint,
    iam_endpoint = given.iam_endpoint,
    project_id = given.project_id,
    ca_file = given.ca_file,
    proxy = given.proxy,
    timeout = given.timeout,
    connect_timeout = given.connect_timeout,
    retries = given.retries,
    concurrency = given.concurrency,
  }
  if given.proxy and given.proxy:find("@", 1, true) then
    return nil, "--proxy takes no password, which would be in the open; set HTTPS_PROXY instead"
  end
  if not (given.iam_user or given.auth_file) then
    options.token = os.getenv(TOKEN_VARIABLE)
    return options
  end
  local found, problem = credentials.gather {
    user = given.iam_user,
    auth_file = given.auth_file,
    password_command = given.password_command,
  }
  if not found then return nil, problem end
  options.username, options.password = found.username, found.password
  options.domain = given.domain or found.domain
  return options
end

-- What to do where an option of the Lua API is missing.
local missing_on_command_line = {
  endpoint = "no service is named; give --region or --endpoint",
  iam_endpoint = "no IAM is named, where the token comes from; give --region or --iam-endpoint",
  project_id = "no project is named; give --project-id or set HUAWEICLOUD_SDK_PROJECT_ID",
  domain = "the account of the IAM user is missing; give --domain, or 'domain = ' in the file of -A",
  username = "the IAM user is missing; give -U, or 'username = ' in the file of -A",
  token = "credentials are missing: set ROLLCALL_TOKEN, or give -U or -A, or set HUAWEICLOUD_SDK_AK and HUAWEICLOUD_SDK_SK",
}

---Asks for the users.
---@param given table  as parsed
---@param client rollcall.workspace.client
---@param next_name fun(): string?
---@return rollcall.cli.source
local function ask(given, client, next_name)
  local outcome_of = require "rollcall.workspace.outcome"
  local failures, origin, project_id, users = {}, given.endpoint or given.region, client:project_id(), {}
  next_name = shard.iterator(given.shard, next_name)
  local its_progress = progress.new(listing.waiting(given, { users = true, reports = true }))
  local function note(failure)
    failures[#failures + 1] = failure
    its_progress:fail(tostring(failure))
  end
  local step, state, control = client:sessions {
    user_name = function()
      local name = next_name()
      users[#users + 1] = name
      return name
    end,
    on_error = note, on_answer = function() its_progress:count() end,
    on_wait = its_progress:waiter(),
  }
  local rows = its_progress:over(function()
    local stepped, row, user_name = pcall(step, state, control)
    -- Refused credentials end everything; the rows until then are shown.
    if not stepped then
      if type(row) ~= "table" or row.source ~= "workspace" then error(row, 0) end
      note(row)
      return nil
    end
    if not row then return nil end
    row.origin, row.project_id, row.user_name = origin, project_id, user_name
    return "session", row
  end)
  local is_over = false
  return {
    rows = function()
      local kind, row = rows()
      if not kind and not is_over then
        is_over = true
        local outcome = outcome_of(origin, project_id, users, its_progress.asked - #failures, failures)
        if its_progress.is_interrupted then outcome.completeness, outcome.reason = "partial", "interrupted before all users were asked" end
        table.insert(its_progress.outcomes, outcome)
      end
      return kind, row
    end,
    progress = its_progress, outcomes = its_progress.outcomes, failures = failures, generated_at = os.time(),
    shard = given.shard and given.shard.label,
    close = function()
      if state then state:close() end
      client:close()
    end,
  }
end

function workspace_command.run(given)
  if given.misplaced[1] then
    return nil, ("workspace takes no argument '%s': it asks for users of cloud desktops, whom --user or --users-from names; "
      .. "'rollcall sessions' asks servers"):format(given.misplaced[1])
  end
  local next_name, client_options
  local problem = listing.problem(given, "session")
  if problem then return nil, problem end
  next_name, problem = names_of(given)
  if not next_name then return nil, problem end
  client_options, problem = client_options_of(given)
  if not client_options then return nil, problem end
  -- Not before: who only asks file servers does not load libcurl.
  local workspace = require "rollcall.workspace"
  local missing
  problem, missing = workspace.problem(client_options)
  if problem then return nil, missing_on_command_line[missing] or problem end
  return source.through(function()
    return ask(given, workspace.client(client_options), next_name)
  end, nil, function(opened, write)
    local failed = listing.show(given, opened, write, "session")
    return failed and math.min(failed, #opened.failures)
  end)
end

return workspace_command
