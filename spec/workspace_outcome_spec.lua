local outcome_of = require "rollcall.workspace.outcome"

describe("the result for a cloud service", function()
  local refused, broken = { status = 403, message = "refused" }, { status = 500, message = "broken" }
  local unanswered, token = { message = "no route" }, { stage = "token", message = "no route to IAM" }
  local cases = {
    { "complete", 3, 3, {} },
    { "complete", 0, 0, {} },
    { "partial", 3, 2, { refused } },
    { "denied", 1, 0, { { status = 401, message = "refused" } } },
    { "denied", 2, 0, { unanswered, refused } },
    { "denied", 1, 0, { { status = 200, code = "APIGW.0301", message = "refused" } } },
    { "denied", 1, 0, { { code = "CREDENTIALS_REFUSED", message = "not tried" } } },
    { "unreachable", 1, 0, { { status = 200, code = "WKS.00010028", message = "no such user" } } },
    { "unreachable", 1, 0, { broken } },
    { "unreachable", 2, 0, { unanswered, unanswered } },
    { "unreachable", 1, 0, { token } },
  }
  for i, case in ipairs(cases) do
    it(("is %s (%d)"):format(case[1], i), function()
      local users = {}
      for j = 1, case[2] do users[j] = "user" .. j end
      local outcome = outcome_of("host", "p1", users, case[3], case[4])
      assert.same({ "workspace", "host", "p1", case[1], case[2], case[3] },
        { outcome.source, outcome.target, outcome.project_id, outcome.completeness, outcome.claimed, outcome.received })
      assert.same(case[2] > 0 and users or nil, outcome.users)
      local first = case[4][1]
      assert.equal(first and ("the query failed for %d of %d user%s: %s"):format(case[2] - case[3], case[2], case[2] == 1 and "" or "s",
        first.message), outcome.reason)
    end)
  end
end)
