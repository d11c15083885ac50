"""The checks of handoff.sh: a store filled from here, so that every number of the mail has
a count that owes nothing to oogway; the lab's mail server with its faults; kill -9."""
import datetime
import email
import email.policy
import glob
import json
import os
import re
import shutil
import signal
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time
import uuid
import zoneinfo

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
os.environ.setdefault('TEST', 'build/test')
import mail_check

OOGWAY = os.environ['OOGWAY']
ZONE = zoneinfo.ZoneInfo('Europe/Berlin')
WEEK = datetime.timedelta(days=7)
passed, failed = 0, []


def check(name, condition, detail=''):
    global passed
    if condition:
        passed += 1
    else:
        failed.append(name)
        print(f'not ok: {name}: {str(detail)[:3000]}', flush=True)


def ms(moment):
    return round(moment.timestamp() * 1000)


def boundary(now):
    """The last Monday 09:00 in Berlin, by the calendar of Python."""
    day = now.astimezone(ZONE)
    start = (day - datetime.timedelta(days=day.weekday())).replace(
        hour=9, minute=0, second=0, microsecond=0)
    return start if start <= day else start - WEEK


class World:
    def __init__(self, folder):
        self.folder, self.server = folder, mail_check.World(folder)
        self.env = dict(os.environ, HOME=folder, XDG_STATE_HOME=folder + '/state',
                        XDG_CONFIG_HOME=folder + '/config', HANDOFF_PASSWORD=mail_check.PASSWORD)
        self.env.pop('XDG_RUNTIME_DIR', None)
        # What the library of fonts keeps for ever is not ours to free.
        with open(folder + '/leaks', 'w') as file:
            file.write('leak:libfontconfig\n')
        self.env['LSAN_OPTIONS'] = f'suppressions={folder}/leaks:print_suppressions=0'
        self.rc = folder + '/rc'
        self.line()
        self.db_path = folder + '/state/oogway/oogway.db'
        self.make_store()

    def line(self, to='ana@lab.example,ben@lab.example', sender='oncall@lab.example', more='',
             port=None):
        with open(self.rc, 'w') as file:
            file.write(f'handoff primary "at=Mon 09:00" zone=Europe/Berlin to={to} from={sender} '
                       f'smtp=localhost:{port or self.server.port} user=oogway '
                       f'password-env=HANDOFF_PASSWORD ca-file={self.server.tls}-ca.pem {more}\n')

    def make_store(self):
        console = subprocess.Popen([OOGWAY, '-c', self.rc, '--plain'], env=self.env,
                                   stdin=subprocess.PIPE, stdout=subprocess.DEVNULL)
        deadline = time.monotonic() + 30
        while time.monotonic() < deadline:
            try:
                if self.rows('SELECT count(*) FROM followup'):
                    break
            except sqlite3.Error:
                pass
            time.sleep(0.2)
        console.terminate()
        console.wait()

    def rows(self, sql, *values):
        db = sqlite3.connect(f'file:{self.db_path}?mode=ro', uri=True, timeout=10)
        try:
            return db.execute(sql, values).fetchall()
        finally:
            db.close()

    def write(self, sql, values):
        db = sqlite3.connect(self.db_path, timeout=10)
        db.executemany(sql, values)
        db.commit()
        db.close()

    def run(self, *args, status=0, **env):
        done = subprocess.run([OOGWAY, '-c', self.rc, *args], env=dict(self.env, **env),
                              capture_output=True, text=True, timeout=120, stdin=subprocess.DEVNULL)
        out = done.stdout + done.stderr
        if status is not None:
            check(f'{args} ends with {status}', done.returncode == status,
                  f'{done.returncode} {out}')
        return out

    def mails(self):
        mails = []
        for path in sorted(glob.glob(self.server.mail + '/*.eml')):
            with open(path, 'rb') as file:
                mails.append(email.message_from_binary_file(file, policy=email.policy.default))
        return mails

    def drop(self):
        for path in glob.glob(self.server.mail + '/*.eml'):
            os.unlink(path)

    def forget(self):
        """As if nothing had been sent."""
        self.write('DELETE FROM outbox WHERE verb = ?', [('mail',)])
        self.write('UPDATE shift SET sent_at = ?', [(0,)])
        self.drop()


HOSTILE = ['Queue\r\nBcc: evil@evil.example\r\n backlog', '<script>alert(1)</script>',
           '=cmd|calc', '| a | b |', '\x1b[31mred\x07', 'x' * 5000]


def fill(world, start):
    """Incidents of five weeks; some straddle the shift's start."""
    rows = []

    def add(began, title, taken=None, ended=None, pages=1, by=''):
        rows.append((str(uuid.uuid4()), 'local', 'test', 0, 0, 1, 'pd', f'I{len(rows)}', ms(began),
                     ms(began + taken) if taken else 0, ms(began + ended) if ended else 0, 1,
                     3 if ended else 0, pages, title, 'checkout', '', ms(began + taken) if taken
                     else 0, by, by if ended else ''))

    minutes = lambda n: datetime.timedelta(minutes=n)
    for i in range(23):
        add(start + minutes(7 + 61 * i), f'HTTP 5xx on web-{i % 5}', minutes(3 + i),
            minutes(20 + 2 * i), by='ana')
    for i in range(11):
        add(start + minutes(40 + 13 * i), 'Queue backlog', None, minutes(5))
    for title in HOSTILE:
        add(start + minutes(1000), title)
    add(start - minutes(30), 'Straddles the boundary', minutes(10), minutes(90), by='ben')
    add(start + minutes(90), 'Told, not paged', None, minutes(9), pages=0)
    for week in range(1, 5):
        for i in range(3 * week):
            add(start - week * WEEK + minutes(100 + 17 * i), 'Queue backlog', None, minutes(5))
    world.write(
        'INSERT INTO incident (id, team_id, created_by, created_at, updated_at, revision, source, '
        'upstream_id, started_at, acked_at, ended_at, severity, state, pages, title, service, '
        'summary, taken_at, acked_by, resolved_by) VALUES (' + ','.join('?' * 20) + ')', rows)
    world.write(
        'INSERT INTO change (id, team_id, created_by, created_at, updated_at, revision, source, '
        'upstream_id, happened_at, service, summary, link) VALUES (?,?,?,?,?,?,?,?,?,?,?,?)',
        [(str(uuid.uuid4()), 'local', 'test', 0, 0, 1, 'pd', f'C{i}', ms(start + minutes(5 + 60 * i)),
          'checkout', f'deploy {i}', 'https://ci.example/' + str(i)) for i in range(4)])
    return rows


def count(world, start, end):
    """The independent count: SQL and Python's statistics only."""
    page = 'FROM incident WHERE pages = 1 AND started_at >= ? AND started_at < ?'
    span = (ms(start), ms(end))
    weeks = [world.rows('SELECT count(*) ' + page, ms(start - n * WEEK), ms(end - n * WEEK))[0][0]
             for n in range(1, 5)]
    began = [r[0] for r in world.rows('SELECT started_at ' + page + ' ORDER BY started_at', *span)]
    before = world.rows('SELECT max(started_at) FROM incident WHERE pages = 1 AND started_at < ?',
                        ms(start))[0][0]
    interruptions = sum(1 for a, b in zip([before] + began, began) if b - a >= 600000)
    tta = [r[0] for r in world.rows('SELECT taken_at - started_at ' + page + ' AND taken_at > 0',
                                    *span)]
    return {'pages': len(began), 'before': weeks[0], 'median': statistics.median(weeks),
            'interruptions': interruptions, 'tta': statistics.median(tta), 'acked': len(tta),
            'open': world.rows('SELECT count(*) ' + page + ' AND ended_at = 0', *span)[0][0],
            'ended': world.rows('SELECT count(*) ' + page + ' AND ended_at > 0', *span)[0][0],
            'alone': world.rows('SELECT count(*) ' + page + " AND ended_at > 0 AND resolved_by = ''",
                                *span)[0][0],
            'queue': world.rows('SELECT count(*) ' + page + " AND title = 'Queue backlog'",
                                *span)[0][0],
            'changes': world.rows('SELECT count(*) FROM change WHERE happened_at >= ? AND '
                                  'happened_at < ?', *span)[0][0]}


def check_numbers(name, text, truth):
    words = ' '.join(text.split())
    for what, pattern in (
            ('pages', r'(\d+) pages;'), ('before', r'(\d+) in the same span a week before'),
            ('median', r'([\d.]+) is the median of four weeks'),
            ('interruptions', r'(\d+) interruptions:'), ('open', r'(\d+) of these pages? still open'),
            ('acked', r'TTA [\w ]+ \(median of (\d+)'), ('ended', r'TTR [\w ]+ \(median of (\d+)'),
            ('alone', r'(\d+) resolved by themselves'), ('changes', r'(\d+) changes\.')):
        found = re.search(pattern, words)
        check(f'{name}: {what} is the independent count',
              found and float(found[1]) == truth[what], (found and found[0], truth[what]))
    found = re.search(r'TTA (\d+) min', words)
    check(f'{name}: TTA', found and int(found[1]) == truth['tta'] // 60000, truth['tta'])
    found = re.search(r'Queue (?:backlog )?(?:checkout )?(\d+) \d+ %', words[words.index(' Noise '):])
    check(f'{name}: one problem', found and int(found[1]) == truth['queue'],
          (found and found[0], truth['queue']))


def test_numbers(world, start):
    truth = count(world, start, start + WEEK)
    world.run('handoff', 'previous', status=2)
    out = world.run('handoff', 'print', 'text', 'previous', status=3)
    check_numbers('text', out, truth)
    check('what straddles is told beside', 'Open at the start of the shift' in out
          and 'Straddles the boundary' in out)
    check('the window is said', re.search(r'Data\s+partial', out), out[:1500])
    check('no control byte', not re.search(r'[\x00-\x09\x0b-\x1f\x7f]', out))
    page = world.run('handoff', 'print', 'html', 'previous', status=3)
    check('tags are words', '<script>' not in page and '&lt;script' in page)
    mark = world.run('handoff', 'print', 'markdown', 'previous', status=3)
    check('a pipe breaks no table', '\\| a \\| b \\|' in mark, mark[:200])
    return truth


def test_send(world, start, truth):
    out = world.run('handoff', 'send', 'previous', status=4)
    check('it asks', 'to 2: ana@lab.example, ben@lab.example?' in out, out)
    check('what was asked is not sent', not world.mails())
    out = world.run('handoff', 'send', 'previous', '--yes')
    mails = world.mails()
    check('one mail', len(mails) == 1, out)
    mail = mails[0]
    check('to both', sorted(mail.get_all('X-Envelope-To')) ==
          ['ana@lab.example', 'ben@lab.example'], mail.get_all('X-Envelope-To'))
    check('logged in, over TLS', mail['X-Envelope-TLS'] == 'yes'
          and 'oogway' in mail['X-Envelope-User'])
    check('no header was injected', not mail['Bcc'] and 'evil' not in str(mail['To']))
    check('its identity', mail['Message-ID'] ==
          f'<handoff.primary.{ms(start) // 1000}@lab.example>', mail['Message-ID'])
    text = mail.get_body(('plain',)).get_content()
    check('text comes first', next(mail.walk()).is_multipart()
          and [p.get_content_type() for p in mail.walk() if not p.is_multipart()][0] == 'text/plain')
    check_numbers('mail', text, truth)
    check('a chart is inside', any(p.get_content_type() == 'image/png' for p in mail.walk()))
    code = re.search(r':handoff accept ([0-9a-f]+)', text)[1]
    out = world.run('handoff', 'send', 'previous', '--yes', status=4)
    check('not by itself again', 'it was sent by' in out and len(world.mails()) == 1, out)
    world.run('handoff', 'send', 'again', 'previous', '--yes')
    mails = world.mails()
    check('again threads', len(mails) == 2 and mails[0]['Message-ID'] == mails[1]['Message-ID'])
    world.run('handoff', 'accept', 'nonsense', status=1)
    out = world.run('handoff', 'accept', code)
    check('accepted', 'accepted' in out, out)
    check('who and when is kept', world.rows(
        "SELECT count(*) FROM shift WHERE accepted_at > 0 AND accepted_by <> ''") == [(1,)])
    out = world.run('handoff', 'accept', code.upper(), status=4)
    check('once', 'it was accepted by' in out, out)
    out = world.run('handoff', 'print', status=3)
    check('the next shift says so', re.search(r'Shift before\s+accepted', out), out[-800:])


def states(world):
    return dict(world.rows("SELECT target, state FROM outbox WHERE verb = 'mail'"))


def test_faults(world):
    world.forget()
    world.line(to='ana@lab.example,code-550@lab.example,later-1-ben@lab.example')
    out = world.run('handoff', 'send', 'previous', '--yes', status=None)
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline and 0 in states(world).values():
        time.sleep(2)
        out = world.run('followup', 'add', 'something to run for', status=0)
        world.run('action', 'retry', 'x', status=None)
        time.sleep(2)
        world.run('handoff', 'send', 'previous', '--yes', status=None)
    after = states(world)
    check('each has its own end', after == {'ana@lab.example': 2, 'code-550@lab.example': 3,
                                            'later-1-ben@lab.example': 2}, after)
    to = [m.get_all('X-Envelope-To') for m in world.mails()]
    check('nobody twice', to == [['ana@lab.example'], ['later-1-ben@lab.example']], to)
    world.forget()
    world.line(port=world.server.bare)
    out = world.run('handoff', 'send', 'previous', '--yes', status=5)
    check('no STARTTLS, no mail', 'STARTTLS' in out and not world.mails(), out)
    check('and it waits', set(states(world).values()) == {0}, states(world))
    world.forget()
    world.line()
    out = world.run('handoff', 'send', 'previous', '--yes', status=5, HANDOFF_PASSWORD='')
    check('without the password it waits', set(states(world).values()) == {0}, out)
    world.forget()


def test_kill(world):
    """Killed while the server takes its time: sent again under the same Message-ID."""
    world.line(sender='slow-4@lab.example', to='ana@lab.example')
    victim = subprocess.Popen([OOGWAY, '-c', world.rc, 'handoff', 'send', 'previous', '--yes'],
                              env=world.env, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline and 1 not in states(world).values():
        time.sleep(0.05)
    victim.send_signal(signal.SIGKILL)
    victim.wait()
    check('killed on the way', set(states(world).values()) == {1}, states(world))
    console = subprocess.Popen([OOGWAY, '-c', world.rc, '--plain'], env=world.env,
                               stdin=subprocess.PIPE, stdout=subprocess.DEVNULL)
    deadline = time.monotonic() + 70
    while time.monotonic() < deadline and set(states(world).values()) != {2}:
        time.sleep(0.5)
    console.terminate()
    console.wait()
    check('the next one sends it', set(states(world).values()) == {2}, states(world))
    ids = {m['Message-ID'] for m in world.mails()}
    check('one identity', len(ids) == 1 and 1 <= len(world.mails()) <= 2, ids)


def test_followups(world):
    world.run('followup', 'add', '-o', 'Ana', '-d', '3d', 'Bound the pool <b>now</b>')
    out = world.run('handoff', 'print', status=3)
    found = re.search(r'Bound the pool <b>now</b>, Ana, due [^(]*\((\w{6})\)', ' '.join(out.split()))
    check('it is in the handoff', found, out[-1500:])
    world.run('followup', 'close', found[1])
    world.run('followup', 'close', found[1], status=1)
    out = world.run('handoff', 'print', status=3)
    check('closed, it says by whom', 'closed by' in out, out[-1500:])


def test_postmortem(world):
    out = world.run('incident', 'postmortem', 'I3')
    check('a postmortem has its parts', all('## ' + title in out for title in (
        'Overview', 'Impact', 'Responders', 'Timeline', 'Action items')), out)
    rows = [line for line in out.splitlines() if re.match(r'[-*|] ?\**2\d\d\d-', line.strip('| '))
            or re.search(r'20\d\d-\d\d-\d\d', line)]
    check('each row of the timeline has its data', rows and all(
        'http' in row or 'oogway \\-\\-at' in row or 'oogway --at' in row for row in rows), rows)
    world.run('incident', 'postmortem', 'nothing', status=1)


def test_end(world, start):
    """A console sends the shift that has just ended; a second one does not."""
    world.forget()
    now = datetime.datetime.now(ZONE)
    at = (now - datetime.timedelta(minutes=2)).strftime('%a %H:%M')
    world.line(more='send=at-end')
    with open(world.rc) as file:
        line = file.read().replace('at=Mon 09:00', 'at=' + at)
    with open(world.rc, 'w') as file:
        file.write(line)
    both = [subprocess.Popen([OOGWAY, '-c', world.rc, '--plain'], env=world.env,
                             stdin=subprocess.PIPE, stdout=subprocess.DEVNULL) for _ in range(2)]
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline and not world.mails():
        time.sleep(0.5)
    time.sleep(5)
    for console in both:
        console.terminate()
        console.wait()
    check('sent at the end, once', len(world.mails()) == 1, len(world.mails()))


def main():
    for tool in ('openssl', 'aiosmtpd'):
        try:
            if tool == 'openssl' and not shutil.which(tool):
                raise ImportError
            if tool == 'aiosmtpd':
                __import__(tool)
        except ImportError:
            print(f'no {tool} here: 0 passed, 0 failed')
            return 0
    folder = tempfile.mkdtemp(prefix='oogway-handoff-')
    world = None
    try:
        world = World(folder)
        start = boundary(datetime.datetime.now(datetime.timezone.utc)) - WEEK
        fill(world, start)
        truth = test_numbers(world, start)
        test_send(world, start, truth)
        test_faults(world)
        test_kill(world)
        world.line()
        test_followups(world)
        test_postmortem(world)
        test_end(world, start)
    finally:
        if world:
            world.server.close()
        shutil.rmtree(folder)
    print(f'{passed} passed, {len(failed)} failed')
    return 1 if failed else 0


if __name__ == '__main__':
    sys.exit(main())
