#!/usr/bin/python3
"""Three servers with very much to tell, for the bench, all over TLS on loopback: on PORT
an Alertmanager with ALERTS alerts, on PORT + 1 a Prometheus whose one query has SERIES
series that swing (a range of it is 18 MB), on PORT + 2 a VictoriaMetrics that has its
rules. Bodies are made once, but for ranges of few series. Without a certificate: all of
it without TLS, on PORT alone.

usage: scale.py PORT ALERTS SERIES [CERTIFICATE KEY]
"""
import http.server
import json
import math
import ssl
import sys
import threading
import time
import urllib.parse

PORT, ALERTS, SERIES = (int(a) for a in sys.argv[1:4])
START = time.time() - 3600
POINTS = 78  # of a series in a range: 18 MB
FEW = 100


def stamp(at):
    return time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(at)) + ".000Z"


def alert(i):
    labels = {
        "alertname": "HostDown%d" % (i % 200), "instance": "web-%05d:9100" % i,
        "job": "node", "severity": ("critical", "warning", "info")[i % 3],
        "team": "team-%d" % (i % 12),
    }
    return {
        "labels": labels,
        "annotations": {"summary": "web-%05d does not answer" % i},
        "startsAt": stamp(START + i % 3000), "endsAt": stamp(START + 90000),
        "updatedAt": stamp(START), "fingerprint": "%016x" % (i * 2654435761 % 2**64),
        "receivers": [{"name": "all"}],
        "status": {"state": "active", "silencedBy": [], "inhibitedBy": []},
        "generatorURL": "http://127.0.0.1:%d/graph" % PORT,
    }


def metric(i):
    return {"__name__": "load", "instance": "web-%05d" % i, "oogway_query": "0"}


def value(i, at):
    return "%.1f" % (50 + 30 * math.sin(at / (5 + i % 7) + i) + (int(at) * 7919 + i * 31) % 20)


def vector(now):
    return {"resultType": "vector", "result": [
        {"metric": metric(i), "value": [now, value(i, now)]} for i in range(SERIES)]}


def matrix(start, end, step):
    times = [start + n * step for n in range(int((end - start) / step) + 1)]
    return {"resultType": "matrix", "result": [
        {"metric": metric(i), "values": [[at, value(i, at)] for at in times]}
        for i in range(SERIES)]}


def rules():
    return {"groups": [{"name": "hosts", "file": "hosts.yml", "rules": [
        {"type": "alerting", "name": "HostDown%d" % i, "query": "up{job=\"node\"} == 0",
         "duration": 60, "labels": {}, "annotations": {}, "alerts": [], "state": "firing",
         "health": "ok"} for i in range(200)]}]}


def success(data):
    return json.dumps({"status": "success", "data": data}).encode()


ALERT_BODY = json.dumps([alert(i) for i in range(ALERTS)]).encode()
END = int(time.time() + 20)
RANGE_BODY = success(matrix(END - 10 * POINTS, END - 10, 10)) if SERIES > FEW else b""


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def body(self, asked):
        place = self.server.server_address[1] - PORT
        if "/api/v2/alerts" in self.path:
            return ALERT_BODY
        if "/api/v2/silences" in self.path:
            return b"[]"
        if "/rules" in self.path:
            return success(rules() if place == 2 else {"groups": []})
        if "load" not in asked.get("query", [""])[0]:
            return success({"resultType": "matrix" if "query_range" in self.path
                            else "vector", "result": []})
        if "query_range" not in self.path:
            return success(vector(time.time()))
        return RANGE_BODY or success(
            matrix(*(float(asked[name][0]) for name in ("start", "end", "step"))))

    def answer(self):
        text = self.rfile.read(int(self.headers.get("Content-Length") or 0)).decode()
        form = text or urllib.parse.urlsplit(self.path).query
        body = self.body(urllib.parse.parse_qs(form))
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    do_GET = do_POST = answer

    def log_message(self, *args):
        pass


secure = len(sys.argv) > 4
servers = [http.server.ThreadingHTTPServer(("127.0.0.1", PORT + i), Handler)
           for i in range(3 if secure else 1)]
if secure:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(sys.argv[4], sys.argv[5])
for server in servers:
    server.daemon_threads = True
    if secure:
        server.socket = context.wrap_socket(server.socket, server_side=True)
for server in servers[1:]:
    threading.Thread(target=server.serve_forever, daemon=True).start()
print("range %d bytes, alerts %d bytes" % (len(RANGE_BODY), len(ALERT_BODY)), flush=True)
servers[0].serve_forever()
