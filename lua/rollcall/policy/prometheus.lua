--- The verdicts as metrics in Prometheus's text format.
---@param result rollcall.policy.result
---@param write fun(text: string)
return function(result, write) require "rollcall.policy.metrics"("prometheus", result, write) end
