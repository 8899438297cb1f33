"""Runs a shell command on a terminal of its own, types, and prints what the terminal showed.

    terminal.py COMMAND [EXPECTED TYPED]...

Each TYPED is typed once EXPECTED was shown after the one before; Python's escapes such as \\x03 are
understood in it. Fails after twenty seconds.
"""
import codecs
import os
import pty
import select
import sys
import time

LONGEST = 20


def main(command, *steps):
    process, terminal = pty.fork()
    if process == 0:
        os.execv("/bin/sh", ["sh", "-c", command])
    ends = time.monotonic() + LONGEST
    shown, seen = b"", 0
    steps = list(steps)
    while time.monotonic() < ends:
        if steps and steps[0].encode() in shown[seen:]:
            seen = len(shown)
            time.sleep(0.2)  # what prompts for it may not read yet
            os.write(terminal, codecs.decode(steps[1], "unicode_escape").encode())
            del steps[:2]
        if not select.select([terminal], [], [], 0.05)[0]:
            continue
        try:
            shown += os.read(terminal, 65536)
        except OSError:  # nobody has it open any more
            break
    else:
        os.kill(process, 9)
        sys.stderr.write("it did not end\n")
    os.waitpid(process, 0)
    sys.stdout.buffer.write(shown.replace(b"\r\n", b"\n"))
    return 1 if steps or time.monotonic() >= ends else 0


sys.exit(main(*sys.argv[1:]))
