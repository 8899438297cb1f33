"""Plants small faults in the files that matter, one at a time, and holds that a test fails for each.

    run.py FOLDER FACTS LUA STRIDE [FILE...]

FOLDER is for a copy of the tree and what is built in it. Of each file every STRIDE-th mutant is tried. A mutant that nothing fails for must stand in
`equivalent`, with the reason why no test can tell it; one that stands there and is noticed must go.
FUZZ_COMPILE and FUZZ_LIBRARIES say how the fuzzers are built, FUZZ_BUILD where they are.
"""
import os
import re
import shlex
import shutil
import signal
import subprocess
import sys
from pathlib import Path

from mutate import mutants_of

HERE = Path(__file__).resolve().parent
FUZZ = HERE.parent / "fuzz"
SECONDS = 300  # a busy machine; a mutant that does not end is noticed
MEMORY = 3 << 30  # so is one that takes all there is

# What notices a mutant of a file: specs, and fuzzers by their corpora; first what is fast and notices most.
KILLERS = {
    "csrc/rpc/ndr.c": "page fuzz:text fuzz:net_enum fuzz:frame answers",
    "csrc/rpc/dcerpc.c": "page fuzz:dcerpc answers fuzz:link",
    "csrc/rpc/net_enum.c": "page fuzz:net_enum answers fuzz:link logons",
    "csrc/rpc/srvsvc.c": "page fuzz:net_enum answers server logons",
    "csrc/rpc/wkssvc.c": "logons",
    "csrc/smb/frame.c": "page fuzz:frame fuzz:link fuzz:worker failures",
    "csrc/smb/link_worker.c": "page fuzz:link server link failures",
    "csrc/smb/lua_slot.c": "page server answers fanout link failures",
    "csrc/smb/paging.c": "page answers server link",
    "csrc/workspace/http/retry.c": "retry",
    "csrc/workspace/auth/signature.c": "signature workspace",
    "lua/rollcall/policy/judge.lua": "policy check_command no_news policy_outputs",
    "lua/rollcall/policy/groups.lua": "policy check_command",
    "lua/rollcall/policy/rules.lua": "policy check_command sandbox",
    "lua/rollcall/smb/join.lua": "attribution rollcall side_by_side",
    "lua/rollcall/smb/attribution.lua": "attribution rollcall side_by_side",
    "lua/rollcall/diff.lua": "snapshot no_news commands",
}


FAST = ("page", "retry", "signature", "policy", "attribution", "snapshot")


def run(command, folder=None, environment=None):
    """Whether a command went well. Whatever it started ends with it."""
    with subprocess.Popen(command, cwd=folder, env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                          stderr=subprocess.DEVNULL, start_new_session=True) as process:
        try:
            return process.wait(SECONDS) == 0
        except subprocess.TimeoutExpired:
            return False
        finally:
            try:
                os.killpg(process.pid, signal.SIGKILL)
            except ProcessLookupError:
                pass


class Tree:
    """A copy of the tree, to plant in."""

    def __init__(self, folder, lua):
        self.folder = Path(folder).resolve()
        self.lua = lua
        self.compile = shlex.split(os.environ["FUZZ_COMPILE"])
        self.libraries = shlex.split(os.environ["FUZZ_LIBRARIES"])
        self.fuzzers = Path(os.environ["FUZZ_BUILD"]).resolve()
        for name in ("csrc", "lua", "spec"):
            shutil.rmtree(self.folder / name, ignore_errors=True)
            shutil.copytree(name, self.folder / name, symlinks=True)
        for name in ("Makefile", "README.md", "CHANGELOG.md", "LICENSE", "rockspec"):
            link = self.folder / name
            if not link.is_symlink():
                link.symlink_to(Path(name).resolve())
        self.sound = set()
        if not self.make():
            sys.exit("the copy of the tree cannot be built")

    def make(self, goal="all"):
        environment = {name: value for name, value in os.environ.items() if name not in ("MAKEFLAGS", "MAKELEVEL", "MFLAGS")}
        return run(["make", "-s", f"LUA={self.lua}", "CFLAGS=-O2", "WARNINGS=", goal], self.folder, environment)

    def code_of(self, path):
        """What the compiler makes of the file there, and with it the libraries that specs run with; None if it cannot."""
        if path.endswith(".lua"):
            script = "io.write(string.dump(assert(loadfile(arg[1])), true))"
            made = subprocess.run([self.lua, "-", path], cwd=self.folder, input=script.encode(), capture_output=True)
            return made.stdout if made.returncode == 0 else None
        # Of these files frame.c alone matters to the worker.
        library = "all" if path.endswith("/frame.c") else f"build/lib/rollcall/{path.split('/')[1].replace('rpc', 'smb')}/core.so"
        made = self.make(library)
        return (self.folder / "build/module" / path.removeprefix("csrc/")).with_suffix(".o").read_bytes() if made else None

    def fuzz(self, name, path):
        """Whether a fuzzer's corpus goes well with the file there."""
        target = FUZZ / f"{name}.c"
        objects = [str(self.fuzzers / f"{name}.o"), str(self.fuzzers / "check.o")]
        made = str(self.folder / "mutant.o")
        includes = path.removeprefix("csrc/") in re.findall(r'#include "(.*)"', target.read_text())
        compile = [self.compile[0], f"-I{self.folder}/csrc", *self.compile[1:], "-w", "-c"]
        if not run([*compile, str(target) if includes else path, "-o", made], self.folder):
            return False
        objects = [made, objects[1]] if includes else [*objects, made]
        fuzzer = str(self.folder / f"fuzz-{name}")
        sanitizers = [word for word in self.compile if word.startswith("-fsanitize") and "fuzzer" not in word]
        if not run([self.compile[0], "-fsanitize=fuzzer,address,undefined", *sanitizers, "-rdynamic", *objects, str(self.fuzzers / "all.a"),
                    "-o", fuzzer, *self.libraries]):
            sys.exit(f"{path}: cannot be linked into the fuzzer {name}")
        corpus = sorted(str(file) for file in (FUZZ / "corpus" / name).iterdir())
        return run([fuzzer, "-timeout=20", "-rss_limit_mb=2048", *corpus], self.folder)

    def spec(self, name):
        environment = dict(os.environ, LUA_PATH_5_4="lua/?.lua;lua/?/init.lua;;", LUA_CPATH_5_4="build/lib/?.so;;",
                           ROLLCALL="build/rollcall")
        return run(["prlimit", f"--as={MEMORY}", "busted", f"--lua={self.lua}", "--output=spec/lab/output.lua", "--no-keep-going",
                    "--exclude-tags=conformance,editor", f"spec/{name}_spec.lua"], self.folder, environment)

    def goes_well(self, killer, path):
        kind, _, name = killer.rpartition(":")
        return self.fuzz(name, path) if kind else self.spec(name)

    def check_sound(self, path):
        """What fails without any mutant says nothing."""
        for killer in KILLERS[path].split():
            if killer not in self.sound and not self.goes_well(killer, path) and not self.goes_well(killer, path):
                sys.exit(f"{killer} fails without any mutant")
            self.sound.add(killer)

    def killer_of(self, path, code, sound_code):
        """Who notices the file with that code; None if nobody does."""
        for killer in KILLERS[path].split():
            if self.fails_for(killer, path, code, sound_code):
                return killer
        return None

    def fails_for(self, killer, path, code, sound_code):
        """On a busy machine what takes its time may fail of itself: it must fail twice, and then go well without the mutant."""
        for _ in range(3):
            self.plant(path, code)
            if self.goes_well(killer, path):
                return False
            if killer in FAST or killer.startswith("fuzz:"):
                return True
            if self.goes_well(killer, path):
                return False
            self.plant(path, sound_code)
            if self.goes_well(killer, path):
                return True
        sys.exit(f"{killer} fails now without any mutant")

    def plant(self, path, text):
        there = self.folder / path
        if there.read_text() != text:
            there.write_text(text)
        return self.code_of(path)


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


def try_file(tree, path, stride, equivalents, log):
    text = Path(path).read_text()
    plain = tree.code_of(path)
    tree.check_sound(path)
    counts = {"mutants": 0, "fuzz": 0, "spec": 0, "equivalent": 0, "same": 0}
    wrong = []
    names = set()
    for number, (mutant, name) in enumerate(numbered(mutants_of(path, text))):
        names.add((path, name))
        if number % stride:
            continue
        code = tree.plant(path, mutant.apply(text))
        if code is None:
            continue
        counts["mutants"] += 1
        killer = "same" if code == plain else tree.killer_of(path, mutant.apply(text), text)
        print(f"{path}\t{mutant.line}\t{name}\t{killer}", file=log, flush=True)
        if (path, name) in equivalents:
            counts["equivalent"] += 1
            if killer:
                wrong.append(f"{path}:{mutant.line}: is noticed by {killer}, and is named as equivalent: {name}")
        elif killer:
            counts["same" if killer == "same" else "fuzz" if killer.startswith("fuzz:") else "spec"] += 1
        else:
            wrong.append(f"{path}:{mutant.line}: no test fails for: {name}")
    tree.plant(path, text)
    wrong += [f"{path}: there is no such mutant: {name}" for _, name in {key for key in equivalents if key[0] == path} - names]
    counts["there are"] = len(names)
    print(f"  {path}: {counts}", flush=True)
    return counts, wrong


def write_facts(path, rows):
    """A file's mutants take up to an hour, so the facts of those that were not tried now stay."""
    known = {row.partition("\t")[0]: row for row in path.read_text().splitlines(True)} if path.exists() else {}
    known.update((row.partition("\t")[0], row) for row in rows)
    path.write_text("".join(known.values()))


def main():
    folder, facts, lua, stride, *paths = sys.argv[1:]
    tree = Tree(folder, lua)
    equivalents = read_equivalents()
    rows, wrong = [], []
    with open(tree.folder / "log", "a") as log:
        for path in paths or KILLERS:
            counts, of_file = try_file(tree, path, int(stride), equivalents, log)
            wrong += of_file
            rows.append(f"mutants of `{path}`\t{counts['mutants']} of {counts['there are']}\t{counts['fuzz']} fail the fuzzers' corpora, {counts['spec']} a spec; "
                        f"{counts['equivalent'] + counts['same']} equivalent, {counts['same']} of them for the compiler\n")
    for line in wrong:
        print(line, file=sys.stderr)
    if wrong:
        sys.exit(f"{len(wrong)} mutants are not as they should be")
    write_facts(Path(facts), rows)


main()
