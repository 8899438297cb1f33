"""A receiver of events that does what a file says: receiver.py FOLDER. It writes its port to FOLDER/port, and what it has got to FOLDER/got.

FOLDER/mode is a status, or "reset" (takes what was sent and resets the connection), "silent" (answers nothing), "slow".
FOLDER/requests has a line for each request: the time, the mode and the header Authorization."""
import http.server
import os
import socket
import struct
import sys
import time

folder = sys.argv[1]


class Handler(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        mode, *more = open(folder + "/mode").read().split(maxsplit=1)
        with open(folder + "/requests", "a") as requests:
            requests.write(f"{time.time()} {mode} {self.headers.get('Authorization')} {self.headers['Content-Type']}\n")
        if mode in ("reset", "slow") or mode.startswith("2"):
            with open(folder + "/got", "ab") as got:
                got.write(body)
        if mode == "reset":
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            self.connection.close()
            return
        if mode == "silent":
            time.sleep(60)
            return
        if mode == "slow":
            time.sleep(0.5)
            mode = "204"
        self.send_response(int(mode))
        if mode.startswith("3"):
            self.send_header("Location", "/elsewhere")
        if more:
            self.send_header("Retry-After", more[0].strip())
        self.send_header("Content-Length", "0")
        self.end_headers()

    def finish(self):
        try:
            super().finish()
        except (OSError, ValueError):
            pass

    def log_message(self, *_):
        pass


server = http.server.ThreadingHTTPServer(("127.0.0.1", int(sys.argv[2]) if len(sys.argv) > 2 else 0), Handler)
with open(folder + "/port.new", "w") as port:
    port.write(f"{server.server_port}\n")
os.rename(folder + "/port.new", folder + "/port")
server.serve_forever()
