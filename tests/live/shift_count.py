#!/usr/bin/python3 -B
"""Every number of a handoff's mail, counted again from what the servers kept: see shift.sh.
Nothing of oogway is in here, and its store is not opened. The mail is taken apart by
Python's own parsers. A part is right when it is, word for word, what is worked out here; a
number that nothing here accounts for is an error.

usage: shift_count.py FOLDER PASSED FAILED (so many of the screen's checks before)
"""
import collections
import datetime
import email
import email.policy
import email.utils
import glob
import html.parser
import json
import math
import os
import re
import statistics
import sys
import zoneinfo

FOLDER, passed, failed = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
ZONE, UTC = zoneinfo.ZoneInfo('Europe/Berlin'), datetime.timezone.utc
DAY, WEEKS = 86400, 4
QUIET_S, NEAR_S = 600, 3600
# As many rows of a table as the mail has at most.
HAPPENED, NOISE, CHANGES = 40, 10, 40
RULES = {'HighErrorRate': 'payments-api: HTTP', 'ReplicationLag': 'orders-db-2: replication',
         'QueueBacklog': 'orders-events:', 'DiskFillingUp': 'web-2: / is full'}


def check(name, condition, detail=''):
    global passed, failed
    if condition:
        passed += 1
    else:
        failed += 1
        print(f'not ok: {name}: {detail}')


def same(name, is_, wanted):
    """Two lists; what differs is shown."""
    odd = [f'{a!r}, not {b!r}' for a, b in zip(is_, wanted) if a != b]
    if len(is_) != len(wanted):
        odd.append(f'{len(is_)} of {len(wanted)}: {is_[len(wanted):]} {wanted[len(is_):]}')
    check(name, not odd, '\n  '.join(odd[:6]))


# ---- the mail

class Page(html.parser.HTMLParser):
    """The parts of the page, each with its tables (rows of cells), items and paragraphs."""

    def __init__(self, text):
        super().__init__(convert_charrefs=True)
        self.parts, self.name, self.text, self.depth = {}, '', [], 0
        self.words = ''
        self.start('')
        self.feed(text)

    def start(self, name):
        self.part = self.parts[name] = {'rows': [], 'lines': []}
        self.row = None

    def flush(self):
        text = ' '.join(''.join(self.text).split())
        self.text = []
        return text

    def handle_starttag(self, tag, attrs):
        if tag == 'tr':
            self.flush()
            self.row = []
        elif tag in ('td', 'th', 'p', 'h1', 'h2', 'h3'):
            self.flush()
        elif tag in ('style', 'title'):
            self.depth += 1

    def handle_endtag(self, tag):
        # Within a line nothing but a span ends.
        self.words += '' if tag in ('span', 'strong', 'a') else ' '
        if tag in ('style', 'title'):
            self.depth -= 1
            self.text = []
        elif tag in ('h2', 'h3'):
            self.start(self.flush())
        elif tag in ('td', 'th') and self.row is not None:
            self.row.append(self.flush())
        elif tag == 'tr' and self.row is not None:
            if len(self.row) == 2 and self.row[0] in ('•', '☐', '☑'):
                self.part['lines'].append(self.row[1])
            elif any(self.row):
                self.part['rows'].append(self.row)
            self.row = None
        elif tag in ('p', 'h1'):
            text = self.flush()
            if text and self.row is None:
                self.part['lines'].append(text)
            elif text:
                self.text = [text]

    def handle_data(self, data):
        if not self.depth:
            self.text.append(data)
            self.words += data


def read_mail():
    paths = glob.glob(FOLDER + '/lab/mail/*.eml')
    check('one mail', len(paths) == 1, paths)
    with open(paths[0], 'rb') as file:
        mail = email.message_from_binary_file(file, policy=email.policy.default)
    check('sent over TLS, logged in', mail['X-Envelope-TLS'] == 'yes'
          and mail['X-Envelope-User'] == 'oogway', mail.items())
    check('to who comes next', mail.get_all('X-Envelope-To') == ['ben@lab.example'])
    kinds = [part.get_content_type() for part in mail.walk() if not part.is_multipart()]
    check('text, page, chart', kinds == ['text/plain', 'text/html', 'image/png'], kinds)
    return mail, (mail.get_body(('plain',)).get_content(),
                  mail.get_body(('html',)).get_content())


# ---- the truth

def wall(at, days=0):
    """The same time on the clock of the wall, so many days off."""
    local = datetime.datetime.fromtimestamp(at, ZONE)
    moved = local.replace(tzinfo=None) + datetime.timedelta(days=days)
    return moved.replace(tzinfo=ZONE).timestamp()


def when(at):
    local = datetime.datetime.fromtimestamp(at, ZONE)
    return f'{local:%a} {local.day} {local:%b %H:%M}'


def span(seconds):
    s = int(seconds)
    m = s // 60
    if s < 60:
        return f'{s} s'
    if m < 60:
        return f'{m} min'
    if m < 48 * 60:
        return f'{m // 60} h {m % 60} min'
    return f'{m // 1440} d {m // 60 % 24} h'


def percent(n, of):
    return f'{(100 * n + of // 2) // of if of else 0} %'


def nearest_rank(values):
    return sorted(values)[math.ceil(0.9 * len(values)) - 1]


class Shift:
    def __init__(self, records, now):
        pager = records['pager']
        self.now, self.records = now, records
        at = datetime.datetime.strptime(os.environ['SHIFT_AT'].split()[1], '%H:%M').time()
        day = datetime.datetime.fromtimestamp(now, ZONE).date()
        end = datetime.datetime.combine(day, at, ZONE)
        while f'{end:%a}' != os.environ['SHIFT_AT'].split()[0] or end.timestamp() <= now:
            end = datetime.datetime.combine(end.date() + datetime.timedelta(days=1), at, ZONE)
        self.end = end.timestamp()
        self.start = wall(self.end, -7)
        self.all = sorted(pager['incidents'], key=lambda i: (i['created'], i['number']))
        for i in self.all:
            self.judge(i)
        # Nobody is called for what is of low urgency.
        self.everything = self.all
        self.all = [i for i in self.everything if i['urgency'] == 'high']
        self.low = sum(self.start <= i['created'] < now and i['urgency'] == 'low'
                       for i in self.everything)
        self.mine = [i for i in self.all if self.start <= i['created'] < now]
        # Of changes the pager was asked from a day before the first request on.
        self.asked = min(datetime.datetime.fromisoformat(
            r['at'].replace('Z', '+00:00')).timestamp() for r in records['requests']) - DAY
        self.changes = [c for c in pager['changes'] if self.asked <= c['at'] < now]

    def judge(self, i):
        """Who took it, who ended it: by the log that the pager keeps."""
        acks = [e for e in i['log'] if e['type'] == 'acknowledge']
        ends = [e for e in i['log'] if e['type'] == 'resolve']
        i['taken'] = acks[0]['at'] if acks else None
        i['by'] = ends[-1]['by'] if ends and ends[-1]['by_kind'] == 'user' else ''
        i['acted'] = bool(acks or i['by'])
        i['who'] = i['by'] or (acks[0]['by'] if acks else '')

    def known_changes(self):
        """When, to the minute; a moment passes between a request and its record."""
        return [when(self.asked + late) for late in (-5, 0, 5)]

    def count(self, week):
        start, end = wall(self.start, -7 * week), wall(self.now, -7 * week)
        return sum(start <= i['created'] < end for i in self.all)

    def interruptions(self):
        kinds = collections.Counter()
        before = None
        for i in self.all:
            if self.start <= i['created'] < self.now and (
                    before is None or i['created'] - before >= QUIET_S):
                local = datetime.datetime.fromtimestamp(i['created'], ZONE)
                kinds['asleep' if local.hour >= 23 or local.hour < 7 else
                      'work' if local.weekday() < 5 and 9 <= local.hour < 18 else 'off'] += 1
            before = i['created']
        return kinds

    def problems(self):
        """Most often first; the titles of this account differ only where the thing does."""
        groups = collections.defaultdict(list)
        for i in self.mine:
            groups[i['title'], i['service']].append(i)
        return groups


# ---- part by part

def check_header(mail, page, shift):
    facts = dict((row[0], row[1]) for row in page.parts['']['rows'] if len(row) == 2)
    start, end = when(shift.start), when(shift.end)
    utc = lambda at: f'{datetime.datetime.fromtimestamp(at, UTC):%Y-%m-%dT%H:%M}Z'
    check('subject', mail['Subject'] == f'On-call handoff: primary, {start} to {end}',
          mail['Subject'])
    hours = int((shift.end - shift.start) // 3600)
    check('shift', facts['Shift'] == f'{start} to {end}, {hours} hours', facts['Shift'])
    check('zone', facts['Zone'] == f'Europe/Berlin; in UTC {utc(shift.start)} to '
          f'{utc(shift.end)}', facts['Zone'])
    check('as of', facts['As of'] == when(shift.now) + ', the shift is still running',
          facts['As of'])
    check('data', facts['Data'] in {f'complete: pd; changes only since {since}'
                                    for since in shift.known_changes()}, facts['Data'])
    on_call = []
    for row in shift.records['pager']['on_call']:
        if row['level'] == 1 and row['user'] not in on_call:
            on_call.append(row['user'])
    check('outgoing', facts['Outgoing'].split(', ') == on_call, (facts['Outgoing'], on_call))
    check('its identity', mail['Message-ID'] ==
          f'<handoff.primary.{int(shift.start)}@lab.example>', mail['Message-ID'])


def check_summary(page, shift):
    lines = page.parts['In three lines']['lines']
    mine, kinds = shift.mine, shift.interruptions()
    ended = [i for i in mine if i['resolved']]
    taken = [i['taken'] - i['created'] for i in mine if i['taken']]
    took = [i['resolved'] - i['created'] for i in ended]
    weeks = [shift.count(week) for week in range(1, WEEKS + 1)]
    total = sum(kinds.values())
    wanted = [
        f'{len(mine)} pages; {weeks[0]} in the same span a week before, '
        f'{statistics.median(weeks):.10g} is the median of four weeks.' +
        (f' {shift.low} of low urgency besides.' if shift.low else ''),
        f'{total} interruption{"s" * (total != 1)}: {kinds["asleep"]} asleep, {kinds["off"]} '
        f'off hours, {kinds["work"]} at work; {len(mine) - len(ended)} of these '
        'pages still open.',
        f'TTA {span(statistics.median(taken))} (median of {len(taken)}; 90 % within '
        f'{span(nearest_rank(taken))}), TTR {span(statistics.median(took))} (median of '
        f'{len(took)}; 90 % within {span(nearest_rank(took))}); '
        f'{sum(not i["by"] for i in ended)} resolved by themselves, '
        f'{sum(not i["acted"] for i in ended)} that nobody acted on.']
    same('summary', lines, wanted)


def snoozed(incident):
    """By whom, wherever that was done; None: it is not."""
    return next((e['by'] for e in reversed(incident['log']) if e['type'] == 'snooze'
                 and e['until'] == incident['unacked']), None) if incident['unacked'] else None


def next_person(incident, pager):
    """Whom it is given to when it escalates, as the handoff says it."""
    policy = next(p for p in pager['policies'] if p['name'] == incident['policy'])
    level, place = incident['level'] + 1, policy['name']
    if level > policy['levels']:
        if not policy['loops']:
            return f'nobody (level {incident["level"]} of {place} is the last)'
        level, place = 1, f'level 1 of {place} again'
    users = sorted({row['user'] for row in pager['on_call']
                    if row['policy'] == policy['name'] and row['level'] == level})
    return f'{", ".join(users)} ({place})'


def check_needs(page, shift):
    """What is open at the pager, and what still fires whose page was ended by hand."""
    part = page.parts['Needs you now']
    firing = {a['labels']['alertname']: datetime.datetime.fromisoformat(
        a['startsAt'].replace('Z', '+00:00')).timestamp() for a in shift.records['alerts']
        if a['labels']['alertname'] in RULES}
    alert_of = lambda i: next((n for n, t in RULES.items() if i['title'].startswith(t)), None)
    wanted = {}
    for i in shift.everything:
        # What is neither urgent nor has a priority above P3 is not asked of anybody now.
        if i['resolved'] or i['title'] == 'Nightly batch late':
            continue
        due = [(i[kind], words) for kind, words in (
            ('escalates', 'escalates to ' + next_person(i, shift.records['pager'])),
            ('unacked', 'snooze ends' if snoozed(i) else 'acknowledgement ends'),
            ('resolves', 'resolves itself')) if i[kind]]
        at, words = min(due) if due else (None, None)
        since = {when(i['created'])} | (
            {when(firing[alert_of(i)])} if alert_of(i) in firing else set())
        wanted[i['title'], i['service']] = (
            since, ('snoozed ' + snoozed(i) if snoozed(i) else
                    'acknowledged ' + i['acked'][0] if i['acked'] else
                    'open ' + ', '.join(i['assigned'])), at, words)
    open_alerts = {alert_of(i) for i in shift.everything if not i['resolved']}
    alone = {name for name in firing if name not in open_alerts}
    seen = []
    for severity, what, since, state, after in part['rows']:
        if severity == 'Severity':
            continue
        alert = next((n for n in alone if what.split(' ')[0] == n), None)
        if alert:
            seen.append(alert)
            check(f'{alert}: since', since == when(firing[alert]), since)
            check(f'{alert}: what is next has no number', not re.search(r'\b\d', re.sub(
                r'https?://\S+|http-5xx', '', after)), after)
            continue
        key = next((k for k in wanted if what == f'{k[0]} {k[1]}'), None)
        check(f'{what} is open', key is not None, list(wanted))
        if key is None:
            continue
        seen.append(key)
        begins, is_, at, words = wanted[key]
        check(f'{what}: since', since in begins, (since, begins))
        check(f'{what}: state', state == is_, (state, is_))
        found = re.search(r'; next: (.*), (\w{3} \d+ \w{3} \d\d:\d\d)$', after)
        check(f'{what}: next', (found is None) == (at is None) and (
            at is None or (found[2] == when(at) and (words is None or found[1] == words))),
            (after, at and when(at), words))
    check('each that is open is there', sorted(map(str, seen)) == sorted(
        map(str, list(wanted) + list(alone))), (seen, list(wanted), alone))
    lines = part['lines']
    # Each that counts as open is in a row or in one of these lines.
    wanted = [f'Open too, and asks for nothing now (info): {i["title"]} {i["service"]}, since '
              f'{when(i["created"])}.' for i in shift.everything
              if not i['resolved'] and i['title'] == 'Nightly batch late']
    wanted += ['No silence ends in your shift.'] + [
        f'{row["user"]} is on call only until {when(row["until"])}: {row["policy"]}'
        for row in shift.records['pager']['on_call']
        if row['until'] and shift.end < row['until'] < wall(shift.end, 7)]
    same('what ends in the next shift', sorted(lines), sorted(wanted))


def template(title):
    """A title with its numbers as the mail writes those that vary."""
    title = re.sub(r' /(?= )', '', re.sub(r'/\w+', '0', title))
    return re.sub(r'<\w+>', '0', re.sub(r'\d+(?:\.\d+)?', '0', title))


def check_watch(page, shift):
    wanted = sorted(
        f'{template(title)} {service} came {len(group)} times, last '
        f'{when(group[-1]["created"])}.'
        for (title, service), group in shift.problems().items()
        if len(group) >= 3 and group[-1]['created'] >= shift.now - DAY)
    lines = [re.sub(r'^(.*) came (?=\d+ times)', lambda m: template(m[1]) + ' came ', line)
             for line in page.parts['Watch']['lines']]
    same('watch', sorted(lines), wanted or ['Nothing came three times, no anomaly is open.'])


def happened_row(i):
    return [when(i['created']), f'#{i["number"]} {i["title"]} {i["service"]}',
            span(i['taken'] - i['created']) if i['taken'] else '-',
            span(i['resolved'] - i['created']) if i['resolved'] else 'open',
            i['who'] or ('' if not i['resolved'] else 'by itself')]


def check_happened(page, shift):
    rows = page.parts['What happened']['rows']
    newest = sorted(shift.mine, key=lambda i: -i['created'])
    key = lambda row: row[1]
    same('what happened', sorted(rows[1:], key=key),
         sorted(map(happened_row, newest[:HAPPENED]), key=key))
    check('newest first', [r[0] for r in rows[1:]] ==
          [when(i['created']) for i in newest[:HAPPENED]])
    more = len(newest) - HAPPENED
    same('and more', page.parts['What happened']['lines'],
         [f'And {more} more, which Noise counts too.'] if more > 0 else [])
    carried = [i for i in shift.all if i['created'] < shift.start
               and (i['resolved'] or math.inf) >= shift.start]
    part = page.parts.get('Open at the start of the shift', {'rows': [], 'lines': []})
    same('carried', sorted(part['rows'][1:], key=key), sorted(map(happened_row, carried), key=key))
    same('carried, counted', part['lines'][:1], [
        f'{len(carried)}; they belong to the shift they began in and are not counted here.']
        if carried else [])


def check_changes(page, shift):
    part = page.parts['Changes']
    lines = [' '.join(row) for row in part['rows']] + part['lines']

    def after(change):
        follows = [i['created'] - change['at'] for i in shift.mine
                   if 0 <= i['created'] - change['at'] <= NEAR_S]
        return min(follows) if follows else None
    count = (f'{len(shift.changes)} change{"s" * (len(shift.changes) != 1)}'
             if shift.changes else 'No change was reported')
    wanted = [f'{count} since {since}; what changed before was not read.'
              for since in shift.known_changes()]
    lines = [wanted[0] if line in wanted else line for line in lines]
    wanted = wanted[:1] + [
        f'{when(c["at"])} {c["summary"]} {c["service"]}' + (
            '' if after(c) is None else f' {span(after(c))} before a page')
        for c in shift.changes]
    check('few enough changes for this check', len(shift.changes) <= CHANGES)
    same('changes', sorted(lines), sorted(wanted))


def check_noise(text, page, shift):
    rows = page.parts['Noise']['rows'][1:]
    found = {}
    for what, *numbers, proposal in rows:
        check(f'{what}: no number is proposed that was not measured',
              not re.search(r'\d', proposal) or 'by itself' in proposal, proposal)
        found[template(what)] = numbers
    groups, wanted = shift.problems(), {}
    for (title, service), group in groups.items():
        ended = [i for i in group if i['resolved']]
        weeks = sum(wall(shift.start, -7 * WEEKS) <= i['created'] < shift.start
                    for i in shift.all if (i['title'], i['service']) == (title, service))
        wanted[template(f'{title} {service}')] = [
            str(len(group)), percent(len(group), len(shift.mine)), str(weeks),
            percent(sum(not i['by'] for i in ended), len(ended)),
            percent(sum(not i['acted'] for i in ended), len(ended))]
    check('as many problems as are shown', len(rows) == min(len(groups), NOISE), len(rows))
    for what, numbers in found.items():
        check(f'{what}: its numbers', wanted.get(what) == numbers, (numbers, wanted.get(what)))
    counts = [int(row[1]) for row in rows]
    check('most often first', counts == sorted(map(len, groups.values()), reverse=True)[:NOISE],
          counts)
    more = len(groups) - NOISE
    lines = [line for line in page.parts['Noise']['lines'] if line.startswith('And ')]
    same('more problems', lines, [f'And {more} more problems.'] if more > 0 else [])
    days = collections.Counter(when(i['created'])[:-6] for i in shift.mine)
    bars = text[text.index('Pages a day'):].split('\n\n')[0].splitlines()[1:]
    wanted = []
    day = datetime.datetime.fromtimestamp(shift.start, ZONE).date()
    while day <= datetime.datetime.fromtimestamp(shift.now, ZONE).date():
        wanted.append((f'{day:%a} {day.day}', days.get(f'{day:%a} {day.day} {day:%b}', 0)))
        day += datetime.timedelta(days=1)
    same('pages a day', [(' '.join(bar.split()[:2]), int(bar.split()[-1])) for bar in bars],
         wanted)


def count_acts(shift):
    """What the pager took of what was asked of it, each incident of a request by itself."""
    n = 0
    for r in shift.records['requests']:
        if r['method'] == 'GET' or r['status'] > 299 or not r['path'].startswith(
                ('/incidents', '/schedules')):
            continue
        n += len(json.loads(r['body'])['incidents']) if r['path'] == '/incidents' else 1
    return n


def check_toil(page, shift):
    lines = page.parts['Toil and gaps']['lines']
    problems = len(shift.problems())
    found = re.match(r'(\d+) of (\d+) problems have no runbook: (.*)', lines[0])
    named = re.search(r' and (\d+) more$', lines[0])
    names = found[3][:named.start() - found.start(3)] if named else found[3]
    shown = [template(name) for name in names.split(', ')]
    check('runbooks', (found[1], found[2]) == (str(problems),) * 2, lines[0])
    check('those without are of the shift', len(shown) + int(named[1] if named else 0) == problems
          and all(name in {template(f'{t} ({s})') for t, s in shift.problems()}
                  for name in shown), shown)
    acts = count_acts(shift)
    check('actions', lines[1] == f'{acts} action{"s were" if acts != 1 else " was"} done from '
          'this oogway.', (lines[1], acts))
    check('nothing repeated itself', len(lines) == 2, lines)


def check_followups(page, shift):
    lines = page.parts['Follow-ups']['lines']
    found = re.fullmatch(r'Bound the pool, Ana, due (.*) \(\w{6}\)', lines[0])
    # It was typed a moment before the mail was composed.
    dues = {when(shift.now + 3 * DAY - late) for late in (0, 60)}
    check('follow-up', len(lines) == 1 and found and found[1] in dues, (lines, dues))


def check_signoff(page, shift):
    facts = dict(page.parts['Sign-off']['rows'])
    check('signed', facts['Outgoing'].endswith(', ' + when(shift.now)), facts)
    check('code', re.fullmatch(r'accept with :handoff accept [0-9a-f]{8} in your oogway, with '
                               'these words in a note on an incident at the pager, or answer '
                               'this mail', facts['Incoming']), facts)


def check_both(text, page):
    """The text says the same numbers as the page: all but its notes, its bars, its links."""
    numbers = lambda words: collections.Counter(re.findall(r'\d+(?:[.:]\d+)*', words))
    text = text[:text.rindex('\nLinks\n')]
    bars = text.index('Pages a day')
    text = text[:bars] + text[text.index('\n\n', bars):]
    text = re.sub(r' ?\[\d+\]', '', text)
    # A long word is broken at the width of its cell.
    a, b = numbers(text), numbers(page.words)
    check('text and page agree', a == b, (a - b, b - a))


def main():
    with open(FOLDER + '/records.json', encoding='utf-8') as file:
        records = json.load(file)
    mail, (text, source) = read_mail()
    page = Page(source)
    shift = Shift(records, email.utils.parsedate_to_datetime(mail['Date']).timestamp())
    check_header(mail, page, shift)
    check_summary(page, shift)
    check_needs(page, shift)
    check_watch(page, shift)
    check_happened(page, shift)
    check_changes(page, shift)
    check_noise(text, page, shift)
    check_toil(page, shift)
    check_followups(page, shift)
    check_signoff(page, shift)
    check_both(text, page)
    known = {'', 'In three lines', 'Needs you now', 'Watch', 'What happened', 'Changes', 'Noise',
             'Open at the start of the shift', 'Toil and gaps', 'Follow-ups', 'Sign-off'}
    check('no part that nobody counts', set(page.parts) <= known, set(page.parts) - known)
    print(f'{passed} passed, {failed} failed')
    return 1 if failed else 0


if __name__ == '__main__':
    sys.exit(main())
