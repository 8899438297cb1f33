-- What IAM and the Workspace service answer: a token first, then sessions of two users and of the
-- whole enterprise. What comes out is rows of known fields, all of them text, or failures that say
-- what is known and no secret, and in the end everything is over. The same answers come to who ends
-- a session, with keys or with a token: it is asked for once, and was ended by an answer of success alone.
local logoff = require "rollcall.closing.workspace"
local session = require "rollcall.workspace.session"
local options = require "rollcall.internal.options"
local presence = require "rollcall.presence"
local workspace = require "rollcall.workspace"

-- The same for both clients, since one keeps to itself only what it has.
local SECRET = "the-secret-of-nobody"
local known = { app_server_group_name = true }
for _, name in ipairs(session.fields) do known[name] = true end

local view_of = presence.viewer { now = 1700000000 }

-- Where nothing can go on; any other string is an error of ours.
local ends = { "cannot wait any more; not enough memory?", "not enough memory for a request", "libcurl refuses the settings" }

local function check_failure(failure)
  for _, reason in ipairs(ends) do
    if type(failure) == "string" and failure:find(reason, 1, true) then return end
  end
  assert(type(failure) == "table", failure)
  assert(failure.source == "workspace" and type(failure.message) == "string" and type(failure.code) == "string")
  for _, text in ipairs { failure.message, failure.code, failure.request_id or "", tostring(failure) } do
    assert(utf8.len(text), "not UTF-8")
    assert(not text:find "[%c]", "controls")
    assert(not text:find(SECRET, 1, true), "a secret")
  end
end

local function check_row(row, user_name)
  assert(user_name == nil or user_name == "alice" or user_name == "bob")
  for name, value in pairs(row) do assert(known[name] and type(value) == "string", name) end
  local view = view_of("session", row)
  for _, field in ipairs(presence.fields) do local _ = view[field] end
  local _ = session.is_live(row) and session.session_type(row)
end

local service = { endpoint = "https://service.example", region = "ap-southeast-1", project_id = "p", max_body = 4096 }
local with_password = { iam_endpoint = "https://iam.example", username = "auditor", password = SECRET, domain = "corp" }
local with_keys = { ak = "AKOFNOBODY", sk = SECRET }

-- A client for each input, since one remembers its token; and each with another name, since all remember what was refused.
local clients = 0
local function new_client(credentials)
  clients = clients + 1
  local name = credentials.ak and "ak" or "username"
  return workspace.client(options.merged(service, credentials, { [name] = credentials[name] .. clients }))
end

-- Four ways to wait, one chosen by each input: C's own, a function that says it did something else,
-- one that yields, and one that closes the query the second time.
local waits = {
  function(ask) ask(nil) end,
  function(ask) ask(function() return 0 end) end,
  function(ask)
    local thread = coroutine.create(function() ask(coroutine.yield) end)
    repeat
      local went_on, problem = coroutine.resume(thread)
      if not went_on then error(problem, 0) end
    until coroutine.status(thread) == "dead"
  end,
  function(ask)
    local count, closed = 0, nil
    ask(function(query)
      assert(query ~= closed, "a closed query waits")
      count = count + 1
      if count % 2 == 0 then
        query:close()
        closed = query
      end
      return 0
    end, function(query) assert(query ~= closed, "a closed query gives a row") end)
  end,
}

---Asks, with each row checked.
local function take_rows(on_wait, on_row, query_of)
  local step, query, control, closing
  step, query, control, closing = query_of(on_wait and function(waits_for)
    return on_wait(query, waits_for)
  end)
  for row, user_name in step, query, control, closing do
    if on_row then on_row(query) end
    check_row(row, user_name)
  end
  assert(tostring(query) == "rollcall.session_query (closed)", "it goes on")
end

---Ends a session.
local function log_off(client, answers)
  answer_with(answers)
  local ended, raised = pcall(logoff.close, client, nil, { id = "of nobody" }, { message = "bye" })
  local asked, status = was_asked()
  if ended then
    assert(asked == 1 and status >= 200 and status < 300, status)
  else
    assert(asked <= 1, "asked twice")
    check_failure(raised)
    assert(type(logoff.is_refusal(raised)) == "boolean")
  end
end

return function(answers)
  answer_with(answers)
  local client <close> = new_client(with_password)
  local wait = waits[#answers % #waits + 1]
  local ended, raised = pcall(wait, function(on_wait, on_row)
    local told = 0
    take_rows(on_wait, on_row, function(waits_for)
      return client:sessions {
        user_name = { "alice", "bob" }, retries = 2, on_error = check_failure, on_wait = waits_for,
        on_answer = #answers % 8 < 4 and function(_, count) told = told + count end or nil,
      }
    end)
  end)
  if not ended then check_failure(raised) end
  ended, raised = pcall(wait, function(on_wait, on_row)
    take_rows(on_wait, on_row, function(waits_for)
      return client:list_sessions {
        query_begin_time = 0, query_end_time = 1700000000, limit = 2, retries = 1, on_wait = waits_for,
      }
    end)
  end)
  if not ended then check_failure(raised) end
  local of_keys <close> = new_client(with_keys)
  log_off(of_keys, answers)
  log_off(client, answers)
end
