-- Faults on the wire between libcurl and the cloud: in front of nginx with TLS, and of the mock service without.
--
-- Behind TLS nothing that is changed passes for an answer. In plain HTTP, which goes to this computer only unless somebody
-- asks for more, nobody can tell a letter that was changed from one that was sent; what is promised there is an
-- error or well-formed rows, in time, and it is counted how many were not the right ones.
local cjson = require "cjson"
local cloud = require "spec.cloud"
local harness = require "spec.hardening.harness"

local TIMEOUT = 0.6
local BOUND = TIMEOUT + 8
local BATCH = 256

local servers = {
  { name = "nginx, TLS, HTTP/1.1", port = cloud.environment.HTTP1_PORT, scheme = "https" },
  { name = "nginx, TLS, HTTP/2", port = cloud.environment.PORT, scheme = "https" },
  { name = "plain HTTP", port = cloud.environment.PLAIN_PORT, scheme = "http", unprotected = true },
}

local function ask(server, port)
  local client <close> = cloud.client {
    endpoint = ("%s://127.0.0.1:%d"):format(server.scheme, port), retries = 0, timeout = TIMEOUT, connect_timeout = TIMEOUT,
  }
  return cloud.collect(client:sessions { user_name = "alice" })
end

local function words(rows)
  local all = {}
  for i, row in ipairs(rows) do
    local parts = {}
    for name, value in pairs(row) do parts[#parts + 1] = name .. "=" .. value end
    table.sort(parts)
    all[i] = table.concat(parts, " ")
  end
  return table.concat(all, "\n")
end

local function is_well_formed(rows)
  for _, row in ipairs(rows) do
    for name, value in pairs(row) do
      if type(name) ~= "string" or type(value) ~= "string" then return false end
    end
  end
  return true
end

local function try(proxy, server, expected, what, faults, rules)
  what = ("%s: %s"):format(server.name, what)
  rules = rules or {}
  local names, right, altered, longest = {}, 0, 0, 0
  harness.leaving_nothing(what, function()
    for first = 1, #faults, BATCH do
      local batch = table.move(faults, first, math.min(first + BATCH - 1, #faults), 1, {})
      local ports = proxy:open(server.port, batch)
      for i, port in ipairs(ports) do
        local begun = harness.now()
        local answered, result = pcall(ask, server, port)
        local seconds = harness.now() - begun
        local its_name = ("%s %s"):format(what, cjson.encode(batch[i]))
        longest = math.max(longest, seconds)
        harness.expect(seconds <= BOUND, "%s: took %.2f seconds", its_name, seconds)
        if not answered then
          if harness.expect(type(result) == "table" and result.source == "workspace" and result.code and result.message,
            "%s: an error that does not say what: %s", its_name, tostring(result)) then
            local name = result.status and "status " .. result.status or result.code
            names[name] = (names[name] or 0) + 1
            harness.expect(not rules.only or rules.only[name], "%s: %s", its_name, tostring(result))
          end
        elseif words(result) == expected then
          right = right + 1
          harness.expect(not rules.only, "%s: rows came", its_name)
        else
          altered = altered + 1
          harness.expect(server.unprotected and rules.may_alter and is_well_formed(result), "%s: wrong rows: %s", its_name, words(result))
        end
      end
      proxy:close(ports)
    end
  end)
  harness.fact(what, #faults, ("%d with the right rows, errors: %s; %s, longest %.1f s"):format(right, harness.tally(names),
    server.unprotected and rules.may_alter and altered .. " changed and nobody could tell" or altered .. " wrong", longest))
end

local SILENT = { CURLE_OPERATION_TIMEDOUT = true }

local every = harness.faults_at

---@param proxy table
---@param budget { stride: integer, bits: integer }
return function(proxy, budget)
  for _, server in ipairs(servers) do
    local ports = proxy:open(math.tointeger(server.port), { {} })
    local rows = ask(server, ports[1])
    assert(#rows == 2)
    local expected = words(rows)
    local length = proxy:counts(ports[1]).down
    local stride, slow_stride = budget.stride, budget.stride * 32
    local function of(step)
      return ("%s byte of %d"):format(harness.every(step), length)
    end
    server.port = math.tointeger(server.port)
    for _, kind in ipairs { "cut", "reset" } do
      try(proxy, server, expected, kind .. " after " .. of(stride), every(length, stride, function(n) return { [kind] = n } end))
    end
    try(proxy, server, expected, "silent after " .. of(slow_stride), every(length - 200, slow_stride, function(n) return { stall = n } end),
      { only = SILENT })
    local flips = {}
    for position = 0, length - 1, stride do
      for bit = 1, budget.bits do flips[#flips + 1] = { flip = { position, (position * 5 + bit) % 8 } } end
    end
    try(proxy, server, expected, ("%d of 8 bits turned over in %s"):format(budget.bits, of(stride)), flips, { may_alter = true })
    try(proxy, server, expected, "said twice from " .. of(slow_stride),
      every(length, slow_stride, function(n) return { duplicate = n } end), { may_alter = true })
    try(proxy, server, expected, "held up by 20 ms at every step, or throttled to 50 kB a second", { { delay = 0.02 }, { throttle = 500 } })
    try(proxy, server, expected, "held up for longer than it has", { { delay = 3 }, { throttle = 1 } }, { only = SILENT })
    proxy:close(ports)
  end
end
