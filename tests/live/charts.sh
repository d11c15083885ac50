#!/bin/sh
# Each alert of the lab's Prometheus shows a chart with its limit, with nothing in the rc
# but the source. Needs LAB (the folder tests/lab), OOGWAY and BUILD; starts a world of its
# own unless LAB_DIR names one that is up. Ends with `N passed, N failed`.
command -v prometheus >/dev/null 2>&1 || {
	echo "no prometheus here: 0 passed, 0 failed"
	exit 0
}
: "${LAB:=$PWD/tests/lab}" "${OOGWAY:=$PWD/oogway}" "${BUILD:=build}"
alerts="HighErrorRate HighLatencyP99 TrafficDrop QueueBacklog ReplicationLag
	CertExpiresSoon HighCPU MemoryPressure DiskFillingUp InstanceDown"
tmp=$(mktemp -d)
own=
if [ -z "$LAB_DIR" ]; then
	own=1 LAB_DIR=$tmp/world LAB_PORT_BASE=${LAB_PORT_BASE:-12000}
fi
export LAB_DIR LAB_PORT_BASE
end() {
	[ -z "$own" ] || "$LAB/lab" down >/dev/null 2>&1
	rm -rf "$tmp"
}
trap end EXIT
trap 'exit 1' INT TERM
[ -z "$own" ] || "$LAB/lab" up >"$tmp/up" 2>&1 || { cat "$tmp/up"; exit 1; }
"$LAB/lab" fire $alerts || exit 1
grep '^source prom ' "$LAB_DIR/oogway.rc" >"$tmp/rc"

passed=0 failed=0
for name in $alerts; do
	id=
	for _ in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15; do
		id=$("$OOGWAY" -c "$tmp/rc" alert list --json |
			sed -n "s/.*\"id\":\"\([0-9a-f]*\)\",\"title\":\"$name\".*/\1/p" |
			head -n 1)
		[ -z "$id" ] || break
		sleep 1
	done
	cat >"$tmp/$name.t" <<-END
	size 80x24
	run $OOGWAY -c $tmp/rc $id
	wait "chart  " 15000
	wait "limit ┄" 15000
	END
	if "$BUILD/term" "$tmp/$name.t" >"$tmp/log" 2>&1; then
		passed=$((passed + 1))
	else
		failed=$((failed + 1))
		cat "$tmp/log"
	fi
done
echo "$passed passed, $failed failed"
[ "$failed" = 0 ]
