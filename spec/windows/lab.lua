--- What spec/lab is to the specs where they run on Windows: servers of the mock netapi32 under the
-- names of the lab's, and what the mock counts.
local shell = require "spec.windows.shell"

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
  return assert(package.loadlib([[build\windows\bin\netapi32.dll]], name), "this is not the mock, but Wine's own netapi32")
end

lab.counts, lab.release = of_stand_in "stand_in_counts", of_stand_in "stand_in_release"
assert(lab.counts().marker == "rollcall's mock netapi32")

---Options with the auditor's credentials, and those given.
function lab.as_auditor(options)
  local all = { username = lab.username, password = lab.password, timeout = 20 }
  for name, value in pairs(options) do all[name] = value end
  return all
end

lab.run = shell.run
lab.eventually = shell.eventually

---@param name string  how its name begins
---@return string folder  a new one, which ends with the lab
function lab.new_folder(name)
  return lab.run(("mktemp -d '%s/%s.XXXXXX'"):format(lab.folder, name)):match "%S+"
end

---There are no worker processes.
function lab.workers() return {} end

-- What is open cannot be listed.
function lab.descriptors() return {} end

return lab
