#!/usr/bin/python3
"""An Alertmanager that counts who asks what, and consoles before it on one store.
usage: share_count.py PORT"""
import http.server
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time

PORT = int(sys.argv[1])
folder = tempfile.mkdtemp()
asked, firing = {}, ["Down"]
passed = failed = 0


class Alertmanager(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        path = self.path.split("?")[0]
        asked[path] = asked.get(path, 0) + 1
        now = time.strftime("%Y-%m-%dT%H:%M:%S.000Z", time.gmtime(time.time() - 60))
        alerts = [{"labels": {"alertname": name, "severity": "critical"}, "annotations": {},
                   "startsAt": now, "updatedAt": now, "endsAt": "2099-01-01T00:00:00.000Z",
                   "fingerprint": "%016x" % i, "receivers": [{"name": "all"}],
                   "status": {"state": "active", "silencedBy": [], "inhibitedBy": []},
                   "generatorURL": ""} for i, name in enumerate(firing)]
        body = {"/api/v2/alerts": alerts, "/api/v2/silences": []}.get(path, {})
        data = json.dumps(body).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, *_):
        pass


class Console:
    def __init__(self, name, profile=()):
        self.out = open(os.path.join(folder, name), "w+")
        self.process = subprocess.Popen(
            [os.environ["OOGWAY"], "-c", folder + "/rc", *profile, "--plain"],
            stdin=subprocess.DEVNULL, stdout=self.out, stderr=self.out,
            env={**os.environ, "HOME": folder, "XDG_STATE_HOME": folder + "/state",
                 "XDG_CONFIG_HOME": folder + "/config", "LANG": "C.UTF-8"})

    def said(self):
        with open(self.out.name) as f:
            return f.read()

    def says(self, text, seconds=30):
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            if text in self.said():
                return True
            time.sleep(0.1)
        return False

    def kill(self, how=signal.SIGKILL):
        self.process.send_signal(how)
        self.process.wait()


def ok(name, condition, why=""):
    global passed, failed
    if condition:
        passed += 1
    else:
        failed += 1
        print("not ok:", name, why)


def rate(seconds=8):
    """Asks for the alerts in that time; consoles ask once a second."""
    before = asked.get("/api/v2/alerts", 0)
    time.sleep(seconds)
    return asked.get("/api/v2/alerts", 0) - before


server = http.server.ThreadingHTTPServer(("127.0.0.1", PORT), Alertmanager)
threading.Thread(target=server.serve_forever, daemon=True).start()
with open(folder + "/rc", "w") as f:
    f.write("set refresh = 5m\nset log.files = /nonexistent\n"
            "profile other\nset window = 2h\nend\n"
            f"source am alertmanager url=http://127.0.0.1:{PORT} every=1s\n")
consoles = []
try:
    consoles.append(Console("first"))
    ok("the first shows it", consoles[0].says("Down"))
    alone = rate()
    ok("alone it asks each second", alone >= 5, alone)
    consoles.append(Console("second"))
    ok("the second shows it", consoles[1].says("Down"))
    time.sleep(4)
    both = rate()
    ok("two ask hardly more than one", both <= alone + 3, (alone, both))
    firing.append("Slow")
    ok("what is new comes to the first", consoles[0].says("Slow"))
    ok("and to the second", consoles[1].says("Slow"))
    consoles.append(Console("third"))
    consoles.append(Console("fourth"))
    ok("the fourth shows it", consoles[3].says("Slow"))
    time.sleep(4)
    four = rate()
    ok("nor do four", four <= alone + 4, (alone, four))
    consoles[0].kill()
    time.sleep(5)
    ok("when it is killed another asks", rate() >= 5)
    firing.append("Late")
    ok("for all of them", all(c.says("Late") for c in consoles[1:]))
    # The same server of another profile may be asked with another secret.
    consoles.append(Console("other", ("-P", "other")))
    ok("another profile shows it", consoles[4].says("Late"))
    time.sleep(4)
    with_other = rate()
    ok("but asks for itself", with_other >= alone + 4, (alone, with_other))
finally:
    for console in consoles:
        if console.process.poll() is None:
            console.kill(signal.SIGTERM)
    server.shutdown()
    shutil.rmtree(folder)
print("%d passed, %d failed" % (passed, failed))
sys.exit(failed != 0)
