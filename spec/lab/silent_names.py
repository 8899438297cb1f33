#!/usr/bin/python3
"""Runs a command in a network of its own, where the one name server takes every question and answers none;
it is given up after three seconds.

    unshare --net --mount [--map-root-user] spec/lab/silent_names.py COMMAND [ARGUMENT...]
"""
import fcntl
import os
import socket
import struct
import subprocess
import sys
import tempfile

SIOCSIFFLAGS, IFF_UP, IFF_RUNNING = 0x8914, 0x1, 0x40

with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as name_server:
    fcntl.ioctl(name_server, SIOCSIFFLAGS, struct.pack("16sH14x", b"lo", IFF_UP | IFF_RUNNING))
    name_server.bind(("127.0.0.1", 53))
    with tempfile.NamedTemporaryFile("w") as configuration:
        configuration.write("nameserver 127.0.0.1\noptions timeout:3 attempts:1\n")
        configuration.flush()
        subprocess.run(["mount", "--bind", configuration.name, os.path.realpath("/etc/resolv.conf")], check=True)
        sys.exit(subprocess.run(sys.argv[1:]).returncode)
