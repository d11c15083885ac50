#!/bin/sh
# Objectives against a real Prometheus that has thirty days of counters: a service that is
# well, one that fails for twenty minutes, a bound of a histogram, and what counts nothing.
# Needs OOGWAY and BUILD. Ends with `N passed, N failed`.
command -v prometheus >/dev/null 2>&1 && command -v promtool >/dev/null 2>&1 || {
	echo "no prometheus here: 0 passed, 0 failed"
	exit 0
}
here=$(cd "$(dirname "$0")/../.." && pwd)
: "${OOGWAY:=$here/oogway}" "${BUILD:=$here/build}" "${LAB_PORT_BASE:=12000}"
port=$((LAB_PORT_BASE + 9411))
tmp=$(mktemp -d)
export XDG_CONFIG_HOME="$tmp/config" XDG_STATE_HOME="$tmp/state" XDG_DATA_HOME="$tmp/data" \
	XDG_CACHE_HOME="$tmp/cache"
passed=0 failed=0 server= am=
end() {
	[ -z "$server" ] || kill "$server" 2>/dev/null
	[ -z "$server" ] || wait "$server" 2>/dev/null
	[ -z "$am" ] || kill "$am" 2>/dev/null
	[ -z "$am" ] || wait "$am" 2>/dev/null
	rm -rf "$tmp"
}
trap end EXIT
trap 'exit 1' INT TERM

# world NAME MINUTES: a server whose service has failed for so long.
world() {
	[ -z "$server" ] || { kill "$server"; wait "$server" 2>/dev/null; }
	mkdir "$tmp/$1"
	python3 -B "$here/tests/live/slo_history.py" "$(date +%s)" "$2" >"$tmp/$1.om"
	promtool tsdb create-blocks-from openmetrics --max-block-duration=744h \
		"$tmp/$1.om" "$tmp/$1" >"$tmp/$1.log" 2>&1 || { cat "$tmp/$1.log"; exit 1; }
	printf 'global: {scrape_interval: 60s}\n' >"$tmp/$1.yml"
	prometheus --config.file="$tmp/$1.yml" --storage.tsdb.path="$tmp/$1" \
		--storage.tsdb.retention.time=90d --web.listen-address=127.0.0.1:$port \
		>>"$tmp/$1.log" 2>&1 &
	server=$!
	n=0
	until curl -fs "http://127.0.0.1:$port/-/ready" >/dev/null; do
		n=$((n + 1))
		[ $n -lt 120 ] || { cat "$tmp/$1.log"; exit 1; }
		sleep 0.5
	done
}

cat >"$tmp/rc" <<-END
	set store = $tmp/store.db
	source prom prometheus url=http://127.0.0.1:$port timeout=30s
	slo checkout source=prom target=99.9 "good=http_requests_total{code!~\"5..\"}" total=http_requests_total
	slo failing source=prom target=99.9 "bad=http_requests_total{code=~\"5..\"}" total=http_requests_total window=7d
	slo quick source=prom target=99 histogram=took_seconds_bucket under=300ms
	slo nothing source=prom target=99 good=no_such_total total=http_requests_total
	slo wrong source=prom target=99 "good=sum(increase(a[\$window])" total=http_requests_total
	slo empty source=prom target=99 bad=no_such_total total=nor_this_total
END

# expect WHAT PYTHON: an expression over s (objectives by name) and a (alerts).
ask() {
	"$OOGWAY" -c "$tmp/rc" slo --json >"$tmp/slos" 2>"$tmp/err"
	"$OOGWAY" -c "$tmp/rc" alert list --json >"$tmp/alerts" 2>>"$tmp/err"
}
expect() {
	if python3 -B - "$2" "$tmp/slos" "$tmp/alerts" <<-'END'
		import json, sys
		rows = [[json.loads(l) for l in open(f)][1:] for f in sys.argv[2:]]
		s = {r["name"]: r for r in rows[0]}
		a = [r for r in rows[1] if "SLO" in r["title"]]
		sys.exit(0 if eval("(" + sys.argv[1] + ")") else 1)
	END
	then
		passed=$((passed + 1))
	else
		failed=$((failed + 1))
		echo "not so: $1"
		cat "$tmp/slos" "$tmp/alerts" "$tmp/err"
	fi
}

world well 0
ask
expect "all are listed" 'len(s) == 6'
expect "a service that is well" 's["checkout"]["state"] == "ok" and
	s["checkout"]["budget_left"] > .98 and s["checkout"]["ends_at"] is None'
expect "thirty days were counted, but for the hole" \
	'25e6 < s["checkout"]["events"] < 26.2e6'
expect "the slow ones are just what is allowed" \
	'abs(s["quick"]["budget_left"]) < .1 and
	.9 < s["quick"]["rules"][3]["burn_long"] < 1.1'
expect "a good that counts nothing gives no verdict" \
	's["nothing"]["state"] == "unknown" and "good= gives nothing" in s["nothing"]["says"]'
expect "a wrong query says what the server says" \
	's["wrong"]["state"] == "unknown" and "parse" in s["wrong"]["says"]'
expect "a total that counts nothing gives no verdict" \
	's["empty"]["state"] == "unknown" and "total gives nothing" in s["empty"]["says"]'
expect "nobody is paged" 'not [r for r in a if "quick" not in r["title"]]'
world broken 20
ask
expect "a fifth fails for twenty minutes: a page" 's["checkout"]["state"] == "page" and
	s["checkout"]["rules"][0]["fires"] and
	55 < s["checkout"]["rules"][0]["burn_long"] < 75 and
	190 < s["checkout"]["rules"][0]["burn_short"] < 210'
expect "counted from the bad ones the same" 's["failing"]["state"] == "page" and
	abs(s["failing"]["rules"][0]["burn_long"] -
	s["checkout"]["rules"][0]["burn_long"]) < 1'
expect "what is left, and when that ends" \
	'.88 < s["checkout"]["budget_left"] < .95 and s["checkout"]["ends_at"]'
expect "it is among the alerts" \
	'[r for r in a if "checkout" in r["title"] and r["severity"] == "critical" and
	"over 1h" in r["summary"] and "Budget of 30d left" in r["summary"]]'
if command -v prometheus-alertmanager >/dev/null 2>&1; then
	printf 'route: {receiver: none}\nreceivers: [{name: none}]\n' >"$tmp/am.yml"
	prometheus-alertmanager --config.file="$tmp/am.yml" --storage.path="$tmp/am" \
		--web.listen-address=127.0.0.1:$((port + 1)) --cluster.listen-address= \
		>"$tmp/am.log" 2>&1 &
	am=$!
	n=0
	until curl -fs "http://127.0.0.1:$((port + 1))/-/ready" >/dev/null; do
		n=$((n + 1))
		[ $n -lt 120 ] || { cat "$tmp/am.log"; exit 1; }
		sleep 0.5
	done
	amtool --alertmanager.url="http://127.0.0.1:$((port + 1))" silence add \
		alertname=SLOBudgetBurn slo=checkout -c known -a test -d 1h >/dev/null
	printf 'source am alertmanager url=http://127.0.0.1:%s\n' $((port + 1)) >>"$tmp/rc"
	ask
	expect "a silence of a server mutes what it matches, and no more" \
		'[r["state"] for r in a if r["labels"]["slo"] == "checkout"] == ["silenced"]
		and [r["state"] for r in a if r["labels"]["slo"] == "failing"] == ["firing"]
		and s["checkout"]["silenced"] and not s["failing"]["silenced"]'
fi
# Since when the store says that it fires.
since() {
	python3 -B - "$tmp/store.db" <<-'END'
		import sqlite3, sys
		rows = sqlite3.connect(sys.argv[1]).execute(
			"select body from keep where key = 'console/slo'").fetchall()
		print(sorted(l.split()[:2] + l.split()[4:]
			for l in bytes(rows[0][0]).decode().splitlines()))
	END
}
# What is on the screens; the third console knows since when it fires.
for size in 80x24 160x48 40x12; do
	chart='wait "share of bad" 15000'
	[ $size != 40x12 ] || chart=
	cat >"$tmp/slo.t" <<-END
		size $size
		run $OOGWAY -c $tmp/rc
		wait "prom ✓" 20000
		keys ":slos<Enter>"
		wait "page     failing" 20000
		wait "unknown  nothing"
		keys "j<Enter>"
		wait "budget left"
		wait "over 1h"
		$chart
		keys "<Esc><Esc>2"
		wait "SLO failin" 15000
		keys "Q"
		exit 0
	END
	if "$BUILD/term" "$tmp/slo.t" >"$tmp/log" 2>&1; then
		passed=$((passed + 1))
	else
		failed=$((failed + 1))
		cat "$tmp/log"
	fi
	since >"$tmp/since.$size" 2>&1
done
# The first console may end before its new store is there.
if grep -q checkout "$tmp/since.160x48" && cmp -s "$tmp/since.160x48" "$tmp/since.40x12"; then
	passed=$((passed + 1))
else
	failed=$((failed + 1))
	echo "not so: what fires has its beginning after a restart"
	cat "$tmp"/since.*
fi
echo "$passed passed, $failed failed"
[ "$failed" = 0 ]
