"""Runs a host and looks, all the while, at what anybody could see of it and of its children."""
import os
import subprocess
import time


def read(path):
    try:
        with open(path, "rb") as file:
            return file.read()
    except OSError:
        return b""


def descendants(process):
    """The processes that a process has started, and those that they have."""
    found = []
    for task in listed(f"/proc/{process}/task"):
        for child in read(f"/proc/{process}/task/{task}/children").split():
            found += [int(child), *descendants(int(child))]
    return found


def listed(path):
    try:
        return os.listdir(path)
    except OSError:
        return []


def is_worker(process):
    return read(f"/proc/{process}/comm") == b"smbpipe\n"


class Seen:
    """What was seen: arguments of all processes, environments of workers, output."""

    def __init__(self):
        self.arguments, self.environments, self.workers = set(), set(), set()
        self.looks = 0
        self.output = self.errors = b""
        self.code = None

    def look(self, host):
        self.looks += 1
        self.arguments.add(read(f"/proc/{host}/cmdline"))
        for child in descendants(host):
            self.arguments.add(read(f"/proc/{child}/cmdline"))
            if is_worker(child):
                self.workers.add(child)
                self.environments.add(read(f"/proc/{child}/environ"))


def run(arguments, environment, every=0.01, also_children=False):
    """Runs a command to its end. `also_children`: the environment of every child is looked at, not of workers only."""
    seen = Seen()
    host = subprocess.Popen(arguments, env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    os.set_blocking(host.stdout.fileno(), False)
    os.set_blocking(host.stderr.fileno(), False)
    deadline = time.monotonic() + 60
    while host.poll() is None:
        if time.monotonic() > deadline:
            host.kill()
            raise TimeoutError(str(arguments))
        seen.look(host.pid)
        if also_children:
            seen.environments.update(read(f"/proc/{child}/environ") for child in descendants(host.pid))
        seen.output += host.stdout.read() or b""
        seen.errors += host.stderr.read() or b""
        time.sleep(every)
    seen.output += host.stdout.read() or b""
    seen.errors += host.stderr.read() or b""
    seen.code = host.returncode
    host.stdout.close()
    host.stderr.close()
    return seen
