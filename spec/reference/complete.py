"""Asks a language server what it would complete at the end of a text: complete.py SERVER FOLDER FILE TEXT; a label a line."""
import json
import pathlib
import subprocess
import sys
import time

server, folder, name, text = sys.argv[1:]
root = pathlib.Path(folder).as_uri()
uri = root + "/" + name
program = subprocess.Popen([server, "--logpath=" + folder + "/log"], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
last = 0


def send(message):
    body = json.dumps(dict(message, jsonrpc="2.0")).encode()
    program.stdin.write(b"Content-Length: %d\r\n\r\n" % len(body) + body)
    program.stdin.flush()


def receive():
    length = 0
    while True:
        line = program.stdout.readline()
        if not line:
            sys.exit("the language server has ended")
        if line == b"\r\n":
            return json.loads(program.stdout.read(length))
        if line.lower().startswith(b"content-length:"):
            length = int(line.split(b":")[1])


def ask(method, params):
    global last
    last += 1
    send({"id": last, "method": method, "params": params})
    while True:
        message = receive()
        if message.get("id") == last and "method" not in message:
            return message.get("result")
        if "id" in message and "method" in message:
            items = message.get("params", {}).get("items") if message["method"] == "workspace/configuration" else None
            send({"id": message["id"], "result": [None] * len(items) if items else None})


ask("initialize", {"processId": None, "rootUri": root, "workspaceFolders": [{"uri": root, "name": "here"}],
                   "capabilities": {"workspace": {"configuration": False}}})
send({"method": "initialized", "params": {}})
send({"method": "textDocument/didOpen", "params": {"textDocument": {"uri": uri, "languageId": "lua", "version": 1, "text": text}}})
lines = text.split("\n")
position = {"line": len(lines) - 1, "character": len(lines[-1])}
# Until it has read the workspace, it has little to say.
for _ in range(50):
    result = ask("textDocument/completion", {"textDocument": {"uri": uri}, "position": position})
    labels = [item["label"] for item in (result or {}).get("items", [])]
    if labels:
        break
    time.sleep(0.2)
print("\n".join(labels))
program.kill()
