-- What a wrong call says, word for word: what failed, on what, why, and what to do. Each exits with 3 and prints nothing else.
local lab = require "spec.lab"

local files = {
  auth = "user", auth644 = "user",
  ["shard.jsonl"] = [[{"kind":"snapshot","schema":"rollcall.snapshot/1","generated_at":"2026-11-21T07:00:00Z","shard":"1/2"}]],
  ["offset.jsonl"] = [[{"kind":"snapshot","schema":"rollcall.snapshot/1","generated_at":"2026-11-21T07:00:00Z","utc_offset":3600}]],
  ["access.lua"] = [[smb { servers = "127.0.0.1:1", username = "u", password = env "LAB_PASSWORD" }]],
  ["two_kinds.lua"] = [[smb { servers = "fs1", query = "connections", username = "u", password = env "LAB_PASSWORD" }
    workspace { region = "ap-southeast-1", users = "a", token = env "LAB_CLOUD_TOKEN", project_id = "p" }]],
  ["who.jsonl"] = [[{"kind":"report","schema":"rollcall/1","generated_at":"2026-11-21T07:00:00Z","rows":"who"}]],
  ["bad.jsonl"] = [[{"kind":"meta"}]],
  ["empty.lua"] = "",
  ["finding.json"] = '{"schema": "rollcall/1", "kind": "check", "rules": [{"id": "r", "findings": ['
    .. '{"message": "m", "row": {"servername": "fs1", "client": "c", "username": "u"}}]}]}',
  ["desktop.json"] = '{"schema": "rollcall/1", "kind": "check", "rules": [{"id": "r", "findings": [{"message": "m", "kind": "session", '
    .. '"row": {"origin": "ap-southeast-1", "project_id": "p", "id": "7", "user_name": "carol", "start_time": "x"}}]}]}',
  ["fields.json"] = '{"schema": "rollcall/1", "kind": "check", "rules": [{"id": "r", "findings": ['
    .. '{"message": "m", "row": {"servername": "fs1", "idd": 7}}]}]}',
  ["identity1.lua"] = [[smb { servers = "fs1", password = env "LAB_PASSWORD" }]],
  ["identity2.lua"] = [[smb { servers = "fs1", username = "u" }]],
  ["identity4.lua"] = [[smb { servers = "fs1", username = "u", nt_hash = env "LAB_PASSWORD" }]],
  ["identity5.lua"] = [[smb { servers = "fs1", credential = credential { authentication_file = "nowhere" } }]],
  ["identity7.lua"] = [[workspace { region="ap-southeast-1", users = "u", username = "u", project_id="p" }]],
  ["identity9.lua"] =
    [[workspace { region="ap-southeast-1", users = "u", token = env "LAB_CLOUD_TOKEN", project_id="a b", timeout=5 }]],
  ["io.lua"] = [[io.open("x")]],
  ["lines.lua"] = [[smb { servers = lines "nowhere.txt" }]],
  ["no_lines.lua"] = [[smb { servers = lines "empty.lua" }]],
  ["norm.lua"] = [[normalize_user(function(a) a:lower() end) smb { servers="fs1" }]],
  ["ok.lua"] = [[rule(builtin.accounts { deny = "nobody" })]],
  ["one_bad.lua"] = [[smb { servers = "two words" }]],
  ["pbuiltin.lua"] = [[rule(builtin.acounts { deny = "x" })]],
  ["pdays.lua"] = [[rule(builtin.outside_hours { from = "09:00", to = "17:00", days = {"mo"} })]],
  ["pfield.lua"] = [[rule { id = "x", mesage = "m", check = function(p) return true end }]],
  ["pgroup.lua"] = [[rule { id = "x", kind="connection", group_by="usr", message = "m", check_group = function(p) return true end }]],
  ["pkind.lua"] = [[rule { id = "x", kind = "acess", message = "m", check = function(p) return true end }]],
  ["pmissing.lua"] = [[rule { id = "x", kind="connection", check = function(p) return true end }]],
  ["pmsg.lua"] = [[rule { id = "x", kind="connection", message = "m {usr}", check = function(p) return true end }]],
  ["pnet.lua"] = [[rule(builtin.client_networks { allow = "10.0.0.0/33" })]],
  ["ponmissing.lua"] = [[rule { id = "x", kind="connection", message = "m", on_missing = "skp", check = function(p) return true end }]],
  ["psev.lua"] = [[rule { id = "x", severity = "eror", message = "m", check = function(p) return true end }]],
  ["ptime.lua"] = [[rule(builtin.outside_hours { from = "9:00", to = "17:00" })]],
  ["pwaive.lua"] = [[rule(builtin.accounts { deny = "nobody" }) waive { rule = "acounts", reason="r", expires="2027-01-01" }]],
  ["pwaive2.lua"] = [[rule(builtin.accounts { deny = "nobody" }) waive { rule = "accounts", reason="r", expires="1.1.2027" }]],
  ["pword.lua"] = [[rul { id = "x" }]],
  ["rows.lua"] = [[rows { kind = "badge", { user = "alice", door = "x" } }]],
  ["rowskind.lua"] = [[rows { kind = "conection", { a = 1 } }]],
  ["runtime.lua"] = "local x = nil; smb { servers = x.y }",
  ["secret.lua"] = [[smb { servers = "fs1", username = "u", password = "secret" }]],
  ["syntax.lua"] = [[smb { servers = "fs1"]],
  ["t1.lua"] = [[test { name = "a", rows = {{kind="badge"}}, verdicts = { acounts = "pass" } }]],
  ["t2.lua"] = [[test { name = "a", rows = {{kind="badge"}}, verdicts = { accounts = "passed" } }]],
  ["t3.lua"] = [[test { name = "a", rows = {{kind="bage", user = "7"}}, verdict = { accounts = "pass" } }]],
  ["t4.lua"] = [[test { name = "a", rows = {{kind="acess"}}, verdicts = { accounts = "pass" } }]],
  ["typo.lua"] = [[smb { servers = "fs1", pasword = env "X" }]],
  ["typo2.lua"] = [[smbb { servers = "fs1" }]],
  ["typo3.lua"] = [[smb { servers = "fs1", query = "conections" }]],
  ["unset.lua"] = [[smb { servers = "fs1", username = "u", password = env "NOT_SET" }]],
  ["ws.lua"] = [[workspace { users = "a" }]],
  ["ws2.lua"] = [[workspace { region = "nowhere-1", users = "a", token = env "LAB_CLOUD_TOKEN", project_id="p" }]],
  ["ws3.lua"] = [[workspace { region = "ap-southeast-1", users = "a", token = env "LAB_CLOUD_TOKEN" }]],
  ["x.txt"] = "hello world",
  ["ruleless.json"] = '{"schema": "rollcall/1", "kind": "check", "rules": 5}',
  ["inv.lua"] = ("smb { servers = %q, query = 'connections', qualifier = 'people', username = %q, password = env 'LAB_PASSWORD' }"):format(
    lab.double, lab.username),
}

-- What the command line says that is wrong in itself. A second line names the command's help.
local at_parsing = {
  { "", "a command is required" },
  { "conections fs1", "unknown command 'conections'\nDid you mean 'connections'?" },
  { "--versoin", "unknown option '--versoin'\nDid you mean '--version'?" },
  { "connections fs1 --timeout abc", "invalid number for --timeout: 'abc'; it takes seconds, more than 0 and at most 86400" },
  { "connections fs1 --timeout -1", "invalid number for --timeout: '-1'; it takes seconds, more than 0 and at most 86400" },
  { "connections fs1 --timeout 0", "invalid number for --timeout: '0'; it takes seconds, more than 0 and at most 86400" },
  { "connections fs1 --timeout=", "invalid number for --timeout: ''; it takes seconds, more than 0 and at most 86400" },
  { "connections fs1 --timeout", "option '--timeout' requires an argument" },
  { "connections fs1 --timout 5", "unknown option '--timout'\nDid you mean '--timeout'?" },
  { "connections fs1 --port 99999 -U auditor", "invalid number for --port: '99999'; it takes a whole number from 1 to 65535" },
  { "connections fs1 --port http", "invalid number for --port: 'http'; it takes a whole number from 1 to 65535" },
  { "connections fs1 --concurrency 5000 -U auditor", "invalid number for --concurrency: '5000'; it takes a whole number from 1 to 1024" },
  { "connections fs1 --concurrency 0", "invalid number for --concurrency: '0'; it takes a whole number from 1 to 1024" },
  { "connections fs1 --level 2", "invalid value for --level: '2'; it must be 0, 1 or best" },
  { "connections fs1 --level bst", "invalid value for --level: 'bst'; it must be 0, 1 or best; did you mean 'best'?" },
  { "connections fs1 --level 7 -U auditor", "invalid value for --level: '7'; it must be 0, 1 or best" },
  { "sessions fs1 --level 3 -U auditor", "invalid value for --level: '3'; it must be 0, 1, 2, 10, 502 or best" },
  { "connections fs1 --format jsn",
    "invalid value for --format: 'jsn'; it must be table, csv, json, jsonl, markdown, html, prometheus or openmetrics; did you "
      .. "mean 'json'?" },
  { "connections fs1 -f", "option '-f' requires an argument" },
  { "connections fs1 -q '' -U auditor", "invalid value for --qualifier: ''; it must not be empty" },
  { [[connections fs1 -q '\\' -U auditor]], [[invalid value for --qualifier: '\\'; it must be a share or \\computer]] },
  { "connections fs1 --logon-attempts 0", "invalid number for --logon-attempts: '0'; it takes a whole number from 1 to 1000" },
  { "connections fs1 --deadline soon", "invalid number for --deadline: 'soon'; it takes seconds, more than 0 and at most 86400" },
  { "smb fs1 --level 1", "unknown option '--level'" },
  { "smbstatus a.json b.json", "too many arguments" },
  { "smbstatus a.json --server ''", "invalid value for --server: ''; it must not be empty" },
  { "smbstatus a.json --query conections",
    "invalid value for --query: 'conections'; it must be rollcall, connections, sessions or files; did you mean 'connections'?" },
  { "smbstatus a.json --format jsn",
    "invalid value for --format: 'jsn'; it must be table, csv, json, jsonl, markdown, html, prometheus or openmetrics; did you "
      .. "mean 'json'?" },
  { "connections fs1 --shard 5/4",
    "invalid value for --shard: '5/4'; it must be I/N with I from 1 to N and N up to 100000, slurm, or kubernetes/N" },
  { "snapshot inv.lua -o x.jsonl --shard 0/4",
    "invalid value for --shard: '0/4'; it must be I/N with I from 1 to N and N up to 100000, slurm, or kubernetes/N" },
  { "report inv.lua --shard 1/100001",
    "invalid value for --shard: '1/100001'; it must be I/N with I from 1 to N and N up to 100000, slurm, or kubernetes/N" },
  { "workspace --user u --shard slurm",
    "invalid value for --shard: 'slurm'; SLURM_ARRAY_TASK_ID is not set; it takes a task of a job array" },
  { "check inv.lua -p ok.lua --shard kubernetes",
    "invalid value for --shard: 'kubernetes'; it takes the job's completions, as kubernetes/4" },
  { "watch inv.lua --shard kubernetes/4",
    "invalid value for --shard: 'kubernetes/4'; JOB_COMPLETION_INDEX is not set; it takes a pod of an Indexed Job" },
  { "close fs1 --file --id ''", "invalid value for --id: ''; it must not be empty" },
  { "close fs1 --session --username ''", "invalid value for --username: ''; it must not be empty" },
  { "close fs1 --findings", "option '--findings' requires an argument" },
  { "merge", "missing argument 'FILE'" },
  { "merge now.jsonl", "missing option '--output'" },
  { "merge now.jsonl -o x.jsonl --shards 0", "invalid number for --shards: '0'; it takes a whole number from 1 to 100000" },
  { "workspace --user u --region", "option '--region' requires an argument" },
  { "workspace --user u --region 'AP Southeast'",
    "invalid value for --region: 'AP Southeast'; it must be a region's id, such as ap-southeast-1" },
  { "workspace --user u --region ap-southeast-1 --project-id 'a b'",
    "invalid value for --project-id: 'a b'; it must be a project's id: letters, digits, - and _" },
  { "workspace --user u --endpoint ftp://x --project-id p",
    "invalid value for --endpoint: 'ftp://x'; it must begin with https:// or http://" },
  { "workspace --user u --retries -1", "invalid number for --retries: '-1'; it takes a whole number from 0 to 100" },
  { "workspace --user u --region ap-southeast-1 --project-id p --concurency 3",
    "unknown option '--concurency'\nDid you mean '--concurrency'?" },
  { "report", "missing argument 'SOURCE'" },
  { "report inv.lua --format htm",
    "invalid value for --format: 'htm'; it must be table, csv, json, jsonl, markdown, html, prometheus or openmetrics; did you "
      .. "mean 'html'?" },
  { "report inv.lua --where user", "invalid condition for --where: 'user'; conditions are such as user=alice or idle>=1h" },
  { "report inv.lua --where 'idle>many'",
    "invalid condition for --where: 'idle>many'; it takes a number after >, also such as 90m, 1h30m or 10M" },
  { "report inv.lua -g user -m avg:idle",
    "invalid value for --measure: 'avg:idle'; it must be distinct:FIELD, sum:FIELD, min:FIELD or max:FIELD" },
  { "report inv.lua --limit 0", "invalid number for --limit: '0'; it takes a whole number from 1 to 1000000" },
  { "report inv.lua --limit many", "invalid number for --limit: 'many'; it takes a whole number from 1 to 1000000" },
  { "report inv.lua -n 2000000", "invalid number for --limit: '2000000'; it takes a whole number from 1 to 1000000" },
  { "report inv.lua other.lua", "too many arguments" },
  { "check inv.lua", "missing option '--policy'" },
  { "check inv.lua -p ok.lua --fail-on eror",
    "invalid value for --fail-on: 'eror'; it must be error, warning or note; did you mean 'error'?" },
  { "check inv.lua -p ok.lua --format srif",
    "invalid value for --format: 'srif'; it must be text, json, junit, sarif, ocsf, github, html, prometheus, openmetrics or nagios; "
      .. "did you mean 'sarif'?" },
  { "diff inv.lua", "missing argument 'AFTER'" },
  { "diff inv.lua inv.lua --format jsn", "invalid value for --format: 'jsn'; it must be text, jsonl or html" },
  { "diff inv.lua inv.lua inv.lua", "too many arguments" },
  { "snapshot inv.lua --append . --retention 30", "invalid value for --retention: '30'; it takes a time such as 30d or 12h" },
  { "snapshot inv.lua --append . --retention 0d", "invalid value for --retention: '0d'; it takes a time such as 30d or 12h" },
  { "who alice --history . --at Tuesday",
    "invalid value for --at: 'Tuesday'; it must be a time such as 2026-11-17T14:00Z, 2026-11-17T14:00+01:00, '2026-11-17 14:00' or "
      .. "'yesterday 14:00'" },
  { "who alice --history . --since 2026-02-30",
    "invalid value for --since: '2026-02-30'; it is no time of this computer's zone: no such day, or clocks are put forward then" },
  { "watch", "missing argument 'INVENTORY'" },
  { "watch inv.lua --interval soon", "invalid number for --interval: 'soon'; it takes seconds, more than 0 and at most 86400" },
  { "watch inv.lua --interval 0", "invalid number for --interval: '0'; it takes seconds, more than 0 and at most 86400" },
  { "watch inv.lua --times 0", "invalid number for --times: '0'; it takes a whole number, 1 or more" },
  { "watch inv.lua --where user", "invalid condition for --where: 'user'; conditions are such as user=alice or idle>=1h" },
  { "watch inv.lua --post ftp://x", "--post takes a URL that begins with https://" },
  { "watch inv.lua --post https://u:secret@siem.corp.example/",
    "--post takes no user or password in the URL, which would be in the open; give them in the file of --post-headers" },
  { "watch inv.lua --post http://siem.corp.example/x",
    "--post sends events to another computer by https:// alone, not to 'http://siem.corp.example/x'" },
  { "watch inv.lua --post 'https://siem.corp.example/a b'", "invalid URL for --post: 'https://siem.corp.example/a b'" },
  { "watch inv.lua --post https://siem.corp.example:99999/", "invalid URL for --post: 'https://siem.corp.example:99999/'" },
  { "watch inv.lua --syslog log",
    "invalid value for --syslog: 'log'; it must be the path of a socket, such as /dev/log, or tcp://HOST:PORT" },
  { "watch inv.lua --syslog udp://h:514",
    "invalid value for --syslog: 'udp://h:514'; it must be the path of a socket, such as /dev/log, or tcp://HOST:PORT" },
  { "watch inv.lua --queue-size 0", "invalid number for --queue-size: '0'; it takes a whole number from 1 to 1048576" },
  { "completion", "missing argument 'SHELL'" },
  { "completion tcsh", "invalid value for SHELL: 'tcsh'; it must be bash, zsh or fish" },
  { "completion basch", "invalid value for SHELL: 'basch'; it must be bash, zsh or fish; did you mean 'bash'?" },
  { "--nonsense", "unknown option '--nonsense'" },
  { "check inv.lua -p ok.lua --rule accounts", "unknown option '--rule'" },
  { "report inv.lua -c ''", "invalid value for --columns: ''; it takes names with commas between them" },
  { "report inv.lua -g user --measure sun:num_opens",
    "invalid value for --measure: 'sun:num_opens'; it must be distinct:FIELD, sum:FIELD, min:FIELD or max:FIELD; did you "
      .. "mean 'sum:num_opens'?" },
  { "report inv.lua --title ''", "invalid value for --title: ''; it must not be empty" },
  { "check inv.lua -p ok.lua --fail-on warnings",
    "invalid value for --fail-on: 'warnings'; it must be error, warning or note; did you mean 'warning'?" },
  { "sessions fs1 --client ''", "invalid value for --client: ''; it must not be empty" },
  { "files fs1 --level 4", "invalid value for --level: '4'; it must be 2, 3 or best" },
  { "shares fs1 --level 502", "invalid value for --level: '502'; it must be 0, 1, 2, 501 or best; did you mean '501'?" },
  { "smb fs1 --formt json", "unknown option '--formt'\nDid you mean '--format'?" },
  { "workspace --user u --format tabel",
    "invalid value for --format: 'tabel'; it must be table, csv, json, jsonl, markdown, html, prometheus or openmetrics; did you "
      .. "mean 'table'?" },
  { "watch inv.lua --format json", "invalid value for --format: 'json'; it must be text, jsonl or ocsf; did you mean 'jsonl'?" },
  { "snapshot inv.lua -o now.txt extra", "too many arguments" },
  { "wach inv.lua", "unknown command 'wach'\nDid you mean 'watch'?" },
  { "comparison a b", "unknown command 'comparison'" },
  { "connections fs1 -U 'auditor%secret'", "-U takes a user name; a password there would be in the open" },
  { "connections fs1 -U 'auditor%'$(printf %0300d 0)", "-U takes a user name; a password there would be in the open" },
  { "connections fs1 -U ''", "invalid value for --user: ''; it must not be empty" },
  { "files fs1 --basepath '' -U u", "invalid value for --basepath: ''; it must not be empty" },
}

-- What is wrong with what it names, or with how its parts go together.
local at_running = {
  { "connections 'two words'", "invalid SERVER: 'two words'; it must be the name or address of a server" },
  { "connections fs1:99999", "invalid SERVER: 'fs1:99999'; it must have a port from 1 to 65535" },
  { "sessions fs1 --level 0 --username bob -U auditor", "--username cannot be applied at level 0, whose entries have no username" },
  { "files fs1 --level 2 --username bob -U auditor", "--username cannot be applied at level 2, whose entries have no username" },
  { "connections fs1 -A nowhere", "nowhere: No such file or directory" },
  { "connections fs1 -A auth", "auth: has no line 'username =', 'password =' or 'domain ='" },
  { "connections fs1 -A auth644", "auth644: can be read or written by others (chmod 600 mends that)" },
  { "connections fs1 --password-command false -U auditor", "the password command failed: false (exit code 1)" },
  { "connections fs1 --pw-nt-hash -U auditor",
    "the password is not an NT hash: it must be 32 hexadecimal digits, with an LM hash and a colon in front or without" },
  { "connections fs1 --pw-nt-hash", "--pw-nt-hash needs a user; give -U or -A" },
  { "connections fs1 --kerberos --pw-nt-hash -U auditor", "--kerberos and --pw-nt-hash exclude each other" },
  { "workspace fs1",
    "workspace takes no argument 'fs1': it asks for users of cloud desktops, whom --user or --users-from names; 'rollcall "
      .. "sessions' asks servers" },
  { "workspace", "no user is named; give --user or --users-from" },
  { "workspace --user u",
    "credentials are missing: set ROLLCALL_TOKEN, or give -U or -A, or set HUAWEICLOUD_SDK_AK and HUAWEICLOUD_SDK_SK" },
  { "workspace --user u --region nowhere-1",
    "credentials are missing: set ROLLCALL_TOKEN, or give -U or -A, or set HUAWEICLOUD_SDK_AK and HUAWEICLOUD_SDK_SK" },
  { "workspace --users-from nowhere.txt", "nowhere.txt: No such file or directory" },
  { "workspace --user '' --region ap-southeast-1 --project-id p", "invalid value for --user: ''; it must not be empty" },
  { "workspace --user u --region ap-southeast-1 --proxy http://a:b@c",
    "--proxy takes no password, which would be in the open; set HTTPS_PROXY instead" },
  { "workspace --user u --endpoint http://example.org --project-id p",
    "credentials are missing: set ROLLCALL_TOKEN, or give -U or -A, or set HUAWEICLOUD_SDK_AK and HUAWEICLOUD_SDK_SK" },
  { "workspace --user u --region ap-southeast-1 --project-id p -U iam",
    "the account of the IAM user is missing; give --domain, or 'domain = ' in the file of -A" },
  { "report nowhere.lua", "nowhere.lua: No such file or directory" },
  { "report nowhere.jsonl", "nowhere.jsonl: No such file or directory" },
  { "report x.txt", "x.txt is neither an inventory nor a snapshot: x.txt:1: syntax error near 'world'" },
  { "report typo.lua", "typo.lua:1: smb: there is no field 'pasword'; did you mean 'password'?" },
  { "report typo2.lua", "typo2.lua:1: 'smbb' is not available in inventory files; did you mean 'smb'?" },
  { "report typo3.lua",
    "typo3.lua:1: smb: query must be rollcall, connections, sessions, files, shares or logons; did you mean 'connections'?" },
  { "report secret.lua", [[secret.lua:1: smb: password must be env "NAME", file "PATH" or command "COMMAND", not the secret itself]] },
  { "report unset.lua", "unset.lua:1: env: the environment variable NOT_SET is not set" },
  { "report syntax.lua", "syntax.lua:2: '}' expected (to close '{' at line 1) near <eof>" },
  { "report runtime.lua", "runtime.lua:1: attempt to index a nil value (local 'x')" },
  { "report io.lua", "io.lua:1: 'io' is not available in inventory files" },
  { "report empty.lua", "empty.lua: declares no source; smb, smbstatus, workspace, snapshot and rows declare one" },
  { "report rowskind.lua",
    "rowskind.lua:1: rows: there is no kind 'conection'; did you mean 'connection'? A kind of your own must differ more from it" },
  { "report bad.jsonl", "bad.jsonl: is not a snapshot" },
  { "report ws.lua", "ws.lua:1: workspace: region or endpoint is missing" },
  { "report ws2.lua", "ws2.lua:1: workspace: region 'nowhere-1' is not known to have the service; give its endpoint" },
  { "report ws3.lua", "ws3.lua:1: workspace: project_id is missing" },
  { "report norm.lua", "norm.lua:1: normalize_user returns nothing" },
  { "connections", "no server is named; give SERVER or --servers-from" },
  { "shares --servers-from nowhere.txt", "nowhere.txt: No such file or directory" },
  { "shares --servers-from empty.lua", "empty.lua: has no names" },
  { "shares --servers-from -", "standard input: has no names" },
  { "report lines.lua", "lines.lua:1: lines: nowhere.txt: No such file or directory" },
  { "report no_lines.lua", "no_lines.lua:1: lines: empty.lua: has no names" },
  { "sessions fs1 --where 'usr=alice'", "no row of kind 'smb_session' has a field 'usr'; did you mean 'user'?" },
  { "smb fs1 --columns user,idel", "no row of kind 'access' has a field 'idel'; did you mean 'idle'?" },
  { "files fs1 --sort idle", "no row of kind 'file' has a field 'idle'; 'rollcall help fields' lists them" },
  { "workspace --user u -g stat", "no row of kind 'session' has a field 'stat'; did you mean 'state'?" },
  { "shares fs1 -r", "--reverse belongs to --sort, which says by which field" },
  { "shares fs1 -m sum:current_uses", "--measure belongs to --group-by, which says of which groups" },
  { "report inv.lua --where 'usr=alice'", "no row has a field 'usr'; did you mean 'user'?" },
  { "report inv.lua --sort usr", "no row has a field 'usr'; did you mean 'user'?" },
  { "report inv.lua --columns usr,client", "no row has a field 'usr'; did you mean 'user'?" },
  { "report inv.lua -g usr", "no row has a field 'usr'; did you mean 'user'?" },
  { "report inv.lua -g user -m sum:num_open", "no row has a field 'num_open'; did you mean 'num_opens'?" },
  { "report inv.lua -m sum:num_opens", "--measure belongs to --group-by, which says of which groups" },
  { "report inv.lua -g user --sort clents",
    "--sort: a group has no field 'clents'; it has user, rows, users, clients; did you mean 'clients'?" },
  { "report inv.lua -o /nowhere/x.html", "/nowhere/x.html: No such file or directory" },
  { "report access.lua --where 'num_opens>0'",
    "no row of kind 'access' has a field 'num_opens'; rows of kind 'connection', 'smb_session' have it" },
  { "report access.lua -g user -m sum:num_opens",
    "no row of kind 'access' has a field 'num_opens'; rows of kind 'connection', 'smb_session' have it" },
  { "report two_kinds.lua --where 'not idle>1h'",
    "no row of kind 'connection' or 'session' has a field 'idle'; rows of kind 'access', 'smb_session' have it" },
  { "report access.lua --sort session_state", "no row of kind 'access' has a field 'session_state'; rows of kind 'session' have it" },
  { "check access.lua -p ok.lua --where state=Active", "no row of kind 'access' has a field 'state'; rows of kind 'session' have it" },
  { "watch access.lua --times 1 --where 'num_opens>1'",
    "no row of kind 'access' has a field 'num_opens'; rows of kind 'connection', 'smb_session' have it" },
  { "diff access.lua access.lua --where 'num_opens>1'",
    "no row of kind 'access' has a field 'num_opens'; rows of kind 'connection', 'smb_session' have it" },
  { "who alice access.lua --where 'num_opens>1'",
    "no row of kind 'access' has a field 'num_opens'; rows of kind 'connection', 'smb_session' have it" },
  { "who alice fs1 --where state=Active", "no row of kind 'access' has a field 'state'; rows of kind 'session' have it" },
  { "report rows.lua --where 'dor=x'", "no row has a field 'dor'; did you mean 'door'?" },
  { "report ok.lua", "ok.lua:1: 'rule' is not available in inventory files" },
  { "check -p ok.lua", "missing argument 'SOURCE': an inventory or a snapshot; or give --test" },
  { "check inv.lua -p nowhere.lua", "nowhere.lua: No such file or directory" },
  { "check inv.lua -p inv.lua", "inv.lua:1: 'smb' is not available in policy files" },
  { "check inv.lua -p pkind.lua",
    "pkind.lua:1: rule 'x': there is no kind 'acess'; did you mean 'access'? The kinds are access, connection, file, logon, "
      .. "session, share, smb_session" },
  { "check inv.lua -p pfield.lua", "pfield.lua:1: rule: there is no field 'mesage'; did you mean 'message'?" },
  { "check inv.lua -p psev.lua", "psev.lua:1: rule: severity must be error, warning or note; did you mean 'error'?" },
  { "check inv.lua -p pbuiltin.lua", "pbuiltin.lua:1: there is no 'acounts' in 'builtin'; did you mean 'accounts'?" },
  { "check inv.lua -p ptime.lua", "ptime.lua:1: builtin.outside_hours: from must be a time of day, such as 07:30" },
  { "check inv.lua -p pdays.lua",
    "pdays.lua:1: builtin.outside_hours: days has 'mo', which must be sun, mon, tue, wed, thu, fri or sat; did you mean 'mon'?" },
  { "check inv.lua -p pnet.lua",
    "pnet.lua:1: builtin.client_networks: allow has '10.0.0.0/33', which is not a network such as 10.0.0.0/8 or fd00::/8" },
  { "check inv.lua -p pmsg.lua", "pmsg.lua:1: rule 'x': message: there is no field 'usr'; did you mean 'user'?" },
  { "check inv.lua -p pgroup.lua", "pgroup.lua:1: rule 'x': group_by: there is no field 'usr'; did you mean 'user'?" },
  { "check inv.lua -p pwaive.lua", "pwaive.lua:1: waive: there is no rule 'acounts'; did you mean 'accounts'?" },
  { "check inv.lua -p pwaive2.lua", "pwaive2.lua:1: waive: expires must be a day, such as 2026-12-31" },
  { "check inv.lua -p pword.lua", "pword.lua:1: 'rul' is not available in policy files; did you mean 'rule'?" },
  { "check inv.lua -p x.txt", "x.txt:1: syntax error near 'world'" },
  { "check inv.lua -p ok.lua --trace acounts", "--trace: there is no rule 'acounts' in ok.lua; did you mean 'accounts'?" },
  { "check inv.lua -p ok.lua --test t1.lua", "--test takes no SOURCE: the rows are in its file" },
  { "check -p ok.lua --test t1.lua", "t1.lua:1: test: verdicts: there is no rule 'acounts'; did you mean 'accounts'?" },
  { "check -p ok.lua --test t2.lua", "t2.lua:1: test: verdicts of rule 'accounts' must be pass, fail or unknown; did you mean 'pass'?" },
  { "check -p ok.lua --test t3.lua", "t3.lua:1: test: there is no field 'verdict'; did you mean 'verdicts'?" },
  { "check -p ok.lua --test nowhere.lua", "nowhere.lua: No such file or directory" },
  { "check -p ok.lua --test ok.lua", "ok.lua:1: 'rule' is not available in test files" },
  { "check x.txt -p ok.lua", "x.txt is neither an inventory nor a snapshot: x.txt:1: syntax error near 'world'" },
  { "snapshot inv.lua -o /nowhere/x.jsonl", "/nowhere/x.jsonl: No such file or directory" },
  { "snapshot nowhere.lua -o y.jsonl", "nowhere.lua: No such file or directory" },
  { "diff nowhere.jsonl inv.lua", "nowhere.jsonl: No such file or directory" },
  { "diff x.txt inv.lua", "x.txt is neither an inventory nor a snapshot: x.txt:1: syntax error near 'world'" },
  { "report shard.jsonl --shard 1/2", "shard.jsonl: --shard belongs to an inventory, and this is a snapshot" },
  { "check -p ok.lua --test t1.lua --shard 1/2", "--shard belongs to a check of a SOURCE, not to --test" },
  { "merge nowhere.jsonl bad.jsonl -o x.jsonl", "nowhere.jsonl: No such file or directory" },
  { "merge bad.jsonl -o x.jsonl", "bad.jsonl: is neither a snapshot nor JSON Lines of rollcall" },
  { "merge who.jsonl -o x.jsonl",
    "who.jsonl: has rows of 'who', which were made from others; give a snapshot, or what a call printed" },
  { "merge shard.jsonl -o /nowhere/x.jsonl", "/nowhere/x.jsonl: No such file or directory" },
  { "merge shard.jsonl -o x.jsonl --shards 4", "shard.jsonl is of the shard 1/2, and --shards says 4" },
  { "merge shard.jsonl offset.jsonl -o x.jsonl",
    "shard.jsonl and offset.jsonl differ in utc_offset, so their times do not belong together" },
  { "merge shard.jsonl -o x.jsonl -i nowhere.lua", "nowhere.lua: No such file or directory" },
  { "snapshot inv.lua", "nowhere to write to; give --output FILE or --append DIR" },
  { "snapshot inv.lua -o x.jsonl --append .", "--output and --append exclude each other" },
  { "snapshot inv.lua -o x.jsonl --retention 1d", "--retention belongs to --append, which says in which folder" },
  { "snapshot inv.lua --append nowhere", "nowhere: no such folder" },
  { "snapshot inv.lua --append auth", "auth: is not a folder" },
  { "who alice --history nowhere", "nowhere: no such folder" },
  { "who alice fs1 --history .", "SERVER and --history exclude each other: a history is read, and nobody is asked" },
  { "who alice -U auditor --history .", "-U and --history exclude each other: a history is read, and nobody is asked" },
  { "who alice --shard 1/2 --history .", "--shard and --history exclude each other: a history is read, and nobody is asked" },
  { "who alice --history . --at 2026-11-17T14:00Z --since 2026-11-17", "--at excludes --since and --until" },
  { "who alice --history . --at 2026-11-17", "--at takes a time of day; --since and --until with the same day take all of it" },
  { "who alice --history . --since 2026-11-18 --until 2026-11-17", "--since is after --until" },
  { "who alice fs1 --at 2026-11-17T14:00Z", "--at belongs to --history DIR, which has the snapshots of that time" },
  { "who alice inv.lua --since 2026-11-17", "--since belongs to --history DIR, which has the snapshots of that time" },
  { "watch inv.lua --post https://h/", "--post needs --queue DIR, a folder where events wait until they are taken" },
  { "watch inv.lua --syslog /dev/log", "--syslog needs --queue DIR, a folder where events wait until they are taken" },
  { "watch inv.lua --queue .", "--queue needs --post or --syslog, which takes the events from it" },
  { "watch inv.lua --format ocsf --queue . --syslog /dev/log",
    "--format ocsf excludes --syslog, whose messages have a form of their own; --post takes the events as they are printed" },
  { "watch inv.lua --format ocsf",
    '--format ocsf has sessions and logons, and the inventory asks for none; add an smb block with query = "sessions"' },
  { "watch inv.lua --queue . --post https://h/ --syslog /dev/log",
    "--post and --syslog exclude each other; two watches with a queue each serve both" },
  { "watch inv.lua --post-headers auth", "--post-headers belongs to --post" },
  { "watch inv.lua --queue . --post https://h/ --post-headers nowhere", "nowhere: No such file or directory" },
  { "watch inv.lua --queue . --post https://h/ --post-headers auth",
    "auth:1: a line must be a header, such as Authorization: Bearer TOKEN" },
  { "watch inv.lua --queue . --post https://h/ --post-headers auth644",
    "auth644: can be read or written by others (chmod 600 mends that)" },
  { "watch inv.lua --queue nowhere --post https://h/", "nowhere: no such folder; create it with mkdir -m 700" },
  { "watch inv.lua --queue auth --post https://h/", "auth: is not a folder" },
  { "watch nowhere.lua", "nowhere.lua: No such file or directory" },
  { "watch bad.jsonl", "bad.jsonl: watch polls an inventory, and this is a snapshot; 'rollcall diff' compares snapshots" },
  { "watch inv.lua --format jsonl --snapshot /nowhere/x.jsonl --times 1", "/nowhere/x.jsonl: No such file or directory" },
  { "report x.txt --where 'user=a' --limit 1", "x.txt is neither an inventory nor a snapshot: x.txt:1: syntax error near 'world'" },
  { "report one_bad.lua", [[one_bad.lua:1: smb: servers must be the name or address of a server, not "two words"]] },
  { "report inv.lua -f prometheus --limit 5", "--limit belongs to --group-by in the format 'prometheus', which counts all rows" },
  { "report inv.lua -f openmetrics --columns user", "--columns belongs to formats that show rows; 'openmetrics' counts all of them" },
  { "report inv.lua --group-by user --columns user,rows",
    "--columns and --group-by exclude each other: a group has the fields of --group-by, rows, and what --measure says" },
  { "report inv.lua --reverse", "--reverse belongs to --sort, which says by which field" },
  { "check inv.lua -p pmissing.lua", "pmissing.lua:1: rule: message is missing" },
  { "check inv.lua -p ponmissing.lua", "ponmissing.lua:1: rule: on_missing must be unknown or skip; did you mean 'skip'?" },
  { "check -p ok.lua --test t4.lua",
    "t4.lua:1: test: rows must each have a right kind; in number 1 there is no kind 'acess'; did you mean 'access'? A kind "
      .. "of your own must differ more from it" },
  { "workspace --user u --users-from /",
    "credentials are missing: set ROLLCALL_TOKEN, or give -U or -A, or set HUAWEICLOUD_SDK_AK and HUAWEICLOUD_SDK_SK" },
  { "watch inv.lua --live", "--live draws on a terminal, and standard input or output is none; without it, watch writes lines" },
  { "watch inv.lua --live --run x", "--run belongs to a watch without --live, which can run beside one with it" },
  { "watch inv.lua --live --format jsonl", "--format belongs to a watch without --live, which can run beside one with it" },
  { "watch inv.lua --format jsonl --sort user", "--sort belongs to the table of --format text; JSON Lines have the differences alone" },
  { "watch inv.lua --reverse", "--reverse belongs to --sort, which says by which field" },
  { "watch inv.lua --where usr=alice", "no row has a field 'usr'; did you mean 'user'?" },
  { "diff inv.lua inv.lua --where usr=alice", "no row has a field 'usr'; did you mean 'user'?" },
  { "diff inv.lua inv.lua --reverse", "--reverse belongs to --sort, which says by which field" },
  { "check inv.lua -p ok.lua --where usr=alice", "no row has a field 'usr'; did you mean 'user'?" },
  { "check rows.lua -p ok.lua --where dor=x", "no row has a field 'dor'" },
  { "check -p ok.lua --test t4.lua --format junit", "--format belongs to a check of a SOURCE, not to --test" },
  { "check -p ok.lua --test t4.lua --fail-on error", "--fail-on belongs to a check of a SOURCE, not to --test" },
  { "check -p ok.lua --test t4.lua --where user=alice", "--where belongs to a check of a SOURCE, not to --test" },
  { "watch x.txt", "x.txt is neither an inventory nor a snapshot: x.txt:1: syntax error near 'world'" },
  { "report identity1.lua", "identity1.lua:1: smb: username is missing" },
  { "report identity2.lua", "identity2.lua:1: smb: password, nt_hash or kerberos is missing" },
  { "report identity4.lua",
    "identity4.lua:1: smb: nt_hash must be 32 hexadecimal digits, with an LM hash and a colon in front or without" },
  { "report identity5.lua", "identity5.lua:1: smb: nowhere: No such file or directory" },
  { "report identity7.lua", "identity7.lua:1: workspace: password is missing" },
  { "report identity9.lua", [[identity9.lua:1: workspace: project_id must be a project's id: letters, digits, - and _, not "a b"]] },
  { "connections '' -U auditor", "invalid SERVER: ''; it must not be empty" },
  { "connections fs1 -U u --password-command 'kill -9 $$'", "the password command failed: kill -9 $$ (signal 9)" },
  { "diff inv.lua nowhere.jsonl", "nowhere.jsonl: No such file or directory" },
  { "snapshot inv.lua -o inv.lua/x", "inv.lua/x: Not a directory" },
  { "close fs1", "nothing says what to close; give --session, --file or --findings" },
  { "close fs1 --session --file", "--session and --file exclude each other" },
  { "close fs1 --session", "that would be every session; give --client or --username, or --all" },
  { "close fs1 --file", "that would be every file; give --id, --basepath or --username, or --all" },
  { "close fs1 --file --id x", "invalid number for --id: 'x'; it takes a whole number from 0 to 4294967295" },
  { "close fs1 --session --id 7", "--id belongs to --file, or to the sessions of Workspace, whose service an inventory names" },
  { "close inv.lua --session", "that would be every session; give --id, --client or --username, or --all" },
  { "close inv.lua --session --all -U u", "-U belongs to servers; inv.lua names targets and credentials itself" },
  { "close inv.lua fs1 --session --all", "inv.lua is an inventory or a snapshot, beside which nothing else is asked" },
  { "close shard.jsonl --session --all", "shard.jsonl: is a snapshot, which names nobody to ask; give an inventory" },
  { "close inv.lua --session --id x", "inv.lua: names no service of Workspace" },
  { "close ws3.lua --file --all", "ws3.lua: names no SMB server" },
  { "close rows.lua --session --all", "rows.lua: names no SMB server, and no service of Workspace" },
  { "close ws3.lua --session --all", "ws3.lua:1: workspace: project_id is missing" },
  { "close nowhere.lua --session --all", "nowhere.lua: No such file or directory" },
  { "close inv.lua --findings desktop.json", "desktop.json: finding 1 of the rule 'r': login_user is missing" },
  { "close fs1 --file --client a", "--client belongs to --session" },
  { "close --findings f --all", "--all does not go with --findings, which says what to close" },
  { "close --findings f --username a", "--username does not go with --findings, which says what to close" },
  { "close fs1 --session --all --username a", "--all and --username exclude each other" },
  { "close fs1 --session --all --audit x", "--audit belongs to --yes" },
  { "close fs1 --session --all --reason x", "--reason belongs to --yes" },
  { "close fs1 --session --all --yes", "--yes needs --audit, a file to note it in" },
  { "close fs1 --session --all --yes --audit x", "--yes needs --reason, which the audit notes" },
  { "close --session --all", "no server is named; give SERVER or --servers-from" },
  { "close 'two words' fs1 --session --all", "invalid SERVER: 'two words'; it must be the name or address of a server" },
  { "close fs1 --findings x", "a SERVER does not go with --findings, which says where" },
  { "close --findings nowhere", "nowhere: No such file or directory" },
  { "close --findings x.txt", "x.txt: is not what 'rollcall check --format json' prints" },
  { "close --findings ruleless.json", "ruleless.json: is not what 'rollcall check --format json' prints" },
  { "close --findings -", "standard input: is not what 'rollcall check --format json' prints" },
  { "close --findings finding.json", "finding.json: finding 1 of the rule 'r': since is missing" },
  { "close --findings fields.json", "fields.json: finding 1 of the rule 'r': unknown option 'idd'" },
  { "close fs1 --session --all -U u --yes --reason r --audit nowhere/x",
    "the audit cannot be written: nowhere/x: No such file or directory" },
  { "close fs1 --session --all -U u --yes --reason r --audit /dev/null",
    "the audit cannot be written: /dev/null: is not a regular file, which would keep what is written" },
  { "report inv.lua --format html -o /dev/full", "/dev/full: No space left on device" },
}

describe("a wrong call says what is wrong:", function()
  local folder = lab.new_folder "messages"
  local command = lab.run("realpath " .. lab.command):gsub("%s+$", "")

  setup(function()
    for name, text in pairs(files) do assert(io.open(folder .. "/" .. name, "wb")):write(text, "\n"):close() end
    lab.run(("chmod 600 %s/auth; chmod 644 %s/auth644"):format(folder, folder))
  end)

  teardown(function() lab.run("rm -r " .. folder) end)

  local function check(arguments, complaint)
    -- Reports print the rows before it is known that none has a field.
    local output, code, said = lab.run(("cd %s && unset ROLLCALL_TOKEN && HOME=%s ROLLCALL_PASSWORD=$LAB_PASSWORD %s %s"):format(
      folder, folder, command, arguments .. " < /dev/null"))
    assert.equal(complaint, said)
    assert.equal(3, code)
    if not complaint:find("no row has a field", 1, true) then assert.equal("", output) end
  end

  for _, case in ipairs(at_parsing) do
    it("rollcall " .. case[1], function()
      local name = case[1]:match "^(%l+)" or ""
      if case[2]:find("unknown command", 1, true) then name = "" end
      check(case[1], ("rollcall: %s\nTry 'rollcall%s --help'.\n"):format(case[2], name ~= "" and " " .. name or ""))
    end)
  end

  for _, case in ipairs(at_running) do
    it("rollcall " .. case[1], function() check(case[1], "rollcall: " .. case[2] .. "\n") end)
  end
end)

describe("a target with a wrong name", function()
  it("fails alone, and the others are asked", function()
    for format, words in pairs { table = "# two words: unreachable, 0 of 0: resolve: servername must be", json = '"target":"two words"' } do
      local output, code, complaint = lab.run(("ROLLCALL_PASSWORD=$LAB_PASSWORD %s connections 'two words' %s -q people -U %s -f %s")
        :format(lab.command, lab.double, lab.username, format))
      assert.equal(2, code)
      local reason = "resolve: servername must be the name or address of a server (ERROR_INVALID_NETNAME 1214)"
      assert.equal("rollcall: two words: " .. reason .. "\n", complaint)
      assert.is_truthy(output:find("alice", 1, true))
      assert.is_truthy(output:gsub('": "', '":"'):find(words, 1, true), output)
    end
  end)

  it("does not reach the terminal as it is", function()
    local _, code, complaint = lab.run(("ROLLCALL_PASSWORD=$LAB_PASSWORD %s shares \"$(printf '\\033[31mred')\" %s -U %s"):format(
      lab.command, lab.double, lab.username))
    assert.equal(2, code)
    assert.matches("rollcall: \\x1B[31mred: resolve", complaint, 1, true)
  end)
end)

describe("an error of normalize_user", function()
  it("is reported with its own place alone, by a rule and by a report", function()
    local folder = lab.new_folder "messages"
    local function put(name, text)
      local path = folder .. "/" .. name
      assert(io.open(path, "wb")):write(text):close()
      return path
    end
    local rule = put("rule.lua", "rule { id = 'x', message = '', kind = 'badge', check = function(p) return p.user == 'x' end }")
    local rows = "\nrows { kind = 'badge', { account = 'eve' } }"
    for words, inventory in pairs {
      ["users.lua:2: normalize_user: returned a number for the account 'eve'; it must return a string or nil"] =
        rows .. " normalize_user(function() return 7 end)",
      ["users.lua:1: attempt to index a nil value (field 'x')"] = "normalize_user(function(a) return a.x.y end)" .. rows,
    } do
      local path = put("users.lua", inventory)
      local output, code = lab.run(("%s check %s -p %s"):format(lab.command, path, rule))
      assert.equal(3, code)
      assert.is_truthy(output:find(("\n    unknown: %s/%s\n"):format(folder, words), 1, true), output)
      local _, report_code, complaint = lab.run(("%s report %s -f csv"):format(lab.command, path))
      assert.equal(3, report_code)
      assert.equal(("rollcall: %s/%s\n"):format(folder, words), complaint)
    end
    lab.run("rm -r " .. folder)
  end)

  it("of a rule that runs is on standard error where the output is for a program", function()
    local folder = lab.new_folder "messages"
    assert(io.open(folder .. "/p.lua", "wb")):write("rule { id = 'x', message = '', check = function(p) return p.none.x end }"):close()
    assert(io.open(folder .. "/i.lua", "wb")):write("rows { kind = 'badge', { account = 'eve' } }"):close()
    for _, arguments in ipairs { "-f json", "-o out.txt" } do
      local _, code, complaint = lab.run(("cd %s && $OLDPWD/%s check i.lua -p p.lua %s"):format(folder, lab.command, arguments))
      assert.equal(3, code)
      assert.equal("rollcall: rule 'x': p.lua:1: attempt to index a nil value (field 'none')\n", complaint)
    end
    lab.run("rm -r " .. folder)
  end)
end)
