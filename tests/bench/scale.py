#!/usr/bin/python3
"""A server with very many alerts and series, for the bench: an Alertmanager with N alerts
and a Prometheus whose one query has M series that swing. Loopback only; the alerts are
made once. Few series have a history, too.

usage: scale.py PORT ALERTS SERIES
"""
import http.server
import json
import math
import sys
import time
import urllib.parse

PORT, ALERTS, SERIES = (int(a) for a in sys.argv[1:4])
START = time.time() - 3600


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


def value(i, at):
    return "%.1f" % (50 + 30 * math.sin(at / (5 + i % 7) + i) + (int(at) * 7919 + i * 31) % 20)


def labels(i):
    return {"__name__": "load", "instance": "web-%05d" % i, "oogway_query": "0"}


def vector(now):
    return json.dumps({"status": "success", "data": {"resultType": "vector", "result": [
        {"metric": labels(i), "value": [now, value(i, now)]} for i in range(SERIES)]}})


def matrix(start, end, step):
    times = [start + n * step for n in range(int((end - start) / step) + 1)]
    return json.dumps({"status": "success", "data": {"resultType": "matrix", "result": [
        {"metric": labels(i), "values": [[at, value(i, at)] for at in times]}
        for i in range(SERIES if SERIES <= 100 else 0)]}})


ALERT_BODY = json.dumps([alert(i) for i in range(ALERTS)]).encode()


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def answer(self):
        asked = self.rfile.read(int(self.headers.get("Content-Length") or 0)).decode()
        form = urllib.parse.parse_qs(asked or urllib.parse.urlsplit(self.path).query)
        if "/api/v2/alerts" in self.path:
            body = ALERT_BODY
        elif "/api/v2/silences" in self.path:
            body = b"[]"
        elif "/rules" in self.path:
            body = b'{"status":"success","data":{"groups":[]}}'
        elif "query_range" in self.path:
            body = matrix(*(float(form[name][0]) for name in ("start", "end", "step"))).encode()
        else:
            body = vector(time.time()).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    do_GET = do_POST = answer

    def log_message(self, *args):
        pass


http.server.ThreadingHTTPServer(("127.0.0.1", PORT), Handler).serve_forever()
