"""Ports of loopback on which nothing listens: free_ports.py [COUNT].

They lie below those of which the system takes one for each connection it makes: one of these could be taken again before
whoever asked for it listens there.
"""
import random
import socket
import sys

LOWEST = 10000


def lowest_of_the_system():
    try:
        with open("/proc/sys/net/ipv4/ip_local_port_range", encoding="ascii") as limits:
            return int(limits.read().split()[0])
    except OSError:
        return 32768


def free_ports(count=1):
    highest = lowest_of_the_system() - 1
    if highest - LOWEST < 1000:
        raise SystemExit("free_ports.py: the system leaves too few ports below %d" % highest)
    ports = []
    while len(ports) < count:
        port = random.randint(LOWEST, highest)
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
        if port not in ports:
            ports.append(port)
    return ports


if __name__ == "__main__":
    print(*free_ports(int(sys.argv[1]) if sys.argv[1:] else 1))
