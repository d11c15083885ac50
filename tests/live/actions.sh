#!/bin/sh
# Acting for real: on the fake PagerDuty, with its faults, and on a real Alertmanager. What
# counts is what they hold afterwards, not what oogway says. Ends with `N passed, N failed`.
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
mkdir -p "$HOME" "$XDG_CONFIG_HOME" "$tmp/secrets" "$tmp/am"
pd_port=$((LAB_PORT_BASE + 9301)) am_port=$((LAB_PORT_BASE + 9302))

ok() { # name condition…
	name=$1
	shift
	if "$@"; then
		passed=$((passed + 1))
	else
		failed=$((failed + 1))
		echo "not ok: $name (status $status)"
		cat "$tmp/out" "$tmp/err"
	fi
}

run() { # args…
	"$OOGWAY" -c "$tmp/rc" "$@" >"$tmp/out" 2>"$tmp/err" </dev/null
	status=$?
}

is() { [ "$1" = "$2" ]; }
said() { grep -q "$1" "$tmp/out" "$tmp/err"; }

# ask METHOD URL [BODY]: prints the answer
ask() {
	python3 -B - "$tmp/secrets/pagerduty.token" "$@" <<'END'
import sys, urllib.request
token, method, url = open(sys.argv[1]).read().strip(), sys.argv[2], sys.argv[3]
body = sys.argv[4].encode() if len(sys.argv) > 4 else None
request = urllib.request.Request(url, body, method=method, headers={
    'Authorization': 'Token token=' + token, 'Content-Type': 'application/json',
    'Accept': 'application/json' if '/api/v2' in url else 'application/vnd.pagerduty+json;version=2'})
print(urllib.request.urlopen(request, timeout=10).read().decode())
END
}
pd() { method=$1 path=$2; shift 2; ask "$method" "http://127.0.0.1:$pd_port$path" "$@"; }
field() { python3 -c "import json,sys; d=json.load(sys.stdin); print($1)"; }
make_incident() { # title
	pd POST /_lab/incidents "{\"service\":\"search\",\"title\":\"$1\"}" | field "d['ids'][0]"
}
status_of() { pd GET "/incidents/$1" | field "d['incident']['status']"; }
notes_of() { pd GET "/incidents/$1/notes" | field "len(d['notes'])"; }
faults() { pd POST /_lab/faults "$1" >/dev/null; }

"$LAB/pagerduty.py" --port "$pd_port" --secrets "$tmp/secrets" --incidents 20 --open 0 \
	>"$tmp/pd.log" 2>&1 &
pids="$pids $!"
cat >"$tmp/rc" <<END
source pd pagerduty url=http://127.0.0.1:$pd_port every=1s timeout=4s token-file=$tmp/secrets/pagerduty.token from=ana@lab.example
END
for i in 1 2 3 4 5 6 7 8 9 10; do
	pd GET /_lab/requests >/dev/null 2>&1 && break
	sleep 0.5
done

id=$(make_incident first)
run incident ack "$id"
ok "ack says so" is "$status" 0
ok "ack is upstream" is "$(status_of "$id")" acknowledged
run incident ack "$id"
ok "twice is refused" is "$status" 1
ok "twice says why" said "acknowledged already"
run incident unack "$id"
ok "unack is upstream" is "$(status_of "$id")" triggered
run incident resolve "$id"
ok "resolve asks" is "$status" 4
ok "resolve asked is not done" is "$(status_of "$id")" triggered
run --readonly incident ack "$id"
ok "read-only refuses" is "$status" 4
run --at -1h incident ack "$id"
ok "the past refuses" is "$status" 4
run incident note "$id" 'it is "quoted"; $(rm -rf /)' --yes
ok "note" is "$status" 0
ok "note is one word" is "$(pd GET "/incidents/$id/notes" | field "d['notes'][0]['content'][:28]")" 'it is "quoted"; $(rm -rf /) '
run incident snooze 1h "$id"
ok "snooze" is "$(pd GET "/incidents/$id" | field "[a['type'] for a in d['incident']['pending_actions']].count('unacknowledge')")" 1
run incident resolve "$id" --yes
ok "resolve is upstream" is "$(status_of "$id")" resolved
run incident ack "$id"
ok "what is over is not there" is "$status" 1

# No act without its intent, no intent without its outcome; and the chain is whole.
run audit verify
ok "the audit is whole" is "$status" 0
run --json audit log
ok "every intent has an outcome" python3 -c '
import json, sys
rows = [json.loads(line) for line in open(sys.argv[1])][1:]
intents = [r["seq"] for r in rows if r["kind"] == "intent"]
outcomes = [r["ref"] for r in rows if r["kind"] == "outcome"]
assert intents and sorted(intents) == sorted(outcomes), (intents, outcomes)
assert "incident.acknowledge" in {r["event"] for r in rows}
' "$tmp/out"
chmod 500 "$XDG_STATE_HOME/oogway/audit"
id=$(make_incident unaudited)
if [ "$(id -u)" != 0 ]; then
	run incident ack "$id"
	ok "no audit, no act" is "$(status_of "$id")" triggered
fi
chmod 700 "$XDG_STATE_HOME/oogway/audit"

# The answer is lost on the way: it is not written a second time.
id=$(make_incident lossy)
faults '[{"method":"POST","path":"/incidents","times":1,"drop":"after"}]'
run incident note "$id" once --yes
ok "note after a lost answer" is "$status" 0
ok "one note, not two" is "$(notes_of "$id")" 1
faults '[{"method":"POST","path":"/incidents","times":2,"drop":"before"}]'
run incident note "$id" twice --yes
ok "note after a lost request" is "$(notes_of "$id")" 2
faults '[{"method":"PUT","path":"/incidents","times":1,"status":429,"headers":{"Retry-After":"1"}},
	{"method":"PUT","path":"/incidents","times":1,"status":503}]'
run incident ack "$id"
ok "ack after 429 and 503" is "$(status_of "$id")" acknowledged
ok "ack after 429 and 503 says so" is "$status" 0
faults '[{"method":"PUT","path":"/incidents","times":1,"status":402}]'
run incident unack "$id"
ok "402 is final" is "$status" 1
ok "402 is said" said "plan"
faults '[]'

# Many, one of which was resolved behind our back.
a=$(make_incident a) b=$(make_incident b) c=$(make_incident c)
run incident resolve "$a" "$b" "$c" --yes
ok "three at once" is "$(status_of "$a")$(status_of "$b")$(status_of "$c")" resolvedresolvedresolved

# Killed while the request is out: the next one finishes it, once.
id=$(make_incident killed)
faults '[{"method":"POST","path":"/incidents","times":1,"delay":3}]'
"$OOGWAY" -c "$tmp/rc" incident note "$id" survives --yes >/dev/null 2>&1 &
victim=$!
sleep 1.5
kill -9 "$victim"
wait "$victim" 2>/dev/null
id2=$(make_incident other)
# It waits for the lease of the dead to end, then finds what that one left behind.
run incident ack "$id2"
ok "after a kill -9 the next one acts" is "$(status_of "$id2")" acknowledged
run incident unack "$id2"
for i in 1 2 3 4 5 6 7 8 9 10; do
	run --json action list
	grep -q '"state":"\(sending\|waiting\)"' "$tmp/out" || break
	run incident note "$id2" again --yes
	sleep 1
done
ok "nothing is left open" grep -q '"state":"confirmed"' "$tmp/out"
ok "killed: the note is there once" is "$(notes_of "$id")" 1

# What waits is sent by one that acts, not by one that may only look.
id3=$(make_incident waits)
faults '[{"method":"POST","path":"/incidents","times":100,"status":503}]'
run incident note "$id3" later --yes
ok "a note waits" is "$status" 5
faults '[]'
"$OOGWAY" -c "$tmp/rc" --readonly --plain </dev/null >/dev/null 2>&1 &
looker=$!
sleep 6
kill "$looker"
wait "$looker" 2>/dev/null
ok "read-only sends nothing" is "$(notes_of "$id3")" 0

# Hundreds whose moment has passed, one behind the other: each is failed, none is sent.
python3 -B - "$XDG_STATE_HOME/oogway/oogway.db" <<'END'
import sqlite3, sys
db = sqlite3.connect(sys.argv[1], timeout=20)
db.row_factory = sqlite3.Row
row = dict(db.execute('SELECT * FROM outbox LIMIT 1').fetchone())
row.update(verb='snooze', until_at=1, state=0, next_at=0, expected_state=-1)
for i in range(240):
    row.update(id='00000000-0000-7000-8000-%012x' % i, target='Q%d' % i)
    db.execute('INSERT INTO outbox (%s) VALUES (%s)' % (
        ', '.join(row), ', '.join(':' + name for name in row)), row)
db.commit()
END
for i in 1 2 3; do
	run incident note "$id3" "after $i" --yes
	[ "$(notes_of "$id3")" -gt "$i" ] && break
done
ok "behind late ones the next is sent" is "$([ "$(notes_of "$id3")" -ge 2 ] && echo yes)" yes
run --json action list
ok "late ones have failed" grep -q '"state":"failed".*\(moment\|end\) has passed' "$tmp/out"

# Names and numbers, as people say them.
id=$(make_incident named) other=$(make_incident into)
has() { pd GET "/incidents/$1" | field "$2"; }
number=$(has "$id" "d['incident']['incident_number']")
into=$(has "$other" "d['incident']['incident_number']")
run incident reassign ben@lab.example "$number" --yes
ok "reassigned by mail" is "$status $(has "$id" "d['incident']['assignments'][0]['assignee']['summary']")" "0 Ben Okafor"
run incident reassign @chen "#$number" --yes
ok "reassigned by name" is "$status $(has "$id" "d['incident']['assignments'][0]['assignee']['summary']")" "0 Chen Wei"
run incident reassign @nobody "$number" --yes
ok "nobody is refused" is "$status" 1
ok "by name" said "pd knows nobody called nobody"
run incident priority p2 "$number" --yes
ok "a priority by its name" is "$status $(has "$id" "d['incident']['priority']['summary']")" "0 P2"
run incident priority P9 "$number" --yes
ok "none is refused with those there are" said "no priority is called P9 there: P1, P2"
run incident merge 999999 "$number" --yes
ok "no such incident" said "pd has no open incident 999999"
run incident merge "$number" "$number" --yes
ok "not into itself" said "cannot be merged into itself"
run incident merge "$into" "$number" --yes
ok "merged by number" is "$status $(status_of "$id")" "0 resolved"

# The pager does not answer: what the store knows is enough to say what is to be done.
id=$(make_incident unreachable)
number=$(has "$id" "d['incident']['incident_number']")
"$OOGWAY" -c "$tmp/rc" --plain >/dev/null 2>&1 </dev/null &
console=$!
pids="$pids $console"
for i in $(seq 100); do
	python3 - "$XDG_STATE_HOME"/oogway/*.db "$id" 2>/dev/null <<'END' && break
import sqlite3, sys
db = sqlite3.connect(sys.argv[1])
sys.exit(not db.execute('SELECT 1 FROM incident WHERE upstream_id = ?', sys.argv[2:]).fetchone())
END
	sleep 0.2
done
kill "$console"
wait "$console"
cp "$tmp/rc" "$tmp/rc.there"
sed "s|url=[^ ]*|url=http://127.0.0.1:1|" "$tmp/rc.there" >"$tmp/rc"
run incident ack "$number"
ok "acknowledged offline: it waits" is "$status" 5
ok "and says of what age that is" said "pd does not answer: what is known of it is"
run incident ack 999999
ok "what nobody knows: not answered is not absent" is "$status" 3
ok "since when" said "pd does not answer since .*, and nothing here knows 999999 to be open"
mv "$tmp/rc.there" "$tmp/rc"
for i in $(seq 20); do
	run incident note "$id" "back $i" --yes
	[ "$(status_of "$id")" = acknowledged ] && break
done
ok "sent when it is back" is "$(status_of "$id")" acknowledged

# A real Alertmanager.
if command -v prometheus-alertmanager >/dev/null 2>&1; then
	printf 'route:\n  receiver: none\nreceivers:\n- name: none\n' >"$tmp/am/am.yml"
	prometheus-alertmanager --config.file="$tmp/am/am.yml" --storage.path="$tmp/am/data" \
		--web.listen-address="127.0.0.1:$am_port" --cluster.listen-address= \
		>"$tmp/am.log" 2>&1 &
	pids="$pids $!"
	echo "source am alertmanager url=http://127.0.0.1:$am_port every=1s timeout=4s" >"$tmp/rc"
	am=http://127.0.0.1:$am_port/api/v2
	for i in 1 2 3 4 5 6 7 8 9 10; do
		ask GET "$am/status" >/dev/null 2>&1 && break
		sleep 0.5
	done
	ask POST "$am/alerts" '[{"labels":{"alertname":"Hot","host":"a\"b\\c"}},{"labels":{"alertname":"Cold"}}]' >/dev/null
	id=$(ask GET "$am/alerts?filter=alertname%3D%22Hot%22" | field "d[0]['fingerprint']")
	run alert silence 1h "$id"
	ok "silence asks" is "$status" 4
	ok "silence tells what it matches" said "matches 1 alert now"
	run alert silence 1h "$id" --yes
	ok "silence" is "$status" 0
	ok "silence is upstream" is "$(ask GET "$am/alerts?silenced=true&active=false" | field "[a['labels']['alertname'] for a in d]")" "['Hot']"
	silence=$(ask GET "$am/silences" | field "d[0]['id']")
	run silence extend 5h "$silence" --yes
	ok "extend" is "$status" 0
	before=$(ask GET "$am/silences" | field "[s['endsAt'][:16] for s in d if s['status']['state'] == 'active']")
	run silence extend +1h "$silence" --yes
	ok "extend by an hour" is "$(ask GET "$am/silences" | field "[s['endsAt'][:16] for s in d if s['status']['state'] == 'active']")" "$(echo "$before" | python3 -c "
import datetime, sys
at = datetime.datetime.fromisoformat(eval(sys.stdin.read())[0]) + datetime.timedelta(hours=1)
print([at.isoformat()[:16]])")"
	ok "one silence still" is "$(ask GET "$am/silences" | field "len([s for s in d if s['status']['state'] == 'active'])")" 1
	run silence expire "$silence" --yes
	ok "expire is upstream" is "$(ask GET "$am/silences" | field "[s['status']['state'] for s in d]")" "['expired']"
	# Alertmanager knows no acknowledgement: it is ours.
	run alert ack "$id"
	ok "ack here" is "$status" 0
	run alert unack "$id"
	ok "ack here was kept" is "$status" 0
	run alert unack "$id"
	ok "and is gone" is "$status" 1

	# Two peers of one cluster, and one that stands alone: one silence for each of the two.
	manager() { # name port args…
		name=$1 port=$2
		shift 2
		prometheus-alertmanager --config.file="$tmp/am/am.yml" --storage.path="$tmp/am/$name" \
			--web.listen-address="127.0.0.1:$port" "$@" >"$tmp/$name.log" 2>&1 &
		pids="$pids $!"
		echo "source $name alertmanager url=http://127.0.0.1:$port every=1s timeout=4s" >>"$tmp/rc"
	}
	base=$((LAB_PORT_BASE + 9303))
	: >"$tmp/rc"
	for i in 0 1; do
		manager "peer-$i" $((base + i)) --cluster.listen-address="127.0.0.1:$((base + 2 + i))" \
			--cluster.advertise-address="127.0.0.1:$((base + 2 + i))" \
			--cluster.peer="127.0.0.1:$((base + 2))"
	done
	manager alone $((base + 4)) --cluster.listen-address=
	silences() { ask GET "http://127.0.0.1:$((base + $1))/api/v2/silences" | field "sum(s['status']['state'] == 'active' for s in d)"; }
	for i in $(seq 100); do
		peers=$(ask GET "http://127.0.0.1:$((base + 1))/api/v2/status" 2>/dev/null | field "len(d['cluster']['peers'])" 2>/dev/null)
		[ "$peers" = 2 ] && ask GET "http://127.0.0.1:$((base + 4))/api/v2/status" >/dev/null 2>&1 && break
		sleep 0.2
	done
	for i in 0 1 4; do
		ask POST "http://127.0.0.1:$((base + i))/api/v2/alerts" '[{"labels":{"alertname":"Hot","host":"b"}}]' >/dev/null
	done
	id=$(ask GET "http://127.0.0.1:$base/api/v2/alerts" | field "d[0]['fingerprint']")
	run alert ack "$id"
	ok "acknowledged at three, told once" is "$status $(grep -c acknowledged "$tmp/out")" "0 1"
	run alert silence 30m "$id"
	ok "each peer that stands alone is named" said "silence at \(peer-[01] and alone\|alone and peer-[01]\): Hot; until"
	ok "what three tell of is one alert" said "matches 1 alert now"
	run alert silence 30m "$id" --yes
	ok "silenced at both" is "$status" 0
	for i in $(seq 100); do
		[ "$(silences 1)" = 1 ] && break
		sleep 0.2
	done
	ok "one silence at each" is "$(silences 0) $(silences 1) $(silences 4)" "1 1 1"
fi
echo "$passed passed, $failed failed"
[ "$failed" = 0 ]
