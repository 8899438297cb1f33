--- HTML pages for the specs: rows with hostile names, and as many as wanted.
local hostile = require "spec.lab.hostile"
local lab = require "spec.lab"
local report = require "rollcall.report"

local pages = {}

pages.rows = {
  { kind = "connection", servername = "fs1", share = "projects", username = "CORP\\bob", client = "10.0.0.9", time = 7200, id = 1 },
  { kind = "connection", servername = "fs1", share = "projects", username = "CORP\\alice", client = "10.0.0.10", time = 60, id = 2 },
  { kind = "connection", servername = "fs8", share = "public", username = "alice@corp", client = "10.0.0.2", time = 90000, id = 3 },
  { kind = "session", origin = "region", login_user = "carol", session_state = "Disconnected", machine_name = "vd-1" },
}
for _, name in pairs(hostile) do
  pages.rows[#pages.rows + 1] = { kind = "connection", servername = name, share = name, username = name, client = name, time = 5, id = 9 }
end

local outcomes = {
  { source = "smb", target = "fs1", query = "connections", completeness = "complete", claimed = 3, received = 3 },
  { source = "smb", target = hostile.markup, completeness = "denied", reason = hostile.markup },
  { source = "smb", target = "samba", completeness = "placeholder" },
}

---@return string
function pages.rendered(options)
  local parts = {}
  options.format, options.write = "html", function(part) parts[#parts + 1] = part end
  report.render(options)
  return table.concat(parts)
end

function pages.hostile() return pages.rendered { rows = pages.rows, outcomes = outcomes, title = "Who? " .. hostile.markup } end

---A page that ought to have been renewed long ago.
function pages.old()
  local history = require "rollcall.report.html.history"()
  history:add { at = "2026-11-21T07:00:00Z", rows = 3, bad = 0 }
  history:add { at = "2026-11-21T07:01:00Z", rows = 4, bad = 1, events = { connected = 1 } }
  local parts = {}
  report.render { rows = pages.rows, outcomes = outcomes, now = 1795244460, write = function(part) parts[#parts + 1] = part end,
    format = function(frame) return require "rollcall.report.html"(frame, { above = history:strip(), interval = 60 }) end }
  return table.concat(parts)
end

---@return string path
function pages.put(name, text)
  local path = ("%s/%s.html"):format(lab.folder, name)
  assert(io.open(path, "w")):write(text):close()
  return path
end

---Rows made from their numbers.
function pages.many(count, row_of)
  local number = 0
  return pages.rendered { outcomes = {}, rows = function()
    number = number + 1
    if number <= count then return row_of(number) end
  end }
end

function pages.numbered(number)
  return "connection", { username = "user" .. number, share = "share" .. number % 50, servername = "fs" .. number % 7, time = number % 9000,
    client = "10.0.0." .. number % 100 }
end

return pages
