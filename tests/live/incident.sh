#!/bin/sh
# An incident's page for scripts, against the fake PagerDuty and its faults: its timeline is
# what the fake's own records are, and is said to be partial where it is; responders are
# asked and subscribers told once, whatever happens on the way. Ends with `N passed, N
# failed`.
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
unset XDG_RUNTIME_DIR
mkdir -p "$HOME" "$XDG_CONFIG_HOME" "$tmp/secrets"
port=$((LAB_PORT_BASE + 9321))

ok() { # name condition…
	name=$1
	shift
	if "$@"; then
		passed=$((passed + 1))
	else
		failed=$((failed + 1))
		echo "not ok: $name (status $status)"
		head -n 40 "$tmp/out" "$tmp/err"
	fi
}
run() { # args…
	"$OOGWAY" -c "$tmp/rc" "$@" >"$tmp/out" 2>"$tmp/err" </dev/null
	status=$?
}
is() { [ "$1" = "$2" ]; }
said() { grep -q -- "$1" "$tmp/out" "$tmp/err"; }
silent() { ! grep -q -- "$1" "$tmp/out" "$tmp/err"; }
pd() { # METHOD PATH [BODY]
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
field() { python3 -B -c "import json,sys; d=json.load(sys.stdin); print($1)"; }
lab() { pd POST "/_lab/$1" "$2" >/dev/null; }
truth() { pd POST /_lab/look "{\"id\":\"$id\"}" | field "$1"; }
of() { field "$1" <"$tmp/out"; }
make_incident() { # title
	id=$(pd POST /_lab/incidents "{\"service\":\"search\",\"title\":\"$1\"}" | field "d['ids'][0]")
}
# Lines of the log, as JSON has them: what the source told, not what we know beside it.
told="sum(l['kind'] in ('page','assign','notified','ack','over','note','log','escalate') and l['text'] != '' for l in d['timeline'])"

"$LAB/pagerduty.py" --port "$port" --secrets "$tmp/secrets" --incidents 40 --open 0 \
	--per-minute 100000 >"$tmp/pd.log" 2>&1 &
fake=$!
pids="$pids $fake"
cat >"$tmp/rc" <<END
source pd pagerduty url=http://127.0.0.1:$port every=1s timeout=4s token-file=$tmp/secrets/pagerduty.token from=ana@lab.example
END
for i in 1 2 3 4 5 6 7 8 9 10; do
	pd GET /_lab/requests >/dev/null 2>&1 && break
	sleep 0.5
done

# --- the page ---
make_incident 'p99 latency above 300 ms'
run incident show "$id"
ok "it is shown" is "$status" 0
ok "the timeline is complete" said '^timeline      complete'
ok "no responders, no bridge" silent 'responders\|bridge\|commander'
lab bridge "{\"id\":\"$id\",\"number\":\"+1 415\",\"url\":\"https://meet.example/w\"}"
lab note "{\"id\":\"$id\",\"text\":\"Role commander: Ben Okafor\"}"
run incident show "$id"
ok "the bridge is shown" said '^bridge        +1 415'
ok "a role that others noted is shown" said '^commander     Ben Okafor'
run incident role scribe 'Chen Wei' "$id" --yes
ok "a role is given" is "$status" 0
run incident show "$id"
ok "and read back from the notes" said '^scribe        Chen Wei'
ok "our note and its entries are one line" is "$(grep -c 'Role scribe' "$tmp/out")" 1
ok "which says that it was done here" said 'Role scribe: Chen Wei  from here, by'
lab note "{\"id\":\"$id\",\"drop\":\"Role commander\"}"
run incident show "$id"
ok "a note that is gone upstream gives no role" silent 'commander     Ben'

# --- as its source tells it: all fields, whatever oogway makes of them ---
run incident raw "$id"
ok "it is told as it is" is "$status" 0
cp "$tmp/out" "$tmp/raw"
ok "all of it, as PagerDuty has it" is "$(pd GET "/incidents/$id?include%5B%5D=conference_bridge" |
	python3 -c "import json, sys
print(json.load(sys.stdin)['incident'] == json.load(open(sys.argv[1])))" "$tmp/raw")" True

# --- long logs: all of it, once each, whatever the pages do ---
make_incident long
lab note "{\"id\":\"$id\",\"text\":\"said again\",\"count\":250}"
run --json incident show "$id"
ok "250 notes are 250 lines" is "$(of "sum(l['text'] == 'said again' for l in d['timeline'])")" 250
ok "and complete" is "$(of "d['complete']")" True
make_incident shifting
for i in 1 2 3; do lab note "{\"id\":\"$id\",\"text\":\"n$i\",\"count\":60}"; done
lab faults "[{\"path\":\"/incidents/$id/log_entries\",\"times\":3,\"shift\":20}]"
run --json incident show "$id"
ok "pages that move lose nothing and double nothing" is \
	"$(of "len([l for l in d['timeline'] if l['kind'] == 'note'])")" 180
ok "moved and complete" is "$status" 0

# --- faults ---
make_incident faulty
for fault in '"status":503' '"status":429' '"truncate":9' '"drop":"before"'; do
	for part in notes log_entries; do
		# What is dropped is asked for again.
		lab faults "[{\"path\":\"/incidents/$id/$part\",\"times\":9,$fault}]"
		run incident show "$id"
		ok "$fault of $part is partial" is "$status" 3
		ok "$fault of $part says so" said '^timeline      partial: '
		lab faults '[]'
	done
done
for code in 402 403 404; do
	lab faults "[{\"path\":\"/incidents/$id/notes\",\"times\":9,\"status\":$code}]"
	run incident show "$id"
	ok "$code hides it" is "$status" 0
	lab faults '[]'
done
run incident show QNOWHERE
ok "one that nobody has" is "$status" 1
ok "one that nobody has is said" said 'no source has QNOWHERE now'

# --- responders ---
make_incident help
run incident responders '@ben' "$id"
ok "it asks first" is "$status" 4
ok "and nobody was asked" is "$(truth "len(d['requests'])")" 0
run incident responders '@ben, @chen' "$id" --yes
ok "two are asked" is "$status" 0
ok "in one request" is "$(truth "[r['targets'] for r in d['requests']]")" "[['Ben Okafor', 'Chen Wei']]"
run incident show "$id"
ok "they are pending" said 'Ben Okafor  pending'
ok "one line each" is "$(grep -c 'was asked to join  from here' "$tmp/out")" 2
lab responder "{\"id\":\"$id\",\"email\":\"ben@lab.example\",\"state\":\"joined\"}"
lab responder "{\"id\":\"$id\",\"email\":\"chen@lab.example\",\"state\":\"declined\"}"
run --json incident show "$id"
ok "what they said is shown" is "$(of "sorted((r['who'], r['state']) for r in d['responders'])")" \
	"[('Ben Okafor', 'joined'), ('Chen Wei', 'declined')]"
run incident responders '@nobody' "$id" --yes
ok "an unknown name is refused" is "$status" 1
ok "with its name" said 'no user is called nobody'
run incident responders 'Payments' "$id" --yes
ok "a policy is asked" is "$(truth "d['requests'][-1]['targets']")" "['Payments']"
# The answer is lost on the way: it is looked for, and not made again.
make_incident lossy
lab faults "[{\"method\":\"POST\",\"path\":\"/incidents/$id/responder_requests\",\"times\":1,\"drop\":\"after\"}]"
run incident responders '@ben' "$id" --yes
ok "a lost answer is found" is "$status" 0
ok "a lost answer is one request" is "$(truth "len(d['requests'])")" 1
lab faults "[{\"method\":\"POST\",\"path\":\"/incidents/$id/responder_requests\",\"times\":2,\"status\":503}]"
run incident responders '@chen' "$id" --yes
ok "503 twice, then asked" is "$(truth "len(d['requests'])")" 2
pd POST /_lab/abilities '["teams", "urgencies"]' >/dev/null
run incident responders '@dara' "$id" --yes
ok "402 fails" is "$status" 1
ok "402 says why" said 'abilit'
run incident show "$id"
ok "402 hides the responders" silent '^responders'
pd POST /_lab/abilities '["teams", "urgencies", "coordinated_responding", "event_intelligence"]' >/dev/null

# --- many at once ---
make_incident first; first=$id
make_incident second; second=$id
run incident role commander 'Ana Ruiz' "$first" "$second"
ok "many ask" is "$status" 4
run incident role commander 'Ana Ruiz' "$first" "$second" --yes
ok "many are done" is "$status" 0
ok "each has its result" is "$(grep -c ': noted' "$tmp/out")" 2
lab faults "[{\"method\":\"POST\",\"path\":\"/incidents/$second/responder_requests\",\"times\":1,\"status\":403}]"
run incident responders '@ben' "$first" "$second" --yes
ok "one of two fails" is "$status" 1
ok "the other is asked" said '^first (search): asked for responders: Ben Okafor'
ok "the one says why" said '^second (search): failed: '
lab faults '[]'

# --- whose clock it is ---
make_incident clock
next_in() { # minutes from now to what happens next
	run --json incident list
	python3 -B -c '
import json, sys, time, calendar
rows = [json.loads(line) for line in open(sys.argv[1])][1:]
at = next(r["next_at"] for r in rows if r["id"] == sys.argv[2])
print(round((calendar.timegm(time.strptime(at[:19], "%Y-%m-%dT%H:%M:%S")) - time.time()) / 60))
' "$tmp/out" "$id"
}
own=$(next_in)
lab clock '{"advance":420,"told":true}'
ok "what is due upstream is due by its clock" is "$(next_in)" "$((own - 7))"
run source test pd
ok "a clock that is ahead is told" said 'its clock is [67]m ahead of this host'
lab clock '{"advance":-420,"told":false}'

# --- status updates ---
make_incident status
run incident status "$id" 'We see errors.' next 30m
ok "a status update asks" is "$status" 4
run incident status "$id" 'We see errors.' next 30m --yes
ok "a status update is sent" is "$status" 0
ok "as it was said" is "$(truth "d['updates'][0]['message'][:30]")" 'We see errors. (next update by'
run incident show "$id"
ok "the next one is due" said '^next update   due in \(29m\|30m\)'
ok "it is in the timeline" said 'send a status update: We see errors.  confirmed'
make_incident unsure
lab faults "[{\"method\":\"POST\",\"path\":\"/incidents/$id/status_updates\",\"times\":1,\"drop\":\"after\"}]"
run incident status "$id" 'Read back.' --yes
ok "a lost answer is looked for in the log" is "$status" 0
ok "the update is there" is "$(truth "len(d['updates'])")" 1
lab faults "[{\"method\":\"POST\",\"path\":\"/incidents/$id/status_updates\",\"times\":1,\"drop\":\"before\"}]"
run incident status "$id" 'Never there.' --yes
ok "what is in no log is not success" is "$status" 1
ok "nor sent once more by itself" is "$(truth "len(d['updates'])")" 1
lab log '{"status":false}'
make_incident blind
lab faults "[{\"method\":\"POST\",\"path\":\"/incidents/$id/status_updates\",\"times\":1,\"drop\":\"after\"}]"
run incident status "$id" 'Twice?' --yes
ok "a log that does not tell is not success" is "$status" 1
ok "and says what may be" said 'may have reached the subscribers'
ok "it went once" is "$(truth "len(d['updates'])")" 1
run --json action list
action=$(python3 -B -c '
import json, sys
rows = [json.loads(line) for line in open(sys.argv[1])][1:]
print(next(r["id"] for r in rows if r["verb"] == "status" and r["state"] == "held"
           and "blind" in r["title"]))' "$tmp/out")
run action retry "$action"
ok "once more is asked for" is "$status" 4
ok "with what may be" said '"Twice?" may have been sent at .* already; send it once more'
run incident ack "$id"
ok "without an answer it does not go" is "$(truth "len(d['updates'])")" 1
run action retry "$action" --yes
run incident unack "$id"
ok "somebody says so: then it goes again" is "$(truth "len(d['updates'])")" 2
lab log '{"status":true}'
make_incident limited
lab faults "[{\"method\":\"POST\",\"path\":\"/incidents/$id/status_updates\",\"times\":2,\"status\":429,\"headers\":{\"ratelimit-reset\":\"1\"}}]"
run incident status "$id" 'Once.' --yes
ok "429 is tried again" is "$status" 0
ok "429 is one update" is "$(truth "len(d['updates'])")" 1
# Killed while the answer is awaited, nothing goes twice.
make_incident killed
lab faults "[{\"method\":\"POST\",\"path\":\"/incidents/$id/status_updates\",\"times\":1,\"delay\":3}]"
"$OOGWAY" -c "$tmp/rc" incident status "$id" 'Killed.' --yes >/dev/null 2>&1 </dev/null &
victim=$!
for i in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do
	pd GET /_lab/requests | grep -q "status_updates" && break
	[ "$i" -gt 8 ] && break
	sleep 0.3
done
kill -9 "$victim" 2>/dev/null
wait "$victim" 2>/dev/null
sleep 24
run incident ack "$id"
ok "killed: at most once" [ "$(truth "len(d['updates'])")" -le 1 ]

# --- the past: what is over is shown from the store and its source ---
run incident resolve "$id" --yes
ok "resolved" is "$status" 0
over=$id
make_incident 'kept as it is told'
raw=$id id=$over
"$OOGWAY" -c "$tmp/rc" --plain >/dev/null 2>&1 </dev/null &
console=$!
pids="$pids $console"
for i in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do
	run incident show "$id"
	[ "$status" = 0 ] && break
	sleep 1
done
kill "$console"
ok "what is over is shown" said '^state         resolved'
ok "with its log" said ' over     '
run incident postmortem "$id"
ok "the postmortem has it too" said 'Triggered through search'

# --- changes around one of long ago, which the present ones do not reach ---
pd GET /_lab/records >"$tmp/records"
old=$(python3 -B -c '
import json, sys
held = json.load(open(sys.argv[1]))
for i in held["incidents"]:
    n = sum(-6 * 3600 <= c["at"] - i["created"] < 600 for c in held["changes"])
    if n and i["created"] < held["now"] - 5 * 86400:
        print(i["id"], n)
        break
' "$tmp/records")
run incident show "${old% *}" --json
ok "its changes are there" is "$(of "sum(l['kind'] == 'change' for l in d['timeline'])")" "${old#* }"
lab faults '[{"method":"GET","path":"/change_events","times":99,"status":503}]'
run incident show "${old% *}" --json
ok "… or it is said that some are missing" is "$status $(of "d['complete']")" "3 False"
lab faults '[]'

# --- without a server: what the store has, at once, and said to be partial ---
kill "$fake"
run incident show "$id"
ok "without a server it is partial" is "$status" 3
ok "and says so" said '^timeline      partial: pd does not answer'
ok "and is what the store has" said 'Triggered through search'
run incident raw "$raw"
ok "as it was told last" is "$status $(field "d['id']" <"$tmp/out")" "3 $raw"
run incident raw "$id"
ok "what was over before anybody watched is not known" said 'or it was over before anybody watched'

echo "$passed passed, $failed failed"
[ "$failed" = 0 ]
