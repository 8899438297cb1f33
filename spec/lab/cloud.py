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
    state=NAME      all of them have this state

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

The tests also talk to it: GET /lab/counts, /lab/revoke (all tokens of IAM), /lab/life?seconds=N (of
tokens to come), /lab/forget (counts, what was logged off, and the refusals that lock the key). The counts have the bodies of all that
was asked to be logged off.
"""
import calendar
import datetime
import hashlib
import hmac
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

TOKEN, AK, SK, PASSWORD = sys.argv[1:5]
PROJECT = "0a1b2c3d4e5f60718293a4b5c6d7e8f9"
USER, DOMAIN, REGION = "auditor", "example-corp", "ap-southeast-1"
SECURITY_TOKEN = "temporary-" + TOKEN[::-1]
REFUSALS_ALLOWED = 5

lock = threading.Lock()
issued = {}
seen = {}
counts = {}
settings = {"life": 86400}
in_flight = 0
asked_as, ended, blind, bodies = {}, {}, set(), []


def count(name, by=1):
    with lock:
        counts[name] = counts.get(name, 0) + by


def session(user, number, **fields):
    made = {
        "id": hashlib.md5(f"{user}/{number}".encode()).hexdigest(),
        "session_stamp": f"S-1-5-21-7-{number}-HDP-{number}",
        "os_session_id": str(number),
        "protocol_type": "Hdp",
        "login_user": user,
        "session_type": "1" if number % 2 else "2",
        "app_group_id": "587004825166675900",
        "app_server_group_id": "fb8a92be-0000-4dac-9a4c-000000000000",
        "pre_conn_time": "2024-02-29 07:00:10",
        "start_time": "2024-02-29 07:00:20",
        "end_time": "0001-01-01 00:00:00",
        "status_continue_time": "3600",
        "machine_sid": "S-1-5-21-7-7-7-1001",
        "machine_name": f"DESK-{number:04}",
        "session_state": ["Active", "Disconnected", "AppcInit", "SignedOut", "InitFail"][number % 5 - 1],
        "app_name": "winlogon,explorer",
        "client_mac": "00-00-5e-00-53-01",
        "client_name": "laptop",
        "client_ip": f"192.0.2.{number % 250 + 1}",
        "public_ip": "198.51.100.7",
        "client_version": "23.2.2.0",
        "client_type": "Windows 10 Enterprise",
        "agent_version": "23.2.0.0314",
        "vm_ip": "203.0.113.9",
        "failed_reason": "success",
        "failed_code": "WKS.00000000",
        "last_update_status_time": "2024-02-29 08:00:20",
        "tenant_id": "26a0420e9e284569a23f1b2f7d9b5000",
    }
    made.update(fields)
    return {name: value for name, value in made.items() if value != "absent"}


PEOPLE = {
    "alice": [session("alice", 1), session("alice", 2, app_name=None, public_ip=None, os_session_id="absent")],
    "carol": [session("carol", 2)],
    "bob": [session("bob", 4, end_time="2024-02-29 09:00:00")],
    "CORP\\张 三+a@b.c": [session("CORP\\张 三+a@b.c", 1)],
}


def sessions_of(name):
    rows = re.fullmatch(r"rows-(\d+)", name)
    if rows:
        return [session(name, i + 1) for i in range(int(rows.group(1)))]
    return PEOPLE.get(name, [])


def encode(text):
    return urllib.parse.quote(text, safe="-_.~")


class Refusal(Exception):
    def __init__(self, status, code, message):
        self.status, self.code, self.message = status, code, message


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
        if self.path == "/v1/%s/session/logoff" % PROJECT:
            return self.guarded(lambda: self.log_off(body), self.path, "", body)
        count("tokens")
        if self.path != "/v3/auth/tokens?nocatalog=true":
            return self.answer(404, {"error": {"code": 404, "message": "no such path", "title": "Not Found"}})
        time.sleep(settings.get("iam_delay", 0))
        try:
            asked = json.loads(body)["auth"]
            user = asked["identity"]["password"]["user"]
            right = (asked["identity"]["methods"] == ["password"] and user["name"] == USER
                     and user["password"] == PASSWORD and user["domain"] == {"name": DOMAIN}
                     and asked["scope"]["project"] in ({"name": REGION}, {"id": PROJECT}))
        except (ValueError, KeyError, TypeError):
            right = False
        if not right or self.headers.get("Content-Type") != "application/json;charset=utf8":
            return self.answer(401, {"error": {
                "code": 401, "message": "The username or password is wrong: %s" % body.decode(errors="replace"),
                "title": "Unauthorized"}})
        with lock:
            name = "lab-token-%d-%s" % (len(issued) + 1, hashlib.sha256(body).hexdigest())
            issued[name] = time.time() + settings["life"]
        expires = datetime.datetime.utcfromtimestamp(issued[name]).strftime("%Y-%m-%dT%H:%M:%S.701000Z")
        return self.answer(201, {"token": {"expires_at": expires}}, [("X-Subject-Token", name)])

    def refuse(self, message):
        count("refusals")
        raise Refusal(401, "APIGW.0301", "Incorrect IAM authentication information: " + message)

    def check_signature(self, path, query, body):
        pattern = r"SDK-HMAC-SHA256 Access=(\S+), SignedHeaders=(\S+), Signature=([0-9a-f]{64})"
        given = re.fullmatch(pattern, self.headers.get("Authorization", ""))
        if counts.get("refusals", 0) >= REFUSALS_ALLOWED:
            self.refuse("the key is locked")
        if not given or given.group(1) != AK:
            self.refuse("no such key")
        date = self.headers.get("X-Sdk-Date", "")
        try:
            moment = calendar.timegm(time.strptime(date, "%Y%m%dT%H%M%SZ"))
        except ValueError:
            self.refuse("no date")
        if abs(moment - time.time()) > 900:
            self.refuse("the date is off")
        names = given.group(2).split(";")
        if names != sorted(names) or not {"host", "x-sdk-date"} <= set(names):
            self.refuse("signed headers")
        if self.headers.get("X-Project-Id") != PROJECT:
            self.refuse("project")
        if "X-Security-Token" in self.headers and (
                "x-security-token" not in names or self.headers["X-Security-Token"] != SECURITY_TOKEN):
            self.refuse("security token")
        uri = "/".join(encode(urllib.parse.unquote(part)) for part in path.split("/"))
        pairs = sorted(urllib.parse.parse_qsl(query, keep_blank_values=True))
        canonical = "\n".join([
            self.command, uri if uri.endswith("/") else uri + "/",
            "&".join("%s=%s" % (encode(name), encode(value)) for name, value in pairs),
            "".join("%s:%s\n" % (name, self.headers[name].strip()) for name in names),
            ";".join(names), hashlib.sha256(body).hexdigest()])
        text = "SDK-HMAC-SHA256\n%s\n%s" % (date, hashlib.sha256(canonical.encode()).hexdigest())
        if not hmac.compare_digest(hmac.new(SK.encode(), text.encode(), hashlib.sha256).hexdigest(),
                                   given.group(3)):
            self.refuse("the signature does not match")
        count("signed")

    def check_credentials(self, path, query, body):
        token = self.headers.get("X-Auth-Token")
        if token is None:
            return self.check_signature(path, query, body)
        if token != TOKEN and issued.get(token, 0) < time.time():
            self.refuse("the token has expired or is none")

    def guarded(self, serve, path, query, body=b""):
        try:
            self.check_credentials(path, query, body)
            serve()
        except Refusal as refusal:
            self.answer(refusal.status, {"error_code": refusal.code, "error_msg": refusal.message,
                                         "request_id": "lab-gateway-1"})
        except ValueError:
            self.answer(400, {"error_code": "WKS.00000001", "error_msg": "The query is malformed"})

    def log_off(self, body):
        types = {"session_ids": list, "message_type": int, "delay_time": int, "message": str, "title": str}
        asked = json.loads(body)
        if (self.headers.get("Content-Type") != "application/json" or not isinstance(asked, dict)
                or not {"session_ids", "message_type", "delay_time"} <= set(asked) <= set(types)
                or not all(type(value) is types[name] for name, value in asked.items())
                or not 1 <= len(asked["session_ids"]) <= 999 or not all(id in asked_as for id in asked["session_ids"])):
            raise Refusal(400, "WKS.00000001", "The body is malformed")
        with lock:
            bodies.append(asked)
            texts = [asked_as[id] for id in asked["session_ids"]]
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
        with lock:
            for id in asked["session_ids"] if "off-nothing" not in options else []:
                ended[id] = time.time() + float(options.get("off-later", 0))
            if "off-blind" in options:
                blind.update(texts)
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
        service = re.fullmatch(r"/v1/([^/]+)/session/([a-z-]+)", path)
        if not service or service.group(1) != PROJECT:
            raise Refusal(404, "APIGW.0101", "The API does not exist")
        parameters = urllib.parse.parse_qs(query, keep_blank_values=True, strict_parsing=True)
        parameters = {name: values[0] for name, values in parameters.items()}
        if service.group(2) == "user-session-info":
            self.user_sessions(parameters)
        elif service.group(2) == "list-sessions":
            self.list_sessions(parameters)
        else:
            raise Refusal(404, "APIGW.0101", "The API does not exist")

    def options_of(self, text):
        """The options that hold for this request."""
        holding = {}
        with lock:
            number = seen[text] = seen.get(text, 0) + 1
        for option in text.split(";")[1:]:
            limited = re.fullmatch(r"(.*)x(\d+)", option)
            if limited and number > int(limited.group(2)):
                continue
            name, _, value = (limited.group(1) if limited else option).partition("=")
            holding[name] = value
        return holding

    def break_off(self, reset):
        if reset:
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.wfile.flush()
        self.connection.shutdown(socket.SHUT_RD if reset else socket.SHUT_RDWR)
        self.connection.close()
        self.close_connection = True

    def still_there(self, text, options):
        rows = []
        for row in sessions_of(text.split(";")[0]):
            row = dict(row)
            with lock:
                asked_as[row["id"]] = text
                over = ended.get(row["id"], float("inf")) <= time.time()
            if over and "off-stays" in options:
                row["session_state"] = "SignedOut"
            elif over and "off-again" in options:
                row["start_time"] = "2024-03-01 08:00:00"
            elif over:
                continue
            elif "state" in options:
                row["session_state"] = options["state"]
            if "idless" in options:
                del row["id"]
            rows.append(row)
        return rows

    def user_sessions(self, parameters):
        if list(parameters) != ["user_name"] or not parameters["user_name"]:
            raise Refusal(400, "WKS.00000001", "user_name is missing")
        text = parameters["user_name"]
        count("asked")
        options = self.options_of(text)
        time.sleep(float(options.get("delay", 0)))
        headers = [("Retry-After", options["retry-after"])] if "retry-after" in options else []
        if text in blind:
            raise Refusal(500, "WKS.0003", "Told to fail.")
        body = {"session_info_list": self.still_there(text, options)}
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
        with lock:
            if path == "/lab/revoke":
                issued.clear()
            elif path == "/lab/life":
                settings["life"] = float(parameters["seconds"][0])
            elif path == "/lab/iam-delay":
                settings["iam_delay"] = float(parameters["seconds"][0])
            elif path == "/lab/forget":
                for each in counts, seen, ended, blind, bodies:
                    each.clear()
                settings.update(life=86400, iam_delay=0)
            now = dict(counts, logoffs=list(bodies))
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
