"""Doubles of Windows file servers: impacket's SMB server, with srvsvc and wkssvc pipes that answer the
enumerations with real names, in pages, and on demand as no honest server does.

    double.py USERNAME PASSWORD [SCENARIO]

prints the port of an office's server, of a big one, of a crowded one, one where connections are taken but nothing is
ever answered, and one where nobody listens; it serves on loopback until its standard input ends.
With SCENARIO, it prints one port, of a server whose data are in that file of JSON, read anew for each request.
The datasets stand in Office, Big and Crowd. Besides their shares, a qualifier of NetrConnectionEnum may be

    rows-N          N generated connections; id 1 to N
    people          a few with names that are hard to print
    long-N          one whose user name has N letters
    \\\\COMPUTER    one connection of that computer, to the share "projects"

and behind a semicolon, as behind one in the user name that the other calls filter by, may stand

    fragment=N,N,.. stub bytes in each fragment, in turn
    total=N         claim this TotalEntries
    stuck           a resume handle that never moves
    circle=N        resume handles that come round again after N pages
    empty=N, empty=N@K  as many pages without an entry before the first that has some, or after K entries
    endless=N       pages without end, of N entries each, whose resume handles move on
    status=N[@PAGE] this status, from that page (1) on
    fault=N         an RPC fault
    stub=HEX        these bytes as the whole stub
    patch=N:HEX     these bytes at offset N of the first PDU
    stop=N          end the pipe after N bytes of the answer
    hang            no answer
    delay=S         seconds to wait before an answer
    levels=N,N,..   no other level is known
    timeless        times that are not known

A call without a filter is known by its resume handle: ODDITIES[n] for 0xF0000000 + n.

A SCENARIO's sessions and files can be closed, and are gone from its file then; elsewhere access is denied. "acts" in
the file gets what was asked for, and "closing" may have

    status          answer this and close nothing
    options         as behind the semicolon: "hang", "stub=00", "fault=5", "delay=0.5", ...
    keeps           true: answer success and close nothing
    returns         true: the client of a closed session is back at once, as Windows' are
    with            also end the sessions of this user, as a Samba does where they share a connection
    breaks          true: refuse to list anything once something was closed

"claims" is how many entries the server says there are more than it lists.
"""
import json
import logging
import os
import socket
import struct
import sys
import threading
import time
import types
import uuid

from impacket import smbserver
from impacket.ntlm import compute_lmhash, compute_nthash

from free_ports import free_ports

SUCCESS, MORE_DATA, BUFFER_TOO_SMALL, INVALID_LEVEL, NO_SUCH_SHARE = 0, 234, 2123, 124, 2310
ACCESS_DENIED, INVALID_PARAMETER, NO_SUCH_CLIENT, NO_SUCH_FILE = 5, 87, 2312, 2314
CONNECTIONS, FILES, SESSIONS, SHARES = 8, 9, 12, 15
FILE_CLOSE, SESSION_DEL = 11, 13
LOGONS = 2
CALLS = {  # of each interface, by the UUID that a client binds to
    "4b324fc8-1670-01d3-1278-5a47bf6ee188": (CONNECTIONS, FILES, FILE_CLOSE, SESSIONS, SESSION_DEL, SHARES),
    "6bffd098-a112-3610-9833-46c3f87e345a": (LOGONS,),
}
NO_SUCH_OPERATION = 0x1C010002
FILTERS = {CONNECTIONS: 1, FILES: 2, SESSIONS: 2, SHARES: 0, LOGONS: 0}
LEVELS = {  # of MS-SRVS and MS-WKST: numbers, and strings with a $
    CONNECTIONS: {0: "id", 1: "id type num_opens num_users time username$ netname$"},
    FILES: {2: "id", 3: "id permissions num_locks pathname$ username$"},
    SESSIONS: {0: "cname$", 1: "cname$ username$ num_opens time idle_time user_flags",
               2: "cname$ username$ num_opens time idle_time user_flags cltype_name$",
               10: "cname$ username$ time idle_time",
               502: "cname$ username$ num_opens time idle_time user_flags cltype_name$ transport$"},
    SHARES: {0: "netname$", 1: "netname$ type remark$",
             2: "netname$ type remark$ permissions max_uses current_uses path$ passwd$",
             501: "netname$ type remark$ flags"},
    LOGONS: {0: "username$", 1: "username$ logon_domain$ oth_domains$ logon_server$"},
}
ODDITIES = ["stuck", "circle=2", "status=87", "fault=5", "stop=30", "stub=00ff", "hang", "patch=2:07", "timeless"]
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


class Generated:
    """Connections with ids from 1 to `count`, packed by the page."""

    def __init__(self, count):
        self.count = count

    def fits(self, start, room):
        # CONNECTION_INFO_1 in a 64-bit buffer and its two strings, as Windows counts them
        return min(self.count - start, room // (40 + 2 * 8 + 2 * 7))

    def pack(self, fields, start, count):
        ids = range(start + 1, start + count + 1)
        if fields == ["id"]:
            return struct.pack("<%dI" % count, *ids)
        fixed = b"".join([struct.pack("<7I", i, 0, i % 7, 1, i % 86400, 8, 12) for i in ids])
        return fixed + b"".join([NAMES[i % 1000] for i in ids])


class Rows:
    """Entries given as dictionaries."""

    def __init__(self, rows):
        self.rows = list(rows)
        self.count = len(self.rows)

    def fits(self, start, room):
        return min(self.count - start, room // 80)

    def pack(self, fields, start, count):
        rows = self.rows[start:start + count]
        fixed = b"".join(struct.pack("<I", 8 if field[-1] == "$" else row.get(field, 0))
                         for row in rows for field in fields)
        return fixed + b"".join(string(row.get(field[:-1], ""))
                                for row in rows for field in fields if field[-1] == "$")


def connection(identity, kind, opens, users, username, netname):
    return {"id": identity, "type": kind, "num_opens": opens, "num_users": users,
            "time": 60 * identity, "username": username, "netname": netname}


def session(cname, username, opens, time_, idle):
    return {"cname": "\\\\" + cname, "username": username, "num_opens": opens, "time": time_,
            "idle_time": idle, "user_flags": 0, "cltype_name": "Windows 10.0",
            "transport": "\\Device\\NetBT"}


class Office:
    """Few people, and shares with names that are hard to handle."""

    shares = [
        {"netname": name, "type": kind, "remark": remark, "path": path,
         "max_uses": 0xFFFFFFFF, "current_uses": 2, "flags": 0x30}
        for name, kind, remark, path in (
            ("projects", 0, "", "C:\\shares\\projects"),
            ("public", 0, "for all", "C:\\shares"),
            ("ADMIN$", 0x80000000, "Remote Admin", "C:\\Windows"),
            ("C$", 0x80000000, "Default share", "C:\\"),
            ("IPC$", 0x80000003, "Remote IPC", ""),
            ("Tom's \"own\" & <b>", 0, "quotes", "D:\\tom"),
            ("计划 💻", 0, "beyond the BMP", "D:\\plan"),
            ("two words$", 0, "hidden", "D:\\two words"))]
    sessions = [session("WS-ALICE", "alice", 2, 5000, 30), session("WS-BOB", "bob", 0, 900, 900),
                session("10.0.0.9", "Zoë", 1, 70, 7), session("WS-IDLE", "dave", 0, 10, 10)]
    files = [
        {"id": 1, "permissions": 3, "num_locks": 1, "username": "alice",
         "pathname": "C:\\shares\\projects\\plan.txt"},
        {"id": 2, "permissions": 1, "username": "CORP\\alice",
         "pathname": "C:\\shares\\PROJECTS\\sub\\x.txt"},
        {"id": 4294967295, "permissions": 1, "username": "Zoë", "pathname": "D:\\plan\\a.txt"},
        {"id": 4, "permissions": 1, "username": "", "pathname": "\\PIPE\\srvsvc"}]
    logons = [
        {"username": name, "logon_domain": domain, "oth_domains": other, "logon_server": server}
        for name, domain, other, server in (
            ("alice", "CORP", "", "DC1"), ("alice", "CORP", "", "DC1"), ("backup", "FS1", "", "FS1"),
            ("Zoë 💻", "CORP", "SALES PLAN", "DC1"), ("FS1$", "CORP", "", ""))]
    made = {
        "projects": [connection(11, 0, 2, 1, "CORP\\alice", "WS-ALICE"),
                     connection(12, 0, 0, 1, "bob", "WS-BOB")],
        "public": [connection(13, 0, 0, 1, "bob", "WS-BOB")],
        "IPC$": [connection(14, 0x80000003, 0, 1, "eve", "WS-EVE")],
        "计划 💻": [connection(15, 0, 1, 1, "Zoë", "\\\\10.0.0.9")],
    }

    @classmethod
    def connections(cls, share):
        return cls.made.get(share, []) if share in [s["netname"] for s in cls.shares] else None


class Big:
    """500 shares, 5,000 sessions with a file each, and 10 connections to each of the first 200 shares."""

    shares = [{"netname": "share%03d" % i, "type": 0, "path": "C:\\s\\%03d" % i} for i in range(500)]
    sessions = [session("PC-%04d" % i, "user%04d" % i, 1, i, i // 2) for i in range(5000)]
    files = [{"id": i, "permissions": 1, "username": "user%04d" % i,
              "pathname": "C:\\s\\%03d\\file" % (i // 10 if i < 2000 else i % 500)} for i in range(5000)]

    @classmethod
    def connections(cls, share):
        number = int(share[5:]) if share.startswith("share") else 999
        if number >= 500:
            return None
        people = range(10 * number, 10 * number + 10) if number < 200 else ()
        return [connection(i + 1, 0, 1, 1, "user%04d" % i, "PC-%04d" % i) for i in people]


class Crowd(Office):
    """200,000 connections to one share."""

    shares = [{"netname": "rows-200000", "type": 0, "path": "C:\\crowd"}]


class Scenario:
    """Whatever stands in a file: shares, sessions, files, and the connections of each share."""

    def __init__(self, path):
        self.path = path
        self.read()

    def read(self):
        self.closing, self.acts, self.claims = {}, [], 0
        with open(self.path, encoding="utf-8") as file:
            vars(self).update(json.load(file))
        self.acts = list(self.acts)  # in Lua an empty list is an empty table

    def connections(self, share):
        return self.made.get(share)

    def write(self):
        with open(self.path + ".acted", "w", encoding="utf-8") as file:
            json.dump({name: value for name, value in vars(self).items() if name != "path"}, file)
        os.rename(self.path + ".acted", self.path)

    def close(self, name, fits, missing, act):
        """Takes what fits out of the list of that name."""
        self.read()
        rows = getattr(self, name)
        closed = [row for row in rows if fits(row)]
        status = self.closing.get("status") or (SUCCESS if closed else missing)
        if status == SUCCESS and not self.closing.get("keeps"):
            setattr(self, name, [row for row in rows if not fits(row) and row["username"] != self.closing.get("with", "")])
            if name == "sessions" and self.closing.get("returns"):
                self.sessions += [{**row, "time": 0, "idle_time": 0} for row in closed]
        self.acts.append({**act, "status": status})
        self.write()
        return status


DATASETS = {"office": Office, "big": Big, "crowd": Crowd}


class Answers:
    """The stubs that answer the requests of one pipe, page by page."""

    def __init__(self, data):
        self.data = data
        self.pages = 0
        self.chosen = ""
        self.options = {}

    def act(self, opnum, request):
        """The stub that answers a call that closes."""
        if not isinstance(self.data, Scenario):
            return struct.pack("<I", ACCESS_DENIED)
        _, offset = self.text(request, 0)
        if opnum == FILE_CLOSE:
            identity, = struct.unpack_from("<I", request, offset)
            status = self.data.close("files", lambda row: row["id"] == identity, NO_SUCH_FILE,
                                     {"call": "NetrFileClose", "id": identity})
        else:
            client, offset = self.text(request, offset)
            user, _ = self.text(request, offset)
            status = INVALID_PARAMETER if client == user == "" else self.data.close(
                "sessions", lambda row: client.upper() in ("", row["cname"].upper()) and self.is_user(user, row),
                NO_SUCH_CLIENT, {"call": "NetrSessionDel", "client": client, "username": user})
        options = self.data.closing.get("options", "")
        self.options = dict(option.partition("=")[::2] for option in options.split(";"))
        return bytes.fromhex(self.options["stub"]) if "stub" in self.options else struct.pack("<I", status)

    def stub(self, opnum, request):
        if opnum in (FILE_CLOSE, SESSION_DEL):
            return self.act(opnum, request)
        if isinstance(self.data, Scenario):
            self.data.read()
            if self.data.closing.get("breaks") and self.data.acts:
                level, = struct.unpack_from("<I", request, len(request) - 32)
                return self.pack(level, b"", 0, 0, 0, ACCESS_DENIED)
        texts, offset = [], 0
        for _ in range(1 + FILTERS[opnum]):
            text, offset = self.text(request, offset)
            texts.append(text)
        level, _, container, _, array = struct.unpack_from("<IIIII", request, offset)
        # a client sends no container, an empty one, or one with an empty array
        offset += 12 if not container else 24 if array else 20
        room, resume = struct.unpack_from("<II", request, offset)
        start = struct.unpack_from("<I", request, offset + 8)[0] if resume else 0
        *filters, last = texts[1:] or [""]
        last, _, options = last.partition(";")
        if start >= 0xF0000000:
            options, start = ODDITIES[start - 0xF0000000], 0
            self.chosen = options
        elif opnum in (SHARES, LOGONS) and start:
            options = self.chosen  # it goes on with the pages of such a call
        self.options = dict(option.partition("=")[::2] for option in options.split(";"))
        self.pages = self.pages + 1 if start else 1
        if "stub" in self.options:
            return bytes.fromhex(self.options["stub"])
        return self.page(opnum, self.rows(opnum, filters, last), level, room, start)

    @staticmethod
    def text(stub, offset):
        if struct.unpack_from("<I", stub, offset)[0] == 0:
            return "", offset + 4
        count = struct.unpack_from("<I", stub, offset + 12)[0]
        end = offset + 16 + 2 * count
        return stub[offset + 16:end - 2].decode("utf-16-le"), (end + 3) & ~3

    @staticmethod
    def is_user(name, row):
        return name.upper() in ("", row["username"].upper())

    def rows(self, opnum, filters, last):
        if opnum == SHARES:
            return Rows(self.data.shares)
        if opnum == LOGONS:
            return Rows(getattr(self.data, "logons", []))
        if opnum == SESSIONS:
            client = filters[0].lower() if filters else ""
            return Rows(row for row in self.data.sessions
                        if client in ("", row["cname"].lower()) and self.is_user(last, row))
        if opnum == FILES:
            return Rows(row for row in self.data.files
                        if row["pathname"].startswith(filters[0]) and self.is_user(last, row))
        if last.startswith("rows-"):
            return Generated(int(last[5:]))
        if last == "people":
            return Rows(connection(i, *row) for i, row in enumerate(PEOPLE, 1))
        if last.startswith("long-"):
            return Rows([connection(1, 0, 0, 1, "n" * int(last[5:]), "")])
        if last.startswith("\\\\"):
            return Rows([connection(1, 0, 2, 1, "bob", "projects")])
        made = self.data.connections(last)
        return None if made is None else Rows(made)

    def page(self, opnum, rows, level, room, start):
        status, first = (self.options.get("status", "0") + "@1").split("@")[:2]
        if int(status) and self.pages >= int(first):
            return self.pack(level, b"", 0, 0, 0, int(status))
        if rows is None:
            return self.pack(level, b"", 0, 0, 0, NO_SUCH_SHARE)
        known = self.options.get("levels")
        if level not in LEVELS[opnum] or (known and str(level) not in known.split(",")):
            return self.pack(level, b"", 0, 0, 0, INVALID_LEVEL)
        if "timeless" in self.options:
            rows = Rows({**row, "time": 0xFFFFFFFF, "idle_time": 0xFFFFFFFF} for row in rows.rows)
        if "circle" in self.options:
            start = (start % int(self.options["circle"]))
        if "endless" in self.options:
            count = int(self.options["endless"])
            entries = rows.pack(LEVELS[opnum][level].split(), 0, count)
            return self.pack(level, entries, count, rows.count, start + 1, MORE_DATA)
        empty, first = (int(number) for number in (self.options.get("empty", "0") + "@0").split("@")[:2])
        if first <= start < first + empty:
            return self.pack(level, b"", 0, rows.count, start + 1, MORE_DATA)
        passed = empty if start >= first else 0
        start -= passed
        count = rows.fits(start, room)
        if start < first:
            count = min(count, first - start)
        if count == 0 and start < rows.count:
            return self.pack(level, b"", 0, 0, 0, BUFFER_TOO_SMALL)
        more = start + count < rows.count
        handle = passed + start + count if more else 0
        if more and "circle" in self.options:
            handle = start + 1
        if "stuck" in self.options:
            handle, more = 1, True
        entries = rows.pack(LEVELS[opnum][level].split(), start, count)
        total = int(self.options.get("total", rows.count - start + getattr(self.data, "claims", 0)))
        return self.pack(level, entries, count, total, handle, MORE_DATA if more else SUCCESS)

    @staticmethod
    def pack(level, entries, count, total, handle, status):
        array = struct.pack("<II", 0x20004, count) + entries if count else struct.pack("<I", 0)
        return (struct.pack("<IIII", level, level, 0x20000, count) + array +
                struct.pack("<IIII", total, 0x20008, handle, status))


class Pipe:
    """One open pipe: the part of a socket that impacket's server uses of it. A read gives
    at most the rest of one PDU, as a pipe in message mode does."""

    def __init__(self):
        self.received = b""
        self.request = b""
        self.answers = None
        self.options = {}
        self.messages = []
        self.bound = ()

    def connect(self, dataset):
        self.answers = Answers(DATASETS.get(dataset) or Scenario(dataset))

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
            opnum = struct.unpack_from("<H", body, 6)[0]
            if opnum in self.bound:
                self.respond(call, self.answers.stub(opnum, self.request))
            else:
                self.messages = [self.fault(call, NO_SUCH_OPERATION)]
            self.request = b""

    @staticmethod
    def pdu(kind, flags, call, body):
        return struct.pack("<BBBBIHHI", 5, 0, kind, flags, 0x10, 16 + len(body), 0, call) + body

    def fault(self, call, status):
        return self.pdu(FAULT, 3, call, struct.pack("<IHBBII", 32, 0, 0, 0, status, 0))

    def bind_ack(self, call, body):
        """Accepts the first presentation context and no other."""
        self.bound = CALLS.get(str(uuid.UUID(bytes_le=body[16:32])), ())
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
            pdus = [self.fault(call, int(options["fault"], 0))]
        else:
            pdus = list(self.fragments(call, stub))
        if "patch" in options:
            offset, _, patch = options["patch"].partition(":")
            offset, patch = int(offset), bytes.fromhex(patch)
            pdus[0] = pdus[0][:offset] + patch + pdus[0][offset + len(patch):]
        if "stop" in options:
            pdus = [b"".join(pdus)[:int(options["stop"])]]
        self.messages = pdus


def start(username, password, port, dataset):
    """A server of its own thread."""
    # What impacket connects for an open pipe is the pipe itself.
    smbserver.socket = types.SimpleNamespace(**{**vars(socket), "socket": Pipe})
    server = smbserver.SimpleSMBServer(listenAddress="127.0.0.1", listenPort=port)
    server.setSMB2Support(True)
    server.setLogFile(os.devnull)
    server.addCredential(username, 0, compute_lmhash(password).hex(),
                         compute_nthash(password).hex())
    for pipe in "srvsvc", "wkssvc":
        server.registerNamedPipe(pipe, dataset)
    threading.Thread(target=server.start, daemon=True).start()
    logging.getLogger("impacket").setLevel(logging.CRITICAL)


def main():
    username, password = sys.argv[1:3]
    datasets = sys.argv[3:] or DATASETS
    ports = free_ports(len(datasets))
    for dataset, port in zip(datasets, ports):
        start(username, password, port, dataset)
    if sys.argv[3:]:
        print(*ports, flush=True)
        sys.stdin.read()
        os._exit(0)
    silent = socket.create_server(("127.0.0.1", 0), backlog=512)
    # Nobody listens there, and nobody else can: the port stays taken.
    closed = socket.socket()
    closed.bind(("127.0.0.1", 0))
    print(*ports, silent.getsockname()[1], closed.getsockname()[1], flush=True)
    sys.stdin.read()
    os._exit(0)


if __name__ == "__main__":
    main()
