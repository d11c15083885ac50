#!/bin/sh
# A shift from the page to the accepted handoff, by the keys of the console in a terminal
# (shift.t), in a lab of its own: Prometheus and Alertmanager fire and page the fake
# PagerDuty, the network goes and comes back, the handoff goes out by mail. Then every number
# in that mail is counted again from the servers' records (shift_count.py). Needs OOGWAY, LAB,
# and BUILD for the terminal. Ends with `N passed, N failed`.
here=$(cd "$(dirname "$0")/../.." && pwd)
: "${OOGWAY:=$here/oogway}" "${LAB:=$here/tests/lab}" "${BUILD:=$here/build}"
: "${LAB_PORT_BASE:=12000}"
case $BUILD in /*) ;; *) BUILD=$here/$BUILD ;; esac
for tool in prometheus prometheus-alertmanager; do
	command -v $tool >/dev/null && continue
	echo "no $tool here: 0 passed, 0 failed"
	exit 0
done
SHIFT=$(mktemp -d) || exit 1
LAB_DIR=$SHIFT/lab LAB_INCIDENTS=400 WORLD=$here/tests/live/shift_world.py
export OOGWAY LAB LAB_PORT_BASE LAB_DIR LAB_INCIDENTS SHIFT WORLD
doors=
end() {
	for pid in $doors; do kill "$pid" 2>/dev/null; done
	wait
	"$LAB/lab" down >/dev/null 2>&1
	rm -rf "$SHIFT"
}
trap end EXIT
trap 'exit 1' INT TERM
fail() {
	echo "$*"
	echo "0 passed, 1 failed"
	exit 1
}

"$LAB/lab" up >"$SHIFT/up" 2>&1 || fail "$(cat "$SHIFT/up")"
door() { # offset of the port (its control is the next one), offset of what is behind it
	python3 -B "$LAB/faults.py" --port $((LAB_PORT_BASE + $1)) \
		--control $((LAB_PORT_BASE + $1 + 1)) \
		--backend "http://127.0.0.1:$((LAB_PORT_BASE + $2))" >/dev/null 2>&1 &
	doors="$doors $!"
}
door 9321 8080
door 9323 9093

# The shift began a week ago but ten minutes, by the clock of Berlin: it is about to end.
at=$(TZ=Europe/Berlin LC_ALL=C date -d '+10 minutes' '+%a %H:%M')
rc() { # file, token, who
	cat >"$SHIFT/$1" <<END
set anomaly.points = 100
set log.files = $SHIFT/none
source am alertmanager url=http://127.0.0.1:$((LAB_PORT_BASE + 9323)) every=1s timeout=2s
source pd pagerduty url=http://127.0.0.1:$((LAB_PORT_BASE + 9321)) every=1s timeout=2s token-file=$SHIFT/lab/secrets/$2 from=$3
handoff primary "at=$at" zone=Europe/Berlin to=ben@lab.example from=oncall@lab.example smtp=localhost:$((LAB_PORT_BASE + 2525)) user=oogway password-file=$SHIFT/lab/secrets/smtp.password ca-file=$SHIFT/lab/tls/ca.pem
END
}
rc ana.rc pagerduty-user.token ana@lab.example
rc ben.rc pagerduty.token ben@lab.example
# What the library of fonts keeps for ever is not ours to free.
echo 'leak:libfontconfig' >"$SHIFT/leaks"
export SHIFT_AT="$at"

# The pager is taken where this oogway can.
if "$OOGWAY" --print-man 1 | grep -q 'oncall take'; then
	sed 's/^#TAKE //' "$here/tests/live/shift.t" >"$SHIFT/shift.t"
else
	cp "$here/tests/live/shift.t" "$SHIFT/shift.t"
fi
"$BUILD/term" -t 120 -x 3 "$SHIFT/shift.t" >"$SHIFT/term" 2>&1
screen=$?
[ $screen = 0 ] || cat "$SHIFT/term"
[ -s "$SHIFT/records.json" ] || fail 'no mail'
python3 -B "$here/tests/live/shift_count.py" "$SHIFT" $((screen == 0)) $((screen != 0))
