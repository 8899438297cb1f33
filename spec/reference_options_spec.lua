-- The options and words of the reference are those that are checked, with their types, bounds and defaults.
local cloud = require "spec.cloud"
local core = require "rollcall.smb.core"
local declaration = require "rollcall.internal.declaration"
local inventory = require "rollcall.inventory"
local lab = require "spec.lab"
local options = require "rollcall.internal.options"
local policy = require "rollcall.policy"
local said = require "spec.reference.said"
local sandbox = require "rollcall.internal.sandbox"
local smb = require "rollcall.smb"
local text_file = require "spec.lab.text_file"
local workspace = require "rollcall.workspace"

local content = text_file.content

---Calls `f` while `module[name]` is `instead`.
local function with(module, name, instead, f)
  local real = module[name]
  module[name] = instead
  local ended, problem = pcall(f)
  module[name] = real
  return ended, problem
end

---What a call checks its options by.
---@return table<string, function>
local function accepted_by(f)
  local seen
  with(options, "checked", function(_, specification)
    seen = seen or specification
    return nil, "seen"
  end, f)
  return assert(seen, "checks no options")
end

local samples = { "x", 1, 0.5, true, { "x" }, function() end }

---Holds what is accepted against a class of options.
local function assert_options(class, accepted)
  local fields = said.fields_of(class)
  assert.same(said.sorted(accepted), said.sorted(fields), class)
  for name, check in pairs(accepted) do
    local taken = {}
    for _, sample in ipairs(samples) do
      local checked, value = pcall(check, sample)
      if checked and value ~= nil then taken[#taken + 1] = sample end
    end
    for _, sample in ipairs(#taken < #samples and taken or {}) do
      assert.is_truthy(said.admits(fields[name].type, sample), ("%s.%s takes a %s"):format(class, name, type(sample)))
    end
    local from, to = fields[name].text:match "from (%-?%d+) to (%w+)"
    if from and fields[name].type == "integer" then
      from, to = math.tointeger(tonumber(from)), math.tointeger(tonumber(to))
      assert.same({ from, to }, { (check(from)), (check(to)) }, name)
      assert.is_nil((check(from - 1)), name)
      assert.is_nil((check(to + 1)), name)
    end
  end
end

local function class_of(entry)
  local given = entry.params[1]
  for _, one in ipairs(entry.params) do given = one.name == "given" and one or given end
  return assert(given.type:match "^(rollcall[%w_.]*)", entry.name)
end

describe("the options that are checked are those of the reference:", function()
  local client = workspace.client { endpoint = "https://localhost", project_id = "p", token = "t" }
  local server_methods
  setup(function()
    local server <close> = smb.server(lab.as_auditor { servername = lab.samba })
    server_methods = getmetatable(server).__index
  end)
  local calls = {
    ["workspace.client"] = workspace.client, ["workspace.problem"] = workspace.problem,
    ["report.render"] = require("rollcall.report").render,
    ["closing.close_session"] = require("rollcall.closing").close_session, ["closing.close_file"] = require("rollcall.closing").close_file,
    ["closing.logoff"] = function(given) return require("rollcall.closing").logoff(client, given) end,
  }
  for _, name in ipairs { "connections", "sessions", "files", "shares", "rollcall", "connection_page", "session_page", "file_page",
    "share_page", "logons", "logon_page", "server" } do
    calls["smb." .. name] = smb[name]
  end
  for _, name in ipairs { "connections", "sessions", "files", "rollcall" } do
    calls["smbstatus." .. name] = require("rollcall.smbstatus")[name]
  end
  for _, name in ipairs { "sessions", "list_sessions", "user_names" } do
    calls["rollcall.workspace.client:" .. name] = function(given) return client[name](client, given) end
  end
  for name in ("connections sessions files shares logons connection_page session_page file_page share_page logon_page"):gmatch "%S+" do
    calls["rollcall.smb.server:" .. name] = function(given)
      -- Nothing is asked, since the options are refused first.
      local server = setmetatable({}, { __index = server_methods })
      return server[name](server, given)
    end
  end

  for name, call in pairs(calls) do
    it(name, function()
      local accepted = accepted_by(function() call {} end)
      assert_options(class_of(assert(said.entries[name], name)), accepted)
      for _, part in ipairs(name:find "^closing%." and { "session", "file" } or {}) do
        if accepted[part] then
          local its = said.fields_of(class_of(said.entries[name]))[part]
          assert_options(its.type, accepted_by(function() accepted[part] {} end))
        end
      end
      if accepted.filter and name ~= "report.render" then
        local filter = said.fields_of(class_of(said.entries[name])).filter
        assert_options(filter.type, accepted_by(function() accepted.filter {} end))
      end
    end)
  end

  it("inventory.rows and policy.evaluate", function()
    assert_options("rollcall.inventory.rows_options", accepted_by(function() inventory.rows({}, {}) end))
    assert_options("rollcall.policy.evaluate_options", accepted_by(function() policy.evaluate({}, {}) end))
  end)

  it("and no function that takes any is left out", function()
    for name, entry in pairs(said.entries) do
      if ((entry.params[1] or {}).name == "given" or name:find "^closing%.") and name:find "%." then
        assert.is_truthy(calls[name] or name:find "^builtin%.", name)
      end
    end
  end)
end)

describe("the defaults that the reference says are those that are used:", function()
  local function default(class, name)
    return tonumber(said.fields_of(class)[name].text:match "default ([%d.]+)$")
  end

  it("of SMB", function()
    local class = "rollcall.smb.connections_options"
    local settings, level = nil, {}
    for _, call in ipairs { "connections", "sessions", "files", "shares", "logons" } do
      with(core, "enumerate", function(given) settings = given end, function()
        smb[call] { servername = "fs1", username = "a", password = "b", qualifier = call == "connections" and "s" or nil }
      end)
      level[call] = settings.next_target().query.level
    end
    with(core, "enumerate", function(given) settings = given end, function()
      smb.connections { servername = "fs1", username = "a", password = "b", qualifier = "s" }
    end)
    local target = settings.next_target()
    assert.same({
      port = default(class, "port"), timeout = default(class, "timeout"), deadline = default(class, "deadline"),
      logon_attempts = default(class, "logon_attempts"), retry_refused = default(class, "retry_refused"),
      prefmaxlen = default(class, "prefmaxlen"), resume_handle = default(class, "resume_handle"),
      concurrency = default(class, "concurrency"),
    }, {
      port = target.port, timeout = target.timeout_milliseconds / 1000, deadline = target.deadline_milliseconds / 1000,
      logon_attempts = target.logon_attempts, retry_refused = target.retry_refused_milliseconds / 1000,
      prefmaxlen = target.query.prefmaxlen, resume_handle = target.query.resume_handle, concurrency = settings.concurrency,
    })
    assert.same({ connections = 1, sessions = "best", files = 3, shares = 1, logons = "best" }, level)
    assert.is_truthy(said.fields_of(class).level.text:find('default 1, of sessions and logons "best", of files 3', 1, true))
    for _, name in ipairs { "port", "timeout", "deadline", "concurrency", "logon_attempts", "retry_refused" } do
      assert.equal(default(class, name), default("rollcall.inventory.smb_block", name), name)
    end
  end)

  it("of Workspace", function()
    local class, query = "rollcall.workspace.client_options", nil
    local workspace_core = require "rollcall.workspace.core"
    with(workspace_core, "query_sessions", function(given) query = given end, function()
      local client <close> = cloud.client()
      client:sessions { user_name = { "a", "b" } }
    end)
    assert.equal(query.concurrency, default(class, "concurrency"))
    local c = content "csrc/workspace/lua_settings.c"
    local function in_c(name)
      local number, shift = c:match('"' .. name .. '", (%d+) ?<?<? ?(%d*)')
      return tonumber(number) << (tonumber(shift) or 0)
    end
    for _, name in ipairs { "timeout", "deadline", "connect_timeout" } do
      assert.equal(in_c(name .. "_milliseconds") / 1000, default(class, name), name)
    end
    for _, name in ipairs { "retries", "max_body" } do assert.equal(in_c(name), default(class, name), name) end
    for _, name in ipairs { "timeout", "deadline", "concurrency" } do
      assert.equal(default(class, name), default("rollcall.inventory.workspace_block", name), name)
    end
  end)
end)

describe("the words of", function()
  ---What a file can say, and what each block of it may have.
  local function words_of(parse)
    local vocabulary
    with(sandbox, "run", function(_, _, given)
      vocabulary = given
      return nil, "seen"
    end, parse)
    return assert(vocabulary)
  end

  local blocks_of = getmetatable(declaration.of("", "")).__index

  local function block_of(word)
    local specification, required
    with(blocks_of, "block", function(_, _, _, given, needed)
      specification, required = given, needed
      error "seen"
    end, function() word(1, {}) end)
    return specification, required or {}
  end

  ---@param meta string  the section of the reference
  local function assert_words(meta, vocabulary, without_block)
    local offered, named = {}, {}
    local function add(prefix, words)
      for name, word in pairs(words) do
        if type(word) == "table" then add(prefix .. name .. ".", word) else offered[prefix .. name] = word end
      end
    end
    add("", vocabulary)
    for _, section in ipairs(said.reference.sections) do
      for _, entry in ipairs(section.title == meta and section.entries or {}) do
        if entry.kind == "function" then named[entry.name] = entry end
      end
    end
    assert.same(said.sorted(offered), said.sorted(named))
    for name, word in pairs(offered) do
      local specification, required = block_of(word)
      assert.equal(without_block[name] or false, specification == nil, name)
      if specification then
        local class, accepted, needed = class_of(named[name]), {}, {}
        for field, check in pairs(specification) do
          local is_own = field == "except" or field == "requires_of" or field == "every_kind"
          if not (name == "rule" and is_own) then accepted[field] = check end
        end
        assert_options(class, accepted)
        for _, field in ipairs(required) do needed[field] = true end
        for field, value in pairs(said.fields_of(class)) do
          assert.equal(needed[field] or false, not value.optional, class .. "." .. field)
        end
        assert.equal(#required > 0 or not name:find "^builtin" or name == "builtin.accounts", not named[name].params[1].optional, name)
      end
    end
  end

  it("inventories are those of the reference", function()
    assert_words("Inventory files", words_of(function() inventory.parse("", "x") end), {
      lines = true, snapshot = true, rows = true, env = true, file = true, command = true, normalize_user = true, utc_offset = true,
    })
  end)

  it("policies are those of the reference", function()
    assert_words("Policy files", words_of(function() policy.parse("", "x") end), {})
    for _, field in ipairs { "except", "requires_of", "every_kind" } do
      local rule = 'rule { id = "x", message = "x", check = function() return true end, %s = "share" }'
      local _, problem = policy.parse(rule:format(field), "x")
      assert.matches("there is no field '" .. field .. "'", problem)
    end
  end)

  ---The examples of a section.
  local function examples_of(title)
    local lines = {}
    for _, section in ipairs(said.reference.sections) do
      for _, entry in ipairs(section.title == title and section.entries or {}) do
        for line in entry.text:gmatch "[^\n]+" do
          if line:find "^    " then lines[#lines + 1] = line end
        end
      end
    end
    assert.is_true(#lines > 0)
    return table.concat(lines, "\n")
  end

  it("files are used in examples that are taken", function()
    assert(inventory.parse(examples_of "Inventory files", "inventory.lua"))
    local its_policy = assert(policy.parse(examples_of "Policy files", "policy.lua"))
    local path = lab.folder .. "/reference_test.lua"
    local file = assert(io.open(path, "w"))
    file:write(examples_of "Tests of policies"):close()
    local tests = assert(require("rollcall.policy.tests").load(path, its_policy))
    assert.equal(0, tests.run(function() end))
  end)

  it("tests of policies are those of the reference", function()
    assert_words("Tests of policies", words_of(function() require("rollcall.policy.tests").load("Makefile", { rules = {} }) end), {})
  end)
end)
