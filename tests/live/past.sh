#!/bin/sh
# The past for scripts: its numbers against an independent count over the store's own rows,
# exit codes, and problems put together by hand. No server is needed.
here=$(cd "$(dirname "$0")/../.." && pwd)
: "${OOGWAY:=$here/oogway}" "${LAB:=$here/tests/lab}"
tmp=$(mktemp -d) || exit 1
passed=0 failed=0
trap 'rm -rf "$tmp"' EXIT
HOME=$tmp/home XDG_STATE_HOME=$tmp/state XDG_CONFIG_HOME=$tmp/config PD_TOKEN=t TZ=Europe/Berlin
export HOME XDG_STATE_HOME XDG_CONFIG_HOME PD_TOKEN TZ
mkdir -p "$HOME" "$XDG_CONFIG_HOME"
cat >"$tmp/rc" <<RC
set store = $tmp/past.db
source pd pagerduty url=http://127.0.0.1:9 token-env=PD_TOKEN
RC

ok() { # name condition…
	name=$1
	shift
	if "$@"; then
		passed=$((passed + 1))
	else
		failed=$((failed + 1))
		echo "not ok: $name (status $status)"
		head -n 5 "$tmp/out" "$tmp/err"
	fi
}

run() { # args…
	"$OOGWAY" -c "$tmp/rc" "$@" >"$tmp/out" 2>"$tmp/err" </dev/null
	status=$?
}

code() { [ "$status" = "$1" ]; }
said() { grep -q -e "$2" "$tmp/$1"; }

run trend list
ok 'without a store' code 1
ok 'without a store, said' said err 'there is no past'

# The console makes the store; a dumb terminal is enough for that.
mkfifo "$tmp/in"
"$OOGWAY" -c "$tmp/rc" --plain <"$tmp/in" >/dev/null 2>&1 &
plain=$!
exec 3>"$tmp/in"
for _ in $(seq 100); do
	[ -s "$tmp/past.db" ] && python3 -c '
import sqlite3, sys
sqlite3.connect(sys.argv[1]).execute("SELECT taken_at FROM incident")' "$tmp/past.db" \
		2>/dev/null && break
	sleep 0.1
done
exec 3>&-
kill "$plain" 2>/dev/null
wait "$plain"
run trend show
ok 'an empty past is partial' code 3
ok 'an empty past, said' said out '^span     0 from'

python3 "$LAB/past.py" "$tmp/past.db" 2000 70
run trend show --json
ok 'show' code 0
cp "$tmp/out" "$tmp/show"
run trend show
ok 'pages and what is of low urgency' said out \
	"^pages    $(python3 -c 'import json, sys
show = json.load(open(sys.argv[1]))
assert show["pages"] + show["low_urgency"] == show["count"] and show["low_urgency"]
print(show["pages"])' "$tmp/show"), and [1-9][0-9]* of low urgency; "
run trend list --json
ok 'list' code 0
cp "$tmp/out" "$tmp/problems"
run trend list -b day --json
cp "$tmp/out" "$tmp/days"
run past list --json
cp "$tmp/out" "$tmp/past"
# Counted again, from the rows of the store, with Python's own calendar.
count() {
	python3 - "$tmp" <<'PY'
import datetime, json, sqlite3, statistics, sys, zoneinfo
tmp, zone = sys.argv[1], zoneinfo.ZoneInfo("Europe/Berlin")
show = json.load(open(tmp + "/show"))
stamp = lambda text: datetime.datetime.fromisoformat(text.replace("Z", "+00:00"))
begin, end = stamp(show["window"]["from"]), stamp(show["window"]["to"])
local = end.astimezone(zone)
midnight = datetime.datetime(local.year, local.month, local.day, tzinfo=zone)
assert begin == midnight - datetime.timedelta(days=27), begin
rows = sqlite3.connect(tmp + "/past.db").execute(
    "SELECT started_at, taken_at, ended_at, resolved_by FROM incident").fetchall()
rows = [(datetime.datetime.fromtimestamp(r[0] / 1000, zone), *r) for r in rows]
mine = [r for r in rows if begin <= r[0] < end]
ended = [r for r in mine if r[3]]
assert show["complete"] and show["count"] == len(mine), (show["count"], len(mine))
assert show["ended"] == len(ended) and show["open"] == len(mine) - len(ended)
assert show["auto_resolved"] == sum(not r[4] for r in ended)
assert show["never_acted"] == sum(not r[2] for r in ended)
assert show["mttr_median_ms"] == statistics.median(r[3] - r[1] for r in ended)
assert show["mtta_median_ms"] == statistics.median(r[2] - r[1] for r in mine if r[2])
assert show["today"]["count"] == sum(midnight <= r[0] < end for r in rows)
monday = midnight - datetime.timedelta(days=local.weekday())
assert show["week"]["count"] == sum(monday <= r[0] < end for r in rows)
first = midnight.replace(day=1)
assert show["month"]["count"] == sum(first <= r[0] < end for r in rows)
heat = [0] * 168
for r in mine:
    heat[r[0].weekday() * 24 + r[0].hour] += 1
assert show["hours_of_week"] == heat
days = {}
for r in mine:
    days[r[0].date()] = days.get(r[0].date(), 0) + 1
want = [days.get((begin.astimezone(zone) + datetime.timedelta(days=i)).date(), 0)
        for i in range(28)]
assert show["days"] == want, (show["days"], want)
lines = lambda name: [json.loads(line) for line in open(tmp + "/" + name)][1:]
problems = lines("problems")
assert len(problems) == 8 and abs(sum(p["count"] for p in problems) - len(mine)) <= 1
assert [d["count"] for d in lines("days")][:27] == want[:27]
assert abs(len(lines("past")) - len(mine)) <= 1
PY
}
ok 'the numbers are right' count

id() { sed -n "$1p" "$tmp/problems" | sed 's/{"id":"\([0-9a-f]*\)".*/\1/'; }
run trend merge "$(id 2)"
ok 'one is not merged' code 1
run trend merge "$(id 2)" "$(id 3)"
ok 'two are' code 0
run trend list --json
ok 'and stay merged' [ "$(wc -l <"$tmp/out")" = 8 ]
ok 'and say so' said out 'put together by hand'
run trend merge nonsense more
ok 'no id' code 2
first=$(sed -n 2p "$tmp/past" | sed 's/{"id":"\([0-9a-f]*\)".*/\1/')
run trend split 0123456789abcdef
ok 'nobody to split' code 1
run trend list -b moon
ok 'no such bar' code 2
run trend list -d 500
ok 'too many days' code 2
run trend by day
ok 'only for the console' code 2
run past list -d 7 -l service=web --json
ok 'past filtered' code 0
ok 'past of one service' [ "$(grep -c '"service":"web"' "$tmp/out")" = \
	"$(($(wc -l <"$tmp/out") - 1))" ]
[ -n "$first" ] || failed=$((failed + 1))

echo "$passed passed, $failed failed"
[ "$failed" = 0 ]
