"""What a core file of a host tells, and that there is none of a worker."""
import glob
import os
import resource
import signal
import subprocess
import time

import watched

NOBODY = 65534


def core_of(process, path):
    subprocess.run(["gcore", "-o", path, str(process)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=True)
    path = f"{path}.{process}"
    data = watched.read(path)
    os.remove(path)
    return data


def copies(data, mark):
    return sum(data.count(form) for form in {mark.encode(), mark.upper().encode(), mark.encode("utf-16-le")})


def of_host(lab, environment, marks, fact, found):
    """A host that wipes the strings of its own that it lets go of: what is left then, was kept by C code."""
    secrets = {"password": marks["password"], "NT hash": marks["NT hash"], "token": marks["token"], "IAM password": marks["IAM password"],
               "secret key": marks["secret key"], "security token": marks["security token"]}
    where = ["127.0.0.1:" + lab["SAMBA_PORT"], "127.0.0.1:" + lab["DOUBLE_PORT"], "https://127.0.0.1:" + lab["CLOUD_PORT"],
             lab["CLOUD_CA_FILE"], lab["CLOUD_PROJECT"], lab["CLOUD_AK"], lab["CLOUD_REGION"], lab["CLOUD_DOMAIN"], "auditor"]
    host = subprocess.Popen(["build/hardening/forgetful", "spec/hardening/remains.lua"], env=environment, text=True,
                            stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    host.stdin.write("\n".join([*secrets.values(), *where]) + "\n" + "x" * 6400)
    host.stdin.flush()
    cores = {}
    for stage in "held", "let go":
        if host.stdout.readline() != stage + "\n":
            return found(f"the host of the core file did not come to '{stage}'")
        cores[stage] = core_of(host.pid, os.path.join(lab["FOLDER"], "core"))
        host.stdin.write("on\n")
        host.stdin.flush()
    host.stdin.close()
    if host.wait() != 0:
        found(f"the host of the core file ended with {host.returncode}")
    # The password is a part of the IAM password, too.
    held = {name: copies(cores["held"], mark) for name, mark in secrets.items()}
    left = {name: copies(cores["let go"], mark) for name, mark in secrets.items()}
    for counts in held, left:
        counts["password"] -= counts["IAM password"]
    if not all(held.values()):
        found(f"a secret that the host holds is not in its core file, which was not searched well: {held}")
    for name in "password", "NT hash", "secret key":
        if left[name]:
            found(f"a core file of a host that let go of its secrets has {left[name]} copies of the {name}")
    fact("core file of a host that holds six secrets in strings of its own", sum(held.values()), "all found, as they must be")
    fact("core file after it let go of them: SMB password, NT hash, secret key", 3, "none found: the C code keeps no copy")
    others = ", ".join(f"{left[name]} of the {name}" for name in ("token", "IAM password", "security token"))
    fact("the same core file: what libcurl, nghttp2 and lua-cjson freed without wiping it", 3, others)


def waiting_host(lab, environment, prepare, descriptors=()):
    """A host whose worker waits for a silent server; and that worker."""
    script = ('require "rollcall.smb".share_page { servername = "127.0.0.1:%s", username = "auditor", password = "M4rk-worker", '
              'timeout = 30 }' % lab["SILENT_PORT"])
    host = subprocess.Popen(["lua5.4", "-e", script], env=environment, preexec_fn=prepare, pass_fds=descriptors, cwd="/",
                            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline and host.poll() is None:
        workers = [child for child in watched.descendants(host.pid) if watched.is_worker(child)]
        # It has confined itself by the time that it is connected.
        if workers and any("socket:" in os.readlink(f"/proc/{workers[0]}/fd/{name}") for name in watched.listed(f"/proc/{workers[0]}/fd")
                           if int(name) > 3):
            time.sleep(0.2)
            return host, workers[0]
        time.sleep(0.05)
    host.kill()
    raise RuntimeError("no worker came: " + host.stderr.read().decode())


def installed_for_anybody(lab):
    """The libraries where nobody else but root needs no right to the tree."""
    folder = os.path.join(lab["FOLDER"], "installed")
    subprocess.run(["sh", "-c", f"mkdir -p {folder} && cp -r lua build/lib {folder} && chmod -R a+rX {folder}"], check=True)
    return {"LUA_PATH_5_4": f"{folder}/lua/?.lua;{folder}/lua/?/init.lua;;", "LUA_CPATH_5_4": f"{folder}/lib/?.so;;"}


def of_worker(lab, environment, fact, found):
    def prepare():
        resource.setrlimit(resource.RLIMIT_CORE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
        if os.geteuid() == 0:
            os.setgid(NOBODY)
            os.setuid(NOBODY)
    environment = {**environment, **installed_for_anybody(lab)}
    user = NOBODY if os.geteuid() == 0 else os.geteuid()
    before = set(glob.glob("/core*"))
    signals = (signal.SIGABRT, signal.SIGSEGV, signal.SIGQUIT)
    for number in signals:
        host, worker = waiting_host(lab, environment, prepare)
        # Of a process that can be dumped its folder belongs to who runs it.
        if os.stat(f"/proc/{host.pid}/environ").st_uid != user:
            found("the host cannot be dumped, so nothing is shown")
        if os.stat(f"/proc/{worker}/environ").st_uid != 0:
            found("a worker can be dumped, and read by a debugger")
        limits = watched.read(f"/proc/{worker}/limits").decode()
        if [line.split()[-3:-1] for line in limits.splitlines() if line.startswith("Max core")] != [["0", "0"]]:
            found("a worker may leave a core file: " + limits)
        os.kill(worker, number)
        _, said = host.communicate(timeout=20)
        if b"ERROR_PROCESS_ABORTED" not in said:
            found(f"the host of a worker that got signal {number}: {said.decode()}")
    if set(glob.glob("/core*")) != before:
        found("a worker left a core file")
    fact("workers that crash in a host with no limit for core files", len(signals), "no core file, not dumpable, core limit 0")


def check(lab, environment, marks, fact, found):
    of_host(lab, environment, marks, fact, found)
    of_worker(lab, environment, fact, found)
