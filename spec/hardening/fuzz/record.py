#!/usr/bin/python3
"""Stands where the module looks for its worker, starts the real one, smbpipe.real beside it, and
keeps what goes to the worker and what comes from it in $TMPDIR/PROCESS.to and PROCESS.from."""
import os
import select
import socket
import subprocess
import sys

module = socket.socket(fileno=os.dup(0))
ours, its = socket.socketpair()
subprocess.Popen([os.path.join(os.path.dirname(sys.argv[0]), "smbpipe.real")], stdin=its)
its.close()
kept = os.path.join(os.environ["TMPDIR"], str(os.getpid()))
with open(kept + ".to", "wb", buffering=0) as to, open(kept + ".from", "wb", buffering=0) as back:
    ways = {module: (ours, to), ours: (module, back)}
    while True:
        for source in select.select(list(ways), [], [])[0]:
            data = source.recv(65536)
            if not data:
                sys.exit()
            ways[source][1].write(data)
            ways[source][0].sendall(data)
