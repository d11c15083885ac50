#!/usr/bin/python3 -B
"""A forward proxy: CONNECT, and plain requests with a whole URL. For tests only.

  proxy.py --port N [--status CODE]

Prints `CONNECT host:port` or `METHOD url` for each request, and `no` or `yes`: whether
an Authorization header could be read. With --status it answers that and forwards nothing.
"""
import argparse
import http.client
import select
import socket
import sys
import urllib.parse

import web


class Proxy(web.Handler):
    status = None

    def note(self):
        seen = 'yes' if 'Authorization' in self.headers else 'no'
        sys.stdout.write(f'{self.command} {self.path} {seen}\n')
        sys.stdout.flush()
        if self.status:
            self.answer(self.status, b'the proxy says no\n', content_type='text/plain')
        return self.status is None

    def do_CONNECT(self):
        self.close_connection = True
        if not self.note():
            return
        host, _, port = self.path.rpartition(':')
        try:
            far = socket.create_connection((host, int(port)), timeout=5)
        except OSError:
            self.answer(502, b'cannot connect\n', content_type='text/plain')
            return
        with far:
            self.send_response_only(200, 'Connection established')
            self.end_headers()
            self.pump(far)

    def pump(self, far):
        ends = {self.connection: far, far: self.connection}
        while True:
            for ready in select.select(list(ends), [], [])[0]:
                data = ready.recv(65536)
                if not data:
                    return
                ends[ready].sendall(data)

    def do_GET(self):
        body = self.read_body()
        if not self.note():
            return
        url = urllib.parse.urlsplit(self.path)
        far = http.client.HTTPConnection(url.hostname, url.port or 80, timeout=10)
        headers = {name: value for name, value in self.headers.items()
                   if not name.lower().startswith(('proxy-', 'connection', 'accept-encoding'))}
        far.request(self.command, url.path + ('?' + url.query if url.query else ''),
                    body, headers)
        answer = far.getresponse()
        self.answer(answer.status, answer.read(),
                    content_type=answer.headers.get('Content-Type', 'text/plain'))
        far.close()

    do_POST = do_GET


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument('--port', type=int, required=True)
    parser.add_argument('--status', type=int)
    options = parser.parse_args()
    Proxy.status = options.status
    web.Server(options.port, Proxy).serve_forever()


if __name__ == '__main__':
    main()
