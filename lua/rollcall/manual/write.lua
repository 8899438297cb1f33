--- Writes the manual pages into a folder, man1 and man5 under it: `lua write.lua FOLDER`.
local parser = require("rollcall.cli").parser()
local roff = require "rollcall.manual.roff"
local topics = require "rollcall.manual.topics"

local folder = arg[1]
for _, topic in ipairs(topics.list(parser)) do
  if topic.page then
    local page = topic.page()
    local file = assert(io.open(("%s/man%d/%s.%d"):format(folder, page.section, page.name, page.section), "wb"))
    assert(file:write(roff(page)))
    assert(file:close())
  end
end
