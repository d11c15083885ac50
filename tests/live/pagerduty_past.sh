#!/bin/sh
# The past of a fake PagerDuty, read by real consoles: the newest thousand, all of it after
# kill -9 again and again while incidents are resolved behind their back, what begins
# later, and that what is listed says how much of it is there. The count is the fake's own.
# Needs OOGWAY and LAB. Ends with `N passed, N failed`.
here=$(cd "$(dirname "$0")/../.." && pwd)
: "${OOGWAY:=$here/oogway}" "${LAB:=$here/tests/lab}" "${LAB_PORT_BASE:=12000}"
tmp=$(mktemp -d) || exit 1
passed=0 failed=0 pid=
end() {
	kill "$fake" 2>/dev/null
	[ -z "$pid" ] || kill "$pid" 2>/dev/null
	wait
	rm -rf "$tmp"
}
trap end EXIT
trap 'exit 1' INT TERM
HOME=$tmp/home XDG_STATE_HOME=$tmp/state XDG_CONFIG_HOME=$tmp/config
export HOME XDG_STATE_HOME XDG_CONFIG_HOME
unset XDG_RUNTIME_DIR
mkdir -p "$HOME" "$XDG_CONFIG_HOME" "$tmp/secrets"
port=$((LAB_PORT_BASE + 9311))
python3 -B "$LAB/pagerduty.py" --port "$port" --secrets "$tmp/secrets" --incidents 3000 \
	--open 8 --per-minute 100000 >"$tmp/fake.log" 2>&1 &
fake=$!

ok() { # name condition…
	name=$1
	shift
	if "$@"; then
		passed=$((passed + 1))
	else
		failed=$((failed + 1))
		echo "not ok: $name"
		cat "$tmp/out" "$tmp/err" 2>/dev/null | head -n 20
	fi
}
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
# As the fake has them: id, end, first acknowledgement; sorted.
truth() {
	python3 -B - "$tmp/secrets/pagerduty.token" "$port" <<'END'
import json, sys, urllib.request
token, port = open(sys.argv[1]).read().strip(), sys.argv[2]
def get(path):
    request = urllib.request.Request(f'http://127.0.0.1:{port}{path}', headers={
        'Authorization': 'Token token=' + token, 'Content-Type': 'application/json',
        'Accept': 'application/vnd.pagerduty+json;version=2'})
    return json.load(urllib.request.urlopen(request, timeout=30))
def pages(path, name):
    offset = 0
    while True:
        page = get(f'{path}&limit=100&offset={offset}')
        yield from page[name]
        offset += 100
        if not page['more']:
            return
taken = {}
for month in range(7):
    import datetime
    now = datetime.datetime.now(datetime.timezone.utc)
    until, since = now - datetime.timedelta(30 * month - 1), now - datetime.timedelta(30 * month + 29)
    span = f'since={since:%Y-%m-%dT%H:%M:%SZ}&until={until:%Y-%m-%dT%H:%M:%SZ}'
    for e in pages(f'/log_entries?is_overview=true&{span}', 'log_entries'):
        if e['type'] == 'acknowledge_log_entry':
            i = e['incident']['id']
            taken[i] = min(taken.get(i, e['created_at']), e['created_at'])
rows = [(i['id'], i['resolved_at'] or '', taken.get(i['id'], ''))
        for i in pages('/incidents?date_range=all&sort_by=incident_number:desc', 'incidents')]
for row in sorted(rows):
    print('|'.join(row))
END
}
listed() { # as oogway lists them, the same
	"$OOGWAY" -c "$tmp/rc" incident list -s all --json >"$tmp/out" 2>"$tmp/err"
	status=$?
	python3 -c "import json,sys
rows = [json.loads(l) for l in open(sys.argv[1])][1:]
cut = lambda t: (t or '').replace('.000Z', 'Z')
print('\n'.join(sorted('|'.join((r['id'], cut(r['ended_at']), cut(r['acknowledged_at'])))
    for r in rows)))" "$tmp/out"
}
console() { # seconds; then kill -9
	"$OOGWAY" -c "$tmp/rc" --plain >"$tmp/plain" 2>&1 </dev/null &
	pid=$!
	sleep "$1"
	kill -9 "$pid" 2>/dev/null
	wait "$pid" 2>/dev/null
	pid=
}
some_open() { # n of the open incidents that the fake lists
	ask GET "/incidents?date_range=all&statuses%5B%5D=triggered&limit=$1" |
		python3 -c 'import json,sys
for i in json.load(sys.stdin)["incidents"]: print(i["id"])'
}
resolve_one() {
	for id in $(some_open 1); do
		ask POST /_lab/status "{\"id\":\"$id\",\"status\":\"resolved\"}" >/dev/null
	done
}
whole() { # until all is said to be complete, a minute at most
	for _ in 1 2 3 4 5 6 7 8 9 10 11 12; do
		"$OOGWAY" -c "$tmp/rc" incident list -s all >/dev/null 2>&1 && return
		sleep 5
	done
	return 1
}

cat >"$tmp/rc" <<END
set log.files = $tmp/none
source pd pagerduty url=http://127.0.0.1:$port token-file=$tmp/secrets/pagerduty.token every=2s
END
for _ in 1 2 3 4 5 6 7 8 9 10; do
	grep -q port "$tmp/fake.log" && break
	sleep 0.5
done

# The newest come first: a console that lives for a moment has them, and says what it lacks.
console 3
"$OOGWAY" -c "$tmp/rc" incident list -s all >"$tmp/out" 2>"$tmp/err"
status=$?
ok "the newest thousand are there" [ "$(wc -l <"$tmp/out")" -ge 1001 ]
ok "… and are called partial" [ $status = 3 ]
ok "… in words" grep -q 'partial: read back to' "$tmp/err"

# Killed again and again, while things happen.
for s in 1.3 0.7 1.9 1.1 1.6; do
	resolve_one
	ask POST /_lab/incidents '{"service":"search","title":"behind its back"}' >/dev/null
	console "$s"
done
# Two at a time: one of them reads.
"$OOGWAY" -c "$tmp/rc" --plain >"$tmp/plain2" 2>&1 </dev/null &
pid=$!
(sleep 2; resolve_one; ask POST /_lab/incidents '{"service":"cart","title":"late"}') >/dev/null 2>&1
ok "all of it is read" whole
resolve_one
sleep 6
truth >"$tmp/truth"
listed >"$tmp/listed"
ok "complete" [ $status = 0 ]
ok "the count is the truth" [ "$(wc -l <"$tmp/listed")" = "$(wc -l <"$tmp/truth")" ]
diff "$tmp/truth" "$tmp/listed" >"$tmp/out"
ok "each with its end and who was first" cmp -s "$tmp/truth" "$tmp/listed"
ok "the header says complete" sh -c "'$OOGWAY' -c '$tmp/rc' incident list -s 7d --json |
	head -n 1 | grep -q '\"complete\":true'"
"$OOGWAY" -c "$tmp/rc" source list >"$tmp/out" 2>"$tmp/err"
ok "the sources pane says so too" grep -q 'past complete since' "$tmp/out"

# A plan without logs: the field is missing, the rest is there.
kill "$pid"
wait "$pid" 2>/dev/null
rm -rf "$tmp/state"
ask POST /_lab/faults '[{"path":"/log_entries","times":100000,"status":402,
	"body":{"error":{"message":"Required abilities are unavailable","code":2012}}}]' >/dev/null
"$OOGWAY" -c "$tmp/rc" --plain >"$tmp/plain2" 2>&1 </dev/null &
pid=$!
ok "without logs all incidents are read" whole

# Without any console and on a new store: what is missing of the shift is read first.
kill "$pid"
wait "$pid" 2>/dev/null
rm -rf "$tmp/state"
ask POST /_lab/faults '[]' >/dev/null
echo 'handoff primary "at=Mon 09:00" zone=UTC' | cat "$tmp/rc" - >"$tmp/rc-handoff"
in_shift() { # high urgency, as what pages
	python3 -B - <<'END'
import datetime
now = datetime.datetime.now(datetime.timezone.utc)
end = (now - datetime.timedelta(days=now.weekday())).replace(hour=9, minute=0, second=0)
end = end if end <= now else end - datetime.timedelta(days=7)
stamp = lambda t: t.strftime('%Y-%m-%dT%H:%M:%SZ')
print(f'/incidents?total=true&limit=1&urgencies[]=high&since={stamp(end - datetime.timedelta(days=7))}'
      f'&until={stamp(end)}')
END
}
want=$(ask GET "$(in_shift)" | sed 's/.*"total": *\([0-9]*\).*/\1/')
"$OOGWAY" -c "$tmp/rc-handoff" handoff print previous >"$tmp/out" 2>"$tmp/err"
ok "one command alone is complete" grep -q '^Data  *complete: pd' "$tmp/out"
ok "and counts all $want pages of the shift" grep -q "^• $want pages" "$tmp/out"
rm -rf "$tmp/state"
ask POST /_lab/faults '[{"path":"/incidents","times":100000,"status":503}]' >/dev/null
"$OOGWAY" -c "$tmp/rc-handoff" handoff print previous >"$tmp/out" 2>"$tmp/err"
ok "what could not be read is not nothing" grep -q "not known: nobody read pd's" "$tmp/out"
echo "$passed passed, $failed failed"
[ "$failed" = 0 ]
