#!/bin/sh
# Lines of a Loki: pages, the present, tenants, what is too much, and its faults. What
# counts is `log list`. Ends with `N passed, N failed`.
here=$(cd "$(dirname "$0")/../.." && pwd)
: "${OOGWAY:=$here/oogway}" "${LAB:=$here/tests/lab}" "${LAB_PORT_BASE:=12000}"
tmp=$(mktemp -d) || exit 1
passed=0 failed=0 fake= console=
end() {
	for pid in $fake $console; do kill "$pid" 2>/dev/null; done
	wait
	rm -rf "$tmp"
}
trap end EXIT
trap 'exit 1' INT TERM
HOME=$tmp/home XDG_STATE_HOME=$tmp/state XDG_CONFIG_HOME=$tmp/config
export HOME XDG_STATE_HOME XDG_CONFIG_HOME
mkdir -p "$HOME" "$XDG_CONFIG_HOME"
port=$((LAB_PORT_BASE + 310))

ok() { # name condition…
	name=$1
	shift
	if "$@"; then
		passed=$((passed + 1))
	else
		failed=$((failed + 1))
		echo "not ok: $name (status $status; $*)"
		tail -n 12 "$tmp/out" "$tmp/err" | cut -c1-300
	fi
}
run() { # args…
	timeout 60 "$OOGWAY" -c "$tmp/rc" "$@" >"$tmp/out" 2>"$tmp/err" </dev/null
	status=$?
}
said() { grep -q -- "$1" "$tmp/out" "$tmp/err"; }
lines() { grep -c '"source":"loki"' "$tmp/out"; }
lab() { # path [body]
	python3 -B -c '
import sys, urllib.request
url, body = sys.argv[1], sys.argv[2].encode()
print(urllib.request.urlopen(urllib.request.Request(url, body), timeout=10).read().decode())
' "http://127.0.0.1:$port/_lab/$1" "${2-{\}}"
}
asked() { lab seen | grep -o -- "$1" | wc -l; }
ordered() { python3 -c 'import json,sys
at = [json.loads(l)["at"] for l in open(sys.argv[1]) if "\"source\"" in l]
sys.exit(at != sorted(at))' "$tmp/out"; }
rc() { # words of the source's line
	printf 'set log.files = %s\nset log.lines = 6000\n' "$tmp/host.log" >"$tmp/rc"
	printf "source loki loki url=http://127.0.0.1:%s every=1s timeout=4s token-file=%s/loki.token org=shop %s\n" \
		"$port" "$tmp" "$*" >>"$tmp/rc"
}
begin() { # options
	"$LAB/loki.py" --port "$port" --secrets "$tmp" "$@" >"$tmp/fake.log" 2>&1 &
	fake=$!
	for i in 1 2 3 4 5 6 7 8 9 10; do
		lab seen >/dev/null 2>&1 && break
		sleep 0.5
	done
}
: >"$tmp/host.log"
begin --multi

# --- lines, labels, levels ---
rc 'query={app="shop"}'
lab push '{"tenant":"shop","streams":[
	{"stream":{"app":"shop","pod":"shop-1","node":"n1"},"values":[
		[60,"level=info all is well"],
		[50,"payment refused",{"detected_level":"error","trace_id":"abc"}],
		["1","long ago"]]},
	{"stream":{"app":"shop","pod":"shop-2","level":"warn"},"values":[[55,"slow answer"]]},
	{"stream":{"app":"other"},"values":[[55,"of others"]]}]}' >/dev/null
lab push '{"tenant":"rival","streams":[{"stream":{"app":"shop"},"values":[[50,"of a rival"]]}]}' >/dev/null
run --json log list
ok "three lines" [ "$(lines)" = 3 ]
ok "by time" ordered
ok "a level by structured metadata" said '"level":"error","host":"n1","unit":"shop","text":"payment refused"'
ok "a level by a label" said '"level":"warn".*slow answer'
ok "a level by the text" said '"level":"info".*all is well'
ok "labels" said '"labels":{.*"pod":"shop-1".*"trace_id":"abc"'
ok "one tenant" [ "$(grep -c 'rival\|of others' "$tmp/out")" = 0 ]
run --json log list -l pod=shop-2
ok "a label filters" [ "$(lines)" = 1 ]
run --json log list refused
ok "words filter" [ "$(lines)" = 1 ]
lab faults '[{"path":"query_range","times":1,"form":"plain"}]' >/dev/null
run --json log list
ok "labels that are not categorised" said '"level":"error".*"trace_id":"abc"'
run log list
ok "as text" said 'error.*shop.*payment refused'
run --at -2h --json log list
ok "nothing then" [ "$(lines)" = 0 ]
run --at -40s --json log list
ok "the time decides" [ "$(lines)" = 3 ]
rc '"query={app=`shop`} |= `refused`"'
run --json log list
ok "a line filter" [ "$(lines)" = 1 ]

# --- pages ---
lab clear >/dev/null
rc 'query={app="shop"}'
lab flood '{"tenant":"shop","stream":{"app":"shop","pod":"a"},"count":1700,"ago":20,"same":200}' >/dev/null
lab flood '{"tenant":"shop","stream":{"app":"shop","pod":"b"},"count":1700,"ago":20}' >/dev/null
run --json log list
ok "all pages, each line once" [ "$(lines)" = 3400 ]
ok "by time, over pages" ordered
lab set '{"max_entries":300}' >/dev/null
run --json log list
ok "smaller pages" [ "$(lines)" = 3400 ]
lab set '{"max_entries":100}' >/dev/null
run doctor
ok "more at one moment than a page" said 'more lines came at one moment'
lab set '{"max_entries":5000,"max_length":900}' >/dev/null
run --json log list
ok "shorter questions" [ "$(lines)" = 3400 ]
lab set '{"max_length":2595600}' >/dev/null
lab faults '[{"path":"query_range","times":1,"form":"shuffle"}]' >/dev/null
run --json log list
ok "out of order" ordered
lab flood '{"tenant":"shop","stream":{"app":"shop","pod":"c"},"count":9000,"ago":30}' >/dev/null
run --json log list
ok "no more than 5000" [ "$(lines)" -ge 5000 ] 
ok "… and what is not there is said" said 'loki: no lines before .* are read'

# --- too much ---
lab set '{"bytes":70000000000}' >/dev/null
run --json log list
ok "narrowed" said 'reads the newest .* of lines'
lab set '{"bytes":70000000000000}' >/dev/null
run --json log list
ok "refused" said 'at most are read: name fewer streams in query'
lab set '{"bytes":null,"stats":false}' >/dev/null
run --json log list
ok "without stats" [ "$(lines)" -ge 5000 ]
lab set '{"stats":true}' >/dev/null

# --- faults ---
lab clear >/dev/null
lab push '{"tenant":"shop","streams":[{"stream":{"app":"shop"},"values":[[30,"here"],[29,"BYTES"]]}]}' >/dev/null
fault() { # name fault words
	lab faults "[$2]" >/dev/null
	run doctor
	ok "$1" said "$3"
	lab faults '[]' >/dev/null
}
fault "too many questions" '{"path":"query_range","times":9,"status":429,"body":"too many outstanding requests"}' \
	'has too many questions waiting (HTTP 429)'
fault "500" '{"path":"","times":9,"status":500,"body":"internal error"}' 'failed (HTTP 500): internal error'
fault "cut" '{"path":"query_range","times":9,"form":"cut"}' '^BAD .*source loki'
fault "garbage" '{"path":"query_range","times":9,"form":"garbage"}' '^BAD .*source loki'
fault "a sign-in page" '{"path":"","times":9,"form":"html"}' '^BAD .*source loki'
fault "other times" '{"path":"query_range","times":9,"form":"far"}' 'one that was not asked for'
fault "too slow for itself" '{"path":"query_range","times":99,"status":504,"body":"context deadline exceeded"}' \
	'did not come to an end in its own time'
lab faults '[{"path":"query_range","times":1,"form":"bytes"}]' >/dev/null
run --json log list
ok "wrong UTF-8" [ "$(lines)" = 2 ]
rc '"query={app=`shop`} oops"'
run doctor
ok "a wrong query" said 'does not understand query of this source (HTTP 400): parse error'
rc 'query={app=~".*"}'
run doctor
ok "a query for everything" said 'parse error\|wants more in query'
rc 'query=sum(rate({app="shop"}[1m]))'
run doctor
ok "no log query" said 'needs query={LABEL="VALUE"}'
rc 'query={app="shop"}'
sed -i 's/ org=shop//' "$tmp/rc"
run doctor
ok "no tenant" said 'wants a tenant: add org=TENANT'
rc 'query={app="shop"}'
lab clear >/dev/null
lab push '{"streams":[]}' >/dev/null
sed -i 's/ org=shop/ org=fake/' "$tmp/rc"
lab hostile '{"stream":{"app":"shop"},"ago":20,"size":1000000,"labels":20000}' >/dev/null
run --json log list
ok "hostile lines" [ "$(lines)" = 6 ]
ok "… are cut" [ "$(wc -c <"$tmp/out")" -lt 40000 ]
run log list
ok "… and nothing of them reaches a terminal" sh -c "! LC_ALL=C grep -q '[[:cntrl:]]' '$tmp/out'"

# --- source add ---
run --yes source add other loki "url=http://127.0.0.1:$port" 'query={app="shop"}' org=fake "token-file=$tmp/loki.token"
ok "added" said '6 lines of the last hour'
ok "… and kept" grep -q '^source other loki' "$tmp/sources.rc"
rm -f "$tmp/sources.rc"

# --- the present ---
lab clear >/dev/null
"$OOGWAY" -c "$tmp/rc" --plain </dev/null >"$tmp/plain" 2>&1 &
console=$!
sleep 4
before=$(asked 'direction=forward')
sleep 4
ok "the present is followed" [ "$(asked 'direction=forward')" -gt "$before" ]
kill "$console"
wait "$console" 2>/dev/null
console=
ok "other commands do not ask" [ "$(lab clear >/dev/null; run alert list; asked query_range)" = 0 ]
ok "the fake met nothing strange" [ "$(grep -c Traceback "$tmp/fake.log")" = 0 ]
echo "$passed passed, $failed failed"
[ "$failed" = 0 ]
