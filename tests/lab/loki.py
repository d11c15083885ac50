#!/usr/bin/python3 -B
"""A fake Loki, on loopback, from the description of its HTTP API: query_range with start
inclusive and end exclusive, in nanoseconds, seconds or RFC 3339, limit and direction;
streams sorted by time within each only; identical lines of one stream and one nanosecond
kept once; structured metadata, merged into the labels or categorised; index/stats; tenants;
limits as the server words them; errors as text/plain.

    loki.py --port N [--secrets DIR] [--multi]      a token, if any, is DIR/loki.token

The `/_lab/` paths are for tests: each takes a JSON object, see Lab below.
"""
import argparse
import datetime
import json
import os
import re
import secrets
import threading
import time
import urllib.parse

import web

DAY = 86400 * 10 ** 9
MATCHER = re.compile(r'\s*([A-Za-z_]\w*)\s*(=~|!~|!=|=)\s*("(?:[^"\\]|\\.)*"|`[^`]*`)\s*')
FILTER = re.compile(r'\s*(\|=|!=|\|~|!~)\s*("(?:[^"\\]|\\.)*"|`[^`]*`)\s*')


class Refused(Exception):
    def __init__(self, status, text):
        super().__init__(text)
        self.status = status


def quoted(text):
    return text[1:-1] if text[0] == '`' else json.loads(text)


def moment(text):
    if re.fullmatch(r'-?\d+', text):
        return int(text) if len(text.lstrip('-')) > 10 else int(text) * 10 ** 9
    if re.fullmatch(r'\d+\.\d+', text):
        return int(float(text) * 10 ** 9)
    return int(datetime.datetime.fromisoformat(text).timestamp() * 10 ** 9)


def parse(query):
    """The matchers and line filters of a log query."""
    def wrong(at, what):
        raise Refused(400, f'parse error at line 1, col {at + 1}: syntax error: {what}')
    if not query.startswith('{'):
        wrong(0, 'unexpected IDENTIFIER')
    at, matchers, filters = 1, [], []
    while query[at:at + 1] != '}':
        found = MATCHER.match(query, at)
        if not found:
            wrong(at, 'unexpected $end, expecting STRING' if at >= len(query)
                  else 'unexpected character')
        matchers.append((found[1], found[2], quoted(found[3])))
        at = found.end()
        if query[at:at + 1] == ',':
            at += 1
        elif query[at:at + 1] != '}':
            wrong(at, 'unexpected $end')
    at += 1
    while query[at:].strip():
        found = FILTER.match(query, at)
        if not found:
            wrong(at, 'unexpected IDENTIFIER')
        filters.append((found[1], quoted(found[2])))
        at = found.end()
    if not any(op in ('=', '=~') and not (value == '' or op == '=~' and re.fullmatch(value, ''))
               for _, op, value in matchers):
        raise Refused(400, 'parse error : queries require at least one regexp or equality '
                      'matcher that does not have an empty-compatible value. For instance, '
                      'app=~".*" does not meet this requirement, but app=~".+" will')
    return matchers, filters


def matches(labels, matchers):
    for name, op, value in matchers:
        have = labels.get(name, '')
        hit = have == value if op in ('=', '!=') else bool(re.fullmatch(value, have))
        if hit == op.startswith('!'):
            return False
    return True


def passes(line, filters):
    for op, value in filters:
        hit = value in line if op in ('|=', '!=') else bool(re.search(value, line))
        if hit == op.startswith('!'):
            return False
    return True


class Lab:
    """What tests do to the server."""

    def __init__(self):
        self.lock = threading.Lock()
        self.streams = {}    # (tenant, labels as JSON) -> {(ns, line): metadata}
        self.limits = {'max_entries': 5000, 'max_length': 721 * 3600}
        self.stats, self.bytes, self.fault_list, self.requests = True, None, [], []

    def push(self, streams, tenant='fake'):
        """[{stream: {}, values: [[ns, line, metadata?]]}]; ns: text, or seconds ago."""
        for s in streams:
            rows = self.streams.setdefault((tenant, json.dumps(s['stream'], sort_keys=True)), {})
            for ns, line, *more in s['values']:
                if not isinstance(ns, str):
                    ns = int((time.time() - ns) * 10 ** 9)
                rows.setdefault((int(ns), line), more[0] if more else {})
        return {}

    def flood(self, stream, count, ago, apart=1, text='line', tenant='fake', same=0):
        """`count` lines, `apart` ms from each other, the newest `ago` seconds ago; the
        newest `same` of them in one nanosecond."""
        newest = int((time.time() - ago) * 10 ** 9)
        values = [[str(newest - max(i - same, 0) * int(apart * 10 ** 6)), f'{text} {i}']
                  for i in range(count)]
        return self.push([{'stream': stream, 'values': values}], tenant)

    def hostile(self, stream, ago, labels=0, size=0):
        now = time.time()
        lines = ['\x1b]52;c;SU5KRUNU\x07 osc', 'bidi \u202egnp\u202c', 'nul \x00 end',
                 'two\nlines', 'c1 \x9b31m', 'x' * size]
        return self.push([{'stream': dict(stream, **{f'l{i}': 'v' * 9 for i in range(labels)}),
                           'values': [[str(int((now - ago) * 10 ** 9) + i), line]
                                      for i, line in enumerate(lines)]}])

    def set(self, **limits):
        """max_entries, max_length (seconds), stats (is there index/stats), bytes (of all)."""
        self.stats = limits.pop('stats', self.stats)
        self.bytes = limits.pop('bytes', self.bytes)
        self.limits.update(limits)
        return {}

    def faults(self, faults):
        """[{path, times, status, body, headers | form: cut|garbage|html|bytes|shuffle|far}]"""
        self.fault_list = faults
        return {}

    def seen(self):
        return {'requests': self.requests}

    def clear(self):
        self.streams, self.requests = {}, []
        return {}


class Handler(web.Handler):
    lab = token = None
    multi = False

    def do_POST(self):
        body = json.loads(self.read_body() or b'{}')
        with self.lab.lock:
            try:
                act = getattr(self.lab, self.path.removeprefix('/_lab/'))
                out = act(body) if isinstance(body, list) else act(**body)
            except (AttributeError, TypeError, KeyError) as error:
                self.answer(400, {'error': str(error)})
                return
        self.answer(200, out)

    def do_GET(self):
        url = urllib.parse.urlsplit(self.path)
        query = {k: v[0] for k, v in urllib.parse.parse_qs(url.query, True).items()}
        try:
            with self.lab.lock:
                self.lab.requests.append(
                    self.path + ' ' + (self.headers.get('X-Scope-OrgID') or ''))
                fault = self.take_fault()
                if fault and 'status' in fault:
                    self.refuse(fault['status'], fault.get('body', ''),
                                fault.get('headers', {}))
                    return
                body = self.serve(url.path, query, fault or {})
            self.answer(200, self.break_body(body, (fault or {}).get('form')))
        except Refused as refused:
            self.refuse(refused.status, str(refused))

    def refuse(self, status, text, headers=()):
        self.answer(status, text.encode() + b'\n', headers, 'text/plain; charset=utf-8')

    def take_fault(self):
        for fault in self.lab.fault_list:
            if fault.get('path', '') in self.path:
                fault['times'] = fault.get('times', 1) - 1
                if fault['times'] <= 0:
                    self.lab.fault_list.remove(fault)
                return fault
        return None

    @staticmethod
    def break_body(body, form):
        body = json.dumps(body, ensure_ascii=False).encode('utf-8', 'surrogatepass')
        if form == 'cut':
            return body[:len(body) // 2]
        if form == 'garbage':
            return b'{"data":'
        if form == 'html':
            return b'<html><title>Sign in</title></html>'
        if form == 'bytes':
            return body.replace(b'BYTES', b'\xff\xfe\xc0\x80')
        return body

    def serve(self, path, query, fault):
        if self.token and self.headers.get('Authorization') != f'Bearer {self.token}':
            raise Refused(401, 'invalid credentials')
        tenant = self.headers.get('X-Scope-OrgID')
        if self.multi and not tenant:
            raise Refused(401, 'no org id')
        tenants = tenant.split('|') if self.multi else ['fake']
        now = time.time_ns()
        start = moment(query.get('start', str(now - 3600 * 10 ** 9)))
        end = moment(query.get('end', str(now)))
        if path == '/loki/api/v1/index/stats' and self.lab.stats:
            return self.index_stats(query.get('query', ''), tenants, start, end)
        if path == '/loki/api/v1/query_range':
            return self.query_range(query, tenants, start, end, fault)
        raise Refused(404, '404 page not found')

    def rows(self, tenants, matchers, filters, start, end):
        for (tenant, text), rows in self.lab.streams.items():
            labels = json.loads(text)
            if tenant in tenants and matches(labels, matchers):
                for (ns, line), more in rows.items():
                    if start <= ns < end and passes(line, filters):
                        yield ns, line, labels, more

    def index_stats(self, query, tenants, start, end):
        matchers, filters = parse(query)
        if filters:
            raise Refused(400, 'only label matchers are supported')
        rows = list(self.rows(tenants, matchers, [], start, end))
        return {'streams': len({json.dumps(r[2]) for r in rows}), 'chunks': len(rows) // 99 + 1,
                'entries': len(rows),
                'bytes': sum(len(r[1]) for r in rows) if self.lab.bytes is None
                else self.lab.bytes}

    def query_range(self, query, tenants, start, end, fault):
        limit, limits = int(query.get('limit', '100')), self.lab.limits
        matchers, filters = parse(query.get('query', ''))
        if end < start:
            raise Refused(400, 'end timestamp must not be before or equal to start time')
        if limit > limits['max_entries']:
            raise Refused(400, 'max entries limit per query exceeded, limit > '
                          f'max_entries_limit_per_query ({limit} > {limits["max_entries"]})')
        if (end - start) / 10 ** 9 > limits['max_length']:
            raise Refused(400, 'the query time range exceeds the limit (query length: '
                          f'{(end - start) // 10 ** 9}s, limit: {limits["max_length"]}s)')
        back = query.get('direction', 'backward') == 'backward'
        rows = sorted(self.rows(tenants, matchers, filters, start, end),
                      key=lambda r: r[0], reverse=back)[:limit]
        sorts = 'categorize-labels' in self.headers.get('X-Loki-Response-Encoding-Flags', '')
        sorts = sorts and fault.get('form') != 'plain'
        out = {}
        for ns, line, labels, more in rows:
            if fault.get('form') == 'far':
                ns -= 9 * DAY
            if not sorts:
                labels = dict(labels, **more)
            value = [str(ns), line]
            if sorts:
                value.append({'structuredMetadata': more} if more else {})
            out.setdefault(json.dumps(labels), []).append(value)
        if fault.get('form') == 'shuffle':
            out = {key: sorted(values, key=lambda v: hash(v[1])) for key, values in out.items()}
        data = {'resultType': 'streams', 'stats': {},
                'result': [{'stream': json.loads(k), 'values': v} for k, v in out.items()]}
        if sorts:
            data['encodingFlags'] = ['categorize-labels']
        return {'status': 'success', 'data': data}


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument('--port', type=int, required=True)
    parser.add_argument('--secrets')
    parser.add_argument('--multi', action='store_true')
    options = parser.parse_args()
    if options.secrets:
        os.makedirs(options.secrets, exist_ok=True)
        Handler.token = secrets.token_hex(16)
        with open(os.open(os.path.join(options.secrets, 'loki.token'),
                          os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), 'w') as f:
            f.write(Handler.token + '\n')
    Handler.lab, Handler.multi = Lab(), options.multi
    web.run([web.Server(options.port, Handler)])


if __name__ == '__main__':
    main()
