-- What is asked again, and after how long, of the file that decides it by itself: without a wait, and to the millisecond.
local lab = require "spec.lab"

local OK, SOME_STATUS, NO_RETRY_AFTER = 0, 503, 0

describe("what failed", function()
  local program = lab.folder .. "/retry"

  setup(function()
    local _, code, complaint = lab.run("cc -std=c11 -Icsrc $(pkg-config --cflags libcurl) spec/lab/retry.c csrc/workspace/http/retry.c -o "
      .. program)
    assert(code == 0, complaint)
  end)
  teardown(function() os.remove(program) end)

  ---@return { may_pass: boolean, pause: integer }[]
  local function answers(questions)
    local lines = {}
    for i, question in ipairs(questions) do lines[i] = table.concat(question, " ") end
    local given = {}
    for may_pass, pause in lab.run(("printf '%%s\\n' '%s' | %s"):format(table.concat(lines, "' '"), program)):gmatch "(%d) (%d+)\n" do
      given[#given + 1] = { may_pass = may_pass == "1", pause = math.tointeger(pause) }
    end
    assert.equal(#questions, #given)
    return given
  end

  ---Milliseconds, of { attempts, status, Retry-After, random } each.
  local function pauses(cases)
    local questions = {}
    for i, case in ipairs(cases) do questions[i] = { OK, case[2], case[1], case[3], case[4] } end
    local result = answers(questions)
    for i, answer in ipairs(result) do result[i] = answer.pause end
    return result
  end

  it("may pass by itself if the service was throttled or away, and else not", function()
    local passing = { [429] = true, [502] = true, [503] = true, [504] = true }
    local questions = {}
    for status = 0, 600 do questions[status + 1] = { OK, status, 1, NO_RETRY_AFTER, 0 } end
    for i, answer in ipairs(answers(questions)) do assert.equal(passing[i - 1] or false, answer.may_pass, "status " .. i - 1) end
  end)

  it("may pass by itself if the connection failed, and not if a name, a certificate or an address was wrong", function()
    -- CURLE_COULDNT_CONNECT, _HTTP2, _PARTIAL_FILE, _OPERATION_TIMEDOUT, _SSL_CONNECT_ERROR, _GOT_NOTHING, _SEND_ERROR, _RECV_ERROR, _HTTP2_STREAM
    local passing = {}
    for _, code in ipairs { 7, 16, 18, 28, 35, 52, 55, 56, 92 } do passing[code] = true end
    local questions = {}
    for code = 1, 99 do questions[code] = { code, 0, 1, NO_RETRY_AFTER, 0 } end
    for code, answer in ipairs(answers(questions)) do assert.equal(passing[code] or false, answer.may_pass, "libcurl's code " .. code) end
  end)

  it("is asked again after twice as long each time, up to 30 seconds", function()
    local cases = {}
    for attempts = 1, 10 do cases[attempts] = { attempts, SOME_STATUS, NO_RETRY_AFTER, 0 } end
    assert.same({ 125, 250, 500, 1000, 2000, 4000, 8000, 15000, 15000, 15000 }, pauses(cases))
    assert.same({ 15000 }, pauses { { 4294967295, SOME_STATUS, NO_RETRY_AFTER, 0 } })
  end)

  it("is asked again after longer if the service throttles", function()
    local cases = {}
    for attempts = 1, 7 do cases[attempts] = { attempts, 429, NO_RETRY_AFTER, 0 } end
    assert.same({ 2000, 4000, 8000, 16000, 30000, 30000, 30000 }, pauses(cases))
  end)

  it("is spread over half of that time", function()
    assert.same({ 126, 250, 125, 125 + 4294967295 % 126 }, pauses {
      { 1, SOME_STATUS, NO_RETRY_AFTER, 1 }, { 1, SOME_STATUS, NO_RETRY_AFTER, 125 }, { 1, SOME_STATUS, NO_RETRY_AFTER, 126 },
      { 1, SOME_STATUS, NO_RETRY_AFTER, 4294967295 },
    })
    assert.same({ 30000, 15000 }, pauses { { 9, SOME_STATUS, NO_RETRY_AFTER, 15000 }, { 9, SOME_STATUS, NO_RETRY_AFTER, 15001 } })
    assert.same({ 3000, 2000 }, pauses { { 1, 429, NO_RETRY_AFTER, 1000 }, { 1, 429, NO_RETRY_AFTER, 1001 } })
  end)

  it("is never asked again sooner than Retry-After says, and little later", function()
    assert.same({ 1000, 1249, 1000, 1001, 86400249 }, pauses {
      { 1, SOME_STATUS, 1, 0 }, { 1, SOME_STATUS, 1, 249 }, { 1, SOME_STATUS, 1, 250 },
      { 3, SOME_STATUS, 1, 1001 }, -- what it would be by itself, to the millisecond
      { 1, 429, 86400, 249 },
    })
    assert.same({ 2000 }, pauses { { 1, 429, 1, 0 } })
  end)
end)
