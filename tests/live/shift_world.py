#!/usr/bin/python3 -B
"""What shift.t needs of the world around the console; nothing of oogway is in here.

  network up|down           between the consoles and what they ask
  status TITLE TO EMAIL     behind the console's back
  until TITLE STATUS [WHO]  waits until the incident whose title begins so is that
  noted WORDS             waits until one note of all has them
  logged TITLE TYPE WHO     waits until its log has such an entry of that person
  notes TITLE WORDS COUNT   … until it has so many notes with these words
  override SCHEDULE WHO     waits until somebody has taken that schedule
  settled                   waits until the store knows each end that the pager knows
  mail                      waits for the first mail, then keeps what all servers hold then
  code                      the code to accept with, out of that mail

SHIFT is the folder, LAB_PORT_BASE the ports' base.
"""
import email
import email.policy
import glob
import json
import os
import re
import sqlite3
import sys
import time
import urllib.request

FOLDER, BASE = os.environ['SHIFT'], int(os.environ['LAB_PORT_BASE'])
PAGER, ALERTMANAGER = f'http://127.0.0.1:{BASE + 8080}', f'http://127.0.0.1:{BASE + 9093}'
# The doors before PagerDuty and Alertmanager: see shift.sh.
CONTROLS = {BASE + 9322: 'refuse', BASE + 9324: 'hang'}
PATIENCE_S = 30


def call(url, body=None):
    data = None if body is None else json.dumps(body).encode()
    with urllib.request.urlopen(urllib.request.Request(url, data), timeout=20) as answer:
        return json.load(answer)


def records():
    return call(PAGER + '/_lab/records')


def named(title):
    """The newest of that title."""
    found = [i for i in records()['incidents'] if i['title'].startswith(title)]
    return found[-1] if found else None


def wait_for(words, condition):
    until = time.monotonic() + PATIENCE_S
    while time.monotonic() < until:
        found = condition()
        if found:
            return found
        time.sleep(0.2)
    raise SystemExit(f'{words}: not within {PATIENCE_S} s')


def network(state):
    for port, mode in CONTROLS.items():
        call(f'http://127.0.0.1:{port}/_lab/mode', {'mode': 'pass' if state == 'up' else mode})


def status(title, to, address):
    call(PAGER + '/_lab/status', {'id': named(title)['id'], 'status': to, 'email': address})


def until(title, to, who=None):
    def condition():
        one = named(title)
        return one and one['status'] == to and (not who or who in one['acked'])
    wait_for(f'{title} is {to}', condition)


def logged(title, kind, who):
    wait_for(f'{kind} of {title} by {who}', lambda: any(
        e['type'] == kind and e['by'] == who for e in named(title)['log']))


def notes(title, words, count):
    wait_for(f'{count} notes', lambda: len(
        [n for n in named(title)['notes'] if words in n['text']]) == int(count))


def noted(words):
    wait_for(f'a note of "{words}"', lambda: sum(
        words in n['text'] for i in records()['incidents'] for n in i['notes']) == 1)


def override(schedule, who):
    wait_for('an override', lambda: any(
        o['schedule'] == schedule and o['user'] == who for o in records()['overrides']))


def ended_by(incident):
    last = [e for e in incident['log'] if e['type'] == 'resolve'][-1:]
    return last[0]['by'] if last and last[0]['by_kind'] == 'user' else ''


def settled():
    """The console asks once a second: what was resolved just now it may not know yet."""
    path = os.environ['XDG_STATE_HOME'] + '/oogway/oogway.db'

    def condition():
        db = sqlite3.connect(f'file:{path}?mode=ro', uri=True, timeout=10)
        known = {row[0]: row[1:] for row in db.execute(
            "SELECT upstream_id, ended_at, resolved_by FROM incident WHERE source = 'pd'")}
        db.close()
        return all(known.get(i['id']) == ((i['resolved'] or 0) * 1000, ended_by(i))
                   for i in records()['incidents'])
    wait_for('the ends are known', condition)
    time.sleep(1.5)  # its clock goes by seconds: what it did in this one is of the next


def first_mail():
    return next(iter(sorted(glob.glob(FOLDER + '/lab/mail/*.eml'))), None)


def mail():
    wait_for('a mail', first_mail)
    kept = {'pager': records(), 'requests': call(PAGER + '/_lab/requests')['requests'],
            'alerts': call(ALERTMANAGER + '/api/v2/alerts')}
    with open(FOLDER + '/records.json', 'w', encoding='utf-8') as file:
        json.dump(kept, file)


def code():
    with open(first_mail(), 'rb') as file:
        text = email.message_from_binary_file(file, policy=email.policy.default).get_body(
            ('plain',)).get_content()
    print(re.search(r':handoff\s+accept\s+([0-9a-f]{8})', text)[1])


VERBS = {'network': network, 'status': status, 'until': until, 'logged': logged, 'notes': notes, 'noted': noted,
         'override': override, 'settled': settled, 'mail': mail, 'code': code}
VERBS[sys.argv[1]](*sys.argv[2:])
