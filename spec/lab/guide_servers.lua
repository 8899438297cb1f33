--- The servers that the guides use: fs1 and fs2 are mock servers of which all is known, fs3 is down, nas1 is the lab's Samba, and the
--- cloud is the lab's. What happens there `later` is that carol disconnects from fs1, and erin connects to its share finance.
local cjson = require "cjson"
local lab = require "spec.lab"
local text_file = require "spec.lab.text_file"

local DISK, IPC, HIDDEN = 0, 0x80000003, 0x80000000

local function share(name, path, type, remark)
  return { netname = name, type = type or DISK, remark = remark or "", path = path, max_uses = 0xFFFFFFFF }
end

---A server's answers, of its shares and of { user, client, time, idle, share, path... } for each who is connected.
local function answers(shares, people)
  local made = { shares = shares, sessions = {}, files = {}, made = {} }
  local empty = setmetatable({}, cjson.array_mt)
  for _, one in ipairs(shares) do made.made[one.netname] = empty end
  for i, person in ipairs(people) do
    local user, client, time, idle, name = table.unpack(person, 1, 5)
    made.sessions[i] = { cname = "\\\\" .. client, username = user, num_opens = #person - 5, time = time, idle_time = idle,
      user_flags = 0, cltype_name = "", transport = "" }
    made.made[name] = #made.made[name] > 0 and made.made[name] or {}
    table.insert(made.made[name], { id = 10 + i, type = DISK, num_opens = #person - 5, num_users = 1, time = time,
      username = user, netname = client })
    for j = 6, #person do
      table.insert(made.files, { id = 100 * i + j, permissions = 3, num_locks = 0, username = user, pathname = person[j] })
    end
  end
  return made
end

local shares = {
  share("projects", "D:\\shares\\projects"), share("finance", "D:\\shares\\finance"), share("scans", "D:\\shares\\scans"),
  share("ADMIN$", "C:\\Windows", HIDDEN, "Remote Admin"), share("IPC$", "", IPC, "Remote IPC"),
}
local alice = { "alice", "WS-ALICE", 5400, 30, "projects", "D:\\shares\\projects\\plan.docx", "D:\\shares\\projects\\budget.xlsx" }
local bob = { "bob", "WS-BOB", 90000, 32400, "finance" }
local fs1 = answers(shares, { alice, bob, { "carol", "WS-CAROL", 7200, 7100, "projects" } })
local fs1_later = answers(shares, { alice, bob, { "erin", "WS-ERIN", 20, 5, "finance", "D:\\shares\\finance\\q3.xlsx" } })
fs1.logons = {
  { username = "backup", logon_domain = "FS1", oth_domains = "", logon_server = "FS1" },
  { username = "dave", logon_domain = "CORP", oth_domains = "", logon_server = "DC1" },
}
local fs2 = answers({ share("archive", "E:\\archive"), share("IPC$", "", IPC, "Remote IPC") },
  { { "alice", "LAPTOP-7", 600, 10, "archive", "E:\\archive\\2019.zip" }, { "svc-backup", "BACKUP1", 1200, 0, "archive" } })

local servers = {}

local function put(path, answer) text_file.replace(path, cjson.encode(answer)) end

---Starts them. Each guide has a folder and the states of fs1 and fs2 to itself.
---@return fun(name: string): spec.guide.lab
---@return fun() stop
function servers.start()
  local first, second = lab.folder .. "/fs1.json", lab.folder .. "/fs2.json"
  put(first, fs1)
  put(second, fs2)
  local fs1_name, stop_first = lab.mock_server(first)
  local fs2_name, stop_second = lab.mock_server(second)
  local clients = { lab.connect("alice", "projects", "plan.txt"), lab.connect("bob", "public") }
  local endpoint = "https://localhost:" .. os.getenv "LAB_CLOUD_PORT"
  local ca_file = os.getenv "LAB_CLOUD_CA_FILE"
  local command = lab.run("readlink -f " .. lab.command):match "[^\n]+"
  local here = lab.run("pwd"):match "[^\n]+"

  local function for_guide(name)
    local folder = ("%s/guides/%s"):format(lab.folder, name)
    lab.run(("mkdir -p '%s/bin' && ln -sf '%s' '%s/bin/rollcall'"):format(folder, command, folder))
    lab.run(([[cd '%s' && umask 077 && echo "$LAB_PASSWORD" > auditor.password &&
      printf 'username = auditor\npassword = %%s\n' "$LAB_PASSWORD" > auditor.smbauth]]):format(folder))
    lab.run(([[printf '#!/bin/sh\n. %%s/spec/lab/samba.sh\nsamba_environment %%s -s %%s/smb.conf "$@"\n' \
      '%s' "$(command -v smbstatus)" "$LAB_FOLDER" > '%s/bin/smbstatus' && chmod 755 '%s/bin/smbstatus']]):format(here, folder, folder))
    put(first, fs1)
    put(second, fs2)
    lab.eventually("the end of other guides' logons", function() return not lab.smbstatus("-p"):find "auditor" end)
    return {
      folder = folder,
      environment = ([[export PATH='%s/bin':"$PATH" HOME='%s'
        export LUA_PATH_5_4='%s/lua/?.lua;%s/lua/?/init.lua;;' LUA_CPATH_5_4='%s;%s/build/lib/?.so;;'
        export ROLLCALL_PASSWORD="$LAB_PASSWORD" HUAWEICLOUD_SDK_PROJECT_ID="$LAB_CLOUD_PROJECT"
        export HUAWEICLOUD_SDK_AK="$LAB_CLOUD_AK" HUAWEICLOUD_SDK_SK="$LAB_CLOUD_SK"
        unset KRB5CCNAME]]):format(folder, folder, here, here, os.getenv "LUA_CPATH_5_4" or "", here),
      names = {
        { "# ap-southeast-1: ", ("# %s: "):format(endpoint) },
        { "https://workspace.ap-southeast-1.myhuaweicloud.com", endpoint },
        { "workspace.ap-southeast-1.myhuaweicloud.com", endpoint:match "//(.*)" },
        { "C:\\srv", "C:" .. lab.folder:gsub("/", "\\") },
        { [[region = "ap-southeast-1"]], ("endpoint = %q, ca_file = %q"):format(endpoint, ca_file) },
        { "--region ap-southeast-1", ("--endpoint %s --ca-file %s"):format(endpoint, ca_file) },
        { "/etc/rollcall/", folder .. "/" },
        { "fs1", fs1_name }, { "fs2", fs2_name }, { "fs3", lab.closed }, { "nas1", lab.samba },
      },
      earlier = function() put(first, fs1) end,
      later = function() put(first, fs1_later) end,
      await = function(path)
        lab.eventually(path, function()
          local file = io.open(path)
          return file and file:close()
        end)
      end,
    }
  end

  return for_guide, function()
    for _, client in ipairs(clients) do client.close() end
    stop_first()
    stop_second()
  end
end

return servers
