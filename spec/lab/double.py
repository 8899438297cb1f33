#!/usr/bin/python3
"""A double of a Windows file server: impacket's SMB server, with a srvsvc pipe that answers
NetrConnectionEnum with real names, in pages, and on demand as no honest server does.

    double.py USERNAME PASSWORD

prints its port, one where connections are taken but nothing is ever answered, and one where nobody
listens, and serves on loopback until its standard input ends. What it answers is chosen by
the qualifier: NAME[;OPTION...], where NAME is

    rows-N          N generated connections; id 1 to N
    people          a few with names that are hard to print
    long-N          one whose user name has N letters
    \\\\COMPUTER    one connection of that computer, to the share "projects"

and an OPTION one of

    fragment=N,N,.. stub bytes in each fragment, in turn
    total=N         claim this TotalEntries
    stuck           a resume handle that never moves
    circle=N        resume handles that come round again after N pages
    status=N[@PAGE] this status, from that page (1) on
    fault=N         an RPC fault
    stub=HEX        these bytes as the whole stub
    patch=N:HEX     these bytes at offset N of the first PDU
    stop=N          end the pipe after N bytes of the answer
    hang            no answer
    delay=S         seconds to wait before an answer
"""
import logging
import os
import socket
import struct
import sys
import threading
import time
import types

from impacket import smbserver
from impacket.ntlm import compute_lmhash, compute_nthash

SUCCESS, MORE_DATA, BUFFER_TOO_SMALL, INVALID_LEVEL, NO_SUCH_SHARE = 0, 234, 2123, 124, 2310
REQUEST, RESPONSE, FAULT, BIND, BIND_ACK = 0, 2, 3, 11, 12
FRAGMENT = 4280 - 24
PEOPLE = [
    (0, 3, 1, "CORP\\alice", "WS-ALICE"),
    (0, 0, 1, "Zoë 💻 张三", "WS-ÜBER"),
    (0x80000000, 1, 2, "=cmd|' /C calc'!A0", "\\\\10.0.0.7"),
    (3, 0, 1, "\x1b[31mred\u202e", "<b>&\"'"),
    (0, 4294967295, 4294967295, "", "fe80::1"),
]


def string(text):
    units = (text + "\0").encode("utf-16-le", "surrogatepass")
    count = len(units) // 2
    return struct.pack("<III", count, 0, count) + units + b"\0" * (-len(units) % 4)


NAMES = [string("user%03d" % i) + string("PC-%03d" % i) for i in range(1000)]


class Rows:
    """Generated connections, packed by the page."""

    def __init__(self, count):
        self.count = count

    def fits(self, start, room):
        # CONNECTION_INFO_1 in a 64-bit buffer and its two strings, as Windows counts them
        return min(self.count - start, room // (40 + 2 * 8 + 2 * 7))

    def pack(self, level, start, count):
        ids = range(start + 1, start + count + 1)
        if level == 0:
            return struct.pack("<%dI" % count, *ids)
        fixed = b"".join([struct.pack("<7I", i, 0, i % 7, 1, i % 86400, 8, 12) for i in ids])
        return fixed + b"".join([NAMES[i % 1000] for i in ids])


class People(Rows):
    def __init__(self, rows):
        super().__init__(len(rows))
        self.rows = rows

    def fits(self, start, room):
        return min(self.count - start, room // 80)

    def pack(self, level, start, count):
        rows = list(enumerate(self.rows[start:start + count], start + 1))
        if level == 0:
            return struct.pack("<%dI" % count, *[i for i, _ in rows])
        fixed = b"".join(struct.pack("<7I", i, r[0], r[1], r[2], 60 * i, 8, 12) for i, r in rows)
        return fixed + b"".join(string(r[3]) + string(r[4]) for _, r in rows)


def rows_of(name):
    if name.startswith("rows-"):
        return Rows(int(name[5:]))
    if name == "people":
        return People(PEOPLE)
    if name.startswith("long-"):
        return People([(0, 0, 1, "n" * int(name[5:]), "")])
    if name.startswith("\\\\"):
        return People([(0, 2, 1, "bob", "projects")])
    return None


def read_string(stub, offset):
    count = struct.unpack_from("<I", stub, offset + 8)[0]
    end = offset + 12 + 2 * count
    return stub[offset + 12:end - 2].decode("utf-16-le"), (end + 3) & ~3


class Answers:
    """The stub that answers a request, page by page."""

    def __init__(self):
        self.pages = 0
        self.options = {}

    def stub(self, request):
        offset = 4
        if struct.unpack_from("<I", request, 0)[0]:
            _, offset = read_string(request, 4)
        qualifier, offset = read_string(request, offset + 4)
        level, _, container, _, array = struct.unpack_from("<IIIII", request, offset)
        # a client sends no container, an empty one, or one with an empty array
        offset += 12 if not container else 24 if array else 20
        room, resume = struct.unpack_from("<II", request, offset)
        start = struct.unpack_from("<I", request, offset + 8)[0] if resume else 0
        name, *options = qualifier.split(";")
        self.options = dict(option.partition("=")[::2] for option in options)
        self.pages = self.pages + 1 if start else 1
        if "stub" in self.options:
            return bytes.fromhex(self.options["stub"])
        return self.page(rows_of(name), level, room, start)

    def page(self, rows, level, room, start):
        status, first = (self.options.get("status", "0") + "@1").split("@")[:2]
        if int(status) and self.pages >= int(first):
            return self.pack(level, b"", 0, 0, 0, int(status))
        if rows is None:
            return self.pack(level, b"", 0, 0, 0, NO_SUCH_SHARE)
        if level > 1:
            return self.pack(level, b"", 0, 0, 0, INVALID_LEVEL)
        if "circle" in self.options:
            start = (start % int(self.options["circle"]))
        count = rows.fits(start, room)
        if count == 0 and start < rows.count:
            return self.pack(level, b"", 0, 0, 0, BUFFER_TOO_SMALL)
        more = start + count < rows.count
        handle = start + count if more else 0
        if more and "circle" in self.options:
            handle = start + 1
        if "stuck" in self.options:
            handle, more = 1, True
        entries = rows.pack(level, start, count)
        total = int(self.options.get("total", rows.count - start))
        return self.pack(level, entries, count, total, handle, MORE_DATA if more else SUCCESS)

    @staticmethod
    def pack(level, entries, count, total, handle, status):
        array = struct.pack("<II", 0x20004, count) + entries if count else struct.pack("<I", 0)
        return (struct.pack("<IIII", level, level, 0x20000, count) + array +
                struct.pack("<IIII", total, 0x20008, handle, status))


class Pipe:
    """One open srvsvc pipe: the part of a socket that impacket's server uses of it. A read gives
    at most the rest of one PDU, as a pipe in message mode does."""

    def __init__(self):
        self.received = b""
        self.request = b""
        self.answers = Answers()
        self.options = {}
        self.messages = []

    def connect(self, _):
        pass

    def close(self):
        self.messages = []

    def recv(self, length):
        if "hang" in self.options:
            time.sleep(3600)
        if not self.messages:
            return b""
        message = self.messages.pop(0)
        if len(message) > length:
            self.messages.insert(0, message[length:])
        return message[:length]

    def send(self, data):
        self.received += data
        while len(self.received) >= 16:
            _, _, kind, flags, _, length, _, call = struct.unpack_from("<BBBBIHHI", self.received)
            body, rest = self.received[16:length], self.received[length:]
            if len(body) < length - 16:
                break
            self.received = rest
            self.take(kind, flags, call, body)
        return len(data)

    sendall = send

    def take(self, kind, flags, call, body):
        if kind == BIND:
            self.messages = [self.bind_ack(call, body)]
            return
        self.request += body[8:]
        if flags & 2:
            self.respond(call, self.answers.stub(self.request))
            self.request = b""

    @staticmethod
    def pdu(kind, flags, call, body):
        return struct.pack("<BBBBIHHI", 5, 0, kind, flags, 0x10, 16 + len(body), 0, call) + body

    def bind_ack(self, call, body):
        """Accepts the first presentation context and no other."""
        results = struct.pack("<I", body[8])
        offset = 12
        for context in range(body[8]):
            transfer = body[offset + 24:offset + 44]
            offset += 24 + 20 * body[offset + 2]
            results += (struct.pack("<HH", 0, 0) + transfer if context == 0
                        else struct.pack("<HH", 2, 2) + bytes(20))
        address = b"\\PIPE\\srvsvc\0"
        return self.pdu(BIND_ACK, 3, call, struct.pack("<HHIH", 4280, 4280, 0x1234, len(address)) +
                        address + b"\0" * (-(26 + len(address)) % 4) + results)

    def fragments(self, call, stub):
        sizes = [int(size) for size in self.options.get("fragment", str(FRAGMENT)).split(",")]
        offset = turn = 0
        while True:
            size = sizes[turn % len(sizes)]
            last = offset + size >= len(stub)
            yield self.pdu(RESPONSE, (offset == 0) | 2 * last, call,
                           struct.pack("<IHBB", len(stub) - offset, 0, 0, 0) +
                           stub[offset:offset + size])
            if last:
                return
            offset, turn = offset + size, turn + 1

    def respond(self, call, stub):
        self.options = options = self.answers.options
        time.sleep(float(options.get("delay", 0)))
        if "fault" in options:
            pdus = [self.pdu(FAULT, 3, call, struct.pack("<IHBBII", 32, 0, 0, 0,
                                                         int(options["fault"], 0), 0))]
        else:
            pdus = list(self.fragments(call, stub))
        if "patch" in options:
            offset, _, patch = options["patch"].partition(":")
            offset, patch = int(offset), bytes.fromhex(patch)
            pdus[0] = pdus[0][:offset] + patch + pdus[0][offset + len(patch):]
        if "stop" in options:
            pdus = [b"".join(pdus)[:int(options["stop"])]]
        self.messages = pdus


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def main():
    username, password = sys.argv[1:3]
    # What impacket connects for an open pipe is the pipe itself.
    smbserver.socket = types.SimpleNamespace(**{**vars(socket), "socket": Pipe})

    port = free_port()
    server = smbserver.SimpleSMBServer(listenAddress="127.0.0.1", listenPort=port)
    server.setSMB2Support(True)
    server.setLogFile(os.devnull)
    logging.getLogger("impacket").setLevel(logging.CRITICAL)
    server.addCredential(username, 0, compute_lmhash(password).hex(), compute_nthash(password).hex())
    server.registerNamedPipe("srvsvc", None)
    threading.Thread(target=server.start, daemon=True).start()
    silent = socket.create_server(("127.0.0.1", 0), backlog=512)
    print(port, silent.getsockname()[1], free_port(), flush=True)
    sys.stdin.read()
    os._exit(0)


if __name__ == "__main__":
    main()
