-- Makes the README's picture: the page of a run of the lab, by Chromium, with the names that the guides use.
--
--     spec/lab/run lua5.4 spec/lab/picture.lua FILE.webp
local guide = require "spec.lab.guide"
local lab = require "spec.lab"
local servers = require "spec.lab.guide_servers"
local text_file = require "spec.lab.text_file"

local path = arg[1]

local for_guide, stop = servers.start()
local own = for_guide "picture"
local page = own.folder .. "/page.html"
text_file.put(own.folder .. "/inventory.lua", guide.replaced([[
  smb { servers = { "fs1", "fs2", "nas1", "fs3" }, username = "auditor", password = file "/etc/rollcall/auditor.password" }
]], own.names, 1, 2))
lab.run(("cd '%s' && %s\nrollcall report inventory.lua --format html --title 'Who is connected' -o page.html"):format(own.folder,
  own.environment))
stop()
text_file.put(page, guide.replaced(text_file.content(page), own.names, 2, 1))
local chromium = "HOME='%s' chromium --headless=new --no-sandbox --disable-gpu --hide-scrollbars --user-data-dir='%s/chromium' "
  .. "--window-size=1100,980 --screenshot='%s' 'file://%s'"
local _, code, problem = lab.run(chromium:format(own.folder, own.folder, path, page))
assert(code == 0, problem)
