#!/usr/bin/python3 -B
"""Kills oogways at random moments while they act on the fake PagerDuty and read its past:
two consoles, three scripts and one cron job on one store. Afterwards every action that a row
of the outbox or a script's exit promises is upstream once, none twice; every incident that
the account ever had is in the store once, as it ended; whatever was printed meanwhile
could be read; store and audit are whole. The count is the fake's own.

usage: actions_crash.py OOGWAY LAB PORT FOLDER KILLS [SEED]
"""
import json
import os
import pty
import random
import signal
import sqlite3
import subprocess
import sys
import threading
import time
import urllib.request

OOGWAY, LAB, PORT, FOLDER, KILLS = (*sys.argv[1:5], int(sys.argv[5]))
SEED = int(sys.argv[6]) if len(sys.argv) > 6 else 1
URL = f'http://127.0.0.1:{PORT}'
DRAIN_S, INCIDENTS, SCRIPTS = 150, 4, 3
# Long enough that it is being read for most of the run: who is killed while reading is
# followed by another 15 s later.
HISTORY = min(max(40 * KILLS, 1000), 8000)
PAST_S = 0.5  # a page of the past that arrived so shortly before a kill was being taken
CRON = (['alert', 'list', '--json'], ['handoff', 'print'], ['incident', 'list', '-s', '30d', '--json'],
        ['action', 'list', '--json'], ['trend', 'list', '--json'])
lock = threading.Lock()
promised = {}  # words of a note: how its script ended (0, 5, or 'killed')
kills = {'script': 0, 'console': 0, 'cron job': 0}
killed_at, past_at = [], []
unreadable, read = [], [0]
over = threading.Event()


def pd(method, path, body=None):
    """One request to the fake."""
    with open(f'{FOLDER}/secrets/pagerduty.token', encoding='utf-8') as file:
        token = file.read().strip()
    request = urllib.request.Request(
        URL + path, json.dumps(body).encode() if body is not None else None, method=method,
        headers={'Authorization': 'Token token=' + token, 'Content-Type': 'application/json',
                 'Accept': 'application/vnd.pagerduty+json;version=2'})
    with urllib.request.urlopen(request, timeout=20) as answer:
        return json.load(answer)


def count_kill(kind):
    with lock:
        kills[kind] += 1
        killed_at.append(time.time())
        if sum(kills.values()) >= KILLS:
            over.set()


def scripts(number, ids):
    """Notes, acknowledgements and their reverse, one process each; most are killed."""
    dice, k = random.Random(SEED * 100 + number), 0
    while not over.is_set():
        k += 1
        words = f'note-{number}-{k}.'
        verb = dice.choice(['note', 'note', 'note', 'ack', 'unack', 'status', 'responders'])
        line = ['incident', verb, dice.choice(ids)]
        if verb in ('note', 'status'):
            line += [words]
        elif verb == 'responders':
            line.insert(2, '@ben')
        child = subprocess.Popen([OOGWAY, '-c', f'{FOLDER}/rc', *line, '--yes'],
                                 stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                                 stderr=subprocess.DEVNULL)
        try:
            ended = child.wait(dice.choice([dice.uniform(0, 0.3), dice.uniform(0, 1.5),
                                            dice.uniform(0.3, 1.5), 30]))
        except subprocess.TimeoutExpired:
            child.send_signal(signal.SIGKILL)
            child.wait()
            ended = 'killed'
            count_kill('script')
        if verb == 'note':
            with lock:
                promised[words] = ended


def cron():
    """What a cron job would run, again and again; half of it is killed, the other half
    must print what can be read."""
    dice = random.Random(SEED * 100 + 90)
    while not over.is_set():
        line = dice.choice(CRON)
        with subprocess.Popen([OOGWAY, '-c', f'{FOLDER}/rc', *line], stdin=subprocess.DEVNULL,
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE) as child:
            try:
                out, err = child.communicate(timeout=dice.choice([dice.uniform(0, 0.8), 60]))
                check_printed(line, child.returncode, out, err)
            except subprocess.TimeoutExpired:
                child.send_signal(signal.SIGKILL)
                child.communicate()
                count_kill('cron job')
        over.wait(dice.uniform(0, 0.5))


def check_printed(line, status, out, err):
    """Done, or partial (what is read of the past so far)."""
    read[0] += 1
    try:
        if status not in (0, 3):
            raise ValueError(f'status {status}')
        if '--json' in line:
            for row in out.splitlines():
                json.loads(row)
        elif b'On-call handoff' not in out:
            raise ValueError('no handoff')
    except ValueError as error:
        unreadable.append(f'{" ".join(line)}: {error}: {out[-300:]} {err[-300:]}')


def watch_past():
    """When a page of the past was asked for, from the fake's own log."""
    while not over.is_set():
        for request in pd('GET', '/_lab/requests')['requests']:
            if request['path'] == '/log_entries' or 'since' in request['query']:
                past_at.append(time.time())
        over.wait(0.2)


def console(number):
    """A console in a terminal of its own, killed and begun anew."""
    dice = random.Random(SEED * 100 + 50 + number)
    while not over.is_set():
        pid, terminal = pty.fork()
        if not pid:
            os.environ['TERM'] = 'xterm'
            os.execv(OOGWAY, [OOGWAY, '-c', f'{FOLDER}/rc'])
        reader = threading.Thread(target=drain, args=(terminal,))
        reader.start()
        over.wait(dice.choice([dice.uniform(0.05, 3), dice.uniform(0.05, 15)]))
        os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)
        reader.join()
        os.close(terminal)
        if not over.is_set():
            count_kill('console')


def drain(terminal):
    try:
        while os.read(terminal, 65536):
            pass
    except OSError:
        pass


def rows():
    """The outbox, and whether the store is whole."""
    db = sqlite3.connect(f'{FOLDER}/state/oogway/oogway.db', timeout=20)
    whole = db.execute('PRAGMA integrity_check').fetchone()[0]
    found = db.execute('SELECT verb, body, state, error, attempts, id FROM outbox').fetchall()
    db.close()
    return whole, found


def whole_past():
    """All that the account ever had is listed, and said to be complete."""
    return not subprocess.run([OOGWAY, '-c', f'{FOLDER}/rc', 'incident', 'list', '-s', 'all'],
                              stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                              check=False).returncode


def settle_down():
    """One plain oogway sends and reads what is left."""
    with subprocess.Popen([OOGWAY, '-c', f'{FOLDER}/rc', '--plain'], stdin=subprocess.DEVNULL,
                          stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as last:
        until = time.monotonic() + DRAIN_S
        while time.monotonic() < until and (
                any(r[2] in (0, 1) for r in rows()[1]) or not whole_past()):
            time.sleep(1)
        # What was resolved last is read with the next round.
        time.sleep(4)
        last.terminate()


def check_others(ids, found):
    """Requests of responders are there once if they are done; a status update, which can be
    looked for nowhere, never twice. What is wrong, as sentences."""
    looks = [pd('POST', '/_lab/look', {'id': id}) for id in ids]
    messages = [r['message'] for look in looks for r in look['requests']]
    updates = [u['message'].split(' ')[0] for look in looks for u in look['updates']]
    for verb, body, state, error, _, id in found:
        if verb == 'responders':
            there = sum(id[-12:] in message for message in messages)
            if there != (state == 2) and not (state == 3 and there == 0):
                yield f'responders {id}: {there} times, state {state} {error}'
        elif verb == 'status':
            there = updates.count(body.split(' ')[0])
            if there > 1 or (state == 2 and there != 1):
                yield f'status {body}: {there} times, state {state} {error}'
    known = [r[1].split(' ')[0] for r in found if r[0] == 'status']
    yield from (f'status {word}: without a row' for word in updates if word not in known)
    print(f'{len(messages)} requests and {len(updates)} status updates upstream')


def check_past():
    """Incidents that are missing, those that are there twice or as they are not."""
    listed = subprocess.run([OOGWAY, '-c', f'{FOLDER}/rc', 'incident', 'list', '-s', 'all',
                             '--json'], capture_output=True, text=True, check=False)
    found, lost, doubled = {}, [], []
    for line in listed.stdout.splitlines()[1:]:
        row = json.loads(line)
        ended = (row['ended_at'] or '').replace('.000Z', 'Z')
        if row['id'] in found:
            doubled.append(row['id'])
        found[row['id']] = ended
    for one in pd('GET', '/_lab/records')['incidents']:
        ended = one['resolved'] and time.strftime(
            '%Y-%m-%dT%H:%M:%SZ', time.gmtime(one['resolved'])) or ''
        if found.pop(one['id'], None) != ended:
            lost.append(f'incident {one["id"]}, ended {ended}')
    db = sqlite3.connect(f'{FOLDER}/state/oogway/oogway.db', timeout=20)
    doubled += [r[0] for r in db.execute(
        'SELECT upstream_id FROM incident GROUP BY source, upstream_id, started_at '
        'HAVING count(*) > 1')]
    db.close()
    during = sum(1 for at in killed_at if any(0 <= at - asked <= PAST_S for asked in past_at))
    print(f'{HISTORY + INCIDENTS} incidents of the past, {during} kills while a page of it was '
          f'on its way ({len(past_at)} pages); the cron job printed {read[0]} times')
    return lost, doubled + list(found), listed.returncode


def make_store():
    """The first oogway ever makes the store, and reads the newest of the past."""
    with subprocess.Popen([OOGWAY, '-c', f'{FOLDER}/rc', '--plain'], stdin=subprocess.DEVNULL,
                          stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as first:
        time.sleep(3)
        first.kill()


def check(ids):
    """Counts what is lost, doubled and unreadable; prints the figures."""
    whole, found = rows()
    upstream = [n['content'].split(' ')[0] for id in ids
                for n in pd('GET', f'/incidents/{id}/notes')['notes']]
    noted = [r[1] for r in found if r[0] == 'note']
    unsettled = [r for r in found if r[2] in (0, 1)]
    lost = [w for w in noted if w not in upstream] + [
        w for w, ended in promised.items() if ended in (0, 5) and w not in upstream]
    doubled = {w for w in upstream if upstream.count(w) > 1}
    strange = [w for w in upstream if w not in noted]
    verified = subprocess.run([OOGWAY, '-c', f'{FOLDER}/rc', 'audit', 'verify'],
                              capture_output=True, text=True, check=False)
    again = sum(1 for r in found if r[4] > 1)
    print(f'{sum(kills.values())} kills ('
          + ', '.join(f'{n} of {kind}s' for kind, n in kills.items()) +
          f'), {len(found)} actions in the outbox, {len(upstream)} notes upstream, '
          f'{again} tried again')
    lost_past, doubled_past, partial = check_past()
    lost += lost_past
    doubled = [*doubled, *doubled_past]
    if whole != 'ok':
        unreadable.append(f'the store: {whole}')
    print(f'{len(lost)} lost, {len(doubled)} doubled, {len(unreadable)} unreadable, '
          f'{len(unsettled)} unsettled, {len(strange)} without a row, the past is '
          f'{"partial" if partial else "complete"}, audit '
          f'{"whole" if not verified.returncode else "broken: " + verified.stdout}')
    wrong = list(check_others(ids, found))
    for sentence in wrong[:10]:
        print(f'  {sentence}')
    for word in [*lost, *doubled, *strange, *unsettled, *unreadable][:10]:
        print(' ', word)
    return not (lost or doubled or strange or unsettled or wrong or unreadable or partial
                or verified.returncode) and upstream


def main():
    fake = subprocess.Popen([f'{LAB}/pagerduty.py', '--port', PORT, '--secrets',
                             f'{FOLDER}/secrets', '--incidents', str(HISTORY), '--open', '0',
                             '--per-minute', '1000000'],
                            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        for _ in range(50):
            try:
                pd('GET', '/_lab/requests')
                break
            except OSError:
                time.sleep(0.2)
        ids = [pd('POST', '/_lab/incidents', {'service': 'search', 'title': f'i{i}'})['ids'][0]
               for i in range(INCIDENTS)]
        # Slow enough that kills fall between a request and its answer too.
        pd('POST', '/_lab/faults', [{'method': 'POST', 'path': '/incidents', 'times': 1000000,
                                     'delay': 0.15}])
        with open(f'{FOLDER}/rc', 'w', encoding='utf-8') as file:
            file.write(f'source pd pagerduty url={URL} every=1s timeout=4s '
                       f'token-file={FOLDER}/secrets/pagerduty.token from=ana@lab.example\n'
                       'handoff primary "at=Mon 09:00"\n'
                       f'set log.files = {FOLDER}/none\n')
        make_store()
        threads = [threading.Thread(target=scripts, args=(n, ids)) for n in range(SCRIPTS)] + [
            threading.Thread(target=console, args=(n,)) for n in range(2)] + [
            threading.Thread(target=cron), threading.Thread(target=watch_past)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        pd('POST', '/_lab/faults', [])
        settle_down()
        return 0 if check(ids) else 1
    finally:
        fake.terminate()
        fake.wait()


sys.exit(main())
