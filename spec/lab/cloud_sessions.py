"""The sessions of the mock of Huawei Cloud Workspace, made up, and which of them have been logged off. cloud.py has the names of users."""
import hashlib
import re
import threading
import time


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
    "dave": [session("dave", 7)],
    "bob": [session("bob", 4, end_time="2024-02-29 09:00:00")],
    "CORP\\张 三+a@b.c": [session("CORP\\张 三+a@b.c", 1)],
}


def sessions_of(name):
    rows = re.fullmatch(r"rows-(\d+)", name)
    if rows:
        return [session(name, i + 1) for i in range(int(rows.group(1)))]
    return PEOPLE.get(name, [])


class Sessions:
    """Those of one project. Another has sessions of the same users, with the same ids, and what is logged off there is there still."""

    def __init__(self):
        self.lock = threading.Lock()
        self.forget()

    def forget(self):
        self.asked_as, self.ended, self.blind = {}, {}, set()

    def of(self, text, options, number):
        """The sessions of the user who is asked about for the time of this number."""
        def since(option):
            return option in options and number >= int(options[option])

        rows = []
        for position, row in enumerate(sessions_of(text.split(";")[0])):
            row = dict(row)
            with self.lock:
                self.asked_as[row["id"]] = text
                over = self.ended.get(row["id"], float("inf")) <= time.time()
            if over and "off-stays" in options:
                row["session_state"] = "SignedOut"
            elif over and "off-again" in options:
                row["start_time"] = "2024-03-01 08:00:00"
            elif over:
                continue
            elif "state" in options:
                row["session_state"] = options["state"]
            if position == 0 and since("gone"):
                continue
            if position == 0 and since("anew"):
                row["start_time"] = "2024-03-01 08:00:00"
            if position == 0 and since("taken"):
                row["login_user"] = "eve"
            for name in "id", "start_time", "login_user":
                if name + "less" in options:
                    del row[name]
            rows.append(row)
        return rows

    def asked_about(self, ids):
        """As whom each of the sessions was last asked about."""
        with self.lock:
            return [self.asked_as.get(id) for id in ids]

    def end(self, ids, seconds):
        with self.lock:
            for id in ids:
                self.ended[id] = time.time() + seconds
