--- Rules about who may be connected, and their verdicts.
--
-- A verdict is pass, fail or unknown. A rule that nobody was seen to break passes only where everybody
-- could be seen; where a target could not be asked it is unknown.
local declaration = require "rollcall.internal.declaration"
local judge = require "rollcall.policy.judge"
local options = require "rollcall.internal.options"
local presence = require "rollcall.presence"
local rules = require "rollcall.policy.rules"
local sandbox = require "rollcall.internal.sandbox"

local policy = {}

---Exit codes of a check; a usage error is 3.
policy.PASS, policy.FAIL, policy.UNKNOWN = 0, 1, 2

---The formats of `policy.write`.
---@type string[]
policy.formats = { "text", "json", "junit", "sarif", "github" }

---@class rollcall.policy
---@field name string
---@field rules rollcall.policy.rule[]
---@field waivers rollcall.policy.waiver[]
---@field trusted table<function, true>

---@class rollcall.policy.result
---@field policy string
---@field generated_at integer  when the rows were taken, in seconds since 1970
---@field rules rollcall.policy.verdict[]
---@field outcomes rollcall.outcome[]
---@field expired rollcall.policy.waiver[]  waivers that have expired

---Reads a policy from a text.
---@param text string
---@param name string  for messages
---@return rollcall.policy?
---@return string? problem  with file, line and field
function policy.parse(text, name)
  local vocabulary, gathered = rules.vocabulary(declaration.of(text, name))
  local ran, problem = sandbox.run(text, name, vocabulary)
  if not ran then return nil, problem end
  if #gathered.rules == 0 then return nil, name .. ": declares no rule" end
  return { name = name, rules = gathered.rules, waivers = gathered.waivers, trusted = gathered.trusted }
end

---Reads a policy file.
---@param path string
---@return rollcall.policy?
---@return string? problem
function policy.load(path)
  local text, problem = sandbox.read(path)
  if not text then return nil, problem end
  return policy.parse(text, path)
end

local function anything(value) return value end

local specification = {
  rows = options.callable, outcomes = anything, now = anything, normalize_user = options.callable,
  utc_offset = options.integer(-86400, 86400),
}

---Evaluates a policy over rows. Memory is bounded by the groups of its rules.
---@param its_policy rollcall.policy
---@param given { rows: (fun(): string?, table?), outcomes: rollcall.outcome[]?, now: integer?, normalize_user: function?, utc_offset: integer? }
---as for `report.render`; without outcomes, the rows are all there is
---@return rollcall.policy.result
function policy.evaluate(its_policy, given)
  given = options.check("policy.evaluate", given, specification, 2)
  local now = given.now or os.time()
  local judges, of_kind, expired = {}, {}, {}
  for i, rule in ipairs(its_policy.rules) do judges[i] = judge.new(rule, its_policy.waivers, its_policy.trusted, now) end
  local view_of = presence.viewer { now = now, normalize_user = given.normalize_user, utc_offset = given.utc_offset }
  for kind, row in given.rows do
    local its_judges = of_kind[kind]
    if not its_judges then
      its_judges = {}
      for _, one in ipairs(judges) do
        if one:is_about(kind) then its_judges[#its_judges + 1] = one end
      end
      of_kind[kind] = its_judges
    end
    if its_judges[1] then
      local view = view_of(kind, row)
      for i = 1, #its_judges do its_judges[i]:take(view) end
    end
  end
  for _, waiver in ipairs(its_policy.waivers) do
    if now >= waiver.expires then expired[#expired + 1] = waiver end
  end
  local verdicts = {}
  for i, one in ipairs(judges) do verdicts[i] = one:finish(given.outcomes) end
  return { policy = its_policy.name, generated_at = now, rules = verdicts, outcomes = given.outcomes or {}, expired = expired }
end

---@param result rollcall.policy.result
---@return integer  0 every rule passes, 1 one fails, 2 none fails but one is unknown
function policy.exit_code(result)
  local code = policy.PASS
  for _, verdict in ipairs(result.rules) do
    if verdict.verdict == "fail" then return policy.FAIL end
    if verdict.verdict == "unknown" then code = policy.UNKNOWN end
  end
  return code
end

---Writes a result in a format.
---@param result rollcall.policy.result
---@param format "text"|"json"|"junit"|"sarif"|"github"
---@param write fun(text: string)
---@param settings? { color: boolean? }
function policy.write(result, format, write, settings)
  require("rollcall.policy." .. format)(result, write, settings or {})
end

return policy
