"""The checks of mail.sh: starts the lab's mail server alone, sends, reads back."""
import email
import email.policy
import glob
import html.parser
import os
import re
import shutil
import socket
import struct
import subprocess
import sys
import tempfile
import threading
import time
import zlib

LAB, SEND = os.environ['LAB'], os.path.join(os.environ['TEST'], 'live', 'mail_send')
HOST, PASSWORD = '127.0.0.1', 'open sesame=1'
passed, failed = 0, []


def check(name, condition, detail=''):
    global passed
    if condition:
        passed += 1
    else:
        failed.append(name)
        print(f'not ok: {name}: {str(detail)[:2000]}', flush=True)


def free_ports(count):
    sockets = [socket.create_server((HOST, 0)) for _ in range(count)]
    ports = [s.getsockname()[1] for s in sockets]
    for s in sockets:
        s.close()
    return ports


def make_tls(folder, name, *more):
    """The certificate of localhost, signed by a CA of its own."""
    path = os.path.join(folder, name)
    make = ['openssl', 'req', '-x509', '-newkey', 'ec', '-pkeyopt',
            'ec_paramgen_curve:prime256v1', '-nodes']
    for command in (
            [*make, '-days', '30', '-subj', '/CN=CA of ' + name, '-out', path + '-ca.pem',
             '-keyout', path + '-ca.key', '-addext', 'keyUsage=critical,keyCertSign'],
            [*make, '-days', '30', '-CA', path + '-ca.pem', '-CAkey', path + '-ca.key', '-subj',
             '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost', '-addext',
             'basicConstraints=critical,CA:FALSE', '-out', path + '.pem', '-keyout', path + '.key']):
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    return path


class World:
    def __init__(self, folder):
        self.mail = os.path.join(folder, 'mail')
        os.mkdir(self.mail)
        self.tls = make_tls(folder, 'server')
        self.other = make_tls(folder, 'other')
        password = os.path.join(folder, 'password')
        with open(password, 'w') as file:
            file.write(PASSWORD)
        self.port, self.bare, self.implicit, self.nothing, self.silent = free_ports(5)
        self.server = subprocess.Popen(
            [sys.executable, '-Bu', os.path.join(LAB, 'mail.py'), '--port', str(self.port),
             '--no-starttls', str(self.bare), '--implicit', str(self.implicit), '--mail', self.mail,
             '--tls', self.tls + '.pem', self.tls + '.key', '--password-file', password],
            stderr=subprocess.DEVNULL)
        self.listener = socket.create_server((HOST, self.silent))
        for port in (self.port, self.bare, self.implicit):
            self.wait(port)

    def wait(self, port):
        deadline = time.monotonic() + 20
        while time.monotonic() < deadline:
            try:
                socket.create_connection((HOST, port), timeout=1).close()
                return
            except OSError:
                time.sleep(0.05)
        raise RuntimeError('the mail server does not start')

    def close(self):
        self.server.terminate()
        self.server.wait()
        self.listener.close()

    def send(self, *args, port=None, ca=None, auth='plain', password=PASSWORD):
        """(lines, the mails that arrived)."""
        before = set(glob.glob(self.mail + '/*.eml'))
        command = [SEND, '--port', str(port or self.port), '--ca', ca or self.tls + '-ca.pem']
        if auth:
            command += ['--auth', auth]
        # A proxy of the machine's own has nothing to do with loopback.
        env = {**os.environ, 'SMTP_PASSWORD': password, 'no_proxy': '*', 'TZ': 'Europe/Berlin'}
        done = subprocess.run(command + list(args), env=env, text=True, capture_output=True,
                              timeout=60)
        check(f'{" ".join(args)}: ends well', done.returncode == 0, done.stdout + done.stderr)
        check(f'{" ".join(args)}: the password stays inside',
              PASSWORD not in done.stdout + done.stderr)
        new = sorted(set(glob.glob(self.mail + '/*.eml')) - before)
        return done.stdout, [open(path, 'rb').read() for path in new]


# ---- what a mail must be

class Page(html.parser.HTMLParser):
    VOID = {'meta', 'img', 'br', 'hr', 'link', 'input'}
    ALLOWED = {'html', 'head', 'meta', 'title', 'style', 'body', 'table', 'tr', 'td', 'th', 'h1', 'h2',
               'h3', 'p', 'a', 'img', 'span', 'strong', 'pre'}

    def __init__(self, text):
        super().__init__(convert_charrefs=True)
        self.open, self.problems, self.links, self.images = [], [], [], []
        self.words = ''
        self.feed(text)
        self.close()
        if self.open:
            self.problems.append(f'left open: {self.open}')

    def handle_starttag(self, tag, attributes):
        if tag not in self.ALLOWED:
            self.problems.append(f'<{tag}>')
        names = [name for name, _ in attributes]
        if len(set(names)) != len(names):
            self.problems.append(f'<{tag}> repeats an attribute')
        for name, value in attributes:
            if name.startswith('on') or name not in {
                    'lang', 'charset', 'name', 'content', 'class', 'style', 'role', 'width', 'height',
                    'cellpadding', 'cellspacing', 'border', 'bgcolor', 'align', 'valign', 'scope',
                    'href', 'src', 'alt'}:
                self.problems.append(f'<{tag} {name}>')
            if name == 'style' and re.search(r'url|expression|@import|javascript', value or ''):
                self.problems.append(f'style {value}')
        values = dict(attributes)
        if tag == 'a':
            self.links.append(values['href'])
        if tag == 'img':
            self.images.append(values)
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        if not self.open or self.open.pop() != tag:
            self.problems.append(f'</{tag}> closes something else')

    def handle_data(self, data):
        self.words += data

    def handle_comment(self, data):
        if not re.fullmatch(r'\[if mso\]>.*<!\[endif\]', data):
            self.problems.append(f'comment {data}')

    def handle_decl(self, decl):
        if decl != 'DOCTYPE html':
            self.problems.append(decl)

    def unknown_decl(self, data):
        self.problems.append(data)

    def handle_pi(self, data):
        self.problems.append(data)


def png_size(data):
    """Width and height; every chunk's checksum is verified."""
    if data[:8] != b'\x89PNG\r\n\x1a\n':
        return None
    at, size = 8, None
    while at < len(data):
        n, kind = struct.unpack('>I4s', data[at:at + 8])
        body = data[at + 8:at + 8 + n]
        if zlib.crc32(kind + body) != struct.unpack('>I', data[at + 8 + n:at + 12 + n])[0]:
            return None
        if kind == b'IHDR':
            size = struct.unpack('>II', body[:8])
        at += 12 + n
    return size


def check_mail(name, raw, people):
    """The structure that every mail has, whatever is in it; returns (mail, text, page)."""
    mail = email.message_from_bytes(raw, policy=email.policy.default)
    check(f'{name}: nothing is wrong with it',
          not [d for part in mail.walk() for d in part.defects], [p.defects for p in mail.walk()])
    ours = raw.split(b'X-Envelope-User: ')[1].split(b'\r\n', 1)[1]
    check(f'{name}: lines end with CRLF',
          re.search(rb'[^\r]\n|\r[^\n]', ours) is None)
    check(f'{name}: no line is over 78', max(map(len, ours.split(b'\r\n'))) <= 78,
          max(ours.split(b'\r\n'), key=len))
    check(f'{name}: pure ASCII, no control byte',
          re.search(rb'[^\r\n\t -~]', ours) is None)
    headers = [key for key in mail.keys() if not key.startswith('X-Envelope')]
    check(f'{name}: these headers and no other', headers == [
        'Date', 'From', 'To', 'Subject', 'Message-ID', 'In-Reply-To', 'Auto-Submitted',
        'MIME-Version', 'Content-Type'], headers)
    check(f'{name}: the people', [a.addr_spec for a in mail['To'].addresses] == people,
          mail['To'])
    check(f'{name}: their name is a name', {a.display_name for a in mail['To'].addresses} ==
          {'René "Ops" <x@evil.example>'}, mail['To'])
    check(f'{name}: its id', mail['Message-ID'] == '<handoff-payments-2026W47@lab.example>')
    check(f'{name}: its thread', mail['In-Reply-To'] == '<handoff-payments-2026W46@lab.example>')
    check(f'{name}: its date', mail['Date'].datetime.isoformat() == '2026-11-23T08:58:00+01:00'
          and mail['Date'].startswith('Mon, 23 Nov 2026'), mail['Date'])
    check(f'{name}: no auto-reply', mail['Auto-Submitted'] == 'auto-generated')
    parts = [part.get_content_type() for part in mail.walk()]
    check(f'{name}: text first, then HTML with pictures', parts == [
        'multipart/alternative', 'text/plain', 'multipart/related', 'text/html',
        'image/png', 'image/png'], parts)
    text = mail.get_body(('plain',)).get_content()
    page = Page(mail.get_body(('html',)).get_content())
    check(f'{name}: the HTML is closed, plain and calls nobody', not page.problems, page.problems)
    check(f'{name}: links are http', all(re.match(r'https?://[!-~]+$', u) for u in page.links))
    pictures = {p['Content-ID'].strip('<>'): p.get_content()
                for p in mail.walk() if p.get_content_type() == 'image/png'}
    check(f'{name}: each picture is there', ['cid:' + c for c in pictures] ==
          [i['src'] for i in page.images], page.images)
    check(f'{name}: and is a PNG, twice as fine', [png_size(p) for p in pictures.values()] ==
          [(2 * int(i['width']), 2 * int(i['height'])) for i in page.images])
    check(f'{name}: and has words', all(len(i['alt']) > 5 for i in page.images))
    check(f'{name}: text is printable', re.search(r'[\x00-\x09\x0b-\x1f\x7f-\x9f\u202e\u2066\u200b\ufeff]',
                                                  (text + page.words).replace('\r\n', '\n')) is None)
    return mail, text, page


# ---- the tests

def test_delivery(world):
    out, mails = world.send('ana@lab.example', 'ben@lab.example')
    check('both are sent', out.startswith(
        'ana@lab.example sent 250 Kept\nben@lab.example sent 250 Kept\nbeats'), out)
    check('one mail', len(mails) == 1, len(mails))
    mail, text, page = check_mail('a mail', mails[0], ['ana@lab.example', 'ben@lab.example'])
    check('inside TLS, logged in', mail['X-Envelope-TLS'] == 'yes'
          and mail['X-Envelope-User'] == 'oogway', mail.as_string()[:300])
    check('envelope', mail.get_all('X-Envelope-To') == ['ana@lab.example', 'ben@lab.example'])
    check('subject', mail['Subject'] == 'On-call handoff: Payments primary, 16 to 23 November')
    for words in ('Needs you now', '28 pages', 'Tue 03:12', 'root cause of the checkout errors',
                  'QueueBacklog mail', 'pool exhausted: 64 of 64 in use'):
        check(f'text has {words}', words in text)
        check(f'HTML has {words}', words in page.words)
    check('every link of the HTML stands in the text', all(u in text for u in page.links))


def test_ways(world):
    for auth in ('login', 'xoauth2'):
        out, mails = world.send('a@lab.example', auth=auth)
        check(f'auth {auth}', 'a@lab.example sent 250' in out and b'X-Envelope-User: oogway' in mails[0],
              out)
    out, mails = world.send('--tls', 'a@lab.example', port=world.implicit)
    check('TLS from the start', 'sent 250' in out and b'X-Envelope-TLS: yes' in mails[0], out)
    out, mails = world.send('a@lab.example', auth=None)
    check('no log-in', 'sent 250' in out and b'X-Envelope-User: -' in mails[0], out)


def test_refusals(world):
    people = ['a@lab.example', 'b@lab.example', 'code-550@lab.example', 'later-1-x@lab.example',
              'd@lab.example']
    out, mails = world.send(*people)
    check('one of five is refused, one has to wait', [line.split()[1:3] for line in
          out.splitlines()[:5]] == [['sent', '250'], ['sent', '250'], ['refused', '550'],
                                    ['later', '451'], ['sent', '250']], out)
    check('and no error', 'error' not in out, out)
    check('three got it', len(mails) == 1 and mails[0].count(b'X-Envelope-To: ') == 3)
    out, mails = world.send('later-1-x@lab.example')
    check('later it is taken', 'sent 250' in out and len(mails) == 1, out)
    out, mails = world.send('code-550@lab.example', 'code-451@lab.example')
    check('all refused', 'code-550@lab.example refused 550 Told to refuse' in out
          and 'code-451@lab.example later 451' in out and 'error' not in out and not mails, out)
    for code, fate in ((452, 'later'), (554, 'refused')):
        out, mails = world.send('--from', f'data-{code}@lab.example', 'a@lab.example',
                                'code-550@lab.example')
        check(f'the mail gets {code}', f'a@lab.example {fate} {code}' in out
              and 'code-550@lab.example refused 550' in out and not mails, out)


def error(world, name, kind, words, fate, *args, **more):
    out, mails = world.send(*args, **more)
    check(f'{name}: said', re.search(rf'^error {kind}: .*{words}', out, re.M), out)
    check(f'{name}: {fate}', re.search(rf'^a@lab.example {fate}', out, re.M), out)
    return out, mails


def test_faults(world):
    to = 'a@lab.example'
    for args in ((), ('--tls',)):
        out, mails = error(world, f'STARTTLS stripped {args}', '[a-z]*', 'localhost:', 'later',
                           *args, to, port=world.bare)
        check(f'nothing was sent {args}', not mails, out)
    error(world, 'stripped', 'refused', 'does not offer STARTTLS', 'later', to, port=world.bare)
    error(world, 'another CA', 'network', 'is not signed by ca-file', 'later', to,
          ca=world.other + '-ca.pem')
    error(world, 'another name', 'network', 'is for another name', 'later', '--host', HOST, to)
    error(world, 'wrong password', 'auth', 'refuses the user name or password: 535', 'refused', to,
          password='wrong')
    error(world, 'nobody there', 'network', 'connection refused by localhost', 'later', to,
          port=world.nothing)
    error(world, 'no such host', 'network', 'cannot resolve', 'later', '--host',
          'no.such.name.invalid', to)
    error(world, 'silent', 'timeout', 'within 1', 'later', '--timeout', '1500', to,
          port=world.silent)
    out, mails = error(world, 'dropped', 'network', 'broke the connection', '(later|unsure)',
                       '--from', 'drop@lab.example', to)
    check('dropped: nothing arrived', not mails)
    out, mails = error(world, 'vanished', 'network', 'may have taken it', 'unsure', '--from',
                       'vanish@lab.example', to)
    check('vanished: it was there', len(mails) == 1)
    # Had it waited, the answer would be there: sent.
    error(world, 'too slow', '[a-z]*', 'may have taken it', 'unsure', '--from',
          'slow-6@lab.example', '--timeout', '1500', to)
    error(world, 'no address', 'usage', 'is not a mail address', 'refused', to, 'b\r\nRCPT TO:<c@d>')
    error(world, 'no server', 'usage', 'is not the name of a mail server', 'refused', '--host',
          'localhost/x', to)


def tap(answers):
    """A server that offers AUTH in the clear and no STARTTLS, or what `answers` says; what it
    heard is in the list."""
    listener, heard = socket.create_server((HOST, 0)), []

    def serve():
        connection, _ = listener.accept()
        with connection, connection.makefile('rwb') as lines:
            lines.write(b'220 tap\r\n')
            lines.flush()
            for line in lines:
                heard.append(line)
                lines.write(answers.get(line[:4], b'250 Ok\r\n'))
                lines.flush()

    threading.Thread(target=serve, daemon=True).start()
    return listener, heard


def test_stripped(world):
    """Somebody between us and the server: neither password nor address is ever in the clear."""
    clear = b'250-tap\r\n250-AUTH PLAIN LOGIN XOAUTH2\r\n250 SIZE 1000000\r\n'
    for name, answers, words in (
            ('no STARTTLS', {b'EHLO': clear}, 'does not offer STARTTLS'),
            ('no EHLO', {b'EHLO': b'502 No\r\n'}, 'does not want to talk: 502'),
            ('STARTTLS refused', {b'EHLO': b'250-tap\r\n250 STARTTLS\r\n', b'STAR': b'454 No\r\n'},
             'does not start TLS: 454'),
            ('STARTTLS with a lie behind it',
             {b'EHLO': b'250-tap\r\n250 STARTTLS\r\n', b'STAR': b'220 Go\r\n250 AUTH PLAIN\r\n'},
             'localhost:')):
        listener, heard = tap(answers)
        error(world, name, '[a-z]*', words, '(later|refused)', 'a@lab.example',
              port=listener.getsockname()[1])
        said = b''.join(heard)
        check(f'{name}: nothing was said', heard and b'AUTH' not in said and b'MAIL' not in said
              and b'lab.example' not in said, said)
        listener.close()


def test_slow(world):
    out, mails = world.send('--from', 'slow-2@lab.example', 'a@lab.example')
    beats = int(re.search(r'beats (\d+)', out)[1])
    check('a slow server is waited for', 'sent 250' in out and len(mails) == 1, out)
    check('but not by the loop: 2 s of 50 ms', beats > 5, beats)
    out, _ = world.send('--stop', '--from', 'slow-6@lab.example', 'a@lab.example')
    # Had it waited, the answer would be there: sent.
    check('stopping is told', 'a@lab.example unsure 0' in out and 'error cancelled' in out, out)


def test_hostile(world):
    out, mails = world.send('--hostile', 'a@lab.example')
    check('hostile is sent', 'a@lab.example sent 250' in out and len(mails) == 1, out)
    mail, text, page = check_mail('hostile', mails[0], ['a@lab.example'])
    check('the subject is one line', mail['Subject'] ==
          'subject^M Bcc: everybody@evil.example^M ^M <b>body</b>', mail['Subject'])
    check('the envelope is ours', mail.get_all('X-Envelope-To') == ['a@lab.example'])
    check('tags are words', '<script>alert(1)</script>' in page.words
          and '</td></tr></table><h1>Resolved</h1>' in page.words)
    check('links lead to ours alone', {u.split('/')[2] for u in page.links} == {'ok.example'},
          page.links)
    check('a formula does not begin a cell', not re.search(r'^\s*[=@]', page.words, re.M) or
          "'=cmd|" in page.words)
    check('lone dots arrive', '. ^M .' in text or '.^M .^M' in text, text[:300])
    check('nothing is lost', text.count('From the start of a line') >= 10)


def main():
    for tool, module in (('openssl', None), (None, 'aiosmtpd')):
        try:
            if (tool and not shutil.which(tool)) or (module and not __import__(module)):
                raise ImportError
        except ImportError:
            print(f'no {tool or module} here: 0 passed, 0 failed')
            return 0
    folder = tempfile.mkdtemp(prefix='oogway-mail-')
    world = None
    try:
        world = World(folder)
        for test in (test_delivery, test_ways, test_refusals, test_faults, test_stripped, test_slow, test_hostile):
            test(world)
    finally:
        if world:
            world.close()
        shutil.rmtree(folder)
    print(f'{passed} passed, {len(failed)} failed')
    return 1 if failed else 0


if __name__ == '__main__':
    sys.exit(main())
