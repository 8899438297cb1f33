#!/usr/bin/python3
"""Mock servers at each address 127.x.y.z, in some processes, until standard input ends.

    swarm.py USERNAME PASSWORD PROCESSES

Prints the port at which they answer, and the one at which they are silent. Nothing but this computer reaches
them: their sockets have the loopback interface."""
import os
import socket
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "lab"))
import double  # noqa: E402


def have_loopback(endpoint, port):
    endpoint.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
    endpoint.setsockopt(socket.SOL_SOCKET, socket.SO_BINDTODEVICE, b"lo\0")
    endpoint.bind(("0.0.0.0", port))


def main():
    username, password, processes = sys.argv[1], sys.argv[2], int(sys.argv[3])
    # Not listening itself, this keeps the port for the processes that do.
    keeper, silent = socket.socket(), socket.socket()
    have_loopback(keeper, 0)
    have_loopback(silent, 0)
    silent.listen(4096)
    port = keeper.getsockname()[1]

    double.smbserver.SMBSERVER.request_queue_size = 512
    double.smbserver.SMBSERVER.server_bind = lambda server: have_loopback(server.socket, port)
    children = []
    for _ in range(processes):
        child = os.fork()
        if child == 0:
            double.start(username, password, port, "office")
            sys.stdin.read()
            os._exit(0)
        children.append(child)
    print(port, silent.getsockname()[1], flush=True)
    for child in children:
        os.waitpid(child, 0)


if __name__ == "__main__":
    main()
