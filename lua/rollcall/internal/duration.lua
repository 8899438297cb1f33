---Seconds as a person says them: `45s`, `12m`, `3h05m`, `2d04h`.
---@param seconds? integer
---@return string?
return function(seconds)
  if not seconds then return nil end
  if seconds < 60 then return ("%ds"):format(seconds) end
  if seconds < 3600 then return ("%dm"):format(seconds // 60) end
  if seconds < 86400 then return ("%dh%02dm"):format(seconds // 3600, seconds % 3600 // 60) end
  return ("%dd%02dh"):format(seconds // 86400, seconds % 86400 // 3600)
end
