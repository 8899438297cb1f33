"""Has Wireshark read every SMB conversation of a recording, and reports what it finds malformed.

    wire.py FOLDER FACTS PASSWORD

FOLDER has the recording, all.pcapng. What a test breaks on purpose is known by the scenario that it asked the mock
server for, in the request before the answer: DELIBERATE. One that is asked for and nothing is malformed for must go from
there. At last a wrong length is planted in an answer of the recording, which must be reported.
"""
import collections
import re
import struct
import subprocess
import sys
from pathlib import Path

# Of scenarios of the mock server, and of calls that are known by their resume handle.
DELIBERATE = {
    "stub=": "bytes that are no answer",
    "patch=": "an answer with other bytes somewhere",
}
ODDITIES = 0xF0000000

# What it has against the logon is between libsmbclient and Samba: the commands 0 and 1.
MALFORMED = "(smb2.cmd > 1 || dcerpc) && (_ws.malformed || _ws.unreassembled) || dcerpc && _ws.expert.severity >= 0x600000"
FIRST = "(tcp.payload[4:4] == fe:53:4d:42 || tcp.payload[4:4] == ff:53:4d:42) && tcp.seq == 1 && tcp.ack == 1"
TEXTS = ["srvsvc.srvsvc_NetConnEnum.path", "srvsvc.srvsvc_NetFileEnum.path", "srvsvc.srvsvc_NetFileEnum.user",
         "srvsvc.srvsvc_NetSessEnum.client", "srvsvc.srvsvc_NetSessEnum.user"]
HANDLES = ["srvsvc.srvsvc_NetFileEnum.resume_handle", "srvsvc.srvsvc_NetSessEnum.resume_handle",
           "srvsvc.srvsvc_NetShareEnumAll.resume_handle", "wkssvc.wkssvc_NetWkstaEnumUsers.resume_handle"]
REQUEST, RESPONSE = "0", "2"


class Recording:
    def __init__(self, path, options):
        self.path, self.options = path, options

    def tshark(self, *arguments):
        return subprocess.run(["tshark", "-r", self.path, *self.options, *arguments], check=True, capture_output=True, text=True).stdout

    def rows(self, condition, *fields):
        wanted = [word for field in fields for word in ("-e", field)]
        for line in self.tshark("-Y", condition, "-T", "fields", *wanted).splitlines():
            yield line.split("\t")

    def without_echoes(self, path):
        """A recording without the far side of each proxy, which says the same again: Wireshark would take both for one.
        A client's first words have bytes that it chose by chance, but for those of SMB1."""
        first, echoes, ports = set(), [], set()
        for stream, port, payload in self.rows(FIRST, "tcp.stream", "tcp.dstport", "tcp.payload"):
            ports.add(port)
            if payload[8:16] == "fe534d42" and payload in first:
                echoes.append(stream)
            first.add(payload)
        kept = f"!(tcp.stream in {{{', '.join(echoes)}}})" if echoes else "tcp"
        self.tshark("-Y", kept, "-w", path)
        return Recording(path, self.options + [word for port in sorted(ports) for word in ("-d", f"tcp.port=={port},nbss")])

    def only(self, path, stream):
        self.tshark("-Y", f"tcp.stream == {stream}", "-w", path)
        return Recording(path, self.options)


def scenario_of(texts, handles):
    """What a request asks the mock server for."""
    for handle in handles:
        for number in handle.split(","):
            if number and int(number, 0) >= ODDITIES:
                return oddities()[int(number, 0) - ODDITIES]
    return ";".join(text for text in texts if text)


def oddities():
    double = (Path(__file__).parent / "../lab/double.py").read_text()
    return re.findall(r'"([^"]+)"', re.search(r"^ODDITIES = \[(.*)\]$", double, re.M).group(1))


def read(recording):
    """What is malformed and meant to be, by scenario; what is and should not be; and how much there was."""
    counts = collections.Counter()
    meant, wrong = collections.Counter(), []
    asked = {}  # by stream
    fields = ["frame.number", "tcp.stream", "dcerpc.pkt_type", *TEXTS, *HANDLES, "_ws.col.Info"]
    malformed = {row[0] for row in recording.rows(MALFORMED, "frame.number")}
    for number, stream, kind, *more in recording.rows(f"srvsvc || wkssvc || {MALFORMED}", *fields):
        texts, handles, info = more[:len(TEXTS)], more[len(TEXTS):-1], more[-1]
        if kind == REQUEST:
            counts["requests"] += 1
            asked[stream] = scenario_of(texts, handles)
            meant.update({name: 0 for name in DELIBERATE if name in asked[stream]})
        elif kind == RESPONSE:
            counts["answers"] += 1
        if number not in malformed:
            continue
        scenario = "" if kind == REQUEST else asked.get(stream, "")
        name = next((name for name in DELIBERATE if name in scenario), None)
        if name:
            meant[name] += 1
        else:
            wrong.append(f"frame {number} of {recording.path}, asked for '{scenario[:60]}': {info}")
    counts["conversations"] = len(asked)
    encrypted = recording.rows("smb2.header.transform.signature", "tcp.stream", "_ws.col.Info")
    counts["unread"] = len({stream for stream, info in encrypted if "Encrypted SMB3" in info})
    return meant, wrong, counts


def plant(recording, folder):
    """The same answer with a name that says to be longer than there are bytes."""
    stream = next(recording.rows('srvsvc.srvsvc_NetConnInfo1.user contains "alice" && !smb2.header.transform.signature', "tcp.stream"))[0]
    planted = recording.only(folder / "planted.pcapng", stream)
    name = struct.pack("<III", 9, 0, 9) + "WS-ALICE".encode("utf-16-le")
    data = planted.path.read_bytes()
    if name not in data or read(planted)[1]:
        sys.exit("there is no good answer to plant a wrong length in")
    planted.path.write_bytes(data.replace(name, struct.pack("<III", 900, 0, 900) + name[12:]))
    return planted


def main():
    folder, facts, password = Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3]
    whole = Recording(folder / "all.pcapng", ["-n", "-o", f"ntlmssp.nt_password:{password}"])
    recording = whole.without_echoes(folder / "read.pcapng")
    meant, wrong, counts = read(recording)
    for line in wrong:
        print(line, file=sys.stderr)
    for name in [name for name, count in meant.items() if count == 0]:
        wrong.append(name)
        print(f"'{name}' is named as broken on purpose, and nothing is malformed for it", file=sys.stderr)
    if wrong:
        sys.exit(f"{len(wrong)} things are not as they should be; {dict(counts)}, {dict(meant)}")
    found = read(plant(recording, folder))[1]
    if len(found) != 1:
        sys.exit(f"a planted wrong length was reported {len(found)} times, not once")
    if not counts["answers"]:
        sys.exit("nobody answered in this recording")
    of_those = ", ".join(f"{count} of {name.rstrip('=')}" for name, count in sorted(meant.items())) or "nothing"
    row = (f"conversations of the specs over SMB, read by Wireshark\t{counts['conversations']} with {counts['requests']} requests and "
           f"{counts['answers']} answers; {counts['unread']} more encrypted and not read\tnone malformed, but what tests break on "
           f"purpose: {of_those}; a planted wrong length is reported\n")
    print("  " + row.replace("\t", ": "), end="")
    facts.parent.mkdir(parents=True, exist_ok=True)
    facts.write_text(row)


main()
