#!/bin/sh
# A cluster as a source of changes: what a list finds, what a watch brings, and the faults
# of an API server. What counts is `change list`. Ends with `N passed, N failed`.
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
port=$((LAB_PORT_BASE + 443))

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

run() { # args…
	timeout 60 "$OOGWAY" -c "$tmp/rc" "$@" >"$tmp/out" 2>"$tmp/err" </dev/null
	status=$?
}

said() { grep -q -- "$1" "$tmp/out" "$tmp/err"; }
lab() { # path [body]
	python3 -B -c '
import sys, urllib.request
url, body = sys.argv[1], sys.argv[2].encode()
print(urllib.request.urlopen(urllib.request.Request(url, body), timeout=10).read().decode())
' "http://127.0.0.1:$port/_lab/$1" "${2-{\}}"
}
told() { # pattern: within half a minute
	for i in $(seq 15); do
		run --json change list
		grep -q -- "$1" "$tmp/out" && return
		sleep 1
	done
	return 1
}
field() { python3 -c "import json,sys; d=json.load(sys.stdin); print($1)"; }

"$LAB/kube.py" --port "$port" --secrets "$tmp/secrets" >"$tmp/fake.log" 2>&1 &
fake=$!
for i in 1 2 3 4 5 6 7 8 9 10; do
	lab seen >/dev/null 2>&1 && break
	sleep 0.5
done
cat >"$tmp/rc" <<END
set log.files = $tmp/none
source k8s kubernetes url=http://127.0.0.1:$port every=1s token-file=$tmp/secrets/kube.token
END

# --- what a list finds ---
lab deploy '{"namespace":"shop","name":"api","image":"hub:5000/t/api:1.1","ago":3000}' >/dev/null
lab deploy '{"namespace":"shop","name":"api","image":"hub:5000/t/api:1.2","ago":2000}' >/dev/null
lab deploy '{"namespace":"shop","name":"api","image":"hub:5000/t/api:1.3","ago":600}' >/dev/null
lab finish '{"namespace":"shop","name":"api","ago":555}' >/dev/null
lab deploy '{"namespace":"shop","name":"old","image":"old:7","ago":90000,"done":true}' >/dev/null
lab deploy '{"namespace":"pay","name":"queue","image":"q:1","ago":60}' >/dev/null
lab stateful '{"namespace":"shop","name":"db","image":"postgres:15.1"}' >/dev/null
lab node '{"name":"n1","ready":false,"ago":300}' >/dev/null
lab node '{"name":"n2","ago":300}' >/dev/null
lab pod '{"namespace":"shop","name":"db-0","kind":"StatefulSet","owner":"db"}' >/dev/null
lab end '{"namespace":"shop","pod":"db-0","ago":120}' >/dev/null
lab event '{"namespace":"shop","kind":"Pod","name":"db-0","reason":"BackOff",
	"message":"Back-off restarting failed container","count":7,"ago":100}' >/dev/null
lab event '{"namespace":"shop","kind":"Pod","name":"db-0","reason":"Pulled",
	"message":"Image was there","type":"Normal","ago":90}' >/dev/null
run --json change list
ok "the first" said 'rollout r1 of shop/api: first, api:1.1; done'
ok "the one between" said 'rollout r2 of shop/api: api:1.1 → api:1.2; done'
ok "the last, with its end" said 'rollout r3 of shop/api: api:1.2 → api:1.3; done after 4[56]s'
ok "when it began" [ "$(python3 -c "import json,sys,time,datetime
for row in map(json.loads, open(sys.argv[1])):
    if 'r3 of' in row.get('summary', ''):
        at = datetime.datetime.fromisoformat(row['at'].replace('Z', '+00:00'))
        print(590 < time.time() - at.timestamp() < 660)" "$tmp/out")" = True ]
ok "what is older than a day is not told" [ "$(grep -c shop/old "$tmp/out")" = 0 ]
ok "one that is under way" said 'rollout r1 of pay/queue: first, q:1; under way'
ok "what a cluster has always had is no change" [ "$(grep -c shop/db: "$tmp/out")" = 0 ]
ok "a node" said 'node n1 not ready: NodeStatusUnknown, Kubelet stopped'
ok "OOM" said 'pod shop/db-0: container app OOM killed at its limit of 256Mi; restarted 1 time'
ok "… of whom" said '"service":"db".*OOM killed\|OOM killed.*"service":"db"'
ok "a warning" said 'BackOff, Pod db-0: Back-off restarting failed container (7 times)'
ok "what is normal is not told" [ "$(grep -c Pulled "$tmp/out")" = 0 ]
ok "it is complete" said '"complete":true'
run --json change list
ok "once more: each once" [ "$(grep -c 'rollout r3' "$tmp/out")" = 1 ]
run doctor
ok "doctor finds it well" said '^ok .*source k8s: kubernetes .* answers'

# --- pages ---
python3 -B - "$port" <<'PY'
import json, sys, urllib.request
for i in range(620):
    body = json.dumps({'namespace': 'many', 'name': f'w{i}', 'image': 'w:1', 'replicas': 0,
                       'ago': 700, 'done': True}).encode()
    urllib.request.urlopen(f'http://127.0.0.1:{sys.argv[1]}/_lab/deploy', body).read()
PY
run --json change list
ok "all pages" [ "$(grep -c 'rollout r1 of many/' "$tmp/out")" = 620 ]
lab seen >"$tmp/seen"
ok "in pages" [ "$(grep -c 'continue=' "$tmp/seen")" -ge 1 ]
lab faults '[{"path":"continue=","times":1,"status":410}]' >/dev/null
run --json change list
ok "a token that has expired" [ "$(grep -c 'rollout r1 of many/' "$tmp/out")" = 620 ]

# --- a watch ---
cp "$tmp/rc" "$tmp/live.rc"
"$OOGWAY" -c "$tmp/live.rc" --plain </dev/null >"$tmp/plain" 2>&1 &
console=$!
# What is told is what that one has written: this one's cluster does not answer.
sed -i 's|127.0.0.1:[0-9]*|127.0.0.1:1|' "$tmp/rc"
sleep 8
lab deploy '{"namespace":"shop","name":"api","image":"hub:5000/t/api:1.4"}' >/dev/null
ok "a rollout begins" told 'rollout r4 of shop/api: api:1.3 → api:1.4; under way'
lab stick '{"namespace":"shop","name":"api","ready":1}' >/dev/null
ok "is stuck" told 'rollout r4 of shop/api: api:1.3 → api:1.4; stuck, 1 of 2 pods ready'
lab deploy '{"namespace":"shop","name":"api","image":"hub:5000/t/api:1.3"}' >/dev/null
lab finish '{"namespace":"shop","name":"api"}' >/dev/null
ok "is taken back" told 'rollback r5 of shop/api: api:1.4 → api:1.3; done'
ok "one change for each" [ "$(grep -c 'r4 of shop/api' "$tmp/out")" = 1 ]
lab deploy '{"namespace":"shop","name":"api","image":"hub:5000/t/api:1.3","env":"b"}' >/dev/null
ok "other settings" told 'rollout r6 of shop/api: other settings, api:1.3'
lab finish '{"namespace":"shop","name":"api"}' >/dev/null
lab deploy '{"namespace":"shop","name":"api","image":"hub:5000/t/api:1.3","env":"b",
	"restarted":"2026-01-01T00:00:00Z"}' >/dev/null
ok "a restart" told 'rollout r7 of shop/api: the same again, api:1.3'
lab finish '{"namespace":"shop","name":"api"}' >/dev/null
lab scale '{"namespace":"shop","name":"api","replicas":3}' >/dev/null
ok "scaling" told 'scaled shop/api from 2 to 3'
lab scale '{"namespace":"shop","name":"api","replicas":9}' >/dev/null
ok "… in steps is one change" told 'scaled shop/api from 2 to 9'
ok "… once" [ "$(grep -c 'scaled shop/api' "$tmp/out")" = 1 ]
lab stateful '{"namespace":"shop","name":"db","image":"postgres:15.2","done":false}' >/dev/null
ok "a StatefulSet" told 'rollout r2 of shop/db: postgres:15.1 → postgres:15.2; under way'
lab node '{"name":"n1","ready":true}' >/dev/null
ok "a node is back" told 'node n1 ready again'
lab node '{"name":"n2","cordoned":true}' >/dev/null
ok "a node is cordoned" told 'node n2 cordoned'
lab compact >/dev/null
sleep 3
lab deploy '{"namespace":"shop","name":"api","image":"hub:5000/t/api:1.5"}' >/dev/null
ok "a version that has expired" told 'rollout r8 of shop/api: api:1.3 → api:1.5'
lab faults '[{"path":"deployments?watch","times":2,"form":"error410"}]' >/dev/null
lab finish '{"namespace":"shop","name":"api"}' >/dev/null
ok "… in its other form" told 'rollout r8 of shop/api: api:1.3 → api:1.5; done'
lab faults '[{"path":"pods?watch","times":2,"form":"half"}]' >/dev/null
lab end '{"namespace":"shop","pod":"db-0","reason":"Error","code":3}' >/dev/null
ok "half a line" told 'container app ended: Error, exit 3; restarted 2 times'
lab faults '[{"path":"watch","times":4,"status":429,"headers":{"Retry-After":"1"}}]' >/dev/null
lab event '{"namespace":"shop","kind":"Pod","name":"db-0","reason":"Unhealthy",
	"message":"Liveness probe failed"}' >/dev/null
ok "too many requests" told 'Unhealthy, Pod db-0: Liveness probe failed'
kill "$console"
wait "$console" 2>/dev/null
console=

# --- faults ---
cat >"$tmp/rc" <<END
set log.files = $tmp/none
source k8s kubernetes url=http://127.0.0.1:$port every=1s timeout=4s token-file=$tmp/secrets/kube.token
END
lab forbid '{"resources":["events","nodes"]}' >/dev/null
run doctor
ok "what is forbidden is said" said 'source k8s.*may not read \(events\|nodes\)'
lab forbid '{"resources":["events","nodes","deployments","replicasets","statefulsets",
	"daemonsets","pods"]}' >/dev/null
run doctor
ok "all is forbidden" said '^BAD .*source k8s.*does not let this credential read.*is forbidden'
lab forbid '{"resources":[]}' >/dev/null
for form in garbage cut; do
	lab faults "[{\"path\":\"deployments\",\"times\":9,\"form\":\"$form\"}]" >/dev/null
	run doctor
	ok "$form" said '^BAD .*source k8s'
done
lab faults '[]' >/dev/null
sed "s|kube.token|other.token|" "$tmp/rc" >"$tmp/rc2"
(umask 077; echo nobody >"$tmp/secrets/other.token")
"$OOGWAY" -c "$tmp/rc2" doctor >"$tmp/out" 2>"$tmp/err"
ok "another's key" said '^BAD .*source k8s.*refuses the credential'
sed "s|every=1s|every=1s filter=pay|" "$tmp/rc" >"$tmp/rc2"
rm -rf "$tmp/state"
"$OOGWAY" -c "$tmp/rc2" --json change list >"$tmp/out" 2>"$tmp/err"
ok "one namespace" [ "$(grep -c 'r1 of pay/queue' "$tmp/out") $(grep -c shop/ "$tmp/out")" = "1 0" ]
ok "the fake met nothing strange" [ "$(grep -c Traceback "$tmp/fake.log")" = 0 ]
echo "$passed passed, $failed failed"
[ "$failed" = 0 ]
