--- What the manual says beyond what commands and files declare, in Markdown.
local prose = {}

---The day on which the manual was last read through.
prose.date = "2026-11-21"

prose.summary = "who is connected to file servers and cloud desktops"

---Each variable, and what it does.
local variables = {
  ROLLCALL_PASSWORD = "The password, where neither a file nor a command gives it.",
  ROLLCALL_TOKEN = "An IAM token, where no IAM user is given.",
  ["HUAWEICLOUD_SDK_AK, HUAWEICLOUD_SDK_SK, "
      .. "HUAWEICLOUD_SDK_SECURITY_TOKEN"] = "Keys with which requests are signed, as Huawei's SDKs take them; "
    .. "the third with temporary keys only.",
  HUAWEICLOUD_SDK_PROJECT_ID = "The project, where `--project-id` is not given.",
  HUAWEICLOUD_SDK_IAM_ENDPOINT = "The address of IAM, where `--iam-endpoint` is not given.",
  HTTPS_PROXY = "The proxy, where `--proxy` is not given; with a password, if it takes one. `ALL_PROXY` and the names in small letters "
      .. "are read too.",
  ["SLURM_ARRAY_TASK_ID, SLURM_ARRAY_TASK_MIN, SLURM_ARRAY_TASK_MAX, "
      .. "SLURM_ARRAY_TASK_COUNT, SLURM_ARRAY_TASK_STEP"] =
    "With `--shard slurm`: which task of the job array this is. Not read otherwise.",
  JOB_COMPLETION_INDEX = "With `--shard kubernetes/N`: which pod of the Indexed Job this is, from 0. Not read otherwise.",
  CURL_CA_BUNDLE = "With `--post`: a file of certificates to trust, in PEM, as curl takes it.",
  KRB5CCNAME = "The cache that Kerberos tickets are taken from.",
  NO_COLOR = "If it is set and not empty, no color is written.",
  PAGER = "The program that shows a page on a terminal; `less` if it is not set. With `cat`, or an empty value, pages are just printed.",
  LESS = "Options of `less`; `FRX` if it is not set.",
}

---@param names? string[]
---@return string[][]
function prose.environment_of(names)
  local list = {}
  for i, name in ipairs(names or {}) do list[i] = { "`" .. name:gsub(", ", "`, `") .. "`", assert(variables[name], name) } end
  return list
end

-- With --shard.
local FLEET = {
  "SLURM_ARRAY_TASK_ID, SLURM_ARRAY_TASK_MIN, SLURM_ARRAY_TASK_MAX, SLURM_ARRAY_TASK_COUNT, SLURM_ARRAY_TASK_STEP", "JOB_COMPLETION_INDEX",
}

local cloud_variables = {
  "ROLLCALL_TOKEN", "ROLLCALL_PASSWORD", "HUAWEICLOUD_SDK_AK, HUAWEICLOUD_SDK_SK, HUAWEICLOUD_SDK_SECURITY_TOKEN",
  "HUAWEICLOUD_SDK_PROJECT_ID", "HUAWEICLOUD_SDK_IAM_ENDPOINT", "HTTPS_PROXY", FLEET[1], FLEET[2],
}

local authentication_file = { "*FILE* of `-A`",
  "Lines `username = NAME`, `password = PASSWORD` and `domain = NAME`, read as smbclient reads them. "
  .. "It is refused if others can read it." }
local inventory_file = { "*inventory*.lua", "See **rollcall-inventory**(5)." }
local snapshot_file = { "*snapshot*.jsonl, *snapshot*.jsonl.gz", "See **rollcall-output**(5)." }
local history_folder = { "*DIR* of `--append` and `--history`", "Snapshots over time, *YYYYMMDD*T*HHMMSS*Z-*RANDOM*.jsonl.gz." }
local policy_file = { "*policy*.lua", "See **rollcall-policy**(5)." }

local waiting = [[
On a terminal, rows that have come are shown while others are awaited, and a line on standard error says how many targets are done, have
failed or are in flight, and who is awaited. Cells that are wider than the terminal allows are cut in the middle, unless `--wide` is
given. A signal such as Ctrl-C ends the command: what has come is printed, the targets that had not answered have the reason
`interrupted before it had answered`, and the exit code is 128 and the number of the signal, 130 for Ctrl-C. With `--output` nothing
is written then.]]

---What the commands that ask servers have in common.
local function of_servers(description, see_also)
  return {
    description = description .. [[


All servers are asked at the same time, as many as `--concurrency` says, and rows are printed in the order in which they arrive.
After the rows stands the result for each server: `complete`, `partial`, `denied`, `unreachable` or `placeholder`, which
**rollcall-output**(5) explains. Servers that failed or answered in part are also reported on standard error, a line each, unless
both go to the same terminal. **rollcall-fields**(5) lists the fields of the rows, and the conditions of `--where`.

]] .. waiting .. [[


The account needs rights on each server, which `rollcall help in-a-domain` lists. Credentials that no server has accepted yet are
used by one logon at a time; once they are refused, the other servers are not asked with them.]],
    environment = { "ROLLCALL_PASSWORD", "KRB5CCNAME", FLEET[1], FLEET[2] },
    files = { authentication_file },
    see_also = see_also,
  }
end

---@class rollcall.manual.command_prose
---@field description string
---@field environment? string[]
---@field files? string[][]
---@field see_also string[]
---@field examples? string[]  where the command declares none
---@field exit_codes? string[][]  where those that are declared do not hold

---What is not declared of each command.
---@type table<string, rollcall.manual.command_prose>
prose.commands = {
  rollcall = {
    description = [[
**rollcall** asks SMB servers and Huawei Cloud Workspace who is connected, reports on the answers, and checks them against rules.

The commands **connections**, **sessions**, **files**, **shares**, **logons** and **smb** ask servers that are named as arguments,
**smbstatus** reads what a Samba server says of itself, and **workspace** asks for users of cloud desktops. **who** answers
who has a file, a share or a name open. **close** ends sessions and closes open files; it is the one that changes something. The commands
**report**,
**check**, **snapshot**, **diff** and **watch** take a *SOURCE*: an inventory, which is a Lua file that names the targets, or a snapshot,
which is a file of rows.

`rollcall COMMAND --help` is a reminder, `rollcall help COMMAND` shows the page of a command, and `rollcall help` lists all pages
and guides.]],
    environment = { "ROLLCALL_PASSWORD", "ROLLCALL_TOKEN", "KRB5CCNAME", "NO_COLOR", "PAGER" },
    examples = {
      "rollcall connections fs1 --qualifier projects -U 'CORP\\auditor'", "rollcall report inventory.lua --format html -o who.html",
      "rollcall check inventory.lua --policy policies.lua", "rollcall watch inventory.lua --interval 60 --snapshot now.jsonl.gz",
    },
    files = { inventory_file, policy_file, snapshot_file },
    see_also = {
      "rollcall-connections(1)", "rollcall-sessions(1)", "rollcall-files(1)", "rollcall-shares(1)", "rollcall-logons(1)", "rollcall-smb(1)",
      "rollcall-smbstatus(1)",
      "rollcall-workspace(1)", "rollcall-who(1)", "rollcall-report(1)", "rollcall-check(1)", "rollcall-snapshot(1)", "rollcall-merge(1)",
      "rollcall-diff(1)",
      "rollcall-watch(1)", "rollcall-close(1)", "rollcall-completion(1)", "rollcall-help(1)", "rollcall-inventory(5)", "rollcall-policy(5)",
      "rollcall-fields(5)", "rollcall-output(5)",
    },
  },
  connections = of_servers([[
Lists the connections to a share of a server, or those made from a computer, by NetConnectionEnum. Without `--qualifier` every
share is asked for in turn.

Samba does not know users, clients and times of connections and fills in a dummy user; the result for the server is `placeholder`
then, and **rollcall-smb**(1) knows more.]], { "rollcall-smb(1)", "rollcall-sessions(1)", "rollcall-shares(1)", "rollcall-output(5)" }),
  sessions = of_servers("Lists the sessions on a server by NetSessionEnum: who is logged on from which computer, for how long, and "
      .. "idle for how long.",
    { "rollcall-smb(1)", "rollcall-connections(1)", "rollcall-workspace(1)", "rollcall-output(5)" }),
  files = of_servers("Lists the files that are open on a server, and by whom, by NetFileEnum.",
    { "rollcall-smb(1)", "rollcall-shares(1)", "rollcall-output(5)" }),
  shares = of_servers("Lists the shares of a server by NetShareEnum. Anybody may ask for their names; level 2 needs the rights of "
      .. "**rollcall-connections**(1).",
    { "rollcall-connections(1)", "rollcall-files(1)", "rollcall-output(5)" }),
  logons = of_servers([[
Lists who is logged on to a computer itself, at its console or by a service, by NetWkstaUserEnum. An account that is logged on
several times may be there as often.

A Samba answers with nobody, even to members of Administrators, who alone may ask.]],
    { "rollcall-sessions(1)", "rollcall-smb(1)", "rollcall-output(5)" }),
  smb = of_servers([[
Asks for connections, sessions, files and shares, and combines the answers: who is connected to what, from where, with what open.
No call says which file is open in which session or over which share. A row says it where the numbers of the calls leave one way
alone; elsewhere the field is missing, and a file that belongs to no row for certain has a row of its own.]], {
    "rollcall-connections(1)", "rollcall-sessions(1)", "rollcall-files(1)", "rollcall-shares(1)", "rollcall-report(1)",
    "rollcall-output(5)",
  }),
  smbstatus = {
    description = [[
Reads the output of `smbstatus --json`, which is of one Samba server, and lists what is in it: connections, sessions and open files in
the combined view of **rollcall-smb**(1), or with `--query` one of them. It says of each connection whose it is, from which address
and since when, and by which dialect, encryption and signing; nothing of it is a placeholder.

A file is in a session and over a connection where its smbd has one alone; elsewhere these fields are missing. With 'force user' a file
is that of the forced user.

Ages are those at the time when the JSON was written. Samba 4.17 does not say when a session began, and none says for how long it has
been idle. The JSON may have 128 MiB. Where it was cut, is of something else or lacks a part, the result says so, and never that
nobody is connected. An inventory runs the command itself, with `smbstatus { ... }`.]],
    files = { { "*status*.json", "The output of `smbstatus --json`." } },
    see_also = { "rollcall-smb(1)", "rollcall-report(1)", "rollcall-inventory(5)", "rollcall-output(5)", "smbstatus(1)" },
  },
  workspace = {
    description = [[
Lists the sessions that users have on the cloud desktops of Huawei Cloud Workspace, by 'Querying Current Session by Username'. A
user without sessions has no row. A user for whom the query fails is reported on standard error; refused credentials end the
command.

It takes `--region` or `--endpoint`, and the IAM action `workspace:session:listSessionByUserName`. **rollcall-fields**(5) lists the
fields of the rows, and the conditions of `--where`.

]] .. waiting,
    environment = cloud_variables,
    files = { authentication_file, { "`~/.huaweicloud/credentials`",
      "Keys and project, as Huawei's SDKs read them; refused if others can read it." } },
    see_also = { "rollcall-sessions(1)", "rollcall-report(1)", "rollcall-output(5)" },
  },
  who = {
    description = [[
Answers one question about servers that are named as arguments, or about an inventory or a snapshot: who has this file open, who is in
this share, what has this user or this computer open. The servers are asked for the combined view of **rollcall-smb**(1).

*WHAT* is the whole name of a share, a user or a computer, or a file or a folder as the end of its path, or all of it: `budget.xlsx`,
`projects\2026`. A folder stands for all that lies in it. Small and capital letters are the same, and so are `\` and `/`. Of a row that is
there for its files, only these files are shown. An argument with a `/`, or that ends in `.lua`, `.jsonl` or `.gz`, is an inventory or a
snapshot, and stands alone.

No row, and a result that is `complete` for every server, says that nobody has it open. A server that failed could not be asked. A result
is `partial` where what was asked cannot know: files need the combined view or a query for files, shares the combined view or connections,
computers these or sessions; and Workspace knows of the users alone about whom it was asked, and so not of all at a computer or desktop.
A name that no row has may be any of these.

With `--history` the snapshots in a folder answer, which **rollcall-snapshot**(1) has put there, and nobody is asked. With `--at` these
are the one of that *TIME*, or else the last before it and the first after it; with `--since` and `--until` all in between. `seen_at` of
a row is the time of its snapshot; between snapshots nothing is known. The result for the folder names the snapshots that were used, and
that for each target how many of them asked it, and when it failed. A shard (`--shard`) that none of them is of has a result of its own,
`unreachable`.

A *TIME* is ISO 8601 with an offset, `2026-11-17T14:00Z`, or local time without one: `'2026-11-17 14:00'`, `'yesterday 14:00'`. A day alone
is its beginning after `--since`, and its end after `--until`.

]] .. waiting,
    environment = { "ROLLCALL_PASSWORD", "KRB5CCNAME", "NO_COLOR", FLEET[1], FLEET[2] },
    files = { authentication_file, inventory_file, snapshot_file, history_folder },
    see_also = {
      "rollcall-smb(1)", "rollcall-files(1)", "rollcall-report(1)", "rollcall-snapshot(1)", "rollcall-inventory(5)", "rollcall-fields(5)",
    },
  },
  report = {
    description = [[
Shows the rows of all sources of an inventory, or of a snapshot, in one view whatever their kind: filtered, sorted, grouped, and
in any format. Every report says when it was made, from which targets, and which of them failed or answered in part.
**rollcall-fields**(5) lists the fields of the rows, and the conditions of `--where`.

]] .. waiting,
    environment = { "NO_COLOR", FLEET[1], FLEET[2] },
    files = { inventory_file, snapshot_file },
    see_also = {
      "rollcall-check(1)", "rollcall-snapshot(1)", "rollcall-inventory(5)", "rollcall-fields(5)", "rollcall-output(5)",
    },
  },
  check = {
    description = [[
Evaluates the rules of a policy over the rows of an inventory or a snapshot. The verdict of a rule is `pass`, `fail` or `unknown`;
a rule that nobody was seen to break passes only where everybody could be seen. **rollcall-policy**(5) has the details.

With `--where` only rows that are as it says are judged, and the verdicts are of them alone: every format says so. A rule that sees none of
them has not passed, it is unknown; so is a rule for which a row was left out that could be one of them, if fields that it lacks were
known, such as the users that a Samba does not name. What is left out for good belongs into the `filter` of a rule.]],
    environment = { "NO_COLOR", FLEET[1], FLEET[2] },
    files = { inventory_file, snapshot_file, policy_file },
    see_also = { "rollcall-report(1)", "rollcall-inventory(5)", "rollcall-policy(5)", "rollcall-output(5)" },
  },
  snapshot = {
    description = [[
Writes the rows, and the result for each target, to a file that **rollcall-report**(1), **rollcall-check**(1) and
**rollcall-diff**(1) read like an inventory. The file is put in its place when it is whole, with the mode and, where that is
permitted, the owner of what it replaces.

`--append` adds a snapshot to a folder of snapshots over time, under a name that begins with its time and that no other has, so several
programs may do so at once. `--retention` then removes those that are older, counted from the one that was added; files with names of
another form are never removed. **rollcall-who**(1) reads such a folder; `rollcall help history` is about it.

There is no `--where`: a snapshot has all rows, since one that was left out would look as if it had not been there, to a later diff, merge
or check. **rollcall-report**(1), **rollcall-diff**(1) and **rollcall-check**(1) choose rows when they read it.]],
    environment = { FLEET[1], FLEET[2] },
    files = { inventory_file, snapshot_file, history_folder },
    see_also = {
      "rollcall-who(1)", "rollcall-merge(1)", "rollcall-diff(1)", "rollcall-watch(1)", "rollcall-inventory(5)", "rollcall-output(5)",
    },
  },
  merge = {
    description = [[
Makes one snapshot of several: of the shards that `--shard` made of the targets, or of several offices. What a call printed with
`--format jsonl` is taken as well, also several outputs in one file; one that has only some of the rows, by `--where`, `--limit` or what
a call takes, such as `--username`, is refused.

Files say which shard they are of, and merged ones which shards, so they can be merged again. A shard that no file is of has a result
of its own, `unreachable`; with `--inventory`, its targets have it instead, by their names, as has every other target that no file has a
result for; those of a `snapshot` of the inventory are the ones in that file. A file that cannot be read is `unreachable` too. So nobody is
taken for disconnected who could not be seen.

A server that several files are of counts once, by the newest file, and so does a user of cloud desktops with sessions; both are
reported on standard error. `generated_at` of the result is that of the oldest file, `last_generated_at` that of the newest, and reports
show both. Each row keeps the time of its own file, from which its seconds count (`since`, `seen_at`); waivers are judged at the time of the
newest.

Files are read twice, so none can be a pipe.]],
    files = { snapshot_file, inventory_file },
    see_also = { "rollcall-snapshot(1)", "rollcall-report(1)", "rollcall-diff(1)", "rollcall-output(5)" },
  },
  close = {
    description = [[
Ends sessions of SMB servers by NetSessionDel, closes open files by NetFileClose, or ends sessions of Huawei Cloud Workspace by
LogoffUserSession. Without `--yes` it shows which, and changes nothing. What is meant is a session or a file by name or number, or what
the findings of a check are about; everything there is only with `--all`.

An inventory in place of servers says where, and as whom: its `smb` blocks name servers, whatever their query, and its `workspace`
blocks services. Other blocks name nothing that can be closed. Of a server that several blocks name, or a project of a service, the
credentials of the first count. An argument with a `/`, or that ends in `.lua`, is an inventory, and stands alone.

Of a service, `--username` asks for that user, whether the inventory names it or not. Without it the sessions of the users that the
inventory names are looked through, which is what `--all` means there; `--client` is the name or the address of the client, and `--id` the
`id` of a session. Findings about sessions of Workspace need the inventory, and nothing is done where it does not name their service
and project. A request to a service is no session, so none is left alone as rollcall's own.

The call that ends sessions of a server knows no finer than all those of a user from a computer. What somebody had not saved is lost, and
many clients connect again at once.

Right before each act the server is listed anew, and nothing is done where that no longer shows what was meant. Afterwards it is
listed once more, for at most 5 seconds, until it no longer shows it; of a service the user's sessions are, for at most 30 seconds. The
result is one of:

- `closed`: it is no longer there.
- `absent`: it had ended before anything was done.
- `changed`: something else is there by now, such as another session of the same user, which the call would end too. It was left alone.
- `own`: it is the own logon of rollcall at a server, or may be. It was left alone. Ask with other credentials, or from another computer.
- `present`: the server was asked to close it, and still lists it.
- `failed`: it was not closed, or could not be looked for.
- `unverified`: the server was asked to close it, and could not be listed afterwards.

A session of a server counts as the one that was meant if it began at the same time, give or take 3 seconds, and a file if its id, its
path and its user are the same. Where a server does not say when a session began, it is whichever is there. A session of Workspace
counts if its `id`, `start_time` and `login_user` are the same.

Findings are about a session where the rows say when it began: those of kind `smb_session` do, those of connections do not. Those of
Workspace need all three. From a snapshot whose servers took long to ask, a session of theirs may look changed.

A Samba ends the process that serves the connection, and with it the sessions of others over it; they are reported as no longer there.

Credentials that a service refuses in the middle of a run are not tried again in it, and what was to be closed with them is left.

With `--yes`, the audit gets a line before each act and one after it, each on the disk before anything else is done; where it cannot
be written, nothing is done. **rollcall-output**(5) has its fields.]],
    environment = { "ROLLCALL_PASSWORD", "KRB5CCNAME" },
    files = {
      authentication_file, inventory_file,
      { "*closed*.jsonl", "The audit. It is only ever added to, and made for its owner alone." },
    },
    see_also = {
      "rollcall-sessions(1)", "rollcall-files(1)", "rollcall-workspace(1)", "rollcall-check(1)", "rollcall-inventory(5)",
      "rollcall-output(5)",
    },
  },
  diff = {
    description = [[
Compares two snapshots, or a snapshot with what an inventory's targets say now. Seconds that merely went by are no difference, nor
are the logons that rollcall itself made. A row of a target that failed or answered in part is not reported as disconnected.

With `--where` a difference is reported if its row is, or was, as it says: the rows are compared first, so who ceases to be so is not taken
for disconnected. The exit code is of what is reported. `--sort` and `--reverse` are by a field of the row. There is no `--limit`, no
`--columns` and no `--group-by`: a difference that is left out or counted together with others would look as if nothing had happened.

The rows of both sides are kept in memory, of which they may take 1 GiB.]],
    environment = { "NO_COLOR" },
    files = { inventory_file, snapshot_file },
    see_also = { "rollcall-snapshot(1)", "rollcall-watch(1)", "rollcall-output(5)" },
  },
  watch = {
    description = [[
Polls the targets of an inventory at an interval, and reports who connected, who disconnected and what changed since the last
poll. As text it begins with a table of who is connected; as JSON Lines it has the differences alone. A target that fails is reported on
standard error, once, and so is that it answers again.

With `--where` the table has the rows that are as it says, and a difference is reported if the row is, or was, as it says: so who ceases
to be so is not taken for disconnected. The files of `--snapshot`, `--page` and `--textfile` have all rows all the same. `--sort`,
`--reverse` and `--columns` are of tables, that of the beginning and that of `--live`. There is no `--limit` and no `--group-by`: a
difference that is left out or counted together with others would look as if nothing had happened.

`--live` makes the whole terminal a table of who is there now, and polls as ever meanwhile. The rows of the first poll are shown as they
come. `+` stands before who connected, `-` before who disconnected, `~` before what changed, `!` before what is newly visible; they stay
marked until the next poll, and at least 10 seconds. Targets that failed stand above the table; what was known of their rows stays, with
a `?` before it. The first line says when the rows were taken, how old they are and when the next poll begins.

The keys are `q` to quit; the arrows, PgUp, PgDn, Home and End to move; `<` and `>`, or the arrows to the left and right, to sort by another
column, and `r` to reverse; `/` to type a filter, which is a condition as `--where` takes it, or words that all must be in cells of
a row; Enter keeps it, and Escape takes it away; `t` shows the results for all targets; `p` polls now; Ctrl-L draws anew. Ctrl-Z stops
it, and `fg` goes on.

However it ends, short of SIGKILL, the terminal is as it was.

With `--queue` a watch is a source of events: they are kept in a folder until the receiver of `--post` or `--syslog` has taken them, each
with an `id` that stays the same, and after a restart the first poll is compared with the last one before. `rollcall help events` has what
is promised, and templates.

With `--format ocsf` the differences of sessions and logons are events of the Open Cybersecurity Schema Framework, Authentication, on
standard output, for `--run` and for `--post`. Differences of other rows are left out, and an inventory that has no sessions or logons is
refused. **rollcall-output**(5) has the attributes.]],
    environment = { "NO_COLOR", "CURL_CA_BUNDLE", FLEET[1], FLEET[2] },
    files = { inventory_file, snapshot_file, { "*DIR* of `--queue`", "`state.jsonl`, the last poll; and a file for each batch of events "
      .. "that waits. Nobody else can read them." } },
    see_also = { "rollcall-diff(1)", "rollcall-snapshot(1)", "rollcall-inventory(5)", "rollcall-output(5)" },
    exit_codes = {
      { "**0**", "`--times` polls were made, or it was ended: by a signal, with `--live` by the key `q`." },
      { "**2**", "`--times` polls were made, and events of `--queue` still wait." },
      { "**3**", "A usage error, or an error in the inventory." },
      { "**128+N**", "With `--live`, the signal number N ended it; so 130 after Ctrl-C." },
    },
  },
  completion = {
    description = "Prints what a shell needs to complete commands, options and topics of the help.",
    see_also = { "rollcall(1)" },
    exit_codes = { { "**0**", "The completions were printed." }, { "**3**", "A usage error, or they could not be written." } },
  },
  help = {
    description = [[
Shows a page of the manual, or without a *TOPIC* a list of all: a page for each command, those of the file formats, the guides,
and the JSON Schemas of all output. No network is used.

On a terminal the page goes through the program that `PAGER` names; elsewhere it is printed as plain text.]],
    environment = { "PAGER", "LESS" },
    see_also = { "rollcall(1)", "rollcall-completion(1)" },
    exit_codes = { { "**0**", "The page was shown." }, { "**3**", "There is no such topic, or it could not be written." } },
  },
}

return prose
