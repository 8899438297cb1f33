--- When the rows of a report were taken, for a person.

---@param frame { generated_at: string, last_generated_at: string? }
---@return string
return function(frame)
  return frame.generated_at .. (frame.last_generated_at and " to " .. frame.last_generated_at or "")
end
