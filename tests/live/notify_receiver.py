#!/usr/bin/env python3
"""Takes webhooks on a loopback port and writes what came as one JSON line each, to a file:
the path, whether the signature is right and young, and the document. /refuse answers the
first two with 503, /gone all with 404."""
import hashlib
import hmac
import http.server
import json
import sys
import threading
import time

port, key, out = int(sys.argv[1]), open(sys.argv[2], 'rb').read().strip(), sys.argv[3]
refused = {}
lock = threading.Lock()


class Handler(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        body = self.rfile.read(int(self.headers['Content-Length']))
        stamp = self.headers.get('X-Oogway-Timestamp', '')
        wanted = 'v1=' + hmac.new(key, stamp.encode() + b'.' + body, hashlib.sha256).hexdigest()
        signed = hmac.compare_digest(wanted, self.headers.get('X-Oogway-Signature', ''))
        fresh = stamp.isdigit() and abs(time.time() - int(stamp)) < 60
        status = 404 if self.path == '/gone' else 200
        if self.path == '/refuse' and refused.setdefault(self.path, 0) < 2:
            refused[self.path] += 1
            status = 503
        with lock, open(out, 'a') as log:
            print(json.dumps({'path': self.path, 'status': status, 'signed': signed and fresh,
                              'body': json.loads(body)}), file=log, flush=True)
        self.send_response(status)
        self.send_header('Content-Length', '2')
        self.end_headers()
        self.wfile.write(b'ok')

    def log_message(self, *_):
        pass


http.server.ThreadingHTTPServer(('127.0.0.1', port), Handler).serve_forever()
