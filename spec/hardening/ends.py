"""Notes how each process of this computer ends, as the kernel tells root, until it is stopped itself.

    ends.py FILE

A line each: its number, then "status N" or "signal N". Says nothing to FILE where the kernel does not tell.
"""
import os
import socket
import struct
import sys

NETLINK_CONNECTOR = 11
CN_IDX_PROC, CN_VAL_PROC = 1, 1
LISTEN = 1
EXIT = 0x80000000
NETLINK_HEADER, CONNECTOR_HEADER = struct.Struct("=IHHII"), struct.Struct("=IIIIHH")
EXIT_EVENT = struct.Struct("=IIQiiII")  # what, processor, time, process, its thread group, code, signal


def main():
    events = socket.socket(socket.AF_NETLINK, socket.SOCK_DGRAM, NETLINK_CONNECTOR)
    events.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 20)
    events.bind((os.getpid(), CN_IDX_PROC))
    wish = struct.pack("=I", LISTEN)
    length = NETLINK_HEADER.size + CONNECTOR_HEADER.size + len(wish)
    events.send(NETLINK_HEADER.pack(length, 3, 0, 0, os.getpid()) +
                CONNECTOR_HEADER.pack(CN_IDX_PROC, CN_VAL_PROC, 0, 0, len(wish), 0) + wish)
    with open(sys.argv[1], "w", buffering=1) as noted:
        while True:
            try:
                event = events.recv(4096)[NETLINK_HEADER.size + CONNECTOR_HEADER.size:]
            except OSError:  # too many at once: some are lost
                continue
            if len(event) < EXIT_EVENT.size:
                continue
            what, _, _, thread, process, code, _ = EXIT_EVENT.unpack_from(event)
            if what == EXIT and thread == process:
                noted.write(f"{process} signal {code & 0x7f}\n" if code & 0x7f else f"{process} status {code >> 8}\n")


try:
    main()
except PermissionError:
    sys.exit(0)
