--- What spec/lab is to the specs where they run on Windows: servers of the stand-in for netapi32 under the
-- names of the lab's, and a look at what the stand-in counts.
local core = require "rollcall.core"

local lab = {}

local function variable(name)
  return assert(os.getenv(name), "run by make test-windows")
end

lab.folder, lab.username, lab.password = variable "LAB_FOLDER", variable "LAB_USERNAME", variable "LAB_PASSWORD"
lab.double, lab.big, lab.closed, lab.silent = "double", "big", "closed", "silent"
-- There is none of these here.
lab.samba, lab.crowd = "no.samba.invalid", "no.crowd.invalid"
lab.double_port, lab.big_port, lab.samba_port = 445, 445, 445
lab.command = variable "ROLLCALL"

local function of_stand_in(name)
  return assert(package.loadlib([[build\windows\bin\netapi32.dll]], name), "this is not the stand-in, but Wine's own netapi32")
end

lab.counts, lab.release = of_stand_in "stand_in_counts", of_stand_in "stand_in_release"
assert(lab.counts().marker == "rollcall's stand-in for netapi32")

---Options with the auditor's credentials, and those given.
function lab.as_auditor(options)
  local all = { username = lab.username, password = lab.password, timeout = 20 }
  for name, value in pairs(options) do all[name] = value end
  return all
end

local function take(name)
  local file = assert(io.open(lab.folder .. "/" .. name))
  local content = file:read("a")
  file:close()
  os.remove(lab.folder .. "/" .. name)
  return content
end

---Runs a command of the shell that Wine itself runs under, so that programs which know nothing of Wine
---read what was written; returns its output, its exit code and what it said on stderr. The command
---`rollcall` among them is the one for Windows.
function lab.run(command)
  local script = assert(io.open(lab.folder .. "/script", "wb"))
  script:write(("cd '%s' || exit\n( %s\n) > '%s/out' 2> '%s/err'\necho $? > '%s/code'\n"):format(
    variable "LAB_ROOT", command, lab.folder, lab.folder, lab.folder))
  script:close()
  assert(os.execute("start.exe /wait /unix /bin/sh " .. lab.folder .. "/script"))
  local output, complained, code = take "out", take "err", take "code"
  os.remove(lab.folder .. "/script")
  return output, math.tointeger(tonumber(code)), complained
end

---Polls until `condition` gives something true, and returns it; an error after ten seconds.
function lab.eventually(what, condition)
  for _ = 1, 200 do
    local result = condition()
    if result then return result end
    core.sleep(0.05)
  end
  error(what .. " did not come about")
end

---There are no worker processes.
function lab.workers() return {} end

return lab
