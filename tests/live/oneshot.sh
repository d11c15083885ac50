#!/bin/sh
# The forms for scripts, from outside: exit codes, streams, JSON, bad configuration, and every
# fault of the lab's misbehaving server in front of each kind of source.
here=$(cd "$(dirname "$0")/../.." && pwd)
: "${OOGWAY:=$here/oogway}" "${LAB:=$here/tests/lab}"
tmp=$(mktemp -d) || exit 1
passed=0 failed=0 faults=
trap '[ -z "$faults" ] || kill "$faults" 2>/dev/null; rm -rf "$tmp"' EXIT
HOME=$tmp/home XDG_STATE_HOME=$tmp/state XDG_CONFIG_HOME=$tmp/config
export HOME XDG_STATE_HOME XDG_CONFIG_HOME
mkdir -p "$HOME" "$XDG_CONFIG_HOME"
unset TMUX NO_COLOR

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
silent() { ! [ -s "$tmp/$1" ]; }

lines() { [ "$(wc -l <"$tmp/out")" = "$1" ]; }
silent_but_past() { lines 2; }
# The first value that the store gives to a query, as a moment.
stored() { # SQL
	python3 -c '
import datetime, sqlite3, sys
db = sqlite3.connect("file:" + sys.argv[1] + "?mode=ro", uri=True)
at = db.execute(sys.argv[2]).fetchone()
if not at:
    sys.exit(1)
at = datetime.datetime.fromtimestamp(at[0] / 1000, datetime.timezone.utc)
print(at.strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "Z")
' "$XDG_STATE_HOME/oogway/oogway.db" "$1" 2>/dev/null
}
# A moment at which all sources of alerts were watched.
middle() { stored "SELECT max(from_at) FROM watch"; }
watched() { stored "SELECT n FROM (SELECT count(DISTINCT source) n FROM watch) WHERE n >= 2" >/dev/null; }
closed() { stored "SELECT ended_at FROM incident WHERE ended_after_at > 0 AND pages" >/dev/null; }

"$LAB/canned" "$tmp" busy || exit 1
rc=$tmp/rc

# --- streams and codes ---
run --help
ok "help is data" code 0
ok "help names the codes" said out "5 pending"
ok "no message" silent err
run --version
ok "version" said out '^oogway [0-9]'
run --nonsense
ok "unknown option" code 2
ok "usage on stderr" said err '^usage:'
ok "nothing on stdout" silent out
run -c "$rc" nonsense
ok "unknown command" code 2
ok "said on stderr" said err 'no command is called nonsense'
ok "stdout stays clean" silent out
run -c "$rc" show nonsense
ok "unknown noun" code 2
run -c "$rc" zoom
ok "console command" code 2
run -c "$rc" alert list '/['
ok "bad filter" code 2
run --at yesterdayish
ok "bad moment" code 2
run --at 2099-01-01T00:00:00Z metric list
ok "a moment to come" code 2
ok "is told as one" said err 'in the future: 2099-01-01'
ok "a moment to come: nothing on stdout" silent out
run -c "$rc" --once
ok "once" code 0
ok "headline" said out '3 critical, 1 high'
ok "no message" silent err
run -c "$rc" show alerts
ok "show" code 0
ok "rows" said out 'payments-api  *HighErrorRate'
run -c "$rc" status
ok "status without a console" code 3
ok "says so" said err 'no console is running'
ok "and nothing else" silent out
run -c "$rc" doctor
ok "doctor" code 0
ok "doctor says ok" said out '^ok .*source pd'
run -c "$rc" source test am
ok "source test" code 0
run -c "$rc" source test nobody
ok "no such source" code 1
for noun in alert metric log source event silence change runbook anomaly; do
	run -c "$rc" "$noun" list --json
	ok "$noun list" code 0
	ok "$noun lines parse, the header first" python3 -c '
import json, sys
lines = [json.loads(line) for line in open(sys.argv[1])]
assert lines[0]["schema"].startswith("oogway." + sys.argv[2] + "/") and "complete" in lines[0]
' "$tmp/out" "$noun"
done
"$OOGWAY" -c "$rc" alert list >&- 2>"$tmp/err" </dev/null
status=$?
ok "closed stdout fails" code 1
"$OOGWAY" -c "$rc" alert list >/dev/full 2>"$tmp/err" </dev/null
status=$?
ok "full disk fails" code 1
ok "full disk is told" said err 'cannot write all of it: No space left'

# --- import ---
fixtures=$here/tests/fixtures/import
cp "$fixtures/grafana-export.in" "$tmp/my board.json"
run -c "$rc" source import "$tmp/my board.json"
ok "import, a blank in the name" code 0
ok "lines on stdout" said out '^query "From library" source=prom -- sum(up)$'
ok "what it was, on stderr" said err 'Grafana dashboard: 0 sources, 1 query'
cp "$rc" "$tmp/rc.more"
cat "$tmp/out" >>"$tmp/rc.more"
run -c "$tmp/rc.more" --check-config
ok "and the rc takes them" code 0
"$OOGWAY" -c "$rc" source import -s other - <"$tmp/my board.json" >"$tmp/out" 2>"$tmp/err"
status=$?
ok "a source the rc does not have" code 3
ok "from stdin" said out 'source=other -- sum(up)'
ok "says what to add" said err 'source other prometheus url='
run source import "$fixtures/grafana-node.in" --json
ok "import as JSON" code 3
ok "import lines parse, the header first" python3 -c '
import json, sys
lines = [json.loads(line) for line in open(sys.argv[1])]
assert lines[0] == {"schema": "oogway.import/1", "complete": False}, lines[0]
assert {"query", "skipped", "note"} == {l["kind"] for l in lines[1:]}
' "$tmp/out"
run source import
ok "nothing at the usual places" code 1
ok "they are named" said err '/home/.kube/config: not there'
mkdir -p "$HOME/.config/amtool" "$HOME/.kube"
cp "$fixtures/amtool.in" "$HOME/.config/amtool/config.yml"
cp "$fixtures/kube.in" "$HOME/.kube/config"
run source import -w
ok "usual places" code 3
ok "nothing on stdout" silent out
ok "what was found is said" said err 'kube/config: kubeconfig'
ok "what a cluster lacks is said" said err 'logging in by a plugin is not there yet'
ok "a cluster is kept" said config/oogway/imported.rc '^source prod kubernetes url=https://203.0.113.7'
ok "kept" said config/oogway/imported.rc '^source am alertmanager url=https://am.example.org'
ok "for nobody else" [ "$(stat -c %a "$XDG_CONFIG_HOME/oogway/imported.rc")" = 600 ]
ok "no token" [ -z "$(grep -l -e not-to-be-copied "$XDG_CONFIG_HOME/oogway/imported.rc")" ]
run --check-config
ok "the rc that was made includes it" code 0
run source import -w "$HOME/.config/amtool/config.yml"
ok "once more" code 0
ok "it is there already" said err 'in the rc already, as source am'
ok "only once" [ "$(grep -c '^source am' "$XDG_CONFIG_HOME/oogway/imported.rc")" = 1 ]
cp "$rc" "$tmp/plain.rc"
run -c "$tmp/plain.rc" source import -w "$tmp/my board.json"
ok "beside another rc" code 0
ok "which line to add" said err 'add this line to .*plain.rc: include -q imported.rc'
ok "that rc is not changed" cmp -s "$rc" "$tmp/plain.rc"
run -c "$tmp/plain.rc" source import -w "$tmp/my board.json"
ok "known, included or not" said err 'asks the same as From library'
rm -r "$tmp/imported.rc" "$XDG_CONFIG_HOME/oogway" "$HOME/.config" "$HOME/.kube"
run --readonly source import -w "$tmp/my board.json"
ok "read-only writes nothing" code 4
run source import "$tmp/nowhere"
ok "no such file" code 1
ok "said" said err 'nowhere: cannot read it: No such file'
run source import "$fixtures/yaml-laughs.in"
ok "aliases are refused" code 1
run source import -x
ok "no such word" code 2
mkfifo "$tmp/pipe"
head -c 9000000 /dev/zero >"$tmp/pipe" &
run source import "$tmp/pipe"
ok "too large" said err 'larger than 8192 KiB'
# --- the past, from the store that a console wrote ---
run -c "$rc" --at -1h alert list
ok "no store: nothing is known of then" code 3
ok "said" said err 'there is no store'
ok "and nothing of now is listed" silent_but_past
run -c "$rc" --at -2h metric list cpu --json
ok "no store: metrics of this host are not kept" code 3
ok "that is said" said err '[0-9] metrics of this host are not kept'
ok "the list is not complete" said out '"complete":false,"past":true'
ok "a metric of then has no value" said out '"value":null,.*"status":"no_data","at":null'
ok "one command makes no store" test ! -e "$XDG_STATE_HOME/oogway/oogway.db"
sed '/^source prom/d; /^query/d; s/every=1h/every=1s/' "$rc" >"$tmp/often"
timeout 15 "$OOGWAY" -c "$tmp/often" --plain >"$tmp/plain" 2>&1 </dev/null &
plain=$!
until watched; do sleep 0.2; kill -0 $plain || break; done 2>/dev/null
sleep 3 # each of them is asked once more; rules are not so soon
kill $plain
wait $plain 2>/dev/null
echo quiet >"$tmp/scene"
run -c "$rc" --once
ok "now it is quiet" said out 'No open incidents'
run -c "$tmp/often" --at "$(middle)" --once
ok "the past is known" code 0
ok "and said to be the past" said out '^PAST  as of '
ok "its alerts" said out '3 critical'
run -c "$tmp/often" --at "$(middle)" alert list --json
ok "its list" code 0
ok "is complete" said out '"complete":true,"past":true'
ok "with what fired" said out HighErrorRate
run -c "$rc" --at -1h alert list
ok "unwatched: partial" code 3
sed '/^source pd/d; /^source prom/d; /^query/d' "$rc" >"$tmp/am"
run -c "$tmp/am" --at -1h alert list --json
ok "unwatched without a pager: partial" code 3
ok "unwatched without a pager: said" said err 'nobody watched am'
run -c "$tmp/am" --at "$(middle)" alert list --json
ok "watched without a pager" code 0
run -c "$rc" --at -1h alert list
ok "unwatched: said" said err 'nobody watched'
ok "PAST is a line" said out '^PAST  as of '
ok "what is known is listed" said out HighErrorRate
for noun in silence anomaly process; do
	run -c "$rc" --at -1h "$noun" list --json
	ok "$noun of then is not kept" code 3
	ok "$noun is not complete" said out '"complete":false'
	ok "$noun has no row of now" lines 1
done
run -c "$rc" --at -1h change list
ok "changes of then" said out PAST
# A console closes what ended meanwhile; a glance tells it from the store.
timeout 15 "$OOGWAY" -c "$rc" --plain >"$tmp/plain" 2>&1 </dev/null &
plain=$!
until closed; do sleep 0.2; kill -0 $plain || break; done 2>/dev/null
kill $plain
wait $plain 2>/dev/null
run -c "$rc" --once
ok "what ended unseen is told" said out 'Last page ended between .* while nobody watched'
echo busy >"$tmp/scene"

# --- a source that is away: partial ---
sed 's|^source pd .*|source pd pagerduty url=http://127.0.0.1:1 token-file=token|' "$rc" >"$tmp/away"
run -c "$tmp/away" --once
ok "partial" code 3
ok "says unknown" said out 'UNKNOWN'
run -c "$tmp/away" alert list
ok "list is partial" code 3
ok "what there is, is listed" said out 'HighErrorRate'
ok "why, on stderr" said err 'pd'
run -c "$tmp/away" doctor
ok "doctor fails" code 1
ok "doctor names it" said out '^BAD .*source pd.*refused'
ok "others are well" said out '^ok .*source am'

# Whatever lists alerts: while it does not answer, nothing is known.
for line in 'alertmanager url=http://127.0.0.1:1' 'prometheus url=http://127.0.0.1:1' \
	'alertmanager url=http://127.0.0.1:1 token-env=NOPE' \
	'alertmanager url=http://127.0.0.1:1 token-file=nowhere'; do
	echo "source only $line" >"$tmp/dead"
	case $line in
	*NOPE) why='NOPE' ;;
	*nowhere) why='/nowhere' ;;
	*) why='connection refused' ;;
	esac
	for words in 'alert list' 'incident list' 'silence list'; do
		run -c "$tmp/dead" $words --json
		ok "dead: $line: $words" code 3
		ok "dead: $line: $words is not complete" said out '"complete":false'
		ok "dead: $line: $words says why" said err "UNKNOWN since .*only has never answered: .*$why"
	done
	run -c "$tmp/dead" --once
	ok "dead: $line: once" code 3
	ok "dead: $line: once says why" said out "^UNKNOWN since .*only has never answered: .*$why"
done
timeout 15 "$OOGWAY" -c "$tmp/dead" --plain >"$tmp/plain" 2>&1 </dev/null &
plain=$!
until [ -e "$XDG_STATE_HOME"/oogway/status-*.json ]; do
	sleep 0.2
	kill -0 $plain || break
done 2>/dev/null
run status --format tmux
ok "dead: status" code 3
ok "dead: status bar" said out UNKNOWN
kill $plain
wait $plain 2>/dev/null

# --- queries that give nothing ---
cp "$rc" "$tmp/asks"
cat >>"$tmp/asks" <<'END'
query empty source=prom -- nothing
query odd source=prom -- NaN
END
run -c "$tmp/asks" metric list -l source=prom --json
ok "no data is no failure" code 0
for name in empty odd; do
	ok "$name has a row" said out "\"name\":\"$name\".*\"value\":null.*\"status\":\"no_data\""
done
ok "why" said out '"reason":"no data: its value is not a number"'
run -c "$tmp/asks" doctor
ok "doctor names it" said out '^ok .*query empty: no data: .*/asks:[0-9]'
ok "and is content" code 0
echo 'query wrong source=prom -- badly' >>"$tmp/asks"
run -c "$tmp/asks" metric list wrong
ok "a query that fails: partial" code 3
ok "its row says so" said out '^wrong  *failed .* prom$'
ok "why, on stderr" said err 'prom: query wrong: parse error: unexpected <by>'
run -c "$tmp/asks" metric list wrong --json
ok "a query that fails: not complete" said out '"complete":false'
ok "its row says why" said out '"status":"failed","reason":"parse error: unexpected <by>"'
run -c "$tmp/asks" doctor
ok "doctor wants it mended" code 1
ok "doctor says where" said out '^BAD .*/asks:[0-9]*: query wrong: parse error'

# --- a configuration with every line wrong ---
cat >"$tmp/bad" <<'END'
set nonsense = 1
set refresh = soon
set refresh
set charts = maybe
set theme = nothing
set keymap = nothing
source
source a b c
source a prometheus
source a prometheus url=ftp://x
source a prometheus url=http://x region=eu
source a prometheus url=http://x site=x
source a opsgenie region=mars
source a opsgenie site=x
source a jsm region=eu
source a jsm site=a/b
source a/b prometheus url=http://x
query q
query q source=
query q source=a unit=miles -- up
bind nowhere x redraw
bind global <X-x> redraw
color nobody red red
color text reddish default
color text red default blinking
alias
heartbeat h
layout
nonsense "unfinished
if
profile
END
run -c "$tmp/bad" --check-config
ok "check-config fails" code 1
ok "nothing on stdout" silent out
missing=
n=0
while read -r _; do
	n=$((n + 1))
	grep -q "/bad:$n:[0-9]" "$tmp/err" || missing="$missing $n"
done <"$tmp/bad"
ok "every bad line is named: not$missing" [ -z "$missing" ]
run -c "$tmp/bad" --once
ok "it works all the same" said out 'Metrics'
ok "but not in full" code 3
ok "a script hears of it" said err '[0-9][0-9] errors in the rc, the first: .*/bad:1:[0-9]*: no setting'
run -c "$tmp/bad" runbook list --json
ok "bad lines: partial" code 3
ok "bad lines: not complete" said out '"complete":false'
ok "bad lines: told" said err 'errors in the rc, the first: .*/bad:1:[0-9]*: '
for args in '--once' 'alert list' 'audit log' 'incident ack 1'; do
	run -c "$tmp/nowhere" $args
	ok "$args: a named file must be there" code 2
	ok "$args: it is named" said err '/nowhere: cannot read it: No such file'
	ok "$args: nothing on stdout" silent out
	run -c "$rc" -P nobody $args
	ok "$args: a named profile must be there" code 2
	ok "$args: the profile is named" said err 'no profile is called nobody in .*/rc'
done
run -c "$tmp" alert list
ok "a folder is no rc" code 2
ok "it says so" said err 'cannot read it: Is a directory'
# A log file that is named and not there is not "no lines".
printf 'set log.files = %s/nolog\nsource p pagerduty url=http://127.0.0.1:1 token-command="printf a b"\n' \
	"$tmp" >"$tmp/nolog.rc"
run -c "$tmp/nolog.rc" doctor
ok "doctor names the log file" said out '^BAD .*logs: cannot read .*/nolog: No such file'
ok "one command has no next try" [ -z "$(grep 'next try' "$tmp/out")" ]
ok "a quoted value is one word" said out 'source p: never answered: connection refused'
run -c "$tmp/nolog.rc" log list --json
ok "a log file that is not there: partial" code 3
ok "a log file that is not there: told" said err 'cannot read .*/nolog: No such file'
run -c "$tmp/nowhere" doctor
ok "doctor lists it" said out '^BAD .*/nowhere: cannot read it'
mkdir -p "$tmp/odd/oogway/oogway.rc"
XDG_CONFIG_HOME=$tmp/odd run alert list --json
ok "one's own that cannot be read: partial" code 3
ok "one's own that cannot be read: told" said err '1 error in the rc, the first: .*cannot read it'
run -c "$rc" --check-config
ok "a good one" code 0
printf 'set theme = dark\ncolor dim 236 default\n' >"$tmp/faint"
run -c "$tmp/faint" --check-config
ok "a colour that is hard to read is no error" code 0
ok "but told" said err "/faint:2:1: role dim: 236 on default has a contrast of 1\.4"
run -c "$tmp/nowhere" --check-config
ok "a named file must be there" code 1
run -c "$rc" -P nobody --check-config
ok "no such profile" code 1
ok "in a sentence" said err 'no profile is called nobody'

# --- homes ---
(
	unset HOME XDG_STATE_HOME XDG_CONFIG_HOME
	"$OOGWAY" -c "$rc" --once >"$tmp/out" 2>"$tmp/err" </dev/null
	echo $? >"$tmp/status"
)
status=$(cat "$tmp/status")
ok "without a home" code 0
: >"$tmp/file"
XDG_STATE_HOME=$tmp/file run -c "$rc" --once
ok "without a state folder" code 0

# --- every fault before every kind of source; the answers are canned's ---
port=$((31000 + $$ % 700 * 2))
python3 -B "$LAB/faults.py" --port $port --control $((port + 1)) \
	--backend "http://127.0.0.1:$(cat "$tmp/port")" >/dev/null 2>&1 &
faults=$!
for _ in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do
	python3 -c "import socket; socket.create_connection(('127.0.0.1', $port))" 2>/dev/null && break
	sleep 0.2
done
fault() { # MODE: doctor's words of the three sources through it
	for kind in prometheus alertmanager pagerduty; do
		echo "source bad-$kind $kind url=http://127.0.0.1:$port/fault/$1 timeout=2s token-file=token"
	done >"$tmp/fault.$1"
	{
		echo "source am alertmanager url=http://127.0.0.1:$(cat "$tmp/port")"
		echo "query q source=bad-prometheus -- single"
	} >>"$tmp/fault.$1"
	"$OOGWAY" -c "$tmp/fault.$1" doctor >"$tmp/said.$1" 2>/dev/null </dev/null
	echo $? >"$tmp/code.$1"
}
bad="refuse hang truncated lost garbage 400 401 403 404 slow:20 413 500 503 429 429-seconds 429-date 502
	redirect redirect-loop empty deep halfclose bomb empty-object"
pids=
for mode in $bad; do
	fault "$mode" &
	pids="$pids $!"
	case $mode in
	lost | 403 | 429 | redirect) wait $pids ;;
	esac
done
wait $pids
for mode in $bad; do
	cp "$tmp/said.$mode" "$tmp/out"
	status=$(cat "$tmp/code.$mode")
	ok "$mode: doctor fails" code 1
	for kind in alertmanager pagerduty; do
		ok "$mode: $kind is told in a sentence" said out "^BAD .*source bad-$kind: .*[a-z]\{3,\}.* [a-z]"
	done
	ok "$mode: the other source is well" said out '^ok .*source am'
	ok "$mode: the wait is told once" [ -z "$(grep 'next try.*next try' "$tmp/out")" ]
done
# Right in form, odd in what they say: each source is well or says why, and nothing ends.
odd="numbers duplicates future type utf8 nulls labels"
for mode in $odd; do
	fault "$mode"
	cp "$tmp/said.$mode" "$tmp/out"
	status=$(cat "$tmp/code.$mode")
	ok "$mode: doctor ends by itself" [ "$status" -le 1 ]
	for kind in prometheus alertmanager pagerduty; do
		ok "$mode: $kind is told" said out \
			"^\(ok \|BAD\) .*source bad-$kind: .*[a-z]\{3,\}.* [a-z]"
	done
	ok "$mode: the other source is well" said out '^ok .*source am'
done
echo "$passed passed, $failed failed"
[ "$failed" = 0 ]
