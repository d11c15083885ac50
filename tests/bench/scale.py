#!/usr/bin/python3
"""A server with very many alerts and series, for the bench: an Alertmanager with N alerts
and a Prometheus whose one query has M series. Loopback only; answers are made once.

usage: scale.py PORT ALERTS SERIES
"""
import http.server
import json
import sys
import time

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


def matrix(now):
    return json.dumps({"status": "success", "data": {"resultType": "vector", "result": [
        {"metric": {"__name__": "load", "instance": "web-%05d" % i, "oogway_query": "0"},
         "value": [now, str((i * 7919 + int(now)) % 1000 / 10)]} for i in range(SERIES)]}})


ALERT_BODY = json.dumps([alert(i) for i in range(ALERTS)]).encode()


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def answer(self):
        self.rfile.read(int(self.headers.get("Content-Length") or 0))
        if "/api/v2/alerts" in self.path:
            body = ALERT_BODY
        elif "/api/v2/silences" in self.path:
            body = b"[]"
        elif "/rules" in self.path:
            body = b'{"status":"success","data":{"groups":[]}}'
        elif "query_range" in self.path:
            body = b'{"status":"success","data":{"resultType":"matrix","result":[]}}'
        else:
            body = matrix(time.time()).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    do_GET = do_POST = answer

    def log_message(self, *args):
        pass


http.server.ThreadingHTTPServer(("127.0.0.1", PORT), Handler).serve_forever()
