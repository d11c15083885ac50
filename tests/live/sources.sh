#!/bin/sh
# Sources that are added and taken out by command: refused before anything is written when
# the credential is wrong, counted before they are read, and read as they were counted.
# The counts are the fakes' own, made by another script. Needs OOGWAY and LAB. Ends with
# `N passed, N failed`.
here=$(cd "$(dirname "$0")/../.." && pwd)
: "${OOGWAY:=$here/oogway}" "${LAB:=$here/tests/lab}" "${LAB_PORT_BASE:=12000}"
tmp=$(mktemp -d) || exit 1
passed=0 failed=0 pids= con=
end() {
	for p in $pids $con; do kill "$p" 2>/dev/null; done
	wait
	rm -rf "$tmp"
}
trap end EXIT
trap 'exit 1' INT TERM
HOME=$tmp/home XDG_STATE_HOME=$tmp/state XDG_CONFIG_HOME=$tmp/config TZ=UTC
export HOME XDG_STATE_HOME XDG_CONFIG_HOME TZ
unset XDG_RUNTIME_DIR
mkdir -p "$HOME" "$tmp/secrets"
pd=$((LAB_PORT_BASE + 9321)) us=$((LAB_PORT_BASE + 9322)) eu=$((LAB_PORT_BASE + 9323))
jsm=$((LAB_PORT_BASE + 9324)) am=$((LAB_PORT_BASE + 9325))
kept=$XDG_CONFIG_HOME/oogway/sources.rc
token=$tmp/secrets/pagerduty.token

ok() { # name condition…
	name=$1
	shift
	if "$@"; then
		passed=$((passed + 1))
	else
		failed=$((failed + 1))
		echo "not ok: $name (status $status; $*)"
		head -n 20 "$tmp/out" "$tmp/err" | cut -c1-300
	fi
}
run() { # args…
	"$OOGWAY" "$@" >"$tmp/out" 2>"$tmp/err" </dev/null
	status=$?
}
is() { [ "$1" = "$2" ]; }
said() { grep -q -- "$1" "$tmp/out" "$tmp/err"; }
told() { sed -n "s/^$1: \([0-9,]*\) incident.*/\1/p" "$tmp/out" | tr -d ,; }
wait_for() { # url
	for _ in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do
		python3 -c 'import sys, urllib.request, urllib.error
try: urllib.request.urlopen(sys.argv[1], timeout=2)
except urllib.error.HTTPError: pass' "$1" 2>/dev/null && return
		sleep 0.3
	done
	return 1
}
# Of what is chosen, the ids that the account holds: services, teams, urgency ("-": all).
truth() { # services teams urgency since
	python3 -B - "$token" "$pd" "$@" <<'END'
import json, sys, urllib.request
token, port = open(sys.argv[1]).read().strip(), sys.argv[2]
services, teams, urgency, since = sys.argv[3:7]
def get(path):
    request = urllib.request.Request(f'http://127.0.0.1:{port}{path}', headers={
        'Authorization': 'Token token=' + token, 'Content-Type': 'application/json',
        'Accept': 'application/vnd.pagerduty+json;version=2'})
    return json.load(urllib.request.urlopen(request, timeout=30))
offset, rows = 0, []
while True:
    page = get(f'/incidents?date_range=all&sort_by=incident_number:desc&limit=100&offset={offset}')
    rows += page['incidents']
    offset += 100
    if not page['more']:
        break
for i in rows:
    if ((services == '-' or i['service']['summary'] in services.split(','))
            and (teams == '-' or any(t['summary'] in teams.split(',') for t in i['teams']))
            and urgency in ('-', i['urgency']) and (since == '-' or i['created_at'] >= since)):
        print(i['id'])
END
}
# Until what is listed is complete, half a minute at most; then the ids.
listed() {
	"$OOGWAY" --plain >"$tmp/plain" 2>&1 </dev/null &
	con=$!
	for _ in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15; do
		sleep 2
		run incident list -s all --json
		[ $status = 3 ] || break
	done
	kill "$con"
	wait "$con" 2>/dev/null
	con=
	python3 -c "import json,sys
for row in [json.loads(l) for l in open(sys.argv[1])][1:]: print(row['id'])" "$tmp/out" | sort
}

python3 -B "$LAB/pagerduty.py" --port "$pd" --secrets "$tmp/secrets" --incidents 1300 \
	--open 9 --per-minute 100000 >"$tmp/pd.log" 2>&1 &
pids="$pids $!"
python3 -B "$LAB/genie.py" --port "$us" --eu-port "$eu" --jsm-port "$jsm" \
	--secrets "$tmp/secrets" --alerts 40 >"$tmp/genie.log" 2>&1 &
pids="$pids $!"
wait_for "http://127.0.0.1:$pd/_lab/requests"
wait_for "http://127.0.0.1:$us/_lab/requests"
at="pagerduty url=http://127.0.0.1:$pd"

# --- refused, and nothing is written ---
run source add pd $at token=abcdef
ok "a secret on the command line" is $status 4
ok "… with what to do" said 'token-file=FILE (chmod 600)'
run source add pd $at token-env=u+abcdef
ok "a secret as a variable's name" is $status 4
run source add pd pagerduty "url=http://127.0.0.1:$pd/?token=abcdef" token-file=$token
ok "a secret in the URL" is $status 4
run source add pd $at
ok "no secret where one is needed" is $status 2
cp "$token" "$tmp/open.token"
chmod 644 "$tmp/open.token"
run source add pd $at token-file=$tmp/open.token
ok "a secret that others can read" said 'chmod 600'
printf 'nonsense\n' >"$tmp/wrong.token"
chmod 600 "$tmp/wrong.token"
run --yes source add pd $at token-file=$tmp/wrong.token
ok "a wrong secret" is $status 1
ok "… in words" said 'refuses the credential (HTTP 401)'
run --yes source add pd $at token-file=$token services=cart,nonsense
ok "a service that is not there" said 'no service is called nonsense; there are'
run --yes source add pd $at token-file=$token urgencies=medium
ok "an urgency that is not there" said 'urgencies of pagerduty are high,low, not medium'
run --yes source add pd pagerduty url=http://127.0.0.1:1 token-file=$token
ok "nobody answers" said 'connection refused'
run source add pd $at token-file=$token
ok "without --yes" is $status 4
ok "… numbers are shown" is "$(told together)" "$(truth - - - - | wc -l)"
run --readonly --yes source add pd $at token-file=$token
ok "read-only" is $status 4
ok "nothing is written" [ ! -e "$kept" ]

# --- what is chosen is what is counted, kept, and read ---
choose() { # services teams urgency since fields
	words=
	[ "$1" = - ] || words="$words services=$1"
	[ "$2" = - ] || words="$words teams=$2"
	[ "$3" = - ] || words="$words urgencies=$3"
	[ "$4" = - ] || words="$words since=$4"
	[ "$5" = - ] || words="$words fields=$5"
	rm -rf "$XDG_STATE_HOME" "$kept"
	run --yes source add pd $at token-file=$token every=1s $words
	ok "added:$words" is $status 0
	count=$(told together)
	truth "$1" "$2" "$3" "$4" | sort >"$tmp/truth"
	ok "counted:$words" is "$count" "$(wc -l <"$tmp/truth")"
	listed >"$tmp/listed"
	ok "complete:$words" is $status 0
	# The newest come whenever they began: none that is not chosen is here.
	cp "$tmp/truth" "$tmp/all"
	[ "$4" = - ] || truth "$1" "$2" "$3" - | sort >"$tmp/all"
	ok "all of it is here:$words" is "$(comm -23 "$tmp/truth" "$tmp/listed" | wc -l)" 0
	ok "and nothing else:$words" is "$(comm -13 "$tmp/all" "$tmp/listed" | wc -l)" 0
}
day=$(date -u -d '-60 days' +%Y-%m-%d)
choose - - - - -
choose search - - - -
choose cart,orders-db - high - people
named() { cat "$XDG_STATE_HOME"/oogway/oogway.db* | grep -c -a 'Ana Ruiz\|Ben Okafor\|Chen Wei'; }
ok "with people, their names are kept" [ "$(named)" != 0 ]
choose - payments - - log
ok "without them nobody is named" is "$(named)" 0
choose payments-api,legacy-batch - low "$day" none
choose search,cart platform high - -
ok "its mode" is "$(stat -c %a "$kept")" 600
ok "ids are kept, not names" grep -q 'filter=service=P' "$kept"
run source list
ok "the list says what is taken" said 'urgency=high'
run incident list -s 7d
ok "a count says its scope" said 'only pd service='
run trend show
ok "trends say it" said 'scope    only pd service='

# --- taken out ---
n=$(wc -l <"$tmp/listed")
run source remove pd
ok "taking out asks" is $status 4
ok "… says what stays" said "^$n incident"
run --yes source remove pd
ok "taken out" is $status 0
ok "… of the file" [ "$(grep -c '^source' "$kept")" = 0 ]
printf 'source mine %s token-file=%s\n' "$at" "$token" >"$XDG_CONFIG_HOME/oogway/oogway.rc"
cp "$XDG_CONFIG_HOME/oogway/oogway.rc" "$tmp/before"
run --yes source remove mine
ok "what the rc says stays" is $status 4
ok "… with the place" said 'oogway.rc:1, which is yours'
run --yes source add mine $at token-file=$token
ok "a name that is taken" is $status 2
ok "the rc is as it was" cmp -s "$tmp/before" "$XDG_CONFIG_HOME/oogway/oogway.rc"
rm "$XDG_CONFIG_HOME/oogway/oogway.rc"

# --- in a profile ---
printf 'profile lab\nend\n' >"$XDG_CONFIG_HOME/oogway/oogway.rc"
run -P lab --yes source add og opsgenie url=http://127.0.0.1:$us \
	token-file=$tmp/secrets/opsgenie.token teams=Platform urgencies=P1,P2
ok "opsgenie is added" is $status 0
run -P lab alert list --json
of_genie() {
	python3 -B - "$tmp/secrets/opsgenie.token" "$us" "$tmp/out" <<'END'
import json, sys, urllib.request
token, port = open(sys.argv[1]).read().strip(), sys.argv[2]
def get(path):
    request = urllib.request.Request(f'http://127.0.0.1:{port}{path}',
        headers={'Authorization': 'GenieKey ' + token})
    return json.load(urllib.request.urlopen(request, timeout=10))['data']
names = {t['id']: t['name'] for t in get('/v2/teams')}
want = sorted(a['id'] for a in get('/v2/alerts?limit=100&query=status:open')
              if a['priority'] in ('P1', 'P2') and any(
                  names.get(r['id']) == 'Platform' for r in a['responders']))
rows = [json.loads(l) for l in open(sys.argv[3])][1:]
have = sorted(r['id'] for r in rows if r['source'] == 'og')
print('same' if want and have == want else f'{want} {have}')
END
}
ok "opsgenie: what is chosen, no more and no less" is "$(of_genie)" same
run source list
ok "without the profile it is not there" [ "$(grep -c ' og ' "$tmp/out")" = 0 ]
run -P lab --yes source remove og
ok "out of the profile" [ "$(grep -c '^profile\|^source' "$kept")" = 0 ]
run --yes source add og opsgenie url=http://127.0.0.1:$us token-file=$tmp/wrong.token
ok "opsgenie: a wrong key" is $status 1

# --- Alertmanager ---
if command -v prometheus-alertmanager >/dev/null; then
	cat >"$tmp/am.yml" <<'END'
route:
  receiver: all
  group_wait: 100ms
  routes:
    - matchers: ['team="db"']
      receiver: db-pager
receivers:
  - name: all
  - name: db-pager
END
	prometheus-alertmanager --config.file "$tmp/am.yml" --storage.path "$tmp/am" \
		--web.listen-address "127.0.0.1:$am" --cluster.listen-address= >"$tmp/am.log" 2>&1 &
	pids="$pids $!"
	wait_for "http://127.0.0.1:$am/api/v2/status"
	python3 - "$am" <<'END'
import json, sys, urllib.request
rows = [{'labels': {'alertname': f'A{i}', 'team': 'db' if i % 3 == 0 else 'web',
                    'severity': 'page' if i % 2 else 'warning'}} for i in range(12)]
urllib.request.urlopen(urllib.request.Request(f'http://127.0.0.1:{sys.argv[1]}/api/v2/alerts',
    json.dumps(rows).encode(), {'Content-Type': 'application/json'}), timeout=10)
END
	sleep 1
	run --yes source add am alertmanager url=http://127.0.0.1:$am 'receiver=db-.*' \
		'filter=severity="page"'
	ok "alertmanager is added" is $status 0
	ok "… and counted" said '^2 alerts now'
	run alert list --json
	ok "the list says its scope" said '"scope":"only am severity=.*receiver=db-'
	run alert list
	ok "only what goes to the receiver" is "$(grep -c 'A[39] ' "$tmp/out")" 2
	ok "… and nothing else" is "$(grep -c ' A[0-9]' "$tmp/out")" 2
	run --yes source add am2 alertmanager url=http://127.0.0.1:$am services=cart
	ok "alertmanager has no services" said 'receiver=REGEX say what is taken'
else
	echo "alertmanager is not installed: left out"
fi
echo "$passed passed, $failed failed"
[ "$failed" = 0 ]
