--- The format `prometheus`: metrics in Prometheus's text format, for the node exporter's textfile collector.
return function(frame) return require "rollcall.report.metrics_writer"("prometheus", frame) end
