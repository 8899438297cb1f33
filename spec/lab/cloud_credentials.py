"""What the mock of Huawei Cloud Workspace checks of a request: a token and its expiry, or the signature, computed here on its own."""
import calendar
import hashlib
import hmac
import json
import re
import threading
import time
import urllib.parse

USER, DOMAIN, REGION = "auditor", "example-corp", "ap-southeast-1"
REFUSALS_ALLOWED = 5


class Refusal(Exception):
    def __init__(self, status, code, message):
        self.status, self.code, self.message = status, code, message


def encode(text):
    return urllib.parse.quote(text, safe="-_.~")


class Credentials:
    """The token given is for the first of the projects, and so is one that IAM gives for the region; keys are for all of them."""

    def __init__(self, token, ak, sk, password, projects):
        self.token, self.ak, self.sk, self.password, self.projects = token, ak, sk, password, projects
        self.security_token = "temporary-" + token[::-1]
        self.lock = threading.Lock()
        self.issued = {}
        self.tokens = 0  # no two are the same, whatever is forgotten
        self.forget()

    def forget(self):
        self.life, self.refusals, self.signed = 86400, 0, 0

    def revoke(self):
        with self.lock:
            self.issued.clear()

    def lock_key(self):
        self.refusals = max(self.refusals, REFUSALS_ALLOWED)

    def issue(self, body):
        """A token for what was asked of IAM, and until when; None where that is wrong."""
        try:
            asked = json.loads(body)["auth"]
            user = asked["identity"]["password"]["user"]
            scope = asked["scope"]["project"]
            project = self.projects[0] if scope == {"name": REGION} else scope["id"]
            right = (asked["identity"]["methods"] == ["password"] and user["name"] == USER and user["password"] == self.password
                     and user["domain"] == {"name": DOMAIN} and project in self.projects)
        except (ValueError, KeyError, TypeError):
            right = False
        if not right:
            return None
        with self.lock:
            self.tokens += 1
            name = "lab-token-%d-%s" % (self.tokens, hashlib.sha256(body).hexdigest())
            self.issued[name] = project, time.time() + self.life
            return name, self.issued[name][1]

    def refuse(self, message):
        with self.lock:
            self.refusals += 1
        raise Refusal(401, "APIGW.0301", "Incorrect IAM authentication information: " + message)

    def check_token(self, token, project):
        its_project, until = self.issued.get(token, (self.projects[0], float("inf") if token == self.token else 0))
        if until < time.time():
            self.refuse("the token has expired or is none")
        if its_project != project:
            raise Refusal(403, "APIGW.0802", "The IAM user is forbidden in the project")

    def check_signature(self, headers, project, method, path, query, body):
        pattern = r"SDK-HMAC-SHA256 Access=(\S+), SignedHeaders=(\S+), Signature=([0-9a-f]{64})"
        given = re.fullmatch(pattern, headers.get("Authorization", ""))
        if self.refusals >= REFUSALS_ALLOWED:
            self.refuse("the key is locked")
        if not given or given.group(1) != self.ak:
            self.refuse("no such key")
        date = headers.get("X-Sdk-Date", "")
        try:
            moment = calendar.timegm(time.strptime(date, "%Y%m%dT%H%M%SZ"))
        except ValueError:
            self.refuse("no date")
        if abs(moment - time.time()) > 900:
            self.refuse("the date is off")
        names = given.group(2).split(";")
        if names != sorted(names) or not {"host", "x-sdk-date"} <= set(names):
            self.refuse("signed headers")
        if headers.get("X-Project-Id") != project:
            self.refuse("project")
        if "X-Security-Token" in headers and (
                "x-security-token" not in names or headers["X-Security-Token"] != self.security_token):
            self.refuse("security token")
        uri = "/".join(encode(urllib.parse.unquote(part)) for part in path.split("/"))
        pairs = sorted(urllib.parse.parse_qsl(query, keep_blank_values=True))
        canonical = "\n".join([
            method, uri if uri.endswith("/") else uri + "/",
            "&".join("%s=%s" % (encode(name), encode(value)) for name, value in pairs),
            "".join("%s:%s\n" % (name, headers[name].strip()) for name in names),
            ";".join(names), hashlib.sha256(body).hexdigest()])
        text = "SDK-HMAC-SHA256\n%s\n%s" % (date, hashlib.sha256(canonical.encode()).hexdigest())
        if not hmac.compare_digest(hmac.new(self.sk.encode(), text.encode(), hashlib.sha256).hexdigest(), given.group(3)):
            self.refuse("the signature does not match")
        with self.lock:
            self.signed += 1

    def check(self, headers, project, method, path, query, body):
        """Raises a Refusal for what may not ask."""
        token = headers.get("X-Auth-Token")
        if token is None:
            self.check_signature(headers, project, method, path, query, body)
        else:
            self.check_token(token, project)
