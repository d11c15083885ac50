#!/usr/bin/python3 -B
"""Kills oogway at random moments while it runs a step, and looks at what is left.

  runbook_crash.py OOGWAY BOOK MARKS COUNT [SEED]

Step 1 of BOOK writes its value `id` as a line into MARKS. Whatever the moment: a line that is
there has an intent in the audit that names it, the chain is whole, and each intent has one
outcome or none. Prints `N passed, N failed`.
"""
import json
import os
import random
import signal
import subprocess
import sys
import time

oogway, book, marks, count = sys.argv[1:4] + [int(sys.argv[4])]
seed = int(sys.argv[5]) if len(sys.argv) > 5 else random.randrange(1 << 30)
chance = random.Random(seed)
passed = failed = 0


def check(name, holds, detail=''):
    global passed, failed
    passed += bool(holds)
    failed += not holds
    if not holds:
        print(f'not ok: {name} {detail} (seed {seed})')


def start(number):
    return subprocess.Popen(
        [oogway, 'runbook', 'run', book, '--step', '1', '--var', f'id=n{number}', '--yes'],
        stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


# How long one takes here decides where the moments lie.
began = time.monotonic()
check('undisturbed', start(0).wait() == 0)
took = time.monotonic() - began

killed = 0
for i in range(1, count + 1):
    child = start(i)
    try:
        child.wait(chance.uniform(0, took * 1.1))
    except subprocess.TimeoutExpired:
        child.send_signal(signal.SIGKILL)
        killed += 1
    child.wait()
# What was started goes on by itself for a moment.
time.sleep(0.5)

done = set(open(marks).read().split()) if os.path.exists(marks) else set()
lines = subprocess.run([oogway, 'audit', 'export'], capture_output=True, check=False).stdout
records = [json.loads(line)['audit'] for line in lines.decode().splitlines()]
intents = {r['seq']: r for r in records if r['kind'] == 'intent'}
named = {a for r in intents.values() for a in r['args']}
outcomes = [r['ref'] for r in records if r['kind'] == 'outcome']
check('some were killed', killed > count / 4, killed)
check('some were done', len(done) > 1, len(done))
check('some were not', len(done) < count + 1, len(done))
check('no command without an intent', done <= named, sorted(done - named))
check('outcomes of intents', set(outcomes) <= set(intents))
check('one outcome each', len(outcomes) == len(set(outcomes)))
verdict = subprocess.run([oogway, 'audit', 'verify'], capture_output=True, check=False)
check('the chain is whole', verdict.returncode == 0, verdict.stdout + verdict.stderr)
print(f'{killed} killed of {count}, {len(done)} done, {len(intents)} intents, '
      f'{len(outcomes)} outcomes')
print(f'{passed} passed, {failed} failed')
sys.exit(failed != 0)
