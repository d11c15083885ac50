#!/bin/sh
# `oogway detect --csv` from outside: files as people have them, odd ones, the forms of its
# answer, and that no verdict knows a later point. Ends with `N passed, N failed`.
here=$(cd "$(dirname "$0")/../.." && pwd)
: "${OOGWAY:=$here/oogway}"
tmp=$(mktemp -d) || exit 1
passed=0 failed=0
trap 'rm -rf "$tmp"' EXIT
trap 'exit 1' INT TERM
HOME=$tmp/home XDG_STATE_HOME=$tmp/state XDG_CONFIG_HOME=$tmp/config TZ=UTC
export HOME XDG_STATE_HOME XDG_CONFIG_HOME TZ
mkdir -p "$HOME" "$XDG_CONFIG_HOME"

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
	"$OOGWAY" "$@" >"$tmp/out" 2>"$tmp/err" </dev/null
	status=$?
}

code() { [ "$status" = "$1" ]; }
said() { grep -q -e "$2" "$tmp/$1"; }
lines() { [ "$(wc -l <"$tmp/out")" = "$1" ]; }

# series FROM TO STEP: a day's curve with noise, one point every five minutes; from point
# STEP on it is half as much again. Points are numbered since 1 April 2014.
series() {
	awk -v from="$1" -v to="$2" -v step="$3" 'BEGIN {
		srand(7)
		print "timestamp,value"
		for (i = 0; i < to; i++) {
			v = 1000 + 300 * sin(i * 6.28318 / 288) + 10 * (rand() + rand() + rand() - 1.5)
			if (i >= step)
				v += 500
			if (i >= from)
				printf "%d,%.3f\n", 1396310400 + 300 * i, v
		}
	}'
}

# --- what is found ---
series 0 4032 3000 >"$tmp/step.csv"
run detect --csv "$tmp/step.csv"
ok "a step is found" code 0
ok "once" lines 1
ok "at its moment" said out '^2014-04-11T10:00:00Z '
ok "with its severity, value and what is usual" \
	said out 'high .*1\.[0-9]*k, usually [0-9.]*k* to 1[0-9.]*k* .*; [0-9.]* expected$'
ok "beside it what the file was like" said err '^4032 points, one every 5m; 1 anomaly$'
run detect --csv "$tmp/step.csv" --json
ok "as JSON" code 0
ok "a header and one object" lines 2
ok "the header says of what" \
	said out '^{"schema":"oogway.detect/1","window":{"from":"2014-0[^}]*},"complete":true}$'
ok "with words for machines" said out '"start":"2014-04-11T10:00:00.000Z".*"reason":"above-usual"'
run detect --csv "$tmp/step.csv" --scores
ok "each point" lines 4033
ok "with a head" said out '^timestamp,value,anomaly_score,is_anomaly,expected,low,high$'
ok "its stamp as it was, its score" said out '^1397210400,[0-9.]*,0\.[0-9]*,1,'
cp "$tmp/out" "$tmp/whole"
run detect --csv "$tmp/step.csv" --scores --json
ok "each point as JSON" lines 4033
ok "that says when and how much" said out '"at":"2014-04-11T10:00:00.000Z".*"is_anomaly":true'

# --- a verdict never knows a later point ---
head -n 3100 "$tmp/step.csv" >"$tmp/part.csv"
run detect --csv "$tmp/part.csv" --scores
head -n 3100 "$tmp/whole" >"$tmp/want"
ok "the same before as after" cmp -s "$tmp/want" "$tmp/out"

# --- odd files ---
series 0 2016 9999 >"$tmp/quiet.csv"
run detect --csv "$tmp/quiet.csv"
ok "nothing is found where nothing is" code 0
ok "and nothing printed" lines 0
{ head -n 1 "$tmp/step.csv" && tail -n +2 "$tmp/step.csv" | sort -t, -k2,2; } >"$tmp/order.csv"
run detect --csv "$tmp/order.csv"
ok "out of order: the same anomaly" said out '^2014-04-11T10:00:00Z '
ok "and said" said err 'out of order, sorted'
cat "$tmp/step.csv" "$tmp/step.csv" >"$tmp/twice.csv"
run detect --csv "$tmp/twice.csv"
ok "twice: the same anomaly, once" lines 1
ok "and said" said err '4032 of a time that was there already'
sed -e '50,90s/,.*/,/' -e '100,120s/,.*/,NaN/' -e '130s/.*/rubbish/' "$tmp/step.csv" >"$tmp/holes.csv"
run detect --csv "$tmp/holes.csv"
ok "holes: the same anomaly" lines 1
ok "and said" said err '62 without a value; 1 line cannot be read'
echo '2014-04-01 00:00:00,1' >"$tmp/one.csv"
run detect --csv "$tmp/one.csv"
ok "one point" code 0
ok "what is missing is said" said err '0 of 7 days learnt'
awk 'BEGIN { for (i = 0; i < 3000; i++) printf "%d,-5\n", 1396310400 + 300 * i }' >"$tmp/line.csv"
run detect --csv "$tmp/line.csv"
ok "a line that was always one" lines 0
printf 'time;value\n4102444800;1\n4102448400;2\n' >"$tmp/future.csv"
run detect --csv "$tmp/future.csv"
ok "the future" code 0
"$OOGWAY" detect --csv - <"$tmp/step.csv" >"$tmp/out" 2>"$tmp/err"
status=$?
ok "the standard input" lines 1

# --- what is refused ---
: >"$tmp/empty.csv"
run detect --csv "$tmp/empty.csv"
ok "an empty file" code 1
ok "with a sentence" said err 'no point in it'
run detect --csv "$tmp/none.csv"
ok "no file" code 1
head -c 100000 /dev/urandom >"$tmp/noise.csv"
run detect --csv "$tmp/noise.csv"
ok "bytes of anything" code 1
run detect
ok "no file named, and no query in the rc" code 1
ok "that says where some are" said err 'oogway pack list'
run detect --csv "$tmp/step.csv" more
ok "a word too many" code 2
echo "$passed passed, $failed failed"
[ "$failed" = 0 ]
