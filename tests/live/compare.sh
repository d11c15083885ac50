#!/bin/sh
# `oogway detect NOW_DAYS PAST_DAYS HOURS` against a real Prometheus whose past was filled
# in: what the monitor before it got wrong must be right here. Needs prometheus and
# promtool. Ends with `N passed, N failed`.
here=$(cd "$(dirname "$0")/../.." && pwd)
: "${OOGWAY:=$here/oogway}" "${LAB_PORT_BASE:=12000}"
command -v prometheus >/dev/null && command -v promtool >/dev/null || {
	echo "no prometheus here: 0 passed, 0 failed"
	exit 0
}
tmp=$(mktemp -d) || exit 1
passed=0 failed=0 pid=
end() {
	[ -n "$pid" ] && kill "$pid" 2>/dev/null && wait "$pid"
	rm -rf "$tmp"
}
trap end EXIT
trap 'exit 1' INT TERM
HOME=$tmp/home XDG_STATE_HOME=$tmp/state XDG_CONFIG_HOME=$tmp/config TZ=UTC
export HOME XDG_STATE_HOME XDG_CONFIG_HOME TZ
mkdir -p "$HOME" "$XDG_CONFIG_HOME"
port=$((LAB_PORT_BASE + 9395))

ok() { # name condition…
	name=$1
	shift
	if "$@"; then
		passed=$((passed + 1))
	else
		failed=$((failed + 1))
		echo "not ok: $name (status $status)"
		head -n 20 "$tmp/out" "$tmp/err" | cut -c1-300
	fi
}
run() { # args…
	timeout 120 "$OOGWAY" -c "$tmp/rc" "$@" >"$tmp/out" 2>"$tmp/err" </dev/null
	status=$?
}
code() { [ "$status" = "$1" ]; }
said() { grep -q -e "$1" "$tmp/out"; }
told() { grep -q -e "$1" "$tmp/err"; }
silent() { ! grep -q -e "$1" "$tmp/out"; }

# Two windows: an hour that ended a day ago, and the same seven days before. A minute's
# step. In SERIES lines: name and labels, per minute then, per minute now ("-": absent).
python3 - "$tmp/past.om" <<'END'
import sys, time
end = int(time.time()) // 60 * 60 - 86400
counters = [
    ('shop', '503', '-', 0, 60), ('shop', '500', '-', 1, 1), ('shop', '200', '-', 1000, 940),
    ('zero', '500', '-', 0, 333), ('zero', '200', '-', 1000, 1000),
    ('fresh', '500', '-', None, 150), ('fresh', '200', '-', None, 500),
    ('grown', '200', '-', 990, 2985), ('grown', '500', '-', 10, 15),
    ('lost', '200', '-', 800, None),
    ('fallen', '200', '-', 800, 90),
    ('gone-away', '0', 'DC', 1, 40), ('gone-away', '0', 'UF', 5, 5), ('gone-away', '200', '-', 900, 900),
    ('calm', '200', '-', 700, 710), ('calm', '404', '-', 20, 21),
]
gauges = [
    ('redis_cpu', 'instance="prod-redis-001"', 5, 99), ('redis_cpu', 'instance="cache-7"', 40, 42),
    ('replicas', 'deployment="api"', 3, 5), ('replicas', 'deployment="web"', 3, 3),
]
with open(sys.argv[1], 'w') as out:
    out.write('# TYPE istio_requests counter\n')
    for service, code, flags, then, now in counters:
        total = 0
        for days, rate in ((7, then), (0, now)):
            if rate is None:
                continue
            for minute in range(-75, 6):
                total += rate
                out.write(f'istio_requests_total{{reporter="destination",destination_service_name="{service}",'
                          f'response_code="{code}",response_flags="{flags}"}} {total} {end - days * 86400 + minute * 60}\n')
    for kind in ('redis_cpu', 'replicas'):
        out.write(f'# TYPE {kind} gauge\n')
        for name, labels, then, now in gauges:
            if name == kind:
                for days, value in ((7, then), (0, now)):
                    for minute in range(-75, 6):
                        out.write(f'{name}{{{labels}}} {value} {end - days * 86400 + minute * 60}\n')
    out.write('# EOF\n')
END
promtool tsdb create-blocks-from openmetrics "$tmp/past.om" "$tmp/data" >"$tmp/fill" 2>&1 || {
	cat "$tmp/fill"
	exit 1
}
printf 'global: {}\n' >"$tmp/prometheus.yml"
prometheus --config.file="$tmp/prometheus.yml" --storage.tsdb.path="$tmp/data" \
	--storage.tsdb.retention.time=90d --web.listen-address="127.0.0.1:$port" \
	>"$tmp/prometheus.log" 2>&1 &
pid=$!
for _ in $(seq 1 100); do
	python3 -c 'import sys, urllib.request
urllib.request.urlopen(sys.argv[1], timeout=2)' "http://127.0.0.1:$port/-/ready" 2>/dev/null && break
	sleep 0.3
done
cat >"$tmp/rc" <<END
source prom prometheus url=http://127.0.0.1:$port
pack istio source=prom
query "redis cpu" source=prom unit=percent preset=redis -- redis_cpu
query replicas source=prom preset=replicas -- replicas
END

run detect 1 7 1
ok "compared" code 0
ok "a 503 beside a tiny 500 series is seen" \
	said 'high  *more  *5xx istio requests{destination_service_name="shop"}: 6.1 % of all, 0.1 % then'
ok "from none to 20,000" \
	said 'high  *new  *5xx istio requests{destination_service_name="zero"}: .*k, none then'
ok "a new service" said 'new  *traffic istio requests{destination_service_name="fresh"}'
ok "with its errors" said 'high  *new  *5xx istio requests{destination_service_name="fresh"}: .*k, none then'
ok "traffic x3 with half the share of errors is none" silent grown
ok "a Redis node of any name" said 'high  *more  *redis cpu{instance="prod-redis-001"}: 99 %, 5.0 % then'
ok "and only that one" silent cache-7
ok "a service that is gone" said 'high  *gone  *traffic istio requests{destination_service_name="lost"}'
ok "said once" [ "$(grep -c '"lost"' "$tmp/out")" = 1 ]
ok "its success is no news besides" silent '2xx.*fresh'
ok "traffic that collapsed" said 'high  *collapse traffic istio requests{destination_service_name="fallen"}'
ok "clients that went away, apart from other codes 0" \
	said '0DC istio requests{destination_service_name="gone-away"}: 4.2 % of all, 0.1'
ok "and those not" silent 'other istio'
ok "more replicas" said 'more  *replicas{deployment="api"}: 5, 3 then'
ok "a calm service is not named" silent calm
ok "nor what did not change" silent '"web"'
ok "what was compared is told" told '^1h from .* against .*, a point every 1m: .* compared'
ok "of what there is no data, too" told 'istio p95: no data in either window'
run detect 1 7 1 --json
ok "as JSON" code 0
ok "with both windows" said '^{"schema":"oogway.compare/1","window":{"from":.*"past":{"from":.*"complete":true}'
ok "each an object" said '"labels":"{destination_service_name=\\"zero\\"}","class":"5xx","what":"new","severity":"high"'
run detect 1 7 144
ok "a window of 144 hours, asked in parts" told '^6d from .*, a point every 36m'
ok "of which each minute counts" said '5xx istio requests{destination_service_name="zero"}: 2[0-9]k, none then'
run detect preset=istio-quiet 1 7 1
ok "another preset: smaller changes are none" silent '0DC istio requests{destination_service_name="gone-away"}.* of all, 4'
cp "$tmp/rc" "$tmp/rc.kept"
echo 'preset redis difference=95' >>"$tmp/rc"
run detect 1 7 1
ok "a preset is changed by the rc" silent prod-redis-001
cp "$tmp/rc.kept" "$tmp/rc"
run detect 1 60 1
ok "no past: not all new" silent new
ok "said" told 'istio requests: not compared: no data of then'
ok "and told by the status" code 3
echo 'query bad source=prom -- sum(' >>"$tmp/rc"
run detect 1 7 1
ok "a query that is refused: the others count" code 3
ok "it is named" told '^bad: not compared: '
ok "and the others are compared" said '"zero"'
cp "$tmp/rc.kept" "$tmp/rc"
for words in '1 7' '1 x 1' '1 7 1 1' '1 0 1' 'preset=none'; do
	# shellcheck disable=SC2086
	run detect $words
	ok "refused: $words" code 2
done

# --- packs ---
run pack list
ok "packs are listed" said '^istio  *in the rc'
ok "with what they are about" said '^redis .*redis_exporter'
run pack show istio
ok "and shown" said '^query "istio requests" unit=per-second preset=istio -- sum by'
run pack show nothing
ok "one that there is not" code 1
sed 's/redis cpu/my redis/' >"$tmp/mine.rc" <<'END'
query "redis cpu" unit=percent preset=redis -- redis_cpu{${name:instance}=~".+"}
END
printf 'source prom prometheus url=http://127.0.0.1:%s\npack ./mine.rc source=prom name=instance\n' "$port" >"$tmp/rc"
run detect 1 7 1
ok "a pack of one's own" said 'my redis{instance="prod-redis-001"}'
printf 'pack istio source=prom most=5 servce=x\n' >>"$tmp/rc"
run --check-config
ok "a label that a pack has not is refused" told 'pack istio has no servce: source, most, service'
for pack in $("$OOGWAY" pack list | cut -d' ' -f1); do
	printf 'source prom prometheus url=http://127.0.0.1:%s\npack %s source=prom\n' "$port" "$pack" >"$tmp/rc"
	run detect 1 7 1
	ok "the server understands all of $pack" [ "$(grep -c "not compared: .*\(parse\|bad_data\|400\|422\)" "$tmp/err")" = 0 ]
done
ok "of nothing that has data, nothing found is not all well" code 3
ok "and says so" told 'nothing was compared'

# --- the same of VictoriaMetrics ---
if command -v victoria-metrics >/dev/null; then
	kill "$pid" && wait "$pid"
	victoria-metrics -httpListenAddr="127.0.0.1:$port" -storageDataPath="$tmp/vm" \
		-retentionPeriod=90d >"$tmp/vm.log" 2>&1 &
	pid=$!
	for _ in $(seq 1 100); do
		python3 - "http://127.0.0.1:$port" "$tmp/past.om" 2>/dev/null <<'END' && break
import sys, urllib.request
lines = [l.rsplit(' ', 1) for l in open(sys.argv[2]) if not l.startswith('#')]
body = ''.join(f'{a} {int(b) * 1000}\n' for a, b in lines).encode()
urllib.request.urlopen(sys.argv[1] + '/api/v1/import/prometheus', data=body, timeout=60)
urllib.request.urlopen(sys.argv[1] + '/internal/force_flush', timeout=60)
END
		sleep 0.3
	done
	cp "$tmp/rc.kept" "$tmp/rc"
	sed -i 's/^source prom prometheus/source prom victoriametrics/' "$tmp/rc"
	run detect 1 7 1
	ok "VictoriaMetrics: compared" code 0
	ok "VictoriaMetrics: 503 beside 500" said '5xx istio requests{destination_service_name="shop"}: 6.* of all, 0.1 % then'
	ok "VictoriaMetrics: from none" said 'new  *5xx istio requests{destination_service_name="zero"}'
	ok "VictoriaMetrics: a new service" said 'new  *traffic istio requests{destination_service_name="fresh"}'
	ok "VictoriaMetrics: traffic x3" silent grown
	ok "VictoriaMetrics: Redis" said 'redis cpu{instance="prod-redis-001"}: 99 %, 5.0 % then'
	ok "VictoriaMetrics: nothing of what is calm" silent 'calm\|cache-7\|"web"'
fi
echo "$passed passed, $failed failed"
[ "$failed" = 0 ]
