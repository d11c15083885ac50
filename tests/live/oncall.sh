#!/bin/sh
# The pager itself, on the fake PagerDuty: who is on call as the fake's own list says it, gaps,
# overrides of both kinds of schedules under faults, offline. What counts is what the fake
# holds afterwards. Ends with `N passed, N failed`.
here=$(cd "$(dirname "$0")/../.." && pwd)
: "${OOGWAY:=$here/oogway}" "${LAB:=$here/tests/lab}" "${LAB_PORT_BASE:=12000}"
tmp=$(mktemp -d) || exit 1
passed=0 failed=0 pids=
end() {
	for pid in $pids; do kill "$pid" 2>/dev/null; done
	wait
	rm -rf "$tmp"
}
trap end EXIT
trap 'exit 1' INT TERM
HOME=$tmp/home XDG_STATE_HOME=$tmp/state XDG_CONFIG_HOME=$tmp/config TZ=Europe/Berlin
export HOME XDG_STATE_HOME XDG_CONFIG_HOME TZ
unset XDG_RUNTIME_DIR
mkdir -p "$HOME" "$XDG_CONFIG_HOME" "$tmp/secrets"
port=$((LAB_PORT_BASE + 9321))

ok() { # name condition…
	name=$1
	shift
	if "$@"; then
		passed=$((passed + 1))
	else
		failed=$((failed + 1))
		echo "not ok: $name (status $status)"
		cut -c1-300 "$tmp/out" "$tmp/err" | head -n 12
	fi
}

run() { # args…
	timeout 60 "$OOGWAY" -c "$tmp/rc" "$@" >"$tmp/out" 2>"$tmp/err" </dev/null
	status=$?
}

is() { [ "$1" = "$2" ]; }
said() { grep -q -e "$1" "$tmp/out" "$tmp/err"; }
ask() { # METHOD PATH [BODY]
	python3 -B - "$tmp/secrets/pagerduty.token" "$port" "$@" <<'END'
import sys, urllib.request
token, port, method, path = open(sys.argv[1]).read().strip(), *sys.argv[2:5]
body = sys.argv[5].encode() if len(sys.argv) > 5 else None
request = urllib.request.Request(f'http://127.0.0.1:{port}{path}', body, method=method, headers={
    'Authorization': 'Token token=' + token, 'Content-Type': 'application/json',
    'Accept': 'application/vnd.pagerduty+json;version=2'})
print(urllib.request.urlopen(request, timeout=10).read().decode())
END
}
field() { python3 -c "import json,sys; d=json.load(sys.stdin); print($1)"; }
faults() { ask POST /_lab/faults "$1" >/dev/null; }
made() { # of schedule $1
	ask GET /_lab/overrides | field "sum(o['schedule'] == '$1' for o in d['overrides'])"
}
on_call() { # in schedule $1, as the fake says
	id=$(ask GET /schedules | field "[s['id'] for s in d['schedules'] if s['name'] == '$1'][0]")
	ask GET "/schedules/$id/users" | field "', '.join(u['name'] for u in d['users'])"
}
listed() { # member of the schedule named $1 in the last listing
	python3 -c "import json,sys
for row in map(json.loads, open(sys.argv[1])):
    if row.get('schedule') == sys.argv[2]:
        print($2)" "$tmp/out" "$1"
}
start() {
	python3 -B "$LAB/pagerduty.py" --port "$port" --secrets "$tmp/secrets" --incidents 10 \
		--open 0 --per-minute 100000 >"$tmp/fake.log" 2>&1 &
	fake=$!
	pids="$pids $fake"
	for _ in $(seq 40); do
		ask GET /_lab/requests >/dev/null 2>&1 && return
		sleep 0.25
	done
}

start
cat >"$tmp/rc" <<END
set log.files = $tmp/none
source pd pagerduty url=http://127.0.0.1:$port token-file=$tmp/secrets/pagerduty-user.token from=ana@lab.example every=2s timeout=5s
END

# Reading.
run oncall list --json
ok 'the list' is $status 0
for s in 'Orders primary' 'Payments primary' 'Platform follow the sun'; do
	ok "who is on call: $s" is "$(listed "$s" "', '.join(n['name'] for n in row['now'])")" \
		"$(on_call "$s")"
done
ok 'no gap is made up' is "$(listed 'Orders primary' "row['gap_count']")" 0
ok 'overlaps of shifts' [ "$(listed 'Data shifts' "row['overlap_count']")" -ge 10 ]
gap=$(ask POST /_lab/gap '{"schedule":"Orders primary","from":7200,"to":10800}')
ok 'the fake has a gap' [ -n "$gap" ]
run oncall list --json
ok 'a gap is an hour' is "$(listed 'Orders primary' "[round((
    __import__('datetime').datetime.fromisoformat(g['to'].replace('Z', '+00:00')) -
    __import__('datetime').datetime.fromisoformat(g['from'].replace('Z', '+00:00'))
    ).total_seconds()) for g in row['gaps']]")" '[3600]'
run oncall show orders
ok 'the gap stands between the shifts' said 'nobody *no cover'
run oncall show pa
ok 'a schedule by the start of its name' is $status 0
run oncall show primary
ok 'not by what two have' said 'could be Orders primary, Payments primary'
ok '… refused' is $status 1

# Taking and giving, v2.
run oncall take 3h orders
ok 'a script is asked' is $status 4
ok 'the question shows whom' said 'Orders primary at pd: you .* instead of Dara Singh'
ok 'the question shows the gap that is closed' said 'no cover before: .*(1h), none is left'
ok 'nothing is made before yes' is "$(made 'Orders primary')" 0
run --yes oncall take 3h orders
ok 'take' is $status 0
ok 'take made one' is "$(made 'Orders primary')" 1
ok 'and I am on call' is "$(on_call 'Orders primary')" 'Ana Ruiz'
run --yes oncall take 1h orders
ok 'what is mine is not taken' said 'you are on call in Orders primary all that time'
ask POST /_lab/user '{"name":"Ben Li"}' >/dev/null
run --yes oncall give @ben 2h payments
ok 'an ambiguous name is refused' is $status 1
ok '… with all that it could be' said 'Ben Okafor (ben@lab.example), Ben Li (PU'
ok '… and nobody is paged' is "$(made 'Payments primary')" 0
run --yes oncall give @nobody 2h payments
ok 'an unknown name' said 'pd knows nobody called nobody'
run --yes oncall give "Ben Li" 2h payments
ok 'somebody without mail' is $status 0
ok 'he is on call' is "$(on_call 'Payments primary')" 'Ben Li'
run --yes oncall give ben@lab.example until "$(date -d '+90 minutes' +%H:%M)" payments
ok 'the last override wins' is "$(on_call 'Payments primary')" 'Ben Okafor'
run --readonly --yes oncall take 1h payments
ok 'read-only refuses' is $status 4
run --yes oncall take nonsense payments
ok 'a time that is none' is $status 2

# Swapping.
run oncall swap @dara orders
ok 'the swap shows both' said 'Dara Singh .* instead of you.*; and you .* instead of Dara Singh'
run --yes oncall swap dara orders
ok 'swap' is $status 0
ok 'two overrides' is "$(made 'Orders primary')" 3
ok 'she is on call' is "$(on_call 'Orders primary')" 'Dara Singh'

# Ending what was made from here: what runs is cut short, what has not begun is gone.
run oncall end orders
ok 'ending asks' said 'end the overrides at pd: .*Dara Singh.*; Orders primary: Ana Ruiz'
run --yes oncall end orders
ok 'end' is $status 0
ok 'she is on call by the schedule again' is "$(on_call 'Orders primary')" 'Dara Singh'
run --yes oncall end orders
ok 'nothing is left to end' said 'no override was made from here that has not ended'

# Faults: once, whatever happens.
n=$(made 'Platform follow the sun')
faults '[{"method":"POST","path":"/schedules/","drop":"after","times":1}]'
run --yes oncall give @chen 1h platform
ok 'the answer gets lost' is $status 0
ok '… made once' is "$(made 'Platform follow the sun')" $((n + 1))
faults '[{"method":"POST","path":"/schedules/","drop":"before","times":1},
	{"method":"POST","path":"/schedules/","status":503,"times":1}]'
run --yes oncall give @dara 1h platform
ok 'it never came, then 503' is $status 0
ok '… made once, too' is "$(made 'Platform follow the sun')" $((n + 2))
faults '[{"method":"POST","path":"/schedules/","status":429,"headers":{"ratelimit-reset":"1"},"times":1}]'
run --yes oncall give @eli 1h platform
ok '429' is "$(made 'Platform follow the sun')" $((n + 3))
faults '[{"path":"/users","delay":2,"times":1},{"path":"/v3/","delay":2,"times":1}]'
run oncall list
ok 'slow answers are waited for' is $status 0
faults '[{"path":"/schedules/","status":429,"headers":{"ratelimit-reset":"1"},"times":1}]'
run oncall list
ok 'a limited rate is said' said 'pd: .*limits the rate'
faults '[{"path":"/schedules/","truncate":300,"times":1}]'
run oncall list
ok 'half an answer is said' said 'pd: '
ok '… and is not whole' is $status 3
faults '[{"path":"/schedules","status":402,"times":9},{"path":"/v3","status":403,"times":9}]'
run oncall list
ok 'a plan without schedules' said 'schedules are not in its plan'
ok '… is said' is $status 3
faults '[]'

# Killed while it is being sent: whoever comes next looks for it first.
n=$(made 'Payments primary')
faults '[{"method":"POST","path":"/schedules/","delay":2,"times":1}]'
"$OOGWAY" -c "$tmp/rc" --yes oncall give @fay 45m payments >"$tmp/out" 2>"$tmp/err" </dev/null &
pid=$!
pids="$pids $pid"
for _ in $(seq 100); do
	run action list --json
	grep -q '"state":"sending"' "$tmp/out" && break
	sleep 0.2
done
kill -9 "$pid"
wait "$pid" 2>/dev/null
sleep 3
ok 'kill -9: it was made' is "$(made 'Payments primary')" $((n + 1))
"$OOGWAY" -c "$tmp/rc" --plain >"$tmp/plain" 2>&1 </dev/null &
pid=$!
pids="$pids $pid"
for _ in $(seq 80); do
	run action list
	said 'confirmed' && ! said 'sending' && ! said 'waits' && break
	sleep 0.5
done
kill "$pid"
wait "$pid" 2>/dev/null
ok 'kill -9: and confirmed by the next' said 'override .*Fay Moreau.*confirmed'
ok 'kill -9: not made twice' is "$(made 'Payments primary')" $((n + 1))

# Shift-based.
run --yes oncall give @chen 30m data
ok 'v3: give' is $status 0
ok 'v3: an override of each slot' [ "$(made 'Data shifts')" -ge 1 ]
run oncall list --json
ok 'v3: he is on call' said '"schedule":"Data shifts".*"now":\[{[^]]*"name":"Chen Wei"'
faults '[{"method":"POST","path":"/v3/","drop":"after","times":1}]'
n=$(made 'Data shifts')
run --yes oncall give @fay 20m data
ok 'v3: the answer gets lost' is $status 0
ok 'v3: made once' [ "$(made 'Data shifts')" -le $((n + 2)) ] && ok 'v3: made' [ \
	"$(made 'Data shifts')" -gt "$n" ]

# Paging, and more than are read.
ask POST /_lab/schedules '{"count":120}' >/dev/null
run oncall list
ok 'too many are said' said 'of 124 schedules are read'
ok 'all that are read are listed' is "$(grep -c 'pd$' "$tmp/out")" 100

# Offline: what a console kept.
"$OOGWAY" -c "$tmp/rc" --plain >"$tmp/plain" 2>&1 </dev/null &
pid=$!
pids="$pids $pid"
for _ in $(seq 240); do
	[ "$(python3 -c 'import sqlite3,sys
print(sqlite3.connect(sys.argv[1]).execute(
    "SELECT count(*) FROM keep WHERE key LIKE ?", ("rota/%",)).fetchone()[0])' \
		"$tmp/state/oogway/oogway.db" 2>/dev/null)" = 101 ] && break
	sleep 0.5
done
kill "$pid"
wait "$pid" 2>/dev/null
kill "$fake"
wait "$fake" 2>/dev/null
run oncall list
ok 'offline it is read from the store' is "$(grep -c 'pd$' "$tmp/out")" 100
ok '… and said to be old' said 'pd: as read '
ok '… which is not whole' is $status 3
run --yes oncall take 1h payments
ok 'offline an override waits' is $status 5
start
n=$(made 'Payments primary')
run action list
ok 'it is in the outbox' said 'override .*Payments primary: Ana Ruiz'
"$OOGWAY" -c "$tmp/rc" --plain >"$tmp/plain" 2>&1 </dev/null &
pids="$pids $!"
for _ in $(seq 60); do
	[ "$(made 'Payments primary')" -gt "$n" ] && break
	sleep 0.5
done
ok '… and made when the network is back' is "$(made 'Payments primary')" $((n + 1))
echo "$passed passed, $failed failed"
[ "$failed" = 0 ]
