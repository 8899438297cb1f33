--- Servers of which all is known: who has which session, which trees in it, which files open over each. What the combined view
-- says of one is held against that, and against every other way in which the calls' answers could belong together.
--
-- A scenario is { shares = { { name, path, type } }, sessions = { { user, client, time, idle, trees = { { share, time, opens } } } } },
-- with `opens` a list of paths. A time is no other's, so a row is known by it; where the server's own times hold there is none.
local scenario = {}

local MOST_WAYS = 5000

local function lowered(path)
  return (path:gsub("\\+$", ""):lower())
end

---Whether a share's folder holds a path. Written anew here: it is what the view is held against. A path without a drive may be that of
---a pipe, or of a file as some versions of Samba write it.
local function holds(share, path)
  local has_drive = path:find "^%a:"
  if share.type == 0x80000003 then return not has_drive end
  local folder = has_drive and share.path or share.path:gsub("^%a:", "")
  return share.path == "" or (lowered(path) .. "\\"):find(lowered(folder) .. "\\", 1, true) == 1
end

local folders = { "C:\\x", "c:\\X", "C:\\x\\p", "C:\\", "D:\\x", "C:\\y", "" }
local paths = { "C:\\x\\a", "C:\\x\\b", "C:\\x\\p\\c", "C:\\x\\p\\q\\d", "C:\\y\\e", "D:\\x\\a", "C:\\xx\\f", "\\srvsvc" }

---@param random fun(least: integer, most: integer): integer
function scenario.generated(random)
  local made, next_time = { shares = {}, sessions = {} }, 100
  local function time()
    next_time = next_time + 1
    return next_time
  end
  for i = 1, random(1, 4) do
    -- Seldom one whose folder is not told, with which nothing is certain.
    made.shares[i] = { name = "s" .. i, path = folders[random(1, random(1, 6) == 1 and 7 or 6)], type = 0 }
  end
  if random(1, 2) == 1 then table.insert(made.shares, { name = "IPC$", path = "C:\\tmp", type = 0x80000003 }) end
  local users = { "alice", "bob", random(1, 2) == 1 and "zoë" or "ALICE" }
  for i = 1, random(1, 5) do
    local session = { user = users[random(1, 3)], client = "PC-" .. random(1, 2), time = time(), idle = time(), trees = {} }
    for j = 1, random(0, 2) do
      local share, opens = made.shares[random(1, #made.shares)], {}
      for _ = 1, random(0, 2) do
        local path = paths[random(1, #paths)]
        if holds(share, path) then opens[#opens + 1] = path end
      end
      session.trees[j] = { share = share, time = time(), opens = opens }
    end
    made.sessions[i] = session
  end
  return made
end

local function num_opens(session)
  local count = 0
  for _, tree in ipairs(session.trees) do count = count + #tree.opens end
  return count
end

---What the mock server is to answer. `placeholders`: as Samba, it does not name who made a connection.
function scenario.answers(made, placeholders)
  local answers = { shares = {}, sessions = {}, files = {}, made = {} }
  for i, share in ipairs(made.shares) do
    answers.shares[i] = { netname = share.name, type = share.type, path = share.path }
    answers.made[share.name] = {}
  end
  for i, session in ipairs(made.sessions) do
    answers.sessions[i] = {
      cname = "\\\\" .. session.client, username = session.user, num_opens = num_opens(session), time = session.time,
      idle_time = session.idle,
    }
    for _, tree in ipairs(session.trees) do
      local connections = answers.made[tree.share.name]
      connections[#connections + 1] = {
        id = #connections, type = 0, num_opens = #tree.opens, num_users = 1, time = placeholders and 3 or tree.time,
        username = placeholders and "dummy_user" or session.user, netname = placeholders and "IPC$" or session.client,
      }
      for _, path in ipairs(tree.opens) do
        -- As it happens to come first.
        table.insert(answers.files, (session.time * 7 + #answers.files) % (#answers.files + 1) + 1,
          { id = #answers.files, permissions = 1, num_locks = 0, pathname = path, username = session.user })
      end
    end
  end
  return answers
end

local function key(user) return user:lower() end

---Every way in which the open files can belong to the trees; each is a list of { user, path, tree, session }. Without the names of
---connections' users only the numbers of the sessions and the use of the shares bind them. Ways that nothing can tell apart are there
---each: they are few.
local function ways(made, placeholders)
  local places, opens = {}, {}
  for _, session in ipairs(made.sessions) do
    for _, tree in ipairs(session.trees) do
      for _, path in ipairs(tree.opens) do opens[#opens + 1] = { user = key(session.user), path = path } end
    end
  end
  for _, session in ipairs(made.sessions) do
    local room = { left = num_opens(session) }
    if placeholders then
      local used = {}
      for _, other in ipairs(made.sessions) do
        for _, tree in ipairs(other.trees) do used[tree.share] = true end
      end
      for share in pairs(used) do places[#places + 1] = { session = session, share = share, room = room } end
    else
      for _, tree in ipairs(session.trees) do
        places[#places + 1] = { session = session, share = tree.share, tree = tree, room = { left = #tree.opens } }
      end
    end
  end
  local found, way = {}, {}
  local function place(i)
    if #found > MOST_WAYS then return end
    local open = opens[i]
    if not open then
      found[#found + 1] = table.move(way, 1, #way, 1, {})
      return
    end
    for _, spot in ipairs(places) do
      if spot.room.left > 0 and key(spot.session.user) == open.user and holds(spot.share, open.path) then
        spot.room.left = spot.room.left - 1
        way[i] = { user = open.user, path = open.path, session = spot.session, share = spot.share, tree = spot.tree }
        place(i + 1)
        way[i] = nil
        spot.room.left = spot.room.left + 1
      end
    end
  end
  place(1)
  return found
end

local function list_key(list)
  local sorted = table.move(list, 1, #list, 1, {})
  table.sort(sorted)
  return table.concat(sorted, "|")
end

-- The files of a session, or of a tree, in one way; of a share alone if one is given.
local function files_in(way, session, tree, share)
  local files = {}
  for _, open in ipairs(way) do
    if (not session or open.session == session) and (not tree or open.tree == tree) and (not share or open.share == share) then
      files[#files + 1] = open.path
    end
  end
  return files
end

local function the_same(of, value, ...)
  if value == nil then return end
  if value ~= of then error(("%s: %s, but it is %s"):format(table.concat({ ... }, " "), tostring(value), tostring(of)), 0) end
end

local function find(list, accepts)
  for _, member in ipairs(list) do
    if accepts(member) then return member end
  end
end

local function find_position(list, value)
  for i, member in ipairs(list) do
    if member == value then return i end
  end
end

local function share_named(made, name)
  return find(made.shares, function(share) return share.name == name end)
end

---The tree or session that a row is of. A session without a time is any that fits and that no row was of.
local function origin_of(made, row, taken)
  if row.sources:find "connection" then
    for _, session in ipairs(made.sessions) do
      local tree = find(session.trees, function(tree) return tree.time == row.time end)
      if tree then return session, tree end
    end
  elseif row.sources:find "session" then
    return find(made.sessions, function(session)
      if session.time then return session.time == row.time end
      return not taken[session] and key(session.user) == key(row.username) and session.client == row.client
        and (row.files and #files_in(scenario.truth(made), session, nil, row.share and share_named(made, row.share)) > 0
          or not row.files and row.open_files == num_opens(session))
    end)
  end
end

---The way that it really is.
function scenario.truth(made)
  local truth = {}
  for _, session in ipairs(made.sessions) do
    for _, tree in ipairs(session.trees) do
      for _, path in ipairs(tree.opens) do
        truth[#truth + 1] = { user = key(session.user), path = path, session = session, share = tree.share, tree = tree }
      end
    end
  end
  return truth
end

local function check_row(way, made, row, session, tree)
  if row.sources == "file" then
    -- Some open file fits; which of them are the same, the numbers of rows say.
    local fits = find(way, function(open)
      return open.path == row.files[1] and open.user == key(row.username) and (not row.client or row.client == open.session.client)
        and (not row.share or row.share == open.share.name)
    end)
    if not fits then error("a file that is not open so", 0) end
    return
  end
  the_same(session.user, row.username, "user")
  the_same(session.client, row.client, "client")
  if session.idle then the_same(session.idle, row.idle_time, "idle_time") end
  if tree then the_same(tree.share.name, row.share, "share") end
  local files = files_in(way, session, tree, row.share and share_named(made, row.share))
  if tree then the_same(#files, row.open_files, "open_files") end
  if not row.files then
    if not tree then the_same(num_opens(session), row.open_files, "open_files") end
  elseif tree then
    the_same(list_key(files), list_key(row.files), "files")
  else
    for _, path in ipairs(row.files) do
      local position = find_position(files, path)
      if not position then error("a file of another session, or in another share: " .. path, 0) end
      table.remove(files, position)
    end
    the_same(#row.files, row.open_files, "open_files")
  end
end

-- Of all ways, whether they have the same in common for a file: what is certain of it must have been said.
local function check_certain(made, all, rows, placeholders)
  local said = {}
  for _, row in ipairs(rows) do
    for _, path in ipairs(row.files or {}) do
      local name = key(row.username) .. "@" .. path
      said[name] = said[name] or {}
      table.insert(said[name], row)
    end
  end
  local first = all[1]
  for i, open in ipairs(first) do
    local client, share, session = open.session.client, open.share, open.session
    for _, way in ipairs(all) do
      if way[i].session.client ~= client then client = nil end
      if way[i].share ~= share then share = nil end
      if way[i].session ~= session then session = nil end
    end
    for _, row in ipairs(said[open.user .. "@" .. open.path]) do
      if placeholders then
        if client and row.client ~= client then error("the client of an open file is certain, and not said: " .. open.path, 0) end
        if share and row.share ~= share.name then error("the share of an open file is certain, and not said: " .. open.path, 0) end
        if session and row.sources ~= "session+file" then error("the session of an open file is certain, and not said", 0) end
      end
    end
  end
  -- A connection with as many open files as its user has in the share's folder.
  for _, row in ipairs(rows) do
    if row.sources:find "connection" and not row.files then
      local count = 0
      for _, open in ipairs(first) do
        if open.user == key(row.username) and holds(share_named(made, row.share), open.path) then count = count + 1 end
      end
      if count > 0 and count == row.open_files then error("the files of a connection are certain, and not said", 0) end
    end
  end
end

---Holds rows against a scenario; raises what is wrong with them.
---@param made table
---@param rows rollcall.smb.access[]
---@param placeholders boolean
---@return integer ways  in how many ways the answers can belong together
---@return integer said  of how many open files a computer was said, or a share
function scenario.check(made, rows, placeholders)
  local truth, all = scenario.truth(made), ways(made, placeholders)
  if #all == 0 then error("the scenario itself contradicts its answers", 0) end
  local opens, seen, said, taken = {}, {}, 0, {}
  for _, open in ipairs(truth) do
    local name = open.user .. "@" .. open.path
    opens[name] = (opens[name] or 0) + 1
  end
  for _, row in ipairs(rows) do
    local session, tree = origin_of(made, row, taken)
    if row.sources ~= "file" and not session then error("a row that nothing is known of", 0) end
    if tree then
      if seen[tree] then error("a connection twice", 0) end
      seen[tree] = true
      if row.sources:find "session" then seen[session] = true end
    elseif session then
      if seen[session] and not row.files then error("a session twice", 0) end
      seen[session] = true
      if not row.files then taken[session] = true end
    end
    check_row(truth, made, row, session, tree)
    -- Every other way contradicts no field either.
    for _, way in ipairs(all) do check_row(way, made, row, session, tree) end
    for _, path in ipairs(row.files or {}) do
      local name = key(row.username) .. "@" .. path
      opens[name] = (opens[name] or 0) - 1
      if row.client or row.share then said = said + 1 end
    end
  end
  for name, count in pairs(opens) do
    if count ~= 0 then error(("%s: %d open files without a row"):format(name, count), 0) end
  end
  for _, session in ipairs(made.sessions) do
    if not seen[session] then error("a session without a row", 0) end
    for _, tree in ipairs(session.trees) do
      if not placeholders and not seen[tree] then error("a connection without a row", 0) end
    end
  end
  -- Of some of too many ways nothing certain can be said.
  if #all <= MOST_WAYS then check_certain(made, all, rows, placeholders) end
  return #all, said
end

return scenario
