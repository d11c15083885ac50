#!/usr/bin/python3
"""Three servers with very much to tell, for the bench, all over TLS on loopback: on PORT
an Alertmanager with ALERTS alerts, on PORT + 1 a Prometheus whose one query has SERIES
series (a range of it is 18 MB), on PORT + 2 a VictoriaMetrics that has its rules.
Bodies are made once.

usage: scale.py PORT ALERTS SERIES CERTIFICATE KEY
"""
import http.server
import json
import ssl
import sys
import threading
import time
import urllib.parse

PORT, ALERTS, SERIES = (int(a) for a in sys.argv[1:4])
START = time.time() - 3600
POINTS = 78  # of a series in a range: 18 MB


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
    return str((i * 7919 + int(at)) % 1000 / 10)


def vector(now):
    return {"resultType": "vector", "result": [
        {"metric": metric(i), "value": [now, value(i, now)]} for i in range(SERIES)]}


def matrix(now):
    times = [int(now) - 10 * (POINTS - k) for k in range(POINTS)]
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
RANGE_BODY = success(matrix(time.time() + 20))


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
        return RANGE_BODY if "query_range" in self.path else success(vector(time.time()))

    def answer(self):
        text = self.rfile.read(int(self.headers.get("Content-Length") or 0)).decode()
        body = self.body(urllib.parse.parse_qs(text))
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    do_GET = do_POST = answer

    def log_message(self, *args):
        pass


context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
context.load_cert_chain(sys.argv[4], sys.argv[5])
servers = [http.server.ThreadingHTTPServer(("127.0.0.1", PORT + i), Handler)
           for i in range(3)]
for server in servers:
    server.daemon_threads = True
    server.socket = context.wrap_socket(server.socket, server_side=True)
for server in servers[1:]:
    threading.Thread(target=server.serve_forever, daemon=True).start()
print("range %d bytes, alerts %d bytes" % (len(RANGE_BODY), len(ALERT_BODY)), flush=True)
servers[0].serve_forever()
