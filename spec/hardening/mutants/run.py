"""Plants small faults in the files that matter, one at a time, and holds that a test fails for each.

    run.py FOLDER FACTS LUA EACH SEED [FILE...]

FOLDER is for a copy of the tree and what is built in it. Of each file EACH mutants are tried, which SEED chooses; 0: all. A mutant that nothing
notices must stand in `equivalent`, with the reason why no test can tell it; one that stands there and is noticed must go.
FUZZ_COMPILE and FUZZ_LIBRARIES say how the fuzzers are built, FUZZ_BUILD where they are.

A mutant is noticed by a test that fails, an input of a corpus that a fuzzer or a sanitizer objects to, a crash, or a time that is
over; a run that says none of these has noticed nothing. The test that failed must then go well without the mutant. What was noticed
stays in FOLDER/log, and holds as long as neither the file nor what noticed it has changed: a run that was stopped goes on there.
"""
import ctypes
import hashlib
import os
import random
import re
import shlex
import shutil
import signal
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

from mutate import mutants_of

HERE = Path(__file__).resolve().parent
FUZZ = HERE.parent / "fuzz"
LONGEST = 60  # seconds, while it is not known how many what goes well needs; afterwards three times those, and MORE
MORE = 10
MEMORY = 3 << 30  # a mutant that takes all there is fails
PR_SET_CHILD_SUBREAPER = 36

# What notices a mutant of a file: specs, and fuzzers by their corpora; first what is fast and notices most.
KILLERS = {
    "csrc/base/utf16.c": "fuzz:text fuzz:net_enum page",
    "csrc/rpc/ndr.c": "page fuzz:text fuzz:net_enum fuzz:frame answers",
    "csrc/rpc/dcerpc.c": "page fuzz:dcerpc answers fuzz:link failures",
    "csrc/rpc/net_enum.c": "page fuzz:net_enum answers fuzz:link logons link",
    "csrc/rpc/srvsvc.c": "page fuzz:net_enum documentation answers server logons enumerations",
    "csrc/rpc/wkssvc.c": "logons",
    "csrc/smb/frame.c": "page fuzz:frame fuzz:link fuzz:worker failures",
    "csrc/smb/link_worker.c": "page fuzz:link server link failures logons",
    "csrc/smb/lua_slot.c": "page server answers fanout link failures enumerations",
    "csrc/smb/paging.c": "page answers server link enumerations",
    "csrc/workspace/http/retry.c": "retry",
    "csrc/workspace/auth/signature.c": "signature",
    "lua/rollcall/policy/judge.lua": "policy check_command where no_news policy_outputs",
    "lua/rollcall/policy/groups.lua": "policy check_command",
    "lua/rollcall/policy/rules.lua": "policy check_command sandbox",
    "lua/rollcall/smb/join.lua": "attribution rollcall side_by_side",
    "lua/rollcall/smb/attribution.lua": "attribution rollcall side_by_side",
    "lua/rollcall/diff.lua": "snapshot no_news commands",
}

FAST = ("page", "retry", "signature", "policy", "attribution", "snapshot", "documentation")
CRASH = re.compile(r"^(?:Segmentation fault|Aborted|Bus error|Floating point exception|Illegal instruction)", re.M)  # as a shell says it
WELL, FAILS, CRASHED, LATE, UNCLEAR = "well", "a test fails", "crash", "time over", "unclear"


def end_strays():
    """What a run has left, in whatever group it is, is a child of ours by now."""
    for _ in range(100):
        children = Path(f"/proc/self/task/{os.getpid()}/children").read_text().split()
        if not children:
            return
        for child in children:
            os.kill(int(child), signal.SIGKILL)
            os.waitpid(int(child), 0)
    sys.exit("what a run has left does not end")


def wait_for(process, seconds):
    """Its status, None if its time is over. Meanwhile those who lost their parent do not stay as zombies, which a test would count."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        ended, status = os.waitpid(-1, os.WNOHANG)
        if ended == process:
            return os.waitstatus_to_exitcode(status)
        if not ended:
            time.sleep(0.02)
    return None


def run(command, folder=None, environment=None, seconds=LONGEST):
    """How a command ended, None if its time was over, and what it said. Whatever it started ends with it."""
    with open(f"{os.environ['MUTANT_FOLDER']}/said", "w+b") as said:
        process = subprocess.Popen(command, cwd=folder, env=environment, stdin=subprocess.DEVNULL, stdout=said, stderr=said,
                                   start_new_session=True)
        status = wait_for(process.pid, seconds)
        process.returncode = status
        try:
            os.killpg(process.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
        end_strays()
        said.seek(0)
        return status if status is None or status >= 0 else 128 - status, said.read().decode(errors="surrogateescape")


def goes(*arguments):
    return run(*arguments)[0] == 0


class Tree:
    """A copy of the tree, to plant in."""

    def __init__(self, folder, lua):
        self.folder = Path(folder).resolve()
        self.lua = lua
        self.compile = shlex.split(os.environ["FUZZ_COMPILE"])
        self.libraries = shlex.split(os.environ["FUZZ_LIBRARIES"])
        self.fuzzers = Path(os.environ["FUZZ_BUILD"]).resolve()
        os.environ["MUTANT_FOLDER"] = str(self.folder)
        for name in ("csrc", "lua", "spec"):
            shutil.rmtree(self.folder / name, ignore_errors=True)
            shutil.copytree(name, self.folder / name, symlinks=True)
        for name in ("Makefile", "README.md", "CHANGELOG.md", "LICENSE", "rockspec"):
            link = self.folder / name
            if not link.is_symlink():
                link.symlink_to(Path(name).resolve())
        self.needed = {}  # seconds, of what went well
        self.built = None
        if not self.make():
            sys.exit("the copy of the tree cannot be built")

    def make(self, goal="all"):
        environment = {name: value for name, value in os.environ.items() if name not in ("MAKEFLAGS", "MAKELEVEL", "MFLAGS")}
        return goes(["make", "-s", f"LUA={self.lua}", "CFLAGS=-O2", "WARNINGS=", goal], self.folder, environment)

    def code_of(self, path):
        """What the compiler makes of the file there, and with it the libraries that specs run with; None if it cannot."""
        if path.endswith(".lua"):
            script = "io.write(string.dump(assert(loadfile(arg[1])), true))"
            made = subprocess.run([self.lua, "-", path], cwd=self.folder, input=script.encode(), capture_output=True)
            return made.stdout if made.returncode == 0 else None
        # Of these files these alone matter to the worker, too.
        library = "all" if path.endswith(("/frame.c", "/utf16.c")) else \
            f"build/lib/rollcall/{path.split('/')[1].replace('rpc', 'smb')}/core.so"
        made = self.make(library)
        return (self.folder / "build/module" / path.removeprefix("csrc/")).with_suffix(".o").read_bytes() if made else None

    def fuzz(self, name, path, seconds):
        """What a fuzzer makes of its corpus with the file there."""
        target = FUZZ / f"{name}.c"
        objects = [str(self.fuzzers / f"{name}.o"), str(self.fuzzers / "check.o")]
        made = str(self.folder / "mutant.o")
        includes = path.removeprefix("csrc/") in re.findall(r'#include "(.*)"', target.read_text())
        compile = [self.compile[0], f"-I{self.folder}/csrc", *self.compile[1:], "-w", "-c"]
        if not goes([*compile, str(target) if includes else path, "-o", made], self.folder):
            return UNCLEAR, None
        objects = [made, objects[1]] if includes else [*objects, made]
        fuzzer = str(self.folder / f"fuzz-{name}")
        sanitizers = [word for word in self.compile if word.startswith("-fsanitize") and "fuzzer" not in word]
        if not goes([self.compile[0], "-fsanitize=fuzzer,address,undefined", *sanitizers, "-rdynamic", *objects, str(self.fuzzers / "all.a"),
                     "-o", fuzzer, *self.libraries]):
            sys.exit(f"{path}: cannot be linked into the fuzzer {name}")
        corpus = sorted(str(file) for file in (FUZZ / "corpus" / name).iterdir())
        status, said = run([fuzzer, "-timeout=20", "-rss_limit_mb=2048", *corpus], self.folder, None, seconds)
        if status == 0:
            return WELL, None
        if status is None or "libFuzzer: timeout" in said:
            return LATE, None
        objection = re.search(r"ERROR: (?:Address|Leak)Sanitizer|ERROR: libFuzzer|runtime error:", said)
        return (FAILS, None) if objection else (UNCLEAR, None)

    def spec(self, name, seconds, test=None):
        """What a spec says, and the first test that failed. `test`: that one alone."""
        environment = dict(os.environ, LUA_PATH_5_4="lua/?.lua;lua/?/init.lua;;", LUA_CPATH_5_4="build/lib/?.so;;",
                           ROLLCALL="build/rollcall", LAB_LUA=self.lua)
        alone = ["--filter=^" + re.sub(r"[^A-Za-z0-9]", ".", test.encode(errors="surrogateescape").decode("latin-1")) + "$"] if test else []
        status, said = run(["prlimit", f"--as={MEMORY}", "busted", f"--lua={self.lua}", "--output=spec/lab/output.lua", "--no-keep-going",
                            "--exclude-tags=conformance,editor", *alone, f"spec/{name}_spec.lua"], self.folder, environment, seconds)
        counts = re.search(r"^(\d+) passed, (\d+) failed$", said, re.M)
        failed = re.search(r"^(?:FAILED|ERROR): (.*)$", said, re.M)
        if status == 0 and counts and int(counts[1]) > 0 and counts[2] == "0":
            return WELL, None
        if status is None:
            return LATE, None
        if CRASH.search(said):
            return CRASHED, None
        return (FAILS, failed[1]) if counts and failed else (UNCLEAR, None)

    def ask(self, killer, path, test=None):
        kind, _, name = killer.rpartition(":")
        seconds = 3 * self.needed[killer] + MORE if killer in self.needed else LONGEST
        begun = time.monotonic()
        said = self.fuzz(name, path, seconds) if kind else self.spec(name, seconds, test)
        if said[0] == WELL and not test:
            self.needed[killer] = max(self.needed.get(killer, 0), time.monotonic() - begun)
        return said

    def check_sound(self, path):
        """What fails without any mutant says nothing. A corpus says always the same; of a spec `tells` makes sure each time."""
        for killer in KILLERS[path].split():
            if killer.startswith("fuzz:") and killer not in self.needed and self.ask(killer, path)[0] != WELL:
                sys.exit(f"{killer} fails without any mutant")

    def killer_of(self, path, code, sound_code):
        """Who notices the file with that code, how, and by what test; None if nobody does."""
        for killer in KILLERS[path].split():
            # On a busy machine what takes its time may fail of itself.
            for _ in range(3):
                self.plant(path, code)
                how, test = self.ask(killer, path)
                if how == WELL:
                    break
                if how != UNCLEAR and (how == CRASHED or killer.startswith("fuzz:") or self.tells(killer, path, code, sound_code, test)):
                    return killer, how, test
            else:
                return killer, UNCLEAR, test
        return None, None, None

    def tells(self, killer, path, code, sound_code, test):
        """Whether the test that failed fails again, and goes well without the mutant; twice, where it takes its time."""
        for _ in range(1 if killer in FAST else 2):
            self.plant(path, code)
            again = test and self.ask(killer, path, test)[0] == FAILS
            if not again and self.ask(killer, path)[0] == WELL:
                return False
            self.plant(path, sound_code)
            if not (again and self.ask(killer, path, test)[0] == WELL) and self.ask(killer, path)[0] != WELL:
                return False
        return True

    def plant(self, path, text):
        if self.built is None or self.built[:2] != (path, text):
            (self.folder / path).write_text(text)
            self.built = path, text, self.code_of(path)
        return self.built[2]


def numbered(mutants):
    """Each mutant with a name that does not change when lines move."""
    seen = {}
    for mutant in mutants:
        name = f"{mutant.code}\t{mutant.change()}"
        seen[name] = seen.get(name, 0) + 1
        yield mutant, f"{name}#{seen[name]}" if seen[name] > 1 else name


def read_equivalents():
    equivalents = {}
    for line in (HERE / "equivalent").read_text().splitlines():
        if line and not line.startswith("#"):
            path, code, change, reason = line.split("\t")
            equivalents[path, f"{code}\t{change}"] = reason
    return equivalents


class Log:
    """What was noticed, with the state of the file and of what noticed it."""

    def __init__(self, path):
        self.known = {}
        if path.exists():
            for line in path.read_text(errors="surrogateescape").splitlines():
                state, where, _, code, change, killer, how, _ = line.split("\t")
                self.known[where, f"{code}\t{change}"] = state, killer, how
        self.file = open(path, "a", errors="surrogateescape")

    @staticmethod
    def state(path, killer):
        kind, _, name = killer.rpartition(":")
        files = [] if killer == "same" else [FUZZ / f"{name}.c" if kind else Path(f"spec/{name}_spec.lua")]
        return hashlib.sha256(b"".join(file.read_bytes() for file in [Path(path), *files])).hexdigest()[:16]

    def find(self, path, name):
        state, killer, how = self.known.get((path, name), ("-", None, None))
        return (killer, how) if state != "-" and state == self.state(path, killer) else (None, None)

    def note(self, path, mutant, name, killer, how, test):
        state = self.state(path, killer) if killer and how != UNCLEAR else "-"
        print(state, path, mutant.line, name, killer or "-", how or "-", test or "-", sep="\t", file=self.file, flush=True)


def try_file(tree, path, each, seed, equivalents, log):
    text = Path(path).read_text()
    plain = tree.plant(path, text)
    tree.check_sound(path)
    counts, wrong = Counter(), []
    named = list(numbered(mutants_of(path, text)))
    random.Random(f"{seed} {path}").shuffle(named)
    for mutant, name in named:
        if counts["tried"] == (each or len(named)):
            break
        killer, how = log.find(path, name)
        if not killer:
            test = None
            code = tree.plant(path, mutant.apply(text))
            if code is None:
                continue
            if code == plain:
                killer, how = "same", WELL
            else:
                killer, how, test = tree.killer_of(path, mutant.apply(text), text)
            log.note(path, mutant, name, killer, how, test)
        counts["same" if killer == "same" else "tried"] += 1
        place = f"{path}:{mutant.line}"
        if (path, name) in equivalents:
            counts["equivalent"] += 1
            if killer:
                wrong.append(f"{place}: is noticed by {killer}, and is named as equivalent: {name}")
        elif how == UNCLEAR:
            wrong.append(f"{place}: {killer} does not say why it fails: {name}")
        elif not killer:
            wrong.append(f"{place}: no test fails for: {name}")
        elif killer != "same":
            counts["fuzz" if killer.startswith("fuzz:") else "spec"] += 1
            counts[how] += 1
    tree.plant(path, text)
    wrong += [f"{path}: there is no such mutant: {name}" for _, name in
              {key for key in equivalents if key[0] == path} - {(path, name) for _, name in named}]
    print(f"  {path}: {dict(counts)} of {len(named)}", flush=True)
    for line in wrong:
        print(line, file=sys.stderr, flush=True)
    row = (f"mutants of `{path}`\t{counts['tried']} of {len(named)}, seed {seed}\t{counts['fuzz']} noticed by the fuzzers' corpora, {counts['spec']} by a spec: "
           f"{counts[FAILS]} fail, {counts[CRASHED]} crash, {counts[LATE]} do not end; {counts['equivalent']} named as equivalent; "
           f"{counts['same']} more are the same for the compiler\n")
    return row, wrong


def write_facts(path, rows):
    """A file's mutants take up to an hour, so the facts of those that were not tried now stay."""
    known = {row.partition("\t")[0]: row for row in path.read_text().splitlines(True)} if path.exists() else {}
    known.update((row.partition("\t")[0], row) for row in rows)
    path.write_text("".join(known.values()))


def main():
    folder, facts, lua, each, seed, *paths = sys.argv[1:]
    ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1)
    tree = Tree(folder, lua)
    equivalents = read_equivalents()
    log = Log(tree.folder / "log")
    wrong = 0
    for path in paths or KILLERS:
        row, of_file = try_file(tree, path, int(each), seed, equivalents, log)
        wrong += len(of_file)
        if not of_file:
            write_facts(Path(facts), [row])
    if wrong:
        sys.exit(f"{wrong} mutants are not as they should be")


main()
