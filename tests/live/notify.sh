#!/bin/sh
# Notices for real: a receiver that checks signatures, dunst on a display of its own, a
# command, the terminal's bytes. What counts is what arrives. Ends with `N passed, N failed`.
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
HOME=$tmp/home XDG_STATE_HOME=$tmp/state XDG_CONFIG_HOME=$tmp/config
export HOME XDG_STATE_HOME XDG_CONFIG_HOME
unset TMUX STY DBUS_SESSION_BUS_ADDRESS XDG_RUNTIME_DIR VTE_VERSION TERM_PROGRAM
mkdir -p "$HOME" "$XDG_CONFIG_HOME" "$tmp/secrets"
pd_port=$((LAB_PORT_BASE + 9311)) hook_port=$((LAB_PORT_BASE + 9312))
got=$tmp/got
: >"$got"

ok() { # name condition…
	name=$1
	shift
	if "$@"; then
		passed=$((passed + 1))
	else
		failed=$((failed + 1))
		echo "not ok: $name"
		tail -2 "$got" | cut -c1-400
		tail -3 "$tmp/out"
	fi
}
is() { [ "$1" = "$2" ]; }

pd() { # METHOD PATH BODY
	python3 -B - "$tmp/secrets/pagerduty.token" "$1" "http://127.0.0.1:$pd_port$2" "$3" <<'EOF'
import sys, urllib.request
token, method, url, body = open(sys.argv[1]).read().strip(), *sys.argv[2:5]
request = urllib.request.Request(url, body.encode() or None, method=method, headers={
    'Authorization': 'Token token=' + token, 'Content-Type': 'application/json',
    'Accept': 'application/vnd.pagerduty+json;version=2'})
print(urllib.request.urlopen(request, timeout=10).read().decode())
EOF
}
page() { pd POST /_lab/incidents "{\"service\":\"search\",\"title\":\"$1\"}" >/dev/null; }
# What arrived at a path, as Python sees it: d is the list.
arrived() { # path expression
	python3 - "$got" "$1" "$2" <<'EOF'
import json, sys
d = [r for r in map(json.loads, open(sys.argv[1])) if r['path'] == sys.argv[2]]
print(eval(sys.argv[3]))
EOF
}
await() { # seconds condition…
	left=$(($1 * 4))
	shift
	until "$@"; do
		left=$((left - 1))
		[ "$left" -gt 0 ] || return 1
		sleep 0.25
	done
}
has() { [ "$(arrived "$1" "$2")" = True ]; }

(umask 077; echo "a key of ours" >"$tmp/key"
	echo "http://127.0.0.1:$hook_port/services/T0/B0/hidden-path" >"$tmp/slack")
"$here/tests/live/notify_receiver.py" "$hook_port" "$tmp/key" "$got" 2>"$tmp/hook.log" &
pids="$pids $!"
"$LAB/pagerduty.py" --port "$pd_port" --secrets "$tmp/secrets" --incidents 20 --open 3 \
	>"$tmp/pd.log" 2>&1 &
pids="$pids $!"
cat >"$tmp/tell" <<'EOF'
#!/bin/sh
printf '%s|' "$@" >>"$0.args"
echo >>"$0.args"
EOF
chmod +x "$tmp/tell"
cat >"$tmp/rc" <<EOF
source pd pagerduty url=http://127.0.0.1:$pd_port every=1s timeout=4s token-file=$tmp/secrets/pagerduty.token from=ana@lab.example
notify hook kind=webhook severity=warning url=http://127.0.0.1:$hook_port/hook token-file=$tmp/key
notify later kind=webhook severity=warning url=http://127.0.0.1:$hook_port/refuse token-file=$tmp/key
notify gone kind=webhook severity=warning url=http://127.0.0.1:$hook_port/gone token-file=$tmp/key
notify team kind=slack severity=warning url=http://127.0.0.1:$hook_port token-file=$tmp/slack
notify desk kind=desktop severity=warning
notify cmd kind=command severity=warning -- $tmp/tell {title} {summary} fixed {count}
notify never kind=command severity=warning quiet=00:00-23:59 -- $tmp/tell quiet
notify title kind=title severity=warning
notify bell kind=bell severity=warning
notify term kind=terminal severity=warning
EOF

# A desktop of its own, with dunst that prints what it is given.
desktop=
if command -v dunst >/dev/null && command -v Xvfb >/dev/null &&
	command -v dbus-run-session >/dev/null; then
	desktop=yes
	cat >"$tmp/desk" <<EOF
#!/bin/sh
Xvfb -displayfd 3 -screen 0 640x480x8 3>"$tmp/display" 2>/dev/null &
x=\$!
for i in 1 2 3 4 5 6 7 8 9 10; do [ -s "$tmp/display" ] && break; sleep 0.5; done
export DISPLAY=:\$(cat "$tmp/display")
dunst -print >"$tmp/dunst" 2>"$tmp/dunst.log" &
d=\$!
sleep 1
python3 -B "$here/tests/live/notify_pty.py" "$tmp/bytes" "$OOGWAY" -c "$tmp/rc"
kill \$d \$x
wait
EOF
	chmod +x "$tmp/desk"
	dbus-run-session -- "$tmp/desk" >"$tmp/out" 2>&1 &
else
	python3 -B "$here/tests/live/notify_pty.py" "$tmp/bytes" "$OOGWAY" -c "$tmp/rc" \
		>"$tmp/out" 2>&1 &
fi
console=$!
pids="$pids $console"
await 40 grep -q 'pd ✓' "$tmp/bytes" 2>/dev/null
sleep 6
ok "nothing at the start" is "$(wc -l <"$got")" 0
page "disk full; <b>now</b> & here"
ok "a webhook arrives" await 15 has /hook "len(d) == 1"
ok "it is signed and fresh" has /hook "d[0]['signed']"
ok "it names the incident" has /hook "'disk full' in d[0]['body']['notices'][0]['title']"
ok "it is of version 1" has /hook "(d[0]['body']['version'], d[0]['body']['count'], d[0]['body']['attempt']) == (1, 1, 1)"
ok "Slack's secret path" await 10 has /services/T0/B0/hidden-path "len(d) == 1"
ok "Slack's text has no tags" has /services/T0/B0/hidden-path "'&lt;b&gt;now&lt;/b&gt; &amp; here' in d[0]['body']['text']"
ok "503 is tried again" await 30 has /refuse "[r['status'] for r in d] == [503, 503, 200]"
ok "the same id each time" has /refuse "len({r['body']['id'] for r in d}) == 1 and d[2]['body']['attempt'] == 3"
ok "404 is final" has /gone "len(d) == 1"
await 10 test -s "$tmp/tell.args"
ok "the command has its words" grep -q 'disk full; <b>now</b> & here.*|fixed|1|$' "$tmp/tell.args"
ok "OSC 9 in the terminal" grep -q "$(printf '\033]9;oogway: ')" "$tmp/bytes"
ok "its text cannot end it" grep -q "$(printf 'disk full, <b>now')" "$tmp/bytes"
titles() { tr '\033\007' '\n\n' <"$tmp/bytes" | sed -n 's/^]2;(\([0-9]*\)) oogway$/\1/p' | tail -2 | xargs; }
ok "the title counts" is "$(titles)" "$(($(titles | cut -d' ' -f2) - 1)) $(titles | cut -d' ' -f2)"
if [ "$desktop" ]; then
	ok "the desktop shows it" await 10 grep -q 'disk full' "$tmp/dunst"
	ok "no markup on the desktop" grep -q '&lt;b&gt;\|<b>now</b>' "$tmp/dunst"
fi
# A storm is one message.
pd POST /_lab/incidents '{"service":"search","title":"storm","count":200}' >/dev/null
ok "200 at once are told" await 25 has /hook "sum(r['body']['count'] for r in d) == 201"
ok "as few messages" has /hook "len(d) <= 4"
ok "each once" has /hook "len({n['id'] for r in d for n in r['body']['notices']}) == 201"
sleep 3
ok "and no more" has /hook "sum(r['body']['count'] for r in d) == 201"
ok "the command saw it as one" is "$(grep -c . "$tmp/tell.args")" 2
ok "quiet hours" is "$(grep -c quiet "$tmp/tell.args")" 0
ok "the secret is in no log" sh -c "! grep -rq 'hidden-path\|a key of ours' '$XDG_STATE_HOME'"

# kill -9 and a new console: nothing comes a second time.
kill -9 "$(cat "$tmp/bytes.pid")" 2>/dev/null
wait "$console"
ok "the bell rang" grep -q "$(printf '\007')" "$tmp/bytes"
before=$(wc -l <"$got")
python3 -B "$here/tests/live/notify_pty.py" "$tmp/bytes2" "$OOGWAY" -c "$tmp/rc" >"$tmp/out" 2>&1 &
console=$!
pids="$pids $console"
sleep 8
ok "nothing twice after kill -9" is "$(grep -vc '"/refuse"\|"/gone"' "$got")" "$(head -n "$before" "$got" | grep -vc '"/refuse"\|"/gone"')"
kill -TERM "$(cat "$tmp/bytes2.pid")" 2>/dev/null
wait "$console"
ok "the title is given back" grep -q "$(printf '\033\[23;2t')" "$tmp/bytes2"
"$OOGWAY" -c "$tmp/rc" --json action list >"$tmp/actions" 2>/dev/null
ok "they are in the list of actions" grep -q '"verb":"notify","state":"confirmed"' "$tmp/actions"
ok "so is what failed" grep -q '"verb":"notify","state":"failed"' "$tmp/actions"
echo "$passed passed, $failed failed"
[ "$failed" = 0 ]
