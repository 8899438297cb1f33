"""The long run: a watch over fifty targets that come and go, and many short queries beside it.

    endurance.py SECONDS QUERIES FOLDER

samples memory, descriptors and workers of both hosts, keeps the curve in FOLDER as endurance.csv and endurance.svg,
and writes endurance.tsv once everything was found flat:

  memory        the resident size, kept from the first fifth on, which is for warming up: the straight line fitted through
                the second half, and the median of the last tenth beside that of the third tenth, each rise by less than
                2 MiB, or by 4 MiB in a run of less than half an hour: a collector that waits until there is four times as
                much as was alive finds its greatest heap late
  descriptors,  the least of the last two fifths, which is the level between two looks, is not above that of the two
  workers       fifths before them, but for the one connection to the cloud that may be kept just then; and at the end no
                process is left
"""
import asyncio
import csv
import gzip
import json
import os
import random
import signal
import statistics
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lab"))
import proxy  # noqa: E402
import curve  # noqa: E402

SECONDS, QUERIES, FOLDER = float(sys.argv[1]), int(sys.argv[2]), sys.argv[3]
LAB = {name[4:]: value for name, value in os.environ.items() if name.startswith("LAB_")}
SAMBA, DOUBLE, CLOUDS = 20, 20, 10
ALLOWED_KIB = 2048 if SECONDS >= 1800 else 4096
INTERVAL = max(0.1, SECONDS / 1800)
SERIES = {"watch_rss": "memory of watch", "watch_descriptors": "descriptors of watch", "watch_workers": "workers of watch",
          "queries_rss": "memory of the host of the queries", "queries_descriptors": "its descriptors",
          "queries_workers": "its workers", "queries_oldest_worker_rss": "memory of its oldest worker"}


def read(path):
    try:
        with open(path, "rb") as file:
            return file.read()
    except OSError:
        return b""


def resident(process):
    """In KiB; None if the process is gone."""
    for line in read(f"/proc/{process}/status").splitlines():
        if line.startswith(b"VmRSS:"):
            return int(line.split()[1])
    return None


def children(process):
    return [int(child) for child in read(f"/proc/{process}/task/{process}/children").split()]


def is_worker(process):
    return read(f"/proc/{process}/comm") == b"smbpipe\n"


def started(process):
    """When, in ticks since the machine started; numbers of processes come round again."""
    fields = read(f"/proc/{process}/stat").rpartition(b")")[2].split()
    return int(fields[19]) if fields else sys.maxsize


def descriptors(process):
    try:
        return len(os.listdir(f"/proc/{process}/fd"))
    except OSError:
        return None


def inventory(ports):
    def listed(some):
        return ", ".join('"127.0.0.1:%d"' % port for port in some)
    lines = ['local auditor = credential { username = "%s", password = env "LAB_PASSWORD" }' % LAB["USERNAME"],
             "smb { servers = { %s }, credential = auditor, timeout = 1 }" % listed(ports[:SAMBA]),
             'smb { servers = { %s }, credential = auditor, timeout = 1, query = "connections", qualifier = "projects" }'
             % listed(ports[SAMBA:SAMBA + DOUBLE])]
    for port in ports[SAMBA + DOUBLE:]:
        lines.append('workspace { endpoint = "https://127.0.0.1:%d", ca_file = "%s", project_id = "%s", '
                     'users = { "alice", "bob" }, token = env "LAB_CLOUD_TOKEN", timeout = 1 }'
                     % (port, LAB["CLOUD_CA_FILE"], LAB["CLOUD_PROJECT"]))
    return "\n".join(lines) + "\n"


class Run:
    def __init__(self):
        self.begun = time.monotonic()
        self.samples, self.seen_workers = [], set()
        self.looks = self.comings = self.goings = self.queries_done = 0
        self.proxy, self.ports, self.up = proxy.Proxy(), [], {}
        self.watch = self.queries = None
        self.kept = os.path.join(LAB["FOLDER"], "now.jsonl.gz")
        self.changes, self.complaints = (os.path.join(LAB["FOLDER"], name) for name in ("changes", "complaints"))

    async def start(self):
        upstream = [LAB["SAMBA_PORT"]] * SAMBA + [LAB["DOUBLE_PORT"]] * DOUBLE + [LAB["CLOUD_PORT"]] * CLOUDS
        self.ports = [await self.proxy.open(int(port)) for port in upstream]
        self.up = {port: True for port in self.ports}
        path = os.path.join(LAB["FOLDER"], "inventory.lua")
        with open(path, "w") as file:
            file.write(inventory(self.ports))
        with open(self.changes, "w") as changes, open(self.complaints, "w") as complaints:
            self.watch = await asyncio.create_subprocess_exec(
                os.environ["ROLLCALL"], "watch", path, "--interval", str(min(1.0, SECONDS / 60)), "--snapshot", self.kept, "--format", "jsonl",
                stdout=changes, stderr=complaints)
        self.queries = await asyncio.create_subprocess_exec(
            os.environ.get("LUA", "lua5.4"), "spec/hardening/queries.lua", str(QUERIES), stdout=asyncio.subprocess.PIPE)

    async def follow_queries(self):
        while line := await self.queries.stdout.readline():
            self.queries_done = int(line)

    async def count_looks(self):
        last = None
        while True:
            try:
                made = os.stat(self.kept).st_mtime_ns
            except OSError:
                made = None
            if made != last:
                last, self.looks = made, self.looks + 1
            await asyncio.sleep(0.1)

    async def come_and_go(self):
        """Some go down, fall silent or break off in the middle; some of those come back."""
        chance = random.Random(4711)
        while True:
            await asyncio.sleep(1.5)
            for port in chance.sample(self.ports, 5):
                if not self.up[port]:
                    try:
                        await self.proxy.doors[port].set({})
                    except OSError:
                        continue  # somebody's connection has the port just now; it comes back another time
                    self.comings += 1
                elif chance.random() < 0.5:
                    kinds = [None, None, None, {"cut": 700}, {"reset": 900}]
                    # Requests to a silent cloud are made four times over.
                    kinds += [{"stall": 600}] if port in self.ports[:SAMBA + DOUBLE] else []
                    await self.proxy.doors[port].set(chance.choice(kinds))
                    self.goings += 1
                else:
                    continue
                self.up[port] = not self.up[port]

    def look_at(self, host):
        """Memory, descriptors, the number of workers, and the memory of the oldest of them."""
        workers = [child for child in children(host) if is_worker(child)]
        self.seen_workers.update((worker, started(worker)) for worker in workers)
        oldest = resident(min(workers, key=started)) if workers else None
        return resident(host), descriptors(host), len(workers), oldest

    async def sample(self):
        while True:
            watch = self.look_at(self.watch.pid)
            queries = self.look_at(self.queries.pid) if self.queries.returncode is None else (None,) * 4
            if queries[0] is None:
                queries = (None,) * 4
            row = dict(zip(SERIES, watch[:3] + queries))
            row.update(seconds=round(time.monotonic() - self.begun, 2), queries_done=self.queries_done,
                       targets_up=sum(self.up.values()))
            self.samples.append(row)
            await asyncio.sleep(INTERVAL)

    async def go(self):
        await self.start()
        tasks = [asyncio.ensure_future(each()) for each in (self.count_looks, self.come_and_go, self.sample)]
        following = asyncio.ensure_future(self.follow_queries())
        done, _ = await asyncio.wait(tasks, timeout=SECONDS, return_when=asyncio.FIRST_COMPLETED)
        for task in done:
            task.result()  # none of them ends by itself
        await following
        # The last sample is one between two looks, if there is such a time.
        for _ in range(300):
            if not children(self.watch.pid):
                break
            await asyncio.sleep(0.1)
        await asyncio.sleep(INTERVAL)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        self.ran = time.monotonic() - self.begun
        ended = await self.queries.wait()
        self.watch.send_signal(signal.SIGTERM)
        stopped = await asyncio.wait_for(self.watch.wait(), 30)
        return ended, stopped


def slope(points):
    """Of the straight line through points, by least squares."""
    middle_x, middle_y = (statistics.fmean(values) for values in zip(*points))
    spread = sum((x - middle_x) ** 2 for x, _ in points)
    return sum((x - middle_x) * (y - middle_y) for x, y in points) / spread if spread else 0.0


def part(values, start, end):
    return values[int(len(values) * start):max(int(len(values) * end), int(len(values) * start) + 1)]


def judge(name, points):
    """What was found of one series, in words, and whether it is flat."""
    values = [value for _, value in points]
    if "rss" not in name:
        before, after = min(part(values, 0.2, 0.6)), min(part(values, 0.6, 1))
        return f"{before} after warming up, {after} at the end", after <= before + (name == "queries_descriptors")
    before, after = statistics.median(part(values, 0.2, 0.3)), statistics.median(part(values, 0.9, 1))
    half = part(points, 0.5, 1)
    rise = slope(half) * (half[-1][0] - half[0][0])
    return (f"{before / 1024:.1f} MiB after warming up, {after / 1024:.1f} at the end, "
            f"{rise / 1024:+.2f} over the second half", rise < ALLOWED_KIB and after - before < ALLOWED_KIB)


def main():
    os.makedirs(FOLDER, exist_ok=True)
    run = Run()
    ended, stopped = asyncio.run(run.go())
    findings = []
    with open(os.path.join(FOLDER, "endurance.csv"), "w", newline="") as file:
        writer = csv.DictWriter(file, ["seconds", *SERIES, "queries_done", "targets_up"])
        writer.writeheader()
        writer.writerows(run.samples)
    curve.draw(os.path.join(FOLDER, "endurance.svg"), SERIES, run.samples)

    facts = []
    if ended != 0 or run.queries_done < QUERIES:
        findings.append(f"the host of the queries ended with {ended} after {run.queries_done}")
    if stopped != 0:
        findings.append(f"watch ended with {stopped}")
    orphans = [process for process, then in run.seen_workers if is_worker(process) and started(process) == then]
    if orphans:
        findings.append(f"workers are left: {orphans}")
    with open(run.changes) as file:
        changes = [json.loads(line) for line in file]
    with open(run.complaints) as file:
        complaints = file.readlines()
    if any(not line.startswith("rollcall: 127.0.0.1:") and not line.startswith("rollcall: https://127.0.0.1:")
           for line in complaints):
        findings.append("watch complains: " + "".join(complaints[:5]))
    with gzip.open(run.kept, "rt") as file:
        if json.loads(file.readlines()[-1])["kind"] != "end":
            findings.append("the file that watch keeps is not whole")
    if run.looks < 2 or not changes or not run.goings:
        findings.append(f"nothing happened: {run.looks} looks, {len(changes)} changes, {run.goings} goings")
    visits = sum(door.connections for door in run.proxy.doors.values())
    for name, words_for_it in SERIES.items():
        # All that its first round opens, the host of the queries has open after it.
        points = [(row["seconds"], row[name]) for row in run.samples
                  if row[name] is not None and (name.startswith("watch") or row["queries_done"] > 0)]
        words, flat = judge(name, points)
        print(f"{name:26} {words}{'' if flat else '   NOT FLAT'}")
        if not flat:
            findings.append(f"{name} is not flat: {words}")
        facts.append((words_for_it, f"{len(points)} samples", words))
    facts.insert(0, (f"watch over {len(run.ports)} targets that come and go",
                     f"{run.ran:.0f} s, {run.looks} polls, {visits} connections, {run.goings} times gone, {run.comings} back",
                     f"{len(changes)} changes reported, stopped by SIGTERM, {len(run.seen_workers)} workers seen, none left"))
    facts.insert(1, ("short queries by one host", f"{run.queries_done}", "each with the right rows"))
    for fact in facts[:2]:
        print(*fact, sep=": ")
    for finding in findings:
        print("FOUND:", finding)
    if findings:
        sys.exit(1)
    with open(os.path.join(FOLDER, "endurance.tsv"), "w") as file:
        file.writelines("\t".join(fact) + "\n" for fact in facts)


main()
