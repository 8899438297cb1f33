-- A watch goes on for months: what a poll took is given back before the next.
local lab = require "spec.lab"

it("takes no more memory from poll to poll", function()
  local folder = lab.new_folder "watch_memory"
  local output = lab.run(([[folder=%s
    echo 'rows { kind = "badge", { user = "alice" } }' > $folder/rows.lua
    %s watch $folder/rows.lua --interval 0.02 --snapshot $folder/kept.jsonl.gz &
    for seconds in 3 4; do sleep $seconds; grep VmRSS /proc/$!/status; done
    kill $!; wait; rm -r $folder]]):format(folder, lab.command))
  local early, late = output:match "(%d+) kB.-(%d+) kB"
  assert.is_true(late - early < 2048, ("%s KiB after 3 seconds, %s after 7"):format(early, late))
end)
