rockspec_format = "3.0"
package = "rollcall"
version = "scm-1"
source = {
   url = "git+file://.",
}
description = {
   summary = "A roll call of who is connected: to the shares of your file servers, and to your cloud desktops.",
   detailed = [[
NetConnectionEnum of any SMB server, and the sessions of Huawei Cloud Workspace, as Lua iterators, with
the errors, pages and fan-out that an administrator with many servers needs, and a command on top.]],
   license = "MIT",
}
supported_platforms = { "linux", "windows" }
dependencies = {
   "lua >= 5.4, < 5.5",
   "lua-cjson >= 2.1.0",
   "argparse >= 0.7.1",
}
external_dependencies = {
   platforms = {
      linux = {
         SMBCLIENT = { header = "samba-4.0/libsmbclient.h", library = "smbclient" },
         CURL = { library = "curl" },
         CRYPTO = { library = "crypto" },
      },
      windows = {
         CURL = { header = "curl/curl.h", library = "libcurl" },
      },
   },
}
build = {
   type = "make",
   build_variables = {
      CFLAGS = "$(CFLAGS)",
      LUA_INCDIR = "$(LUA_INCDIR)",
   },
   install_target = "install-rock",
   install_variables = {
      LUADIR = "$(LUADIR)",
      LIBDIR = "$(LIBDIR)",
      LUA_INCDIR = "$(LUA_INCDIR)",
   },
   install = {
      bin = { rollcall = "lua/rollcall/main.lua" },
   },
   -- There netapi32 makes the calls: no worker program, and no make.
   platforms = {
      windows = {
         type = "builtin",
         modules = {
            ["rollcall.core"] = {
               libraries = { "netapi32", "advapi32" },
               sources = {
                  "csrc/calls.c", "csrc/confine.c", "csrc/core.c", "csrc/entry.c", "csrc/enumeration.c",
                  "csrc/enumeration_slot.c", "csrc/failure.c", "csrc/flat_object.c", "csrc/interrupt.c", "csrc/ndr.c",
                  "csrc/server.c", "csrc/srvsvc.c", "csrc/status.c", "csrc/target.c", "csrc/utf16.c", "csrc/waits.c",
                  "csrc/windows/client.c", "csrc/windows/clock.c", "csrc/windows/logon.c", "csrc/windows/netapi32.c",
                  "csrc/windows/private_file.c", "csrc/windows/replace_file.c", "csrc/windows/signals.c",
                  "csrc/windows/task.c", "csrc/windows/terminal.c", "csrc/windows/wait.c", "csrc/windows/wide.c",
                  "csrc/windows/worker.c",
               },
            },
            ["rollcall.workspace.core"] = {
               libraries = { "libcurl", "bcrypt" },
               incdirs = { "$(CURL_INCDIR)" },
               libdirs = { "$(CURL_LIBDIR)" },
               sources = {
                  "csrc/workspace/answer.c", "csrc/workspace/argument.c", "csrc/workspace/authorization.c",
                  "csrc/workspace/connections.c", "csrc/workspace/core.c", "csrc/workspace/http_failure.c",
                  "csrc/workspace/plain_text.c", "csrc/workspace/request.c", "csrc/workspace/retry.c",
                  "csrc/workspace/session_outcome.c", "csrc/workspace/session_query.c",
                  "csrc/workspace/session_slot.c", "csrc/workspace/signature.c", "csrc/workspace/signing.c",
                  "csrc/workspace/token.c", "csrc/workspace/transfer.c", "csrc/windows/workspace/cryptography.c",
                  "csrc/windows/workspace/transfer_loop.c", "csrc/windows/clock.c", "csrc/failure.c", "csrc/interrupt.c", "csrc/status.c",
                  "csrc/waits.c",
               },
            },
            ["rollcall.cli.changes"] = "lua/rollcall/cli/changes.lua",
            ["rollcall.cli.check_command"] = "lua/rollcall/cli/check_command.lua",
            ["rollcall.cli.completion_command"] = "lua/rollcall/cli/completion_command.lua",
            ["rollcall.cli.conditions"] = "lua/rollcall/cli/conditions.lua",
            ["rollcall.cli.diff_command"] = "lua/rollcall/cli/diff_command.lua",
            ["rollcall.cli"] = "lua/rollcall/cli/init.lua",
            ["rollcall.cli.report_command"] = "lua/rollcall/cli/report_command.lua",
            ["rollcall.cli.sessions_command"] = "lua/rollcall/cli/sessions_command.lua",
            ["rollcall.cli.smb_commands"] = "lua/rollcall/cli/smb_commands.lua",
            ["rollcall.cli.smb_options"] = "lua/rollcall/cli/smb_options.lua",
            ["rollcall.cli.snapshot_command"] = "lua/rollcall/cli/snapshot_command.lua",
            ["rollcall.cli.source"] = "lua/rollcall/cli/source.lua",
            ["rollcall.cli.watch_command"] = "lua/rollcall/cli/watch_command.lua",
            ["rollcall.credentials"] = "lua/rollcall/credentials.lua",
            ["rollcall.declaration"] = "lua/rollcall/declaration.lua",
            ["rollcall.diff"] = "lua/rollcall/diff.lua",
            ["rollcall"] = "lua/rollcall/init.lua",
            ["rollcall.inventory"] = "lua/rollcall/inventory.lua",
            ["rollcall.inventory_sources"] = "lua/rollcall/inventory_sources.lua",
            ["rollcall.main"] = "lua/rollcall/main.lua",
            ["rollcall.options"] = "lua/rollcall/options.lua",
            ["rollcall.platform"] = "lua/rollcall/platform.lua",
            ["rollcall.policy"] = "lua/rollcall/policy.lua",
            ["rollcall.policy.github"] = "lua/rollcall/policy/github.lua",
            ["rollcall.policy.json"] = "lua/rollcall/policy/json.lua",
            ["rollcall.policy.judge"] = "lua/rollcall/policy/judge.lua",
            ["rollcall.policy.junit"] = "lua/rollcall/policy/junit.lua",
            ["rollcall.policy.network"] = "lua/rollcall/policy/network.lua",
            ["rollcall.policy.ready"] = "lua/rollcall/policy/ready.lua",
            ["rollcall.policy.rules"] = "lua/rollcall/policy/rules.lua",
            ["rollcall.policy.sarif"] = "lua/rollcall/policy/sarif.lua",
            ["rollcall.policy.text"] = "lua/rollcall/policy/text.lua",
            ["rollcall.presence"] = "lua/rollcall/presence.lua",
            ["rollcall.remembering"] = "lua/rollcall/remembering.lua",
            ["rollcall.report.columns"] = "lua/rollcall/report/columns.lua",
            ["rollcall.report.csv"] = "lua/rollcall/report/csv.lua",
            ["rollcall.report.grouping"] = "lua/rollcall/report/grouping.lua",
            ["rollcall.report.html"] = "lua/rollcall/report/html.lua",
            ["rollcall.report.html_assets"] = "lua/rollcall/report/html_assets.lua",
            ["rollcall.report.html_chart"] = "lua/rollcall/report/html_chart.lua",
            ["rollcall.report"] = "lua/rollcall/report/init.lua",
            ["rollcall.report.json"] = "lua/rollcall/report/json.lua",
            ["rollcall.report.json_text"] = "lua/rollcall/report/json_text.lua",
            ["rollcall.report.jsonl"] = "lua/rollcall/report/jsonl.lua",
            ["rollcall.report.markdown"] = "lua/rollcall/report/markdown.lua",
            ["rollcall.report.selection"] = "lua/rollcall/report/selection.lua",
            ["rollcall.report.table"] = "lua/rollcall/report/table.lua",
            ["rollcall.report.text"] = "lua/rollcall/report/text.lua",
            ["rollcall.sandbox"] = "lua/rollcall/sandbox.lua",
            ["rollcall.sandbox_patterns"] = "lua/rollcall/sandbox_patterns.lua",
            ["rollcall.sandbox_weight"] = "lua/rollcall/sandbox_weight.lua",
            ["rollcall.side_by_side"] = "lua/rollcall/side_by_side.lua",
            ["rollcall.smb"] = "lua/rollcall/smb.lua",
            ["rollcall.smb.calls"] = "lua/rollcall/smb/calls.lua",
            ["rollcall.smb.enumerate"] = "lua/rollcall/smb/enumerate.lua",
            ["rollcall.smb.join"] = "lua/rollcall/smb/join.lua",
            ["rollcall.smb.plans"] = "lua/rollcall/smb/plans.lua",
            ["rollcall.smb.servers"] = "lua/rollcall/smb/servers.lua",
            ["rollcall.smb.visit"] = "lua/rollcall/smb/visit.lua",
            ["rollcall.snapshot"] = "lua/rollcall/snapshot.lua",
            ["rollcall.snapshot_file"] = "lua/rollcall/snapshot_file.lua",
            ["rollcall.target"] = "lua/rollcall/target.lua",
            ["rollcall.workspace"] = "lua/rollcall/workspace.lua",
            ["rollcall.workspace.credentials"] = "lua/rollcall/workspace/credentials.lua",
            ["rollcall.workspace.endpoint"] = "lua/rollcall/workspace/endpoint.lua",
            ["rollcall.workspace.listing"] = "lua/rollcall/workspace/listing.lua",
            ["rollcall.workspace.session"] = "lua/rollcall/workspace/session.lua",
            ["rollcall.workspace.token"] = "lua/rollcall/workspace/token.lua",
            ["rollcall.workspace.user_names"] = "lua/rollcall/workspace/user_names.lua",
         },
      },
   },
}
