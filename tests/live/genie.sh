#!/bin/sh
# Opsgenie and Jira Service Management, read and acted on, with their faults. What counts is
# what they hold afterwards, not what oogway says. OPENAPI_GENIE=FILE, Opsgenie's published
# description, has every request that arrived there checked. Ends with `N passed, N failed`.
here=$(cd "$(dirname "$0")/../.." && pwd)
: "${OOGWAY:=$here/oogway}" "${LAB:=$here/tests/lab}" "${LAB_PORT_BASE:=12000}"
tmp=$(mktemp -d) || exit 1
passed=0 failed=0 fake=
end() {
	[ -z "$fake" ] || kill "$fake" 2>/dev/null
	wait
	rm -rf "$tmp"
}
trap end EXIT
trap 'exit 1' INT TERM
HOME=$tmp/home XDG_STATE_HOME=$tmp/state XDG_CONFIG_HOME=$tmp/config
export HOME XDG_STATE_HOME XDG_CONFIG_HOME LAB
mkdir -p "$HOME" "$XDG_CONFIG_HOME" "$tmp/secrets"
us=$((LAB_PORT_BASE + 9311)) eu=$((LAB_PORT_BASE + 9312)) jsm=$((LAB_PORT_BASE + 9313))

ok() { # name condition…
	name=$1
	shift
	if "$@"; then
		passed=$((passed + 1))
	else
		failed=$((failed + 1))
		echo "not ok: $name (status $status; $*)"
		tail -n 20 "$tmp/out" "$tmp/err" | cut -c1-300
	fi
}

# Nothing here waits for longer than half a minute. What does is aborted, and tells where.
oogway() { # rc args…
	rc=$tmp/$1
	shift
	ASAN_OPTIONS=${ASAN_OPTIONS:+$ASAN_OPTIONS:}handle_abort=1 timeout -s ABRT -k 9 120 \
		"$OOGWAY" -c "$rc" "$@" >"$tmp/out" 2>"$tmp/err" </dev/null
	status=$?
	[ "$status" -lt 124 ] || { echo "aborted: $*"; tail -n 60 "$tmp/err"; }
}

run() { oogway rc "$@"; } # args…

is() { [ "$1" = "$2" ]; }
said() { grep -q -- "$1" "$tmp/out" "$tmp/err"; }

# lab PORT PATH [BODY]: prints the answer
lab() {
	python3 -B -c '
import sys, urllib.request
url, body = sys.argv[1], sys.argv[2].encode() if len(sys.argv) > 2 else None
print(urllib.request.urlopen(urllib.request.Request(url, body), timeout=10).read().decode())
' "http://127.0.0.1:$1/_lab/$2" ${3+"$3"}
}
field() { python3 -c "import json,sys; d=json.load(sys.stdin); print($1)"; }
make_alert() { lab "$1" alerts "{\"message\":\"$2\"}" | field "d['ids'][0]"; }
of() { lab "$1" alert "{\"id\":\"$2\"}" | field "$3"; } # port id expression
faults() { lab "$1" faults "$2" >/dev/null; }

"$LAB/genie.py" --port "$us" --eu-port "$eu" --jsm-port "$jsm" --secrets "$tmp/secrets" \
	--alerts 0 >"$tmp/fake.log" 2>&1 &
fake=$!
for i in 1 2 3 4 5 6 7 8 9 10; do
	lab "$us" world >/dev/null 2>&1 && break
	sleep 0.5
done
cat >"$tmp/rc" <<END
source og opsgenie url=http://127.0.0.1:$us every=1s timeout=4s token-file=$tmp/secrets/opsgenie.token from=ana@lab.example
source oge opsgenie region=eu url=http://127.0.0.1:$eu every=1s timeout=4s token-file=$tmp/secrets/opsgenie-eu.token
source jsm jsm site=http://127.0.0.1:$jsm url=http://127.0.0.1:$jsm every=1s timeout=4s user=ana@lab.example token-file=$tmp/secrets/jsm.token
END

# --- reading ---
for port in $us $eu $jsm; do
	lab "$port" alerts '{"message":"many","count":237}' >/dev/null
	lab "$port" page '{"max":40}' >/dev/null
done
run --json incident list
ok "all pages of all of them" is "$(grep -c '"title":"many"' "$tmp/out")" 711
ok "none twice" is "$(grep -o '"id":"[^"]*"' "$tmp/out" | sort | uniq -d)" ""
ok "it is complete" grep -q '"complete":true' "$tmp/out"
run doctor
ok "doctor tells the end of the API" said "its API ends 2027-04-05, in [0-9]* days: move to jsm"
ok "doctor finds all three well" is "$(grep -c '^ok .*answers in' "$tmp/out")" 4
ok "the site is asked without a credential" is "$(lab "$jsm" requests |
	field "{r['authorization'] for r in d['requests'] if r['path'] == '/_edge/tenant_info'}")" "{False}"
sed "s|opsgenie.token|opsgenie-eu.token|" "$tmp/rc" >"$tmp/rc2"
oogway rc2 doctor
ok "a key of the other region is nobody" said "BAD .*source og: .*refuses the credential"
for port in $us $eu $jsm; do
	lab "$port" close '{"newest":1000}' >/dev/null
	lab "$port" page '{"max":100}' >/dev/null
done

# --- each verb on each face ---
act_on() { # port other-user escalation me
	id=$(make_alert "$1" first)
	run incident ack "$id"
	ok "ack says so" is "$status" 0
	ok "ack is upstream" is "$(of "$1" "$id" "d['acknowledged']")" True
	run incident list
	ok "ack is listed" said "ack $4"
	run incident unack "$id"
	ok "unack is upstream" is "$(of "$1" "$id" "d['acknowledged']")" False
	run incident note "$id" 'it is "quoted"; $(rm -rf /)' --yes
	ok "note is upstream" is "$(of "$1" "$id" "d['notes'][0][:28]")" 'it is "quoted"; $(rm -rf /) '
	run incident priority p1 "$id" --yes
	ok "priority is upstream" is "$(of "$1" "$id" "d['priority']")" P1
	run incident reassign "$2" "$id" --yes
	ok "reassign is upstream" is "$(of "$1" "$id" "d['owner']")" ben@lab.example
	run incident responders '@ben, Payments' "$id"
	ok "who is asked to respond is said first" said 'Ben Okafor.*, Payments?'
	run incident responders '@ben, Payments' "$id" --yes
	ok "responders say so" is "$status" 0
	ok "responders are upstream" is "$(of "$1" "$id" "','.join(d['asked'])")" \
		Platform,ben@lab.example,Payments
	run incident responders '@ben, Paiments' "$id" --yes
	ok "a team that is none is no responder" is "$status" 1
	run incident responders '@nobody, Platform' "$id" --yes
	ok "when one is unknown nobody is asked" said "knows nobody called nobody"
	run incident escalate "$3" "$id" --yes
	ok "escalate is upstream" is "$(of "$1" "$id" "len(d['escalated'])")" 1
	run incident escalate "$id" 2 --yes
	ok "a level is no escalation" is "$status" 1
	run incident snooze 1h "$id"
	ok "snooze is upstream" is "$(of "$1" "$id" "d['snoozed']")" True
	run incident resolve "$id" --yes
	ok "resolve is upstream" is "$(of "$1" "$id" "d['status']")" closed

	# The server says "accepted", and then no.
	id=$(make_alert "$1" refused)
	lab "$1" refuse '["Alert is locked by the moon"]' >/dev/null
	run incident ack "$id"
	ok "refused later is refused" is "$status" 1
	ok "in the server's own words" said "locked by the moon"
	ok "and is not upstream" is "$(of "$1" "$id" "d['acknowledged']")" False

	# Unknown at first, then pending.
	lab "$1" lag '{"missing":1.5,"pending":1.5}' >/dev/null
	run incident ack "$id"
	ok "waits until it is done" is "$status" 0
	ok "it is done then" is "$(of "$1" "$id" "d['acknowledged']")" True

	# The answer is lost while the server takes its time: not a second time.
	faults "$1" '[{"method":"POST","path":"/notes","times":1,"drop":"after"}]'
	run incident note "$id" once --yes
	ok "note after a lost answer" is "$status" 0
	ok "one note, not two" is "$(of "$1" "$id" "len(d['notes'])")" 1
	lab "$1" lag '{"missing":0.1,"pending":0.1}' >/dev/null
	faults "$1" '[{"method":"POST","path":"/acknowledge","times":1,"status":429,"headers":
		{"X-RateLimit-State":"THROTTLED","X-RateLimit-Period-In-Sec":"1"}},
		{"path":"/requests/","times":2,"status":503}]'
	id=$(make_alert "$1" throttled)
	run incident ack "$id"
	ok "ack after 429 and 503" is "$(of "$1" "$id" "d['acknowledged']") $status" "True 0"

	# Many at once, one of which was closed behind our back.
	a=$(make_alert "$1" a) b=$(make_alert "$1" b) c=$(make_alert "$1" c)
	faults "$1" "[{\"path\":\"$b/close\",\"times\":1,\"status\":404,\"body\":{\"message\":\"gone\"}}]"
	run incident resolve "$a" "$b" "$c" --yes
	ok "many: the bad one spoils no other" is \
		"$(of "$1" "$a" "d['status']")$(of "$1" "$b" "d['status']")$(of "$1" "$c" "d['status']") $status" \
		"closedopenclosed 1"
	faults "$1" '[]'
}
act_on "$us" ben@lab.example Platform_escalation ana@lab.example
act_on "$jsm" "$(lab "$jsm" world | field "d['users']['ben@lab.example']")" \
	"$(lab "$jsm" world | field "list(d['escalations'])[0]")" "Ana Ruiz"

# --- accepted and not processed for long: told as that, finished by whoever comes next ---
settled() { # runs until nothing is open
	id2=$(make_alert "$us" other)
	for i in 1 2 3 4 5 6 7 8; do
		run incident ack "$id2"
		run incident unack "$id2"
		run --json action list
		grep -q '"state":"\(sending\|waiting\)"' "$tmp/out" || return
		sleep 4
	done
}
id=$(make_alert "$us" slow)
lab "$us" lag '{"missing":600,"pending":0}' >/dev/null
run incident note "$id" late --yes
ok "accepted is not done" is "$status" 5
run action list
ok "it is told as that" said "accepted, not confirmed yet"
ok "nothing is upstream yet" is "$(of "$us" "$id" "len(d['notes'])")" 0
# Another is killed while the server takes its time.
killed=$(make_alert "$us" killed)
"$OOGWAY" -c "$tmp/rc" incident note "$killed" survives --yes >/dev/null 2>&1 &
victim=$!
sleep 4
kill -9 "$victim"
wait "$victim" 2>/dev/null
lab "$us" lag '{"missing":0.1,"pending":0.1}' >/dev/null
lab "$us" clock '{"advance":700}' >/dev/null
settled
ok "all is confirmed in the end" is "$(grep -c '"state":"\(sending\|waiting\)"' "$tmp/out")" 0
ok "late: the note is there once" is "$(of "$us" "$id" "len(d['notes'])")" 1
ok "killed: the note is there once" is "$(of "$us" "$killed" "len(d['notes'])")" 1

# --- the past: all there is, as they hold it; a reader that is killed goes on ---
lab "$us" clock '{"advance":-700}' >/dev/null
for port in $us $jsm; do
	lab "$port" past '{"count":700,"days":80}' >/dev/null
done
cat >"$tmp/past.rc" <<END
set log.files = $tmp/none
source og opsgenie url=http://127.0.0.1:$us every=1s timeout=4s token-file=$tmp/secrets/opsgenie.token since=90d
source jsm jsm site=http://127.0.0.1:$jsm url=http://127.0.0.1:$jsm every=1s timeout=4s user=ana@lab.example token-file=$tmp/secrets/jsm.token since=90d
END
past() { # source port: what differs from what is held there
	oogway past.rc incident list -s all --json
	lab "$2" records >"$tmp/records"
	python3 -B -c '
import datetime, json, sys
iso = lambda t: t and datetime.datetime.fromisoformat(t.replace("Z", "+00:00")).timestamp()
same = lambda a, b: (a is None) == (b is None) and (a is None or abs(a - b) < 0.01)
rows = [json.loads(line) for line in open(sys.argv[1])][1:]
rows = {r["id"]: r for r in rows if r["source"] == sys.argv[3]}
held = json.load(open(sys.argv[2]))
# Its clock was moved ahead for a while.
held = [a for a in held["alerts"] if a["created"] < held["now"]]
print(len(held) - len(rows), sum(not (a["id"] in rows
    and same(iso(rows[a["id"]]["ended_at"]), a["closed"])
    and same(iso(rows[a["id"]]["acknowledged_at"]), a["acked"])) for a in held))
' "$tmp/out" "$tmp/records" "$1"
}
kill_past() { # after $1 seconds
	timeout -s KILL "$1" script -qec "$OOGWAY -c $tmp/past.rc" /dev/null \
		</dev/null >/dev/null 2>&1
}
kill_past 3
kill_past 4
# However slow this machine is, the next one comes to the end.
script -qec "exec $OOGWAY -c $tmp/past.rc" /dev/null </dev/null >/dev/null 2>&1 &
reader=$!
for i in $(seq 1 60); do
	sleep 3
	oogway past.rc incident list -s all --json
	sed -i 1q "$tmp/out"
	said '"complete":true' && break
done
kill "$reader"
wait "$reader" 2>/dev/null
ok "it says that it is all" said '"complete":true'
ok "the past of Opsgenie" is "$(past og "$us")" "0 0"
ok "the past of Jira" is "$(past jsm "$jsm")" "0 0"

# --- an alert's page: its course, log and notes, each once ---
for face in og:$us jsm:$jsm; do
	port=${face#*:} source=${face%:*}
	grep -v "^source" "$tmp/past.rc" >"$tmp/rc"
	grep "^source $source " "$tmp/past.rc" >>"$tmp/rc"
	id=$(lab "$port" alerts '{"message":"queue is long","age":900,"note":"looking",
		"acknowledged":true}' | field "d['ids'][0]")
	for n in 1 2 3 4 5; do
		run incident note "$id" "words $n" --yes
	done
	[ "$source" = jsm ] || lab "$port" page '{"max":2}' >/dev/null
	run incident show "$id"
	ok "$source: all of it" said 'timeline  *complete'
	ok "$source: it began once" is "$(grep -c ' page  *Created' "$tmp/out")" 1
	ok "$source: it was acknowledged once" is "$(grep -c ' ack  *Acknowledged' "$tmp/out")" 1
	ok "$source: its log" is "$(grep -c 'notified Sent' "$tmp/out")" 1
	ok "$source: its notes" is "$(grep -c ' note  *.*: \(words [1-5]\|looking\)' "$tmp/out")" 6
	faults "$port" '[{"method":"GET","path":"/logs","times":9,"status":403,"body":{"message":"no"}}]'
	run incident show "$id"
	ok "$source: without its log there are notes" is "$(grep -c ': words' "$tmp/out")" 5
	faults "$port" '[]'
	lab "$port" page '{"max":100}' >/dev/null
done

# --- the pager: who is on call, overrides under faults, each once ---
rota() { lab "$1" rota | field "d['$2']['$3']"; } # port schedule what
for face in og:$us jsm:$jsm; do
	port=${face#*:} source=${face%:*}
	grep -v "^source" "$tmp/past.rc" >"$tmp/rc"
	grep "^source $source " "$tmp/past.rc" | sed 's/since=90d/since=none from=ana@lab.example/' >>"$tmp/rc"
	run oncall list --json
	for s in Payments_schedule Platform_schedule Empty_schedule; do
		ok "$source: who is on call in $s" is "$(python3 -c "import json,sys
for row in map(json.loads, open(sys.argv[1])):
    if row.get('schedule') == '$s':
        print([n['name'] for n in row['now']])" "$tmp/out")" "$(rota "$port" $s on_call)"
	done
	ok "$source: what is off is not listed" [ "$(grep -c Old_schedule "$tmp/out")" = 0 ]
	run oncall show Payments --json
	ok "$source: a running shift is one" is "$(python3 -c "import json,sys
rows = [r for r in map(json.loads, open(sys.argv[1])) if r.get('from')]
print(sum(a['to'] == b['from'] and a['on_call'] == b['on_call']
      for a, b in zip(rows, rows[1:])) if len(rows) > 5 else rows)" "$tmp/out")" 0
	run oncall take 2h Payments
	ok "$source: a script is asked" is $status 4
	ok "$source: the question shows whom" said 'you .* instead of'
	run --yes oncall take 2h Payments
	ok "$source: take" is "$status $(rota "$port" Payments_schedule on_call)" "0 ['Ana Ruiz']"
	run oncall end
	ok "$source: what is made can be ended" said 'Ana Ruiz\|say which\|you'
	# The answer is lost behind the effect: it is looked for, and made once.
	faults "$port" '[{"method":"POST","path":"/overrides","times":1,"drop":"after"}]'
	run --yes oncall give @chi 3h Payments
	faults "$port" '[]'
	for i in 1 2 3 4 5 6 7 8; do
		run action list --json
		grep -q '"state":"\(sending\|waiting\)"' "$tmp/out" || break
		timeout -k 9 4 script -qec "$OOGWAY -c $tmp/rc" /dev/null </dev/null >/dev/null 2>&1
	done
	ok "$source: give, its answer lost" is "$(rota "$port" Payments_schedule on_call)" "['Chi Tran']"
	ok "$source: … was made once" is "$(rota "$port" Payments_schedule overrides |
		grep -o 'Chi Tran' | grep -c .)" 1
	run --yes oncall give @nobody 3h Payments
	ok "$source: an unknown name" said 'knows nobody called nobody'
	faults "$port" '[{"method":"POST","path":"/overrides","times":9,"status":403,
		"body":{"message":"You cannot change this schedule"}}]'
	run --yes oncall take 1h Platform
	ok "$source: a refusal is told" said 'You cannot change this schedule'
	ok "$source: … and fails" [ "$status" != 0 ]
	faults "$port" '[]'
done

# A team that is none is said, and is not peace.
cat >"$tmp/team.rc" <<END
set log.files = $tmp/none
source og opsgenie url=http://127.0.0.1:$us every=1s timeout=4s token-file=$tmp/secrets/opsgenie.token since=none "filter=teams:\"Platfrm\""
END
oogway team.rc source test og
ok "an unknown team" said 'no team is called Platfrm there.*2 teams: Platform, Payments'
ok "… fails" [ "$status" != 0 ]

# --- every request, against the published description ---
if [ -n "${OPENAPI_GENIE:-}" ]; then
	for port in $us $eu; do
		ok "as published" is "$(lab "$port" requests | python3 -B -c '
import json, os, sys
sys.path.insert(0, os.environ["LAB"])
import openapi
spec = openapi.Spec(os.environ["OPENAPI_GENIE"])
for r in json.load(sys.stdin)["requests"]:
    body = json.loads(r["body"]) if r["body"] else None
    for problem in spec.request_problems(r["method"], r["path"], r["query"], body):
        print(r["method"], r["path"], problem)
')" ""
	done
fi
ok "the fake met nothing strange" is "$(grep -c Traceback "$tmp/fake.log")" 0
echo "$passed passed, $failed failed"
[ "$failed" = 0 ]
