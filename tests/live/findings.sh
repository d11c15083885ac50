#!/bin/sh
# Root cause of what a real Prometheus has scraped: a mesh of ten services, back-filled,
# that breaks in five ways, each found by itself; a rollout as the cluster tells it; what
# VictoriaMetrics says of the same; and what cannot be seen. Ends with `N passed, N failed`.
here=$(cd "$(dirname "$0")/../.." && pwd)
: "${OOGWAY:=$here/oogway}" "${LAB:=$here/tests/lab}" "${LAB_PORT_BASE:=12000}"
: "${BUILD:=$here/build}"
tmp=$(mktemp -d) || exit 1
passed=0 failed=0 prometheus= victoria= kube= alerting= shop=
end() {
	for pid in $prometheus $victoria $kube $alerting $shop; do kill "$pid" 2>/dev/null; done
	wait
	rm -rf "$tmp"
}
trap end EXIT
trap 'exit 1' INT TERM
HOME=$tmp/home XDG_STATE_HOME=$tmp/state XDG_CONFIG_HOME=$tmp/config TZ=UTC
export HOME XDG_STATE_HOME XDG_CONFIG_HOME TZ
mkdir -p "$HOME" "$XDG_CONFIG_HOME"
prom_port=$((LAB_PORT_BASE + 90)) kube_port=$((LAB_PORT_BASE + 443))
victoria_port=$((LAB_PORT_BASE + 428)) alert_port=$((LAB_PORT_BASE + 91))
shop_port=$((LAB_PORT_BASE + 101))

ok() { # name condition…
	name=$1
	shift
	if "$@"; then
		passed=$((passed + 1))
	else
		failed=$((failed + 1))
		echo "not ok: $name (status $status; $*)"
		head -n 30 "$tmp/out" "$tmp/err" | cut -c1-300
	fi
}

run() { # args…
	timeout 120 "$OOGWAY" -c "$tmp/rc" "$@" >"$tmp/out" 2>"$tmp/err" </dev/null
	status=$?
}

code() { [ "$status" = "$1" ]; }
said() { grep -q -e "$2" "$tmp/$1"; }
no() { ! "$@"; }
moment() { date -u -d "@$1" +%FT%TZ; }

up() { # url: within half a minute
	for i in $(seq 60); do
		python3 -c 'import sys, urllib.request
urllib.request.urlopen(sys.argv[1], timeout=5).read()' "$1" 2>"$tmp/up" && return
		sleep 0.5
	done
	return 1
}

post() { # url body
	python3 -c 'import sys, urllib.request
body = open(sys.argv[2][1:], "rb").read() if sys.argv[2][0] == "@" else sys.argv[2].encode()
urllib.request.urlopen(urllib.request.Request(sys.argv[1], body), timeout=60).read()' "$1" "$2"
}

# Three hours for each: two and a half of peace, twenty minutes broken.
now=$(date +%s)
now=$((now - now % 60))
begin=$((now - 54000))
breaks=
k=0
for kind in 5xx slow-db traffic 0dc rollout; do
	from=$((begin + k * 10800 + 9000))
	breaks="$breaks --break $kind@$from-$((from + 1200))"
	k=$((k + 1))
done
at() { # number of the break: ten minutes into it
	moment $((begin + $1 * 10800 + 9600))
}

# shellcheck disable=SC2086
python3 -B "$LAB/shop.py" --write "$tmp/all.txt" --begin $begin --end $now --origin $begin $breaks &&
	promtool tsdb create-blocks-from openmetrics -q "$tmp/all.txt" "$tmp/data" || exit 1
rm "$tmp/all.txt"
echo 'global: {scrape_interval: 15s}' >"$tmp/prometheus.yml"
prometheus --config.file="$tmp/prometheus.yml" --storage.tsdb.path="$tmp/data" \
	--storage.tsdb.retention.time=10y --web.listen-address=127.0.0.1:$prom_port \
	>"$tmp/prometheus.log" 2>&1 &
prometheus=$!
"$LAB/kube.py" --port $kube_port --secrets "$tmp/secrets" >"$tmp/kube.log" 2>&1 &
kube=$!
up "http://127.0.0.1:$prom_port/-/ready" || exit 1
up "http://127.0.0.1:$prom_port/api/v1/query?query=count(istio_requests_total)&time=$begin" || exit 1
for i in $(seq 60); do
	post "http://127.0.0.1:$kube_port/_lab/seen" '{}' 2>/dev/null && break
	sleep 0.5
done
# A minute before; however long it took to come here.
rolled=$(($(date +%s) - begin - 4 * 10800 - 9000 + 60))
for revision in '"3.1","ago":90000' "\"3.2\",\"ago\":$rolled"; do
	image=${revision%%,*} ago=${revision#*,}
	post "http://127.0.0.1:$kube_port/_lab/deploy" "{\"namespace\":\"shop\",\"name\":\"recommend\",
\"image\":\"shop/recommend:$(echo "$image" | tr -d '"')\",\"done\":true,$ago}"
done
# Another, of a service that is well, not long before the database gets slow.
post "http://127.0.0.1:$kube_port/_lab/deploy" '{"namespace":"shop","name":"account",
"image":"shop/account:1.0","done":true,"ago":90000}'
post "http://127.0.0.1:$kube_port/_lab/deploy" "{\"namespace\":\"shop\",\"name\":\"account\",
\"image\":\"shop/account:1.1\",\"done\":true,\"ago\":$(($(date +%s) - begin - 10800 - 9000 + 300))}"

cat >"$tmp/rc" <<RC
source prom prometheus url=http://127.0.0.1:$prom_port
source k8s kubernetes url=http://127.0.0.1:$kube_port every=1s token-file=$tmp/secrets/kube.token
RC

# --- each of the five ---
run rca --at "$(at 0)"
ok "5xx: an answer" code 0
ok "5xx of one service: where" said out '^Where .*\(likely\|strong\): payments$'
ok "by its success" said out 'success without 5xx is 0\.6.* since .*, was 0\.99'
ok "its victims" said out '^Felt by .*checkout'
ok "no change is blamed" said out '^Trigger  unknown'
run rca --at "$(at 1)"
ok "a slow database: where" said out '^Where .*strong: orders-db$'
ok "by its latency, and its connections" said out 'latency p95 (ms) is [0-9.]* since'
ok "that are full" said out 'connections percent is full'
ok "its victims too" said out '^Felt by .*orders'
ok "the rollout of another is not blamed" said out '^Trigger  unknown: no change fits'
run rca --at "$(at 2)"
# What it calls is nearly as full by then: first, though not by far.
ok "three times the traffic: where" said out '^Where .*: search$'
ok "by its CPU" said out 'cpu percent is full: 98'
ok "and its requests" said out 'requests is .* since .*above'
run rca --at "$(at 3)"
ok "0DC: where" said out '^Where .*: search$'
ok "by what was hung up on" said out 'success without 0DC is 0\.7'
ok "and not by 5xx" no said out 'success without 5xx'
run rca --at "$(at 4)"
ok "a bad rollout: where" said out '^Where .*: recommend$'
ok "and its trigger" said out '^Trigger  \(likely\|strong\): .*rollout r2 of shop/recommend: recommend:3.1'

# --- what each sentence rests on ---
run rca --at "$(at 1)" --json
ok "as JSON" code 0
cp "$tmp/out" "$tmp/json"
ok "each expression gives its value there" python3 - "$tmp/json" "$prom_port" <<'PY'
import json, sys, urllib.parse, urllib.request
from datetime import datetime, timezone

found = json.load(open(sys.argv[1]))
top = found["suspects"][0]
assert top["node"] == "orders-db", top["node"]
asked = 0
for e in top["evidence"]:
    if "expr" not in e or e["ranker"] != "change":
        continue
    since = datetime.fromisoformat(e["at"].replace("Z", "+00:00")).timestamp()
    query = urllib.parse.urlencode({"query": e["expr"], "time": since + 300})
    url = f"http://127.0.0.1:{sys.argv[2]}/api/v1/query?{query}"
    result = json.load(urllib.request.urlopen(url, timeout=20))["data"]["result"]
    assert result, e["expr"]
    value = max(float(r["value"][1]) for r in result)
    # Seconds and shares as the server has them, milliseconds and percents as shown.
    ratio = e["value"] / value
    assert any(abs(ratio / k - 1) < 0.3 for k in (1, 100, 1000)), (e["expr"], value, e["value"])
    asked += 1
assert asked >= 2, asked
assert abs(sum(e["share"] for e in top["evidence"]) - top["score"]) < 1e-9
PY
run rca --at "$(at 1)" --shares
ok "shares" said out '^ 1\. +.*orders-db'

# --- nothing is wrong ---
run rca --at "$(moment $((begin + 6000)))"
ok "peace: an answer" code 0
ok "unknown" said out '^Where    unknown'
run rca --at "$(at 0)" --issue "payments is failing"
ok "an issue in words" said out '^Where .*: payments$'
run rca --at "$(at 0)" --issue "the moon is late"
ok "that names nothing is told" said out 'name nothing that is known'

# --- the user's own queries, and a graph from a file ---
cat >"$tmp/rc" <<RC
source prom prometheus url=http://127.0.0.1:$prom_port
query "cart success ratio" source=prom -- 1 - sum(rate(istio_requests_total{destination_service_name="payments",response_code=~"5.."}[2m])) / sum(rate(istio_requests_total{destination_service_name="payments"}[2m]))
query "no such thing" source=prom -- sum(rate(
set rca.graph = $tmp/graph.csv
RC
printf 'caller,callee\nbilling,payments\n' >"$tmp/graph.csv"
run rca --at "$(at 0)" --json
ok "a query is evidence of what its name names" python3 - "$tmp/out" <<'PY'
import json, sys

found = json.load(open(sys.argv[1]))
cart = [s for s in found["suspects"] if s["node"] == "cart"]
assert cart and any(e["query"] == "cart success ratio" for e in cart[0]["evidence"]), cart
assert any("no such thing" in n for n in found["missing"]["notes"]), found["missing"]
assert any("billing" in n or "without any data" in n for n in found["missing"]["notes"])
PY

cat >"$tmp/rc" <<RC
source prom prometheus url=http://127.0.0.1:$prom_port
set rca.match = namespace=shop,job!=nothing
RC
run rca --at "$(at 0)"
ok "restricted to a namespace" said out '^Where .*: payments$'
sed -i 's/=shop/=~another.*/' "$tmp/rc"
run rca --at "$(at 0)"
ok "in another there is nothing" said out '^Where    unknown: there is nothing here to look at'
sed -i 's/= namespace.*/= shop/' "$tmp/rc"
run rca --at "$(at 0)"
ok "what is no matcher is told" said out 'rca.match is no list'
ok "and restricts nothing" said out '^Where .*: payments$'

# --- what cannot be asked ---
cat >"$tmp/rc" <<RC
source prom prometheus url=http://127.0.0.1:$prom_port
source gone prometheus url=http://127.0.0.1:1
RC
run rca --at "$(at 0)"
ok "one server is gone: partial" code 3
ok "it is told" said out 'gone: connection refused'
ok "what the other has counts" said out '^Where .*: payments$'
cat >"$tmp/rc" <<RC
source gone prometheus url=http://127.0.0.1:1
RC
run rca
ok "nobody answers: no calm is claimed" said out '^Where    unknown: there is nothing here to look at'
: >"$tmp/rc"
run rca
ok "nobody can be asked: failed" code 1
ok "and told" said err 'no source of the rc answers queries'

# --- VictoriaMetrics, the same mesh ---
if command -v victoria-metrics >/dev/null; then
	from=$((begin + 9000))
	python3 -B "$LAB/shop.py" --write "$tmp/vm.txt" --begin $begin --end $((begin + 10800)) \
		--unit 1000 --break "5xx@$from-$((from + 1200))" || exit 1
	victoria-metrics -storageDataPath="$tmp/vm" -httpListenAddr=127.0.0.1:$victoria_port \
		-retentionPeriod=10y >"$tmp/vm.log" 2>&1 &
	victoria=$!
	up "http://127.0.0.1:$victoria_port/health" || exit 1
	post "http://127.0.0.1:$victoria_port/api/v1/import/prometheus" "@$tmp/vm.txt"
	up "http://127.0.0.1:$victoria_port/internal/force_flush"
	cat >"$tmp/rc" <<RC
source vm victoriametrics url=http://127.0.0.1:$victoria_port
RC
	run rca --at "$(at 0)"
	ok "VictoriaMetrics: an answer" code 0
	ok "the same place" said out '^Where .*: payments$'
	ok "the same evidence" said out 'success without 5xx is 0\.6'
fi

# --- by itself, in the console ---
# What was scraped until now, broken for six minutes; from now on the shop itself is scraped,
# and a rule fires. A webhook has told of the change.
mkdir -p "$tmp/fired" "$tmp/hooks"
touch "$tmp/fired/break-5xx"
now=$(date +%s)
now=$((now - now % 15))
python3 -B "$LAB/shop.py" --write "$tmp/live.txt" --begin $((now - 10800)) --end $now --step 15 \
	--break "5xx@$((now - 360))-$((now + 9999))" &&
	promtool tsdb create-blocks-from openmetrics -q "$tmp/live.txt" "$tmp/live" || exit 1
rm "$tmp/live.txt"
cat >"$tmp/alerting.yml" <<YML
global: {scrape_interval: 5s, evaluation_interval: 5s}
rule_files: [$tmp/rules.yml]
scrape_configs:
  - job_name: shop
    honor_labels: true
    metrics_path: /mesh
    static_configs: [{targets: ["127.0.0.1:$shop_port"]}]
YML
cat >"$tmp/rules.yml" <<'YML'
groups:
  - name: mesh
    rules:
      - alert: HighErrorRate
        expr: >
          sum by (destination_service_name) (rate(istio_requests_total{response_code=~"5..",reporter="destination"}[1m]))
          / sum by (destination_service_name) (rate(istio_requests_total{reporter="destination"}[1m])) > 0.25
        labels: {severity: critical, service: "{{ $labels.destination_service_name }}"}
        annotations: {summary: "{{ $labels.destination_service_name }} fails"}
YML
python3 -B "$LAB/shop.py" --port $shop_port --fired "$tmp/fired" >"$tmp/shop.log" 2>&1 &
shop=$!
prometheus --config.file="$tmp/alerting.yml" --storage.tsdb.path="$tmp/live" \
	--storage.tsdb.retention.time=10y --web.listen-address=127.0.0.1:$alert_port \
	>"$tmp/alerting.log" 2>&1 &
alerting=$!
up "http://127.0.0.1:$alert_port/-/ready" || exit 1
printf '{"id":"d81","timestamp":"%s","service":"payments","summary":"payments 8.1"}' \
	"$(moment $((now - 420)))" >"$tmp/hooks/d81.json"
cat >"$tmp/rc" <<RC
source prom prometheus url=http://127.0.0.1:$alert_port every=2s
changes deploys folder=$tmp/hooks
RC
FINDINGS=$tmp
export FINDINGS OOGWAY
if [ -x "$BUILD/term" ]; then
	"$BUILD/term" -t 400 -x 3 "$here/tests/live/findings.t" >"$tmp/out" 2>&1
	status=$?
	ok "in the console it is found by itself" code 0
	kept() {
		python3 - "$tmp/state/oogway/oogway.db" <<'PY'
import json, sqlite3, sys

rows = sqlite3.connect(sys.argv[1]).execute(
    "SELECT body FROM keep WHERE key LIKE 'finding/%'").fetchall()
assert rows
for (body,) in rows:
    found = json.loads(body)
    assert found["where"]["sentence"] == "payments", found["where"]
    assert any("points" in e for e in found["suspects"][0]["evidence"])
PY
	}
	ok "it is kept with its curves" kept
	run --json alert list
	id=$(sed -n 's/.*"id":"\([^"]*\)".*/\1/p' "$tmp/out" | head -n 1)
	run rca --incident "$id"
	ok "an incident by its id" code 0
	ok "is the same" said out '^Where .*: payments$'
	ok "with its trigger" said out '^Trigger  \(likely\|strong\): change "payments 8.1" of payments'
	run rca --incident nobody-has-it
	ok "one that nobody has is an error" code 1
	ok "which says so" said err 'no source has nobody-has-it now'
	echo 'set rca.auto = off' >>"$tmp/rc"
	"$BUILD/term" -t 200 -x 3 "$here/tests/live/findings_kept.t" >"$tmp/out" 2>&1
	status=$?
	ok "and is there for the next one, which asks nobody" code 0
fi

echo "$passed passed, $failed failed"
[ "$failed" = 0 ]
