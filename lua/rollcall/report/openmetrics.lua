--- The format `openmetrics`: metrics in OpenMetrics 1.0.
return function(frame) return require "rollcall.report.metrics_writer"("openmetrics", frame) end
