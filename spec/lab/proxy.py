"""A proxy of the lab: it stands in front of a server, and spoils what goes through.

    proxy.py

does what each line of JSON on its standard input asks for, and answers each with a line of JSON:

    {"open": [{"upstream": PORT, "fault": FAULT}, ...]}   {"ports": [PORT, ...]}
    {"set": {"PORT": FAULT or null, ...}}                 {}      null: nobody listens there any more
    {"counts": [PORT, ...]}                               {"counts": [{"connections", "down", "up"}, ...]}; "now": true
                                                          counts what is under way, too
    {"close": [PORT, ...]}                                {}

It serves on loopback until its standard input ends. A FAULT is an object of

    cut, reset, stall   after so many bytes: an orderly end, a reset, or silence
    flip                [BYTE, BIT] to be turned over
    duplicate           BYTE: what comes from there on in one piece comes twice
    delay               seconds before each piece
    throttle            bytes, every hundredth of a second
    up                  true: what the client says is spoiled, not what the server says
    record              a file that gets what goes through, as a capture (pcap)
"""
import asyncio
import functools
import json
import socket
import struct
import sys
import time


class End(Exception):
    """The fault is to end the connection now."""


class Capture:
    """What goes through one connection, as packets between two ports of loopback."""

    RAW_IP, LONGEST = 101, 60000

    def __init__(self, path, client, server):
        self.file = open(path, "wb", buffering=0)
        self.file.write(struct.pack("<IHHIIII", 0xA1B2C3D4, 2, 4, 0, 0, 65535, self.RAW_IP))
        self.ports, self.sequence = (client, server), [1, 1]
        self.packet(0, b"", 0x02)
        self.packet(1, b"", 0x12)

    def packet(self, sender, data, flags=0x18):
        # Before its first byte each side has said where it begins to count.
        number = self.sequence[sender] - (flags & 2) // 2
        acknowledged = 0 if flags == 0x02 else self.sequence[1 - sender]
        tcp = struct.pack("!HHIIBBHHH", self.ports[sender], self.ports[1 - sender], number, acknowledged, 0x50, flags, 65535, 0, 0)
        ip = struct.pack("!BBHHHBBHII", 0x45, 0, 40 + len(data), 0, 0, 64, 6, 0, 0x7F000001, 0x7F000001)
        now = time.time()
        length = 40 + len(data)
        self.file.write(struct.pack("<IIII", int(now), int(now % 1 * 1000000), length, length) + ip + tcp + data)
        self.sequence[sender] += len(data)

    def add(self, sender, data):
        for start in range(0, len(data), self.LONGEST):
            self.packet(sender, data[start:start + self.LONGEST])


class Stream:
    """One direction of a connection."""

    def __init__(self, fault, count, record=None):
        self.fault = fault
        self.offset = 0
        self.count = count
        self.record = record

    def spoiled(self, data):
        """What is to be sent for what came, and whether the connection goes on after it."""
        fault, start = self.fault, self.offset
        self.offset += len(data)
        self.count(len(data))
        for name in "cut", "reset", "stall":
            if name in fault and self.offset >= fault[name]:
                return data[:max(0, fault[name] - start)], False
        if "flip" in fault and start <= fault["flip"][0] < self.offset:
            data = bytearray(data)
            data[fault["flip"][0] - start] ^= 1 << fault["flip"][1]
            data = bytes(data)
        if "duplicate" in fault and start <= fault["duplicate"] < self.offset:
            data += data[fault["duplicate"] - start:]
        return data, True

    async def send(self, writer, data):
        await asyncio.sleep(self.fault.get("delay", 0))
        step = self.fault.get("throttle", len(data) or 1)
        for position in range(0, len(data), step):
            if position:
                await asyncio.sleep(0.01)
            writer.write(data[position:position + step])
            await writer.drain()

    async def pump(self, reader, writer):
        on = True
        if any(self.fault.get(name) == 0 for name in ("cut", "reset", "stall")):
            on = False
        while on:
            data = await reader.read(65536)
            if not data:
                return
            data, on = self.spoiled(data)
            if self.record:
                self.record(data)
            await self.send(writer, data)
        if "stall" in self.fault:
            await asyncio.sleep(3600)
        raise End


class Door:
    """A port in front of a server."""

    def __init__(self, upstream, fault):
        self.upstream, self.fault = upstream, fault
        self.port, self.server = 0, None
        self.connections = self.down = self.up = 0
        self.writers = set()

    async def open(self):
        # Many may knock at once.
        self.server = await asyncio.start_server(self.serve, "127.0.0.1", self.port, backlog=512)
        self.port = self.server.sockets[0].getsockname()[1]

    def count_down(self, length):
        self.down += length

    def count_up(self, length):
        self.up += length

    async def close(self):
        if self.server:
            self.server.close()
            self.server = None
        for writer in list(self.writers):
            writer.transport.abort()

    async def set(self, fault):
        """Connections that stand are broken off, as by a server that goes down."""
        was_open = self.server is not None
        await self.close()
        if fault is None:
            return
        self.fault = fault
        for attempt in range(100 if was_open else 1):
            try:
                return await self.open()
            except OSError:
                if attempt == 99 or not was_open:
                    raise
                await asyncio.sleep(0.05)

    async def serve(self, reader, writer):
        self.connections += 1
        fault, clean = self.fault, {}
        capture = "record" in fault and Capture(fault["record"], writer.get_extra_info("peername")[1], self.port)
        down = Stream(clean if fault.get("up") else fault, self.count_down, capture and functools.partial(capture.add, 1))
        up = Stream(fault if fault.get("up") else clean, self.count_up, capture and functools.partial(capture.add, 0))
        self.writers.add(writer)
        upstream = None
        tasks = []
        try:
            far_reader, upstream = await asyncio.open_connection("127.0.0.1", self.upstream)
            tasks = [asyncio.ensure_future(down.pump(far_reader, writer)),
                     asyncio.ensure_future(up.pump(reader, upstream))]
            # The near side's end is the end; the far side's is, once all it said is through.
            gone = asyncio.ensure_future(self.until_gone(reader, tasks[1]))
            tasks.append(gone)
            done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
            if "reset" in fault and any(isinstance(task.exception(), End) for task in done):
                writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                writer.transport.abort()
        except OSError:
            pass
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            self.writers.discard(writer)
            if capture:
                capture.file.close()
            for each in (writer, upstream):
                if each:
                    each.close()

    @staticmethod
    async def until_gone(reader, upward):
        """Returns when the client has gone, even if nobody reads what it says any more."""
        while not reader.at_eof():
            await asyncio.sleep(0.05)
        if not upward.done():
            await asyncio.sleep(0.05)


class Proxy:
    def __init__(self):
        self.doors = {}

    async def open(self, upstream, fault=None):
        door = Door(upstream, fault or {})
        await door.open()
        self.doors[door.port] = door
        return door.port

    async def do(self, request):
        if "open" in request:
            return {"ports": [await self.open(each["upstream"], each.get("fault")) for each in request["open"]]}
        if "set" in request:
            for port, fault in request["set"].items():
                await self.doors[int(port)].set(fault)
        if "counts" in request:
            doors = [self.doors[port] for port in request["counts"]]
            # What has just ended is counted a moment later.
            for _ in range(100):
                if request.get("now") or not any(door.writers for door in doors):
                    break
                await asyncio.sleep(0.02)
            return {"counts": [{"connections": door.connections, "down": door.down, "up": door.up} for door in doors]}
        for port in request.get("close", []):
            await self.doors.pop(port).close()
        return {}


async def main():
    proxy, loop = Proxy(), asyncio.get_running_loop()
    while True:
        line = await loop.run_in_executor(None, sys.stdin.readline)
        if not line:
            return
        print(json.dumps(await proxy.do(json.loads(line))), flush=True)


if __name__ == "__main__":
    asyncio.run(main())
