-- Faults on the wire between the worker and a file server, in front of Samba and of the double.
--
-- The recorded answer is all that the server says during one small query, from the negotiation on. Both servers
-- sign, so whatever is done to a byte, the rows are the right ones or there is an error.
local harness = require "spec.hardening.harness"
local lab = require "spec.lab"
local smb = require "rollcall.smb"

local TIMEOUT = 2
-- A server has this long to log us on, and as long again to answer; the rest is for a busy machine.
local BOUND = 2 * TIMEOUT + 8
local SIDE_BY_SIDE = 8
-- Where most of the time is waiting.
local MANY_SIDE_BY_SIDE = 32
local BATCH = 192

local servers = {
  { name = "Samba", port = lab.samba_port, call = "shares", options = { level = 1 }, rows = 3 },
  { name = "the double", port = lab.double_port, call = "connections", options = { qualifier = "rows-3" }, rows = 3 },
}

local function query(server, names, more)
  local options = lab.as_auditor(server.options)
  -- A logon that a fault spoils says nothing about the next.
  options.servername, options.timeout, options.logon_attempts = names, TIMEOUT, 1000
  for name, value in pairs(more or {}) do options[name] = value end
  return smb[server.call](options)
end

---A row in words, without the server's name, which differs with each proxy.
local function words(row)
  local parts = {}
  for name, value in pairs(row) do
    if name ~= "servername" then parts[#parts + 1] = name .. "=" .. tostring(value) end
  end
  table.sort(parts)
  return table.concat(parts, " ")
end

local function expected_rows(server)
  local rows = {}
  for row in query(server, "127.0.0.1:" .. server.port) do rows[#rows + 1] = words(row) end
  assert(#rows == server.rows, server.name .. " has other rows than it should")
  return rows
end

---What one target came to: rows, failure, seconds. The first query is of a logon that is accepted, since others would
---wait for one another until one was.
local function ask_all(server, ports, side_by_side)
  for _ in query(server, "127.0.0.1:" .. server.port) do end
  local trials, started = {}, {}
  local position = 0
  local function next_server()
    position = position + 1
    local name = ports[position] and "127.0.0.1:" .. ports[position]
    if not name then return nil end
    trials[name] = { rows = {} }
    started[name] = harness.now()
    return name
  end
  local handlers = {
    concurrency = side_by_side,
    on_error = function(failure) trials[failure.target].failure = failure end,
    on_target = function(outcome)
      local trial = trials[outcome.target]
      trial.outcome = outcome
      trial.seconds = harness.now() - started[outcome.target]
    end,
  }
  for row in query(server, next_server, handlers) do
    table.insert(trials[row.servername].rows, words(row))
  end
  local list = {}
  for i, port in ipairs(ports) do list[i] = trials["127.0.0.1:" .. port] end
  return list
end

---Judges one trial; returns the name of its error, or nil if all rows came.
local function judge(what, fault, trial, expected)
  local function found(problem)
    harness.found("%s %s: %s", what, require("cjson").encode(fault), problem)
  end
  for i, row in ipairs(trial.rows) do
    if row ~= expected[i] then found("a wrong row: " .. row) end
  end
  if not trial.outcome then return found "no outcome" end
  if trial.seconds > BOUND then found(("took %.2f seconds"):format(trial.seconds)) end
  if trial.failure then
    local failure = trial.failure
    local says = failure.stage and failure.code and failure.name and failure.message
    if not says then found "an error that does not say what" end
    if trial.outcome.completeness == "complete" then found "an error, and complete" end
    return failure.name
  end
  if #trial.rows ~= #expected then found(("%d rows, and no error"):format(#trial.rows)) end
  if trial.outcome.completeness ~= "complete" then found("no error, and " .. trial.outcome.completeness) end
end

---Runs one query for each fault. `only` are the errors that say what happened, `never` those that do not.
local function try(proxy, server, expected, what, faults, rules)
  what = ("%s: %s"):format(server.name, what)
  rules = rules or {}
  local names, right, longest = {}, 0, 0
  harness.leaving_nothing(what, function()
    for first = 1, #faults, BATCH do
      local batch = table.move(faults, first, math.min(first + BATCH - 1, #faults), 1, {})
      local ports = proxy:open(server.port, batch)
      for i, trial in ipairs(ask_all(server, ports, rules.many and MANY_SIDE_BY_SIDE or SIDE_BY_SIDE)) do
        local name = judge(what, batch[i], trial, expected)
        longest = math.max(longest, trial.seconds or 0)
        if name then names[name] = (names[name] or 0) + 1 else right = right + 1 end
        if name and (rules.only and not rules.only[name] or rules.never and rules.never[name]) then
          harness.found("%s %s: %s", what, require("cjson").encode(batch[i]), tostring(trial.failure))
        end
        if name and rules.only_right then harness.found("%s: %s", what, tostring(trial.failure)) end
        if not name and rules.only_errors then harness.found("%s: rows came", what) end
      end
      proxy:close(ports)
    end
  end)
  harness.fact(what, #faults, ("%d with the right rows, errors: %s; none wrong, longest %.1f s"):format(right,
    harness.tally(names), longest))
end

local BROKEN = { ERROR_NETNAME_DELETED = true }
local SILENT = { ERROR_SEM_TIMEOUT = true }
-- What a server says to something that was changed on its way may be anything; the worker must not fall.
local FALLEN = { ERROR_PROCESS_ABORTED = true }

local every = harness.faults_at

---@param proxy table
---@param budget { stride: integer, bits: integer }
return function(proxy, budget)
  for _, server in ipairs(servers) do
    local expected = expected_rows(server)
    local ports = proxy:open(server.port, { {} })
    for _ in query(server, "127.0.0.1:" .. ports[1]) do end
    local recorded = proxy:counts(ports[1])
    local function of(stride, length)
      return ("%s byte of %d"):format(harness.every(stride), length)
    end
    local stride, slow_stride = budget.stride, budget.stride * 8
    local down = of(stride, recorded.down)
    local function cutting(kind)
      return every(recorded.down, stride, function(n) return { [kind] = n } end)
    end
    try(proxy, server, expected, "cut after " .. down, cutting "cut", { only = BROKEN })
    try(proxy, server, expected, "reset after " .. down, cutting "reset", { only = BROKEN })
    try(proxy, server, expected, "silent after " .. of(slow_stride, recorded.down),
      every(recorded.down, slow_stride, function(n) return { stall = n } end), { only = SILENT, many = true })
    local flips = {}
    for position = 0, recorded.down - 1, stride do
      for bit = 1, budget.bits do flips[#flips + 1] = { flip = { position, (position * 5 + bit) % 8 } } end
    end
    try(proxy, server, expected, ("%d of 8 bits turned over in %s"):format(budget.bits, down), flips, { never = FALLEN })
    -- The double does not look at our signature.
    if server.port == lab.samba_port then
      try(proxy, server, expected, "a bit turned over in what we say, " .. of(stride, recorded.up),
        every(recorded.up, stride, function(n) return { flip = { n, n % 8 }, up = true } end), { never = FALLEN })
    end
    try(proxy, server, expected, "said twice from " .. of(slow_stride, recorded.down),
      every(recorded.down, slow_stride, function(n) return { duplicate = n } end), { never = FALLEN, many = true })
    try(proxy, server, expected, "held up by 20 ms at every step, or throttled to 50 and 10 kB a second",
      { { delay = 0.02 }, { throttle = 500 }, { throttle = 100 } }, { only_right = true })
    try(proxy, server, expected, "held up for longer than it has", { { delay = 3 }, { throttle = 1 } },
      { only = SILENT, only_errors = true })
    proxy:close(ports)
  end
end
