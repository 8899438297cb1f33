#!/usr/bin/python3
"""A mock of Huawei Cloud Workspace and for IAM, over plain HTTP on loopback, which checks what
the real ones check: path, query, token and its expiry, or the signature, computed here on its own.

    cloud.py TOKEN AK SK PASSWORD

prints its port, and that of a proxy that makes tunnels, and serves until its standard input ends. It answers from data of its own, and on
demand as no honest service does. What it answers is chosen by the user name, NAME[;OPTION...]:

    rows-N          N generated sessions
    alice, bob, carol, CORP\\张 三+a@b.c    a few made-up sessions
    anything else   no sessions

and an OPTION one of the following; with xK at its end it holds for the first K requests only

    status=N        this status, with an error of the service
    gateway=N       this status, with an error of the gateway
    early=N         the same, before the gateway looks at the credentials; for every request
    early-body=HEX  status 200 with this body, likewise
    early-delay=S   seconds to wait before it looks at them; for every request
    html=N          this status, with a page of HTML
    retry-after=S   this header as well
    error           status 200 with an error_code
    echo            status 400, with the token or the key in the message
    empty           status 200 and no body
    body=HEX        this body
    size=N          a body of N bytes
    truncate        the connection ends in the middle of the body
    cut             the connection ends without an answer
    reset           the connection is reset
    redirect        status 302 to another port
    delay=S         seconds to wait before the answer
    idless          the sessions have no id
    start_timeless, login_userless    they have no start_time, no login_user
    state=NAME      all of them have this state
    gone=N          from the N-th request on the first session is no longer there
    anew=N          from the N-th request on it has another start_time
    taken=N         from the N-th request on it has another login_user

A session that is logged off is no longer there. Of the user by whose name it was last asked for, an OPTION may be

    off-status=N    nothing is done, and this status, with an error of the service
    off-error       nothing is done, and status 200 with an error_code
    off-echo        nothing is done, and status 400, with the token or the key in the message
    off-nothing     nothing is done, and status 200
    off-cut         nothing is done, and the connection ends without an answer
    off-then=N      it is done, and this status
    off-lost        it is done, and the connection ends without an answer
    off-hang=S      it is done, and the answer comes after so many seconds
    off-later=S     it is done after so many seconds, and answered at once
    off-stays       it is done, and the session is still there as SignedOut
    off-again       it is done, and the session's id has another by now
    off-blind       it is done, and nothing of this user is answered from then on
    off-refused     it is done, and this user from then on by status 200 with the gateway's code for wrong credentials
    off-lock        it is done, and the key is refused from then on

There are two projects, PROJECT and OTHER_PROJECT, with the same users and sessions.

The tests also talk to it: GET /lab/counts, /lab/revoke (all tokens of IAM), /lab/life?seconds=N (of
tokens to come), /lab/iam-delay?seconds=N, /lab/iam-pages?count=N (to so many requests for a token another answers 200, with a page of
HTML), /lab/forget (counts, what was logged off, and the refusals that lock the key). The counts have the bodies of all that
was asked to be logged off.
"""
import datetime
import json
import re
import select
import socket
import socketserver
import struct
import sys
import threading
import time
import urllib.parse
from http.server import BaseHTTPRequestHandler

sys.dont_write_bytecode = True

from cloud_credentials import Credentials, Refusal
from cloud_sessions import Sessions, session

PROJECT, OTHER_PROJECT = "0a1b2c3d4e5f60718293a4b5c6d7e8f9", "1a1b2c3d4e5f60718293a4b5c6d7e8f9"

credentials = Credentials(*sys.argv[1:5], [PROJECT, OTHER_PROJECT])
projects = {PROJECT: Sessions(), OTHER_PROJECT: Sessions()}
lock = threading.Lock()
seen = {}
counts = {}
settings = {}
in_flight = 0
bodies = []


def count(name, by=1):
    with lock:
        counts[name] = counts.get(name, 0) + by


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = -1

    def log_message(self, *arguments):
        pass

    def answer(self, status, body, headers=()):
        if isinstance(body, (dict, list)):
            body = json.dumps(body, ensure_ascii=False)
        data = body if isinstance(body, bytes) else body.encode()
        self.send_response_only(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        self.send_header("X-Request-Id", "lab-request-%d" % counts.get("requests", 0))
        for name, value in headers:
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(data)

    def do_POST(self):
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        count("requests")
        project = self.project_of(self.path, "logoff")
        if project:
            return self.guarded(lambda: self.log_off(projects[project], body), self.path, "", body)
        count("tokens")
        if self.path != "/v3/auth/tokens?nocatalog=true":
            return self.answer(404, {"error": {"code": 404, "message": "no such path", "title": "Not Found"}})
        time.sleep(settings.get("iam_delay", 0))
        with lock:
            pages = settings.get("iam_pages", 0)
            settings["iam_pages"] = pages - 1
        if pages > 0:
            return self.answer(200, "<html><body>Log on to this network</body></html>")
        issued = credentials.issue(body)
        if not issued or self.headers.get("Content-Type") != "application/json;charset=utf8":
            return self.answer(401, {"error": {
                "code": 401, "message": "The username or password is wrong: %s" % body.decode(errors="replace"),
                "title": "Unauthorized"}})
        expires = datetime.datetime.utcfromtimestamp(issued[1]).strftime("%Y-%m-%dT%H:%M:%S.701000Z")
        return self.answer(201, {"token": {"expires_at": expires}}, [("X-Subject-Token", issued[0])])

    @staticmethod
    def project_of(path, call):
        found = re.fullmatch("/v1/([^/]+)/session/" + call, path)
        return found and found.group(1) in projects and found.group(1)

    def guarded(self, serve, path, query, body=b""):
        try:
            project = self.project_of(path, ".*") or PROJECT
            early = dict(re.findall(r";(early[a-z-]*)=([0-9a-f.]+)", urllib.parse.unquote(query)))
            time.sleep(float(early.get("early-delay", 0)))
            if "early-body" in early:
                return self.answer(200, bytes.fromhex(early["early-body"]))
            if "early" in early:
                raise Refusal(int(early["early"]), "APIGW.0101", "The API does not exist")
            credentials.check(self.headers, project, self.command, path, query, body)
            serve()
        except Refusal as refusal:
            self.answer(refusal.status, {"error_code": refusal.code, "error_msg": refusal.message,
                                         "request_id": "lab-gateway-1"})
        except ValueError:
            self.answer(400, {"error_code": "WKS.00000001", "error_msg": "The query is malformed"})

    def log_off(self, sessions, body):
        types = {"session_ids": list, "message_type": int, "delay_time": int, "message": str, "title": str}
        asked = json.loads(body)
        if (self.headers.get("Content-Type") != "application/json" or not isinstance(asked, dict)
                or not {"session_ids", "message_type", "delay_time"} <= set(asked) <= set(types)
                or not all(type(value) is types[name] for name, value in asked.items())
                or not 1 <= len(asked["session_ids"]) <= 999):
            raise Refusal(400, "WKS.00000001", "The body is malformed")
        texts = sessions.asked_about(asked["session_ids"])
        if not all(texts):
            raise Refusal(400, "WKS.00000001", "Nobody has seen such a session")
        with lock:
            bodies.append(asked)
        options = {}
        for option in texts[0].split(";")[1:]:
            name, _, value = option.partition("=")
            options[name] = value
        if "off-status" in options:
            return self.answer(int(options["off-status"]), {"error_code": "WKS.0002", "error_msg": "Told to fail."})
        if "off-error" in options:
            return self.answer(200, {"error_code": "WKS.00010028", "error_msg": "No such session"})
        if "off-echo" in options:
            shown = self.headers.get("X-Auth-Token") or self.headers.get("Authorization")
            return self.answer(400, {"error_code": "WKS.1", "error_msg": "you sent %s, did you not" % shown})
        if "off-cut" in options:
            return self.break_off(False)
        if "off-nothing" not in options:
            sessions.end(asked["session_ids"], float(options.get("off-later", 0)))
        if "off-blind" in options or "off-refused" in options:
            sessions.blind.update(texts)
        if "off-lock" in options:
            credentials.lock_key()
        if "off-lost" in options:
            return self.break_off(False)
        time.sleep(float(options.get("off-hang", 0)))
        if "off-then" in options:
            return self.answer(int(options["off-then"]), "<html><body>Proxy error</body></html>")
        return self.answer(200, "")

    def do_GET(self):
        global in_flight
        path, _, query = self.path.partition("?")
        if path.startswith("/lab/"):
            return self.lab(path, urllib.parse.parse_qs(query))
        count("requests")
        with lock:
            in_flight += 1
            counts["most_in_flight"] = max(counts.get("most_in_flight", 0), in_flight)
        try:
            self.guarded(lambda: self.serve(path, query), path, query)
        finally:
            with lock:
                in_flight -= 1

    def serve(self, path, query):
        sessions = projects.get(self.project_of(path, ".*"))
        parameters = urllib.parse.parse_qs(query, keep_blank_values=True, strict_parsing=True)
        parameters = {name: values[0] for name, values in parameters.items()}
        if sessions and path.endswith("/user-session-info"):
            self.user_sessions(sessions, parameters)
        elif sessions and path.endswith("/list-sessions"):
            self.list_sessions(parameters)
        else:
            raise Refusal(404, "APIGW.0101", "The API does not exist")

    def options_of(self, text):
        """The options that hold for this request, and which request of this user it is."""
        holding = {}
        with lock:
            number = seen[text] = seen.get(text, 0) + 1
        for option in text.split(";")[1:]:
            limited = re.fullmatch(r"(.*)x(\d+)", option)
            if limited and number > int(limited.group(2)):
                continue
            name, _, value = (limited.group(1) if limited else option).partition("=")
            holding[name] = value
        return holding, number

    def break_off(self, reset):
        if reset:
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.wfile.flush()
        self.connection.shutdown(socket.SHUT_RD if reset else socket.SHUT_RDWR)
        self.connection.close()
        self.close_connection = True

    def user_sessions(self, sessions, parameters):
        if list(parameters) != ["user_name"] or not parameters["user_name"]:
            raise Refusal(400, "WKS.00000001", "user_name is missing")
        text = parameters["user_name"]
        count("asked")
        options, number = self.options_of(text)
        time.sleep(float(options.get("delay", 0)))
        headers = [("Retry-After", options["retry-after"])] if "retry-after" in options else []
        if text in sessions.blind and "off-refused" in options:
            raise Refusal(200, "APIGW.0301", "Incorrect IAM authentication information")
        if text in sessions.blind:
            raise Refusal(500, "WKS.0003", "Told to fail.")
        body = {"session_info_list": sessions.of(text, options, number)}
        if "cut" in options or "reset" in options:
            return self.break_off("reset" in options)
        if "status" in options:
            return self.answer(int(options["status"]),
                               {"error_code": "WKS.0001%s" % options["status"], "error_msg": "Told to fail."}, headers)
        if "gateway" in options:
            return self.answer(int(options["gateway"]), {
                "error_code": "APIGW.0308", "error_msg": "The throttling threshold has been reached",
                "request_id": "lab-gateway-2"}, headers)
        if "html" in options:
            return self.answer(int(options["html"]), "<html><body>Proxy error</body></html>", headers)
        if "error" in options:
            return self.answer(200, {"error_code": "WKS.00010028", "error_msg": "No such\x1b[31m user"})
        if "echo" in options:
            shown = self.headers.get("X-Auth-Token") or self.headers.get("Authorization")
            return self.answer(400, {"error_code": "WKS.1", "error_msg": "you sent %s, did you not" % shown})
        if "redirect" in options:
            return self.answer(302, "", [("Location", "http://127.0.0.1:1/elsewhere")])
        if "empty" in options:
            return self.answer(200, "")
        if "body" in options:
            return self.answer(200, bytes.fromhex(options["body"]))
        if "size" in options:
            return self.answer(200, '{"session_info_list": [], "filler": "%s"}' % ("a" * int(options["size"])))
        if "truncate" in options:
            data = json.dumps(body).encode()
            self.send_response_only(200)
            self.send_header("Content-Length", str(len(data) + 100))
            self.end_headers()
            self.wfile.write(data[:-10])
            return self.break_off(False)
        return self.answer(200, body, headers)

    def list_sessions(self, parameters):
        for name in "query_begin_time", "query_end_time":
            if not re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", parameters.get(name, "")):
                raise Refusal(400, "WKS.00000001", name + " is missing")
        limit, offset = int(parameters.get("limit", 10)), int(parameters.get("offset", 0))
        if not 1 <= limit <= 100:
            raise Refusal(400, "WKS.00000001", "limit")
        wish = parameters.get("machine_name", "")
        total = int((re.search(r"total=(\d+)", wish) or [0, "250"])[1])
        held = total - 5 if "short" in wish else total
        items = [session("rows-%d" % (i % 3 + 1), i, app_server_group_name="group") for i in range(total)]
        body = {"count": total, "items": items[offset:min(offset + limit, held)]}
        if "uncounted" in wish:
            del body["count"]
        self.answer(200, body)

    def lab(self, path, parameters):
        if path == "/lab/revoke":
            credentials.revoke()
        elif path == "/lab/forget":
            credentials.forget()
            for sessions in projects.values():
                sessions.forget()
        with lock:
            if path == "/lab/life":
                credentials.life = float(parameters["seconds"][0])
            elif path == "/lab/iam-delay":
                settings["iam_delay"] = float(parameters["seconds"][0])
            elif path == "/lab/iam-pages":
                settings["iam_pages"] = int(parameters["count"][0])
            elif path == "/lab/forget":
                for each in counts, seen, bodies, settings:
                    each.clear()
            now = dict(counts, logoffs=list(bodies))
        for name in "refusals", "signed":
            if getattr(credentials, name) > 0:
                now[name] = getattr(credentials, name)
        self.answer(200, now)


class Server(socketserver.ThreadingMixIn, socketserver.TCPServer):
    daemon_threads = True
    allow_reuse_address = True
    request_queue_size = 256

    def handle_error(self, request, client_address):
        if not isinstance(sys.exc_info()[1], OSError):
            super().handle_error(request, client_address)


class Proxy(BaseHTTPRequestHandler):
    def log_message(self, *arguments):
        pass

    def do_CONNECT(self):
        count("tunnels")
        # What the proxy sees must not hold what is for the service alone.
        if "X-Auth-Token" in self.headers:
            count("tokens_seen_by_proxy")
        host, _, port = self.path.rpartition(":")
        with socket.create_connection((host, int(port))) as upstream:
            self.send_response_only(200)
            self.end_headers()
            both = [self.connection, upstream]
            while both:
                for ready in select.select(both, [], [])[0]:
                    data = ready.recv(65536)
                    if not data:
                        self.close_connection = True
                        return
                    (upstream if ready is self.connection else self.connection).sendall(data)


server, proxy = Server(("127.0.0.1", 0), Handler), Server(("127.0.0.1", 0), Proxy)
for each in server, proxy:
    threading.Thread(target=each.serve_forever, daemon=True).start()
print(server.server_address[1], proxy.server_address[1], flush=True)
sys.stdin.read()
