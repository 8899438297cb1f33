--- The lab as the specs see it: where its servers are, clients to be counted, and what processes
-- and descriptors there are. spec/lab/run starts it.
local shell = require "spec.lab.shell"

local lab = {}

local function variable(name)
  return (assert(os.getenv(name), "the specs run inside spec/lab/run: make check"))
end

lab.folder = variable "LAB_FOLDER"
lab.username = variable "LAB_USERNAME"
lab.password = variable "LAB_PASSWORD"
lab.samba = "127.0.0.1:" .. variable "LAB_SAMBA_PORT"
lab.samba_port = tonumber(variable "LAB_SAMBA_PORT")
lab.double = "127.0.0.1:" .. variable "LAB_DOUBLE_PORT"
lab.double_port = tonumber(variable "LAB_DOUBLE_PORT")
lab.big = "127.0.0.1:" .. variable "LAB_BIG_PORT"
lab.big_port = tonumber(variable "LAB_BIG_PORT")
lab.crowd = "127.0.0.1:" .. variable "LAB_CROWD_PORT"
lab.silent = "127.0.0.1:" .. variable "LAB_SILENT_PORT"
lab.closed = "127.0.0.1:" .. variable "LAB_CLOSED_PORT"
lab.command = variable "ROLLCALL"
lab.lua = os.getenv "LAB_LUA" or "lua5.4" -- that the specs run in

---Options with the auditor's credentials, and those given.
function lab.as_auditor(options)
  local all = { username = lab.username, password = lab.password, timeout = 20 }
  for name, value in pairs(options) do all[name] = value end
  return all
end

lab.run = shell.run

---@param name string  how its name begins
---@return string folder  a new one, which ends with the lab
function lab.new_folder(name)
  return lab.run(("mktemp -d '%s/%s.XXXXXX'"):format(lab.folder, name)):match "%S+"
end

---@param command string
---@return string process  in the background
function lab.start(command)
  return lab.run(command .. " & echo $!"):match "%d+"
end

---The NT hash of a password, by impacket.
function lab.nt_hash(password)
  return (lab.run(([[/usr/bin/python3 -c 'from impacket.ntlm import *; print(compute_nthash("%s").hex(), end="")']]):format(password)))
end

---Polls until `condition` gives something true, and returns it; an error after ten seconds.
function lab.eventually(what, condition)
  for _ = 1, 200 do
    local result = condition()
    if result then return result end
    os.execute("sleep 0.05")
  end
  error(what .. " did not come about")
end

---What smbstatus says, another witness; it insists on being root, or thinking so.
---@param arguments string
function lab.smbstatus(arguments)
  return (lab.run(". spec/lab/samba.sh; samba_environment smbstatus -s $LAB_FOLDER/smb.conf " .. arguments))
end

local function count_tree_connections(share)
  local listing = lab.smbstatus "-S"
  return select(2, ("\n" .. listing):gsub("\n" .. share .. " ", ""))
end

---Connects smbclient to a share of the lab's Samba and returns once it is there.
---@return { close: fun(), leave: fun() }  `leave` is for one whose connection may have ended already
function lab.connect(username, share, file)
  local before = count_tree_connections(share)
  local client = assert(io.popen(("exec smbclient -p %d -U '%s%%%s' //127.0.0.1/%s > /dev/null 2>&1"):format(
    lab.samba_port, username, lab.password, share), "w"))
  client:setvbuf("no")
  if file then client:write("open ", file, "\n") end
  lab.eventually("a connection to " .. share, function() return count_tree_connections(share) > before end)
  if file then
    lab.eventually("an open file", function()
      return lab.smbstatus("-L"):find(file, 1, true)
    end)
  end
  return {
    leave = function() client:close() end,
    close = function()
      local there = count_tree_connections(share)
      client:close()
      lab.eventually("the end of a connection to " .. share, function()
        return count_tree_connections(share) < there
      end)
    end,
  }
end

---What impacket's client gets for the same call: another witness.
---@return table[]
function lab.witnessed(port, call, level, qualifier)
  local output, code, complaint = lab.run(("/usr/bin/python3 spec/lab/witness.py %d %s %s %d '%s'"):format(
    port, lab.username, call, level, qualifier or ""))
  if code ~= 0 then error("the witness failed: " .. complaint) end
  local rows = {}
  for line in output:gmatch("[^\n]+") do rows[#rows + 1] = require("cjson").decode(line) end
  return rows
end

---@return integer
function lab.free_port()
  return assert(tonumber((lab.run "/usr/bin/python3 spec/lab/free_ports.py":match "%d+")))
end

---Starts the lab's Samba once more, with settings of its own; it ends with the lab.
---@param settings string  lines of smb.conf
---@return integer port
function lab.other_samba(settings)
  local folder = lab.run(("mktemp -d %s/other-XXXXXX"):format(lab.folder)):match "%S+"
  local port = lab.free_port()
  local _, code, complaint = lab.run((". spec/lab/samba.sh; samba_other '%s' %d '%s'"):format(folder, port, settings))
  assert(code == 0, complaint)
  lab.eventually("another Samba", function()
    return select(2, lab.run(("python3 -c 'import socket; socket.create_connection((\"127.0.0.1\", %d))'"):format(port))) == 0
  end)
  return port
end

---Starts a mock server whose shares, sessions, files and connections are what a file says, at each pipe anew.
---@param path string  of JSON
---@return string servername
---@return fun() close
function lab.mock_server(path)
  local process = assert(io.popen(("exec /usr/bin/python3 spec/lab/double.py %s %s %s > %s.port"):format(
    lab.username, lab.password, path, path), "w"))
  local port = lab.eventually("the port of a mock server", function()
    local file = io.open(path .. ".port")
    local line = file and file:read "n"
    if file then file:close() end
    return line
  end)
  return "127.0.0.1:" .. port, function() process:close() end
end

lab.workers = shell.workers

---What this process has open, such as "pipe:[]", in a fixed order; but not the pipe that this is
---asked through, of which it may still have both ends.
---@return string[]
function lab.descriptors()
  local opened = shell.lines [[
    own=$(readlink /proc/$$/fd/1)
    for fd in /proc/$PPID/fd/*; do
      what=$(readlink $fd)
      [ "$what" = "$own" ] || echo "$what"
    done]]
  for i, what in ipairs(opened) do opened[i] = what:gsub("%d+", "") end
  table.sort(opened)
  return opened
end

return lab
