#!/bin/sh
# Triggers, in a lab of its own: an alert that really fires runs a runbook that only reads
# and is trusted, and has one proposed that changes something, once, with two consoles on
# one store. It stands on the timeline, in the handoff and in the postmortem; consoles are
# killed in the middle of it; what is not trusted any more, is read-only or looks back runs
# nothing. Needs OOGWAY, LAB, python3, prometheus and its Alertmanager. Ends with
# `N passed, N failed`.
here=$(cd "$(dirname "$0")/../.." && pwd)
: "${OOGWAY:=$here/oogway}" "${LAB:=$here/tests/lab}" "${LAB_PORT_BASE:=12000}"
for tool in prometheus prometheus-alertmanager; do
	command -v $tool >/dev/null && continue
	echo "no $tool here: 0 passed, 0 failed"
	exit 0
done
tmp=$(mktemp -d) || exit 1
passed=0 failed=0 pids=
export OOGWAY LAB LAB_PORT_BASE
LAB_DIR=$tmp/lab LAB_INCIDENTS=20
HOME=$tmp/home XDG_STATE_HOME=$tmp/state XDG_CONFIG_HOME=$tmp/config TZ=UTC
export LAB_DIR LAB_INCIDENTS HOME XDG_STATE_HOME XDG_CONFIG_HOME TZ
unset XDG_RUNTIME_DIR SSH_AUTH_SOCK
umask 077
mkdir -p "$HOME" "$tmp/books"
end() {
	for p in $pids; do kill -9 "$p" 2>/dev/null; done
	wait
	"$LAB/lab" down >/dev/null 2>&1
	rm -rf "$tmp"
}
trap end EXIT
trap 'exit 1' INT TERM

ok() { # name condition…
	name=$1
	shift
	if "$@"; then
		passed=$((passed + 1))
	else
		failed=$((failed + 1))
		echo "not ok: $name (status $status; $*)"
		head -n 30 "$tmp/out" "$tmp/err" | cut -c1-300
	fi
}
run() { # args…
	timeout 60 "$OOGWAY" -c "$tmp/rc" "$@" >"$tmp/out" 2>"$tmp/err" </dev/null
	status=$?
}
code() { [ "$status" = "$1" ]; }
said() { grep -q -e "$1" "$tmp/out" "$tmp/err"; }
silent() { ! said "$1"; }
# Until a command says so, at most 40 times.
until_said() { # regex args…
	want=$1
	shift
	for _ in $(seq 1 40); do
		run "$@"
		said "$want" && return 0
		sleep 1
	done
	return 1
}
records() { # event origin kind: how many there are
	cat "$XDG_STATE_HOME"/oogway/audit/*/*.jsonl 2>/dev/null | python3 -c '
import json, sys
n = 0
for line in sys.stdin:
    r = json.loads(line)["audit"]
    n += r["event"] == sys.argv[1] and r.get("origin") == sys.argv[2] and r["kind"] == sys.argv[3]
print(n)' "$1" "$2" "$3"
}
is() { [ "$(records "$1" "$2" "$3")" = "$4" ]; }
console() { # words…: its pid is in $console
	"$OOGWAY" -c "$tmp/rc" "$@" --plain >>"$tmp/console" 2>&1 </dev/null &
	console=$!
	pids="$pids $console"
}
gone() { # pid signal
	kill "-$2" "$1" 2>/dev/null
	wait "$1" 2>/dev/null
}

book() { # name matches class, then steps on stdin
	{
		printf -- '---\ntitle: %s\nmatches: [%s]\nowner: on-call\nrisk: %s\n' "$1" "$2" "$3"
		printf 'vars:\n  - mount: {from: mountpoint, type: path, default: /}\n---\n# %s\n' "$1"
		cat
	} >"$tmp/books/$1.md"
}
book look DiskFillingUp read <<'BOOK'
### How full is it?
```sh local risk=read
df -h ${mount}
```
### Since when does it run?
```sh local risk=read
uptime -s
```
BOOK
book fix '' change <<BOOK
### Look first
\`\`\`sh local risk=read
uptime -s
\`\`\`
### Make room
\`\`\`sh local risk=change
touch $tmp/touched
\`\`\`
BOOK
book queue QueueBacklog read <<'BOOK'
### How busy is it?
```sh local risk=read
uptime -p
```
BOOK
book slow HighErrorRate read <<'BOOK'
### Before
```sh local risk=read
uptime -s
```
### For long
```wait
300s
```
### Behind it
```sh local risk=read
uptime -p
```
BOOK
cat >"$tmp/rc" <<RC
set log.files = $tmp/none
set runbooks = $tmp/books
source am alertmanager url=http://127.0.0.1:$((LAB_PORT_BASE + 9093)) every=1s timeout=4s
source pd pagerduty url=http://127.0.0.1:$((LAB_PORT_BASE + 8080)) every=1s timeout=4s token-file=$LAB_DIR/secrets/pagerduty-user.token from=ana@lab.example
handoff ops at=00:00
trigger look runbook=look on=alert do=run
trigger fix runbook=fix on=alert alert=DiskFilling* do=run
trigger slow runbook=slow on=alert do=run
trigger queue runbook=queue on=alert do=run
trigger lost runbook=nowhere on=alert alert=DiskFillingUp
trigger round runbook=look on=schedule every=1m do=run
RC
"$LAB/lab" up >"$tmp/up" 2>&1 || {
	cat "$tmp/up"
	echo "0 passed, 1 failed"
	exit 1
}
run --check-config
ok "the rc is read" code 0
run runbook trust look
run runbook trust queue
run runbook trust slow
ok "trusted" said "slow: trusted as it is now"

# --- two consoles, one alert
console
one=$console
console
two=$console
until_said '"complete":true' trigger list --json
sleep 3
"$LAB/lab" fire DiskFillingUp
ok "it ran" until_said '^look .* ran .*2 steps done' trigger list
ok "what changes is proposed, and why" said '^fix .* proposed .*step 2 is of class change'
ok "a runbook that is not there is told" said '^lost .*no runbook is called nowhere'
ok "each of its steps once" is run.local "trigger look" intent 2
ok "proposed once" is trigger.propose "trigger fix" note 1
ok "nothing was changed" [ ! -e "$tmp/touched" ]
run --once
ok "it stands in the overview" said '!  runbook fix proposed by trigger fix: step 2'
run audit log
ok "who began it" said 'df -h / .*exit 0.*trigger look'
run audit export
ok "and why nobody was asked" said '"approval":"nobody was asked: trigger look, the runbook is trusted'

# --- on the incident, in the handoff, in the postmortem
run incident list --json
id=$(sed -n 's/.*"id":"\(Q[A-Z0-9]*\)".*is full within.*/\1/p' "$tmp/out" | head -n 1)
ok "it pages" [ -n "$id" ]
ok "on the timeline" until_said 'command  How full is it?  done, by trigger look' incident show "$id"
ok "what is proposed too" said 'runbook proposed: fix  by trigger fix: step 2 is of class'
run incident postmortem "$id"
ok "in the postmortem" said 'How full is it?, done, by trigger look'
ok "and the proposal" said 'runbook proposed.*fix'
run handoff print
ok "in the handoff" said 'look for .*trigger look: 2 steps, done'
ok "and the proposal there" said 'fix for .*proposed by trigger fix'

# --- by the clock
ok "a schedule runs too" until_said '^round .* ran ' trigger list
n=$(records run.local "trigger round" intent)
ok "with all its steps" [ "$n" -ge 2 ]

# --- killed in the middle
"$LAB/lab" fire HighErrorRate
for _ in $(seq 1 40); do
	[ "$(records run.wait "trigger slow" intent)" = 1 ] && break
	sleep 0.5
done
ok "it is in its second step" is run.wait "trigger slow" intent 1
gone "$one" KILL
gone "$two" KILL
run audit verify
ok "the chain is whole" code 0
# Whoever comes next waits for the lease of who was killed.
console
three=$console
ok "its outcome is not known" until_said '"name":"slow".*"last":"stopped".*its outcome is not known' trigger list --json
run --once
ok "and somebody is to look" said 'runbook slow stopped, begun by trigger slow'
ok "it is not begun again" is run.wait "trigger slow" intent 1
ok "nor what ran" is run.local "trigger slow" intent 1
ok "nor what was proposed" is trigger.propose "trigger fix" note 1
ok "nor what ran before" is run.local "trigger look" intent 2
run alert list --json
id=$(sed -n 's/.*"id":"\([0-9a-f]*\)".*HighErrorRate.*/\1/p' "$tmp/out" | head -n 1)
ok "nor on the timeline" until_said 'For long  outcome unknown, by trigger slow' incident show "$id"
ok "what was done before is done" said 'Before  done, by trigger slow'
run runbook list --json
ok "the list of runbooks names triggers" said '"name":"look".*"triggers":\["look","round"\]'
run audit log
ok "the record says it too" said 'run.wait .*unknown'
gone "$three" TERM

# --- what must not run
"$LAB/lab" clear DiskFillingUp
for _ in $(seq 1 60); do
	run alert list
	said DiskFillingUp || break
	sleep 1
done
ok "it is over" silent DiskFillingUp
run --once
ok "and so is the proposal" silent 'runbook fix proposed'
echo 'another text' >>"$tmp/books/queue.md"
console --readonly
four=$console
"$LAB/lab" fire QueueBacklog
until_said QueueBacklog alert list
sleep 8
ok "read-only runs nothing" is run.local "trigger queue" intent 0
ok "and proposes nothing" is trigger.propose "trigger queue" note 0
gone "$four" TERM
console
ok "another text is only proposed" until_said '^queue .* proposed .*not trusted as it is now' trigger list
ok "and did not run" is run.local "trigger queue" intent 0
ok "noted once" is trigger.propose "trigger queue" note 1
run audit verify
ok "the chain is whole at the end" code 0
run trigger list --json
ok "machines read it" said '"name":"queue".*"last":"proposed"'

echo "$passed passed, $failed failed"
[ "$failed" = 0 ]
