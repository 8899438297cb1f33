--- Which tests do not run on Windows, by spec file and a part of their names, and why.
local SAMBA = "ask a Samba"
local WITNESS = "have impacket's client as a witness"
local WIRE = "need a server that answers as netapi32 never would"
local WORKER = "are about the worker process, which is not there"
local OTHERWISE = "are otherwise on Windows"
local POSIX = "need a terminal, signals or a shell of POSIX"
local DESCRIPTORS = "count or poll descriptors, of which there are none"
local ZLIB = "need gzip"
local LOCALES = "are about the locales of POSIX"
local CHROMIUM = "are about a browser"
local HTTPS = "are among those over HTTPS"

return {
  ["case_spec.lua"] = {
    ["does not ask the locale"] = LOCALES,
  },
  ["check_command_spec.lua"] = {
    ["and so do a snapshot of it and an inventory of it"] = ZLIB,
  },
  ["command_spec.lua"] = {
    ["keeps to the width of the terminal"] = POSIX,
    ["fills in placeholders"] = SAMBA,
    ["takes user and password from a file"] = SAMBA,
    ["exactly as smbclient does"] = SAMBA,
    ["takes the password from a command, or from the terminal"] = POSIX,
    ["names the file that lacks a name or a password"] = POSIX,
    ["says that help cannot be written"] = POSIX,
    ["takes an NT hash for a password"] = OTHERWISE,
    ["at the password prompt"] = POSIX,
    ["a signal"] = POSIX,
    ["a standard stream that is closed"] = POSIX,
  },
  ["commands_spec.lua"] = {
    ["has color on a terminal"] = POSIX,
    ["write a snapshot and report the difference of two"] = ZLIB,
    ["read a snapshot from a pipe as from a file"] = POSIX,
    ["rollcall watch"] = OTHERWISE,
  },
  ["connections_spec.lua"] = {
    ["connections to a share of a real Samba"] = SAMBA,
    ["as impacket's client sees them, with names of every kind"] = WITNESS,
  },
  ["enumerations_spec.lua"] = {
    ["a real Samba"] = SAMBA,
    ["as impacket's client sees them"] = WITNESS,
    ["patch="] = WIRE,
    ["stub="] = WIRE,
    ["fault="] = WIRE,
    ["stop="] = WIRE,
    ["serves every call over one logon"] = SAMBA,
  },
  ["failures_spec.lua"] = {
    ["when the name is not found"] = OTHERWISE,
    ["when nobody answers, in time"] = OTHERWISE,
    ["when the password is wrong, at both servers"] = SAMBA,
    ["when the user is unknown"] = SAMBA,
    ["when the account is disabled"] = SAMBA,
    ["a smb.conf"] = SAMBA,
    ["when the server allows no NTLM"] = SAMBA,
    ["when the server refuses this computer"] = SAMBA,
    ["when the server speaks no protocol of ours"] = SAMBA,
    ["when the password is a long one"] = SAMBA,
    ["when encryption is demanded"] = OTHERWISE,
    ["when the user may not ask, and who may"] = SAMBA,
    ["when the server's RPC has a fault"] = WIRE,
  },
  ["fanout_spec.lua"] = {
    ["asked only when there is room"] = WORKER,
    ["no more workers than are of use"] = WORKER,
  },
  ["html_spec.lua"] = {
    ["lets its own style and script through"] = CHROMIUM,
  },
  ["inventory_spec.lua"] = {
    ["asks servers, each query side by side"] = POSIX,
    ["ends what is under way when the loop is left"] = WORKER,
    ["of real servers"] = HTTPS,
    ["what Samba servers say of themselves"] = SAMBA,
  },
  ["link_spec.lua"] = {
    ["gets no rows of a page that was interrupted"] = POSIX,
    ["that died while it was idle is replaced"] = WORKER,
    ["is one descriptor"] = DESCRIPTORS,
    ["is waited for, and not again and again for nothing"] = DESCRIPTORS,
    ["reads smb.conf once"] = WORKER,
    ["where descriptor 0 is free"] = WORKER,
    ["may have fifteen empty pages"] = WIRE,
  },
  ["logon_spec.lua"] = {
    ["a wrong password"] = SAMBA,
    ["an account that is disabled"] = SAMBA,
    ["servers that are dead or silent"] = SAMBA,
    ["runs of one user"] = SAMBA,
    ["is said in whole characters"] = SAMBA,
  },
  ["no_news_spec.lua"] = {
    ["is no change in a watch with several queries of one server"] = SAMBA,
  },
  ["output_spec.lua"] = {
    ["writes into a device"] = POSIX,
    ["writes into a FIFO"] = POSIX,
    ["that a FIFO has lost its reader"] = POSIX,
    ["follows a link to the file"] = OTHERWISE,
    ["keeps mode and owner"] = OTHERWISE,
    ["does not follow what was planted"] = OTHERWISE,
    ["whoever else writes it at the same time: x.gz"] = ZLIB,
    ["leaves nothing when it is given up"] = POSIX,
    ["where the disk is full"] = POSIX,
    ["what stands in its way"] = OTHERWISE,
  },
  ["page_spec.lua"] = {
    ["of a real Samba is whole"] = SAMBA,
  },
  ["rollcall_spec.lua"] = {
    ["makes one logon and one worker a server"] = WORKER,
    ["takes memory for sessions and files"] = "read the process's memory from /proc",
    ["of a real Samba"] = SAMBA,
    ["is placeholder where the server does not know"] = SAMBA,
    ["is reported for every server of a fan-out"] = SAMBA,
  },
  ["secrets_spec.lua"] = {
    ["in no argument and no environment of the worker"] = WORKER,
    ["the worker is not dumpable"] = WORKER,
    ["is refused when others may read or write it"] = OTHERWISE,
  },
  ["server_spec.lua"] = {
    ["over one pipe and one worker"] = WORKER,
    ["after the worker was killed"] = WORKER,
    ["ends its worker by close"] = WORKER,
    ["gives failures to on_error"] = WIRE,
  },
  ["snapshot_spec.lua"] = {
    [".gz"] = ZLIB,
    ["that was cut while compressed"] = ZLIB,
    ["whose compressed data"] = ZLIB,
    ["compressed by gzip"] = ZLIB,
  },
  ["workspace_spec.lua"] = {
    ["frees everything at a break"] = DESCRIPTORS,
    ["the end of a process"] = "run the interpreter of POSIX",
  },
  ["workspace_waiting_spec.lua"] = {
    ["has one descriptor"] = DESCRIPTORS,
    ["is not called again and again for nothing"] = OTHERWISE,
    ["the descriptors of a query"] = DESCRIPTORS,
  },
  ["workspace_failures_spec.lua"] = {
    ["a client without a free descriptor"] = DESCRIPTORS,
    ["report a connection that ends early"] = "know the words of POSIX for a reset connection",
    ["report a certificate that is not trusted"] = "need a system that trusts some and not others, which Wine is not",
  },
  ["workspace_command_spec.lua"] = {
    ["rollcall workspace"] = "run the interpreter of POSIX",
  },
  ["side_by_side_spec.lua"] = {
    ["ends where on_wait fails"] = DESCRIPTORS,
    ["is ended by what closes it while it waits"] = DESCRIPTORS,
    ["leaves nothing when it is forgotten"] = DESCRIPTORS,
    ["ends when something can be read"] = DESCRIPTORS,
    ["wait once, for all"] = DESCRIPTORS,
    ["takes time that was spent on something else"] = OTHERWISE,
    ["cannot make a wait endless"] = WORKER,
  },
}
