#!/usr/bin/python3 -B
"""What page.t did, looked at from outside: see page.sh. The records of the audit are read
without oogway and compared with what the hosts, their sshds and the pager kept; then oogway
must find each record that is bent.

usage: page_check.py FOLDER PASSED FAILED (so many of the screen's checks before)
"""
import glob
import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import time
import urllib.request

FOLDER, passed, failed = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
OOGWAY, BASE = os.environ['OOGWAY'], int(os.environ['LAB_PORT_BASE'])
STATE = FOLDER + '/state/oogway'
# Each step of disk-full that is done, in the order in which it was: number, event, class,
# where, what came of it, what its hosts are.
STEPS = [
    (1, 'run.host', 'read', 'web-2', 'exit 0', ['web-2']),
    (2, 'run.host', 'read', '2 hosts: web-1 web-2', '2 done', ['web-1', 'web-2']),
    (3, 'run.promql', 'read', None, '1 series', []),
    (4, 'run.host', 'change', 'lb-1', 'exit 0', ['lb-1']),
    (6, 'run.host', 'change', 'web-2', 'exit 0', ['web-2']),
    (8, 'run.host', 'change', 'web-2', 'exit 7', ['web-2']),
    (7, 'run.host', 'change', 'web-2', 'exit 0', ['web-2']),
    (5, 'run.host', 'change', 'lb-1', 'exit 0', ['lb-1']),
    (9, 'run.note', 'change', None, 'on its way', []),
]
# What was refused, in the order in which it was: step of refused, class, decision, why.
REFUSED = [
    (1, None, 'refused', 'kubectl without --context goes wherever .* (now prod-eu)'),
    (2, None, 'refused', 'kubectl without --context goes wherever .* (now prod-eu)'),
    (3, 'destroy', 'allowed: policy at', 'answered with no'),
    (5, None, 'refused', 'a shell would run it'),
    (7, 'change', 'refused: read-only', 'oogway is read-only'),
    (8, 'change', 'refused: policy deny at rc:10', 'policy deny at rc:10 forbids it'),
]
# Programs that the hosts ran: name, number of words, words.
DID = {
    'web-1': [], 'db-1': [], 'bastion': [],
    'web-2': ['logs 2 rotate /', 'app 1 restart', 'logs 2 restore /', 'logs 1 ; rm -rf /'],
    'lb-1': ['lb 2 drain web-2', 'lb 2 enable web-2'],
}


def check(name, condition, detail=''):
    global passed, failed
    if condition:
        passed += 1
    else:
        failed += 1
        print(f'not ok: {name}: {detail}')


def read(path, mode='r'):
    with open(path, mode, **({} if 'b' in mode else {'errors': 'replace'})) as file:
        return file.read()


def sha256(data):
    return hashlib.sha256(data).hexdigest()


# ---- the chain, as docs/security.md says it

segments = sorted(glob.glob(STATE + '/audit/*/*.jsonl'))
lines, records, last = [], [], '0' * 64
for line in b''.join(read(s, 'rb') for s in segments).splitlines(keepends=True):
    whole = json.loads(line)
    found = whole.pop('hash')
    text = json.dumps(whole, sort_keys=True, separators=(',', ':'), ensure_ascii=False)
    if found != sha256(f'{last}\n{text}'.encode()) or whole['audit']['seq'] != len(records) + 1:
        check('chain', False, f'record {len(records) + 1} is bad')
    last = found
    lines.append(line)
    records.append(whole['audit'])
check('records', len(records) > 40, len(records))
intents = [r for r in records if r['kind'] == 'intent']
outcomes = {}
for r in records:
    if r['kind'] == 'outcome':
        check(f'outcome {r["seq"]} follows its intent', r['ref'] < r['seq'] and
              records[r['ref'] - 1]['kind'] == 'intent' and r['ref'] not in outcomes, r)
        outcomes[r['ref']] = r
for r in intents:
    check(f'intent {r["seq"]} has an outcome', r['seq'] in outcomes, r)


def outcome(intent):
    return outcomes.get(intent['seq'], {'extra': {}})


# ---- the runbook

def of_book(name):
    return [r for r in intents if r['event'].startswith('run.') and
            r.get('extra', {}).get('book') == name]


def files_as_told(r):
    """The files that an outcome names are those, byte by byte."""
    extra = r.get('extra', {})
    for kind in ('out', 'err', 'cast'):
        name = extra.get(kind + '_file')
        if name:
            check(f'{kind} of {r["seq"]}', sha256(read(f'{STATE}/runs/{name}', 'rb')) ==
                  extra[kind + '_sha256'], extra)


steps = of_book('disk-full')
check('steps', [int(r['extra']['step']) for r in steps] == [s[0] for s in STEPS],
      [r['extra']['step'] for r in steps])
book = sha256(read(FOLDER + '/books/disk-full.md', 'rb'))
ids = {r.get('id') for r in steps}
check('one alert', len(ids) == 1 and ids != {None}, ids)
for r, (step, event, cls, target, result, hosts) in zip(steps, STEPS):
    name = f'step {step}'
    check(name, (r['event'], r['class']) == (event, cls), r)
    check(f'{name}, where', target in (None, r['target']), r.get('target'))
    check(f'{name}, result', outcome(r).get('result') == result, outcome(r))
    check(f'{name}, its text', r['extra']['book_sha256'] == book, r['extra'])
    check(f'{name}, who', r['source'] == 'am' and r['actor']['verified']['uid'] == os.getuid(), r)
    check(f'{name}, policy', r['decision'].startswith('allowed: policy at rc:'), r['decision'])
    wanted = r'alone: [0-9a-f]{6}, asked for and typed' if hosts == ['lb-1'] else \
        r'asked and confirmed$'
    check(f'{name}, approval', re.match(wanted, r['approval']), r['approval'])
    files_as_told(outcome(r))
    each = [h for h in intents if h['event'] == 'remote.host' and h['extra']['run'] == r['seq']]
    check(f'{name}, hosts', sorted(h['target'] for h in each) == hosts, each)
    for h in each:
        check(f'{name}, way to {h["target"]}', h['extra']['way'].endswith(' through bastion'),
              h['extra'])
        check(f'{name}, words', h['args'] == r['args'], h['args'])
        check(f'{name}, before its outcome',
              r['seq'] < h['seq'] < outcome(h).get('seq', 0) < outcome(r)['seq'], h)
        files_as_told(outcome(h))
told = [r for r in records if r['kind'] == 'note' and r.get('decision') == 'asked for an approval']
check('approvals that were asked for', [r['target'] for r in told] == ['lb-1'] * 2, told)
early = [r for r in records if r.get('decision') == 'waits for an approval']
check('too early', len(early) == 1 and 'is ready in' in early[0]['error'], early)

# ---- what was refused

refused = [r for r in records if r['kind'] == 'refusal' and r not in early]
check('refusals', len(refused) == len(REFUSED), refused)
for r, (step, cls, decision, why) in zip(refused, REFUSED):
    name = f'refused {step}'
    check(f'{name}, why', re.search(why.replace('(now', r'\(now').replace('eu)', r'eu\)'),
                                    r['error']), r)
    check(f'{name}, decision', r['decision'].startswith(decision), r['decision'])
    check(f'{name}, class', cls in (None, r.get('class')), r.get('class'))
    check(f'{name}, step', r.get('extra', {}).get('step') in (None, str(step)), r)
rest = of_book('refused')
check('done of it', [int(r['extra']['step']) for r in rest] == [4, 6], rest)
check('a value is a word', rest and rest[0]['args'] == ['logs', '; rm -rf /'], rest)
strange = [h for h in intents if h['event'] == 'remote.host' and h['target'] == 'web-1'][-1:]
check('another host key', strange and outcome(strange[0]).get('result') == 'refused' and
      'it shows the host key ED25519' in outcome(strange[0]).get('error', ''), strange)
check('no kubectl', not os.path.exists(FOLDER + '/kubectl.did'))
shells = [r for r in intents if r['event'] == 'remote.shell']
check('a terminal', len(shells) == 1 and outcome(shells[0]).get('result') == 'exit 0', shells)
for r in shells:
    files_as_told(outcome(r))
    cast = f'{STATE}/runs/{outcome(r)["extra"]["cast_file"]}'
    check('its recording', 'over-42-there' in read(cast), cast)

# ---- what the hosts say

forwards = len(re.findall(r'server_request_direct_tcpip: originator', read(
    FOLDER + '/hosts/bastion/log')))
logins = 0
for host, did in DID.items():
    log = read(f'{FOLDER}/hosts/{host}/log')
    check(f'{host} ran', read(f'{FOLDER}/hosts/{host}/did').splitlines() == did,
          read(f'{FOLDER}/hosts/{host}/did'))
    begun = len(re.findall(r'Starting session: (?:command|shell)', log))
    mine = [r for r in intents if r['event'] in ('remote.host', 'remote.shell') and
            r['target'] == host and outcome(r).get('result') != 'refused']
    check(f'{host}: no session without an intent', begun == len(mine), (begun, len(mine)))
    if host != 'bastion':
        logins += len(re.findall(r'Connection from ', log))
check('all ways lead through the bastion', forwards and forwards == logins, (forwards, logins))
kept = json.load(urllib.request.urlopen(f'http://127.0.0.1:{BASE + 8080}/_lab/records'))
# The outbox puts a mark behind it, to find it again.
noted = [(i['title'], re.sub(r' \(oogway [0-9a-f]+\)$', '', n['text'])) for i in kept['incidents'] for n in i['notes']
         if 'out of the balancer' in n['text']]
check('the note', noted == [('web-2: / is full within the hour', 'web-2 is out of the balancer.')],
      noted)
secret = [p for p in glob.glob(STATE + '/**', recursive=True) + [FOLDER + '/copy.jsonl']
          if os.path.isfile(p) and b'hunter2hunter2' in read(p, 'rb')]
check('no secret is kept', not secret, secret)

# ---- what oogway says of it

def oogway(*words, state=FOLDER + '/state'):
    done = subprocess.run([OOGWAY, '-c', FOLDER + '/rc', *words], text=True, timeout=60,
                          stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, errors='replace',
                          env={**os.environ, 'XDG_STATE_HOME': state})
    return done.returncode, done.stdout


code, said = oogway('audit', 'verify', '--against', 'copy')
check('verify', code == 0 and f'{len(records)} records' in said, said)
for r in steps + refused:
    code, said = oogway('audit', 'show', str(r['seq']))
    check(f'show {r["seq"]}', code == 0 and r['event'] in said and
          all(word.split('\n')[0] in said for word in r['args']), said)

# Each record in turn has one bit that is another one.
bent = FOLDER + '/bent'
folder = os.path.dirname(segments[0])
began = time.monotonic()
wrong = []
for i, line in enumerate(lines):
    shutil.rmtree(bent, ignore_errors=True)
    shutil.copytree(STATE + '/audit', bent + '/oogway/audit')
    at = (i * 7919 + 13) % (len(line) - 1)
    odd = line[:at] + bytes([line[at] ^ 1 << i % 8]) + line[at + 1:]
    path = f'{bent}/oogway/audit/{os.path.basename(folder)}/{os.path.basename(segments[0])}'
    with open(path, 'wb') as file:
        file.write(b''.join(lines[:i]) + odd + b''.join(lines[i + 1:]))
    code, said = oogway('audit', 'verify', state=bent)
    if code != 1 or not re.search(rf'\brecord {i + 1}\b', said):
        wrong.append((i + 1, code, said[:200]))
check('a flipped bit is found, and which', not wrong, wrong)
print(f'{len(records)} records, {len(lines)} of them bent in {time.monotonic() - began:.1f} s, '
      f'{forwards} ways through the bastion')
print(f'{passed} passed, {failed} failed')
sys.exit(failed > 0)
