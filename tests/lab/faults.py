#!/usr/bin/python3 -B
"""A server that misbehaves on demand, in front of a backend, a file or a canned answer.

A port has a mode, set at start (--port 8081=hang) or at run time on the control
port (POST /_lab/mode); a path /fault/MODE/rest has that mode for one request.
MODES below lists them all; `MODE:N` gives a mode its number.
"""
import argparse
import email.utils
import gzip
import http.client
import itertools
import json
import math
import random
import re
import socket
import struct
import sys
import time
import urllib.parse
import zlib

import web

CANNED = json.dumps({'status': 'success', 'data': {'resultType': 'vector', 'result': [
    {'metric': {'__name__': 'up', 'job': 'shop', 'instance': f'web-{n}:9100', 'id': f'P{n:06}'},
     'value': [1700000000 + n, '1']} for n in range(8)]}}).encode()
PAYLOADS = {
    'OSC52': b'\x1b]52;c;SU5KRUNU\x07', 'TITLE': b'\x1b]0;PWNED\x07', 'DSR': b'\x1b[5n',
    'CURSOR': b'\x1b[7;7H', 'CLEAR': b'\x1b[2J', 'RIS': b'\x1bc', 'DCS': b'\x1bP$qq\x1b\\',
    'OSC8': b'\x1b]8;;http://evil.example\x1b\\LINK\x1b]8;;\x1b\\',
    'C1OSC': '\x9d52;c;SU5KRUNU\x9c'.encode(), 'C1CSI': '\x9b31m'.encode(),
    'RAW9B': b'\x9b31m', 'RAW9D': b'\x9d52;c;SU5K\x9c', 'BEL': b'\x07', 'SGR': b'\x1b[30;40m',
    'BS': b'abc\x08\x08\x08xyz', 'CR': b'hidden\rshown!', 'BIDI': '\u202eevil\u202c'.encode(),
    'ZWSP': 'pay\u200bments'.encode(), 'TAG': '\U000e0041'.encode(),
}
# Words of a protocol: a client that cannot read them shows nothing at all, so
# `hostile` leaves them alone and `hostile-all` does not.
PROTOCOL_KEYS = {'status', 'state', 'type', 'resultType', 'id', 'fingerprint', 'urgency',
                 'severity', 'health', 'code', 'errorType'}
HUNDRED_YEARS = 100 * 365 * 86400
NEST, LABELS, BOMB_BYTES, LARGE_BYTES = 100_000, 1_000_000, 2 ** 30, 18_000_000
MODES = {}


def mode(name):
    def register(function):
        MODES[name] = function
        return function
    return register


def reset(connection):
    """Close with RST instead of FIN."""
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack('ii', 1, 0))
    connection.close()


# ---- the connection misbehaves

@mode('pass')
def pass_on(door, number):
    door.answer(*door.base())


@mode('refuse')
def refuse(door, number):
    reset(door.connection)


@mode('hang')
def hang(door, number):
    """Say nothing until the client leaves."""
    door.connection.settimeout(None)
    while door.connection.recv(4096):
        pass


@mode('slow')
def slow(door, number):
    """The right answer at N bytes a second (default 200)."""
    status, body, headers, content_type = door.base()
    door.head(status, len(body), content_type)
    step = max((number or 200) // 20, 1)
    for at in range(0, len(body), step):
        door.wfile.write(body[at:at + step])
        time.sleep(step / (number or 200))


@mode('delay')
def delay(door, number):
    """The right answer after N seconds (default 5)."""
    time.sleep(number or 5)
    door.answer(*door.base())


@mode('halfclose')
def halfclose(door, number):
    """Half of the answer, then FIN while still listening."""
    status, body, headers, content_type = door.base()
    door.head(status, len(body), content_type)
    door.wfile.write(body[:len(body) // 2])
    door.connection.shutdown(socket.SHUT_WR)
    hang(door, number)


@mode('truncated')
def truncated(door, number):
    """Content-Length larger than what is sent before the connection ends."""
    status, body, headers, content_type = door.base()
    door.head(status, len(body) + 1000, content_type)
    door.wfile.write(body)


@mode('lost')
def lost(door, number):
    """The request takes effect at the backend, its answer never arrives."""
    door.base()
    reset(door.connection)


@mode('garbage')
def garbage(door, number):
    door.wfile.write(random.Random(1).randbytes(number or 4096))


# ---- the status misbehaves

def status_mode(code):
    def answer(door, number):
        door.answer(code, {'error': {'message': f'lab says {code}', 'code': code}})
    MODES[str(code)] = answer


for _code in (400, 401, 402, 403, 404, 413, 500, 503):
    status_mode(_code)


@mode('429')
def too_many(door, number):
    door.answer(429, {'error': 'too many requests'})


@mode('429-seconds')
def too_many_seconds(door, number):
    door.answer(429, {'error': 'too many requests'}, {'Retry-After': number or 2})


@mode('429-date')
def too_many_date(door, number):
    when = email.utils.formatdate(time.time() + (number or 2), usegmt=True)
    door.answer(429, {'error': 'too many requests'}, {'Retry-After': when})


@mode('502')
def bad_gateway(door, number):
    door.answer(502, b'<html><head><title>502 Bad Gateway</title></head><body>'
                     b'<center><h1>502 Bad Gateway</h1></center></body></html>',
                content_type='text/html')


@mode('redirect')
def redirect(door, number):
    """To another name and port; the control port keeps a log of what arrives there."""
    door.answer(302, b'', {
        'Location': f'http://localhost:{door.bench.control}/landed{door.path}'})


@mode('redirect-loop')
def redirect_loop(door, number):
    door.answer(302, b'', {'Location': door.raw_path})


@mode('type')
def wrong_type(door, number):
    status, body, headers, _ = door.base()
    door.answer(status, body, headers, 'text/html; charset=utf-8')


# ---- the body misbehaves

def walk(value, change, key=None):
    """`value` with change(key, leaf) for every leaf; list items keep their list's key."""
    if isinstance(value, dict):
        return {name: walk(item, change, name) for name, item in value.items()}
    if isinstance(value, list):
        return [walk(item, change, key) for item in value]
    return change(key, value)


def json_mode(name):
    """A mode that turns the base answer's JSON value into another, or into bytes."""
    def register(function):
        def answer(door, number):
            status, body, headers, content_type = door.base()
            made = function(json.loads(body))
            if not isinstance(made, bytes):
                made = json.dumps(made, ensure_ascii=False).encode('utf-8', 'surrogateescape')
            door.answer(status, made, headers, content_type)
        MODES[name] = answer
        return function
    return register


def is_number(text):
    return re.fullmatch(r'[-+]?\d+(\.\d*)?([eE][-+]?\d+)?', text) is not None


def is_time(text):
    return re.match(r'\d{4}-\d\d-\d\dT', text) is not None


@json_mode('numbers')
def odd_numbers(value):
    """Bare NaN and Infinity, 1e999, strings where numbers belong, NaN in strings."""
    bare = itertools.cycle([math.nan, math.inf, -math.inf, 'twelve', 9223372036854775808])
    quoted = itertools.cycle(['NaN', '+Inf', '-Inf', '1e999', 'twelve', ''])

    def change(key, leaf):
        if isinstance(leaf, (int, float)) and not isinstance(leaf, bool):
            return next(bare)
        return next(quoted) if isinstance(leaf, str) and is_number(leaf) else leaf
    return walk(value, change)


@json_mode('duplicates')
def duplicates(value):
    """Every object of every list twice, so every id too."""
    if isinstance(value, dict):
        return {name: duplicates(item) for name, item in value.items()}
    if isinstance(value, list):
        return [made for item in value for made in
                ([duplicates(item)] * (2 if isinstance(item, dict) else 1))]
    return value


@json_mode('future')
def future(value):
    """All clocks a hundred years ahead."""
    def change(key, leaf):
        if isinstance(leaf, (int, float)) and 1e9 < leaf < 4e9:
            return leaf + HUNDRED_YEARS
        if isinstance(leaf, str) and is_time(leaf):
            return f'{int(leaf[:4]) + 100}{leaf[4:]}'
        return leaf
    return walk(value, change)


@json_mode('utf8')
def bad_utf8(value):
    """An overlong form, a lone surrogate, a cut sequence and a stray byte in every text."""
    broken = b'\xc0\xaf \xed\xa0\x80 \xe2\x82 \xff'.decode('utf-8', 'surrogateescape')
    return walk(value, lambda key, leaf: leaf + broken if is_text(key, leaf) else leaf)


def is_text(key, leaf):
    return (isinstance(leaf, str) and key not in PROTOCOL_KEYS
            and not is_number(leaf) and not is_time(leaf))


def hostile(value, wanted):
    payloads = itertools.cycle(
        [f'{text.decode("utf-8", "surrogateescape")}{name}_end' for name, text in PAYLOADS.items()])
    return walk(value, lambda key, leaf: leaf + next(payloads) if wanted(key, leaf) else leaf)


@json_mode('hostile')
def hostile_text(value):
    """Escape sequences and control bytes in every text the client would show."""
    return hostile(value, is_text)


@json_mode('hostile-all')
def hostile_everything(value):
    return hostile(value, lambda key, leaf: isinstance(leaf, str))


@json_mode('empty-object')
def empty_object(value):
    return {}


@json_mode('nulls')
def nulls(value):
    return walk(value, lambda key, leaf: leaf if key in PROTOCOL_KEYS else None)


@mode('empty')
def empty(door, number):
    door.answer(200, b'')


@mode('deep')
def deep(door, number):
    """N nested arrays, opened and never closed."""
    door.answer(200, b'[' * (number or NEST))


@mode('labels')
def labels(door, number):
    """One sample with N labels."""
    many = b','.join(b'"l%d":"v"' % n for n in range(number or LABELS))
    door.answer(200, b'{"status":"success","data":{"resultType":"vector","result":'
                     b'[{"metric":{' + many + b'},"value":[1700000000,"1"]}]}}')


@mode('large')
def large(door, number):
    """A right query_range answer of N bytes or a little more (default 18 MB)."""
    series, size, n = [], 0, 0
    while size < (number or LARGE_BYTES):
        values = ','.join(f'[{1700000000 + 15 * t},"{math.sin(t / 50 + n) + 2:.12f}"]'
                          for t in range(11000))
        series.append(f'{{"metric":{{"__name__":"load","instance":"web-{n}"}},"values":[{values}]}}')
        size += len(series[-1])
        n += 1
    door.answer(200, ('{"status":"success","data":{"resultType":"matrix","result":['
                      + ','.join(series) + ']}}').encode())


@mode('bomb')
def bomb(door, number):
    """About 1 MB of gzip that grows to a gigabyte of spaces."""
    block = b' ' * 2 ** 20
    squeeze = zlib.compressobj(9, zlib.DEFLATED, -15)
    head = squeeze.compress(block) + squeeze.flush(zlib.Z_FULL_FLUSH)
    # After a full flush the same input gives the same output: compress once, repeat.
    same = squeeze.compress(block) + squeeze.flush(zlib.Z_FULL_FLUSH)
    count, check = (number or BOMB_BYTES) // len(block), 0
    for _ in range(count):
        check = zlib.crc32(block, check)
    body = (b'\x1f\x8b\x08\0\0\0\0\0\x02\xff' + head + same * (count - 1) + squeeze.flush()
            + struct.pack('<II', check, count * len(block) % 2 ** 32))
    door.answer(200, body, {'Content-Encoding': 'gzip'})


@mode('gzip')
def zipped(door, number):
    status, body, headers, content_type = door.base()
    door.answer(status, gzip.compress(body), {**headers, 'Content-Encoding': 'gzip'}, content_type)


# ---- the server

class Bench:
    """The modes of the ports, and what arrived."""

    def __init__(self, control, backend, body, content_type):
        self.control, self.backend = control, backend
        self.body, self.content_type = body, content_type
        self.modes, self.log = {}, []

    def take(self, port):
        """The port's mode for this request: (function, number)."""
        current = self.modes[port]
        if current['times'] is not None:
            if current['times'] <= 0:
                return parse_mode('pass')
            current['times'] -= 1
        return parse_mode(current['mode'])


def parse_mode(text):
    name, _, number = text.partition(':')
    if name not in MODES or not re.fullmatch(r'\d*', number):
        raise ValueError(f'no mode {text!r}; there are: {" ".join(sorted(MODES))}')
    return MODES[name], int(number) if number else None


class Door(web.Handler):
    bench = None

    def setup(self):
        super().setup()
        self.port = self.server.server_address[1]

    def handle(self):
        """Modes that come before the first byte is read act here."""
        if self.bench.modes[self.port]['mode'] in ('refuse', 'hang'):
            function, number = self.bench.take(self.port)
            if function in (refuse, hang):
                self.bench.log.append({'port': self.port, 'mode': 'at accept'})
                function(self, number)
                return
        super().handle()

    def finish(self):
        try:
            super().finish()
        except OSError:
            pass

    def do_GET(self):
        self.raw_path, self.request_body = self.path, self.read_body()
        match = re.match(r'/fault/([^/]+)(/.*)?$', self.path)
        self.bench.log.append({
            'port': self.port, 'method': self.command, 'path': self.path,
            'authorization': 'Authorization' in self.headers,
            'headers': {name.lower(): value for name, value in self.headers.items()
                        if name.lower() != 'authorization'}})
        try:
            function, number = parse_mode(match[1]) if match else self.bench.take(self.port)
        except ValueError as error:
            self.answer(404, {'error': str(error)})
            return
        if match:
            self.path = match[2] or '/'
        function(self, number)
        if function is not pass_on:
            self.close_connection = True

    do_POST = do_PUT = do_DELETE = do_HEAD = do_GET

    def head(self, status, length, content_type):
        self.send_response(status)
        self.send_header('Content-Type', content_type)
        self.send_header('Content-Length', str(length))
        self.end_headers()

    def base(self):
        """(status, body, headers, content type) of the well-behaved answer."""
        if self.bench.backend is None:
            return 200, self.bench.body, {}, self.bench.content_type
        url = urllib.parse.urlsplit(self.bench.backend)
        connection = http.client.HTTPConnection(url.hostname, url.port or 80, timeout=30)
        headers = {name: value for name, value in self.headers.items()
                   if name.lower() not in ('host', 'connection', 'accept-encoding')}
        try:
            connection.request(self.command, url.path.rstrip('/') + self.path,
                               self.request_body, headers)
            answer = connection.getresponse()
            kept = {name: value for name, value in answer.getheaders()
                    if name.lower().startswith(('ratelimit-', 'retry-after', 'location'))}
            return (answer.status, answer.read(), kept,
                    answer.headers.get('Content-Type', 'application/octet-stream'))
        except OSError as error:
            return 502, json.dumps({'error': f'backend: {error}'}).encode(), {}, 'application/json'
        finally:
            connection.close()


class Control(web.Handler):
    """Always well-behaved: sets modes, tells what arrived, and is where redirects lead."""
    bench = None

    def do_GET(self):
        raw = self.read_body()
        if self.path.startswith('/landed'):
            self.bench.log.append({
                'port': self.server.server_address[1], 'method': self.command, 'path': self.path,
                'authorization': 'Authorization' in self.headers, 'landed': True})
            self.answer(200, CANNED)
        elif self.path == '/_lab/log':
            seen, self.bench.log = self.bench.log, []
            self.answer(200, {'requests': seen})
        elif self.path == '/_lab/mode' and self.command == 'POST':
            self.answer(*self.set_mode(raw))
        elif self.path == '/_lab/mode':
            self.answer(200, {'ports': self.bench.modes, 'modes': sorted(MODES)})
        else:
            self.answer(404, {'error': 'no such lab path'})

    do_POST = do_GET

    def set_mode(self, raw):
        """{"mode": NAME[:N], "port": one of ours or absent for all, "times": N or absent}"""
        try:
            spec = json.loads(raw)
            parse_mode(spec['mode'])
            for port in [spec['port']] if 'port' in spec else list(self.bench.modes):
                if port not in self.bench.modes:
                    raise ValueError(f'port {port} is not one of {list(self.bench.modes)}')
                self.bench.modes[port] = {'mode': spec['mode'], 'times': spec.get('times')}
        except (ValueError, KeyError, TypeError) as error:
            return 400, {'error': str(error)}
        return 200, {'ports': self.bench.modes}


def port_and_mode(text):
    port, _, name = text.partition('=')
    name = name or 'pass'
    parse_mode(name)
    return int(port), name


def arguments():
    parser = argparse.ArgumentParser(
        description='Misbehave on demand.', epilog='Modes: ' + ' '.join(sorted(MODES)))
    parser.add_argument('--port', type=port_and_mode, action='append', default=[],
                        metavar='PORT[=MODE]')
    parser.add_argument('--tls-port', type=port_and_mode, action='append', default=[],
                        metavar='PORT[=MODE]')
    parser.add_argument('--tls', nargs=2, metavar=('CERT', 'KEY'))
    parser.add_argument('--control', type=int, required=True, metavar='PORT')
    source = parser.add_mutually_exclusive_group()
    source.add_argument('--backend', metavar='URL', help='ask there for the right answers')
    source.add_argument('--file', metavar='BODY', help='answer everything with this file')
    parser.add_argument('--type', default='application/json', help='content type of --file')
    options = parser.parse_args()
    if options.tls_port and not options.tls:
        parser.error('--tls-port needs --tls CERT KEY')
    return options


def main():
    options = arguments()
    body = CANNED
    if options.file:
        with open(options.file, 'rb') as file:
            body = file.read()
    bench = Bench(options.control, options.backend, body, options.type)
    Door.bench = Control.bench = bench
    context = web.tls_context(*options.tls) if options.tls_port else None
    servers = [web.Server(options.control, Control)]
    for ports, tls in ((options.port, None), (options.tls_port, context)):
        for port, name in ports:
            bench.modes[port] = {'mode': name, 'times': None}
            servers.append(web.Server(port, Door, tls))
    web.run(servers)


if __name__ == '__main__':
    sys.exit(main())
