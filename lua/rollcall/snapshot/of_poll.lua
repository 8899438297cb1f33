--- A poll as a snapshot.
local snapshot = require "rollcall.snapshot"

---Writes it. Raises what goes wrong.
---@param path string
---@param poll rollcall.diff.poll
---@param generated_at integer
---@param settings rollcall.snapshot.settings
return function(path, poll, generated_at, settings)
  local writer, problem = snapshot.create(path, generated_at, settings)
  if not writer then error(problem, 0) end
  local its_writer <close> = writer
  for _, identity in ipairs(poll.order) do
    local entry = poll.entries[identity]
    its_writer:row(entry.kind, entry.row)
  end
  for _, outcome in ipairs(poll.outcomes) do its_writer:outcome(outcome) end
  its_writer:finish()
end
