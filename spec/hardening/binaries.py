"""What protects the binaries, as they say themselves, and the worker while it runs."""
import os
import re
import subprocess

import cores
import watched

MODULES = {"build/lib/rollcall/smb/core.so": "luaopen_rollcall_smb_core",
           "build/lib/rollcall/workspace/core.so": "luaopen_rollcall_workspace_core",
           "build/lib/rollcall/smb/closing.so": "luaopen_rollcall_smb_closing",
           "build/lib/rollcall/workspace/closing.so": "luaopen_rollcall_workspace_closing",
           "build/lib/rollcall/system.so": "luaopen_rollcall_system"}
WORKER = "build/lib/rollcall/smb/smbpipe"
# In place of functions of libsmbclient's, which look them up in the program first; the rest is the linker's.
WORKER_EXPORTS = {"smb2cli_session_set_session_key", "gettimeofday"}


def readelf(*arguments):
    return subprocess.run(["readelf", "-W", *arguments], capture_output=True, text=True, check=True).stdout


def reserves_stack(path):
    """Whether a function makes room on the stack for more than its alignment: else there is no array to protect."""
    code = subprocess.run(["objdump", "-d", path], capture_output=True, text=True, check=True).stdout
    return any(int(size, 16) > 8 for size in re.findall(r"\bsub +\$0x([0-9a-f]+),%rsp", code))


def flags_of(path, found):
    headers, dynamic, symbols = readelf("-hl", path), readelf("-d", path), readelf("--dyn-syms", path)
    wanted = {
        "position independent": re.search(r"Type:\s+DYN", headers) and (path != WORKER or re.search(r"FLAGS_1.*\bPIE\b", dynamic)),
        "full RELRO": "GNU_RELRO" in headers and re.search(r"\(FLAGS\).*BIND_NOW", dynamic) and re.search(r"FLAGS_1.*\bNOW\b", dynamic),
        "a stack that cannot be executed": re.search(r"GNU_STACK.* RW +0x", headers),
        "no segment both writable and executable": not re.search(r"LOAD.* RWE ", headers),
        "no relocation in the text": "TEXTREL" not in dynamic,
        "no search path": "RPATH" not in dynamic and "RUNPATH" not in dynamic,
        "stack protector": "__stack_chk_fail" in symbols or not reserves_stack(path),
        # What calls nothing that could be checked has nothing to check.
        "_FORTIFY_SOURCE": re.search(r"__\w+_chk@", symbols.replace("__stack_chk_fail", ""))
        or not re.search(r"UND (mem|str|v?s?n?printf|p?read|recv|poll|readlink)\w*@", symbols),
    }
    for name, holds in wanted.items():
        if not holds:
            found(f"{path}: no {name}" if not name.startswith("no ") else f"{path}: not so: {name}")
    defined = {line.split()[7].split("@")[0] for line in symbols.splitlines()
               if len(line.split()) >= 8 and line.split()[6] not in ("UND", "Ndx") and line.split()[4] in ("GLOBAL", "WEAK")}
    if path in MODULES and defined != {MODULES[path]}:
        found(f"{path}: exports {defined}")
    if path == WORKER and not WORKER_EXPORTS <= defined:
        found(f"{path}: exports {defined}")
    return list(wanted)


def of_running_worker(lab, environment, fact, found):
    # Whatever else a host has open: a file with a secret, a socket without close-on-exec.
    secret = os.open("/etc/passwd", os.O_RDONLY)
    inherited = [os.dup(secret) for _ in range(20)]
    host, worker = cores.waiting_host(lab, {**environment, **cores.installed_for_anybody(lab)}, None, inherited)
    status = dict(line.split(":\t", 1) for line in watched.read(f"/proc/{worker}/status").decode().splitlines() if ":\t" in line)
    open_ones = {int(name): os.readlink(f"/proc/{worker}/fd/{name}") for name in watched.listed(f"/proc/{worker}/fd")}
    environment_names = {entry.split(b"=")[0].decode() for entry in watched.read(f"/proc/{worker}/environ").split(b"\0") if entry}
    host.kill()
    host.wait()
    for descriptor in [secret, *inherited]:
        os.close(descriptor)
    if status["NoNewPrivs"] != "1":
        found("a worker may gain privileges: NoNewPrivs " + status["NoNewPrivs"])
    sockets = [what for what in open_ones.values() if what.startswith("socket:")]
    others = {what for what in open_ones.values() if not what.startswith("socket:")}
    if len(sockets) != 2 or not others <= {"/dev/null", "anon_inode:[eventpoll]"} or any(open_ones[i] != "/dev/null" for i in range(3)):
        found(f"a worker has open: {open_ones}")
    allowed = {"HOME", "USER", "LOGNAME", "PATH", "LANG", "LC_ALL", "TZ", "TMPDIR"}
    if not environment_names <= allowed:
        found(f"a worker's environment has {environment_names - allowed}")
    fact("a running worker, of a host with 21 more files open", 1,
         f"NoNewPrivs 1; open are {len(sockets)} sockets (host, server) and {', '.join(sorted(others))}; environment {', '.join(sorted(environment_names))}")


def check(lab, environment, fact, found):
    for path in [*MODULES, WORKER]:
        wanted = flags_of(path, found)
        fact(os.path.relpath(path, "build/lib") + ", read from the file itself", len(wanted), ", ".join(wanted))
    of_running_worker(lab, environment, fact, found)
