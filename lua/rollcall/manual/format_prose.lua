--- The pages of the file formats, in Markdown. A line `@NAME` stands for what the program declares.
local sandboxed = [[
It is a Lua file that declares, and can do nothing else: it runs in a Lua state of its own, with the harmless part of Lua's
library, and reaches no file, program or module. A call into it is stopped after 10 million instructions, 64 MiB or 5 seconds. An
error in it is reported with file, line and field, and with what was probably meant.]]

---@type table<string, { summary: string, text: string }>
return {
  inventory = {
    summary = "the targets of rollcall: servers, cloud desktops, snapshots, rows of your own",
    text = [[
# Description

An inventory names what is asked for rows: each `smb`, `smbstatus`, `workspace`, `snapshot` and `rows` is a source. All sources are asked at
the same time, and rows come in the order in which they arrive.

]] .. sandboxed .. [[


# smb

@smb

# smbstatus

@smbstatus

# workspace

@workspace

# credential

@credential

# Lists

`servers = lines "PATH"` and `users = lines "PATH"` take the names from a file: a name a line, for servers also with `:port`. Blanks
around a name, empty lines, lines that begin with `#` and what follows a blank and a `#` do not count. A file without a name is an
error.

# Secrets

A secret is never in an inventory, only where the secret is. The fields `password`, `nt_hash`, `token`, `ak`, `sk` and
`security_token` take one of these and nothing else; `username` and `project_id` take them too.

- `env "NAME"`: an environment variable.
- `file "PATH"`: the content of a file, without the line end. It is refused if others can read it.
- `command "COMMAND"`: the first line that a command prints, once it has ended.

# Other sources

`snapshot "PATH"` gives the rows of a snapshot, and the results for the targets in it, which say when it was taken. Its rows count from that
time.

`rows { kind = "badge", { ... }, { ... } }` gives rows of your own, of a kind of their own. Of their fields `user`, `account`,
`origin`, `resource`, `client`, `address` and `state` are text and `since`, `duration` and `idle` integers; other fields are text,
numbers, truth values or lists of these. A row with another value is skipped and reported.

@reserved

# Users and times

`normalize_user(f)` says which accounts are one person: `f` gets an account and returns the user, or nil for an account that is
none. Without it `CORP\Alice`, `alice@corp.example` and `alice` are one user, `alice`.

`utc_offset(seconds)` says how far the times of Workspace are ahead of UTC; 0 if not given. A snapshot keeps both.

# Examples

    local auditor = credential { username = "CORP\\auditor", password = file "/etc/rollcall/auditor" }

    smb { servers = { "fs1", "fs2:4450" }, credential = auditor, timeout = 5 }
    smb { servers = "fs3", query = "connections", qualifier = "projects",
          username = "auditor", password = env "FS3_PASSWORD" }

    smbstatus { server = "nas1", command = "ssh -o BatchMode=yes nas1 sudo -n smbstatus --json" }

    workspace { region = "ap-southeast-1", project_id = "0123",
                users = { "user001", "user002" }, token = command "get-token" }

    snapshot "/var/lib/rollcall/branch-office.jsonl.gz"
    rows { kind = "badge", { account = "CORP\\alice", resource = "door 7" } }

# See also

**rollcall-report**(1), **rollcall-check**(1), **rollcall-snapshot**(1), **rollcall-watch**(1), **rollcall-policy**(5),
**rollcall-output**(5)
]],
  },
  policy = {
    summary = "rules about who may be connected",
    text = [[
# Description

A policy consists of rules, which **rollcall-check**(1) evaluates over rows. `rule { ... }` declares a rule, `rule(builtin.NAME {
... })` takes a builtin one, and `waive { ... }` excepts somebody from a rule until a day.

]] .. sandboxed .. [[ An error that shows only while rows are evaluated ends that rule; the others go on.

# Verdicts

- `fail`: a row or a group fails.
- `unknown`: none fails, but a target that the rule is about was not asked in full, a row lacks a field that the rule requires,
  no source gives rows of its kinds, fewer
  than `min_rows` were judged, or the rule raised an error. With `--where` also: it saw none of the rows that are as it says, or one was
  left out that could be so, if fields that it lacks were known.
- `pass`: none fails, and all could be seen. A rule that judged no row passes where all sources of its kinds were asked in full:
  nobody is there.

# rule

A rule has these fields. The functions get rows, or groups, that they can read and not change.

@rule

# Builtin rules

Each takes its own fields, and `id`, `severity`, `description`, `kind`, `filter`, `message`, `on_missing` and `min_rows` of
**rule**. `rule(builtin.idle_longer_than { seconds = 8 * 3600 })` is
an example.

A session of Workspace that has ended (`SignedOut`, or with an end), or never began (`InitFail`), is left out of all but
`failed_sessions` and `outside_hours` with `at = "since"`.

@builtin

# waive

A finding that a waiver is for is reported, but does not make the rule fail.

@waive

# Rows

The rows of a kind have these fields, of which **rollcall-output**(5) says what they are. What the source did not say is nil; a
field that no row of the kind has raises an
error.

@kinds

Rows of your own have the fields that the inventory gives them. Where it gives none, `user` is made of `account`, `address` of
`client`, and `duration` of `since`.

# Tests

`rollcall check --policy FILE --test FILE` runs the tests of a policy. In such a file each `test { ... }` has these fields.

@test

# Examples

    rule(builtin.clients_per_user { max = 2, severity = "warning" })
    rule {
      id = "finance-only", kind = { "connection", "access" }, requires = { "user", "resource" },
      filter = function(row) return row.resource == "finance" end,
      check = function(row) return row.user == "alice" or row.user == "bob" end,
      message = "{account} from {client} is on {resource}",
    }
    rule {
      id = "crowded", kind = { "connection", "access" }, group_by = { "origin", "resource" },
      distinct = "user",
      check_group = function(group) return group.distinct.user <= 100 end,
      message = "{resource} of {origin} has {user}",
    }
    waive { rule = "finance-only", user = "backup", reason = "the nightly copy, ticket 4711",
            expires = "2027-03-31" }

A test of it:

    test {
      name = "finance is for alice and bob",
      rows = { { kind = "connection", servername = "fs1", username = "CORP\\eve",
                 share = "finance", client = "10.0.0.9" } },
      verdicts = { ["finance-only"] = "fail", crowded = "pass" },
      findings = { ["finance-only"] = { "CORP\\eve from 10.0.0.9 is on finance" } },
    }

# See also

**rollcall-check**(1), **rollcall-inventory**(5), **rollcall-output**(5)
]],
  },
  output = {
    summary = "what rollcall writes: tables, CSV, JSON, snapshots",
    text = [[
# Description

The commands that ask servers or users, and **rollcall-report**(1), write rows in one of the formats below; **rollcall-check**(1)
writes verdicts as `text`, `json`, `junit`, `sarif` (2.1.0), `ocsf` (see **OCSF**), `github` (workflow commands), `html`, `prometheus`,
`openmetrics` or `nagios` (a monitoring plugin). What was not said is left out, or shown as a dash.

# Formats

- `table`: columns for a person. It fits the terminal; what could move the cursor or change colors in a name is shown as an escape.
  After the rows stands the result for each target, in lines that begin with `#`.
- `csv`: RFC 4180, with a header. A cell that a spreadsheet would take for a formula has an apostrophe in front, and line ends and controls
  stand as `\x0A`. The first column, `record`, is `row`, or `target` for the result for a target; after the fields of the rows stand
  `generated_at`, `where` and `limit` if rows were chosen by them, and those of a target.
- `json`: one document, see **JSON**.
- `jsonl`: JSON Lines, an object a line, see **JSON Lines**.
- `markdown`: a table as GitHub and others read it. What is more than letters, digits and blanks stands in code spans.
- `html`: one page, which needs nothing from elsewhere: totals, charts, and a table to sort and filter.
- `prometheus` and `openmetrics`: metrics, see **Metrics**.

# Completeness

- `complete`: all calls were answered, and all entries that the target claims to have were received. If there are none, nobody is
  connected, as far as was asked: of a `qualifier`, or of the users that were named.
- `partial`: some entries were received, or some calls answered, but not all.
- `denied`: the target refused the logon or the query, or was not asked with credentials that had been refused.
- `unreachable`: there was no answer.
- `placeholder`: the server filled in words of its own for what it does not know, as Samba does.

# Metrics

In Prometheus's text format and in OpenMetrics 1.0, all gauges, without timestamps. The label `target` is the server or service, `kind`
the kind of rows. A target that was not asked in full has its completeness, and no counts: an absent series says that a number is not
known, 0 that nobody is there.

- `rollcall_connections`, `rollcall_accesses` (by `target` and `share`), `rollcall_sessions`, `rollcall_logons`, `rollcall_shares` (by
  `target`), `rollcall_workspace_sessions` (by `target` and `session_state`), `rollcall_rows` (rows of your own): how many there are.
- `rollcall_share_current_uses`: connections to a share, as the server counts them.
- `rollcall_open_files`: by `target`, `share` where it is known, and the `kind` of rows that say so. Do not add kinds up.
- `rollcall_users`, `rollcall_clients`, `rollcall_share_users`, `rollcall_share_clients`: how many different ones rows name.
- `rollcall_age_seconds`, `rollcall_idle_seconds`: histograms of the present, whose counts fall when people leave: use them without `rate`.
  In OpenMetrics their type is gaugehistogram.
- `rollcall_target_completeness`: 1 for the state that the target is in and 0 for the others, in the label `state`; in OpenMetrics a
  stateset, in whose label `rollcall_target_completeness` the state is.
- `rollcall_target_claimed_entries`, `rollcall_target_received_entries`: as `claimed` and `received` of a target below.
- `rollcall_target_last_good_poll_timestamp_seconds`: when the target last answered in full. A report and a check know their own poll
  alone; a watch remembers from when it was started.
- `rollcall_poll_timestamp_seconds`, `rollcall_poll_duration_seconds`: when the poll began and how long it took; the latter not of a
  snapshot.
- `rollcall_group_rows` and one for each measure: of groups, by the fields of `--group-by`, instead of the counts above. These can be
  users and clients, each of which is a series.
- `rollcall_rule_verdict` (a stateset as above), `rollcall_rule_findings` (none where the verdict is unknown),
  `rollcall_rule_judged_rows`, by `policy`, `rule` and `severity`; `rollcall_check_timestamp_seconds`: of **rollcall-check**(1).

# JSON

Numbers are integers but for `seconds` of a logon. Fields may be added in the same version of a shape.

@report

# Rows

The format `json` has these in `rows`; in JSON Lines each row is a line, with its `kind`.

## connection

@connection

## smb_session

@smb_session

## file

@file

## share

@share

## logon

@logon

## access

@access

## session

@session

## who

@who

## group

@group

# Targets and failures

## target

@outcome

## failure

@failure

## totals

@totals

# JSON Lines

A line of kind `report` is the first; then come the rows, each with its `kind`, and then lines of kind `target`, `failure` and `totals`
with the fields above. A row of a report over all sources has the kind of its source, a group is of kind `group`.

## report

@report_line

# Verdicts

@check

## rules

@verdict

## findings

@finding

# Differences

With `--format jsonl`, **rollcall-diff**(1) writes a line of kind `diff` with the `schema`, and then a line for each difference;
**rollcall-watch**(1) writes the latter alone, and with `--queue` lines of kind `gap`.

## change

@change_line

## gap

@gap_line

# OCSF

With `--format ocsf`, **rollcall-check**(1) and **rollcall-watch**(1) write events of the Open Cybersecurity Schema Framework 1.8.0, one
a line, without profiles. What is not known is missing. An address is `ip`, a name with a dot `hostname`, another one `name`. Of an
account `DOMAIN\user` the user's `name` and `domain` are the two.

**Compliance Finding** (`class_uid` 2003, `activity_id` 1 Create), of a check:

- `compliance.status_id`: 3 Fail of each finding; 1 Pass of each rule that passes; 2 Warning of each rule of which something is not known,
  whatever else it has, with the reasons in `compliance.status_details`.
- `compliance.control`: the rule; `compliance.desc` and `finding_info.title`: its description. `compliance.status_details` says which rows
  `--where` let through.
- `severity_id`: 4 High, 3 Medium, 2 Low of a finding of a rule of severity `error`, `warning`, `note`; 1 of a pass; 0 of what is not known.
- `finding_info.uid`: the same in every run; of the policy as it was named, the rule, and the user, client, resource and origin of the
  finding, or the values of `group_by` of a group's, and `#2` of the second of the same. `metadata.uid` has the time besides.
- `finding_info.analytic`: the rule, its `uid` with the policy. `time`, `finding_info.created_time`: when the rows were taken.
- `resources`: the resource, with the origin as its `namespace`; else the origin. `evidences`: the user, the client, and of rows of SMB
  servers the server.
- `status_id` 3 Suppressed, and why in `status_detail`: the finding is waived.
- `count`: so many more findings of the rule, which have no event of their own. A rule has 1000.

**Authentication** (`class_uid` 3002, `severity_id` 1), of a watch, for rows of the kinds `smb_session`, `logon` and `session`:

- `activity_id`: 1 Logon of `connected`, 2 Logoff of `disconnected`, 99 of `unverified` and `newly_visible`. Rows of other kinds, and
  rows that `changed`, have no event.
- `metadata.logged_time`: when the poll was made. `session.created_time`: when the session began. `time`: the latter of a Logon where it is
  known, and else the former.
- `metadata.uid`: with `--queue`, the `id` of the difference.
- `user`, `src_endpoint`, `dst_endpoint`: who, from where, and the server or desktop. `session.uid`: of `smbstatus` and of a cloud desktop.
  `service` and `metadata.tenant_uid`: of a cloud desktop.
- `is_remote`, `logon_type_id` 3 Network of SMB servers and 10 Remote Interactive of cloud desktops; neither of a logon.

**Base Event** (`class_uid` 0, `activity_id` 99), of a watch: a gap, from `start_time` to `end_time`; and a session whose user is not known.

# Snapshots

A snapshot is JSON Lines, compressed with gzip if its name ends in `.gz`. After the first line comes a line for each row, with its
`kind` and
all fields of the rows above, or of rows of your own; lines of kind `target` with the result for each target; and an end, without
which the file was
cut. A file that was cut gives all that is left, and counts as `partial`; a damaged line is skipped and reported with its number.

## snapshot

@first_line

## normalize_user

@normalize_user_line

## end

@end_line

# Audits

**rollcall-close**(1) writes a line before each act and one after it, and one where nothing was done, with the `result` and why. An
`intent` without a `result` is of a run that was ended: look whether the server did it.

@close_line

# JSON Schema

`rollcall help rollcall-1.schema.json` prints the JSON Schema (draft 2020-12) of documents and lines, and `rollcall help
rollcall-snapshot-1.schema.json` that of the lines of a snapshot, which refers to the first. They are strict: a field that is not
in them is an error.

# See also

**rollcall-report**(1), **rollcall-check**(1), **rollcall-snapshot**(1), **rollcall-merge**(1), **rollcall-diff**(1),
**rollcall-watch**(1), **rollcall-close**(1), **rollcall-inventory**(5),
**rollcall-policy**(5)
]],
  },
  fields = {
    summary = "the fields of rows, and conditions on them",
    text = [[
# Description

`--where`, `--sort`, `--columns`, `--group-by` and `--measure` of all commands that list rows take the fields on this page: the common
ones, which mean the same in every kind of row, and those of the kind that the command lists; `--where` of **rollcall-check**(1),
**rollcall-diff**(1) and **rollcall-watch**(1) takes them too. **rollcall-report**(1) and
**rollcall-who**(1) list rows of any kind, also of kinds of your own, with any fields.

# Conditions

`--where` takes comparisons of a field with a value. `and`, `or`, `not` and parentheses join them; `and` binds closer than `or`. Given
again, all must be true.

- `field=value`, `field!=value`: it is the value, or not; small and capital letters are the same.
- `field~text`, `field!~text`: it contains the text, or not, in small or capital letters.
- `field=~pattern`: it matches the pattern, one of Lua: `client=~^10%.1%.`
- `field<n`, `field<=n`, `field>n`, `field>=n`: it is a number, and less or greater.

Values:

- Several values with commas between them: one must match, with `!=` and `!~` none. `user=alice,bob`
- A number may be a time, `45s`, `90m`, `1h30m`, `2d`, `1w`, or a size, `10K`, `5M`, `2GiB`, in steps of 1024.
- A value with `and`, `or`, a comma, or a parenthesis without its other stands in quotes: `share='research and teaching'`.
- Of a field that is a list, such as `files`, one value must match, with `!=` and `!~` none.
- A row without the field fits no condition but `!=` and `!~`.

# Common fields

@common

# Fields of each kind

@kinds

# See also

**rollcall-report**(1), **rollcall-output**(5), **rollcall-policy**(5)
]],
  },
}
