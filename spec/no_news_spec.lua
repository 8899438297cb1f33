-- What is no news: rollcall is a client of each server that it asks, and what is certain of a row may change with others.
local cjson = require "cjson"
local diff = require "rollcall.diff"
local lab = require "spec.lab"

local function look(rows, outcomes)
  local position = 0
  return diff.poll(function()
    position = position + 1
    local row = rows[position]
    if row then return row[1], row end
  end, outcomes)
end

local function changes(before, after)
  local list = {}
  for _, change in ipairs(diff.compare(before, after)) do
    list[#list + 1] = ("%s %s %s"):format(change.event, change.kind, change.row.username or change.row.share)
  end
  table.sort(list)
  return list
end

local function outcome(kind, seconds)
  return {
    source = "smb", target = "fs1", query = kind, completeness = "complete",
    logon = seconds and { username = "CORP\\auditor", seconds = seconds },
  }
end

local function session(username, time)
  return { "smb_session", servername = "fs1", username = username, client = "here", time = time, idle_time = 0 }
end

describe("a row of the combined view", function()
  local function row(client, share, files, sources)
    return {
      "access", servername = "fs1", username = "alice", client = client, share = share, files = files, time = 90, sources = sources,
    }
  end
  local certain = look({ row("A", "projects", { "C:\\p" }, "session+file") }, { outcome("access", 1) })
  local uncertain = look({ row("A", nil, nil, "session"), row("B", nil, nil, "session"), row(nil, "projects", { "C:\\p" }, "file"),
    row(nil, "projects", { "C:\\q" }, "file") }, { outcome("access", 1) })

  it("has not left where its share is not certain any more, nor a file come that was open", function()
    local list = diff.compare(certain, uncertain)
    local seen = {}
    for i, change in ipairs(list) do seen[i] = ("%s %s %s"):format(change.event, change.row.client, (change.row.files or {})[1]) end
    assert.same({ "changed A nil", "connected B nil", "connected nil C:\\q" }, seen)
    assert.same({ "files", "share", "sources" }, list[1].fields)
  end)

  it("has not come where its share is certain now", function()
    local seen = {}
    for i, change in ipairs(diff.compare(uncertain, certain)) do
      seen[i] = ("%s %s %s"):format(change.event, change.row.client, (change.row.files or {})[1])
    end
    assert.same({ "disconnected B nil", "disconnected nil C:\\q", "changed A C:\\p" }, seen)
    assert.same({}, diff.compare(uncertain, uncertain))
  end)
end)

describe("a logon of rollcall's own", function()
  it("is one of the user that was asked as, begun since", function()
    local before = look({ session("auditor", 1), session("auditor", 2), session("AUDITOR", 3) }, { outcome("smb_session", 1) })
    local after = look({ session("auditor", 0) }, { outcome("smb_session", 0) })
    assert.same({}, changes(before, after))
    assert.same({}, changes(after, before))
    assert.equal(3, #before.order)
  end)

  it("may be one of unknown age, and of nobody while a logon goes on", function()
    local nobody = look({}, { outcome("smb_session", 1) })
    local unsure = look({ session("auditor", nil), session("", 0), session("", nil) }, { outcome("smb_session", 1) })
    assert.same({}, changes(nobody, unsure))
    assert.same({ "connected smb_session " }, changes(nobody, look({ session("", 4) }, { outcome("smb_session", 1) })))
  end)

  it("is not one of another user, or of the same begun earlier", function()
    local nobody = look({}, { outcome("smb_session", 1) })
    local others = look({ session("alice", 0), session("auditor", 4), session("OTHER\\auditor", 0), session("bob", nil) },
      { outcome("smb_session", 1) })
    assert.same({
      "connected smb_session OTHER\\auditor", "connected smb_session alice", "connected smb_session auditor", "connected smb_session bob",
    }, changes(nobody, others))
    assert.equal(4, #changes(others, nobody))
    -- Where it is not known as whom rollcall logged on, nothing is.
    assert.same({ "connected smb_session auditor" }, changes(look({}, { outcome "smb_session" }),
      look({ session("auditor", 0) }, { outcome "smb_session" })))
  end)

  it("is distinguished from another of the same user by the next poll", function()
    local first = look({ session("auditor", 0), session("auditor", 0) }, { outcome("smb_session", 0) })
    local second = look({ session("auditor", 0), session("auditor", 60) }, { outcome("smb_session", 0) })
    local third = look({ session("auditor", 0) }, { outcome("smb_session", 0) })
    assert.same({ "connected smb_session auditor" }, changes(first, second))
    assert.same({ "disconnected smb_session auditor" }, changes(second, third))
  end)

  it("is seen in every kind of row", function()
    local function rows(id)
      return {
        { "connection", servername = "fs1", share = "IPC$", client = "here", username = "auditor", id = id, time = 0 },
        { "access", servername = "fs1", client = "here", username = "auditor", time = id % 2, sources = "session" },
        { "file", servername = "fs1", username = "auditor", pathname = "\\srvsvc", id = id },
        { "connection", servername = "fs1", share = "IPC$", username = "dummy_user", id = id, time = 3, placeholder = true },
        { "connection", servername = "fs1", share = "projects", username = "dummy_user", id = id, num_opens = 0, placeholder = true },
      }
    end
    local outcomes = { outcome("connection", 1), outcome("access", 1), outcome("file", 1) }
    assert.same({}, changes(look(rows(1), outcomes), look(rows(2), outcomes)))
    local more = rows(3)
    table.insert(more, 4, { "file", servername = "fs1", username = "auditor", pathname = "C:\\x\\srvsvc", id = 9 })
    table.insert(more, { "connection", servername = "fs1", share = "projects", username = "dummy_user", num_opens = 1, placeholder = true })
    assert.same({ "connected connection dummy_user", "connected file auditor" }, changes(look(rows(1), outcomes), look(more, outcomes)))
  end)

  it("is no change in a watch with several queries of one server, and who comes and goes is", function()
    local path, printed = lab.folder .. "/own.lua", lab.folder .. "/own.jsonl"
    local file = assert(io.open(path, "w"))
    for _, query in ipairs { "sessions", "rollcall", "connections", "files" } do
      file:write(('smb { servers = { "%s" }, query = "%s", username = "%s", password = env "LAB_PASSWORD" }\n'):format(
        lab.samba, query, lab.username))
    end
    file:close()
    local function lines()
      local opened = io.open(printed)
      local list = {}
      for line in opened and opened:lines() or function() end do list[#list + 1] = cjson.decode(line) end
      if opened then opened:close() end
      return list
    end
    local function of(user)
      local count = 0
      for _, line in ipairs(lines()) do
        if line.row.username == user then count = count + 1 end
      end
      return count
    end
    local watch = lab.run(("%s watch %s --interval 0.1 --format jsonl > %s & echo $!"):format(lab.command, path, printed)):match "%d+"
    local stopped, problem = pcall(function()
      os.execute "sleep 3"
      assert.same({}, lines())
      local client = lab.connect("alice", "projects")
      lab.eventually("alice's coming", function() return of "alice" >= 2 end)
      client.close()
      lab.eventually("alice's going", function() return of "alice" >= 4 end)
      -- Another program of the same user's is news, when it is older than a poll.
      client = lab.connect(lab.username, "projects")
      lab.eventually("the auditor's coming", function() return of(lab.username) >= 2 end)
      client.close()
      lab.eventually("the auditor's going", function() return of(lab.username) >= 4 end)
    end)
    lab.run("kill -TERM " .. watch)
    lab.eventually("the end of watch", function() return select(2, lab.run("kill -0 " .. watch)) ~= 0 end)
    assert.is_true(stopped, problem)
    assert.equal(4, of "alice")
    for _, line in ipairs(lines()) do
      assert.is_true(line.row.username == "alice" or line.row.username == lab.username or line.row.share == "projects", cjson.encode(line))
    end
  end)
end)
