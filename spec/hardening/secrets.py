"""Runs everything with secrets that nothing else looks like, and looks for them wherever they must not be.

    secrets.py FOLDER

The secrets are those that the lab's servers take, so that there are rows, and wrong ones. They are looked for in the arguments
of all processes, the environment of workers, everything that is printed, every file that is written, and Samba's logs. A
secret that is put there on purpose must be found.
"""
import gzip
import os
import shutil
import sys
import urllib.request

from impacket.ntlm import compute_nthash

import binaries
import cores
import watched

FOLDER = sys.argv[1]
LAB = {name[4:]: value for name, value in os.environ.items() if name.startswith("LAB_")}
WORK = os.path.join(LAB["FOLDER"], "secrets")
SECRET_FILES = os.path.join(LAB["FOLDER"], "secret-files")
COMMAND = os.path.abspath(os.environ["ROLLCALL"])
SERVERS = ["127.0.0.1:" + LAB[name + "_PORT"] for name in ("SAMBA", "DOUBLE", "SILENT", "CLOSED")]
CLOUD = ["--endpoint", "https://127.0.0.1:" + LAB["CLOUD_PORT"], "--iam-endpoint", "https://127.0.0.1:" + LAB["CLOUD_PORT"],
         "--ca-file", LAB["CLOUD_CA_FILE"], "--project-id", LAB["CLOUD_PROJECT"], "--region", LAB["CLOUD_REGION"]]
MARKS = {
    "password": LAB["PASSWORD"], "wrong password": "M4rk-wrong-0815", "NT hash": compute_nthash(LAB["PASSWORD"]).hex(),
    "token": LAB["CLOUD_TOKEN"], "IAM token": "lab-token-", "IAM password": LAB["CLOUD_PASSWORD"], "access key": LAB["CLOUD_AK"],
    "secret key": LAB["CLOUD_SK"], "security token": "temporary-" + LAB["CLOUD_TOKEN"][::-1], "proxy password": "M4rk-proxy-4711",
}
CLEAN = {name: os.environ[name] for name in ("PATH", "LUA_PATH_5_4", "LUA_CPATH_5_4") if name in os.environ}
CLEAN.update(HOME=WORK, LANG="C.UTF-8")

findings, facts = [], []


def found(text):
    findings.append(text)
    print("FOUND:", text, flush=True)


def fact(*parts):
    facts.append(tuple(str(part) for part in parts))
    print(*parts, sep=": ", flush=True)


def forms(mark):
    """A secret as it may stand somewhere."""
    yield mark.encode()
    yield mark.upper().encode()
    yield mark.encode("utf-16-le")


def marks_in(data):
    return [name for name, mark in MARKS.items() if any(form in data for form in forms(mark))]


def expect_none(where, data):
    for name in marks_in(data):
        found(f"{where}: the {name}")


def put(name, text, mode=0o600):
    path = os.path.join(SECRET_FILES, name)
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "w") as file:
        file.write(text)
    os.chmod(path, mode)
    return path


def forgive():
    """The cloud locks a key after a few refusals."""
    urllib.request.urlopen("http://127.0.0.1:%s/lab/forget" % LAB["CLOUD_PLAIN_PORT"]).read()


class Tried:
    def __init__(self):
        self.runs = self.looks = self.bytes = 0
        self.workers = set()

    def run(self, what, arguments, environment=(), codes=(0, 2)):
        forgive()
        seen = watched.run([COMMAND, *arguments], {**CLEAN, **dict(environment)})
        if seen.code not in codes:
            found(f"{what}: exit code {seen.code}: {seen.errors.decode()[:300]}")
        expect_none(what + ": arguments", b"\n".join(seen.arguments))
        expect_none(what + ": the environment of a worker", b"\n".join(seen.environments))
        expect_none(what + ": what it prints", seen.output)
        expect_none(what + ": what it complains of", seen.errors)
        self.runs += 1
        self.looks += seen.looks
        self.bytes += len(seen.output) + len(seen.errors)
        self.workers |= seen.workers
        return seen


def smb(tried):
    files = {"right": put("right", f"username = auditor\npassword = {MARKS['password']}\n"),
             "wrong": put("wrong", f"username = auditor\npassword = {MARKS['wrong password']}\n"),
             "bare": put("bare", MARKS["password"] + "\n")}
    ways = [
        ("ROLLCALL_PASSWORD", ["-U", "auditor"], {"ROLLCALL_PASSWORD": MARKS["password"]}),
        ("a wrong ROLLCALL_PASSWORD", ["-U", "auditor"], {"ROLLCALL_PASSWORD": MARKS["wrong password"]}),
        ("an NT hash", ["-U", "auditor", "--pw-nt-hash"], {"ROLLCALL_PASSWORD": MARKS["NT hash"]}),
        ("a credentials file", ["-A", files["right"]], {}), ("a wrong credentials file", ["-A", files["wrong"]], {}),
        ("a password command", ["-U", "auditor", "--password-command", "cat " + files["bare"]], {}),
    ]
    commands = [["smb"], ["connections", "--qualifier", "projects"], ["sessions"], ["files"], ["shares"]]
    for turn, (way, arguments, environment) in enumerate(ways):
        for number, command in enumerate(commands):
            style = ("table", "csv", "json", "jsonl")[(turn + number) % 4]
            # The silent one takes its time, in which there is much to be looked at.
            asked = SERVERS if number == 0 else [SERVERS[0], SERVERS[1], SERVERS[3]]
            tried.run(f"{command[0]}, {way}", [*command, *asked, *arguments, "--timeout", "1", "--logon-attempts", "1000", "--format", style], environment)
    return files


def sessions(tried):
    iam = put("iam", f"username = {LAB['CLOUD_USERNAME']}\npassword = {MARKS['IAM password']}\ndomain = {LAB['CLOUD_DOMAIN']}\n")
    keys = {"HUAWEICLOUD_SDK_AK": MARKS["access key"], "HUAWEICLOUD_SDK_SK": MARKS["secret key"]}
    stored = put("huawei", f"[basic]\nak = {MARKS['access key']}\nsk = {MARKS['secret key']}\n")
    ways = [
        ("ROLLCALL_TOKEN", [], {"ROLLCALL_TOKEN": MARKS["token"]}),
        ("a wrong token", [], {"ROLLCALL_TOKEN": MARKS["wrong password"]}),
        ("keys", [], keys),
        ("keys and a security token", [], {**keys, "HUAWEICLOUD_SDK_SECURITY_TOKEN": MARKS["security token"]}),
        ("Huawei's credentials file", [], {"HUAWEICLOUD_SDK_CREDENTIALS_FILE": stored}),
        ("an IAM user's file", ["-A", iam], {}),
        ("an IAM user's password", ["-U", LAB["CLOUD_USERNAME"], "--domain", LAB["CLOUD_DOMAIN"]],
         {"ROLLCALL_PASSWORD": MARKS["IAM password"]}),
        ("a wrong IAM password, which IAM repeats", ["-U", LAB["CLOUD_USERNAME"], "--domain", LAB["CLOUD_DOMAIN"]],
         {"ROLLCALL_PASSWORD": MARKS["wrong password"]}),
        ("a proxy with a password", [], {"ROLLCALL_TOKEN": MARKS["token"],
                                         "HTTPS_PROXY": f"http://someone:{MARKS['proxy password']}@127.0.0.1:{LAB['CLOUD_PROXY_PORT']}"}),
        ("a proxy with a password, that is down", [], {"ROLLCALL_TOKEN": MARKS["token"],
                                                       "HTTPS_PROXY": f"http://someone:{MARKS['proxy password']}@{SERVERS[3]}"}),
    ]
    users = ["alice", "x;echo", "x;status=403", "rows-1;delay=0.2"]
    for turn, (way, arguments, environment) in enumerate(ways):
        style = ("table", "csv", "json", "jsonl")[turn % 4]
        tried.run(f"workspace, {way}", ["workspace", *CLOUD, *arguments, "--retries", "0", "--user", *users, "--format", style], environment)
    return iam, stored


def inventories(tried, files, iam):
    """Every command over an inventory, with secrets by environment, file and command."""
    servers = ", ".join('"%s"' % server for server in SERVERS)
    cloud = (f'endpoint = "{CLOUD[1]}", iam_endpoint = "{CLOUD[1]}", ca_file = "{LAB["CLOUD_CA_FILE"]}", '
             f'project_id = "{LAB["CLOUD_PROJECT"]}", region = "{LAB["CLOUD_REGION"]}"')
    for name in "token", "secret key", "NT hash", "IAM password", "security token":
        put("reference/" + name.replace(" ", "_"), MARKS[name] + "\n")
    reference = os.path.join(SECRET_FILES, "reference")
    text = f'''
smb {{ servers = {{ {servers} }}, username = "auditor", password = env "MARKED_PASSWORD", timeout = 0.7 }}
smb {{ servers = {{ {servers} }}, username = "auditor", password = file "{files["bare"]}", timeout = 0.7, query = "shares" }}
smb {{ servers = {{ {servers} }}, username = "auditor", password = command "cat {files["bare"]}", timeout = 0.7, query = "files" }}
smb {{ servers = "{SERVERS[1]}", username = "auditor", nt_hash = file "{reference}/NT_hash", query = "sessions" }}
smb {{ servers = "{SERVERS[1]}", query = "connections", qualifier = "projects",
  credential = credential {{ authentication_file = "{files["wrong"]}" }} }}
workspace {{ {cloud}, users = {{ "alice", "x;echo" }}, token = file "{reference}/token" }}
workspace {{ {cloud}, users = {{ "bob", "y;echo" }}, token = env "MARKED_WRONG" }}
workspace {{ {cloud}, users = {{ "rows-1", "z;echo" }}, ak = env "MARKED_AK", sk = file "{reference}/secret_key", security_token = command "cat {reference}/security_token" }}
workspace {{ {cloud}, users = {{ "rows-2", "u;echo" }}, credential = credential {{ authentication_file = "{iam}" }} }}
'''
    path = os.path.join(WORK, "inventory.lua")
    with open(path, "w") as file:
        file.write(text)
    policy = os.path.join(WORK, "policy.lua")
    with open(policy, "w") as file:
        file.write('rule { id = "nobody", message = "{user} is there", kind = "access", check = function(r) return false end }\n'
                   'rule { id = "broken", message = "x", kind = "share", check = function(r) return r.nothing.at_all end }\n')
    environment = {"MARKED_PASSWORD": MARKS["password"], "MARKED_WRONG": MARKS["wrong password"], "MARKED_AK": MARKS["access key"]}
    for style in "table", "csv", "json", "jsonl", "markdown", "html", "prometheus", "openmetrics":
        tried.run("report as " + style, ["report", path, "--format", style, "-o", f"{WORK}/report.{style}"], environment)
    for style in "text", "json", "junit", "sarif", "ocsf", "github", "prometheus", "openmetrics", "nagios":
        tried.run("check as " + style, ["check", path, "--policy", policy, "--format", style], environment, (1, 2))
    for name in "now.jsonl", "now.jsonl.gz":
        tried.run("snapshot " + name, ["snapshot", path, "-o", f"{WORK}/{name}"], environment)
    tried.run("diff", ["diff", f"{WORK}/now.jsonl", path], environment, (0, 1, 2))
    tried.run("watch", ["watch", path, "--times", "2", "--interval", "0.1", "--snapshot", f"{WORK}/kept.jsonl.gz", "--format", "jsonl",
                        "--run", f"cat >> {WORK}/ran"], environment)


def written():
    """Every file that was written, unpacked if it is packed; and what Samba logged."""
    count = size = 0
    for top in WORK, os.path.join(LAB["FOLDER"], "log"):
        for folder, _, names in os.walk(top):
            for name in names:
                path = os.path.join(folder, name)
                data = watched.read(path)
                if name.endswith(".gz"):
                    data = gzip.decompress(data)
                expect_none(path, data)
                count, size = count + 1, size + len(data)
    return count, size


def planted():
    """Where a secret is, it is found."""
    mark = MARKS["secret key"]
    path = os.path.join(WORK, "planted")
    seen = watched.run(["sh", "-c", f'sh -c "sleep 0.3; true" {mark}; echo {mark}; echo {mark} >&2; echo {mark} > {path}'],
                       {**CLEAN, "PLANTED": mark}, also_children=True)
    places = {"arguments": b"\n".join(seen.arguments), "environment": b"\n".join(seen.environments), "output": seen.output,
              "errors": seen.errors, "files": watched.read(path), "utf-16": mark.encode("utf-16-le")}
    for place, data in places.items():
        if marks_in(data) != ["secret key"]:
            found(f"a planted secret was not found: {place}")
    os.remove(path)
    return len(places)


def refused(files, iam, stored):
    """Each way in which a file with a secret is read refuses one that others can read."""
    inventory = os.path.join(WORK, "refused.lua")
    ways = [
        ("-A of connections", files["right"], ["shares", SERVERS[1], "-A", files["right"]], {}, 3),
        ("-A of workspace", iam, ["workspace", *CLOUD, "-A", iam, "--user", "alice"], {}, 3),
        ("Huawei's file, named", stored, ["workspace", *CLOUD, "--user", "alice"], {"HUAWEICLOUD_SDK_CREDENTIALS_FILE": stored}, 3),
    ]
    home = put("home/.huaweicloud/credentials", watched.read(stored).decode())
    ways.append(("Huawei's file at home", home, ["workspace", *CLOUD, "--user", "alice"], {"HOME": os.path.join(SECRET_FILES, "home")}, 3))
    for field, value in ('password = file "%s"', files["bare"]), ('credential = credential { authentication_file = "%s" }', files["right"]):
        path = inventory + str(len(ways))
        with open(path, "w") as file:
            name = 'username = "auditor", ' if "password" in field else ""
            file.write('smb { servers = "%s", %s%s }\n' % (SERVERS[1], name, field % value))
        ways.append(("an inventory's " + field.split()[0], value, ["report", path], {}, 3))
    count = 0
    for way, path, arguments, environment, code in ways:
        forgive()
        seen = watched.run([COMMAND, *arguments], {**CLEAN, **environment})
        if seen.code != 0:
            found(f"{way}: mode 600 is refused: {seen.errors.decode()}")
        for mode in 0o640, 0o604, 0o620, 0o602, 0o660, 0o610:
            os.chmod(path, mode)
            seen = watched.run([COMMAND, *arguments], {**CLEAN, **environment})
            if seen.code != code or path.encode() not in seen.errors or b"by others (chmod 600" not in seen.errors:
                found(f"{way}: mode {mode:o} is not refused, or not so: {seen.code} {seen.errors.decode()}")
            expect_none(way, seen.output + seen.errors)
            count += 1
        os.chmod(path, 0o600)
    return len(ways), count


def main():
    for folder in WORK, SECRET_FILES:
        shutil.rmtree(folder, ignore_errors=True)
        os.makedirs(folder)
    places = planted()
    fact("secrets put on purpose into arguments, environment, output, errors and files", places, "all found")
    tried = Tried()
    files = smb(tried)
    iam, stored = sessions(tried)
    inventories(tried, files, iam)
    if not tried.workers:
        found("no worker was seen")
    fact(f"commands run with {len(MARKS)} marked secrets, by environment, file, command, keys, proxy", tried.runs,
         f"{tried.looks} samples of arguments and at the environment of {len(tried.workers)} workers, {tried.bytes} bytes printed: none found")
    count, size = written()
    fact("files written meanwhile: reports, snapshots, snapshots of polls, what was handed on, Samba's logs", count, f"{size} bytes: none found")
    ways, count = refused(files, iam, stored)
    fact(f"files with secrets that others can read or write, {ways} ways to name them", count, "each refused, with path and reason")
    forgive()
    cores.check(LAB, CLEAN, MARKS, fact, found)
    binaries.check(LAB, CLEAN, fact, found)
    if findings:
        sys.exit(1)
    with open(os.path.join(FOLDER, "secrets.tsv"), "w") as file:
        file.writelines("\t".join(each) + "\n" for each in facts)


main()
