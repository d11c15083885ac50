#!/usr/bin/python3 -B
"""Kills oogway at random moments while it runs a command on hosts, and looks at what is left.

  run_crash.py OOGWAY PATTERN MARKS COUNT [SEED]

The command writes its name as a line into MARKS on each host. Whatever the moment: a line
that is there has an intent of its host in the audit that names it, the chain is whole, and
each intent has one outcome or none. Prints `N passed, N failed`.
"""
import json
import os
import random
import signal
import subprocess
import sys
import time

oogway, pattern, marks, count = sys.argv[1:4] + [int(sys.argv[4])]
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
    script = f'echo n{number} ${{SSH_CONNECTION% *}} >>{marks}'
    return subprocess.Popen(
        [oogway, 'run', '--yes', pattern, '--', '/bin/sh', '-c', script],
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

done = [line.split() for line in open(marks)] if os.path.exists(marks) else []
lines = subprocess.run([oogway, 'audit', 'export'], capture_output=True, check=False).stdout
records = [json.loads(line)['audit'] for line in lines.decode().splitlines()]
intents = {r['seq']: r for r in records if r['kind'] == 'intent'}
runs = {seq for seq, r in intents.items() if r['event'] in ('remote.run', 'run.host')}
hosts = [r for r in intents.values() if r['event'] == 'remote.host']
named = {(word.split()[1], r['extra']['way'].split('@')[1].split(':')[0])
         for r in hosts for word in r['args'] if word.startswith('echo n')}
outcomes = [r['ref'] for r in records if r['kind'] == 'outcome']
verify = subprocess.run([oogway, 'audit', 'verify'], capture_output=True, text=True, check=False)

check('some were killed', killed > count // 4, f'{killed} of {count}')
check('the chain is whole', verify.returncode == 0, verify.stdout + verify.stderr)
check('no command without an intent', all((name, host) in named for name, _, _, host in done),
      str([d for d in done if (d[0], d[3]) not in named][:3]))
check('each host belongs to a run', all(int(r['extra']['run']) in runs for r in hosts))
check('one outcome at most', len(outcomes) == len(set(outcomes)))
check('outcomes are of intents', all(ref in intents for ref in outcomes))
print(f'{killed} of {count} killed, {len(done)} commands, {len(hosts)} intents of hosts, '
      f'{len(intents) - len(outcomes)} outcomes unknown')
print(f'{passed} passed, {failed} failed')
sys.exit(failed > 0)
