--- The verdicts as metrics in OpenMetrics 1.0.
---@param result rollcall.policy.result
---@param write fun(text: string)
return function(result, write) require "rollcall.policy.metrics"("openmetrics", result, write) end
