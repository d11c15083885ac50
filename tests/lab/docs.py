"""A documentation site with its faults: what a wiki, a static site and what stands before
them do to who reads their pages (RFC 9110 conditional requests, RFC 9309 robots.txt).

  docs.py --port N

For tests only, JSON in and out:

    POST /_lab/page    {"path": "/runbooks/x", "html": "…", "status": 200, "type": "…",
                        "charset": "…", "etag": false, "modified": false}
    POST /_lab/fault   {"path": "/runbooks/x" or "*", "kind": KIND, "times": N}, no kind: none
                       500, 404, 410, 401, 429, login, elsewhere, moved, large, bomb, hang,
                       drop, binary, empty
    POST /_lab/robots  {"text": "…"} or {"status": 503}
    GET  /_lab/requests   what arrived since the last time
"""
import argparse
import email.utils
import hashlib
import json
import sys
import threading
import time
import zlib

import web

LOGIN = b'''<!doctype html><title>Sign in</title><h1>Sign in</h1>
<form action=/dologin method=post><input name=user><input type=password name=p></form>'''

PAGES = {
    '/runbooks/': '''<!doctype html><html><head><title>Runbooks - ACME Wiki</title></head><body>
<nav><a href="/">Home</a> <a href="/runbooks/logout">Log out</a></nav>
<main><h1>Runbooks</h1><p>What we do when we are paged.</p><ul>
<li><a href="disk-full">Disk full</a></li><li><a href="redis.html?v=1#top">Redis</a></li>
<li><a href="/runbooks/handbook">Handbook</a></li><li><a href="private/keys">Keys</a></li>
<li><a href="/blog/1">Blog</a></li><li><a href="https://elsewhere.example/x">Elsewhere</a></li>
<li><a href="picture.png">Picture</a></li></ul></main><footer>(c) ACME</footer></body></html>''',
    '/runbooks/disk-full': '''<!doctype html><html><head><title>Disk full - ACME Wiki</title>
</head><body><main><h1>Disk full</h1><h2>Meaning</h2><p>A file system of the machine has no
room left. What writes to it fails.</p><h2>Steps</h2><ol><li>Look at what grew:</li></ol>
<pre><code class="language-sh">du -x -d1 /var | sort -n
rm -rf /var/cache/shop/*</code></pre>
<table><tr><th>Machine</th><th>Owner</th></tr><tr><td>db-1</td><td>Ana</td></tr></table>
</main></body></html>''',
    '/runbooks/redis.html': '''<html><head><title>Redis</title></head><body><article>
<h1>Redis memory</h1><p>The cart cache evicts keys when its memory is full.</p>
<p>Raise <code>maxmemory</code>, then look at the evicted keys.</p></article></body></html>''',
    '/runbooks/handbook': '''<html><head><title>Handbook</title></head><body>
<h1>Operations handbook</h1><p>Everything else.</p>
<h2>Zookeeper session expiry</h2><p>When brokers lose their Zookeeper session, restart the
ensemble one by one, the leader last.</p>
<h2>Turbine vibration</h2><h3>Steps</h3><p>Shed the load, then call the plant.</p>
</body></html>''',
    '/runbooks/private/keys': '<h1>Keys</h1><p>Not for robots.</p>',
    '/blog/1': '<h1>Blog</h1><p>Not a runbook.</p>',
}


class Site:
    def __init__(self):
        self.lock = threading.Lock()
        self.pages = {path: {'html': html} for path, html in PAGES.items()}
        self.faults = {}
        self.robots = {'text': 'User-agent: *\nDisallow: /runbooks/private/\n'}
        self.requests = []
        self.began = int(time.time()) - 86400

    def fault(self, path):
        with self.lock:
            for key in (path, '*'):
                fault = self.faults.get(key)
                if not fault:
                    continue
                if fault.get('times') is not None:
                    fault['times'] -= 1
                    if fault['times'] <= 0:
                        del self.faults[key]
                return fault['kind']
        return None


class Handler(web.Handler):
    def do_POST(self):
        site, body = self.server.site, json.loads(self.read_body() or b'{}')
        with site.lock:
            if self.path == '/_lab/page':
                page = site.pages.setdefault(body['path'], {})
                page.update(body)
                page['changed'] = int(time.time())
            elif self.path == '/_lab/fault':
                site.faults.pop(body['path'], None)
                if body.get('kind'):
                    site.faults[body['path']] = dict(body)
            elif self.path == '/_lab/robots':
                site.robots = body
            else:
                return self.answer(404)
        self.answer(200, {})

    def do_GET(self):
        site, path = self.server.site, self.path.split('?')[0]
        if path == '/_lab/requests':
            with site.lock:
                seen, site.requests = site.requests, []
            return self.answer(200, seen)
        with site.lock:
            site.requests.append({'path': self.path,
                                  'none_match': self.headers.get('If-None-Match'),
                                  'modified_since': self.headers.get('If-Modified-Since'),
                                  'agent': self.headers.get('User-Agent'),
                                  'authorization': self.headers.get('Authorization')})
        if path == '/robots.txt':
            return self.robots()
        fault = site.fault(path)
        if fault:
            return self.fail(fault)
        # A folder is sent to its slash, as most servers do.
        if path not in site.pages and path + '/' in site.pages:
            return self.redirect(path + '/')
        if path not in site.pages:
            return self.page(b'<h1>Not found</h1>', 404)
        self.known(site.pages[path])

    def robots(self):
        robots = self.server.site.robots
        if robots.get('status', 200) != 200:
            return self.answer(robots['status'], b'', content_type='text/plain')
        self.answer(200, robots['text'].encode(), content_type='text/plain')

    def redirect(self, to):
        self.answer(302, b'', {'Location': to}, 'text/html')

    def page(self, body, status=200, content_type='text/html; charset=utf-8'):
        self.answer(status, body, content_type=content_type)

    def known(self, page):
        if page.get('status', 200) != 200:
            return self.page(b'<h1>Error</h1>', page['status'])
        body = page['html'].encode(page.get('charset', 'utf-8'), 'replace')
        etag = '"%s"' % hashlib.sha256(body).hexdigest()[:16]
        changed = page.get('changed', self.server.site.began)
        headers = {}
        if page.get('etag', True):
            headers['ETag'] = etag
        if page.get('modified', True):
            headers['Last-Modified'] = email.utils.formatdate(changed, usegmt=True)
        match, since = self.headers.get('If-None-Match'), self.headers.get('If-Modified-Since')
        same = match is not None and 'ETag' in headers and etag in match
        if match is None and since and 'Last-Modified' in headers:
            same = changed <= email.utils.parsedate_to_datetime(since).timestamp()
        if same:
            self.send_response(304)
            for name, value in headers.items():
                self.send_header(name, value)
            self.end_headers()
            return
        self.answer(200, body, headers, page.get('type', 'text/html; charset=utf-8'))

    def fail(self, kind):
        if kind.isdigit():
            headers = {'Retry-After': '1'} if kind == '429' else {}
            return self.answer(int(kind), b'<h1>Error</h1><p>An error.</p>', headers, 'text/html')
        if kind == 'login':
            return self.page(LOGIN)
        if kind == 'elsewhere':
            return self.redirect('https://sso.example/login?next=%s' % self.path)
        if kind == 'moved':
            return self.redirect('/welcome')
        if kind == 'large':
            return self.page(b'<h1>Large</h1><p>' + b'word ' * (2 << 20))
        if kind == 'bomb':
            squeezed = bomb()
            return self.answer(200, squeezed, {'Content-Encoding': 'gzip'}, 'text/html')
        if kind == 'hang':
            time.sleep(60)
            return None
        if kind == 'drop':
            self.send_response(200)
            self.send_header('Content-Type', 'text/html')
            self.send_header('Content-Length', '5000')
            self.end_headers()
            self.wfile.write(b'<h1>Half')
            self.close_connection = True
            return None
        if kind == 'binary':
            return self.page(b'%PDF-1.4', 200, 'application/pdf')
        if kind == 'empty':
            return self.page(b'')
        return self.page(b'', 500)


def bomb():
    """64 MiB of nothing, as 64 KiB."""
    pack = zlib.compressobj(9, zlib.DEFLATED, 31)
    return b''.join([pack.compress(b'\0' * (1 << 20)) for _ in range(64)] + [pack.flush()])


def main():
    options = argparse.ArgumentParser()
    options.add_argument('--port', type=int, required=True)
    o = options.parse_args()
    server = web.Server(o.port, Handler)
    server.site = Site()
    web.run([server])


if __name__ == '__main__':
    sys.exit(main())
